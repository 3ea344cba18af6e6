"""The kinds of blanks: which reader reads their text."""

from __future__ import annotations

from enum import Enum


class Kind(Enum):
    """How the text of a blank is read."""

    ID = "id"
    TEXT = "text"
    TEXTS = "list"
    NUMBER = "number"
    DEGREES = "degrees"
    DAY = "day"
    MONEY = "money"
    YES = "yes or no"
    DEATH = "term on death"
