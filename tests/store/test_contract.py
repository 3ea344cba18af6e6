"""The contract of ports.store, on the real database."""

from __future__ import annotations

import contextlib
import time

import psycopg
import pytest

from stagedoor.core.base.money import Money
from stagedoor.core.facts.consent import Use
from stagedoor.core.facts.party import Party, Signature
from stagedoor.core.facts.posting import Entry, EntryKind
from stagedoor.core.facts.request import Estimate
from stagedoor.ports.store import ConflictingDuplicate, OverdrawnError, Store, StoreFault, Unit

from . import making
from .conftest import House


def test_the_store_is_a_store(house: House) -> None:
    store: Store = house.store
    with store.unit() as unit:
        asked: Unit = unit
        assert asked.get(Party, "sha256:" + "0" * 64) is None


def test_a_fact_is_recorded_once_and_read_back(house: House) -> None:
    fact = making.estimate("“naïve” \\u0000 \x00 line\nbreak é 😀")
    with house.store.unit() as unit:
        first = unit.append("house", fact, ident=fact.estimate)
        again = unit.append("house", fact, ident=fact.estimate)
    assert first.fresh and not again.fresh
    assert (first.digest, first.seq, first.journal) == (again.digest, again.seq, again.journal)
    assert first.digest == fact.digest()
    with house.store.unit() as unit:
        assert unit.get(Estimate, first.digest) == fact
        assert unit.find(Estimate, fact.estimate) == fact
        assert unit.get(Party, first.digest) is None, "a digest is of its kind"
        assert unit.find(Estimate, "") is None
        elsewhere = unit.append("production/other", fact, ident=fact.estimate)
    assert elsewhere.journal == "house" and not elsewhere.fresh


def test_the_same_id_with_other_content_is_a_conflict(house: House) -> None:
    fact = making.estimate()
    other = making.estimate("another basis")
    with house.store.unit() as unit:
        unit.append("house", fact, ident=fact.estimate)
    with pytest.raises(ConflictingDuplicate), house.store.unit() as unit:
        unit.append("house", other, ident=fact.estimate)
    with pytest.raises(ConflictingDuplicate), house.store.unit() as unit:
        unit.append("house", fact, ident="another id for the same fact")


def test_a_unit_that_raises_leaves_nothing(house: House) -> None:
    fact = making.estimate()
    with pytest.raises(ZeroDivisionError), house.store.unit() as unit:
        assert unit.append("house", fact, ident=fact.estimate).seq / 0
    with house.store.unit() as unit:
        assert unit.find(Estimate, fact.estimate) is None
        assert unit.append("house", fact, ident=fact.estimate).seq == 1, "no gap was left"


def test_a_unit_that_is_rolled_back_leaves_nothing_and_is_over(house: House) -> None:
    with house.store.unit() as unit:
        unit.append("house", making.party())
        assert not unit.over
        unit.roll_back()
    assert unit.over
    with house.store.unit() as unit:
        unit.post(making.JOURNAL, making.deposit(1))
        with pytest.raises(OverdrawnError):
            unit.post(making.JOURNAL, making.spend(2))
        unit.roll_back()
    with house.store.unit() as unit:
        assert unit.all(Party) == () and unit.entries() == ()


def test_a_story_cannot_believe_in_what_was_not_kept(house: House) -> None:
    def careless() -> None:
        with house.store.unit() as unit, contextlib.suppress(OverdrawnError):
            unit.post(making.JOURNAL, making.spend(2))

    with pytest.raises(AssertionError, match="roll_back"):
        careless()


def test_all_is_in_order_of_recording(house: House) -> None:
    facts = [making.party() for _ in range(5)]
    with house.store.unit() as unit:
        for number, fact in enumerate(facts):
            unit.append(f"journal/{number % 2}", fact, ident=fact.party)
    with house.store.unit() as unit:
        assert unit.all(Party) == tuple(facts)
        assert unit.all(Party, "journal/1") == (facts[1], facts[3])
        rows = unit.append_many("house", tuple((fact, fact.party) for fact in [*facts, making.party()]))
    assert [row.fresh for row in rows] == [False] * 5 + [True]


