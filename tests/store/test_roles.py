"""Who may do what: facts and entries are only ever added, and every role can do its own work and nothing else."""

from __future__ import annotations

import psycopg
import pytest

from stagedoor.adapters.postgres.server import ROLES

from . import making
from .conftest import House

APPEND_ONLY = ("facts.fact", "ledger.entry", "ledger.posting")
CHANGES = (
    ("facts.fact", "UPDATE facts.fact SET body = body"),
    ("facts.fact", "DELETE FROM facts.fact"),
    ("facts.fact", "TRUNCATE facts.fact CASCADE"),
    ("facts.fact", "INSERT INTO facts.fact (digest) VALUES ('x')"),
    ("facts.journal", "UPDATE facts.journal SET seq = 0"),
    ("facts.journal", "DELETE FROM facts.journal"),
    ("facts.journal", "TRUNCATE facts.journal CASCADE"),
    ("ledger.entry", "UPDATE ledger.entry SET cause = cause"),
    ("ledger.entry", "DELETE FROM ledger.entry"),
    ("ledger.entry", "TRUNCATE ledger.entry CASCADE"),
    ("ledger.posting", "UPDATE ledger.posting SET amount = 0"),
    ("ledger.posting", "DELETE FROM ledger.posting"),
    ("ledger.posting", "TRUNCATE ledger.posting"),
    ("ledger.balance", "UPDATE ledger.balance SET amount = 0"),
    ("ledger.balance", "DELETE FROM ledger.balance"),
    ("ledger.balance", "TRUNCATE ledger.balance"),
)
OWNER_MAY = {"UPDATE facts.journal SET seq = 0", "UPDATE ledger.balance SET amount = 0"}
"""Heads and balances are projections and must move; `verify` finds an owner who moves them by hand."""


def _refused(connection: psycopg.Connection, statement: str) -> str:
    with pytest.raises(psycopg.Error) as refused:
        connection.execute(statement)
    connection.rollback()
    return str(refused.value.sqlstate)


@pytest.mark.parametrize("role", [*ROLES, "owner"])
def test_facts_and_entries_are_only_ever_added(house: House, role: str) -> None:
    with house.store.unit() as unit:
        unit.append("house", making.party())
        unit.post(making.JOURNAL, making.deposit(5))
    for _, statement in CHANGES:
        if role == "owner" and (statement in OWNER_MAY or statement.startswith("INSERT")):
            continue
        with house.connect(role) as connection:
            assert _refused(connection, statement) == ("SD001" if role == "owner" else "42501"), statement
    assert house.auditor.verify() == ()


def test_replica_mode_does_not_silence_the_guards(house: House) -> None:
    with house.store.unit() as unit:
        unit.post(making.JOURNAL, making.deposit(5))
    with house.connect("owner") as connection:
        connection.execute("SET session_replication_role = replica")
        connection.commit()
        for table in APPEND_ONLY:
            with pytest.raises(psycopg.Error) as refused:
                connection.execute(psycopg.sql.SQL("DELETE FROM {}").format(psycopg.sql.SQL(table)))
            assert refused.value.sqlstate == "SD001"
            connection.rollback()


def test_unbalanced_lines_cannot_be_written_even_by_the_owner(house: House) -> None:
    with house.store.unit() as unit:
        kept = unit.post(making.JOURNAL, making.deposit(5))
    with house.connect("owner") as connection, pytest.raises(psycopg.Error) as refused:
        connection.execute(
            "INSERT INTO ledger.posting (entry, line, account, amount, currency, rule, why)"
            " VALUES (%s, 9, 'a/x', 1, 'USD', '', '')",
            (kept.digest,),
        )
    assert refused.value.sqlstate == "SD007"
    with house.connect("owner") as connection:
        digest = connection.execute("SELECT digest FROM facts.append('house', 'party', '', '{}')").fetchone()
        connection.execute(
            "INSERT INTO ledger.entry (digest, entry_id, kind, production, performer, permit, cause, currency)"
            " VALUES (%s, 'e', 'post', '', '', '', 'c', 'USD')",
            digest,
        )
        with pytest.raises(psycopg.Error) as refused:
            connection.commit()
        assert refused.value.sqlstate == "SD007"


