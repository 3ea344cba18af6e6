"""A place in somebody else's document: each member is read as the kind that it must be, or refused with its place."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum
from typing import TypeVar

from stagedoor.core.base.limits import SAFE_INTEGER_MAX
from stagedoor.core.base.money import MoneyError
from stagedoor.core.rules.exchange.terms import ExchangeError, cut

T = TypeVar("T")
E = TypeVar("E", bound=Enum)


@dataclass(frozen=True, slots=True)
class Node:
    """A value and where it stands."""

    value: object
    where: str

    def has(self, key: str) -> bool:
        """Whether the member is there."""
        return isinstance(self.value, dict) and key in self.value

    def value_of(self, key: str) -> object:
        """The member, whatever its kind."""
        if not isinstance(self.value, dict):
            raise ExchangeError(f"{self.where}: it is no JSON object.")
        if key not in self.value:
            raise ExchangeError(f"{self.where}: '{key}' is missing.")
        found: object = self.value[key]
        return found

    def node(self, key: str) -> Node:
        """The member as a place of its own."""
        return Node(self.value_of(key), f"{self.where}, {key}")

    def nodes(self, key: str) -> tuple[Node, ...]:
        """The members of a list, each a place."""
        found = self.value_of(key)
        if not isinstance(found, list):
            raise ExchangeError(f"{self.where}, {key}: it is no list.")
        return tuple(Node(item, f"{self.where}, {key} {index + 1}") for index, item in enumerate(found))

    def text(self, key: str) -> str:
        """A text."""
        found = self.value_of(key)
        if not isinstance(found, str):
            raise ExchangeError(f"{self.where}, {key}: it is no text.")
        return found

    def texts(self, key: str) -> tuple[str, ...]:
        """A list of texts."""
        found = self.value_of(key)
        if not isinstance(found, list) or not all(isinstance(item, str) for item in found):
            raise ExchangeError(f"{self.where}, {key}: it is no list of texts.")
        return tuple(found)

    def flag(self, key: str) -> bool:
        """True or false."""
        found = self.value_of(key)
        if not isinstance(found, bool):
            raise ExchangeError(f"{self.where}, {key}: it is neither true nor false.")
        return found

    def number(self, key: str) -> int:
        """A whole number that every reader keeps exactly."""
        found = self.value_of(key)
        if not isinstance(found, int) or isinstance(found, bool) or abs(found) > SAFE_INTEGER_MAX:
            raise ExchangeError(f"{self.where}, {key}: it is no whole number.")
        return found

    def word(self, kind: type[E], key: str) -> E:
        """A closed word of ours, as it is written in a fact."""
        text = self.text(key)
        for value in kind:
            if value.value == text:
                return value
        options = ", ".join(str(value.value) for value in kind)
        raise ExchangeError(f"{self.where}, {key}: '{cut(text)}' is none of {options}.")

    def read(self, key: str, reader: Callable[[str], T]) -> T:
        """A text that a reader of ours understands."""
        text = self.text(key)
        try:
            return reader(text)
        except (ValueError, MoneyError):
            raise ExchangeError(f"{self.where}, {key}: '{cut(text)}' cannot be read there.") from None
