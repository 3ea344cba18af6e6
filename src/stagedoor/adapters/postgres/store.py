"""PostgresStore: units of work on PostgreSQL.  One unit is one transaction; acknowledged means committed.

A unit belongs to one thread.  Where a unit appends to several journals it does so in order of their names, so that two
units never wait for one another in a circle.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import psycopg
from psycopg.pq import TransactionStatus

from stagedoor.adapters.postgres.connection import Connection, Link
from stagedoor.adapters.postgres.fact_sql import FactUnit
from stagedoor.adapters.postgres.letters_sql import LetterUnit
from stagedoor.adapters.postgres.money_sql import MoneyUnit
from stagedoor.adapters.postgres.state_sql import StateUnit
from stagedoor.adapters.postgres.work_sql import WorkUnit


class PostgresUnit(FactUnit, StateUnit, MoneyUnit, WorkUnit, LetterUnit):
    """One transaction.  Implements ports.store.Unit; its five parts hold no state but the connection."""

    def __init__(self, connection: Connection) -> None:
        super().__init__(connection)
        self._over = False

    @property
    def over(self) -> bool:
        """Whether this unit was rolled back."""
        return self._over

    def roll_back(self) -> None:
        """Leave nothing of this unit; for answers of no that must not be half-written.  The unit is then over."""
        self._over = True


class PostgresStore:
    """Opens units of work as the gate's role.  Implements ports.store.Store."""

    def __init__(self, url: str) -> None:
        self._link = Link(url)

    @contextmanager
    def unit(self) -> Iterator[PostgresUnit]:
        """One transaction: commits when the block ends well, leaves nothing when it raises or was rolled back.

        If the server went away before, this opens a new connection; if it goes away inside, this raises StoreFault.
        """
        with self._link.transaction() as connection:
            unit = PostgresUnit(connection)
            yield unit
            if unit.over:
                raise psycopg.Rollback
            # PostgreSQL would answer this COMMIT with a silent ROLLBACK, and the story would believe it was recorded.
            failed = connection.info.transaction_status is TransactionStatus.INERROR
            assert not failed, "a story went on after a refusal of the store; it calls roll_back() instead"

    def leave(self) -> None:
        """Close this thread's connection: for a thread that ends."""
        self._link.leave()

    def close(self) -> None:
        """Close every thread's connection: for the end, when no thread is in a unit."""
        self._link.close()
