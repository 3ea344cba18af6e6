"""A field's bytes: back bit for bit, and a clear refusal of everything else."""

from __future__ import annotations

import struct
import time
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from field.kit import SMALL, fog
from fuzz.budget import SLACK
from stagedoor.worker.field.errors import FieldError
from stagedoor.worker.field.form import is_field
from stagedoor.worker.field.grid import GridShape
from stagedoor.worker.field.model import HEAD, Field

WHOLE = fog().to_bytes()
REFUSED_S = 0.1


def read(data: bytes) -> Field | None:
    """The field, or None where it is refused; nothing else may come, and not late."""
    began = time.perf_counter()
    try:
        return Field.from_bytes(data)
    except FieldError:
        return None
    finally:
        assert time.perf_counter() - began < REFUSED_S * SLACK


def test_a_field_comes_back_bit_for_bit() -> None:
    held, back = fog(), Field.from_bytes(bytearray(WHOLE))
    assert is_field(WHOLE) and back.to_bytes() == WHOLE
    assert (back.shape, back.edge, back.steps, back.hidden) == (held.shape, held.edge, held.steps, held.hidden)
    for one, other in zip(held.arrays(), back.arrays(), strict=True):
        assert one.dtype == other.dtype and np.array_equal(one, other) and not other.flags.writeable


def test_what_is_read_keeps_no_view_of_the_buffer() -> None:
    data = bytearray(WHOLE)
    back = Field.from_bytes(data)
    data[:] = bytes(len(data))
    assert back.to_bytes() == WHOLE


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(at=st.integers(0, HEAD.size - 1), byte=st.integers(0, 255))
def test_any_byte_of_the_head_may_lie(at: int, byte: int) -> None:
    data = bytearray(WHOLE)
    data[at] = byte
    back = read(bytes(data))
    assert back is None or back.to_bytes() == bytes(data)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(at=st.integers(HEAD.size, len(WHOLE) - 2), value=st.binary(min_size=2, max_size=2))
def test_any_number_of_the_body_may_lie(at: int, value: bytes) -> None:
    back = read(WHOLE[:at] + value + WHOLE[at + 2 :])
    assert back is None or all(np.isfinite(held).all() for held in back.arrays())


@settings(max_examples=60, deadline=None)
@given(cut=st.one_of(st.integers(0, HEAD.size + 8), st.integers(0, len(WHOLE) - 1)))
def test_a_cut_field_is_refused(cut: int) -> None:
    assert read(WHOLE[:cut]) is None


@settings(max_examples=100, deadline=None)
@given(st.binary(max_size=200))
def test_bytes_of_chance_are_refused(data: bytes) -> None:
    assert read(data) is None
    assert read(WHOLE[:8] + data) is None
    assert read(WHOLE + data + b"\0") is None


def test_a_head_that_promises_the_most_allocates_nothing() -> None:
    lies = HEAD.pack(WHOLE[:8], 1, 16, 64, 19, 2048, 2048, 1024, 0.0, 0.0, 0.0, 1.0)
    assert read(lies + bytes(100)) is None


@pytest.mark.parametrize("value", [float("nan"), float("inf"), 1e9])
def test_a_number_that_is_none_is_refused_wherever_it_stands(value: float) -> None:
    assert read(WHOLE[:-4] + struct.pack("<f", value)) is None
    assert read(WHOLE[: HEAD.size - 8] + struct.pack("<d", value) + WHOLE[HEAD.size :]) is None
    table = fog().table.copy()
    table[-1, 1] = value if abs(value) > 1e9 else np.nan
    assert read(WHOLE[: HEAD.size + 128**3 // 8] + table.tobytes() + fog().decoder.tobytes()) is None
    with pytest.raises(FieldError):
        replace(fog(), corner=np.array([0.0, value, 0.0]))


def test_arrays_of_another_size_are_refused() -> None:
    with pytest.raises(FieldError, match="sizes"):
        replace(fog(), shape=replace(SMALL, levels=2))
    with pytest.raises(FieldError, match="occupied"):
        replace(fog(), occupied=np.full((128, 128, 128), 2, np.uint8))


@pytest.mark.parametrize("asked", [{"levels": 0}, {"levels": 17}, {"coarsest": 0}, {"finest": 9}, {"table_log2": 30}])
def test_a_grid_that_no_field_has_is_refused(asked: dict[str, int]) -> None:
    with pytest.raises(FieldError, match="grid"):
        GridShape(**asked)
