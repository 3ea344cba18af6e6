"""Curves are read strictly, in both forms, and run straight between their frames."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pytest

from stagedoor.worker.perform.controls import ARKIT, Expression
from stagedoor.worker.perform.curves import BYTES_MAX, TURNS, Curve, parse_curve
from stagedoor.worker.perform.errors import PerformError

OURS: dict[str, Any] = {
    "stagedoor": "curve",
    "version": 1,
    "frames_per_second": 24,
    "controls": ["jawOpen", "browInnerUp"],
    "frames": [[1001, 0.0, 0.25], [1005, 0.5, 0.25], [1006, 1.0, 0.0]],
}


def ours(**over: Any) -> bytes:
    """The curve with some keys changed."""
    return json.dumps(OURS | over).encode()


def recorded(rows: list[str], names: tuple[str, ...] = ARKIT + TURNS) -> bytes:
    """A recorder's CSV with these rows."""
    head = ["Timecode", "BlendShapeCount", *(name[:1].upper() + name[1:] for name in names)]
    return "\n".join([",".join(head), *rows, ""]).encode()


def row(time: str, *, jaw: float = 0.0, turn: float = -0.3) -> str:
    """One frame in which a jaw opens and a head turns."""
    weights = [jaw if name == "jawOpen" else 0.0 for name in ARKIT]
    return ",".join([time, "61", *(f"{value:.6f}" for value in [*weights, *[turn] * len(TURNS)])])


def test_our_form_runs_straight_between_frames_and_stands_beyond() -> None:
    curve = parse_curve(ours())
    assert curve.frames_per_second == 24 and curve.frames == 6
    assert curve.at(1003) == Expression({"jawOpen": 0.25, "browInnerUp": 0.25})
    assert curve.at(1005) == Expression({"jawOpen": 0.5, "browInnerUp": 0.25})
    assert curve.at(1005.5) == Expression({"jawOpen": 0.75, "browInnerUp": 0.125})
    assert curve.at(0) == curve.at(1001) == Expression({"browInnerUp": 0.25})
    assert curve.at(9999) == Expression({"jawOpen": 1.0})


def test_our_form_comes_back() -> None:
    curve = parse_curve(ours())
    data = curve.to_json()
    back = parse_curve(data, frames_per_second=24)
    assert back.to_json() == data
    assert np.array_equal(back.weights, curve.weights) and np.array_equal(back.numbers, curve.numbers)


def test_a_recorders_csv_is_read() -> None:
    seen = [row("01:00:00:00.000", jaw=0.1), row("01:00:00:01.500", jaw=0.4), row("01:00:01:00.000", jaw=1.0)]
    curve = parse_curve(recorded(seen), frames_per_second=60)
    assert curve.controls == ARKIT  # the rotations of head and eyes are no weights
    assert list(curve.numbers - curve.numbers[0]) == [0.0, 1.5, 60.0]
    assert curve.at(float(curve.numbers[0]) + 0.75)["jawOpen"] == pytest.approx(0.25)


def test_a_frame_without_a_face_is_left_out() -> None:
    unseen = "01:00:00:01.000,0," + "," * (len(ARKIT + TURNS) - 1)
    seen = [row("01:00:00:00.000", jaw=0.2), unseen, row("01:00:00:02.000", jaw=0.4)]
    curve = parse_curve(recorded(seen), frames_per_second=60)
    assert len(curve.numbers) == 2
    assert curve.at(float(curve.numbers[0]) + 1)["jawOpen"] == pytest.approx(0.3)


def test_a_control_that_she_lacks_is_refused_unless_it_never_moves() -> None:
    curve = parse_curve(ours())
    assert curve.fitted(["jawOpen", "browInnerUp", "mouthPucker"]).controls == ("jawOpen", "browInnerUp")
    with pytest.raises(PerformError, match="browInnerUp") as refused:
        curve.fitted(["jawOpen", "browDownLeft", "browOuterUpLeft"])
    assert "Did you mean" in str(refused.value)
    assert curve.fitted(["jawOpen"], leave_out=True).controls == ("jawOpen",)
    still = parse_curve(ours(frames=[[1, 0.5, 0.0]]))
    assert still.fitted(["jawOpen"]).controls == ("jawOpen",)
    with pytest.raises(PerformError, match="none of its controls"):
        still.fitted(["mouthPucker"], leave_out=True)


def test_leaving_out_is_for_arkits_controls_only() -> None:
    curve = parse_curve(ours(controls=["jawOpen", "jawOpenn"], frames=[[1, 0.5, 0.5]]))
    with pytest.raises(PerformError, match="jawOpenn"):
        curve.fitted(["jawOpen"], leave_out=True)


