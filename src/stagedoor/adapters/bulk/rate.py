"""Rating past uses in bulk: columns in, and for each use its amounts, the rules that speak, and its doubt.

    rated = rate(BulkBook(pays=..., judges=..., parameters=..., totals=...), uses)

A use is a row, and its words are columns; a null is unknown, and a word without a column is never known.  Running
totals take the uses in the order of (event time, id), so the order of the rows does not matter.

Out comes one row for each row that went in, in the same order:

* `amount_0`, `amount_1`, ...: the pays by position, in millionths; null where one does not apply, or in doubt
* `weak`: the mask of `weak_bits`, null in doubt
* `doubt`: null, or position * 8 + Reason of the first pay that cannot say its amount
* `judge_KEY`: true where the rule speaks, false where it is silent, null where it is in doubt
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import polars as pl
import polars.selectors as cs

from stagedoor.adapters.bulk.book import BulkBook, BulkError, Total, stages
from stagedoor.adapters.bulk.emit import SAFE
from stagedoor.adapters.bulk.part import Part, Shared, epoch_of
from stagedoor.adapters.bulk.rules import amount_of, doubt, forget_amounts, judge, pay, weak
from stagedoor.core.rules.tree import CURRENCY, FLAG, NUMBER, TEXT, TEXTS, Name, Value, walk

_ROW: Final = "@row"
Rows = npt.NDArray[np.int64]
Order = tuple[Rows, npt.NDArray[np.bool_]]
_Numbers = npt.NDArray[Any]
_HALF: Final = np.uint64(32)
_LOWER: Final = np.uint64((1 << 32) - 1)

SLICE: Final = 500_000
"""Rows that are worked on at once: few enough for the processor's caches and memory, enough to forget the planning."""


def rate(book: BulkBook, uses: pl.DataFrame) -> pl.DataFrame:
    """Rate every use.  Raises BulkError where a column has the wrong type."""
    plan = stages(book)
    shared = Shared(book)
    parts = _parts(shared, _dated(shared, _checked(book, uses)))
    # Two threads: while Polars works on one slice, Python makes the next one's columns or the rows are put in order.
    with ThreadPoolExecutor(2) as pool:
        orders = {total.by: pool.submit(_order, book, total, uses) for total in book.totals}
        for stage in range(plan.last + 1):
            its = [place for place, when in enumerate(plan.pays) if when == stage]
            list(pool.map(partial(_staged, places=its, more=stage < plan.last), parts))
            for total in book.totals:
                if plan.totals[total.name] == stage:
                    _running(total, sorted(plan.behind[total.name]), parts, book, orders[total.by].result())
        finished = list(pool.map(_finished, parts))
    if not parts:
        return _empty(book)
    rated: pl.DataFrame = pl.concat(finished)
    if len({part.cut for part in parts}) == 1:
        return rated.drop(_ROW)  # slices, still in the order of the rows
    back = np.empty(uses.height, dtype=np.int64)
    back[rated[_ROW].to_numpy()] = np.arange(uses.height)
    return rated.drop(_ROW)[back]


def _staged(part: Part, places: Sequence[int], *, more: bool) -> None:
    for place in places:
        pay(part, part.book.pays, place)
    if more:
        part.run()


def _checked(book: BulkBook, uses: pl.DataFrame) -> pl.DataFrame:
    """The columns that the book can need, numbers in 64 bits, each with its row."""
    trees = [text.tree for pay in book.pays for text in (pay.applies, pay.formula) if text]
    trees += [text.tree for rule in book.judges for text in (rule.applies, rule.when) if text]
    kinds = {node.name: node.kind for tree in trees for node in walk(tree) if isinstance(node, Name)}
    made = {total.name for total in book.totals}
    if taken := made & set(uses.columns):
        raise BulkError(f"the column '{sorted(taken)[0]}' is a running total: leave it out, it is worked out here")
    dates = {parameter.keyed_by for parameter in book.parameters} | {span.keyed_by for span in book.spans}
    wanted = sorted({*kinds, *dates, *book.partition, CURRENCY.name} & set(uses.columns) - set(book.constants))
    columns = []
    for name in wanted:
        kind, dtype = kinds.get(name, TEXT), uses.schema[name]
        if name in dates or (name in book.partition and name not in kinds):
            columns.append(pl.col(name))
            continue
        inner = dtype.inner if isinstance(dtype, pl.List) else dtype
        fits = {
            NUMBER: dtype.is_integer(),
            FLAG: dtype == pl.Boolean,
            TEXT: isinstance(dtype, pl.String | pl.Enum | pl.Categorical),
            TEXTS: isinstance(dtype, pl.List) and isinstance(inner, pl.String | pl.Enum | pl.Categorical),
        }
        if not fits[kind] and dtype != pl.Null:
            raise BulkError(f"the column '{name}' holds {dtype}, and the word is a {kind}")
        columns.append(pl.col(name).cast(pl.Int64) if kind == NUMBER else pl.col(name))
    return uses.select(columns).with_row_index(_ROW)


