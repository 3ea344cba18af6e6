"""The decoder: from a place's features to its density, and with the direction of sight to its colour.

    density = exp(features . density_weights + bias)
    hidden  = relu(features @ colour_in + basis(direction) @ sight_in)
    colour  = sigmoid(hidden @ colour_out.T + colour_bias)

All parameters lie in one flat float32 vector, in that order, so that one optimiser and one file format hold them.
"""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from stagedoor.worker.double._jit import njit

Floats = NDArray[np.float32]
Parts = tuple[Floats, Floats, Floats, Floats]
"""density, colour_in, sight_in and colour_out with its bias, as split() tells."""

SIGHT: Final = 9
"""Functions of the direction of sight: polynomials to the second degree, the first of them 1, which is the bias."""
HIDDEN_MAX: Final = 64
"""Widest hidden layer; the paper's own."""
DENSITY_START: Final = 3.0
"""Logarithm of the density before training, in box edges: half the light is gone in a thirtieth of the box, so that the
first steps see through what the masks leave too much of."""


def parameters(features: int, hidden: int) -> int:
    """How many parameters a decoder has."""
    return features + 1 + (features + SIGHT) * hidden + 3 * hidden + 3


def first_guess(features: int, hidden: int, chance: np.random.Generator) -> Floats:
    """The parameters before training, flat: small chance weights, density as DENSITY_START, grey."""
    density = chance.uniform(0.5, 1.5, features) * np.where(np.arange(features) % 2, 0.3, 1.0)
    inner = chance.normal(0.0, np.sqrt(2.0 / features), (features, hidden))
    sight = chance.normal(0.0, 0.1, (SIGHT, hidden))
    outer = chance.normal(0.0, np.sqrt(1.0 / hidden), (3, hidden))
    parts = (density, np.array([DENSITY_START]), inner.ravel(), sight.ravel(), outer.ravel(), np.zeros(3))
    return np.concatenate(parts).astype(np.float32)


@njit()
def split(decoder: Floats, features: int, hidden: int) -> Parts:
    """Views of a flat vector: density [features+1], colour_in [features,hidden], sight_in [SIGHT,hidden] and
    colour_out [3 hidden + 3], the last row by row, then the bias."""
    a = features + 1
    b = a + features * hidden
    c = b + SIGHT * hidden
    inner = decoder[a:b].reshape((features, hidden))
    return decoder[:a], inner, decoder[b:c].reshape((SIGHT, hidden)), decoder[c:]


def turned(decoder: Floats, features: int, hidden: int) -> Floats:
    """colour_in, transposed: [hidden,features], of its own."""
    inner = decoder[features + 1 :][: features * hidden].reshape(features, hidden)
    return np.ascontiguousarray(inner.T)


@njit(inline="always")
def basis(x: np.float32, y: np.float32, z: np.float32, out: Floats) -> None:
    """Writes the nine functions of a unit direction."""
    out[0] = np.float32(1.0)
    out[1] = x
    out[2] = y
    out[3] = z
    out[4] = x * y
    out[5] = y * z
    out[6] = x * z
    out[7] = np.float32(1.5) * z * z - np.float32(0.5)
    out[8] = x * x - y * y
