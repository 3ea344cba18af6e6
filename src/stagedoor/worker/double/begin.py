"""How a training begins and what of it is kept, for every backend alike."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from stagedoor.capture.read import Capture
from stagedoor.worker.double.exposure import gains, levelled
from stagedoor.worker.double.hull import Hull
from stagedoor.worker.double.project import ALPHA_MIN, PARAMETERS, SH0, Floats
from stagedoor.worker.double.rounding import GAP_DEG, azimuths_of, gap_deg, typical_deg
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


DISC, INWARD = 0.6, 0.6
"""Thickness of a disc to its width, and the voxels that its middle lies below the surface, so that its edge is on it.
Where the surface is only the masks' hull, balls on it do better: what is too fat there is worn off."""
WIDE_DEG = 75.0
"""Where views usually stand further apart (four round a ring do), twice as many Gaussians are left out."""
LEFT_OUT_MAX = 0.9
"""Of which some must be drawn."""


def first_guess(hull: Hull, gaussians: int, chance: np.random.Generator) -> Floats:
    """Parameters [14,N] on the hull's surface, as wide as their spacing: balls, or discs along it if it leans on a
    bust."""
    picks = chance.permutation(len(hull.points))
    picks = np.resize(picks, gaussians)
    spacing = hull.voxel * np.sqrt(len(hull.points) / gaussians)
    off = chance.uniform(-0.5, 0.5, (gaussians, 3)) * hull.voxel
    params = np.zeros((PARAMETERS, gaussians), np.float32)
    params[3:6] = np.float32(np.log(0.5 * spacing))
    params[6] = 1.0
    if hull.leaned:
        normals = hull.normals[picks]
        off -= ((off * normals).sum(axis=1, keepdims=True) + INWARD * hull.voxel) * normals
        params[5] += np.float32(np.log(DISC))
        params[6:10] = facing_along(normals).T
    params[0:3] = (hull.points[picks] + off).T
    params[10] = 1.4
    params[11:14] = ((hull.colours[picks] - 0.5) / float(SH0)).T
    return params


def facing_along(normals: NDArray[np.float64]) -> NDArray[np.float64]:
    """Unit quaternions [N,4] (wxyz) that turn the third axis to unit normals [N,3]."""
    x, y, z = normals.T
    none = np.zeros_like(x)
    quats = np.stack([1.0 + z, -y, x, none], axis=1)
    quats[z < -1.0 + 1e-9] = [0.0, 1.0, 0.0, 0.0]
    return np.asarray(quats / np.sqrt((quats**2).sum(axis=1, keepdims=True)))


def left_out_of(capture: Capture, hull: Hull, share: float) -> float:
    """The share of Gaussians that a step does without: none where views stand all round."""
    azimuths = azimuths_of(capture.world_to_camera[list(capture.views("train"))], hull.centre)
    if gap_deg(azimuths) <= GAP_DEG:
        return 0.0
    return share if typical_deg(azimuths) <= WIDE_DEG else min(2.0 * share, LEFT_OUT_MAX)


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
