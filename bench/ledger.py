"""How fast the ledger posts: entries of eight lines, one a commit and in batches, beside what the disk allows.

    python bench/ledger.py [--entries 2000] [--json]

Everything runs on a fresh embedded PostgreSQL with its defaults (fsync on), through the gate's role and the very code
that a production uses; an entry counts when its commit was acknowledged.  The raw rate, one small INSERT a commit on
the same server in the same run (before and after), is the ceiling that this disk and this processor set for "one a
commit".  Compare ratios, not absolutes: a busy disk is ten times slower.
"""

from __future__ import annotations

import argparse
import itertools
import json
import os
import platform
import shutil
import statistics
import tempfile
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import date
from pathlib import Path

import psycopg

from stagedoor.adapters.postgres.audit import PostgresAuditor
from stagedoor.adapters.postgres.embedded import EmbeddedServer
from stagedoor.adapters.postgres.store import PostgresStore
from stagedoor.core.base import ids
from stagedoor.core.base.money import Money
from stagedoor.core.base.when import Instant
from stagedoor.core.facts.posting import Entry, EntryKind, Posting

AT = Instant.of(date(2026, 10, 12), 9)
WRITERS = 4
_count = itertools.count(1)


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--entries", type=int, default=2000)
    parser.add_argument("--json", action="store_true", dest="as_json")
    options = parser.parse_args()
    with served() as server:
        figures = measure(server, options.entries)
    if options.as_json:
        print(json.dumps(figures, indent=2))
        return
    print(f"{figures['machine']}; {options.entries} entries of eight lines a row\n")
    print(f"{'':34}{'entries/s':>11}{'p50 ms':>9}{'p99 ms':>9}")
    for row in figures["rows"]:
        print(f"{row['name']:34}{row['per_s']:>11,.0f}{row['p50_ms']:>9.2f}{row['p99_ms']:>9.2f}")
    print(f"\naudit of everything above: {figures['audit_facts_per_s']:,.0f} facts/s, {figures['audit_faults']} faults")


def measure(server: EmbeddedServer, number: int) -> dict[str, object]:
    """All rows, interleaved with nothing else, and an audit of what they left."""
    store = PostgresStore(server.url_for("gate"))
    rows = [
        raw_inserts(server, number),
        row("ledger, one a commit", number, one_by_one(store, entries("a", number))),
        threads(server, number),
    ]
    for size in (10, 100, 1000):
        rows.append(row(f"ledger, {size} a commit", number, batched(store, entries("b", number), size)))
    rows.append(raw_inserts(server, number))
    store.close()
    auditor = PostgresAuditor(server.owner_url)
    began = time.perf_counter()
    faults = auditor.verify()
    facts = sum(head.seq for head in auditor.heads())
    return {
        "machine": f"{platform.machine()}, {os.cpu_count()} processors, load {os.getloadavg()[0]:.1f}",
        "rows": rows,
        "audit_facts_per_s": facts / (time.perf_counter() - began),
        "audit_faults": len(faults),
    }


def entries(owner: str, number: int) -> list[Entry]:
    """Entries of eight lines, as a metered call makes them, on accounts that all of them share."""
    payees = ("performer", "agent", "plan_a", "plan_b", "union", "fund", "house")
    made = []
    for _ in range(number):
        paid = tuple(_line(f"owed/{payee}", -10_000) for payee in payees)
        made.append(
            Entry(
                entry=ids.make("entry", ms=AT.ms + next(_count), chance=next(_count).to_bytes(10, "big")),
                kind=EntryKind.POST,
                production=owner,
                performer="",
                permit="",
                cause=f"sha256:{next(_count):064x}",
                postings=(_line(f"spent/{owner}", 70_000), *paid),
                at=AT,
            )
        )
    return made


def one_by_one(store: PostgresStore, work: Sequence[Entry]) -> list[float]:
    """Seconds of each commit."""
    taken = []
    for entry in work:
        began = time.perf_counter()
        with store.unit() as unit:
            unit.post(f"production/{entry.production}", entry)
        taken.append(time.perf_counter() - began)
    return taken


def batched(store: PostgresStore, work: Sequence[Entry], size: int) -> list[float]:
    """Seconds of each commit of `size` entries."""
    taken = []
    for start in range(0, len(work), size):
        began = time.perf_counter()
        with store.unit() as unit:
            unit.post_many("production/b", tuple(work[start : start + size]))
        taken.append(time.perf_counter() - began)
    return taken


def threads(server: EmbeddedServer, number: int) -> dict[str, object]:
    """Several writers, one entry a commit, each on a production of its own but on the same payees' accounts."""
    store = PostgresStore(server.url_for("gate"))
    work = [entries(f"t{writer}", number // WRITERS) for writer in range(WRITERS)]
    taken: list[float] = []

    def run(mine: list[Entry]) -> None:
        taken.extend(one_by_one(store, mine))
        store.leave()

    began = time.perf_counter()
    running = [threading.Thread(target=run, args=(mine,)) for mine in work]
    for thread in running:
        thread.start()
    for thread in running:
        thread.join()
    return row(f"ledger, one a commit, {WRITERS} writers", number, taken, wall=time.perf_counter() - began)


def raw_inserts(server: EmbeddedServer, number: int) -> dict[str, object]:
    """One row of two columns a commit, by the same driver."""
    taken = []
    with psycopg.connect(server.owner_url) as connection:
        connection.prepare_threshold = 0
        connection.execute("CREATE SCHEMA IF NOT EXISTS bench")
        connection.execute("CREATE TABLE IF NOT EXISTS bench.raw (a bigint, b text)")
        connection.commit()
        for value in range(number):
            began = time.perf_counter()
            with connection.transaction():
                connection.execute("INSERT INTO bench.raw (a, b) VALUES (%s, %s)", (value, "x" * 64))
            taken.append(time.perf_counter() - began)
    return row("raw INSERT, one a commit", number, taken)


def row(name: str, number: int, taken: Sequence[float], wall: float = 0.0) -> dict[str, object]:
    """A line of the table."""
    ordered = sorted(taken)
    return {
        "name": name,
        "per_s": number / (wall or sum(taken)),
        "p50_ms": statistics.median(ordered) * 1000,
        "p99_ms": ordered[min(len(ordered) - 1, len(ordered) * 99 // 100)] * 1000,
    }


def _line(account: str, units: int) -> Posting:
    return Posting(account=account, amount=Money(units, "USD"), rule="art. 7", why="one call, metered and paid")


@contextmanager
def served() -> Iterator[EmbeddedServer]:
    """A server in a folder of its own."""
    folder = Path(tempfile.mkdtemp(prefix="stagedoor-bench-"))
    try:
        with EmbeddedServer.start(folder) as server:
            yield server
    finally:
        shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    main()
