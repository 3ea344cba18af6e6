"""The hash grid: from a place in the unit cube to its features, at several resolutions, and gradients on the way back.

Each level is a lattice of `side`^3 cells.  Where its corners fit in the table they are stored each in its own entry;
where they do not, a hash says which entry corners share (Müller et al. 2022, equation 4), and training gives the entry
to those that the pictures show.  A place's features are trilinear between the eight corners of its cell.
"""

# ruff: noqa: PLR0917  (numba knows no keyword-only arguments)

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from stagedoor.worker.double._jit import njit
from stagedoor.worker.field.errors import FieldError

Floats = NDArray[np.float32]
Longs = NDArray[np.int64]

FEATURES: Final = 2
"""Numbers in an entry of the table, as in the paper."""
LEVELS_MAX: Final = 16
"""The paper's own count; more of them tell nothing that pictures of 1024 px show."""
SIDE_MAX: Final = 2048
"""Cells along the finest level: finer than any capture's pixels."""
TABLE_LOG2_MAX: Final = 19
"""The paper's default: 16 levels then take 67 MB as float32."""

_PRIME_1 = np.uint64(2654435761)
_PRIME_2 = np.uint64(805459861)
_ONE = np.float32(1.0)


@dataclass(frozen=True, slots=True, kw_only=True)
class GridShape:
    """levels, cells along the coarsest and finest, and the logarithm of the entries that a level has at most.

    Raises FieldError for what no field here has.
    """

    levels: int = 8
    coarsest: int = 16
    finest: int = 256
    table_log2: int = 15

    def __post_init__(self) -> None:
        if not (
            1 <= self.levels <= LEVELS_MAX
            and 1 <= self.coarsest <= self.finest <= SIDE_MAX
            and 4 <= self.table_log2 <= TABLE_LOG2_MAX
        ):
            raise FieldError(
                where="grid",
                what=f"{self.levels} levels of {self.coarsest} to {self.finest} cells, 2^{self.table_log2} entries",
                todo=f"Take 1 to {LEVELS_MAX} levels, sides up to {SIDE_MAX}, tables of 2^4 to 2^{TABLE_LOG2_MAX}",
            )

    def layout(self) -> Longs:
        """int64 [levels,4]: cells along a side, first entry, entries, and 1 where corners are hashed.

        Sides grow geometrically and are rounded to whole cells.
        """
        rows, start = np.zeros((self.levels, 4), np.int64), 0
        growth = (self.finest / self.coarsest) ** (1.0 / max(self.levels - 1, 1))
        for level in range(self.levels):
            side = round(self.coarsest * growth**level)
            corners, most = (side + 1) ** 3, 1 << self.table_log2
            rows[level] = side, start, min(corners, most), corners > most
            start += min(corners, most)
        return rows

    def entries(self) -> int:
        """Entries of all levels together."""
        return int(self.layout()[:, 2].sum())


@njit(inline="always")
def entry(i: int, j: int, k: int, side: int, size: int, hashed: int) -> int:
    """Which entry of its level a corner has."""
    if hashed == 0:
        return (i * (side + 1) + j) * (side + 1) + k
    mixed = np.uint64(i) ^ (np.uint64(j) * _PRIME_1) ^ (np.uint64(k) * _PRIME_2)
    return np.int64(mixed & np.uint64(size - 1))  # type: ignore[return-value]


@njit(inline="always")
def cell(place: np.float32, side: int) -> tuple[int, np.float32]:
    """(lower corner, share of the way to the next) along one axis; a place on the far face is in the last cell."""
    scaled = place * np.float32(side)
    lower = max(0, min(side - 1, int(scaled)))
    return lower, np.float32(scaled - np.float32(lower))


@njit()
def encode(table: Floats, layout: Longs, x: np.float32, y: np.float32, z: np.float32, features: Floats) -> None:
    """Writes the features [2 levels] of a place in the unit cube; table [entries,2]."""
    for level in range(layout.shape[0]):
        side, start, size, hashed = layout[level, 0], layout[level, 1], layout[level, 2], layout[level, 3]
        i, u = cell(x, side)
        j, v = cell(y, side)
        k, w = cell(z, side)
        first, second = np.float32(0.0), np.float32(0.0)
        for corner in range(8):
            di, dj, dk = corner >> 2, (corner >> 1) & 1, corner & 1
            share = (u if di else _ONE - u) * (v if dj else _ONE - v) * (w if dk else _ONE - w)
            at = start + entry(i + di, j + dj, k + dk, side, size, hashed)
            first += share * table[at, 0]
            second += share * table[at, 1]
        features[2 * level] = first
        features[2 * level + 1] = second


@njit()
def scatter(row: Longs, level: int, places: Floats, aims: Floats, counts: Longs, capacity: int, sums: Floats) -> None:
    """Adds to one level's sums [entries,2] what each sample pulls at its corners, in the samples' own order.

    `row` is the level's line of the layout.  places [CHUNKS * capacity,3] and aims [CHUNKS * capacity,2 levels] hold
    counts[c] samples of chunk c from c * capacity on.
    """
    side, start, size, hashed = row[0], row[1], row[2], row[3]
    for chunk in range(counts.shape[0]):
        for at in range(chunk * capacity, chunk * capacity + counts[chunk]):
            i, u = cell(places[at, 0], side)
            j, v = cell(places[at, 1], side)
            k, w = cell(places[at, 2], side)
            first, second = aims[at, 2 * level], aims[at, 2 * level + 1]
            for corner in range(8):
                di, dj, dk = corner >> 2, (corner >> 1) & 1, corner & 1
                share = (u if di else _ONE - u) * (v if dj else _ONE - v) * (w if dk else _ONE - w)
                held = start + entry(i + di, j + dj, k + dk, side, size, hashed)
                sums[held, 0] += share * first
                sums[held, 1] += share * second


@njit()
def adam(
    values: Floats, sums: Floats, means: Floats, squares: Floats, rate: np.float32, step: int, start: int, end: int
) -> None:
    """One step of Adam on values[start:end] wherever a gradient came, which is then cleared.

    What no ray touched keeps its moments too, as in the paper: a hash entry that is seldom seen must not drift.
    """
    mean_share, square_share = np.float32(1.0 - 0.9**step), np.float32(1.0 - 0.99**step)
    for at in range(start, end):
        pull = sums[at]
        if pull == np.float32(0.0):
            continue
        sums[at] = np.float32(0.0)
        mean = np.float32(0.9) * means[at] + np.float32(0.1) * pull
        square = np.float32(0.99) * squares[at] + np.float32(0.01) * pull * pull
        means[at], squares[at] = mean, square
        values[at] -= rate * (mean / mean_share) / (np.sqrt(square / square_share) + np.float32(1e-10))
