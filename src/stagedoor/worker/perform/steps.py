"""One fit's state and its steps: each draws one view of one capture, posed, and goes back by the chain rule.

posed = rest + sum over controls of weight * change; so what a view says of the posed parameters goes to the resting
ones as it is, and to each change times its weight.  The run has three parts.  First skin is carried: of changes, only
positions are learned, decided by nodes, and slight expressions come before full ones, so that nothing moves far at
once.  Then all parameters of changes are learned from all views, while those that only follow the gradient's noise are
pulled to none.  Last, changes that are none stay so, and the others settle.  The resting face learns all the while.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import numpy as np
from numpy.typing import NDArray

from stagedoor.capture.read import Capture
from stagedoor.worker.double.adam import adam_step
from stagedoor.worker.double.pool import CHUNKS, Pool
from stagedoor.worker.double.project import PARAMETERS, Floats, project_backward
from stagedoor.worker.double.raster import Stage, aligned_zeros
from stagedoor.worker.double.raster_backward import back_buffers, l1_tiles, rasterize_backward, tile_picture
from stagedoor.worker.double.settings import BLACK, camera_of
from stagedoor.worker.double.splats import Splats
from stagedoor.worker.perform.controls import REST, Expression
from stagedoor.worker.perform.kernels import add_change, change_step, hold, noticed
from stagedoor.worker.perform.nodes import Nodes
from stagedoor.worker.perform.performer import Change, Performer
from stagedoor.worker.perform.settings import PerformSettings

SPLIT: Final = 1.4
"""As the double's: two Gaussians that share one's place are each this much smaller."""
HIDDEN_DEPTH: Final = (0.01, 0.12)
"""How far under the skin hidden Gaussians begin, as shares of half the head's largest side."""
SHOWN_MIN: Final = 3.0
"""Noticeable changes under which a change is left out."""
FULL_AT: Final = 0.75
"""Share of the carrying after which full expressions are looked at too."""

Weights = tuple[tuple[int, np.float32], ...]
"""(number of a control, its weight), for each that is not at rest."""


def with_hidden(rest: Splats, share: float, chance: np.random.Generator) -> tuple[Floats, Floats]:
    """Parameters [14,N] and coefficients of a double with `share` more Gaussians, under the skin and unseen at rest.

    What a face hides at rest (teeth, the eye under a lid, the inside of a lip) then has something to be made of.
    """
    params, colour = rest.packed(), rest.packed_rest()
    chosen = chance.permutation(len(rest))[: int(share * len(rest))]
    middle = np.median(params[0:3], axis=1, keepdims=True)
    inward = middle - params[0:3, chosen]
    inward /= np.maximum(np.linalg.norm(inward, axis=0), 1e-6)
    under = params[:, chosen].copy()
    extent = float(np.abs(params[0:3] - middle).max())
    under[0:3] += (inward * chance.uniform(*HIDDEN_DEPTH, len(chosen)) * extent).astype(np.float32)
    return np.concatenate([params, under], axis=1), np.concatenate([colour, colour[:, chosen]], axis=1)


