"""Simple shapes with textures, and a plain ray caster to hold the drawing loops against."""

from __future__ import annotations

import io
import math

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from stagedoor.worker.double.camera import Camera
from stagedoor.worker.mesh.model import Mesh, smooth_normals


def checks(side: int = 16, cell: int = 4) -> NDArray[np.uint8]:
    """A chequered RGBA picture whose rows and columns differ: red grows to the right, green downwards."""
    rows, columns = np.mgrid[:side, :side]
    dark = ((rows // cell + columns // cell) % 2 * 90).astype(np.uint8)
    red, green = (columns * 255 // (side - 1)).astype(np.uint8), (rows * 255 // (side - 1)).astype(np.uint8)
    return np.stack([red, green, dark, np.full_like(red, 255)], axis=2)


def square(**over: object) -> Mesh:
    """A square of side 2 in the plane z = 0, facing +z, its texture upright: (0, 0) is its upper left corner."""
    positions = np.array([[-1, 1, 0], [1, 1, 0], [1, -1, 0], [-1, -1, 0]], np.float32)
    triangles = np.array([[0, 3, 2], [0, 2, 1]], np.int32)
    given: dict[str, object] = {
        "positions": positions,
        "triangles": triangles,
        "normals": smooth_normals(positions, triangles),
        "uvs": np.array([[0, 0], [1, 0], [1, 1], [0, 1]], np.float32),
        "texture": checks(),
    }
    return Mesh(**(given | over))  # type: ignore[arg-type]


def ball(rings: int = 12, around: int = 24, **over: object) -> Mesh:
    """A ball of radius 1 with a seam, as scans are unwrapped: v from the top down, u once round."""
    v, u = np.meshgrid(np.linspace(0, 1, rings + 1), np.linspace(0, 1, around + 1), indexing="ij")
    rise, turn = np.pi * v.ravel(), 2 * np.pi * u.ravel()
    positions = np.stack([np.sin(rise) * np.sin(turn), np.cos(rise), np.sin(rise) * np.cos(turn)], 1).round(6) + 0.0
    corner = lambda r, a: r * (around + 1) + a  # noqa: E731
    rows = []
    for r in range(rings):
        for a in range(around):
            upper, lower = (corner(r, a), corner(r, a + 1)), (corner(r + 1, a), corner(r + 1, a + 1))
            rows += [[upper[0], lower[0], lower[1]]] if r < rings - 1 else []
            rows += [[upper[0], lower[1], upper[1]]] if r > 0 else []
    triangles = np.array(rows, np.int32)
    given: dict[str, object] = {
        "positions": positions.astype(np.float32),
        "triangles": triangles,
        "normals": smooth_normals(positions.astype(np.float32), triangles),
        "uvs": np.stack([u.ravel(), v.ravel()], 1).astype(np.float32),
        "texture": checks(32),
    }
    return Mesh(**(given | over))  # type: ignore[arg-type]


def camera(azimuth_deg: float = 0.0, *, size: int = 64, distance: float = 4.0, field_deg: float = 36.0) -> Camera:
    """Round the y axis, looking at the origin: at 0 from +z, at 90 from +x."""
    turn = math.radians(azimuth_deg)
    out = np.array([math.sin(turn), 0.0, math.cos(turn)])
    right = np.array([math.cos(turn), 0.0, -math.sin(turn)])
    pose = np.eye(4)
    pose[:3, :3] = np.stack([right, [0.0, -1.0, 0.0], -out])
    pose[2, 3] = distance
    focal = size / 2 / math.tan(math.radians(field_deg) / 2)
    return Camera(fx=focal, fy=focal, cx=size / 2, cy=size / 2, width=size, height=size, world_to_camera=pose)


def first_hit(mesh: Mesh, view: Camera, across: float, down: float) -> tuple[int, NDArray[np.float64]] | None:
    """(triangle, its corners' weights) that a ray through a place of the picture meets first, by plain intersection."""
    turn, shift = view.world_to_camera[:3, :3], view.world_to_camera[:3, 3]
    corners = (mesh.positions.astype(np.float64) @ turn.T + shift)[mesh.triangles]
    ray = np.array([(across - view.cx) / view.fx, (down - view.cy) / view.fy, 1.0])
    base, first, second = corners[:, 0], corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0]
    cross = np.cross(ray, second)
    det = (first * cross).sum(axis=1)
    with np.errstate(divide="ignore", invalid="ignore"):
        b = (-base * cross).sum(axis=1) / det
        lifted = np.cross(-base, first)
        c = (lifted @ ray) / det
        depth = (second * lifted).sum(axis=1) / det
    seen = (det > 0) | (mesh.double_sided & (det != 0))
    hit = seen & (b >= 0) & (c >= 0) & (b + c <= 1) & (depth > 1e-3)
    if not hit.any():
        return None
    t = int(np.where(hit, depth, np.inf).argmin())
    return t, np.array([1 - b[t] - c[t], b[t], c[t]])


def png_of(texels: NDArray[np.uint8]) -> bytes:
    """A PNG file of RGBA pixels."""
    out = io.BytesIO()
    Image.fromarray(texels).save(out, "PNG")
    return out.getvalue()
