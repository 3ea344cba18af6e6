"""Sealed blobs on disk, by their own SHA-256: `folder/ab/cdef...`, 0600, written whole or not at all.

Only sealed bytes ever come here (invariant 12).  A blob is written to a temporary file beside its place, flushed to the
disk, and renamed: a crash leaves a `.part` file, never a half-written blob under a good name.  Reading checks the hash;
a reader that went through to the end has seen the very bytes that the name promises, so decrypt and discard until then.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import re
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO, Final

from stagedoor.ports.store import StoreFault

_PIECE_BYTES: Final = 1 << 20
"""Bytes read at once: one chunk of the seal's stream."""

_NAME = re.compile(r"[0-9a-f]{64}")


class Sink:
    """Takes the bytes of one blob; counts and hashes them."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self._hash = hashlib.sha256()
        self._committed = False
        self.bytes = 0

    def write(self, data: bytes | bytearray | memoryview) -> int:
        """Add bytes; all of them, or it raises."""
        assert not self._committed
        self._hash.update(data)
        self.bytes += len(data)
        with _disk():
            self._file.write(data)
        return len(data)

    @property
    def sha256(self) -> str:
        """The digest of what was written: the blob's name once the writer's block has ended well."""
        return self._hash.hexdigest()


class DiskBlobs:
    """Implements ports.world.Blobs on a folder of its own."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)

    def path(self, sha256: str) -> Path:
        """Where the blob lies, or would.  A name that is not 64 lowercase hex digits is refused: it is a path."""
        if _NAME.fullmatch(sha256) is None:
            raise StoreFault("A blob is named by 64 lowercase hex digits, and this name is not.")
        return self._folder / sha256[:2] / sha256[2:]

    def has(self, sha256: str) -> bool:
        """Whether a blob of that name is there (its truth shows when it is read)."""
        return self.path(sha256).is_file()

    def reader(self, sha256: str) -> Iterator[bytes]:
        """The blob, in pieces; raises StoreFault if it is missing or, at its end, is not what its name says."""
        path = self.path(sha256)
        try:
            file = path.open("rb")
        except OSError as fault:
            raise StoreFault(f"The blob {sha256[:12]}... is not there.") from fault
        return _pieces(file, sha256)

    def size(self, sha256: str) -> int:
        """Its bytes."""
        try:
            return self.path(sha256).stat().st_size
        except OSError as fault:
            raise StoreFault(f"The blob {sha256[:12]}... is not there.") from fault

    @contextmanager
    def writer(self) -> Iterator[Sink]:
        """A sink for one blob; there under `sink.sha256` when the block ends well, and not at all if it raises."""
        draft = self._folder / f"{secrets.token_hex(8)}.part"
        with _disk():
            descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        try:
            with os.fdopen(descriptor, "wb") as file:
                sink = Sink(file)
                yield sink
                sink._committed = True
                with _disk():
                    file.flush()
                    os.fsync(file.fileno())
            with _disk():
                self._settle(draft, self.path(sink.sha256))
        finally:
            with contextlib.suppress(FileNotFoundError):
                draft.unlink()

    def _settle(self, draft: Path, final: Path) -> None:
        final.parent.mkdir(mode=0o700, exist_ok=True)
        draft.rename(final)
        _sync_folder(final.parent)
        _sync_folder(self._folder)

    def erase(self, sha256: str) -> None:
        """Remove a blob.  What the disk keeps of it is sealed; without its key it is noise."""
        self.path(sha256).unlink(missing_ok=True)


@contextmanager
def _disk() -> Iterator[None]:
    """What the disk refuses, as a fault of the store."""
    try:
        yield
    except OSError as fault:
        raise StoreFault(f"The blob could not be written to the disk ({fault.strerror}).") from fault


def _pieces(file: BinaryIO, sha256: str) -> Iterator[bytes]:
    seen = hashlib.sha256()
    with file:
        while piece := file.read(_PIECE_BYTES):
            seen.update(piece)
            yield piece
    if seen.hexdigest() != sha256:
        raise StoreFault(f"The blob {sha256[:12]}... is not what its name says; restore it from a backup.")


def _sync_folder(folder: Path) -> None:
    """A rename is durable only once its folder is."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
