"""The closed table of what a worker can do.  An order names one of these and gives it whole numbers: nothing else acts.

Before any key is asked for, the order is held against its permit, its asset and these bounds; an order for more than is
permitted is refused here too, whatever the gate let through (DESIGN 3.4, WRONG_WORK).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

from stagedoor.core.base.ids import has_shape
from stagedoor.core.base.limits import FRAMES_PER_ORDER_MAX, UNITS_PER_REQUEST_MAX
from stagedoor.core.base.outcome import Code, Refused
from stagedoor.core.facts.asset import Asset, AssetKind
from stagedoor.core.facts.consent import Use
from stagedoor.core.facts.permit import PHOTOGRAPH, WATCHED, Permit, WorkOrder
from stagedoor.wire.decode import DecodeError, decode
from stagedoor.worker import play, rehearse
from stagedoor.worker.hatch import Taken
from stagedoor.worker.job import Plan
from stagedoor.worker.preview import PREVIEWS_MAX
from stagedoor.worker.stamp import MARK, WIDTH_MIN

ADMIT: Final = "admit-replica"
DESCRIBE: Final = "describe-weights"
FIT: Final = "fit-splats"
FIT_FIELD: Final = "fit-field"
FIT_PREVIEWED: Final = "fit-previewed"
FIT_PERFORMANCE: Final = "fit-performance"
GENERATE_PERFORMANCE: Final = "generate-performance"
LOOK: Final = "look"
LOOK_RELIT: Final = "look-relit"
LOOK_CAPTURE: Final = "look-capture"
RENDER: Final = "render-arc"
RENDER_RELIT: Final = "render-relit"

LOOK_FRAMES_MAX: Final = 4_000
"""Frames of one look: their names and digests, 190 bytes each, must fit into one receipt (FACT_BYTES_MAX)."""

LOOK_SECONDS_MAX: Final = 3_600
"""The longest look: a key lies open all that time, and a person who looks longer can order anew."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Recipe:
    """What a recipe serves and takes: each setting with its smallest and largest value."""

    use: Use
    unit: str
    asset_kind: AssetKind
    makes_asset: bool
    settings: Mapping[str, tuple[int, int]]


_FIT: Final[Mapping[str, tuple[int, int]]] = {
    "gaussians": (1, 1_000_000),  # as many as worker.double holds in one double
    "gaussians_max": (0, 1_000_000),  # up to which it may grow in number; 0: it does not
    "iterations": (1, 1_000_000),  # two hours on two cores at 7 ms each
    "seed": (0, (1 << 53) - 1),
    "degree": (0, 3),  # of the spherical harmonics by which a colour hangs on the direction
    "threads": (0, 64),  # 0: as many as are worth using
}
"""How a double is fitted."""

_LOOK: Final[Mapping[str, tuple[int, int]]] = {
    "frames": (1, LOOK_FRAMES_MAX),
    "arc_from_deg": (-360, 360),
    "arc_to_deg": (-360, 720),
    "elevation_from_deg": (-80, 80),
    "elevation_to_deg": (-80, 80),
    "width": (WIDTH_MIN, 2048),
    "height": (64, 2048),
    "seconds": (1, LOOK_SECONDS_MAX),
}
"""Where a person may look from, how often and how long."""

_MOVE: Final[Mapping[str, tuple[int, int]]] = {
    "frames": (1, FRAMES_PER_ORDER_MAX),
    "arc_from_deg": (-360, 360),
    "arc_to_deg": (-360, 720),
    "elevation_deg": (-80, 80),  # straight from above or below, a camera has no upright
    "width": (WIDTH_MIN, 4096),
    "height": (64, 4096),
    "first_frame": (0, UNITS_PER_REQUEST_MAX),
    "radius_milli": (1, 10_000_000),
}
"""A camera's move in frames of one size."""


def _look(settings: Mapping[str, tuple[int, int]]) -> Recipe:
    return Recipe(use=Use.RENDER, unit="frame", asset_kind=AssetKind.REPLICA, makes_asset=False, settings=settings)