def test_signatures_are_found_by_what_they_sign(house: House) -> None:
    fact = making.estimate()
    signed = making.signature(fact.digest(), "estimate")
    with house.store.unit() as unit:
        unit.append("house", fact, ident=fact.estimate)
        unit.append("house", signed)
        unit.append("house", making.signature("sha256:" + "9" * 64, "estimate"))
    with house.store.unit() as unit:
        assert unit.signatures(fact.digest()) == (signed,)
        assert len(unit.all(Signature)) == 2


def test_an_asset_moves_only_forward(house: House) -> None:
    asset = making.asset()
    with house.store.unit() as unit:
        unit.open_asset(asset)
        unit.open_asset(asset)
        assert unit.advance_epoch(asset.asset, withdrawn=False) == 2
        assert unit.set_holds(asset.asset, ("strike",)) == 3
        assert unit.advance_epoch(asset.asset, withdrawn=True) == 4
        assert unit.advance_epoch(asset.asset, withdrawn=False) == 5
        state = unit.asset_state(asset.asset, lock=True)
    assert state is not None
    assert (state.epoch, state.withdrawn, state.holds) == (5, True, ("strike",))
    with house.connect("gate") as connection, pytest.raises(psycopg.Error) as refused:
        connection.execute("UPDATE assets.state SET epoch = 1")
    assert refused.value.sqlstate == "SD001"
    with pytest.raises(StoreFault), house.store.unit() as unit:
        unit.advance_epoch("asset:unknown", withdrawn=False)


def test_usage_counts_live_permits_in_full(house: House) -> None:
    asset = making.asset()
    live = making.permit(asset, units=48, days=2)
    posted = making.permit(asset, units=100, days=1, life_seconds=0)
    void = making.permit(asset, units=1000, days=9)
    create = making.permit(asset, units=1, days=1, use=Use.CREATE)
    photographs = making.permit(asset, units=5, days=0, unit="photograph")
    with house.store.unit() as unit:
        unit.open_asset(asset)
        for permit in (live, posted, void, create, photographs):
            unit.append(making.JOURNAL, permit, ident=permit.permit)
            unit.open_permit(permit, estimate="sha256:est", gross_units=10_000_000)
        unit.count_units(posted.digest(), 7)
        unit.close_permit(posted.digest(), status="posted")
        unit.close_permit(void.digest(), status="void")
        usage = unit.usage(
            consent=making.CONSENT, use=Use.RENDER, unit="frame", estimate="sha256:est", production=making.PRODUCTION,
            performer=making.PERFORMER,
        )  # fmt: skip
        nothing = unit.usage(consent="x", use=Use.RENDER, unit="frame", estimate="", production="x", performer="x")
        assert unit.live_permits(making.CONSENT) == (live.digest(), create.digest(), photographs.digest())
        assert unit.lapsed_permits() == ()
    assert usage.units_used == 48 + 7  # photographs are no frames
    assert usage.days_charged == 2 + 1 + 1
    assert usage.prior_gross_units == 10_000_000  # what was posted, and nothing that may still lapse
    assert usage.arcs == ((-20, 20), (-20, 20), (-20, 20))
    assert (nothing.units_used, nothing.days_charged, nothing.arcs) == (0, 0, ())


def test_a_permit_lapses_on_the_database_clock(house: House) -> None:
    asset = making.asset()
    permit = making.permit(asset, life_seconds=0)
    with house.store.unit() as unit:
        unit.open_asset(asset)
        unit.append(making.JOURNAL, permit, ident=permit.permit)
        unit.open_permit(permit, estimate="", gross_units=0)
    with house.store.unit() as unit:
        state = unit.permit_state(permit.digest(), lock=True)
        assert state is not None
        assert (state.live, state.status) == (False, "live")
        assert unit.lapsed_permits() == (permit.digest(),)
        unit.close_permit(permit.digest(), status="void")
        assert unit.lapsed_permits() == ()


