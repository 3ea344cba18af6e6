"""Training: a fast one that reaches its floor, the same bytes for one seed, and how it is watched and stopped."""

from __future__ import annotations

import math

import numpy as np
import pytest

from stagedoor.worker.double.adam import adam_step
from stagedoor.worker.double.pool import Pool
from stagedoor.worker.double.project import project_backward
from stagedoor.worker.double.raster_backward import rasterize_backward
from stagedoor.worker.double.structure import pull_back
from stagedoor.worker.double.train import FAST, FINE, TrainSettings, score, train
from stagedoor.worker.double.trainer import Trainer
from stagedoor.worker.double.warm import ball, compile_kernels
from stagedoor.worker.formats.ply import read_ply, write_ply

from .heads import head

SMALL = TrainSettings(gaussians=2_000, iterations=40, reseed_every=10, reseed_share=0.05)


def test_a_fast_training_rebuilds_the_head() -> None:
    result = train(head(), settings=FAST)
    # The run is deterministic and reaches about 36 and 32; the floor leaves room for another processor's rounding.
    assert result.psnr_whole_db > 33.0
    assert result.psnr_head_db > 29.5
    assert len(result.views) == 12
    assert result.iterations == FAST.iterations
    assert len(result.splats) == FAST.gaussians
    for view in result.views:
        assert view.whole_db > view.head_db > 25.0


def test_one_seed_gives_the_same_bytes_at_any_thread_count_and_another_seed_others() -> None:
    def ply(seed: int, threads: int) -> bytes:
        settings = TrainSettings(
            gaussians=2_000, iterations=40, seed=seed, threads=threads, reseed_every=10, reseed_share=0.05
        )
        return write_ply(train(head(), settings=settings).splats)

    one = ply(1, 1)
    assert one == ply(1, 2) == ply(1, 4)
    assert one != ply(2, 2)


def test_progress_is_told_and_a_stop_is_obeyed() -> None:
    told: list[tuple[int, int, float]] = []
    result = train(
        head(),
        settings=SMALL,
        progress=lambda done, of, error: told.append((done, of, error)),
        should_stop=lambda: len(told) == 1,
    )
    assert [(done, of) for done, of, _ in told] == [(20, 40)]
    assert 0.0 < told[0][2] < 0.5
    assert result.iterations == 20
    assert np.isfinite(result.splats.means).all()


def test_without_held_out_views_there_is_no_score() -> None:
    capture = ball()
    assert math.isnan(
        train(
            type(capture)(
                images=capture.images,
                fx=capture.fx,
                fy=capture.fy,
                cx=capture.cx,
                cy=capture.cy,
                world_to_camera=capture.world_to_camera,
                splits=("train",) * len(capture.splits),
                names=capture.names,
            ),
            settings=TrainSettings(gaussians=100, iterations=3),
        ).psnr_whole_db
    )


def test_the_score_of_a_double_is_that_of_its_bytes() -> None:
    result = train(head(), settings=SMALL)
    assert score(read_ply(write_ply(result.splats)), head()) == result.views


def test_presets_and_bounds() -> None:
    assert FAST.gaussians <= FINE.gaussians
    assert FAST.iterations < FINE.iterations
    with pytest.raises(ValueError, match="at least one"):
        TrainSettings(gaussians=0)
    with pytest.raises(ValueError, match="at least one"):
        TrainSettings(iterations=0)
    with pytest.raises(ValueError, match="thread"):
        TrainSettings(threads=0)


def test_every_kernel_can_be_compiled_ahead() -> None:
    compile_kernels()
    assert all(kernel.signatures for kernel in (project_backward, rasterize_backward, adam_step, pull_back))


def test_a_run_that_is_over_holds_nothing_of_the_capture_or_the_double() -> None:
    """Also where it grew: old arrays are overwritten before new ones take their place."""
    settings = TrainSettings(gaussians=64, gaussians_max=80, iterations=4, reseed_every=1, degree=1)
    with Pool(1) as pool:
        trainer = Trainer(ball(), settings, np.random.default_rng(1), pool)
        trainer.step(1)
        before = (trainer.params, trainer.stage.frame)
        trainer.resize(80)
        assert not before[0].any() and not before[1].any()
        trainer.step(2)
        held = (trainer.params, trainer.pictures, trainer.pixel_grads, trainer.structure.planes, trainer.structure.maps,
                trainer.stage.frame, trainer.stage.splats)  # fmt: skip
        assert all(array.any() for array in held)
        trainer.close()
    assert not any(array.any() for array in held)
