"""Bends a fitted bust smoothly until its outline is that of every mask.

CONTROLS of its points move freely and the others follow those that are near; what a neighbour does differently costs.
The equations are summed in a fixed order and solved here, not by a threaded library: the same bytes always.
"""

# ruff: noqa: PLR0917  (numba knows no keyword-only arguments)

from __future__ import annotations

import numpy as np

from stagedoor.worker.double._jit import njit
from stagedoor.worker.double.bust import Bust, Doubles, Ints, normals_of
from stagedoor.worker.double.outline import Outline, Pulls, Shape, pulls_of

STEPS = 15
REACH = 6.0
"""Units within which an outline asks for a place."""
CONTROLS, NEAREST, WIDTH = 150, 12, 0.46
"""Points that move freely, how many of them each other point follows, and how far they act, in decimetres."""
WEIGHT, STAY = 1e-3, 0.02
"""What it costs, for each pull, that neighbours move differently by a unit, and beside that, that one moves at all."""


def bent(model: Bust, outlines: list[Outline], rest: Doubles, size: float) -> tuple[Doubles, Pulls]:
    """rest [N,3] bent towards the outlines, and what they still ask; size: world units for a decimetre."""
    controls = spread(rest, CONTROLS)
    away = ((rest[:, None] - rest[controls][None]) ** 2).sum(axis=2)
    follows = np.argsort(away, axis=1, kind="stable")[:, :NEAREST]
    shares = np.exp(-np.take_along_axis(away, follows, axis=1) / (2.0 * (WIDTH * size) ** 2))
    shares /= shares.sum(axis=1, keepdims=True) + 1e-3
    tied = np.exp(-away[controls] / (2.0 * (1.2 * WIDTH * size) ** 2))
    tied -= np.diag(np.diag(tied))
    smooth = np.diag(tied.sum(axis=1) + STAY) - tied
    moved = np.zeros((CONTROLS, 3))
    points, pulls = rest, asked(model, outlines, rest, REACH)
    for _ in range(STEPS):
        stiff = smooth * (WEIGHT * len(pulls.off) * outlines[0].unit ** 2)
        square = np.kron(stiff, np.eye(3))
        right = -np.einsum("ij,jk->ik", stiff, moved).ravel()
        rows = (pulls.one, pulls.two, pulls.share, pulls.across, pulls.off, pulls.weight)
        add_pulls(square, right, follows, shares, *rows)
        moved = moved + solved(square, right).reshape(CONTROLS, 3)
        points = rest + (shares[:, :, None] * moved[follows]).sum(axis=1)
        pulls = asked(model, outlines, points, REACH)
    return points, pulls


def asked(model: Bust, outlines: list[Outline], points: Doubles, reach: float) -> Pulls:
    """What the outlines ask of a bust with its points [N,3] there."""
    normals = normals_of(points, model.triangles)
    return pulls_of(outlines, Shape(points=points, normals=normals, edges=model.edges, cut=model.cut), reach)


def spread(points: Doubles, count: int) -> Ints:
    """The numbers of `count` points, each the farthest from those before it; the highest first."""
    chosen = [int(points[:, 1].argmax())]
    away = ((points - points[chosen[0]]) ** 2).sum(axis=1)
    for _ in range(count - 1):
        chosen.append(int(away.argmax()))
        away = np.minimum(away, ((points - points[chosen[-1]]) ** 2).sum(axis=1))
    return np.array(chosen)


@njit()
def add_pulls(
    square: Doubles,
    right: Doubles,
    follows: Ints,
    shares: Doubles,
    one: Ints,
    two: Ints,
    share: Doubles,
    across: Doubles,
    off: Doubles,
    weight: Doubles,
) -> None:
    """Adds the pulls' normal equations to square [3C,3C] and right [3C]."""
    near = follows.shape[1]
    at, much = np.empty(2 * near, np.int64), np.empty(2 * near)
    for row in range(off.shape[0]):
        for k in range(near):
            at[k], much[k] = follows[one[row], k], (1.0 - share[row]) * shares[one[row], k]
            at[near + k], much[near + k] = follows[two[row], k], share[row] * shares[two[row], k]
        for a in range(2 * near):
            for i in range(3):
                left = weight[row] * much[a] * across[row, i]
                right[3 * at[a] + i] += left * off[row]
                for b in range(2 * near):
                    for j in range(3):
                        square[3 * at[a] + i, 3 * at[b] + j] += left * much[b] * across[row, j]


@njit()
def solved(square: Doubles, right: Doubles) -> Doubles:
    """x of square x = right, square symmetric and positive definite (Cholesky)."""
    size = right.shape[0]
    lower, out = square.copy(), right.copy()
    for i in range(size):
        for j in range(i + 1):
            total = lower[i, j]
            for k in range(j):
                total -= lower[i, k] * lower[j, k]
            lower[i, j] = np.sqrt(max(total, 1e-12)) if i == j else total / lower[j, j]
    for i in range(size):
        for k in range(i):
            out[i] -= lower[i, k] * out[k]
        out[i] /= lower[i, i]
    for i in range(size - 1, -1, -1):
        for k in range(i + 1, size):
            out[i] -= lower[k, i] * out[k]
        out[i] /= lower[i, i]
    return out
