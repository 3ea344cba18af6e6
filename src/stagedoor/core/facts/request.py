"""Who asks for what, and what was true when they asked."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import ClassVar

from stagedoor.core.base.fact import Fact
from stagedoor.core.base.limits import ELEVATION_DEG_MAX
from stagedoor.core.base.money import Money
from stagedoor.core.base.when import Instant
from stagedoor.core.facts.asset import AssetKind, ReplicaKind
from stagedoor.core.facts.terms import Audience, Content, Purpose, Quality, Use


@dataclass(frozen=True, slots=True, kw_only=True)
class Estimate(Fact):
    """The production's good-faith estimate of days that the performer would have worked, with its basis (TV-P2, P3)."""

    KIND: ClassVar[str] = "estimate"
    estimate: str
    production: str
    performer: str
    use: Use
    shots: tuple[str, ...]
    days: int
    basis: str
    made_by: str
    at: Instant


@dataclass(frozen=True, slots=True, kw_only=True)
class Circumstance:
    """Something that the production declares of the use, with the digest of its evidence or "".

    `name` is a declared word of the rule language; what is not declared nobody knows, and doubt refuses.
    """

    name: str
    value: str | int | bool
    evidence: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class DatedFact:
    """A day that governs a rule, as `released_on`; declared by the production."""

    name: str
    day: date


@dataclass(frozen=True, slots=True, kw_only=True)
class Request(Fact):
    """One use asked for.  Arc degrees are azimuths around the head, 0 at the face; from <= to, at most 360 apart.

    `places` are all places whose law the use touches (where the performer lives, where the scan is, where it is
    shown), as US-CA or EU.  `prompt` is the digest of a text prompt that drives the use, or "".  `performance` is the
    SHA-256 of the file that a generated performance follows (`sha256:` and 64 digits), or "": what an approval of this
    request approves is that very performance.  The camera stays from `elevation_from_deg` to `elevation_to_deg` above
    eye level; with the arc that bounds the solid angle of directions that she is seen from.
    """

    KIND: ClassVar[str] = "request"
    FORM: ClassVar[int] = 3
    use_id: str
    asker: str
    production: str
    performer: str
    asset: str
    consent: str
    use: Use
    purpose: Purpose
    medium: str
    territory: str
    shot: str
    unit: str
    units: int
    arc_from_deg: int
    arc_to_deg: int
    day: date
    estimate: str
    retake_of: str
    worker: str
    worker_grade: str
    at: Instant
    category: str = "actor"
    content: Content = Content.ORDINARY
    quality: Quality = Quality.CINEMA
    audience: Audience = Audience.GENERAL
    places: tuple[str, ...] = ()
    prompt: str = ""
    circumstances: tuple[Circumstance, ...] = ()
    dates: tuple[DatedFact, ...] = ()
    performance: str = ""
    elevation_from_deg: int = -ELEVATION_DEG_MAX
    elevation_to_deg: int = ELEVATION_DEG_MAX


@dataclass(frozen=True, slots=True, kw_only=True)
class Answered:
    """A person's recorded answer to a question of an earlier decision on the same use.

    `late` is an answer that came after its deadline: a deadline that passes is a no.  approval is "" where nobody
    answered at all.
    """

    rule: str
    yes: bool
    approval: str
    late: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Narrowing:
    """What a policy from outside takes away or adds as a duty; it never permits.  `policy` is its digest."""

    effect: str
    says: str
    term: str
    policy: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing(Fact):
    """What was true when the request was decided: with it any decision can be made again, byte for byte (invariant 9).

    The names of the fields are also the vocabulary of rule texts.  None means that nobody knows, and doubt refuses.
    """

    KIND: ClassVar[str] = "standing"
    FORM: ClassVar[int] = 2
    request: str
    rulebooks: tuple[str, ...]
    consent: str
    consent_signed: bool
    consent_countersigned: bool
    consent_withdrawn: bool
    asset_kind: AssetKind | None
    capture: str
    asset_performer: str
    asset_production: str
    replica_kind: ReplicaKind | None
    epoch: int
    holds: tuple[str, ...]
    notice: str
    notice_hours: int | None
    reason_stated: bool
    released: bool
    photography_began: date
    currency: str
    commission_bp: int
    mandate: str
    units_used: int
    estimate_days: int
    estimate_basis: str
    days_charged: int
    prior_gross: Money
    arc_together_deg: int
    answers: tuple[Answered, ...]
    signed_on: date | None = None
    died_on: date | None = None
    made_on: date | None = None
    made_under: str = ""
    captured_on: date | None = None
    delivered: bool = False
    superseded: bool = False
    authority: bool = True
    prompt_names: tuple[str, ...] = ()
    prompt_may_name: tuple[str, ...] = ()
    narrowings: tuple[Narrowing, ...] = ()
    riders: tuple[str, ...] = ()
    text_matches: bool = True
