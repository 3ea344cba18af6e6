"""Camera moves: looking at a point while going round it.  World y is up; azimuth 0 is the front, 90 is +x."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from stagedoor.worker.double.camera import Camera

FIELD_OF_VIEW_DEG = 36.0
"""Of the frame's height: a head two units wide, seen from four units, with room round it."""
ELEVATION_DEG_MAX = 85.0
"""Steeper than this, "up in the picture" has no meaning for a look-at camera."""
FRAMES_MAX = 100_000
"""Frames in one move: over an hour at 24 a second."""


def arc(
    centre: tuple[float, float, float],
    radius: float,
    *,
    from_deg: float,
    to_deg: float,
    elevation_deg: float,
    frames: int,
    width: int = 256,
    height: int = 256,
    field_of_view_deg: float = FIELD_OF_VIEW_DEG,
) -> tuple[Camera, ...]:
    """`frames` cameras at `radius` world units from `centre`, from one azimuth to the other, both ends included.

    Every camera looks at the centre, upright, elevation_deg above it.  One frame stands at from_deg.
    """
    if not 1 <= frames <= FRAMES_MAX:
        raise ValueError(f"{frames} frames; a move has 1 to {FRAMES_MAX}")
    if not radius > 0.0 or not 0.0 < field_of_view_deg < 180.0 or abs(elevation_deg) > ELEVATION_DEG_MAX:
        raise ValueError("a move wants a radius above 0, a field of view under 180 and an elevation within 85 degrees")
    focal = height / 2 / math.tan(math.radians(field_of_view_deg) / 2)
    across = (to_deg - from_deg) / max(frames - 1, 1)
    middle = np.array(centre, dtype=np.float64)
    return tuple(
        Camera(
            fx=focal,
            fy=focal,
            cx=width / 2,
            cy=height / 2,
            width=width,
            height=height,
            world_to_camera=_look_at(middle, radius, from_deg + across * i, elevation_deg),
        )
        for i in range(frames)
    )


def azimuth_deg(camera: Camera, centre: tuple[float, float, float] = (0.0, 0.0, 0.0)) -> float:
    """From which side the camera sees `centre`: degrees in (-180, 180], 0 the front, 90 from +x."""
    x, _, z = camera.position() - np.array(centre, dtype=np.float64)
    angle = math.degrees(math.atan2(x, z))
    return 180.0 if angle == -180.0 else angle


def _look_at(middle: NDArray[np.float64], radius: float, azimuth: float, elevation: float) -> NDArray[np.float64]:
    """World-to-camera [4,4], OpenCV axes: right, down, forward are the rows."""
    turn, lift = math.radians(azimuth), math.radians(elevation)
    out_of = np.array([math.sin(turn) * math.cos(lift), math.sin(lift), math.cos(turn) * math.cos(lift)])
    right = np.array([math.cos(turn), 0.0, -math.sin(turn)])
    down = np.cross(-out_of, right)
    pose = np.eye(4)
    pose[:3, :3] = np.stack([right, down, -out_of])
    pose[:3, 3] = -pose[:3, :3] @ (middle + radius * out_of)
    return pose
