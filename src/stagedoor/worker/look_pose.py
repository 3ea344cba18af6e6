"""A camera of the capture as whole numbers, and back: how it travels from a look at a capture to one at a replica."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np
from numpy.typing import NDArray

from stagedoor.wire.looks import Pose

if TYPE_CHECKING:
    from stagedoor.worker.double.camera import Camera

LENS: Final = 1_000
"""Parts of a pixel in a lens."""

PLACE: Final = 1_000_000
"""Parts of the capture's unit in a place."""

TURN: Final = 100_000_000
"""Parts of 1 in a unit quaternion: a millionth of a degree."""


def pose_of(camera: Camera) -> Pose:
    """The camera, rounded: by less than a thousandth of a pixel for any camera that stands near a head."""
    x, y, z = (round(float(part) * PLACE) for part in camera.position())
    w, i, j, k = (round(float(part) * TURN) for part in _quaternion(camera.world_to_camera[:3, :3]))
    fx, fy, cx, cy = (round(part * LENS) for part in (camera.fx, camera.fy, camera.cx, camera.cy))
    return Pose(width=camera.width, height=camera.height, lens=(fx, fy, cx, cy), place=(x, y, z), turn=(w, i, j, k))


def camera_of(pose: Pose) -> Camera:
    """The camera that a pose means."""
    from stagedoor.worker.double.camera import Camera

    turn = _matrix(np.array(pose.turn, np.float64))
    world_to_camera = np.eye(4)
    world_to_camera[:3, :3] = turn
    world_to_camera[:3, 3] = -turn @ (np.array(pose.place, np.float64) / PLACE)
    fx, fy, cx, cy = (part / LENS for part in pose.lens)
    return Camera(
        fx=fx, fy=fy, cx=cx, cy=cy, width=pose.width, height=pose.height, world_to_camera=world_to_camera
    )  # fmt: skip


def _matrix(quaternion: NDArray[np.float64]) -> NDArray[np.float64]:
    """The rotation [3,3] of a quaternion w x y z of any length above 0."""
    w, x, y, z = quaternion / np.linalg.norm(quaternion)
    return np.array(
        [
            [1 - 2 * (y * y + z * z), 2 * (x * y - w * z), 2 * (x * z + w * y)],
            [2 * (x * y + w * z), 1 - 2 * (x * x + z * z), 2 * (y * z - w * x)],
            [2 * (x * z - w * y), 2 * (y * z + w * x), 1 - 2 * (x * x + y * y)],
        ]
    )


def _quaternion(turn: NDArray[np.float64]) -> NDArray[np.float64]:
    """The unit quaternion w x y z of a rotation [3,3], w at least 0.

    Bar-Itzhack, "New method for extracting the quaternion from a rotation matrix" (2000): the eigenvector to the
    largest eigenvalue of a symmetric matrix, as sure for half a turn as for none.
    """
    (a, b, c), (d, e, f), (g, h, i) = turn
    square = np.array(
        [
            [a + e + i, h - f, c - g, d - b],
            [h - f, a - e - i, b + d, c + g],
            [c - g, b + d, e - a - i, f + h],
            [d - b, c + g, f + h, i - a - e],
        ]
    )
    found = np.asarray(np.linalg.eigh(square / 3.0)[1][:, -1])
    return -found if found[0] < 0 else found
