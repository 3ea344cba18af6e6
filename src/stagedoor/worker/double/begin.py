"""How a training begins and what of it is kept, for every backend alike."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from stagedoor.capture.read import Capture
from stagedoor.worker.double.exposure import gains, levelled
from stagedoor.worker.double.hull import Hull
from stagedoor.worker.double.project import ALPHA_MIN, PARAMETERS, SH0, Floats
from stagedoor.worker.double.rounding import GAP_DEG, azimuths_of, gap_deg
from stagedoor.worker.double.splats import Splats


def one_exposure(capture: Capture, hull: Hull) -> NDArray[np.uint8]:
    """The training views, brought to one exposure where they were not."""
    views = list(capture.views("train"))
    images = capture.images[views]
    lens = np.array([capture.fx, capture.fy, capture.cx, capture.cy])
    by = gains(images, capture.world_to_camera[views], lens, hull.points, hull.normals)
    if by is None:
        return images
    even = levelled(images, by)
    images[...] = 0  # a copy of the capture's own
    return even


def first_guess(hull: Hull, gaussians: int, chance: np.random.Generator) -> Floats:
    """Parameters [14,N] on the hull's surface: flat discs along it, as wide as their spacing."""
    picks = chance.permutation(len(hull.points))
    picks = np.resize(picks, gaussians)
    spacing = hull.voxel * np.sqrt(len(hull.points) / gaussians)
    params = np.zeros((PARAMETERS, gaussians), np.float32)
    params[0:3] = (hull.points[picks] + chance.uniform(-0.5, 0.5, (gaussians, 3)) * hull.voxel).T
    params[3:6] = np.float32(np.log(0.5 * spacing))
    params[6] = 1.0
    params[10] = 1.4
    params[11:14] = ((hull.colours[picks] - 0.5) / float(SH0)).T
    return params


def few(capture: Capture, hull: Hull) -> bool:
    """Whether neighbouring training views stand further apart than GAP_DEG."""
    poses = capture.world_to_camera[list(capture.views("train"))]
    return gap_deg(azimuths_of(poses, hull.centre)) > GAP_DEG


def drawn_ones(params: Floats, rest: Floats, *, antialiased: bool, left_out: float = 0.0) -> Splats:
    """params [14,N] and rest [3K,N] as a double, without the Gaussians that are too faint to be drawn.

    Where each step left a share out, all are that much fainter: the mean of those that were drawn.
    """
    seen = params[10] > -np.log(1.0 / float(ALPHA_MIN) - 1.0)
    if not seen.any():
        seen[:] = True
    params = params[:, seen]
    if left_out:
        opacity = (1.0 - left_out) / (1.0 + np.exp(-params[10].astype(np.float64)))
        params[10] = np.log(opacity / (1.0 - opacity))
    return Splats.unpacked(params, rest[:, seen], antialiased=antialiased)
