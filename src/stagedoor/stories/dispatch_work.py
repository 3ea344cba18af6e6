"""Queue work under a permit.  The order is recorded before any worker can see it."""

from __future__ import annotations

from stagedoor.core.base.outcome import Code, Refused
from stagedoor.core.base.when import Instant
from stagedoor.core.facts.origin import Origin
from stagedoor.core.facts.permit import Permit, Setting, WorkOrder
from stagedoor.core.steps.dispatch import ADMIT, dispatch
from stagedoor.ports.store import Store
from stagedoor.ports.world import Ids
from stagedoor.stories.unit import journal_of


def dispatch_work(
    store: Store, ids: Ids, permit: Permit, *, recipe: str, settings: tuple[Setting, ...], makes: str, at: Instant
) -> WorkOrder | Refused:
    """An order for the permit's worker; `makes` is the id of the asset that comes out, or ""."""
    with store.unit() as unit:
        if unit.get(Permit, permit.digest()) is None:
            return Refused(code=Code.NOT_PERMITTED, why="This permit is not recorded here.")
        origin = unit.find(Origin, permit.asset)
        if (recipe == ADMIT) != (origin is not None) or _other_technique(origin, settings):
            why = f"'{ADMIT}' is for a replica that was made elsewhere, by the technique that its origin declares."
            return Refused(code=Code.WRONG_WORK, why=why, clause="docs/adr/0016")
        order = dispatch(permit, order_id=ids.new("order"), recipe=recipe, settings=settings, result_asset=makes, at=at)
        if isinstance(order, WorkOrder):
            # Under the permit's lock: orders side by side never hold more units together than are permitted.
            state = unit.permit_state(permit.digest(), lock=True)
            assert state is not None
            wanted = next((setting.value for setting in settings if setting.name == "frames"), 1)
            if state.units_made + unit.ordered_units(permit.digest()) + wanted > state.units:
                why = f"The permit's {state.units} {permit.unit}s are made or ordered already."
                return Refused(code=Code.PERMIT_SPENT, why=why)
            unit.append(journal_of(permit.production), order, ident=order.order)
            unit.put_order(order, permit)
        return order


def _other_technique(origin: Origin | None, settings: tuple[Setting, ...]) -> bool:
    return origin is not None and any(
        item.name == "technique" and item.value != origin.technique.number for item in settings
    )
