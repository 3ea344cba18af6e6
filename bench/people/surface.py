"""Catmull-Clark refinement of quads as fixed tables: what is refined is linear in the points, so it can be redone for
every expression in a few milliseconds."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


def summed(rows: Ints, values: Floats, count: int) -> Floats:
    """values [R,3] added up by row number into [count,3]."""
    return np.stack([np.bincount(rows, values[:, k], minlength=count) for k in range(values.shape[1])], axis=1)


@dataclass(frozen=True)
class Level:
    """One step: quads, edges and what borders what."""

    points: int
    quads: Ints
    edges: Ints
    edge_of: Ints
    count: Ints

    @classmethod
    def of(cls, quads: Ints, points: int) -> Level:
        """The tables of a surface of quads [F,4]."""
        ends = np.sort(np.stack([quads, np.roll(quads, -1, axis=1)], axis=-1).reshape(-1, 2), axis=1)
        edges, edge_of = np.unique(ends, axis=0, return_inverse=True)
        edge_of = edge_of.reshape(-1)
        return cls(points, quads, edges, edge_of, np.bincount(edge_of, minlength=len(edges)))

    def finer(self) -> Ints:
        """The quads of the next level."""
        e = (self.points + len(self.quads) + self.edge_of).reshape(-1, 4)
        f = self.points + np.arange(len(self.quads))
        parts = [np.stack([self.quads[:, k], e[:, k], f, e[:, k - 1]], axis=1) for k in range(4)]
        return np.concatenate(parts)

    def refine(self, points: Floats) -> Floats:
        """Old points moved, then face points, then edge points."""
        n, quads, edges = self.points, self.quads, self.edges
        centre = points[quads].mean(axis=1)
        face_sum = summed(self.edge_of, centre[np.repeat(np.arange(len(quads)), 4)], len(edges))
        middle = points[edges].mean(axis=1)
        inner = (self.count == 2)[:, None]
        edge_point = np.where(inner, (2 * middle + face_sum) / 4, middle)
        valence = np.bincount(edges.ravel(), minlength=n)[:, None]
        face_count = np.maximum(np.bincount(quads.ravel(), minlength=n), 1)[:, None]
        face_mean = summed(quads.ravel(), np.repeat(centre, 4, axis=0), n) / face_count
        edge_mean = summed(edges.ravel(), np.repeat(middle, 2, axis=0), n) / np.maximum(valence, 1)
        k = np.maximum(valence, 3)
        moved = (face_mean + 2 * edge_mean + (k - 3) * points) / k
        rim = edges[self.count == 1]
        rim_count = np.bincount(rim.ravel(), minlength=n)
        rim_sum = summed(rim.ravel(), points[rim[:, ::-1]].reshape(-1, 3), n)
        on_rim = (rim_count == 2)[:, None]
        stuck = ((rim_count > 0) & (rim_count != 2))[:, None]
        moved = np.where(on_rim, 0.75 * points + 0.125 * rim_sum, np.where(stuck, points, moved))
        return np.concatenate([moved, centre, edge_point])


class Topology:
    """All levels over a coarse surface of `quads` [F,4] and `points` points."""

    def __init__(self, *, quads: Ints, points: int, levels: int) -> None:
        self.levels: list[Level] = []
        for _ in range(levels):
            level = Level.of(quads, points)
            self.levels.append(level)
            points += len(level.quads) + len(level.edges)
            quads = level.finer()
        self.points, self.quads, self.coarse_faces = points, quads, len(self.levels[0].quads)

    def refine(self, points: Floats) -> Floats:
        """Coarse points [V,3] to the finest level's."""
        for level in self.levels:
            points = level.refine(points)
        return points

    def triangles(self) -> NDArray[np.int32]:
        """The finest quads as triangles [2F,3]."""
        return np.concatenate([self.quads[:, [0, 1, 2]], self.quads[:, [0, 2, 3]]]).astype(np.int32)

    def point_groups(self, groups: NDArray[np.uint8]) -> NDArray[np.uint8]:
        """The coarse faces' groups at the finest points (groups share no point)."""
        out = np.zeros(self.points, np.uint8)
        out[self.quads.ravel()] = np.repeat(np.tile(groups, 4 ** len(self.levels)), 4)
        return out

    def refined_uv(self, corner_uv: Floats) -> Floats:
        """UVs of the coarse corners [F,4,2] split inside each face, at the finest points (the last face counts)."""
        for _ in self.levels:
            middle, centre = (corner_uv + np.roll(corner_uv, -1, axis=1)) / 2, corner_uv.mean(axis=1)
            corner_uv = np.concatenate(
                [np.stack([corner_uv[:, k], middle[:, k], centre, middle[:, k - 1]], axis=1) for k in range(4)]
            )
        out = np.zeros((self.points, 2))
        out[self.quads.ravel()] = corner_uv.reshape(-1, 2)
        return out
