"""The performer's signed terms: small, closed, versioned.  Every field is decided on and shown (invariant 14)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from enum import Enum
from typing import ClassVar

from stagedoor.core.base.fact import Fact
from stagedoor.core.base.money import Money
from stagedoor.core.base.when import Instant
from stagedoor.core.facts.asset import ReplicaKind


class Use(Enum):
    """What may be asked for.  `create` fits a double from a capture; `train` is machine learning on the data."""

    CREATE = "create"
    RENDER = "render"
    GENERATE = "generate"
    ALTER = "alter"
    PERFORM = "perform"
    TRAIN = "train"
    PUBLISH = "publish"


class Purpose(Enum):
    """What it is for."""

    PICTURE = "picture"
    ADVERTISING = "advertising"
    TRAINING = "training"
    OTHER = "other"


class Capacity(Enum):
    """In which capacity the consent was signed."""

    ADULT = "adult"
    GUARDIAN = "guardian"
    ESTATE = "estate"
    UNION = "union"


@dataclass(frozen=True, slots=True, kw_only=True)
class Grant:
    """One thing allowed.  Tuples list what is allowed; what is not listed is not.

    units_max counts `unit` over the grant's whole life.  arc_max_deg bounds one request's camera move; a request
    beyond ask_above_arc_deg in total goes to the performer.  approve_shots need the performer's yes, each.
    """

    use: Use
    purposes: tuple[Purpose, ...]
    media: tuple[str, ...]
    territories: tuple[str, ...]
    shots: tuple[str, ...]
    approve_shots: tuple[str, ...]
    unit: str
    units_max: int
    first_day: date
    last_day: date
    arc_max_deg: int
    ask_above_arc_deg: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Forbid:
    """A use, or a purpose, or both together, that the performer refuses whatever else is granted.  None is any."""

    use: Use | None
    purpose: Purpose | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Deal:
    """The performer's own price terms, anything above the agreement's floor."""

    day_rate: Money
    schedule_f: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class WithdrawalTerm:
    """What may be withdrawn and with how many days' notice.  `remaining_use` leaves what was made and earned."""

    may_withdraw: tuple[str, ...]
    notice_days: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Consent(Fact):
    """What a performer agrees to.  Signed over these bytes by its giver, then countersigned by the production."""

    KIND: ClassVar[str] = "consent"
    consent: str
    performer: str
    capacity: Capacity
    production: str
    agreement: str
    capture: str
    replica_kind: ReplicaKind
    description: str
    grants: tuple[Grant, ...]
    forbids: tuple[Forbid, ...]
    deal: Deal
    after_death: str
    withdrawal: WithdrawalTerm
    at: Instant


@dataclass(frozen=True, slots=True, kw_only=True)
class Withdrawal(Fact):
    """The performer takes back what their terms let them.  Signed by the performer."""

    KIND: ClassVar[str] = "withdrawal"
    withdrawal: str
    consent: str
    performer: str
    what: str
    at: Instant
