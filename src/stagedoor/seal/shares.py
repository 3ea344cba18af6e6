"""A data key as the XOR of two shares: either one alone is thirty-two random bytes and says nothing of the key.

A wrong share joins to a wrong key without a word; the stream's commitment is what notices (`CommitmentError`). Two
custodians mean two shares; a third way to the key (escrow, recovery) is a share of a share, and not made here.
"""

from __future__ import annotations

import os

from stagedoor.seal.errors import KeyMaterialError, ShareError
from stagedoor.seal.limits import KEY_BYTES
from stagedoor.seal.octets import Entropy, Octets, check_key, draw, wipe

__all__ = ["join", "split", "wipe"]


def split(key: Octets, *, entropy: Entropy = os.urandom) -> tuple[bytearray, bytearray]:
    """Two shares of a 32-byte key. Wipe them, and the key, when they are where they belong."""
    check_key(key, what="data key")
    pad = bytearray(draw(entropy, KEY_BYTES))
    other = bytearray(x ^ y for x, y in zip(key, pad, strict=True))
    if not any(pad) or not any(other):
        wipe(pad, other)
        raise ShareError("The entropy source gave a pad that would put the key itself into one share.")
    return pad, other


def join(a: Octets, b: Octets) -> bytearray:
    """The key of two shares, in a buffer that the caller wipes."""
    for share in (a, b):
        try:
            check_key(share, what="share")
        except KeyMaterialError as wrong:
            raise ShareError(str(wrong)) from None
    key = bytearray(x ^ y for x, y in zip(a, b, strict=True))
    if not any(key):
        raise ShareError("The two shares are the same share.")
    return key