def _dated(shared: Shared, frame: pl.DataFrame) -> pl.DataFrame:
    """Instead of each governing date: how many of its turning days have come, and which spans are open."""
    made = []
    for span in shared.book.spans:
        day = pl.col(span.keyed_by) if span.keyed_by in frame.columns else pl.lit(None, dtype=pl.Date)
        tests = [day >= span.first] if span.first else []
        tests += [day <= span.last] if span.last else []
        made.append((pl.all_horizontal(tests) if tests else pl.lit(True)).alias(span.name))
    for column, turns in shared.turns.items():
        if column in frame.columns:
            epoch = pl.lit(pl.Series(turns)).search_sorted(pl.col(column), side="right")
            made.append(pl.when(pl.col(column).is_not_null()).then(epoch).alias(epoch_of(column)))
    dates = {*shared.turns, *(span.keyed_by for span in shared.book.spans)} & set(frame.columns)
    for column in sorted(dates):
        if frame.schema[column] not in (pl.Date, pl.Null):
            raise BulkError(f"the column '{column}' governs dated values and holds no dates but {frame.schema[column]}")
    return frame.with_columns(made).drop(dates)


def _parts(shared: Shared, frame: pl.DataFrame) -> list[Part]:
    """The rows cut by what the rules are folded by.  The currency is always among it: it says how shares round.

    Sorting once by the cut and slicing moves every column once, where `partition_by` gathers each part by itself.
    """
    by = [name for name in dict.fromkeys((*shared.book.partition, CURRENCY.name)) if name in frame.columns]
    if not frame.height:
        return []
    cut: list[tuple[Mapping[str, Value | None], pl.DataFrame]] = [({}, frame)]
    if by:
        sizes = frame.lazy().group_by(by).len().sort(by, nulls_last=True).collect()
        frame, start, cut = frame.sort(by, nulls_last=True, maintain_order=True), 0, []
        for *values, size in sizes.iter_rows():
            plain = (tuple(value) if isinstance(value, list) else value for value in values)
            cut.append((dict(zip(by, plain, strict=True)), frame[start : start + size].drop(by)))
            start += size
    return [
        Part(shared, rows[start : start + SLICE], constants, cut=place)
        for place, (constants, rows) in enumerate(cut)
        for start in range(0, rows.height, SLICE)
    ]


def _order(book: BulkBook, total: Total, uses: pl.DataFrame) -> Order:
    """The rows by key, event time and id, and which of them begin a key.

    One sort of whole numbers, the key in the upper half and the place by time in the lower, is several times faster
    than a sort by columns; and a record of uses is most often in the order of time already.
    """
    for name in (*total.by, book.event_time, book.event_id):
        if name not in uses.columns or uses[name].null_count():
            raise BulkError(f"the running total '{total.name}' needs the column '{name}' without gaps")
    at, its = uses[book.event_time], uses[book.event_id]
    by_time = None
    if not ((at[:-1] < at[1:]) | ((at[:-1] == at[1:]) & (its[:-1] < its[1:]))).all():
        by_time = uses.select(pl.arg_sort_by(book.event_time, book.event_id)).to_series().to_numpy()
    keys = _keys(uses.select(total.by))
    places = (keys if by_time is None else keys[by_time]) << _HALF
    places |= np.arange(len(places), dtype=np.uint64)
    places.sort()
    begins = np.zeros(len(places), dtype=np.bool_)
    begins[:1] = True
    begins[1:] = places[1:] >> _HALF != places[:-1] >> _HALF
    rows = (places & _LOWER).astype(np.int64)
    return rows if by_time is None else by_time[rows].astype(np.int64), begins


