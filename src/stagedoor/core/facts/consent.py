"""The performer's signed terms: small, closed, versioned.  Every field is decided on and shown (invariant 14)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import ClassVar

from stagedoor.core.base.fact import Fact
from stagedoor.core.base.money import Money
from stagedoor.core.base.when import Instant
from stagedoor.core.facts.asset import ReplicaKind
from stagedoor.core.facts.terms import (
    AfterDeath,
    Audience,
    Capacity,
    Content,
    ControlTerm,
    Purpose,
    Quality,
    StrikeTerm,
    Use,
    WithdrawalMode,
)

__all__ = [
    "AfterDeath",
    "Audience",
    "Capacity",
    "Consent",
    "Content",
    "ControlTerm",
    "Deal",
    "Delivery",
    "Forbid",
    "Grant",
    "Offer",
    "Purpose",
    "Quality",
    "StrikeTerm",
    "Use",
    "Withdrawal",
    "WithdrawalMode",
    "WithdrawalTerm",
]


@dataclass(frozen=True, slots=True, kw_only=True)
class Grant:
    """One thing allowed.  Tuples list what is allowed; what is not listed is not.

    units_max counts `unit` over the grant's whole life.  arc_max_deg bounds one request's camera move; a request
    beyond ask_above_arc_deg in total goes to the performer.  approve_shots need the performer's yes, each.  `standing`
    covers every shot of the production without naming it, and approve_shots then names the exceptions that ask.
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
    standing: bool = False
    audiences: tuple[Audience, ...] = (Audience.GENERAL,)
    contents: tuple[Content, ...] = (Content.ORDINARY,)
    quality_max: Quality = Quality.CINEMA


@dataclass(frozen=True, slots=True, kw_only=True)
class Forbid:
    """A use, a purpose, a content, or several together, that the performer refuses whatever else is granted.

    None is any.
    """

    use: Use | None
    purpose: Purpose | None
    content: Content | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Deal:
    """The performer's own price terms, anything above the agreement's floor.

    `unit_rate` is for each metered unit, `flat_fee` for one use as a whole; None where the deal does not name one.
    """

    day_rate: Money
    schedule_f: bool
    unit_rate: Money | None = None
    flat_fee: Money | None = None
    residual_bp: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class WithdrawalTerm:
    """What may be withdrawn, how, and with how many days' notice.  `remaining_use` leaves what was made and earned."""

    may_withdraw: tuple[str, ...]
    notice_days: int
    mode: WithdrawalMode = WithdrawalMode.AT_WILL


@dataclass(frozen=True, slots=True, kw_only=True)
class Consent(Fact):
    """What a performer agrees to.  Signed over these bytes by its giver, then countersigned by the production.

    `version` counts from 1; a later one names in `supersedes` the digest of the one that it replaces (an amendment), or
    in `rider_to` the digest of the one that stands beside it (a rider: both must cover).  `signer` is who signs,
    "" for the performer.  `text` is the digest of the sentences that were read, or "" where none is bound.
    """

    KIND: ClassVar[str] = "consent"
    FORM: ClassVar[int] = 2
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
    after_death: AfterDeath
    withdrawal: WithdrawalTerm
    at: Instant
    signer: str = ""
    version: int = 1
    supersedes: str = ""
    rider_to: str = ""
    majority_on: date | None = None
    on_strike: StrikeTerm = StrikeTerm.AGREEMENT
    on_control: ControlTerm = ControlTerm.ASK
    law: str = ""
    assignable: bool = False
    delete_at_end: bool = True
    signed_apart: bool = True
    template: str = ""
    text: str = ""

    @property
    def giver(self) -> str:
        """The party whose signature counts."""
        return self.signer or self.performer


@dataclass(frozen=True, slots=True, kw_only=True)
class Offer(Fact):
    """A proposed consent, laid before the other side.  `answers` is the digest of the offer that it counters, or "".

    Signed by `by`.  An offer binds nobody; only the two signatures over the consent itself do.
    """

    KIND: ClassVar[str] = "offer"
    offer: str
    consent: str
    by: str
    to: str
    answers: str
    words: str
    open_until: date
    at: Instant


@dataclass(frozen=True, slots=True, kw_only=True)
class Withdrawal(Fact):
    """The performer takes back what their terms or the law let them.  Signed by the performer or who may sign for them.

    `by_law` names the rule of a law under which more is withdrawn than the terms give, or "".
    """

    KIND: ClassVar[str] = "withdrawal"
    FORM: ClassVar[int] = 2
    withdrawal: str
    consent: str
    performer: str
    what: str
    at: Instant
    by_law: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery(Fact):
    """The production delivered the picture: a consent revocable until delivery can no longer be withdrawn."""

    KIND: ClassVar[str] = "delivery"
    delivery: str
    production: str
    delivered_on: date
    at: Instant
