"""Densification: which Gaussians move where, for every backend alike, and where more are needed."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from stagedoor.worker.double.project import Floats

FAINT = 0.02
"""Opacity under which a Gaussian is as good as gone."""
SPLIT = 1.4
"""Two Gaussians that share one's place are each this much smaller."""
GROW_PULL = 1.5
"""A Gaussian gets a neighbour where moving it by a pixel would change the summed absolute error by this much.

On smooth skin one in fifty is pulled so hard, on a chair of sharp edges one in ten.
"""
GROW_SHARE = 0.1
"""Gaussians added at once, at most, of those that are there: the new ones settle before more come."""

Places = NDArray[np.int64]


@dataclass(frozen=True, slots=True, kw_only=True)
class Moves:
    """moved [M] go to where chosen [M] are, no Gaussian twice, and aside [3,M] world units from there."""

    moved: Places
    chosen: Places
    aside: Floats


def relocation(
    *,
    logits: Floats,
    log_scales: Floats,
    pulls: Floats,
    colour_pulls: Floats,
    share: float,
    chance: np.random.Generator,
) -> Moves | None:
    """Those that matter least go to those that the loss pulls hardest; None if there is nothing to move.

    logits [N] of the opacity; log_scales, pulls and colour_pulls [3,N]: Adam's mean squared gradients of the place and
    of the colour.  Least: those through which fewest pixels were changed, as the colour's tell, and all too faint to
    see.  `share` of all Gaussians move, and all the faint.
    """
    opacity = 1.0 / (1.0 + np.exp(-logits.astype(np.float64)))
    matters = np.where(opacity < FAINT, -1.0, colour_pulls.astype(np.float64).sum(axis=0))
    order = np.argsort(matters, kind="stable")
    moved = order[: max(int(share * len(order)), int((matters < 0).sum()))]
    pull = np.sqrt(pulls.astype(np.float64).sum(axis=0))
    pull[moved] = 0.0
    if len(moved) == 0 or np.count_nonzero(pull) < len(moved):
        return None
    chosen = chance.choice(len(pull), len(moved), replace=False, p=pull / pull.sum())
    return beside(moved, chosen, log_scales, chance)


def beside(moved: Places, chosen: Places, log_scales: Floats, chance: np.random.Generator) -> Moves:
    """Each of moved [M] goes to its one of chosen [M], half of its size aside by chance.  log_scales [3,N]."""
    spread = np.exp(log_scales[:, chosen].max(axis=0, initial=-np.inf))
    aside = (chance.standard_normal((3, len(moved))) * spread * 0.5).astype(np.float32)
    return Moves(moved=moved, chosen=chosen, aside=aside)


def growth(pulls: Floats, pixel: float, room: int) -> Places:
    """Which Gaussians get a neighbour, the hardest pulled first: at most `room`.

    pulls [3,N] as above; pixel: its width in world units, where the double stands.
    """
    pull = np.sqrt(pulls.astype(np.float64).sum(axis=0)) * pixel
    order = np.argsort(-pull, kind="stable")
    return order[: min(room, int(GROW_SHARE * len(pull)), int((pull > GROW_PULL).sum()))]
