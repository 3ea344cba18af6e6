"""Balanced money with its reasons.  Debits are positive, credits negative; an entry sums to nothing."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from enum import Enum
from typing import ClassVar

from stagedoor.core.base.fact import Fact
from stagedoor.core.base.money import Money
from stagedoor.core.base.when import Instant


class EntryKind(Enum):
    """What an entry does.  A correction is a new entry; nothing is edited."""

    DEPOSIT = "deposit"
    RESERVE = "reserve"
    POST = "post"
    RELEASE = "release"
    CORRECT = "correct"


@dataclass(frozen=True, slots=True, kw_only=True)
class Posting:
    """One line.  `account` is `<chart name>/<owner>`; `why` is the sentence a person reads; `rule` names the clause."""

    account: str
    amount: Money
    rule: str
    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry(Fact):
    """A balanced set of lines in one currency.  `cause` is the digest of the fact that made it due."""

    KIND: ClassVar[str] = "entry"
    entry: str
    kind: EntryKind
    production: str
    performer: str
    permit: str
    cause: str
    postings: tuple[Posting, ...]
    at: Instant


@dataclass(frozen=True, slots=True, kw_only=True)
class Deposit(Fact):
    """The studio paid into the production's account.  Signed by the studio."""

    KIND: ClassVar[str] = "deposit"
    deposit: str
    production: str
    amount: Money
    reference: str
    at: Instant


@dataclass(frozen=True, slots=True, kw_only=True)
class Earnings(Fact):
    """Session pay on this picture that payroll reports: it counts toward ceilings.  Signed by the studio."""

    KIND: ClassVar[str] = "earnings"
    earnings: str
    production: str
    performer: str
    gross: Money
    basis: str
    at: Instant


@dataclass(frozen=True, slots=True, kw_only=True)
class StatementLine:
    """One credited amount in a statement, pointing at its entry and the line in it."""

    entry: str
    line: int
    account: str
    amount: Money
    rule: str
    why: str
    at: Instant


@dataclass(frozen=True, slots=True, kw_only=True)
class Statement(Fact):
    """What a party is owed for a period, and why."""

    KIND: ClassVar[str] = "statement"
    party: str
    first_day: date
    last_day: date
    currency: str
    lines: tuple[StatementLine, ...]
    total: Money
