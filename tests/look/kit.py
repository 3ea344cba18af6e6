"""A look at the ball, with a worker in a thread under a lease that is a fake and says so."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from custody.kit import WORKER
from stagedoor.adapters.look_channel import LookChannel, LookGone
from stagedoor.cli.look_door import LookDoor, LookServer
from stagedoor.core.facts.permit import Permit
from stagedoor.wire import container
from stagedoor.wire.looks import END
from stagedoor.worker.formats.ply import write_ply
from stagedoor.worker.job import Job, Made, Plan
from stagedoor.worker.makers import MAKERS
from stagedoor.worker.recipes import plan
from worker.kit import ball, capture_files, taken, taken_photos
from worker.test_fit import IDENTITY

LOOK = {
    "frames": 4,
    "arc_from_deg": -20,
    "arc_to_deg": 20,
    "elevation_from_deg": -5,
    "elevation_to_deg": 10,
    "width": 192,
    "height": 192,
    "radius_milli": 4000,
    "seconds": 60,
}

PX = 128
"""Pixels of the capture's pictures."""

PHOTOS = {name: value for name, value in LOOK.items() if name != "radius_milli"}


class FakeLease:
    """A fake: alive until it is told otherwise, or for so many questions."""

    def __init__(self, answers: int = 1_000_000_000) -> None:
        self.answers = answers
        self.ended = False

    def live(self) -> bool:
        """One answer fewer is left."""
        self.answers -= 1
        return not self.ended and self.answers >= 0


def planned(numbers: dict[str, int] | None = None, *, permit: Permit | None = None, recipe: str = "look") -> Plan:
    """The look, checked."""
    if recipe == "look-capture":
        found = plan(taken_photos(numbers or PHOTOS, permit=permit), WORKER)
    else:
        found = plan(taken(numbers or LOOK, permit=permit, recipe=recipe), WORKER)
    assert isinstance(found, Plan), found
    return found


@dataclass(kw_only=True)
class Running:
    """A look that goes on."""

    out: Path
    lease: FakeLease
    plan: Plan
    plaintext: bytearray
    thread: threading.Thread | None = None
    made: list[Made] = field(default_factory=list)
    faults: list[Exception] = field(default_factory=list)

    @property
    def door(self) -> Path:
        """The socket."""
        return self.out / "look" / "door"

    def ask(self, line: bytes, *, close: bool = False) -> bytes:
        """Everything that is answered to one line."""
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as asking:
            asking.settimeout(60)  # the first picture may have to wait for the kernels to be compiled
            asking.connect(str(self.door))
            asking.sendall(line)
            if close:
                asking.shutdown(socket.SHUT_WR)
            answer = b""
            while piece := asking.recv(1 << 16):
                answer += piece
        return answer

    def ended(self) -> Made:
        """What was made, once the look is over."""
        assert self.thread is not None
        self.thread.join(60)
        assert not self.thread.is_alive(), "the look goes on"
        if self.faults:
            raise self.faults[0]
        return self.made[0]


@contextmanager
def looking(
    out: Path,
    numbers: dict[str, int] | None = None,
    *,
    lease: FakeLease | None = None,
    permit: Permit | None = None,
    recipe: str = "look",
) -> Iterator[Running]:
    """A worker that answers, until it ends or the test does."""
    photos = recipe == "look-capture"
    run = Running(
        out=out,
        lease=lease or FakeLease(),
        plan=planned(numbers, permit=permit, recipe=recipe),
        plaintext=bytearray(b"".join(container.write(capture_files(PX).items())) if photos else write_ply(ball())),
    )
    job = Job(plan=run.plan, plaintext=run.plaintext, lease=run.lease, out=out, blobs=out)

    def work() -> None:
        try:
            run.made.append(MAKERS[recipe](job, IDENTITY))
        except Exception as fault:
            run.faults.append(fault)

    run.thread = threading.Thread(target=work, name="worker")
    run.thread.start()
    until = time.monotonic() + 20
    while not run.door.exists() and run.thread.is_alive() and time.monotonic() < until:
        time.sleep(0.01)
    try:
        yield run
    finally:
        if run.thread.is_alive() and run.door.exists():
            try:
                run.ask(END)
            except OSError:
                run.lease.ended = True
        run.thread.join(10)


@contextmanager
def served(run: Running, photos: Running | None = None) -> Iterator[LookServer]:
    """The local door of a look that goes on, and of one at the capture beside it."""
    beside = None if photos is None else LookChannel(photos.door)
    with LookServer(LookDoor(LookChannel(run.door), beside=beside, gone=LookGone)) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, name="door")
        thread.start()
        try:
            yield server
        finally:
            server.shutdown()
            thread.join(10)
