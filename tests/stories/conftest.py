"""Stories on the real PostgreSQL with real signatures; no worker and no custodian runs: the test plays them."""

from __future__ import annotations

import itertools
from collections.abc import Iterator

import psycopg
import pytest
from psycopg import sql

from stagedoor.adapters.postgres.embedded import EmbeddedServer
from stagedoor.core.rules.rulebook import Rulebook
from stagedoor.wiring import story_books
from store.conftest import house_on, own_folder

from .theatre import Theatre

_numbers = itertools.count(1)


@pytest.fixture(scope="session")
def books() -> tuple[Rulebook, ...]:
    """The rulebooks of the story."""
    return story_books()


@pytest.fixture(scope="session")
def server(books: tuple[Rulebook, ...]) -> Iterator[EmbeddedServer]:
    """The session's server; its own database is the template: everybody enrolled, funded and consented."""
    with own_folder() as made, EmbeddedServer.start(made) as started:
        house = house_on(started.server)
        Theatre.template = Theatre.opened(house, books)
        house.close()
        yield started


@pytest.fixture
def theatre(server: EmbeddedServer, books: tuple[Rulebook, ...]) -> Iterator[Theatre]:
    """A fresh theatre: a copy of the template with its own connections."""
    name = f"story_{next(_numbers)}"
    maintenance = server.server.database("postgres").owner_url
    with psycopg.connect(maintenance, autocommit=True) as connection:
        connection.execute(sql.SQL("CREATE DATABASE {} TEMPLATE stagedoor").format(sql.Identifier(name)))
    house = house_on(server.server.database(name))
    assert Theatre.template is not None
    yield Theatre.template.on(house)
    assert house.auditor.verify() == (), "whatever a story did, every chain and every balance agree"
    house.close()
    with psycopg.connect(maintenance, autocommit=True) as connection:
        connection.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))
