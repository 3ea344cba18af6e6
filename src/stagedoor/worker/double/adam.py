"""Adam over parameters [14,N], a span of Gaussians at a time; each parameter row has its own rate."""

# ruff: noqa: PLR0917  (numba knows no keyword-only arguments)

from __future__ import annotations

import numpy as np

from stagedoor.worker.double._jit import njit
from stagedoor.worker.double.project import PARAMETERS, Floats

f4 = np.float32
KEEP_MEAN = f4(0.9)
KEEP_SQUARE = f4(0.99)
"""Shorter than the usual 0.999: runs here are a few hundred to a few thousand steps."""
TINY = f4(1e-12)
"""Below any gradient that matters; sums of signs over pixels are around 1."""
COLOUR_MIN, COLOUR_MAX = f4(-1.7724539), f4(1.7724539)
"""Coefficients whose colours are 0 and 1: viewers differ on what lies outside, so nothing does."""


@njit()
def adam_step(
    params: Floats, grads: Floats, means: Floats, squares: Floats, rates: Floats, step: int, start: int, end: int
) -> None:
    """One step (counted from 1) for Gaussians start..end, in place."""
    step_rows(params, grads, means, squares, rates, step, start, end)
    for row in range(11, PARAMETERS):
        p = params[row]
        for i in range(start, end):
            p[i] = min(max(p[i], COLOUR_MIN), COLOUR_MAX)


@njit()
def step_rows(
    params: Floats, grads: Floats, means: Floats, squares: Floats, rates: Floats, step: int, start: int, end: int
) -> None:
    """The same for any rows [R,N] with rates [R], held within no bounds."""
    mean_scale = f4(1.0 / (1.0 - 0.9**step))
    square_scale = f4(1.0 / (1.0 - 0.99**step))
    one = f4(1.0)
    for row in range(params.shape[0]):
        rate = rates[row] * mean_scale
        p, g, m, s = params[row], grads[row], means[row], squares[row]
        for i in range(start, end):
            mean = KEEP_MEAN * m[i] + (one - KEEP_MEAN) * g[i]
            square = KEEP_SQUARE * s[i] + (one - KEEP_SQUARE) * g[i] * g[i]
            m[i], s[i] = mean, square
            p[i] -= rate * mean / (np.sqrt(square * square_scale) + TINY)
