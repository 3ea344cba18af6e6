"""Where a double starts: points on the visual hull of the masks, coloured from the views that face them.

The hull is what no mask cuts away, on a grid of 128^3.  From it training needs a few seconds where random points in
the same box need minutes and end 6 dB lower, which is why a capture must bring masks.
"""

# ruff: noqa: PLR0917  (numba knows no keyword-only arguments)

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from stagedoor.capture.limits import MASK_ALPHA_MIN
from stagedoor.capture.read import Capture
from stagedoor.worker.double._jit import njit
from stagedoor.worker.double.bust_fit import fitted, with_bust
from stagedoor.worker.double.pool import CHUNKS, Pool
from stagedoor.worker.double.project import NEAR
from stagedoor.worker.double.rounding import GAP_DEG, azimuths_of, gap_deg, refilled, rounded, typical_deg

GRID = 128
"""Voxels along an edge of the box."""
BOX_MARGIN = 1.1
"""The box is this much wider than the widest mask, for what perspective makes smaller."""
SEEN_MIN = 0.5
"""A voxel belongs only where at least this share of the views has it inside the frame."""
NORMAL_REACH = 2
"""Voxels looked at on each side to find which way the surface faces."""
LEAN_DEG, LEAN_SPAN_DEG = 50.0, 90.0
"""Views that usually stand further apart, or that all stand within a narrower arc, leave the shape to a guess.  From
eight round a head, or as many within 120 degrees, masks tell more than heads in general do."""
BUST_BLUR = 1.2
"""Standard deviation in voxels that takes off the facets of a fitted bust."""
SEEN_SAMPLE = 2_000
"""Seen points that lend the unseen their colour: on a head about one to the square centimetre."""

Doubles = NDArray[np.float64]
Bytes = NDArray[np.uint8]


class HullError(ValueError):
    """The masks leave nothing to start from."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Hull:
    """Surface voxels of the hull: points [M,3], outward unit normals [M,3], colours [M,3] 0 to 1; voxel edge and the
    box's centre [3], all in world units.  `leaned`: whether it leans on the shape of heads in general (bust_fit.py)."""

    points: Doubles
    normals: Doubles
    colours: Doubles
    voxel: float
    centre: Doubles
    leaned: bool = False


def visual_hull(capture: Capture, *, pool: Pool, lean: bool = True) -> Hull:
    """Carves the grid by the training views' masks.  Raises HullError when nothing is left.

    With few views it is rounded; with very few it leans on what heads are like, if `lean` and the masks show one.
    """
    views = list(capture.views("train"))
    images = np.ascontiguousarray(capture.images[views])
    cameras = np.ascontiguousarray(capture.world_to_camera[views])
    lens = np.array([capture.fx, capture.fy, capture.cx, capture.cy])
    centre, radius = bounding_box(images, cameras, lens)
    corner, voxel = centre - radius, 2.0 * radius / GRID
    kept = np.zeros((GRID, GRID, GRID), np.uint8)
    pool.run(lambda chunk: carve(images, cameras, lens, corner, voxel, chunk, kept))
    found = None
    if kept.any() and gap_deg(azimuths_of(cameras, centre)) > GAP_DEG:
        views_of = (images, cameras, lens, corner, voxel)
        body = rounded(kept, *views_of)
        found = fitted(kept, *views_of, pool) if lean and leans(azimuths_of(cameras, centre)) else None
        if found is not None:
            body = refilled(kept, with_bust(kept, body, found, corner, voxel, pool), BUST_BLUR, *views_of)
        kept = body
    count = count_surface(kept)
    if count == 0:
        raise HullError("the masks have no point in common: cameras and pictures do not belong together")
    points, normals = np.empty((count, 3)), np.empty((count, 3))
    list_surface(kept, corner, voxel, points, normals)
    colours = np.empty((count, 3))
    pool.run(lambda chunk: colour_points(images, cameras, lens, points, normals, chunk, colours))
    colour_unseen(points, colours)
    leaned = found is not None
    return Hull(points=points, normals=normals, colours=colours, voxel=voxel, centre=centre, leaned=leaned)


