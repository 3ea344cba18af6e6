"""What a fit begins with: pictures of one exposure, and flat Gaussians on the hull."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from stagedoor.capture.read import Capture
from stagedoor.worker.double.exposure import gains, levelled
from stagedoor.worker.double.hull import Hull
from stagedoor.worker.double.project import PARAMETERS, SH0, Floats


def one_exposure(capture: Capture, hull: Hull) -> NDArray[np.uint8]:
    """The training views, brought to one exposure where they were not."""
    views = list(capture.views("train"))
    images = capture.images[views]
    lens = np.array([capture.fx, capture.fy, capture.cx, capture.cy])
    by = gains(images, capture.world_to_camera[views], lens, hull.points, hull.normals)
    return images if by is None else levelled(images, by)


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
