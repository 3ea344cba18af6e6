"""Dispatch: a work order, inert data, within what the permit allows."""

from __future__ import annotations

from typing import Final

from stagedoor.core.base.limits import FRAMES_PER_ORDER_MAX
from stagedoor.core.base.outcome import Code, Refused
from stagedoor.core.base.when import Instant
from stagedoor.core.facts.consent import Use
from stagedoor.core.facts.permit import PHOTOGRAPH, WATCHED, Permit, Setting, WorkOrder

ADMIT: Final = "admit-replica"
"""The recipe that makes an asset of a replica which was made elsewhere."""

PERFORM: Final = "generate-performance"
"""The recipe that moves a double as a file says."""

CURVE_WORDS: Final = tuple(f"curve_sha256_w{k}" for k in range(8))
"""Settings that name the file that a performance follows: its SHA-256 in words of 32 bits, first to last."""

MOVE: Final = (
    *("frames", "arc_from_deg", "arc_to_deg", "elevation_deg"),
    *("width", "height", "first_frame", "radius_milli"),
)
"""The whole numbers of a camera's move."""

FIT: Final = ("gaussians", "gaussians_max", "iterations", "seed", "degree", "threads")
"""The whole numbers of a fit."""

LOOK: Final = (
    *("frames", "arc_from_deg", "arc_to_deg", "elevation_from_deg", "elevation_to_deg"),
    *("width", "height", "seconds"),
)
"""The whole numbers of a look."""

RECIPES: Final[dict[str, tuple[Use, tuple[str, ...]]]] = {
    "fit-splats": (Use.CREATE, FIT),
    "fit-previewed": (Use.CREATE, (*FIT, "previews")),
    "fit-field": (Use.CREATE, ("rays", "iterations", "steps", "table_log2", "seed", "threads")),
    ADMIT: (Use.CREATE, ("technique",)),
    "describe-weights": (Use.GENERATE, ()),
    "look": (Use.RENDER, (*LOOK, "radius_milli")),
    "look-relit": (Use.RENDER, (*LOOK, "radius_milli")),
    "look-capture": (Use.RENDER, LOOK),
    "render-arc": (Use.RENDER, MOVE),
    "render-relit": (Use.RENDER, (*MOVE, "light")),
    "fit-performance": (Use.CREATE, ("gaussians", "rest_iterations", "iterations", "seed", "threads")),
    PERFORM: (Use.GENERATE, (*MOVE, "curve_rate", "curve_from", "curve_leave_out", *CURVE_WORDS)),
}
"""Every recipe, the use it serves and the whole numbers that it takes.  A worker knows the same names."""

NARROW: Final = {PHOTOGRAPH: "look-capture", WATCHED: "fit-previewed"}
"""Units of which each is for one recipe only, and that recipe for it: a consent names what it lets out."""

STAMP: Final = "unmarked preview"
"""What every output says, in its picture and its metadata, until marks exist (invariant 13)."""


RADIUS_MILLI_MIN: Final = 1_500
"""Thousandths of the capture's unit from the centre: a camera inside the head would look out at its other side."""


def dispatch(
    permit: Permit,
    *,
    order_id: str,
    recipe: str,
    settings: tuple[Setting, ...],
    result_asset: str,
    at: Instant,
) -> WorkOrder | Refused:
    """What to run under this permit."""
    known = RECIPES.get(recipe)
    if known is None or known[0] is not permit.use:
        return Refused(code=Code.WRONG_WORK, why=f"Recipe '{recipe[:40]}' is not one for the use {permit.use.value}.")
    if NARROW.get(permit.unit, "") != (recipe if recipe in NARROW.values() else ""):
        why = f"Recipe '{recipe}' does not count in the permit's unit, '{permit.unit}'."
        return Refused(code=Code.WRONG_WORK, why=why)
    values = {setting.name: setting.value for setting in settings}
    if set(values) != set(known[1]) or len(values) != len(settings):
        return Refused(code=Code.WRONG_WORK, why=f"Recipe '{recipe}' takes exactly: {', '.join(known[1])}.")
    if "frames" in values:
        if values["frames"] > permit.units or values["frames"] < 1:
            return Refused(code=Code.WRONG_WORK, why=f"{values['frames']} frames; the permit allows {permit.units}.")
        if values["frames"] > FRAMES_PER_ORDER_MAX:
            why = f"{values['frames']} frames; one receipt names {FRAMES_PER_ORDER_MAX}. Order the rest apart."
            return Refused(code=Code.WRONG_WORK, why=why)
        heights = [value for name, value in values.items() if name.startswith("elevation_")]
        if not permit.elevation_from_deg <= min(heights) <= max(heights) <= permit.elevation_to_deg:
            why = f"The permit's cameras stay from {permit.elevation_from_deg} to {permit.elevation_to_deg} degrees."
            return Refused(code=Code.WRONG_WORK, why=why)
        if values.get("radius_milli", RADIUS_MILLI_MIN) < RADIUS_MILLI_MIN:
            return Refused(code=Code.WRONG_WORK, why="A camera stays outside the head.")
        inside = permit.arc_from_deg <= values["arc_from_deg"] <= values["arc_to_deg"] <= permit.arc_to_deg
        if not inside:
            return Refused(code=Code.WRONG_WORK, why="The camera move goes beyond the permitted arc.")
    if recipe == PERFORM and _followed(values) != permit.performance:
        why = "The order follows another performance than was asked for. Ask again for this one."
        return Refused(code=Code.WRONG_WORK, why=why, clause="docs/PERFORMANCE.md")
    return WorkOrder(
        order=order_id,
        permit=permit.digest(),
        recipe=recipe,
        asset=permit.asset,
        result_asset=result_asset,
        settings=settings,
        stamp=STAMP,
        at=at,
    )


def _followed(values: dict[str, int]) -> str:
    """The digest that an order's settings name; "" for words that are none."""
    words = [values[name] for name in CURVE_WORDS]
    if any(not 0 <= word < 1 << 32 for word in words):
        return "no digest"
    return "sha256:" + "".join(f"{word:08x}" for word in words)
