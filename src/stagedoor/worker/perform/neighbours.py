"""The nearest Gaussians of each, by a grid: for smoothing changes of position over skin."""

# ruff: noqa: PLR0917  (numba knows no keyword-only arguments)

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from stagedoor.worker.double._jit import njit
from stagedoor.worker.double.project import Floats

NEAR: Final = 8
"""Neighbours of each Gaussian: about those that touch it on a surface."""
CELLS_MAX: Final = 64
"""Cells of the grid along its longest side."""
PER_CELL: Final = 4.0
"""Gaussians in a filled cell, aimed at, if they lie on a surface."""


def nearest(means: Floats) -> NDArray[np.int32]:
    """int32 [N,NEAR]: for each of means [3,N] the nearest others, nearest first; itself where there are too few."""
    low = means.min(axis=1)
    span = max(float((means.max(axis=1) - low).max()), 1e-6)
    cells = int(min(CELLS_MAX, max(1.0, np.sqrt(means.shape[1] / PER_CELL / 3.0))))
    size = np.float32(span / cells * 1.0001)
    cell = np.minimum(((means - low[:, None]) / size).astype(np.int32), cells - 1)
    key = (cell[0] * cells + cell[1]) * cells + cell[2]
    order = np.argsort(key, kind="stable").astype(np.int32)
    starts = np.searchsorted(key[order], np.arange(cells**3 + 1)).astype(np.int32)
    return _search(np.ascontiguousarray(means), np.ascontiguousarray(cell), order, starts, cells)


@njit()
def _search(
    means: Floats, cell: NDArray[np.int32], order: NDArray[np.int32], starts: NDArray[np.int32], cells: int
) -> NDArray[np.int32]:
    """Looks in the 27 cells round each."""
    count = means.shape[1]
    out = np.empty((count, NEAR), np.int32)
    far = np.empty(NEAR, np.float32)
    for i in range(count):
        far[:] = np.float32(np.inf)
        out[i, :] = i
        for x in range(max(cell[0, i] - 1, 0), min(cell[0, i] + 2, cells)):
            for y in range(max(cell[1, i] - 1, 0), min(cell[1, i] + 2, cells)):
                for z in range(max(cell[2, i] - 1, 0), min(cell[2, i] + 2, cells)):
                    at = (x * cells + y) * cells + z
                    for k in range(starts[at], starts[at + 1]):
                        j = order[k]
                        if j == i:
                            continue
                        dx, dy, dz = means[0, j] - means[0, i], means[1, j] - means[1, i], means[2, j] - means[2, i]
                        away = dx * dx + dy * dy + dz * dz
                        place = NEAR
                        while place > 0 and away < far[place - 1]:
                            place -= 1
                        if place < NEAR:
                            for s in range(NEAR - 1, place, -1):
                                far[s], out[i, s] = far[s - 1], out[i, s - 1]
                            far[place], out[i, place] = away, j
    return out


def smoothed(change: Floats, near: NDArray[np.int32], share: float = 0.5) -> Floats:
    """change [3,N] moved by `share` towards the mean of each one's neighbours; float32, the same for the same input."""
    mean = change[:, near].mean(axis=2, dtype=np.float32)
    return np.asarray(change + np.float32(share) * (mean - change), np.float32)
