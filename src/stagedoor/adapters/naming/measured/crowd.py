"""Invented performers, to fill a register: no list of real people was used, and likeness to one is accident."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from typing import Final

from stagedoor.adapters.naming.measured.drawing import drawn, one_of
from stagedoor.adapters.naming.ordinary import GIVEN, ORDINARY
from stagedoor.ports.naming import NameEntry

_BEGIN: Final = ("b", "br", "c", "ch", "d", "dr", "f", "fl", "g", "gr", "h", "j", "k", "kl", "l", "m", "n", "p",
                 "pr", "qu", "r", "s",
                 "sch", "sh", "sk", "st", "t", "th", "tr", "v", "w", "y", "z", "")  # fmt: skip
_VOWEL: Final = ("a", "e", "i", "o", "u", "ai", "ee", "ie", "ou", "oe")
_MIDDLE: Final = (
    "b",
    "ck",
    "d",
    "ff",
    "g",
    "l",
    "ll",
    "m",
    "mm",
    "n",
    "nd",
    "nt",
    "r",
    "rr",
    "rt",
    "s",
    "ss",
    "t",
    "tt",
    "v",
    "zz",
    "lk",
)
_END: Final = (
    "son",
    "ski",
    "ez",
    "ov",
    "er",
    "ini",
    "ard",
    "man",
    "sen",
    "wood",
    "ley",
    "ic",
    "ian",
    "a",
    "o",
    "el",
    "is",
    "us",
    "ak",
    "ura",
)


@cache
def _given() -> tuple[str, ...]:
    return tuple(sorted(GIVEN))


@cache
def _ordinary() -> tuple[str, ...]:
    return tuple(sorted(word for word in ORDINARY if 3 < len(word) < 9))


def _surname(number: int) -> str:
    if drawn(8, number, "ordinary") == 0:
        return one_of(_ordinary(), number, "surname")
    word = one_of(_BEGIN, number, 1) + one_of(_VOWEL, number, 2) + one_of(_MIDDLE, number, 3)
    if drawn(3, number, "long") == 0:
        word += one_of(_VOWEL, number, 4) + one_of(_MIDDLE, number, 5)
    return word + one_of(_END, number, 6)


def crowd(size: int) -> Iterator[NameEntry]:
    """So many invented performers: one in eight has a surname that is an ordinary word, one in eighty both names."""
    for number in range(size):
        first = one_of(_ordinary() if drawn(10, number, "first") == 0 else _given(), number, "given")
        if drawn(4, number, "rare") == 0:
            first = (
                one_of(_BEGIN, number, 7)
                + one_of(_VOWEL, number, 8)
                + one_of(_MIDDLE, number, 9)
                + one_of("aeio", number)
            )
        yield NameEntry(party=f"invented:{number}", names=(f"{first.title()} {_surname(number).title()}",))
