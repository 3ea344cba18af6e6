"""Properties, named after the invariants of the design, on the real database."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Callable

import psycopg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from stagedoor.core.facts.party import Erasure, Party
from stagedoor.core.facts.posting import Entry
from stagedoor.ports.store import OverdrawnError

from . import making
from .conftest import House

on_one_house = settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)  # one database takes all examples: what was there before must not matter

amounts = st.integers(-(10**15), 10**15)


@st.composite
def balanced(draw: st.DrawFn) -> Entry:
    """A balanced entry on uncapped accounts."""
    parts = draw(st.lists(amounts, min_size=1, max_size=9))
    accounts = draw(st.lists(st.sampled_from(["owed/a", "owed/b", "bank/x"]), min_size=len(parts), max_size=len(parts)))
    lines = [making.line(account, part) for account, part in zip(accounts, parts, strict=True)]
    return making.entry(*lines, making.line("cash/house", -sum(parts)))


@on_one_house
@given(entries=st.lists(balanced(), min_size=1, max_size=6), batched=st.booleans())
def test_invariant_7_every_entry_balances_at_every_prefix(house: House, entries: list[Entry], batched: bool) -> None:
    with house.store.unit() as unit:
        if batched:
            unit.post_many(making.JOURNAL, tuple(entries))
        else:
            for entry in entries:
                unit.post(making.JOURNAL, entry)
    with house.connect("reader") as connection:
        wrong = connection.execute(
            "SELECT e.seq FROM (SELECT e.seq, sum(sum(p.amount)) OVER (ORDER BY e.seq) AS running, sum(p.amount) AS own"
            " FROM ledger.entry e JOIN ledger.posting p ON p.entry = e.digest GROUP BY e.seq) e"
            " WHERE e.running <> 0 OR e.own <> 0"
        ).fetchall()
    assert wrong == []


@on_one_house
@given(data=st.data())
def test_invariant_6_every_billable_unit_is_paid_once(house: House, data: st.DataObject) -> None:
    entries = tuple(data.draw(balanced()) for _ in range(4))
    with house.store.unit() as unit:
        before = {account: unit.balance(account, "USD") for account in ("owed/a", "owed/b", "bank/x", "cash/house")}
    # Late, twice, out of order, one at a time and in batches, from several threads at once.
    deliveries = data.draw(st.lists(st.lists(st.sampled_from(entries), min_size=1, max_size=4), min_size=2, max_size=5))
    _at_once([_poster(house, tuple(batch)) for batch in [*deliveries, list(entries)]])
    moved: dict[str, int] = {}
    for entry in entries:
        for posting in entry.postings:
            moved[posting.account] = moved.get(posting.account, 0) + posting.amount.units
    with house.store.unit() as unit:
        for account, was in before.items():
            assert unit.balance(account, "USD") == was + moved.get(account, 0)
    assert house.auditor.verify() == ()


def _poster(house: House, batch: tuple[Entry, ...]) -> Callable[[], None]:
    def post() -> None:
        if len(batch) > 2:
            with house.store.unit() as unit:
                unit.post_many(making.JOURNAL, batch)
        else:
            for entry in batch:
                with house.store.unit() as unit:
                    unit.post(making.JOURNAL, entry)
        house.store.leave()

    return post


def _at_once(jobs: list[Callable[[], None]]) -> None:
    faults: list[BaseException] = []

    def run(job: Callable[[], None]) -> None:
        try:
            job()
        except BaseException as fault:
            faults.append(fault)

    threads = [threading.Thread(target=run, args=(job,)) for job in jobs]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert faults == []


def test_two_threads_race_for_the_last_funds_and_one_wins(house: House) -> None:
    for _ in range(5):
        with house.store.unit() as unit:
            left = -unit.balance(f"funds/{making.PRODUCTION}", "USD")
            unit.post(making.JOURNAL, making.deposit(100 - left))
        won: list[bool] = []

        def take(journal: str, won: list[bool] = won) -> None:
            try:
                with house.store.unit() as unit:
                    unit.post(journal, making.spend(60))
                won.append(True)
            except OverdrawnError:
                won.append(False)
            house.store.leave()

        # Two journals, so that only the balance's own row stands between them.
        _at_once([lambda: take(making.JOURNAL), lambda: take("production/another")])
        assert sorted(won) == [False, True]
    assert house.auditor.verify() == ()


def test_invariant_15_facts_last_people_can_be_forgotten(house: House) -> None:
    party = making.party()
    house.people.enrol(party.party, name="Unmistakable Name", contact="nobody-else@example.org")
    erased = Erasure(party=party.party, what="person", because="asked", at=making.AT)
    with house.store.unit() as unit:
        unit.append("house", party, ident=party.party)
    house.people.erase(party.party)
    with house.store.unit() as unit:
        unit.append("house", erased)
    with house.store.unit() as unit:
        assert unit.find(Party, party.party) == party
        assert unit.all(Erasure) == (erased,)
    assert house.people.name(party.party) == "(erased)"
    with house.connect("owner") as connection:
        found = connection.execute(
            "SELECT count(*) FROM facts.fact WHERE body LIKE '%Unmistakable%' OR body LIKE '%nobody-else%'"
        ).fetchone()
    assert found == (0,)
    assert house.auditor.verify() == ()


EDITS = {
    "a posting's amount": ("ledger.posting", "UPDATE ledger.posting SET amount = amount + 1 WHERE line = 1", "line 1"),
    "a posting's account": ("ledger.posting", "UPDATE ledger.posting SET account = 'owed/thief' WHERE line = 1",
                            "owed/thief"),
    "a posting's reason": ("ledger.posting", "UPDATE ledger.posting SET why = 'other' WHERE line = 1", "line 1"),
    "two postings that still balance": (
        "ledger.posting", "UPDATE ledger.posting SET amount = -amount", "line 0"),
    "a deleted line": ("ledger.posting", "DELETE FROM ledger.posting WHERE line = 1", "is missing"),
    "a fact's body": ("facts.fact", "UPDATE facts.fact SET body = replace(body, 'studio', 'stodiu')"
                      " WHERE journal = 'house' AND seq = 2", "journal house seq 2 kind estimate"),
    "a fact's body with its digest": (
        "facts.fact", "UPDATE facts.fact SET body = body || ' ', digest = facts.digest_of(kind, body || ' ')"
        " WHERE journal = 'house' AND seq = 2", "its link does not follow"),
    "a fact's id": ("facts.fact", "UPDATE facts.fact SET ident = 'estimate:other' WHERE journal = 'house' AND seq = 2",
                    "ident estimate:other"),
    "a fact's time": ("facts.fact", "UPDATE facts.fact SET recorded_at = recorded_at - interval '1 microsecond'"
                      " WHERE journal = 'house' AND seq = 2", "journal house seq 2"),
    "a fact's place": ("facts.fact", "UPDATE facts.fact SET seq = 99 WHERE journal = 'house' AND seq = 2",
                       "journal house seq 2"),
    "a deleted fact": ("facts.fact", "DELETE FROM facts.fact WHERE journal = 'house' AND seq = 2",
                       "journal house seq 2"),
    "the last fact deleted": ("facts.fact", "DELETE FROM facts.fact WHERE journal = 'house' AND seq = 4",
                              "journal house head"),
    "a whole journal deleted": ("facts.fact", "DELETE FROM facts.fact WHERE journal = 'house'", "journal house head"),
    "the last fact deleted and the head set back": (
        "facts.fact", "WITH gone AS (DELETE FROM facts.fact f USING facts.journal j WHERE f.journal = j.journal"
        " AND f.seq = j.seq AND f.kind = 'entry' RETURNING f.journal, f.seq, f.parent)"
        " UPDATE facts.journal j SET seq = g.seq - 1, chain = g.parent FROM gone g WHERE g.journal = j.journal",
        "is gone"),
    "a deleted entry": ("ledger.entry", "DELETE FROM ledger.entry WHERE kind = 'post'", "the ledger has no entry"),
    "an entry's cause": ("ledger.entry", "UPDATE ledger.entry SET cause = 'x' WHERE kind = 'post'", "cause is 'x'"),
    "a forged balance": ("ledger.balance", "UPDATE ledger.balance SET amount = amount - 1 WHERE account = 'owed/fund'",
                         "account owed/fund USD"),
    "a deleted balance": ("ledger.balance", "DELETE FROM ledger.balance WHERE account = 'owed/fund'",
                          "account owed/fund USD"),
    "a forged head": ("facts.journal", "UPDATE facts.journal SET chain = 'x' WHERE journal = 'house'",
                      "journal house head"),
}  # fmt: skip


@pytest.mark.parametrize("edit", EDITS)
def test_journal_chain_detects_any_edit(house: House, edit: str) -> None:
    """An owner disables every guard and every foreign key, edits, and puts them back: the audit says where."""
    with house.store.unit() as unit:
        for _ in range(4):
            fact = making.estimate()
            unit.append("house", fact, ident=fact.estimate)
        unit.post(making.JOURNAL, making.deposit(1000))
        unit.post(making.JOURNAL, making.spend(700))
    assert house.auditor.verify() == ()
    table, statement, told = EDITS[edit]
    with house.connect("owner") as connection:
        for touched in {table, "facts.fact", "facts.journal", "ledger.entry", "ledger.posting"}:
            connection.execute(psycopg.sql.SQL("ALTER TABLE {} DISABLE TRIGGER ALL").format(psycopg.sql.SQL(touched)))
        assert connection.execute(statement).rowcount > 0
        for touched in {table, "facts.fact", "facts.journal", "ledger.entry", "ledger.posting"}:
            connection.execute(psycopg.sql.SQL("ALTER TABLE {} ENABLE TRIGGER ALL").format(psycopg.sql.SQL(touched)))
    faults = house.auditor.verify()
    of_guards = [fault for fault in faults if "guard" in fault.what]
    of_data = [fault for fault in faults if "guard" not in fault.what]
    assert of_guards, "the guards came back another way than they were made"
    assert any(told in f"{fault.where}: {fault.what}" for fault in of_data), of_data


def test_a_missing_guard_is_told(house: House) -> None:
    with house.connect("owner") as connection:
        connection.execute("ALTER TABLE facts.fact DISABLE TRIGGER append_only")
        connection.execute("DROP TRIGGER append_only ON ledger.posting")
    assert [(fault.where, "gone" in fault.what) for fault in house.auditor.verify()] == [
        ("facts.fact", False), ("ledger.posting", True),
    ]  # fmt: skip


@on_one_house
@given(place=st.integers(0, 400), by=st.integers(1, 255))
def test_journal_chain_detects_any_edited_byte(house: House, place: int, by: int) -> None:
    fact = making.estimate("x" * 200)
    body = bytearray(fact.canonical())
    place %= len(body)
    body[place] = 0x20 + (body[place] - 0x20 + by % 94 + 1) % 95
    with house.store.unit() as unit:
        kept = unit.append("house", fact, ident=fact.estimate)
    if bytes(body) == fact.canonical():
        return
    with contextlib.suppress(psycopg.Error), house.connect("owner") as connection:
        connection.execute("ALTER TABLE facts.fact DISABLE TRIGGER append_only")
        connection.execute("UPDATE facts.fact SET body = %s WHERE digest = %s", (body.decode(), kept.digest))
        connection.execute("ALTER TABLE facts.fact ENABLE ALWAYS TRIGGER append_only")
    told = [fault for fault in house.auditor.verify() if f"seq {kept.seq} " in fault.where]
    assert len(told) == 1 and "does not hash" in told[0].what
