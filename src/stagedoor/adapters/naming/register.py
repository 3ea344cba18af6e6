"""The register in memory: every name under the keys by which a prompt may reach it.  Grows and shrinks in place."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import count

from stagedoor.adapters.naming.bags import Bag
from stagedoor.adapters.naming.limits import (
    JOINED_MAX,
    JOINED_MIN,
    NAME_CHARACTERS_MAX,
    NAME_WORDS_MAX,
    NAMES_OF_ONE_MAX,
    PERFORMERS_MAX,
)
from stagedoor.adapters.naming.sound import bones, keys, shorter
from stagedoor.adapters.naming.words import PARTICLES, split
from stagedoor.ports.naming import EntryError, NameEntry, PromptError

_SHIFT = 32


@dataclass(frozen=True, slots=True)
class Name:
    """One registered name in one reading: its words as numbers, and its letters without spaces."""

    party: str
    alias: str
    words: tuple[int, ...]
    joined: str


class Register:
    """All names, and the indexes over them.  Words are numbered, and shared by the names that hold them."""

    def __init__(self) -> None:
        self.names: dict[int, Name] = {}
        self.spelled: dict[int, str] = {}
        self.words: dict[str, int] = {}
        self.uses: dict[int, int] = {}
        self.by_key: Bag[str] = Bag()
        self.by_shorter: Bag[str] = Bag()
        self.by_bones: Bag[str] = Bag()
        self.pairs: Bag[int] = Bag()
        self.alone: Bag[int] = Bag()
        self.last: Bag[int] = Bag()
        self.joined: Bag[str] = Bag()
        self.joined_keys: Bag[str] = Bag()
        self.prefixes: Bag[str] = Bag()
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
        self.parties[entry.party] = tuple(self._keep(entry.party, alias, form) for alias, form in forms)

    def remove(self, party: str) -> None:
        """Forget a performer's names; raises EntryError for somebody unknown."""
        numbers = self.parties.pop(party, None)
        if numbers is None:
            raise EntryError(f"{party[:80]} is not registered.")
        for number in numbers:
            name = self.names.pop(number)
            for key in _pairs(name.words):
                self.pairs.drop(key, number)
            (self.alone if len(name.words) == 1 else self.last).drop(name.words[-1], number)
            if JOINED_MIN <= len(name.joined) <= JOINED_MAX:
                self.joined.drop(name.joined, number)
                self.prefixes.drop(name.joined[:JOINED_MIN], number)
                for sound in keys(name.joined):
                    self.joined_keys.drop(sound, number)
            for word in name.words:
                self._unword(word)

    def _keep(self, party: str, alias: str, form: tuple[tuple[str, ...], str]) -> int:
        written, joined = form
        number = next(self._numbers)
        words = tuple(self._word(word) for word in written)
        self.names[number] = Name(party, alias, words, joined)
        for key in _pairs(words):
            self.pairs.put(key, number)
        (self.alone if len(words) == 1 else self.last).put(words[-1], number)
        if JOINED_MIN <= len(joined) <= JOINED_MAX:
            self.joined.put(joined, number)
            self.prefixes.put(joined[:JOINED_MIN], number)
            for sound in keys(joined):
                self.joined_keys.put(sound, number)
        return number

    def _word(self, word: str) -> int:
        known = self.words.get(word)
        if known is not None:
            self.uses[known] += 1
            return known
        number = next(self._numbers)
        self.words[word], self.spelled[number], self.uses[number] = number, word, 1
        for bag, key in self._keys(word):
            bag.put(key, number)
        return number

    def _unword(self, number: int) -> None:
        self.uses[number] -= 1
        if self.uses[number]:
            return
        del self.uses[number]
        word = self.spelled.pop(number)
        del self.words[word]
        for bag, key in self._keys(word):
            bag.drop(key, number)

    def _keys(self, word: str) -> Iterator[tuple[Bag[str], str]]:
        for key in keys(word):
            yield self.by_key, key
            if len(key) > 3:
                for less in shorter(key):
                    yield self.by_shorter, less
            if len(bare := bones(key)) > 2:
                yield self.by_bones, bare


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
        kept = tuple(word for word in said if word not in PARTICLES) or tuple(said)
        forms[kept, "".join(said)] = None
    return list(forms)


def _pairs(words: tuple[int, ...]) -> set[int]:
    """The pairs by which a name is found: each word with the last, and the first with the second."""
    last = len(words) - 1
    found = {(place, last) for place in range(last)} | ({(0, 1)} if last > 1 else set())
    return {pair_key(words[one], words[other]) for one, other in found}


def pair_key(one: int, other: int) -> int:
    """One number for two words, whatever their order."""
    return (one << _SHIFT) | other if one < other else (other << _SHIFT) | one
