"""How the ODRL rooms say no to a document: where, what, and what to do."""

from __future__ import annotations

from typing import Final

_SHOWN_MAX: Final = 120


class OdrlRefused(ValueError):
    """A document, request, world or policy that is not evaluated.  The text is written for a person."""

    def __init__(self, where: str, what: str) -> None:
        """Keep both halves: `where` in the document, and `what` is wrong with what to do."""
        super().__init__(f"{shown(where)}: {what}")
        self.where = where
        self.what = what


def shown(text: str) -> str:
    """The text, cut if a hostile document made it long."""
    return text if len(text) <= _SHOWN_MAX else text[: _SHOWN_MAX - 1] + "…"
