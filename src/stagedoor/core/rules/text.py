"""The closed rule text: one expression, parsed once into closures; nothing in it can loop, call out or be evaluated.

Grammar: names, whole numbers, 'text', ( ), + - *, comparisons, and / or / not, x in ('a', 'b'), a if c else b, and
four functions: min, max, band(before, amount, low, high) and bp(amount, rate).  Four kinds of value: number, text,
flag, texts.  There is no division and no rounding but bp's, because languages disagree about both; there are no loops,
so tiers and ceilings are both band().  A name whose value nobody knows raises Unknown, and doubt refuses.

While it evaluates it notes which names *decided* the result: in max(deal, minimum) only the larger one, in band() a
ceiling only if it cut something off.  So a rate of low confidence may stand beside the amount that it did not decide.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

from stagedoor.core.base.limits import RULE_DEPTH_MAX, RULE_NODES_MAX, RULE_TEXT_CHARS_MAX
from stagedoor.core.base.money import basis_points

Value = int | str | bool | tuple[str, ...]
Env = Mapping[str, Value | None]
Eval = Callable[[Env, set[str]], Value]

NUMBER: Final = "number"
TEXT: Final = "text"
FLAG: Final = "flag"
TEXTS: Final = "texts"


class RuleTextError(ValueError):
    """A rule text that a person must mend: what is wrong, near which words."""


class Unknown(Exception):
    """A name has no value: nobody knows.  The caller refuses."""

    def __init__(self, name: str) -> None:
        super().__init__(name)
        self.name = name


@dataclass(frozen=True, slots=True)
class RuleText:
    """A parsed text: its result's kind, the names that it reads, and a function from values to a result."""

    text: str
    kind: str
    reads: tuple[str, ...]
    run: Eval

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
        tree = ast.parse(text.strip(), mode="eval")
    except (SyntaxError, ValueError, RecursionError, MemoryError) as fault:
        raise RuleTextError(f"'{text}' is not a rule: {getattr(fault, 'msg', 'it cannot be read')}") from None
    builder = _Builder(names=names)
    try:
        kind, run = builder.build(tree.body, 0)
    except RecursionError:
        raise RuleTextError("the rule is nested too deeply: cut it into named rules") from None
    return RuleText(text=" ".join(text.split()), kind=kind, reads=tuple(sorted(builder.reads)), run=run)