def _keys(columns: pl.DataFrame) -> npt.NDArray[np.uint64]:
    """A number below 2 ** 32 for each row, one for each combination of values."""
    physical = columns.select(pl.col(pl.String).cast(pl.Categorical), ~cs.string()).select(pl.all().to_physical())
    room, keys = 1, np.zeros(columns.height, dtype=np.uint64)
    for column in physical:
        low, high = column.min(), column.max()
        if not (column.dtype.is_integer() and isinstance(low, int) and isinstance(high, int) and high - low < SAFE):
            room = 0
            break
        room *= high - low + 1
        keys = keys * np.uint64(high - low + 1) + (column - low).to_numpy().astype(np.uint64)
    if 0 < room <= 1 << 32:
        return keys
    ranks = columns.select(pl.struct(pl.all()).rank("dense")).to_series()
    return ranks.to_numpy().astype(np.uint64)


def _running(
    total: Total,
    behind: Sequence[int],
    parts: Sequence[Part],
    book: BulkBook,
    order: Order,
) -> None:
    """Adds the total to every part: what the earlier uses of the same key come to, or null where nobody knows."""
    rows, begins = order
    amounts = np.zeros(len(rows), dtype=np.int64)
    unknown = np.zeros(len(rows), dtype=np.bool_)
    summed = [pl.col(amount_of(place)) for place, its in enumerate(book.pays) if its.name == total.sums]
    for part in parts:
        made = part.frame.select(
            _ROW, amount=pl.coalesce(*summed, pl.lit(0, dtype=pl.Int64)), unknown=doubt(part, behind).is_not_null()
        )
        places = made[_ROW].to_numpy()
        amounts[places] = made["amount"].to_numpy()
        unknown[places] = made["unknown"].to_numpy()
    amounts[unknown] = 0
    before = _before(amounts[rows], begins)
    lost = np.zeros(len(rows), dtype=np.bool_)
    if unknown.any():
        lost = _before(unknown[rows].astype(np.int64), begins) > 0
    if np.abs(amounts.astype(np.float64)).sum() >= SAFE:
        lost |= np.abs(_before(amounts[rows].astype(np.float64), begins)) >= SAFE
    totals = np.empty_like(before)
    totals[rows] = before
    nobody = np.empty_like(lost)
    nobody[rows] = lost
    for part in parts:
        places = part.frame[_ROW].to_numpy()
        series = pl.Series(total.name, totals[places])
        if lost.any():
            series = series.zip_with(pl.Series(~nobody[places]), pl.Series([None], dtype=pl.Int64))
        part.add(total.name, series)


def _before(values: _Numbers, begins: npt.NDArray[np.bool_]) -> _Numbers:
    """Per key, the sum of what stands before each row.  It may wrap on the way, and differences unwrap it."""
    up_to: _Numbers = np.cumsum(values) - values
    first = np.flatnonzero(begins)
    before: _Numbers = up_to - np.repeat(up_to[first], np.diff(first, append=len(values)))
    return before


def _finished(part: Part) -> pl.DataFrame:
    """The part's result.  In doubt a use has no amounts."""
    pays = part.book.pays
    amounts = [amount_of(place) for place, _ in enumerate(pays)]
    told = [weak(part, pays).alias("weak"), doubt(part, range(len(pays))).alias("doubt")]
    forget_amounts(part)
    said = [judge(part, rule).alias(f"judge_{rule.key}") for rule in part.book.judges]
    made = part.run([pl.col(_ROW, *amounts), *told, *said])
    if made["doubt"].null_count() == made.height:
        return made
    sure = pl.col("doubt").is_null()
    return made.with_columns(pl.when(sure).then(pl.col(name)).alias(name) for name in (*amounts, "weak"))


def _empty(book: BulkBook) -> pl.DataFrame:
    """No rows, with every column."""
    numbers = {amount_of(place): pl.Int64 for place, _ in enumerate(book.pays)}
    flags = {f"judge_{rule.key}": pl.Boolean for rule in book.judges}
    return pl.DataFrame(schema={**numbers, "weak": pl.Int64, "doubt": pl.Int32, **flags})
