"""The loss by structure: 1 - SSIM over windows of 11 pixels, and its gradient, tile by tile beside the rasterizer.

SSIM (Wang et al. 2004) as 3DGS trains on it: for each colour, a Gaussian window of sigma 1.5, constants 0.01^2 and
0.03^2, zero outside the frame.  With x drawn, y true, s = x + y and d = x - y, four blurs suffice where the formula
has five: mu_x and mu_y from those of s and d, E[x^2] + E[y^2] and E[xy] from those of s^2 and d^2.

Two passes with everyone done in between: `measure` leaves the derivatives by mu_x, by the summed variances and by the
covariance in maps; `pull_back` blurs those, the window being its own mirror image.  Tiles round which neither picture
has anything are left out: both are alike there.
"""

# ruff: noqa: PLR0917  (numba knows no keyword-only arguments)

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from stagedoor.worker.double._jit import fma, njit
from stagedoor.worker.double.pool import CHUNKS
from stagedoor.worker.double.project import TILE, Floats, Ints
from stagedoor.worker.double.raster import aligned_zeros, chunk_of

f4 = np.float32
u8 = np.uint64

TAPS = 11
"""Pixels across a window."""
REACH = TAPS // 2
SIGMA = 1.5
EDGE = 8
"""Zeros round every plane, at least REACH: no tile then looks for the frame's edge."""
C1, C2 = f4(0.01**2), f4(0.03**2)
_BELL = np.exp(-0.5 * ((np.arange(TAPS) - REACH) / SIGMA) ** 2)
WINDOW: NDArray[np.float32] = (_BELL / _BELL.sum()).astype(np.float32)
ROWS = TILE + 2 * REACH
"""Rows that the windows of a tile's pixels reach."""


class Structure:
    """The planes of one frame size: s and d of each colour, and three maps of each, all with EDGE zeros round them."""

    def __init__(self, across: int, down: int) -> None:
        height, width = down * TILE + 2 * EDGE, across * TILE + 2 * EDGE
        self.planes = aligned_zeros(6, height, width)
        self.maps = aligned_zeros(9, height, width)
        self.work = aligned_zeros(CHUNKS, 4, ROWS, TILE)
        self.busy = np.zeros((down + 2, across + 2), np.uint8)

    def wipe(self) -> None:
        """Overwrites the pictures that were compared last."""
        for held in (self.planes, self.maps, self.work):
            held[...] = 0

    def lay_out(
        self,
        frame: Floats,
        starts: Ints,
        picture: NDArray[np.uint8],
        background: Floats,
        size: tuple[int, int],
        chunk: int,
    ) -> None:
        """One chunk's tiles, as drawn and as they should be, into the planes."""
        lay_out(frame, starts, picture, background, size, chunk, self.planes, self.busy)

    def measure(self, size: tuple[int, int], chunk: int) -> float:
        """Sum of 1 - SSIM over this chunk's pixels and colours; fills its part of the maps.  After all lay_out."""
        return measure(self.planes, self.busy, size, chunk, self.maps, self.work)

    def pull_back(self, background: Floats, weight: float, chunk: int, grads: Floats) -> None:
        """Mixes the gradient into this chunk's grads [tiles,16,64]: (1 - weight) of what is there.  After measure."""
        pull_back(self.planes, self.maps, self.busy, background, f4(weight), chunk, grads, self.work)


@njit()
def lay_out(
    frame: Floats,
    starts: Ints,
    picture: NDArray[np.uint8],
    background: Floats,
    size: tuple[int, int],
    chunk: int,
    planes: Floats,
    busy: NDArray[np.uint8],
) -> None:
    """s and d of this chunk's tiles into planes [6,H,W]; busy [down+2,across+2] where a tile has anything in it."""
    width, height = size
    across = (width + TILE - 1) // TILE
    byte, one, zero = f4(1.0 / 255.0), f4(1.0), f4(0.0)
    for tile in range(frame.shape[0]):
        if chunk_of(tile, across) != chunk:
            continue
        tx, ty = tile % across, tile // across
        columns, rows = min(TILE, width - tx * TILE), min(TILE, height - ty * TILE)
        most = np.uint8(0)
        for r in range(TILE):
            aims, drawn = picture[tile, r], frame[tile, r]
            for x in range(TILE):
                most |= aims[x]
            for k in range(3):
                behind, plane = background[k], u8(TILE * (k + 1))
                sums = planes[2 * k, EDGE + ty * TILE + r, EDGE + tx * TILE :]
                offs = planes[2 * k + 1, EDGE + ty * TILE + r, EDGE + tx * TILE :]
                for x in range(TILE):
                    lane = u8(x)
                    cover = f4(aims[lane]) * byte
                    aim = f4(aims[lane + plane]) * byte * cover + (one - cover) * behind
                    shown = drawn[lane + plane] + drawn[lane] * behind
                    inside = one if x < columns and r < rows else zero
                    sums[lane] = (shown + aim) * inside
                    offs[lane] = (shown - aim) * inside
        busy[ty + 1, tx + 1] = 1 if most > 0 or starts[tile] < starts[tile + 1] else 0


@njit(inline="always")
def quiet(busy: NDArray[np.uint8], tx: int, ty: int) -> bool:
    """Whether neither a tile nor one of its eight neighbours has anything in it."""
    found = 0
    for j in range(3):
        for i in range(3):
            found += busy[ty + j, tx + i]
    return found == 0


