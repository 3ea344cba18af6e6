"""The stage: a house in a folder, two custodians, a worker, and everybody's keys.  Scenes act on it."""

from __future__ import annotations

import json
import secrets
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final

from stagedoor.adapters.clock import StoryClock
from stagedoor.adapters.home import Home
from stagedoor.adapters.intake import SealedCapture
from stagedoor.adapters.postgres.gate_inbox import GateInbox
from stagedoor.adapters.processes import Child, set_up, start, start_custodian
from stagedoor.adapters.signing import FileSigner
from stagedoor.cli.demo import cast
from stagedoor.cli.demo.telling import Teller
from stagedoor.cli.gate import GateLoop
from stagedoor.core.base.fact import Fact
from stagedoor.core.facts.asset import Notice, Release
from stagedoor.core.facts.consent import Consent
from stagedoor.core.facts.party import Party, Signature
from stagedoor.core.facts.permit import Permit, Receipt, WorkOrder
from stagedoor.core.rules.rulebook import Rulebook
from stagedoor.wiring import House, start_house, story_books

CUSTODIANS: Final = ("union", "studio")
WAIT_SECONDS: Final = 240
"""How long a scene waits for another process before it says that the world failed."""


class StageFault(Exception):
    """A process of the stage did not do its part: the world failed."""


@dataclass(slots=True)
class Stage:
    """Everything that a scene may touch."""

    teller: Teller
    home: Home
    house: House
    clock: StoryClock
    fast: bool
    kept: bool
    looking: bool
    books: tuple[Rulebook, ...]
    gate: GateLoop
    inbox: GateInbox
    signers: dict[str, FileSigner] = field(default_factory=dict)
    passphrases: dict[str, str] = field(default_factory=dict)
    children: dict[str, Child] = field(default_factory=dict)
    custodian_keys: dict[str, str] = field(default_factory=dict)
    public: dict[str, str] = field(default_factory=dict)
    ids: dict[str, str] = field(default_factory=dict)
    permits: dict[str, Permit] = field(default_factory=dict)
    orders: dict[str, WorkOrder] = field(default_factory=dict)
    receipts: dict[str, Receipt] = field(default_factory=dict)
    refusals: list[tuple[str, str, str, str]] = field(default_factory=list)
    decisions: list[dict[str, str | None]] = field(default_factory=list)
    consent: Consent | None = None
    notice: Notice | None = None
    release: Release | None = None
    sealed: SealedCapture | None = None

    def id(self, key: str) -> str:
        """The pseudonym of a player, or the id of a thing."""
        return self.ids[key]

    def sign(self, who: str, fact: Fact) -> Signature:
        """A player signs."""
        return self.signers[who].sign(fact, at=self.clock.at)

    def wait_for(self, what: str, ready: Callable[[], bool], *, seconds: float = WAIT_SECONDS) -> None:
        """Wait until something is so; a child that died meanwhile is told by name."""
        until = time.monotonic() + seconds
        while not ready():
            for child in self.children.values():
                if not child.alive:
                    raise StageFault(f"The {child.name} ended while waiting for {what}: {child.last_words()}")
            if time.monotonic() > until:
                raise StageFault(f"{what} did not happen within {seconds:.0f} seconds.")
            time.sleep(0.05)

    def worker_progress(self, order: str) -> tuple[int, int]:
        """How far the worker says it is with an order: done, of how many; from its log's last line of progress."""
        try:
            lines = self.children["worker"].log.read_text(encoding="utf-8", errors="replace").splitlines()
        except OSError:
            return 0, 1
        for line in reversed(lines[-200:]):
            if '"progress"' in line and order in line:
                plain = json.loads(line)
                return int(plain["done"]), int(plain["of"])
        return 0, 1

    def close(self) -> None:
        """Stop everything, in order."""
        for child in self.children.values():
            child.stop()
        self.gate.stop()
        self.inbox.close()
        self.house.close()


