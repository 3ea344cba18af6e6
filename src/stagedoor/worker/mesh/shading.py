"""From who owns a sample to a picture: one look at the texture for each triangle in a pixel."""

# ruff: noqa: PLR0917  (numba knows no keyword-only arguments)

from __future__ import annotations

from typing import Any

import numpy as np

from stagedoor.worker.double._jit import njit
from stagedoor.worker.double.pool import CHUNKS
from stagedoor.worker.mesh.kernels import OFFSETS, SAMPLES, STRIPE_PX
from stagedoor.worker.mesh.texels import looked_up, srgb_of


@njit(inline="always")
def weigh(function: Any, across: float, down: float, weights: Any) -> float:
    """The corners' weights [3] at a place of the picture, perspective-correct; returns their sum before division."""
    total = 0.0
    for k in range(3):
        weights[k] = function[3 * k] * across + (function[3 * k + 1] * down + function[3 * k + 2])
        total += weights[k]
    for k in range(3):
        weights[k] /= total
    return total


@njit()
def surface(
    t: int, across: float, down: float, functions: Any, triangles: Any, uvs: Any, colours: Any, factor: Any,
    texels: Any, starts: Any, sizes: Any, repeat: bool, scratch: Any, out: Any,
) -> None:  # fmt: skip
    """Light and alpha [4] of triangle t at a place of the picture; scratch float64 [4,4], its first row the weights."""
    function, weights, slopes = functions[t], scratch[0], scratch[1]
    total = weigh(function, across, down, weights)
    if len(uvs) > 0:
        u = v = 0.0
        for k in range(3):
            u += weights[k] * uvs[triangles[t, k], 0]
            v += weights[k] * uvs[triangles[t, k], 1]
        for k in range(4):
            slopes[k] = 0.0
        for k in range(3):
            across_u, across_v = uvs[triangles[t, k], 0] - u, uvs[triangles[t, k], 1] - v
            slopes[0] += function[3 * k] * across_u / total
            slopes[1] += function[3 * k] * across_v / total
            slopes[2] += function[3 * k + 1] * across_u / total
            slopes[3] += function[3 * k + 1] * across_v / total
        looked_up(texels, starts, sizes, u, v, slopes, repeat, out, scratch[2])
    else:
        for channel in range(4):
            out[channel] = 1.0
    for channel in range(4):
        held = factor[channel]
        if len(colours) > 0:
            mixed = 0.0
            for k in range(3):
                mixed += weights[k] * colours[triangles[t, k], channel]
            held *= mixed / 65535.0
        out[channel] *= held


@njit()
def lit(t: int, weights: Any, triangles: Any, normals: Any, face: int, light: Any) -> Any:
    """How much of each colour (r, g, b) a matt surface sends on.  light float64 [3,3]: towards it, its colour, and
    what comes from everywhere."""
    x = y = z = 0.0
    for k in range(3):
        x += weights[k] * normals[triangles[t, k], 0]
        y += weights[k] * normals[triangles[t, k], 1]
        z += weights[k] * normals[triangles[t, k], 2]
    length = max(np.sqrt(x * x + y * y + z * z), 1e-12)
    facing = max((x * light[0, 0] + y * light[0, 1] + z * light[0, 2]) / length * face, 0.0)
    return (
        light[2, 0] + facing * light[1, 0],
        light[2, 1] + facing * light[1, 1],
        light[2, 2] + facing * light[1, 2],
    )


@njit()
def shade(
    chunk: int, owners: Any, functions: Any, faces: Any, triangles: Any, normals: Any, uvs: Any, colours: Any,
    factor: Any, texels: Any, starts: Any, sizes: Any, repeat: bool, light: Any, background: Any, picture: Any,
) -> None:  # fmt: skip
    """The chunk's stripes of picture uint8 [H,W,4]: sRGB over the background, and how much of a pixel is covered.

    Colours of one pixel are mixed as light; how far the mesh covers it mixes sRGB values, as splats do.
    """
    scratch = np.zeros((4, 4), np.float64)
    colour = np.zeros(4, np.float64)
    mixed = np.zeros(3, np.float64)
    for y in range(owners.shape[0]):
        if (y // STRIPE_PX) % CHUNKS != chunk:
            continue
        for x in range(owners.shape[1]):
            covered = 0
            mixed[:] = 0.0
            for sample in range(SAMPLES):
                t = owners[y, x, sample]
                earlier = False
                for other in range(sample):
                    earlier = earlier or owners[y, x, other] == t
                if t < 0 or earlier:
                    continue
                across = down = 0.0
                mine = 0
                for other in range(sample, SAMPLES):
                    if owners[y, x, other] == t:
                        across += OFFSETS[other, 0]
                        down += OFFSETS[other, 1]
                        mine += 1
                surface(
                    t, x + across / mine, y + down / mine, functions, triangles, uvs, colours, factor,
                    texels, starts, sizes, repeat, scratch, colour,
                )  # fmt: skip
                if len(light) > 0:
                    red, green, blue = lit(t, scratch[0], triangles, normals, faces[t], light)
                    colour[0], colour[1], colour[2] = colour[0] * red, colour[1] * green, colour[2] * blue
                covered += mine
                for channel in range(3):
                    mixed[channel] += mine * colour[channel]
            part = covered / SAMPLES
            for channel in range(3):
                shown = background[channel] * (1.0 - part)
                if covered > 0:
                    shown += part * srgb_of(mixed[channel] / covered)
                picture[y, x, channel] = np.uint8(min(max(shown, 0.0), 1.0) * 255.0 + 0.5)
            picture[y, x, 3] = np.uint8(part * 255.0 + 0.5)
