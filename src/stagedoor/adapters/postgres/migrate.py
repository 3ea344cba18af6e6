"""Bring a database to this version of the house, or say in one paragraph why it cannot be."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Final

import psycopg
import sqlalchemy
from alembic import command
from alembic.config import Config
from sqlalchemy.pool import NullPool

from stagedoor.adapters.postgres.faults import DataFolderError, translated

SCHEMA_VERSION: Final = "0003"
POSTGRES_MAJOR_MIN: Final = 15
MADE_BY: Final = "stagedoor 0.2.0"
_LOCK: Final = 0x57A6ED00
"""The advisory lock that two migrating processes meet at; the number means nothing."""


def migrate(owner_url: str) -> None:
    """Make or check the house in this database.  Safe to repeat; two at once wait for one another."""
    try:
        engine = sqlalchemy.create_engine(
            "postgresql+psycopg://", creator=lambda: psycopg.connect(owner_url), poolclass=NullPool
        )
        with engine.connect() as connection:
            connection.execute(sqlalchemy.text("SELECT pg_advisory_lock(:lock)"), {"lock": _LOCK})
            major = _server_major(connection)
            _check_kept(_kept(connection), major)
            connection.execute(sqlalchemy.text("CREATE SCHEMA IF NOT EXISTS meta"))
            connection.commit()
            _upgrade(connection)
            _keep(connection, major)
            connection.commit()
    except sqlalchemy.exc.OperationalError as fault:
        raise DataFolderError(
            "the database cannot be reached or refused its owner",
            "the server that was named for this house",
            "Check that it runs and that STAGEDOOR_DATABASE_URL names its owner, then try again.",
        ) from fault


def check(url: str) -> None:
    """Refuse a database of another version; for processes that do not own it."""
    with translated(), psycopg.connect(url) as connection:
        major = connection.info.server_version // 10_000
        known = connection.execute("SELECT to_regclass('meta.house') IS NOT NULL").fetchone()
        kept: dict[str, str] = {}
        if known is not None and known[0]:
            kept = dict(connection.execute("SELECT key, value FROM meta.house").fetchall())
    if not kept:
        raise DataFolderError(
            "this database holds no house yet", "meta.house is missing", "Let its owner run `stagedoor` once first."
        )
    _check_kept(kept, major)


def _server_major(connection: sqlalchemy.Connection) -> int:
    number = connection.execute(sqlalchemy.text("SELECT current_setting('server_version_num')")).scalar_one()
    major = int(number) // 10_000
    if major < POSTGRES_MAJOR_MIN:
        raise DataFolderError(
            f"this server is PostgreSQL {major}",
            "server_version_num",
            f"Stagedoor needs PostgreSQL {POSTGRES_MAJOR_MIN} or newer; name another server or use the embedded one.",
        )
    return major


def _kept(connection: sqlalchemy.Connection) -> Mapping[str, str]:
    """What meta.house says, or nothing in a new database."""
    known = connection.execute(sqlalchemy.text("SELECT to_regclass('meta.house') IS NOT NULL")).scalar_one()
    if not known:
        return {}
    rows = connection.execute(sqlalchemy.text("SELECT key, value FROM meta.house"))
    return {row.key: row.value for row in rows}


def _check_kept(kept: Mapping[str, str], major: int) -> None:
    if not kept:
        return
    if kept.get("schema_version", "") > SCHEMA_VERSION:
        raise DataFolderError(
            f"this database was written by a newer Stagedoor (schema {kept['schema_version']}, "
            f"made by {kept.get('made_by', 'nobody known')}); this one knows schema {SCHEMA_VERSION}",
            "meta.house",
            "Install that version or a newer one; nothing was changed.",
        )
    if kept.get("postgres_major", "") != str(major):
        raise DataFolderError(
            f"this database was made with PostgreSQL {kept.get('postgres_major', '(unknown)')} "
            f"and this server is PostgreSQL {major}",
            "meta.house",
            "Dump it with the old server and restore it here with pg_dump and psql, then set "
            "meta.house.postgres_major; nothing was changed.",
        )


def _upgrade(connection: sqlalchemy.Connection) -> None:
    config = Config()
    # Alembic reads its options through configparser, where a lone % would mean interpolation.
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations").replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    config.attributes["connection"] = connection
    command.upgrade(config, "head")


def _keep(connection: sqlalchemy.Connection, major: int) -> None:
    statement = sqlalchemy.text(
        "INSERT INTO meta.house (key, value) VALUES (:key, :value)"
        " ON CONFLICT (key) DO UPDATE SET value = excluded.value WHERE meta.house.key = 'schema_version'"
    )
    for key, value in (("schema_version", SCHEMA_VERSION), ("postgres_major", str(major)), ("made_by", MADE_BY)):
        connection.execute(statement, {"key": key, "value": value})
