"""What a crowd plan says: rows of shots with the people and the replicas in them, and what holds for all of them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Final

ROWS_MAX: Final = 5_000
"""Rows of one plan: a series of a hundred shooting days with fifty rows each."""

PEOPLE_MAX: Final = 99_999
"""People or replicas in one row; a stadium holds as many, and more was mistyped."""

DAYS_MAX: Final = 400
"""Estimated days of one row, as of an estimate: above a year somebody mistyped."""

TEXT_CHARS_MAX: Final = 120
"""Characters of a shot's name, a label or a basis."""

BACKGROUND: Final = "background"
CATEGORIES: Final = (BACKGROUND, "actor", "dancer", "stunt", "singer")
"""Whose replicas a crowd may hold; a voice is in no picture of a crowd."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CrowdRow:
    """One row.  `line` is its line in the file.  Amounts are in millionths of the plan's currency.

    `replica_of` names the people whose replicas these are, by party or by a label of the production's own: the same
    name is the same people.  With `scan_only` the row is a day on which `replicas` people are scanned and nothing else.
    """

    line: int
    shot: str
    day: date
    required_background: int
    real_people: int
    replicas: int
    replica_of: str = ""
    category: str = BACKGROUND
    as_principal: bool = False
    scan_only: bool = False
    days: int = 1
    day_rate: int = 0
    fee: int | None = None
    other_picture: bool = False
    consent: bool = False
    basis: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class CrowdPlan:
    """All rows, and what they have in common."""

    rows: tuple[CrowdRow, ...]
    photography_began: date
    medium: str
    program: str
    currency: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Crowd:
    """A shot on a day, all its rows together: who must be there, who is, and who is only a picture."""

    shot: str
    day: date
    required: int
    real: int
    replicas: int

    @property
    def short(self) -> int:
        """Real people that are missing."""
        return max(0, self.required - self.real)

    @property
    def filled_by_replicas(self) -> bool:
        """Whether the number is reached only if replicas count."""
        return self.short > 0 and self.real + self.replicas >= self.required


def crowds_of(rows: tuple[CrowdRow, ...]) -> dict[tuple[str, date], Crowd]:
    """The rows of each shot and day added up, in the order of the file.

    A replica that is shown as a principal and a person on a scan day are nobody in the crowd.
    """
    found: dict[tuple[str, date], Crowd] = {}
    for row in rows:
        before = found.get((row.shot, row.day))
        shown = 0 if row.as_principal or row.scan_only or row.category != BACKGROUND else row.replicas
        found[row.shot, row.day] = Crowd(
            shot=row.shot,
            day=row.day,
            required=row.required_background + (before.required if before else 0),
            real=row.real_people + (before.real if before else 0),
            replicas=shown + (before.replicas if before else 0),
        )
    return found
