"""Which way a double's surface faces, and which of its Gaussians a camera sees.

A Gaussian is seen when its centre lies in the frame no deeper than the surface drawn there: the double is drawn once
with its depth as colour, so what hides what is decided by the picture itself.  A normal is the Gaussian's shortest
axis, turned towards the cameras that see it and smoothed over its neighbours; round Gaussians have no shortest axis and
lean on those cameras and neighbours alone.  Pure functions: the same double gives the same numbers at any thread count.
"""

# ruff: noqa: PLR0917  (numba knows no keyword-only arguments)

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray

from stagedoor.worker.double._jit import njit
from stagedoor.worker.double.camera import Camera
from stagedoor.worker.double.moves import ELEVATION_DEG_MAX, arc
from stagedoor.worker.double.pool import Pool, threads_default
from stagedoor.worker.double.project import NEAR, SH0
from stagedoor.worker.double.raster import Stage
from stagedoor.worker.double.splats import Splats

Doubles = NDArray[np.float64]
Longs = NDArray[np.int64]
Bools = NDArray[np.bool_]

SIDE_PX: Final = 128
"""Longer side of the frames in which visibility is decided: a pixel is about a Gaussian of a double of 10,000."""
ROUND_VIEWS: Final = 48
"""Cameras all round that decide what of a double is surface: 30 degrees apart."""
SOLID_MIN: Final = 0.5
"""Opacity of a pixel from which there is a surface in it."""
DEPTH_SHARE: Final = 0.01
"""Share of the distance by which a centre may lie behind the drawn depth, besides twice its Gaussian's own size."""
LEAN: Final = 0.6
"""Weight of the way to the cameras that see a Gaussian, beside 1 for the axis of a perfectly flat one."""
REACH: Final = 1.2
"""Standard deviation of the smoothing, in mean spacings of the surface's Gaussians."""
PASSES: Final = 1
"""Smoothings one after the other."""
CELL_GAUSSIANS_MAX: Final = 64
"""Gaussians looked at in one cell of the grid: bounds the time where a file holds all of them in one place."""


def sphere_grid(count: int) -> Doubles:
    """`count` unit directions, evenly spread over the sphere (Fibonacci's lattice): float64 [count,3], y up."""
    step = np.arange(count) + 0.5
    up = 1.0 - 2.0 * step / count
    turn = math.pi * (1.0 + math.sqrt(5.0)) * step
    out = np.sqrt(1.0 - up * up)
    return np.stack([out * np.sin(turn), up, out * np.cos(turn)], axis=1)


def opacities(splats: Splats) -> Doubles:
    """Opacity 0 to 1 of every Gaussian, [N]."""
    return np.asarray(1.0 / (1.0 + np.exp(-np.clip(splats.opacity_logits.astype(np.float64), -60.0, 60.0))))


def areas(splats: Splats) -> Doubles:
    """What each Gaussian covers of a surface: the product of its two larger scales times its opacity, [N]."""
    scales = np.sort(splats.log_scales.astype(np.float64), axis=1)
    return np.asarray(np.exp(np.clip(scales[:, 1] + scales[:, 2], -60.0, 60.0)) * opacities(splats))


def middle(splats: Splats) -> tuple[Doubles, float]:
    """A double's centre [3], the medians of its Gaussians' means, and the radius within which 98 in 100 lie."""
    means = splats.means.astype(np.float64)
    centre = np.median(means, axis=0)
    radius = float(np.quantile(np.linalg.norm(means - centre, axis=1), 0.98))
    return np.asarray(centre), max(radius, 1e-6)


