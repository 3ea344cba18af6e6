"""A double's arrays: their shapes agree, and nobody writes to them."""

from __future__ import annotations

import numpy as np
import pytest

from stagedoor.worker.double.splats import Splats, SplatsError


def some(count: int = 5) -> Splats:
    chance = np.random.default_rng(1)
    return Splats(
        means=chance.normal(size=(count, 3)).astype(np.float32),
        log_scales=chance.normal(size=(count, 3)).astype(np.float32),
        quats=chance.normal(size=(count, 4)).astype(np.float32),
        opacity_logits=chance.normal(size=count).astype(np.float32),
        colours=chance.normal(size=(count, 3)).astype(np.float32),
    )


def test_packed_and_back_is_exact_and_nothing_can_be_written_to() -> None:
    splats = some()
    back = Splats.unpacked(splats.packed(), splats.packed_rest())
    for name in ("means", "log_scales", "quats", "opacity_logits", "colours", "rest"):
        np.testing.assert_array_equal(getattr(back, name), getattr(splats, name))
        assert not getattr(back, name).flags.writeable


def test_shapes_must_agree() -> None:
    with pytest.raises(SplatsError, match="shape"):
        Splats(
            means=np.zeros((2, 3), np.float32),
            log_scales=np.zeros((1, 3), np.float32),
            quats=np.ones((2, 4), np.float32),
            opacity_logits=np.zeros(2, np.float32),
            colours=np.zeros((2, 3), np.float32),
        )
