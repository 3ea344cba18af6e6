"""The register in memory: every name under the keys by which a prompt may reach it.  Grows and shrinks in place."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import count
from typing import NamedTuple

from stagedoor.adapters.naming.bags import Bag, drop, put
from stagedoor.adapters.naming.limits import (
    JOINED_BEGIN,
    JOINED_MAX,
    JOINED_MIN,
    NAME_CHARACTERS_MAX,
    NAME_WORDS_MAX,
    NAMES_OF_ONE_MAX,
    PERFORMERS_MAX,
)
from stagedoor.adapters.naming.sound import all_shorter, bones, keys
from stagedoor.adapters.naming.words import ARTICLES, PARTICLES, split
from stagedoor.ports.naming import EntryError, NameEntry, PromptError

_SHIFT = 32


@dataclass(frozen=True, slots=True)
class Name:
    """One registered name in one reading: its words as numbers, and its letters without spaces."""

    party: str
    alias: str
    words: tuple[int, ...]
    joined: str


class Match(NamedTuple):
    """A registered word that a word of the prompt may stand for: in hundredths, and by which step."""

    word: int
    alike: int
    step: int


class Register:
    """All names, and the indexes over them.  Words are numbered, and shared by the names that hold them."""

    def __init__(self) -> None:
        self.names: dict[int, Name] = {}
        self.spelled: dict[int, str] = {}
        self.sounds: dict[int, tuple[str, ...]] = {}
        self.words: dict[str, int] = {}
        self.uses: dict[int, int] = {}
        self.by_key: Bag[str] = {}
        self.by_shorter: Bag[str] = {}
        self.alone_shorter: Bag[str] = {}
        self.by_bones: Bag[str] = {}
        self.pairs: Bag[int] = {}
        self.alone: Bag[int] = {}
        self.last: Bag[int] = {}
        self.joined: Bag[str] = {}
        self.joined_keys: Bag[str] = {}
        self.prefixes: Bag[str] = {}
        self.remembered: dict[tuple[bool, tuple[str, ...]], dict[int, Match]] = {}
        self.remembered_near: dict[tuple[bool, bool, tuple[str, ...]], tuple[tuple[Match, ...], int]] = {}
        self.parties: dict[str, tuple[int, ...]] = {}
        self._numbers = count(1)

    def add(self, entry: NameEntry) -> None:
        """Register a performer's names; raises EntryError, and then nothing was registered."""
        if entry.party in self.parties:
            raise EntryError(f"{entry.party[:80]} is registered already. Remove it first, then add all its names.")
        if len(self.parties) >= PERFORMERS_MAX:
            raise EntryError(f"A register holds at most {PERFORMERS_MAX} performers.")
        if not entry.names or len(entry.names) > NAMES_OF_ONE_MAX:
            raise EntryError(f"{entry.party[:80]} has {len(entry.names)} names; give 1 to {NAMES_OF_ONE_MAX}.")
        forms = [(alias, form) for alias in dict.fromkeys(entry.names) for form in forms_of(alias)]
        self._forget()
        self.parties[entry.party] = tuple(self._keep(entry.party, alias, form) for alias, form in forms)

    def remove(self, party: str) -> None:
        """Forget a performer's names; raises EntryError for somebody unknown."""
        numbers = self.parties.pop(party, None)
        if numbers is None:
            raise EntryError(f"{party[:80]} is not registered.")
        self._forget()
        for number in numbers:
            name = self.names.pop(number)
            for key in _pairs(name.words):
                drop(self.pairs, key, number)
            drop(self.alone if len(name.words) == 1 else self.last, name.words[-1], number)
            if len(name.words) == 1 and name.words[0] not in self.alone:
                for less in _near_keys(self.spelled[name.words[0]]):
                    drop(self.alone_shorter, less, name.words[0])
            if JOINED_MIN <= len(name.joined) <= JOINED_MAX:
                drop(self.joined, name.joined, number)
                drop(self.prefixes, name.joined[:JOINED_BEGIN], number)
                for sound in keys(name.joined):
                    drop(self.joined_keys, sound, number)
            for word in name.words:
                self._unword(word)

    def _forget(self) -> None:
        """Forget the matches of words: they hold for one state of the register."""
        self.remembered.clear()
        self.remembered_near.clear()

    def _keep(self, party: str, alias: str, form: tuple[tuple[str, ...], str]) -> int:
        written, joined = form
        number = next(self._numbers)
        words = tuple(self._word(word) for word in written)
        self.names[number] = Name(party, alias, words, joined)
        for key in _pairs(words):
            put(self.pairs, key, number)
        put(self.alone if len(words) == 1 else self.last, words[-1], number)
        if len(words) == 1:
            for less in _near_keys(written[0]):
                put(self.alone_shorter, less, words[0])
        if JOINED_MIN <= len(joined) <= JOINED_MAX:
            put(self.joined, joined, number)
            put(self.prefixes, joined[:JOINED_BEGIN], number)
            for sound in keys(joined):
                put(self.joined_keys, sound, number)
        return number

    def _word(self, word: str) -> int:
        known = self.words.get(word)
        if known is not None:
            self.uses[known] += 1
            return known
        number = next(self._numbers)
        self.words[word], self.spelled[number], self.uses[number] = number, word, 1
        self.sounds[number] = keys(word)
        for bag, key in self._keys(word):
            put(bag, key, number)
        return number

    def _unword(self, number: int) -> None:
        self.uses[number] -= 1
        if self.uses[number]:
            return
        del self.uses[number], self.sounds[number]
        word = self.spelled.pop(number)
        del self.words[word]
        for bag, key in self._keys(word):
            drop(bag, key, number)

    def _keys(self, word: str) -> Iterator[tuple[Bag[str], str]]:
        for key in keys(word):
            yield self.by_key, key
            if len(bare := bones(key)) > 2:
                yield self.by_bones, bare
        for less in _near_keys(word):
            yield self.by_shorter, less


