"""Keys: none without a reservation, none to another worker, and none after a withdrawal has committed."""

from __future__ import annotations

import random
import time
from dataclasses import replace
from datetime import date

import psycopg
import pytest

from stagedoor.core.base.outcome import Refused
from stagedoor.core.base.when import Instant
from stagedoor.core.facts.asset import Asset
from stagedoor.core.facts.consent import Consent, Withdrawal
from stagedoor.core.facts.permit import KeyGrant
from stagedoor.stories.dispatch_work import dispatch_work
from stagedoor.stories.release_key import release_next_key
from stagedoor.stories.release_lapsed import release_lapsed
from stagedoor.stories.withdraw_consent import Withdrawn

from .theatre import AT, DAY, Theatre, at_once


def test_a_permit_gives_a_key_and_a_lease(theatre: Theatre) -> None:
    permit = theatre.permit()
    grant = theatre.granted(theatre.order(permit))
    assert (grant.permit, grant.epoch, grant.worker) == (permit.digest(), 1, theatre.id("worker"))
    assert theatre.query("SELECT status FROM work.key_request") == [("granted",)]
    with theatre.store.unit() as unit:
        assert unit.lease_is_live(grant.digest())
    assert release_next_key(theatre.store, theatre.ids, at=AT) is None, "nobody asks any more"


def test_invariant_4_no_key_without_a_reservation(theatre: Theatre) -> None:
    """The reservation is taken away behind the gate's back: the gate looks again, and the custodians' view agrees."""
    permit = theatre.permit()
    order = theatre.order(permit)
    theatre.ask_key(order)
    hidden = "UPDATE ledger.entry SET cause = 'hidden' WHERE kind = 'reserve'"
    shown = f"UPDATE ledger.entry SET cause = '{permit.digest()}' WHERE kind = 'reserve'"
    _as_owner(theatre, hidden)
    try:
        answer = release_next_key(theatre.store, theatre.ids, at=AT)
        assert theatre.refused(answer) == "no_reservation"
        assert theatre.count("key_grant") == 0
        assert theatre.query("SELECT count(*) FROM work.lease") == [(0,)]
        assert theatre.query("SELECT status, code FROM work.key_request") == [("refused", "no_reservation")]
    finally:
        _as_owner(theatre, shown)


def test_invariant_4_no_key_once_the_reservation_went_back(theatre: Theatre) -> None:
    permit = theatre.permit()
    order = theatre.order(permit)
    theatre.lapse(permit)
    assert release_lapsed(theatre.store, theatre.ids, at=AT) == (permit.digest(),)
    assert theatre.refused(theatre.key(order)) == "permit_expired"
    assert theatre.count("key_grant") == 0 and theatre.money == theatre.paid(0)


def test_invariant_4_a_permit_that_costs_nothing_needs_no_reservation(theatre: Theatre) -> None:
    theatre.permit()
    within = theatre.permit()
    assert within.cost.units == 0
    assert isinstance(theatre.key(theatre.order(within)), KeyGrant)


def _as_owner(theatre: Theatre, statement: str) -> None:
    with psycopg.connect(theatre.house.server.owner_url) as connection:
        connection.execute(b"ALTER TABLE ledger.entry DISABLE TRIGGER append_only")
        connection.execute(statement.encode())
        connection.execute(b"ALTER TABLE ledger.entry ENABLE ALWAYS TRIGGER append_only")


def test_no_key_to_another_worker(theatre: Theatre) -> None:
    order = theatre.order(theatre.permit())
    theatre.ask_key(order, worker="other-worker")
    assert theatre.refused(release_next_key(theatre.store, theatre.ids, at=AT)) == "permit_other_worker"


def test_no_key_under_a_lapsed_permit(theatre: Theatre) -> None:
    permit = theatre.permit()
    order = theatre.order(permit)
    theatre.lapse(permit)
    assert theatre.refused(theatre.key(order)) == "permit_expired"


def test_no_key_while_the_asset_is_held(theatre: Theatre) -> None:
    order = theatre.order(theatre.permit())
    with theatre.store.unit() as unit:
        unit.set_holds(theatre.id("replica"), ("strike",))
    assert theatre.refused(theatre.key(order)) == "held"
    with theatre.store.unit() as unit:
        unit.set_holds(theatre.id("replica"), ())
    assert theatre.refused(theatre.key(order)) == "epoch_passed", "a permit of before the hold is spent"


def test_no_key_once_all_units_were_made(theatre: Theatre) -> None:
    permit = theatre.permit()
    theatre.record(theatre.shoot(permit))
    assert theatre.refused(theatre.try_order(permit, frames=1)) == "permit_spent"