class _Builder:
    """Turns the syntax tree into closures, refusing everything that the grammar does not name."""

    def __init__(self, *, names: Mapping[str, str]) -> None:
        self.names = names
        self.reads: set[str] = set()
        self.nodes = 0

    def build(self, node: ast.expr, depth: int) -> tuple[str, Eval]:
        self.nodes += 1
        if self.nodes > RULE_NODES_MAX or depth > RULE_DEPTH_MAX:
            raise RuleTextError("the rule is too large: cut it into named rules")
        handler = _HANDLERS.get(type(node))
        if handler is None:
            raise RuleTextError(f"'{_said(node)}' is not part of the rule language")
        return handler(self, node, depth + 1)

    def number(self, node: ast.expr, depth: int) -> Eval:
        return self.expect(node, NUMBER, depth)

    def expect(self, node: ast.expr, kind: str, depth: int) -> Eval:
        found, run = self.build(node, depth)
        if found != kind:
            raise RuleTextError(f"'{_said(node)}' is a {found} where a {kind} is needed")
        return run

    def name(self, node: ast.Name, _depth: int) -> tuple[str, Eval]:
        name = node.id
        kind = self.names.get(name)
        if kind is None:
            near = ", ".join(sorted(n for n in self.names if n[:3] == name[:3])) or "see docs/RULE-LANGUAGE.md"
            raise RuleTextError(f"'{name}' is not a word of the rule language (near it: {near})")
        self.reads.add(name)

        def run(env: Env, decided: set[str]) -> Value:
            value = env.get(name)
            if value is None:
                raise Unknown(name)
            decided.add(name)
            return value

        return kind, run

    def constant(self, node: ast.Constant, _depth: int) -> tuple[str, Eval]:
        value = node.value
        if isinstance(value, bool):
            return FLAG, lambda _env, _decided: value
        if isinstance(value, int):
            return NUMBER, lambda _env, _decided: value
        if isinstance(value, str):
            return TEXT, lambda _env, _decided: value
        raise RuleTextError(f"'{_said(node)}' is neither a whole number nor a text; amounts are never fractions")

    def texts(self, node: ast.Tuple, _depth: int) -> tuple[str, Eval]:
        words: list[str] = []
        for item in node.elts:
            if not (isinstance(item, ast.Constant) and isinstance(item.value, str)):
                raise RuleTextError("a list in a rule holds texts only, as in ('render', 'alter')")
            words.append(item.value)
        value = tuple(words)
        return TEXTS, lambda _env, _decided: value

    def arithmetic(self, node: ast.BinOp, depth: int) -> tuple[str, Eval]:
        left, right = self.number(node.left, depth), self.number(node.right, depth)
        if isinstance(node.op, ast.Add):
            return NUMBER, lambda env, decided: _int(left(env, decided)) + _int(right(env, decided))
        if isinstance(node.op, ast.Sub):
            return NUMBER, lambda env, decided: _int(left(env, decided)) - _int(right(env, decided))
        if isinstance(node.op, ast.Mult):
            return NUMBER, lambda env, decided: _int(left(env, decided)) * _int(right(env, decided))
        raise RuleTextError(f"'{_said(node)}': only + - * are allowed; shares are written bp(amount, rate)")

    def unary(self, node: ast.UnaryOp, depth: int) -> tuple[str, Eval]:
        if isinstance(node.op, ast.Not):
            flag = self.expect(node.operand, FLAG, depth)
            return FLAG, lambda env, decided: not flag(env, decided)
        if isinstance(node.op, ast.USub):
            number = self.number(node.operand, depth)
            return NUMBER, lambda env, decided: -_int(number(env, decided))
        raise RuleTextError(f"'{_said(node)}' is not part of the rule language")

    def logic(self, node: ast.BoolOp, depth: int) -> tuple[str, Eval]:
        parts = [self.expect(item, FLAG, depth) for item in node.values]
        if isinstance(node.op, ast.And):
            return FLAG, lambda env, decided: all([part(env, decided) for part in parts])  # noqa: C419 - see below
        # Every part is evaluated, always: an unknown fact must not hide behind the order of words.
        return FLAG, lambda env, decided: any([part(env, decided) for part in parts])  # noqa: C419

    def compare(self, node: ast.Compare, depth: int) -> tuple[str, Eval]:
        if len(node.ops) != 1:
            raise RuleTextError(f"'{_said(node)}': compare two things at a time")
        operator, left_node, right_node = node.ops[0], node.left, node.comparators[0]
        left_kind, left = self.build(left_node, depth)
        right_kind, right = self.build(right_node, depth)
        if isinstance(operator, ast.In | ast.NotIn):
            if (left_kind, right_kind) != (TEXT, TEXTS):
                raise RuleTextError(f"'{_said(node)}': 'in' asks whether a text is in a list of texts")
            wanted = isinstance(operator, ast.In)
            return FLAG, lambda env, decided: (left(env, decided) in _words(right(env, decided))) is wanted
        if left_kind != right_kind:
            raise RuleTextError(f"'{_said(node)}' compares a {left_kind} with a {right_kind}")
        if isinstance(operator, ast.Eq):
            return FLAG, lambda env, decided: left(env, decided) == right(env, decided)
        if isinstance(operator, ast.NotEq):
            return FLAG, lambda env, decided: left(env, decided) != right(env, decided)
        test = _ORDER.get(type(operator))
        if test is None or left_kind != NUMBER:
            raise RuleTextError(f"'{_said(node)}' is not a comparison of the rule language")
        return FLAG, lambda env, decided: test(_int(left(env, decided)), _int(right(env, decided)))

    def choice(self, node: ast.IfExp, depth: int) -> tuple[str, Eval]:
        test = self.expect(node.test, FLAG, depth)
        kind, yes = self.build(node.body, depth)
        no = self.expect(node.orelse, kind, depth)
        return kind, lambda env, decided: yes(env, decided) if test(env, decided) else no(env, decided)

    def call(self, node: ast.Call, depth: int) -> tuple[str, Eval]:
        name = node.func.id if isinstance(node.func, ast.Name) else ""
        counts = {"min": 2, "max": 2, "band": 4, "bp": 2}
        if name not in counts or node.keywords or len(node.args) != counts[name]:
            raise RuleTextError(f"'{_said(node)}': the functions are min(a, b), max(a, b), band(before, amount, "
                                "low, high) and bp(amount, rate)")  # fmt: skip
        parts = [self.number(argument, depth) for argument in node.args]
        if name == "bp":
            return NUMBER, _bp(parts[0], parts[1])
        if name == "band":
            return NUMBER, _band(*parts)
        return NUMBER, _extreme(parts[0], parts[1], larger=name == "max")


def _bp(amount: Eval, rate: Eval) -> Eval:
    """A share, rounded half-even to the minor unit of the production's currency."""

    def run(env: Env, decided: set[str]) -> Value:
        currency = env.get("currency")
        if not isinstance(currency, str):
            raise Unknown("currency")
        return basis_points(_int(amount(env, decided)), _int(rate(env, decided)), currency)

    return run


def _extreme(first: Eval, second: Eval, *, larger: bool) -> Eval:
    def run(env: Env, decided: set[str]) -> Value:
        first_names: set[str] = set()
        second_names: set[str] = set()
        one, two = _int(first(env, first_names)), _int(second(env, second_names))
        takes_first = one >= two if larger else one <= two  # a tie goes to the first: the deal, not the floor
        decided |= first_names if takes_first else second_names
        return one if takes_first else two

    return run


def _band(before: Eval, amount: Eval, low: Eval, high: Eval) -> Eval:
    """The part of `amount` that falls into [low, high), given what came before."""

    def run(env: Env, decided: set[str]) -> Value:
        edges: set[str] = set()
        start, size = _int(before(env, edges)), _int(amount(env, decided))
        floor, ceiling = _int(low(env, edges)), _int(high(env, edges))
        inside = min(max(start + size, floor), ceiling) - min(max(start, floor), ceiling)
        if inside != size:
            decided |= edges
        return inside

    return run


def _said(node: ast.AST) -> str:
    """A piece of the text for a message, short."""
    try:
        return ast.unparse(node)[:120]
    except RecursionError:
        return "a part of it that is nested too deeply"


def _int(value: Value) -> int:
    assert isinstance(value, int) and not isinstance(value, bool)
    return value


def _words(value: Value) -> tuple[str, ...]:
    assert isinstance(value, tuple)
    return value


_ORDER: Final[dict[type, Callable[[int, int], bool]]] = {
    ast.Lt: lambda a, b: a < b,
    ast.LtE: lambda a, b: a <= b,
    ast.Gt: lambda a, b: a > b,
    ast.GtE: lambda a, b: a >= b,
}

_HANDLERS: Final[dict[type, Callable[..., tuple[str, Eval]]]] = {
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