def all_round(splats: Splats, views: int = ROUND_VIEWS) -> tuple[Camera, ...]:
    """Cameras on a sphere round a double, three radii away, that have all of it in their frames of SIDE_PX."""
    centre, radius = middle(splats)
    at = (float(centre[0]), float(centre[1]), float(centre[2]))
    field = 2.0 * math.degrees(math.atan(1.15 / 3.0))
    cameras: list[Camera] = []
    for x, y, z in sphere_grid(views):
        lift = math.degrees(math.asin(y))
        lift = max(-ELEVATION_DEG_MAX, min(ELEVATION_DEG_MAX, lift))
        turn = math.degrees(math.atan2(x, z))
        given = {"from_deg": turn, "to_deg": turn, "elevation_deg": lift, "field_of_view_deg": field}
        cameras += arc(at, 3.0 * radius, frames=1, width=SIDE_PX, height=SIDE_PX, **given)
    return tuple(cameras)


def small(camera: Camera) -> Camera:
    """The same view on a frame whose longer side has SIDE_PX pixels at most."""
    shrink = min(1.0, SIDE_PX / max(camera.width, camera.height))
    width, height = max(1, round(camera.width * shrink)), max(1, round(camera.height * shrink))
    across, down = width / camera.width, height / camera.height
    return Camera(
        fx=camera.fx * across,
        fy=camera.fy * down,
        cx=camera.cx * across,
        cy=camera.cy * down,
        width=width,
        height=height,
        world_to_camera=camera.world_to_camera,
    )


def seen(splats: Splats, cameras: Sequence[Camera], *, threads: int | None = None) -> Bools:
    """Which Gaussians each camera sees: bool [V,N].  Draws one small frame a camera."""
    out = np.zeros((len(cameras), len(splats)), bool)
    params = splats.packed()
    means = splats.means.astype(np.float64)
    sizes = 2.0 * np.exp(np.clip(splats.log_scales.astype(np.float64).max(axis=1), -60.0, 60.0))
    with Pool(threads or threads_default()) as pool:
        for row, given in zip(out, cameras, strict=True):
            camera = small(given)
            pose = camera.world_to_camera
            there = means @ pose[:3, :3].T + pose[:3, 3]
            depth = there[:, 2]
            # Red holds the depth and green holds 1, so that red / green is the drawn surface's depth.
            params[11] = (depth - 0.5) / float(SH0)
            params[12] = 0.5 / float(SH0)
            stage = Stage(gaussians=len(splats), width=camera.width, height=camera.height, pool=pool)
            stage.place(params, camera, antialiased=splats.antialiased)
            pool.run(stage.draw_chunk)
            picture = stage.image(np.zeros(3, np.float32)).astype(np.float64)
            safe = np.maximum(depth, float(NEAR))
            u = np.floor(camera.fx * there[:, 0] / safe + camera.cx)
            v = np.floor(camera.fy * there[:, 1] / safe + camera.cy)
            inside = (depth > NEAR) & (u >= 0) & (u < camera.width) & (v >= 0) & (v < camera.height)
            at = picture[v[inside].astype(np.int64), u[inside].astype(np.int64)]
            surface = at[:, 0] / np.maximum(at[:, 1], 1e-6)
            limit = surface * (1.0 + DEPTH_SHARE) + np.minimum(sizes[inside], 0.1 * surface)
            row[inside] = (at[:, 1] >= SOLID_MIN) & (depth[inside] <= limit)
    return out


def normals(splats: Splats, cameras: Sequence[Camera] = (), *, threads: int | None = None) -> Doubles:
    """Outward unit normals, float64 [N,3].

    `cameras` are those of the capture where they are known; else a ring of all_round() stands in for them, which
    is as good for an outside that can be seen from without.
    """
    round_it = tuple(cameras) or all_round(splats)
    sights = seen(splats, round_it, threads=threads)
    means = splats.means.astype(np.float64)
    centre, _ = middle(splats)
    towards = means - centre
    bent = np.zeros_like(means)
    for row, camera in zip(sights, round_it, strict=True):
        way = camera.position() - means
        bent += row[:, None] * unit(way)
    hidden = ~sights.any(axis=0)
    bent[hidden] = towards[hidden]
    bent = unit(bent)
    axis, flat = shortest_axis(splats)
    axis *= np.where((axis * bent).sum(axis=1, keepdims=True) < 0.0, -1.0, 1.0)
    normal = unit(flat[:, None] * axis + LEAN * bent)
    weights = areas(splats) * (0.05 + 0.95 * ~hidden)
    for _ in range(PASSES):
        normal = smoothed(splats, normal, weights)
    return normal


