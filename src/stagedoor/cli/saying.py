"""How a door says no: one paragraph on stderr, with nothing in it that a terminal would obey."""

from __future__ import annotations

from datetime import date
from typing import Final

import typer
from rich.console import Console

SAID_CHARACTERS_MAX: Final = 1_200
"""Characters of one message: a hostile name must not fill a screen."""


WORD_CHARACTERS_MAX: Final = 240
"""Characters of one word in it: longer than any honest path, short enough that what stands behind it is read too."""


def harmless(text: str) -> str:
    """The text on one line, without control characters (they become U+FFFD), cut if it is long."""
    words = (
        word if len(word) <= WORD_CHARACTERS_MAX else word[: WORD_CHARACTERS_MAX - 1] + "…" for word in text.split()
    )
    line = " ".join(words)
    clean = "".join(letter if letter.isprintable() else "\N{REPLACEMENT CHARACTER}" for letter in line)
    return clean if len(clean) <= SAID_CHARACTERS_MAX else clean[: SAID_CHARACTERS_MAX - 1] + "…"


def say(text: str) -> None:
    """Tell a person what was wrong, where, and what to do."""
    Console(stderr=True).print(f"stagedoor: {harmless(text)}", highlight=False, markup=False, soft_wrap=True)


def no(text: str, status: int) -> typer.Exit:
    """Say why not, and end."""
    say(text)
    return typer.Exit(status)


def day_option(option: str, text: str) -> date:
    """The day that an option names."""
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise no(f"{option}: '{text}' is not a day. Write it as 2026-07-01.", 2) from None
