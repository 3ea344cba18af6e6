"""What can go wrong with a data folder or a database, as one paragraph a person can act on; and SQLSTATEs to faults."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import psycopg

from stagedoor.ports.store import ConflictingDuplicate, OverdrawnError, StoreFault

# SQLSTATEs of sql/*.sql.  Class SD is ours: PostgreSQL and the standard leave it free.
APPEND_ONLY = "SD001"
CONFLICT = "SD005"
MALFORMED = "SD007"
OVERDRAWN = "SD042"
NO_ORDER = "SD050"
NOT_YOURS = "SD051"
EPOCH_PASSED = "SD055"
LEASE_LAPSED = "SD056"


class DataFolderError(Exception):
    """A data folder or a database that cannot be used as it is: what is wrong, where, and what to do."""

    def __init__(self, what: str, where: str, todo: str) -> None:
        super().__init__(f"{what} ({where}). {todo}")
        self.what = what
        self.where = where
        self.todo = todo


@contextmanager
def translated() -> Iterator[None]:
    """Turn the database's answers into the port's exceptions.  No text of the server's or of the URL's goes out."""
    try:
        yield
    except psycopg.Error as fault:
        raise of_database(fault) from fault


def of_database(fault: psycopg.Error) -> Exception:
    """The port's exception for a database error."""
    state = fault.sqlstate or ""
    said = fault.diag.message_primary or ""
    if state == CONFLICT:
        return ConflictingDuplicate(said)
    if state == OVERDRAWN:
        return OverdrawnError(said)
    if state in ("40001", "40P01", "55P03"):
        return StoreFault("Two writers waited for each other and the database chose one; ask again.")
    if state.startswith(("08", "57P", "53")) or not state:
        return StoreFault("The database is gone or does not answer; what was not acknowledged may be asked again.")
    if state.startswith("SD"):
        return StoreFault(f"The database refused ({state}): {said}.")
    if state in ("28P01", "28000", "42501"):
        return StoreFault(f"The database does not let this role do that ({state}).")
    return StoreFault(f"The database refused what was asked of it ({state or 'no state'}).")
