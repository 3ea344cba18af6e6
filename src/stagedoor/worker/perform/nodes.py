"""Nodes that carry patches of skin: a control's change of position, to begin with, is one that few nodes decide.

A Gaussian alone sees a pixel or two and would sooner be recoloured than moved; a patch that moves as one finds its
place from far away.  Each Gaussian follows its nearest nodes, by weights that fall with distance.
"""

# ruff: noqa: PLR0917  (numba knows no keyword-only arguments)

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from stagedoor.worker.double._jit import njit
from stagedoor.worker.double.project import Floats

BOUND: Final = 4
"""Nodes that a Gaussian follows: enough to be smooth, too few for one lip to follow the far side of the other."""
f4 = np.float32
KEEP_MEAN, KEEP_SQUARE = f4(0.9), f4(0.99)
TINY = f4(1e-12)
FIRM = f4(0.05)
"""World units that a node has moved after which nothing pulls it back: a brow's way, and more than noise goes."""
BACK = f4(0.15)
"""The pull, in full steps: well under what a steady gradient gives, over what an unsteady one does."""


class Nodes:
    """`count` nodes spread over the Gaussians of means [3,N]; one offset [3] each for every control."""

    def __init__(self, means: Floats, *, count: int, controls: int) -> None:
        places = spread(means, count)
        self.places = np.ascontiguousarray(means[:, places])
        self.near, self.share = bind(means, self.places)
        self.means, self.squares = (np.zeros((controls, 3, len(places)), f4) for _ in range(2))
        self.offsets = np.zeros((controls, 3, len(places)), f4)
        self.grads, self.moves = (np.zeros((3, len(places)), f4) for _ in range(2))

    def bind_again(self, means: Floats) -> None:
        """After Gaussians were moved at rest."""
        self.near, self.share = bind(means, self.places)

    def step(self, k: int, change: Floats, grads: Floats, weight: np.float32, rate: np.float32, step: int) -> None:
        """One Adam step of control k's nodes; adds what they moved to change[0:3]."""
        carry(self.near, self.share, grads, weight, self.grads)
        node_step(self.grads, self.means[k], self.squares[k], rate, step, self.offsets[k], self.moves)
        follow(self.near, self.share, self.moves, change)


@njit()
def spread(means: Floats, count: int) -> NDArray[np.int64]:
    """`count` (or all, if fewer) of means [3,N], each the one farthest from those before it."""
    total = means.shape[1]
    count = min(count, total)
    out = np.zeros(count, np.int64)
    away = np.full(total, f4(np.inf), np.float32)
    for k in range(1, count):
        last, best = out[k - 1], 0
        for i in range(total):
            dx, dy, dz = means[0, i] - means[0, last], means[1, i] - means[1, last], means[2, i] - means[2, last]
            away[i] = min(away[i], dx * dx + dy * dy + dz * dz)
            if away[i] > away[best]:
                best = i
        out[k] = best
    return out


@njit()
def bind(means: Floats, nodes: Floats) -> tuple[NDArray[np.int32], Floats]:
    """(near, share), both [N,BOUND]: each one's nearest of nodes [3,M], and how far it follows them (sum 1).

    Shares fall to zero at the next node that is not followed, so neighbours follow alike.
    """
    total, count = means.shape[1], nodes.shape[1]
    bound = min(BOUND, count)
    near, share = np.zeros((total, BOUND), np.int32), np.zeros((total, BOUND), np.float32)
    far, who = np.empty(BOUND + 1, np.float32), np.zeros(BOUND + 1, np.int32)
    for i in range(total):
        far[:] = f4(1e30)
        for j in range(count):
            dx, dy, dz = means[0, i] - nodes[0, j], means[1, i] - nodes[1, j], means[2, i] - nodes[2, j]
            away, place = dx * dx + dy * dy + dz * dz, BOUND + 1
            while place > 0 and away < far[place - 1]:
                place -= 1
            if place <= BOUND:
                for s in range(BOUND, place, -1):
                    far[s], who[s] = far[s - 1], who[s - 1]
                far[place], who[place] = away, j
        edge = np.sqrt(far[BOUND]) + f4(1e-6)
        total_share = f4(0.0)
        for b in range(bound):
            near[i, b] = who[b]
            fall = max(f4(1e-3), f4(1.0) - np.sqrt(far[b]) / edge)
            share[i, b] = fall * fall
            total_share += share[i, b]
        for b in range(bound):
            share[i, b] /= total_share
    return near, share


@njit()
def carry(near: NDArray[np.int32], share: Floats, grads: Floats, weight: np.float32, out: Floats) -> None:
    """Gradients of positions, grads[0:3] [.,N], gathered at the nodes: out [3,M]."""
    out[:, :] = f4(0.0)
    for i in range(near.shape[0]):
        for b in range(BOUND):
            s, j = share[i, b] * weight, near[i, b]
            for row in range(3):
                out[row, j] += s * grads[row, i]


@njit()
def node_step(
    grads: Floats, means: Floats, squares: Floats, rate: np.float32, step: int, offsets: Floats, moves: Floats
) -> None:
    """Adam over [3,M], one size of step for a node's three directions; `offsets` moves on, by what goes to `moves`.

    A node that is not FIRM yet is pulled back by a share of a step: noise leaves it where it is.
    """
    one, zero = f4(1.0), f4(0.0)
    mean_scale, square_scale = f4(1.0 / (1.0 - 0.9**step)), f4(1.0 / (1.0 - 0.99**step))
    new = np.empty(3, np.float32)
    for j in range(grads.shape[1]):
        size = grads[0, j] * grads[0, j] + grads[1, j] * grads[1, j] + grads[2, j] * grads[2, j]
        if not size > zero:
            moves[:, j] = zero
            continue
        away = zero
        for row in range(3):
            means[row, j] = KEEP_MEAN * means[row, j] + (one - KEEP_MEAN) * grads[row, j]
            squares[row, j] = KEEP_SQUARE * squares[row, j] + (one - KEEP_SQUARE) * size
            pull = rate * mean_scale * means[row, j] / (np.sqrt(squares[row, j] * square_scale) + TINY)
            new[row] = offsets[row, j] - pull
            away += new[row] * new[row]
        away = np.sqrt(away)
        kept = max(zero, one - BACK * rate / away) if zero < away < FIRM else one
        for row in range(3):
            moves[row, j] = kept * new[row] - offsets[row, j]
            offsets[row, j] = kept * new[row]


@njit()
def follow(near: NDArray[np.int32], share: Floats, moves: Floats, change: Floats) -> None:
    """change[0:3] [.,N] += what each one's nodes moved, [3,M]."""
    for i in range(near.shape[0]):
        for b in range(BOUND):
            s, j = share[i, b], near[i, b]
            for row in range(3):
                change[row, i] += s * moves[row, j]
