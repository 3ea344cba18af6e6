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
def srgb_of(light: Any) -> Any:
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
def edged(at: Any, size: Any, repeat: bool) -> Any:
    """A texel's number inside the picture: round again, or held to the edge."""
    if 0 <= at < size:
        return at
    if repeat:
        return at % size
    return min(max(at, 0), size - 1)


@njit(inline="always")
def bilinear(texels: Any, start: Any, height: Any, width: Any, u: float, v: float, repeat: bool) -> Any:
    """Light and alpha (r, g, b, a) at (u, v) of one level; texel centres at half-integers."""
    across, down = u * width - 0.5, v * height - 0.5
    left, top = np.int64(np.floor(across)), np.int64(np.floor(down))
    x, y = np.float32(across - left), np.float32(down - top)
    one = np.float32(1.0)
    column_0, column_1 = edged(left, width, repeat), edged(left + 1, width, repeat)
    row_0 = start + edged(top, height, repeat) * width
    row_1 = start + edged(top + 1, height, repeat) * width
    a, b, c, d = row_0 + column_0, row_0 + column_1, row_1 + column_0, row_1 + column_1
    share_a, share_b, share_c, share_d = (one - x) * (one - y), x * (one - y), (one - x) * y, x * y
    alpha = share_a * texels[a, 3] + share_b * texels[b, 3] + share_c * texels[c, 3] + share_d * texels[d, 3]
    return (
        share_a * LIGHT[texels[a, 0]]
        + share_b * LIGHT[texels[b, 0]]
        + share_c * LIGHT[texels[c, 0]]
        + share_d * LIGHT[texels[d, 0]],
        share_a * LIGHT[texels[a, 1]]
        + share_b * LIGHT[texels[b, 1]]
        + share_c * LIGHT[texels[c, 1]]
        + share_d * LIGHT[texels[d, 1]],
        share_a * LIGHT[texels[a, 2]]
        + share_b * LIGHT[texels[b, 2]]
        + share_c * LIGHT[texels[c, 2]]
        + share_d * LIGHT[texels[d, 2]],
        alpha * np.float32(1.0 / 255.0),
    )


@njit(inline="always")
def looked_up(
    texels: Any, starts: Any, sizes: Any, u: float, v: float, ux: float, vx: float, uy: float, vy: float, repeat: bool
) -> Any:
    """Light and alpha (r, g, b, a) over a pixel's footprint: between two levels, up to PROBES_MAX looks.

    ux, vx, uy, vy: how u and v change from pixel to pixel across, and down.
    """
    height, width = sizes[0, 0], sizes[0, 1]
    long = np.sqrt((ux * width) ** 2 + (vx * height) ** 2)
    short = np.sqrt((uy * width) ** 2 + (vy * height) ** 2)
    step_u, step_v = ux, vx
    if short > long:
        long, short = short, long
        step_u, step_v = uy, vy
    probes = np.int64(1)
    if long > 1.0:
        probes = np.int64(np.ceil(min(long / max(short, 1e-9), np.float64(PROBES_MAX)) - 0.25))
    level = min(np.float64(log2_safe(np.float32(min(max(long / probes, 1.0), 1e9)))), np.float64(len(starts) - 1))
    fine = np.int64(max(level, 0.0))
    part = np.float32(level - fine)
    red = green = blue = alpha = np.float32(0.0)
    for probe in range(probes):
        shift = (probe + 0.5) / probes - 0.5
        for coarse in range(2):
            share = part if coarse else np.float32(1.0) - part
            if share <= np.float32(0.0):
                continue
            number = fine + coarse
            r, g, b, a = bilinear(
                texels, starts[number], sizes[number, 0], sizes[number, 1],
                u + shift * step_u, v + shift * step_v, repeat,
            )  # fmt: skip
            red, green, blue, alpha = red + share * r, green + share * g, blue + share * b, alpha + share * a
    each = np.float32(1.0) / np.float32(probes)
    return red * each, green * each, blue * each, alpha * each
