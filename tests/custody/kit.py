"""One good set of papers with real keys, and ways to spoil it in one place only.

`Story` holds the facts; `papers()` signs and links them anew, so that a test which changes one fact sees only that fact
refused, and not the link or signature that the change would have broken as well.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import date
from typing import Any

from stagedoor.core.base import ids
from stagedoor.core.base.canonical import digest_of
from stagedoor.core.base.fact import Fact
from stagedoor.core.base.money import Money
from stagedoor.core.base.when import Instant
from stagedoor.core.facts.asset import ReplicaKind
from stagedoor.core.facts.consent import (
    AfterDeath,
    Capacity,
    Consent,
    Deal,
    Forbid,
    Grant,
    Purpose,
    Use,
    WithdrawalTerm,
)
from stagedoor.core.facts.decision import Answer, Decision, Quote
from stagedoor.core.facts.party import Signature
from stagedoor.core.facts.permit import KeyGrant, Permit
from stagedoor.core.facts.posting import Entry, EntryKind, Posting
from stagedoor.core.facts.request import Request
from stagedoor.custodian.papers import Papers, Pinned, Trust
from stagedoor.seal import SigningKey
from stagedoor.wire.envelopes import KEY_REQUEST, key_request

AT = Instant.parse("2026-10-12T09:00:00.000Z")
COST = Money.whole(1450, "USD")


def ident(noun: str, number: int = 1) -> str:
    """The `number`-th id of a noun."""
    return ids.make(noun, ms=AT.ms + number, chance=bytes([number % 256] * 10))


def signing(label: str) -> SigningKey:
    """A key that is a function of its label."""
    return SigningKey.from_private_bytes(label.encode().ljust(32, b"."))


PERFORMER, STUDIO = ident("party", 1), ident("party", 2)
PRODUCTION, WORKER = ident("production"), ident("worker")
CAPTURE, REPLICA = ident("asset", 1), ident("asset", 2)
GATE_KEY, WORKER_KEY, PERFORMER_KEY, STRANGER_KEY = (
    signing(name) for name in ("gate", "worker", "performer", "stranger")
)
TRUST = Trust(name="union", gate_key=GATE_KEY.public_hex, workers={WORKER: WORKER_KEY.public_hex})


def signature(fact: Fact, key: SigningKey, signer: str, **over: Any) -> Signature:
    """`signer`'s signature over a fact."""
    given: dict[str, Any] = {
        "signs": fact.digest(),
        "signs_kind": fact.KIND,
        "signer": signer,
        "verify_key": key.public_hex,
        "signature": key.sign(fact.KIND, fact.canonical()),
        "at": AT,
    }
    return Signature(**given | over)


def permission(**over: Any) -> Grant:
    """To render one shot."""
    given: dict[str, Any] = {
        "use": Use.RENDER,
        "purposes": (Purpose.PICTURE,),
        "media": ("theatrical",),
        "territories": ("US", "CA"),
        "shots": ("sc12_sh040",),
        "approve_shots": (),
        "unit": "frame",
        "units_max": 100,
        "first_day": date(2026, 10, 1),
        "last_day": date(2026, 12, 31),
        "arc_max_deg": 60,
        "ask_above_arc_deg": 90,
    }
    return Grant(**given | over)


def creation(**over: Any) -> Grant:
    """To fit the double."""
    given: dict[str, Any] = {"use": Use.CREATE, "shots": ("",), "unit": "replica", "units_max": 1, "arc_max_deg": 0}
    return permission(**given | over)


def consent(**over: Any) -> Consent:
    """The performer's terms."""
    given: dict[str, Any] = {
        "consent": ident("consent"),
        "performer": PERFORMER,
        "capacity": Capacity.ADULT,
        "production": PRODUCTION,
        "agreement": "an agreement",
        "capture": CAPTURE,
        "replica_kind": ReplicaKind.EBDR,
        "description": "My double falls from the bridge.",
        "grants": (creation(), permission()),
        "forbids": (Forbid(use=Use.TRAIN, purpose=None), Forbid(use=None, purpose=Purpose.ADVERTISING)),
        "deal": Deal(day_rate=COST, schedule_f=False),
        "after_death": AfterDeath.ENDS,
        "withdrawal": WithdrawalTerm(may_withdraw=("remaining_use",), notice_days=0),
        "at": AT,
    }
    return Consent(**given | over)


def request(**over: Any) -> Request:
    """Eight frames of the shot."""
    given: dict[str, Any] = {
        "use_id": ident("use"),
        "asker": STUDIO,
        "production": PRODUCTION,
        "performer": PERFORMER,
        "asset": REPLICA,
        "consent": "",
        "use": Use.RENDER,
        "purpose": Purpose.PICTURE,
        "medium": "theatrical",
        "territory": "US",
        "shot": "sc12_sh040",
        "unit": "frame",
        "units": 8,
        "arc_from_deg": -20,
        "arc_to_deg": 20,
        "day": date(2026, 10, 14),
        "estimate": ident("estimate"),
        "retake_of": "",
        "worker": WORKER,
        "worker_grade": "studio-run",
        "at": AT,
    }
    return Request(**given | over)


