"""Trees to Python functions, for speed: the one module that may make code, and it makes it of our own nodes only.

A text is never compiled: `text.parse` makes a tree of the closed language, `syntax` makes Python's syntax of the tree,
`syntax.verify` refuses every part of it that is not on a short list, and only then it is compiled, with no builtins.

Words come from a mapping, or, with `sources`, by attribute from up to six objects; None on the way is unknown.
`constants` (parameters of a day, a use, a medium) are folded in first, and rules that they silence vanish.  Make one
function for each set of constants and keep it: making it costs milliseconds, calling it microseconds.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import IntEnum
from typing import Any, Final, NamedTuple

from stagedoor.core.base.money import basis_points, share_of
from stagedoor.core.rules import syntax as py
from stagedoor.core.rules.derive import NO, YES, decided, demanded, fold, fold_known
from stagedoor.core.rules.interpret import interpret
from stagedoor.core.rules.text import RuleText
from stagedoor.core.rules.tree import CURRENCY, FLAG, NUMBER, After, Choice, Name, Node, Value

ROOTS: Final = ("request", "standing", "consent", "declared")
"""The objects that a compiled function takes, in this order, where its maker names no others."""

ROOTS_MAX: Final = 6
"""Objects that one compiled function may take: all that a decision rests on, and one to spare."""

_SHARED: Final = 3
"""From so many guards on that read a word, it is loaded at the top: below, most calls never need it."""


@dataclass(frozen=True, slots=True)
class JudgeText:
    """A rule that speaks: `applies` must be known, and where it is false `when` is not read."""

    key: int
    applies: RuleText | None
    when: RuleText


@dataclass(frozen=True, slots=True)
class PayText:
    """A rule that pays the amount `name`; `weak` are parameters of low confidence that may decide it."""

    key: int
    name: str
    applies: RuleText | None
    formula: RuleText
    weak: tuple[str, ...] = ()


class Reason(IntEnum):
    """Why nobody can say an amount."""

    UNKNOWN = 1
    """A name that the rule needs is not known."""
    NEGATIVE = 2
    """It comes out below nothing."""
    TWICE = 3
    """An earlier rule says the same amount."""
    TOO_LARGE = 4
    """It may pass what a column of 64-bit numbers holds (the bulk adapter), or what money may be (sums)."""


class PayDoubt(NamedTuple):
    """Instead of amounts: the first rule in order, by position, that cannot say its own.  `amounts` is None."""

    amounts: None
    position: int
    reason: Reason


Judges = Callable[..., list[int]]
"""Keys of the rules that speak, and `~key` of those in doubt, in no particular order."""

Pays = Callable[..., tuple[list[int | None], int] | PayDoubt]
"""Amounts by position, None where a rule does not apply, and the mask of `weak_bits`; or a doubt."""

Totals = Callable[..., tuple[tuple[int | None, ...], int] | PayDoubt]
"""Sums of amounts, None where no rule that adds to one applies, and the mask of `weak_bits`; or a doubt."""


def in_span(applies: RuleText | None, span: str) -> RuleText:
    """The guard of a rule that exists on certain days only: where `applies` is false, the flag `span` is not read.

    `span` is a constant for one request (whether the rule exists that day, None if nobody knows the day), and a Span
    of the bulk adapter for past uses.
    """
    flag = Name(span, FLAG)
    tree: Node = flag if applies is None else Choice(applies.tree, flag, NO)
    text = span if applies is None else f"({span} if ({applies.text}) else False)"
    reads = tuple(sorted({span, *(applies.reads if applies else ())}))
    return RuleText(text=text, kind=FLAG, reads=reads, tree=tree, run=interpret(tree))


def weak_bits(pays: Sequence[PayText]) -> tuple[tuple[int, str], ...]:
    """What each bit of the mask says, lowest first: in the rule at this position, this weak name decided."""
    return tuple((place, name) for place, pay in enumerate(pays) for name in pay.weak)


def compile_judges(
    rules: Sequence[JudgeText],
    *,
    sources: Mapping[str, py.Path] | None,
    constants: Mapping[str, Value | None],
    roots: tuple[str, ...] = ROOTS,
) -> Judges:
    """A function of a mapping, or of the `roots`, that says which rules speak and which are in doubt."""
    maker = _Maker(sources, roots, constants, currency=None)
    groups: dict[Node, list[tuple[int, Node]]] = {}
    for rule in rules:
        assert rule.when.kind == FLAG and (rule.applies is None or rule.applies.kind == FLAG)
        guard = YES if rule.applies is None else maker.fold(rule.applies.tree)
        groups.setdefault(guard, []).append((rule.key, maker.fold(rule.when.tree)))
    groups.pop(NO, None)
    every = {guard: [when for _, when in members] for guard, members in groups.items()}
    top = set(py.words_in([*every, *every.get(YES, ())]))
    behind = [word for guard, members in every.items() if guard != YES for word in py.words_in(members)]
    top |= {word for word in behind if behind.count(word) >= _SHARED}
    needed = frozenset[str]().union(*(demanded(tree) for tree in (*every, *every.get(YES, ()))))
    certain = sorted(word for word in needed if maker.can_be_known(word))
    judge = maker.head(top | set(behind))
    scope = py.Scope()
    judge += maker.words.loading(sorted(top - set(maker.constants)), scope)
    doubtful = [*judge, *_groups(maker, groups, scope.inner())]
    if certain:
        unknown = [py.is_none(py.load(maker.words.local(word))) for word in certain]
        test = unknown[0] if len(unknown) == 1 else ast.BoolOp(op=ast.Or(), values=unknown)
        handed = [py.load(argument) for argument in maker.words.arguments]
        judge += py.when(test, [ast.Return(value=py.call("doubtful", *handed))], [])
        scope.sure |= set(certain)
    judge += _groups(maker, groups, scope)
    made: Judges = maker.made({"judge": judge, "doubtful": doubtful}, {})["judge"]
    return made


def _groups(maker: _Maker, groups: Mapping[Node, list[tuple[int, Node]]], scope: py.Scope) -> list[ast.stmt]:
    """`m0` gathers keys by `a0`: each guard once, and behind it the rules that stand under it."""
    made: list[ast.stmt] = []
    for guard, members in groups.items():
        value, check = maker.settled(guard, scope)
        inner = scope if value == YES and check == YES else scope.inner()
        body: list[ast.stmt] = []
        for key, when in members:
            said, told = maker.settled(when, inner)
            body += maker.load((said, told), inner)
            speaks = _branch(maker, said, [_say(key)], [])
            body += _branch(maker, told, speaks, [_say(~key)])
        doubts = [_say(~key) for key, _ in members]
        made += _branch(maker, check, _branch(maker, value, body, []), doubts)
    gather = [
        py.assign(["m0"], ast.List(elts=[], ctx=ast.Load())),
        py.assign(["a0"], py.attribute(py.load("m0"), "append")),
    ]
    return [*gather, *made, ast.Return(value=py.load("m0"))]


def _say(key: int) -> ast.stmt:
    return ast.Expr(value=py.call("a0", ast.Constant(value=key)))


def _branch(maker: _Maker, test: Node, body: list[ast.stmt], otherwise: list[ast.stmt]) -> list[ast.stmt]:
    """The branch that the test takes, or both under it where it is not settled yet."""
    if test in (YES, NO):
        return body if test == YES else otherwise
    return py.when(maker.expressions.of(test), body, otherwise)


def compile_pays(
    pays: Sequence[PayText],
    *,
    sources: Mapping[str, py.Path] | None,
    constants: Mapping[str, Value | None],
    currency: str,
    roots: tuple[str, ...] = ROOTS,
) -> Pays:
    """A function of a mapping, or of the `roots`, that says every amount in the order given, or the first doubt."""
    maker = _Maker(sources, roots, constants, currency=currency)
    amounts = ast.List(elts=[py.load(f"a{place}") for place, _ in enumerate(pays)], ctx=ast.Load())
    made: Pays = _compile_pays(maker, pays, constants, amounts)
    return made


def compile_totals(
    pays: Sequence[PayText],
    *,
    into: Sequence[int | None],
    count: int,
    most: int,
    sources: Mapping[str, py.Path] | None,
    constants: Mapping[str, Value | None],
    currency: str,
    roots: tuple[str, ...] = ROOTS,
) -> Totals:
    """A function that says `count` sums: the amount at each place goes `into` one of them, or into none.

    An amount above `most` is a doubt (TOO_LARGE).
    """
    assert len(into) == len(pays) and all(total is None or 0 <= total < count for total in into)
    maker = _Maker(sources, roots, constants, currency=currency)
    maker.into, maker.most = tuple(into), most
    sums = ast.Tuple(elts=[py.load(f"m{total + 1}") for total in range(count)], ctx=ast.Load())
    made: Totals = _compile_pays(maker, pays, constants, sums)
    return made


def _compile_pays(
    maker: _Maker, pays: Sequence[PayText], constants: Mapping[str, Value | None], told: ast.List | ast.Tuple
) -> Callable[..., Any]:
    """The function that works every amount out and returns what is `told`, with the mask."""
    assert not {pay.name for pay in pays} & set(constants), "an amount on the way has the name of a constant"
    doubts = {
        f"d{place}_{reason.name.lower()}": PayDoubt(None, place, reason)
        for place, _ in enumerate(pays)
        for reason in Reason
    }
    words = py.words_in(maker.fold(text.tree) for pay in pays for text in (pay.applies, pay.formula) if text)
    scope = py.Scope()
    body = maker.head(words)
    maker.made_here = frozenset(words) & {pay.name for pay in pays}
    body += _before(maker, scope)
    bits = weak_bits(pays)
    mask = 0
    for place, _ in enumerate(pays):
        lines, surely = _pay(maker, pays, place, scope, bits)
        body += lines
        mask |= surely
    body.append(ast.Return(value=ast.Tuple(elts=[told, py.load("m0")], ctx=ast.Load())))
    body.insert(0, py.assign(["m0"], ast.Constant(value=mask)))
    if sums := [part.id for part in told.elts if isinstance(part, ast.Name) and maker.into]:
        body.insert(0, py.assign(sums, ast.Constant(value=None)))
    made: Callable[..., Any] = maker.made({"price": body}, doubts)["price"]
    return made


def _pay(
    maker: _Maker, pays: Sequence[PayText], place: int, scope: py.Scope, bits: tuple[tuple[int, str], ...]
) -> tuple[list[ast.stmt], int]:
    """One rule's lines, and the bits that are surely set where it gives an amount without condition."""
    pay = pays[place]
    assert pay.formula.kind == NUMBER and (pay.applies is None or pay.applies.kind == FLAG)
    applies, told = maker.settled(YES if pay.applies is None else maker.fold(pay.applies.tree), scope)
    lines = maker.load((applies, told), scope)
    lines += _branch(maker, told, [], [_refuse(place, Reason.UNKNOWN)])
    scope.sure |= _conjuncts(told)
    always = applies == YES and told == YES
    inner = scope if always else scope.inner()
    formula, can = maker.settled(maker.fold(pay.formula.tree), inner)
    flags = [(bits.index((place, name)), maker.fold(decided(pay.formula.tree, name))) for name in pay.weak]
    body = maker.load((formula, can, *(tree for _, tree in flags)), inner)
    body += _branch(maker, can, [], [_refuse(place, Reason.UNKNOWN)])
    inner.sure |= _conjuncts(can)
    amount = py.load(f"a{place}")
    body.append(py.assign([f"a{place}"], maker.expressions.of(formula)))
    body += py.when(py.compare(amount, ast.Lt(), ast.Constant(value=0)), [_refuse(place, Reason.NEGATIVE)], [])
    body += _sum(maker, place)
    for earlier, other in enumerate(pays[:place]):
        if other.name == pay.name:
            again = py.negated(py.is_none(py.load(f"a{earlier}")))
            body += py.when(again, [_refuse(place, Reason.TWICE)], [])
    surely = 0
    for bit, tree in flags:
        if always and tree == YES:
            surely |= 1 << bit
        else:
            marks = ast.AugAssign(
                target=ast.Name(id="m0", ctx=ast.Store()), op=ast.BitOr(), value=ast.Constant(value=1 << bit)
            )
            body += _branch(maker, fold(tree, {}, inner.sure), [marks], [])
    if pay.name in maker.made_here:  # only now: what decided is asked of the word as it was read
        body.append(py.assign([maker.words.local(pay.name)], amount))
        inner.sure.add(pay.name)
    if applies != YES:
        lines.append(py.assign([f"a{place}"], ast.Constant(value=None)))
    return lines + _branch(maker, applies, body, []), surely


