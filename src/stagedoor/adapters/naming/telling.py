"""What was found, told: grade, score, the words of the prompt and the way in which they say the name."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from typing import Final

from stagedoor.adapters.naming.register import Register
from stagedoor.adapters.naming.words import APOSTROPHE_S, Word, split
from stagedoor.ports.naming import Grade, How, Named

NAMED_FROM: Final = 85
"""Hundredths of likeness from which a name is said.  Measured: `stagedoor prompt measure`."""

POSSIBLE_FROM: Final = 70
"""Hundredths below which two names are two names."""

_SAID_MAX: Final = 160


@dataclass(frozen=True, slots=True)
class Hit:
    """A registered name between two words of the prompt."""

    name: int
    first: int
    last: int
    score: int
    how: How
    sure: bool

    def rank(self) -> tuple[int, int, int]:
        """What makes one hit on a performer better than another."""
        return (1 if self.sure else 0, self.score, self.last - self.first)


def tell(register: Register, text: str, words: tuple[Word, ...], hit: Hit) -> Named:
    """The hit in the port's words."""
    name = register.names[hit.name]
    said = " ".join(text[words[hit.first].start : words[hit.last].end].split())
    run = words[hit.first : hit.last + 1]
    how = _written(run, name.alias) if hit.how is How.EXACT else hit.how
    grade = Grade.NAMED if hit.sure else Grade.POSSIBLE
    return Named(party=name.party, alias=name.alias, said=said[:_SAID_MAX], how=how, grade=grade, score=hit.score)


def _written(run: tuple[Word, ...], alias: str) -> How:
    """How the same letters are written: alike, without marks, in another script, or with signs for letters."""
    _, own = split(alias)
    known = {_letters(word.raw) for word in own}
    same = {reading for word in own for reading in word.readings}
    other = [word.raw for word in run if _letters(word.raw) not in known and not same.isdisjoint(word.readings)]
    if not other:
        return How.EXACT
    if not all(_latin(word) for word in (*other, alias)):
        return How.TRANSLITERATION
    return How.ACCENTS if all(letter.isalpha() for word in other for letter in _letters(word)) else How.SPELLING


def _letters(text: str) -> str:
    bare = APOSTROPHE_S.sub("", unicodedata.normalize("NFC", text).casefold())
    return "".join(letter for letter in bare if letter.isalnum() or letter in "$@!|€")


def _latin(text: str) -> bool:
    return all(ord(letter) < 0x250 or 0x1E00 <= ord(letter) < 0x1F00 or not letter.isalpha() for letter in text)
