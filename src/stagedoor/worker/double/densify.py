"""Where more Gaussians are needed: where the loss pulls hardest at their positions, as Adam's second moment tells."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from stagedoor.worker.double.project import Floats

FAINT = 0.02
"""Opacity under which a Gaussian is as good as gone."""
GROW_PULL = 1.5
"""A Gaussian gets a neighbour where moving it by a pixel would change the summed absolute error by this much.

On smooth skin one in fifty is pulled so hard, on a chair of sharp edges one in ten.
"""
GROW_SHARE = 0.1
"""Gaussians added at once, at most, of those that are there: the new ones settle before more come."""

Places = NDArray[np.int64]


def moves(params: Floats, squares: Floats, share: float, chance: np.random.Generator) -> tuple[Places, Places]:
    """(moved, chosen): which Gaussians go to whose place.  params, squares [14,N]; both empty when nothing pulls.

    Moved: those through which fewest pixels were changed, as the mean squared colour gradient tells, and all too faint
    to see.  Chosen: drawn by the mean squared gradient of their position.
    """
    opacity = 1.0 / (1.0 + np.exp(-params[10].astype(np.float64)))
    matters = np.where(opacity < FAINT, -1.0, squares[11:14].astype(np.float64).sum(axis=0))
    order = np.argsort(matters, kind="stable")
    moved = order[: max(int(share * len(order)), int((matters < 0).sum()))]
    pull = np.sqrt(squares[0:3].astype(np.float64).sum(axis=0))
    pull[moved] = 0.0
    if len(moved) == 0 or np.count_nonzero(pull) < len(moved):
        return np.empty(0, np.int64), np.empty(0, np.int64)
    return moved, chance.choice(len(pull), len(moved), replace=False, p=pull / pull.sum())


def growth(squares: Floats, pixel: float, room: int) -> Places:
    """Which Gaussians get a neighbour, the hardest pulled first: at most `room`.  pixel: its width in world units."""
    pull = np.sqrt(squares[0:3].astype(np.float64).sum(axis=0)) * pixel
    order = np.argsort(-pull, kind="stable")
    return order[: min(room, int(GROW_SHARE * len(pull)), int((pull > GROW_PULL).sum()))]
