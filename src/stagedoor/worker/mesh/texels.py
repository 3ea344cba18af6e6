"""A texture at every size, and the colour found in it: sRGB bytes, filtered as light."""

# ruff: noqa: PLR0917  (numba knows no keyword-only arguments)

from __future__ import annotations

from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from stagedoor.worker.double._jit import log2_safe, njit
from stagedoor.worker.mesh.texture import Texels

PROBES_MAX: Final = 4
"""Looks along the longer side of a pixel's footprint: a cheek seen at 15 degrees stays sharp along its height."""

LEVELS_MAX: Final = 14
"""Of a texture 8192 pixels a side."""

ENCODE_STEPS: Final = 4096
"""Steps of the table from light to sRGB; between them it is straight, to a twentieth of an 8-bit step."""


def _decoded() -> NDArray[np.float32]:
    stored = np.arange(256) / 255.0
    return np.where(stored <= 0.04045, stored / 12.92, ((stored + 0.055) / 1.055) ** 2.4).astype(np.float32)


def _encoded() -> NDArray[np.float32]:
    # The table runs over the square root of the light, where the curve is nearly straight.
    light = (np.arange(ENCODE_STEPS + 2) / ENCODE_STEPS) ** 2
    return np.where(light <= 0.0031308, light * 12.92, 1.055 * light ** (1 / 2.4) - 0.055).astype(np.float32)


LIGHT: Final = _decoded()
"""Light 0 to 1 of each sRGB byte, float32 [256]."""
SRGB: Final = _encoded()
"""sRGB 0 to 1 of (step / ENCODE_STEPS) squared, float32."""


@njit(inline="always")
def srgb_of(light: float) -> float:
    """Light 0 to 1 as sRGB 0 to 1; what lies outside is held to the ends."""
    at = np.sqrt(min(max(light, 0.0), 1.0)) * ENCODE_STEPS
    step = np.int64(at)
    part = at - step
    return np.float64(SRGB[step]) * (1.0 - part) + np.float64(SRGB[step + 1]) * part


class Pyramid:
    """A texture and its halves, one after another: texels uint8 [sum,4]; starts int64 [L]; sizes int64 [L,2] (h, w)."""

    def __init__(self, texture: Texels, *, masked: bool) -> None:
        levels = [np.ascontiguousarray(texture)]
        while max(levels[-1].shape[:2]) > 1 and len(levels) < LEVELS_MAX:
            height, width = levels[-1].shape[:2]
            smaller = np.empty((max(1, height // 2), max(1, width // 2), 4), np.uint8)
            halve(levels[-1], smaller, masked)
            levels.append(smaller)
        self.texels = np.concatenate([level.reshape(-1, 4) for level in levels])
        self.sizes = np.array([level.shape[:2] for level in levels], np.int64)
        self.starts = np.cumsum([0, *(len(level) * level.shape[1] for level in levels[:-1])]).astype(np.int64)


@njit()
def halve(source: Any, out: Any, masked: bool) -> None:
    """The mean light of the texels under each new one, sides that are odd too; where alpha counts, weighted by it."""
    tall, wide = source.shape[0] / out.shape[0], source.shape[1] / out.shape[1]
    for y in range(out.shape[0]):
        top, bottom = y * tall, (y + 1) * tall
        for x in range(out.shape[1]):
            left, right = x * wide, (x + 1) * wide
            red = green = blue = alpha = weight = area = 0.0
            for v in range(np.int64(top), min(np.int64(np.ceil(bottom)), source.shape[0])):
                share_v = min(bottom, v + 1.0) - max(top, np.float64(v))
                for u in range(np.int64(left), min(np.int64(np.ceil(right)), source.shape[1])):
                    share = share_v * (min(right, u + 1.0) - max(left, np.float64(u)))
                    counts = share * source[v, u, 3] / 255.0
                    alpha += counts
                    area += share
                    if not masked:
                        counts = share
                    red += counts * LIGHT[source[v, u, 0]]
                    green += counts * LIGHT[source[v, u, 1]]
                    blue += counts * LIGHT[source[v, u, 2]]
                    weight += counts
            weight = max(weight, 1e-12)
            out[y, x, 0] = np.uint8(srgb_of(red / weight) * 255.0 + 0.5)
            out[y, x, 1] = np.uint8(srgb_of(green / weight) * 255.0 + 0.5)
            out[y, x, 2] = np.uint8(srgb_of(blue / weight) * 255.0 + 0.5)
            out[y, x, 3] = np.uint8(alpha / area * 255.0 + 0.5)


@njit(inline="always")
def edged(at: int, size: int, repeat: bool) -> int:
    """A texel's number inside the picture: round again, or held to the edge."""
    if repeat:
        return at % size
    return min(max(at, 0), size - 1)


@njit()
def bilinear(texels: Any, start: int, height: int, width: int, u: float, v: float, repeat: bool, out: Any) -> None:
    """Light and alpha at (u, v) of one level, float64 [4]; texel centres at half-integers."""
    across, down = u * width - 0.5, v * height - 0.5
    left, top = np.int64(np.floor(across)), np.int64(np.floor(down))
    right_part, low_part = across - left, down - top
    for channel in range(4):
        out[channel] = 0.0
    for corner in range(4):
        step_x, step_y = corner & 1, corner >> 1
        share = (right_part if step_x else 1.0 - right_part) * (low_part if step_y else 1.0 - low_part)
        at = start + edged(top + step_y, height, repeat) * width + edged(left + step_x, width, repeat)
        out[0] += share * LIGHT[texels[at, 0]]
        out[1] += share * LIGHT[texels[at, 1]]
        out[2] += share * LIGHT[texels[at, 2]]
        out[3] += share * texels[at, 3] / 255.0


@njit()
def looked_up(
    texels: Any, starts: Any, sizes: Any, u: float, v: float, slopes: Any, repeat: bool, out: Any, scratch: Any
) -> None:
    """Light and alpha over a pixel's footprint, float64 [4]: between two levels, up to PROBES_MAX looks.

    slopes: du/dx, dv/dx, du/dy, dv/dy.  Scratch float64 [4].
    """
    height, width = sizes[0, 0], sizes[0, 1]
    long = np.sqrt((slopes[0] * width) ** 2 + (slopes[1] * height) ** 2)
    short = np.sqrt((slopes[2] * width) ** 2 + (slopes[3] * height) ** 2)
    step_u, step_v = slopes[0], slopes[1]
    if short > long:
        long, short = short, long
        step_u, step_v = slopes[2], slopes[3]
    probes = 1
    if long > 1.0:
        probes = min(np.int64(np.ceil(min(long / max(short, 1e-9), np.float64(PROBES_MAX)))), PROBES_MAX)
    level = np.float64(log2_safe(np.float32(min(max(long / probes, 1.0), 1e9))))
    level = min(max(level, 0.0), np.float64(len(starts) - 1))
    fine = np.int64(level)
    part = level - fine
    for channel in range(4):
        out[channel] = 0.0
    for probe in range(probes):
        shift = (probe + 0.5) / probes - 0.5
        for coarse in range(2):
            share = (part if coarse else 1.0 - part) / probes
            if share <= 0.0:
                continue
            number = fine + coarse
            bilinear(
                texels, starts[number], sizes[number, 0], sizes[number, 1],
                u + shift * step_u, v + shift * step_v, repeat, scratch,
            )  # fmt: skip
            for channel in range(4):
                out[channel] += share * scratch[channel]
