"""A double's bytes: 3DGS PLY out and back, and every hostile file refused."""

from __future__ import annotations

import contextlib

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stagedoor.worker.double.splats import COLUMNS, Splats, SplatsError


def some(count: int = 5) -> Splats:
    chance = np.random.default_rng(1)
    return Splats(
        means=chance.normal(size=(count, 3)).astype(np.float32),
        log_scales=chance.normal(size=(count, 3)).astype(np.float32),
        quats=chance.normal(size=(count, 4)).astype(np.float32),
        opacity_logits=chance.normal(size=count).astype(np.float32),
        colours=chance.normal(size=(count, 3)).astype(np.float32),
    )


def header(count: str = "5", *, names: tuple[str, ...] = COLUMNS, form: str = "binary_little_endian 1.0") -> bytes:
    lines = ["ply", f"format {form}", f"element vertex {count}", *(f"property float {name}" for name in names)]
    return "\n".join([*lines, "end_header", ""]).encode()


def test_a_round_trip_is_exact() -> None:
    splats = some()
    data = splats.to_bytes()
    back = Splats.from_bytes(data)
    for name in ("means", "log_scales", "quats", "opacity_logits", "colours"):
        np.testing.assert_array_equal(getattr(back, name), getattr(splats, name))
    assert back.to_bytes() == data
    assert len(data) == len(header()) + 5 * 14 * 4
    np.testing.assert_array_equal(Splats.unpacked(splats.packed()).means, splats.means)
    assert not back.means.flags.writeable


def test_the_file_is_y_down_and_its_rotation_turns_with_it() -> None:
    splats = Splats(
        means=np.array([[1, 2, 3]], np.float32),
        log_scales=np.zeros((1, 3), np.float32),
        quats=np.array([[1, 0, 0, 0]], np.float32),
        opacity_logits=np.zeros(1, np.float32),
        colours=np.zeros((1, 3), np.float32),
    )
    row = np.frombuffer(splats.to_bytes()[-56:], "<f4")
    np.testing.assert_array_equal(row[:3], [1, -2, -3])
    np.testing.assert_array_equal(np.abs(row[10:]), [0, 1, 0, 0])


def test_other_tools_columns_are_read_past() -> None:
    names = ("x", "y", "z", "nx", "ny", "nz", *COLUMNS[3:])
    body = np.ones((5, len(names)), "<f4").tobytes()
    assert len(Splats.from_bytes(header(names=names) + body)) == 5


@pytest.mark.parametrize(
    ("data", "word"),
    [
        (b"", "no PLY header"),
        (b"ply\n" + b"comment x\n" * 1000 + b"end_header\n", "no PLY header"),
        (header("999999999") + bytes(56), "declares 999999999"),
        (header("9" * 400) + bytes(56), "count of vertices"),
        (header("-1"), "count of vertices"),
        (header("0"), "declares 0"),
        (header("²"), "not ASCII"),
        (header() + bytes(5 * 56 - 1), "follow"),
        (header() + bytes(5 * 56 + 1), "follow"),
        (header(form="ascii 1.0") + bytes(280), "little-endian"),
        (header(names=COLUMNS[:-1]) + bytes(280), "properties"),
        (header(names=(*COLUMNS, "f_rest_0")) + bytes(300), "properties"),
        (header(names=(*COLUMNS, "x")) + bytes(300), "properties"),
        (header().replace(b"property float x", b"property list uchar int x") + bytes(280), "properties"),
        (header() + bytes(280), "rotation"),
        (header() + np.full(70, np.nan, "<f4").tobytes(), "not finite"),
        (header() + np.full(70, np.inf, "<f4").tobytes(), "not finite"),
        (header() + np.full(70, 1e30, "<f4").tobytes(), "not finite"),
    ],
)
def test_a_hostile_file_is_refused(data: bytes, word: str) -> None:
    with pytest.raises(SplatsError, match=word):
        Splats.from_bytes(data)


@given(st.binary(max_size=600))
@settings(max_examples=200, deadline=None)
def test_random_bytes_raise_nothing_but_splats_error(data: bytes) -> None:
    for spoilt in (data, b"ply\n" + data, header()[:60] + data):
        with contextlib.suppress(SplatsError):
            Splats.from_bytes(spoilt)


def test_shapes_must_agree() -> None:
    with pytest.raises(SplatsError, match="shape"):
        Splats(
            means=np.zeros((2, 3), np.float32),
            log_scales=np.zeros((1, 3), np.float32),
            quats=np.ones((2, 4), np.float32),
            opacity_logits=np.zeros(2, np.float32),
            colours=np.zeros((2, 3), np.float32),
        )
