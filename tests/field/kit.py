"""Small fields and settings, so that a test takes a second."""

from __future__ import annotations

import numpy as np

from stagedoor.worker.field.decoder import parameters
from stagedoor.worker.field.grid import GridShape
from stagedoor.worker.field.model import Field
from stagedoor.worker.field.train import FieldSettings

SMALL = GridShape(levels=3, coarsest=4, finest=24, table_log2=9)
"""Two levels are stored whole or nearly, the finest is hashed."""
QUICK = FieldSettings(shape=SMALL, hidden=8, steps=64, rays=256, iterations=20)


def fog(*, seed: int = 0, hidden: int = 8) -> Field:
    """A cube of thin coloured fog round the origin, of edge 3: light comes through everywhere."""
    chance = np.random.default_rng(seed)
    decoder = chance.normal(0.0, 0.5, parameters(2 * SMALL.levels, hidden))
    decoder[2 * SMALL.levels] = 0.3
    occupied = np.zeros((128, 128, 128), np.uint8)
    occupied[20:110, 10:120, 30:125] = 1
    return Field(
        shape=SMALL,
        corner=np.array([-1.5, -1.5, -1.5]),
        edge=3.0,
        steps=64,
        hidden=hidden,
        occupied=occupied,
        table=chance.normal(0.0, 0.5, (SMALL.entries(), 2)).astype(np.float16),
        decoder=decoder.astype(np.float32),
    )
