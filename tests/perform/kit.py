"""Small performers: one made by hand, and one learned in seconds from the invented person of bench/people."""

from __future__ import annotations

import sys
from functools import cache
from pathlib import Path

import numpy as np

from stagedoor.capture.read import Capture
from stagedoor.worker.double.splats import Splats
from stagedoor.worker.double.train import TrainSettings
from stagedoor.worker.perform.controls import REST, Expression
from stagedoor.worker.perform.fit import PerformResult, train_performance
from stagedoor.worker.perform.performer import Change, Performer
from stagedoor.worker.perform.settings import PerformSettings

BENCH = Path(__file__).parents[2] / "bench"
sys.path.insert(0, str(BENCH))

from people.captures import capture, rig  # noqa: E402 - bench is no package
from people.person import Person  # noqa: E402 - as above

SIZE = 64
TOGETHER = Expression({"jawOpen": 0.5, "eyeBlinkLeft": 0.5})


def ball(count: int = 60) -> Splats:
    """Some Gaussians on a sphere."""
    chance = np.random.default_rng(3)
    means = chance.normal(size=(count, 3))
    means /= np.linalg.norm(means, axis=1, keepdims=True)
    return Splats(
        means=means.astype(np.float32),
        log_scales=np.full((count, 3), -2.0, np.float32),
        quats=np.tile(np.array([1, 0, 0, 0], np.float32), (count, 1)),
        opacity_logits=np.full(count, 3.0, np.float32),
        colours=chance.uniform(-1, 1, (count, 3)).astype(np.float32),
    )


def performer() -> Performer:
    """The ball, some of which moves by two controls."""
    chance = np.random.default_rng(4)
    dense = np.zeros((2, 14, 60), np.float32)
    dense[0][:, 5:20] = chance.normal(0, 0.1, (14, 15))
    dense[1][:, 15:40] = chance.normal(0, 0.1, (14, 25))
    return Performer(neutral=ball(), changes={"jawOpen": Change.of(dense[0]), "browInnerUp": Change.of(dense[1])})


@cache
def person() -> Person:
    """The invented person, with few triangles."""
    return Person(levels=1)


@cache
def captures() -> dict[Expression, Capture]:
    """At rest, and two controls at half and in full."""
    cameras = rig(views=8, size=SIZE, front_deg=90, turn=0.2)
    held = {REST: capture(person(), {}, rig(views=12, size=SIZE), rig(views=2, size=SIZE, front_deg=50, turn=0.4))}
    for control in ("jawOpen", "eyeBlinkLeft"):
        for weight in (0.5, 1.0):
            held[Expression({control: weight})] = capture(person(), {control: weight}, cameras)
    return held


def unseen() -> dict[Expression, Capture]:
    """Both controls at once, and the face at rest, from cameras that no training view stands at."""
    cameras = rig(views=3, size=SIZE, front_deg=50, turn=0.4)
    return {one: capture(person(), one, (), cameras) for one in (REST, TOGETHER)}


def quick(*, threads: int = 2, iterations: int = 360, rest: int = 160) -> PerformSettings:
    """A few seconds."""
    return PerformSettings(
        rest=TrainSettings(gaussians=1_200, iterations=rest, threads=threads), iterations=iterations, nodes=150
    )


@cache
def learned() -> PerformResult:
    """The small performer."""
    return train_performance(captures(), settings=quick())
