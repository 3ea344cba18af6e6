"""Scenes 1 to 4: the house opens, everybody enrols, the capture is taken in, the consent is read and signed."""

from __future__ import annotations

import shutil

from stagedoor.adapters.intake import delete_plaintext, seal_capture
from stagedoor.cli.demo import cast
from stagedoor.cli.demo.asking import estimate
from stagedoor.cli.demo.bargaining import bargain
from stagedoor.cli.demo.stage import (
    CUSTODIANS,
    Stage,
    draw_keys,
    make_custodians_and_worker,
    party_of,
    restart_custodian,
    start_worker,
)
from stagedoor.core.base.canonical import canonical_bytes
from stagedoor.core.base.money import Money
from stagedoor.core.base.outcome import Refused
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
from stagedoor.core.facts.permit import PHOTOGRAPH
from stagedoor.core.facts.posting import Deposit, Earnings
from stagedoor.core.rules.sentences import sentences
from stagedoor.stories.enrol import adopt_rulebook, adoption_of, enrol_party, open_production, record_mandate
from stagedoor.stories.fund_production import fund_production, report_earnings
from stagedoor.stories.record_consent import record_consent
from stagedoor.stories.take_in_capture import custodians_have_it, record_capture, record_papers
from stagedoor.wiring import examples_folder, rulebooks


def open_house(stage: Stage) -> None:
    """The database is up; two custodians and a worker start as processes of their own."""
    stage.teller.scene("The house opens")
    draw_keys(stage)
    make_custodians_and_worker(stage)
    for name in CUSTODIANS:
        restart_custodian(stage, name)
    start_worker(stage)
    stage.teller.good(f"PostgreSQL runs in {stage.home.database}, one login role for each process")
    for name in CUSTODIANS:
        child = stage.children[f"custodian-{name}"]
        stage.teller.good(f"custodian '{name}' is process {child.process.pid}, with its own keys, folder and role")
    stage.teller.good(
        f"worker is process {stage.children['worker'].process.pid}; it reaches its own functions, and no table"
    )


def enrol(stage: Stage) -> None:
    """Parties, mandate, productions, rulebooks, money."""
    stage.teller.scene("Everybody enrols")
    house = stage.house
    for player in cast.CAST:
        enrol_party(house.store, house.people, party_of(stage, player.key), name=player.name, contact=player.contact)
    _enrol_machines(stage)
    for key, title in (("production", cast.TITLE), ("second-production", cast.SECOND_TITLE)):
        stage.ids[key] = house.ids.new("production")
        production = Production(
            production=stage.id(key), studio=stage.id("studio"), title=title, medium="theatrical",
            agreement=cast.AGREEMENT, photography_began=cast.PHOTOGRAPHY_BEGAN, currency="USD", at=stage.clock.at,
        )  # fmt: skip
        assert open_production(house.store, house.verifier, production, stage.sign("studio", production)) is None
    mandate = Mandate(
        mandate=house.ids.new("mandate"), performer=stage.id("performer"), agent=stage.id("agent"),
        commission_bp=cast.COMMISSION_BP, first_day=cast.ENROLLED.day, last_day=None, at=stage.clock.at,
    )  # fmt: skip
    assert record_mandate(house.store, house.verifier, mandate, stage.sign("performer", mandate)) is None
    for book in stage.books:
        adoption = adoption_of(book, by=stage.id("union"), at=stage.clock.at)
        text = canonical_bytes(rulebooks().plain(book.name)).decode()
        signature = stage.sign("union", adoption)
        assert adopt_rulebook(house.store, house.verifier, adoption, signature, text=text) is None
        stage.teller.line(f"rulebook adopted: {book.title}, version {book.version}, {book.digest[:19]}…")
    _money(stage)
    stage.teller.good(f"{cast.PERFORMER.name} (invented), her agent with a signed mandate for 10 %, {cast.STUDIO.name}")
    stage.teller.good(f"'{cast.TITLE}': principal photography began on {cast.PHOTOGRAPHY_BEGAN}")


def _enrol_machines(stage: Stage) -> None:
    house = stage.house
    for name in CUSTODIANS:
        stage.ids[f"custodian-{name}"] = house.ids.new("party")
        party = Party(
            party=stage.id(f"custodian-{name}"), role=Role.CUSTODIAN, verify_key=stage.public[f"custodian-{name}"],
            seal_key=stage.custodian_keys[name], at=stage.clock.at,
        )  # fmt: skip
        enrol_party(house.store, house.people, party, name=f"Custodian {name}", contact="")
    worker = Party(
        party=stage.id("worker"), role=Role.WORKER, verify_key=stage.public["worker"], seal_key="", at=stage.clock.at
    )
    enrol_party(house.store, house.people, worker, name="Studio render node 1", contact="")


