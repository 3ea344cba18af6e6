"""Few views: from the fat hull that their masks leave to a rounded body that still fills every mask.

Between views that stand far apart the hull has corners that nobody has: with four views its slices are boxes.  Three
steps take them off, and none adds anything outside the hull:

* *slices*: at each height, what the views saw of the body's width (its support function h, at right angles to each
  view) is continued smoothly between them, and what lies outside is cut;
* *blur*: what is left is smoothed, so that edges in the other directions go too;
* *fill*: where a mask is then no longer covered, the hull's voxels that lie nearest to the body come back.

It supposes a body that is rounder than a box, as people are, and y up.  Captures from all round are never touched.
"""

# ruff: noqa: PLR0917  (numba knows no keyword-only arguments)

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from stagedoor.worker.double._jit import njit
from stagedoor.worker.double.project import NEAR

Doubles = NDArray[np.float64]
Bytes = NDArray[np.uint8]

GAP_DEG = 25.0
"""Views that stand further apart than this leave corners; 16 or more round a head do not."""
HARMONICS = 6
"""Of h: as many as the views of a handful can tell."""
STIFFNESS = 1e-3
"""What curvature of h costs against missing a view's width; from 1e-4 to 1e-2 the result hardly changes."""
DIRECTIONS = 72
"""Sides from which a slice is cut: every five degrees."""
BLUR = 6.0
"""Standard deviation of the blur in voxels; of 2 to 8, the best for 12, 8, 6 and 4 views of the benchmark head."""
BODY_MIN = np.float32(0.5)
"""What is left of the blur: from here it is body."""
FILL_BAND = np.float32(0.05)
"""Voxels come back whose blurred value is within this of the highest on their ray: ridges of one voxel tear."""
CELL_PX = 2
"""Masks are compared in cells of so many pixels: a voxel is about as wide."""


def gap_deg(azimuths: Doubles) -> float:
    """The widest angle between neighbours on the ring, in degrees; 360 for one view."""
    ring = np.sort(np.asarray(azimuths, np.float64) % 360.0)
    return float(np.max(np.diff(np.concatenate([ring, ring[:1] + 360.0]))))


def typical_deg(azimuths: Doubles) -> float:
    """The usual angle between neighbours, in degrees: the median, without the widest; 360 for one view."""
    ring = np.sort(np.asarray(azimuths, np.float64) % 360.0)
    gaps = np.sort(np.diff(np.concatenate([ring, ring[:1] + 360.0])))
    return float(np.median(gaps[:-1])) if len(gaps) > 1 else 360.0


def azimuths_of(cameras: Doubles, centre: Doubles) -> Doubles:
    """Degrees from which each world-to-camera [V,4,4] sees the centre; 0 the front (+z), 90 from +x."""
    eyes = -np.einsum("vrk,vr->vk", cameras[:, :3, :3], cameras[:, :3, 3]) - centre
    return np.asarray(np.degrees(np.arctan2(eyes[:, 0], eyes[:, 2])), np.float64)


def rounded(kept: Bytes, images: Bytes, cameras: Doubles, lens: Doubles, corner: Doubles, voxel: float) -> Bytes:
    """The hull kept [x,y,z] without the corners that its views could not see."""
    centre = corner + 0.5 * kept.shape[0] * voxel
    body = kept.copy()
    cut_slices(body, azimuths_of(cameras, centre))
    return refilled(kept, body, BLUR, images, cameras, lens, corner, voxel)


