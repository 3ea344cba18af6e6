"""A rulebook as the core holds it: dated values with sources, rules that judge, rules that pay."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from enum import Enum

from stagedoor.core.base.outcome import Code
from stagedoor.core.base.when import days_after, months_after, within
from stagedoor.core.facts.decision import Effect
from stagedoor.core.facts.party import Role
from stagedoor.core.rules.text import RuleText


class Confidence(Enum):
    """How sure anybody is of a value or a rule (us-agreements section 0)."""

    HIGH = "high"
    MEDIUM = "medium"
    LOW = "low"
    UNSEEN = "unseen"

    @property
    def may_pay(self) -> bool:
        """High and medium pay; low only where it decides nothing; unseen never."""
        return self in (Confidence.HIGH, Confidence.MEDIUM)


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """Where it was read, how sure, and who looked when."""

    title: str
    url: str
    confidence: Confidence
    verified: date


@dataclass(frozen=True, slots=True, kw_only=True)
class DatedValue:
    """A value from a day on, until the next one."""

    since: date
    value: int
    source: Source


@dataclass(frozen=True, slots=True, kw_only=True)
class Parameter:
    """A dated number.  `keyed_by` says which date governs it, as the start of photography or the day of service.

    `currency` is empty unless the unit is money; a production in another currency cannot read it.  `supplied` values
    come from the user's own file, because the agreement's are not public.
    """

    name: str
    title: str
    unit: str
    currency: str
    keyed_by: str
    clause: str
    values: tuple[DatedValue, ...]
    supplied: bool = False

    def at(self, day: date) -> DatedValue | None:
        """The last value not after `day`; None before the first, which refuses rather than guesses."""
        found = None
        for value in self.values:
            if value.since <= day:
                found = value
        return found


@dataclass(frozen=True, slots=True, kw_only=True)
class Window:
    """The days of one date word between which a rule exists: how law switches on and off.  None is an open end."""

    keyed_by: str = "day"
    first: date | None = None
    last: date | None = None

    def open_on(self, day: date | None) -> bool | None:
        """Whether the rule exists; None where the governing day is not known, which is a doubt."""
        if self.first is None and self.last is None:
            return True
        return None if day is None else within(day, self.first, self.last)


@dataclass(frozen=True, slots=True, kw_only=True)
class DueTerm:
    """So many days, months and years after a date word; below nothing is before it."""

    of: str
    days: int = 0
    months: int = 0

    def after(self, day: date) -> date:
        """The due day counted from `day`; a month without that day ends on its last."""
        return days_after(months_after(day, self.months), self.days)


@dataclass(frozen=True, slots=True, kw_only=True)
class JudgeRule:
    """Speaks with its effect when its text holds.  `applies` is read first; where it is false the rule is silent."""

    rule: str
    says: str
    when: RuleText
    effect: Effect
    code: Code | None
    asks: Role | None
    clause: str
    source: Source
    applies: RuleText | None = None
    window: Window = Window()
    needs: tuple[str, ...] = ()
    answer_days: int = 0
    to: str = ""
    due: tuple[DueTerm, ...] = ()

    @property
    def reads(self) -> tuple[str, ...]:
        """The words that it reads, guard first."""
        guard = self.applies.reads if self.applies else ()
        return tuple(dict.fromkeys((*guard, *self.when.reads)))


@dataclass(frozen=True, slots=True, kw_only=True)
class PayRule:
    """Computes one named amount.  With a payee it is a line of the price; without, a step on the way.

    `account` is the fund that a payment to the plans goes to, or "" for the default.
    """

    rule: str
    name: str
    title: str
    formula: RuleText
    payee: str
    on_top: bool
    clause: str
    source: Source
    applies: RuleText | None = None
    window: Window = Window()
    account: str = ""

    @property
    def reads(self) -> tuple[str, ...]:
        """The words that it reads, guard first."""
        guard = self.applies.reads if self.applies else ()
        return tuple(dict.fromkeys((*guard, *self.formula.reads)))


@dataclass(frozen=True, slots=True, kw_only=True)
class Running:
    """A running total, declared: the sum of an amount over earlier uses of the same payee and production."""

    name: str
    sums: str
    by: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """A worked example that ships with a file: values given, answer or amounts expected."""

    name: str
    file: str
    rule: str
    given: tuple[tuple[str, int | str | bool | tuple[str, ...]], ...]
    day: date
    photography_began: date
    expect: tuple[tuple[str, int | bool | str], ...]
    dates: tuple[tuple[str, date], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Rulebook:
    """One agreement, plan or law as data, and the digest that decisions cite."""

    name: str
    version: str
    title: str
    note: str
    digest: str
    first_day: date
    last_day: date | None
    parameters: tuple[Parameter, ...]
    judges: tuple[JudgeRule, ...]
    pays: tuple[PayRule, ...]
    cases: tuple[Case, ...]
    kind: str = "agreement"
    status: str = "in_force"
    place: str = ""
    parties: str = ""
    ratified: str = ""
    succeeds: str = ""
    decides_with: tuple[str, ...] = ()
    running: tuple[Running, ...] = ()
    files: tuple[tuple[str, str], ...] = ()

    def __hash__(self) -> int:
        """By its digest, which says all that it holds; the generated hash would walk through every rule."""
        return hash(self.digest)

    def in_force(self, day: date) -> bool:
        """Whether it governs that day."""
        return within(day, self.first_day, self.last_day)

    @property
    def decides(self) -> bool:
        """Whether it may decide at all: a proposal is only shown."""
        return self.status == "in_force"
