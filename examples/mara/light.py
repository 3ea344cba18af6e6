"""Light baked onto points and pictures traced with embree: the same radiance from every camera."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from embreex import rtcore_scene
from embreex.mesh_construction import TriangleMesh

from mesh import Floats, Ints, normals_of, smooth_step


@dataclass
class Piece:
    """Triangles with a linear colour at each point."""

    points: Floats
    triangles: Ints
    colour: Floats


def merged(pieces: list[Piece]) -> Piece:
    """Several pieces as one."""
    starts = np.cumsum([0] + [len(p.points) for p in pieces[:-1]])
    return Piece(
        np.concatenate([p.points for p in pieces]),
        np.concatenate([p.triangles + start for p, start in zip(pieces, starts, strict=True)]),
        np.concatenate([p.colour for p in pieces]),
    )


class Tracer:
    """First hits on a set of triangles."""

    def __init__(self, points: Floats, triangles: Ints) -> None:
        self.scene = rtcore_scene.EmbreeScene()
        self.mesh = TriangleMesh(self.scene, points.astype(np.float32), triangles.astype(np.int32))

    def blocked(self, origins: Floats, directions: Floats) -> np.ndarray:
        """Whether each ray hits anything."""
        return self.scene.run(origins.astype(np.float32), directions.astype(np.float32)) >= 0

    def hits(self, origins: Floats, directions: Floats) -> dict[str, np.ndarray]:
        """primID (-1 for none), barycentric u and v, and tfar of each ray."""
        found: dict[str, np.ndarray] = self.scene.run(
            origins.astype(np.float32), directions.astype(np.float32), output=1
        )
        return found


@dataclass(frozen=True)
class Lamp:
    """A round soft light at infinity."""

    towards: tuple[float, float, float]
    colour: tuple[float, float, float]
    spread: float  # half angle, degrees


LAMPS = (
    Lamp((-0.62, 0.52, 0.78), (2.25, 2.02, 1.78), 20.0),  # key: her right, high
    Lamp((0.85, 0.10, 0.62), (0.34, 0.39, 0.47), 38.0),  # fill
    Lamp((0.72, 0.55, -0.70), (0.95, 0.92, 0.92), 20.0),  # rim, her left
    Lamp((-0.75, 0.40, -0.72), (0.62, 0.66, 0.74), 20.0),  # rim, her right
)
SKY = np.array([0.50, 0.52, 0.56])
GROUND = np.array([0.19, 0.16, 0.14])
BOUNCE = np.array([0.20, 0.095, 0.06])


def frames_of(normals: Floats) -> tuple[Floats, Floats]:
    """Two tangents for each normal."""
    helper = np.where(np.abs(normals[:, :1]) > 0.7, [[0.0, 1.0, 0.0]], [[1.0, 0.0, 0.0]])
    first = np.cross(helper, normals)
    first /= np.linalg.norm(first, axis=1, keepdims=True)
    return first, np.cross(normals, first)


def baked(points: Floats, normals: Floats, tracer: Tracer, seed: int, rays: int = 96) -> Floats:
    """Irradiance over pi at each point: soft lamps, a sky with occlusion, and one warm bounce."""
    out = np.zeros((len(points), 3))
    chunk = 40_000
    for start in range(0, len(points), chunk):
        part = slice(start, start + chunk)
        rng = np.random.default_rng([seed, start])
        out[part] = _sky(points[part], normals[part], tracer, rng, rays)
        out[part] += _lamps(points[part], normals[part], tracer, rng, max(rays // 6, 4))
    return out


def _sky(points: Floats, normals: Floats, tracer: Tracer, rng: np.random.Generator, rays: int) -> Floats:
    first, second = frames_of(normals)
    total = np.zeros((len(points), 3))
    shift = rng.random((len(points), 2))
    lifted = points + 0.004 * normals
    for k in range(rays):
        a = (k / rays + shift[:, 0]) % 1.0
        angle = 2 * np.pi * ((k * 0.6180339887 + shift[:, 1]) % 1.0)
        side, up = np.sqrt(a), np.sqrt(1 - a)
        ray = first * (side * np.cos(angle))[:, None] + second * (side * np.sin(angle))[:, None] + normals * up[:, None]
        blocked = tracer.blocked(lifted, ray)
        sky = GROUND + (SKY - GROUND) * smooth_step(-0.5, 0.9, ray[:, 1])[:, None]
        total += np.where(blocked[:, None], BOUNCE, sky)
    return total / rays


def _lamps(points: Floats, normals: Floats, tracer: Tracer, rng: np.random.Generator, rays: int) -> Floats:
    total = np.zeros((len(points), 3))
    lifted = points + 0.004 * normals
    shift = rng.random((len(points), 2))
    for lamp in LAMPS:
        axis = np.array([lamp.towards]) / np.linalg.norm(lamp.towards)
        one, two = frames_of(axis)
        widest = 1 - np.cos(np.radians(lamp.spread))
        for k in range(rays):
            height = 1 - widest * ((k / rays + shift[:, :1]) % 1.0)
            angle = 2 * np.pi * ((k * 0.6180339887 + shift[:, 1:]) % 1.0)
            side = np.sqrt(1 - height**2)
            ray = axis * height + side * (one * np.cos(angle) + two * np.sin(angle))
            facing = np.einsum("ij,ij->i", ray, normals)
            lit = np.where(facing > 0, facing, 0.0)
            lit[lit > 0] *= ~tracer.blocked(lifted[lit > 0], ray[lit > 0])
            total += lit[:, None] * np.array(lamp.colour) / rays
    return total


def sheen(normals: Floats, power: float) -> Floats:
    """A fixed highlight: how the key would glint for a viewer in front, drawn into the skin for every view."""
    half = np.array(LAMPS[0].towards) / np.linalg.norm(LAMPS[0].towards) + np.array([0.0, 0.0, 1.0])
    half /= np.linalg.norm(half)
    glint: Floats = np.clip(normals @ half, 0, 1) ** power
    return glint


def tone(linear: Floats) -> Floats:
    """Linear radiance to display values in [0, 1]: a soft shoulder and the sRGB curve."""
    x = 1 - np.exp(-0.98 * np.clip(linear, 0, None))
    return np.where(x <= 0.0031308, 12.92 * x, 1.055 * np.clip(x, 1e-9, None) ** (1 / 2.4) - 0.055)


def picture(piece: Piece, tracer: Tracer, pose: Floats, size: int, focal: float, grid: int, seed: int) -> np.ndarray:
    """One RGBA picture, straight alpha, grid x grid jittered rays for each pixel."""
    rng = np.random.default_rng(seed)
    rotation, eye = pose[:3, :3], pose[:3, 3]
    total = np.zeros((size * size, 4))
    local = (piece.points - eye) @ rotation
    spot = np.stack([-local[:, 1], local[:, 0]], axis=1) / -local[:, 2:] * focal + size / 2
    low, high = np.floor(spot.min(axis=0)) - 1, np.ceil(spot.max(axis=0)) + 1
    row, column = (part.ravel() for part in np.mgrid[0:size, 0:size])
    boxed = np.flatnonzero((row >= low[0]) & (row <= high[0]) & (column >= low[1]) & (column <= high[1]))
    row, column = row[boxed], column[boxed]
    for k in range(grid * grid):
        jitter = rng.random((2, len(boxed)))
        x = (column + (k % grid + jitter[0]) / grid - size / 2) / focal
        y = (row + (k // grid + jitter[1]) / grid - size / 2) / focal
        ray = np.stack([x, -y, -np.ones_like(x)], axis=1) @ rotation.T
        found = tracer.hits(np.broadcast_to(eye, ray.shape), ray)
        hit = np.flatnonzero(found["primID"] >= 0)
        corner = piece.triangles[found["primID"][hit]]
        u, v = (np.clip(found[name][hit], 0, 1)[:, None] for name in "uv")
        a, b, c = (piece.colour[corner[:, j]] for j in range(3))
        total[boxed[hit], :3] += (1 - u - v) * a + u * b + v * c
        total[boxed[hit], 3] += 1
    seen = np.maximum(total[:, 3:], 1)
    rgb = tone(total[:, :3] / seen)
    rgba = np.concatenate([rgb, total[:, 3:] / grid**2], axis=1)
    rgba[total[:, 3] == 0] = 0
    return (np.clip(rgba, 0, 1) * 255 + 0.5).astype(np.uint8).reshape(size, size, 4)


def surface_normals(piece: Piece) -> Floats:
    """Unit normals at the points of a piece."""
    return normals_of(piece.points, piece.triangles)
