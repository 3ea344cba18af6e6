"""The words of the published ODRL profile, and how our ids and words are written as IRIs and read back."""

from __future__ import annotations

import re
from enum import Enum
from typing import Final, TypeVar

from stagedoor.core.facts.consent import Audience, Content, Purpose, Use

PROFILE: Final = "https://stagedoor.dev/ns/odrl/1#"
"""The profile's namespace.  Its terms are in `stagedoor/profile`; nobody fetches it to read a policy."""

ODRL_CONTEXT: Final = "http://www.w3.org/ns/odrl.jsonld"
URN: Final = "urn:stagedoor:"
CURRENCY: Final = "urn:iso:std:iso:4217:"

E = TypeVar("E", bound=Enum)


class ExchangeError(ValueError):
    """A document that is not what it says it is.  The text says where and what to do; it quotes at most a word."""


def iri(text: str) -> str:
    """An id of ours as an IRI; whatever an IRI cannot hold is escaped, byte for byte."""
    return URN + "".join(letter if _is_plain(letter) else _escaped(letter) for letter in text)


def text_of_iri(value: str, where: str) -> str:
    """The id that `iri` wrote, or an ExchangeError."""
    tail = value.removeprefix(URN)
    if not value.startswith(URN) or _SHAPE.fullmatch(tail) is None:
        raise ExchangeError(f"{where}: '{cut(value)}' is no id of this house. Such ids begin with {URN}.")
    data = bytes(int(code, 16) if code else ord(letter) for code, letter in _PART.findall(tail))
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError:
        raise ExchangeError(f"{where}: an escaped id is not UTF-8. Export the consent again.") from None


_SHAPE: Final = re.compile(r"(?:[A-Za-z0-9:._-]|%[0-9A-F]{2})*")
_PART: Final = re.compile(r"%([0-9A-F]{2})|(.)")


def _is_plain(letter: str) -> bool:
    return letter.isascii() and (letter.isalnum() or letter in ":._-")


def _escaped(letter: str) -> str:
    return "".join(f"%{byte:02X}" for byte in letter.encode("utf-8"))


def camel(name: str) -> str:
    """The profile's term for a field: `after_death` is `sd:afterDeath`."""
    head, *rest = name.split("_")
    return "sd:" + head + "".join(word.capitalize() for word in rest)


def term(value: Enum) -> str:
    """The profile's term for a closed word of ours."""
    kinds: dict[type[Enum], str] = {Use: "", Purpose: "purpose-", Content: "content-", Audience: "audience-"}
    return f"sd:{kinds[type(value)]}{value.value}"


def member(kind: type[E], text: object, where: str) -> E:
    """The closed word that a term spells."""
    for value in kind:
        if term(value) == text:
            return value
    raise ExchangeError(f"{where}: '{cut(text)}' is no {kind.__name__.lower()} of the profile {PROFILE}.")


def cut(value: object) -> str:
    """At most a word of what somebody else wrote, on one line."""
    text = "".join(letter if letter.isprintable() else "\N{REPLACEMENT CHARACTER}" for letter in str(value)[:60])
    return text if len(str(value)) <= 60 else text + "…"
