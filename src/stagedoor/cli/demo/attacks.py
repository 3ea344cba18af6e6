"""Scene 11: the house is attacked, by us, with real keys and real processes; and what happened is shown."""

from __future__ import annotations

import random
from dataclasses import replace
from typing import Final, LiteralString

import psycopg

from stagedoor.adapters.clock import TimeOrderedIds
from stagedoor.cli.demo import cast
from stagedoor.cli.demo.asking import Wish, ask, estimate, order_render, receipt_for, request_of
from stagedoor.cli.demo.intruder import Intruder, own_key, stolen_key
from stagedoor.cli.demo.stage import Stage, restart_custodian, start_worker
from stagedoor.core.base.money import Money
from stagedoor.core.base.outcome import Code, Refused
from stagedoor.core.facts.asset import Asset
from stagedoor.core.facts.consent import Use
from stagedoor.core.facts.permit import Permit, WorkOrder
from stagedoor.core.rules.chart import owed
from stagedoor.ports.store import Delivered, StoreFault
from stagedoor.stories.record_consent import record_consent
from stagedoor.stories.record_receipt import Posted, record_next_delivery, record_receipt


def attack(stage: Stage) -> None:
    """Six attacks."""
    stage.teller.scene("The house attacks itself")
    stage.clock.move_to(cast.ATTACK_DAY)
    stage.children.pop("worker").stop()
    _one_share_alone(stage)
    _another_worker(stage)
    start_worker(stage)
    _altered_consent(stage)
    _replayed_receipts(stage)
    _database_killed(stage)
    _ledger_edited(stage)


def _small_order(stage: Stage) -> tuple[Permit, WorkOrder]:
    """One more frame within the days already paid: a valid permit to attack with."""
    asked = ask(stage, request_of(stage, Wish(shot="12B", units=1, arc=(0, 0))))
    assert asked.permit is not None, asked.refused
    return asked.permit, order_render(stage, asked.permit)


def _one_share_alone(stage: Stage) -> None:
    """An insider with a valid permit, the worker's key and the union's share, while the studio's side is silent."""
    stage.children.pop("custodian-studio").stop()
    _, order = _small_order(stage)
    stolen = stolen_key(stage.home.worker, stage.passphrases["worker"])
    intruder = Intruder(stage.house.server.url_for("worker"), worker=stage.id("worker"), signing=stolen)
    try:
        intruder.ask(order)
        status, _, why, given = intruder.answer(order, envelopes=1)
        assert status == "granted", why
        with stage.house.store.unit() as unit:
            replica = unit.find(Asset, stage.id("replica"))
        assert replica is not None
        said = intruder.try_with_one_share(given, stage.home.blobs, replica.sealed_sha256, replica.sealed_bytes)
        assert "opened" not in said.split(":")[0], "one share alone must open nothing"
        intruder.give_up(order)
    finally:
        intruder.close()
    restart_custodian(stage, "studio")
    stage.teller.good(f"one custodian's share alone opens nothing. {said}")
    stage.teller.keep("attack_one_share", said.split(":")[0])


def _another_worker(stage: Stage) -> None:
    """Somebody else's machine asks for the key under a permit that names this worker."""
    _, order = _small_order(stage)
    other = stage.house.ids.new("worker")
    intruder = Intruder(stage.house.server.url_for("worker"), worker=other, signing=own_key())
    try:
        intruder.ask(order)
        status, code, why, _ = intruder.answer(order, envelopes=1)
        assert (status, code) == ("refused", Code.PERMIT_OTHER_WORKER.value), (status, code, why)
        intruder.give_up(order)
    finally:
        intruder.close()
    stage.teller.good(f"a permit used by another worker: refused [{code}]")
    stage.teller.keep("attack_other_worker", code)


def _altered_consent(stage: Stage) -> None:
    """Her day rate raised by one byte after she signed."""
    assert stage.consent is not None
    signature = stage.sign("performer", stage.consent)
    altered = replace(stage.consent, deal=replace(stage.consent.deal, day_rate=Money.whole(1_500, "USD")))
    differs = sum(a != b for a, b in zip(stage.consent.canonical(), altered.canonical(), strict=True))
    forged = replace(signature, signs=altered.digest())
    refused = record_consent(
        stage.house.store, stage.house.verifier, altered, by_performer=forged, by_studio=stage.sign("studio", altered)
    )
    assert isinstance(refused, Refused) and refused.code is Code.SIGNATURE_INVALID, refused
    stage.teller.good(f"a consent altered by {differs} byte (2,500 a day to 1,500): refused [{refused.code.value}]")
    stage.teller.keep("attack_altered_consent", refused.code.value)


def _owed(stage: Stage) -> int:
    with stage.house.store.unit() as unit:
        return -unit.balance(owed("performer", stage.id("performer")), "USD")


def _delivered(stage: Stage, key: str) -> Delivered:
    receipt, order = stage.receipts[key], stage.orders[key]
    with stage.house.store.unit() as unit:
        signature = unit.signatures(receipt.digest())[0]
    return Delivered(order=order, receipt=receipt.canonical(), signature=signature.canonical(), shares={})


