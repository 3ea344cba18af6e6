"""A key for a side product of an asset's work: whoever loses the data key, or is refused it, loses this one with it."""

from __future__ import annotations

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.kdf.hkdf import HKDFExpand

from stagedoor.seal.errors import LimitError
from stagedoor.seal.limits import KEY_BYTES, MAX_CONTEXT_BYTES
from stagedoor.seal.octets import Octets, check_key

LABEL = b"stagedoor/v1/derived\x00"


def derive(key: Octets, *, purpose: bytes) -> bytearray:
    """A 32-byte key that tells nothing of `key` or of those for other purposes (RFC 5869, expand), to be wiped."""
    check_key(key, what="data key")
    if not 1 <= len(purpose) <= MAX_CONTEXT_BYTES:
        raise LimitError(f"The purpose is {len(purpose)} bytes long and must be 1 to {MAX_CONTEXT_BYTES}.")
    derived = bytearray(KEY_BYTES)
    HKDFExpand(hashes.SHA256(), len(derived), LABEL + purpose).derive_into(bytes(key), derived)
    return derived
