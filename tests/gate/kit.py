"""A small world on a real store, made by the stories themselves, with a worker that is played by the test."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import Any

import psycopg

from stagedoor.adapters.clock import TimeOrderedIds
from stagedoor.adapters.postgres.audit import PostgresAuditor
from stagedoor.adapters.postgres.embedded import EmbeddedServer
from stagedoor.adapters.postgres.people import PostgresPeople
from stagedoor.adapters.postgres.store import PostgresStore
from stagedoor.adapters.signing import Ed25519Verifier, FileSigner
from stagedoor.core.base.canonical import canonical_bytes
from stagedoor.core.base.money import Money
from stagedoor.core.base.outcome import Refused
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
    WithdrawalTerm,
)
from stagedoor.core.facts.party import Mandate, Party, Production, Role
from stagedoor.core.facts.permit import KeyGrant, Output, Permit, Receipt, Setting, WorkOrder
from stagedoor.core.facts.posting import Deposit
from stagedoor.core.facts.request import Estimate, Request
from stagedoor.core.rules.chart import owed
from stagedoor.ports.store import Delivered
from stagedoor.seal import SigningKey
from stagedoor.stories.dispatch_work import dispatch_work
from stagedoor.stories.enrol import adopt_rulebook, adoption_of, enrol_party, open_production, record_mandate
from stagedoor.stories.estimate_days import record_estimate
from stagedoor.stories.fund_production import fund_production
from stagedoor.stories.record_consent import record_consent
from stagedoor.stories.record_receipt import Posted, record_receipt
from stagedoor.stories.release_key import release_next_key
from stagedoor.stories.request_use import Asked, request_use
from stagedoor.stories.take_in_capture import record_capture, record_papers
from stagedoor.wiring import rulebooks, story_books

AT = Instant.parse("2026-10-12T09:00:00.000Z")
TOLD = Instant.parse("2026-10-05T09:00:00.000Z")
SCAN = Instant.parse("2026-10-08T10:00:00.000Z")
ROLES = {
    "performer": Role.PERFORMER,
    "other": Role.PERFORMER,
    "agent": Role.AGENT,
    "studio": Role.STUDIO,
    "union": Role.UNION,
    "gate": Role.GATE,
    "worker": Role.WORKER,
}


@dataclass
class World:
    """A production that may render, and everybody's keys."""

    embedded: EmbeddedServer
    store: PostgresStore
    people: PostgresPeople
    ids: TimeOrderedIds
    verifier: Ed25519Verifier
    who: dict[str, FileSigner]
    production: str = ""
    capture: str = ""
    asset: str = ""
    consent: Consent | None = None
    notice: Notice | None = None

    def id(self, name: str) -> str:
        return self.who[name].party

    def sign(self, name: str, fact: Any, at: Instant = AT) -> Any:
        return self.who[name].sign(fact, at=at)

    def estimate(self, *, days: int = 3, shots: tuple[str, ...] = ("12A", "12B", "14C")) -> str:
        fact = Estimate(
            estimate=self.ids.new("estimate"), production=self.production, performer=self.id("performer"),
            use=Use.RENDER, shots=shots, days=days, basis="comparable scene", made_by=self.id("studio"), at=AT,
        )  # fmt: skip
        assert record_estimate(self.store, self.verifier, fact, self.sign("studio", fact)) is None
        return fact.estimate

    def request(self, estimate: str, **over: Any) -> Request:
        assert self.consent is not None
        plain = Request(
            use_id=self.ids.new("use"), asker=self.id("studio"), production=self.production,
            performer=self.id("performer"), asset=self.asset, consent=self.consent.digest(), use=Use.RENDER,
            purpose=Purpose.PICTURE, medium="theatrical", territory="world", shot="12A", unit="frame", units=4,
            arc_from_deg=0, arc_to_deg=10, day=AT.day, estimate=estimate, retake_of="", worker=self.id("worker"),
            worker_grade="studio-run", at=AT,
        )  # fmt: skip
        return replace(plain, **over)

    def ask(self, request: Request, *, hours: int = 24, books: Any = None) -> Asked:
        return request_use(
            self.store, self.verifier, books or story_books(), request, gate=self.who["gate"], ids=self.ids,
            hours=hours, at=AT,
        )  # fmt: skip

    def order(self, permit: Permit) -> WorkOrder:
        values = {"frames": permit.units, "arc_from_deg": permit.arc_from_deg, "arc_to_deg": permit.arc_to_deg,
                  "elevation_deg": 0, "width": 256, "height": 256, "first_frame": 0, "radius_milli": 4000}  # fmt: skip
        settings = tuple(Setting(name=name, value=value) for name, value in values.items())
        made = dispatch_work(self.store, self.ids, permit, recipe="render-arc", settings=settings, makes="", at=AT)
        assert isinstance(made, WorkOrder)
        return made

    def key(self, order: WorkOrder) -> KeyGrant | Refused:
        """The worker asks for a key as its own database role, and the gate answers."""
        with psycopg.connect(self.embedded.url_for("worker"), autocommit=True) as connection:
            connection.execute("SELECT work.ask_key(%s, %s, %s, %s)", (order.order, self.id("worker"), "ab" * 32, "00"))
        answer = release_next_key(self.store, self.ids, at=AT)
        assert answer is not None
        return answer

    def deliver(self, order: WorkOrder, permit: Permit, key: KeyGrant, *, units: int) -> Delivered:
        """A signed receipt for so many frames."""
        outputs = tuple(
            Output(name=f"frame-{number:06d}.png", sha256="ab" * 32, bytes=1, mark="unmarked preview")
            for number in range(units)
        )
        receipt = Receipt(
            receipt=self.ids.new("receipt"), order=order.digest(), permit=permit.digest(), grant=key.digest(),
            worker=self.id("worker"), unit="frame", units=units, outputs=outputs, measures=(),
            result_asset="", sealed_sha256="", sealed_bytes=0, at=AT,
        )  # fmt: skip
        signature = self.sign("worker", receipt)
        return Delivered(order=order, receipt=receipt.canonical(), signature=signature.canonical(), shares={})

    def record(self, delivered: Delivered) -> Posted | Refused:
        return record_receipt(self.store, self.verifier, self.ids, delivered, at=AT)

    def render(self, permit: Permit, *, units: int) -> Posted | Refused:
        """Order, key, receipt."""
        order = self.order(permit)
        key = self.key(order)
        assert isinstance(key, KeyGrant), key
        return self.record(self.deliver(order, permit, key, units=units))

    def earned(self) -> int:
        """What the performer is owed, in millionths."""
        with self.store.unit() as unit:
            return -unit.balance(owed("performer", self.id("performer")), "USD")

    def auditor_finds(self) -> bool:
        """Whether the audit finds anything."""
        return bool(PostgresAuditor(self.embedded.owner_url).verify())

    def end_life(self, permit: Permit) -> None:
        """The permit's time passes: the owner moves its end, as the clock would."""
        with psycopg.connect(self.embedded.owner_url) as connection:
            connection.execute(
                "UPDATE work.permit SET ends_at = clock_timestamp() - interval '1 second' WHERE permit = %s",
                (permit.digest(),),
            )


