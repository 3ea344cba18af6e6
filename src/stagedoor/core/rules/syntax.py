"""A tree of the rule language as Python's syntax: expressions, and the statements that load its words into locals.

Only `compiled` uses it; nothing here compiles.  Locals are numbered: no word of a rule becomes a name of the program.
"""

from __future__ import annotations

import ast
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Final

from stagedoor.core.rules.tree import (
    CURRENCY,
    After,
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
    names_in,
)

Path = tuple[str, ...]
"""A positional object and the attributes to load from it; one name alone is a mapping, asked for the word itself."""

_SIGNS: Final[dict[str, ast.cmpop]] = {
    "==": ast.Eq(), "!=": ast.NotEq(), "<": ast.Lt(), "<=": ast.LtE(), ">": ast.Gt(), ">=": ast.GtE()
}  # fmt: skip
_WORK: Final[dict[str, ast.operator]] = {"+": ast.Add(), "-": ast.Sub(), "*": ast.Mult()}
_KNOWN: Final = "known("


def words_in(trees: Iterable[Node]) -> list[str]:
    """Every word that the trees read or ask whether it is known, in one order always."""
    return plain_words(name for tree in trees for name in names_in(tree))


def plain_words(names: Iterable[str]) -> list[str]:
    """The words that these names are of, those that ask whether a word is known among them."""
    return sorted({name.removeprefix(_KNOWN).removesuffix(")") if name.startswith(_KNOWN) else name for name in names})


def load(name: str) -> ast.Name:
    """A name that is read."""
    return ast.Name(id=name, ctx=ast.Load())


def assign(names: Iterable[str], value: ast.expr) -> ast.stmt:
    """`a = b = value`."""
    return ast.Assign(targets=[ast.Name(id=name, ctx=ast.Store()) for name in names], value=value)


def attribute(value: ast.expr, name: str) -> ast.expr:
    """`value.name`."""
    return ast.Attribute(value=value, attr=name, ctx=ast.Load())


def call(name: str, *arguments: ast.expr) -> ast.expr:
    """`name(arguments)`."""
    return ast.Call(func=load(name), args=list(arguments), keywords=[])


def compare(left: ast.expr, sign: ast.cmpop, right: ast.expr) -> ast.expr:
    """`left sign right`."""
    return ast.Compare(left=left, ops=[sign], comparators=[right])


def is_none(value: ast.expr) -> ast.expr:
    """`value is None`."""
    return compare(value, ast.Is(), ast.Constant(value=None))


def negated(value: ast.expr) -> ast.expr:
    """`not value`."""
    return ast.UnaryOp(op=ast.Not(), operand=value)


def when(test: ast.expr, body: list[ast.stmt], otherwise: list[ast.stmt]) -> list[ast.stmt]:
    """`if test: body else: otherwise`, and nothing where neither does anything."""
    if body:
        return [ast.If(test=test, body=body, orelse=otherwise)]
    return [ast.If(test=negated(test), body=otherwise, orelse=[])] if otherwise else []


@dataclass(slots=True)
class Scope:
    """What holds at one place of the function: words that have a local, and words that are surely known."""

    loaded: set[str] = field(default_factory=set)
    sure: set[str] = field(default_factory=set)

    def inner(self) -> Scope:
        """The scope of a branch: what it adds does not hold behind it."""
        return Scope(set(self.loaded), set(self.sure))


