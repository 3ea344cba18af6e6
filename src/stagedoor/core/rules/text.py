"""The closed rule text: one expression, parsed once into a tree; nothing in it can loop, call out or be evaluated.

Grammar: names, whole numbers, 'text', ( ), + - *, comparisons, and / or / not, x in ('a', 'b'), a if c else b, and
four functions: min, max, band(before, amount, low, high) and bp(amount, rate).  Four kinds of value: number, text,
flag, texts.  There is no division and no rounding but bp's, because languages disagree about both; there are no loops,
so tiers and ceilings are both band().  A name whose value nobody knows raises Unknown, and doubt refuses.

While it evaluates it notes which names *decided* the result: in max(deal, minimum) only the larger one, in band() a
ceiling only if it cut something off.  So a rate of low confidence may stand beside the amount that it did not decide.

One definition serves every evaluator: `interpret` (closures, here), `compiled` (a Python function for one request) and
the adapter `bulk` (columns of millions of past uses).
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Final

from stagedoor.core.base.limits import RULE_DEPTH_MAX, RULE_NODES_MAX, RULE_TEXT_CHARS_MAX
from stagedoor.core.rules.interpret import Env, Eval, Unknown, interpret
from stagedoor.core.rules.tree import (
    FLAG,
    NUMBER,
    TEXT,
    TEXTS,
    Arithmetic,
    Band,
    Choice,
    Compare,
    Extreme,
    Flag,
    Logic,
    Member,
    Name,
    Negate,
    Node,
    Not,
    Number,
    Share,
    Text,
    Texts,
    Value,
)

__all__ = ["FLAG", "NUMBER", "TEXT", "TEXTS", "Env", "Eval", "RuleText", "RuleTextError", "Unknown", "Value", "parse"]


class RuleTextError(ValueError):
    """A rule text that a person must mend: what is wrong, near which words."""


@dataclass(frozen=True, slots=True)
class RuleText:
    """A parsed text: its result's kind, the names that it reads, its tree, and a function from values to a result."""

    text: str
    kind: str
    reads: tuple[str, ...]
    tree: Node
    run: Eval = field(compare=False, repr=False)

    def evaluate(self, env: Env) -> tuple[Value, frozenset[str]]:
        """The result and the names that decided it.  Raises Unknown."""
        decided: set[str] = set()
        result = self.run(env, decided)
        return result, frozenset(decided)


def parse(text: str, names: Mapping[str, str]) -> RuleText:
    """Parse `text` over `names` (name -> kind).  Raises RuleTextError and nothing else."""
    if "#" in text:
        raise RuleTextError("a rule holds no '#': what stands behind it would be lost; say it in 'says:'")
    if len(text) > RULE_TEXT_CHARS_MAX:
        raise RuleTextError(f"the rule is {len(text)} characters long; at most {RULE_TEXT_CHARS_MAX} can be read")
    try:
        syntax = ast.parse(text.strip(), mode="eval")
    except (SyntaxError, ValueError, RecursionError, MemoryError) as fault:
        raise RuleTextError(f"'{text}' is not a rule: {getattr(fault, 'msg', 'it cannot be read')}") from None
    builder = _Builder(names=names)
    try:
        tree = builder.build(syntax.body, 0)
    except RecursionError:
        raise RuleTextError("the rule is nested too deeply: cut it into named rules") from None
    reads = tuple(sorted(builder.reads))
    return RuleText(text=" ".join(text.split()), kind=tree.kind, reads=reads, tree=tree, run=interpret(tree))


