"""Quad surfaces: Catmull-Clark, smoothing, normals and one-table noise."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


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


def smooth_step(low: float, high: float, x: Floats) -> Floats:
    """0 below low, 1 above high, smooth between (low may be above high)."""
    t = np.clip((x - low) / (high - low), 0.0, 1.0)
    return t * t * (3 - 2 * t)


def noise(points: Floats, frequency: float, seed: int) -> Floats:
    """Smooth value noise in [-1, 1] at 3D points, the same for the same seed."""
    table = np.random.default_rng(seed).uniform(-1, 1, 4096)
    grid = points * frequency + 1000.0
    cell = np.floor(grid).astype(np.int64)
    t = grid - cell
    t = t * t * (3 - 2 * t)
    total = np.zeros(len(points))
    for corner in range(8):
        bit = np.array([corner & 1, corner >> 1 & 1, corner >> 2 & 1])
        at = cell + bit
        index = (at[:, 0] * 73856093 ^ at[:, 1] * 19349663 ^ at[:, 2] * 83492791) & 4095
        weight = np.prod(np.where(bit, t, 1 - t), axis=1)
        total += weight * table[index]
    return total
