"""The shape of heads in general: a mean head with neck and shoulders, and the ways in which heads differ.

bust.npz was made by bench/people/make_bust.py from CC0 parts of invented people (its licence is beside it): nobody was
scanned for it.  Lengths are decimetres; the head's middle is the origin, y up, the face towards +z.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

Doubles = NDArray[np.float64]
Ints = NDArray[np.int64]
Flags = NDArray[np.bool_]

FILE = Path(__file__).with_name("bust.npz")


@dataclass(frozen=True, slots=True, kw_only=True)
class Bust:
    """mean [N,3]; modes [K,N,3], each of the size it commonly has; triangles [F,3]; edges [E,2]; cut [N]: the rim at
    chest and arms, beyond which the bust says nothing."""

    mean: Doubles
    modes: Doubles
    triangles: Ints
    edges: Ints
    cut: Flags


@cache
def bust() -> Bust:
    """The one that comes with Stagedoor."""
    with np.load(FILE, allow_pickle=False) as held:
        quads = held["quads"].astype(np.int64)
        modes = held["modes"].astype(np.float64) * held["scales"].astype(np.float64)[:, None, None]
        mean, cut = held["mean"].astype(np.float64), held["cut"]
    ends = np.sort(np.stack([quads, np.roll(quads, -1, axis=1)], axis=-1).reshape(-1, 2), axis=1)
    return Bust(
        mean=mean,
        modes=modes,
        triangles=np.concatenate([quads[:, [0, 1, 2]], quads[:, [0, 2, 3]]]),
        edges=np.unique(ends, axis=0),
        cut=cut,
    )


def normals_of(points: Doubles, triangles: Ints) -> Doubles:
    """Outward unit normals [N,3]: of the faces round each point, the larger the more."""
    corners = points[triangles]
    faces = np.repeat(np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0]), 3, axis=0)
    at = triangles.ravel()
    out = np.stack([np.bincount(at, faces[:, k], minlength=len(points)) for k in range(3)], axis=1)
    return np.asarray(out / (np.sqrt((out**2).sum(axis=1, keepdims=True)) + 1e-12))