RECIPES: Final[Mapping[str, Recipe]] = MappingProxyType(
    {
        FIT: Recipe(
            use=Use.CREATE,
            unit="replica",
            asset_kind=AssetKind.CAPTURE,
            makes_asset=True,
            settings=_FIT,
        ),
        FIT_PREVIEWED: Recipe(
            use=Use.CREATE,
            unit=WATCHED,
            asset_kind=AssetKind.CAPTURE,
            makes_asset=True,
            settings={**_FIT, "previews": (1, PREVIEWS_MAX)},
        ),
        FIT_FIELD: Recipe(
            use=Use.CREATE,
            unit="replica",
            asset_kind=AssetKind.CAPTURE,
            makes_asset=True,
            settings={
                "rays": (4, 1 << 16),  # of each batch, as worker.field's buffers hold
                "iterations": (1, 1_000_000),  # two hours of 512 rays on one core at 6 ms each
                "steps": (1, 1024),  # samples along an edge of the field's box
                "table_log2": (4, 19),  # of the entries that a level has at most
                "seed": (0, (1 << 53) - 1),
                "threads": (0, 64),  # 0: as many as are worth using
            },
        ),
        FIT_PERFORMANCE: Recipe(
            use=Use.CREATE,
            unit="replica",
            asset_kind=AssetKind.CAPTURE,
            makes_asset=True,
            settings=rehearse.SETTINGS,
        ),
        ADMIT: Recipe(
            use=Use.CREATE,
            unit="replica",
            asset_kind=AssetKind.REPLICA,
            makes_asset=True,
            settings={"technique": (1, 5)},
        ),
        DESCRIBE: Recipe(use=Use.GENERATE, unit="call", asset_kind=AssetKind.REPLICA, makes_asset=False, settings={}),
        LOOK: _look({**_LOOK, "radius_milli": (1, 10_000_000)}),
        LOOK_RELIT: _look({**_LOOK, "radius_milli": (1, 10_000_000)}),
        LOOK_CAPTURE: Recipe(
            use=Use.RENDER, unit=PHOTOGRAPH, asset_kind=AssetKind.CAPTURE, makes_asset=False, settings=_LOOK
        ),
        RENDER: Recipe(use=Use.RENDER, unit="frame", asset_kind=AssetKind.REPLICA, makes_asset=False, settings=_MOVE),
        RENDER_RELIT: Recipe(
            use=Use.RENDER,
            unit="frame",
            asset_kind=AssetKind.REPLICA,
            makes_asset=False,
            settings={**_MOVE, "light": (0, 4)},  # which of worker.double.relight's LIGHTS, counted from 0
        ),
        GENERATE_PERFORMANCE: Recipe(
            use=Use.GENERATE,
            unit="frame",
            asset_kind=AssetKind.REPLICA,
            makes_asset=False,
            settings={**_MOVE, **play.SETTINGS},
        ),
    }
)


def plan(taken: Taken, worker: str) -> Plan | Refused:
    """The work as it may be done, or why it may not."""
    try:
        order, permit, asset = (
            decode(WorkOrder, taken.order),
            decode(Permit, taken.permit),
            decode(Asset, taken.asset),
        )
    except DecodeError as fault:
        return Refused(code=Code.MALFORMED, why=f"the order's papers cannot be read: {fault}")
    recipe = RECIPES.get(order.recipe)
    if recipe is None:
        return _wrong(f"there is no recipe '{order.recipe[:40]}' here")
    settings = {setting.name: setting.value for setting in order.settings}
    if permit.worker != worker:
        return Refused(code=Code.PERMIT_OTHER_WORKER, why=f"the permit names {permit.worker[:80]}")
    if order.permit != permit.digest() or not order.asset == permit.asset == asset.asset:
        return _wrong("order, permit and asset do not belong together")
    if permit.use is not recipe.use or permit.unit != recipe.unit or asset.kind is not recipe.asset_kind:
        return _wrong(f"recipe '{order.recipe}' serves another use, unit or kind of asset")
    if asset.brought is not (order.recipe == ADMIT):
        return _wrong(f"'{ADMIT}' is for a replica that was made elsewhere, and nothing else is")
    if asset.performer != permit.performer or asset.production != permit.production:
        return _wrong("permit and asset do not name the same performer and production")
    if not has_shape("order", order.order) or has_shape("asset", order.result_asset) is not recipe.makes_asset:
        return _wrong("the order's id, or that of what it makes, is not what this recipe needs")
    if order.stamp != MARK:
        return Refused(code=Code.UNMARKED, why=f"this worker stamps '{MARK}' and nothing else")
    return _within(recipe, Plan(order=order, permit=permit, asset=asset, settings=MappingProxyType(settings)))


def _within(recipe: Recipe, planned: Plan) -> Plan | Refused:
    """The settings are the recipe's, each once and within bounds, and ask for no more than is permitted."""
    values, permit = planned.settings, planned.permit
    if set(values) != set(recipe.settings) or len(values) != len(planned.order.settings):
        return _wrong(f"recipe '{planned.order.recipe}' takes exactly: {', '.join(recipe.settings)}")
    for name, (least, most) in recipe.settings.items():
        if not least <= values[name] <= most:
            return _wrong(f"{name} is {values[name]}; it may be {least} to {most}")
    if 0 < values.get("gaussians_max", 0) < values.get("gaussians", 0):
        return _wrong("a double cannot grow to fewer Gaussians than it begins with")
    if "frames" in recipe.settings:
        if values["frames"] > permit.units:
            return _wrong(f"{values['frames']} frames are ordered; the permit allows {permit.units}")
        if not permit.arc_from_deg <= values["arc_from_deg"] <= values["arc_to_deg"] <= permit.arc_to_deg:
            return _wrong("the camera move goes beyond the permitted arc")
        heights = [value for name, value in values.items() if name.startswith("elevation_")]
        if not permit.elevation_from_deg <= min(heights) <= max(heights) <= permit.elevation_to_deg:
            return _wrong("a camera stands higher or lower than is permitted")
        if "elevation_from_deg" in values and values["elevation_from_deg"] > values["elevation_to_deg"]:
            return _wrong("the lowest elevation of a look lies above its highest")
    elif permit.units < 1:
        return _wrong(f"the permit allows no {recipe.unit}")
    if planned.order.recipe == GENERATE_PERFORMANCE and f"sha256:{play.curve_digest(values)}" != permit.performance:
        return _wrong("the order follows another performance than is permitted")
    return planned


def _wrong(why: str) -> Refused:
    return Refused(code=Code.WRONG_WORK, why=why, clause="DESIGN 2")
