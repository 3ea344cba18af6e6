"""Backward rasterizer, front to back like the forward one: nothing per pixel is stored between the two.

With g = dL/dcolour and g_a = dL/d(alpha gathered), P starts as g.C + g_a (1 - T_end) and each splat takes its own part
w (c.g + g_a) out of it; then dL/dalpha = T (c.g + g_a) - P / (1 - alpha), and nothing where alpha was held at 0.99.
Each lane (a pixel column of the tile) gathers over rows; lanes are summed once per splat and tile, in a fixed order.
"""

# ruff: noqa: PLR0917  (numba knows no keyword-only arguments)

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from stagedoor.worker.double._jit import exp2_small, fma, njit
from stagedoor.worker.double.pool import CHUNKS
from stagedoor.worker.double.project import TILE, Floats, Ints
from stagedoor.worker.double.raster import (
    ALPHA_MAX,
    EXPONENT_FLOOR,
    LIGHT_CHECK_MASK,
    LIGHT_LEFT_MIN,
    LOG2_ALPHA_MIN,
    aligned_zeros,
    chunk_of,
    light_left,
    rows_reached,
)

f4 = np.float32
u8 = np.uint64

BACK_ROW = 192
"""Floats in one row while going back: 16 lanes each of transmittance, P, then dL/d of red, green, blue and alpha; then
a splat's six lane sums over the rows above: m, m dy, m dy^2, then red, green, blue."""
SUMS = 96
"""Where in a row those sums begin."""
BACK_ROWS = TILE + 1
"""A tile's rows, and one more for the lane sums that leave the last.

The sums travel down the rows, so that the inner loop has one array and fixed distances in it: between two arrays, or
two views of one, LLVM would ask at every row whether they overlap, which took longer than the row."""


def back_buffers() -> Floats:
    """Room for every chunk's tile on the way back."""
    return aligned_zeros(CHUNKS, BACK_ROWS, BACK_ROW)


