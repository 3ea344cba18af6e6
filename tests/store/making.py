"""Small true facts for the store's tests: every id and digest has its real shape."""

from __future__ import annotations

import itertools
from datetime import date

from stagedoor.core.base import ids
from stagedoor.core.base.money import Money
from stagedoor.core.base.when import Instant
from stagedoor.core.facts.asset import Asset, AssetKind
from stagedoor.core.facts.consent import Use
from stagedoor.core.facts.party import Party, Role, Signature
from stagedoor.core.facts.permit import KeyGrant, Permit, Receipt, ShareReleased, WorkOrder
from stagedoor.core.facts.posting import Entry, EntryKind, Posting
from stagedoor.core.facts.request import Estimate

AT = Instant.of(date(2026, 10, 12), 9)
_next = itertools.count(1)


def new_id(noun: str) -> str:
    """A fresh id."""
    return ids.make(noun, ms=AT.ms + next(_next), chance=next(_next).to_bytes(10, "big"))


PRODUCTION = new_id("production")
PERFORMER = new_id("party")
WORKER = new_id("worker")
CONSENT = "sha256:" + "c" * 64
JOURNAL = f"production/{PRODUCTION}"


def party() -> Party:
    """Somebody new."""
    return Party(party=new_id("party"), role=Role.PERFORMER, verify_key="ab" * 32, seal_key="", at=AT)


def asset() -> Asset:
    """A sealed capture."""
    return Asset(
        asset=new_id("asset"), kind=AssetKind.CAPTURE, performer=PERFORMER, production=PRODUCTION, replica_kind=None,
        made_from=(), notice="", release="", made_by="", sealed_sha256="ab" * 32, sealed_bytes=1, at=AT,
    )  # fmt: skip


def estimate(basis: str = "as shot") -> Estimate:
    """A fact with free text in it."""
    return Estimate(
        estimate=new_id("estimate"), production=PRODUCTION, performer=PERFORMER, use=Use.RENDER, shots=("010",),
        days=2, basis=basis, made_by="studio", at=AT,
    )  # fmt: skip


def permit(of: Asset, *, epoch: int = 1, units: int = 48, life_seconds: int = 3600, days: int = 1,
           consent: str = CONSENT, use: Use = Use.RENDER, unit: str = "frame") -> Permit:  # fmt: skip
    """A permit for WORKER."""
    return Permit(
        permit=new_id("permit"), use_id=new_id("use"), request="sha256:" + "1" * 64, decision="sha256:" + "2" * 64,
        consent=consent, performer=PERFORMER, production=PRODUCTION, asset=of.asset, epoch=epoch, use=use,
        shot="010", unit=unit, units=units, arc_from_deg=-20, arc_to_deg=20, worker=WORKER, worker_grade="hosted",
        cost=Money.whole(1450, "USD"), days=days, life_seconds=life_seconds, at=AT,
    )  # fmt: skip


def order(under: Permit) -> WorkOrder:
    """Work under a permit."""
    return WorkOrder(
        order=new_id("order"), permit=under.digest(), recipe="render", asset=under.asset, result_asset="",
        settings=(), stamp="unmarked preview", at=AT,
    )  # fmt: skip


def grant(under: Permit, of: WorkOrder, *, lease_seconds: int = 20, one_time_key: str = "0f" * 32) -> KeyGrant:
    """A key's release."""
    return KeyGrant(
        grant=new_id("grant"), permit=under.digest(), order=of.order, asset=under.asset, epoch=under.epoch,
        worker=under.worker, one_time_key=one_time_key, worker_signature="aa" * 64, lease_seconds=lease_seconds, at=AT,
    )  # fmt: skip


def receipt(of: WorkOrder, under: Permit, units: int = 48) -> Receipt:
    """What was made."""
    return Receipt(
        receipt=new_id("receipt"), order=of.order, permit=under.digest(), grant="sha256:" + "3" * 64,
        worker=under.worker, unit="frame", units=units, outputs=(), measures=(), result_asset="", sealed_sha256="",
        sealed_bytes=0, at=AT,
    )  # fmt: skip


def signature(over: str, kind: str) -> Signature:
    """A signature's shape; nobody verifies it here."""
    return Signature(signs=over, signs_kind=kind, signer=PERFORMER, verify_key="ab" * 32, signature="cd" * 64, at=AT)


def released(custodian: str, grant_digest: str, asset_id: str, epoch: int = 1) -> ShareReleased:
    """A custodian's fact."""
    return ShareReleased(
        custodian=custodian, grant=grant_digest, asset=asset_id, epoch=epoch, envelope_sha256="ee" * 32
    )


def line(account: str, units: int, currency: str = "USD") -> Posting:
    """One line of money."""
    return Posting(account=account, amount=Money(units, currency), rule="art. 7", why="because “so” it is")


def entry(*lines: Posting, kind: EntryKind = EntryKind.CORRECT, cause: str = "", under: str = "") -> Entry:
    """An entry of these lines."""
    return Entry(
        entry=new_id("entry"), kind=kind, production=PRODUCTION, performer=PERFORMER, permit=under,
        cause=cause or f"sha256:{next(_next):064x}", postings=lines, at=AT,
    )  # fmt: skip


def deposit(units: int, account: str = f"funds/{PRODUCTION}") -> Entry:
    """Money paid in: credit-normal accounts hold it as a negative amount."""
    return entry(line("bank/studio", units), line(account, -units), kind=EntryKind.DEPOSIT)


def spend(units: int, account: str = f"funds/{PRODUCTION}", cause: str = "") -> Entry:
    """Money taken out of the funds, in eight lines as a real call has."""
    eighth, rest = divmod(units, 7)
    parts = [eighth] * 6 + [eighth + rest]
    payees = ("performer", "agent", "plan_a", "plan_b", "union", "fund", "house")
    paid = tuple(line(f"owed/{payee}", -part) for payee, part in zip(payees, parts, strict=True))
    return entry(line(account, units), *paid, kind=EntryKind.POST, cause=cause)
