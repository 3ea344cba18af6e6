"""What every look has in common: a socket, one question after the other, and each picture counted before it leaves.

While the lease lives, the worker answers the questions of wire.looks on a Unix socket of mode 0600, in a folder of mode
0700 inside the order's own: the same user, and nobody else, can ask.  What leaves is stamped pictures, never the
asset.  Each picture is one metered unit; it lies beside the other outputs, and is counted, before its first byte is
sent (record, then act), so that the receipt names exactly what left.  The look ends when its frames are drawn, its time
is over, nobody asked for IDLE_SECONDS, it is told to, or the lease ends.
"""

from __future__ import annotations

import json
import math
import os
import socket
import stat
import time
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Final

import numpy as np
from numpy.typing import NDArray

from stagedoor.core.base.canonical import short
from stagedoor.core.base.outcome import Code
from stagedoor.core.facts.permit import Output, Setting
from stagedoor.wire.looks import ABOUT, END, LINE_BYTES_MAX, Head, LooksError, Question, parse_question
from stagedoor.worker import stamp
from stagedoor.worker.arc import BACKGROUND, write_output
from stagedoor.worker.job import Job, Made, WorkError

if TYPE_CHECKING:
    from stagedoor.worker.double.camera import Camera

FOLDER: Final = "look"
SOCKET: Final = "door"
"""The socket is ORDER/look/door under the folder of outputs."""

DRAFT: Final = "new"
"""The socket's name until somebody listens on it; no longer than SOCKET."""

PATH_BYTES_MAX: Final = 103
"""Bytes of a Unix socket's path: 104 with the zero at its end on the strictest system, macOS; Linux takes 108."""

IDLE_SECONDS: Final = 300.0
"""Without a question for this long, nobody is there, and the key is given back."""

QUESTION_SECONDS: Final = 2.0
"""How long one connection may take to ask, and again to take its answer: a local door needs milliseconds."""

POLL_SECONDS: Final = 0.2
"""How soon the end of a lease is noticed while nobody asks."""

EDGE_DEG: Final = 1e-3
"""Degrees by which a camera that stands on a bound itself may be rounded beyond it."""

BOUNDS: Final = ("arc_from_deg", "arc_to_deg", "elevation_from_deg", "elevation_to_deg", "width", "height", "frames")
"""What the door may know of an order."""


class Room(ABC):
    """One look: what may be drawn, and what was."""

    def __init__(self, job: Job, *, clock: Callable[[], float] = time.monotonic) -> None:
        self.job = job
        self._clock = clock
        self._until = clock() + job.plan.settings["seconds"]
        self._asked = clock()
        self._told = False
        self._cameras: list[Camera] = []
        self._head_px = 0
        self.outputs: list[Output] = []

    @abstractmethod
    def told(self) -> dict[str, object]:
        """What the door may know beside the order's bounds."""

    @abstractmethod
    def beyond(self, question: Question) -> str:
        """What of the question goes beyond the order or its permit; "" if nothing does."""

    def words(self, _question: Question) -> dict[str, object] | None:
        """The answer to a question that wants no picture; None if it wants one."""
        return None

    @abstractmethod
    def picture(self, question: Question) -> tuple[NDArray[np.uint8], Camera]:
        """The picture, uint8 [H,W,3], not stamped yet, and the camera that sees it."""

    def answer_all(self) -> Made:
        """Answer until the look ends.  Raises WorkError if nobody asked for a picture."""
        with open_door(self.job.out) as listener:
            while self._goes_on():
                try:
                    visitor, _ = listener.accept()
                except TimeoutError:
                    continue
                with visitor:
                    try:
                        self._answer(visitor)
                    except OSError:
                        # Whoever asked went away; what was drawn for them is counted, and the next may ask.
                        self._asked = self._clock()
                    except WorkError:
                        # No more can be drawn or kept: what was shown until then is counted all the same.
                        if not self.outputs:
                            raise
                        break
        if not self.outputs and self.job.lease.live():
            raise WorkError("nobody asked for a picture: nothing was drawn, and nothing is counted")
        return self._made()

    def drawn_by(self) -> tuple[Setting, ...]:
        """Which backend drew, where there was one to choose."""
        return ()

    def _made(self) -> Made:
        """What was drawn, and how much of the person it reveals."""
        from stagedoor.worker.double.coverage import coverage

        told = coverage(self._cameras, head_px=self._head_px).whole_numbers()
        return Made(
            units=len(self.outputs),
            outputs=tuple(self.outputs),
            measures=(*(Setting(name=name, value=value) for name, value in told.items()), *self.drawn_by()),
            sealed=None,
            whole=len(self.outputs) == self.job.plan.settings["frames"],
        )

    def _goes_on(self) -> bool:
        now = self._clock()
        there = now < self._until and now < self._asked + IDLE_SECONDS
        return there and not self._told and self._left() > 0 and self.job.lease.live()

    def _left(self) -> int:
        return self.job.plan.settings["frames"] - len(self.outputs)

    def _answer(self, visitor: socket.socket) -> None:
        try:
            question = parse_question(_read_line(visitor, until=time.monotonic() + QUESTION_SECONDS))
        except LooksError as fault:
            _refuse(visitor, Code.MALFORMED, str(fault))
            return
        self._asked = self._clock()
        if question == END:
            self._told = True
            _send(visitor, Head(kind="ended", length=0), b"")
            return
        if question == ABOUT:
            _say(visitor, self._about())
            return
        beyond = self.beyond(question)
        if beyond:
            _refuse(visitor, Code.WRONG_WORK, beyond)
        elif (words := self.words(question)) is not None:
            _say(visitor, words)
        else:
            self._show(visitor, question)

    def _about(self) -> dict[str, object]:
        """The order's bounds and the permit's name; of the asset, only what `told` lets out."""
        values = self.job.plan.settings
        return {name: values[name] for name in BOUNDS} | {
            "left": self._left(),
            "seconds_left": max(0, int(self._until - self._clock())),
            "idle_seconds": int(IDLE_SECONDS),
            "permit": short(self.job.plan.order.permit),
            "mark": stamp.MARK,
            **self.told(),
        }

    def _show(self, visitor: socket.socket, question: Question) -> None:
        """Draw one picture, or say why not."""
        from stagedoor.worker.double.coverage import shown_px

        if not self.job.lease.live():
            _refuse(visitor, Code.LEASE_LAPSED, "the worker's lease has ended: nothing more is drawn")
            return
        number = len(self.outputs) + 1
        permit = self.job.plan.order.permit
        picture, camera = self.picture(question)
        head_px = shown_px(picture, BACKGROUND)
        data = stamp.png_bytes(stamp.stamped(picture, permit=permit), permit=permit, frame=number)
        if not self.job.lease.live():
            _refuse(visitor, Code.LEASE_LAPSED, "the lease ended while the picture was drawn: it was thrown away")
            return
        # On disk and counted before a byte leaves: a door that dies half-way has still had its frame.
        self.outputs.append(write_output(self.job.out, f"frame-{number:06d}.png", data))
        self._cameras.append(camera)
        self._head_px += head_px
        self.job.progress(number, self.job.plan.settings["frames"])
        _send(visitor, Head(kind="frame", number=number, left=self._left(), length=len(data)), data)


