"""The invented performer's body: CC0 parts mixed into one cropped, smooth bust.

Units on disk are decimetres; the bust leaves here in capture units (about two units tall, centred on the origin,
face along +z, y up). Nothing here measures, scans or copies a real person.
"""

from __future__ import annotations

import gzip
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

PARTS = Path(__file__).parent / "parts"

#: Who she is: parts and weights. The macro weights sum to one.
BASE: dict[str, float] = {
    "macrodetails/african-female-young": 0.45,
    "macrodetails/caucasian-female-young": 0.35,
    "macrodetails/asian-female-young": 0.20,
    "macrodetails/universal-female-young-averagemuscle-averageweight": 1.0,
}
SHAPE: dict[str, float] = {
    "head/head-oval": 0.35,
    "cheek/l-cheek-bones-incr": 0.55,
    "cheek/r-cheek-bones-incr": 0.55,
    "nose/nose-hump-incr": 0.18,
    "nose/nose-width2-decr": 0.25,
    "nose/nose-point-up": 0.2,
    "mouth/mouth-lowerlip-volume-incr": 0.3,
    "mouth/mouth-cupidsbow-incr": 0.5,
    "eyes/l-eye-height2-incr": 0.25,
    "eyes/r-eye-height2-incr": 0.25,
    "chin/chin-width-decr": 0.25,
    "neck/neck-scale-vert-incr": 0.3,
}
EXPRESSION: dict[str, float] = {"expression/units/caucasian/mouth-corner-puller": 0.35}


@dataclass
class Surface:
    """A quad surface: shared positions, and UVs per face corner."""

    points: Floats
    quads: Ints
    corner_uv: Floats  # (faces, 4, 2)

    def triangles(self) -> Ints:
        """Each quad as two triangles."""
        return np.concatenate([self.quads[:, [0, 1, 2]], self.quads[:, [0, 2, 3]]])

    def point_uv(self) -> Floats:
        """One UV for each point (the last corner that mentions it: seams lie at the back of the head)."""
        uv = np.zeros((len(self.points), 2))
        uv[self.quads.ravel()] = self.corner_uv.reshape(-1, 2)
        return uv


@dataclass
class Base:
    """The base mesh: points, UVs, and faces by group name."""

    points: Floats
    uvs: Floats
    faces: dict[str, Ints] = field(default_factory=dict)  # (n, 4, 2): vertex and uv index


def load_base(path: Path) -> Base:
    """Read the gzipped base OBJ; every face is a quad."""
    points: list[list[float]] = []
    uvs: list[list[float]] = []
    faces: dict[str, list[list[list[int]]]] = {}
    group = "none"
    with gzip.open(path, "rt", encoding="utf-8") as lines:
        for line in lines:
            kind, _, rest = line.partition(" ")
            if kind == "v":
                points.append([float(x) for x in rest.split()[:3]])
            elif kind == "vt":
                uvs.append([float(x) for x in rest.split()[:2]])
            elif kind == "g":
                group = rest.strip()
            elif kind == "f":
                corners = [[int(i) - 1 for i in part.split("/")[:2]] for part in rest.split()]
                faces.setdefault(group, []).append(corners)
    return Base(np.array(points), np.array(uvs), {name: np.array(rows) for name, rows in faces.items()})


def read_target(name: str) -> tuple[Ints, Floats]:
    """One shape target: vertex numbers and their offsets."""
    with gzip.open(PARTS / "targets" / f"{name}.target.gz", "rt", encoding="utf-8") as lines:
        rows = [line.split() for line in lines if line.strip() and not line.startswith("#")]
    index = np.array([int(row[0]) for row in rows], dtype=np.int64)
    return index, np.array([[float(x) for x in row[1:4]] for row in rows]).reshape(-1, 3)


def shaped(base: Base, recipe: dict[str, float]) -> Floats:
    """The base points with every target of the recipe added."""
    points = base.points.copy()
    for name, weight in recipe.items():
        index, offset = read_target(name)
        np.add.at(points, index, weight * offset)
    return points


def compact(points: Floats, faces: Ints, uvs: Floats) -> Surface:
    """A surface that holds only the points that its faces use."""
    used, inverse = np.unique(faces[:, :, 0], return_inverse=True)
    return Surface(points[used], inverse.reshape(-1, 4).astype(np.int64), uvs[faces[:, :, 1]])


