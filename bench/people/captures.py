"""Captures of the invented person: one for each expression, on one rig of cameras, with held-out views."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from people.person import Person
from stagedoor.capture.read import Capture
from stagedoor.worker.double.camera import Camera
from stagedoor.worker.double.moves import arc

DISTANCE = 4.0
LOOK_AT = (0.0, 0.0, 0.05)
GOLDEN_DEG = 137.50776405


def rig(*, views: int, size: int, front_deg: float = 180.0, turn: float = 0.0) -> tuple[Camera, ...]:
    """`views` cameras spread evenly within `front_deg` either side of the face, at elevations from -15 to 35 degrees.

    `turn` 0 to 1 shifts them against those of another rig, so that held-out views fall between trained ones.
    """
    cameras: list[Camera] = []
    for k in range(views):
        azimuth = front_deg * (2 * (k + 0.5 + turn) / views % 2 - 1)
        elevation = -15 + 50 * ((k + turn) * GOLDEN_DEG % 360) / 360
        cameras += arc(LOOK_AT, DISTANCE, from_deg=azimuth, to_deg=azimuth, elevation_deg=elevation, frames=1,
                       width=size, height=size)  # fmt: skip
    return tuple(cameras)


def capture(
    person: Person, weights: Mapping[str, float], train: tuple[Camera, ...], test: tuple[Camera, ...] = ()
) -> Capture:
    """The person in one expression, from training and held-out cameras."""
    cameras = train + test
    one = cameras[0]
    splits = ("train",) * len(train) + ("test",) * len(test)
    return Capture(
        images=person.pictures(weights, cameras),
        fx=one.fx, fy=one.fy, cx=one.cx, cy=one.cy,
        world_to_camera=np.stack([camera.world_to_camera for camera in cameras]),
        splits=splits,
        names=tuple(f"{split}-{k:03d}" for k, split in enumerate(splits)),
    )  # fmt: skip
