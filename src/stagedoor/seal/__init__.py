"""The seal: streams, shares, envelopes, signatures and key files. Nothing else in Stagedoor imports raw cryptography.

What to use

* A capture or replica: `seal_stream` with a fresh 32-byte data key and the asset's id as context; `open_stream` to work
  on it chunk by chunk. `open_bytes` is for small things. `seal_stream_unhashed` leaves out the sealed bytes' digest.
* The data key: `split` it into two shares, give each to its custodian, `wipe` the rest; `join` in the worker's memory.
* What an asset's work leaves behind for itself, as a training's state: under `derive` of the asset's own data key.
* A share at rest: `wrap` and `unwrap`, with the asset and the custodian in the context.
* A share on its way: the worker makes a `OneTimeKey`, each custodian answers with `seal_to`, bound to permit and epoch.
* Who said what: `SigningKey.sign` and `verify`, a domain for each kind of document.
* Private keys on disk: `write_keyfile`, `read_keyfile`.
* Processes that hold keys: `forbid_core_dumps`, first thing.

What not to use

* Not one data key for two assets, though the format would bear it: destroying a share must end one asset, not many.
* Not `wrap` or `seal_to` for anything large; not `seal_stream` without keeping to its errors; no other cipher.
* Not an envelope as proof of its sender: anybody can seal to a public key. That is what signatures are for.

What is promised

* Everything wrong raises a `SealError` whose class names the layer that noticed; what verifies returns.
* `open_stream` gives authenticated chunks only, in order, and raises unless it has seen the authentic end.
* A stream opens under one data key and one context only (committed, not merely authenticated).
* Version 1 of each format, as `spec/seal/README.md` tells it, stays readable; changes get a new version number.

What is not promised

* Python cannot guarantee zeroisation. `wipe` clears the buffer that it is given; strings, `bytes`, and copies made by
  the interpreter or OpenSSL stay until their memory is used again. Passphrases are strings and cannot be wiped at all.
* Nothing here hides lengths (a stream's size shows its plaintext's), or when and how often something is opened.
* A worker that opened an asset can keep it. A share that was destroyed says nothing about copies made before.
* X25519 and Ed25519 fall to a large quantum computer; AES-256 and the shares do not. The version bytes leave room.
"""

from __future__ import annotations

from stagedoor.seal.derive import derive
from stagedoor.seal.envelope import OneTimeKey, open_from, public_from_private, seal_to
from stagedoor.seal.errors import (
    AuthError,
    CommitmentError,
    EnvelopeError,
    HeaderError,
    HygieneError,
    KeyFileCostError,
    KeyFileDamagedError,
    KeyFileError,
    KeyFileExistsError,
    KeyFilePassphraseError,
    KeyFilePermissionError,
    KeyFileVersionError,
    KeyMaterialError,
    LimitError,
    PipeError,
    SealError,
    ShareError,
    SignatureError,
    StreamError,
    TrailingError,
    TruncatedError,
    WrapError,
)
from stagedoor.seal.hygiene import forbid_core_dumps
from stagedoor.seal.keyfile import DEFAULT_COST, KdfCost, read_keyfile, write_keyfile
from stagedoor.seal.shares import join, split, wipe
from stagedoor.seal.sign import SigningKey, verify
from stagedoor.seal.stream import (
    SealedSize,
    SealedSummary,
    open_bytes,
    open_stream,
    seal_stream,
    seal_stream_unhashed,
)
from stagedoor.seal.wraps import unwrap, wrap

__all__ = [
    "DEFAULT_COST",
    "AuthError",
    "CommitmentError",
    "EnvelopeError",
    "HeaderError",
    "HygieneError",
    "KdfCost",
    "KeyFileCostError",
    "KeyFileDamagedError",
    "KeyFileError",
    "KeyFileExistsError",
    "KeyFilePassphraseError",
    "KeyFilePermissionError",
    "KeyFileVersionError",
    "KeyMaterialError",
    "LimitError",
    "OneTimeKey",
    "PipeError",
    "SealError",
    "SealedSize",
    "SealedSummary",
    "ShareError",
    "SignatureError",
    "SigningKey",
    "StreamError",
    "TrailingError",
    "TruncatedError",
    "WrapError",
    "derive",
    "forbid_core_dumps",
    "join",
    "open_bytes",
    "open_from",
    "open_stream",
    "public_from_private",
    "read_keyfile",
    "seal_stream",
    "seal_stream_unhashed",
    "seal_to",
    "split",
    "unwrap",
    "verify",
    "wipe",
    "wrap",
    "write_keyfile",
]
