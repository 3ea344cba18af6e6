"""A double fitted to a capture: visual hull, then Adam through the rasterizer.  Same seed, same bytes.

Everything is scheduled by iteration, never by the clock, and every sum has a fixed order, so one capture, one seed and
one setting give one PLY whatever the number of threads.  In training every other step stands on a random background,
so that masks are learned too; the other steps, and the evaluation, stand on black.

`psnr_whole_db` is the mean over held-out views of the whole frame's PSNR, drawn to 8 bits; `psnr_head_db` counts only
pixels whose mask is at least half (the honest number: the background is trivially right).
"""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from stagedoor.capture.limits import MASK_ALPHA_MIN
from stagedoor.capture.read import Capture
from stagedoor.worker.double.backend import Backend
from stagedoor.worker.double.pool import Pool, threads_default
from stagedoor.worker.double.raster import Stage
from stagedoor.worker.double.render import to_bytes
from stagedoor.worker.double.settings import BLACK, FAST, FINE, TrainSettings, camera_of
from stagedoor.worker.double.splats import Splats
from stagedoor.worker.double.trainer import Trainer

__all__ = [
    "FAST",
    "FINE",
    "Progress",
    "TrainResult",
    "TrainSettings",
    "Trainer",
    "ViewScore",
    "camera_of",
    "mean_db",
    "psnr_db",
    "score",
    "train",
]
Progress = Callable[[int, int, float], None]
"""Called with (steps done, steps in all, mean absolute error of the last view, 0 to 1)."""
REPORT_EVERY = 20
"""Steps between calls of progress and should_stop."""
KEEP_SECONDS = 15.0
"""Between two states kept: so much work at most is lost with a killed process."""
PREVIEW_SECONDS = 3.0
"""Between two previews."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ViewScore:
    """PSNR of one held-out view in dB: whole frame, and head pixels only."""

    name: str
    whole_db: float
    head_db: float


@dataclass(frozen=True, slots=True, kw_only=True)
class TrainResult:
    """The double and how it does on views it has not seen.  `iterations` is fewer than asked if it was stopped.

    `leaned`: what no view saw was begun from the shape of heads in general (bust_fit.py).
    """

    splats: Splats
    psnr_whole_db: float
    psnr_head_db: float
    views: tuple[ViewScore, ...]
    iterations: int
    leaned: bool = False


def train(
    capture: Capture,
    *,
    settings: TrainSettings,
    progress: Progress | None = None,
    should_stop: Callable[[], bool] | None = None,
    resume: bytes | bytearray | None = None,
    keep: Callable[[bytes], None] | None = None,
    preview: Callable[[Splats, int], None] | None = None,
    backend: Backend[TrainSettings] | None = None,
) -> TrainResult:
    """Fits a double to the training views and scores it on the held-out ones; `backend` None is the processor.

    Every KEEP_SECONDS, and when it is stopped, `keep` is handed the state (state.py); given to `resume`, with the same
    capture and settings, the run goes on from there and ends in the same bytes.  A state of another run raises
    StateError.  Every PREVIEW_SECONDS `preview` is handed the double as it stands and the steps done.  A backend other
    than the processor's does not promise the same bytes (cuda.py).
    """
    chance = np.random.default_rng(settings.seed)
    begin = Trainer if backend is None else backend.fitting
    with (
        Pool(settings.threads or threads_default()) as pool,
        closing(begin(capture, settings, chance, pool)) as trainer,
    ):
        done = 0 if resume is None else trainer.restore(resume)
        kept = shown = time.monotonic()
        for step in range(done + 1, settings.iterations + 1):
            loss = trainer.step(step)
            done = step
            # Both only look, so the clock that starts them changes nothing of what comes out.
            if keep is not None and time.monotonic() - kept >= KEEP_SECONDS:
                keep(trainer.state(step))
                kept = time.monotonic()
            if preview is not None and time.monotonic() - shown >= PREVIEW_SECONDS:
                preview(trainer.splats(), step)
                shown = time.monotonic()
            if step % REPORT_EVERY == 0 or step == settings.iterations:
                if progress is not None:
                    progress(step, settings.iterations, float(loss))
                if should_stop is not None and should_stop():
                    if keep is not None:
                        keep(trainer.state(step))
                    break
        splats, leaned = trainer.splats(), trainer.leaned
    views = score(splats, capture, threads=settings.threads, backend=backend)
    return TrainResult(
        splats=splats,
        psnr_whole_db=mean_db([view.whole_db for view in views]),
        psnr_head_db=mean_db([view.head_db for view in views]),
        views=views,
        iterations=done,
        leaned=leaned,
    )


def score(
    splats: Splats, capture: Capture, *, threads: int | None = None, backend: Backend[TrainSettings] | None = None
) -> tuple[ViewScore, ...]:
    """PSNR of every held-out view on black, drawn to 8 bits as it would be delivered."""
    views = capture.views("test")
    if backend is not None:
        with closing(backend.hold(splats)) as held:
            return tuple(_scored(held.frame(camera_of(capture, view), (0, 0, 0)), capture, view) for view in views)
    out = []
    with Pool(threads or threads_default()) as pool:
        stage = Stage(gaussians=len(splats), width=capture.width, height=capture.height, pool=pool)
        params, rest = splats.packed(), splats.packed_rest()
        for view in views:
            stage.place(params, camera_of(capture, view), rest, antialiased=splats.antialiased)
            pool.run(stage.draw_chunk)
            out.append(_scored(to_bytes(stage.image(BLACK)), capture, view))
    return tuple(out)


def _scored(frame: NDArray[np.uint8], capture: Capture, view: int) -> ViewScore:
    """One held-out view as drawn, uint8 [H,W,3], beside the truth."""
    truth = capture.images[view].astype(np.float64) / 255.0
    error = ((frame.astype(np.float64) / 255.0 - truth[..., :3] * truth[..., 3:]) ** 2).mean(axis=2)
    head = capture.images[view, ..., 3] >= MASK_ALPHA_MIN
    return ViewScore(name=capture.names[view], whole_db=psnr_db(error), head_db=psnr_db(error[head]))


def psnr_db(error: NDArray[np.float64]) -> float:
    """PSNR in dB of squared errors of colours 0 to 1, at most 99."""
    return -10.0 * float(np.log10(max(float(error.mean()), 10**-9.9)))


def mean_db(values: list[float]) -> float:
    """The mean of dB values; NaN when no view was held out."""
    return float(np.mean(values)) if values else float("nan")
