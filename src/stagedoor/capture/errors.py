"""The one error of this package: a capture that cannot be used, said so that its sender can mend it."""

from __future__ import annotations

SHOWN_CHARACTERS_MAX = 120
"""Characters of a name or value quoted back: a hostile name must not fill a screen."""


class CaptureError(ValueError):
    """A capture is refused: what is wrong, where, and what to do.  str() is one paragraph."""

    def __init__(self, *, what: str, where: str, todo: str) -> None:
        super().__init__(what, where, todo)
        self.what, self.where, self.todo = what, where, todo

    def __str__(self) -> str:
        return f"{self.where}: {self.what}. {self.todo}."


def shown(value: object) -> str:
    """A value from outside as safe, short, printable text."""
    text = ascii(value)
    return text if len(text) <= SHOWN_CHARACTERS_MAX else text[: SHOWN_CHARACTERS_MAX - 3] + "..."
