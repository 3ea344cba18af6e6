"""Which backend draws is the worker's own setting: every recipe asks it, its receipt says so, no order names it."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from perform.test_play import job as curve_job
from stagedoor.core.base.outcome import Refused
from stagedoor.worker import __main__ as worker_main
from stagedoor.worker.arc import render_arc
from stagedoor.worker.double import backends
from stagedoor.worker.double.backend import BackendError
from stagedoor.worker.double.cpu import CpuBackend, CpuHeld
from stagedoor.worker.double.gpu import look
from stagedoor.worker.double.names import CPU, CUDA
from stagedoor.worker.double.splats import Splats
from stagedoor.worker.fit import fit_splats
from stagedoor.worker.identity import IdentityError
from stagedoor.worker.job import Made, WorkError
from stagedoor.worker.play import generate_performance
from stagedoor.worker.recipes import plan
from worker.kit import ARC, WORKER, taken
from worker.test_arc import job as arc_job
from worker.test_fit import IDENTITY, capture
from worker.test_fit import job as fit_job


@dataclass
class AnnouncedFakeCuda(CpuBackend):
    """The processor under CUDA's name, which counts what it is asked."""

    name = CUDA
    held: list[CpuHeld] = field(default_factory=list)
    fitted: int = 0

    def hold(self, splats: Splats) -> CpuHeld:
        self.held.append(super().hold(splats))
        return self.held[-1]

    def fitting(self, *given: Any) -> Any:
        self.fitted += 1
        return super().fitting(*given)

    def open(self) -> int:
        """Doubles not yet closed."""
        return sum(held._splats is not None for held in self.held)


@pytest.fixture
def cuda(monkeypatch: pytest.MonkeyPatch) -> AnnouncedFakeCuda:
    """Whatever is chosen by CUDA's name."""
    fake, choose = AnnouncedFakeCuda(), backends.choose
    monkeypatch.setattr(backends, "choose", lambda name: fake if name == CUDA else choose(name))
    return fake


def on_cuda(made: Made) -> int:
    """What the receipt will tell."""
    return {measure.name: measure.value for measure in made.measures}["on_cuda"]


def test_frames_are_drawn_by_the_workers_backend_which_holds_the_double_once(
    tmp_path: Path, cuda: AnnouncedFakeCuda
) -> None:
    assert on_cuda(render_arc(replace(arc_job(tmp_path), out=tmp_path / "cpu"))) == 0
    assert not cuda.held
    made = render_arc(replace(arc_job(tmp_path), out=tmp_path / "cuda", backend=CUDA))
    assert made.units == 3 and on_cuda(made) == 1
    assert len(cuda.held) == 1 and cuda.open() == 0
    for frame in sorted((tmp_path / "cpu").iterdir()):
        assert frame.read_bytes() == (tmp_path / "cuda" / frame.name).read_bytes()


def test_a_new_light_is_drawn_by_it_too(tmp_path: Path, cuda: AnnouncedFakeCuda) -> None:
    found = plan(taken(ARC | {"light": 1, "frames": 1}, recipe="render-relit"), WORKER)
    assert on_cuda(render_arc(replace(arc_job(tmp_path), plan=found, backend=CUDA))) == 1
    assert len(cuda.held) == 1 and cuda.open() == 0


def test_a_performance_is_drawn_by_it_and_each_pose_given_back(tmp_path: Path, cuda: AnnouncedFakeCuda) -> None:
    made = generate_performance(replace(curve_job(tmp_path), backend=CUDA))
    assert on_cuda(made) == 1 and len(cuda.held) == made.units > 1 and cuda.open() == 0


def test_a_double_is_fitted_and_scored_by_it(tmp_path: Path, cuda: AnnouncedFakeCuda) -> None:
    made = fit_splats(replace(fit_job(tmp_path, capture()), backend=CUDA), IDENTITY)
    assert on_cuda(made) == 1 and cuda.fitted == 1 and cuda.open() == 0
    assert on_cuda(fit_splats(fit_job(tmp_path, capture()), IDENTITY)) == 0 and cuda.fitted == 1


@pytest.mark.parametrize("recipe", ["render", "fit"])
def test_a_backend_that_fails_is_an_answer_and_leaves_nothing(
    tmp_path: Path, cuda: AnnouncedFakeCuda, monkeypatch: pytest.MonkeyPatch, recipe: str
) -> None:
    def fails(*_: object) -> np.ndarray:
        raise BackendError("CUDA failed at drawing (OutOfMemoryError)")

    monkeypatch.setattr(CpuHeld, "frame", fails)
    work: dict[str, Callable[[], Made]] = {
        "render": lambda: render_arc(replace(arc_job(tmp_path), backend=CUDA)),
        "fit": lambda: fit_splats(replace(fit_job(tmp_path, capture()), backend=CUDA), IDENTITY),
    }
    with pytest.raises(WorkError, match="CUDA failed"):
        work[recipe]()
    assert cuda.open() == 0
    assert not list(tmp_path.rglob("*.png")) and not list(tmp_path.rglob("*.sealed"))


def test_no_order_can_name_a_backend() -> None:
    assert isinstance(plan(taken(ARC | {"on_cuda": 1}), WORKER), Refused)
    assert isinstance(plan(taken(ARC | {"backend": 1}), WORKER), Refused)


def test_a_worker_told_to_use_cuda_without_one_ends_before_any_order(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    lack = look().lack()
    if not lack:
        pytest.skip("there is a CUDA device here: nothing is missing")
    ended = started(tmp_path, monkeypatch)
    assert ended("--backend", "cuda") == 2
    told = json.loads(capsys.readouterr().err.splitlines()[-1])
    assert told["act"] == "ended" and told["why"] == f"CUDA cannot be used here: {lack}"
    with pytest.raises(IdentityError, match="got as far as its connections"):
        ended("--backend", CPU)
    with pytest.raises(SystemExit):
        ended("--backend", "vulkan")


def started(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., int]:
    """A worker's main up to its connections, which raise."""

    def no_further(*_: object) -> None:
        raise IdentityError("got as far as its connections")

    monkeypatch.setattr(worker_main, "forbid_core_dumps", lambda: None)
    monkeypatch.setattr(worker_main, "open_identity", lambda *_: IDENTITY)
    monkeypatch.setattr(worker_main, "Hatch", no_further)
    monkeypatch.setattr("signal.signal", lambda *_: None)
    own = ("--folder", str(tmp_path), "--worker", WORKER, "--blobs", str(tmp_path), "--out", str(tmp_path))

    def run(*more: str) -> int:
        monkeypatch.setenv(worker_main.PASSPHRASE_VARIABLE, "a long passphrase")
        monkeypatch.setenv(worker_main.URL_VARIABLE, "postgresql:///nowhere")
        return worker_main.main([*own, *more])

    return run
