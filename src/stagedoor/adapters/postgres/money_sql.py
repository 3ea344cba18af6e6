"""The ledger in a unit of work: post once, for ever; read balances and entries."""

from __future__ import annotations

from stagedoor.adapters.postgres.connection import Connection
from stagedoor.adapters.postgres.faults import translated
from stagedoor.core.facts.posting import Entry
from stagedoor.ports.store import Recorded
from stagedoor.wire.decode import decode

_POST = "SELECT digest, journal, seq, fresh FROM ledger.post_many(%s, ARRAY[%s], ARRAY[%s])"
_POST_MANY = """
    SELECT digest, journal, seq, fresh FROM ledger.post_many(%s, %s::text[], %s::text[]) ORDER BY position_
"""
_BALANCE = "SELECT amount FROM ledger.balance WHERE account = %s AND currency = %s"
_ENTRY_FOR = """
    SELECT f.body FROM ledger.entry e JOIN facts.fact f ON f.digest = e.digest WHERE e.cause = %s AND e.kind = %s
"""
_ENTRIES = """
    SELECT f.body FROM ledger.entry e JOIN facts.fact f ON f.digest = e.digest
     WHERE (%(production)s = '' OR e.production = %(production)s)
       AND (%(performer)s = '' OR e.performer = %(performer)s)
     ORDER BY e.seq
"""


class MoneyUnit:
    """The part of a unit that posts."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def post(self, journal: str, entry: Entry) -> Recorded:
        """Record a balanced entry, its lines and the balances it moves; posted once per (kind, cause), for ever."""
        with translated():
            row = self._connection.execute(_POST, (journal, entry.entry, entry.canonical().decode())).fetchone()
        assert row is not None
        return Recorded(digest=row[0], journal=row[1], seq=row[2], fresh=row[3])

    def post_many(self, journal: str, entries: tuple[Entry, ...]) -> tuple[Recorded, ...]:
        """Record entries in one statement, all or none; whether an account is overdrawn is judged after them all."""
        ids = [entry.entry for entry in entries]
        bodies = [entry.canonical().decode() for entry in entries]
        with translated():
            rows = self._connection.execute(_POST_MANY, (journal, ids, bodies)).fetchall()
        return tuple(Recorded(digest=row[0], journal=row[1], seq=row[2], fresh=row[3]) for row in rows)

    def balance(self, account: str, currency: str) -> int:
        """An account's balance in ledger units; debits positive."""
        with translated():
            row = self._connection.execute(_BALANCE, (account, currency)).fetchone()
        return 0 if row is None else int(row[0])

    def entry_for(self, cause: str, kind: str) -> Entry | None:
        """The entry of this kind that this cause made, if it was posted."""
        with translated():
            row = self._connection.execute(_ENTRY_FOR, (cause, kind)).fetchone()
        return None if row is None else decode(Entry, row[0].encode())

    def entries(self, *, production: str = "", performer: str = "") -> tuple[Entry, ...]:
        """Entries in order of recording."""
        with translated():
            rows = self._connection.execute(_ENTRIES, {"production": production, "performer": performer}).fetchall()
        return tuple(decode(Entry, row[0].encode()) for row in rows)
