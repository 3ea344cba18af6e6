"""Small doubles to write and read, and what two of them look like side by side."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from stagedoor.worker.double.camera import Camera
from stagedoor.worker.double.pool import Pool
from stagedoor.worker.double.raster import Stage
from stagedoor.worker.double.render import render_frame
from stagedoor.worker.double.sh import COEFFICIENTS, basis
from stagedoor.worker.double.splats import Splats

SIDE_PX = 96


def some(count: int = 40, *, degree: int = 0, seed: int = 1) -> Splats:
    """Random Gaussians with numbers of the size that a trained double has."""
    chance = np.random.default_rng(seed)
    return Splats(
        means=chance.normal(size=(count, 3)),
        log_scales=chance.normal(-3.0, 1.0, size=(count, 3)),
        quats=chance.normal(size=(count, 4)),
        opacity_logits=chance.normal(0.0, 2.0, size=count),
        colours=chance.normal(0.0, 0.8, size=(count, 3)),
        rest=chance.uniform(-0.4, 0.4, size=(count, COEFFICIENTS[degree], 3)),
    )


def planet(count: int = 3000, *, degree: int = 0) -> Splats:
    """A ball of flat, coloured Gaussians: a picture with edges and detail, of which a loss can be measured."""
    chance = np.random.default_rng(2)
    normals = chance.normal(size=(count, 3))
    normals /= np.linalg.norm(normals, axis=1, keepdims=True)
    # The shortest turn from z to the normal, as a quaternion wxyz.
    quats = np.column_stack([1 + normals[:, 2], -normals[:, 1], normals[:, 0], np.zeros(count)])
    stripes = np.sin(normals * 9.0) + 0.4 * chance.normal(size=(count, 3))
    return Splats(
        means=normals * 0.8,
        log_scales=np.log([0.03, 0.03, 0.006]) + 0.2 * chance.normal(size=(count, 3)),
        quats=quats,
        opacity_logits=chance.normal(2.0, 2.0, size=count),
        colours=stripes,
        rest=chance.uniform(-0.2, 0.2, size=(count, COEFFICIENTS[degree], 3)),
    )


def looking() -> Camera:
    """From the front, 3 units away."""
    pose = np.diag([1.0, -1.0, -1.0, 1.0])
    pose[2, 3] = 3.0
    focal = SIDE_PX * 1.4
    half = SIDE_PX / 2
    return Camera(fx=focal, fy=focal, cx=half, cy=half, width=SIDE_PX, height=SIDE_PX, world_to_camera=pose)


def drawn(splats: Splats, *, background: tuple[float, float, float] = (0.0, 0.0, 0.0)) -> NDArray[np.float64]:
    """The picture over a background, 0 to 1."""
    frame = render_frame(splats, looking(), width=SIDE_PX, height=SIDE_PX, background=background, threads=1)
    return frame / 255.0


def drawn_rgba(splats: Splats) -> NDArray[np.float32]:
    """The picture as pictures.py takes it: premultiplied, over black, alpha from what shows through to white."""
    with Pool(1) as pool:
        stage = Stage(gaussians=len(splats), width=SIDE_PX, height=SIDE_PX, pool=pool)
        stage.place(splats.packed(), looking(), splats.packed_rest())
        pool.run(stage.draw_chunk)
        black, white = stage.image(np.zeros(3, np.float32)), stage.image(np.ones(3, np.float32))
    return np.concatenate([black, 1 - (white - black)[..., :1]], axis=2).astype(np.float32)


def psnr_db(one: NDArray[Any], other: NDArray[Any]) -> float:
    """Of two pictures of 0 to 1."""
    error = float(np.square(np.asarray(one, np.float64) - other).mean())
    return 10 * math.log10(1 / max(error, 1e-12))


def covariances(splats: Splats) -> NDArray[np.float64]:
    """[N,3,3]: what the scales and the rotation mean together, whichever of equal quaternions a tool wrote."""
    w, x, y, z = (splats.quats / np.linalg.norm(splats.quats, axis=1, keepdims=True)).astype(np.float64).T
    turn = np.array(
        [
            [1 - 2 * (y * y + z * z), 2 * (x * y - w * z), 2 * (x * z + w * y)],
            [2 * (x * y + w * z), 1 - 2 * (x * x + z * z), 2 * (y * z - w * x)],
            [2 * (x * z - w * y), 2 * (y * z + w * x), 1 - 2 * (x * x + y * y)],
        ]
    ).transpose(2, 0, 1)
    axes = turn * np.exp(splats.log_scales.astype(np.float64))[:, None, :]
    return axes @ axes.transpose(0, 2, 1)


def seen_from(splats: Splats, direction: tuple[float, float, float]) -> NDArray[np.float64]:
    """rgb [N,3] of each Gaussian seen along a unit direction of the world."""
    row = basis(np.array([direction]), splats.degree)[0]
    rest = np.einsum("k,nkc->nc", row, splats.rest.astype(np.float64))
    return 0.28209479177387814 * splats.colours + 0.5 + rest


def opacities(splats: Splats) -> NDArray[np.float64]:
    """[N], 0 to 1."""
    return 1.0 / (1.0 + np.exp(-splats.opacity_logits.astype(np.float64)))


FIELDS = ("means", "log_scales", "quats", "opacity_logits", "colours", "rest")


def same(one: Splats, other: Splats) -> None:
    """Every number equal, bit for bit but for the sign of zero."""
    for name in FIELDS:
        np.testing.assert_array_equal(getattr(one, name), getattr(other, name), err_msg=name)
