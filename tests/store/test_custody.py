"""The way of a key through the database, and what a withdrawal does to it (invariants 4 and 5)."""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass

import psycopg
import pytest
from psycopg.types.json import Jsonb

from stagedoor.core.base.outcome import Code, Refused
from stagedoor.core.facts.asset import Asset
from stagedoor.core.facts.permit import KeyGrant, Permit, WorkOrder
from stagedoor.core.facts.posting import EntryKind

from . import making
from .conftest import House

COST = 1_450_000_000
CHECK = """
    SELECT grant_body, permit_body, decision_body, request_body, consent_body, consent_signatures, reserve_entry_body,
           permit_signatures, asset_epoch, asset_withdrawn, asset_holds, permit_live, permit_status, lease_live,
           units_left
      FROM custody.check_grant(%s, %s)
"""


@dataclass(frozen=True)
class Case:
    asset: Asset
    permit: Permit
    order: WorkOrder
    grant: KeyGrant


def opened(house: House, *, lease_seconds: int = 20, life_seconds: int = 3600) -> Case:
    """An asset, a permit with its reservation, an order taken by the worker, and a grant with its lease."""
    asset = making.asset()
    permit = making.permit(asset, life_seconds=life_seconds)
    order = making.order(permit)
    grant = making.grant(permit, order, lease_seconds=lease_seconds)
    with house.store.unit() as unit:
        unit.append("house", asset, ident=asset.asset)
        unit.open_asset(asset)
        unit.append(making.JOURNAL, permit, ident=permit.permit)
        unit.append(making.JOURNAL, making.signature(permit.digest(), "permit"))
        unit.open_permit(permit, estimate="", gross_units=0)
        unit.post(making.JOURNAL, making.deposit(COST))
        reserved = (
            making.line(f"funds/{making.PRODUCTION}", COST), making.line(f"reserved/{permit.permit}", -COST)
        )  # fmt: skip
        unit.post(
            making.JOURNAL,
            making.entry(*reserved, kind=EntryKind.RESERVE, cause=permit.digest(), under=permit.digest()),
        )
        unit.append(making.JOURNAL, order, ident=order.order)
        unit.put_order(order, permit)
    with house.connect("worker") as worker:
        row = worker.execute(
            "SELECT order_body, permit_body, asset_body FROM work.next_order(%s)", (making.WORKER,)
        ).fetchone()
        assert row == (order.canonical().decode(), permit.canonical().decode(), asset.canonical().decode())
        ask(worker, order, grant.one_time_key)
    with house.store.unit() as unit:
        asked = unit.take_key_request()
        assert asked is not None
        assert (asked.order, asked.one_time_key, asked.worker) == (order, grant.one_time_key, making.WORKER)
        with house.second.unit() as other:
            assert other.take_key_request() is None, "another gate passes over a letter that is being answered"
        unit.append(making.JOURNAL, grant, ident=grant.grant)
        unit.open_lease(grant)
        unit.answer_key_request(order.order, grant=grant, refused=None)
        assert unit.take_key_request() is None
    return Case(asset, permit, order, grant)


def ask(worker: psycopg.Connection, order: WorkOrder, key: str) -> None:
    worker.execute("SELECT work.ask_key(%s, %s, %s, %s)", (order.order, making.WORKER, key, "aa" * 64))


def answer(worker: psycopg.Connection, case: Case) -> tuple[object, ...]:
    row = worker.execute(
        "SELECT status, code, why, grant_body, envelopes, refusals FROM work.key_answer(%s)", (case.order.order,)
    ).fetchone()
    assert row is not None
    return row


def release(custodian: psycopg.Connection, name: str, case: Case, envelope: bytes = b"sealed") -> None:
    fact = making.released(name, case.grant.digest(), case.asset.asset).canonical().decode()
    custodian.execute("SELECT custody.release(%s, %s, %s, %s)", (name, case.grant.digest(), envelope, fact))


