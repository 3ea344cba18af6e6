"""3DGS PLY of every degree: exact, as the common layout has it, and strict about what it reads."""

from __future__ import annotations

import hashlib
import re

import numpy as np
import pytest
from numpy.typing import NDArray

from formats.doubles import covariances, same, seen_from, some
from stagedoor.worker.double.splats import Splats
from stagedoor.worker.formats.errors import FormatError
from stagedoor.worker.formats.ply import columns, read_ply, write_ply

FROM_0_2_0 = "967b53927c98b345aadd7e4731301839ddeef7a15c084ef1840156f79dc68654"


def header(names: tuple[str, ...], *, count: str = "5", form: str = "binary_little_endian 1.0") -> bytes:
    lines = ["ply", f"format {form}", f"element vertex {count}", *(f"property float {name}" for name in names)]
    return "\n".join([*lines, "end_header", ""]).encode()


def common(data: bytes) -> dict[str, NDArray[np.float32]]:
    """A reader of its own, from the common layout alone: column name to column."""
    head, _, body = data.partition(b"end_header\n")
    names = re.findall(rb"property float (\w+)", head)
    count = int(re.findall(rb"element vertex (\d+)", head)[0])
    rows = np.frombuffer(body, np.dtype([(name.decode(), "<f4") for name in names]))
    assert len(rows) == count
    return {name.decode(): rows[name.decode()] for name in names}


@pytest.mark.parametrize("degree", [0, 1, 2, 3])
def test_a_round_trip_is_exact(degree: int) -> None:
    splats = some(degree=degree)
    data = write_ply(splats)
    same(read_ply(data), splats)
    assert write_ply(read_ply(bytearray(data))) == data
    assert read_ply(data).degree == degree


def test_degree_0_has_the_bytes_that_doubles_always_had() -> None:
    """Sealed replicas hold these: the digest is of what version 0.2.0 wrote."""
    assert hashlib.sha256(write_ply(some())).hexdigest() == FROM_0_2_0
    row = np.frombuffer(write_ply(some())[-56:], "<f4")
    last = some().means[-1]
    np.testing.assert_array_equal(row[:3], [last[0], -last[1], -last[2]])
    assert len(write_ply(some())) == len(header(columns(0), count="40")) + 40 * 56


@pytest.mark.parametrize("degree", [1, 2, 3])
def test_an_independent_reader_sees_the_same_person_upside_down(degree: int) -> None:
    """The file is y down: seen there along a direction whose y and z are turned, a Gaussian has the same colour."""
    splats = some(degree=degree)
    read = common(write_ply(splats))
    each = {1: 3, 2: 8, 3: 15}[degree]
    assert set(read) == set(columns(degree))
    # Channel by channel: f_rest_0 .. are all of red, then all of green, then blue.
    rest = np.stack([read[f"f_rest_{k}"] for k in range(3 * each)], axis=1).reshape(-1, 3, each).transpose(0, 2, 1)
    there = Splats(
        means=np.stack([read["x"], read["y"], read["z"]], axis=1),
        log_scales=np.stack([read[f"scale_{k}"] for k in range(3)], axis=1),
        quats=np.stack([read[f"rot_{k}"] for k in range(4)], axis=1),
        opacity_logits=read["opacity"],
        colours=np.stack([read[f"f_dc_{k}"] for k in range(3)], axis=1),
        rest=rest,
    )
    x, y, z = 0.36, 0.48, 0.8
    np.testing.assert_allclose(seen_from(there, (x, -y, -z)), seen_from(splats, (x, y, z)), atol=1e-6)
    np.testing.assert_array_equal(there.means, splats.means * [1, -1, -1])
    turn = np.diag([1.0, -1.0, -1.0])
    np.testing.assert_allclose(covariances(there), turn @ covariances(splats) @ turn, atol=1e-6)