def leans(azimuths: Doubles) -> bool:
    """Whether views from there tell less of a shape than heads in general do."""
    return typical_deg(azimuths) > LEAN_DEG or 360.0 - gap_deg(azimuths) < LEAN_SPAN_DEG


def bounding_box(images: Bytes, cameras: Doubles, lens: Doubles) -> tuple[Doubles, float]:
    """Centre [3] and half edge of a cube round the person: where the rays through the masks' middles meet."""
    normal, aim, spans = np.zeros((3, 3)), np.zeros(3), []
    eyes = []
    for image, camera in zip(images, cameras, strict=True):
        rows, columns = np.nonzero(image[..., 3] >= MASK_ALPHA_MIN)
        middle = np.array([columns.min() + columns.max() + 1, rows.min() + rows.max() + 1]) / 2
        ray = np.array([(middle[0] - lens[2]) / lens[0], (middle[1] - lens[3]) / lens[1], 1.0])
        ray = (camera[:3, :3] * ray[:, None]).sum(axis=0) / np.sqrt((ray**2).sum())
        eye = -(camera[:3, :3] * camera[:3, 3][:, None]).sum(axis=0)
        across = np.eye(3) - ray[:, None] * ray[None]
        normal += across
        aim += (across * eye[None]).sum(axis=1)
        half = max(float(np.ptp(columns) + 1) / lens[0], float(np.ptp(rows) + 1) / lens[1]) / 2
        spans.append(half)
        eyes.append(eye)
    # A little damping: parallel cameras have no meeting point, and the hull then reports itself empty.
    centre = np.asarray(np.linalg.solve(normal + 1e-9 * np.eye(3), aim), dtype=np.float64)
    radius = max(span * float(np.sqrt(((eye - centre) ** 2).sum())) for span, eye in zip(spans, eyes, strict=True))
    return centre, float(radius) * BOX_MARGIN


@njit(inline="always")
def look(camera: Doubles, lens: Doubles, x: float, y: float, z: float) -> tuple[float, float, float]:
    """(u, v, depth) of a world point: pixels and world units."""
    cx = camera[0, 0] * x + camera[0, 1] * y + camera[0, 2] * z + camera[0, 3]
    cy = camera[1, 0] * x + camera[1, 1] * y + camera[1, 2] * z + camera[1, 3]
    cz = camera[2, 0] * x + camera[2, 1] * y + camera[2, 2] * z + camera[2, 3]
    if cz <= NEAR:
        return -1.0, -1.0, cz
    return lens[0] * cx / cz + lens[2], lens[1] * cy / cz + lens[3], cz


@njit()
def carve(
    images: Bytes, cameras: Doubles, lens: Doubles, corner: Doubles, voxel: float, chunk: int, kept: Bytes
) -> None:
    """Marks kept [GRID,GRID,GRID] where no view that sees the voxel's middle finds it outside the mask."""
    views, height, width = images.shape[0], images.shape[1], images.shape[2]
    for i in range(chunk, GRID, CHUNKS):
        for j in range(GRID):
            for k in range(GRID):
                x, y, z = corner[0] + (i + 0.5) * voxel, corner[1] + (j + 0.5) * voxel, corner[2] + (k + 0.5) * voxel
                seen = 0
                for view in range(views):
                    u, v, depth = look(cameras[view], lens, x, y, z)
                    if depth <= NEAR or not (0.0 <= u < width and 0.0 <= v < height):
                        continue
                    seen += 1
                    if images[view, int(v), int(u), 3] < MASK_ALPHA_MIN:
                        seen = -1
                        break
                if seen >= SEEN_MIN * views:
                    kept[i, j, k] = 1


@njit(inline="always")
def on_surface(kept: Bytes, i: int, j: int, k: int) -> bool:
    """A kept voxel with a face to the outside; the box's own faces count as outside."""
    if kept[i, j, k] == 0:
        return False
    last = GRID - 1
    if min(i, j, k) == 0 or max(i, j, k) == last:
        return True
    around = kept[i - 1, j, k] + kept[i + 1, j, k] + kept[i, j - 1, k] + kept[i, j + 1, k]
    return bool(around + kept[i, j, k - 1] + kept[i, j, k + 1] < 6)