def bounds(job: Job) -> tuple[int, int, int, int]:
    """The azimuths and the elevations, in degrees, that the order and its permit both allow."""
    values, permit = job.plan.settings, job.plan.permit
    first, last = max(values["arc_from_deg"], permit.arc_from_deg), min(values["arc_to_deg"], permit.arc_to_deg)
    return first, last, values["elevation_from_deg"], values["elevation_to_deg"]


def stands(camera: Camera) -> tuple[float, float, float]:
    """Where a camera stands: azimuth and elevation in degrees, and how far from the origin."""
    x, y, z = (float(part) for part in camera.position())
    away = math.sqrt(x * x + y * y + z * z)
    rise = math.degrees(math.asin(max(-1.0, min(1.0, y / away)))) if away > 0 else 90.0
    return math.degrees(math.atan2(x, z)), rise, away


def within(job: Job, camera: Camera, *, nearest: float) -> bool:
    """Whether a camera of the capture stands where the order and its permit let one stand, `nearest` units away at
    least.  A turn more or less is the same place."""
    azimuth, rise, away = stands(camera)
    first, last, low, high = bounds(job)
    on_arc = any(first - EDGE_DEG <= azimuth + turn <= last + EDGE_DEG for turn in (-720, -360, 0, 360, 720))
    return on_arc and low - EDGE_DEG <= rise <= high + EDGE_DEG and away >= nearest


@contextmanager
def open_door(out: Path) -> Iterator[socket.socket]:
    """The listening socket, gone again afterwards.  Raises WorkError where it cannot be made safely."""
    folder = out / FOLDER
    path = folder / SOCKET
    if len(os.fsencode(path)) > PATH_BYTES_MAX:
        raise WorkError(f"the path of a look's socket has more than {PATH_BYTES_MAX} bytes: use a shorter --out folder")
    out.mkdir(parents=True, exist_ok=True)
    folder.mkdir(mode=0o700, exist_ok=True)
    held = folder.lstat()
    if not stat.S_ISDIR(held.st_mode) or held.st_uid != os.geteuid() or held.st_mode & 0o077:
        raise WorkError("the folder of a look's socket is not this worker's alone: remove it")
    # A worker that was killed leaves its socket behind; the folder is ours, so nothing else can stand there.
    draft = folder / DRAFT
    for held_path in (path, draft):
        held_path.unlink(missing_ok=True)
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as listener:
        listener.bind(str(draft))
        try:
            draft.chmod(0o600)
            listener.listen(4)
            listener.settimeout(POLL_SECONDS)
            # Whoever sees the door may knock: it has its name only once somebody listens behind it.
            os.rename(draft, path)
            yield listener
        finally:
            # What somebody else laid there stays there: it must not cost the receipt of what was shown.
            with suppress(OSError):
                for held_path in (path, draft):
                    held_path.unlink(missing_ok=True)
                folder.rmdir()


def _read_line(visitor: socket.socket, *, until: float) -> bytes:
    """One line, or what came of it.  Raises TimeoutError, which is an OSError, for one that never ends."""
    held = b""
    while b"\n" not in held and len(held) <= LINE_BYTES_MAX:
        left = until - time.monotonic()
        if left <= 0:
            raise TimeoutError
        visitor.settimeout(left)
        piece = visitor.recv(LINE_BYTES_MAX + 1 - len(held))
        if not piece:
            break
        held += piece
    return held


def _send(visitor: socket.socket, head: Head, body: bytes) -> None:
    visitor.settimeout(QUESTION_SECONDS)
    visitor.sendall(head.line() + body)


def _say(visitor: socket.socket, words: dict[str, object]) -> None:
    told = json.dumps(words).encode("utf-8")
    _send(visitor, Head(kind="about", length=len(told)), told)


def _refuse(visitor: socket.socket, code: Code, why: str) -> None:
    told = why.encode("utf-8")
    _send(visitor, Head(kind="refused", code=code, length=len(told)), told)
