"""What a check of a capture finds, as values; and directions round a person in words.

Azimuth is measured round the upright from where the person looks (+z, 0 degrees) towards their own left (+x, 90).
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

import numpy as np
from numpy.typing import NDArray

from stagedoor.capture.read import Capture
from stagedoor.capture.world import middle_of

SECTORS: Final = ("front", "left front", "left", "left back", "back", "right back", "right", "right front")


class Kind(StrEnum):
    """What a finding is about."""

    BLUR = "blur"
    EXPOSURE = "exposure"
    VIEWS = "views"
    GAP = "gap"
    HEIGHT = "height"
    MASK = "mask"
    TWIN = "twin"
    FACES = "faces"


class Severity(StrEnum):
    """How bad: AGAIN must be shot (or cut out) again, WARNING will cost quality, ADVICE would help."""

    ADVICE = "advice"
    WARNING = "warning"
    AGAIN = "again"


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One thing that is wrong: about which view ("" for the whole), what, and what to shoot again."""

    kind: Kind
    view: str
    severity: Severity
    what: str
    todo: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Ring:
    """Where the cameras stand: azimuth and elevation float64 [N] in degrees (0 to 360; above is positive), and the
    unit directions float64 [N,3] to them from the middle [3], where their lines of sight meet."""

    azimuth: NDArray[np.float64]
    elevation: NDArray[np.float64]
    directions: NDArray[np.float64]
    middle: NDArray[np.float64]

    def nearest(self, view: int, count: int) -> NDArray[np.intp]:
        """The views nearest to one, by the angle between them, nearest first."""
        order = np.argsort(-(self.directions @ self.directions[view]), kind="stable")
        return np.asarray(order[order != view][:count], np.intp)


def ring_of(capture: Capture) -> Ring:
    """Where a capture's cameras stand.  Raises CaptureError if their lines of sight do not meet."""
    turn, move = capture.world_to_camera[:, :3, :3], capture.world_to_camera[:, :3, 3]
    middle = middle_of(capture.world_to_camera)
    out = -np.einsum("nji,nj->ni", turn, move) - middle
    out = out / np.maximum(np.linalg.norm(out, axis=1, keepdims=True), 1e-12)
    azimuth = np.degrees(np.arctan2(out[:, 0], out[:, 2])) % 360.0
    elevation = np.degrees(np.arcsin(np.clip(out[:, 1], -1, 1)))
    return Ring(azimuth=azimuth, elevation=elevation, directions=out, middle=middle)


def side(azimuth: float) -> str:
    """The side of the person at an azimuth in degrees, in words: theirs, not the camera's."""
    return SECTORS[int(((azimuth % 360.0) + 22.5) // 45.0) % 8]


def stretch(begin: float, end: float) -> str:
    """An arc from one azimuth on to another, in words."""
    sides: list[str] = []
    for step in np.linspace(begin, end, 17):
        if side(float(step)) not in sides:
            sides.append(side(float(step)))
    named = " and ".join(sides) if len(sides) < 3 else f"{sides[0]} over {sides[len(sides) // 2]} to {sides[-1]}"
    return f"the {named}, {round(begin) % 360} to {round(end) % 360} degrees"