def _sum(maker: _Maker, place: int) -> list[ast.stmt]:
    """Where sums are told: a doubt if the amount is too large, else it goes into its sum."""
    if not maker.into:
        return []
    amount = py.load(f"a{place}")
    most = ast.Constant(value=maker.most)
    lines = py.when(py.compare(amount, ast.Gt(), most), [_refuse(place, Reason.TOO_LARGE)], [])
    total = maker.into[place]
    if total is None:
        return lines
    name = f"m{total + 1}"
    more = ast.BinOp(left=py.load(name), op=ast.Add(), right=amount)
    first = ast.IfExp(test=py.is_none(py.load(name)), body=amount, orelse=more)
    return [*lines, py.assign([name], first)]


def _before(maker: _Maker, scope: py.Scope) -> list[ast.stmt]:
    """What later rules read of an amount before any rule made it: the word's own value, or nothing."""
    lines = maker.words.loading(sorted(maker.made_here), scope)
    nothing = [maker.words.local(name) for name in sorted(maker.made_here - scope.loaded)]
    scope.loaded |= maker.made_here
    return [*lines, py.assign(nothing, ast.Constant(value=None))] if nothing else lines


def _refuse(place: int, reason: Reason) -> ast.stmt:
    return ast.Return(value=py.load(f"d{place}_{reason.name.lower()}"))


