"""Few views: every step does without some Gaussians, the double is their mean, and views all round are left alone."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from stagedoor.capture.read import Capture
from stagedoor.worker.double.pool import Pool
from stagedoor.worker.double.rounding import azimuths_of
from stagedoor.worker.double.train import Trainer, TrainSettings, train
from stagedoor.worker.double.warm import ball
from stagedoor.worker.formats.ply import write_ply

from .heads import head

FEW = 6


def handful() -> Capture:
    """As many training views of the head, nearest to evenly spaced, and all held-out ones."""
    whole = head()
    azimuths = azimuths_of(whole.world_to_camera, np.zeros(3)) % 360
    off = np.abs(azimuths[:, None] - 360.0 * np.arange(FEW) / FEW)
    off = np.minimum(off, 360 - off)
    train_views = list(whole.views("train"))
    keep = [*dict.fromkeys(min(train_views, key=lambda view, k=k: off[view, k]) for k in range(FEW))]
    keep += whole.views("test")
    return replace(
        whole,
        images=whole.images[keep],
        world_to_camera=whole.world_to_camera[keep],
        splits=tuple(whole.splits[view] for view in keep),
        names=tuple(whole.names[view] for view in keep),
    )


def test_views_that_nobody_had_are_closer_to_the_truth() -> None:
    settings = TrainSettings(gaussians=4_000, iterations=400, degree=1)
    results = [train(handful(), settings=replace(settings, left_out=share, lean=False)) for share in (0.1, 0.0)]
    with_it, without = ((result.psnr_whole_db, result.psnr_head_db) for result in results)
    print(f"{FEW} views: {without} dB without, {with_it} dB with")
    assert with_it[0] > without[0] and with_it[1] > without[1]


def test_views_from_all_round_are_trained_as_ever() -> None:
    settings = TrainSettings(gaussians=300, iterations=4)
    one, two = (write_ply(train(head(), settings=replace(settings, left_out=share)).splats) for share in (0.5, 0.0))
    assert one == two


def test_each_step_leaves_out_a_share_and_the_double_is_their_mean() -> None:
    with Pool(1) as pool:
        trainer = Trainer(ball(), TrainSettings(gaussians=2_000, left_out=0.25), np.random.default_rng(1), pool)
        drawn = [trainer.drawn_now()[10] < -20 for _ in range(2)]
        opacity = 1 / (1 + np.exp(-trainer.params[10].astype(np.float64)))
        shown = 1 / (1 + np.exp(-trainer.splats().opacity_logits.astype(np.float64)))
    assert all(abs(out.mean() - 0.25) < 0.04 for out in drawn)
    assert (drawn[0] != drawn[1]).any()
    assert (trainer.params[10] > -20).all()
    np.testing.assert_allclose(shown, 0.75 * opacity, rtol=1e-5)


def test_not_all_can_be_left_out() -> None:
    with pytest.raises(ValueError, match="fewer than all"):
        TrainSettings(left_out=1.0)
