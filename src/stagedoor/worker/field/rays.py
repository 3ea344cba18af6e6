"""Rays through a field: marched through the occupied voxels, composited, and on the way back differentiated.

Rays live in the unit cube of the field's box.  Samples stand `stride` apart; those in empty voxels are passed over, and
a ray ends when CLEAR_MIN of the light is left.  A sample of density s takes 1 - exp(-s stride) of what reaches it.
"""

# ruff: noqa: PLR0917  (numba knows no keyword-only arguments)

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from stagedoor.worker.double._jit import exp_safe, njit
from stagedoor.worker.double.pool import CHUNKS
from stagedoor.worker.field.decoder import SIGHT, Parts, basis, split
from stagedoor.worker.field.grid import Floats, Longs, encode

Bytes = NDArray[np.uint8]

CELLS: Final = 128
"""Voxels of the occupancy along an edge: as the visual hull has them."""
CLEAR_MIN = np.float32(1e-3)
"""Light that is left when a ray ends: a quarter of one step of 8 bits."""
SHADE: Final = 6
"""Numbers kept of each sample: share of the light that it takes, light that reaches it, colour, density x stride."""
FAR = np.float32(1e30)
_ZERO, _ONE = np.float32(0.0), np.float32(1.0)


@njit(inline="always")
def ray_of(view: Floats, column: np.float32, row: np.float32, ray: Floats) -> None:
    """Writes origin and unit direction [6] of a pixel; view [16]: rotation row by row, eye in the cube, fx fy cx cy."""
    a = (column - view[14]) / view[12]
    b = (row - view[15]) / view[13]
    length = np.sqrt(a * a + b * b + _ONE)
    for axis in range(3):
        ray[axis] = view[9 + axis]
        ray[3 + axis] = (view[axis] * a + view[3 + axis] * b + view[6 + axis]) / length


@njit(inline="always")
def span(ray: Floats) -> tuple[np.float32, np.float32]:
    """(where a ray enters the unit cube, where it leaves); no more is inside when the second is not larger."""
    near, far = _ZERO, FAR
    for axis in range(3):
        if abs(ray[3 + axis]) < np.float32(1e-12):
            if not (_ZERO <= ray[axis] < _ONE):
                return _ONE, _ZERO
            continue
        low = -ray[axis] / ray[3 + axis]
        high = (_ONE - ray[axis]) / ray[3 + axis]
        near = max(near, min(low, high))
        far = min(far, max(low, high))
    return near, far


@njit(inline="always")
def occupied_at(occupied: Bytes, x: np.float32, y: np.float32, z: np.float32) -> bool:
    """Whether a place lies in the cube and in an occupied voxel; occupied [CELLS,CELLS,CELLS]."""
    if not (_ZERO <= x < _ONE and _ZERO <= y < _ONE and _ZERO <= z < _ONE):
        return False
    edge = np.float32(CELLS)
    return bool(occupied[int(x * edge), int(y * edge), int(z * edge)] != 0)


@njit()
def reaching(views: Floats, occupied: Bytes, height: int, width: int, chunk: int, reached: Bytes) -> None:
    """Marks the pixels [V,H,W] whose rays meet an occupied voxel; this chunk's views only."""
    ray = np.empty(6, np.float32)
    stride = np.float32(0.5 / CELLS)
    for view in range(chunk, views.shape[0], CHUNKS):
        for row in range(height):
            for column in range(width):
                ray_of(views[view], np.float32(column + 0.5), np.float32(row + 0.5), ray)
                near, far = span(ray)
                for n in range(max(0, int((far - near) / stride))):
                    t = near + np.float32(n + 0.5) * stride
                    if occupied_at(occupied, ray[0] + t * ray[3], ray[1] + t * ray[4], ray[2] + t * ray[5]):
                        reached[view, row, column] = 1
                        break


