"""What a killed fit left behind for itself: the state of the training, sealed, beside the sealed blobs.

It is sealed under a key that is derived from the capture's own and bound to the order, so it opens only where the
capture opens, under a live lease, for this order: a withdrawal or a hold shuts it too.  One file for an order; it goes
when the order ends well.  Nothing of it is believed but what the seal vouches for.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import secrets
from pathlib import Path
from typing import Final

from stagedoor.seal import SealError, derive, open_bytes, seal_stream_unhashed, wipe

FOLDER: Final = "resume"
"""Inside the blob folder, where everything is sealed."""

STATE_BYTES_MAX: Final = 1 << 30
"""A million Gaussians with colour of degree 3 and both of Adam's moments are 0.7 GB."""


def key_for(data_key: bytearray, order: str) -> bytearray:
    """The key of this order's state, which the caller wipes."""
    return derive(data_key, purpose=_context(order))


class Resume:
    """One order's state on disk."""

    def __init__(self, blobs: Path, *, order: str, key: bytearray) -> None:
        self._path = blobs / FOLDER / f"{order.partition(':')[2]}.sealed"
        self._context = _context(order)
        self._key = key
        self._check = hashlib.sha256(key).digest()

    def load(self) -> bytearray | None:
        """The state that an earlier run of this order kept, in a buffer that the caller wipes; None if there is none
        or it does not open."""
        key = self._now()
        if key is None:
            return None
        try:
            with self._path.open("rb") as file:
                return open_bytes(file, key=key, context=self._context, max_bytes=STATE_BYTES_MAX)
        except (OSError, SealError):
            return None
        finally:
            wipe(key)

    def keep(self, state: bytes) -> None:
        """Seals the state in place of the one before, whole or not at all; nothing once the lease has ended.

        A full disk loses the state, not the run.
        """
        key = self._now()
        if key is None:
            return
        draft = self._path.with_name(f".{secrets.token_hex(8)}.draft")
        try:
            self._path.parent.mkdir(mode=0o700, exist_ok=True)
            with open(draft, "xb", opener=lambda path, flags: os.open(path, flags, 0o600)) as file:
                seal_stream_unhashed(state, file, key=key, context=self._context)
            os.replace(draft, self._path)
        except (OSError, SealError):
            with contextlib.suppress(OSError):
                draft.unlink(missing_ok=True)
        finally:
            wipe(key)

    def _now(self) -> bytearray | None:
        """The key in a copy, or None: the lease's end wipes the buffer, even while it is being read, and what is sealed
        under a wiped key lies open."""
        key = bytearray(self._key)
        if hashlib.sha256(key).digest() == self._check:
            return key
        wipe(key)
        return None

    def drop(self) -> None:
        """The order ended: nothing is left to go on from."""
        with contextlib.suppress(OSError):
            self._path.unlink(missing_ok=True)


def _context(order: str) -> bytes:
    return b"resume/" + order.encode("ascii")
