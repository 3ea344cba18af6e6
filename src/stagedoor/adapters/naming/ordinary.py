"""Ordinary English words, which alone name nobody, and given names, which are no misspelling of another.

The two lists were written for this project and are under its licence; they are no extract of a dictionary.
"""

from __future__ import annotations

from pathlib import Path
from typing import Final


def _listed(name: str) -> frozenset[str]:
    lines = (Path(__file__).parent / name).read_text(encoding="ascii").splitlines()
    return frozenset(word for line in lines if not line.startswith("#") for word in line.split())


ORDINARY: Final = _listed("ordinary.txt")
GIVEN: Final = _listed("given.txt")

_ENDINGS: Final = (("s", ""), ("es", ""), ("ies", "y"), ("ed", ""), ("ed", "e"), ("d", ""), ("ied", "y"), ("ing", ""),
                   ("ing", "e"), ("er", ""), ("r", ""), ("est", ""), ("ly", ""), ("ness", ""))  # fmt: skip


def is_ordinary(word: str) -> bool:
    """Whether this is an ordinary word, or one with an ordinary ending."""
    if word in ORDINARY:
        return True
    if len(word) < 5 or word in GIVEN:
        return False
    for ending, instead in _ENDINGS:
        if word.endswith(ending):
            stem = word[: -len(ending)] + instead
            if stem in ORDINARY and len(stem) > 2:
                return True
            if len(stem) > 3 and stem[-1] == stem[-2] and stem[:-1] in ORDINARY:
                return True  # "running"
    return False
