"""Posing: resting parameters plus weighted changes; and one step of learning a change.

A change is held in the parameters' own units, rows as in Splats.packed(): mean, log scale, quaternion (added, then
made unit when drawn), opacity logit, colour.  It is linear on purpose: that is what blendshapes are, so two controls
add up and half a weight is half the way.
"""

# ruff: noqa: PLR0917  (numba knows no keyword-only arguments)

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from stagedoor.worker.double._jit import njit
from stagedoor.worker.double.project import PARAMETERS, Floats

f4 = np.float32
KEEP_MEAN, KEEP_SQUARE = f4(0.9), f4(0.99)
"""As the double's Adam."""
TINY = f4(1e-12)
COLOUR_MIN, COLOUR_MAX = f4(-1.7724539), f4(1.7724539)
"""Coefficients whose colours are 0 and 1: a sum of changes is held there, as a double's own colours are."""
LOGIT_MAX = f4(12.0)
"""Opacity logits and log scales of a sum are held within what float32's exp and the kernels bear."""
FIRM = f4(8.0)
"""Noticeable changes from none beyond which a change is taken to be meant, and no longer pulled back."""
LENGTH_MIN = f4(1e-3)
"""A summed quaternion shorter than this has no direction left: the resting one stands."""


def noticed() -> Floats:
    """What change of each parameter [14] just shows: a third of a pixel at 256 px, 4 of 255 in colour.

    On performers of the bench, leaving out every change under three of these cost less than 0.05 dB.
    """
    out = np.empty(PARAMETERS, np.float32)
    out[0:3], out[3:10], out[10], out[11:14] = 0.004, 0.15, 0.4, 0.06
    return out


@njit()
def add_change(posed: Floats, change: Floats, weight: np.float32, start: int, end: int) -> None:
    """posed [14,N] += weight * change [14,N] for Gaussians start..end."""
    for row in range(PARAMETERS):
        p, c = posed[row], change[row]
        for i in range(start, end):
            p[i] += weight * c[i]


@njit()
def add_sparse(posed: Floats, at: NDArray[np.int32], change: Floats, weight: np.float32) -> None:
    """posed [14,N] += weight * change [14,M] at the M Gaussians `at`."""
    for row in range(PARAMETERS):
        p, c = posed[row], change[row]
        for i in range(at.shape[0]):
            p[at[i]] += weight * c[i]


@njit()
def hold(posed: Floats, rest: Floats, start: int, end: int) -> None:
    """Keeps a sum of Gaussians start..end within what can be drawn; `rest` [14,N] is the resting face."""
    for i in range(start, end):
        for row in range(3, 6):
            posed[row, i] = min(max(posed[row, i], -LOGIT_MAX), LOGIT_MAX)
        posed[10, i] = min(max(posed[10, i], -LOGIT_MAX), LOGIT_MAX)
        for row in range(11, PARAMETERS):
            posed[row, i] = min(max(posed[row, i], COLOUR_MIN), COLOUR_MAX)
        square = f4(0.0)
        for row in range(6, 10):
            square += posed[row, i] * posed[row, i]
        if not square > LENGTH_MIN * LENGTH_MIN:
            for row in range(6, 10):
                posed[row, i] = rest[row, i]


@njit()
def change_step(
    change: Floats,
    grads: Floats,
    means: Floats,
    squares: Floats,
    rates: Floats,
    weight: np.float32,
    step: int,
    shrink: np.float32,
    shows: Floats,
    still: NDArray[np.bool_],
    start: int,
    end: int,
) -> None:
    """One Adam step (its own count, from 1) of one control's change [14,N], in place, for Gaussians start..end.

    grads [14,N] are those of the posed parameters; `still` Gaussians stay as they are, and so do those that this view
    did not see.  `shrink` pulls a Gaussian's whole change towards none by so many typical steps, while it is under
    FIRM of what `shows` [14]: what moves only with the noise of the gradient stays near zero.
    """
    one = f4(1.0)
    mean_scale = f4(1.0 / (1.0 - 0.9**step))
    square_scale = f4(1.0 / (1.0 - 0.99**step))
    for i in range(start, end):
        if still[i]:
            continue
        seen = f4(0.0)
        for row in range(PARAMETERS):
            seen += abs(grads[row, i])
        if not seen > f4(0.0):
            continue
        size, apparent = f4(0.0), f4(0.0)
        for row in range(PARAMETERS):
            g = weight * grads[row, i]
            mean = KEEP_MEAN * means[row, i] + (one - KEEP_MEAN) * g
            square = KEEP_SQUARE * squares[row, i] + (one - KEEP_SQUARE) * g * g
            means[row, i], squares[row, i] = mean, square
            change[row, i] -= rates[row] * mean_scale * mean / (np.sqrt(square * square_scale) + TINY)
            steps = change[row, i] / rates[row]
            size += steps * steps
            apparent += (change[row, i] / shows[row]) ** 2
        if shrink > f4(0.0) and size > f4(0.0) and apparent < FIRM * FIRM:
            kept = max(f4(0.0), one - shrink / np.sqrt(size))
            for row in range(PARAMETERS):
                change[row, i] *= kept