@pytest.mark.parametrize("role", ROLES)
def test_each_custodian_alone_reads_its_shares(house: House, role: str) -> None:
    for name in ("union", "studio"):
        with house.connect(role) as connection:
            statement = psycopg.sql.SQL("SELECT asset FROM {}.share").format(
                psycopg.sql.Identifier(f"custodian_{name}")
            )
            if role == f"stagedoor_custodian_{name}":
                assert connection.execute(statement).fetchall() == []
                connection.execute(
                    psycopg.sql.SQL(
                        "INSERT INTO {}.share (asset, wrapped, performer, performer_key) VALUES ('a', 'w', 'p', 'k')"
                    ).format(psycopg.sql.Identifier(f"custodian_{name}"))
                )
                connection.execute(
                    psycopg.sql.SQL("DELETE FROM {}.share").format(psycopg.sql.Identifier(f"custodian_{name}"))
                )
                continue
            with pytest.raises(psycopg.Error) as refused:
                connection.execute(statement)
            assert refused.value.sqlstate == "42501"


def test_only_the_gate_appends_facts_and_posts_money(house: House) -> None:
    for role in ROLES:
        with house.connect(role) as connection:
            append = "SELECT digest FROM facts.append('house', 'party', '', '{}')"
            post = "SELECT digest FROM ledger.post('house', 'x', '{}')"
            if role == "stagedoor_gate":
                connection.execute(append)
                assert _refused(connection, post) == "SD007"
                assert _refused(connection, "SELECT facts.append('custodian/union', 'party', '', '{}')") == "SD051"
            else:
                assert _refused(connection, append) == "42501"
                assert _refused(connection, post) == "42501"


def test_a_worker_reads_no_table_at_all(house: House) -> None:
    with house.connect("owner") as connection:
        tables = connection.execute(
            "SELECT schemaname, tablename FROM pg_tables"
            " WHERE schemaname IN ('facts', 'ledger', 'people', 'assets', 'work', 'custody', 'meta')"
            " OR schemaname LIKE 'custodian_%'"
        ).fetchall()
    assert len(tables) > 15
    for schema, table in tables:
        with house.connect("worker") as connection:
            name = psycopg.sql.Identifier(schema, table)
            with pytest.raises(psycopg.Error) as refused:
                connection.execute(psycopg.sql.SQL("SELECT FROM {}").format(name))
            assert refused.value.sqlstate == "42501", (schema, table)


def test_a_custodian_speaks_only_for_itself(house: House) -> None:
    with house.connect("custodian_studio") as connection:
        for call in (
            "SELECT custody.pending_grants('union')",
            "SELECT grant_body FROM custody.check_grant('union', 'x')",
            "SELECT custody.release('union', 'x', 'e', '{\"fact\":\"share_released\"}')",
            "SELECT custody.refuse('union', 'x', 'held', 'w')",
            "SELECT asset FROM custody.take_deposits('union')",
            "SELECT custody.deposit_taken('union', 'x')",
            "SELECT asset FROM custody.pending_destructions('union')",
            "SELECT custody.destruction_done('union', 'x', '{\"fact\":\"share_destroyed\"}')",
        ):
            assert _refused(connection, call) == "SD051", call
        assert _refused(connection, "SELECT work.next_order('x')") == "42501"
        assert connection.execute("SELECT custody.pending_grants('studio')").fetchall() == []


def test_the_reader_sees_no_names_and_no_envelopes(house: House) -> None:
    with house.connect("reader") as connection:
        for table in ("people.person", "custody.deposit", "custody.answer", "work.delivery"):
            columns = {
                "people.person": "name", "custody.deposit": "envelope", "custody.answer": "envelope",
                "work.delivery": "shares",
            }  # fmt: skip
            statement = psycopg.sql.SQL("SELECT {} FROM {}").format(
                psycopg.sql.Identifier(columns[table]), psycopg.sql.SQL(table)
            )
            with pytest.raises(psycopg.Error) as refused:
                connection.execute(statement)
            assert refused.value.sqlstate == "42501"
            connection.rollback()


def test_no_function_is_open_to_everybody(house: House) -> None:
    with house.connect("owner") as connection:
        rows = connection.execute(
            "SELECT p.oid::regprocedure::text FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace"
            " WHERE n.nspname IN ('meta', 'facts', 'ledger', 'work', 'custody', 'assets', 'people')"
            " AND has_function_privilege('public', p.oid, 'EXECUTE')"
        ).fetchall()
        loose = connection.execute(
            "SELECT p.oid::regprocedure::text FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace"
            " WHERE n.nspname IN ('meta', 'facts', 'ledger', 'work', 'custody', 'assets', 'people')"
            " AND p.prosecdef AND NOT 'search_path=pg_catalog, pg_temp' = ANY (coalesce(p.proconfig, '{}'))"
        ).fetchall()
    assert rows == []
    assert loose == [], "every SECURITY DEFINER function pins its search_path"
