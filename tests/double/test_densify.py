"""Growth in number: where it pulls hardest, up to what was allowed, and to the same bytes."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from stagedoor.worker.double.relocate import GROW_PULL, GROW_SHARE, growth
from stagedoor.worker.double.splats import Splats
from stagedoor.worker.double.state import StateError, unpack
from stagedoor.worker.double.train import TrainSettings, train
from stagedoor.worker.formats.ply import write_ply

from .heads import head

GROWING = TrainSettings(gaussians=300, gaussians_max=380, iterations=60, reseed_every=10, threads=1)


def grown(settings: TrainSettings, resume: bytes | None = None) -> Splats:
    return train(head(), settings=settings, resume=resume).splats


def test_those_pulled_hardest_get_a_neighbour() -> None:
    pixel, count = 0.01, 50
    squares = np.zeros((3, count), np.float32)
    # Twice what it takes, along one axis or another, for three of them; just under it for the rest.
    squares[0] = (0.99 * GROW_PULL / pixel) ** 2
    for place, (axis, times) in {7: (1, 2.0), 30: (2, 4.0), 31: (0, 3.0)}.items():
        squares[:3, place] = 0
        squares[axis, place] = (times * GROW_PULL / pixel) ** 2
    assert growth(squares, pixel, 20).tolist() == [30, 31, 7]
    assert growth(squares, pixel, 1).tolist() == [30]
    assert growth(squares, 0.9 * pixel, 20).tolist() == [30, 31, 7]
    assert len(growth(squares, 9 * pixel, 20)) == int(GROW_SHARE * count)


def test_a_double_grows_to_what_was_allowed_and_no_further() -> None:
    assert len(grown(GROWING)) == 380
    assert len(grown(replace(GROWING, gaussians_max=None))) == 300
    assert 300 < len(grown(replace(GROWING, gaussians_max=5_000))) <= 300 * 1.1**5


def test_growth_is_the_same_bytes_at_any_thread_count_and_after_a_stop() -> None:
    whole = write_ply(grown(GROWING))
    assert write_ply(grown(replace(GROWING, threads=2))) == whole
    states: list[bytes] = []
    train(head(), settings=GROWING, should_stop=lambda: True, keep=states.append)
    state = unpack(states[0])
    assert state.step == 20 and 300 < state.arrays["params"].shape[1] <= 380
    assert write_ply(grown(GROWING, states[0])) == whole
    with pytest.raises(StateError):
        grown(replace(GROWING, gaussians_max=None), states[0])


def test_a_double_cannot_grow_to_fewer() -> None:
    with pytest.raises(ValueError, match="gaussians_max"):
        TrainSettings(gaussians=300, gaussians_max=299)