def make_world(folder: Path) -> World:
    """Enrolled, adopted, funded, captured, consented; the double is recorded as if a worker had made it."""
    embedded = EmbeddedServer.start(folder)
    url = embedded.url_for("gate")
    ids = TimeOrderedIds()
    who = {
        name: FileSigner(ids.new("worker" if name == "worker" else "party"), SigningKey.generate()) for name in ROLES
    }
    world = World(embedded, PostgresStore(url), PostgresPeople(url), ids, Ed25519Verifier(), who)
    for name, role in ROLES.items():
        party = Party(party=world.id(name), role=role, verify_key=who[name].verify_key, seal_key="", at=AT)
        enrol_party(world.store, world.people, party, name=name, contact="")
    _papers(world)
    _capture(world)
    _consent(world)
    return world


def _papers(world: World) -> None:
    world.production = world.ids.new("production")
    production = Production(
        production=world.production, studio=world.id("studio"), title="t", medium="theatrical",
        agreement="sag_aftra_tv_theatrical_2026", photography_began=date(2026, 5, 4), currency="USD", at=AT,
    )  # fmt: skip
    assert open_production(world.store, world.verifier, production, world.sign("studio", production)) is None
    mandate = Mandate(
        mandate=world.ids.new("mandate"), performer=world.id("performer"), agent=world.id("agent"),
        commission_bp=1000, first_day=date(2026, 1, 1), last_day=None, at=AT,
    )  # fmt: skip
    assert record_mandate(world.store, world.verifier, mandate, world.sign("performer", mandate)) is None
    for book in story_books():
        adoption = adoption_of(book, by=world.id("union"), at=AT)
        text = canonical_bytes(rulebooks().plain(book.name)).decode()
        assert adopt_rulebook(world.store, world.verifier, adoption, world.sign("union", adoption), text=text) is None
    deposit = Deposit(
        deposit=world.ids.new("deposit"), production=world.production, amount=Money.whole(50_000, "USD"),
        reference="r", at=AT,
    )  # fmt: skip
    assert fund_production(world.store, world.verifier, world.ids, deposit, world.sign("studio", deposit)) is None


