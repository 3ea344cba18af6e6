"""Hostile fields: what they are, or the one FieldError, in a second and in bounded memory; what is read is drawn."""

from __future__ import annotations

import struct
from dataclasses import replace
from typing import Any, Final

import numpy as np
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from field.kit import fog
from fuzz.budget import bounded
from stagedoor.worker.double.warm import round_the_origin
from stagedoor.worker.field.draw import draw_field
from stagedoor.worker.field.errors import FieldError
from stagedoor.worker.field.form import MAGIC
from stagedoor.worker.field.model import HEAD, STEPS_MAX, Field

MEMORY_MAX: Final = 32 << 20
"""Bytes that reading may take: the occupancy alone is two million voxels of a byte, in a file of any size."""
CALM = settings(max_examples=150, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow])
SOUND: Final = fog().to_bytes()
BITS_END: Final = HEAD.size + 128**3 // 8
CAMERA = round_the_origin(from_deg=30.0, to_deg=30.0, frames=1)[0]
TRIPS: Final = (b"\0", b"\xff", b"\x7f\xff", b"\0\0\x80\x7f", b"\0\0\xc0\x7f", b"\xff\xff\xff\xff", b"\0" * 8)
"""Zeros, ones, and infinity and NaN as float32."""


def answered(data: bytes) -> Field | None:
    """The field, or None where it is refused; both are held to their promises."""
    found: Any = bounded(Field.from_bytes, data, refusal=FieldError, memory_max=MEMORY_MAX)
    if found is not None:
        assert found.to_bytes() == data, "one field has one spelling"
        drawn = draw_field(found, CAMERA, width=8, height=8, threads=1)
        assert drawn.shape == (8, 8, 3)
    return found  # type: ignore[no-any-return]


def test_every_cut_is_refused() -> None:
    for size in [*range(HEAD.size + 4), *range(HEAD.size + 4, len(SOUND), 9_973), len(SOUND) - 1]:
        assert answered(SOUND[:size]) is None
    assert answered(SOUND + b"\0") is None
    assert answered(SOUND) is not None


@CALM
@given(
    edits=st.lists(
        st.tuples(
            st.one_of(st.integers(0, HEAD.size), st.integers(BITS_END, len(SOUND)), st.integers(0, len(SOUND))),
            st.one_of(st.sampled_from(TRIPS), st.binary(min_size=1, max_size=8)),
        ),
        min_size=1,
        max_size=4,
    ),
    cut=st.sampled_from([0, 0, 0, 1, 4, 4_000]),
)
@example(edits=[(9, b"\x10\x40\x13")], cut=0)  # the most levels, the widest layer, the largest table
@example(edits=[(16, b"\xff\xff")], cut=0)
def test_a_spoilt_field_is_read_or_refused(edits: list[tuple[int, bytes]], cut: int) -> None:
    data = bytearray(SOUND)
    for at, piece in edits:
        data[at : at + len(piece)] = piece
    answered(bytes(data[: len(data) - cut]))


@CALM
@given(head=st.binary(min_size=HEAD.size - 8, max_size=HEAD.size - 8), tail=st.binary(max_size=64))
def test_noise_after_the_magic_is_refused(head: bytes, tail: bytes) -> None:
    assert answered(MAGIC + head + tail) is None
    assert answered(MAGIC + bytes([1]) + head[1:] + tail) is None


@pytest.mark.parametrize("steps", [1, STEPS_MAX])
def test_the_largest_numbers_that_are_read_are_drawn(steps: int) -> None:
    """Every entry and weight at its bound, of either sign by chance: no pixel is left out and none is NaN's."""
    chance = np.random.default_rng(5)
    held = fog()
    extreme = replace(
        held,
        steps=steps,
        table=(chance.choice([-6.5e4, 6.5e4], held.table.shape)).astype(np.float16),
        decoder=chance.choice([-1e4, 1e4], held.decoder.shape).astype(np.float32),
        corner=np.array([-1e6, -1.5, -1.5]),
        edge=1e6,
    )
    assert answered(extreme.to_bytes()) is not None
    nearer = replace(extreme, corner=held.corner, edge=held.edge)
    drawn = draw_field(nearer, CAMERA, width=16, height=16, background=(0.5, 0.5, 0.5))
    assert set(np.unique(drawn)) <= {0, 127, 128, 255}, "a colour at its bound is all or nothing"


def test_a_head_that_lies_about_its_edge_is_refused() -> None:
    at = HEAD.size - 8
    for edge in (float("nan"), float("inf"), 0.0, -1.0, 1e-300, 1e300):
        assert answered(SOUND[:at] + struct.pack("<d", edge) + SOUND[HEAD.size :]) is None
