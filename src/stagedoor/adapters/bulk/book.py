"""What is rated in bulk: pays, judges, dated parameters, spans, running totals; and in which order they can be."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date

from stagedoor.core.rules.compiled import JudgeText, PayText
from stagedoor.core.rules.tree import Value


class BulkError(ValueError):
    """A book or a frame that a person must mend: what is wrong with which name."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Dated:
    """A parameter: from each day on its value holds, until the next; before the first nobody knows it."""

    name: str
    keyed_by: str
    values: tuple[tuple[date, int], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Span:
    """A flag that holds between two days of a date column, the days included; None is an open end."""

    name: str
    keyed_by: str
    first: date | None
    last: date | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Total:
    """A running total: the sum of an amount over the earlier uses with the same values in the `by` columns.

    A use to which the amount does not apply adds nothing.  One whose amount nobody knows makes the total unknown for
    every later use of the same key.
    """

    name: str
    sums: str
    by: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class BulkBook:
    """Everything that rates a use.

    `constants` hold for all rows.  A `currency` stands among them, or is a column.  With `partition` columns the rows
    are cut by their values, and in each part the rules are folded by what is the same there.  That moves every column
    twice, so it pays only for a book of many rules of which most are silent in each part.
    """

    pays: tuple[PayText, ...]
    judges: tuple[JudgeText, ...] = ()
    parameters: tuple[Dated, ...] = ()
    spans: tuple[Span, ...] = ()
    totals: tuple[Total, ...] = ()
    constants: Mapping[str, Value | None] = field(default_factory=dict)
    partition: tuple[str, ...] = ()
    event_time: str = "at"
    event_id: str = "use_id"

    def __post_init__(self) -> None:
        """A book whose totals count themselves is refused when it is built."""
        stages(self)
        for parameter in self.parameters:
            days = [day for day, _ in parameter.values]
            if not days or days != sorted(set(days)):
                raise BulkError(f"the days of the parameter '{parameter.name}' are not in order, or there are none")


@dataclass(frozen=True, slots=True)
class Stages:
    """A pay of stage n reads totals of earlier stages only; `behind` are the pays that a total rests on."""

    pays: tuple[int, ...]
    totals: Mapping[str, int]
    behind: Mapping[str, frozenset[int]]

    @property
    def last(self) -> int:
        """The last stage; judges are read there, because they may read any total."""
        return max((*self.pays, *(stage + 1 for stage in self.totals.values())), default=0)


def stages(book: BulkBook) -> Stages:
    """The stage of each pay and each total.  Raises BulkError where a total rests on itself."""
    totals = {total.name: total for total in book.totals}
    if len(totals) != len(book.totals):
        raise BulkError("two running totals have one name")
    found: dict[int, int] = {}
    rests: dict[int, frozenset[int]] = {}
    walking: list[str] = []

    def of_total(name: str) -> int:
        if name in walking:
            raise BulkError(f"the running total '{name}' sums '{totals[name].sums}', which reads it: it counts itself")
        walking.append(name)
        summed = [place for place, pay in enumerate(book.pays) if pay.name == totals[name].sums]
        if not summed:
            raise BulkError(f"the running total '{name}' sums '{totals[name].sums}', which no pay makes")
        stage = max(of_pay(place) for place in summed)
        walking.pop()
        return stage

    def of_pay(place: int) -> int:
        if place in found:
            return found[place]
        stage, below = 0, {place}
        for word in _reads(book.pays[place]):
            if word in totals:
                stage = max(stage, of_total(word) + 1)
            for earlier in range(place):
                if book.pays[earlier].name == word:
                    stage = max(stage, of_pay(earlier))
                    below |= rests[earlier]
        for earlier in range(place):  # that two rules say one amount is seen by the later of them
            if book.pays[earlier].name == book.pays[place].name:
                stage = max(stage, of_pay(earlier))
        found[place], rests[place] = stage, frozenset(below)
        return stage

    pays = tuple(of_pay(place) for place, _ in enumerate(book.pays))
    behind = {
        name: frozenset[int]().union(*(rests[p] for p, pay in enumerate(book.pays) if pay.name == total.sums))
        for name, total in totals.items()
    }
    return Stages(pays, {name: of_total(name) for name in totals}, behind)


def _reads(pay: PayText) -> tuple[str, ...]:
    return (*(pay.applies.reads if pay.applies else ()), *pay.formula.reads)
