"""Sealed bytes on disk, each file under its own SHA-256.  Only what is sealed ever comes here (invariant 12)."""

from __future__ import annotations

import hashlib
import os
import re
import secrets
from collections.abc import Callable, Generator
from pathlib import Path
from typing import BinaryIO, Final

PIECE_BYTES: Final = 1 << 20
"""Bytes read at a time: as large as a sealed chunk."""


class BlobError(Exception):
    """A blob that is missing, or is not what its name says."""


def path_of(folder: Path, sha256: str) -> Path:
    """Where the blob with this digest lies; `sha256` is 64 hexadecimal digits, `sha256:` before them or not."""
    digits = sha256.removeprefix("sha256:")
    if re.fullmatch(r"[0-9a-f]{64}", digits) is None:
        raise BlobError("a blob is named by the 64 hexadecimal digits of its SHA-256")
    return folder / f"{digits}.sealed"


def keep(folder: Path, seal_into: Callable[[BinaryIO], str]) -> Path:
    """A new blob: `seal_into` writes sealed bytes and gives their SHA-256; the file appears whole or not at all."""
    draft = folder / f".{secrets.token_hex(8)}.draft"
    try:
        with open(draft, "xb", opener=_owner_only) as file:
            path = path_of(folder, seal_into(file))
            file.flush()
            os.fsync(file.fileno())
        draft.replace(path)
    finally:
        draft.unlink(missing_ok=True)
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
    return path


def pieces(folder: Path, sha256: str, *, size: int) -> Generator[bytes, None, None]:
    """The blob's bytes; raises BlobError at the end, if not before, unless they have this digest and size."""
    running = hashlib.sha256()
    told = 0
    try:
        with path_of(folder, sha256).open("rb") as file:
            while piece := file.read(PIECE_BYTES):
                running.update(piece)
                told += len(piece)
                if told > size:
                    raise BlobError("the sealed blob is longer than its asset says")
                yield piece
    except OSError as fault:
        raise BlobError(f"the sealed blob cannot be read: {fault.strerror}") from None
    if told != size or running.hexdigest() != sha256.removeprefix("sha256:"):
        raise BlobError("the sealed blob is not what its asset says")


def _owner_only(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)
