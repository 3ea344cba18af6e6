"""A question to the worker that draws a look, over its Unix socket: one connection each, every answer bounded."""

from __future__ import annotations

import os
import socket
import stat
import threading
from pathlib import Path
from typing import Final

from stagedoor.wire.looks import LINE_BYTES_MAX, Head, LooksError, parse_head

ANSWER_SECONDS: Final = 30.0
"""How long a picture may take: a large double on a slow machine needs a few seconds."""

PIECE_BYTES: Final = 1 << 16
"""Read at once."""


class LookGone(Exception):
    """The worker does not answer: the look has ended, or never began.  The text says what to do."""


class LookChannel:
    """The socket of one look.  Questions wait for one another: a worker draws one picture at a time."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._turn = threading.Lock()

    def ask(self, line: bytes) -> tuple[Head, bytes]:
        """The answer's head and body.  Raises LookGone, also for an answer that breaks the rules of wire.looks."""
        with self._turn:
            try:
                _is_ours(self._path)
                with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as asking:
                    asking.settimeout(ANSWER_SECONDS)
                    asking.connect(str(self._path))
                    asking.sendall(line)
                    return _answer(asking)
            except LooksError as fault:
                raise LookGone(
                    f"{fault}. Whatever listens at {self._path.name} is no worker of this version."
                ) from None
            except OSError as fault:
                why = fault.strerror or str(fault) or "it took too long"
                raise LookGone(f"The worker does not answer ({why}): the look has ended. Order another.") from None


def _is_ours(path: Path) -> None:
    """A socket of another user could show other pictures under this permit's name."""
    held = path.lstat()
    if not stat.S_ISSOCK(held.st_mode) or held.st_uid != os.geteuid():
        raise LookGone(f"{path.name} is not a socket of your own user. Name the folder of an order that is being run.")


def _answer(asking: socket.socket) -> tuple[Head, bytes]:
    held = bytearray()
    while b"\n" not in held and len(held) <= LINE_BYTES_MAX:
        piece = asking.recv(PIECE_BYTES)
        if not piece:
            break
        held += piece
    line, newline, rest = bytes(held).partition(b"\n")
    head = parse_head(line[: LINE_BYTES_MAX + 1] + newline)
    body = bytearray(rest)
    while len(body) <= head.length:
        # One byte more than was said is asked for too, so that an answer that goes on is seen.
        piece = asking.recv(min(PIECE_BYTES, head.length - len(body) + 1))
        if not piece:
            break
        body += piece
    if len(body) != head.length:
        raise LooksError("the worker's answer is not as long as it says")
    return head, bytes(body)
