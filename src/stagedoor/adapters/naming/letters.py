"""A prompt's characters, made comparable: nothing invisible, compatibility forms folded, look-alikes known.

Every step is per character or on runs of bounded length, so time is linear in the prompt whatever it holds.
"""

from __future__ import annotations

import unicodedata
from typing import Final

from anyascii import anyascii

from stagedoor.adapters.naming.limits import CLEANED_CHARACTERS_MAX, MARKS_MAX
from stagedoor.ports.naming import PromptError

BREAK: Final = "\u00b7"
"""What an emoji or another symbol between letters becomes: a separator that no name holds."""

# Letters that look like a Latin letter and are read as another one.  Chosen from the single-letter pairs of the
# Unicode Consortium's confusables data (UTS 39); where look and sound agree (Cyrillic "a") transliteration suffices.
LOOKS_LIKE: Final = str.maketrans(
    "аеорсухікмнтвјѕһԁԛԝѵгпьЬАВЕЅІЈКМНОРСТУХЗαβγεηικνορτυχωμΑΒΕΖΗΙΚΜΝΟΡΤΥΧօսոցհɑɡıʟɴʀʏɪꞓ",
    "aeopcyxikmhtbjshdqwvrnbbabesijkmhopctyxeabyenikvoptuxwuabezhikmnoptyxounqhagilnryic",
)

# Letters whose mark stands for a second letter in spelling without marks.
_SPELLED_OUT: Final = str.maketrans({
    "ä": "ae", "ö": "oe", "ü": "ue", "å": "aa", "ø": "oe", "æ": "ae", "œ": "oe", "č": "ch", "ć": "ch", "š": "sh",
    "ś": "sh", "ş": "sh", "ș": "sh", "ž": "zh", "ż": "zh", "ź": "zh", "ç": "s", "ñ": "ny", "ń": "ny", "ň": "ny",
    "đ": "dj", "ř": "rzh", "ţ": "ts", "ț": "ts", "ū": "uu", "ō": "ou", "ğ": "gh", "ł": "w", "þ": "th", "ð": "d",
    "ё": "yo",
})  # fmt: skip

# Digits and signs that stand for letters ("m4ra"); "1" is read both as i and as l.
_LEET_I: Final = str.maketrans("0134578$@!|€", "oieastbsaiie")
_LEET_L: Final = str.maketrans("0134578$@!|€", "oleastbsaile")

_COMBINING: Final = ((0x300, 0x36F), (0x1AB0, 0x1AFF), (0x1DC0, 0x1DFF), (0x20D0, 0x20FF), (0xFE20, 0xFE2F))

_OVERRIDES: Final = ("\u202e", "\u2067", "\u202b")
"""Characters that turn the direction of what follows: "\u202elliuQ araM" is seen as "Mara Quill"."""


class _Seen(dict[int, "str | None"]):
    """How each character is read, filled as characters are met; at most one entry for each character there is."""

    def __missing__(self, code: int) -> str | None:
        read = _read(chr(code))
        self[code] = read
        return read


def _read(character: str) -> str | None:
    code, kind = ord(character), unicodedata.category(character)
    if character.isspace() or kind == "Zs":
        return "\n" if character in "\n\r\u2028\u2029" else " "
    if kind[0] == "C" or any(first <= code <= last for first, last in _COMBINING):
        return None
    if kind[0] == "M":
        return anyascii(character).lower() or None
    if kind in ("So", "Sk", "Sm", "Sc") and code > 0x7F and character != "€":
        sounds = anyascii(character)
        return sounds if sounds.isalpha() and len(sounds) == 1 else BREAK
    return character


_SEEN: Final = _Seen()


def clean(text: str) -> str:
    """The text as its reader sees it; raises PromptError if it unfolds without bound."""
    if text.isascii() and text.isprintable():
        return text
    if any(sign in text for sign in _OVERRIDES):
        text = f"{text}\n{_turned(text)}"
    folded = unicodedata.normalize("NFKC", _few_marks(text)).translate(_SEEN)
    if len(folded) > CLEANED_CHARACTERS_MAX:
        raise PromptError(
            f"The prompt unfolds to {len(folded)} characters, at most {CLEANED_CHARACTERS_MAX} are checked. "
            "Write plain letters."
        )
    return folded


def _few_marks(text: str) -> str:
    """Without invisible characters, and with a bounded number of marks on each letter."""
    kept: list[str] = []
    marks = 0
    for character in text:
        if character > "\x7f" or character < " ":
            if unicodedata.combining(character):
                marks += 1
                if marks > MARKS_MAX:
                    continue
            elif unicodedata.category(character) == "Cf":
                continue  # between a letter and its mark it would keep the two apart
            else:
                marks = 0
        else:
            marks = 0
        kept.append(character)
    return "".join(kept)


def _turned(text: str) -> str:
    """What stands behind a character that turns the direction, as it is seen."""
    first = min(place for sign in _OVERRIDES if (place := text.find(sign)) >= 0)
    return text[first + 1 :][::-1]


def plain(word: str) -> str:
    """The letters of a word in ASCII, without case, marks or apostrophes."""
    latin = word if word.isascii() else anyascii(word)
    return "".join(letter for letter in latin.lower() if letter.isalnum())


def spelled_out(word: str) -> str:
    """The same with "ae" for "ä", "ch" for "č": the other habit of writing without marks."""
    return plain(word.casefold().translate(_SPELLED_OUT))


def by_looks(word: str) -> str:
    """The same, each letter read as the Latin letter that it looks like."""
    return plain(word.casefold().translate(LOOKS_LIKE))


def leet(word: str) -> tuple[str, str]:
    """The two readings of a word whose digits and signs stand for letters."""
    low = word.lower()
    return plain(low.translate(_LEET_I)), plain(low.translate(_LEET_L))
