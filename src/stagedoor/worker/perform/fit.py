"""A performer fitted to captures of one person in several expressions.  Same seed, same bytes, at any thread count.

First the resting capture alone is fitted, as any double is.  Then every step draws one view of one capture, posed by
that capture's weights; what the view says of the posed parameters goes to the resting ones as it is, and to each
control's change times its weight (the chain rule of posed = rest + sum of weight * change).  Changes that only follow
the gradient's noise are pulled to zero on the way, and for the last part of the run those that are left are settled.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

import numpy as np

from stagedoor.capture.read import Capture
from stagedoor.worker.double.adam import adam_step
from stagedoor.worker.double.pool import CHUNKS, Pool, threads_default
from stagedoor.worker.double.project import PARAMETERS, Floats, project_backward
from stagedoor.worker.double.raster import Stage, aligned_zeros
from stagedoor.worker.double.raster_backward import back_buffers, l1_tiles, rasterize_backward, tile_picture
from stagedoor.worker.double.splats import Splats
from stagedoor.worker.double.train import BLACK, Progress, TrainSettings, ViewScore, camera_of, mean_db, score, train
from stagedoor.worker.perform.controls import CONTROLS_MAX, REST, Expression
from stagedoor.worker.perform.errors import PerformError
from stagedoor.worker.perform.kernels import add_change, change_step, hold
from stagedoor.worker.perform.neighbours import nearest, smoothed
from stagedoor.worker.perform.performer import Change, Performer

REPORT_EVERY = 20
"""Steps between calls of progress and should_stop."""
SPLIT = 1.4
"""As the double's: two Gaussians that share one's place are each this much smaller."""
CAPTURES_MAX = 512
"""Captures in one fit: each of 52 controls alone, at two weights, and some hundred together."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PerformSettings:
    """What a fit may be asked.  `rest` decides the resting face; `iterations` are the steps on all captures after it.

    Rates are Adam's, per step, at the start: change_mean in world units, the others in the parameters' own; all fall
    exponentially to rate_end of themselves.  `rest_share` is the resting parameters' rate beside the double's own.
    shrink is the pull on changes, in typical steps of Adam; it ends at settle_at of the run, and what is still zero
    then stays.  Until smooth_until of the run changes of position are smoothed over neighbours every smooth_every steps, so
    that skin is carried along before it is recoloured.
    """

    rest: TrainSettings = field(default_factory=lambda: TrainSettings(iterations=1_200))
    iterations: int = 4_000
    change_mean: float = 4e-3
    change_scale: float = 2e-2
    change_quat: float = 2e-2
    change_opacity: float = 5e-2
    change_colour: float = 2e-2
    rate_end: float = 0.06
    rest_share: float = 0.25
    shrink: float = 0.5
    settle_at: float = 0.7
    smooth_every: int = 40
    smooth_until: float = 0.5
    reseed_every: int = 200
    reseed_share: float = 0.01
    reseed_until: float = 0.5

    def __post_init__(self) -> None:
        if self.iterations < 1 or self.smooth_every < 1 or self.reseed_every < 1:
            raise PerformError(
                where="settings", what="a count of steps is under 1", todo="Ask for at least one step of each kind"
            )


