"""Small secrets at rest: AES-256-GCM under a key-encryption key, with a random nonce and a context.

For shares in a custodian's store. One key-encryption key may wrap up to 2^32 times: beyond that, random nonces repeat.
"""

from __future__ import annotations

import os

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from stagedoor.seal.errors import LimitError, WrapError
from stagedoor.seal.limits import MAX_WRAP_PLAIN_BYTES, NONCE_BYTES, TAG_BYTES
from stagedoor.seal.octets import Entropy, Octets, check_key, draw

LABEL = b"stagedoor/v1/wrap\x00"
VERSION = 1


def wrap(kek: Octets, plaintext: Octets, *, context: bytes, entropy: Entropy = os.urandom) -> bytes:
    """Version, nonce, ciphertext, tag. The same context must be given to unwrap."""
    check_key(kek, what="key-encryption key")
    if len(plaintext) > MAX_WRAP_PLAIN_BYTES:
        raise LimitError(f"A wrap holds at most {MAX_WRAP_PLAIN_BYTES} bytes.")
    nonce = draw(entropy, NONCE_BYTES)
    return bytes([VERSION]) + nonce + AESGCM(kek).encrypt(nonce, plaintext, LABEL + context)


def unwrap(kek: Octets, wrapped: Octets, *, context: bytes) -> bytearray:
    """What was wrapped, in a buffer that the caller wipes; or `WrapError`."""
    check_key(kek, what="key-encryption key")
    length = len(wrapped) - 1 - NONCE_BYTES - TAG_BYTES
    if not 0 <= length <= MAX_WRAP_PLAIN_BYTES:
        raise WrapError("The wrapped value has a length that no wrap has.")
    if wrapped[0] != VERSION:
        raise WrapError(f"The wrapped value has version {wrapped[0]}, and only version {VERSION} is known.")
    out = bytearray(length)
    view = memoryview(wrapped)
    try:
        AESGCM(kek).decrypt_into(view[1 : 1 + NONCE_BYTES], view[1 + NONCE_BYTES :], LABEL + context, out)
    except InvalidTag:
        raise WrapError("The wrapped value was altered, or belongs to another key or context.") from None
    return out
