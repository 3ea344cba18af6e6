"""How gsplat (1.5.3) wants splats and cameras, in numpy alone, so that every machine can check it.

Gaussians come first there: [N,3] means, [N,4] quaternions w x y z of any length, [N,3] scales, [N] opacities, and
[N,1+K,3] spherical harmonics in the order of sh.py, degree 0 first, to which gsplat adds 0.5 and which it holds at 0.
Cameras are world-to-camera in OpenCV axes with pixel centres at half-integers, as ours.  Read in its source:
rendering.py, csrc/ProjectionEWA3DGSFused.cu, csrc/RasterizeToPixels3DGSFwd.cu, cuda/_torch_impl.py.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from stagedoor.worker.double.camera import Camera
from stagedoor.worker.double.project import DILATION, NEAR, PARAMETERS, PIXEL_SPREAD, TILE, Floats

LEAVES = ("means", "log_scales", "quats", "opacity_logits", "colours", "rest")
"""What is trained, by the names of Splats' fields."""
ROWS = {"means": (0, 3), "log_scales": (3, 6), "quats": (6, 10), "opacity_logits": (10, 11), "colours": (11, 14)}
"""Which rows of params [14,N] each is."""

ALPHA_MAX_THERE = 0.999
"""Where gsplat holds one splat's alpha; ours is raster.ALPHA_MAX."""
LIGHT_LEFT_MIN_THERE = 1e-4
"""gsplat leaves out, and ends at, the splat that would leave less light than this."""

FIXED: Mapping[str, object] = {
    "near_plane": float(NEAR),
    "radius_clip": 0.0,
    # Unpacked is the faster of both, and a head fits: memory is Gaussians, not Gaussians times views.
    "packed": False,
    "tile_size": TILE,
    "render_mode": "RGB",
    "camera_model": "pinhole",
}
"""What gsplat.rasterization is told each time, so that it draws the model of project.py and reference.py."""


def drawn_how(*, antialiased: bool) -> dict[str, object]:
    """The rest of it: how far every Gaussian is widened, in square pixels, and whether its opacity makes up for it."""
    if antialiased:
        return {"eps2d": float(PIXEL_SPREAD), "rasterize_mode": "antialiased"}
    return {"eps2d": float(DILATION), "rasterize_mode": "classic"}


def view_matrix(camera: Camera) -> Floats:
    """World to camera, float32 [4,4]."""
    return np.asarray(camera.world_to_camera, np.float32)


def lens_matrix(camera: Camera) -> Floats:
    """Focal lengths and principal point in pixels, float32 [3,3]."""
    return np.array([[camera.fx, 0, camera.cx], [0, camera.fy, camera.cy], [0, 0, 1]], np.float32)


def leaves_of(params: Floats, rest: Floats) -> dict[str, Floats]:
    """params [14,N] and rest [3K,N] as arrays by the names of LEAVES, Gaussians first."""
    out = {name: np.ascontiguousarray(params[start:end].T) for name, (start, end) in ROWS.items()}
    out["opacity_logits"] = out["opacity_logits"][:, 0]
    out["rest"] = np.ascontiguousarray(rest.T).reshape(params.shape[1], -1, 3)
    return out


def rows_of(leaves: Mapping[str, Floats]) -> tuple[Floats, Floats]:
    """The reverse: params [14,N] and rest [3K,N]."""
    count = len(leaves["means"])
    params = np.empty((PARAMETERS, count), np.float32)
    for name, (start, end) in ROWS.items():
        params[start:end] = leaves[name].reshape(count, -1).T
    return params, np.ascontiguousarray(leaves["rest"].reshape(count, -1).T, np.float32)
