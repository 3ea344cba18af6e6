"""A prompt as words, each with every way in which it may be read."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Final, NamedTuple

from stagedoor.adapters.naming.letters import LOOKS_LIKE, by_looks, clean, leet, plain, spelled_out
from stagedoor.adapters.naming.limits import LETTERS_MAX, PROMPT_CHARACTERS_MAX, WORDS_MAX
from stagedoor.adapters.naming.ordinary import is_ordinary
from stagedoor.ports.naming import PromptError

# One Han character or Hangul syllable is a word of its own: those scripts are written without spaces.
_SYLLABLE: Final = r"\u3400-\u9fff\uf900-\ufaff\uac00-\ud7a3\U00020000-\U0003ffff"
_LETTER: Final = rf"[^\W_{_SYLLABLE}]"
_WORD: Final = re.compile(rf"[{_SYLLABLE}]|[$|€]*{_LETTER}+(?:['’‘ʼ`´′$!|€@]+{_LETTER}+)*[$|€]*")
_UNSPACED: Final = re.compile(r"[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff]")
"""Thai, Lao, Burmese, Khmer and kana: written without spaces, and not by syllables."""

_FOREIGN: Final = re.compile(r"[\u0370-\u1dff\u1f00-\u1fff\ua640-\ua69f\ufb1d-\ufdff\ufe70-\ufefc]")
"""Scripts other than Latin whose letters are sounds: vowels are written otherwise (Greek, Cyrillic) or not (Arabic)."""

_ARTICLE: Final = re.compile(r"^ال(?=..)")

_CAMEL: Final = re.compile(r"(?<=[a-z])(?=[A-Z])")
APOSTROPHE_S: Final = re.compile(r"['’‘ʼ`´′][sS]$")
_NOT_SPLIT: Final = frozenset({"mac", "fitz"})
_STOP: Final = re.compile(r"[.!?;:…。！？](?=\s|$)|\n")

PARTICLES: Final = frozenset((
    "abu", "ad", "af", "al", "an", "as", "av", "bin", "bint", "bn", "da", "das", "de", "del", "della", "den", "der",
    "di", "do", "dos", "du", "des", "el", "ibn", "la", "las", "le", "lo", "los", "of", "ten", "ter", "ul", "van",
    "von", "y", "zu", "zur",
))  # fmt: skip
"""Words inside names that are left out, moved and added freely; no name is told apart by them."""


ARTICLES: Final = frozenset(("al", "ad", "an", "as", "el", "the", "ul"))
"""Particles that also begin a name and may be left out there: "al-Khwarizmi"."""


class Word(NamedTuple):
    """One word of a prompt: how it may be read, what it is, where it stands and what its surroundings say."""

    raw: str
    readings: tuple[str, ...]
    capital: bool
    ordinary: bool
    unspaced: bool
    foreign: bool
    start: int
    end: int
    after_stop: bool
    after_comma: bool


def split(prompt: str) -> tuple[str, tuple[Word, ...]]:
    """The prompt as it is seen, and its words; raises PromptError beyond a limit."""
    if len(prompt) > PROMPT_CHARACTERS_MAX:
        raise PromptError(
            f"The prompt has {len(prompt)} characters, at most {PROMPT_CHARACTERS_MAX} are checked. Shorten it."
        )
    text = clean(prompt)
    words: list[Word] = []
    last = 0
    for found in _WORD.finditer(text):
        whole, place = found[0], found.start()
        for raw, start in ((whole, place),) if whole.islower() and "@" not in whole else _parts(whole, place):
            # Long words are not kept in the cache, which must stay small whatever is asked.
            traits = _traits(raw) if len(raw) <= LETTERS_MAX else _traits.__wrapped__(raw)
            if not traits[1]:
                continue  # a sign that nobody can read out stands for no word: it must not part two that are a name
            between = text[last:start]
            stop = not words or (len(between) > 1 and _STOP.search(between) is not None)
            last = start + len(raw)
            words.append(Word(*traits, start, last, stop, "," in between))
    if len(words) > WORDS_MAX:
        raise PromptError(f"The prompt has {len(words)} words, at most {WORDS_MAX} are checked. Shorten it.")
    return text, tuple(words)


@lru_cache(maxsize=1 << 15)
def _traits(raw: str) -> tuple[str, tuple[str, ...], bool, bool, bool, bool]:
    readings = read(raw)
    ordinary = bool(readings) and is_ordinary(readings[0])
    unspaced, foreign = _UNSPACED.search(raw) is not None, _FOREIGN.search(raw) is not None
    return raw, readings, raw.lstrip("$|€")[:1].isupper(), ordinary, unspaced, foreign


def _parts(raw: str, start: int) -> list[tuple[str, int]]:
    """A word, or its parts where capitals inside it ("MaraQuill") or "@" join several."""
    if raw.islower() or raw.isupper():
        if "@" not in raw:
            return [(raw, start)]
        cuts = [place for place in range(len(raw)) if raw[place] == "@"]
    else:
        cuts = [found.start() for found in _CAMEL.finditer(raw)]
    parts: list[tuple[str, int]] = []
    begin = 0
    for end in [*cuts, len(raw)]:
        piece = raw[begin:end].strip("@")
        if len(piece) < 3 or piece.lower() in _NOT_SPLIT:
            return [(raw, start)]
        parts.append((piece, start + raw.index(piece, begin)))
        begin = end
    return parts


def read(raw: str) -> tuple[str, ...]:
    """Every reading of one word as letters a to z, the likeliest first; none if it holds no letter."""
    raw = APOSTROPHE_S.sub("", raw)
    found = [plain(raw)]
    if not raw.isascii():
        found.append(spelled_out(raw))
        if _ARTICLE.search(raw):
            found.append(plain(raw[2:]))
        if not raw.isalpha() or _mixed(raw):
            found.append(by_looks(raw))
    elif "I" in raw[1:] and not raw.isupper():
        found.append(raw.replace("I", "l").lower())  # a capital i between small letters is read as l
    if not raw.isalpha() and any(letter.isalpha() for letter in raw):
        found += [found[0].strip("0123456789"), *leet(raw)]
    return tuple(dict.fromkeys(word for word in found if word.isalpha() and word.isascii()))


def _mixed(raw: str) -> bool:
    """Whether look-alikes may be at work: Latin letters beside others, or nothing but letters that look Latin."""
    return any(letter.isascii() for letter in raw) or all(ord(letter) in LOOKS_LIKE for letter in raw)
