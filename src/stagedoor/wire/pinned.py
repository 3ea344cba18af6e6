"""Trust files: whose keys a process believes, written once at set-up and signed by the process's own key.

The signing key lies in the folder's key file under a passphrase, so that whoever can write to the folder, but does not
know the passphrase, cannot pin another key unseen.  Signing itself is handed in: this file knows no cryptography.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Final

import msgspec

from stagedoor.core.base.canonical import canonical_bytes

BYTES_MAX: Final = 1 << 20
"""Bytes of a trust file: thousands of workers."""


class PinnedError(ValueError):
    """A trust file that is missing, altered or there already."""


def write_pinned(path: Path, plain: dict[str, object], sign: Callable[[bytes], str]) -> None:
    """Write the file, whole or not at all, and never over one that is there."""
    told = {"pinned": plain, "signature": sign(canonical_bytes(plain))}
    try:
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        raise PinnedError(f"{path.name} is there already; trust is written once, at set-up") from None
    with os.fdopen(handle, "wb") as file:
        file.write(canonical_bytes(told) + b"\n")
        file.flush()
        os.fsync(file.fileno())


def read_pinned(path: Path, verify: Callable[[bytes, str], None]) -> dict[str, object]:
    """What was pinned, if `verify` does not raise over its bytes."""
    try:
        with path.open("rb") as file:
            data = file.read(BYTES_MAX + 1)
    except OSError as fault:
        raise PinnedError(f"{path.name} cannot be read: {fault.strerror}") from fault
    try:
        told = msgspec.json.decode(data[: BYTES_MAX + 1])
    except (msgspec.MsgspecError, RecursionError) as fault:
        raise PinnedError(f"{path.name} is not JSON") from fault
    if not isinstance(told, dict) or set(told) != {"pinned", "signature"}:
        raise PinnedError(f"{path.name} is not a trust file")
    plain, signature = told["pinned"], told["signature"]
    if not isinstance(plain, dict) or not isinstance(signature, str) or canonical_bytes(told) + b"\n" != data:
        raise PinnedError(f"{path.name} is not a trust file in its one spelling")
    verify(canonical_bytes(plain), signature)
    return plain


def parse_pins(told: str, names: set[str]) -> dict[str, object]:
    """What somebody wants pinned, as it comes from a command line: a JSON object with these members and no others."""
    try:
        plain = msgspec.json.decode(told)
    except (msgspec.MsgspecError, RecursionError) as fault:
        raise PinnedError("what is to be pinned is not JSON") from fault
    if not isinstance(plain, dict) or set(plain) != names:
        raise PinnedError(f"what is to be pinned has exactly: {', '.join(sorted(names))}")
    return plain


def texts(plain: dict[str, object], name: str) -> dict[str, str]:
    """A member that maps names to keys."""
    value = plain.get(name)
    if not isinstance(value, dict) or not all(isinstance(item, str) for item in value.values()):
        raise PinnedError(f"the trust file's '{name}' does not map names to keys")
    return {str(key): str(item) for key, item in value.items()}


def text(plain: dict[str, object], name: str) -> str:
    """A member that is text."""
    value = plain.get(name)
    if not isinstance(value, str):
        raise PinnedError(f"the trust file's '{name}' is not text")
    return value
