"""What the gate's service loop needs beside units of work: the bell, and a look at what became of orders.

Letters are taken and answered inside units (`letters_sql`); nothing here holds a lock.
"""

from __future__ import annotations

import time
from dataclasses import dataclass

import psycopg

from stagedoor.adapters.postgres.connection import Connection, Link
from stagedoor.adapters.postgres.faults import of_database

_FAILED = """
    SELECT q.order_id, q.permit, q.why FROM work.queue q JOIN work.permit p ON p.permit = q.permit
     WHERE q.status = 'failed' AND p.ends_at > clock_timestamp() ORDER BY q.ended_at, q.order_id
"""
_FAILURE = "SELECT why FROM work.queue WHERE order_id = work.order_of(%s) AND status = 'failed'"
_HAS_DELIVERY = "SELECT EXISTS (SELECT FROM work.delivery WHERE order_id = work.order_of(%s))"
_CUSTODIANS = "SELECT name, journal FROM custody.custodian ORDER BY name"
_UNDESTROYED = "SELECT custodian FROM custody.destruction WHERE asset = %s AND done_at IS NULL ORDER BY custodian"
_LISTEN = "LISTEN stagedoor_gate"


@dataclass(frozen=True, slots=True, kw_only=True)
class FailedOrder:
    """An order that was given up, under a permit whose life is not over."""

    order_id: str
    permit: str
    why: str


class GateInbox:
    """The gate's bell and its view of orders, on the gate's role."""

    def __init__(self, url: str) -> None:
        self._link = Link(url)
        self._bell = Link(url)

    def failed_orders(self) -> tuple[FailedOrder, ...]:
        """Orders given up whose permits have not ended."""
        with self._link.transaction() as connection:
            rows = connection.execute(_FAILED).fetchall()
        return tuple(FailedOrder(order_id=row[0], permit=row[1], why=row[2]) for row in rows)

    def order_failure(self, order: str) -> str:
        """Why the worker gave an order up; empty while it did not."""
        with self._link.transaction() as connection:
            row = connection.execute(_FAILURE, (order,)).fetchone()
        return "" if row is None else str(row[0])

    def has_delivery(self, order: str) -> bool:
        """Whether the worker has delivered for this order, answered or not."""
        with self._link.transaction() as connection:
            row = connection.execute(_HAS_DELIVERY, (order,)).fetchone()
        return row is not None and bool(row[0])

    def custodians(self) -> tuple[tuple[str, str], ...]:
        """Every custodian and its journal."""
        with self._link.transaction() as connection:
            return tuple((row[0], row[1]) for row in connection.execute(_CUSTODIANS).fetchall())

    def shares_not_destroyed(self, asset: str) -> tuple[str, ...]:
        """Custodians that were asked to destroy their share and have not attested it."""
        with self._link.transaction() as connection:
            return tuple(row[0] for row in connection.execute(_UNDESTROYED, (asset,)).fetchall())

    def wait(self, timeout_s: float) -> bool:
        """Sleep until something arrives for the gate, at most `timeout_s`; True if the bell rang.

        Look into the boxes after it whatever it says: what arrived before the first wait rang for nobody.
        """
        connection = self._bell.connection(autocommit=True)
        try:
            connection.execute(_LISTEN)
            return _rang(connection, timeout_s)
        except psycopg.Error as fault:
            connection.close()
            raise of_database(fault) from fault

    def close(self) -> None:
        """Close every thread's connections."""
        self._link.close()
        self._bell.close()


def _rang(connection: Connection, timeout_s: float) -> bool:
    ends = time.monotonic() + timeout_s
    rang = False
    for _ in connection.notifies(timeout=max(0.0, ends - time.monotonic()), stop_after=1):
        rang = True
    return rang
