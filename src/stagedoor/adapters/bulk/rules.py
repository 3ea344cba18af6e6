"""Pays and judges of one part as columns: amounts, doubts, the weak names that decided, and who speaks."""

from __future__ import annotations

from collections.abc import Sequence
from functools import reduce
from operator import and_, or_
from typing import Final

import polars as pl

from stagedoor.adapters.bulk.book import BulkError
from stagedoor.adapters.bulk.emit import SAFE, bounds, emit, hazard
from stagedoor.adapters.bulk.part import Part
from stagedoor.core.rules.compiled import JudgeText, PayText, Reason, weak_bits
from stagedoor.core.rules.derive import NO, YES, decided
from stagedoor.core.rules.syntax import plain_words
from stagedoor.core.rules.tree import Node, names_in

DOUBT_STEP: Final = 8
"""A doubt is position * DOUBT_STEP + Reason, so that one column says which pay and why."""

WEAK_MAX: Final = 62
"""Bits of the mask: what a signed 64-bit column holds."""

_NOTHING: Final = pl.lit(None, dtype=pl.Int64)
_Test = pl.Expr | bool


def amount_of(place: int) -> str:
    """The column of a pay's amount."""
    return f"amount_{place}"


def pay(part: Part, pays: Sequence[PayText], place: int) -> None:
    """Puts the pay's amount and notes its doubts.  Pays that it reads were put before it."""
    rule = pays[place]
    _see_amounts(part, pays[:place], rule)
    applies, told = _guard(part, rule)
    formula: Node = rule.formula.tree
    can: Node = YES
    if (applies, told) != (NO, YES):
        part.need([rule.formula.tree])
        formula, can = part.settled(rule.formula.tree)
    columns = part.columns()
    asked = (told, applies, can)
    made = _all(*(_test(part, tree) for tree in asked))
    column = amount_of(place)
    reads = [part.of[word] for word in plain_words(names_in(formula).union(*map(names_in, asked))) if word in part.of]
    over: _Test = False
    low = high = 0
    if made is False:
        part.put(column, _NOTHING, ())
    else:
        value = emit(formula, columns)
        part.put(column, value if made is True else pl.when(made).then(value).otherwise(_NOTHING), reads)
        over = _all(made, _hazard(part, formula))
        low, high = bounds(formula, columns)
    if made is True:
        part.full.add(column)
    part.ranges[column] = (max(low, 0), min(high, SAFE))
    amount = pl.col(column)
    earlier = [pl.col(amount_of(other)) for other in range(place) if pays[other].name == rule.name]
    part.codes[place] = _code(
        place,
        (
            (_any(_not(_test(part, told)), _all(_test(part, applies), _not(_test(part, can)))), Reason.UNKNOWN),
            (_any(_all(_test(part, told), _hazard(part, applies)), over), Reason.TOO_LARGE),
            (amount < 0 if low < 0 else False, Reason.NEGATIVE),
            (_any(*(amount.is_not_null() & other.is_not_null() for other in earlier)), Reason.TWICE),
        ),
    )


def _see_amounts(part: Part, before: Sequence[PayText], rule: PayText) -> None:
    """An amount that a rule reads is what the rules before it made of that name."""
    reads = {*(rule.applies.reads if rule.applies else ()), *rule.formula.reads}
    for name in sorted(reads & {pay.name for pay in part.book.pays}):
        part.see(name, [amount_of(place) for place, pay in enumerate(before) if pay.name == name])


def forget_amounts(part: Part) -> None:
    """Judges read words only: a name means the word again, where there is one."""
    for name in sorted({pay.name for pay in part.book.pays}):
        part.see(name, [])


def doubt(part: Part, places: Sequence[int]) -> pl.Expr:
    """The first doubt of these pays, or null."""
    codes = [code for place in sorted(places) if (code := part.codes[place]) is not None]
    return pl.coalesce(codes) if codes else pl.lit(None, dtype=pl.Int32)


def weak(part: Part, pays: Sequence[PayText]) -> pl.Expr:
    """The mask of weak names that decided an amount."""
    mask, marks = 0, []
    bits = weak_bits(pays)
    if len(bits) > WEAK_MAX:
        raise BulkError(f"{len(bits)} weak names in pays are more than the {WEAK_MAX} bits that a column holds")
    dtype = pl.Int32 if len(bits) <= WEAK_MAX // 2 else pl.Int64  # half the width is half the time
    for bit, (place, name) in enumerate(bits):
        rule = pays[place]
        _see_amounts(part, pays[:place], rule)
        tree, _ = part.settled(decided(rule.formula.tree, name))
        column = amount_of(place)
        if tree == YES and column in part.full:
            mask |= 1 << bit
        elif tree != NO:
            flag = _all(column in part.full or pl.col(column).is_not_null(), _test(part, tree))
            assert isinstance(flag, pl.Expr)
            marks.append(flag.cast(dtype) * pl.lit(1 << bit, dtype=dtype))
    return reduce(lambda one, two: one + two, marks, pl.lit(mask, dtype=dtype)).cast(pl.Int64)


def judge(part: Part, rule: JudgeText) -> pl.Expr:
    """True where the rule speaks, null where it is in doubt."""
    guard, told = _guard(part, rule)
    if (guard, told) == (NO, YES):
        return pl.lit(False)
    part.need([rule.when.tree])
    when, can = part.settled(rule.when.tree)
    stands = _test(part, guard)
    behind = _all(_test(part, told), stands)
    unknown = _any(
        _not(_test(part, told)),
        _all(_test(part, told), _hazard(part, guard)),
        _all(behind, _any(_not(_test(part, can)), _hazard(part, when))),
    )
    speaks = _all(stands, _test(part, when))
    said = pl.lit(speaks) if isinstance(speaks, bool) else speaks
    if unknown is False:
        return said
    if unknown is True:
        return pl.lit(None, dtype=pl.Boolean)
    return pl.when(unknown).then(pl.lit(None, dtype=pl.Boolean)).otherwise(said)


def _guard(part: Part, rule: PayText | JudgeText) -> tuple[Node, Node]:
    """Whether the rule applies, and whether that is known."""
    if rule.applies is None:
        return YES, YES
    part.need([rule.applies.tree])
    return part.settled(rule.applies.tree)


def _code(place: int, doubts: Sequence[tuple[_Test, Reason]]) -> pl.Expr | None:
    """The first of a pay's doubts as a number, null where there is none."""
    code: pl.Expr | None = None
    for test, reason in reversed(doubts):
        number = pl.lit(place * DOUBT_STEP + reason, dtype=pl.Int32)
        if test is True:
            code = number
        elif test is not False:
            code = pl.when(test).then(number).otherwise(pl.lit(None, dtype=pl.Int32) if code is None else code)
    return code


def _test(part: Part, tree: Node) -> _Test:
    """A flag as an expression, or as a plain bool where it is settled for the whole part."""
    return tree == YES if tree in (YES, NO) else emit(tree, part.columns())


def _hazard(part: Part, tree: Node) -> _Test:
    found = hazard(tree, part.columns())
    return False if found is None else found


def _all(*tests: _Test) -> _Test:
    if any(test is False for test in tests):
        return False
    left = [test for test in tests if isinstance(test, pl.Expr)]
    return reduce(and_, left) if left else True


def _any(*tests: _Test) -> _Test:
    if any(test is True for test in tests):
        return True
    left = [test for test in tests if isinstance(test, pl.Expr)]
    return reduce(or_, left) if left else False


def _not(test: _Test) -> _Test:
    return not test if isinstance(test, bool) else ~test