@njit()
def l1_tiles(
    frame: Floats,
    picture: NDArray[np.uint8],
    background: Floats,
    size: tuple[int, int],
    chunk: int,
    grads: Floats,
) -> float:
    """L1 loss of this chunk's tiles against `picture` (as tile_picture gives it), both over `background` [3].

    size is (width, height) in pixels.  Fills grads [tiles,16,64] with dL/d(alpha gathered), red, green, blue, up to
    one common factor, zero past the frame's edge; gives the sum of absolute differences.
    """
    width, height = size
    across = (width + TILE - 1) // TILE
    byte, one, zero = f4(1.0 / 255.0), f4(1.0), f4(0.0)
    misses = np.zeros(TILE, np.float32)
    for tile in range(frame.shape[0]):
        if chunk_of(tile, across) != chunk:
            continue
        grads[tile, :, :] = zero
        columns = min(TILE, width - (tile % across) * TILE)
        for r in range(min(TILE, height - (tile // across) * TILE)):
            drawn = frame[tile, r]
            aims = picture[tile, r]
            out = grads[tile, r]
            for k in range(3):
                behind, plane = background[k], u8(TILE * (k + 1))
                for x in range(TILE):
                    lane = u8(x)
                    cover = f4(aims[lane]) * byte
                    aim = f4(aims[lane + plane]) * byte * cover + (one - cover) * behind
                    off = drawn[lane + plane] + drawn[lane] * behind - aim
                    off = off if x < columns else zero
                    sign = (one if off > zero else zero) - (one if off < zero else zero)
                    misses[lane] += abs(off)
                    out[lane + plane] = sign
                    out[lane] -= sign * behind
    return float(misses.sum())


@njit()
def tile_picture(picture: NDArray[np.uint8], out: NDArray[np.uint8]) -> None:
    """Straight-alpha picture [H,W,4] into out [tiles,16,64], laid out as a frame: alpha, red, green, blue lanes."""
    across = (picture.shape[1] + TILE - 1) // TILE
    out[:, :, :] = np.uint8(0)
    for y in range(picture.shape[0]):
        for x in range(picture.shape[1]):
            tile = (y // TILE) * across + x // TILE
            row, lane = out[tile, y % TILE], x % TILE
            row[lane] = picture[y, x, 3]
            for k in range(3):
                row[lane + TILE * (k + 1)] = picture[y, x, k]


@njit()
def rasterize_backward(
    splats: Floats,
    starts: Ints,
    entries: Ints,
    across: int,
    chunk: int,
    frame: Floats,
    grads: Floats,
    sums: Floats,
    buffers: Floats,
) -> None:
    """From grads [tiles,16,64] to this chunk's sums[chunk] [N,9], laid out as project_backward reads them.

    buffers is back_buffers(); each chunk works in its own.
    """
    mine = sums[chunk]
    mine[:, :] = f4(0.0)
    buffer = buffers[chunk]
    flat = buffer.reshape(BACK_ROWS * BACK_ROW)
    for tile in range(frame.shape[0]):
        if chunk_of(tile, across) != chunk or starts[tile] == starts[tile + 1]:
            continue
        fill_back(frame[tile], grads[tile], buffer)
        left, top = f4((tile % across) * TILE), f4((tile // across) * TILE)
        for k in range(starts[tile], starts[tile + 1]):
            look = ((k - starts[tile]) & LIGHT_CHECK_MASK) == LIGHT_CHECK_MASK
            if look and light_left(buffer) < LIGHT_LEFT_MIN:
                break
            i = entries[k]
            splat = splats[i]
            first, last = rows_reached(splat, top)
            if first < last:
                undraw_splat(splat, left, top, first, last, flat)
                gather_lanes(buffer[last, SUMS:], splat[0] - left - f4(0.5), mine[i])


@njit()
def fill_back(drawn: Floats, grads: Floats, buffer: Floats) -> None:
    """Lays out one tile for the way back: full light, P, and the pixel gradients."""
    one = f4(1.0)
    for r in range(TILE):
        out, row, aim = buffer[r], drawn[r], grads[r]
        for x in range(TILE):
            lane = u8(x)
            alpha, red, green, blue = aim[lane], aim[lane + u8(16)], aim[lane + u8(32)], aim[lane + u8(48)]
            shown = fma(red, row[lane + u8(16)], fma(green, row[lane + u8(32)], blue * row[lane + u8(48)]))
            out[lane] = one
            out[lane + u8(16)] = fma(alpha, one - row[lane], shown)
            out[lane + u8(32)] = red
            out[lane + u8(48)] = green
            out[lane + u8(64)] = blue
            out[lane + u8(80)] = alpha


# Inlined by numba itself: left to LLVM, the kernel that comes back from the cache runs a third slower (measured).
@njit(inline="always")
def undraw_splat(splat: Floats, left: np.float32, top: np.float32, first: int, last: int, buffer: Floats) -> None:
    """Takes one splat's part out of rows first..last of a flat buffer; its lane sums come to stand in row `last`."""
    u, v = splat[0] - left - f4(0.5), splat[1] - top - f4(0.5)
    a, b, c, log2_opacity = splat[2], splat[3], splat[4], splat[5]
    red, green, blue = splat[6], splat[7], splat[8]
    start = u8(first * BACK_ROW + SUMS)
    for x in range(6 * TILE):
        buffer[start + u8(x)] = f4(0.0)
    for r in range(first, last):
        dy = f4(r) - v
        dy_square = dy * dy
        constant = log2_opacity + c * dy * dy
        linear = f4(2.0) * b * dy
        row = u8(r * BACK_ROW)
        for x in range(TILE):
            lane = row + u8(x)
            dx = f4(x) - u
            exponent = fma(fma(a, dx, linear), dx, constant)
            raw = exp2_small(max(exponent, EXPONENT_FLOOR))
            alpha = min(raw, ALPHA_MAX)
            alpha = alpha if exponent > LOG2_ALPHA_MIN else f4(0.0)
            light = buffer[lane]
            weight = alpha * light
            g_red, g_green, g_blue = buffer[lane + u8(32)], buffer[lane + u8(48)], buffer[lane + u8(64)]
            worth = fma(red, g_red, fma(green, g_green, fma(blue, g_blue, buffer[lane + u8(80)])))
            behind = fma(-weight, worth, buffer[lane + u8(16)])
            moved = (light * worth - behind / (f4(1.0) - alpha)) * alpha
            moved = moved if raw < ALPHA_MAX else f4(0.0)
            buffer[lane] = light - weight
            buffer[lane + u8(16)] = behind
            buffer[lane + u8(288)] = buffer[lane + u8(96)] + moved
            buffer[lane + u8(304)] = fma(moved, dy, buffer[lane + u8(112)])
            buffer[lane + u8(320)] = fma(moved, dy_square, buffer[lane + u8(128)])
            buffer[lane + u8(336)] = fma(weight, g_red, buffer[lane + u8(144)])
            buffer[lane + u8(352)] = fma(weight, g_green, buffer[lane + u8(160)])
            buffer[lane + u8(368)] = fma(weight, g_blue, buffer[lane + u8(176)])


@njit()
def gather_lanes(lanes: Floats, u: np.float32, out: Floats) -> None:
    """Adds lane sums [96] to one splat's row [9]; dx is a lane's own, so moments in x are made only here."""
    s0, s1, s2, s3, s4, s5 = f4(0.0), f4(0.0), f4(0.0), f4(0.0), f4(0.0), f4(0.0)
    red, green, blue = f4(0.0), f4(0.0), f4(0.0)
    for x in range(TILE):
        lane = u8(x)
        dx = f4(x) - u
        m, m_dy = lanes[lane], lanes[lane + u8(16)]
        m_dx = m * dx
        s0 += m
        s1 += m_dx
        s2 += m_dy
        s3 += m_dx * dx
        s4 += m_dy * dx
        s5 += lanes[lane + u8(32)]
        red += lanes[lane + u8(48)]
        green += lanes[lane + u8(64)]
        blue += lanes[lane + u8(80)]
    out[0] += s0
    out[1] += s1
    out[2] += s2
    out[3] += s3
    out[4] += s4
    out[5] += s5
    out[6] += red
    out[7] += green
    out[8] += blue
