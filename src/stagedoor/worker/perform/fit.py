"""A performer fitted to captures of one person in several expressions.  Same seed, same bytes, at any thread count.

First the resting capture alone is fitted, as any double is; then, by `steps`, rest and changes together from all.

A control is best captured at several weights (a quarter, a half, three quarters, in full; few views will do for the
slight ones), as a performer's range of motion gives them.  From full expressions alone a large movement, such as a
jaw's, is learned half as a movement and half as a cross-fade, and half weights show it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Final

from stagedoor.capture.read import Capture
from stagedoor.worker.double.pool import Pool, threads_default
from stagedoor.worker.double.train import Progress, ViewScore, mean_db, score, train
from stagedoor.worker.perform.controls import CONTROLS_MAX, REST, Expression
from stagedoor.worker.perform.errors import PerformError
from stagedoor.worker.perform.performer import Performer
from stagedoor.worker.perform.settings import PerformSettings
from stagedoor.worker.perform.steps import Fit

REPORT_EVERY: Final = 20
"""Steps between calls of progress and should_stop."""
CAPTURES_MAX: Final = 1_024
"""Captures in one fit: each of 128 controls alone at four weights, and as many together."""


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
    # A performer's file has no place for the mark, and its steps draw without; they go by the absolute error alone, and
    # all its Gaussians move together.  No receipt of a performer says that he leans on a head in general, so none does.
    settings_rest = replace(settings.rest, antialiased=False, left_out=0.0, structure=0.0, lean=False)
    total = settings_rest.iterations + settings.iterations

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
