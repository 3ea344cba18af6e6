"""Rays through a field: marched through the occupied voxels, composited, and on the way back differentiated.

Rays live in the unit cube of the field's box.  Samples stand `stride` apart; those in empty voxels are passed over,
whole blocks of them in one step, and a ray ends when little of the light is left.  A sample of density s takes
1 - exp(-s stride) of what reaches it.
"""

# ruff: noqa: PLR0917  (numba knows no keyword-only arguments)

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from stagedoor.worker.double._jit import exp_safe, fma, njit
from stagedoor.worker.double.pool import CHUNKS
from stagedoor.worker.field.decoder import SIGHT, Parts, basis, split
from stagedoor.worker.field.grid import FEATURES, Floats, Longs, encode

Bytes = NDArray[np.uint8]
Space = tuple[Bytes, Bytes, Floats]
"""(occupied voxels [CELLS,CELLS,CELLS], blocks of them that hold any [CELLS/BLOCK,...], each 0 or 1; bounds [6])."""

CELLS: Final = 128
"""Voxels of the occupancy along an edge: as the visual hull has them."""
BLOCK: Final = 8
"""Voxels along an edge of a block; eight bytes are also one word, by which blocks are found fast."""
CLEAR_MIN = np.float32(1e-2)
"""Light that is left when a ray ends in training.  A tenth of it costs a third more time and wins 0.1 dB, which more
steps win sooner."""
CLEAR_DRAWN = np.float32(2e-2)
"""And when a picture is drawn: what is left then takes the colour of what was met, not the background's."""
FAINT = np.float32(1e-4)
"""Share of a pixel that a sample's colour must make to be worth finding, when a picture is drawn."""
SHADE: Final = 6
"""Numbers kept of each sample: share of the light that it takes, light that reaches it, colour, density x stride."""
FAR = np.float32(1e30)
_ZERO, _ONE, _TWO = np.float32(0.0), np.float32(1.0), np.float32(2.0)
_LEVEL = np.float32(1e-12)
"""A ray that climbs less along an axis counts as level."""
_CUBE = np.array([0, 0, 0, 1, 1, 1], np.float32)
RAY: Final = 9
"""Numbers of a ray: where it begins, its unit direction, and one over that."""
_CELLS, _EDGE, _SHIFT = np.float32(CELLS), np.float32(BLOCK / CELLS), np.uint32(3)


@njit(inline="always")
def ray_of(view: Floats, column: np.float32, row: np.float32, ray: Floats) -> None:
    """Writes the ray [RAY] of a pixel; view [16]: rotation row by row, eye in the cube, fx fy cx cy."""
    a = (column - view[14]) / view[12]
    b = (row - view[15]) / view[13]
    length = np.sqrt(a * a + b * b + _ONE)
    for axis in range(3):
        ray[axis] = view[9 + axis]
        ahead = (view[axis] * a + view[3 + axis] * b + view[6 + axis]) / length
        ray[3 + axis] = ahead
        ray[6 + axis] = _ONE / ahead if abs(ahead) > _LEVEL else _ONE / _LEVEL


@njit(inline="always")
def span(ray: Floats, low: np.float32, high: np.float32, bounds: Floats) -> tuple[np.float32, np.float32]:
    """(where a ray is at its latest in a box, where it leaves), from low to high at most; nothing is inside when the
    second is not larger.  bounds [6]: the box's lowest corner, then its highest."""
    for axis in range(3):
        one, other = (bounds[axis] - ray[axis]) * ray[6 + axis], (bounds[3 + axis] - ray[axis]) * ray[6 + axis]
        low = max(low, min(one, other))
        high = min(high, max(one, other))
    return low, high


@njit(inline="always")
def samples(ray: Floats, bounds: Floats, stride: np.float32, offset: np.float32) -> tuple[np.float32, int, int]:
    """(where the ray enters the unit cube, the first sample that may be within bounds, the first beyond).

    Samples are counted from the cube's face, whatever the bounds: those decide what is looked at, never where.
    """
    near, far = span(ray, _ZERO, FAR, _CUBE)
    first, last = span(ray, near, far, bounds)
    if not last > first:
        return near, 0, 0
    return near, max(0, int((first - near) / stride - offset)), int((last - near) / stride - offset) + 2


def space_of(occupied: Bytes) -> Space:
    """The voxels, their blocks, and the bounds of the blocks in the unit cube."""
    count = CELLS // BLOCK
    words = np.ascontiguousarray(occupied).view(np.uint64).reshape(count, BLOCK, count, BLOCK, count)
    held = np.bitwise_or.reduce(np.bitwise_or.reduce(words, axis=3), axis=1) != 0
    bounds = np.zeros(6, np.float32)
    if held.any():
        places = np.argwhere(held)
        bounds[:3], bounds[3:] = places.min(axis=0) / count, (places.max(axis=0) + 1) / count
    return occupied, held.astype(np.uint8), bounds


