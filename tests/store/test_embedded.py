"""The embedded server: one owner a folder, a closed door, clear refusals, and what a crash leaves."""

from __future__ import annotations

import json
import os
import stat
import subprocess
import sys
import threading
import time
from pathlib import Path

import psycopg
import pytest

from stagedoor.adapters.postgres import migrate as migrations
from stagedoor.adapters.postgres.embedded import EmbeddedServer
from stagedoor.adapters.postgres.faults import DataFolderError
from stagedoor.core.facts.posting import Entry
from stagedoor.ports.store import StoreFault

from . import making
from .conftest import House, fresh_house, house_on


def test_two_owners_of_one_folder_are_refused(embedded: EmbeddedServer) -> None:
    with pytest.raises(DataFolderError) as refused:
        EmbeddedServer.start(embedded.folder)
    assert refused.value.where == str(embedded.folder)
    assert str(os.getpid()) in refused.value.what
    assert "\n" not in str(refused.value)


def test_nobody_else_reaches_the_socket_or_the_passwords(embedded: EmbeddedServer) -> None:
    note = (embedded.folder / "postgres" / "postmaster.pid").read_text().splitlines()
    assert stat.S_IMODE(Path(note[4]).stat().st_mode) == 0o700
    assert stat.S_IMODE((embedded.folder / "roles.json").stat().st_mode) == 0o600
    assert note[5].strip() == "", "no TCP"
    for role in ("postgres", "stagedoor_gate"):
        with pytest.raises(psycopg.OperationalError):
            psycopg.connect(embedded.owner_url, user=role, password="wrong")
    assert set(json.loads((embedded.folder / "roles.json").read_text())) > {"postgres", "stagedoor_worker"}


def test_a_custodian_can_be_added_and_logs_in(folder: Path) -> None:
    with EmbeddedServer.start(folder) as server:
        server.add_custodian("agent")
        server.add_custodian("agent")
        with psycopg.connect(server.url_for("custodian_agent")) as connection:
            assert connection.execute("SELECT custody.pending_grants('agent')").fetchall() == []
            assert connection.execute("SELECT asset FROM custodian_agent.share").fetchall() == []
    with (
        EmbeddedServer.start(folder) as again,
        psycopg.connect(again.url_for("custodian_agent")) as connection,
        pytest.raises(psycopg.errors.InsufficientPrivilege),
    ):
        connection.execute("SELECT asset FROM custodian_union.share")


def test_a_deep_folder_gets_a_short_socket(folder: Path) -> None:
    deep = folder / ("d" * 60) / ("e" * 60)
    with EmbeddedServer.start(deep) as server, psycopg.connect(server.url_for("reader")) as connection:
        assert connection.execute("SELECT current_setting('jit')").fetchone() == ("off",)
        place = Path(str(connection.info.host))
        assert len(str(place)) < 90
        assert stat.S_IMODE(place.stat().st_mode) == 0o700


def test_a_folder_of_another_postgres_or_of_another_schema_is_refused(folder: Path, house: House) -> None:
    (folder / "postgres").mkdir()
    (folder / "postgres" / "PG_VERSION").write_text("16\n")
    with pytest.raises(DataFolderError) as refused:
        EmbeddedServer.start(folder)
    assert "PostgreSQL 16" in refused.value.what and refused.value.todo
    with house.connect("owner") as connection:
        connection.execute("UPDATE meta.house SET value = '9999' WHERE key = 'schema_version'")
    for check in (migrations.migrate, migrations.check):
        with pytest.raises(DataFolderError, match="9999"):
            check(house.server.owner_url)
    with house.connect("owner") as connection:
        connection.execute("UPDATE meta.house SET value = '0001' WHERE key = 'schema_version'")
        connection.execute("UPDATE meta.house SET value = '15' WHERE key = 'postgres_major'")
    with pytest.raises(DataFolderError, match="PostgreSQL 15"):
        migrations.migrate(house.server.owner_url)


def test_a_folder_with_blanks_is_refused(folder: Path) -> None:
    with pytest.raises(DataFolderError, match="blanks"):
        EmbeddedServer.start(folder / "my house")
    with pytest.raises(DataFolderError, match="no house"), EmbeddedServer.start(folder) as server:
        migrations.check(server.server.database("postgres").owner_url)


def test_migrating_again_changes_nothing(house: House) -> None:
    with house.store.unit() as unit:
        unit.append("house", making.party())
    house.store.close()
    house.server.prepare()
    migrations.check(house.server.url_for("gate"))
    assert house.auditor.verify() == ()


def test_the_next_owner_joins_a_server_that_outlived_its_owner(folder: Path) -> None:
    script = (
        "import os, signal, sys\n"
        "from stagedoor.adapters.postgres.embedded import EmbeddedServer\n"
        "server = EmbeddedServer.start(sys.argv[1])\n"
        "print(server.pid(), flush=True)\n"
        "os.kill(os.getpid(), signal.SIGKILL)\n"
    )
    done = subprocess.run([sys.executable, "-c", script, str(folder)], capture_output=True, text=True, check=False)
    assert done.returncode == -9, done.stderr
    with EmbeddedServer.start(folder) as server:
        assert server.pid() == int(done.stdout)
        house = house_on(server.server)
        with house.store.unit() as unit:
            assert unit.append("house", making.party()).fresh
        house.close()


def test_a_killed_server_keeps_every_acknowledged_entry_once(folder: Path) -> None:
    """SIGKILL in the middle of posting: acknowledged entries are there once; asking all again doubles nothing."""
    with fresh_house(folder) as (server, house):
        entries = tuple(making.deposit(1_000_000 + number) for number in range(3000))
        acknowledged: list[Entry] = []
        stopped = threading.Event()

        def post(mine: tuple[Entry, ...]) -> None:
            try:
                for entry in mine:
                    with house.store.unit() as unit:
                        unit.post(making.JOURNAL, entry)
                    acknowledged.append(entry)
            except StoreFault:
                stopped.set()
            house.store.leave()

        threads = [threading.Thread(target=post, args=(entries[start::3],)) for start in range(3)]
        for thread in threads:
            thread.start()
        while len(acknowledged) < 200:
            time.sleep(0.01)
        server.kill()
        for thread in threads:
            thread.join()
        assert stopped.is_set() and 200 <= len(acknowledged) < len(entries)
        server.restart()

        with house.store.unit() as unit:
            kept = unit.entries()
        assert {entry.digest() for entry in acknowledged} <= {entry.digest() for entry in kept}
        assert len(kept) == len({entry.entry for entry in kept})
        assert house.auditor.verify() == ()
        with house.store.unit() as unit:
            again = unit.post_many(making.JOURNAL, entries)
            assert sum(row.fresh for row in again) == len(entries) - len(kept)
            total = sum(entry.postings[0].amount.units for entry in entries)
            assert unit.balance("bank/studio", "USD") == total
        assert house.auditor.verify() == ()
        heads = house.auditor.heads()
        assert [(head.journal, head.seq) for head in heads] == [(making.JOURNAL, len(entries))]
