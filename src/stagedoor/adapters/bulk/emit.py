"""A tree of the rule language as a Polars expression over columns.

What Polars does otherwise than the language, and what is done about it: a null may vanish in `and`, `or` and
`when(null)`, so an expression is meant only where the tree's `known` holds, and the caller masks the rest; products
wrap silently in 64 bits, so `hazard` says where one may, and the caller refuses those rows.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache, reduce
from operator import and_, or_
from typing import Final

import polars as pl

from stagedoor.core.base.money import minor_units
from stagedoor.core.rules.tree import (
    FLAG,
    NUMBER,
    TEXT,
    TEXTS,
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
    parts_of,
)

SAFE: Final = 1 << 62
"""What an intermediate may reach: half of a signed 64-bit number, so that the estimate in floats cannot be wrong."""

Range = tuple[int, int]
_ROUNDED: Final = 10**6
"""More than any share is rounded by: the largest minor unit, a yen, in millionths."""
_NOWHERE: Final = (-SAFE * 4, SAFE * 4)
_KNOWN: Final = "known("
_NULLS: Final = {NUMBER: pl.Int64(), TEXT: pl.String(), FLAG: pl.Boolean(), TEXTS: pl.List(pl.String)}


@dataclass(frozen=True, slots=True)
class Columns:
    """What stands in the frame: word -> column, the columns' types and ranges, and the production's currency."""

    of: Mapping[str, str]
    types: Mapping[str, pl.DataType]
    ranges: Mapping[str, Range]
    currency: str | None

    def column(self, word: Name) -> pl.Expr:
        """The column of a word; one that nobody knows is null."""
        if word.name not in self.of:
            return pl.lit(None, dtype=_NULLS[word.kind])
        return pl.col(self.of[word.name])

    def type_of(self, node: Node) -> pl.DataType | None:
        """The type of a word's column."""
        return self.types.get(self.of.get(node.name, "")) if isinstance(node, Name) else None


def emit(tree: Node, columns: Columns) -> pl.Expr:
    """The expression of the tree's value; meant only where everything that the tree needs is known."""

    def of(node: Node) -> pl.Expr:
        return emit(node, columns)

    match tree:
        case Name(name=name) if name.startswith(_KNOWN):
            return columns.column(Name(name.removeprefix(_KNOWN).removesuffix(")"), tree.kind)).is_not_null()
        case Name():
            return columns.column(tree)
        case Number(value=value):
            return _number(value)
        case Flag(value=flag):
            return pl.lit(flag)
        case Text(value=text):
            return pl.lit(text)
        case Texts(value=texts):
            return pl.lit(pl.Series([list(texts)], dtype=pl.List(pl.String)))
        case Arithmetic(op=op, left=left, right=right):
            return _WORK[op](of(left), of(right))
        case Negate(part=part):
            return -of(part)
        case Not(part=part):
            return ~of(part)
        case Logic(op=op, parts=parts):
            return reduce(and_ if op == "and" else or_, (of(part) for part in parts))
        case Compare():
            return _compare(tree, columns)
        case Member(item=item, texts=texts_node, wanted=wanted):
            inside = _member(item, texts_node, columns)
            return inside if wanted else ~inside
        case Choice(test=test, yes=yes, no=no):
            return pl.when(of(test)).then(_plain(yes, columns)).otherwise(_plain(no, columns))
        case Extreme(larger=larger, first=first, second=second):
            one, two = of(first), of(second)
            return pl.when(one >= two if larger else one <= two).then(one).otherwise(two)
        case Band(before=before, amount=amount, low=Number(value=floor), high=Number(value=ceiling)) if (
            -SAFE < floor <= ceiling < SAFE
        ):
            start, edges = of(before), (_number(floor), _number(ceiling))  # one pass where both edges are constants
            return (start + of(amount)).clip(*edges) - start.clip(*edges)
        case Band(before=before, amount=amount, low=low, high=high):
            start, size, bottom, top = of(before), of(amount), of(low), of(high)
            return _clip(start + size, bottom, top) - _clip(start, bottom, top)
        case Share(amount=amount, rate=rate):
            return _share(of(amount) * of(rate), columns)
        case After(value=value_node):
            return of(value_node)


