"""The Blobs port on a folder: sealed bytes under their own SHA-256, whole or not at all, and never believed."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import BinaryIO

from stagedoor.ports.store import StoreFault
from stagedoor.wire import blobs


class FolderBlobs:
    """Sealed blobs in one folder, which workers may share read-only over the network."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        self.folder = folder

    def keep(self, seal_into: Callable[[BinaryIO], str]) -> str:
        """Keep what `seal_into` writes under the SHA-256 that it returns; nothing stays if it raises."""
        try:
            return blobs.keep(self.folder, seal_into).stem
        except OSError as fault:
            raise StoreFault(f"The blob folder could not be written: {fault.strerror}.") from fault

    def reader(self, sha256: str, *, size: int) -> Iterator[bytes]:
        """The blob in pieces; raises StoreFault if it is missing or is not what its name says."""
        try:
            yield from blobs.pieces(self.folder, sha256, size=size)
        except blobs.BlobError as fault:
            raise StoreFault(f"The blob {sha256[:12]} cannot be used: {fault}.") from fault
