"""A whole small house for tests: a real PostgreSQL, two real custodians and a real worker as processes of their own.

The gate is played by the test through the store's own adapter, with as little as the contract asks of it; what is under
test here are the processes on the other side of the database.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, BinaryIO

import psycopg

from custody.kit import (
    CAPTURE,
    COST,
    GATE_KEY,
    PERFORMER,
    PERFORMER_KEY,
    PRODUCTION,
    WORKER,
    Story,
    ident,
    request,
    signature,
)
from stagedoor.adapters.postgres.embedded import EmbeddedServer
from stagedoor.adapters.postgres.letters_sql import LetterUnit
from stagedoor.adapters.postgres.store import PostgresStore, PostgresUnit
from stagedoor.core.base.canonical import digest_of
from stagedoor.core.base.money import Money
from stagedoor.core.facts.asset import Asset, AssetKind
from stagedoor.core.facts.consent import Consent, Use
from stagedoor.core.facts.permit import KeyGrant, Receipt, WorkOrder
from stagedoor.core.facts.posting import Entry, EntryKind, Posting
from stagedoor.custodian import keys as custodian_keys
from stagedoor.seal import KdfCost, OneTimeKey, seal_stream, seal_to, split, wipe
from stagedoor.wire import blobs, container
from stagedoor.wire.decode import decode
from stagedoor.wire.envelopes import (
    DEPOSIT,
    KEY_REQUEST,
    capture_note,
    deposit_binding,
    key_request,
    pack_deposit,
)
from stagedoor.worker import identity
from worker.kit import asset, order

JOURNAL = f"production/{PRODUCTION}"
PASSPHRASE = "a passphrase of a test"
CHEAP = KdfCost(memory_kib=19 << 10, iterations=2, lanes=1)
NAMES = ("studio", "union")


@dataclass
class House:
    """Everything that runs, and the facts that are recorded."""

    root: Path
    server: EmbeddedServer
    store: PostgresStore
    seal_keys: dict[str, str] = field(default_factory=dict)
    processes: dict[str, subprocess.Popen[bytes]] = field(default_factory=dict)
    number: int = 0

    @property
    def blobs(self) -> Path:
        """Sealed blobs."""
        return self.root / "blobs"

    @property
    def out(self) -> Path:
        """Released pictures."""
        return self.root / "out"

    def log(self, name: str) -> str:
        """What a process said."""
        return (self.root / f"{name}.log").read_text()

    def acts(self, name: str, act: str) -> list[dict[str, Any]]:
        """The lines of one kind that a process said."""
        return [line for line in map(json.loads, self.log(name).splitlines()) if line["act"] == act]

    def start_custodian(self, name: str) -> None:
        """One custodian as a process."""
        folder = self.root / f"custodian-{name}"
        arguments = ["stagedoor.custodian", "--folder", str(folder), "--name", name]
        self._start(name, arguments, role=f"custodian_{name}", variable="STAGEDOOR_CUSTODIAN_PASSPHRASE")

    def start_worker(self, name: str = "worker", *, module: str = "stagedoor.worker") -> None:
        """The worker as a process; under another name, one more of it."""
        arguments = [
            *(module, "--folder", str(self.root / "worker"), "--worker", WORKER),
            *("--blobs", str(self.blobs), "--out", str(self.out)),
        ]
        self._start(name, arguments, role="worker", variable="STAGEDOOR_WORKER_PASSPHRASE")

    def _start(self, name: str, arguments: list[str], *, role: str, variable: str) -> None:
        environment = {key: value for key, value in os.environ.items() if not key.startswith(("STAGEDOOR_", "PYTEST_"))}
        environment |= {"STAGEDOOR_DATABASE_URL": self.server.url_for(role), variable: PASSPHRASE}
        # Children find what this process finds, tests' own modules among it.
        environment["PYTHONPATH"] = os.pathsep.join(path for path in sys.path if path)
        with (self.root / f"{name}.log").open("ab") as sink:
            self.processes[name] = subprocess.Popen(
                [sys.executable, "-m", *arguments], env=environment, stdout=sink, stderr=sink
            )

    def end(self, name: str, number: signal.Signals = signal.SIGTERM) -> int:
        """End a process; its exit status."""
        process = self.processes.pop(name)
        process.send_signal(number)
        return process.wait(20)

    def close(self) -> None:
        """End everything."""
        for name in list(self.processes):
            self.end(name, signal.SIGKILL)
        self.store.close()
        self.server.stop()

    # what the gate does

    def query(self, text: str, *values: object) -> list[tuple[Any, ...]]:
        """Ask the database as its owner; never part of the house, only of its tests."""
        with psycopg.connect(self.server.owner_url) as connection:
            return connection.execute(text.encode(), values).fetchall()

    def fund(self) -> None:
        """Enough money for every test."""
        amount = Money.whole(1_000_000, "USD")
        postings = (
            Posting(account="bank/trust", amount=amount, rule="deposit", why="paid in"),
            Posting(account=f"funds/{PRODUCTION}", amount=-amount, rule="deposit", why="paid in"),
        )
        entry = Entry(
            entry=ident("entry", 200),
            kind=EntryKind.DEPOSIT,
            production=PRODUCTION,
            performer="",
            permit="",
            cause=digest_of("deposit", b"{}"),
            postings=postings,
            at=Story().consent.at,
        )
        with self.store.unit() as unit:
            unit.post(JOURNAL, entry)

    def take_in(self, files: dict[str, bytes], name: str = CAPTURE) -> Asset:
        """Seal a capture, hand its shares to the custodians and wait until they have them."""
        key = bytearray(os.urandom(32))
        size = 0

        def seal_into(file: BinaryIO) -> str:
            nonlocal size
            summary = seal_stream(container.write(files.items()), file, key=key, context=name.encode())
            size = summary.bytes_sealed
            return summary.sha256_sealed

        path = blobs.keep(self.blobs, seal_into)
        made = asset(asset=name, kind=AssetKind.CAPTURE, replica_kind=None, sealed_sha256=path.stem, sealed_bytes=size)
        envelopes = {}
        for custodian, share in zip(NAMES, split(key), strict=True):
            note = capture_note(
                asset=name, custodian=custodian, performer=PERFORMER, performer_key=PERFORMER_KEY.public_hex
            )
            envelopes[custodian] = seal_to(
                self.seal_keys[custodian],
                pack_deposit(share, note),
                purpose=DEPOSIT,
                bound_to=deposit_binding(asset=name, custodian=custodian),
            )
        wipe(key)
        self.keep(made, envelopes)
        return made

    def keep(self, made: Asset, envelopes: dict[str, bytes]) -> None:
        """Record an asset and pass its shares on."""
        with self.store.unit() as unit:
            unit.append("house", made, ident=made.asset)
            unit.open_asset(made)
            for custodian, envelope in envelopes.items():
                letters(unit).deposit_share(
                    made.asset,
                    custodian,
                    envelope,
                    performer=PERFORMER,
                    performer_key=PERFORMER_KEY.public_hex,
                )

    def taken(self, name: str) -> bool:
        """Whether both custodians hold their share."""
        with self.store.unit() as unit:
            return letters(unit).shares_taken(name) == NAMES

    def permit(self, *, use: Use, asset_id: str, consent: Consent | None = None, **over: Any) -> Story:
        """Record everything that a permit rests on; a story with ids of its own."""
        self.number += 1
        with self.store.unit() as unit:
            state = unit.asset_state(asset_id, lock=False)
        assert state is not None
        count = self.number
        if use is Use.CREATE:
            over = {"shot": "", "unit": "replica", "units": 1, "arc_from_deg": 0, "arc_to_deg": 0} | over
        asked = request(use_id=ident("use", count), use=use, asset=asset_id, **over)
        story = Story(
            **({} if consent is None else {"consent": consent}),
            request=asked,
            over_permit={"permit": ident("permit", count), "epoch": state.epoch},
            over_grant={"grant": ident("grant", count)},
            over_entry={"entry": ident("entry", count)},
        )
        permit = story.permit()
        with self.store.unit() as unit:
            unit.append("house", story.consent, ident=story.consent.consent)
            unit.append("house", signature(story.consent, PERFORMER_KEY, PERFORMER))
            unit.append(JOURNAL, asked, ident=asked.use_id)
            unit.append(JOURNAL, story.decision())
            unit.append(JOURNAL, permit, ident=permit.permit)
            unit.append(JOURNAL, signature(permit, GATE_KEY, ident("party", 9)))
            unit.open_permit(permit, estimate="", gross_units=COST.units)
            unit.post(JOURNAL, story.reserve())
        return story

    def dispatch(self, story: Story, numbers: dict[str, int], **over: Any) -> WorkOrder:
        """Queue an order under a permit."""
        made = order(story.permit(), numbers, order=ident("order", self.number), **over)
        with self.store.unit() as unit:
            unit.append(JOURNAL, made, ident=made.order)
            unit.put_order(made, story.permit())
        return made

    def ask(self, made: WorkOrder, one_time: OneTimeKey) -> None:
        """Play the worker as far as its question for a key."""
        message = key_request(order=made.digest(), one_time_key=one_time.public_hex, worker=WORKER)
        own = identity.open_identity(self.root / "worker", PASSPHRASE, WORKER)
        text = own.signing.sign(KEY_REQUEST, message)
        with psycopg.connect(self.server.url_for("worker")) as connection:
            connection.execute("SELECT work.ask_key(%s, %s, %s, %s)", (made.order, WORKER, one_time.public_hex, text))

    def grant(self, story: Story, *, lease_seconds: int = 20, **over: Any) -> KeyGrant | None:
        """Answer the oldest question for a key with a grant."""
        with self.store.unit() as unit:
            asked = letters(unit).take_key_request()
            if asked is None:
                return None
            permit = story.permit()
            given: dict[str, Any] = {
                "grant": ident("grant", self.number),
                "permit": permit.digest(),
                "order": asked.order.digest(),
                "asset": permit.asset,
                "epoch": permit.epoch,
                "worker": asked.worker,
                "one_time_key": asked.one_time_key,
                "worker_signature": asked.worker_signature,
                "lease_seconds": lease_seconds,
                "at": permit.at,
            }
            made = KeyGrant(**given | over)
            unit.append(JOURNAL, made, ident=made.grant)
            unit.open_lease(made)
            letters(unit).answer_key_request(asked.order.order, grant=made, refused=None)
            return made

    def receive(self) -> tuple[Receipt, dict[str, bytes]] | None:
        """Take the oldest delivery and say that it was recorded."""
        with self.store.unit() as unit:
            delivered = letters(unit).take_delivery()
            if delivered is None:
                return None
            receipt = decode(Receipt, delivered.receipt)
            unit.append(JOURNAL, receipt, ident=receipt.receipt)
            letters(unit).answer_delivery(delivered.order.order, refused=None)
            return receipt, dict(delivered.shares)

    def answers(self, grant: KeyGrant) -> dict[str, tuple[bool, str]]:
        """What each custodian answered: released or not, and the code."""
        rows = self.query(
            "SELECT custodian, released, code FROM custody.answer WHERE grant_digest = %s", grant.digest()
        )
        return {name: (released, code) for name, released, code in rows}

    def wait(self, what: str, holds: Callable[[], Any], seconds: float = 30.0) -> Any:
        """Until something is so, or the test fails with what the processes said."""
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            if found := holds():
                return found
            time.sleep(0.05)
        logs = "\n".join(f"-- {path.name}\n{path.read_text()[-3000:]}" for path in sorted(self.root.glob("*.log")))
        raise AssertionError(f"{what} did not happen within {seconds:.0f} seconds\n{logs}")


def letters(unit: PostgresUnit) -> LetterUnit:
    """The part of a unit that reads and answers letters."""
    return LetterUnit(unit._connection)


def build(root: Path) -> House:
    """A house with its keys made and nothing running but the database."""
    server = EmbeddedServer.start(root / "database")
    house = House(root=root, server=server, store=PostgresStore(server.url_for("gate")))
    for folder in (house.blobs, house.out):
        folder.mkdir()
    worker = identity.create(root / "worker", PASSPHRASE, WORKER, cost=CHEAP)
    for name in NAMES:
        folder = root / f"custodian-{name}"
        house.seal_keys[name] = custodian_keys.create(folder, PASSPHRASE, name, cost=CHEAP).seal_key
        custodian_keys.pin(folder, PASSPHRASE, gate_key=GATE_KEY.public_hex, workers={WORKER: worker.verify_key})
    identity.pin(root / "worker", PASSPHRASE, custodians=house.seal_keys)
    return house