BAD_JSON: list[tuple[bytes, str]] = [
    (b"{", "no JSON"),
    (b"{" * 100_000, "object within another"),
    (b'{"a":' + b"[" * 90_000, "no JSON"),
    (b'{"a":' + b"[" * 200_000, "lists"),
    (b'{"stagedoor": 1, "stagedoor": 2}', "twice"),
    (ours(extra=1), "keys"),
    (ours(version=True), "version 1"),
    (ours(stagedoor="curves"), "version 1"),
    (ours(frames_per_second=0), "frames a second"),
    (ours(frames_per_second=24.0), "frames a second"),
    (ours(frames_per_second=True), "frames a second"),
    (ours(controls=["jawOpen", "jawOpen"]), "twice"),
    (ours(controls=[]), "frame 0"),
    (ours(controls=["jawOpen", "Brow"]), "no control's name"),
    (ours(controls=["jawOpen", 7]), "no control's name"),
    (ours(controls="jawOpen"), "no lists"),
    (ours(frames=[]), "0 frames"),
    (ours(frames=[[1, 0.0]]), "frame 0"),
    (ours(frames=[[1, 0.0, True]]), "frame 0"),
    (ours(frames=[[1, 0.0, "1"]]), "frame 0"),
    (ours(frames=[[1, 0.0, 1.0000001]]), "weight"),
    (ours(frames=[[1, 0.0, -0.1]]), "weight"),
    (ours(frames=[[1, 0.0, 10**400]]), "no float"),
    (ours(frames=[[1, 0.0, float("nan")]]), "NaN"),
    (ours(frames=[[2, 0.0, 0.0], [1, 0.0, 0.0]]), "upwards"),
    (ours(frames=[[1, 0.0, 0.0], [1, 0.0, 0.0]]), "upwards"),
    (ours(frames=[[10**12, 0.0, 0.0]]), "upwards"),
    (b" " * (BYTES_MAX + 1), "bytes"),
    (b"\xff\xfe{", "UTF-8"),
]


@pytest.mark.parametrize(("data", "words"), BAD_JSON, ids=range(len(BAD_JSON)))
def test_what_is_no_curve_is_refused(data: bytes, words: str) -> None:
    with pytest.raises(PerformError, match=words):
        parse_curve(data)


BAD_CSV: list[tuple[bytes, str]] = [
    (b"", "first one"),
    (b"Time,Count,JawOpen\n", "first line"),
    (recorded([], ("jawOpenn",)), "Did you mean jawOpen"),
    (recorded([]), "0 frames"),
    (recorded([row("01:00:00:00.000") + ",1"]), "cells"),
    (recorded([row("01:00:00:60.000")]), "timecode"),
    (recorded([row("01:61:00:00.000")]), "timecode"),
    (recorded([row("yesterday")]), "timecode"),
    (recorded(["01:00:00:00,1,0.5x"], ("jawOpen",)), "no number"),
    (recorded(["01:00:00:00,1,"], ("jawOpen",)), "no number"),
    (recorded(["01:00:00:00,1,nan"], ("jawOpen",)), "no number"),
    (recorded(["01:00:00:00,1,1_0"], ("jawOpen",)), "no number"),
    (recorded(["01:00:00:00,1,1.5"], ("jawOpen",)), "weight"),
    (recorded(['01:00:00:00,1,"0.5'], ("jawOpen",)), "CSV"),
    (recorded(["01:00:00:00,1," + "9" * 200_000], ("jawOpen",)), "CSV"),
    (recorded(["01:00:00:00,1,0.5"] * 2, ("jawOpen",)), "upwards"),
    (recorded(["01:00:00:00,1,0.5,0.5"], ("jawOpen",) * 2), "twice"),
    (recorded(["01:00:00:00,1,0.5"], ("jawOpen",) * 200), "first line|first one"),
]


@pytest.mark.parametrize(("data", "words"), BAD_CSV, ids=range(len(BAD_CSV)))
def test_what_no_recorder_writes_is_refused(data: bytes, words: str) -> None:
    with pytest.raises(PerformError, match=words):
        parse_curve(data, frames_per_second=60)


def test_a_rate_is_asked_for_and_must_agree() -> None:
    with pytest.raises(PerformError, match="does not tell"):
        parse_curve(recorded([row("01:00:00:00.000")]))
    with pytest.raises(PerformError, match="24 frames a second"):
        parse_curve(ours(), frames_per_second=25)


def test_arrays_of_other_shapes_are_no_curve() -> None:
    with pytest.raises(PerformError):
        Curve(frames_per_second=24, controls=("jawOpen",), numbers=np.zeros(2), weights=np.zeros((1, 1), np.float32))