@njit()
def blur_rows(plane: Floats, left: int, top: int, out: Floats) -> None:
    """Blurs along x a tile's 16 lanes in ROWS rows from REACH above it, into out [ROWS,16]."""
    for r in range(ROWS):
        row, into = plane[top - REACH + r, left - REACH :], out[r]
        for x in range(TILE):
            lane = u8(x)
            total = WINDOW[REACH] * row[lane + u8(REACH)]
            for k in range(REACH):
                total = fma(WINDOW[k], row[lane + u8(k)] + row[lane + u8(TAPS - 1 - k)], total)
            into[lane] = total


@njit()
def blur_squares(plane: Floats, left: int, top: int, out: Floats) -> None:
    """The same for the squares of what the plane holds."""
    for r in range(ROWS):
        row, into = plane[top - REACH + r, left - REACH :], out[r]
        for x in range(TILE):
            lane = u8(x)
            middle = row[lane + u8(REACH)]
            total = WINDOW[REACH] * middle * middle
            for k in range(REACH):
                before, after = row[lane + u8(k)], row[lane + u8(TAPS - 1 - k)]
                total = fma(WINDOW[k], fma(before, before, after * after), total)
            into[lane] = total


@njit(inline="always")
def down_column(rows: Floats, r: int, lane: np.uint64) -> np.float32:
    """The blur along y, at row r of a tile, of what blur_rows left."""
    total = WINDOW[REACH] * rows[r + REACH, lane]
    for k in range(REACH):
        total = fma(WINDOW[k], rows[r + k, lane] + rows[r + TAPS - 1 - k, lane], total)
    return np.float32(total)


@njit()
def measure(
    planes: Floats, busy: NDArray[np.uint8], size: tuple[int, int], chunk: int, maps: Floats, work: Floats
) -> float:
    """See Structure.measure.  maps [9,H,W]: for each colour, dSSIM by mu_x, by var_x + var_y, and by the covariance."""
    width, height = size
    across, tiles = busy.shape[1] - 2, (busy.shape[0] - 2) * (busy.shape[1] - 2)
    blurred = work[chunk]
    half, quarter, one, two, zero = f4(0.5), f4(0.25), f4(1.0), f4(2.0), f4(0.0)
    found = np.zeros(4 * TILE, np.float32)
    for tile in range(tiles):
        tx, ty = tile % across, tile // across
        if chunk_of(tile, across) != chunk or quiet(busy, tx, ty):
            continue
        left, top = EDGE + tx * TILE, EDGE + ty * TILE
        columns, rows = min(TILE, width - tx * TILE), min(TILE, height - ty * TILE)
        for k in range(3):
            for which in range(2):
                blur_rows(planes[2 * k + which], left, top, blurred[which])
                blur_squares(planes[2 * k + which], left, top, blurred[2 + which])
            s_rows, d_rows, ss_rows, dd_rows = blurred[0], blurred[1], blurred[2], blurred[3]
            for r in range(TILE):
                for x in range(TILE):
                    lane = u8(x)
                    s, d = down_column(s_rows, r, lane), down_column(d_rows, r, lane)
                    ss, dd = down_column(ss_rows, r, lane), down_column(dd_rows, r, lane)
                    mx, my = half * (s + d), half * (s - d)
                    squares, product = mx * mx + my * my, mx * my
                    variances = half * (ss + dd) - squares
                    both = quarter * (ss - dd) - product
                    a1, a2, b1, b2 = two * product + C1, two * both + C2, squares + C1, variances + C2
                    under = one / (b1 * b2)
                    ssim = a1 * a2 * under
                    over_both, over_var = two * a1 * under, -ssim / b2
                    over_mean = two * my * a2 * under - two * mx * ssim / b1
                    inside = one if x < columns and r < rows else zero
                    found[lane] = (over_mean - my * over_both - two * mx * over_var) * inside
                    found[lane + u8(16)] = over_var * inside
                    found[lane + u8(32)] = over_both * inside
                    found[lane + u8(48)] += (one - ssim) * inside
                for which in range(3):
                    row = maps[3 * k + which, top + r, left:]
                    for x in range(TILE):
                        row[x] = found[TILE * which + x]
    return float(found[3 * TILE :].sum())


@njit()
def pull_back(
    planes: Floats,
    maps: Floats,
    busy: NDArray[np.uint8],
    background: Floats,
    weight: np.float32,
    chunk: int,
    grads: Floats,
    work: Floats,
) -> None:
    """See Structure.pull_back.  The loss is the sum of 1 - SSIM, so what the maps say counts with its sign turned."""
    across = busy.shape[1] - 2
    blurred = work[chunk]
    half, left_over = f4(0.5), f4(1.0) - weight
    for tile in range(grads.shape[0]):
        tx, ty = tile % across, tile // across
        if chunk_of(tile, across) != chunk or quiet(busy, tx, ty):
            continue
        left, top = EDGE + tx * TILE, EDGE + ty * TILE
        grads[tile] *= left_over
        for k in range(3):
            for which in range(3):
                blur_rows(maps[3 * k + which], left, top, blurred[which])
            mean_rows, var_rows, both_rows = blurred[0], blurred[1], blurred[2]
            behind, plane = background[k], u8(TILE * (k + 1))
            for r in range(TILE):
                sums, offs = planes[2 * k, top + r, left:], planes[2 * k + 1, top + r, left:]
                out = grads[tile, r]
                for x in range(TILE):
                    lane = u8(x)
                    shown, true = half * (sums[lane] + offs[lane]), half * (sums[lane] - offs[lane])
                    by_mean, by_var = down_column(mean_rows, r, lane), down_column(var_rows, r, lane)
                    by_both = down_column(both_rows, r, lane)
                    pull = -weight * (by_mean + f4(2.0) * shown * by_var + true * by_both)
                    out[lane + plane] += pull
                    out[lane] -= pull * behind
