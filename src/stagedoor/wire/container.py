"""The plaintext inside a sealed capture: named files, one after another, and nothing else.

    magic   8 bytes   b"SDCAP\\x00\\x01\\n"
    member  name length (u16), name (ASCII), data length (u64), data       for each file, at most FILES_MAX
    end     a name length of 0, the number of files (u32), SHA-256 of all bytes before it

All numbers are big-endian.  Not zip or tar: those have dates, owners, links, comments, two directories that may
disagree, and readers that extract to disk.  This has one reading, and it stays in memory (invariant 12).
"""

from __future__ import annotations

import hashlib
import re
import struct
from collections.abc import Iterable, Iterator
from typing import Final

MAGIC: Final = b"SDCAP\x00\x01\n"

FILES_MAX: Final = 10_000
"""Files in one capture: a light stage's 200 cameras, fifty poses each."""

NAME_BYTES_MAX: Final = 200
"""Bytes of one name, below every file system's 255, so that an honest capture can be written out again."""

BYTES_MAX: Final = 8 << 30
"""Bytes of all files together: what a worker's memory may be asked to hold."""

# Letters, digits and `._-` between single slashes; no part begins with a dot, so neither `..` nor hidden files exist.
_NAME = re.compile(r"[A-Za-z0-9_-][A-Za-z0-9._-]*(?:/[A-Za-z0-9_-][A-Za-z0-9._-]*)*")
_NAME_LENGTH = struct.Struct(">H")
_DATA_LENGTH = struct.Struct(">Q")
_COUNT = struct.Struct(">I")


class ContainerError(ValueError):
    """Bytes that are no container, or files that fit in none.  The text says what, never the content."""


def write(files: Iterable[tuple[str, bytes]]) -> Iterator[bytes]:
    """The container of these files, in pieces, in the order given.  Raises ContainerError before a bad member."""
    running = hashlib.sha256(MAGIC)
    yield MAGIC
    seen: set[str] = set()
    total = 0
    for name, data in files:
        _check_name(name, seen)
        total += len(data)
        _check_limits(len(seen), total)
        raw = name.encode("ascii")
        head = _NAME_LENGTH.pack(len(raw)) + raw + _DATA_LENGTH.pack(len(data))
        running.update(head)
        running.update(data)
        yield head
        yield data
    tail = _NAME_LENGTH.pack(0) + _COUNT.pack(len(seen))
    running.update(tail)
    yield tail
    yield running.digest()


def read(data: bytes | bytearray | memoryview) -> dict[str, bytes]:
    """The files of a container by name, in their order; strict: what `write` would not have written is refused."""
    view = memoryview(data).cast("B")
    if len(view) > BYTES_MAX + FILES_MAX * (NAME_BYTES_MAX + 16) + 64:
        raise ContainerError(f"{len(view)} bytes are more than a capture may hold")
    at = _take(view, 0, len(MAGIC))
    if bytes(view[:at]) != MAGIC:
        raise ContainerError("these bytes are not a capture's container")
    files: dict[str, bytes] = {}
    seen: set[str] = set()
    total = 0
    while True:
        start, at = at, _take(view, at, _NAME_LENGTH.size)
        (name_length,) = _NAME_LENGTH.unpack(view[start:at])
        if name_length == 0:
            break
        start, at = at, _take(view, at, name_length)
        name = _name(bytes(view[start:at]), seen)
        start, at = at, _take(view, at, _DATA_LENGTH.size)
        (length,) = _DATA_LENGTH.unpack(view[start:at])
        total += length
        _check_limits(len(seen), total)
        start, at = at, _take(view, at, length)
        files[name] = bytes(view[start:at])
    _check_end(view, at, len(files))
    return files


def _check_end(view: memoryview, at: int, files: int) -> None:
    """The count and the hash close the container, so neither a cut nor a changed byte goes unseen."""
    start, at = at, _take(view, at, _COUNT.size)
    if _COUNT.unpack(view[start:at]) != (files,):
        raise ContainerError("the container counts its files wrongly")
    end = _take(view, at, 32)
    if hashlib.sha256(view[:at]).digest() != bytes(view[at:end]):
        raise ContainerError("the container's bytes do not match its hash")
    if end != len(view):
        raise ContainerError("bytes follow the container's end")


def _take(view: memoryview, at: int, count: int) -> int:
    if count > len(view) - at:
        raise ContainerError("the container is cut short")
    return at + count


def _name(raw: bytes, seen: set[str]) -> str:
    if not raw.isascii():
        raise ContainerError("a file's name is not plain ASCII")
    name = raw.decode("ascii")
    _check_name(name, seen)
    return name


def _check_name(name: str, seen: set[str]) -> None:
    # A file system that folds case would let one member replace another on its way out: one of them is refused.
    folded = name.lower()
    if len(name) > NAME_BYTES_MAX or _NAME.fullmatch(name) is None:
        raise ContainerError(f"a file's name may hold letters, digits and ._- only, at most {NAME_BYTES_MAX}")
    if folded in seen:
        raise ContainerError("two files have one name")
    seen.add(folded)


def _check_limits(files: int, total: int) -> None:
    if files > FILES_MAX:
        raise ContainerError(f"more than {FILES_MAX} files")
    if total > BYTES_MAX:
        raise ContainerError(f"more than {BYTES_MAX} bytes in all")