@cache
def _number(value: int) -> pl.Expr:
    """A number, always in 64 bits: two plain ones would be worked out in 32.  A larger one is a hazard anyway."""
    return pl.lit(value if abs(value) < SAFE else None, dtype=pl.Int64)


_WORK: Final[dict[str, Callable[[pl.Expr, pl.Expr], pl.Expr]]] = {
    "+": lambda a, b: a + b,
    "-": lambda a, b: a - b,
    "*": lambda a, b: a * b,
}
_SIGNS: Final[dict[str, Callable[[pl.Expr, pl.Expr], pl.Expr]]] = {
    "==": lambda a, b: a == b,
    "!=": lambda a, b: a != b,
    "<": lambda a, b: a < b,
    "<=": lambda a, b: a <= b,
    ">": lambda a, b: a > b,
    ">=": lambda a, b: a >= b,
}


def _clip(value: pl.Expr, low: pl.Expr, high: pl.Expr) -> pl.Expr:
    """`min(max(value, low), high)`, in this order, for a low edge may lie above the high one."""
    above = pl.when(value < low).then(low).otherwise(value)
    return pl.when(above > high).then(high).otherwise(above)


def _share(product: pl.Expr, columns: Columns) -> pl.Expr:
    """Half-even to the minor unit by one floor division: half is added, and an exact half that came out odd goes."""
    assert columns.currency is not None, "a share needs the currency of its rows"
    step = minor_units(columns.currency)
    whole = 10_000 * step
    raised = product + whole // 2
    quotient = raised // whole
    exact = (quotient * whole == raised).cast(pl.Int64)
    return (quotient - exact * (quotient & 1)) * step


def _plain(node: Node, columns: Columns) -> pl.Expr:
    """The expression; texts as strings, so that two columns of different types can stand in one."""
    made, kind = emit(node, columns), columns.type_of(node)
    if isinstance(kind, pl.Enum | pl.Categorical):
        return made.cast(pl.String)
    return made.cast(pl.List(pl.String)) if isinstance(kind, pl.List) else made


def _compare(node: Compare, columns: Columns) -> pl.Expr:
    sides = (node.left, node.right)
    word = next((side for side in sides if isinstance(side, Name)), None)
    literal = next((side for side in sides if isinstance(side, Text)), None)
    if node.left.kind == TEXT and word is not None and literal is not None:
        found = _is_text(word, (literal.value,), columns)
        return found if node.op == "==" else ~found
    return _SIGNS[node.op](_plain(node.left, columns), _plain(node.right, columns))


def _member(item: Node, texts: Node, columns: Columns) -> pl.Expr:
    if isinstance(texts, Texts):
        if isinstance(item, Name):
            return _is_text(item, texts.value, columns)
        return _plain(item, columns).is_in(list(texts.value)) if texts.value else pl.lit(False)
    kind = columns.type_of(texts)
    if isinstance(item, Text) and isinstance(kind, pl.List) and isinstance(kind.inner, pl.Enum):
        if item.value not in kind.inner.categories:
            return pl.lit(False)
        return emit(texts, columns).list.contains(pl.lit(item.value, dtype=kind.inner))
    return _plain(texts, columns).list.contains(_plain(item, columns))


def _is_text(word: Name, texts: tuple[str, ...], columns: Columns) -> pl.Expr:
    """Whether a column holds one of these; an Enum is never asked for what it cannot hold."""
    kind, column = columns.type_of(word), columns.column(word)
    if isinstance(kind, pl.Enum):
        texts = tuple(text for text in texts if text in kind.categories)
    return reduce(or_, (column == text for text in dict.fromkeys(texts))) if texts else pl.lit(False)


