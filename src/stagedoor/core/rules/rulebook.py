"""A rulebook as the core holds it: dated values with sources, rules that judge, rules that pay."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from enum import Enum

from stagedoor.core.base.outcome import Code
from stagedoor.core.base.when import within
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
    """A dated number.  `keyed_by` says which date governs it: the start of photography, or the day of service.

    `currency` is empty unless the unit is money; a production in another currency cannot read it.
    """

    name: str
    title: str
    unit: str
    currency: str
    keyed_by: str
    clause: str
    values: tuple[DatedValue, ...]

    def at(self, day: date) -> DatedValue | None:
        """The last value not after `day`; None before the first, which refuses rather than guesses."""
        found = None
        for value in self.values:
            if value.since <= day:
                found = value
        return found


@dataclass(frozen=True, slots=True, kw_only=True)
class JudgeRule:
    """Speaks with its effect when its text holds."""

    rule: str
    says: str
    when: RuleText
    effect: Effect
    code: Code | None
    asks: Role | None
    clause: str
    source: Source


@dataclass(frozen=True, slots=True, kw_only=True)
class PayRule:
    """Computes one named amount.  With a payee it is a line of the price; without, a step on the way."""

    rule: str
    name: str
    title: str
    formula: RuleText
    payee: str
    on_top: bool
    clause: str
    source: Source


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """A worked example that ships with a file: values given, answer or amounts expected."""

    name: str
    file: str
    rule: str
    given: tuple[tuple[str, int | str | bool | tuple[str, ...]], ...]
    day: date
    photography_began: date
    expect: tuple[tuple[str, int | bool], ...]


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

    def in_force(self, day: date) -> bool:
        """Whether it governs that day."""
        return within(day, self.first_day, self.last_day)