class _Builder:
    """Turns Python's syntax tree into ours, refusing everything that the grammar does not name."""

    def __init__(self, *, names: Mapping[str, str]) -> None:
        self.names = names
        self.reads: set[str] = set()
        self.nodes = 0

    def build(self, node: ast.expr, depth: int) -> Node:
        self.nodes += 1
        if self.nodes > RULE_NODES_MAX or depth > RULE_DEPTH_MAX:
            raise RuleTextError("the rule is too large: cut it into named rules")
        handler = _HANDLERS.get(type(node))
        if handler is None:
            raise RuleTextError(f"'{_said(node)}' is not part of the rule language")
        return handler(self, node, depth + 1)

    def expect(self, node: ast.expr, kind: str, depth: int) -> Node:
        found = self.build(node, depth)
        if found.kind != kind:
            raise RuleTextError(f"'{_said(node)}' is a {found.kind} where a {kind} is needed")
        return found

    def name(self, node: ast.Name, _depth: int) -> Node:
        name = node.id
        kind = self.names.get(name)
        if kind is None:
            near = ", ".join(sorted(n for n in self.names if n[:3] == name[:3])) or "see docs/RULE-LANGUAGE.md"
            raise RuleTextError(f"'{name}' is not a word of the rule language (near it: {near})")
        self.reads.add(name)
        return Name(name, kind)

    def constant(self, node: ast.Constant, _depth: int) -> Node:
        value = node.value
        if isinstance(value, bool):
            return Flag(value)
        if isinstance(value, int):
            return Number(value)
        if isinstance(value, str):
            return Text(value)
        raise RuleTextError(f"'{_said(node)}' is neither a whole number nor a text; amounts are never fractions")

    def texts(self, node: ast.Tuple, _depth: int) -> Node:
        words: list[str] = []
        for item in node.elts:
            if not (isinstance(item, ast.Constant) and isinstance(item.value, str)):
                raise RuleTextError("a list in a rule holds texts only, as in ('render', 'alter')")
            words.append(item.value)
        return Texts(tuple(words))

    def arithmetic(self, node: ast.BinOp, depth: int) -> Node:
        left, right = self.expect(node.left, NUMBER, depth), self.expect(node.right, NUMBER, depth)
        sign = {ast.Add: "+", ast.Sub: "-", ast.Mult: "*"}.get(type(node.op))
        if sign is None:
            raise RuleTextError(f"'{_said(node)}': only + - * are allowed; shares are written bp(amount, rate)")
        return Arithmetic(sign, left, right)

    def unary(self, node: ast.UnaryOp, depth: int) -> Node:
        if isinstance(node.op, ast.Not):
            return Not(self.expect(node.operand, FLAG, depth))
        if isinstance(node.op, ast.USub):
            return Negate(self.expect(node.operand, NUMBER, depth))
        raise RuleTextError(f"'{_said(node)}' is not part of the rule language")

    def logic(self, node: ast.BoolOp, depth: int) -> Node:
        parts = tuple(self.expect(item, FLAG, depth) for item in node.values)
        return Logic("and" if isinstance(node.op, ast.And) else "or", parts)

    def compare(self, node: ast.Compare, depth: int) -> Node:
        if len(node.ops) != 1:
            raise RuleTextError(f"'{_said(node)}': compare two things at a time")
        operator = node.ops[0]
        left, right = self.build(node.left, depth), self.build(node.comparators[0], depth)
        if isinstance(operator, ast.In | ast.NotIn):
            if (left.kind, right.kind) != (TEXT, TEXTS):
                raise RuleTextError(f"'{_said(node)}': 'in' asks whether a text is in a list of texts")
            return Member(left, right, wanted=isinstance(operator, ast.In))
        if left.kind != right.kind:
            raise RuleTextError(f"'{_said(node)}' compares a {left.kind} with a {right.kind}")
        sign = _SIGNS.get(type(operator))
        if sign is None or (left.kind != NUMBER and sign not in ("==", "!=")):
            raise RuleTextError(f"'{_said(node)}' is not a comparison of the rule language")
        return Compare(sign, left, right)

    def choice(self, node: ast.IfExp, depth: int) -> Node:
        test = self.expect(node.test, FLAG, depth)
        yes = self.build(node.body, depth)
        return Choice(test, yes, self.expect(node.orelse, yes.kind, depth))

    def call(self, node: ast.Call, depth: int) -> Node:
        name = node.func.id if isinstance(node.func, ast.Name) else ""
        counts = {"min": 2, "max": 2, "band": 4, "bp": 2}
        if name not in counts or node.keywords or len(node.args) != counts[name]:
            raise RuleTextError(f"'{_said(node)}': the functions are min(a, b), max(a, b), band(before, amount, "
                                "low, high) and bp(amount, rate)")  # fmt: skip
        parts = [self.expect(argument, NUMBER, depth) for argument in node.args]
        if name == "bp":
            return Share(*parts)
        if name == "band":
            return Band(*parts)
        return Extreme(name == "max", *parts)


def _said(node: ast.AST) -> str:
    """A piece of the text for a message, short."""
    try:
        return ast.unparse(node)[:120]
    except RecursionError:
        return "a part of it that is nested too deeply"


_SIGNS: Final[dict[type, str]] = {
    ast.Eq: "==",
    ast.NotEq: "!=",
    ast.Lt: "<",
    ast.LtE: "<=",
    ast.Gt: ">",
    ast.GtE: ">=",
}

_HANDLERS: Final[dict[type, Callable[..., Node]]] = {
    ast.Name: _Builder.name,
    ast.Constant: _Builder.constant,
    ast.Tuple: _Builder.texts,
    ast.BinOp: _Builder.arithmetic,
    ast.UnaryOp: _Builder.unary,
    ast.BoolOp: _Builder.logic,
    ast.Compare: _Builder.compare,
    ast.IfExp: _Builder.choice,
    ast.Call: _Builder.call,
}
