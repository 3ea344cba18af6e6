"""Orders a look under a permit: which permit is meant, what is ordered under it, and what became of the order."""

from __future__ import annotations

import time
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from stagedoor.adapters.clock import now
from stagedoor.cli.saying import no
from stagedoor.core.base.canonical import short
from stagedoor.core.base.outcome import Refused
from stagedoor.core.facts.asset import Asset
from stagedoor.core.facts.consent import Use
from stagedoor.core.facts.permit import PHOTOGRAPH, Permit, Setting
from stagedoor.ports.store import Unit
from stagedoor.stories.dispatch_work import dispatch_work
from stagedoor.wiring import House, why_order_failed

FRAME: Final = "frame"

FRAMES: Final = 120
"""Pictures that a look is ordered with where nobody says how many: what a person asks for in a quarter of an hour."""

ELEVATION_DEG: Final = (-20, 30)
"""How far below and above eye level a look goes: as far as heads are captured, and as the gate lets it."""

RADIUS_MILLI: Final = 4_000
"""Thousandths of the capture's unit from which a head fills the picture."""

NAMED_MAX: Final = 5
"""Permits that a sentence lists."""

POLL_SECONDS: Final = 0.1

NAME_DIGITS_MIN: Final = 6
"""Digits of a permit's digest by which it may be named: fewer name another one by chance."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """What a person wants of a look; `frames` 0 is as many as FRAMES, or as are left."""

    frames: int
    size: int
    minutes: int
    light: bool


def find_permit(unit: Unit, named: str, *, counts: str) -> Permit:
    """The live permit to render in this unit that is named, or the only one there is; else says which there are."""
    live = [permit for permit in unit.all(Permit) if permit.use is Use.RENDER and _left(unit, permit) > 0]
    fitting = [permit for permit in live if permit.unit == counts]
    if named:
        fitting = [permit for permit in fitting if _is_named(permit, named)]
    if len(fitting) == 1:
        return fitting[0]
    told = [f"{short(item.digest())} ({_left(unit, item)} {counts}s, shot {item.shot})" for item in fitting[:NAMED_MAX]]
    some = "; ".join(told)
    if not some:
        which = f"'{named[:80]}' names no permit" if named else "There is no permit"
        raise no(
            f"{which} that is live here, renders, and has {counts}s left. Ask for a use first; what a permit counts in "
            "stands in the consent.",
            2,
        )
    raise no(f"Several permits fit; name one by its first digits: {some}.", 2)


def _is_named(permit: Permit, named: str) -> bool:
    digits = named.removeprefix("sha256:")
    begins = len(digits) >= NAME_DIGITS_MIN and permit.digest().removeprefix("sha256:").startswith(digits)
    return begins or permit.permit == named


def _left(unit: Unit, permit: Permit) -> int:
    """Units that a new order may hold."""
    state, asset = unit.permit_state(permit.digest(), lock=False), unit.asset_state(permit.asset, lock=False)
    if state is None or not state.live or state.status == "void":
        return 0
    if asset is None or asset.withdrawn or asset.holds or asset.epoch != permit.epoch:
        return 0
    return state.units - state.units_made - unit.ordered_units(permit.digest())


def check_same_head(unit: Unit, double: Permit, capture: Permit) -> None:
    """Refuse to hold a double beside a capture that it was not made from."""
    replica, root = unit.find(Asset, double.asset), unit.find(Asset, capture.asset)
    if replica is None or root is None or root.digest() not in replica.made_from:
        raise no(
            f"Permit {short(capture.digest())} is for another capture than the one that the double of permit "
            f"{short(double.digest())} was made from. Name permits of one and the same head.",
            2,
        )


def elevations(permit: Permit) -> tuple[int, int]:
    """ELEVATION_DEG as far as the permit goes; where it goes nowhere near, its own nearest."""
    lowest = min(max(ELEVATION_DEG[0], permit.elevation_from_deg), permit.elevation_to_deg)
    return lowest, max(min(ELEVATION_DEG[1], permit.elevation_to_deg), permit.elevation_from_deg)


def order_look(house: House, permit: Permit, wish: Wish) -> Path:
    """Queue a look under the permit; the folder that its worker will answer in."""
    with house.store.unit() as unit:
        left = _left(unit, permit)
    photos = permit.unit == PHOTOGRAPH
    lowest, highest = elevations(permit)
    values = {
        "frames": wish.frames or min(FRAMES, left),
        "arc_from_deg": permit.arc_from_deg,
        "arc_to_deg": permit.arc_to_deg,
        "elevation_from_deg": lowest,
        "elevation_to_deg": highest,
        "width": wish.size,
        "height": wish.size,
        "seconds": wish.minutes * 60,
    } | ({} if photos else {"radius_milli": RADIUS_MILLI})
    recipe = "look-capture" if photos else "look-relit" if wish.light else "look"
    settings = tuple(Setting(name=name, value=value) for name, value in values.items())
    made = dispatch_work(house.store, house.ids, permit, recipe=recipe, settings=settings, makes="", at=now())
    if isinstance(made, Refused):
        raise no(f"The look was not ordered: {made.why} [{made.code.value}]", 1)
    return house.home.outputs / made.order


def wait_for_door(house: House, door: Path, *, seconds: float) -> None:
    """Until the worker answers; says why if it gave the order up, or nobody took it."""
    order = door.parent.parent.name
    until = time.monotonic() + seconds
    while not door.exists():
        if failed := why_order_failed(house, order):
            raise no(f"The worker gave the look up: {failed}", 1)
        if time.monotonic() >= until:
            raise no(
                f"No worker began the look within {seconds:.0f} seconds. A gate ('stagedoor gate') and the permit's "
                f"worker must run on this house; a look beside the capture needs two of the worker's processes. The "
                f"order {order} stands, and ends by itself if nobody looks.",
                3,
            )
        time.sleep(POLL_SECONDS)
