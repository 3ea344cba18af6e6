"""One part of the uses: rows that share what the rules are folded by.  Its words become columns.

The frame of a part grows: parameters by their dates, running totals, then amounts in levels, each level reading those
before it.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import date

import polars as pl

from stagedoor.adapters.bulk.book import BulkBook, Dated
from stagedoor.adapters.bulk.emit import Columns, Range
from stagedoor.core.rules.derive import fold, fold_known
from stagedoor.core.rules.tree import CURRENCY, After, Node, Value, names_in


def epoch_of(column: str) -> str:
    """The column that holds, for each row, how many of a date column's turning days have come."""
    return f"@epoch {column}"


class Shared:
    """What all parts of one rating have in common: the book, the turning days of its dates, and foldings done."""

    def __init__(self, book: BulkBook) -> None:
        self.book = book
        self.dated = {parameter.name: parameter for parameter in book.parameters}
        self.turns: dict[str, list[date]] = {}
        for parameter in book.parameters:
            days = {*self.turns.get(parameter.keyed_by, []), *(day for day, _ in parameter.values)}
            self.turns[parameter.keyed_by] = sorted(days)
        self._values: dict[str, list[int | None]] = {}
        self._names: dict[int, tuple[str, ...]] = {}
        self._settled: dict[tuple[object, ...], tuple[Node, Node]] = {}
        self._kept: list[Node] = []

    def values(self, parameter: Dated) -> list[int | None]:
        """The parameter's value by epoch; the first is before every turning day, where nobody knows it."""
        if parameter.name not in self._values:
            days = [day for day, _ in parameter.values]
            known = [None, *(value for _, value in parameter.values)]
            turns = self.turns[parameter.keyed_by]
            self._values[parameter.name] = [None, *(known[bisect_right(days, turn)] for turn in turns)]
        return self._values[parameter.name]

    def names(self, tree: Node) -> tuple[str, ...]:
        """Every name of the tree, kept by the tree itself: parts ask again and again."""
        if id(tree) not in self._names:
            self._names[id(tree)] = tuple(sorted(names_in(tree)))
            self._kept.append(tree)  # so that no other tree gets its id
        return self._names[id(tree)]

    def settled(
        self, tree: Node, constants: Mapping[str, Value | None], of: Mapping[str, str], full: Collection[str]
    ) -> tuple[Node, Node]:
        """The tree's value and whether it is known, folded by what is given for the names that it reads."""
        names = self.names(tree)
        given = tuple(constants.get(name, ...) for name in names)
        stands = tuple(name in of and (of[name] in full) + 1 for name in names)
        key = (id(tree), tuple(type(value) for value in given), given, stands)  # True is not 1 here
        if key not in self._settled:
            sure = [name for name, how in zip(names, stands, strict=True) if how == 2]
            never = [name for name in names if name not in of and name not in constants]
            mine = {name: constants[name] for name in names if name in constants}
            value = fold(tree, mine, sure)
            told = fold_known(tree, mine, sure, never)
            self._settled[key] = (value.value if isinstance(value, After) else value, told)
        return self._settled[key]


class Part:
    """Rows that are worked on together, with what has been worked out so far; `cut` counts partition values."""

    def __init__(
        self, shared: Shared, frame: pl.DataFrame, constants: Mapping[str, Value | None], *, cut: int = 0
    ) -> None:
        self.shared = shared
        self.book = shared.book
        self.cut = cut
        self.frame = frame
        self.constants: dict[str, Value | None] = {**self.book.constants, **constants}
        self.of: dict[str, str] = {}
        self.full: set[str] = set()
        self.types: dict[str, pl.DataType] = {}
        self.ranges: dict[str, Range] = {}
        self.codes: dict[int, pl.Expr | None] = {}
        self._levels: dict[str, int] = {}
        self._pending: dict[int, list[pl.Expr]] = {}

    @property
    def sure(self) -> set[str]:
        """Words that every row knows."""
        return {name for name, column in self.of.items() if column in self.full}

    def need(self, trees: Iterable[Node]) -> None:
        """See to it that every word of the trees is a constant, a column, or known to be unknown."""
        for name in sorted({name for tree in trees for name in self.shared.names(tree)}):
            if name in self.of or name in self.constants:
                continue
            if name in self.shared.dated:
                self._dated(self.shared.dated[name])
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
        if series.dtype == pl.Boolean and empty == 0 and series.all() == series.any():
            self.constants[name] = bool(series.all())
        elif series.dtype == pl.Int64:
            low, high = series.min(), series.max()
            assert isinstance(low, int) and isinstance(high, int)
            self.ranges[name] = (low, high)

    def add(self, name: str, series: pl.Series) -> None:
        """A word whose column was worked out elsewhere, as a running total."""
        self.frame = self.frame.hstack([series.alias(name)])
        self.note(name, series)

    def _dated(self, parameter: Dated) -> None:
        """A constant where all rows fall into days of one value, else a column."""
        epoch = epoch_of(parameter.keyed_by)
        places = self.frame[epoch] if epoch in self.frame.columns else None
        first = None if places is None else places.min()
        if places is None or first is None:
            self.constants[parameter.name] = None
            return
        last = places.max()
        assert isinstance(first, int) and isinstance(last, int)
        values = self.shared.values(parameter)
        if len(set(values[first : last + 1])) == 1 and places.null_count() == 0:
            self.constants[parameter.name] = values[first]
        else:
            self.add(parameter.name, pl.Series(values, dtype=pl.Int64).gather(places))

    def settled(self, tree: Node) -> tuple[Node, Node]:
        """The value, and whether it is known."""
        return self.shared.settled(tree, self.constants, self.of, self.full)

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
