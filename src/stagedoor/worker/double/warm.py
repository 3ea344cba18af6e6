"""Compiles every kernel ahead, into numba's cache and torch's, so that the first performer does not wait."""

from __future__ import annotations

import math

import numpy as np

from stagedoor.capture.read import Capture
from stagedoor.worker.double.backends import choose
from stagedoor.worker.double.bust_bend import add_pulls, solved
from stagedoor.worker.double.bust_fit import Fitted, with_bust
from stagedoor.worker.double.camera import Camera
from stagedoor.worker.double.gpu import look
from stagedoor.worker.double.moves import arc
from stagedoor.worker.double.names import CUDA
from stagedoor.worker.double.outline import nearest
from stagedoor.worker.double.pool import Pool
from stagedoor.worker.double.render import render_frame
from stagedoor.worker.double.train import TrainSettings, train

SIDE_PX = 32
VIEWS = 9


def compile_kernels() -> None:
    """Trains and draws a ball of a few Gaussians: every kernel runs once.  About ten seconds, then half a second."""
    result = train(ball(), settings=TrainSettings(gaussians=64, iterations=4, reseed_every=1))
    compile_bust()
    camera = round_the_origin(from_deg=0.0, to_deg=0.0, frames=1)[0]
    render_frame(result.splats, camera, width=SIDE_PX, height=SIDE_PX)


def round_the_origin(*, from_deg: float, to_deg: float, frames: int) -> tuple[Camera, ...]:
    """Small cameras four units from the origin."""
    return arc(
        (0.0, 0.0, 0.0),
        4.0,
        from_deg=from_deg,
        to_deg=to_deg,
        elevation_deg=10.0,
        frames=frames,
        width=SIDE_PX,
        height=SIDE_PX,
    )


def ball(views: int = VIEWS) -> Capture:
    """A capture of nothing in particular: a grey ball of radius 1 seen from all round, last view held out."""
    cameras = round_the_origin(from_deg=0.0, to_deg=360.0 * (1 - 1 / views), frames=views)
    rows, columns = np.mgrid[:SIDE_PX, :SIDE_PX] + 0.5 - SIDE_PX / 2
    seen = cameras[0].fx * math.tan(math.asin(1 / 4))
    image = np.full((SIDE_PX, SIDE_PX, 4), 128, np.uint8)
    image[..., 3] = np.where(rows**2 + columns**2 < seen**2, 255, 0)
    return Capture(
        images=np.stack([image] * views),
        fx=cameras[0].fx,
        fy=cameras[0].fy,
        cx=cameras[0].cx,
        cy=cameras[0].cy,
        world_to_camera=np.stack([camera.world_to_camera for camera in cameras]),
        splits=("train",) * (views - 1) + ("test",),
        names=tuple(f"ball_{i}.png" for i in range(views)),
    )


def compile_bust() -> None:
    """What few views of a head take: the ball above is too small a picture to come so far."""
    flat, deep = np.zeros((1, 2)), np.zeros((1, 3))
    nearest(flat, flat, flat, flat, 1.0)
    square, right, none = np.eye(3), np.zeros(3), np.zeros((1, 1), np.int64)
    add_pulls(square, right, none, np.zeros((1, 1)), none[0], none[0], right[:1], deep, right[:1], right[:1])
    solved(square, right)
    voxels = np.ones((2, 2, 2), np.uint8)
    found = Fitted(points=deep, normals=deep, cut=np.zeros(1, np.bool_), size=1.0, met=1.0)
    with Pool(1) as pool:
        with_bust(voxels, voxels, found, right, 1.0, pool)


def compile_cuda() -> None:
    """gsplat's kernels too, where there is a device for them: minutes, once.  Raises BackendError if they fail."""
    if not look().lack():
        choose(CUDA)


if __name__ == "__main__":
    compile_kernels()
    compile_cuda()
