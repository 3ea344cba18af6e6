"""Forward rasterizer: tiles of 16x16, splat outer and pixel inner, nearest first, one tile row to a vector step.

A frame is float32 [tiles,16,64] while at work: for each of a tile's 16 rows, 16 lanes of transmittance left, then red,
green and blue, premultiplied.  Tiles past the frame's edge are drawn whole and cropped on the way out.  A splat is cut
off where its alpha falls below 1/255, by a select in each lane; rows that its ellipse does not reach are skipped.
"""

# ruff: noqa: PLR0917  (numba knows no keyword-only arguments)

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from stagedoor.worker.double._jit import exp2_small, fma, njit
from stagedoor.worker.double.camera import Camera
from stagedoor.worker.double.pool import CHUNKS, Pool
from stagedoor.worker.double.project import PARAMETERS, PIXEL_SPREAD, SPLAT, TILE, Floats, Ints, project
from stagedoor.worker.double.shade import shade
from stagedoor.worker.double.tiles import list_tiles, order_by_depth

f4 = np.float32
u8 = np.uint64

ROW = 64
"""Floats in one row of a tile's buffer: 16 lanes each of transmittance, red, green, blue."""
CACHE_LINE = 64
"""Bytes; one tile row of one colour fills it."""
ALPHA_MAX = f4(0.99)
"""One splat never hides all behind it: gradients keep flowing, as in 3DGS."""
LOG2_ALPHA_MIN = f4(-7.994353436858858)
"""log2(1/255)."""
EXPONENT_FLOOR = f4(-30.0)
"""Held here before the power is taken; such lanes are cut off anyway."""
LIGHT_LEFT_MIN = f4(1e-3)
"""A tile whose every pixel lets through less than this is done."""
LIGHT_CHECK_MASK = 31
"""The light left is looked at once in 32 splats.  Backward looks at the same places and so stops at the same one."""


