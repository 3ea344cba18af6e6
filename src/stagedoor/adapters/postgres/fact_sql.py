"""Facts in a unit of work: append, read, list.  Decoded strictly on the way out: the digest is of what is read."""

from __future__ import annotations

from typing import TypeVar

from stagedoor.adapters.postgres.connection import Connection
from stagedoor.adapters.postgres.faults import translated
from stagedoor.core.base.canonical import digest_of
from stagedoor.core.base.fact import Fact
from stagedoor.core.facts.party import Signature
from stagedoor.ports.store import Recorded
from stagedoor.wire.decode import decode

F = TypeVar("F", bound=Fact)

_APPEND = "SELECT digest, journal, seq, fresh FROM facts.append(%s, %s, %s, %s)"
_APPEND_MANY = """
    SELECT digest, journal, seq, fresh FROM facts.append_many(%s, %s::text[], %s::text[], %s::text[])
     ORDER BY position_
"""
_GET = "SELECT body FROM facts.fact WHERE digest = %s AND kind = %s"
_FIND = "SELECT body FROM facts.fact WHERE kind = %s AND ident = %s AND ident <> ''"
_ALL = "SELECT body FROM facts.fact WHERE kind = %s ORDER BY recorded_at, journal, seq"
_ALL_IN_JOURNAL = "SELECT body FROM facts.fact WHERE kind = %s AND journal = %s ORDER BY seq"
_SIGNATURES = """
    SELECT body FROM facts.fact
     WHERE kind = 'signature' AND (body::jsonb) ->> 'signs' = %s ORDER BY recorded_at, journal, seq
"""


class FactUnit:
    """The part of a unit that records and reads facts."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def append(self, journal: str, fact: Fact, *, ident: str = "") -> Recorded:
        """Record a fact.  `ident` is its client-chosen id, unique for its kind for ever."""
        body = fact.canonical()
        with translated():
            row = self._connection.execute(_APPEND, (journal, fact.KIND, ident, body.decode())).fetchone()
        assert row is not None
        assert row[0] == digest_of(fact.KIND, body), "the database hashes as we do"
        return Recorded(digest=row[0], journal=row[1], seq=row[2], fresh=row[3])

    def append_many(self, journal: str, facts: tuple[tuple[Fact, str], ...]) -> tuple[Recorded, ...]:
        """Record facts with their idents in one statement."""
        kinds = [fact.KIND for fact, _ in facts]
        idents = [ident for _, ident in facts]
        bodies = [fact.canonical().decode() for fact, _ in facts]
        with translated():
            rows = self._connection.execute(_APPEND_MANY, (journal, kinds, idents, bodies)).fetchall()
        return tuple(Recorded(digest=row[0], journal=row[1], seq=row[2], fresh=row[3]) for row in rows)

    def get(self, kind: type[F], digest: str) -> F | None:
        """The fact of this kind with this digest."""
        return self._one(kind, _GET, (digest, kind.KIND))

    def find(self, kind: type[F], ident: str) -> F | None:
        """The fact of this kind with this id."""
        return self._one(kind, _FIND, (kind.KIND, ident))

    def all(self, kind: type[F], journal: str = "") -> tuple[F, ...]:
        """Every fact of a kind (in one journal, if named), in order of recording."""
        with translated():
            if journal:
                rows = self._connection.execute(_ALL_IN_JOURNAL, (kind.KIND, journal)).fetchall()
            else:
                rows = self._connection.execute(_ALL, (kind.KIND,)).fetchall()
        return tuple(decode(kind, row[0].encode()) for row in rows)

    def signatures(self, digest: str) -> tuple[Signature, ...]:
        """The signatures recorded over a fact."""
        with translated():
            rows = self._connection.execute(_SIGNATURES, (digest,)).fetchall()
        return tuple(decode(Signature, row[0].encode()) for row in rows)

    def _one(self, kind: type[F], statement: str, values: tuple[str, ...]) -> F | None:
        with translated():
            row = self._connection.execute(statement, values).fetchone()
        return None if row is None else decode(kind, row[0].encode())
