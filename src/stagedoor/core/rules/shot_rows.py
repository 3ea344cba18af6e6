"""What a shot list says: a row for each use that a production thinks of asking for."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Final

from stagedoor.core.base.limits import ELEVATION_DEG_MAX
from stagedoor.core.facts.request import Circumstance, DatedFact
from stagedoor.core.facts.terms import Audience, Content, Purpose, Quality, Use

ROWS_MAX: Final = 10_000
"""Rows of one list: a feature film has two thousand shots, a season of a series not five times as many."""

UNITS_MAX: Final = 999_999
"""Units of one row; a whole film has two hundred thousand frames."""

TEXT_CHARS_MAX: Final = 120
"""Characters of a cell: the longest are digests and ids."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ShotRow:
    """One row.  `line` is its line in the file.  What is "" or None is found in the house, if there is only one.

    Arc degrees are azimuths around the head, as in a Request.
    """

    line: int
    shot: str
    units: int
    use: Use = Use.RENDER
    unit: str = "frame"
    performer: str = ""
    asset: str = ""
    consent: str = ""
    estimate: str = ""
    day: date | None = None
    arc_from_deg: int = 0
    arc_to_deg: int = 0
    elevation_from_deg: int = -ELEVATION_DEG_MAX
    elevation_to_deg: int = ELEVATION_DEG_MAX
    performance: str = ""
    purpose: Purpose = Purpose.PICTURE
    medium: str = ""
    territory: str = "world"
    category: str = "actor"
    content: Content = Content.ORDINARY
    quality: Quality = Quality.CINEMA
    audience: Audience = Audience.GENERAL
    places: tuple[str, ...] = ()
    retake_of: str = ""
    worker_grade: str = "studio-run"
    circumstances: tuple[Circumstance, ...] = ()
    dates: tuple[DatedFact, ...] = ()
