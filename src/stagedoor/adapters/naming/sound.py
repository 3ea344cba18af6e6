"""Keys under which spellings of one name meet: by sound and habit of romanisation, by consonants, by one letter less.

A key only proposes.  `likeness` decides, by the Damerau-Levenshtein distance of the words themselves.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Final

from rapidfuzz.distance import OSA

SAME, SOUNDS, NEAR = 0, 1, 2
"""How a word of a prompt meets a registered one: letter by letter, by key, by distance."""

_CLUSTERS_H: Final = (
    ("shch", "S"), ("tsch", "C"), ("sch", "S"), ("tch", "C"), ("tsh", "C"), ("dzh", "J"), ("ph", "f"), ("sh", "S"),
    ("zh", "J"), ("kh", "k"), ("gh", "g"), ("th", "t"), ("dh", "d"), ("rh", "r"), ("bh", "b"),
)  # fmt: skip
_CLUSTERS: Final = (
    ("tz", "s"), ("ts", "s"), ("cz", "C"), ("sz", "S"), ("ck", "k"), ("dj", "J"), ("qu", "kv"), ("kua", "kva"), ("kue", "kve"), ("kui", "kvi"), ("ce", "se"),
    ("ci", "si"), ("cy", "si"),
)  # fmt: skip
_LETTERS: Final = str.maketrans({"c": "k", "q": "k", "x": "ks", "w": "v", "z": "s", "e": "i", "y": "i", "o": "u"})
_LIGHT_H: Final = re.compile(r"(?<=.)h(?![aiu])")
_DOUBLE: Final = re.compile(r"(.)\1+")
_SLAVIC: Final = re.compile(
    r"(?<=.{3})(sk|ck|zk|tsk)(?:i|y|ij|iy|ii|yi|yj|aia|aya|aja|a|ogo|omu|im|om|oj|oy|oi|uyu|oe)$"
)
_GENITIVE: Final = re.compile(r"(?<=.{3})(?:ogo|omu|ego|emu)$")
_NOT_BONES: Final = str.maketrans("", "", "aiuvh")


@lru_cache(maxsize=1 << 16)
def keys(word: str) -> tuple[str, ...]:
    """One to four keys of a word in lower-case ASCII: "ch" may be tch or k, "j" may be dzh or y."""
    heard = {_key(word, "C", "i")}
    if "ch" in word:
        heard.add(_key(word, "k", "i"))
    if "j" in word:
        heard |= {_key(word, "C", "J"), _key(word, "k", "J")}
    return tuple(sorted(heard))


def _key(word: str, ch: str, j: str) -> str:
    word = _GENITIVE.sub("oj", _SLAVIC.sub(r"\1", word))
    if word.startswith(("hs", "x")):
        word = "S" + word[2 if word[0] == "h" else 1 :]
    if "h" in word:
        for written, sound in _CLUSTERS_H:
            word = word.replace(written, sound)
        word = word.replace("ch", ch)
    for written, sound in _CLUSTERS:
        word = word.replace(written, sound)
    word = word.replace("j", j).translate(_LETTERS)
    if "h" in word:
        word = _LIGHT_H.sub("", word)
    word = _DOUBLE.sub(r"\1", word)
    return word[:-1] + "v" if len(word) > 2 and word[-1] == "f" else word


def bones(key: str) -> str:
    """The consonants of a key, without the two that are half vowels: what writing without vowels leaves."""
    return key.translate(_NOT_BONES)


def shorter(key: str) -> set[str]:
    """The key with one letter left out, each way: two words one letter apart share one of these."""
    return {key[:place] + key[place + 1 :] for place in range(len(key))}


def allowed(length: int) -> int:
    """Letters that may differ in a word of this length.  A word of three letters with one wrong is another word."""
    return 0 if length <= 3 else 1 if length <= 5 else 2 if length <= 8 else 3


def likeness(said: str, word: str) -> int:
    """How alike two words are in hundredths, or 0 if they differ by more letters than may differ."""
    length = max(len(said), len(word))
    most = allowed(length)
    apart = OSA.distance(said, word, score_cutoff=most)
    if apart > most > 1:
        apart = 1 + min(OSA.distance(one, other, score_cutoff=most - 1) for one in keys(said) for other in keys(word))
    if apart > most:
        return 0
    return 100 - (100 * apart) // length - (0 if said[0] == word[0] else 6)