@dataclass(frozen=True, slots=True, kw_only=True)
class ExpressionScore:
    """The held-out views of one expression: PSNR in dB, each and in the mean, whole frame and head pixels."""

    expression: Expression
    whole_db: float
    head_db: float
    views: tuple[ViewScore, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class PerformResult:
    """The performer, and how it does on the captures' held-out views.  `iterations` is fewer than asked if stopped."""

    performer: Performer
    scores: tuple[ExpressionScore, ...]
    iterations: int


def train_performance(
    captures: Mapping[Expression, Capture],
    *,
    settings: PerformSettings,
    progress: Progress | None = None,
    should_stop: Callable[[], bool] | None = None,
) -> PerformResult:
    """Fits a performer to captures by expression; one of them is at rest (`REST`).  Raises PerformError.

    A control is learned from every capture whose expression has it, alone or beside others.  `progress` counts both
    parts' steps.  Stopped in the first part, the performer has no controls' changes yet.
    """
    _checked(captures)
    settings_rest, total = settings.rest, settings.rest.iterations + settings.iterations

    def told(done: int, _all: int, loss: float) -> None:
        if progress is not None:
            progress(done, total, loss)

    first = train(captures[REST], settings=settings_rest, progress=told, should_stop=should_stop)
    stopped = first.iterations < settings_rest.iterations
    with Pool(settings_rest.threads or threads_default()) as pool:
        fit = Fit(captures, first.splats, settings, pool)
        done = 0
        for step in range(1, settings.iterations + 1 if not stopped else 1):
            loss = fit.step(step)
            done = step
            if step % REPORT_EVERY == 0 or step == settings.iterations:
                told(settings_rest.iterations + step, total, loss)
                if should_stop is not None and should_stop():
                    break
    performer = fit.performer()
    scores = score_performance(performer, captures, threads=settings_rest.threads)
    return PerformResult(performer=performer, scores=scores, iterations=first.iterations + done)


def score_performance(
    performer: Performer, captures: Mapping[Expression, Capture], *, threads: int | None = None
) -> tuple[ExpressionScore, ...]:
    """PSNR of every held-out view of every capture, the performer posed by that capture's expression."""
    out = []
    for expression, capture in captures.items():
        if not capture.views("test"):
            continue
        views = score(performer.posed(expression), capture, threads=threads)
        out.append(
            ExpressionScore(
                expression=expression,
                whole_db=mean_db([view.whole_db for view in views]),
                head_db=mean_db([view.head_db for view in views]),
                views=views,
            )
        )
    return tuple(out)


def _checked(captures: Mapping[Expression, Capture]) -> None:
    if REST not in captures:
        raise PerformError(where="captures", what="none is at rest", todo="Add one whose expression is empty")
    if len(captures) > CAPTURES_MAX:
        raise PerformError(where="captures", what=f"{len(captures)}, at most {CAPTURES_MAX}", todo="Leave some out")
    names = {name for expression in captures for name in expression}
    if len(names) > CONTROLS_MAX:
        raise PerformError(where="captures", what=f"{len(names)} controls, at most {CONTROLS_MAX}", todo="Use fewer")
    size = (captures[REST].width, captures[REST].height)
    for expression, capture in captures.items():
        if (capture.width, capture.height) != size:
            raise PerformError(
                where=repr(expression)[:200],
                what=f"its pictures are {capture.width}x{capture.height}, those at rest {size[0]}x{size[1]}",
                todo="Bring all captures to one size",
            )
        if not capture.views("train"):
            raise PerformError(
                where=repr(expression)[:200], what="it has no training view", todo="Mark some of its views train"
            )


class Fit:
    """The state of the second part: resting parameters, changes, and every training view of every capture."""

    def __init__(
        self, captures: Mapping[Expression, Capture], rest: Splats, settings: PerformSettings, pool: Pool
    ) -> None:
        self.settings, self.pool = settings, pool
        self.chance = np.random.default_rng([settings.rest.seed, 1])
        self.params, self.rest_colour = rest.packed(), rest.packed_rest().copy()
        count = len(rest)
        self.names = sorted({name for expression in captures for name in expression})
        self.changes, self.means, self.squares = (
            np.zeros((len(self.names), PARAMETERS, count), np.float32) for _ in range(3)
        )
        self.steps = [0] * len(self.names)
        self.still = np.zeros((len(self.names), count), np.bool_)
        self.rest_means, self.rest_squares, self.grads = (np.zeros((PARAMETERS, count), np.float32) for _ in range(3))
        one = captures[REST]
        self.stage = Stage(gaussians=count, width=one.width, height=one.height, pool=pool)
        self.pixel_grads, self.buffers = aligned_zeros(*self.stage.frame.shape), back_buffers()
        self.sums = np.zeros((CHUNKS, count, 9), np.float32)
        ordered = sorted(captures, key=lambda expression: tuple(expression.items()))
        self.views = [
            (tuple((self.names.index(n), np.float32(w)) for n, w in expression.items()), captures[expression], view)
            for expression in ordered
            for view in captures[expression].views("train")
        ]
        self.queue: list[int] = []
        self.nearby = nearest(self.params[0:3])

    def step(self, step: int) -> float:
        """One view, one update; gives the view's mean absolute error."""
        if not self.queue:
            self.queue = [int(view) for view in self.chance.permutation(len(self.views))]
        weights, capture, view = self.views[self.queue.pop()]
        background = self.chance.random(3, dtype=np.float32) if step % 2 else BLACK
        posed = self.posed(weights)
        stage, size = self.stage, (self.stage.width, self.stage.height)
        numbers = stage.place(posed, camera_of(capture, view), self.rest_colour)
        picture = np.zeros(stage.frame.shape, np.uint8)
        tile_picture(capture.images[view], picture)
        losses = [0.0] * CHUNKS

        def draw_and_back(chunk: int) -> None:
            stage.draw_chunk(chunk)
            losses[chunk] = l1_tiles(stage.frame, picture, background, size, chunk, self.pixel_grads)
            lists = (stage.splats, stage.starts, stage.entries, stage.across)
            rasterize_backward(*lists, chunk, stage.frame, self.pixel_grads, self.sums, self.buffers)

        progress = step / self.settings.iterations
        rest_rates, rates = self.rates(progress)
        shrink = np.float32(self.settings.shrink if progress < self.settings.settle_at else 0.0)
        for k, _ in weights:
            self.steps[k] += 1

        def update(chunk: int) -> None:
            start, end = stage.spans(chunk)
            project_backward(posed, numbers, start, end, stage.splats, stage.boxes, self.sums, self.grads)
            for k, weight in weights:
                moments = (self.means[k], self.squares[k], rates, weight, self.steps[k], shrink, self.still[k])
                change_step(self.changes[k], self.grads, *moments, start, end)
            adam_step(self.params, self.grads, self.rest_means, self.rest_squares, rest_rates, step, start, end)

        self.pool.run(draw_and_back)
        self.pool.run(update)
        self.housekeep(step)
        return sum(losses) / (3 * stage.width * stage.height)

    def posed(self, weights: tuple[tuple[int, np.float32], ...]) -> Floats:
        """The parameters [14,N] with each change at its weight."""
        posed = self.params.copy()
        for k, weight in weights:
            add_change(posed, self.changes[k], weight, 0, posed.shape[1])
        hold(posed, self.params, 0, posed.shape[1])
        return posed

    def rates(self, progress: float) -> tuple[Floats, Floats]:
        """Learning rates [14] of the resting parameters and of the changes, at a share of the run."""
        s = self.settings
        fall = s.rate_end**progress
        rest, change = np.empty(PARAMETERS, np.float32), np.empty(PARAMETERS, np.float32)
        r = s.rest
        spans = (slice(0, 3), slice(3, 6), slice(6, 10), slice(10, 11), slice(11, 14))
        own = (r.rate_mean, r.rate_scale, r.rate_quat, r.rate_opacity, r.rate_colour)
        of_change = (s.change_mean, s.change_scale, s.change_quat, s.change_opacity, s.change_colour)
        for span, rate, changing in zip(spans, own, of_change, strict=True):
            rest[span], change[span] = rate * s.rest_share * fall, changing * fall
        return rest, change

    def housekeep(self, step: int) -> None:
        """What is done between steps: smoothing, moving idle Gaussians, and settling on what moves."""
        s, last = self.settings, self.settings.iterations
        if step % s.smooth_every == 0 and step <= s.smooth_until * last:
            for k in range(len(self.names)):
                self.changes[k, 0:3] = smoothed(self.changes[k, 0:3], self.nearby)
        if step % s.reseed_every == 0 and step <= s.reseed_until * last:
            self.reseed()
            self.nearby = nearest(self.params[0:3])
        if step == int(s.settle_at * last):
            self.still[:] = (self.changes == 0).all(axis=1)

    def reseed(self) -> None:
        """Moves the Gaussians that matter least onto those that all views pull hardest, changes and all."""
        matters = self.rest_squares[11:14].astype(np.float64).sum(axis=0)
        moved = np.argsort(matters, kind="stable")[: int(self.settings.reseed_share * len(matters))]
        pull = np.sqrt(self.rest_squares[0:3].astype(np.float64).sum(axis=0))
        pull[moved] = 0.0
        if len(moved) == 0 or np.count_nonzero(pull) < len(moved):
            return
        chosen = self.chance.choice(len(pull), len(moved), replace=False, p=pull / pull.sum())
        for held in (self.params, self.rest_colour):
            held[:, moved] = held[:, chosen]
        self.changes[:, :, moved] = self.changes[:, :, chosen]
        spread = np.exp(self.params[3:6, chosen].max(axis=0))
        self.params[0:3, moved] += (self.chance.standard_normal((3, len(moved))) * spread * 0.5).astype(np.float32)
        for which in (moved, chosen):
            self.params[3:6, which] -= np.float32(np.log(SPLIT))
            for moments in (self.rest_means, self.rest_squares):
                moments[:, which] = 0
            for moments in (self.means, self.squares):
                moments[:, :, which] = 0

    def performer(self) -> Performer:
        """What has been learned so far."""
        return Performer(
            neutral=Splats.unpacked(self.params, self.rest_colour),
            changes={name: Change.of(self.changes[k]) for k, name in enumerate(self.names)},
        )