@njit()
def trace(
    table: Floats,
    layout: Longs,
    parts: Parts,
    base: Floats,
    ray: Floats,
    occupied: Bytes,
    stride: np.float32,
    offset: np.float32,
    start: int,
    places: Floats,
    features: Floats,
    hiddens: Floats,
    shades: Floats,
) -> int:
    """Marches one ray; gives how many samples it took, kept from row `start` on, as many as there are rows.

    `base` [hidden] is what the direction adds to the hidden layer; `offset` (0 to 1) shifts the samples by that share
    of a stride.
    """
    hidden = base.shape[0]
    density, inner, _, outer = parts
    near, far = span(ray)
    at, clear = start, _ONE
    for n in range(max(0, int((far - near) / stride) + 1)):
        t = near + (np.float32(n) + offset) * stride
        x, y, z = ray[0] + t * ray[3], ray[1] + t * ray[4], ray[2] + t * ray[5]
        if not occupied_at(occupied, x, y, z):
            continue
        if at == places.shape[0] or clear < CLEAR_MIN:
            break
        places[at, 0], places[at, 1], places[at, 2] = x, y, z
        told, held, shade = features[at], hiddens[at], shades[at]
        encode(table, layout, x, y, z, told)
        raw = density[told.shape[0]]
        held[:] = base
        for f in range(told.shape[0]):
            raw += told[f] * density[f]
            share = told[f]
            for h in range(hidden):
                held[h] += share * inner[f, h]
        for h in range(hidden):
            held[h] = max(held[h], _ZERO)
        thick = exp_safe(raw) * stride
        passed = exp_safe(-thick)
        shade[0], shade[1], shade[5] = _ONE - passed, clear, thick
        for c in range(3):
            value = outer[3 * hidden + c]
            for h in range(hidden):
                value += held[h] * outer[c * hidden + h]
            shade[2 + c] = _ONE / (_ONE + exp_safe(-value))
        clear *= passed
        at += 1
    return at - start


@njit()
def sight(seen: Floats, ray: Floats, told: Floats, base: Floats) -> None:
    """Writes the direction's functions [SIGHT] and what they add to the hidden layer [hidden] by sight_in."""
    basis(ray[3], ray[4], ray[5], told)
    base[:] = _ZERO
    for m in range(SIGHT):
        for h in range(base.shape[0]):
            base[h] += told[m] * seen[m, h]


@njit(inline="always")
def composed(shades: Floats, start: int, count: int, background: Floats, colour: Floats) -> np.float32:
    """Writes the colour [3] that reaches the eye; gives the light that the samples leave to the background."""
    clear = _ONE
    colour[:] = _ZERO
    for at in range(start, start + count):
        shade = shades[at]
        for c in range(3):
            colour[c] += shade[0] * shade[1] * shade[2 + c]
        clear = shade[1] * (_ONE - shade[0])
    for c in range(3):
        colour[c] += clear * background[c]
    return clear


@njit()
def draw_rows(
    table: Floats,
    layout: Longs,
    decoder: Floats,
    hidden: int,
    view: Floats,
    occupied: Bytes,
    stride: np.float32,
    background: Floats,
    chunk: int,
    picture: Floats,
) -> None:
    """Draws this chunk's rows of a picture [H,W,3], samples in the middle of their strides."""
    rows = np.int64(2.0 / stride) + 2
    width = 2 * layout.shape[0]
    places, features = np.empty((rows, 3), np.float32), np.empty((rows, width), np.float32)
    hiddens, shades = np.empty((rows, hidden), np.float32), np.empty((rows, SHADE), np.float32)
    ray, base, told = np.empty(6, np.float32), np.empty(hidden, np.float32), np.empty(SIGHT, np.float32)
    parts = split(decoder, width, hidden)
    for row in range(chunk, picture.shape[0], CHUNKS):
        for column in range(picture.shape[1]):
            ray_of(view, np.float32(column + 0.5), np.float32(row + 0.5), ray)
            sight(parts[2], ray, told, base)
            count = trace(
                table,
                layout,
                parts,
                base,
                ray,
                occupied,
                stride,
                np.float32(0.5),
                0,
                places,
                features,
                hiddens,
                shades,
            )
            composed(shades, 0, count, background, picture[row, column])


@njit()
def densest(
    table: Floats, layout: Longs, decoder: Floats, hidden: int, chunk: int, occupied: Bytes, out: Floats
) -> None:
    """Writes the larger density of two places in each occupied voxel, into out [CELLS]^3.

    They lie on one of the voxel's four long diagonals; which one changes from voxel to neighbour.
    """
    width = 2 * layout.shape[0]
    features = np.empty(width, np.float32)
    density, _, _, _ = split(decoder, width, hidden)
    edge = np.float32(1.0 / CELLS)
    for i in range(chunk, CELLS, CHUNKS):
        for j in range(CELLS):
            for k in range(CELLS):
                out[i, j, k] = _ZERO
                if occupied[i, j, k] == 0:
                    continue
                for spot in range(2):
                    a = np.float32(0.25 + 0.5 * spot)
                    b = a if (i + j) % 2 == 0 else _ONE - a
                    c = a if (j + k) % 2 == 0 else _ONE - a
                    x, y, z = np.float32(i) + a, np.float32(j) + b, np.float32(k) + c
                    encode(table, layout, x * edge, y * edge, z * edge, features)
                    raw = density[width]
                    for f in range(width):
                        raw += features[f] * density[f]
                    out[i, j, k] = max(out[i, j, k], exp_safe(raw))
