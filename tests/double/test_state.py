"""A killed training goes on where it stood and ends in the same double, bit for bit; another run's state is refused."""

from __future__ import annotations

import contextlib
from dataclasses import replace
from functools import cache

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stagedoor.worker.double import train as training
from stagedoor.worker.double.state import ARRAYS, MAGIC, StateError, pack, unpack
from stagedoor.worker.double.train import TrainSettings, train
from stagedoor.worker.double.warm import ball
from stagedoor.worker.formats.ply import write_ply

SHORT = TrainSettings(gaussians=120, iterations=60, seed=3, degree=2, reseed_every=10, threads=1)


def stopped_at(step: int) -> bytes:
    """The state of a run that was told to stop after so many steps (a multiple of 20)."""
    states: list[bytes] = []
    asked = iter(range(1, 100))
    train(ball(), settings=SHORT, should_stop=lambda: next(asked) * training.REPORT_EVERY >= step, keep=states.append)
    assert len(states) == 1 and unpack(states[0]).step == step
    return states[0]


@cache
def kept() -> bytes:
    """A state, made once."""
    return stopped_at(20)


def test_a_stopped_run_goes_on_to_the_same_bytes() -> None:
    whole = write_ply(train(ball(), settings=SHORT).splats)
    for step in (20, 40):
        again = train(ball(), settings=replace(SHORT, threads=2), resume=stopped_at(step))
        assert again.iterations == SHORT.iterations and write_ply(again.splats) == whole


def test_a_state_is_kept_and_a_preview_shown_now_and_then(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(training, "KEEP_SECONDS", 0.0)
    monkeypatch.setattr(training, "PREVIEW_SECONDS", 0.0)
    kept: list[bytes] = []
    shown: list[int] = []
    result = train(ball(), settings=SHORT, keep=kept.append, preview=lambda splats, step: shown.append(step))
    assert [unpack(state).step for state in kept] == shown == list(range(1, 61))
    assert write_ply(result.splats) == write_ply(train(ball(), settings=SHORT).splats), "to look changes nothing"


@pytest.mark.parametrize(
    "other", [{"seed": 4}, {"iterations": 61}, {"gaussians": 121}, {"degree": 1}, {"rate_mean": 2e-3}]
)
def test_another_runs_state_is_refused(other: dict[str, float]) -> None:
    with pytest.raises(StateError):
        train(ball(), settings=replace(SHORT, **other), resume=stopped_at(20))  # type: ignore[arg-type]


def test_a_damaged_state_is_refused() -> None:
    state = stopped_at(20)
    damaged = [b"", state[:-1], state + b"x", state[:40], b"X" + state[1:], MAGIC + b"\xff\xff\xff\xff" + state[12:]]
    for data in damaged:
        with pytest.raises(StateError):
            unpack(data)


@settings(max_examples=200, deadline=None)
@given(st.binary(max_size=400), st.integers(0, 400))
def test_random_bytes_are_a_state_or_an_error(data: bytes, at: int) -> None:
    for spoilt in (data, MAGIC + data):
        with contextlib.suppress(StateError):
            state = unpack(spoilt[:at])
            assert state.step >= 0 and set(state.arrays) == set(ARRAYS)


@settings(max_examples=100, deadline=None)
@given(st.lists(st.tuples(st.floats(0, 1, exclude_max=True), st.integers(0, 255)), min_size=1, max_size=3))
def test_a_state_with_spoilt_bytes_is_a_state_or_an_error(edits: list[tuple[float, int]]) -> None:
    """What still reads has whole arrays of the shapes that it tells, and no byte besides."""
    data = bytearray(kept())
    for at, value in edits:
        data[int(at * min(len(data), 1_500))] = value  # the head, where a byte misleads
    with contextlib.suppress(StateError):
        state = unpack(data)
        again = unpack(pack(state))
        assert (again.step, again.queue, again.settings) == (state.step, state.queue, state.settings)
        assert sum(state.arrays[name].nbytes for name in ARRAYS) < len(data)


def test_a_state_holds_what_is_trained() -> None:
    state = unpack(stopped_at(20))
    assert state.arrays["params"].shape == (14, 120) and state.arrays["rest"].shape == (24, 120)
    assert np.abs(state.arrays["squares"]).max() > 0