def test_properties_come_in_any_order_with_normals_and_comments() -> None:
    splats = some(5, degree=1)
    read = common(write_ply(splats))
    read |= dict.fromkeys(("nx", "ny", "nz"), np.zeros(5, np.float32))
    names = tuple(sorted(read, reverse=True))
    body = np.stack([read[name] for name in names], axis=1).astype("<f4").tobytes()
    head = header(names).replace(b"element", b"comment by another tool\nobj_info 1\nelement", 1)
    same(read_ply(head + body), splats)


@pytest.mark.parametrize(
    ("data", "word"),
    [
        (b"", "no PLY header"),
        (b"ply\n" + b"comment x\n" * 1000 + b"end_header\n", "no PLY header"),
        (header(columns(0), count="999999999") + bytes(56), "declares 999999999"),
        (header(columns(0), count="1000000000000") + bytes(56), "count of vertices"),
        (header(columns(3), count="1000000") + bytes(56), "asks for 236000000 bytes and 56 follow"),
        (header(columns(0), count="-1"), "count of vertices"),
        (header(columns(0), count="+5"), "count of vertices"),
        (header(columns(0), count="0"), "declares 0"),
        (header(columns(0), count="²"), "not ASCII"),
        (header(columns(0)) + bytes(5 * 56 - 1), "follow"),
        (header(columns(0)) + bytes(5 * 56 + 1), "follow"),
        (header(columns(0), form="ascii 1.0") + bytes(280), "little-endian"),
        (header(columns(0), form="binary_big_endian 1.0") + bytes(280), "little-endian"),
        (header(()), "not those of Gaussians"),
        (header(columns(0)[:-1]) + bytes(260), "not those of Gaussians"),
        (header((*columns(0), "f_rest_0")) + bytes(300), "not those of Gaussians"),
        (header(columns(2)[:-1]) + bytes(5 * 37 * 4), "not those of Gaussians"),
        (header((*columns(0), "x")) + bytes(300), "named twice"),
        (header(columns(0)).replace(b"float x", b"double x") + bytes(300), "property double x"),
        (header(columns(0)).replace(b"property float x", b"property list uchar int x") + bytes(280), "list"),
        (header(columns(0)).replace(b"element vertex 5", b"element chunk 1\nelement vertex 5"), "chunks"),
        (header(columns(0)) + bytes(280), "rotation in it is zero"),
        (header(columns(3)) + np.full(5 * 59, np.nan, "<f4").tobytes(), "not finite"),
        (header(columns(0)) + np.full(70, -np.inf, "<f4").tobytes(), "not finite"),
        (header(columns(0)) + np.full(70, 1e30, "<f4").tobytes(), "not finite"),
    ],
)
def test_a_hostile_file_is_refused(data: bytes, word: str) -> None:
    with pytest.raises(FormatError, match=word):
        read_ply(data)


def test_one_bad_coefficient_among_many_is_found() -> None:
    data = bytearray(write_ply(some(100, degree=3)))
    body = data.index(b"end_header\n") + 11
    place = body + (50 * 59 + 30) * 4
    data[place : place + 4] = np.float32(np.nan).tobytes()
    with pytest.raises(FormatError, match="harmonics has a number that is not finite"):
        read_ply(data)


def test_infinite_logits_are_opacities_of_none_and_all() -> None:
    data = bytearray(write_ply(some(2)))
    for row, logit in ((1, -np.inf), (2, np.inf)):
        place = len(data) - 56 * row + 24
        data[place : place + 4] = np.float32(logit).tobytes()
    np.testing.assert_array_equal(read_ply(data).opacity_logits, [20, -20])
    data[place : place + 4] = np.float32(np.nan).tobytes()
    with pytest.raises(FormatError, match="opacity has a number that is not finite"):
        read_ply(data)


def test_a_signalling_nan_is_refused_without_a_warning() -> None:
    """Warnings are errors in these tests; numpy warns of arithmetic on such a number, and of no other NaN."""
    data = bytearray(write_ply(some(2, degree=1)))
    body = data.index(b"end_header\n") + 11
    for column in range(len(columns(1))):
        held = data.copy()
        held[body + 4 * column : body + 4 * column + 4] = b"\x01\x00\x80\x7f"
        with pytest.raises(FormatError, match="has a number that is not finite"):
            read_ply(held)
