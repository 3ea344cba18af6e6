"""Variants of a name, by rules that share nothing with the check: they were written from what people do to names."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Iterator
from typing import Final

from stagedoor.adapters.naming.measured.drawing import drawn, one_of

_CARRIERS: Final = (
    "{}",
    "close-up of {} in the rain, 35mm",
    "a portrait in the style of the stage, face of {}, soft light",
    "{} walks along the harbour at dusk",
    "INT. KITCHEN - NIGHT. {} pours coffee and says nothing.",
    "make the man on the left look like {} when young",
)

_LETTERS: Final = "abcdefghijklmnopqrstuvwxyz"
_CYRILLIC_LOOKS: Final = str.maketrans("aeopcxABEKMHOPCTX", "аеорсхАВЕКМНОРСТХ")
_LEET: Final = str.maketrans("aeios", "43105")
_CYRILLIC: Final = (
    ("shch", "щ"), ("sch", "ш"), ("tch", "ч"), ("ch", "ч"), ("sh", "ш"), ("zh", "ж"), ("kh", "х"), ("ts", "ц"),
    ("ya", "я"),
    ("yu", "ю"), ("ph", "ф"), ("th", "т"), ("ck", "к"), ("qu", "кв"), ("x", "кс"),
    *zip("abcdefghijklmnopqrstuvwyz", "абкдефгхийклмнопкрстуввиз", strict=True),
)  # fmt: skip
_ROMANISED: Final = (
    ("tch", "ch"), ("sch", "sh"), ("sh", "sch"), ("kh", "ch"), ("ch", "tch"), ("ts", "tz"), ("zh", "j"),
    ("ph", "f"), ("f", "ph"),
    ("w", "v"), ("v", "w"), ("y", "i"), ("j", "y"), ("ou", "u"), ("u", "ou"), ("ei", "ey"), ("i", "y"), ("k", "c"),
    ("c", "k"),
)  # fmt: skip

Rule = Callable[[str], "str | None"]


def bare(name: str) -> str:
    """Without accents, and with the strokes that no decomposition removes."""
    split = unicodedata.normalize("NFD", name).translate(str.maketrans("øØłŁđĐæə", "oOlLdDae"))
    return "".join(letter for letter in split if not unicodedata.combining(letter))


def _words(name: str) -> list[str]:
    return name.split()


def _changed(change: Callable[[str, int], str], *, every: bool = False) -> Rule:
    """Change one letter of the longest word, or one letter of each word of five letters and more."""

    def rule(name: str) -> str | None:
        words = _words(bare(name))
        longest = max(range(len(words)), key=lambda place: len(words[place]))
        places = [place for place, word in enumerate(words) if len(word) > 4] if every else [longest]
        if len(words[longest]) < 5 or (every and len(places) < 2):
            return None
        for place in places:
            word = words[place]
            words[place] = change(word, 1 + drawn(len(word) - 2, name, place))
        said = " ".join(words)
        return None if said == bare(name) else said

    return rule


def _dropped(word: str, at: int) -> str:
    return word[:at] + word[at + 1 :]


def _swapped(word: str, at: int) -> str:
    return word[:at] + word[at + 1] + word[at] + word[at + 2 :]


def _replaced(word: str, at: int) -> str:
    return word[:at] + one_of(_LETTERS, word, at) + word[at + 1 :]


def _inserted(word: str, at: int) -> str:
    return word[:at] + one_of(_LETTERS, at, word) + word[at:]


def _doubled(word: str, at: int) -> str:
    for place in range(1, len(word)):
        if word[place] == word[place - 1]:
            return word[:place] + word[place + 1 :]
    return word[:at] + word[at] + word[at:]


def _vowel(word: str, at: int) -> str:
    vowels = [place for place in range(1, len(word)) if word[place] in "aeiou"]
    if not vowels:
        return word
    place = one_of(vowels, word, at)
    return word[:place] + one_of([letter for letter in "aeiou" if letter != word[place]], word) + word[place + 1 :]


def _romanised(name: str) -> str | None:
    """Two other habits of romanisation at once, each where it first applies."""
    said, done = bare(name).lower(), 0
    for step in range(len(_ROMANISED)):
        here, there = _ROMANISED[(step + drawn(len(_ROMANISED), name)) % len(_ROMANISED)]
        if here in said[1:]:
            said = said[0] + said[1:].replace(here, there, 1)
            done += 1
        if done == 2:
            break
    return said.title() if done and said != bare(name).lower() else None


def _cyrillic(name: str) -> str | None:
    said = bare(name).lower().replace("'", "")
    for here, there in _CYRILLIC:
        said = said.replace(here, there)
    return said.title()


def _order(joint: str) -> Rule:
    def rule(name: str) -> str | None:
        words = _words(name)
        return None if len(words) < 2 else f"{words[-1]}{joint}{' '.join(words[:-1])}"

    return rule


def _middle_out(name: str) -> str | None:
    words = _words(name)
    return f"{words[0]} {words[-1]}" if len(words) > 2 else None


def _middle_in(name: str) -> str | None:
    words = _words(name)
    middle = one_of(("J.", "Maria", "Emil", "Xaver", "Aurelio", "T."), name)
    return f"{words[0]} {middle} {' '.join(words[1:])}" if len(words) > 1 else None


def _initial(name: str) -> str | None:
    words = _words(name)
    return f"{words[0][0]}. {' '.join(words[1:])}" if len(words) > 1 else None


def _surname(name: str) -> str | None:
    words = _words(name)
    return words[-1] if len(words) > 1 else None


def _wide(name: str) -> str:
    return "".join(chr(ord(letter) + 0xFEE0) if "!" <= letter <= "~" else letter for letter in bare(name))


def _handle(name: str) -> str:
    return "@" + "".join(letter for letter in bare(name).lower() if letter.isalnum())


def _apart(name: str) -> str:
    return "  ".join(" ".join(letter for letter in word if letter.isalpha()) for word in _words(bare(name)))


RULES: Final[tuple[tuple[str, Rule], ...]] = (
    ("as registered", lambda name: name),
    ("lower case", str.lower),
    ("capitals", str.upper),
    ("without accents", lambda name: bare(name) if bare(name) != name else None),
    ("possessive", lambda name: f"{name}'s"),
    ("surname, first name", _order(", ")),
    ("surname first name", _order(" ")),
    ("middle name left out", _middle_out),
    ("middle name put in", _middle_in),
    ("one word, as a handle", _handle),
    ("letters spaced out", _apart),
    ("dots between letters", lambda name: ".".join(letter for letter in bare(name) if letter.isalpha())),
    ("underscores", lambda name: bare(name).replace(" ", "_")),
    ("look-alike letters", lambda name: bare(name).translate(_CYRILLIC_LOOKS)),
    ("full-width letters", _wide),
    ("zero-width characters", "\u200b".join),
    ("digits for letters", lambda name: bare(name).lower().translate(_LEET)),
    ("in Cyrillic letters", _cyrillic),
    ("other romanisation", _romanised),
    ("a double letter", _changed(_doubled)),
    ("another vowel", _changed(_vowel)),
    ("a letter left out", _changed(_dropped)),
    ("a letter too many", _changed(_inserted)),
    ("a wrong letter", _changed(_replaced)),
    ("two letters swapped", _changed(_swapped)),
    ("a slip in two words", _changed(_replaced, every=True)),
    ("initial and surname", _initial),
    ("surname alone", _surname),
)


def variants(name: str) -> Iterator[tuple[str, str]]:
    """Each kind that this name allows, with a prompt that says the name so."""
    for kind, rule in RULES:
        said = rule(name)
        if said is not None:
            yield kind, carried(said, kind)


def carried(said: str, *words: object) -> str:
    """The name inside a prompt."""
    return one_of(_CARRIERS, said, *words).format(said)
