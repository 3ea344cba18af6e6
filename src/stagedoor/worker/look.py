"""Recipe look: a person looks round a replica, and each picture that they ask for is drawn, stamped, counted and sent.

While the lease lives, the worker answers the questions of wire.looks on a Unix socket of mode 0600, in a folder of mode
0700 inside the order's own: the same user, and nobody else, can ask.  What leaves is stamped pictures, never the
replica.  Each picture is within the permitted arc and is one metered frame; it lies beside the other outputs, and is
counted, before its first byte is sent (record, then act), so that the receipt names exactly what left.  The look ends
when its frames are drawn, its time is over, nobody asked for IDLE_SECONDS, it is told to, or the lease ends.
"""

from __future__ import annotations

import json
import os
import socket
import stat
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from stagedoor.core.base.canonical import short
from stagedoor.core.base.outcome import Code
from stagedoor.core.facts.permit import Output
from stagedoor.seal import wipe
from stagedoor.wire.looks import DIVISORS, END, LINE_BYTES_MAX, Head, LooksError, View, parse_question
from stagedoor.worker import stamp
from stagedoor.worker.arc import BACKGROUND, camera_at, write_output
from stagedoor.worker.drawable import Drawable, drawn_by, opened
from stagedoor.worker.job import Job, Made, WorkError

FOLDER: Final = "look"
SOCKET: Final = "door"
"""The socket is ORDER/look/door under the folder of outputs."""

PATH_BYTES_MAX: Final = 103
"""Bytes of a Unix socket's path: 104 with the zero at its end on the strictest system, macOS; Linux takes 108."""

IDLE_SECONDS: Final = 300.0
"""Without a question for this long, nobody is there, and the key is given back."""

QUESTION_SECONDS: Final = 2.0
"""How long one connection may take to ask, and again to take its answer: a local door needs milliseconds."""

POLL_SECONDS: Final = 0.2
"""How soon the end of a lease is noticed while nobody asks."""


def look(job: Job, *, clock: Callable[[], float] = time.monotonic) -> Made:
    """Answer until the look ends.  Raises WorkError if the replica cannot be drawn or nobody asked for a picture."""
    assert job.plan.settings["frames"] <= job.plan.permit.units, "recipes.plan lets no more through"
    try:
        replica = opened(job.plaintext, backend=job.backend)
    finally:
        wipe(job.plaintext)
    sight = _Sight(job, replica, until=clock() + job.plan.settings["seconds"], clock=clock)
    try:
        with _door(job.out) as listener:
            sight.answer_all(listener)
    finally:
        replica.wipe()
    if not sight.outputs and job.lease.live():
        raise WorkError("nobody asked for a picture: nothing was drawn, and nothing is counted")
    return Made(
        units=len(sight.outputs),
        outputs=tuple(sight.outputs),
        measures=(drawn_by(replica),),
        sealed=None,
        whole=len(sight.outputs) == job.plan.settings["frames"],
    )


