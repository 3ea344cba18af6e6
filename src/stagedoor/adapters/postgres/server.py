"""A PostgreSQL server as the house sees it: its owner, its roles and their passwords, and a connection text for each.

Any server may be used: give the owner's URL (STAGEDOOR_DATABASE_URL) and one password for each role.  The owner must be
allowed to create roles and schemas; it need not be a superuser.  The embedded server is in `embedded.py`.

A connection text holds a password: hand it to a process through its environment, never on its command line.
"""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field

import psycopg
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from stagedoor.adapters.postgres.faults import translated
from stagedoor.adapters.postgres.migrate import migrate

GATE = "stagedoor_gate"
WORKER = "stagedoor_worker"
READER = "stagedoor_reader"
CUSTODIAN_UNION = "stagedoor_custodian_union"
CUSTODIAN_STUDIO = "stagedoor_custodian_studio"
ROLES = (GATE, WORKER, READER, CUSTODIAN_UNION, CUSTODIAN_STUDIO)


@dataclass(frozen=True, slots=True)
class Server:
    """One database of one server.  `passwords` by role."""

    owner_url: str = field(repr=False)
    passwords: Mapping[str, str] = field(repr=False)

    def url_for(self, role: str) -> str:
        """How this role connects (libpq connection text).  The short names `gate` or `custodian_union` will do."""
        role = role if role.startswith("stagedoor_") else f"stagedoor_{role}"
        return make_conninfo(self.owner_url, user=role, password=self.passwords[role])

    def database(self, name: str) -> Server:
        """The same server and roles, another database."""
        return Server(make_conninfo(self.owner_url, dbname=name), self.passwords)

    def prepare(self) -> None:
        """Make or check the house here and set the roles' passwords."""
        migrate(self.owner_url)
        set_passwords(self.owner_url, self.passwords)


def new_passwords(roles: tuple[str, ...] = ROLES) -> dict[str, str]:
    """A fresh random password for each role."""
    return {role: secrets.token_urlsafe(24) for role in roles}


def set_passwords(owner_url: str, passwords: Mapping[str, str]) -> None:
    """Set the roles' passwords, as SCRAM verifiers: the plain ones never reach the server."""
    with translated(), psycopg.connect(owner_url) as connection:
        # Roles belong to the whole server: two houses on it that set them at once would fail on the catalogue's row.
        connection.execute("SELECT pg_advisory_xact_lock(%s)", (0x57A6ED01,))
        for role, password in sorted(passwords.items()):
            verifier = connection.pgconn.encrypt_password(password.encode(), role.encode(), b"scram-sha-256")
            connection.execute("SELECT meta.set_password(%s, %s)", (role, verifier.decode()))


def add_custodian(owner_url: str, name: str) -> None:
    """Make a custodian's role, journal and schema; its password is set with `set_passwords`."""
    with translated(), psycopg.connect(owner_url) as connection:
        connection.execute("SELECT custody.add_custodian(%s)", (name,))


def database_name(url: str) -> str:
    """The database that a connection text names."""
    return str(conninfo_to_dict(url).get("dbname", ""))
