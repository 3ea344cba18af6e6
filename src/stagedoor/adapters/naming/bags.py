"""Keys with few or many numbers under each, small in memory: one number, then a tuple, then a set."""

from __future__ import annotations

from collections.abc import Collection, Hashable
from typing import Final, TypeVar

_K = TypeVar("_K", bound=Hashable)

Kept = int | tuple[int, ...] | set[int]
Bag = dict[_K, Kept]
"""Sets of numbers by key.  Nearly every key has one number, which then costs no container."""

_TUPLE_MAX: Final = 8
"""Numbers kept in a tuple; appending to a longer one costs more than a set's memory."""


def numbers(kept: Kept | None) -> Collection[int]:
    """The numbers that are kept under a key, or none."""
    return () if kept is None else (kept,) if isinstance(kept, int) else kept


def put(bag: Bag[_K], key: _K, number: int) -> None:
    """Put a number under a key, once."""
    kept = bag.get(key)
    if kept is None:
        bag[key] = number
    elif isinstance(kept, set):
        kept.add(number)
    else:
        before = (kept,) if isinstance(kept, int) else kept
        if number not in before:
            after = (*before, number)
            bag[key] = after if len(after) <= _TUPLE_MAX else set(after)


def drop(bag: Bag[_K], key: _K, number: int) -> None:
    """Take a number away from a key, and the key with its last number."""
    kept = bag.get(key)
    if isinstance(kept, set):
        kept.discard(number)
        if len(kept) == 1:
            bag[key] = kept.pop()
        return
    left = tuple(item for item in numbers(kept) if item != number)
    if not left:
        bag.pop(key, None)
    else:
        bag[key] = left[0] if len(left) == 1 else left
