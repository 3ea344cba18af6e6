"""The one door in for a capture's pictures: read once, checked, and sealed as they are read.

The pictures pass from the folder through this process's memory into a sealed blob; they are never written anywhere in
the clear, and the data key is split into the custodians' shares and wiped before this returns.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from stagedoor.capture.read import parse, read_folder
from stagedoor.ports.world import Blobs
from stagedoor.seal import join, seal_stream, seal_to, split, wipe
from stagedoor.wire import container
from stagedoor.wire.envelopes import DEPOSIT, capture_note, deposit_binding, pack_deposit


@dataclass(frozen=True, slots=True, kw_only=True)
class SealedCapture:
    """What intake made: the blob's digest and size, how many views, and each custodian's share in its envelope."""

    sealed_sha256: str
    sealed_bytes: int
    views: int
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
    files = read_folder(folder)
    views = len(parse(files).names)
    pictures = list(files.items())

    def counted() -> Iterator[tuple[str, bytes]]:
        for index, item in enumerate(pictures):
            progress(index + 1, len(pictures))
            yield item

    first, second = split(os.urandom(32))
    key = join(first, second)
    sealed: list[tuple[str, int]] = []

    def seal_into(sink: BinaryIO) -> str:
        summary = seal_stream(container.write(counted()), sink, key=key, context=asset.encode())
        sealed.append((summary.sha256_sealed, summary.bytes_sealed))
        return summary.sha256_sealed

    try:
        blobs.keep(seal_into)
        envelopes = {
            name: _envelope(share, asset, name, seal_key, performer=performer, performer_key=performer_key)
            for (name, seal_key), share in zip(sorted(custodians.items()), (first, second), strict=True)
        }
    finally:
        wipe(key, first, second)
    return SealedCapture(sealed_sha256=sealed[0][0], sealed_bytes=sealed[0][1], views=views, envelopes=envelopes)


def delete_plaintext(folder: Path) -> None:
    """Delete the folder that the pictures came in.  What the disk or a backup keeps is beyond this program."""
    shutil.rmtree(folder)


def _envelope(
    share: bytearray, asset: str, custodian: str, seal_key: str, *, performer: str, performer_key: str
) -> bytes:
    note = capture_note(asset=asset, custodian=custodian, performer=performer, performer_key=performer_key)
    packed = pack_deposit(share, note)
    try:
        return seal_to(seal_key, packed, purpose=DEPOSIT, bound_to=deposit_binding(asset=asset, custodian=custodian))
    finally:
        wipe(packed)