def _money(stage: Stage) -> None:
    house = stage.house
    deposit = Deposit(
        deposit=house.ids.new("deposit"), production=stage.id("production"), amount=Money.whole(cast.PAID_IN, "USD"),
        reference="GO-REPLICA-01", at=stage.clock.at,
    )  # fmt: skip
    refused = fund_production(house.store, house.verifier, house.ids, deposit, stage.sign("studio", deposit))
    assert refused is None, refused
    earnings = Earnings(
        earnings=house.ids.new("earnings"), production=stage.id("production"), performer=stage.id("performer"),
        gross=Money.whole(cast.EARNED_BEFORE, "USD"), basis="89 session days reported by payroll", at=stage.clock.at,
    )  # fmt: skip
    refused = report_earnings(house.store, house.verifier, earnings, stage.sign("studio", earnings))
    assert refused is None, refused
    stage.teller.line(f"the studio pays in {deposit.amount.shown()}; payroll reports {earnings.gross.shown()} before")


def take_in(stage: Stage) -> None:
    """Papers, then the pictures sealed as they are read, then the plaintext folder is gone."""
    stage.teller.scene("The capture is taken in")
    folder = stage.home.root / "from-the-scan-stage"
    shutil.copytree(examples_folder() / "mara" / "capture", folder)
    stage.clock.move_to(cast.TOLD)
    notice = _notice(stage)
    release = Release(performer=stage.id("performer"), notice=notice.digest(), purpose=cast.PURPOSE, at=stage.clock.at)
    stage.clock.move_to(cast.SCANNED)
    _refuse_without_papers(stage, notice)
    _record(stage, notice, release)
    stage.ids["capture"] = stage.house.ids.new("asset")
    with stage.teller.progress("sealing the pictures as they are read", total=100) as bar:
        stage.sealed = seal_capture(
            folder,
            stage.house.blobs,
            asset=stage.id("capture"),
            performer=stage.id("performer"),
            performer_key=stage.signers["performer"].verify_key,
            custodians=stage.custodian_keys,
            progress=lambda done, of: bar.update(bar.task_ids[0], completed=100 * done // of),
        )
    asset = Asset(
        asset=stage.id("capture"), kind=AssetKind.CAPTURE, performer=stage.id("performer"),
        production=stage.id("production"), replica_kind=None, made_from=(), notice=notice.digest(),
        release=release.digest(), made_by="", sealed_sha256=stage.sealed.sealed_sha256,
        sealed_bytes=stage.sealed.sealed_bytes, at=stage.clock.at,
    )  # fmt: skip
    refused = record_capture(stage.house.store, stage.house.verifier, asset, stage.sealed.envelopes)
    assert refused is None, refused
    stage.wait_for(
        "both custodians taking their share",
        lambda: custodians_have_it(stage.house.store, stage.id("capture"), wanted=len(CUSTODIANS)),
    )
    delete_plaintext(folder)
    stage.teller.good(
        f"{stage.sealed.views} pictures sealed ({stage.sealed.sealed_bytes:,} bytes); one share with each side"
    )
    stage.teller.good("the plaintext folder is deleted; what a disk or a backup keeps is beyond this program")


def _notice(stage: Stage) -> Notice:
    return Notice(
        notice=stage.house.ids.new("notice"), production=stage.id("production"), performer=stage.id("performer"),
        told_at=cast.TOLD, engaged_at=None, scan_at=cast.SCANNED, reason=cast.REASON, purpose=cast.PURPOSE,
        at=stage.clock.at,
    )  # fmt: skip


def _refuse_without_papers(stage: Stage, notice: Notice) -> None:
    refused = record_papers(
        stage.house.store, stage.house.verifier, notice=notice, notice_signature=stage.sign("studio", notice),
        release=None, release_signature=None, performer=stage.id("performer"), production=stage.id("production"),
        studio=stage.id("studio"),
    )  # fmt: skip
    assert isinstance(refused, Refused)
    stage.teller.refused("the capture without her release", refused)
    stage.refusals.append(("A capture without a release", refused.code.value, refused.why, refused.clause))


def _record(stage: Stage, notice: Notice, release: Release) -> None:
    refused = record_papers(
        stage.house.store, stage.house.verifier, notice=notice, notice_signature=stage.sign("studio", notice),
        release=release, release_signature=stage.sign("performer", release), performer=stage.id("performer"),
        production=stage.id("production"), studio=stage.id("studio"),
    )  # fmt: skip
    assert refused is None, refused
    stage.notice, stage.release = notice, release
    hours = notice.told_at.hours_until(notice.scan_at)
    stage.teller.good(f"notice {hours} hours before the scan, with its reason and purpose; release signed")


def consent(stage: Stage) -> None:
    """The consent is shown as sentences made from the fields that will be decided on, and signed."""
    stage.teller.scene("The consent is read and signed")
    stage.clock.move_to(cast.SIGNED)
    stage.consent = bargain(stage, draw_up(stage))
    stage.teller.line(f"{stage.id('performer')} is {cast.PERFORMER.name}; {stage.id('production')} is '{cast.TITLE}'.")
    stage.teller.line("Names live apart from the consent, where they can be erased. What she reads and signs:")
    for sentence in sentences(stage.consent):
        stage.teller.line(sentence, style="italic")
    refused = record_consent(
        stage.house.store,
        stage.house.verifier,
        stage.consent,
        by_performer=stage.sign("performer", stage.consent),
        by_studio=stage.sign("studio", stage.consent),
    )
    assert refused is None, refused
    stage.teller.good("signed by the performer over its canonical bytes, countersigned by the production")
    estimate(stage, "estimate-scan", use=Use.CREATE, shots=("",), days=1,
             basis="One working day on the scan stage, 8 October 2026 (call sheet 61)")  # fmt: skip
    estimate(stage, "estimate-cliff", use=Use.RENDER, shots=("12A", "12B"), days=3,
             basis="Script pages 31 to 33; the comparable ledge scene took 3 days (call sheets 22 to 24)")  # fmt: skip
    estimate(stage, "estimate-close", use=Use.RENDER, shots=("14C",), days=1,
             basis="One close-up, comparable set-ups took one day (call sheet 40)")  # fmt: skip
    estimate(stage, "estimate-turntable", use=Use.RENDER, shots=("TT1",), days=1,
             basis="Lighting reference in the round, one day on a stage")  # fmt: skip


def _photographs(stage: Stage) -> tuple[Grant, ...]:
    """Pictures of the capture itself are another permission, asked for only where somebody will hold them beside."""
    if not stage.looking:
        return ()
    # What was rendered before counts against it too, in whatever unit: one use has one count.
    return (
        Grant(
            use=Use.RENDER, shots=cast.SHOTS, approve_shots=(), unit=PHOTOGRAPH, units_max=400,
            first_day=cast.FIRST_DAY, last_day=cast.LAST_DAY, arc_max_deg=90, ask_above_arc_deg=120,
            purposes=(Purpose.PICTURE,), media=("theatrical",), territories=("world",),
        ),
    )  # fmt: skip


def draw_up(stage: Stage) -> Consent:
    """The consent of the story."""
    return Consent(
        consent=stage.house.ids.new("consent"),
        performer=stage.id("performer"),
        capacity=Capacity.ADULT,
        production=stage.id("production"),
        agreement=cast.AGREEMENT,
        capture=stage.id("capture"),
        replica_kind=ReplicaKind.EBDR,
        description=cast.DESCRIPTION,
        grants=(
            Grant(
                use=Use.CREATE, shots=("",), approve_shots=(), unit="replica", units_max=1, first_day=cast.FIRST_DAY,
                last_day=cast.LAST_DAY, arc_max_deg=0, ask_above_arc_deg=360,
                purposes=(Purpose.PICTURE,), media=("theatrical",), territories=("world",),
            ),
            Grant(
                use=Use.RENDER, shots=cast.SHOTS, approve_shots=("14C",), unit="frame", units_max=2_000,
                first_day=cast.FIRST_DAY, last_day=cast.LAST_DAY, arc_max_deg=360, ask_above_arc_deg=120,
                purposes=(Purpose.PICTURE,), media=("theatrical",), territories=("world",),
            ),
            *_photographs(stage),
        ),
        forbids=(
            Forbid(use=Use.TRAIN, purpose=None),
            Forbid(use=None, purpose=Purpose.TRAINING),
            Forbid(use=None, purpose=Purpose.ADVERTISING),
        ),
        deal=Deal(day_rate=Money.whole(cast.DAY_RATE, "USD"), schedule_f=False),
        after_death=AfterDeath.ENDS,
        withdrawal=WithdrawalTerm(may_withdraw=("remaining_use",), notice_days=0),
        at=stage.clock.at,
    )  # fmt: skip