class Words:
    """Where each word comes from, and the statements that load it.

    An object or a prefix that is None is looked at once for all the words behind it.
    """

    def __init__(self, sources: Mapping[str, Path], roots: tuple[str, ...], default: Path | None) -> None:
        for name, path in sources.items():
            if not path or path[0] not in roots:
                raise ValueError(f"the word '{name}' comes from {path}, and the objects given are {roots}")
        self.sources = sources
        self.default = default
        self.arguments = [f"r{place}" for place, _ in enumerate(roots)]
        self.objects = dict(zip(roots, self.arguments, strict=True))
        self.locals: dict[str, str] = {}
        self.prefixes: dict[Path, str] = {}

    def local(self, name: str) -> str:
        """The local that holds this word."""
        return self.locals.setdefault(name, f"w{len(self.locals)}")

    def path(self, name: str) -> Path | None:
        """Where the word comes from; None where it has no source, so that nobody ever knows it."""
        return self.sources.get(name, self.default)

    def opening(self, names: Iterable[str]) -> list[ast.stmt]:
        """`g0 = r0.get` for each mapping that any of the words is asked from."""
        mappings = sorted({path[0] for name in names if (path := self.path(name)) and len(path) == 1})
        return [
            assign([self.objects[root].replace("r", "g")], attribute(load(self.objects[root]), "get"))
            for root in mappings
        ]

    def loading(self, names: Iterable[str], scope: Scope) -> list[ast.stmt]:
        """Loads the words that have no local here yet."""
        made: list[ast.stmt] = []
        branches: dict[str, list[tuple[Path, str]]] = {}
        for name in names:
            path = self.path(name)
            if name in scope.loaded or path is None:
                continue
            scope.loaded.add(name)
            if len(path) == 1:
                get = self.objects[path[0]].replace("r", "g")
                made.append(assign([self.local(name)], call(get, ast.Constant(value=name))))
            else:
                branches.setdefault(path[0], []).append((path, self.local(name)))
        for root, wanted in branches.items():
            made += self._branch(load(self.objects[root]), 1, wanted)
        return made

    def _branch(self, holder: ast.expr, depth: int, wanted: list[tuple[Path, str]]) -> list[ast.stmt]:
        body: list[ast.stmt] = []
        further: dict[str, list[tuple[Path, str]]] = {}
        for path, local in wanted:
            if len(path) == depth + 1:
                body.append(assign([local], attribute(holder, path[depth])))
            else:
                further.setdefault(path[depth], []).append((path, local))
        for step, deeper in further.items():
            prefix = self.prefixes.setdefault(deeper[0][0][: depth + 1], f"p{len(self.prefixes)}")
            body.append(assign([prefix], attribute(holder, step)))
            body += self._branch(load(prefix), depth + 1, deeper)
        return when(is_none(holder), [assign([local for _, local in wanted], ast.Constant(value=None))], body)