@njit(inline="always")
def next_met(
    occupied: Bytes,
    blocks: Bytes,
    ray: Floats,
    near: np.float32,
    stride: np.float32,
    offset: np.float32,
    n: int,
    count: int,
) -> int:
    """The first sample from n on that stands in an occupied voxel; count if there is none.

    An empty block is left in one step, which never ends past the first sample beyond it.
    """
    x0, y0, z0, x1, y1, z1, xx, yy, zz = ray[0], ray[1], ray[2], ray[3], ray[4], ray[5], ray[6], ray[7], ray[8]
    each = _ONE / stride
    while n < count:
        t = near + (np.float32(n) + offset) * stride
        x, y, z = x0 + t * x1, y0 + t * y1, z0 + t * z1
        if not (_ZERO <= x < _ONE and _ZERO <= y < _ONE and _ZERO <= z < _ONE):
            n += 1
            continue
        # Unsigned, for numba looks at a signed index for its sign first.
        i, j, k = np.uint32(x * _CELLS), np.uint32(y * _CELLS), np.uint32(z * _CELLS)
        a, b, c = i >> _SHIFT, j >> _SHIFT, k >> _SHIFT
        if blocks[a, b, c] == 0:
            left = min(until_wall(x, xx, a), until_wall(y, yy, b), until_wall(z, zz, c))
            n += max(1, int(left * each))
            continue
        if occupied[i, j, k] != 0:
            break
        n += 1
    return min(n, count)


@njit(inline="always")
def until_wall(at: np.float32, by: np.float32, block: np.uint32) -> np.float32:
    """How far along the ray a block ends, by one axis; by: one over what the ray climbs along it."""
    wall = block + np.uint32(1) if by > _ZERO else block
    return (np.float32(wall) * _EDGE - at) * by


@njit()
def reaching(views: Floats, space: Space, chunk: int, reached: Bytes) -> None:
    """Of the pixels that are marked in [V,H,W], leaves those whose rays meet an occupied voxel; this chunk's views."""
    ray = np.empty(RAY, np.float32)
    occupied, blocks, bounds = space
    stride, middle = np.float32(0.5 / CELLS), np.float32(0.5)
    for view in range(chunk, views.shape[0], CHUNKS):
        for row in range(reached.shape[1]):
            for column in range(reached.shape[2]):
                if reached[view, row, column] == 0:
                    continue
                ray_of(views[view], np.float32(column + 0.5), np.float32(row + 0.5), ray)
                near, first, count = samples(ray, bounds, stride, middle)
                met = next_met(occupied, blocks, ray, near, stride, middle, first, count) < count
                reached[view, row, column] = met


@njit()
def coloured(parts: Parts, base: Floats, at: int, features: Floats, hiddens: Floats, shades: Floats) -> None:
    """Writes a sample's hidden layer, hiddens[at], and its colour, shades[at, 2:5]."""
    hidden = base.shape[0]
    _, inner, _, outer = parts
    for h in range(hidden):
        hiddens[at, h] = base[h]
    # Two features at a time, as every level has: half the passes over the hidden layer.
    for f in range(0, features.shape[1], FEATURES):
        one, two = features[at, f], features[at, f + 1]
        for h in range(hidden):
            hiddens[at, h] = fma(two, inner[f + 1, h], fma(one, inner[f, h], hiddens[at, h]))
    red, green, blue = outer[3 * hidden], outer[3 * hidden + 1], outer[3 * hidden + 2]
    for h in range(hidden):
        # Three sums side by side: each alone would wait for its own last addition.
        value = max(hiddens[at, h], _ZERO)
        hiddens[at, h] = value
        red += value * outer[h]
        green += value * outer[hidden + h]
        blue += value * outer[2 * hidden + h]
    shades[at, 2] = _ONE / (_ONE + exp_safe(-red))
    shades[at, 3] = _ONE / (_ONE + exp_safe(-green))
    shades[at, 4] = _ONE / (_ONE + exp_safe(-blue))


