"""Hostile performers and curves: what they are, or the one PerformError, in time and in bounded memory."""

from __future__ import annotations

import time
import tracemalloc
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from fuzz.budget import SLACK
from perform.kit import performer
from perform.test_curves import ours, recorded, row
from stagedoor.worker.perform.controls import ARKIT
from stagedoor.worker.perform.curves import BYTES_MAX, FRAMES_MAX, parse_curve
from stagedoor.worker.perform.errors import PerformError
from stagedoor.worker.perform.performer import Performer

MEMORY_MAX = 16 << 20
"""Bytes for a small file, whatever it promises."""
CALM = settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
SOUND = performer().to_bytes()
CURVES = (ours(), recorded([row("01:00:00:00.000", jaw=0.5), row("01:00:00:01.000")]))


def bounded(act: Callable[[], Any], memory: int = MEMORY_MAX, seconds: float = 0.1) -> Any:
    """What comes out, or None for the one error."""
    tracemalloc.start()
    began = time.process_time()
    try:
        return act()
    except PerformError as refused:
        text = str(refused)
        assert len(text) < 900 and text.isprintable(), ascii(text)
        return None
    finally:
        taken = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        assert taken < memory, taken
        assert time.process_time() - began < seconds * SLACK


def spoilt(data: bytes, at: int, piece: bytes, cut: int) -> bytes:
    """Some bytes overwritten, and the end cut off."""
    at %= len(data)
    return (data[:at] + piece + data[at + len(piece) :])[: len(data) - cut]


@CALM
@given(at=st.integers(0, len(SOUND)), piece=st.binary(max_size=8), cut=st.sampled_from([0, 0, 1, 40, len(SOUND) // 2]))
@example(at=8, piece=b"\xff\xff\xff\xff", cut=0)
def test_a_spoilt_performer_is_read_or_refused(at: int, piece: bytes, cut: int) -> None:
    data = spoilt(SOUND, at, piece, cut)
    found = bounded(lambda: Performer.from_bytes(data))
    if found is not None:
        assert found.to_bytes() == data  # one performer has one spelling
        found.posed(dict.fromkeys(found.controls, 1.0))


@CALM
@given(
    which=st.sampled_from(CURVES),
    at=st.integers(0, 2_000),
    piece=st.one_of(st.binary(max_size=6), st.sampled_from([b"NaN", b"1e999", b"[[", b'"', b",", b"-", b"{", b"\n"])),
    cut=st.sampled_from([0, 0, 1, 30]),
)
def test_a_spoilt_curve_is_read_or_refused(which: bytes, at: int, piece: bytes, cut: int) -> None:
    rate = None if which is CURVES[0] else 60
    found = bounded(lambda: parse_curve(spoilt(which, at, piece, cut), frames_per_second=rate))
    if found is not None:
        assert 0.0 <= min(found.at(3).values(), default=0.0) <= max(found.at(3).values(), default=1.0) <= 1.0


@CALM
@given(data=st.binary(max_size=300))
def test_any_bytes_are_read_or_refused(data: bytes) -> None:
    bounded(lambda: Performer.from_bytes(data))
    bounded(lambda: parse_curve(data, frames_per_second=60))
    bounded(lambda: parse_curve(b"{" + data))


@pytest.mark.parametrize(
    "data",
    [
        b"{" + b"[]," * (BYTES_MAX // 4),
        b'{"a":' + b"[" * FRAMES_MAX,
        b'{"frames":[' + b"9," * (BYTES_MAX // 32),
        b"Timecode,BlendShapeCount,JawOpen\n" + b"0:0:0:0,0,\n" * (BYTES_MAX // 12),
        b"Timecode,BlendShapeCount" + b",JawOpen" * (BYTES_MAX // 9),
        b'Timecode,BlendShapeCount,JawOpen\n"' + b"9" * (BYTES_MAX - 100),
    ],
    ids=["lists", "deep", "numbers", "rows without a face", "columns", "one cell"],
)
def test_a_large_curve_that_is_none_is_refused_soon(data: bytes) -> None:
    assert bounded(lambda: parse_curve(data, frames_per_second=60), memory=20 * BYTES_MAX, seconds=1.0) is None


def test_every_name_of_arkit_is_a_column() -> None:
    assert set(parse_curve(CURVES[1], frames_per_second=60).controls) == set(ARKIT)
