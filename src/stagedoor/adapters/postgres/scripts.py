"""Readable SQL files, executed as they stand.  Nothing is ever put into their text."""

from __future__ import annotations

from importlib.resources import files

import sqlalchemy


def script(name: str) -> str:
    """The text of `sql/<name>.sql`."""
    return (files("stagedoor.adapters.postgres") / "sql" / f"{name}.sql").read_text(encoding="utf-8")


def execute_script(bind: sqlalchemy.Connection, name: str) -> None:
    """Run a whole file on the driver's own cursor: several statements at once, no parameters, no rewriting."""
    cursor = bind.connection.cursor()
    try:
        cursor.execute(script(name))
    finally:
        cursor.close()