@njit()
def trace(
    table: Floats,
    layout: Longs,
    parts: Parts,
    told: Floats,
    base: Floats,
    ray: Floats,
    space: Space,
    stride: np.float32,
    offset: np.float32,
    least: np.float32,
    faint: np.float32,
    start: int,
    places: Floats,
    features: Floats,
    hiddens: Floats,
    shades: Floats,
) -> int:
    """Marches one ray; gives how many samples it took, as many as there are rows of places from `start` on.

    Their places are kept from that row on.  What else is found of them stands from row 0 on until the next ray is
    marched: it stays near the processor.

    told [SIGHT] and base [hidden] get what the direction is and adds to the hidden layer, if any sample is taken;
    `offset` (0 to 1) shifts the samples by that share of a stride.  The ray ends where less than `least` of the light
    is left; a sample that adds less than `faint` to the pixel is left black.
    """
    density = parts[0]
    occupied, blocks, bounds = space
    width = features.shape[1]
    at, clear = 0, _ONE
    near, first, count = samples(ray, bounds, stride, offset)
    n = next_met(occupied, blocks, ray, near, stride, offset, first, count)
    if n < count:
        sight(parts[2], ray, told, base)
    while n < count and start + at < places.shape[0] and clear >= least:
        t = near + (np.float32(n) + offset) * stride
        x, y, z = ray[0] + t * ray[3], ray[1] + t * ray[4], ray[2] + t * ray[5]
        places[start + at, 0], places[start + at, 1], places[start + at, 2] = x, y, z
        encode(table, layout, x, y, z, at, features)
        raw = density[width]
        for f in range(width):
            raw += features[at, f] * density[f]
        thick = exp_safe(np.float32(raw)) * stride
        passed = exp_safe(-thick)
        shades[at, 0], shades[at, 1], shades[at, 5] = _ONE - passed, clear, thick
        if (_ONE - passed) * clear < faint:
            shades[at, 2], shades[at, 3], shades[at, 4] = _ZERO, _ZERO, _ZERO
        else:
            coloured(parts, base, at, features, hiddens, shades)
        clear *= passed
        at += 1
        n = next_met(occupied, blocks, ray, near, stride, offset, n + 1, count)
    return at


@njit()
def sight(seen: Floats, ray: Floats, told: Floats, base: Floats) -> None:
    """Writes the direction's functions [SIGHT] and what they add to the hidden layer [hidden] by sight_in."""
    basis(ray[3], ray[4], ray[5], told)
    base[:] = _ZERO
    for m in range(SIGHT):
        for h in range(base.shape[0]):
            base[h] += told[m] * seen[m, h]


@njit(inline="always")
def composed(shades: Floats, count: int, background: Floats, colour: Floats) -> np.float32:
    """Writes the colour [3] that reaches the eye; gives the light that the samples leave to the background."""
    clear, red, green, blue = _ONE, _ZERO, _ZERO, _ZERO
    for at in range(count):
        weight = shades[at, 0] * shades[at, 1]
        red += weight * shades[at, 2]
        green += weight * shades[at, 3]
        blue += weight * shades[at, 4]
        clear = shades[at, 1] * (_ONE - shades[at, 0])
    colour[0] = red + clear * background[0]
    colour[1] = green + clear * background[1]
    colour[2] = blue + clear * background[2]
    return clear


@njit()
def draw_rows(
    table: Floats,
    layout: Longs,
    decoder: Floats,
    hidden: int,
    view: Floats,
    space: Space,
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
    ray, base, told = np.empty(RAY, np.float32), np.empty(hidden, np.float32), np.empty(SIGHT, np.float32)
    colour = np.empty(3, np.float32)
    parts = split(decoder, width, hidden)
    for row in range(chunk, picture.shape[0], CHUNKS):
        for column in range(picture.shape[1]):
            ray_of(view, np.float32(column + 0.5), np.float32(row + 0.5), ray)
            count = trace(
                table,
                layout,
                parts,
                told,
                base,
                ray,
                space,
                stride,
                np.float32(0.5),
                CLEAR_DRAWN,
                FAINT,
                0,
                places,
                features,
                hiddens,
                shades,
            )
            clear = composed(shades, count, background, colour)
            for c in range(3):
                if clear < CLEAR_DRAWN:
                    colour[c] = (colour[c] - clear * background[c]) / (_ONE - clear)
                picture[row, column, c] = colour[c]


@njit()
def densest(
    table: Floats, layout: Longs, decoder: Floats, hidden: int, chunk: int, occupied: Bytes, out: Floats
) -> None:
    """Writes the larger density of two places in each occupied voxel, into out [CELLS]^3.

    They lie on one of the voxel's four long diagonals; which one changes from voxel to neighbour.
    """
    width = 2 * layout.shape[0]
    features = np.empty((1, width), np.float32)
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
                    encode(table, layout, x * edge, y * edge, z * edge, 0, features)
                    raw = density[width]
                    for f in range(width):
                        raw += features[0, f] * density[f]
                    out[i, j, k] = max(out[i, j, k], exp_safe(raw))