def test_orders_side_by_side_never_hold_more_than_is_permitted(theatre: Theatre) -> None:
    permit = theatre.permit()
    theatre.order(permit, frames=permit.units - 1)
    assert theatre.refused(theatre.try_order(permit, frames=2)) == "permit_spent"
    theatre.order(permit, frames=1)


def test_no_order_under_a_permit_that_is_not_recorded(theatre: Theatre) -> None:
    forged = replace(theatre.permit(), units=1_000)
    answer = dispatch_work(theatre.store, theatre.ids, forged, recipe="render-arc", settings=(), makes="", at=AT)
    assert theatre.refused(answer) == "not_permitted"
    assert theatre.count("work_order") == 0


def test_a_withdrawal_stops_keys_and_gives_reservations_back(theatre: Theatre) -> None:
    permit = theatre.permit()
    order = theatre.order(permit)
    done = theatre.withdraw()
    assert isinstance(done, Withdrawn)
    assert set(done.assets) == {theatre.id("capture"), theatre.id("replica")}
    assert done.released == (permit.digest(),)
    assert theatre.money == theatre.paid(0)
    assert theatre.refused(theatre.key(order)) == "consent_withdrawn"
    assert theatre.refused(theatre.ask()) == "consent_withdrawn"
    assert theatre.query("SELECT count(*) FROM custody.destruction WHERE custodian = 'union'") == [(2,)]


def test_a_withdrawal_repeated_changes_nothing_more(theatre: Theatre) -> None:
    theatre.permit()
    assert isinstance(theatre.withdraw(), Withdrawn)
    again = theatre.withdraw()
    assert isinstance(again, Withdrawn | Refused)
    assert theatre.money == theatre.paid(0)


def test_only_the_performer_withdraws(theatre: Theatre) -> None:
    for who in ("agent", "second", "studio", "union", "gate"):
        assert theatre.refused(theatre.withdraw(who=who)) == "signature_invalid"
    assert theatre.count("withdrawal") == 0
    assert theatre.query("SELECT count(*) FROM assets.state WHERE withdrawn OR epoch > 1") == [(0,)]
    assert theatre.ask().permit is not None


def test_only_what_the_terms_let_be_withdrawn(theatre: Theatre) -> None:
    assert theatre.refused(theatre.withdraw(what="what was made")) == "needs_a_person"
    assert theatre.query("SELECT count(*) FROM assets.state WHERE withdrawn") == [(0,)]


def test_a_withdrawal_before_its_notice_ran_out_changes_nothing(theatre: Theatre) -> None:
    """With fourteen days' notice in the terms, a withdrawal works from the fourteenth day on; not a day before."""
    consent = theatre.consent(notice_days=14)
    permit = theatre.permit()
    answer = theatre.withdraw(consent=consent, at=Instant.of(date(2026, 10, 14)))
    assert theatre.refused(answer) == "needs_a_person"
    assert isinstance(answer, Refused) and "2026-10-28" in answer.why
    assert isinstance(theatre.key(theatre.order(permit)), KeyGrant), "nothing has changed"
    assert theatre.money == theatre.paid(0, reserved=DAY)


def test_a_withdrawal_works_once_its_notice_ran_out(theatre: Theatre) -> None:
    """She gives notice on the 14th and, as she was told, brings it again on the day it works from."""
    consent = theatre.consent(notice_days=14)
    permit = theatre.permit()
    told = theatre.withdraw(consent=consent, at=Instant.of(date(2026, 10, 14)))
    assert isinstance(told, Refused)
    done = theatre.withdraw(consent=consent, at=Instant.of(date(2026, 10, 28)))
    assert isinstance(done, Withdrawn), f"the promise of the first answer ({told.why}) is not kept: {done}"
    assert permit.digest() in done.released


