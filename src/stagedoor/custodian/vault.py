"""Shares at rest, each with its pins: sealed under the custodian's own key, so that the database owner can read neither
the share nor change whose key guards it.

A row holds two wraps, the pins' before the share's: the pins are opened for judging, the share only after a yes.
"""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import Final

from stagedoor.core.base.canonical import canonical_bytes
from stagedoor.custodian.papers import Pinned
from stagedoor.seal import WrapError, unwrap, wrap

_LENGTH_BYTES: Final = 4


def shut(kek: bytearray, *, custodian: str, share: bytearray, pinned: Pinned) -> bytes:
    """The row's bytes."""
    pins = wrap(kek, canonical_bytes(asdict(pinned)), context=_context("pins", custodian, pinned.asset))
    secret = wrap(kek, share, context=_context("share", custodian, pinned.asset))
    return len(pins).to_bytes(_LENGTH_BYTES, "big") + pins + secret


def open_pins(kek: bytearray, wrapped: bytes, *, custodian: str, asset: str) -> Pinned:
    """What was pinned when the share came; raises WrapError for a row that this custodian did not write for `asset`."""
    pins, _ = _halves(wrapped)
    plain = unwrap(kek, pins, context=_context("pins", custodian, asset))
    return Pinned(**json.loads(bytes(plain)))


def open_share(kek: bytearray, wrapped: bytes, *, custodian: str, asset: str) -> bytearray:
    """The share, in a buffer that the caller wipes."""
    _, secret = _halves(wrapped)
    return unwrap(kek, secret, context=_context("share", custodian, asset))


def _halves(wrapped: bytes) -> tuple[bytes, bytes]:
    length = int.from_bytes(wrapped[:_LENGTH_BYTES], "big")
    rest = wrapped[_LENGTH_BYTES:]
    if not 0 < length < len(rest):
        raise WrapError("The row does not hold pins and a share.")
    return rest[:length], rest[length:]


def _context(what: str, custodian: str, asset: str) -> bytes:
    return canonical_bytes({"asset": asset, "custodian": custodian, "what": what})
