"""An order follows the very performance that was asked for, from no higher and no lower than was asked for."""

from __future__ import annotations

import hashlib
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core import builders as make
from stagedoor.core.base.canonical import canonical_bytes
from stagedoor.core.base.fact import plain_value
from stagedoor.core.base.limits import ELEVATION_DEG_MAX, FACT_BYTES_MAX, FRAMES_PER_ORDER_MAX
from stagedoor.core.base.outcome import Code, Refused
from stagedoor.core.facts.permit import Output, Permit, Setting, WorkOrder
from stagedoor.core.facts.request import Request
from stagedoor.core.facts.terms import Use
from stagedoor.core.rules.reveals import CAP_DEG, solid_angle_max_msr
from stagedoor.core.steps.ask import ask
from stagedoor.core.steps.dispatch import CURVE_WORDS, PERFORM, STAMP, dispatch
from stagedoor.worker.arc import camera_at
from stagedoor.worker.double import coverage
from stagedoor.worker.play import WORDS, curve_settings

CURVE, OTHER = b"time,jawOpen\n0,0.1\n", b"time,jawOpen\n0,0.9\n"
NAMED = "sha256:" + hashlib.sha256(CURVE).hexdigest()
MOVE = {"frames": 8, "arc_from_deg": -20, "arc_to_deg": 20, "elevation_deg": 5, "width": 640, "height": 360,
        "first_frame": 0, "radius_milli": 2200}  # fmt: skip

HOW = {"curve_rate": 60, "curve_from": 0, "curve_leave_out": 0}


def permit(**over: object) -> Permit:
    """A permit to render, or to generate what `performance` names."""
    of = make.granted(make.world()).permit
    return replace(of, **over)  # type: ignore[arg-type]  # a test says what it means


def ordered(of: Permit, recipe: str, numbers: dict[str, int]) -> WorkOrder | Refused:
    """An order with these numbers."""
    named = tuple(Setting(name=name, value=value) for name, value in numbers.items())
    return dispatch(of, order_id=make.ident("order"), recipe=recipe, settings=named, result_asset="", at=make.AT)


def performing(of: Permit, curve: bytes) -> WorkOrder | Refused:
    """An order that follows this file."""
    return ordered(of, PERFORM, MOVE | HOW | curve_settings(curve))


def test_gate_and_worker_name_a_performance_by_the_same_words() -> None:
    assert CURVE_WORDS == WORDS


def test_an_order_follows_what_was_asked_for() -> None:
    assert isinstance(performing(permit(use=Use.GENERATE, performance=NAMED), CURVE), WorkOrder)


@pytest.mark.parametrize(("performance", "curve"), [(NAMED, OTHER), ("", CURVE), ("sha256:" + "0" * 64, CURVE)])
def test_another_performance_is_refused(performance: str, curve: bytes) -> None:
    refused = performing(permit(use=Use.GENERATE, performance=performance), curve)
    assert isinstance(refused, Refused) and refused.code is Code.WRONG_WORK and "performance" in refused.why


def test_words_that_are_no_digest_are_refused() -> None:
    numbers = MOVE | HOW | curve_settings(CURVE) | {CURVE_WORDS[0]: 1 << 32}
    refused = ordered(permit(use=Use.GENERATE, performance=NAMED), PERFORM, numbers)
    assert isinstance(refused, Refused)


@pytest.mark.parametrize(("lowest", "highest", "at"), [(-30, 4, 5), (6, 30, 5), (-4, 4, -5)])
def test_a_camera_beyond_the_permitted_elevation_is_refused(lowest: int, highest: int, at: int) -> None:
    narrow = permit(elevation_from_deg=lowest, elevation_to_deg=highest)
    refused = ordered(narrow, "render-arc", MOVE | {"elevation_deg": at})
    assert isinstance(refused, Refused) and "degrees" in refused.why
    assert isinstance(ordered(narrow, "render-arc", MOVE | {"elevation_deg": lowest}), WorkOrder)


def test_an_order_holds_no_more_frames_than_one_receipt_can_name() -> None:
    many = permit(units=FRAMES_PER_ORDER_MAX + 1)
    assert isinstance(ordered(many, "render-arc", MOVE | {"frames": FRAMES_PER_ORDER_MAX}), WorkOrder)
    refused = ordered(many, "render-arc", MOVE | {"frames": FRAMES_PER_ORDER_MAX + 1})
    assert isinstance(refused, Refused) and "Order the rest apart" in refused.why
    output = Output(name="frame-999999.png", sha256="ab" * 32, bytes=999_999_999, mark=STAMP)
    assert FRAMES_PER_ORDER_MAX * (len(canonical_bytes(plain_value(output))) + 1) < 0.9 * FACT_BYTES_MAX


@pytest.mark.parametrize(
    "wrong",
    [
        {"performance": "sha256:12"},
        {"performance": NAMED},  # of a use that follows none
        {"elevation_from_deg": -31},
        {"elevation_to_deg": 31},
        {"elevation_from_deg": 5, "elevation_to_deg": 4},
        {"unit": "watched-replica"},  # with an arc: its previews look from one place
    ],
)
def test_what_cannot_be_asked_for_is_malformed(wrong: dict[str, object]) -> None:
    given = make.world().request
    refused = ask(replace(given, **wrong), at=given.at)  # type: ignore[arg-type]
    assert isinstance(refused, Refused) and refused.code is Code.MALFORMED
    assert isinstance(ask(replace(given, use=Use.GENERATE, performance=NAMED), at=given.at), Request)


@given(
    arc=st.integers(0, 360),
    bounds=st.tuples(*[st.integers(-ELEVATION_DEG_MAX, ELEVATION_DEG_MAX)] * 2).map(sorted),
    seed=st.integers(0, 999),
)
@settings(max_examples=25, deadline=None)
def test_no_cameras_under_a_permit_reveal_more_than_its_bound(arc: int, bounds: list[int], seed: int) -> None:
    """Sixty cameras anywhere within arc and elevation: what a receipt would count stays under what was said before."""
    chance = np.random.default_rng(seed)
    lowest, highest = bounds
    cameras = [
        camera_at(azimuth_deg=turn, elevation_deg=height, radius=4, width=64, height=64)
        for turn, height in zip(chance.uniform(0, arc, 60), chance.uniform(lowest, highest, 60), strict=True)
    ]
    corners = [camera_at(azimuth_deg=turn, elevation_deg=height, radius=4, width=64, height=64)
               for turn in (0, arc) for height in bounds]  # fmt: skip
    counted = coverage.coverage(cameras + corners).whole_numbers()["coverage_millisteradian"]
    assert counted <= solid_angle_max_msr(arc, lowest, highest)


def test_receipts_and_bounds_count_the_same_caps() -> None:
    assert CAP_DEG == coverage.CAP_DEG
    assert solid_angle_max_msr(0, 0, 0) < solid_angle_max_msr(40, 0, 0) < solid_angle_max_msr(40, -30, 30)
    assert solid_angle_max_msr(360, -30, 30) == solid_angle_max_msr(359, -30, 30) <= 8_900