def shortest_axis(splats: Splats) -> tuple[Doubles, Doubles]:
    """Each Gaussian's shortest axis in the world, [N,3], of either sign; and how flat it is: 0 round, 1 a disc, [N]."""
    quats = unit(splats.quats.astype(np.float64))
    w, x, y, z = quats.T
    columns = np.stack(
        [
            np.stack([1 - 2 * (y * y + z * z), 2 * (x * y + w * z), 2 * (x * z - w * y)], axis=1),
            np.stack([2 * (x * y - w * z), 1 - 2 * (x * x + z * z), 2 * (y * z + w * x)], axis=1),
            np.stack([2 * (x * z + w * y), 2 * (y * z - w * x), 1 - 2 * (x * x + y * y)], axis=1),
        ],
        axis=1,
    )
    logs = splats.log_scales.astype(np.float64)
    which = np.argmin(logs, axis=1)
    ordered = np.sort(logs, axis=1)
    flat = 1.0 - np.exp(ordered[:, 0] - ordered[:, 1])
    return columns[np.arange(len(splats)), which], np.asarray(flat)


def smoothed(splats: Splats, vectors: Doubles, weights: Doubles, reach: float = REACH) -> Doubles:
    """Unit vectors [N,3], each the mean of its neighbours' within three deviations, those that face away left out."""
    means = splats.means.astype(np.float64)
    _, radius = middle(splats)
    spread = reach * radius * math.sqrt(4.0 * math.pi / len(splats))
    # 19 bits an axis: what lies further out than that shares the outermost cells.
    cells = np.clip(np.floor(means / (1.5 * spread)), -(2**18), 2**18 - 1).astype(np.int64) + 2**18
    keys = (cells[:, 0] << 40) | (cells[:, 1] << 20) | cells[:, 2]
    order = np.argsort(keys, kind="stable")
    out = np.zeros_like(means)
    _smooth(means, vectors, weights, cells, keys[order], order, spread, out)
    return unit(np.where((out**2).sum(axis=1, keepdims=True) > 1e-24, out, vectors))


def unit(vectors: Doubles) -> Doubles:
    """The same directions at length 1; a vector of no length becomes the last axis."""
    length = np.linalg.norm(vectors, axis=1, keepdims=True)
    last = np.zeros_like(vectors)
    last[:, -1] = 1.0
    return np.where(length > 1e-12, vectors / np.maximum(length, 1e-12), last)


@njit()
def _smooth(
    means: Doubles,
    vectors: Doubles,
    weights: Doubles,
    cells: Longs,
    keys: Longs,
    order: Longs,
    spread: float,
    out: Doubles,
) -> None:
    """Sums the neighbours' vectors into out [N,3]; keys are sorted, order says whose they are."""
    for i in range(means.shape[0]):
        for cell in range(27):
            x = cells[i, 0] + cell // 9 - 1
            y = cells[i, 1] + cell // 3 % 3 - 1
            z = cells[i, 2] + cell % 3 - 1
            key = (x << 40) | (y << 20) | z
            start, end = np.searchsorted(keys, key), np.searchsorted(keys, key, side="right")
            stride = max(1, (end - start) // CELL_GAUSSIANS_MAX)
            for k in range(start, end, stride):
                j = order[k]
                away, alike = 0.0, 0.0
                for c in range(3):
                    away += (means[i, c] - means[j, c]) ** 2
                    alike += vectors[i, c] * vectors[j, c]
                if alike <= 0.0:
                    continue
                weight = weights[j] * alike * np.exp(-0.5 * away / spread**2) * stride
                for c in range(3):
                    out[i, c] += weight * vectors[j, c]