def test_money_is_posted_once_and_reserved_is_what_the_permit_holds(house: House) -> None:
    asset = making.asset()
    permit = making.permit(asset)
    cost = Money.whole(100, "USD").units
    reserve = making.entry(
        making.line(f"funds/{making.PRODUCTION}", cost), making.line(f"reserved/{permit.permit}", -cost),
        kind=EntryKind.RESERVE, cause=permit.digest(), under=permit.digest(),
    )  # fmt: skip
    with house.store.unit() as unit:
        unit.open_asset(asset)
        unit.append(making.JOURNAL, permit, ident=permit.permit)
        unit.open_permit(permit, estimate="", gross_units=0)
        unit.post(making.JOURNAL, making.deposit(cost))
        first = unit.post(making.JOURNAL, reserve)
        assert unit.post(making.JOURNAL, reserve) == first.__class__(
            digest=first.digest, journal=first.journal, seq=first.seq, fresh=False
        )
        state = unit.permit_state(permit.digest(), lock=False)
        assert state is not None
        assert state.reserved_units == cost
        assert unit.balance(f"reserved/{permit.permit}", "USD") == -cost
        assert unit.balance(f"funds/{making.PRODUCTION}", "USD") == 0
        assert unit.balance("nobody/x", "USD") == 0
        assert unit.entry_for(permit.digest(), "reserve") == reserve
        assert unit.entry_for(permit.digest(), "release") is None
        assert unit.get(Entry, first.digest) == reserve
        assert unit.entries(production=making.PRODUCTION)[-1] == reserve
        assert unit.entries(performer="nobody") == ()


def test_an_overdraft_an_imbalance_and_a_second_cause_are_refused(house: House) -> None:
    with house.store.unit() as unit:
        unit.post(making.JOURNAL, making.deposit(1_000_000))
        paid = making.spend(600_000)
        unit.post(making.JOURNAL, paid)
    with pytest.raises(OverdrawnError), house.store.unit() as unit:
        unit.post(making.JOURNAL, making.spend(400_001))
    with pytest.raises(ConflictingDuplicate), house.store.unit() as unit:
        unit.post(making.JOURNAL, making.spend(1, cause=paid.cause))
    for bad in (
        making.entry(making.line("a/x", 1), making.line("b/x", -2)),
        making.entry(making.line("a/x", 1, "USD"), making.line("b/x", -1, "GBP")),
        making.entry(),
    ):
        with pytest.raises(StoreFault, match="SD007"), house.store.unit() as unit:
            unit.post(making.JOURNAL, bad)
    with pytest.raises(StoreFault, match="SD051"), house.store.unit() as unit:
        unit.append(making.JOURNAL, paid, ident=paid.entry)
    with house.store.unit() as unit:
        assert unit.balance(f"funds/{making.PRODUCTION}", "USD") == -400_000
    assert house.auditor.verify() == ()


def test_people_are_kept_apart_and_can_be_forgotten(house: House) -> None:
    party = making.party().party
    house.people.enrol(party, name="Mara Quist", contact="mara@example.org")
    assert house.people.name(party) == "Mara Quist"
    house.people.erase(party)
    house.people.erase(party)
    assert house.people.name(party) == "(erased)"


def test_a_fault_says_one_sentence_without_the_password(house: House) -> None:
    from stagedoor.adapters.postgres.store import PostgresStore

    url = house.server.url_for("gate")
    password = house.server.passwords["stagedoor_gate"]
    for wrong in (url.replace(password, "no-such-password"), url.replace("dbname=", "dbname=nowhere")):
        with pytest.raises(StoreFault) as fault, PostgresStore(wrong).unit():
            pass
        said = str(fault.value)
        assert password not in said and "no-such-password" not in said and "host" not in said
        assert said.count(".") == 1


def test_the_store_comes_back_when_the_server_does(house: House) -> None:
    with house.store.unit() as unit:
        unit.append("house", making.party())
    with house.connect("owner") as connection:
        connection.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = 'stagedoor_gate'")
    time.sleep(0.1)
    with house.store.unit() as unit:
        assert unit.append("house", making.party()).fresh