class _Sight:
    """One look: what may be drawn, and what was."""

    def __init__(self, job: Job, replica: Drawable, *, until: float, clock: Callable[[], float]) -> None:
        self._job = job
        self._replica = replica
        self._until = until
        self._clock = clock
        self._asked = clock()
        self._told = False
        self.outputs: list[Output] = []

    def answer_all(self, listener: socket.socket) -> None:
        """One connection after the other, until the look ends."""
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

    def _goes_on(self) -> bool:
        now = self._clock()
        there = now < self._until and now < self._asked + IDLE_SECONDS
        return there and not self._told and self._left() > 0 and self._job.lease.live()

    def _left(self) -> int:
        return self._job.plan.settings["frames"] - len(self.outputs)

    def _answer(self, visitor: socket.socket) -> None:
        try:
            question = parse_question(_line(visitor, until=time.monotonic() + QUESTION_SECONDS))
        except LooksError as fault:
            _refuse(visitor, Code.MALFORMED, str(fault))
            return
        self._asked = self._clock()
        if question == END:
            self._told = True
            _send(visitor, Head(kind="ended", length=0), b"")
        elif isinstance(question, View):
            self._show(visitor, question)
        else:
            told = json.dumps(self._about()).encode("utf-8")
            _send(visitor, Head(kind="about", length=len(told)), told)

    def _about(self) -> dict[str, object]:
        """What the door may know: the order's bounds and the permit's name.  Nothing of the replica."""
        values = self._job.plan.settings
        kept = ("arc_from_deg", "arc_to_deg", "elevation_from_deg", "elevation_to_deg", "width", "height", "frames")
        return {name: values[name] for name in kept} | {
            "left": self._left(),
            "seconds_left": max(0, int(self._until - self._clock())),
            "idle_seconds": int(IDLE_SECONDS),
            "permit": short(self._job.plan.order.permit),
            "mark": stamp.MARK,
        }

    def _show(self, visitor: socket.socket, view: View) -> None:
        """Draw one picture, or say why not."""
        beyond = self._beyond(view)
        if beyond:
            _refuse(visitor, Code.WRONG_WORK, beyond)
            return
        if not self._job.lease.live():
            _refuse(visitor, Code.LEASE_LAPSED, "the worker's lease has ended: nothing more is drawn")
            return
        data = self._drawn(view)
        if data is None:
            _refuse(visitor, Code.LEASE_LAPSED, "the lease ended while the picture was drawn: it was thrown away")
            return
        number = len(self.outputs) + 1
        # On disk and counted before a byte leaves: a door that dies half-way has still had its frame.
        self.outputs.append(write_output(self._job.out, f"frame-{number:06d}.png", data))
        self._job.progress(number, self._job.plan.settings["frames"])
        _send(visitor, Head(kind="frame", number=number, left=self._left(), length=len(data)), data)

    def _drawn(self, view: View) -> bytes | None:
        values, permit = self._job.plan.settings, self._job.plan.order.permit
        width, height = values["width"] // view.divisor, values["height"] // view.divisor
        camera = camera_at(
            azimuth_deg=float(view.azimuth_deg),
            elevation_deg=float(view.elevation_deg),
            radius=values["radius_milli"] / 1000,
            width=width,
            height=height,
        )
        picture = self._replica.draw(camera, width, height, BACKGROUND)
        image = stamp.stamped(picture, permit=permit)
        data = stamp.png_bytes(image, permit=permit, frame=len(self.outputs) + 1)
        return data if self._job.lease.live() else None

    def _beyond(self, view: View) -> str:
        """What of the view goes beyond the order or its permit; "" if nothing does."""
        values, permit = self._job.plan.settings, self._job.plan.permit
        first = max(values["arc_from_deg"], permit.arc_from_deg)
        last = min(values["arc_to_deg"], permit.arc_to_deg)
        if not first <= view.azimuth_deg <= last:
            return f"azimuth {view.azimuth_deg} lies beyond the permitted arc of {first} to {last} degrees"
        low, high = values["elevation_from_deg"], values["elevation_to_deg"]
        if not low <= view.elevation_deg <= high:
            return f"elevation {view.elevation_deg} lies beyond the ordered {low} to {high} degrees"
        if view.divisor not in DIVISORS or values["width"] // view.divisor < stamp.WIDTH_MIN:
            return f"a width of {values['width']} cannot be divided by {view.divisor}: the stamp would not fit"
        if values["height"] // view.divisor < stamp.WIDTH_MIN // 2:
            return f"a height of {values['height']} cannot be divided by {view.divisor}"
        return ""


@contextmanager
def _door(out: Path) -> Iterator[socket.socket]:
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
    path.unlink(missing_ok=True)
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as listener:
        listener.bind(str(path))
        try:
            path.chmod(0o600)
            listener.listen(4)
            listener.settimeout(POLL_SECONDS)
            yield listener
        finally:
            path.unlink(missing_ok=True)
            folder.rmdir()


def _line(visitor: socket.socket, *, until: float) -> bytes:
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


def _refuse(visitor: socket.socket, code: Code, why: str) -> None:
    told = why.encode("utf-8")
    _send(visitor, Head(kind="refused", code=code, length=len(told)), told)
