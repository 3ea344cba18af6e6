"""Whether there are views enough, from all sides and heights, and none of them twice.  Plain numpy."""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from stagedoor.capture.findings import Finding, Kind, Ring, Severity, stretch
from stagedoor.capture.read import Capture

VIEWS_ADVISED: Final = 12
"""Measured on a head scan at 256 pixels in 40 s: 25 dB at 6 views, 30 dB at 8, 33 dB at 12."""
VIEWS_PASSABLE: Final = 8
"""Below this what lies between the views is rounded off, not seen."""
GAP_AGAIN: Final = 90.0
GAP_WARNING: Final = 60.0
"""Degrees round the person without a view.  Eight views in a ring leave 45, six leave 60: the hull is too fat there."""
HEIGHT_SPREAD: Final = 10.0
"""Degrees between the lowest and the highest camera under which chin and crown are seen by nobody."""
STANDS_UP: Final = 75.0
"""Degrees of elevation above which a view says nothing about the ring."""
TWIN_DEGREES: Final = 0.5
TWIN_LEVELS: Final = 0.5
"""Mean difference (of 255) of two thumbnails under which two pictures are one.  Sensor noise averages out in them."""
THUMB_PX: Final = 32


def count(capture: Capture) -> list[Finding]:
    """Too few views to train on."""
    views = len(capture.views("train"))
    if views >= VIEWS_ADVISED:
        return []
    few = views < VIEWS_PASSABLE
    return [
        Finding(
            kind=Kind.VIEWS, view="", severity=Severity.WARNING if few else Severity.ADVICE,
            what=f"{views} views" + (": the double will be too fat" if few else " are enough for a rough double only"),
            todo=f"Shoot at least {VIEWS_ADVISED - views} more, so that they stand evenly all round",
        )
    ]  # fmt: skip


def gaps(ring: Ring) -> list[Finding]:
    """Sides of the person that no view shows, the widest first."""
    held = np.sort(ring.azimuth[np.abs(ring.elevation) < STANDS_UP])
    if not len(held):
        return [_gap(0.0, 360.0)]
    wide = np.diff(np.append(held, held[0] + 360.0))
    return [
        _gap(float(held[i]), float(wide[i])) for i in np.argsort(-wide, kind="stable") if wide[i] > GAP_WARNING + 0.5
    ]


def _gap(begin: float, wide: float) -> Finding:
    # What is missing begins half a step inside the gap: the views at its ends show what is beside them.
    inner = min(wide / 2, GAP_WARNING / 2)
    missing = stretch(begin + inner, begin + wide - inner)
    return Finding(
        kind=Kind.GAP, view="", severity=Severity.AGAIN if wide > GAP_AGAIN else Severity.WARNING,
        what=f"{wide:.0f} degrees round the person have no view",
        todo=f"Shoot again from {missing} (their side, from the front over their left), every 30 degrees",
    )  # fmt: skip


def heights(ring: Ring) -> list[Finding]:
    """All views from one height."""
    low, high = float(ring.elevation.min()), float(ring.elevation.max())
    if high - low >= HEIGHT_SPREAD:
        return []
    return [
        Finding(
            kind=Kind.HEIGHT, view="", severity=Severity.ADVICE,
            what=f"all views are from {low:.0f} to {high:.0f} degrees of height",
            todo="Shoot some from 15 degrees below and above, so that chin and crown are seen",
        )
    ]  # fmt: skip


def thumbnail(picture: NDArray[np.uint8]) -> NDArray[np.float32]:
    """The picture's means over THUMB_PX cells a side, colours where the person is, [cells,4] 0-255."""
    flat = picture.astype(np.float32)
    flat[..., :3] *= flat[..., 3:] / 255.0
    rows = np.unique(np.linspace(0, picture.shape[0], THUMB_PX + 1).astype(np.intp)[:-1])
    columns = np.unique(np.linspace(0, picture.shape[1], THUMB_PX + 1).astype(np.intp)[:-1])
    sums = np.add.reduceat(np.add.reduceat(flat, rows, 0), columns, 1)
    high = np.diff(np.append(rows, picture.shape[0]))
    wide = np.diff(np.append(columns, picture.shape[1]))
    return np.asarray(sums / (high[:, None, None] * wide[None, :, None]), np.float32).reshape(-1, 4)


def twins(capture: Capture, ring: Ring, thumbs: NDArray[np.float32]) -> list[Finding]:
    """Views that are another view once more.  `thumbs` [N,cells,4] of each view."""
    found: list[Finding] = []
    for i in range(1, len(capture.names)):
        off = np.abs(thumbs[:i] - thumbs[i]).mean((1, 2))
        first = int(np.argmin(off))
        if off[first] > TWIN_LEVELS:
            continue
        apart = float(np.degrees(np.arccos(np.clip(ring.directions[i] @ ring.directions[first], -1, 1))))
        solved = apart > TWIN_DEGREES
        found.append(
            Finding(
                kind=Kind.TWIN,
                view=capture.names[i],
                severity=Severity.WARNING if solved else Severity.ADVICE,
                what=f"it is the same picture as {capture.names[first]}"
                + (f", yet their cameras are {apart:.0f} degrees apart" if solved else ""),
                todo="Solve the cameras again, without one of them" if solved else "Leave one of them out",
            )
        )
    return found
