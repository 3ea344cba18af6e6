"""One part of the uses: rows that share what the rules are folded by.  Its words become columns.

The frame of a part grows: parameters by their dates, running totals, then amounts in levels, each level reading those
before it.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Mapping, Sequence
from datetime import date

import polars as pl

from stagedoor.adapters.bulk.book import BulkBook, BulkError, Dated, Span
from stagedoor.adapters.bulk.emit import Columns, Range
from stagedoor.core.rules.derive import fold, fold_known
from stagedoor.core.rules.tree import CURRENCY, After, Node, Value, names_in


class Part:
    """The rows of one combination of partition values, with what has been worked out for them so far."""

    def __init__(self, book: BulkBook, frame: pl.DataFrame, constants: Mapping[str, Value | None]) -> None:
        self.book = book
        self.frame = frame
        self.constants: dict[str, Value | None] = {**book.constants, **constants}
        self.of: dict[str, str] = {}
        self.full: set[str] = set()
        self.types: dict[str, pl.DataType] = {}
        self.ranges: dict[str, Range] = {}
        self.codes: dict[int, pl.Expr | None] = {}
        self.dated = {parameter.name: parameter for parameter in book.parameters}
        self.spans = {span.name: span for span in book.spans}
        self._epochs: dict[tuple[str, tuple[date, ...]], pl.Series] = {}
        self._levels: dict[str, int] = {}
        self._pending: dict[int, list[pl.Expr]] = {}

    @property
    def sure(self) -> set[str]:
        """Words that every row knows."""
        return {name for name, column in self.of.items() if column in self.full}

    def need(self, trees: Iterable[Node]) -> None:
        """See to it that every word of the trees is a constant, a column, or known to be unknown."""
        for name in sorted({name for tree in trees for name in names_in(self.folded(tree))}):
            if name in self.of or name in self.constants:
                continue
            if name in self.dated:
                self._dated(self.dated[name])
            elif name in self.spans:
                self._span(self.spans[name])
            elif name in self.frame.columns:
                self.note(name, self.frame[name])

    def note(self, name: str, series: pl.Series) -> None:
        """A word that is a column of its name, and what is sure of it."""
        empty = series.null_count()
        if empty == len(series):
            self.constants[name] = None
            return
        self.of[name] = name
        self.types[name] = series.dtype
        if empty == 0:
            self.full.add(name)
        if series.dtype == pl.Int64:
            low, high = series.min(), series.max()
            assert isinstance(low, int) and isinstance(high, int)
            self.ranges[name] = (low, high)

    def add(self, name: str, series: pl.Series) -> None:
        """A word whose column was worked out elsewhere, as a running total."""
        self.frame = self.frame.with_columns(series.alias(name))
        self.note(name, series)

    def _dates(self, name: str, column: str) -> pl.Series | None:
        """The governing days of a parameter or a span; without any, nobody knows its value."""
        if column not in self.frame.columns or self.frame[column].null_count() == self.frame.height:
            self.constants[name] = None
            return None
        if self.frame.schema[column] != pl.Date:
            raise BulkError(
                f"the column '{column}' governs '{name}' and holds no dates but {self.frame.schema[column]}"
            )
        return self.frame[column]

    def _dated(self, parameter: Dated) -> None:
        """A constant where all rows fall into days of one value, else a column."""
        column = self._dates(parameter.name, parameter.keyed_by)
        if column is None:
            return
        days = [day for day, _ in parameter.values]
        values = [None, *(value for _, value in parameter.values)]
        first, last = column.min(), column.max()
        assert isinstance(first, date) and isinstance(last, date)
        reached = set(values[bisect_right(days, first) : bisect_right(days, last) + 1])
        if len(reached) == 1 and column.null_count() == 0:
            self.constants[parameter.name] = reached.pop()
            return
        key = (parameter.keyed_by, tuple(days))
        if key not in self._epochs:
            place = pl.Series(days).search_sorted(column.fill_null(first), side="right")
            self._epochs[key] = place if column.null_count() == 0 else place.zip_with(column.is_not_null(), _NO_PLACE)
        self.add(parameter.name, pl.Series(values, dtype=pl.Int64).gather(self._epochs[key]))

    def _span(self, span: Span) -> None:
        """Whether a rule exists on the row's day; without both ends it always does."""
        if span.first is None and span.last is None:
            self.constants[span.name] = True
            return
        column = self._dates(span.name, span.keyed_by)
        if column is None:
            return
        inside = pl.Series([True]).new_from_index(0, len(column)).zip_with(column.is_not_null(), _NO_FLAG)
        inside = inside if span.first is None else inside & (column >= span.first)
        inside = inside if span.last is None else inside & (column <= span.last)
        if inside.null_count() == 0 and inside.all() == inside.any():
            self.constants[span.name] = bool(inside.all())
        else:
            self.add(span.name, inside)

    def folded(self, tree: Node) -> Node:
        """The tree under the part's constants."""
        return fold(tree, self.constants, self.sure)

    def settled(self, tree: Node) -> tuple[Node, Node]:
        """The value, and whether it is known."""
        never = [name for name in names_in(tree) if name not in self.of and name not in self.constants]
        value = self.folded(tree)
        told = fold_known(tree, self.constants, self.sure, never)
        return value.value if isinstance(value, After) else value, told

    def columns(self) -> Columns:
        """What trees become expressions over."""
        currency = self.constants.get(CURRENCY.name)
        return Columns(self.of, self.types, self.ranges, currency if isinstance(currency, str) else None)

    def see(self, name: str, made: Sequence[str]) -> None:
        """Let a name mean the amounts of these columns, and the word of the frame before any of them."""
        self.of.pop(name, None)
        self.constants.pop(name, None)
        if name in self.frame.columns:
            self.note(name, self.frame[name])
        if not made:
            return
        below = [*made, name] if name in self.of else [*made]
        column = made[0]
        if len(below) > 1:
            column = f"{name}@{made[-1]}"
            if column not in self.types:
                self.put(column, pl.coalesce(below), below)
            spans = [self.ranges[one] for one in below if one in self.ranges]
            if len(spans) == len(below):
                self.ranges[column] = (min(low for low, _ in spans), max(high for _, high in spans))
            if self.full & set(below):
                self.full.add(column)
        self.of[name] = column
        self.types[column] = pl.Int64()

    def put(self, column: str, expression: pl.Expr, reads: Iterable[str]) -> None:
        """A new column, on the first level behind the columns that it reads."""
        level = max((self._levels.get(read, 0) for read in reads), default=0)
        self._levels[column] = level + 1
        self._pending.setdefault(level, []).append(expression.alias(column))

    def run(self, last: Sequence[pl.Expr] = ()) -> pl.DataFrame:
        """Work out what is pending, level by level, and return the `last` columns, where any are asked for."""
        lazy = self.frame.lazy()
        for level in sorted(self._pending):
            lazy = lazy.with_columns(self._pending[level])
        self._pending.clear()
        self._levels.clear()
        if last:
            return lazy.select(last).collect()
        self.frame = lazy.collect()
        return self.frame


_NO_PLACE = pl.Series([None], dtype=pl.UInt32)
_NO_FLAG = pl.Series([None], dtype=pl.Boolean)
