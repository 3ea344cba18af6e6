"""By what a field's file is recognised.  Apart from model.py: whoever only asks loads none of the compiler."""

from __future__ import annotations

from typing import Final

MAGIC: Final = b"SDFIELD\0"


def is_field(data: bytes | bytearray | memoryview) -> bool:
    """Whether these bytes say that they are a field; what they hold is not looked at."""
    return bytes(data[: len(MAGIC)]) == MAGIC
