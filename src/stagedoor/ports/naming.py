"""What a story may ask about a prompt: whose names it says.  Names live apart from facts; no biometrics, ever."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol


class PromptError(Exception):
    """A prompt that cannot be checked, and so must not be used; the message says why and what to do."""


class EntryError(Exception):
    """A name that cannot be registered; the message says why and what to do."""


class Grade(StrEnum):
    """How sure the answer is: a use of the likeness, or a question for a person."""

    NAMED = "named"
    POSSIBLE = "possible"


class How(StrEnum):
    """How the prompt says the name: the widest step that was needed to see it."""

    EXACT = "exact"
    ACCENTS = "accents"
    ORDER = "order"
    TRANSLITERATION = "transliteration"
    SPACED = "spaced"
    PHONETIC = "phonetic"
    SPELLING = "spelling"
    PART = "part"
    INITIAL = "initial"
    SURNAME = "surname"


@dataclass(frozen=True, slots=True, kw_only=True)
class NameEntry:
    """One performer's names: legal name, stage names, nicknames, native spellings."""

    party: str
    names: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Named:
    """One performer whom the prompt names, or may name: by which registered name, and in which of its words."""

    party: str
    alias: str
    said: str
    how: How
    grade: Grade
    score: int


class Names(Protocol):
    """Everybody's names, and the question whether a prompt says one of them."""

    def find(self, prompt: str) -> tuple[Named, ...]:
        """Who is named, surest first; nobody is an empty answer.  Raises PromptError for what cannot be checked."""
