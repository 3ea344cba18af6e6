"""Looks for stretches of known plaintext anywhere in a file, at any offset, without trying each stretch by itself.

Every 8 bytes of the plaintext are known, at every offset; of what is searched, 8 bytes are looked up every STRIDE.  So
each leaked stretch of STRIDE + SURE bytes or more is found; a find is believed when SURE bytes agree, and are not
mostly one byte repeated, as any file holds.
"""

from __future__ import annotations

import numpy as np

STRIDE = 48
SURE = 32
DISTINCT = 10
"""Different bytes in a stretch that is told from padding."""


class Plaintext:
    """Pictures that must not be found anywhere."""

    def __init__(self, pictures: list[bytes], *, after: int) -> None:
        """`after` bytes at each picture's beginning are left out: headers are the same in all PNGs."""
        self._whole = b"\0\0\0\0".join(picture[after:] for picture in pictures)
        known = np.concatenate([_words(self._whole, offset) for offset in range(8)])
        values, counts = np.unique(known, return_counts=True)
        # Zeros and other runs stand in any file; what stands once only in all the pictures is theirs alone.
        self._known = values[counts == 1]

    def found_in(self, data: bytes) -> bytes:
        """A stretch of plaintext that stands in `data`, or nothing."""
        words = np.frombuffer(data, np.uint8)
        starts = np.arange(0, max(len(words) - 8, 0), STRIDE)
        if not len(starts):
            return b""
        sampled = np.ascontiguousarray(np.lib.stride_tricks.sliding_window_view(words, 8)[starts]).view(np.uint64)
        wanted = sampled[:, 0]
        nearest = np.minimum(np.searchsorted(self._known, wanted), len(self._known) - 1)
        for place in np.flatnonzero(self._known[nearest] == wanted):
            start = int(starts[place])
            stretch = data[start : start + SURE]
            if len(stretch) == SURE and len(set(stretch)) >= DISTINCT and stretch in self._whole:
                return stretch
        return b""


def _words(data: bytes, offset: int) -> np.ndarray:
    length = (len(data) - offset) // 8 * 8
    return np.frombuffer(data, np.uint64, length // 8, offset)
