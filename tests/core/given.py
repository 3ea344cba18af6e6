"""The people, the days and the facts of the story; `core.builders` hands them on with the worlds made of them."""

from __future__ import annotations

import hashlib
from datetime import date
from pathlib import Path
from typing import Any

from stagedoor.core.base import ids
from stagedoor.core.base.money import Money
from stagedoor.core.base.when import Instant
from stagedoor.core.facts.asset import Asset, AssetKind, Notice, Release, ReplicaKind
from stagedoor.core.facts.consent import (
    AfterDeath,
    Capacity,
    Consent,
    Deal,
    Forbid,
    Grant,
    Purpose,
    Use,
    Withdrawal,
    WithdrawalTerm,
)
from stagedoor.core.facts.party import Mandate, Party, Production, Role
from stagedoor.core.facts.request import Estimate, Request, Standing
from stagedoor.core.rules.rulebook import Rulebook

ROOT = Path(__file__).resolve().parents[2]
RULEBOOKS = ROOT / "src" / "stagedoor" / "rulebooks"
SPEC = ROOT / "spec"
READ_ON = date(2026, 11, 20)
"""The day on which rulebooks are read in tests: a constant, so that tests give the same answer in 2040."""

AT = Instant.parse("2026-10-12T09:00:00.000Z")
DAY = date(2026, 10, 14)
SHOT = "sc12_sh040"

AGREEMENT = "sag_aftra_tv_theatrical_2026"
PLANS_BOOK = "sag_aftra_plans_theatrical"
HOUSE = "stagedoor_house"
BOOKS = (AGREEMENT, PLANS_BOOK, HOUSE)
"""In the order in which pay rules read one another: gross first, then contributions, then the commission."""


def chance(label: str, count: int = 10) -> bytes:
    """Bytes that look random and are a function of `label`."""
    return hashlib.sha256(label.encode()).digest()[:count]


def ident(noun: str, number: int = 1) -> str:
    """The `number`-th id of a noun."""
    return ids.make(noun, ms=AT.ms + number, chance=chance(f"{noun}/{number}"))


