"""An order is held against its permit before any key is asked for: never more than is permitted (WRONG_WORK)."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import replace

import pytest

from custody.kit import CAPTURE, STUDIO, WORKER, Story, ident
from stagedoor.core.base.outcome import Code, Refused
from stagedoor.core.facts.asset import AssetKind
from stagedoor.core.facts.consent import Use
from stagedoor.core.facts.permit import Permit
from stagedoor.core.steps.dispatch import RECIPES as DISPATCHED
from stagedoor.core.steps.dispatch import STAMP
from stagedoor.worker.arc import azimuth
from stagedoor.worker.hatch import Taken
from stagedoor.worker.job import Plan
from stagedoor.worker.play import curve_settings
from stagedoor.worker.recipes import RECIPES, plan
from stagedoor.worker.stamp import MARK
from worker.kit import ARC, FIT, asset, changed, order, planned, settings, taken, taken_fit, without


def test_a_permitted_order_is_planned() -> None:
    assert planned().settings == ARC
    found = plan(taken_fit(), WORKER)
    assert isinstance(found, Plan)
    assert found.settings == FIT


def test_the_gate_and_the_worker_know_the_same_recipes() -> None:
    assert {name: (recipe.use, tuple(recipe.settings)) for name, recipe in RECIPES.items()} == DISPATCHED
    assert MARK == STAMP


def narrow(**over: object) -> Permit:
    """A permit that allows less than the order asks."""
    return changed(Story().permit(), **over)


OTHER = "sha256:" + "0" * 64
PERFORMED = ARC | {"curve_rate": 60, "curve_from": 0, "curve_leave_out": 0} | curve_settings(b"a curve")


def test_the_performance_that_was_permitted_is_planned() -> None:
    named = f"sha256:{hashlib.sha256(b'a curve').hexdigest()}"
    permit = narrow(use=Use.GENERATE, performance=named)
    assert not isinstance(plan(taken(PERFORMED, recipe="generate-performance", permit=permit), WORKER), Refused)


CASES: dict[str, tuple[Callable[[], Taken], Code]] = {
    "more frames than permitted": (lambda: taken(ARC | {"frames": 9}), Code.WRONG_WORK),
    "fewer units permitted": (lambda: taken(permit=narrow(units=2)), Code.WRONG_WORK),
    "arc begins too early": (lambda: taken(ARC | {"arc_from_deg": -21}), Code.WRONG_WORK),
    "arc ends too late": (lambda: taken(ARC | {"arc_to_deg": 21}), Code.WRONG_WORK),
    "arc runs backwards": (lambda: taken(ARC | {"arc_from_deg": 10, "arc_to_deg": 0}), Code.WRONG_WORK),
    "arc is a turn further": (lambda: taken(ARC | {"arc_from_deg": 340, "arc_to_deg": 360}), Code.WRONG_WORK),
    "a camera higher than permitted": (lambda: taken(permit=narrow(elevation_to_deg=4)), Code.WRONG_WORK),
    "a camera lower than permitted": (lambda: taken(permit=narrow(elevation_from_deg=6)), Code.WRONG_WORK),
    "another performance than permitted": (
        lambda: taken(PERFORMED, recipe="generate-performance", permit=narrow(use=Use.GENERATE, performance=OTHER)),
        Code.WRONG_WORK,
    ),
    "no frames": (lambda: taken(ARC | {"frames": 0}), Code.WRONG_WORK),
    "no size": (lambda: taken(ARC | {"width": 0}), Code.WRONG_WORK),
    "too narrow for the stamp": (lambda: taken(ARC | {"width": 95}), Code.WRONG_WORK),
    "too large": (lambda: taken(ARC | {"height": 4097}), Code.WRONG_WORK),
    "camera in the head": (lambda: taken(ARC | {"radius_milli": 0}), Code.WRONG_WORK),
    "a setting is missing": (lambda: taken(without(ARC, "elevation_deg")), Code.WRONG_WORK),
    "a setting is unknown": (lambda: taken(ARC | {"unstamped": 1}), Code.WRONG_WORK),
    "a setting stands twice": (
        lambda: taken(settings=settings(ARC) + settings({"frames": 8})),
        Code.WRONG_WORK,
    ),
    "unknown recipe": (lambda: taken(recipe="train-lora"), Code.WRONG_WORK),
    "recipe of another use": (lambda: taken(FIT, recipe="fit-splats"), Code.WRONG_WORK),
    "a render that makes an asset": (lambda: taken(result_asset=ident("asset", 5)), Code.WRONG_WORK),
    "a fit that makes none": (lambda: taken_fit(result_asset=""), Code.WRONG_WORK),
    "growth to fewer": (lambda: taken_fit(FIT | {"gaussians_max": 199}), Code.WRONG_WORK),
    "too many gaussians": (lambda: taken_fit(FIT | {"gaussians": 1_000_001}), Code.WRONG_WORK),
    "another stamp": (lambda: taken(stamp=""), Code.UNMARKED),
    "another permit": (
        lambda: replace(taken(), permit=narrow(units=7).canonical()),
        Code.WRONG_WORK,
    ),
    "another asset": (lambda: replace(taken(), asset=asset(asset=CAPTURE).canonical()), Code.WRONG_WORK),
    "an asset of another kind": (
        lambda: replace(taken(), asset=asset(kind=AssetKind.CAPTURE).canonical()),
        Code.WRONG_WORK,
    ),
    "an asset of another performer": (
        lambda: replace(taken(), asset=asset(performer=STUDIO).canonical()),
        Code.WRONG_WORK,
    ),
    "a permit for another use": (lambda: taken(permit=narrow(use=Use.GENERATE)), Code.WRONG_WORK),
    "a permit for another unit": (lambda: taken(permit=narrow(unit="second")), Code.WRONG_WORK),
    "a permit for another worker": (
        lambda: taken(permit=narrow(worker=ident("worker", 2))),
        Code.PERMIT_OTHER_WORKER,
    ),
    "an order whose id leads elsewhere": (lambda: taken(order="../../etc"), Code.WRONG_WORK),
    "an order that is no fact": (lambda: replace(taken(), order=b"{}"), Code.MALFORMED),
    "an order of another form": (
        lambda: replace(taken(), order=order(Story().permit()).canonical() + b"\n"),
        Code.MALFORMED,
    ),
}


@pytest.mark.parametrize("name", CASES)
def test_what_is_not_permitted_is_refused(name: str) -> None:
    make, code = CASES[name]
    refused = plan(make(), WORKER)
    assert isinstance(refused, Refused), name
    assert refused.code is code, refused


def test_no_frame_looks_from_beyond_the_arc() -> None:
    for frames in (1, 2, 3, 7, 240):
        views = [azimuth(index, frames, -20, 20) for index in range(frames)]
        assert views[0] == -20
        assert min(views) >= -20
        assert max(views) <= 20
        assert frames == 1 or views[-1] == 20
