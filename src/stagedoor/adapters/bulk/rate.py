"""Rating past uses in bulk: columns in, and for each use its amounts, the rules that speak, and its doubt.

    rated = rate(BulkBook(pays=..., judges=..., parameters=..., totals=...), uses)

A use is a row, and its words are columns; a null is unknown, and a word without a column is never known.  Running
totals take the uses in the order of (event time, id), so the order of the rows does not matter.  The rows are cut by
the `partition` columns (use and kind of replica), and in each part the rules are folded by what is the same there.

Out comes one row for each row that went in, in the same order:

* `amount_0`, `amount_1`, ...: the pays by position, in millionths; null where one does not apply, or in doubt
* `weak`: the mask of `weak_bits`, null in doubt
* `doubt`: null, or position * 8 + Reason of the first pay that cannot say its amount
* `judge_KEY`: true where the rule speaks, false where it is silent, null where it is in doubt
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import polars as pl

from stagedoor.adapters.bulk.book import BulkBook, BulkError, Total, stages
from stagedoor.adapters.bulk.emit import SAFE
from stagedoor.adapters.bulk.part import Part
from stagedoor.adapters.bulk.rules import amount_of, doubt, forget_amounts, judge, pay, weak
from stagedoor.core.rules.tree import CURRENCY, FLAG, NUMBER, TEXT, TEXTS, Name, walk

_ROW: Final = "@row"
Rows = npt.NDArray[np.int64]
_Numbers = npt.NDArray[Any]


def rate(book: BulkBook, uses: pl.DataFrame) -> pl.DataFrame:
    """Rate every use.  Raises BulkError where a column has the wrong type."""
    plan = stages(book)
    parts = _parts(book, _checked(book, uses))
    orders: dict[tuple[str, ...], tuple[Rows, npt.NDArray[np.bool_]]] = {}
    for stage in range(plan.last + 1):
        for part in parts:
            for place, its in enumerate(plan.pays):
                if its == stage:
                    pay(part, book.pays, place)
            if stage < plan.last:
                part.run()
        for total in book.totals:
            if plan.totals[total.name] == stage:
                if total.by not in orders:
                    orders[total.by] = _order(book, total, uses)
                _running(total, sorted(plan.behind[total.name]), parts, book, orders[total.by])
    rated = pl.concat([_finished(part) for part in parts]) if parts else _empty(book)
    back = np.empty(uses.height, dtype=np.int64)
    back[rated[_ROW].to_numpy()] = np.arange(uses.height)
    return rated.drop(_ROW)[back]


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


def _parts(book: BulkBook, frame: pl.DataFrame) -> list[Part]:
    """The rows cut by what the rules are folded by.  The currency is always among it: it says how shares round."""
    by = [name for name in dict.fromkeys((*book.partition, CURRENCY.name)) if name in frame.columns]
    if not frame.height:
        return []
    if not by:
        return [Part(book, frame, {})]
    cut = frame.partition_by(by, include_key=False, as_dict=True)
    return [Part(book, rows, dict(zip(by, values, strict=True))) for values, rows in cut.items()]


def _order(book: BulkBook, total: Total, uses: pl.DataFrame) -> tuple[Rows, npt.NDArray[np.bool_]]:
    """The rows by key, event time and id, and which of them begin a key."""
    for name in (*total.by, book.event_time, book.event_id):
        if name not in uses.columns or uses[name].null_count():
            raise BulkError(f"the running total '{total.name}' needs the column '{name}' without gaps")
    # Categories sort as numbers, several times faster than texts; their order among keys does not matter.
    keys = uses.select(
        pl.col(name).cast(pl.Categorical).to_physical() if uses.schema[name] == pl.String else pl.col(name)
        for name in total.by
    )
    keys = keys.with_columns(uses[book.event_time].alias("@at"), uses[book.event_id].alias("@id"))
    order = keys.select(pl.arg_sort_by(keys.columns)).to_series().to_numpy().astype(np.int64)
    begins = np.zeros(len(order), dtype=np.bool_)
    begins[:1] = True
    for name in total.by:
        sorted_key = keys[name].to_physical().to_numpy()[order]
        begins[1:] |= sorted_key[1:] != sorted_key[:-1]
    return order, begins


def _running(
    total: Total,
    behind: Sequence[int],
    parts: Sequence[Part],
    book: BulkBook,
    order: tuple[Rows, npt.NDArray[np.bool_]],
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
    before: _Numbers = up_to - up_to[np.flatnonzero(begins)][np.cumsum(begins) - 1]
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
    return pl.DataFrame(schema={_ROW: pl.UInt32, **numbers, "weak": pl.Int64, "doubt": pl.Int32, **flags})
