"""Frozen values that are written as one text.  Not dataclasses, because readers would take those for objects."""

from __future__ import annotations

from typing import Any, NoReturn


class Scalar:
    """Immutable, hashable, ordered by `_key`."""

    __slots__ = ()

    def _key(self) -> tuple[Any, ...]:
        raise NotImplementedError

    def _set(self, **values: object) -> None:
        """Set the fields, once, from __init__."""
        for name, value in values.items():
            object.__setattr__(self, name, value)

    def __setattr__(self, name: str, value: object) -> NoReturn:
        raise AttributeError(f"{type(self).__name__} is frozen: {name} cannot be set")

    def __delattr__(self, name: str) -> NoReturn:
        raise AttributeError(f"{type(self).__name__} is frozen: {name} cannot be deleted")

    def __eq__(self, other: object) -> bool:
        return type(other) is type(self) and isinstance(other, Scalar) and self._key() == other._key()

    def __hash__(self) -> int:
        return hash((type(self), self._key()))

    def __lt__(self, other: Any) -> bool:
        assert type(other) is type(self)
        return bool(self._key() < other._key())

    def __le__(self, other: Any) -> bool:
        assert type(other) is type(self)
        return bool(self._key() <= other._key())

    def __gt__(self, other: Any) -> bool:
        return bool(other < self)

    def __ge__(self, other: Any) -> bool:
        return bool(other <= self)

    def __copy__(self) -> Any:
        return self

    def __deepcopy__(self, memo: Any) -> Any:
        return self

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self})"
