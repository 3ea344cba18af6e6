"""The loops that draw triangles: place, cover, shade.  Same bits at any thread count, as every pixel has one owner.

Each triangle is three linear functions of the pixel's place (Olano and Greer's homogeneous form): for the ray d of a
pixel and the corners A, B, C in camera space, w = (B x C . d, C x A . d, A x B . d).  A sample is inside where all
three are at least zero; w / sum(w) are perspective-correct weights of the corners; sum(w) / det is 1 / depth.  No
clipping is needed, for corners behind the camera too.  The function of a shared edge has the same bits with the other
sign in the neighbour, so two triangles leave no gap between them.
"""

# ruff: noqa: PLR0917  (numba knows no keyword-only arguments)

from __future__ import annotations

from typing import Any, Final

import numpy as np

from stagedoor.worker.double._jit import njit
from stagedoor.worker.double.pool import CHUNKS

SAMPLES: Final = 4
"""Places in a pixel where coverage and depth are asked."""

OFFSETS: Final = np.array([[0.375, 0.125], [0.875, 0.375], [0.125, 0.625], [0.625, 0.875]], np.float64)
"""Across and down from the pixel's upper left corner: a rotated square, so that every row and column has its own."""

STRIPE_PX: Final = 16
"""Rows that go to one chunk at a time: narrow, so that a head in the middle is shared out evenly."""

NEAR: Final = 1e-3
"""World units in front of the camera from which something is seen."""

COLUMNS: Final = 12
"""Numbers per triangle: three edge functions (a, b, c of a x + b y + c) and 1 / depth, likewise."""

WIDE_PX: Final = 8
"""From this width on, a row's ends are solved for instead of tried."""

_A, _B, _C = range(3)


@njit()
def place_vertices(chunk: int, positions: Any, pose: Any, placed: Any) -> None:
    """Camera-space corners float64 [V,3] of a chunk's share; pose float64 [4,4]."""
    count = len(positions)
    for i in range(count * chunk // CHUNKS, count * (chunk + 1) // CHUNKS):
        x, y, z = np.float64(positions[i, 0]), np.float64(positions[i, 1]), np.float64(positions[i, 2])
        for k in range(3):
            placed[i, k] = pose[k, 0] * x + pose[k, 1] * y + pose[k, 2] * z + pose[k, 3]


@njit()
def set_up(
    chunk: int, triangles: Any, placed: Any, lens: Any, double_sided: bool, functions: Any, boxes: Any, faces: Any
) -> None:
    """Edge functions [T,12] and boxes [T,4] (x0, x1, y0, y1, ends excluded; x1 = 0: not drawn); faces -1 seen from
    behind.  lens: fx fy cx cy width height."""
    fx, fy, cx, cy, width, height = lens
    count = len(triangles)
    for t in range(count * chunk // CHUNKS, count * (chunk + 1) // CHUNKS):
        boxes[t, 1] = 0
        low_x, low_y, high_x, high_y = width, height, 0.0, 0.0
        behind = 0
        for corner in range(3):
            x, y, z = placed[triangles[t, corner]]
            if z > NEAR:
                across, down = fx * x / z + cx, fy * y / z + cy
                low_x, high_x = min(low_x, across), max(high_x, across)
                low_y, high_y = min(low_y, down), max(high_y, down)
            else:
                behind += 1
        if behind == 3:
            continue
        if behind > 0:
            low_x, low_y, high_x, high_y = 0.0, 0.0, width, height
        if not (low_x < width and low_y < height and high_x > 0.0 and high_y > 0.0):
            continue
        det = 0.0
        for k in range(3):
            ax, ay, az = placed[triangles[t, (k + 1) % 3]]
            bx, by, bz = placed[triangles[t, (k + 2) % 3]]
            nx, ny, nz = ay * bz - az * by, az * bx - ax * bz, ax * by - ay * bx
            functions[t, 3 * k + _A] = nx / fx
            functions[t, 3 * k + _B] = ny / fy
            functions[t, 3 * k + _C] = nz - nx * (cx / fx) - ny * (cy / fy)
            if k == 0:
                x, y, z = placed[triangles[t, 0]]
                det = x * nx + y * ny + z * nz
        if det == 0.0 or not np.isfinite(det) or (det > 0.0 and not double_sided):
            continue
        faces[t] = 1 if det < 0.0 else -1
        if det < 0.0:
            for k in range(9):
                functions[t, k] = -functions[t, k]
        for k in range(3):
            total = functions[t, k] + functions[t, 3 + k] + functions[t, 6 + k]
            functions[t, 9 + k] = total / abs(det)
        boxes[t, 0] = np.int32(max(low_x, 0.0))
        boxes[t, 1] = np.int32(min(high_x, width - 1.0)) + 1
        boxes[t, 2] = np.int32(max(low_y, 0.0))
        boxes[t, 3] = np.int32(min(high_y, height - 1.0)) + 1


@njit(inline="always")
def row_ends(low: Any, high: Any, function: Any, y: float) -> Any:
    """The part of [low, high) of a pixel row where no edge function is surely below zero."""
    if high - low < WIDE_PX:
        return low, high
    left, right = np.float64(low), np.float64(high)
    for k in range(3):
        a = function[3 * k + _A]
        # The largest that the edge's function can be within the row's height.
        top = max(function[3 * k + _B] * y, function[3 * k + _B] * (y + 1.0)) + function[3 * k + _C]
        if a > 0.0:
            left = max(left, -top / a - 2.0)
        elif a < 0.0:
            right = min(right, -top / a + 2.0)
    return max(low, np.int64(min(left, np.float64(high)))), min(high, np.int64(max(right, np.float64(low))) + 1)


@njit()
def cover(chunk: int, functions: Any, boxes: Any, depths: Any, owners: Any) -> None:
    """For each sample of the chunk's stripes, the nearest triangle: owners int32 [H,W,4] (-1: none) and its 1 / depth,
    depths float32 [H,W,4].  At equal depth the triangle that stands first in the mesh wins."""
    height = len(owners)
    for y in range(height):
        if (y // STRIPE_PX) % CHUNKS == chunk:
            owners[y] = -1
            depths[y] = 0.0
    for t in range(len(boxes)):
        if boxes[t, 1] == 0:
            continue
        function = functions[t]
        for y in range(boxes[t, 2], boxes[t, 3]):
            if (y // STRIPE_PX) % CHUNKS != chunk:
                continue
            first, last = row_ends(boxes[t, 0], boxes[t, 1], function, np.float64(y))
            for sample in range(SAMPLES):
                down, right = y + OFFSETS[sample, 1], OFFSETS[sample, 0]
                row_0 = function[1] * down + function[2]
                row_1 = function[4] * down + function[5]
                row_2 = function[7] * down + function[8]
                row_3 = function[10] * down + function[11]
                for x in range(first, last):
                    across = x + right
                    if (
                        function[0] * across + row_0 >= 0.0
                        and function[3] * across + row_1 >= 0.0
                        and function[6] * across + row_2 >= 0.0
                    ):
                        near = np.float32(function[9] * across + row_3)
                        if near > depths[y, x, sample] and near <= np.float32(1.0 / NEAR):
                            depths[y, x, sample] = near
                            owners[y, x, sample] = t