@njit()
def count_surface(kept: Bytes) -> int:
    """Number of surface voxels."""
    count = 0
    for i in range(GRID):
        for j in range(GRID):
            for k in range(GRID):
                if on_surface(kept, i, j, k):
                    count += 1
    return count


@njit()
def list_surface(kept: Bytes, corner: Doubles, voxel: float, points: Doubles, normals: Doubles) -> None:
    """Fills points [M,3] and outward normals [M,3]: away from where the neighbours are kept."""
    at = 0
    for i in range(GRID):
        for j in range(GRID):
            for k in range(GRID):
                if not on_surface(kept, i, j, k):
                    continue
                nx, ny, nz = 0.0, 0.0, 0.0
                for a in range(max(0, i - NORMAL_REACH), min(GRID, i + NORMAL_REACH + 1)):
                    for b in range(max(0, j - NORMAL_REACH), min(GRID, j + NORMAL_REACH + 1)):
                        for c in range(max(0, k - NORMAL_REACH), min(GRID, k + NORMAL_REACH + 1)):
                            if kept[a, b, c] != 0:
                                nx, ny, nz = nx - (a - i), ny - (b - j), nz - (c - k)
                length = np.sqrt(nx * nx + ny * ny + nz * nz) + 1e-9
                normals[at, 0], normals[at, 1], normals[at, 2] = nx / length, ny / length, nz / length
                points[at, 0] = corner[0] + (i + 0.5) * voxel
                points[at, 1] = corner[1] + (j + 0.5) * voxel
                points[at, 2] = corner[2] + (k + 0.5) * voxel
                at += 1


@njit()
def colour_points(
    images: Bytes, cameras: Doubles, lens: Doubles, points: Doubles, normals: Doubles, chunk: int, colours: Doubles
) -> None:
    """Colours [M,3] of every CHUNKS-th point: the mean of the views' pixels, weighted by cos^4 of how they face it."""
    views, height, width = images.shape[0], images.shape[1], images.shape[2]
    for p in range(chunk, points.shape[0], CHUNKS):
        x, y, z = points[p, 0], points[p, 1], points[p, 2]
        total, red, green, blue = 0.0, 0.0, 0.0, 0.0
        for view in range(views):
            u, v, depth = look(cameras[view], lens, x, y, z)
            if depth <= NEAR or not (0.0 <= u < width and 0.0 <= v < height):
                continue
            pixel = images[view, int(v), int(u)]
            facing, away = 0.0, 0.0
            for k in range(3):
                eye = 0.0
                for r in range(3):
                    eye -= cameras[view, r, k] * cameras[view, r, 3]
                towards = eye - points[p, k]
                facing += towards * normals[p, k]
                away += towards * towards
            if facing <= 0.0 or pixel[3] < MASK_ALPHA_MIN:
                continue
            cosine = facing * facing / away
            weight = cosine * cosine
            total += weight
            red += weight * pixel[0] / 255.0
            green += weight * pixel[1] / 255.0
            blue += weight * pixel[2] / 255.0
        # 0 / 0 is not a number: nobody saw this point (colour_unseen).
        colours[p, 0], colours[p, 1], colours[p, 2] = red / total, green / total, blue / total


def colour_unseen(points: Doubles, colours: Doubles) -> None:
    """Gives points that no view faces the mean colour of those seen, the nearer the more; grey where none is seen."""
    unseen = np.nonzero(np.isnan(colours[:, 0]))[0]
    seen = np.nonzero(~np.isnan(colours[:, 0]))[0]
    if len(seen) == 0:
        colours[:] = 0.5
        return
    seen = seen[:: max(1, len(seen) // SEEN_SAMPLE)]
    for part in np.array_split(unseen, max(1, len(unseen) // 256)):
        away = ((points[part, None] - points[seen][None]) ** 2).sum(axis=2)
        weight = 1.0 / (away + 1e-12) ** 2
        colours[part] = (weight[..., None] * colours[seen][None]).sum(axis=1) / weight.sum(axis=1)[:, None]
