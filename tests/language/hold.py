"""Holds the evaluators to one another on a book and its uses: every row, amounts, weak names, doubts and who speaks.

`hold_equal(book, uses, folder)` is for any book; a loaded rulebook becomes a BulkBook by a small function of its own.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
from polars.testing import assert_frame_equal

from language import duck
from language.oracle import judged, priced
from stagedoor.adapters.bulk.book import BulkBook, stages
from stagedoor.adapters.bulk.rate import rate
from stagedoor.adapters.bulk.rules import DOUBT_STEP
from stagedoor.core.rules.compiled import Judges, PayDoubt, Pays, compile_judges, compile_pays
from stagedoor.core.rules.text import Value

Totals = dict[str, dict[tuple[Any, ...], int | None]]


def hold_equal(book: BulkBook, uses: pl.DataFrame, folder: Path, *, every: int = 100) -> pl.DataFrame:
    """Compiled, Polars and DuckDB on all rows, the interpreter on one in `every`; returns what they all say."""
    rated = rate(book, uses)
    assert_frame_equal(rated, duck.rate(book, uses, folder).select(rated.columns))
    assert_frame_equal(rated, one_by_one(book, uses, every=every).select(rated.columns))
    return rated


def one_by_one(book: BulkBook, uses: pl.DataFrame, *, every: int) -> pl.DataFrame:
    """Each use by itself, in the order of time, with its running totals kept beside: as a gate meets them."""
    amounts = np.zeros((uses.height, len(book.pays)), dtype=np.int64)
    given = np.zeros((uses.height, len(book.pays)), dtype=np.bool_)
    marks: list[int | None] = [None] * uses.height
    doubts: list[int | None] = [None] * uses.height
    places = {rule.key: place for place, rule in enumerate(book.judges)}
    speaks = np.zeros((uses.height, len(book.judges)), dtype=np.bool_)
    unknown = np.zeros((uses.height, len(book.judges)), dtype=np.bool_)
    one = OneByOne(book)
    for number, (row, words) in enumerate(_in_time(book, uses)):
        env = words | one.totals_for(words)
        price, judge, behind = one.functions(env)
        found, said = price(env), judge(env)
        one.count(env, found, behind)
        if number % every == 0:
            values = env | one.constants(env)
            assert found == priced(book.pays, values)
            assert len(said) == len(set(said)) and set(said) == judged(book.judges, values)
        for key in said:
            (unknown if key < 0 else speaks)[row, places[~key if key < 0 else key]] = True
        if isinstance(found, PayDoubt):
            doubts[row] = found.position * DOUBT_STEP + found.reason
        else:
            marks[row] = found[1]
            for place, amount in enumerate(found[0]):
                if amount is not None:
                    amounts[row, place], given[row, place] = amount, True
    nothing, nobody = pl.Series([None], dtype=pl.Int64), pl.Series([None], dtype=pl.Boolean)
    columns = {f"amount_{place}": pl.Series(amounts[:, place]).zip_with(pl.Series(given[:, place]), nothing)
               for place, _ in enumerate(book.pays)}  # fmt: skip
    columns |= {"weak": pl.Series(marks, dtype=pl.Int64), "doubt": pl.Series(doubts, dtype=pl.Int32)}
    columns |= {f"judge_{key}": pl.Series(speaks[:, place]).zip_with(pl.Series(~unknown[:, place]), nobody)
                for key, place in places.items()}  # fmt: skip
    return pl.DataFrame(columns)


def _in_time(book: BulkBook, uses: pl.DataFrame) -> Iterator[tuple[int, dict[str, Any]]]:
    lists = [name for name, kind in uses.schema.items() if isinstance(kind, pl.List)]
    ordered = uses.with_row_index("row")
    if book.totals:
        ordered = ordered.sort(book.event_time, book.event_id)
    for env in ordered.iter_rows(named=True):
        for name in lists:
            env[name] = None if env[name] is None else tuple(env[name])
        yield env.pop("row"), env


class OneByOne:
    """Compiled functions by the dated values of a day, and the running totals so far."""

    def __init__(self, book: BulkBook) -> None:
        self.book = book
        self.plan = stages(book)
        self.columns = sorted({item.keyed_by for item in (*book.parameters, *book.spans)})
        self.days: dict[tuple[str, date | None], dict[str, Value | None]] = {}
        self.same: dict[tuple[str, tuple[Value | None, ...]], dict[str, Value | None]] = {}
        self.made: dict[tuple[int, ...], tuple[Pays, Judges, dict[str, Pays]]] = {}
        self.totals: Totals = {total.name: {} for total in book.totals}

    def constants(self, env: dict[str, Any]) -> dict[str, Value | None]:
        """Parameters and spans on the days of this use, and what holds for the whole book."""
        found: dict[str, Value | None] = dict(self.book.constants)
        for column in self.columns:
            found |= self.dated(column, env.get(column))
        return found

    def dated(self, column: str, day: date | None) -> dict[str, Value | None]:
        """What this date column governs, on that day; kept, one object for all days of the same values."""
        if (column, day) in self.days:
            return self.days[column, day]
        found: dict[str, Value | None] = {}
        for parameter in self.book.parameters:
            if parameter.keyed_by == column:
                place = 0 if day is None else bisect_right(parameter.values, day, key=lambda dated: dated[0])
                found[parameter.name] = parameter.values[place - 1][1] if place else None
        for span in self.book.spans:
            if span.keyed_by == column:
                inside = None if day is None else (
                    (span.first is None or span.first <= day) and (span.last is None or day <= span.last)
                )  # fmt: skip
                found[span.name] = True if span.first is None and span.last is None else inside
        self.days[column, day] = self.same.setdefault((column, tuple(found.values())), found)
        return self.days[column, day]

    def functions(self, env: dict[str, Any]) -> tuple[Pays, Judges, dict[str, Pays]]:
        """The compiled price and judgement of this day, and the prices of what each total rests on."""
        key = tuple([id(self.dated(column, env.get(column))) for column in self.columns])
        if key not in self.made:
            constants = self.constants(env)
            currency = str(constants.pop("currency"))
            rests = {
                name: compile_pays([pay for place, pay in enumerate(self.book.pays) if place in behind],
                                   sources=None, constants=constants, currency=currency)
                for name, behind in self.plan.behind.items()
            }  # fmt: skip
            self.made[key] = (
                compile_pays(self.book.pays, sources=None, constants=constants, currency=currency),
                compile_judges(self.book.judges, sources=None, constants={**constants, "currency": currency}),
                rests,
            )
        return self.made[key]

    def totals_for(self, env: dict[str, Any]) -> dict[str, int | None]:
        """What the earlier uses of the same key come to."""
        return {total.name: self.totals[total.name].get(tuple(env[name] for name in total.by), 0)
                for total in self.book.totals}  # fmt: skip

    def count(self, env: dict[str, Any], found: Any, behind: dict[str, Pays]) -> None:
        """Adds the use to its totals; what cannot be said makes them unknown."""
        for total in self.book.totals:
            sums = self.totals[total.name]
            key = tuple(env[name] for name in total.by)
            rests = [pay for place, pay in enumerate(self.book.pays) if place in self.plan.behind[total.name]]
            pays, told = (rests, behind[total.name](env)) if isinstance(found, PayDoubt) else (self.book.pays, found)
            before = sums.get(key, 0)
            if before is None or isinstance(told, PayDoubt):
                sums[key] = None
                continue
            amount = next((amount for pay, amount in zip(pays, told[0], strict=True)
                           if pay.name == total.sums and amount is not None), 0)  # fmt: skip
            sums[key] = before + amount