@njit(inline="always")
def chunk_of(tile: int, across: int) -> int:
    """The chunk that draws a tile: diagonals, so that every chunk gets its share of the middle."""
    return (tile % across + tile // across) % CHUNKS


@njit()
def light_left(buffer: Floats) -> np.float32:
    """The largest transmittance in a tile's buffer, whose first 16 rows start with their 16 lanes of it."""
    most = f4(0.0)
    for r in range(TILE):
        row = buffer[r]
        for x in range(TILE):
            most = max(most, row[x])
    return most


@njit()
def rasterize(splats: Floats, starts: Ints, entries: Ints, across: int, chunk: int, frame: Floats) -> None:
    """Draws this chunk's tiles into frame [tiles,16,64]."""
    for tile in range(frame.shape[0]):
        if chunk_of(tile, across) != chunk:
            continue
        buffer = frame[tile]
        buffer[:, :TILE] = f4(1.0)
        buffer[:, TILE:] = f4(0.0)
        left, top = f4((tile % across) * TILE), f4((tile // across) * TILE)
        for k in range(starts[tile], starts[tile + 1]):
            look = ((k - starts[tile]) & LIGHT_CHECK_MASK) == LIGHT_CHECK_MASK
            if look and light_left(buffer) < LIGHT_LEFT_MIN:
                break
            draw_splat(splats[entries[k]], left, top, buffer)


@njit(inline="always")
def rows_reached(splat: Floats, top: np.float32) -> tuple[int, int]:
    """First and one past the last of a tile's 16 rows that the splat's ellipse reaches (pixel centres)."""
    half, middle = splat[10], splat[1] - top - f4(0.5)
    first = max(0, int(np.ceil(middle - half)))
    last = min(TILE, int(np.floor(middle + half)) + 1)
    return first, last


@njit()
def draw_splat(splat: Floats, left: np.float32, top: np.float32, buffer: Floats) -> None:
    """Lays one splat over a tile's buffer [16,64]; left, top are the tile's first pixel."""
    u, v = splat[0] - left - f4(0.5), splat[1] - top - f4(0.5)
    a, b, c, log2_opacity = splat[2], splat[3], splat[4], splat[5]
    red, green, blue = splat[6], splat[7], splat[8]
    first, last = rows_reached(splat, top)
    for r in range(first, last):
        dy = f4(r) - v
        constant = log2_opacity + c * dy * dy
        linear = f4(2.0) * b * dy
        row = buffer[r]
        for x in range(TILE):
            lane = u8(x)
            dx = f4(x) - u
            exponent = fma(fma(a, dx, linear), dx, constant)
            alpha = min(exp2_small(max(exponent, EXPONENT_FLOOR)), ALPHA_MAX)
            alpha = alpha if exponent > LOG2_ALPHA_MIN else f4(0.0)
            light = row[lane]
            weight = alpha * light
            row[lane] = light - weight
            row[lane + u8(16)] = fma(weight, red, row[lane + u8(16)])
            row[lane + u8(32)] = fma(weight, green, row[lane + u8(32)])
            row[lane + u8(48)] = fma(weight, blue, row[lane + u8(48)])


@njit()
def untile(frame: Floats, background: Floats, width: int, height: int, out: Floats) -> None:
    """Frame [tiles,16,64] over `background` [3] into out [H,W,3], unclamped."""
    across = (width + TILE - 1) // TILE
    for y in range(height):
        for x in range(width):
            tile = (y // TILE) * across + x // TILE
            row, lane = frame[tile, y % TILE], x % TILE
            for k in range(3):
                out[y, x, k] = row[lane + TILE * (k + 1)] + row[lane] * background[k]


def aligned_zeros(*shape: int) -> Floats:
    """float32 zeros that start on a cache line: vector steps then straddle no two."""
    room = np.zeros(int(np.prod(shape)) + CACHE_LINE // 4, np.float32)
    skip = (-room.ctypes.data % CACHE_LINE) // 4
    return room[skip : skip + int(np.prod(shape))].reshape(shape)


class Stage:
    """The buffers of one frame size and number of Gaussians, kept from frame to frame, in memory only."""

    def __init__(self, *, gaussians: int, width: int, height: int, pool: Pool) -> None:
        self.width, self.height, self.pool = width, height, pool
        self.across, self.down = (width + TILE - 1) // TILE, (height + TILE - 1) // TILE
        self.gaussians = gaussians
        self.splats = np.zeros((gaussians, SPLAT), np.float32)
        self.depths = np.zeros(gaussians, np.float32)
        self.boxes = np.zeros((gaussians, 4), np.int32)
        self.frame = aligned_zeros(self.across * self.down, TILE, ROW)
        self.starts: NDArray[np.int32] = np.zeros(1, np.int32)
        self.entries: NDArray[np.int32] = np.zeros(0, np.int32)

    def wipe(self) -> None:
        """Overwrites what was drawn last, and the projected double."""
        for held in (self.splats, self.depths, self.boxes, self.frame):
            held[...] = 0

    def spans(self, chunk: int) -> tuple[int, int]:
        """The Gaussians that a chunk projects: a contiguous quarter."""
        return self.gaussians * chunk // CHUNKS, self.gaussians * (chunk + 1) // CHUNKS

    def place(self, params: Floats, camera: Camera, rest: Floats | None = None, *, antialiased: bool = False) -> Floats:
        """Projects params [14,N] and lists the tiles; gives the camera's numbers.  Draws nothing yet.

        `rest` [3K,N] are the coefficients of a colour that hangs on the direction; without rows, or None, it does not.
        `antialiased` as the double says of itself.
        """
        assert params.shape == (PARAMETERS, self.gaussians), params.shape
        assert (camera.width, camera.height) == (self.width, self.height)
        numbers = camera.numbers()
        numbers[18] = PIXEL_SPREAD if antialiased else 0.0
        count = 0 if rest is None else len(rest) // 3
        eye = camera.position().astype(np.float32)

        def work(chunk: int) -> None:
            start, end = self.spans(chunk)
            project(params, numbers, start, end, self.splats, self.depths, self.boxes)
            if rest is not None and count:
                shade(params, rest, eye, count, start, end, self.splats, self.boxes)

        self.pool.run(work)
        self.starts, self.entries = list_tiles(order_by_depth(self.depths), self.boxes, self.across, self.down)
        return numbers

    def draw_chunk(self, chunk: int) -> None:
        """Rasterizes one chunk of what was placed into `frame`."""
        rasterize(self.splats, self.starts, self.entries, self.across, chunk, self.frame)

    def image(self, background: Floats) -> Floats:
        """What was drawn, over a background [3]: float32 [H,W,3], not clamped."""
        out = np.empty((self.height, self.width, 3), np.float32)
        untile(self.frame, background, self.width, self.height, out)
        return out
