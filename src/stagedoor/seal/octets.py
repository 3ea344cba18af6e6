"""Small things that every format here is made of: framing, strict hex, random bytes and wiping.

Framing is length first and never a separator, so that two different lists of parts never give the same bytes.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from typing import TypeAlias

from stagedoor.seal.errors import KeyMaterialError, PipeError, SealError
from stagedoor.seal.limits import KEY_BYTES

Octets: TypeAlias = bytes | bytearray | memoryview
Entropy: TypeAlias = Callable[[int], bytes]

_NAME = re.compile(r"[a-z0-9][a-z0-9._:/-]{0,63}")


def wipe(*buffers: bytearray | memoryview) -> None:
    """Overwrite each buffer with zeros. Best effort: copies that Python or a library made elsewhere stay."""
    for buffer in buffers:
        whole = memoryview(buffer).cast("B")
        whole[:] = bytes(len(whole))
        whole.release()


def u32(number: int) -> bytes:
    """Four bytes, big end first."""
    return number.to_bytes(4, "big")


def frame(parts: Iterable[Octets]) -> bytes:
    """Each part behind its length in four bytes."""
    return b"".join(piece for part in parts for piece in (u32(len(part)), part))


def check_name(name: str, *, what: str, error: type[SealError]) -> bytes:
    """A purpose or domain: lower case ASCII, at most 64 characters, so that it can neither be empty nor run over."""
    if _NAME.fullmatch(name) is None:
        raise error(f"The {what} is not 1 to 64 characters out of a-z, 0-9 and . _ : / - beginning with a-z or 0-9.")
    return name.encode("ascii")


def check_key(key: Octets, *, what: str) -> Octets:
    """Exactly 32 bytes, or nothing."""
    if not isinstance(key, bytes | bytearray | memoryview):
        raise KeyMaterialError(f"The {what} is not a string of bytes.")
    if memoryview(key).nbytes != KEY_BYTES:
        raise KeyMaterialError(f"The {what} is {memoryview(key).nbytes} bytes long and must be {KEY_BYTES}.")
    return key


def parse_hex(text: object, *, length: int | None, what: str, error: type[SealError]) -> bytes:
    """Lower-case hex of an exact length: one value has one spelling."""
    if not isinstance(text, str) or re.fullmatch(r"(?:[0-9a-f]{2})*", text) is None:
        raise error(f"The {what} is not lower-case hexadecimal.")
    if length is not None and len(text) != 2 * length:
        raise error(f"The {what} has {len(text)} hexadecimal digits and must have {2 * length}.")
    return bytes.fromhex(text)


def draw(entropy: Entropy, count: int) -> bytes:
    """`count` random bytes, and not one fewer."""
    drawn = entropy(count)
    if not isinstance(drawn, bytes) or len(drawn) != count:
        raise PipeError(f"The entropy source did not give {count} bytes.")
    return drawn
