"""A double drawn to 8-bit pixels."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from stagedoor.worker.double.camera import Camera
from stagedoor.worker.double.pool import Pool, threads_default
from stagedoor.worker.double.raster import Stage
from stagedoor.worker.double.splats import Splats

SIDE_PX_MAX = 4096
"""Pixels along a side of a frame that is drawn."""


def render_frame(
    splats: Splats,
    camera: Camera,
    *,
    width: int,
    height: int,
    background: tuple[float, float, float] = (0.0, 0.0, 0.0),
    threads: int | None = None,
) -> NDArray[np.uint8]:
    """Draws `splats` over `background` (0 to 1 each) at any size of the camera's own shape: uint8 [H,W,3].

    The pixels are the same whatever the number of threads.
    """
    view = view_of(camera, width, height)
    with Pool(threads or threads_default()) as pool:
        stage = Stage(gaussians=len(splats), width=width, height=height, pool=pool)
        stage.place(splats.packed(), view, splats.packed_rest(), antialiased=splats.antialiased)
        pool.run(stage.draw_chunk)
        return to_bytes(stage.image(np.array(background, np.float32)))


def render_rgba(
    splats: Splats, camera: Camera, *, width: int, height: int, threads: int | None = None
) -> NDArray[np.float32]:
    """The picture for compositing: float32 [H,W,4], premultiplied, alpha last, on nothing; not clamped."""
    view = view_of(camera, width, height)
    with Pool(threads or threads_default()) as pool:
        stage = Stage(gaussians=len(splats), width=width, height=height, pool=pool)
        stage.place(splats.packed(), view, splats.packed_rest(), antialiased=splats.antialiased)
        pool.run(stage.draw_chunk)
        black, white = stage.image(np.zeros(3, np.float32)), stage.image(np.ones(3, np.float32))
    return np.concatenate([black, 1.0 - (white - black)[..., :1]], axis=2).astype(np.float32)


def view_of(camera: Camera, width: int, height: int) -> Camera:
    """The camera for a frame of that size.  Raises ValueError for one that is not drawn, or not of its shape."""
    if not (1 <= width <= SIDE_PX_MAX and 1 <= height <= SIDE_PX_MAX):
        raise ValueError(f"{width}x{height}: a frame has 1 to {SIDE_PX_MAX} pixels a side")
    return camera.resized(width=width, height=height)


def to_bytes(picture: NDArray[np.float32]) -> NDArray[np.uint8]:
    """Colours 0 to 1 as bytes, rounded to the nearest and held in range; the same shape."""
    return np.asarray(np.floor(np.clip(picture, 0.0, 1.0) * np.float32(255.0) + np.float32(0.5)), dtype=np.uint8)