def _conjuncts(told: Node) -> set[str]:
    """The words that are known behind a check that held."""
    return set(py.plain_words(demanded(told)))


class _Maker:
    """One function in the making: where words come from, what is given, and how trees become code."""

    def __init__(
        self,
        sources: Mapping[str, py.Path] | None,
        roots: tuple[str, ...],
        constants: Mapping[str, Value | None],
        *,
        currency: str | None,
    ) -> None:
        assert len(roots) <= ROOTS_MAX
        self.constants = dict(constants)
        if currency is not None:
            self.constants[CURRENCY.name] = currency
        given = self.constants.get(CURRENCY.name)
        self.helpers: dict[str, Any] = {"share_in": basis_points}
        if isinstance(given, str):
            self.helpers["share"] = share_of(given)
        if sources is None:
            self.words = py.Words({}, ("env",), default=("env",))
        else:
            self.words = py.Words(sources, roots, default=None)
        self.expressions = py.Expressions(self.words, "share" if "share" in self.helpers else None)
        self.made_here: frozenset[str] = frozenset()
        self.into: tuple[int | None, ...] = ()
        self.most = 0

    def can_be_known(self, word: str) -> bool:
        """Whether the word has a source, or an earlier rule may make it."""
        return word in self.made_here or (word not in self.constants and self.words.path(word) is not None)

    def fold(self, tree: Node) -> Node:
        """What is left of the tree under the constants."""
        return fold(tree, self.constants)

    def settled(self, tree: Node, scope: py.Scope) -> tuple[Node, Node]:
        """The value, and whether it is known, as far as this place settles them."""
        never = [word for word in py.words_in([tree]) if word not in self.constants and not self.can_be_known(word)]
        value = fold(tree, {}, scope.sure)
        told = fold_known(tree, self.constants, scope.sure, never)
        return value.value if isinstance(value, After) else value, told

    def load(self, trees: Sequence[Node], scope: py.Scope) -> list[ast.stmt]:
        """The lines that load what the trees read and no line above has loaded."""
        return self.words.loading([word for word in py.words_in(trees) if word not in self.constants], scope)

    def head(self, words: Iterable[str]) -> list[ast.stmt]:
        """The lines that every function begins with."""
        return self.words.opening(sorted(words))

    def made(self, functions: Mapping[str, list[ast.stmt]], bound: Mapping[str, object]) -> dict[str, Any]:
        """Verify and compile; the namespace holds the functions, the helpers and nothing of Python."""
        arguments = ast.arguments(
            posonlyargs=[],
            args=[ast.arg(arg=name) for name in self.words.arguments],
            kwonlyargs=[],
            kw_defaults=[],
            defaults=[],
        )
        module = ast.Module(
            body=[
                ast.FunctionDef(name=name, args=arguments, body=body, decorator_list=[])
                for name, body in functions.items()
            ],
            type_ignores=[],
        )
        namespace: dict[str, Any] = {**self.helpers, **bound}
        py.verify(module, {*namespace, *functions})
        namespace["__builtins__"] = {}
        exec(compile(ast.fix_missing_locations(module), "<rules>", "exec"), namespace)  # noqa: S102 - see the docstring
        return namespace
