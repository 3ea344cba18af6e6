"""Settings in, whole house out.  The only file that knows everything; every door begins here."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from stagedoor.adapters.blobs import FolderBlobs
from stagedoor.adapters.clock import TimeOrderedIds, today
from stagedoor.adapters.home import Home, HomeError, open_home
from stagedoor.adapters.naming import NameIndex
from stagedoor.adapters.postgres.audit import PostgresAuditor
from stagedoor.adapters.postgres.embedded import EmbeddedServer, check_path
from stagedoor.adapters.postgres.external import ExternalServer
from stagedoor.adapters.postgres.gate_inbox import GateInbox
from stagedoor.adapters.postgres.people import PostgresPeople
from stagedoor.adapters.postgres.store import PostgresStore
from stagedoor.adapters.rulebooks import FolderRulebooks
from stagedoor.adapters.signing import Ed25519Verifier
from stagedoor.core.rules.rulebook import Rulebook
from stagedoor.ports.naming import Names

PACKAGE: Final = Path(__file__).parent
RULEBOOKS: Final = PACKAGE / "rulebooks"
HOME_VARIABLE: Final = "STAGEDOOR_HOME"
DATABASE_VARIABLE: Final = "STAGEDOOR_DATABASE_URL"

STORY_AGREEMENT: Final = "sag_aftra_tv_theatrical_2026"
"""The agreement of the story; its plans, the house and every law in force join it."""
RATES_VARIABLE: Final = "STAGEDOOR_RATES"
"""The folder of the user's own rate files, for agreements whose rates are not public."""


@dataclass(slots=True)
class House:
    """A running house: its folder, its database and everything that a door hands to a story."""

    home: Home
    server: EmbeddedServer | ExternalServer
    store: PostgresStore
    people: PostgresPeople
    auditor: PostgresAuditor
    verifier: Ed25519Verifier
    ids: TimeOrderedIds
    blobs: FolderBlobs

    def close(self) -> None:
        """Stop the database and give the folder up."""
        self.store.close()
        self.people.close()
        self.server.stop()


def examples_folder() -> Path:
    """Where the invented performer's pictures lie: beside the source tree."""
    return PACKAGE.parents[1] / "examples"


def rulebooks(root: Path = RULEBOOKS) -> FolderRulebooks:
    """The rulebooks in a folder, read today, with the user's own rates if STAGEDOOR_RATES names their folder."""
    rates = os.environ.get(RATES_VARIABLE, "")
    return FolderRulebooks(root, read_on=today(), rates=Path(rates) if rates else None)


def story_books() -> tuple[Rulebook, ...]:
    """The rulebooks of the story, loaded."""
    return rulebooks().deciding(STORY_AGREEMENT)


def start_house(home: Home) -> House:
    """Start (or join) the embedded PostgreSQL of a home, or use the server that STAGEDOOR_DATABASE_URL names."""
    url = os.environ.get(DATABASE_VARIABLE, "")
    server = ExternalServer.start(home.database, url) if url else EmbeddedServer.start(home.database)
    gate = server.url_for("gate")
    return House(
        home=home,
        server=server,
        store=PostgresStore(gate),
        people=PostgresPeople(gate),
        auditor=PostgresAuditor(server.owner_url),
        verifier=Ed25519Verifier(),
        ids=TimeOrderedIds(),
        blobs=FolderBlobs(home.blobs),
    )


def prompt_register(house: House) -> Names:
    """Everybody's names, to hold prompts against; built anew, so that who was erased is gone."""
    return NameIndex.build(house.people.performers())


def why_order_failed(house: House, order: str) -> str:
    """Why the worker gave an order up; empty while it did not."""
    inbox = GateInbox(house.server.url_for("gate"))
    try:
        return inbox.order_failure(order)
    finally:
        inbox.close()


@contextmanager
def opened(root: Path | None) -> Iterator[House]:
    """The house in a folder (or in STAGEDOOR_HOME), closed at the end."""
    home = open_home(home_folder(root))
    if not os.environ.get(DATABASE_VARIABLE) and not (home.database / "postgres").is_dir():
        raise HomeError(f"{home.root} has lost its database folder. Restore it from a backup; nothing was changed.")
    house = start_house(home)
    try:
        yield house
    finally:
        house.close()


def check_home_path(root: Path) -> None:
    """Refuse a folder that no house can be made in, before anything is made."""
    if not os.environ.get(DATABASE_VARIABLE):
        check_path(root.expanduser().resolve())


def home_folder(root: Path | None) -> Path:
    """The folder that a command means: its own option, else STAGEDOOR_HOME, else ./stagedoor-demo."""
    if root is not None:
        return root
    return Path(os.environ.get(HOME_VARIABLE, "stagedoor-demo"))
