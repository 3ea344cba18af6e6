"""Paying: every billable unit once, however its receipt comes: twice, late, out of order, at once, across a crash."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from stagedoor.core.base.outcome import Refused
from stagedoor.ports.store import Delivered
from stagedoor.stories.record_receipt import Posted, record_next_delivery
from stagedoor.stories.release_lapsed import release_lapsed

from .theatre import AT, DAY, FUNDED, Theatre, at_once


def test_invariant_6_a_receipt_delivered_twice_is_paid_once(theatre: Theatre) -> None:
    letter = theatre.shoot(theatre.permit())
    first, again = theatre.record(letter), theatre.record(letter)
    assert isinstance(first, Posted) and first.fresh and first.entry is not None
    assert isinstance(again, Posted) and not again.fresh and again.entry == first.entry
    assert theatre.money == theatre.paid(1)
    assert theatre.query("SELECT units_made FROM work.permit") == [(10,)]


def test_invariant_6_a_receipt_delivered_at_once_from_many_threads_is_paid_once(theatre: Theatre) -> None:
    letter = theatre.shoot(theatre.permit())
    answers = at_once(*[lambda: theatre.record(letter)] * 6, leave=theatre.store.leave)
    assert all(isinstance(answer, Posted) for answer in answers), answers
    assert sum(answer.fresh for answer in answers if isinstance(answer, Posted)) == 1
    assert theatre.money == theatre.paid(1)
    assert theatre.query("SELECT units_made FROM work.permit") == [(10,)]


def test_invariant_6_two_receipts_of_one_permit_at_once_are_paid_once(theatre: Theatre) -> None:
    permit = theatre.permit()
    letters = [theatre.shoot(permit, units=4) for _ in range(2)]
    answers = at_once(*[lambda letter=letter: theatre.record(letter) for letter in letters], leave=theatre.store.leave)
    assert sum(isinstance(answer, Posted) and answer.entry is not None for answer in answers) >= 1, answers
    assert theatre.money == theatre.paid(1)
    assert theatre.query("SELECT units_made FROM work.permit") == [(8,)]


def test_more_than_was_permitted_is_no_evidence(theatre: Theatre) -> None:
    permit = theatre.permit()
    one = theatre.shoot(permit, units=6)
    order = theatre.order(permit, frames=4)
    other = theatre.letter(order, theatre.made(permit, order, theatre.granted(order), units=6))
    assert isinstance(theatre.record(one), Posted)
    assert theatre.refused(theatre.record(other)) == "permit_spent"
    assert theatre.money == theatre.paid(1)


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_invariant_6_every_billable_unit_is_paid_once(theatre: Theatre, data: st.DataObject) -> None:
    """Three permits over two estimates, their receipts in any order, each any number of times, some after their
    permits lapsed: the same postings as delivered once each."""
    before = theatre.money
    theatre.consent()
    theatre.estimate("one", days=1)
    theatre.estimate("other", days=1)
    permits = [theatre.permit(estimate=theatre.id(key), units=3) for key in ("one", "one", "other")]
    letters = [theatre.shoot(permit) for permit in permits]
    turns = data.draw(st.lists(st.sampled_from([0, 1, 2, "sweep", "lapse"]), max_size=10))
    lapsed = data.draw(st.lists(st.sampled_from(permits), max_size=2, unique_by=lambda permit: permit.permit))
    theatre.fund(1_000)
    for turn in [*turns, 2, 1, 0]:
        if turn == "lapse":
            for permit in lapsed:
                theatre.lapse(permit)
        elif turn == "sweep":
            release_lapsed(theatre.store, theatre.ids, at=AT)
        else:
            assert isinstance(turn, int)
            answer = theatre.record(letters[turn])
            assert isinstance(answer, Posted), answer
    release_lapsed(theatre.store, theatre.ids, at=AT)
    after = theatre.money
    # An unlucky order may not have cost more than the two days that were estimated.
    assert {name: after[name] - before[name] for name in ("performer", "agent")} == {"performer": 4_500, "agent": 500}
    theatre.fund(2 * DAY)  # the next example begins with enough


def test_a_late_receipt_after_the_permit_lapsed_is_paid_from_funds(theatre: Theatre) -> None:
    permit = theatre.permit()
    letter = theatre.shoot(permit)
    theatre.lapse(permit)
    assert release_lapsed(theatre.store, theatre.ids, at=AT) == (permit.digest(),)
    assert theatre.money == theatre.paid(0)
    late = theatre.record(letter)
    assert isinstance(late, Posted) and late.entry is not None
    assert late.entry.postings[0].account.startswith("funds/")
    assert theatre.money == theatre.paid(1)
    again = theatre.record(letter)
    assert isinstance(again, Posted) and not again.fresh
    assert theatre.money == theatre.paid(1)


def test_a_late_receipt_that_funds_do_not_cover_waits_for_money(theatre: Theatre) -> None:
    permit = theatre.permit()
    letter = theatre.shoot(permit)
    theatre.lapse(permit)
    release_lapsed(theatre.store, theatre.ids, at=AT)
    theatre.estimate("nine", days=9)
    theatre.permit(estimate=theatre.id("nine"))
    assert theatre.money["funds"] == FUNDED - 9 * DAY < DAY
    answer = theatre.record(letter)
    assert theatre.refused(answer) == "insufficient_funds"
    assert isinstance(answer, Refused) and "pay in" in answer.why
    assert theatre.count("receipt") == 0, "nothing is half-written"
    theatre.fund(DAY)
    assert isinstance(theatre.record(letter), Posted)
    assert theatre.money["performer"] == 2_250


def test_a_day_is_not_paid_twice_because_its_first_permit_lapsed(theatre: Theatre) -> None:
    """A renders and lapses; B, asked under the same estimate, charges its day again and is paid; then A's receipt
    comes late.  One day was estimated, and one day is paid."""
    slow = theatre.permit()
    late = theatre.shoot(slow)
    theatre.lapse(slow)
    release_lapsed(theatre.store, theatre.ids, at=AT)
    second = theatre.permit()
    assert second.days == 1
    assert isinstance(theatre.record(theatre.shoot(second)), Posted)
    answer = theatre.record(late)
    assert isinstance(answer, Posted), answer
    assert theatre.money == theatre.paid(1), "the estimated day was paid once for each permit that ever charged it"


def test_a_second_permit_cannot_dodge_the_days_of_the_first(theatre: Theatre) -> None:
    """The charging permit is never used; frames come under one that cost nothing: the day is due all the same."""
    theatre.permit()
    free = theatre.permit()
    assert free.cost.units == 0
    assert isinstance(theatre.record(theatre.shoot(free)), Posted)
    assert theatre.money == theatre.paid(1)


def test_receipts_of_two_permits_of_one_estimate_at_once(theatre: Theatre) -> None:
    for _ in range(4):
        theatre.consent()
        theatre.estimate("again", days=1)
        permits = [theatre.permit(estimate=theatre.id("again"), units=2) for _ in range(2)]
        letters = [theatre.shoot(permit) for permit in permits]
        before = theatre.money["performer"]
        jobs = [lambda letter=letter: theatre.record(letter) for letter in letters]
        answers = at_once(*jobs, leave=theatre.store.leave)
        assert all(isinstance(answer, Posted) for answer in answers), answers
        assert theatre.money["performer"] == before + 2_250


def test_an_empty_receipt_owes_nothing(theatre: Theatre) -> None:
    permit = theatre.permit()
    answer = theatre.record(theatre.shoot(permit, units=0))
    assert isinstance(answer, Posted) and answer.entry is None
    assert theatre.money == theatre.paid(0, reserved=DAY)
    theatre.lapse(permit)
    release_lapsed(theatre.store, theatre.ids, at=AT)
    assert theatre.money == theatre.paid(0)


def test_lapsed_reservations_go_back_once(theatre: Theatre) -> None:
    permit = theatre.permit()
    theatre.lapse(permit)
    freed = at_once(*[lambda: release_lapsed(theatre.store, theatre.ids, at=AT)] * 4, leave=theatre.store.leave)
    assert sorted(map(len, freed)) == [0, 0, 0, 1]
    assert theatre.money == theatre.paid(0)


def test_a_sweep_and_a_receipt_at_once(theatre: Theatre) -> None:
    """Whichever comes first: the day is paid, and nothing stays set aside."""
    for number in range(1, 7):
        theatre.consent()
        theatre.estimate("again", days=1)
        permit = theatre.permit(estimate=theatre.id("again"))
        letter = theatre.shoot(permit)
        theatre.lapse(permit)
        at_once(
            lambda: release_lapsed(theatre.store, theatre.ids, at=AT),
            lambda letter=letter: theatre.record(letter),
            leave=theatre.store.leave,
        )
        assert theatre.money == theatre.paid(number)


SPOILED = {
    "another worker's signature": (lambda t, o, r: t.letter(o, r, signed_by="other-worker"), "signature_invalid"),
    "another worker": (
        lambda t, o, r: t.letter(o, replace(r, worker=t.id("other-worker")), signed_by="other-worker"),
        "permit_other_worker",
    ),
    "more than permitted": (lambda t, o, r: t.letter(o, replace(r, units=r.units + 1)), "permit_spent"),
    "another unit": (lambda t, o, r: t.letter(o, replace(r, unit="second")), "wrong_work"),
    "less than nothing": (lambda t, o, r: t.letter(o, replace(r, units=-1)), "wrong_work"),
    "an unmarked output": (
        lambda t, o, r: t.letter(o, replace(r, outputs=tuple(replace(each, mark="") for each in r.outputs))),
        "unmarked",
    ),
    "units and no output": (lambda t, o, r: t.letter(o, replace(r, outputs=())), "wrong_work"),
    "another grant": (lambda t, o, r: t.letter(o, replace(r, grant="sha256:" + "0" * 64)), "not_permitted"),
    "no JSON": (lambda t, o, r: replace(t.letter(o, r), receipt=b"{"), "malformed"),
    "another spelling": (lambda t, o, r: replace(t.letter(o, r), receipt=r.canonical() + b" "), "malformed"),
    "no signature": (lambda t, o, r: replace(t.letter(o, r), signature=b"{}"), "malformed"),
    "a signature over another receipt": (
        lambda t, o, r: replace(t.letter(o, replace(r, units=1)), receipt=r.canonical()), "signature_invalid",
    ),
}  # fmt: skip


@pytest.mark.parametrize("how", SPOILED)
def test_what_is_no_evidence_is_not_paid(theatre: Theatre, how: str) -> None:
    spoil, code = SPOILED[how]
    permit = theatre.permit()
    order = theatre.order(permit)
    receipt = theatre.made(permit, order, theatre.granted(order))
    letter: Delivered = spoil(theatre, order, receipt)
    assert theatre.refused(theatre.record(letter)) == code
    assert theatre.money == theatre.paid(0, reserved=DAY)
    assert theatre.count("receipt") == 0
    assert theatre.query("SELECT units_made, status FROM work.permit") == [(0, "live")]
    assert isinstance(theatre.record(theatre.letter(order, receipt)), Posted), "the true one is taken all the same"


def test_a_receipt_of_the_same_id_and_other_content_is_refused(theatre: Theatre) -> None:
    permit = theatre.permit()
    order = theatre.order(permit)
    receipt = theatre.made(permit, order, theatre.granted(order), units=2)
    theatre.record(theatre.letter(order, receipt))
    assert theatre.refused(theatre.record(theatre.letter(order, replace(receipt, units=3)))) == "conflicting_duplicate"
    assert theatre.money == theatre.paid(1)


def test_what_was_earned_stays_owed_after_a_withdrawal(theatre: Theatre) -> None:
    theatre.record(theatre.shoot(theatre.permit()))
    theatre.withdraw()
    assert theatre.money == theatre.paid(1)


CHILD = """
import sys, json
from stagedoor.adapters.clock import TimeOrderedIds
from stagedoor.adapters.postgres.store import PostgresStore
from stagedoor.adapters.signing import Ed25519Verifier
from stagedoor.core.base.when import Instant
from stagedoor.stories.record_receipt import record_next_delivery
store = PostgresStore(sys.stdin.readline().strip())
at = Instant(int(sys.stdin.readline()))
print("ready", flush=True)
sys.stdin.readline()
print(type(record_next_delivery(store, Ed25519Verifier(), TimeOrderedIds(), at=at)).__name__, flush=True)
"""


def test_invariant_6_a_gate_killed_while_it_records_pays_once(theatre: Theatre, tmp_path: Path) -> None:
    """SIGKILL at random moments, in a process of its own; then another gate finds the letter and finishes it."""
    script = tmp_path / "gate.py"
    script.write_text(CHILD)
    chance = random.Random(6)
    ends = {"before": 0, "after": 0}
    for number in range(1, 9):
        theatre.consent()
        theatre.estimate("again", days=1)
        _into_the_letter_box(theatre, theatre.shoot(theatre.permit(estimate=theatre.id("again"))))
        child = subprocess.Popen([sys.executable, script], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        assert child.stdin is not None and child.stdout is not None
        child.stdin.write(f"{theatre.house.server.url_for('gate')}\n{AT.ms}\n")
        child.stdin.flush()
        assert child.stdout.readline() == "ready\n"
        child.stdin.write("go\n")
        child.stdin.flush()
        time.sleep(chance.random() * 0.05)
        os.kill(child.pid, signal.SIGKILL)
        child.communicate()
        _wait_for_its_connection_to_end(theatre)
        posted = theatre.money["performer"] == 2_250 * number
        ends["after" if posted else "before"] += 1
        assert posted or theatre.money["performer"] == 2_250 * (number - 1), "all or nothing"
        while record_next_delivery(theatre.store, theatre.verifier, theatre.ids, at=AT) is not None:
            pass
        assert theatre.money == theatre.paid(number)
        assert theatre.query("SELECT count(*) FROM work.delivery WHERE status <> 'posted'") == [(0,)]
    assert theatre.count("receipt") == 8
    assert ends["before"], f"no kill came before the commit: {ends}"


def _into_the_letter_box(theatre: Theatre, letter: Delivered) -> None:
    with theatre.house.connect("worker") as connection:
        connection.execute(
            "SELECT work.deliver(%s, %s, %s, '{}'::jsonb)",
            (letter.order.order, letter.receipt.decode(), letter.signature.decode()),
        )


def _wait_for_its_connection_to_end(theatre: Theatre) -> None:
    """The server notices that a client died when it next writes to it; until then its row locks stand."""
    for _ in range(200):
        busy = theatre.query(
            "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
            " AND usename = 'stagedoor_gate' AND (state = 'active' OR state LIKE 'idle in transaction%%')"
        )
        if busy == [(0,)]:
            return
        time.sleep(0.02)
    raise AssertionError("the killed gate's transaction did not end")


def test_a_letter_that_is_refused_does_not_stop_those_behind_it(theatre: Theatre) -> None:
    permit = theatre.permit()
    bad = theatre.shoot(permit, units=4)
    good = theatre.shoot(permit, units=4)
    _into_the_letter_box(theatre, replace(bad, signature=good.signature))
    _into_the_letter_box(theatre, good)
    answers = [record_next_delivery(theatre.store, theatre.verifier, theatre.ids, at=AT) for _ in range(3)]
    assert [type(answer) for answer in answers] == [Refused, Posted, type(None)]
    assert theatre.query("SELECT status FROM work.delivery ORDER BY delivered_at") == [("refused",), ("posted",)]
    assert theatre.money == theatre.paid(1)
