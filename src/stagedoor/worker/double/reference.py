"""The oracle: the same picture as the kernels', drawn slowly and plainly in float64.  Used by tests alone.

No tiles, no lanes, no early stop: for each Gaussian from near to far, every pixel.  It shares the model's named
constants with the kernels and none of their code.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from stagedoor.worker.double.camera import Camera
from stagedoor.worker.double.project import ALPHA_MIN, DILATION, NEAR, PIXEL_SPREAD, SH0, SLOPE_MARGIN
from stagedoor.worker.double.raster import ALPHA_MAX
from stagedoor.worker.double.sh import COEFFICIENTS, basis

Doubles = NDArray[np.float64]


def reference_frame(
    params: Doubles, camera: Camera, background: Doubles, rest: Doubles | None = None, *, antialiased: bool = False
) -> Doubles:
    """params [14,N] (rows as in project.py) over background [3], float64 [H,W,3], not clamped.

    rest [3K,N] (rows as in shade.py) are the coefficients beyond degree 0.
    """
    params = np.asarray(params, np.float64)
    turn, shift = camera.world_to_camera[:3, :3], camera.world_to_camera[:3, 3]
    placed = turn @ params[:3] + shift[:, None]
    across, down = np.meshgrid(np.arange(camera.width) + 0.5, np.arange(camera.height) + 0.5)
    light = np.ones((camera.height, camera.width))
    colour = np.zeros((camera.height, camera.width, 3))
    for i in np.argsort(placed[2].astype(np.float32), kind="stable"):
        opacity = 1.0 / (1.0 + np.exp(-params[10, i]))
        if placed[2, i] <= NEAR or opacity <= ALPHA_MIN:
            continue
        spread = float(PIXEL_SPREAD if antialiased else DILATION)
        u, v, inverse, kept = _image_ellipse(params[:, i], placed[:, i], camera, spread)
        opacity *= kept if antialiased else 1.0
        dx, dy = across - u, down - v
        power = -0.5 * (inverse[0, 0] * dx**2 + 2 * inverse[0, 1] * dx * dy + inverse[1, 1] * dy**2)
        alpha = opacity * np.exp(power)
        alpha = np.where(alpha > float(ALPHA_MIN), np.minimum(alpha, float(ALPHA_MAX)), 0.0)
        colour += (alpha * light)[..., None] * _colour(params[:, i], camera, None if rest is None else rest[:, i])
        light *= 1.0 - alpha
    return np.asarray(colour + light[..., None] * np.asarray(background, np.float64), np.float64)


def _colour(param: Doubles, camera: Camera, rest: Doubles | None) -> Doubles:
    """Red, green, blue [3] of one Gaussian as seen from the camera."""
    flat = np.asarray(float(SH0) * param[11:14] + 0.5, np.float64)
    if rest is None or not len(rest):
        return flat
    way = param[:3] - camera.position()
    shares = basis((way / np.linalg.norm(way))[None], COEFFICIENTS.index(len(rest) // 3))[0]
    return np.asarray(np.maximum(flat + shares @ np.asarray(rest, np.float64).reshape(-1, 3), 0.0), np.float64)


def _image_ellipse(
    param: Doubles, placed: Doubles, camera: Camera, widening: float
) -> tuple[float, float, Doubles, float]:
    """Centre (px) and inverse 2x2 covariance (px^-2) of one Gaussian [14] whose camera-space mean is placed [3].

    Last, the root of the ratio of its image area before it is widened to that after it.
    """
    x, y, z = placed
    w, i, j, k = param[6:10] / np.linalg.norm(param[6:10])
    rotation = np.array(
        [
            [1 - 2 * (j * j + k * k), 2 * (i * j - w * k), 2 * (i * k + w * j)],
            [2 * (i * j + w * k), 1 - 2 * (i * i + k * k), 2 * (j * k - w * i)],
            [2 * (i * k - w * j), 2 * (j * k + w * i), 1 - 2 * (i * i + j * j)],
        ]
    )
    spread = rotation @ np.diag(np.exp(param[3:6]))
    slope_x = float(SLOPE_MARGIN) * 0.5 * camera.width / camera.fx
    slope_y = float(SLOPE_MARGIN) * 0.5 * camera.height / camera.fy
    held_x, held_y = np.clip(x / z, -slope_x, slope_x), np.clip(y / z, -slope_y, slope_y)
    jacobian = np.array([[camera.fx / z, 0, -camera.fx * held_x / z], [0, camera.fy / z, -camera.fy * held_y / z]])
    flat = jacobian @ camera.world_to_camera[:3, :3] @ spread
    covariance = flat @ flat.T + widening * np.eye(2)
    kept = float(np.sqrt(np.linalg.det(flat @ flat.T) / np.linalg.det(covariance)))
    return camera.fx * x / z + camera.cx, camera.fy * y / z + camera.cy, np.asarray(np.linalg.inv(covariance)), kept