class Expressions:
    """Trees to expressions; a part that is needed twice goes into a local on its first use."""

    def __init__(self, words: Words, share: str | None) -> None:
        self.words = words
        self.share = share
        self.count = 0

    def of(self, tree: Node) -> ast.expr:
        """The expression; it may be evaluated only where everything that the tree reads is known."""
        match tree:
            case Name(name=name) if name.startswith(_KNOWN):
                word = self.words.local(name.removeprefix(_KNOWN).removesuffix(")"))
                return compare(load(word), ast.IsNot(), ast.Constant(value=None))
            case Name(name=name):
                return load(self.words.local(name))
            case Number(value=value) | Text(value=value) | Flag(value=value):
                return ast.Constant(value=value)
            case Texts(value=texts):
                return ast.Tuple(elts=[ast.Constant(value=text) for text in texts], ctx=ast.Load())
            case Arithmetic(op=op, left=left, right=right):
                return ast.BinOp(left=self.of(left), op=_WORK[op], right=self.of(right))
            case Negate(part=part):
                return ast.UnaryOp(op=ast.USub(), operand=self.of(part))
            case Not(part=part):
                return negated(self.of(part))
            case Logic(op=op, parts=parts):
                return ast.BoolOp(op=ast.And() if op == "and" else ast.Or(), values=[self.of(part) for part in parts])
            case Compare(op=op, left=left, right=right):
                return compare(self.of(left), _SIGNS[op], self.of(right))
            case Member(item=item, texts=words, wanted=wanted):
                return compare(self.of(item), ast.In() if wanted else ast.NotIn(), self.of(words))
            case Choice(test=test, yes=yes, no=no):
                return ast.IfExp(test=self.of(test), body=self.of(yes), orelse=self.of(no))
            case Extreme(larger=larger, first=first, second=second):
                return self._extreme(first, second, ast.GtE() if larger else ast.LtE())
            case Band():
                return self._band(tree)
            case Share(amount=amount, rate=rate):
                if self.share is not None:
                    return call(self.share, self.of(amount), self.of(rate))
                return call("share_in", self.of(amount), self.of(rate), load(self.words.local(CURRENCY.name)))
            case After(value=value):
                return self.of(value)

    def _twice(self, value: ast.expr) -> tuple[ast.expr, ast.expr]:
        """The same value for its first use and for later ones."""
        if isinstance(value, ast.Name | ast.Constant):
            return value, value
        self.count += 1
        local = f"t{self.count}"
        return ast.NamedExpr(target=ast.Name(id=local, ctx=ast.Store()), value=value), load(local)

    def _extreme(self, first: Node, second: Node, sign: ast.cmpop) -> ast.expr:
        one, one_again = self._twice(self.of(first))
        two, two_again = self._twice(self.of(second))
        return ast.IfExp(test=compare(one, sign, two), body=one_again, orelse=two_again)

    def _band(self, band: Band) -> ast.expr:
        """clip(before + amount) - clip(before), each clip as two conditionals."""
        before, before_again = self._twice(self.of(band.before))
        low, low_again = self._twice(self.of(band.low))
        high, high_again = self._twice(self.of(band.high))
        end, end_again = self._twice(ast.BinOp(left=before, op=ast.Add(), right=self.of(band.amount)))
        return ast.BinOp(
            left=self._clip((end, end_again), (low, low_again), (high, high_again)),
            op=ast.Sub(),
            right=self._clip((before_again, before_again), (low_again, low_again), (high_again, high_again)),
        )

    def _clip(
        self, value: tuple[ast.expr, ast.expr], low: tuple[ast.expr, ast.expr], high: tuple[ast.expr, ast.expr]
    ) -> ast.expr:
        """`min(max(value, low), high)`; the test of a conditional comes first, so it holds the first uses."""
        above = ast.IfExp(test=compare(value[0], ast.Lt(), low[0]), body=low[1], orelse=value[1])
        above_first, above_again = self._twice(above)
        return ast.IfExp(test=compare(above_first, ast.Gt(), high[0]), body=high[1], orelse=above_again)


_NODES: Final = (
    ast.Module, ast.FunctionDef, ast.arguments, ast.arg, ast.Return, ast.Assign, ast.AugAssign, ast.If, ast.Expr,
    ast.Name, ast.Load, ast.Store, ast.Constant, ast.Attribute, ast.Call, ast.List, ast.Tuple, ast.IfExp, ast.NamedExpr,
    ast.BinOp, ast.Add, ast.Sub, ast.Mult, ast.BitOr, ast.UnaryOp, ast.Not, ast.USub, ast.BoolOp, ast.And, ast.Or,
    ast.Compare, ast.Eq, ast.NotEq, ast.Lt, ast.LtE, ast.Gt, ast.GtE, ast.Is, ast.IsNot, ast.In, ast.NotIn,
)  # fmt: skip
"""All that a compiled rule may be made of.  No loop, no import, no subscript, no exception, no nested function."""


def verify(module: ast.Module, helpers: Collection[str]) -> None:
    """Refuse, by AssertionError, what is not on the list: node, name, attribute, call or constant."""
    for node in ast.walk(module):
        assert type(node) in _NODES, f"{type(node).__name__} is not on the list of what a compiled rule is made of"
        if isinstance(node, ast.Name):
            assert node.id in helpers or (node.id[0] in "rwgptam" and node.id[1:].isdigit()), node.id
        elif isinstance(node, ast.Attribute):
            assert node.attr.isidentifier() and not node.attr.startswith("__"), node.attr
        elif isinstance(node, ast.Call):
            assert isinstance(node.func, ast.Name) and not node.keywords, "only a helper or a mapping's get is called"
        elif isinstance(node, ast.Constant):
            assert node.value is None or isinstance(node.value, int | str), type(node.value)
        elif isinstance(node, ast.FunctionDef):
            assert node.name in helpers and not node.decorator_list and not node.args.defaults, node.name