def hexes(label: str, count: int = 32) -> str:
    """Hex digits in place of a key, a signature or a hash."""
    blocks = b"".join(hashlib.sha256(f"{label}/{n}".encode()).digest() for n in range(count // 32 + 1))
    return blocks[:count].hex()


PERFORMER, AGENT, STUDIO, OFFICER = (ident("party", number) for number in (1, 2, 3, 4))
PRODUCTION, CAPTURE, REPLICA, WORKER = ident("production"), ident("asset", 1), ident("asset", 2), ident("worker")


def party(**over: Any) -> Party:
    """The performer."""
    given: dict[str, Any] = {
        "party": PERFORMER,
        "role": Role.PERFORMER,
        "verify_key": hexes("verify key"),
        "seal_key": hexes("seal key"),
        "at": AT,
    }
    return Party(**given | over)


def production(**over: Any) -> Production:
    """A theatrical picture whose photography began in May 2026."""
    given: dict[str, Any] = {
        "production": PRODUCTION,
        "studio": STUDIO,
        "title": "Nachtzug nach Łódź",
        "medium": "theatrical",
        "agreement": AGREEMENT,
        "photography_began": date(2026, 5, 4),
        "currency": "USD",
        "at": AT,
    }
    return Production(**given | over)


def mandate(**over: Any) -> Mandate:
    """Ten percent for the agent."""
    given: dict[str, Any] = {
        "mandate": ident("mandate"),
        "performer": PERFORMER,
        "agent": AGENT,
        "commission_bp": 1000,
        "first_day": date(2026, 1, 1),
        "last_day": None,
        "at": AT,
    }
    return Mandate(**given | over)


def notice(**over: Any) -> Notice:
    """Told seventy-two hours before the scan."""
    given: dict[str, Any] = {
        "notice": ident("notice"),
        "production": PRODUCTION,
        "performer": PERFORMER,
        "told_at": AT.plus(hours=-96),
        "engaged_at": None,
        "scan_at": AT.plus(hours=-24),
        "reason": "The fall in scene 12 is too dangerous to be played.",
        "purpose": "a double for scene 12",
        "at": AT.plus(hours=-96),
    }
    return Notice(**given | over)


def release_of(told: Notice, **over: Any) -> Release:
    """The performer's release for that scan."""
    given: dict[str, Any] = {
        "performer": told.performer,
        "notice": told.digest(),
        "purpose": told.purpose,
        "at": AT.plus(hours=-24),
    }
    return Release(**given | over)


def asset(**over: Any) -> Asset:
    """The sealed replica."""
    given: dict[str, Any] = {
        "asset": REPLICA,
        "kind": AssetKind.REPLICA,
        "performer": PERFORMER,
        "production": PRODUCTION,
        "replica_kind": ReplicaKind.EBDR,
        "made_from": (CAPTURE,),
        "notice": "",
        "release": "",
        "made_by": ident("receipt"),
        "sealed_sha256": hexes("sealed"),
        "sealed_bytes": 1_048_576,
        "at": AT,
    }
    return Asset(**given | over)


def permission(**over: Any) -> Grant:
    """To render one shot for the picture."""
    given: dict[str, Any] = {
        "use": Use.RENDER,
        "purposes": (Purpose.PICTURE,),
        "media": ("theatrical",),
        "territories": ("world",),
        "shots": (SHOT,),
        "approve_shots": (),
        "unit": "frame",
        "units_max": 240,
        "first_day": date(2026, 10, 1),
        "last_day": date(2026, 12, 31),
        "arc_max_deg": 60,
        "ask_above_arc_deg": 90,
    }
    return Grant(**given | over)


def creation(**over: Any) -> Grant:
    """To fit the double; no shot."""
    given: dict[str, Any] = {
        "use": Use.CREATE,
        "shots": ("",),
        "unit": "fit",
        "units_max": 1,
        "arc_max_deg": 0,
        "ask_above_arc_deg": 360,
    }
    return permission(**given | over)


def deal(**over: Any) -> Deal:
    """Two and a half thousand a day."""
    given: dict[str, Any] = {"day_rate": Money.whole(2500, "USD"), "schedule_f": False}
    return Deal(**given | over)


def consent(**over: Any) -> Consent:
    """To create the double and to render one shot; no training, no advertising."""
    given: dict[str, Any] = {
        "consent": ident("consent"),
        "performer": PERFORMER,
        "capacity": Capacity.ADULT,
        "production": PRODUCTION,
        "agreement": AGREEMENT,
        "capture": CAPTURE,
        "replica_kind": ReplicaKind.EBDR,
        "description": "My double falls from the bridge in scene 12, seen from behind and from the left.",
        "grants": (creation(), permission()),
        "forbids": (Forbid(use=Use.TRAIN, purpose=None), Forbid(use=None, purpose=Purpose.ADVERTISING)),
        "deal": deal(),
        "after_death": AfterDeath.ENDS,
        "withdrawal": WithdrawalTerm(may_withdraw=("remaining_use",), notice_days=0),
        "at": AT.plus(hours=-20),
    }
    return Consent(**given | over)


def withdrawal(of: Consent, **over: Any) -> Withdrawal:
    """The performer takes back the remaining use."""
    given: dict[str, Any] = {
        "withdrawal": ident("withdrawal"),
        "consent": of.digest(),
        "performer": of.performer,
        "what": "remaining_use",
        "at": AT,
    }
    return Withdrawal(**given | over)


def estimate(**over: Any) -> Estimate:
    """Three days, with a basis."""
    given: dict[str, Any] = {
        "estimate": ident("estimate"),
        "production": PRODUCTION,
        "performer": PERFORMER,
        "use": Use.RENDER,
        "shots": (SHOT,),
        "days": 3,
        "basis": "Three days on the bridge, by the stunt coordinator's plan.",
        "made_by": STUDIO,
        "at": AT,
    }
    return Estimate(**given | over)


def request(of: Consent | None, **over: Any) -> Request:
    """Eight frames of the shot."""
    given: dict[str, Any] = {
        "use_id": ident("use"),
        "asker": STUDIO,
        "production": PRODUCTION,
        "performer": PERFORMER,
        "asset": REPLICA,
        "consent": of.digest() if of else "",
        "use": Use.RENDER,
        "purpose": Purpose.PICTURE,
        "medium": "theatrical",
        "territory": "US",
        "shot": SHOT,
        "unit": "frame",
        "units": 8,
        "arc_from_deg": -20,
        "arc_to_deg": 20,
        "day": DAY,
        "estimate": ident("estimate"),
        "retake_of": "",
        "worker": WORKER,
        "worker_grade": "studio-run",
        "at": AT,
    }
    return Request(**given | over)


def standing(asked: Request, of: Consent | None, rulebooks: tuple[Rulebook, ...], **over: Any) -> Standing:
    """Everything in order: signed, noticed, released, estimated, nothing used yet."""
    given: dict[str, Any] = {
        "request": asked.digest(),
        "rulebooks": tuple(item.digest for item in rulebooks),
        "consent": of.digest() if of else "",
        "consent_signed": True,
        "consent_countersigned": True,
        "consent_withdrawn": False,
        "asset_kind": AssetKind.REPLICA,
        "capture": of.capture if of else "",
        "asset_performer": PERFORMER,
        "asset_production": PRODUCTION,
        "replica_kind": ReplicaKind.EBDR,
        "epoch": 1,
        "holds": (),
        "notice": notice().digest(),
        "notice_hours": 72,
        "reason_stated": True,
        "released": True,
        "photography_began": date(2026, 5, 4),
        "currency": "USD",
        "commission_bp": 1000,
        "mandate": mandate().digest(),
        "units_used": 0,
        "estimate_days": 3,
        "estimate_basis": "Three days on the bridge, by the stunt coordinator's plan.",
        "days_charged": 0,
        "prior_gross": Money.zero("USD"),
        "arc_together_deg": 40,
        "answers": (),
    }
    return Standing(**given | over)
