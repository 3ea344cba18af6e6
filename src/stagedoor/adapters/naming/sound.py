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

# Letters that are one sound, the longest first.  Habits of English, German, French, Polish, Dutch and of the usual
# romanisations of Cyrillic, Arabic and Chinese meet here; none of them is followed exactly.
_CLUSTERS: Final = {
    "schtsch": "S", "shch": "S", "tsch": "C", "sch": "S", "tch": "C", "tsh": "C", "dzh": "J", "ch": "C", "ph": "f",
    "sh": "S", "zh": "J", "kh": "k", "gh": "g", "th": "t", "dh": "d", "rh": "r", "bh": "b", "tz": "s", "ts": "s",
    "cz": "C", "sz": "S", "ck": "k", "dj": "J", "qu": "kv", "ku": "kv", "c": "s", "au": "u", "aw": "u", "ow": "u",
    "hs": "S", "x": "S", "h": "",
}  # fmt: skip
_CLUSTERS_K: Final = _CLUSTERS | {"ch": "k"}
_CLUSTER: Final = re.compile(
    r"^(?:hs|x)|schtsch|shch|tsch|sch|tch|tsh|dzh|ch|ph|sh|zh|kh|gh|th|dh|rh|bh|tz|ts|cz|sz|ck|dj|qu|ku(?=[aei])"
    r"|c(?=[eiy])|au|aw(?=[b-df-hj-np-tvxz])|ow(?=[b-df-hj-np-rtvxz])|(?<=.)h(?![aeiouy])"
)
_LETTERS: Final = str.maketrans({"c": "k", "q": "k", "x": "ks", "w": "v", "z": "s", "e": "i", "y": "i", "o": "u"})
_DOUBLE: Final = re.compile(r"(.)\1+")
_SLAVIC: Final = re.compile(r"(?<=.{3})(sk|ck|zk)(?:i|y|ij|iy|ii|yi|yj|aia|aya|aja|a|ogo|omu|im|om|oj|oy|oi|uyu|oe)$")
_GENITIVE: Final = ("ogo", "omu", "ego", "emu")
_NOT_BONES: Final = str.maketrans("", "", "aiuvh")


@lru_cache(maxsize=1 << 16)
def keys(word: str) -> tuple[str, ...]:
    """One to four keys of a word in lower-case ASCII: "ch" may be tch or k, "j" may be dzh or y."""
    if "j" not in word and "ch" not in word:
        return (_key(word, _CLUSTERS, "i"),)
    heard = {_key(word, _CLUSTERS, "i")}
    if "ch" in word:
        heard.add(_key(word, _CLUSTERS_K, "i"))
    if "j" in word:
        heard |= {_key(word, _CLUSTERS, "J"), _key(word, _CLUSTERS_K, "J")}
    return tuple(sorted(heard))


def _key(word: str, clusters: dict[str, str], j: str) -> str:
    if "k" in word:
        word = _SLAVIC.sub(r"\1", word)
    if len(word) > 5 and word.endswith(_GENITIVE):
        word = word[:-3] + "oj"
    word = _CLUSTER.sub(lambda found: clusters[found[0]], word).replace("j", j).translate(_LETTERS)
    word = _DOUBLE.sub(r"\1", word)
    return word[:-1] + "v" if len(word) > 2 and word[-1] == "f" else word


def bones(key: str) -> str:
    """The consonants of a key, without the two that are half vowels: what writing without vowels leaves."""
    return key.translate(_NOT_BONES)


def all_shorter(word: str) -> set[str]:
    """The word and its keys with one letter left out, each way: two words one slip apart share one of these."""
    return {
        text[:place] + text[place + 1 :] for text in (word, *keys(word)) if len(text) > 3 for place in range(len(text))
    }


def allowed(length: int) -> int:
    """Letters that may differ in a word of this length.  A word of three letters with one wrong is another word."""
    return 0 if length <= 3 else 1 if length <= 5 else 2 if length <= 8 else 3


def likeness(said: str, heard: tuple[str, ...], word: str, sounds: tuple[str, ...]) -> int:
    """How alike two words are, given with their keys: in hundredths, or 0 if more letters differ than may differ."""
    length = max(len(said), len(word))
    most = allowed(length)
    apart = OSA.distance(said, word, score_cutoff=most)
    if apart > most > 1:
        for one in heard:
            for other in sounds:
                apart = min(apart, 1 + OSA.distance(one, other, score_cutoff=most - 1))
    if apart > most:
        return 0
    return 100 - (100 * apart) // length - (0 if said[0] == word[0] else 6)