def test_invariant_5_withdrawal_is_prompt(theatre: Theatre) -> None:
    """A withdrawal races the gate's release, a renewal and a custodian's look; after it, nothing of before holds."""
    chance = random.Random(5)
    for _ in range(8):
        consent = _fresh_double(theatre)
        running = theatre.permit(units=2)
        grant = theatre.granted(theatre.order(running))
        waiting = theatre.permit(units=2)
        theatre.ask_key(theatre.order(waiting))
        pauses = [chance.random() / 100 for _ in range(3)]

        def release(pause: float = pauses[0]) -> object:
            time.sleep(pause)
            return release_next_key(theatre.store, theatre.ids, at=AT)

        def renew(pause: float = pauses[1], grant: KeyGrant = grant) -> object:
            time.sleep(pause)
            with theatre.house.connect("worker") as connection:
                return connection.execute("SELECT work.renew(%s)", (grant.digest(),)).fetchone()

        def withdraw(pause: float = pauses[2], consent: Consent = consent) -> object:
            time.sleep(pause)
            return theatre.withdraw(consent=consent)

        released, _, withdrawn = at_once(release, renew, withdraw, leave=theatre.store.leave)
        assert isinstance(withdrawn, Withdrawn), withdrawn
        if isinstance(released, Refused):
            assert released.code.value in ("consent_withdrawn", "permit_expired", "epoch_passed")
        given = [grant, *([released] if isinstance(released, KeyGrant) else [])]
        for each in given:
            _holds_no_more(theatre, each)
        assert theatre.refused(theatre.ask(units=2)) == "consent_withdrawn"


def _fresh_double(theatre: Theatre) -> Consent:
    """Another capture and double, and the consent to it: what was withdrawn stays withdrawn."""
    with theatre.store.unit() as unit:
        scanned, double = unit.find(Asset, theatre.id("capture")), unit.find(Asset, theatre.id("replica"))
    assert scanned is not None and double is not None
    scanned = replace(scanned, asset=theatre.ids.new("asset"))
    double = replace(double, asset=theatre.ids.new("asset"), made_from=(scanned.digest(),))
    with theatre.store.unit() as unit:
        for made in (scanned, double):
            unit.append("house", made, ident=made.asset)
            unit.open_asset(made)
    theatre.named["capture"], theatre.named["replica"] = scanned.asset, double.asset
    theatre.estimate("estimate", days=1)
    return theatre.consent()


def _holds_no_more(theatre: Theatre, grant: KeyGrant) -> None:
    """Neither the gate, nor the worker's renewal, nor a custodian honours a grant of an older epoch."""
    with theatre.store.unit() as unit:
        assert not unit.lease_is_live(grant.digest())
    with theatre.house.connect("worker") as connection:
        assert connection.execute("SELECT work.renew(%s)", (grant.digest(),)).fetchone() == (False,)
    with theatre.house.connect("custodian_union") as connection:
        seen = connection.execute(
            "SELECT asset_epoch, asset_withdrawn FROM custody.check_grant('union', %s)", (grant.digest(),)
        ).fetchone()
        assert seen is not None and seen[0] > grant.epoch and seen[1] is True
        fact = '{"asset":"a","custodian":"union","envelope_sha256":"","epoch":1,"fact":"share_released"}'
        with pytest.raises(psycopg.DatabaseError) as caught:
            connection.execute("SELECT custody.release('union', %s, %s, %s)", (grant.digest(), b"an envelope", fact))
        assert caught.value.sqlstate == "SD055"


def test_invariant_5_a_custodian_that_looks_first_is_waited_for(theatre: Theatre) -> None:
    """A custodian that has begun to judge holds the asset's row: the withdrawal commits after it, never in between."""
    grant = theatre.granted(theatre.order(theatre.permit()))
    order: list[str] = []

    def judge() -> None:
        with theatre.house.connect("custodian_union") as connection:
            seen = connection.execute(
                "SELECT asset_withdrawn FROM custody.check_grant('union', %s)", (grant.digest(),)
            ).fetchone()
            assert seen == (False,)
            order.append("looked")
            time.sleep(0.4)
            order.append("judged")

    def withdraw() -> None:
        while not order:
            time.sleep(0.005)
        assert isinstance(theatre.withdraw(), Withdrawn)
        order.append("withdrawn")

    at_once(judge, withdraw, leave=theatre.store.leave)
    assert order == ["looked", "judged", "withdrawn"]
    _holds_no_more(theatre, grant)


def test_a_withdrawal_waits_for_no_worker(theatre: Theatre) -> None:
    """A worker at work keeps its reservation: what it makes until its lease lapses is owed."""
    permit = theatre.permit()
    letter = theatre.shoot(permit, units=4)
    done = theatre.withdraw()
    assert isinstance(done, Withdrawn) and done.released == ()
    assert theatre.money == theatre.paid(0, reserved=DAY)
    theatre.record(letter)
    assert theatre.money == theatre.paid(1)


def test_a_withdrawal_of_a_consent_that_is_not_recorded(theatre: Theatre) -> None:
    assert theatre.consented is not None
    strange = replace(theatre.consented, consent=theatre.ids.new("consent"))
    assert theatre.refused(theatre.withdraw(consent=strange)) == "no_consent"
    with theatre.store.unit() as unit:
        assert unit.all(Withdrawal) == ()
