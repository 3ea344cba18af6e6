"""The auditor: reads everything, believes nothing, and says exactly where the house does not agree with itself.

It recomputes every digest from its body, every link of every chain, every entry's lines and sum from its fact, every
balance from the postings, and looks whether the guards (triggers) still stand.  Whoever owns the database can disable a
guard and edit a row; what they cannot do is make the rest agree.  Honest limit: an owner who cuts off the *end* of a
journal and sets its head back leaves a shorter journal that agrees with itself; that is found only by somebody who kept
a later head (`heads()` prints them), or by a row elsewhere that still points at what is gone.

Rows are streamed through server-side cursors in the order of an index; memory does not grow with the house.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

import psycopg

from stagedoor.adapters.postgres.connection import Connection
from stagedoor.adapters.postgres.faults import of_database
from stagedoor.core.base.canonical import DOMAIN, digest_of
from stagedoor.core.facts.posting import Entry
from stagedoor.ports.store import ChainFault
from stagedoor.wire.decode import DecodeError, decode

_BATCH: Final = 1_000
"""Rows fetched at once: about a megabyte of facts."""

FAULTS_MAX: Final = 1_000
"""Faults told at most; one edit is a fault or three, and a thousand are a restored backup's business."""

_FACTS: Final = """
    SELECT digest, journal, seq, kind, ident, body, parent, chain, recorded_at FROM facts.fact ORDER BY journal, seq
"""
_HEADS: Final = "SELECT journal, seq, chain FROM facts.journal ORDER BY journal"
_ENTRIES: Final = """
    SELECT f.digest, f.journal, f.seq, f.ident, f.body,
           e.entry_id, e.kind, e.production, e.performer, e.permit, e.cause, e.currency,
           (SELECT coalesce(json_agg(json_build_array(p.line, p.account, p.amount, p.currency, p.rule, p.why)
                                     ORDER BY p.line), '[]') FROM ledger.posting p WHERE p.entry = f.digest)
      FROM facts.fact f LEFT JOIN ledger.entry e ON e.digest = f.digest
     WHERE f.kind = 'entry' ORDER BY f.journal, f.seq
"""
_ORPHANS: Final = """
    SELECT 'ledger.entry ' || e.entry_id, 'its fact ' || e.digest || ' is gone' FROM ledger.entry e
     WHERE NOT EXISTS (SELECT FROM facts.fact f WHERE f.digest = e.digest AND f.kind = 'entry')
    UNION ALL
    SELECT 'ledger.posting ' || p.entry || ' line ' || p.line, 'its entry is gone' FROM ledger.posting p
     WHERE NOT EXISTS (SELECT FROM ledger.entry e WHERE e.digest = p.entry)
    UNION ALL
    SELECT 'work.permit ' || p.permit_id, 'its fact ' || p.permit || ' is gone' FROM work.permit p
     WHERE NOT EXISTS (SELECT FROM facts.fact f WHERE f.digest = p.permit)
    UNION ALL
    SELECT 'work.lease ' || l.grant_digest, 'its fact is gone' FROM work.lease l
     WHERE NOT EXISTS (SELECT FROM facts.fact f WHERE f.digest = l.grant_digest)
    UNION ALL
    SELECT 'custody.answer ' || a.grant_digest || ' of ' || a.custodian, 'its fact is gone' FROM custody.answer a
     WHERE a.fact IS NOT NULL AND NOT EXISTS (SELECT FROM facts.fact f WHERE f.digest = a.fact)
"""
_TWICE: Final = """
    SELECT e.kind, e.cause, count(*) FROM ledger.entry e GROUP BY e.kind, e.cause HAVING count(*) > 1
"""
_BALANCES: Final = """
    SELECT account, currency, b.amount, s.amount
      FROM ledger.balance b
      FULL JOIN (SELECT p.account, p.currency, sum(p.amount) AS amount FROM ledger.posting p
                  GROUP BY p.account, p.currency) s USING (account, currency)
     WHERE b.amount IS DISTINCT FROM s.amount
        OR (s.amount > 0 AND (account LIKE 'funds/%' OR account LIKE 'reserved/%'))
     ORDER BY account, currency
"""
_TRIGGERS: Final = """
    SELECT n.nspname || '.' || c.relname, t.tgname, t.tgenabled::text
      FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid JOIN pg_namespace n ON n.oid = c.relnamespace
     WHERE NOT t.tgisinternal AND n.nspname IN ('facts', 'ledger', 'assets')
"""
GUARDS: Final = (
    ("assets.state", "only_forward"),
    ("facts.fact", "append_only"),
    ("facts.journal", "append_only"),
    ("ledger.balance", "append_only"),
    ("ledger.entry", "append_only"),
    ("ledger.entry", "entry_balances"),
    ("ledger.posting", "append_only"),
    ("ledger.posting", "lines_balance"),
)
"""The triggers that must be there, always enabled."""


