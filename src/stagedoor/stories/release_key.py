"""Answer a worker that asks for a key: unlock, record the grant, open the lease; only then do custodians act."""

from __future__ import annotations

from stagedoor.core.base.limits import LEASE_SECONDS
from stagedoor.core.base.outcome import Code, Refused
from stagedoor.core.base.when import Instant
from stagedoor.core.facts.permit import KeyGrant, Permit
from stagedoor.core.facts.request import Request
from stagedoor.core.steps.unlock import Now, unlock
from stagedoor.ports.store import KeyAsked, Store, Unit
from stagedoor.ports.world import Ids
from stagedoor.stories.unit import journal_of


def release_next_key(store: Store, ids: Ids, *, at: Instant) -> KeyGrant | Refused | None:
    """Answer the oldest key request; None if nobody asks."""
    with store.unit() as unit:
        asked = unit.take_key_request()
        if asked is None:
            return None
        answer = _answer(unit, ids, asked, at=at)
        if isinstance(answer, Refused):
            unit.answer_key_request(asked.order.order, grant=None, refused=answer)
            return answer
        permit = unit.get(Permit, answer.permit)
        assert permit is not None
        unit.append(journal_of(permit.production), answer, ident=answer.grant)
        unit.open_lease(answer)
        unit.answer_key_request(asked.order.order, grant=answer, refused=None)
        return answer


def _answer(unit: Unit, ids: Ids, asked: KeyAsked, *, at: Instant) -> KeyGrant | Refused:
    permit = unit.get(Permit, asked.order.permit)
    if permit is None:
        return Refused(code=Code.NOT_PERMITTED, why="The order names no permit that is recorded here.")
    request = unit.get(Request, permit.request)
    assert request is not None
    if request.day > at.day:
        return Refused(
            code=Code.NOT_PERMITTED, why=f"The use is permitted for {request.day}; no key comes before that day."
        )
    asset = unit.asset_state(permit.asset, lock=True)
    state = unit.permit_state(permit.digest(), lock=True)
    if asset is None or state is None:
        return Refused(code=Code.UNKNOWN_ASSET, why="The permit names an asset that is not known here.")
    now = Now(
        epoch=asset.epoch,
        withdrawn=asset.withdrawn,
        holds=asset.holds,
        permit_live=state.live,
        permit_void=state.status == "void",
        reserved=unit.entry_for(permit.digest(), "reserve") is not None,
        units_left=state.units - state.units_made,
    )
    return unlock(
        permit,
        asked.order,
        now,
        grant_id=ids.new("grant"),
        worker=asked.worker,
        one_time_key=asked.one_time_key,
        worker_signature=asked.worker_signature,
        lease_seconds=LEASE_SECONDS,
        at=at,
    )
