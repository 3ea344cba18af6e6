"""One connection at a time to one database, reopened after the server went away.  Shared by everything in this room."""

from __future__ import annotations

import logging
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import Any

import psycopg

from stagedoor.adapters.postgres.faults import of_database

Connection = psycopg.Connection[tuple[Any, ...]]

# Where the server dies under a transaction, psycopg also logs that its rollback failed; StoreFault has said it.
logging.getLogger("psycopg").addHandler(logging.NullHandler())


class Link:
    """A connection for each thread, opened when needed; a broken one is thrown away, so the next use is a new one."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._here = threading.local()
        self._all: set[Connection] = set()
        self._door = threading.Lock()

    def connection(self, *, autocommit: bool = False) -> Connection:
        """This thread's connection, ready for a transaction."""
        known: Connection | None = getattr(self._here, "connection", None)
        if known is not None and not known.closed and not known.broken:
            return known
        try:
            opened = psycopg.connect(self._url, autocommit=autocommit)
            # Every statement here is one of a few dozen: prepare at once, not after five repeats.
            opened.prepare_threshold = 0
        except psycopg.Error as fault:
            raise of_database(fault) from None  # its text names the host and the role
        with self._door:
            self._all = {one for one in self._all if not one.closed} | {opened}
        self._here.connection = opened
        return opened

    @contextmanager
    def transaction(self) -> Iterator[Connection]:
        """Commit if the block ends well; leave nothing if it raises.

        Acknowledged means committed: if the commit itself fails, this raises StoreFault and the caller does not know
        whether it was kept.  It asks again with the same ids.
        """
        connection, begun = self._begin()
        try:
            with begun:
                yield connection
        except psycopg.Error as fault:
            if connection.broken:
                connection.close()
            raise of_database(fault) from fault

    def _begin(self) -> tuple[Connection, ExitStack]:
        """Begin; once more on a new connection if the server went away while it lay idle: nothing was done yet."""
        for last in (False, True):
            connection = self.connection()
            begun = ExitStack()
            try:
                begun.enter_context(connection.transaction())
            except psycopg.Error as fault:
                connection.close()
                if last or not isinstance(fault, psycopg.OperationalError):
                    raise of_database(fault) from fault
            else:
                return connection, begun
        raise AssertionError("unreachable")

    def leave(self) -> None:
        """Close this thread's connection: for a thread that ends."""
        known: Connection | None = getattr(self._here, "connection", None)
        if known is not None:
            known.close()

    def close(self) -> None:
        """Close every thread's connection: for the end, when no thread is in a transaction."""
        with self._door:
            for connection in self._all:
                connection.close()
            self._all = set()