@dataclass(frozen=True, slots=True)
class Head:
    """The last link of a journal: keep it elsewhere, and nobody can shorten the journal unseen."""

    journal: str
    seq: int
    chain: str


class PostgresAuditor:
    """Implements ports.store.Auditor, on the reader's role or the owner's."""

    def __init__(self, url: str) -> None:
        self._url = url

    def verify(self) -> Sequence[ChainFault]:
        """Recompute every digest, chain, entry and balance; an empty answer means that all agree."""
        faults: list[ChainFault] = []
        try:
            with psycopg.connect(self._url) as connection:
                # One snapshot for all passes: what is being written meanwhile is neither half seen nor a fault.
                connection.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
                connection.read_only = True
                for fault in _everything(connection):
                    faults.append(fault)
                    if len(faults) >= FAULTS_MAX:
                        break
        except psycopg.Error as fault:
            raise of_database(fault) from fault
        return tuple(faults)

    def heads(self) -> tuple[Head, ...]:
        """The head of every journal as it stands, to be kept outside the house."""
        try:
            with psycopg.connect(self._url) as connection:
                return tuple(Head(*row) for row in connection.execute(_HEADS).fetchall())
        except psycopg.Error as fault:
            raise of_database(fault) from fault


def _everything(connection: Connection) -> Iterator[ChainFault]:
    yield from _guards(connection)
    yield from _journals(connection)
    yield from _entries(connection)
    for where, what in _stream(connection, _ORPHANS):
        yield ChainFault(where=where, what=what)
    for kind, cause, count in _stream(connection, _TWICE):
        yield ChainFault(where=f"ledger.entry kind {kind} cause {cause}", what=f"posted {count} times, not once")
    yield from _balances(connection)


def _stream(connection: Connection, statement: Any) -> Iterator[tuple[Any, ...]]:
    with connection.cursor(name="audit") as cursor:
        cursor.itersize = _BATCH
        cursor.execute(statement)
        yield from cursor


def _guards(connection: Connection) -> Iterator[ChainFault]:
    found = {(table, name): enabled for table, name, enabled in connection.execute(_TRIGGERS).fetchall()}
    for table, name in GUARDS:
        state = found.get((table, name))
        if state is None:
            yield ChainFault(where=table, what=f"the guard {name} is gone")
        elif state != "A":
            yield ChainFault(where=table, what=f"the guard {name} is not always enabled (tgenabled = {state})")


def _journals(connection: Connection) -> Iterator[ChainFault]:
    """Every fact's digest and link, and every journal's head."""
    heads = {journal: (seq, chain) for journal, seq, chain in connection.execute(_HEADS).fetchall()}
    current, seq, chain = "", 0, ""
    for row in _stream(connection, _FACTS):
        journal = row[1]
        if journal != current:
            if current:
                yield from _head(current, seq, chain, heads.pop(current, None))
            current, seq, chain = journal, 0, ""
        yield from _link(row, seq + 1, chain)
        seq, chain = row[2], row[7]
    if current:
        yield from _head(current, seq, chain, heads.pop(current, None))
    for journal, (head_seq, head_chain) in heads.items():
        yield from _head(journal, 0, "", (head_seq, head_chain))


