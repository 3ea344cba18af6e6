"""A camera solve's world given up, middle and scale: a similarity, found from the cameras alone, the same each time.

* Up is the mean of the cameras' own up vectors: pictures are held upright.  A ring that is tilted stays tilted by as
  much as its cameras are on average.
* The middle is the point nearest to all lines of sight (least squares).
* The first view (by name) stands in front: its direction, laid level, becomes +z, where a capture's person looks.
* Cameras stand CAMERA_DISTANCE away (median).
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from stagedoor.capture.cameras import OPENGL_TO_OPENCV
from stagedoor.capture.colmap import Lens, Solved
from stagedoor.capture.errors import CaptureError
from stagedoor.capture.limits import CAMERA_DISTANCE

UP_MIN: Final = 0.2
"""Length of the mean of the cameras' unit up vectors under which they agree on no up."""
MEET_MIN: Final = 1e-3
"""Smallest eigenvalue of the mean of (1 - d d^T) over lines of sight: below it they are parallel and meet nowhere;
it is sin^2 of their spread, so this is about two degrees."""
LEVEL_MIN: Final = 0.1
"""Sine of the angle from straight up under which a view has no direction on the level."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Placed:
    """world_to_camera float64 [N,4,4] in the capture's world (y up, middle at the origin), and the similarity that led
    there: X' = scale * turn (X - middle), turn [3,3], middle [3] in the solve's units."""

    world_to_camera: NDArray[np.float64]
    turn: NDArray[np.float64]
    middle: NDArray[np.float64]
    scale: float

    def told(self) -> str:
        """The similarity in a sentence."""
        x, y, z = (float(value) for value in self.middle)
        up = ", ".join(f"{float(value):.4g}" for value in self.turn[1])
        return (
            f"The solve's world was placed anew: up is ({up}) there, the mean of the cameras' own; the middle is "
            f"({x:.4g}, {y:.4g}, {z:.4g}), where their lines of sight meet; 1 unit there is {self.scale:.4g} here; the "
            "first view stands in front."
        )


def middle_of(world_to_camera: NDArray[np.float64]) -> NDArray[np.float64]:
    """The point [3] nearest to all lines of sight of [N,4,4] cameras.  Raises CaptureError if they do not meet."""
    turn = world_to_camera[:, :3, :3]
    centres = -np.einsum("nji,nj->ni", turn, world_to_camera[:, :3, 3])
    sight = turn[:, 2]
    across = np.eye(3) - sight[:, :, None] * sight[:, None, :]
    total = across.mean(0)
    if np.linalg.eigvalsh(total)[0] < MEET_MIN:
        raise CaptureError(
            what="all cameras look the same way, so nothing says where the person stands", where="cameras",
            todo="Take pictures from all round the person",
        )  # fmt: skip
    middle: NDArray[np.float64] = np.linalg.solve(total, np.einsum("nij,nj->i", across, centres) / len(centres))
    if np.median(np.einsum("ni,ni->n", sight, middle - centres)) <= 0:
        raise CaptureError(
            what="the cameras look away from one another", where="cameras",
            todo="Take pictures of one person from all round, looking inwards",
        )  # fmt: skip
    return middle


def place(world_to_camera: NDArray[np.float64]) -> Placed:
    """Gives a solve's world up, middle and scale.  Raises CaptureError where the cameras do not say them."""
    turn = world_to_camera[:, :3, :3]
    centres = -np.einsum("nji,nj->ni", turn, world_to_camera[:, :3, 3])
    up = -turn[:, 1].mean(0)
    if np.linalg.norm(up) < UP_MIN:
        raise CaptureError(
            what="the cameras agree on no up", where="cameras", todo="Turn the pictures upright and solve again"
        )
    up /= np.linalg.norm(up)
    middle = middle_of(world_to_camera)
    out = centres - middle
    reach = np.linalg.norm(out, axis=1)
    if reach.min() <= 1e-6 * reach.max():
        raise CaptureError(
            what="a camera stands in the middle of what it looks at", where="cameras", todo="Solve the cameras again"
        )
    level = out - (out @ up)[:, None] * up
    stands = np.flatnonzero(np.linalg.norm(level, axis=1) > LEVEL_MIN * reach)
    if not len(stands):
        raise CaptureError(
            what="all cameras look straight down or up", where="cameras", todo="Take pictures all round the person"
        )
    front = level[stands[0]] / np.linalg.norm(level[stands[0]])
    axes = np.stack([np.cross(up, front), up, front])
    scale = CAMERA_DISTANCE / float(np.median(reach))
    placed = np.tile(np.eye(4), (len(turn), 1, 1))
    placed[:, :3, :3] = turn @ axes.T
    placed[:, :3, 3] = scale * (world_to_camera[:, :3, 3] + turn @ middle)
    return Placed(world_to_camera=placed, turn=axes, middle=middle, scale=scale)


def camera_file(lens: Lens, names: Sequence[str], world_to_camera: NDArray[np.float64]) -> bytes:
    """A transforms.json of these cameras, all for training: what `parse_cameras` reads back to the last digit or so."""
    frames = []
    for name, pose in zip(names, world_to_camera, strict=True):
        back = np.eye(4)
        back[:3, :3], back[:3, 3] = pose[:3, :3].T, -pose[:3, :3].T @ pose[:3, 3]
        matrix = (back @ OPENGL_TO_OPENCV).tolist()
        frames.append({"file_path": name, "split": "train", "transform_matrix": matrix})
    table = {"camera_model": "PINHOLE", "w": lens.width, "h": lens.height, "fl_x": lens.fx, "fl_y": lens.fy,
             "cx": lens.cx, "cy": lens.cy, "frames": frames}  # fmt: skip
    return json.dumps(table).encode()


def placed_solve(solved: Solved) -> tuple[Solved, str]:
    """The solve in the capture's world, and the sentence that tells what was done to it."""
    placed = place(solved.world_to_camera)
    moved = Solved(lens=solved.lens, names=solved.names, world_to_camera=placed.world_to_camera)
    return moved, placed.told()