def subdivided(surface: Surface) -> Surface:
    """One Catmull-Clark step; UVs are split bilinearly inside their own face."""
    points, quads = surface.points, surface.quads
    n_points, n_faces = len(points), len(quads)
    centre = points[quads].mean(axis=1)
    ends = np.sort(np.stack([quads, np.roll(quads, -1, axis=1)], axis=-1).reshape(-1, 2), axis=1)
    edges, edge_of = np.unique(ends, axis=0, return_inverse=True)
    edge_of = edge_of.reshape(-1)
    face_of = np.repeat(np.arange(n_faces), 4)
    count = np.bincount(edge_of, minlength=len(edges))
    face_sum = np.zeros((len(edges), 3))
    np.add.at(face_sum, edge_of, centre[face_of])
    middle = points[edges].mean(axis=1)
    inner = (count == 2)[:, None]
    edge_point = np.where(inner, (points[edges].sum(axis=1) + face_sum) / 4, middle)
    moved = _vertex_rule(points, quads, centre, edges, count, middle)
    e = (n_points + n_faces + edge_of).reshape(-1, 4)
    f = n_points + np.arange(n_faces)
    uv = surface.corner_uv
    mid_uv, face_uv = (uv + np.roll(uv, -1, axis=1)) / 2, uv.mean(axis=1)
    new_quads, new_uv = [], []
    for k in range(4):
        new_quads.append(np.stack([quads[:, k], e[:, k], f, e[:, k - 1]], axis=1))
        new_uv.append(np.stack([uv[:, k], mid_uv[:, k], face_uv, mid_uv[:, k - 1]], axis=1))
    return Surface(np.concatenate([moved, centre, edge_point]), np.concatenate(new_quads), np.concatenate(new_uv))


def _vertex_rule(points: Floats, quads: Ints, centre: Floats, edges: Ints, count: Ints, middle: Floats) -> Floats:
    """Where Catmull-Clark moves the old points; a border stays a smooth border."""
    n = len(points)
    valence = np.bincount(edges.ravel(), minlength=n).astype(float)
    face_count = np.maximum(np.bincount(quads.ravel(), minlength=n), 1)[:, None]
    face_mean, edge_mean = np.zeros((n, 3)), np.zeros((n, 3))
    np.add.at(face_mean, quads.ravel(), np.repeat(centre, 4, axis=0))
    for side in (0, 1):
        np.add.at(edge_mean, edges[:, side], middle)
    face_mean /= face_count
    edge_mean /= np.maximum(valence, 1)[:, None]
    k = np.maximum(valence, 3)[:, None]
    smooth = (face_mean + 2 * edge_mean + (k - 3) * points) / k
    rim = edges[count == 1]
    rim_sum, rim_count = np.zeros((n, 3)), np.bincount(rim.ravel(), minlength=n)
    np.add.at(rim_sum, rim[:, 0], points[rim[:, 1]])
    np.add.at(rim_sum, rim[:, 1], points[rim[:, 0]])
    on_rim = rim_count == 2
    smooth[on_rim] = 0.75 * points[on_rim] + 0.125 * rim_sum[on_rim]
    stuck = (rim_count > 0) & ~on_rim
    smooth[stuck] = points[stuck]
    return smooth


def neighbours(n_points: int, triangles: Ints) -> sparse.csr_matrix:
    """Row-normalised adjacency: one multiplication is one smoothing step."""
    a = np.concatenate([triangles[:, 0], triangles[:, 1], triangles[:, 2]])
    b = np.concatenate([triangles[:, 1], triangles[:, 2], triangles[:, 0]])
    ones = np.ones(2 * len(a))
    links = sparse.csr_matrix((ones, (np.r_[a, b], np.r_[b, a])), shape=(n_points, n_points))
    links.data[:] = 1.0
    degree = np.maximum(np.asarray(links.sum(axis=1)).ravel(), 1)
    return sparse.diags(1 / degree) @ links


def normals_of(points: Floats, triangles: Ints) -> Floats:
    """Area-weighted unit normals at the points."""
    a, b, c = (points[triangles[:, k]] for k in range(3))
    face = np.cross(b - a, c - a)
    total = np.zeros_like(points)
    for k in range(3):
        np.add.at(total, triangles[:, k], face)
    return total / np.maximum(np.linalg.norm(total, axis=1, keepdims=True), 1e-12)