def _link(row: tuple[Any, ...], seq_due: int, parent_due: str) -> Iterator[ChainFault]:
    digest, journal, seq, kind, ident, body, parent, chain, recorded_at = row
    where = f"journal {journal} seq {seq} kind {kind}" + (f" ident {ident}" if ident else "")
    if seq != seq_due:
        yield ChainFault(where=f"journal {journal} seq {seq_due}", what=f"missing: the next fact there is seq {seq}")
    if digest_of(kind, body.encode()) != digest:
        yield ChainFault(where=where, what="the body does not hash to its digest: one of them was edited")
    if parent != parent_due and seq == seq_due:
        yield ChainFault(where=where, what="its parent is not the chain of the fact before it")
    due = chain_of(parent=parent, journal=journal, seq=seq, kind=kind, ident=ident, digest=digest, at=recorded_at)
    if due != chain:
        yield ChainFault(where=where, what="its link does not follow from what it links: one of them was edited")


def _head(journal: str, seq: int, chain: str, head: tuple[int, str] | None) -> Iterator[ChainFault]:
    where = f"journal {journal} head"
    if head is None:
        yield ChainFault(where=where, what=f"the journal's head is gone; its last fact is seq {seq}")
    elif head[0] != seq:
        yield ChainFault(where=where, what=f"the head says {head[0]} facts and the last one there is seq {seq}")
    elif head[1] != chain:
        yield ChainFault(where=where, what=f"the head's chain is not that of the last fact, seq {seq}")


def chain_of(*, parent: str, journal: str, seq: int, kind: str, ident: str, digest: str, at: datetime) -> str:
    """A fact's link, as sql/facts.sql computes it: a second writing of the same rule, so that one checks the other."""
    moment = at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
    text = "\n".join((parent, journal, str(seq), kind, ident, digest, moment))
    return "sha256:" + hashlib.sha256(DOMAIN + b"journal\0" + text.encode()).hexdigest()


def _entries(connection: Connection) -> Iterator[ChainFault]:
    """Every entry fact against its row and its lines."""
    for row in _stream(connection, _ENTRIES):
        digest, journal, seq, ident, body = row[:5]
        where = f"journal {journal} seq {seq} entry {ident}"
        try:
            entry = decode(Entry, body.encode())
        except DecodeError:
            yield ChainFault(where=where, what="the body is no entry in its canonical form")
            continue
        if row[5] is None:
            yield ChainFault(where=where, what=f"the ledger has no entry for this fact ({digest})")
            continue
        yield from _entry(where, entry, row[5:12], row[12])


def _entry(where: str, entry: Entry, header: tuple[Any, ...], lines: list[list[Any]]) -> Iterator[ChainFault]:
    currencies = {posting.amount.currency for posting in entry.postings}
    if len(currencies) != 1 or sum(posting.amount.units for posting in entry.postings) != 0:
        yield ChainFault(where=where, what="the fact's own lines do not sum to nothing in one currency")
    due = (
        entry.entry, entry.kind.value, entry.production, entry.performer, entry.permit, entry.cause,
        min(currencies, default=""),
    )  # fmt: skip
    for name, said, row in zip(
        ("id", "kind", "production", "performer", "permit", "cause", "currency"), due, header, strict=True
    ):
        if said != row:
            yield ChainFault(where=where, what=f"the ledger's {name} is '{row}' and the fact says '{said}'")
    if len(lines) != len(entry.postings):
        yield ChainFault(where=where, what=f"the ledger has {len(lines)} lines and the fact {len(entry.postings)}")
    kept = {line[0]: line[1:] for line in lines}
    for number, posting in enumerate(entry.postings):
        said_line = [
            posting.account, posting.amount.units, posting.amount.currency, posting.rule, posting.why,
        ]  # fmt: skip
        row_line = kept.get(number)
        if row_line is None:
            yield ChainFault(where=f"{where} line {number}", what=f"the line on {posting.account} is missing")
        elif row_line != said_line:
            yield ChainFault(
                where=f"{where} line {number}",
                what=f"the ledger posts {row_line[1]} {row_line[2]} on {row_line[0]} and the fact says "
                f"{posting.amount.units} {posting.amount.currency} on {posting.account} (or its reasons differ)",
            )


def _balances(connection: Connection) -> Iterator[ChainFault]:
    for account, currency, kept, summed in _stream(connection, _BALANCES):
        where = f"account {account} {currency}"
        if kept != summed:
            yield ChainFault(where=where, what=f"the balance says {kept} and its postings sum to {summed or 0}")
        else:
            yield ChainFault(where=where, what=f"overdrawn: {summed} millionths on the debit side")
