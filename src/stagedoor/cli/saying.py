"""How a door says no: one paragraph on stderr, with nothing in it that a terminal would obey."""

from __future__ import annotations

from typing import Final

import typer
from rich.console import Console

SAID_CHARACTERS_MAX: Final = 1_200
"""Characters of one message: a hostile name must not fill a screen."""


def harmless(text: str) -> str:
    """The text on one line, without control characters (they become U+FFFD), cut if it is long."""
    line = " ".join(text.split())
    clean = "".join(letter if letter.isprintable() else "\N{REPLACEMENT CHARACTER}" for letter in line)
    return clean if len(clean) <= SAID_CHARACTERS_MAX else clean[: SAID_CHARACTERS_MAX - 1] + "…"


def say(text: str) -> None:
    """Tell a person what was wrong, where, and what to do."""
    Console(stderr=True).print(f"stagedoor: {harmless(text)}", highlight=False, markup=False, soft_wrap=True)


def no(text: str, status: int) -> typer.Exit:
    """Say why not, and end."""
    say(text)
    return typer.Exit(status)
