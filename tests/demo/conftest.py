"""The whole story, told twice by real subprocesses, once a session: once with --keep, once without."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psycopg
import pytest
from psycopg import sql

from doors.kit import Said, environment
from stagedoor.adapters.postgres.embedded import EmbeddedServer


@dataclass(frozen=True)
class Told:
    """One telling of the story: where its world lies, and what it printed as JSON."""

    home: Path
    said: Said

    @property
    def figures(self) -> dict[str, Any]:
        """What --json printed."""
        plain = self.said.json
        assert isinstance(plain, dict)
        return plain


@dataclass
class Dump:
    """Every value of every text, JSON and binary column of the database, by table; and the facts once more, parsed."""

    rows: dict[str, list[tuple[bytes, ...]]] = field(default_factory=dict)
    facts: list[tuple[str, dict[str, Any]]] = field(default_factory=list)
    """Journal and plain fact, in order of recording."""
    people: list[tuple[str, str]] = field(default_factory=list)

    def of(self, kind: str, journal: str = "") -> list[dict[str, Any]]:
        """Facts of a kind, in one journal if named."""
        return [fact for where, fact in self.facts if fact["fact"] == kind and journal in ("", where)]

    def bytes_of(self, schema: str) -> bytes:
        """Everything in one schema, one value after another."""
        tables = [rows for table, rows in self.rows.items() if table.startswith(f"{schema}.")]
        return b"\n".join(value for rows in tables for row in rows for value in row)


def tell(*arguments: str, **more: str) -> Said:
    """`stagedoor demo ...` from a cold start, as its user runs it."""
    done = subprocess.run(
        [sys.executable, "-m", "stagedoor", "demo", *arguments],
        env=environment(**more), stdin=subprocess.DEVNULL, capture_output=True, timeout=240, check=False,
    )  # fmt: skip
    return Said(done.returncode, done.stdout.decode(), done.stderr.decode())


@pytest.fixture(scope="session")
def short() -> Iterator[Path]:
    """A short folder outside pytest's tree: PostgreSQL lives in it."""
    folder = Path(tempfile.mkdtemp(prefix="stagedoor-test-"))
    yield folder
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="session")
def told(short: Path) -> Told:
    """The story, with its world kept."""
    home = short / "kept"
    return Told(home, tell("--fast", "--keep", str(home), "--json"))


@pytest.fixture(scope="session")
def told_again(short: Path, told: Told) -> Told:
    """The story once more, without --keep: its world lies in a temporary folder of its own."""
    place = short / "t"
    place.mkdir()
    said = tell("--fast", "--json", TMPDIR=str(place))
    left = [path for path in place.glob("stagedoor-*") if (path / "papers").is_dir()]
    assert len(left) == 1, (said.err, list(place.iterdir()))
    return Told(left[0], said)


@pytest.fixture(scope="session")
def dump(told: Told) -> Dump:
    """The kept database, read whole by its owner, and closed again."""
    assert told.said.status == 0, told.said.err
    found = Dump()
    with EmbeddedServer.start(told.home / "database") as server, psycopg.connect(server.owner_url) as connection:
        columns = connection.execute(
            "SELECT c.table_schema, c.table_name, array_agg(c.column_name::text ORDER BY c.ordinal_position)"
            " FROM information_schema.columns c JOIN information_schema.tables t USING (table_schema, table_name)"
            " WHERE c.table_schema NOT IN ('pg_catalog', 'information_schema') AND t.table_type = 'BASE TABLE'"
            " AND (c.data_type IN ('bytea', 'text', 'jsonb', 'json', 'ARRAY') OR c.data_type LIKE 'character%')"
            " GROUP BY 1, 2 ORDER BY 1, 2"
        ).fetchall()
        for schema, table, names in columns:
            wanted = sql.SQL(", ").join(map(sql.Identifier, names))
            rows = connection.execute(sql.SQL("SELECT {} FROM {}").format(wanted, sql.Identifier(schema, table)))
            found.rows[f"{schema}.{table}"] = [tuple(map(_bytes, row)) for row in rows.fetchall()]
        facts = connection.execute("SELECT journal, body FROM facts.fact ORDER BY recorded_at, journal, seq").fetchall()
        found.facts = [(journal, json.loads(body)) for journal, body in facts]
        found.people = connection.execute("SELECT name, contact FROM people.person").fetchall()
    return found


def _bytes(value: object) -> bytes:
    if isinstance(value, bytes | bytearray | memoryview):
        return bytes(value)
    return str(value).encode()
