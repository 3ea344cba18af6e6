"""Coverage of a mesh with holes in its texture: hair cards, lashes, lace."""

# ruff: noqa: PLR0917  (numba knows no keyword-only arguments)

from __future__ import annotations

from typing import Any

import numpy as np

from stagedoor.worker.double._jit import njit
from stagedoor.worker.double.pool import CHUNKS
from stagedoor.worker.mesh.kernels import NEAR, OFFSETS, SAMPLES, STRIPE_PX, row_ends
from stagedoor.worker.mesh.shading import weights_at
from stagedoor.worker.mesh.texels import bilinear


@njit()
def solid(
    t: int, across: float, down: float, functions: Any, triangles: Any, uvs: Any, colours: Any, factor: Any,
    texels: Any, sizes: Any, repeat: bool, cutoff: float,
) -> Any:  # fmt: skip
    """Whether a triangle with an alpha mask is there at a sample."""
    first, second, third, _ = weights_at(functions, t, across, down)
    i, j, k = triangles[t, 0], triangles[t, 1], triangles[t, 2]
    alpha = factor[3]
    if len(uvs) > 0:
        u = first * uvs[i, 0] + second * uvs[j, 0] + third * uvs[k, 0]
        v = first * uvs[i, 1] + second * uvs[j, 1] + third * uvs[k, 1]
        alpha *= bilinear(texels, 0, sizes[0, 0], sizes[0, 1], u, v, repeat)[3]
    if len(colours) > 0:
        alpha *= (first * colours[i, 3] + second * colours[j, 3] + third * colours[k, 3]) / 65535.0
    return alpha >= cutoff


@njit()
def cover_masked(
    chunk: int, functions: Any, boxes: Any, depths: Any, owners: Any, triangles: Any, uvs: Any, colours: Any,
    factor: Any, texels: Any, sizes: Any, repeat: bool, cutoff: float,
) -> None:  # fmt: skip
    """As kernels.cover, and a sample where the texture has a hole belongs to what is behind."""
    for y in range(len(owners)):
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
            for x in range(first, last):
                for sample in range(SAMPLES):
                    across, down = x + OFFSETS[sample, 0], y + OFFSETS[sample, 1]
                    inside = True
                    for k in range(3):
                        row = function[3 * k + 1] * down + function[3 * k + 2]
                        inside = inside and function[3 * k] * across + row >= 0.0
                    near = np.float32(function[9] * across + (function[10] * down + function[11]))
                    if not inside or near <= depths[y, x, sample] or near > np.float32(1.0 / NEAR):
                        continue
                    if solid(
                        t, across, down, functions, triangles, uvs, colours, factor, texels, sizes, repeat, cutoff
                    ):
                        depths[y, x, sample] = near
                        owners[y, x, sample] = t
