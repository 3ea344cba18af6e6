"""One pinhole camera, in OpenCV axes: x right, y down, z forward; world-to-camera; pixel centres at half-integers."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

ASPECT_TOLERANCE = 1e-3
"""How far the asked frame's aspect may be from the camera's, relative: a double is never drawn stretched."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Camera:
    """fx, fy, cx, cy in pixels of a frame of width x height; world_to_camera float64 [4,4], rigid."""

    fx: float
    fy: float
    cx: float
    cy: float
    width: int
    height: int
    world_to_camera: NDArray[np.float64]

    def __post_init__(self) -> None:
        held = np.array(self.world_to_camera, dtype=np.float64)
        if held.shape != (4, 4) or not np.isfinite(held).all():
            raise ValueError("a camera's world_to_camera is a finite 4x4 matrix")
        if self.width < 1 or self.height < 1 or not (self.fx > 0 and self.fy > 0):
            raise ValueError("a camera's size and focal lengths are above zero")
        held.flags.writeable = False
        object.__setattr__(self, "world_to_camera", held)

    def resized(self, *, width: int, height: int) -> Camera:
        """The same view on a frame of another size and the same shape."""
        across, down = width / self.width, height / self.height
        if abs(across / down - 1.0) > ASPECT_TOLERANCE:
            raise ValueError(f"a {self.width}x{self.height} camera cannot fill {width}x{height} without stretching")
        return Camera(
            fx=self.fx * across,
            fy=self.fy * down,
            cx=self.cx * across,
            cy=self.cy * down,
            width=width,
            height=height,
            world_to_camera=self.world_to_camera,
        )

    def numbers(self) -> NDArray[np.float32]:
        """As the kernels read it: rotation [0:9] row by row, translation [9:12], fx fy cx cy, width height, and 0.

        The last is PIXEL_SPREAD where Gaussians are drawn antialiased (project.py); Stage.place sets it.
        """
        out = np.zeros(19, np.float32)
        out[:9] = self.world_to_camera[:3, :3].ravel()
        out[9:12] = self.world_to_camera[:3, 3]
        out[12:18] = (self.fx, self.fy, self.cx, self.cy, self.width, self.height)
        return out

    def position(self) -> NDArray[np.float64]:
        """Where the camera stands in the world, [3]."""
        turn = self.world_to_camera[:3, :3]
        return np.asarray(-(turn.T @ self.world_to_camera[:3, 3]), dtype=np.float64)