def test_a_key_goes_its_way_and_everything_is_said_once(house: House) -> None:
    case = opened(house)
    digest = case.grant.digest()
    for name in ("union", "studio"):
        with house.connect(f"custodian_{name}") as custodian:
            assert custodian.execute("SELECT custody.pending_grants(%s)", (name,)).fetchall() == [(digest,)]
            row = custodian.execute(CHECK, (name, digest)).fetchone()
            assert row is not None
            assert row[0] == case.grant.canonical().decode()
            assert row[1] == case.permit.canonical().decode()
            assert '"kind":"reserve"' in row[6]
            assert len(row[7]) == 1
            assert row[8:] == (1, False, [], True, "live", True, 48)
            release(custodian, name, case, name.encode())
            release(custodian, name, case, name.encode())
            assert custodian.execute("SELECT custody.pending_grants(%s)", (name,)).fetchall() == []
    with house.connect("worker") as worker:
        said = answer(worker, case)
        assert said[0] == "granted"
        assert said[3] == case.grant.canonical().decode()
        assert said[4] == {"union": b"union".hex(), "studio": b"studio".hex()}
        ask(worker, case.order, case.grant.one_time_key)
        with pytest.raises(psycopg.Error) as conflict, worker.transaction():
            ask(worker, case.order, "ff" * 32)
        assert conflict.value.sqlstate == "SD005"
        assert worker.execute("SELECT work.renew(%s)", (digest,)).fetchone() == (True,)
        worker.execute("SELECT work.end_lease(%s)", (digest,))
        assert worker.execute("SELECT work.renew(%s)", (digest,)).fetchone() == (False,)
        assert answer(worker, case)[4] == {}, "envelopes to a key that is given back are forgotten"
    assert house.auditor.verify() == ()


def test_a_release_and_its_fact_cannot_be_said_twice_differently(house: House) -> None:
    case = opened(house)
    with house.connect("custodian_union") as custodian:
        custodian.execute("SELECT custody.refuse('union', %s, 'held', 'a strike')", (case.grant.digest(),))
        custodian.execute("SELECT custody.refuse('union', %s, 'held', 'a strike')", (case.grant.digest(),))
        custodian.commit()
        with pytest.raises(psycopg.Error) as conflict:
            release(custodian, "union", case)
        assert conflict.value.sqlstate == "SD005"
    with house.connect("worker") as worker:
        assert answer(worker, case)[5] == {"union": {"code": "held", "why": "a strike"}}


def test_a_released_or_missing_reservation_shows(house: House) -> None:
    case = opened(house)
    given_back = making.entry(
        making.line(f"reserved/{case.permit.permit}", COST), making.line(f"funds/{making.PRODUCTION}", -COST),
        kind=EntryKind.RELEASE, under=case.permit.digest(),
    )  # fmt: skip
    with house.store.unit() as unit:
        unit.post(making.JOURNAL, given_back)
    with house.connect("custodian_union") as custodian:
        row = custodian.execute(CHECK, ("union", case.grant.digest())).fetchone()
        assert row is not None
        assert row[6] is None
        assert custodian.execute(CHECK, ("union", "sha256:unknown")).fetchone() is None


def test_after_a_withdrawal_the_check_shows_the_new_epoch_and_no_renewal(house: House) -> None:
    case = opened(house)
    with house.store.unit() as unit:
        assert unit.lease_is_live(case.grant.digest())
        unit.advance_epoch(case.asset.asset, withdrawn=True)
        assert not unit.lease_is_live(case.grant.digest())
    with house.connect("custodian_union") as custodian:
        row = custodian.execute(CHECK, ("union", case.grant.digest())).fetchone()
        assert row is not None
        assert row[8:10] == (2, True)
        with pytest.raises(psycopg.Error) as moved:
            release(custodian, "union", case)
        assert moved.value.sqlstate == "SD055"
    with house.connect("worker") as worker:
        assert worker.execute("SELECT work.renew(%s)", (case.grant.digest(),)).fetchone() == (False,)


def test_a_withdrawal_waits_for_a_release_under_way_and_the_next_check_sees_it(house: House) -> None:
    case = opened(house)
    withdrawn = threading.Event()

    def withdraw() -> None:
        with house.store.unit() as unit:
            unit.advance_epoch(case.asset.asset, withdrawn=True)
        withdrawn.set()
        house.store.leave()

    with house.connect("custodian_union") as custodian:
        row = custodian.execute(CHECK, ("union", case.grant.digest())).fetchone()
        assert row is not None
        assert row[8] == 1
        thread = threading.Thread(target=withdraw)
        thread.start()
        assert not withdrawn.wait(0.3), "the withdrawal waits for the custodian's transaction"
        release(custodian, "union", case)
        custodian.commit()
        assert withdrawn.wait(5)
        thread.join()
        row = custodian.execute(CHECK, ("union", case.grant.digest())).fetchone()
        assert row is not None
        assert row[8:10] == (2, True)


