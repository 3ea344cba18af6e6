"""Which Gaussians move where: the faint and those that matter least, onto those that are pulled hardest."""

from __future__ import annotations

import numpy as np

from stagedoor.worker.double.relocate import Moves, relocation

COUNT = 200


def moves(*, share: float, faint: int = 0, pulled: int = COUNT) -> Moves | None:
    """Gaussian i matters the more, the higher i is; the first `faint` are faint, the last `pulled` are pulled."""
    colour = np.tile(np.arange(COUNT, dtype=np.float32), (3, 1))
    pulls = np.zeros((3, COUNT), np.float32)
    pulls[:, COUNT - pulled :] = 1.0
    logits = np.where(np.arange(COUNT) < faint, -9.0, 2.0).astype(np.float32)
    return relocation(
        logits=logits,
        log_scales=np.full((3, COUNT), np.log(0.01), np.float32),
        pulls=pulls,
        colour_pulls=colour,
        share=share,
        chance=np.random.default_rng(1),
    )


def test_those_that_matter_least_move_and_nobody_moves_onto_them() -> None:
    found = moves(share=0.45)
    assert found is not None
    assert sorted(found.moved) == list(range(90))
    assert len(set(found.chosen)) == 90 and min(found.chosen) >= 90
    assert found.aside.shape == (3, 90) and found.aside.dtype == np.float32
    assert 0.003 < found.aside.std() < 0.007, "half of a standard deviation aside"


def test_all_the_faint_move_even_beyond_the_share() -> None:
    found = moves(share=0.0, faint=30)
    assert found is not None and sorted(found.moved) == list(range(30))


def test_nothing_moves_where_nothing_is_to_or_nobody_is_pulled() -> None:
    assert moves(share=0.0) is None
    assert moves(share=0.1, pulled=3) is None
