"""Keys with few or many numbers under each, small in memory: one number, then a tuple, then a set."""

from __future__ import annotations

from collections.abc import Collection, Hashable
from typing import Final, Generic, TypeVar

_K = TypeVar("_K", bound=Hashable)

_TUPLE_MAX: Final = 8
"""Numbers kept in a tuple; appending to a longer one costs more than a set's memory."""


class Bag(Generic[_K]):
    """A dictionary of sets of numbers.  Nearly every key has one number, which then costs no container."""

    __slots__ = ("_kept",)

    def __init__(self) -> None:
        self._kept: dict[_K, int | tuple[int, ...] | set[int]] = {}

    def __contains__(self, key: _K) -> bool:
        return key in self._kept

    def __len__(self) -> int:
        return len(self._kept)

    def get(self, key: _K) -> Collection[int]:
        """The numbers under this key."""
        kept = self._kept.get(key, ())
        return (kept,) if isinstance(kept, int) else kept

    def put(self, key: _K, number: int) -> None:
        """Put a number under a key, once."""
        kept = self._kept.get(key)
        if kept is None:
            self._kept[key] = number
        elif isinstance(kept, set):
            kept.add(number)
        else:
            before = (kept,) if isinstance(kept, int) else kept
            if number not in before:
                after = (*before, number)
                self._kept[key] = after if len(after) <= _TUPLE_MAX else set(after)

    def drop(self, key: _K, number: int) -> None:
        """Take a number away from a key, and the key with its last number."""
        left = tuple(item for item in self.get(key) if item != number)
        if not left:
            self._kept.pop(key, None)
        elif len(left) == 1:
            self._kept[key] = left[0]
        else:
            self._kept[key] = left if len(left) <= _TUPLE_MAX else set(left)
