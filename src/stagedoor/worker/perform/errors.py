"""The one error of this package: a performance that cannot be learned, read or drawn, said so that it can be mended."""

from __future__ import annotations

from typing import Final

SHOWN_CHARACTERS_MAX: Final = 80
"""Characters of a name or value quoted back: a hostile name must not fill a screen."""


class PerformError(ValueError):
    """Refused: where, what is wrong, and what to do.  str() is one paragraph."""

    def __init__(self, *, where: str, what: str, todo: str) -> None:
        super().__init__(where, what, todo)
        self.where, self.what, self.todo = where, what, todo

    def __str__(self) -> str:
        return f"{self.where}: {self.what}. {self.todo}."


def shown(value: object) -> str:
    """A value from outside as safe, short, printable text."""
    text = ascii(value if not isinstance(value, str) else value[: SHOWN_CHARACTERS_MAX * 2])
    return text if len(text) <= SHOWN_CHARACTERS_MAX else text[: SHOWN_CHARACTERS_MAX - 3] + "..."
