"""The one door in for what comes from outside: read once, checked, and sealed as it is read.

A capture's pictures pass from their folder, and a replica that was made elsewhere from its file, through this process's
memory into a sealed blob; they are never written anywhere in the clear, and the data key is split into the custodians'
shares and wiped before this returns.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import stat
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Final

from stagedoor.capture.gather import gather
from stagedoor.capture.read import parse
from stagedoor.core.facts.origin import Origin, ReplicaRelease, Technique
from stagedoor.core.facts.party import Signature
from stagedoor.ports.world import Blobs
from stagedoor.seal import join, seal_stream, seal_to, split, wipe
from stagedoor.wire import container
from stagedoor.wire.envelopes import DEPOSIT, DepositNote, brought_note, capture_note, deposit_binding, pack_deposit
from stagedoor.wire.weights import WeightsKind, describe_weights

REPLICA_BYTES_MAX: Final = 2 << 30
"""Bytes of one brought file: as many as a worker opens of one asset (worker.opening)."""

WEIGHTS: Final = {Technique.LORA: WeightsKind.LORA, Technique.VOICE: WeightsKind.VOICE}
"""Forms that are read strictly here already.  The others' readers are the worker's, which reads all of them again."""


class ReplicaError(ValueError):
    """A file that is not taken in as a replica.  The text says what is wrong and what to do."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SealedCapture:
    """What intake made: the blob's digest and size, how many views, and each custodian's share in its envelope."""

    sealed_sha256: str
    sealed_bytes: int
    views: int
    envelopes: Mapping[str, bytes]


@dataclass(frozen=True, slots=True, kw_only=True)
class SealedReplica:
    """The blob's digest and size, and each custodian's share in its envelope."""

    sealed_sha256: str
    sealed_bytes: int
    envelopes: Mapping[str, bytes]


def seal_capture(
    folder: Path,
    blobs: Blobs,
    *,
    asset: str,
    performer: str,
    performer_key: str,
    custodians: Mapping[str, str],
    progress: Callable[[int, int], None] = lambda _done, _all: None,
) -> SealedCapture:
    """Check a capture folder and seal it.  `custodians` maps exactly two names to their X25519 keys (hex).

    Raises CaptureError for a folder that cannot be used; nothing is written then.
    """
    assert len(custodians) == 2, "a key has two shares, with two custodians"
    files = gather(folder).files
    views = len(parse(files).names)
    pictures = list(files.items())

    def counted() -> Iterator[tuple[str, bytes]]:
        for index, item in enumerate(pictures):
            progress(index + 1, len(pictures))
            yield item

    sha256, size, envelopes = _sealed(
        container.write(counted()),
        blobs,
        asset=asset,
        custodians=custodians,
        note=lambda name: capture_note(asset=asset, custodian=name, performer=performer, performer_key=performer_key),
    )
    return SealedCapture(sealed_sha256=sha256, sealed_bytes=size, views=views, envelopes=envelopes)


def seal_replica(
    path: Path,
    blobs: Blobs,
    *,
    origin: Origin,
    release: ReplicaRelease,
    release_signature: Signature,
    performer_key: str,
    custodians: Mapping[str, str],
) -> SealedReplica:
    """Check a replica's file and seal it, byte for byte as it came.  `custodians` as for a capture.

    It must be the very file that the origin declares and the performer released.  Raises ReplicaError, or WeightsError
    for a LoRA or a voice; nothing is written then.
    """
    assert len(custodians) == 2, "a key has two shares, with two custodians"
    assert release.origin == origin.digest() and release_signature.signs == release.digest()
    plain = read_replica_file(path)
    try:
        if (len(plain), hashlib.sha256(plain).hexdigest()) != (origin.plain_bytes, origin.plain_sha256):
            raise ReplicaError("it is not the file that its origin declares. Bring that one, byte for byte")
        if origin.technique in WEIGHTS:
            describe_weights(plain, declared=WEIGHTS[origin.technique])
        sha256, size, envelopes = _sealed(
            (memoryview(plain),),
            blobs,
            asset=origin.asset,
            custodians=custodians,
            note=lambda name: brought_note(
                custodian=name, release=release, signature=release_signature, performer_key=performer_key
            ),
        )
    finally:
        wipe(plain)
    return SealedReplica(sealed_sha256=sha256, sealed_bytes=size, envelopes=envelopes)


def read_replica_file(path: Path) -> bytearray:
    """A plain file's bytes, in a buffer that the caller wipes.  Raises ReplicaError.

    Its size is asked before any of it is read, and a pipe or a device is refused without waiting for it.
    """
    with open(path, "rb", opener=lambda name, flags: os.open(name, flags | os.O_NONBLOCK)) as file:
        told = os.fstat(file.fileno())
        if not stat.S_ISREG(told.st_mode) or not 0 < told.st_size <= REPLICA_BYTES_MAX:
            raise ReplicaError(f"it is no plain file of 1 to {REPLICA_BYTES_MAX} bytes")
        plain = bytearray(told.st_size)
        if file.readinto(plain) != told.st_size or file.read(1):
            wipe(plain)
            raise ReplicaError("it changed while it was read. Bring a file that nobody writes to")
    return plain


def delete_plaintext(folder: Path) -> None:
    """Delete the folder that the pictures came in.  What the disk or a backup keeps is beyond this program."""
    shutil.rmtree(folder)


def _sealed(
    pieces: Iterable[bytes | memoryview],
    blobs: Blobs,
    *,
    asset: str,
    custodians: Mapping[str, str],
    note: Callable[[str], DepositNote],
) -> tuple[str, int, dict[str, bytes]]:
    """Seal under a key of its own: the blob's digest and size, and each custodian's share in its envelope."""
    first, second = split(os.urandom(32))
    key = join(first, second)
    sealed: list[tuple[str, int]] = []

    def seal_into(sink: BinaryIO) -> str:
        summary = seal_stream(pieces, sink, key=key, context=asset.encode())
        sealed.append((summary.sha256_sealed, summary.bytes_sealed))
        return summary.sha256_sealed

    try:
        blobs.keep(seal_into)
        envelopes = {
            name: _envelope(share, note(name), seal_key)
            for (name, seal_key), share in zip(sorted(custodians.items()), (first, second), strict=True)
        }
    finally:
        wipe(key, first, second)
    return *sealed[0], envelopes


def _envelope(share: bytearray, note: DepositNote, seal_key: str) -> bytes:
    packed = pack_deposit(share, note)
    binding = deposit_binding(asset=note.asset, custodian=note.custodian)
    try:
        return seal_to(seal_key, packed, purpose=DEPOSIT, bound_to=binding)
    finally:
        wipe(packed)