def refilled(
    kept: Bytes,
    body: Bytes,
    sigma: float,
    images: Bytes,
    cameras: Doubles,
    lens: Doubles,
    corner: Doubles,
    voxel: float,
) -> Bytes:
    """body [x,y,z] smoothed by sigma voxels, with what of the hull kept [x,y,z] the masks still need."""
    blurred = blur(largest(body).astype(np.float32), sigma)
    body = ((blurred > BODY_MIN) & (kept > 0)).astype(np.uint8)
    cells = np.empty((-(-images.shape[1] // CELL_PX), -(-images.shape[2] // CELL_PX)), np.float32)
    back = np.zeros_like(body)
    for camera in cameras:
        fill(kept, body, blurred, camera, lens, corner, voxel, cells, cells.copy(), back)
    return largest(body | back)


def cut_slices(body: Bytes, azimuths: Doubles) -> None:
    """Cuts each slice of constant y to the smooth outline through the widths that the views saw, in place."""
    side = body.shape[0]
    knots = np.radians(np.unique(np.round(np.concatenate([azimuths + 90.0, azimuths - 90.0]) % 360.0, 3)))
    turns = 2.0 * np.pi * np.arange(DIRECTIONS) / DIRECTIONS
    basis, weights = _fourier(knots)
    smooth = _fourier(turns)[0] @ np.linalg.solve(basis.T @ basis + np.diag(weights), basis.T)
    at = np.arange(side) + 0.5
    for y in range(side):
        x, z = np.nonzero(body[:, y])
        if len(x) == 0:
            continue
        points = np.stack([at[x], at[z]])
        width = (np.stack([np.sin(knots), np.cos(knots)], axis=1) @ points).max(axis=1)
        reach = np.stack([np.sin(turns), np.cos(turns)], axis=1) @ points
        outside = (reach > (smooth @ width)[:, None] + 0.5).any(axis=0)
        body[x[outside], y, z[outside]] = 0


def _fourier(angles: Doubles) -> tuple[Doubles, Doubles]:
    """Columns 1, cos k, sin k at the angles, and what each weight costs: nothing for a circle, moved or not."""
    orders = np.repeat(np.arange(1, HARMONICS + 1), 2)
    waves = [np.cos(k * angles) if place % 2 == 0 else np.sin(k * angles) for place, k in enumerate(orders)]
    costs = np.concatenate([[0.0], STIFFNESS * (orders**2.0 - 1.0) ** 2])
    return np.stack([np.ones_like(angles), *waves], axis=1), costs + 1e-9


def blur(volume: NDArray[np.float32], sigma: float) -> NDArray[np.float32]:
    """A Gaussian blur along each axis in turn, nothing beyond the edges."""
    reach = int(3 * sigma + 0.5)
    kernel = np.exp(-0.5 * (np.arange(-reach, reach + 1) / sigma) ** 2)
    kernel = (kernel / kernel.sum()).astype(np.float32)
    for axis in range(3):
        lines = np.ascontiguousarray(np.moveaxis(volume, axis, 0)).reshape(volume.shape[axis], -1)
        out = np.zeros_like(lines)
        for place, weight in enumerate(kernel):
            step = place - reach
            low, high = max(0, -step), min(len(lines), len(lines) - step)
            out[low:high] += weight * lines[low + step : high + step]
        moved = [volume.shape[axis], *(volume.shape[k] for k in range(3) if k != axis)]
        volume = np.moveaxis(out.reshape(moved), 0, axis)
    return np.ascontiguousarray(volume)


@njit()
def fill(
    kept: Bytes,
    body: Bytes,
    blurred: NDArray[np.float32],
    camera: Doubles,
    lens: Doubles,
    corner: Doubles,
    voxel: float,
    best: NDArray[np.float32],
    covered: NDArray[np.float32],
    back: Bytes,
) -> None:
    """Marks in `back` the hull's voxels that this view's mask needs: two passes over the hull, cell by cell.

    best, covered: scratch [rows, columns] of cells.  The hull fills every mask, so a cell that the hull covers and the
    body does not is a hole in the body.
    """
    side = kept.shape[0]
    best[:, :] = np.float32(-1.0)
    covered[:, :] = np.float32(0.0)
    for turn in range(2):
        for i in range(side):
            for j in range(side):
                for k in range(side):
                    if kept[i, j, k] == 0:
                        continue
                    x = corner[0] + (i + 0.5) * voxel
                    y = corner[1] + (j + 0.5) * voxel
                    z = corner[2] + (k + 0.5) * voxel
                    depth = camera[2, 0] * x + camera[2, 1] * y + camera[2, 2] * z + camera[2, 3]
                    if depth <= NEAR:
                        continue
                    u = lens[0] * (camera[0, 0] * x + camera[0, 1] * y + camera[0, 2] * z + camera[0, 3]) / depth
                    v = lens[1] * (camera[1, 0] * x + camera[1, 1] * y + camera[1, 2] * z + camera[1, 3]) / depth
                    column, row = int(np.floor((u + lens[2]) / CELL_PX)), int(np.floor((v + lens[3]) / CELL_PX))
                    if not (0 <= row < best.shape[0] and 0 <= column < best.shape[1]):
                        continue
                    value = blurred[i, j, k]
                    if turn == 0:
                        best[row, column] = max(best[row, column], value)
                        if body[i, j, k] != 0:
                            covered[row, column] = np.float32(1.0)
                    elif covered[row, column] == 0 and value >= best[row, column] - FILL_BAND:
                        back[i, j, k] = 1


def largest(body: Bytes) -> Bytes:
    """The largest connected part (by faces); the first in order of two as large."""
    labels = np.zeros(body.shape, np.int32)
    count = label_parts(body, labels, np.empty(max(int(body.sum()), 1), np.int64))
    if count <= 1:
        return body
    sizes = np.bincount(labels.ravel(), minlength=count + 1)[1:]
    return np.asarray(labels == 1 + int(np.argmax(sizes)), np.uint8)


@njit()
def label_parts(body: Bytes, labels: NDArray[np.int32], stack: NDArray[np.int64]) -> int:
    """Numbers the connected parts from 1 in `labels`; gives how many.  stack: room for as many voxels as there are."""
    side, parts = body.shape[0], 0
    flat, marks = body.ravel(), labels.ravel()
    for start in range(flat.shape[0]):
        if flat[start] == 0 or marks[start] != 0:
            continue
        parts += 1
        marks[start] = parts
        stack[0], filled = start, 1
        while filled > 0:
            filled -= 1
            at = stack[filled]
            place = (at // (side * side), at // side % side, at % side)
            for axis in range(3):
                stride = side * side if axis == 0 else (side if axis == 1 else 1)
                for step in (-1, 1):
                    if not 0 <= place[axis] + step < side:
                        continue
                    there = at + step * stride
                    if flat[there] != 0 and marks[there] == 0:
                        marks[there] = parts
                        stack[filled] = there
                        filled += 1
    return parts