def bounds(tree: Node, columns: Columns) -> Range:
    """Between which numbers the value lies, by the ranges of the columns."""
    match tree:
        case Name(name=name):
            return columns.ranges.get(columns.of.get(name, ""), _NOWHERE)
        case Number(value=value):
            return (value, value)
        case Arithmetic(op=op, left=left, right=right):
            (a, b), (c, d) = bounds(left, columns), bounds(right, columns)
            if op == "+":
                return (a + c, b + d)
            if op == "-":
                return (a - d, b - c)
            corners = (a * c, a * d, b * c, b * d)
            return (min(corners), max(corners))
        case Negate(part=part):
            low, high = bounds(part, columns)
            return (-high, -low)
        case Choice(yes=yes, no=no):
            (a, b), (c, d) = bounds(yes, columns), bounds(no, columns)
            return (min(a, c), max(b, d))
        case Extreme(larger=larger, first=first, second=second):
            (a, b), (c, d) = bounds(first, columns), bounds(second, columns)
            return (max(a, c), max(b, d)) if larger else (min(a, c), min(b, d))
        case Band(amount=amount):
            low, high = bounds(amount, columns)
            return (min(0, low), max(0, high))
        case Share():
            low, high = _product(tree, columns)
            return (low // 10_000 - _ROUNDED, high // 10_000 + _ROUNDED)
        case After(value=value_node):
            return bounds(value_node, columns)
    return _NOWHERE


def _product(share: Share, columns: Columns) -> Range:
    return bounds(Arithmetic("*", share.amount, share.rate), columns)


def hazard(tree: Node, columns: Columns) -> pl.Expr | None:
    """Where a step of the tree may pass 64 bits, estimated in floats row by row; None where the ranges exclude it."""
    if isinstance(tree, Choice):
        test, yes, no = (hazard(part, columns) for part in parts_of(tree))
        if yes is None and no is None:
            return test
        never = pl.lit(False)
        taken = pl.when(emit(tree.test, columns)).then(never if yes is None else yes)
        return _any(test, taken.otherwise(never if no is None else no))
    steps: list[Node] = []
    if isinstance(tree, Number | Arithmetic | Negate):
        steps = [tree]
    elif isinstance(tree, Share):
        steps = [Arithmetic("*", tree.amount, tree.rate)]
    elif isinstance(tree, Band):
        steps = [Arithmetic("+", tree.before, tree.amount)]
    here = [_estimate(step, columns).abs() >= float(SAFE) for step in steps if _may_pass(bounds(step, columns))]
    return _any(*here, *(hazard(part, columns) for part in parts_of(tree)))


def _may_pass(span: Range) -> bool:
    return span[0] <= -SAFE or span[1] >= SAFE


def _any(*parts: pl.Expr | None) -> pl.Expr | None:
    found = [part for part in parts if part is not None]
    return reduce(or_, found) if found else None


def _estimate(tree: Node, columns: Columns) -> pl.Expr:
    """The value in floats: never wraps, and is wrong by far less than the half that SAFE leaves."""
    match tree:
        case Number(value=value):
            return pl.lit(float(min(max(value, -SAFE * 4), SAFE * 4)), dtype=pl.Float64)
        case Arithmetic(op=op, left=left, right=right):
            return _WORK[op](_estimate(left, columns), _estimate(right, columns))
        case Negate(part=part):
            return -_estimate(part, columns)
        case Choice(test=test, yes=yes, no=no):
            return pl.when(emit(test, columns)).then(_estimate(yes, columns)).otherwise(_estimate(no, columns))
        case Extreme(larger=larger, first=first, second=second):
            one, two = _estimate(first, columns), _estimate(second, columns)
            return pl.when(one >= two if larger else one <= two).then(one).otherwise(two)
        case After(value=value_node):
            return _estimate(value_node, columns)
        case Share(amount=amount, rate=rate):
            return _estimate(amount, columns) * _estimate(rate, columns) / 10_000.0
        case Band(before=before, amount=amount, low=low, high=high):
            start, size = _estimate(before, columns), _estimate(amount, columns)
            floor, ceiling = _estimate(low, columns), _estimate(high, columns)
            return _clip(start + size, floor, ceiling) - _clip(start, floor, ceiling)
    return emit(tree, columns).cast(pl.Float64)
