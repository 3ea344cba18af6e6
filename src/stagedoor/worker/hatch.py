"""The hatch between worker and store: the functions of schema `work` that a worker's role may call.

A database that is away raises Away after the connection is dropped; the next call connects anew.  What a call means is
safe to repeat: orders are taken under lock, keys asked for and receipts delivered by id.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, LiteralString

import psycopg
from psycopg import Connection


class Away(Exception):
    """The database cannot be reached now."""


class StoreRefused(Exception):
    """The store answered with an error of its own: `sqlstate` says which (SD005: another content under the same id)."""

    def __init__(self, sqlstate: str) -> None:
        super().__init__(f"the store refused with SQLSTATE {sqlstate}")
        self.sqlstate = sqlstate


@dataclass(frozen=True, slots=True, kw_only=True)
class Taken:
    """An order with the permit and the asset that it names, as canonical bytes."""

    order: bytes
    permit: bytes
    asset: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyAnswer:
    """What gate and custodians have said so far."""

    status: str
    code: str
    why: str
    grant: bytes
    envelopes: dict[str, bytes] = field(repr=False)
    refusals: dict[str, Any]


class Hatch:
    """One connection to the store, made when first needed and made again when lost."""

    def __init__(self, connect: Callable[[], Connection[Any]]) -> None:
        self._connect = connect
        self._connection: Connection[Any] | None = None

    def close(self) -> None:
        """Let the connection go."""
        connection, self._connection = self._connection, None
        if connection is not None:
            connection.close()

    def wait(self, seconds: float) -> None:
        """Until something may have happened, or until `seconds` passed."""
        try:
            for _ in self._open().notifies(timeout=seconds, stop_after=1):
                pass
        except (psycopg.OperationalError, psycopg.InterfaceError) as fault:
            self.close()
            raise Away from fault

    def next_order(self, worker: str) -> Taken | None:
        """The next order for this worker, marked as taken."""
        row = self._call("SELECT order_body, permit_body, asset_body FROM work.next_order(%s)", worker)
        return None if row is None or row[0] is None else Taken(order=_b(row[0]), permit=_b(row[1]), asset=_b(row[2]))

    def ask_key(self, order: str, worker: str, one_time_key: str, signature: str) -> None:
        """Ask for shares to be sealed to this one-time key."""
        self._call("SELECT work.ask_key(%s, %s, %s, %s)", order, worker, one_time_key, signature)

    def key_answer(self, order: str) -> KeyAnswer:
        """What was answered so far."""
        row = self._call("SELECT status, code, why, grant_body, envelopes, refusals FROM work.key_answer(%s)", order)
        if row is None:
            return KeyAnswer(status="pending", code="", why="", grant=b"", envelopes={}, refusals={})
        envelopes = {str(name): bytes.fromhex(text) for name, text in (row[4] or {}).items()}
        return KeyAnswer(
            status=row[0],
            code=row[1] or "",
            why=row[2] or "",
            grant=_b(row[3]),
            envelopes=envelopes,
            refusals=dict(row[5] or {}),
        )

    def renew(self, grant: str) -> bool:
        """Whether the lease runs on."""
        row = self._call("SELECT work.renew(%s)", grant)
        return row is not None and row[0] is True

    def end_lease(self, grant: str) -> None:
        """The key is given back."""
        self._call("SELECT work.end_lease(%s)", grant)

    def deliver(self, order: str, receipt: bytes, signature: bytes, shares: dict[str, bytes]) -> None:
        """Hand in what was made; the same receipt twice is the same delivery."""
        told = json.dumps({name: envelope.hex() for name, envelope in shares.items()})
        self._call("SELECT work.deliver(%s, %s, %s, %s::jsonb)", order, receipt.decode(), signature.decode(), told)

    def delivery_answer(self, order: str) -> tuple[str, str, str]:
        """Status, code and reason of what was handed in."""
        row = self._call("SELECT status, code, why FROM work.delivery_answer(%s)", order)
        return ("pending", "", "") if row is None else (row[0], row[1] or "", row[2] or "")

    def fail(self, order: str, why: str) -> None:
        """The order cannot be done."""
        self._call("SELECT work.fail(%s, %s)", order, why)

    def _call(self, query: LiteralString, *arguments: str) -> Any:
        try:
            return self._open().execute(query, arguments).fetchone()
        except (psycopg.OperationalError, psycopg.InterfaceError) as fault:
            self.close()
            raise Away from fault
        except psycopg.Error as fault:
            raise StoreRefused(fault.sqlstate or "") from fault

    def _open(self) -> Connection[Any]:
        if self._connection is None:
            connection = self._connect()
            try:
                connection.execute("LISTEN stagedoor_work")
            except BaseException:
                connection.close()
                raise
            self._connection = connection
        return self._connection


def _b(body: str | None) -> bytes:
    return b"" if body is None else body.encode("utf-8")
