"""A performer's bytes come back whole, hold only what moves, and nothing else is read as one."""

from __future__ import annotations

import struct
from dataclasses import replace

import numpy as np
import pytest

from perform.kit import ball, performer
from stagedoor.worker.double.sh import COEFFICIENTS
from stagedoor.worker.perform.controls import ARKIT, Expression
from stagedoor.worker.perform.errors import PerformError
from stagedoor.worker.perform.performer import HEAD, Change, Performer, is_performer

REST_BYTES = 4 * 14 * 60


def test_bytes_come_back() -> None:
    data = performer().to_bytes()
    assert is_performer(data)
    back = Performer.from_bytes(data)
    assert back.to_bytes() == data
    assert back.controls == ("browInnerUp", "jawOpen")
    assert Performer.from_bytes(bytearray(data)).to_bytes() == data


def test_what_does_not_move_is_not_stored() -> None:
    assert len(performer().to_bytes()) == HEAD.size + REST_BYTES + (5 + 11 + 32 * 25) + (5 + 7 + 32 * 15)


@pytest.mark.parametrize("coefficients", COEFFICIENTS[1:])
def test_colour_that_hangs_on_direction_is_kept(coefficients: int) -> None:
    rest = np.random.default_rng(1).normal(0, 0.1, (60, coefficients, 3)).astype(np.float32)
    given = replace(performer(), neutral=replace(ball(), rest=rest))
    back = Performer.from_bytes(given.to_bytes())
    assert np.array_equal(back.neutral.rest, rest)
    assert np.array_equal(back.posed({"jawOpen": 1.0}).rest, rest)


def test_poses_are_linear_and_rest_is_rest() -> None:
    held = performer()
    rest, half, full = held.neutral, held.posed({"jawOpen": 0.5}), held.posed({"jawOpen": 1.0})
    assert held.posed({}) is rest
    assert held.posed({"jawOpen": 0.0}) is rest
    for name in ("means", "log_scales", "opacity_logits", "quats"):
        middle = (getattr(rest, name) + getattr(full, name)) / 2
        assert np.allclose(getattr(half, name), middle, atol=1e-6), name
    both = held.posed({"jawOpen": 1.0, "browInnerUp": 1.0})
    brow = held.posed({"browInnerUp": 1.0})
    assert np.allclose(both.means - rest.means, (full.means - rest.means) + (brow.means - rest.means), atol=1e-6)
    assert np.array_equal(full.means[20:], rest.means[20:])


def test_a_sum_that_cannot_be_drawn_is_held() -> None:
    dense = np.zeros((14, 60), np.float32)
    dense[6, 0], dense[10, 1], dense[11:14, 2], dense[3, 3] = -1.0, 90.0, 50.0, -90.0
    posed = Performer(neutral=ball(), changes={"jawOpen": Change.of(dense)}).posed({"jawOpen": 1.0})
    assert np.array_equal(posed.quats[0], ball().quats[0])
    assert posed.opacity_logits[1] == 12.0
    assert (posed.colours[2] * 0.28209479 + 0.5 < 1.001).all()
    assert posed.log_scales[3, 0] == -12.0


def test_weights_and_names_are_held_to_what_there_is() -> None:
    held = performer()
    with pytest.raises(PerformError, match="Did you mean jawOpen"):
        held.posed({"jawOpened": 0.5})
    for weight in (1.01, -0.1, float("nan"), float("inf"), True, "1"):
        with pytest.raises(PerformError, match="0 to 1"):
            held.posed({"jawOpen": weight})  # type: ignore[dict-item]
    for name in ("", "JawOpen", "jaw_open", "j" * 41, "jawOpen\n"):
        with pytest.raises(PerformError, match="no control's name"):
            Expression({name: 0.5})


def test_arkit_has_52_names() -> None:
    assert len(ARKIT) == len(set(ARKIT)) == 52
    assert list(ARKIT) == sorted(ARKIT)


def test_a_units_table_knows_each_of_them_once() -> None:
    from people.units import NO_DATA, UNITS

    assert sorted([*UNITS, *NO_DATA]) == list(ARKIT)


def test_the_same_expression_is_one_key() -> None:
    one, two = Expression({"jawOpen": 0.5, "browInnerUp": 1}), Expression({"browInnerUp": 1.0, "jawOpen": 0.5})
    assert one == two and hash(one) == hash(two) and repr(one) == "browInnerUp 1 + jawOpen 0.5"
    assert Expression({"jawOpen": 0.0}) == Expression() and repr(Expression()) == "at rest"


def _spoilt() -> list[tuple[str, bytes]]:
    data = performer().to_bytes()
    first = HEAD.size + REST_BYTES
    at = first + 1 + 11 + 4
    return [
        ("empty", b""),
        ("magic", b"SDPERG" + data[6:]),
        ("version", data[:7] + b"\x02" + data[8:]),
        ("no Gaussian", data[:8] + struct.pack("<I", 0) + data[12:]),
        ("a huge count", data[:8] + struct.pack("<I", 999_999) + data[12:]),
        ("beyond any count", data[:8] + struct.pack("<I", 0xFFFFFFFF) + data[12:]),
        ("odd coefficients", data[:12] + b"\x04" + data[13:]),
        ("too many controls", data[:13] + b"\xff" + data[14:]),
        ("a control more", data[:13] + b"\x03" + data[14:]),
        ("a control fewer", data[:13] + b"\x01" + data[14:]),
        ("NaN at rest", data[: HEAD.size] + struct.pack("<f", float("nan")) + data[HEAD.size + 4 :]),
        ("no rotation", data[: HEAD.size + 4 * 360] + bytes(4 * 240) + data[HEAD.size + 4 * 600 :]),
        ("a name out of order", data[: first + 1] + b"z" + data[first + 2 :]),
        ("a name not ASCII", data[: first + 1] + b"\xff" + data[first + 2 :]),
        ("moved beyond count", data[: first + 12] + struct.pack("<I", 61) + data[first + 16 :]),
        ("a number twice", data[:at] + data[at + 4 : at + 8] + data[at + 4 :]),
        ("a number too large", data[: at + 96] + struct.pack("<I", 60) + data[at + 100 :]),
        ("an infinite change", data[: at + 100] + b"\x00\x7c" + data[at + 102 :]),
        ("cut", data[:-1]),
        ("longer", data + b"\0"),
    ]


@pytest.mark.parametrize(("what", "data"), _spoilt(), ids=[what for what, _ in _spoilt()])
def test_what_is_no_performer_is_refused(what: str, data: bytes) -> None:
    with pytest.raises(PerformError) as refused:
        Performer.from_bytes(data)
    assert "Make the replica again" in str(refused.value) or "Spell it" in str(refused.value), what
