"""A plain z-buffer: triangles with a colour at each point, drawn large and averaged down, to straight-alpha RGBA."""

from __future__ import annotations

import numba
import numpy as np
from numpy.typing import NDArray

from stagedoor.worker.double.camera import Camera

FINER = 3
"""Samples along a pixel's side: nine a pixel, so a silhouette's alpha has ten steps."""


@numba.njit(cache=True, nogil=True)
def _fill(points: NDArray, triangles: NDArray, colours: NDArray, depth: NDArray, out: NDArray) -> None:
    """points [V,3] are pixel x, y and 1/depth; nearest (largest 1/depth) wins.  Colours are perspective-correct."""
    height, width = depth.shape
    for t in range(triangles.shape[0]):
        a, b, c = triangles[t, 0], triangles[t, 1], triangles[t, 2]
        ax, ay, bx, by, cx, cy = points[a, 0], points[a, 1], points[b, 0], points[b, 1], points[c, 0], points[c, 1]
        area = (bx - ax) * (cy - ay) - (by - ay) * (cx - ax)
        if area == 0.0:
            continue
        x0, x1 = max(0, int(np.ceil(min(ax, bx, cx) - 0.5))), min(width - 1, int(np.floor(max(ax, bx, cx) - 0.5)))
        y0, y1 = max(0, int(np.ceil(min(ay, by, cy) - 0.5))), min(height - 1, int(np.floor(max(ay, by, cy) - 0.5)))
        for y in range(y0, y1 + 1):
            for x in range(x0, x1 + 1):
                px, py = x + 0.5, y + 0.5
                u = ((bx - px) * (cy - py) - (by - py) * (cx - px)) / area
                v = ((cx - px) * (ay - py) - (cy - py) * (ax - px)) / area
                w = 1.0 - u - v
                if u < 0.0 or v < 0.0 or w < 0.0:
                    continue
                u, v, w = u * points[a, 2], v * points[b, 2], w * points[c, 2]
                near = u + v + w
                if near > depth[y, x]:
                    depth[y, x] = near
                    for k in range(3):
                        out[y, x, k] = (u * colours[a, k] + v * colours[b, k] + w * colours[c, k]) / near


def draw(points: NDArray, triangles: NDArray, colours: NDArray, camera: Camera) -> NDArray[np.uint8]:
    """points [V,3] in the world, colours [V,3] 0 to 1 as shown: uint8 [H,W,4], straight alpha."""
    big = camera.resized(width=camera.width * FINER, height=camera.height * FINER)
    pose = big.world_to_camera
    seen = points @ pose[:3, :3].T + pose[:3, 3]
    flat = np.stack([big.fx * seen[:, 0] / seen[:, 2] + big.cx, big.fy * seen[:, 1] / seen[:, 2] + big.cy], axis=1)
    depth = np.zeros((big.height, big.width), np.float32)
    out = np.zeros((big.height, big.width, 3), np.float32)
    placed = np.ascontiguousarray(np.concatenate([flat, 1.0 / seen[:, 2:]], axis=1))
    _fill(placed, triangles, np.ascontiguousarray(colours, np.float32), depth, out)
    blocks = (camera.height, FINER, camera.width, FINER)
    cover = (depth > 0).reshape(blocks).mean(axis=(1, 3))
    colour = out.reshape(*blocks, 3).mean(axis=(1, 3)) / np.maximum(cover, 1e-6)[..., None]
    rgba = np.concatenate([colour, cover[..., None]], axis=2)
    return np.asarray(np.floor(np.clip(rgba, 0, 1) * 255 + 0.5), np.uint8)
