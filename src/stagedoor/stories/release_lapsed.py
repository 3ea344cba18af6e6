"""Permits whose time is over and that posted nothing: their reservations go back to the production."""

from __future__ import annotations

from stagedoor.core.base.money import Money
from stagedoor.core.base.when import Instant
from stagedoor.core.facts.permit import Permit
from stagedoor.core.steps.post import release
from stagedoor.ports.store import Store
from stagedoor.ports.world import Ids
from stagedoor.stories.unit import journal_of


def release_lapsed(store: Store, ids: Ids, *, at: Instant) -> tuple[str, ...]:
    """Void every lapsed permit; digests of those voided."""
    with store.unit() as unit:
        lapsed = unit.lapsed_permits()
    # One unit for each: locks are taken in one order everywhere (consent, asset, permit, lease, journal, balance), and
    # a second permit after the first one's journal would break it.
    return tuple(digest for digest in lapsed if _release(store, ids, digest, at=at))


def _release(store: Store, ids: Ids, digest: str, *, at: Instant) -> bool:
    with store.unit() as unit:
        permit = unit.get(Permit, digest)
        state = unit.permit_state(digest, lock=True)
        assert permit is not None and state is not None
        if state.live or state.status != "live":
            return False
        unit.close_permit(digest, status="void")
        if state.reserved_units > 0:
            left = Money(state.reserved_units, permit.cost.currency)
            unit.post(journal_of(permit.production), release(permit, left=left, entry_id=ids.new("entry"), at=at))
        return True
