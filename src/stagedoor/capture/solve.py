"""Cameras from pictures alone: structure from motion by pycolmap (an extra), in a child process that is ended in time.

All pictures are taken to be of one pinhole camera, its focal length found and its distortion taken for none: a lens
that bends lines more than a phone's main camera should be undistorted first.  Where a picture
has a mask, features are taken inside it alone, for a person may turn before a ground that does not.

Measured: 24 views of a richly textured egg at 192 pixels: all solved, the focal length 0.4 % off, in 5 s.  60 views of
an invented head at 256 pixels, cut out, so that skin and hair alone bear features (123 in the median view): 32 solved,
the focal length 14 % and directions up to 6 degrees off.  A head wants larger pictures, and ground that stands still.
The solver has one thread: with two, two runs differed (a focal length of 432 and of 453 pixels), with one they agreed.
"""

from __future__ import annotations

import importlib.util
import json
import subprocess
import sys
from collections.abc import Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray

from stagedoor.capture import solving
from stagedoor.capture.cameras import CAMERA_FILE
from stagedoor.capture.colmap import Lens, Solved
from stagedoor.capture.errors import CaptureError
from stagedoor.capture.limits import (
    MASK_ALPHA_MIN,
    SOLVE_SECONDS_MAX,
    SOLVE_SIDE_PX_MAX,
    SOLVE_SIDE_PX_MIN,
    SOLVE_VIEWS_MAX,
)
from stagedoor.capture.looks import LUMA

SOLVED_PART: Final = 0.5
"""Part of the pictures that must be solved: fewer, and the solve is of something else."""


def can_solve() -> bool:
    """Whether pycolmap is installed."""
    return importlib.util.find_spec("pycolmap") is not None


def solve(
    names: Sequence[str], pictures: Sequence[NDArray[np.uint8]], *, seconds: float = SOLVE_SECONDS_MAX
) -> tuple[Solved, str]:
    """Cameras of pictures [H,W,4] of one size, and a sentence with the solve's figures.  Names without a camera are
    left out.  Raises CaptureError with the figures if too few were solved."""
    _refuse(names, pictures)
    height, width = pictures[0].shape[:2]
    step = -(-max(height, width) // SOLVE_SIDE_PX_MAX)
    high, wide = height // step, width // step
    head = {"names": list(names), "width": wide, "height": high, "seconds": seconds / 2}
    parts = [json.dumps(head).encode() + b"\n"]
    for picture in pictures:
        held = picture[: high * step, : wide * step].reshape(high, step, wide, step, 4)
        grey = held[..., :3].mean((1, 3)) @ LUMA
        parts += [
            grey.round().astype(np.uint8).tobytes(),
            ((held[..., 3].min((1, 3)) >= MASK_ALPHA_MIN) * np.uint8(255)).tobytes(),
        ]
    told = _child(b"".join(parts), seconds)
    views = told["views"]
    assert isinstance(views, list)
    figures = (
        f"{len(views)} of {len(names)} pictures solved; {told['features']} features in the median picture, "
        f"{told['pairs']} pairs matched, {told['points']} points"
    )
    if len(views) < max(3, SOLVED_PART * len(names)):
        raise _no(
            f"the pictures alone give no cameras ({figures})",
            "Take more pictures with 15 degrees or less between them, sharp and in even light, or solve them yourself",
        )
    views.sort()
    poses = np.tile(np.eye(4), (len(views), 1, 1))
    poses[:, :3] = [pose for _, pose in views]
    focal = float(told["focal"]) * step  # type: ignore[arg-type]
    lens = Lens(width=width, height=height, fx=focal, fy=focal, cx=wide * step / 2, cy=high * step / 2)
    solved = Solved(lens=lens, names=tuple(name for name, _ in views), world_to_camera=poses)
    left = f" Left out, for they were not solved: {len(names) - len(views)}." if len(views) < len(names) else ""
    error = float(told["error_px"]) * step  # type: ignore[arg-type]
    return solved, f"The cameras were solved here by pycolmap: {figures}, off by {error:.2f} pixels on average.{left}"


def _refuse(names: Sequence[str], pictures: Sequence[NDArray[np.uint8]]) -> None:
    if not can_solve():
        raise _no(
            "pycolmap is not installed, so cameras cannot be solved here",
            "Install stagedoor[capture], or bring transforms.json or COLMAP's cameras",
        )
    if not 3 <= len(names) <= SOLVE_VIEWS_MAX:
        raise _no(f"there are {len(names)} pictures", f"Give 3 to {SOLVE_VIEWS_MAX}, or bring solved cameras")
    if len({picture.shape for picture in pictures}) != 1:
        raise _no("the pictures differ in size", "Use one camera, upright or lying throughout")
    if min(pictures[0].shape[:2]) < SOLVE_SIDE_PX_MIN:
        raise _no("the pictures are too small to solve", f"Use at least {SOLVE_SIDE_PX_MIN} pixels a side")


def _no(what: str, todo: str) -> CaptureError:
    return CaptureError(what=f"it is missing, and {what}", where=CAMERA_FILE, todo=todo)


def _child(data: bytes, seconds: float) -> dict[str, object]:
    try:
        done = subprocess.run(
            [sys.executable, "-m", solving.__name__], input=data, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
            timeout=seconds, check=False,
        )  # fmt: skip
    except subprocess.TimeoutExpired as fault:
        raise _no(
            f"solving took more than {seconds:.0f} seconds", "Use fewer or smaller pictures, or solve them yourself"
        ) from fault
    if done.returncode != 0:
        raise _no(f"the solver ended with status {done.returncode}", "Solve the cameras yourself, with COLMAP")
    told = json.loads(done.stdout)
    assert isinstance(told, dict)
    return told