@dataclass(frozen=True, kw_only=True)
class Story:
    """What each fact says; `over_*` change a permit's, grant's, decision's or entry's fields after they are linked."""

    consent: Consent = field(default_factory=consent)
    request: Request = field(default_factory=request)
    cost: Money = COST
    over_quote: dict[str, Any] = field(default_factory=dict)
    over_decision: dict[str, Any] = field(default_factory=dict)
    over_permit: dict[str, Any] = field(default_factory=dict)
    over_grant: dict[str, Any] = field(default_factory=dict)
    over_entry: dict[str, Any] = field(default_factory=dict)
    one_time_key: str = "11" * 32
    gate_key: SigningKey = GATE_KEY
    worker_key: SigningKey = WORKER_KEY
    performer_key: SigningKey = PERFORMER_KEY
    lease_seconds: int = 20
    order: str = ""

    def decision(self) -> Decision:
        """Yes, at a price."""
        quote = Quote(lines=(), gross=self.cost, cost=self.cost, days=1, basis="a day", unverified=())
        given: dict[str, Any] = {
            "request": self.request.digest(),
            "standing": digest_of("standing", b"{}"),
            "answer": Answer.PERMIT,
            "code": None,
            "findings": (),
            "quote": replace(quote, **self.over_quote),
            "at": AT,
        }
        return Decision(**given | self.over_decision)

    def permit(self) -> Permit:
        """What was asked for, whole."""
        asked = self.request
        given: dict[str, Any] = {
            "permit": ident("permit"),
            "use_id": asked.use_id,
            "request": asked.digest(),
            "decision": self.decision().digest(),
            "consent": self.consent.digest(),
            "performer": asked.performer,
            "production": asked.production,
            "asset": asked.asset,
            "epoch": 1,
            "use": asked.use,
            "shot": asked.shot,
            "unit": asked.unit,
            "units": asked.units,
            "arc_from_deg": asked.arc_from_deg,
            "arc_to_deg": asked.arc_to_deg,
            "worker": asked.worker,
            "worker_grade": asked.worker_grade,
            "cost": self.cost,
            "days": 1,
            "life_seconds": 3600,
            "at": AT,
        }
        return Permit(**given | self.over_permit)

    def grant(self) -> KeyGrant:
        """For the worker that signed its one-time key."""
        permit = self.permit()
        order = self.order or digest_of("work_order", b"{}")
        message = key_request(order=order, one_time_key=self.one_time_key, worker=permit.worker)
        given: dict[str, Any] = {
            "grant": ident("grant"),
            "permit": permit.digest(),
            "order": order,
            "asset": permit.asset,
            "epoch": permit.epoch,
            "worker": permit.worker,
            "one_time_key": self.one_time_key,
            "worker_signature": self.worker_key.sign(KEY_REQUEST, message),
            "lease_seconds": self.lease_seconds,
            "at": AT,
        }
        return KeyGrant(**given | self.over_grant)

    def reserve(self) -> Entry:
        """The whole cost, set aside."""
        permit = self.permit()
        given: dict[str, Any] = {
            "entry": ident("entry"),
            "kind": EntryKind.RESERVE,
            "production": permit.production,
            "performer": permit.performer,
            "permit": permit.digest(),
            "cause": permit.digest(),
            "postings": postings(permit, permit.cost),
            "at": AT,
        }
        return Entry(**given | self.over_entry)

    def papers(self, **over: Any) -> Papers:
        """As the store shows them, with every state as it must be."""
        permit, grant = self.permit(), self.grant()
        permit_signature = signature(permit, self.gate_key, ident("party", 9))
        consent_signature = signature(self.consent, self.performer_key, self.consent.performer)
        counter_signature = signature(self.consent, STRANGER_KEY, STUDIO)
        given: dict[str, Any] = {
            "asked": grant.digest(),
            "grant": grant.canonical(),
            "permit": permit.canonical(),
            "decision": self.decision().canonical(),
            "request": self.request.canonical(),
            "consent": self.consent.canonical(),
            "permit_signatures": (permit_signature.canonical(),),
            "consent_signatures": (counter_signature.canonical(), consent_signature.canonical()),
            "reserve": self.reserve().canonical() if self.cost.units else None,
            "asset_epoch": 1,
            "asset_withdrawn": False,
            "asset_holds": (),
            "permit_status": "live",
            "permit_live": True,
            "lease_live": True,
            "units_left": 8,
        }
        return Papers(**given | over)


def postings(permit: Permit, amount: Money, **accounts: str) -> tuple[Posting, ...]:
    """From the production's funds into the permit's own account."""
    source = accounts.get("source", f"funds/{permit.production}")
    target = accounts.get("target", f"reserved/{permit.permit}")
    return (
        Posting(account=source, amount=amount, rule="reservation", why="set aside"),
        Posting(account=target, amount=-amount, rule="reservation", why="set aside"),
    )


def pinned(**over: Any) -> Pinned:
    """As the share of the replica was deposited."""
    given: dict[str, Any] = {
        "asset": REPLICA,
        "performer": PERFORMER,
        "performer_key": PERFORMER_KEY.public_hex,
        "capture": CAPTURE,
    }
    return Pinned(**given | over)