def test_a_check_behind_a_withdrawal_under_way_sees_its_end(house: House) -> None:
    case = opened(house)
    seen: list[int] = []

    def check() -> None:
        with house.connect("custodian_studio") as custodian:
            row = custodian.execute(CHECK, ("studio", case.grant.digest())).fetchone()
            assert row is not None
            seen.append(row[8])

    thread = threading.Thread(target=check)
    with house.store.unit() as unit:
        unit.advance_epoch(case.asset.asset, withdrawn=True)
        thread.start()
        time.sleep(0.3)
        assert seen == [], "the check waits for the withdrawal"
    thread.join()
    assert seen == [2]


def test_a_hold_a_void_permit_and_a_lapsed_lease_end_renewal(house: House) -> None:
    held, void, lapsed, dead = opened(house), opened(house), opened(house, lease_seconds=1), opened(house)
    with house.store.unit() as unit:
        unit.set_holds(held.asset.asset, ("strike",))
        unit.close_permit(void.permit.digest(), status="void")
        unit.close_permit(dead.permit.digest(), status="posted")
    time.sleep(1.1)
    with house.connect("worker") as worker:
        for case, renewed in ((held, False), (void, False), (lapsed, False), (dead, True)):
            assert worker.execute("SELECT work.renew(%s)", (case.grant.digest(),)).fetchone() == (renewed,)
        assert worker.execute("SELECT work.renew('unknown')").fetchone() == (False,)
    with house.connect("custodian_union") as custodian:
        pending = {row[0] for row in custodian.execute("SELECT custody.pending_grants('union')").fetchall()}
        assert lapsed.grant.digest() not in pending
        with pytest.raises(psycopg.Error) as late:
            release(custodian, "union", lapsed)
        assert late.value.sqlstate == "SD056"


def test_a_delivery_is_taken_once_and_answered(house: House) -> None:
    case = opened(house)
    receipt = making.receipt(case.order, case.permit)
    signed = making.signature(receipt.digest(), "receipt")
    deliver = "SELECT work.deliver(%s, %s, %s, %s)"
    letter = (case.order.order, receipt.canonical().decode(), signed.canonical().decode(), Jsonb({"union": "00ff"}))
    with house.connect("worker") as worker:
        worker.execute(deliver, letter)
        worker.execute(deliver, letter)
        worker.commit()
        other = making.receipt(case.order, case.permit, units=1).canonical().decode()
        with pytest.raises(psycopg.Error) as conflict:
            worker.execute(deliver, (case.order.order, other, letter[2], Jsonb({})))
        assert conflict.value.sqlstate == "SD005"
        worker.rollback()
        with pytest.raises(psycopg.Error) as unknown:
            worker.execute(deliver, ("order:unknown", other, letter[2], Jsonb({})))
        assert unknown.value.sqlstate == "SD050"
        for shares in ([], "x", {"union": "zz"}, {"union": 1}, {"nobody": "00"}, {"union": ""}):
            worker.rollback()
            with pytest.raises(psycopg.Error) as malformed:
                worker.execute(deliver, (*letter[:3], Jsonb(shares)))
            assert malformed.value.sqlstate == "SD007", shares
    assert house.inbox.has_delivery(case.order.order)
    assert not house.inbox.has_delivery("order:unknown")
    with house.store.unit() as unit:
        delivery = unit.take_delivery()
        assert delivery is not None
        unit.roll_back()
    assert unit.over
    with house.store.unit() as unit:
        assert unit.take_delivery() == delivery, "a gate that did not answer leaves the letter for the next"
        with house.second.unit() as other:
            assert other.take_delivery() is None
        assert delivery.order == case.order
        assert delivery.receipt == receipt.canonical() and delivery.signature == signed.canonical()
        assert delivery.shares == {"union": b"\x00\xff"}
        unit.finish_order(case.order.order, receipt, status="done")
        unit.answer_delivery(case.order.order, refused=None)
        assert unit.take_delivery() is None
    with house.connect("worker") as worker:
        said = worker.execute("SELECT status, code, why FROM work.delivery_answer(%s)", (case.order.order,)).fetchone()
    assert said == ("posted", "", "")