def capture_of(world: World, notice: Notice, release: Release) -> Asset:
    """A capture that names these papers."""
    return Asset(
        asset=world.ids.new("asset"), kind=AssetKind.CAPTURE, performer=world.id("performer"),
        production=world.production, replica_kind=None, made_from=(), notice=notice.digest(),
        release=release.digest(), made_by="", sealed_sha256="ab" * 32, sealed_bytes=1, at=AT,
    )  # fmt: skip


def papers_of(world: World) -> tuple[Notice, Release]:
    """A notice in time and the performer's release for it."""
    notice = Notice(
        notice=world.ids.new("notice"), production=world.production, performer=world.id("performer"), told_at=TOLD,
        engaged_at=None, scan_at=SCAN, reason="a cliff", purpose="a double", at=AT,
    )  # fmt: skip
    return notice, Release(performer=world.id("performer"), notice=notice.digest(), purpose="a double", at=AT)


def _capture(world: World) -> None:
    notice, release = papers_of(world)
    refused = record_papers(
        world.store, world.verifier, notice=notice, notice_signature=world.sign("studio", notice), release=release,
        release_signature=world.sign("performer", release), performer=world.id("performer"),
        production=world.production, studio=world.id("studio"),
    )  # fmt: skip
    assert refused is None
    asset = capture_of(world, notice, release)
    assert record_capture(world.store, world.verifier, asset, {}) is None
    double = replace(
        asset, asset=world.ids.new("asset"), kind=AssetKind.REPLICA, replica_kind=ReplicaKind.EBDR,
        made_from=(asset.digest(),), made_by="sha256:" + "1" * 64,
    )  # fmt: skip
    with world.store.unit() as unit:
        unit.append("house", double, ident=double.asset)
        unit.open_asset(double)
    world.capture, world.asset, world.notice = asset.asset, double.asset, notice


def _consent(world: World) -> None:
    world.consent = Consent(
        consent=world.ids.new("consent"), performer=world.id("performer"), capacity=Capacity.ADULT,
        production=world.production, agreement="sag_aftra_tv_theatrical_2026", capture=world.capture,
        replica_kind=ReplicaKind.EBDR, description="the cliff scene",
        grants=(
            Grant(
                use=Use.RENDER, purposes=(Purpose.PICTURE,), media=("theatrical",), territories=("world",),
                shots=("12A", "12B", "14C"), approve_shots=("14C",), unit="frame", units_max=1_000,
                first_day=date(2026, 10, 1), last_day=date(2026, 11, 30), arc_max_deg=90, ask_above_arc_deg=90,
            ),
        ),
        forbids=(Forbid(use=Use.TRAIN, purpose=None),), deal=Deal(day_rate=Money.whole(2_500, "USD"), schedule_f=False),
        after_death=AfterDeath.ENDS, withdrawal=WithdrawalTerm(may_withdraw=("remaining_use",), notice_days=0), at=AT,
    )  # fmt: skip
    assert record_consent(
        world.store, world.verifier, world.consent, by_performer=world.sign("performer", world.consent),
        by_studio=world.sign("studio", world.consent),
    ) is None  # fmt: skip