def set_stage(teller: Teller, home: Home, *, fast: bool, kept: bool, looking: bool = False) -> Stage:
    """Start the database and the gate's loop."""
    house = start_house(home)
    try:
        return _stage_of(teller, home, house, fast=fast, kept=kept, looking=looking)
    except BaseException:
        house.close()
        raise


def _stage_of(teller: Teller, home: Home, house: House, *, fast: bool, kept: bool, looking: bool) -> Stage:
    clock = StoryClock(cast.ENROLLED)
    inbox = GateInbox(house.server.url_for("gate"))
    gate = GateLoop(house.store, inbox, house.verifier, ids=house.ids, at=lambda: clock.at)
    gate.start()
    return Stage(
        teller=teller,
        home=home,
        house=house,
        clock=clock,
        fast=fast,
        kept=kept,
        looking=looking,
        books=story_books(),
        gate=gate,
        inbox=inbox,
    )


def draw_keys(stage: Stage) -> None:
    """Every player draws a key of their own; passphrases are drawn here and live in this process only."""
    for player in cast.CAST:
        stage.ids[player.key] = stage.house.ids.new("party")
        passphrase = secrets.token_urlsafe(24)
        path = stage.home.keys / f"{player.key}.json"
        stage.signers[player.key] = FileSigner.create(path, passphrase, stage.ids[player.key])


def make_custodians_and_worker(stage: Stage) -> None:
    """Each makes its own keys in its own folder, then pins the others' public ones."""
    stage.ids["worker"] = stage.house.ids.new("worker")
    folder = ["--folder", str(stage.home.worker), "--worker", stage.id("worker")]
    stage.passphrases["worker"] = secrets.token_urlsafe(24)
    made = set_up(["stagedoor.worker", *folder, "--create"], passphrase=stage.passphrases["worker"])
    stage.public["worker"] = str(made["verify_key"])
    for name in CUSTODIANS:
        stage.passphrases[f"custodian-{name}"] = secrets.token_urlsafe(24)
        own = ["stagedoor.custodian", "--folder", str(stage.home.custodian(name)), "--name", name]
        made = set_up([*own, "--create"], passphrase=stage.passphrases[f"custodian-{name}"])
        stage.public[f"custodian-{name}"] = str(made["verify_key"])
        stage.custodian_keys[name] = str(made["seal_key"])
        trusted = {
            "gate_key": stage.signers["gate"].verify_key,
            "workers": {stage.id("worker"): stage.public["worker"]},
        }
        set_up([*own, "--pin", json.dumps(trusted)], passphrase=stage.passphrases[f"custodian-{name}"])
    pinned = json.dumps({"custodians": stage.custodian_keys})
    set_up(["stagedoor.worker", *folder, "--pin", pinned], passphrase=stage.passphrases["worker"])


def restart_custodian(stage: Stage, name: str) -> None:
    """Start one custodian's process."""
    stage.children[f"custodian-{name}"] = start_custodian(
        name,
        stage.home.custodian(name),
        url=stage.house.server.url_for(f"custodian_{name}"),
        passphrase=stage.passphrases[f"custodian-{name}"],
        log=stage.home.logs / f"custodian-{name}.log",
    )


def start_worker(stage: Stage, name: str = "worker") -> None:
    """Start the worker's process; under another name, one more of it: each takes one order at a time."""
    arguments = ["stagedoor.worker", "--folder", str(stage.home.worker), "--worker", stage.id("worker"),
                 "--blobs", str(stage.home.blobs), "--out", str(stage.home.outputs)]  # fmt: skip
    stage.children[name] = start(
        name,
        arguments,
        url=stage.house.server.url_for("worker"),
        passphrase=stage.passphrases["worker"],
        log=stage.home.logs / f"{name}.log",
    )


def party_of(stage: Stage, key: str) -> Party:
    """A player's enrolment."""
    player = next(item for item in cast.CAST if item.key == key)
    return Party(
        party=stage.id(key),
        role=player.role,
        verify_key=stage.signers[key].verify_key,
        seal_key="",
        at=stage.clock.at,
    )
