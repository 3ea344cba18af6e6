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
def weights_at(functions: Any, t: int, across: float, down: float) -> Any:
    """The corners' weights at a place of the picture, perspective-correct, and one over their sum before that."""
    first = functions[t, 0] * across + (functions[t, 1] * down + functions[t, 2])
    second = functions[t, 3] * across + (functions[t, 4] * down + functions[t, 5])
    third = functions[t, 6] * across + (functions[t, 7] * down + functions[t, 8])
    share = 1.0 / (first + second + third)
    return first * share, second * share, third * share, share


@njit(inline="always")
def surface(
    t: int, across: float, down: float, functions: Any, triangles: Any, uvs: Any, colours: Any, factor: Any,
    texels: Any, starts: Any, sizes: Any, repeat: bool,
) -> Any:  # fmt: skip
    """Light (r, g, b) of triangle t at a place of the picture."""
    first, second, third, share = weights_at(functions, t, across, down)
    i, j, k = triangles[t, 0], triangles[t, 1], triangles[t, 2]
    red = green = blue = 1.0
    if len(uvs) > 0:
        u = first * uvs[i, 0] + second * uvs[j, 0] + third * uvs[k, 0]
        v = first * uvs[i, 1] + second * uvs[j, 1] + third * uvs[k, 1]
        u_i, u_j, u_k = (uvs[i, 0] - u) * share, (uvs[j, 0] - u) * share, (uvs[k, 0] - u) * share
        v_i, v_j, v_k = (uvs[i, 1] - v) * share, (uvs[j, 1] - v) * share, (uvs[k, 1] - v) * share
        a_i, a_j, a_k = functions[t, 0], functions[t, 3], functions[t, 6]
        b_i, b_j, b_k = functions[t, 1], functions[t, 4], functions[t, 7]
        red, green, blue, _ = looked_up(
            texels, starts, sizes, u, v, a_i * u_i + a_j * u_j + a_k * u_k, a_i * v_i + a_j * v_j + a_k * v_k,
            b_i * u_i + b_j * u_j + b_k * u_k, b_i * v_i + b_j * v_j + b_k * v_k, repeat,
        )  # fmt: skip
    if len(colours) > 0:
        first, second, third = first / 65535.0, second / 65535.0, third / 65535.0
        red *= first * colours[i, 0] + second * colours[j, 0] + third * colours[k, 0]
        green *= first * colours[i, 1] + second * colours[j, 1] + third * colours[k, 1]
        blue *= first * colours[i, 2] + second * colours[j, 2] + third * colours[k, 2]
    return red * factor[0], green * factor[1], blue * factor[2]


@njit(inline="always")
def lit(
    t: int, across: float, down: float, functions: Any, triangles: Any, normals: Any, face: int, light: Any
) -> Any:  # fmt: skip
    """How much of each colour (r, g, b) a matt surface sends on.  light float64 [3,3]: towards it, its colour, and
    what comes from everywhere."""
    weights = weights_at(functions, t, across, down)
    x = y = z = 0.0
    for k in range(3):
        corner = triangles[t, k]
        x += weights[k] * normals[corner, 0]
        y += weights[k] * normals[corner, 1]
        z += weights[k] * normals[corner, 2]
    length = max(np.sqrt(x * x + y * y + z * z), 1e-12)
    facing = max((x * light[0, 0] + y * light[0, 1] + z * light[0, 2]) / length * face, 0.0)
    return (
        light[2, 0] + facing * light[1, 0],
        light[2, 1] + facing * light[1, 1],
        light[2, 2] + facing * light[1, 2],
    )


@njit(inline="always")
def shared(owners: Any, y: int, x: int, sample: int) -> Any:
    """(how many samples of a pixel have this one's triangle, their middle across and down); 0 if told of earlier."""
    t = owners[y, x, sample]
    for other in range(sample):
        if owners[y, x, other] == t:
            return 0, 0.0, 0.0
    across = down = 0.0
    mine = 0
    for other in range(sample, SAMPLES):
        if owners[y, x, other] == t:
            across += OFFSETS[other, 0]
            down += OFFSETS[other, 1]
            mine += 1
    return mine, across / mine, down / mine


@njit()
def shade(
    chunk: int, owners: Any, functions: Any, faces: Any, triangles: Any, normals: Any, uvs: Any, colours: Any,
    factor: Any, texels: Any, starts: Any, sizes: Any, repeat: bool, light: Any, background: Any, picture: Any,
) -> None:  # fmt: skip
    """The chunk's stripes of picture uint8 [H,W,4]: sRGB over the background, and how much of a pixel is covered.

    Colours of one pixel are mixed as light; how far the mesh covers it mixes sRGB values, as splats do.
    """
    for y in range(owners.shape[0]):
        if (y // STRIPE_PX) % CHUNKS != chunk:
            continue
        for x in range(owners.shape[1]):
            covered = 0
            mixed_red = mixed_green = mixed_blue = 0.0
            for sample in range(SAMPLES):
                t = owners[y, x, sample]
                if t < 0:
                    continue
                mine, across, down = shared(owners, y, x, sample)
                if mine == 0:
                    continue
                across, down = across + x, down + y
                red, green, blue = surface(
                    t, across, down, functions, triangles, uvs, colours, factor, texels, starts, sizes, repeat
                )
                if len(light) > 0:
                    by_red, by_green, by_blue = lit(t, across, down, functions, triangles, normals, faces[t], light)
                    red, green, blue = red * by_red, green * by_green, blue * by_blue
                covered += mine
                mixed_red += mine * red
                mixed_green += mine * green
                mixed_blue += mine * blue
                if covered == SAMPLES:
                    break
            part = covered / SAMPLES
            shown_red, shown_green, shown_blue = (
                background[0] * (1.0 - part), background[1] * (1.0 - part), background[2] * (1.0 - part)
            )  # fmt: skip
            if covered > 0:
                shown_red += part * srgb_of(mixed_red / covered)
                shown_green += part * srgb_of(mixed_green / covered)
                shown_blue += part * srgb_of(mixed_blue / covered)
            picture[y, x, 0] = np.uint8(min(max(shown_red, 0.0), 1.0) * 255.0 + 0.5)
            picture[y, x, 1] = np.uint8(min(max(shown_green, 0.0), 1.0) * 255.0 + 0.5)
            picture[y, x, 2] = np.uint8(min(max(shown_blue, 0.0), 1.0) * 255.0 + 0.5)
            picture[y, x, 3] = np.uint8(part * 255.0 + 0.5)
