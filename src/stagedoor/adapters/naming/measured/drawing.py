"""Choices that look random and are the same on every run and machine."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import TypeVar

_T = TypeVar("_T")


def drawn(below: int, *words: object) -> int:
    """A number from 0 up to, and not including, `below`, which follows from the words."""
    digest = hashlib.sha256("\x1f".join(map(str, words)).encode()).digest()
    return int.from_bytes(digest[:8], "big") % below


def one_of(items: Sequence[_T], *words: object) -> _T:
    """One of the items, which follows from the words."""
    return items[drawn(len(items), *words)]


@cache
def lines(name: str) -> tuple[str, ...]:
    """The lines of a list beside this file, without comments."""
    text = (Path(__file__).parent / name).read_text(encoding="utf-8")
    return tuple(line for line in text.splitlines() if line and not line.startswith("#"))
