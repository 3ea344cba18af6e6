"""A small theatre for stories: its people with real keys, one picture with money, one consent, one double."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Any, ClassVar, TypeVar

import psycopg

from stagedoor.adapters.clock import TimeOrderedIds
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
    Grant,
    Purpose,
    Use,
    Withdrawal,
    WithdrawalTerm,
)
from stagedoor.core.facts.decision import Approval
from stagedoor.core.facts.party import Mandate, Party, Production, Role
from stagedoor.core.facts.permit import KeyGrant, Output, Permit, Receipt, Setting, WorkOrder
from stagedoor.core.facts.posting import Deposit
from stagedoor.core.facts.request import Estimate, Request
from stagedoor.core.rules.chart import PLANS, funds, owed
from stagedoor.core.rules.rulebook import Rulebook
from stagedoor.ports.store import Delivered
from stagedoor.seal import SigningKey
from stagedoor.stories.answer_question import answer_question
from stagedoor.stories.dispatch_work import dispatch_work
from stagedoor.stories.enrol import adopt_rulebook, adoption_of, enrol_party, open_production, record_mandate
from stagedoor.stories.estimate_days import record_estimate
from stagedoor.stories.fund_production import fund_production
from stagedoor.stories.record_consent import record_consent
from stagedoor.stories.record_receipt import Posted, record_receipt
from stagedoor.stories.release_key import release_next_key
from stagedoor.stories.request_use import Asked, request_use
from stagedoor.stories.take_in_capture import record_capture, record_papers
from stagedoor.stories.unit import NOTHING_SEEN, Seen
from stagedoor.stories.withdraw_consent import Withdrawn, withdraw_consent
from stagedoor.wiring import rulebooks
from store.conftest import House

T = TypeVar("T")

AT = Instant.of(date(2026, 10, 14), 9)
PEOPLE = {
    "performer": Role.PERFORMER, "second": Role.PERFORMER, "agent": Role.AGENT, "studio": Role.STUDIO,
    "other-studio": Role.STUDIO, "union": Role.UNION, "gate": Role.GATE, "worker": Role.WORKER,
    "other-worker": Role.WORKER,
}  # fmt: skip
FUNDED = 30_000
DAY = 3_025
"""What the employer pays for one day at 2,500: the day, and 21 % on top of it."""

ARC = {"elevation_deg": 8, "width": 128, "height": 128, "first_frame": 0, "radius_milli": 4000}


@dataclass
class Theatre:
    """Everything that a story touches, and short words for what its people do."""

    house: House
    books: tuple[Rulebook, ...]
    ids: TimeOrderedIds = field(default_factory=TimeOrderedIds)
    verifier: Ed25519Verifier = field(default_factory=Ed25519Verifier)
    signers: dict[str, FileSigner] = field(default_factory=dict)
    named: dict[str, str] = field(default_factory=dict)
    consented: Consent | None = None
    template: ClassVar[Theatre | None] = None

    @staticmethod
    def opened(house: House, books: tuple[Rulebook, ...]) -> Theatre:
        """A theatre with everybody enrolled, the picture funded, the consent signed, the double recorded."""
        made = Theatre(house, books)
        made._enrol()
        made._papers()
        made.fund(FUNDED)
        made.consent()
        made.estimate("estimate", days=1)
        return made

    def on(self, house: House) -> Theatre:
        """The same theatre on a copy of its database."""
        return replace(self, house=house, named=dict(self.named))

    @property
    def store(self) -> Any:
        """The store, as the gate."""
        return self.house.store

    def id(self, key: str) -> str:
        """The pseudonym of somebody, or the id of something."""
        return self.named[key]

    def refused(self, answer: object) -> str:
        """The code of a refusal, or what came instead."""
        refused = answer.refused if isinstance(answer, Asked) else answer
        return refused.code.value if isinstance(refused, Refused) else repr(answer)

    # people and papers

    def party(self, key: str, role: Role) -> Party:
        """Somebody's enrolment."""
        return Party(party=self.id(key), role=role, verify_key=self.signers[key].verify_key, seal_key="", at=AT)

    def _enrol(self) -> None:
        for key, role in PEOPLE.items():
            noun = "worker" if role is Role.WORKER else "party"
            self.named[key] = self.ids.new(noun)
            self.signers[key] = FileSigner(self.id(key), SigningKey.generate())
            enrol_party(self.store, self.house.people, self.party(key, role), name=f"The {key}", contact="")
        for book in self.books:
            adoption = adoption_of(book, by=self.id("union"), at=AT)
            text = canonical_bytes(rulebooks().plain(book.name)).decode()
            assert adopt_rulebook(self.store, self.verifier, adoption, self.sign("union", adoption), text=text) is None
        self.produce("production", "USD")
        mandate = Mandate(
            mandate=self.ids.new("mandate"), performer=self.id("performer"), agent=self.id("agent"),
            commission_bp=1_000, first_day=date(2026, 1, 1), last_day=None, at=AT,
        )  # fmt: skip
        assert record_mandate(self.store, self.verifier, mandate, self.sign("performer", mandate)) is None

    def produce(self, key: str, currency: str) -> Refused | None:
        """Open a picture."""
        self.named[key] = self.ids.new("production")
        production = Production(
            production=self.id(key), studio=self.id("studio"), title="A picture", medium="theatrical",
            agreement="sag_aftra_tv_theatrical_2026", photography_began=date(2026, 5, 4), currency=currency, at=AT,
        )  # fmt: skip
        return open_production(self.store, self.verifier, production, self.sign("studio", production))

    def _papers(self) -> None:
        notice = Notice(
            notice=self.ids.new("notice"), production=self.id("production"), performer=self.id("performer"),
            told_at=Instant.of(date(2026, 10, 1)), engaged_at=None, scan_at=Instant.of(date(2026, 10, 8)),
            reason="A ledge that nobody may stand on.", purpose="A double for one shot.", at=AT,
        )  # fmt: skip
        release = Release(performer=self.id("performer"), notice=notice.digest(), purpose=notice.purpose, at=AT)
        refused = record_papers(
            self.store, self.verifier, notice=notice, notice_signature=self.sign("studio", notice), release=release,
            release_signature=self.sign("performer", release), performer=self.id("performer"),
            production=self.id("production"), studio=self.id("studio"),
        )  # fmt: skip
        assert refused is None
        self.named["capture"], self.named["replica"] = self.ids.new("asset"), self.ids.new("asset")
        capture = Asset(
            asset=self.id("capture"), kind=AssetKind.CAPTURE, performer=self.id("performer"),
            production=self.id("production"), replica_kind=None, made_from=(), notice=notice.digest(),
            release=release.digest(), made_by="", sealed_sha256="ab" * 32, sealed_bytes=1, at=AT,
        )  # fmt: skip
        assert record_capture(self.store, self.verifier, capture, {}) is None
        double = replace(
            capture, asset=self.id("replica"), kind=AssetKind.REPLICA, replica_kind=ReplicaKind.EBDR,
            made_from=(capture.digest(),), made_by="sha256:" + "1" * 64,
        )  # fmt: skip
        with self.store.unit() as unit:
            unit.append("house", double, ident=double.asset)
            unit.open_asset(double)

    def another_double(self) -> str:
        """A second replica of the same capture: another row to lock, under the same consent."""
        with self.store.unit() as unit:
            first = unit.find(Asset, self.id("replica"))
            assert first is not None
            double = replace(first, asset=self.ids.new("asset"))
            unit.append("house", double, ident=double.asset)
            unit.open_asset(double)
        return double.asset

    def consent(self, *, notice_days: int = 0, frames: int = 500, approve: tuple[str, ...] = ("14C",)) -> Consent:
        """The performer's terms, signed by both; from now on requests stand on these."""
        render = Grant(
            use=Use.RENDER, shots=("12A", "14C"), approve_shots=approve, unit="frame", units_max=frames,
            first_day=date(2026, 10, 1), last_day=date(2026, 11, 30), arc_max_deg=360, ask_above_arc_deg=360,
            purposes=(Purpose.PICTURE,), media=("theatrical",), territories=("world",),
        )  # fmt: skip
        made = Consent(
            consent=self.ids.new("consent"), performer=self.id("performer"), capacity=Capacity.ADULT,
            production=self.id("production"), agreement="sag_aftra_tv_theatrical_2026", capture=self.id("capture"),
            replica_kind=ReplicaKind.EBDR, description="A double for one shot.", grants=(render,), forbids=(),
            deal=Deal(day_rate=Money.whole(2_500, "USD"), schedule_f=False), after_death=AfterDeath.ENDS,
            withdrawal=WithdrawalTerm(may_withdraw=("remaining_use",), notice_days=notice_days), at=AT,
        )  # fmt: skip
        signed = {"by_performer": self.sign("performer", made), "by_studio": self.sign("studio", made)}
        refused = record_consent(self.store, self.verifier, made, **signed)
        assert refused is None, refused
        self.consented = made
        return made

    def estimate(self, key: str, *, days: int, shots: tuple[str, ...] = ("12A", "14C")) -> None:
        """The studio's estimate of days."""
        self.named[key] = self.ids.new("estimate")
        fact = Estimate(
            estimate=self.id(key), production=self.id("production"), performer=self.id("performer"), use=Use.RENDER,
            shots=shots, days=days, basis="The comparable scene took as long (call sheet 7).",
            made_by=self.id("studio"), at=AT,
        )  # fmt: skip
        refused = record_estimate(self.store, self.verifier, fact, self.sign("studio", fact))
        assert refused is None, refused

    def fund(self, dollars: int) -> Refused | None:
        """The studio pays in."""
        fact = Deposit(
            deposit=self.ids.new("deposit"), production=self.id("production"), amount=Money.whole(dollars, "USD"),
            reference="test", at=AT,
        )  # fmt: skip
        return fund_production(self.store, self.verifier, self.ids, fact, self.sign("studio", fact))

    def sign(self, who: str, fact: Any) -> Any:
        """Somebody signs."""
        return self.signers[who].sign(fact, at=AT)

    # the path

    def request(self, **over: Any) -> Request:
        """A request that would be granted."""
        assert self.consented is not None
        given: dict[str, Any] = {
            "use_id": self.ids.new("use"), "asker": self.id("studio"), "production": self.id("production"),
            "performer": self.id("performer"), "asset": self.id("replica"), "consent": self.consented.digest(),
            "use": Use.RENDER, "purpose": Purpose.PICTURE, "medium": "theatrical", "territory": "world",
            "shot": "12A", "unit": "frame", "units": 10, "arc_from_deg": -5, "arc_to_deg": 5, "day": AT.day,
            "estimate": self.id("estimate"), "retake_of": "", "worker": self.id("worker"),
            "worker_grade": "studio-run", "at": AT,
        }  # fmt: skip
        return Request(**given | over)

    def ask(self, request: Request | None = None, *, hours: int = 24, seen: Seen = NOTHING_SEEN, **over: Any) -> Asked:
        """Ask, decide, grant, at the moment that the request names."""
        asked = request or self.request(**over)
        return request_use(
            self.store, self.verifier, self.books, asked, gate=self.signers["gate"],
            ids=self.ids, hours=hours, at=asked.at, seen=seen,
        )  # fmt: skip

    def permit(self, **over: Any) -> Permit:
        """A permit, granted."""
        asked = self.ask(**over)
        assert asked.permit is not None, asked.refused
        return asked.permit

    def answer(self, who: str, asked: Asked, request: Request, *, signed_by: str = "", yes: bool = True,
               **over: Any) -> Refused | None:  # fmt: skip
        """Somebody answers the question of a decision."""
        assert asked.decision is not None
        given: dict[str, Any] = {
            "approval": self.ids.new("approval"), "use_id": request.use_id, "decision": asked.decision.digest(),
            "rule": "consent:approval", "answered_by": self.id(who), "yes": yes, "words": "as it stands", "at": AT,
        }  # fmt: skip
        approval = Approval(**given | over)
        return answer_question(self.store, self.verifier, approval, self.sign(signed_by or who, approval))

    def order(self, permit: Permit, *, frames: int = 0) -> WorkOrder:
        """Work under a permit."""
        made = self.try_order(permit, frames=frames)
        assert isinstance(made, WorkOrder), made
        return made

    def try_order(self, permit: Permit, *, frames: int = 0) -> WorkOrder | Refused:
        """Work under a permit, or why not."""
        numbers = ARC | {"frames": frames or permit.units, "arc_from_deg": permit.arc_from_deg,
                         "arc_to_deg": permit.arc_to_deg}  # fmt: skip
        settings = tuple(Setting(name=name, value=value) for name, value in numbers.items())
        return dispatch_work(self.store, self.ids, permit, recipe="render-arc", settings=settings, makes="", at=AT)

    def ask_key(self, order: WorkOrder, *, worker: str = "worker") -> None:
        """The worker asks for the key; the gate passes its signature on and lets custodians judge it."""
        with self.house.connect("worker") as connection:
            connection.execute(
                "SELECT work.ask_key(%s, %s, %s, %s)",
                (order.order, self.id(worker), os.urandom(32).hex(), "aa" * 64),
            )

    def key(self, order: WorkOrder) -> KeyGrant | Refused | None:
        """The worker asks, the gate answers."""
        self.ask_key(order)
        return release_next_key(self.store, self.ids, at=AT)

    def granted(self, order: WorkOrder) -> KeyGrant:
        """A key, granted."""
        answer = self.key(order)
        assert isinstance(answer, KeyGrant), answer
        return answer

    def made(self, permit: Permit, order: WorkOrder, grant: KeyGrant, *, units: int = -1, **over: Any) -> Receipt:
        """What the worker made."""
        count = permit.units if units < 0 else units
        outputs = tuple(
            Output(name=f"frame-{number:06d}.png", sha256="cd" * 32, bytes=9, mark=order.stamp)
            for number in range(over.get("units", count))
        )
        given: dict[str, Any] = {
            "receipt": self.ids.new("receipt"), "order": order.digest(), "permit": permit.digest(),
            "grant": grant.digest(), "worker": permit.worker, "unit": "frame", "units": count, "outputs": outputs,
            "measures": (), "result_asset": "", "sealed_sha256": "", "sealed_bytes": 0, "at": AT,
        }  # fmt: skip
        return Receipt(**given | over)

    def letter(self, order: WorkOrder, receipt: Receipt, *, signed_by: str = "worker") -> Delivered:
        """A delivery from outside the letter-box."""
        signature = self.sign(signed_by, receipt)
        return Delivered(order=order, receipt=receipt.canonical(), signature=signature.canonical(), shares={})

    def shoot(self, permit: Permit, *, units: int = -1) -> Delivered:
        """Order, key, and what the worker would deliver."""
        order = self.order(permit, frames=max(units, 0))
        return self.letter(order, self.made(permit, order, self.granted(order), units=units))

    def record(self, letter: Delivered) -> Posted | Refused:
        """Attest and post."""
        return record_receipt(self.store, self.verifier, self.ids, letter, at=AT)

    def withdraw(self, *, consent: Consent | None = None, at: Instant = AT, who: str = "performer",
                 what: str = "remaining_use") -> Withdrawn | Refused:  # fmt: skip
        """The performer takes the remaining use back."""
        of = consent or self.consented
        assert of is not None
        fact = Withdrawal(
            withdrawal=self.ids.new("withdrawal"), consent=of.digest(), performer=self.id("performer"), what=what, at=at
        )
        return withdraw_consent(self.store, self.verifier, self.ids, fact, self.sign(who, fact), custodian="union")

    # what came of it

    def dollars(self, account: str) -> int:
        """What an account holds or owes, in whole dollars."""
        with self.store.unit() as unit:
            units = -unit.balance(account, "USD")
        assert units % 1_000_000 == 0
        return units // 1_000_000

    @property
    def money(self) -> dict[str, int]:
        """Who is owed what, and what is left."""
        accounts = {
            "performer": owed("performer", self.id("performer")), "agent": owed("agent", self.id("agent")),
            "plans": PLANS, "funds": funds(self.id("production")),
        }  # fmt: skip
        return {name: self.dollars(account) for name, account in accounts.items()}

    def paid(self, days: int, *, reserved: int = 0) -> dict[str, int]:
        """What `money` says after so many days were paid and so many dollars set aside."""
        return {"performer": 2_250 * days, "agent": 250 * days, "plans": 525 * days,
                "funds": FUNDED - DAY * days - reserved}  # fmt: skip

    def count(self, kind: str) -> int:
        """How many facts of a kind are recorded."""
        return int(self.query("SELECT count(*) FROM facts.fact WHERE kind = %s", kind)[0][0])

    def query(self, text: str, *values: object) -> list[tuple[Any, ...]]:
        """Ask the database as its owner."""
        with psycopg.connect(self.house.server.owner_url) as connection:
            return connection.execute(text.encode(), values).fetchall()

    def change(self, text: str, *values: object) -> None:
        """Let time pass, or something go wrong, as the database's owner."""
        with psycopg.connect(self.house.server.owner_url) as connection:
            connection.execute(text.encode(), values)

    def lapse(self, permit: Permit) -> None:
        """The permit's time is over."""
        self.change("UPDATE work.permit SET ends_at = clock_timestamp() WHERE permit = %s", permit.digest())


def at_once(*jobs: Callable[[], T], leave: Callable[[], None] = lambda: None) -> list[T]:
    """All jobs at the same moment, a thread each; what they gave, in order.  `leave` closes a thread's connection."""
    gate = threading.Barrier(len(jobs))
    found: dict[int, T] = {}
    faults: list[BaseException] = []

    def run(number: int, job: Callable[[], T]) -> None:
        try:
            gate.wait(30)
            found[number] = job()
        except BaseException as fault:
            faults.append(fault)
        finally:
            leave()

    threads = [threading.Thread(target=run, args=item) for item in enumerate(jobs)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if faults:
        raise faults[0]
    return [found[number] for number in range(len(jobs))]