class Fit:
    """Resting parameters, changes, and every training view of every capture."""

    def __init__(
        self, captures: Mapping[Expression, Capture], rest: Splats, settings: PerformSettings, pool: Pool
    ) -> None:
        self.settings, self.pool = settings, pool
        self.chance = np.random.default_rng([settings.rest.seed, 1])
        self.params, self.colour = with_hidden(rest, settings.hidden, self.chance)
        count = self.params.shape[1]
        self.names = sorted({name for expression in captures for name in expression})
        shape = (len(self.names), PARAMETERS, count)
        self.changes, self.means, self.squares = (np.zeros(shape, np.float32) for _ in range(3))
        self.steps = [0] * len(self.names)
        self.still = np.zeros((len(self.names), count), np.bool_)
        self.rest_means, self.rest_squares, self.grads = (np.zeros(shape[1:], np.float32) for _ in range(3))
        self.stage = Stage(gaussians=count, width=captures[REST].width, height=captures[REST].height, pool=pool)
        self.pixel_grads, self.buffers = aligned_zeros(*self.stage.frame.shape), back_buffers()
        self.sums = np.zeros((CHUNKS, count, 9), np.float32)
        self.nodes = Nodes(self.params[0:3], count=settings.nodes, controls=len(self.names))
        self.shows = noticed()
        self.queue: list[int] = []
        self._take_views(captures)

    def _take_views(self, captures: Mapping[Expression, Capture]) -> None:
        """Every training view, in an order that does not hang on how the mapping was filled."""
        ordered = sorted(captures, key=lambda expression: tuple(expression.items()))
        held = [(expression, view) for expression in ordered for view in captures[expression].views("train")]
        self.cameras = [camera_of(captures[expression], view) for expression, view in held]
        self.weights: list[Weights] = [
            tuple((self.names.index(name), np.float32(weight)) for name, weight in expression.items())
            for expression, _ in held
        ]
        self.pictures = np.zeros((len(held), *self.stage.frame.shape), np.uint8)
        for picture, (expression, view) in zip(self.pictures, held, strict=True):
            tile_picture(captures[expression].images[view], picture)

    def step(self, step: int) -> float:
        """One view, one update; gives the view's mean absolute error."""
        progress = step / self.settings.iterations
        if not self.queue:
            self.queue = self._looked_at(progress)
        at = self.queue.pop()
        weights, picture = self.weights[at], self.pictures[at]
        background = self.chance.random(3, dtype=np.float32) if step % 2 else BLACK
        posed = self.posed(weights)
        stage, size = self.stage, (self.stage.width, self.stage.height)
        numbers = stage.place(posed, self.cameras[at], self.colour)
        losses = [0.0] * CHUNKS

        def draw_and_back(chunk: int) -> None:
            stage.draw_chunk(chunk)
            losses[chunk] = l1_tiles(stage.frame, picture, background, size, chunk, self.pixel_grads)
            lists = (stage.splats, stage.starts, stage.entries, stage.across)
            rasterize_backward(*lists, chunk, stage.frame, self.pixel_grads, self.sums, self.buffers)

        def back(chunk: int) -> None:
            start, end = stage.spans(chunk)
            project_backward(posed, numbers, start, end, stage.splats, stage.boxes, self.sums, self.grads)

        self.pool.run(draw_and_back)
        self.pool.run(back)
        for k, _ in weights:
            self.steps[k] += 1
        carrying = progress < self.settings.carry_until
        if carrying:
            self._carry(weights, progress)
        # The resting face goes on learning meanwhile: what it lacks would else be taken for movement.
        self._learn(() if carrying else weights, step)
        if not carrying:
            self._housekeep(step)
        return sum(losses) / (3 * stage.width * stage.height)

    def posed(self, weights: Weights) -> Floats:
        """The parameters [14,N] with each change at its weight."""
        posed = self.params.copy()
        for k, weight in weights:
            add_change(posed, self.changes[k], weight, 0, posed.shape[1])
        hold(posed, self.params, 0, posed.shape[1])
        return posed

    def performer(self) -> Performer:
        """What has been learned so far."""
        return Performer(
            neutral=Splats.unpacked(self.params, self.colour),
            changes={name: Change.of(self.changes[k]) for k, name in enumerate(self.names)},
        )

    def _looked_at(self, progress: float) -> list[int]:
        """The views of the next round, shuffled: those whose largest weight is within what is looked at by now.

        It begins with the slightest weight at which every control was captured, and ends with full expressions.
        """
        slight = [1.0] * len(self.names)
        for weights in self.weights:
            for k, weight in weights:
                slight[k] = min(slight[k], float(weight))
        least = max(slight, default=1.0)
        carried = min(1.0, progress / max(self.settings.carry_until * FULL_AT, 1e-9))
        limit = least + (1.0 - least) * carried
        order = (int(view) for view in self.chance.permutation(len(self.weights)))
        return [view for view in order if max((weight for _, weight in self.weights[view]), default=0.0) <= limit]

    def _carry(self, weights: Weights, progress: float) -> None:
        """Moves the nodes of this view's controls."""
        s = self.settings
        pace = np.float32(s.carry_rate * s.rate_end ** (0.5 * progress / s.carry_until))
        for k, weight in weights:
            self.nodes.step(k, self.changes[k], self.grads, weight, pace, self.steps[k])

    def _learn(self, weights: Weights, step: int) -> None:
        """One step of all parameters of these controls' changes, and of the resting face."""
        progress = step / self.settings.iterations
        rest_rates, rates = self._rates(progress)
        shrink = np.float32(self.settings.shrink if progress < self.settings.settle_at else 0.0)

        def update(chunk: int) -> None:
            start, end = self.stage.spans(chunk)
            for k, weight in weights:
                moments = (
                    self.means[k],
                    self.squares[k],
                    rates,
                    weight,
                    self.steps[k],
                    shrink,
                    self.shows,
                    self.still[k],
                )
                change_step(self.changes[k], self.grads, *moments, start, end)
            adam_step(self.params, self.grads, self.rest_means, self.rest_squares, rest_rates, step, start, end)

        self.pool.run(update)

    def _rates(self, progress: float) -> tuple[Floats, Floats]:
        """Learning rates [14] of the resting parameters and of the changes, at a share of the run."""
        s, r = self.settings, self.settings.rest
        fall = s.rate_end**progress
        rest, change = np.empty(PARAMETERS, np.float32), np.empty(PARAMETERS, np.float32)
        spans = (slice(0, 3), slice(3, 6), slice(6, 10), slice(10, 11), slice(11, 14))
        own = (r.rate_mean, r.rate_scale, r.rate_quat, r.rate_opacity, r.rate_colour)
        of_change = (s.change_mean, s.change_scale, s.change_quat, s.change_opacity, s.change_colour)
        for span, rate, changing in zip(spans, own, of_change, strict=True):
            # A rate of nothing would divide by nothing where changes are measured in steps.
            rest[span], change[span] = rate * s.rest_share * fall, max(changing * fall, 1e-9)
        return rest, change

    def _housekeep(self, step: int) -> None:
        """What is done between steps: moving idle Gaussians, and settling on what moves."""
        s, last = self.settings, self.settings.iterations
        if step % s.reseed_every == 0 and step <= s.reseed_until * last:
            self._reseed()
        if step == int(s.settle_at * last):
            self._settle()

    def _settle(self) -> None:
        """Changes that do not show are none, and stay so."""
        for change, still in zip(self.changes, self.still, strict=True):
            still[:] = ((change / self.shows[:, None]) ** 2).sum(axis=0) < SHOWN_MIN * SHOWN_MIN
            change[:, still] = 0

    def _reseed(self) -> None:
        """Moves the Gaussians that matter least onto those that all views pull hardest, changes and all."""
        matters = self.rest_squares[11:14].astype(np.float64).sum(axis=0)
        moved: NDArray[np.int64] = np.argsort(matters, kind="stable")[: int(self.settings.reseed_share * len(matters))]
        pull = np.sqrt(self.rest_squares[0:3].astype(np.float64).sum(axis=0))
        pull[moved] = 0.0
        if len(moved) == 0 or np.count_nonzero(pull) < len(moved):
            return
        chosen = self.chance.choice(len(pull), len(moved), replace=False, p=pull / pull.sum())
        for held in (self.params, self.colour):
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