def test_a_share_goes_to_its_custodian_and_can_be_destroyed(house: House) -> None:
    asset = making.asset().asset
    with house.store.unit() as unit:
        for _ in range(2):
            unit.deposit_share(asset, "union", b"to the union", performer="p", performer_key="ab")
        assert unit.shares_taken(asset) == ()
    with house.connect("custodian_union") as custodian, house.connect("custodian_union") as other:
        take = "SELECT asset, envelope, performer, performer_key FROM custody.take_deposits('union')"
        assert custodian.execute(take).fetchall() == [(asset, b"to the union", "p", "ab")]
        assert other.execute(take).fetchall() == [], "another process of this custodian takes the next one"
        custodian.execute("SELECT custody.deposit_taken('union', %s)", (asset,))
    with house.store.unit() as unit:
        assert unit.shares_taken(asset) == ("union",)
        for name, _ in house.inbox.custodians():
            unit.ask_destruction(asset, name, because="withdrawn")
    assert house.inbox.shares_not_destroyed(asset) == ("studio", "union")
    body = '{"fact":"share_destroyed"}'
    with house.connect("custodian_union") as custodian:
        assert custodian.execute("SELECT asset, because FROM custody.pending_destructions('union')").fetchall() == [
            (asset, "withdrawn")
        ]
        for _ in range(2):
            custodian.execute("SELECT custody.destruction_done('union', %s, %s)", (asset, body))
    assert house.inbox.shares_not_destroyed(asset) == ("studio",)
    assert house.inbox.custodians() == (("studio", "custodian/studio"), ("union", "custodian/union"))


def test_two_workers_never_take_one_order(house: House) -> None:
    asset = making.asset()
    permit = making.permit(asset)
    orders = [making.order(permit) for _ in range(20)]
    with house.store.unit() as unit:
        unit.append("house", asset, ident=asset.asset)
        unit.open_asset(asset)
        unit.append(making.JOURNAL, permit, ident=permit.permit)
        unit.open_permit(permit, estimate="", gross_units=0)
        for order in orders:
            unit.put_order(order, permit)
            unit.put_order(order, permit)
    taken: list[str] = []

    def work() -> None:
        with house.connect("worker") as worker:
            while row := worker.execute("SELECT order_body FROM work.next_order(%s)", (making.WORKER,)).fetchone():
                worker.commit()
                taken.append(row[0])

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(taken) == sorted(order.canonical().decode() for order in orders)
    with house.connect("worker") as worker:
        worker.execute("SELECT work.fail(%s, 'no disk')", (orders[0].order,))
    (failed,) = house.inbox.failed_orders()
    assert (failed.order_id, failed.permit, failed.why) == (orders[0].order, permit.digest(), "no disk")
    assert house.inbox.order_failure(orders[0].order) == "no disk"
    assert house.inbox.order_failure(orders[1].order) == ""


def test_the_bell_rings_for_the_gate(house: House) -> None:
    assert house.inbox.wait(0.05) is False
    case = opened(house)
    house.inbox.wait(0.05)  # the key request above
    started = time.monotonic()
    timer = threading.Timer(0.2, lambda: _fail(house, case))
    timer.start()
    assert house.inbox.wait(10) is True
    assert time.monotonic() - started < 5
    timer.join()


def _fail(house: House, case: Case) -> None:
    with house.connect("worker") as worker:
        worker.execute("SELECT work.fail(%s, 'x')", (case.order.order,))


def test_a_refused_key_says_why_and_may_be_asked_again(house: House) -> None:
    case = opened(house)
    with house.connect("worker") as worker:
        worker.execute("SELECT work.end_lease(%s)", (case.grant.digest(),))
        ask(worker, case.order, "ff" * 32)
        worker.commit()
        assert answer(worker, case)[0] == "pending"
        with house.store.unit() as unit:
            refused = Refused(code=Code.PERMIT_SPENT, why="nothing left")
            unit.answer_key_request(case.order.order, grant=None, refused=refused)
        assert answer(worker, case)[:3] == ("refused", "permit_spent", "nothing left")


def test_a_third_custodian_gets_a_place_of_its_own(house: House) -> None:
    with house.connect("owner") as owner:
        owner.execute("SELECT custody.add_custodian('agent')")
        owner.execute("SELECT custody.add_custodian('agent')")
        rows = owner.execute("SELECT name, role FROM custody.custodian ORDER BY name").fetchall()
        for bad in ("Agent", "a; DROP", "", "a" * 40):
            with pytest.raises(psycopg.Error) as refused, owner.transaction():
                owner.execute("SELECT custody.add_custodian(%s)", (bad,))
            assert refused.value.sqlstate == "SD007"
    assert rows[0] == ("agent", "stagedoor_custodian_agent")
