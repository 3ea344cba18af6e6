"""One look over a whole capture: every finding, in the order of the checks, and what was not looked at."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from stagedoor.capture import coverage, cutouts, faces, looks
from stagedoor.capture.findings import Finding, Severity, ring_of
from stagedoor.capture.read import Capture

Progress = Callable[[int, int], None]
"""Told after each step: steps done, steps in all."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """What was found, the sharpness (0-1) and the light (stops, 0 is white) of each view, and what was left undone."""

    findings: tuple[Finding, ...]
    sharpness: tuple[float, ...]
    light: tuple[float, ...]
    azimuth: tuple[float, ...]
    faces_looked_for: bool

    @property
    def again(self) -> bool:
        """Whether something must be shot again."""
        return any(found.severity is Severity.AGAIN for found in self.findings)

    def worst(self, view: str) -> Severity | None:
        """The worst that is said of one view."""
        order = list(Severity)
        held = [order.index(found.severity) for found in self.findings if found.view == view]
        return order[max(held)] if held else None


def check(capture: Capture, progress: Progress | None = None) -> Report:
    """Looks at every view and at all of them together.  Raises CaptureError where the cameras make no ring at all."""
    views = len(capture.names)
    told = progress or _nobody
    ring = ring_of(capture)
    detect = faces.detector() if faces.can_look() else None
    sharp, bright = np.zeros(views), np.zeros(views)
    thumbs: list[NDArray[np.float32]] = []
    strangers: list[Finding] = []
    for i, (name, picture) in enumerate(zip(capture.names, capture.images, strict=True)):
        small = looks.smaller(picture)
        sharp[i], bright[i] = looks.sharpness(small), looks.light(small)
        thumbs.append(coverage.thumbnail(small))
        if detect is not None:
            strangers += faces.find_faces(detect, name, small)
        told(i + 1, views + 2)
    masks = cutouts.masks_of(capture)
    found = [*coverage.count(capture), *coverage.gaps(ring), *coverage.heights(ring)]
    found += looks.blur(capture, ring, sharp) + looks.exposure(capture, ring, bright)
    found += cutouts.shape(capture, masks)
    told(views + 1, views + 2)
    found += cutouts.hull(capture, ring, masks) + coverage.twins(capture, ring, np.stack(thumbs)) + strangers
    told(views + 2, views + 2)
    return Report(
        findings=tuple(found),
        sharpness=tuple(float(value) for value in sharp),
        light=tuple(float(value) for value in bright),
        azimuth=tuple(float(value) for value in ring.azimuth),
        faces_looked_for=detect is not None,
    )


def _nobody(done: int, total: int) -> None:
    del done, total
