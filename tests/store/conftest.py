"""Fixtures on the real embedded PostgreSQL: one server a session, one fresh database a test, copied from a template."""

from __future__ import annotations

import itertools
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psycopg
import pytest
from psycopg import sql

from stagedoor.adapters.postgres.audit import PostgresAuditor
from stagedoor.adapters.postgres.embedded import EmbeddedServer
from stagedoor.adapters.postgres.gate_inbox import GateInbox
from stagedoor.adapters.postgres.people import PostgresPeople
from stagedoor.adapters.postgres.server import Server
from stagedoor.adapters.postgres.store import PostgresStore

_numbers = itertools.count(1)


@dataclass
class House:
    """One database with its store, its inbox and a way in for every role."""

    server: Server
    store: PostgresStore
    second: PostgresStore
    inbox: GateInbox
    people: PostgresPeople
    auditor: PostgresAuditor

    @contextmanager
    def connect(self, role: str) -> Iterator[psycopg.Connection]:
        """A connection as that role; `owner` is the superuser."""
        url = self.server.owner_url if role == "owner" else self.server.url_for(role)
        with psycopg.connect(url) as connection:
            yield connection

    def close(self) -> None:
        """Close every connection."""
        self.store.close()
        self.second.close()
        self.inbox.close()
        self.people.close()


def house_on(server: Server) -> House:
    """The parts of a house on a prepared database."""
    gate = server.url_for("gate")
    return House(
        server=server,
        store=PostgresStore(gate),
        second=PostgresStore(gate),
        inbox=GateInbox(gate),
        people=PostgresPeople(gate),
        auditor=PostgresAuditor(server.owner_url),
    )


@contextmanager
def fresh_house(folder: Path) -> Iterator[tuple[EmbeddedServer, House]]:
    """A server and a house of their own in `folder`: for tests that kill it."""
    with EmbeddedServer.start(folder) as embedded:
        house = house_on(embedded.server)
        yield embedded, house
        house.close()


@contextmanager
def own_folder() -> Iterator[Path]:
    """A short folder outside pytest's tree: sessions of pytest tidy away one another's folders, servers and all."""
    folder = Path(tempfile.mkdtemp(prefix="stagedoor-test-"))
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
def folder() -> Iterator[Path]:
    """A folder for a server of the test's own."""
    with own_folder() as made:
        yield made


@pytest.fixture(scope="session")
def embedded() -> Iterator[EmbeddedServer]:
    """The session's server; its own database `stagedoor` is the template and is never written to."""
    with own_folder() as made, EmbeddedServer.start(made) as server:
        yield server


@pytest.fixture
def house(embedded: EmbeddedServer) -> Iterator[House]:
    """A fresh house."""
    name = f"test_{next(_numbers)}"
    maintenance = embedded.server.database("postgres").owner_url
    with psycopg.connect(maintenance, autocommit=True) as connection:
        connection.execute(sql.SQL("CREATE DATABASE {} TEMPLATE stagedoor").format(sql.Identifier(name)))
    made = house_on(embedded.server.database(name))
    yield made
    made.close()
    with psycopg.connect(maintenance, autocommit=True) as connection:
        connection.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))