def forms_of(alias: str) -> list[tuple[tuple[str, ...], str]]:
    """A name as words without particles, and joined with them; two forms where marks may be spelled out."""
    if not 0 < len(alias) <= NAME_CHARACTERS_MAX:
        raise EntryError(f"A name has 1 to {NAME_CHARACTERS_MAX} characters; '{alias[:40]}' has {len(alias)}.")
    try:
        _, found = split(alias)
    except PromptError as fault:
        raise EntryError(f"The name '{alias[:40]}' cannot be read: {fault}") from fault
    spoken = [word for word in found if word.readings]
    if not spoken or len(spoken) > NAME_WORDS_MAX:
        raise EntryError(
            f"'{alias[:40]}' has {len(spoken)} words of letters; a name has 1 to {NAME_WORDS_MAX}. Correct it."
        )
    forms: dict[tuple[tuple[str, ...], str], None] = {}
    for choice in (0, 1):
        said = [word.readings[min(choice, len(word.readings) - 1)] for word in spoken]
        kept = _kept(said)
        forms[kept, "".join(said)] = None
    return list(forms)


def _kept(said: list[str]) -> tuple[str, ...]:
    """The words that tell the name: no particle inside it, no article before it; the last word always."""
    while len(said) > 1 and said[0] in ARTICLES:
        said = said[1:]
    return tuple(word for place, word in enumerate(said) if place in (0, len(said) - 1) or word not in PARTICLES)


def _near_keys(word: str) -> set[str]:
    return {word, *keys(word), *all_shorter(word)}


def _pairs(words: tuple[int, ...]) -> set[int]:
    """The pairs by which a name is found: each word with the last, and the first with the second."""
    last = len(words) - 1
    found = {(place, last) for place in range(last)} | ({(0, 1)} if last > 1 else set())
    return {pair_key(words[one], words[other]) for one, other in found}


def pair_key(one: int, other: int) -> int:
    """One number for two words, whatever their order."""
    return (one << _SHIFT) | other if one < other else (other << _SHIFT) | one
