"""A polygon cut into triangles: a fan where it is convex, ear by ear where it is not."""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from stagedoor.worker.mesh.errors import MeshError

EARS_TRIED_MAX: Final = 20_000
"""Corners of concave polygons that are tried in one file, a second's work: modellers leave few of them."""


def quads_cut(corners: NDArray[np.float64]) -> NDArray[np.int64]:
    """Two triangles for each of N four-cornered polygons [N,4,3], as corner numbers 0 to 3, int64 [N,2,3].

    Cut from the first corner to the third, unless that would turn one half over: then from the second to the fourth.
    """
    with np.errstate(over="ignore", invalid="ignore"):
        first = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
        second = np.cross(corners[:, 2] - corners[:, 0], corners[:, 3] - corners[:, 0])
        over = (first * second).sum(axis=1) < 0.0
    usual, other = np.array([[0, 1, 2], [0, 2, 3]]), np.array([[0, 1, 3], [1, 2, 3]])
    return np.asarray(np.where(over[:, None, None], other, usual), dtype=np.int64)


class Cutter:
    """Cuts one file's polygons, and counts what it costs."""

    def __init__(self) -> None:
        self._left = EARS_TRIED_MAX

    def cut(self, corners: NDArray[np.float64], where: str) -> list[tuple[int, int, int]]:
        """Triangles of a polygon's corners [N,3], as numbers 0 to N-1, in its own order round."""
        count = len(corners)
        fan = [(0, i, i + 1) for i in range(1, count - 1)]
        if count <= 3:
            return fan
        following = np.roll(corners, -1, axis=0)
        with np.errstate(over="ignore", invalid="ignore"):
            # Newell's normal: right for polygons that are not quite flat, too.
            normal = np.cross(corners, following).sum(axis=0)
            turns = np.cross(corners - np.roll(corners, 1, axis=0), following - corners) @ normal
        if not np.isfinite(turns).all() or (turns >= 0.0).all():
            return fan
        flat = _flattened(corners, normal)
        return self._ears(flat, where)

    def _ears(self, flat: NDArray[np.float64], where: str) -> list[tuple[int, int, int]]:
        left = list(range(len(flat)))
        out: list[tuple[int, int, int]] = []
        at = tried = 0
        while len(left) > 3:
            self._left -= 1
            if self._left < 0:
                raise MeshError(
                    where=where, what="it has too many concave polygons", todo="Triangulate the mesh in your modeller"
                )
            a, b, c = left[at - 1], left[at], left[(at + 1) % len(left)]
            # A polygon that crosses itself has no ear left at some time: then any corner will do.
            if tried >= len(left) or _is_ear(flat, a, b, c, left):
                out.append((a, b, c))
                left.pop(at)
                at, tried = at % len(left), 0
            else:
                at, tried = (at + 1) % len(left), tried + 1
        out.append((left[0], left[1], left[2]))
        return out


def _flattened(corners: NDArray[np.float64], normal: NDArray[np.float64]) -> NDArray[np.float64]:
    """[N,2], counter-clockwise, in the plane that the normal sees best."""
    axis = int(np.abs(normal).argmax())
    kept = corners[:, [(axis + 1) % 3, (axis + 2) % 3]]
    return kept if normal[axis] > 0 else kept * np.array([-1.0, 1.0])


def _is_ear(flat: NDArray[np.float64], a: int, b: int, c: int, left: list[int]) -> bool:
    """Whether corner b sticks out and no other corner lies in its triangle."""
    first, tip, last = flat[a], flat[b], flat[c]
    if _side(first, tip, last[None])[0] <= 0.0:
        return False
    others = flat[[i for i in left if i not in (a, b, c)]]
    inside = (_side(first, tip, others) >= 0) & (_side(tip, last, others) >= 0) & (_side(last, first, others) >= 0)
    return not bool(inside.any())


def _side(start: NDArray[np.float64], end: NDArray[np.float64], points: NDArray[np.float64]) -> NDArray[np.float64]:
    """Above zero for points left of the line from start to end."""
    x, y = end - start
    return np.asarray(x * (points[:, 1] - start[1]) - y * (points[:, 0] - start[0]), dtype=np.float64)
