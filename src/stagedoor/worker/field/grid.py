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
Eight = tuple[np.uint64, np.uint64, np.uint64, np.uint64, np.uint64, np.uint64, np.uint64, np.uint64]
Shares = tuple[np.float32, np.float32, np.float32, np.float32, np.float32, np.float32, np.float32, np.float32]

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
def entries_of(i: int, j: int, k: int, cells: int, begin: int, entries: int, hashed: int) -> Eight:
    """The entries of a cell's eight corners, x slowest; cells to hashed: the level's line of the layout.

    Unsigned, for numba looks at a signed index for its sign first.
    """
    side, start, size = np.uint64(cells), np.uint64(begin), np.uint64(entries)
    one = np.uint64(1)
    if hashed:
        a, b, c = np.uint64(i), np.uint64(j) * _PRIME_1, np.uint64(k) * _PRIME_2
        d, e, f = a + one, b + _PRIME_1, c + _PRIME_2
        mask = size - one
        return (
            start + ((a ^ b ^ c) & mask),
            start + ((a ^ b ^ f) & mask),
            start + ((a ^ e ^ c) & mask),
            start + ((a ^ e ^ f) & mask),
            start + ((d ^ b ^ c) & mask),
            start + ((d ^ b ^ f) & mask),
            start + ((d ^ e ^ c) & mask),
            start + ((d ^ e ^ f) & mask),
        )
    along = side + one
    first = start + (np.uint64(i) * along + np.uint64(j)) * along + np.uint64(k)
    third = first + along
    fifth = first + along * along
    seventh = fifth + along
    return first, first + one, third, third + one, fifth, fifth + one, seventh, seventh + one


@njit(inline="always")
def shares_of(u: np.float32, v: np.float32, w: np.float32) -> Shares:
    """What each of the eight corners gives to a place, in their order; they sum to one."""
    x, y, z = _ONE - u, _ONE - v, _ONE - w
    near_near, near_far, far_near, far_far = x * y, x * v, u * y, u * v
    return (
        near_near * z,
        near_near * w,
        near_far * z,
        near_far * w,
        far_near * z,
        far_near * w,
        far_far * z,
        far_far * w,
    )


@njit(inline="always")
def cell(place: np.float32, side: int) -> tuple[int, np.float32]:
    """(lower corner, share of the way to the next) along one axis; a place on the far face is in the last cell."""
    scaled = place * np.float32(side)
    lower = max(0, min(side - 1, int(scaled)))
    return lower, np.float32(scaled - np.float32(lower))


@njit()
def encode(
    table: Floats, layout: Longs, x: np.float32, y: np.float32, z: np.float32, at: int, features: Floats
) -> None:
    """Writes the features of a place in the unit cube into features[at] [2 levels]; table [entries,2]."""
    for level in range(layout.shape[0]):
        side = layout[level, 0]
        i, u = cell(x, side)
        j, v = cell(y, side)
        k, w = cell(z, side)
        a, b, c, d, e, f, g, h = entries_of(i, j, k, side, layout[level, 1], layout[level, 2], layout[level, 3])
        s, t, o, p, q, r, m, n = shares_of(u, v, w)
        # Two sums of four, for an addition waits for the one before it.
        features[at, 2 * level] = (s * table[a, 0] + t * table[b, 0] + o * table[c, 0] + p * table[d, 0]) + (
            q * table[e, 0] + r * table[f, 0] + m * table[g, 0] + n * table[h, 0]
        )
        features[at, 2 * level + 1] = (s * table[a, 1] + t * table[b, 1] + o * table[c, 1] + p * table[d, 1]) + (
            q * table[e, 1] + r * table[f, 1] + m * table[g, 1] + n * table[h, 1]
        )


@njit()
def scatter(row: Longs, level: int, places: Floats, aims: Floats, counts: Longs, capacity: int, sums: Floats) -> None:
    """Adds to one level's sums [entries,2] what each sample pulls at its corners, in the samples' own order.

    `row` is the level's line of the layout.  places [CHUNKS * capacity,3] and aims [CHUNKS * capacity,2 levels] hold
    counts[c] samples of chunk c from c * capacity on.
    """
    for chunk in range(counts.shape[0]):
        for sample in range(chunk * capacity, chunk * capacity + counts[chunk]):
            i, u = cell(places[sample, 0], row[0])
            j, v = cell(places[sample, 1], row[0])
            k, w = cell(places[sample, 2], row[0])
            first, second = aims[sample, 2 * level], aims[sample, 2 * level + 1]
            at, share = entries_of(i, j, k, row[0], row[1], row[2], row[3]), shares_of(u, v, w)
            for corner in range(8):
                sums[at[corner], 0] += share[corner] * first
                sums[at[corner], 1] += share[corner] * second


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