def _replayed_receipts(stage: Stage) -> None:
    """Every receipt five times, in no order."""
    before = _owed(stage)
    letters = [_delivered(stage, key) for key in ("shot", "retake", "approved") for _ in range(5)]
    random.Random(5).shuffle(letters)  # noqa: S311 - an order, not a secret
    for letter in letters:
        again = record_receipt(stage.house.store, stage.house.verifier, stage.house.ids, letter, at=stage.clock.at)
        assert isinstance(again, Posted) and not again.fresh
    assert _owed(stage) == before
    shown = Money(before, "USD").shown()
    stage.teller.good(f"three receipts replayed five times each, out of order: she is owed {shown} as before")
    stage.teller.keep("attack_replay_changed", _owed(stage) - before)


class KillsTheDatabase(TimeOrderedIds):
    """Ids that kill the database server at the very moment when an entry is about to be posted."""

    def __init__(self, stage: Stage) -> None:
        self._stage = stage
        self.killed = False

    def new(self, noun: str) -> str:
        """As usual, but for an entry."""
        if noun == "entry" and not self.killed:
            self.killed = True
            self._stage.house.server.kill()
        return super().new(noun)


def _database_killed(stage: Stage) -> None:
    """SIGKILL to PostgreSQL after the receipt was written and before its money was; then it comes back."""
    stage.teller.line("a new day of work is estimated, so that the next receipt makes money due")
    estimate(stage, "estimate-pickup", use=Use.RENDER, shots=("12B",), days=1, basis="One pick-up day (call sheet 66)")
    asked = ask(stage, request_of(stage, Wish(shot="12B", units=4, arc=(-5, 5), estimate="estimate-pickup")))
    assert asked.permit is not None, asked.refused
    before = _owed(stage)
    order = order_render(stage, asked.permit, first_frame=100)
    _wait_for_delivery(stage, order)
    killer = KillsTheDatabase(stage)
    try:
        record_next_delivery(stage.house.store, stage.house.verifier, killer, at=stage.clock.at)
    except StoreFault as fault:
        stage.teller.line(f"between the receipt and its entry: {fault}", style="yellow")
    assert killer.killed
    stage.house.server.restart()
    stage.gate.resume()
    _wait_for_receipt(stage, "pickup", order)
    gained = Money(_owed(stage) - before, "USD")
    assert gained == Money.whole(cast.DAY_RATE * 9 // 10, "USD"), gained
    again = record_receipt(
        stage.house.store, stage.house.verifier, stage.house.ids, _delivered(stage, "pickup"), at=stage.clock.at
    )
    assert isinstance(again, Posted) and not again.fresh
    stage.permits["pickup"] = asked.permit
    stage.teller.good(f"PostgreSQL killed in the middle of posting, and back: posted exactly once, {gained.shown()}")
    stage.teller.keep("attack_killed_posted", str(gained))


def _wait_for_delivery(stage: Stage, order: WorkOrder) -> None:
    """Let the gate grant the key, then hold it back before it reads the delivery."""
    stage.gate.hold_deliveries()
    stage.wait_for("the worker's delivery", lambda: stage.inbox.has_delivery(order.order))
    stage.gate.pause()


def _wait_for_receipt(stage: Stage, key: str, order: WorkOrder) -> None:
    stage.gate.resume_deliveries()
    stage.wait_for("the receipt", lambda: receipt_for(stage, order) is not None)
    receipt = receipt_for(stage, order)
    assert receipt is not None
    stage.orders[key], stage.receipts[key] = order, receipt


_OFF: Final = "ALTER TABLE ledger.posting DISABLE TRIGGER append_only"
_ON: Final = "ALTER TABLE ledger.posting ENABLE ALWAYS TRIGGER append_only"
_EDIT: Final = """
    UPDATE ledger.posting SET amount = amount - 1000000
     WHERE account = %s AND entry = (SELECT min(entry) FROM ledger.posting WHERE account = %s)
"""
_MEND: Final = """
    UPDATE ledger.posting SET amount = amount + 1000000
     WHERE account = %s AND entry = (SELECT min(entry) FROM ledger.posting WHERE account = %s)
"""


def _ledger_edited(stage: Stage) -> None:
    """The database's owner, triggers switched off, takes one dollar more for the performer."""
    account = owed("performer", stage.id("performer"))
    assert not stage.house.auditor.verify(), "the ledger agrees with itself before the edit"
    try:
        _as_owner(stage, _EDIT, account)
    except psycopg.DatabaseError as fault:
        stage.teller.line(f"even the database's owner is refused: {str(fault).splitlines()[0]}", style="yellow")
    else:
        raise AssertionError("the ledger let itself be edited")
    _as_owner(stage, _EDIT, account, triggers_off=True)
    faults = stage.house.auditor.verify()
    assert faults, "an edited ledger must be found out"
    _as_owner(stage, _MEND, account, triggers_off=True)
    assert not stage.house.auditor.verify()
    found = f"{faults[0].where}: {faults[0].what}"
    stage.teller.good(f"the ledger edited behind our back: found by 'stagedoor ledger verify': {found}")
    stage.teller.keep("attack_edit_found", len(faults) > 0)


def _as_owner(stage: Stage, statement: LiteralString, account: str, *, triggers_off: bool = False) -> None:
    with psycopg.connect(stage.house.server.owner_url) as connection:
        if triggers_off:
            connection.execute(_OFF)
        connection.execute(statement, (account, account))
        if triggers_off:
            connection.execute(_ON)
