"""Grant: a permit and the reservation of the employer's full cost, as one value.  Neither exists without the other."""

from __future__ import annotations

from dataclasses import dataclass

from stagedoor.core.base.limits import PERMIT_HOURS_MAX
from stagedoor.core.base.outcome import Code, Refused
from stagedoor.core.base.when import Instant
from stagedoor.core.facts.decision import Answer, Decision
from stagedoor.core.facts.permit import Permit
from stagedoor.core.facts.posting import Entry, EntryKind, Posting
from stagedoor.core.facts.request import Request, Standing
from stagedoor.core.rules.chart import check_entry, funds, reserved


@dataclass(frozen=True, slots=True, kw_only=True)
class Granted:
    """The permit, and the entry that sets its cost aside; no entry where the cost is nothing (a retake)."""

    permit: Permit
    reserve: Entry | None


def grant(
    request: Request,
    standing: Standing,
    decision: Decision,
    *,
    permit_id: str,
    entry_id: str,
    hours: int,
    at: Instant,
) -> Granted | Refused:
    """Turn a yes into a permit."""
    assert decision.request == request.digest() and decision.standing == standing.digest()
    if decision.answer is Answer.ASK_A_PERSON:
        return Refused(code=Code.NEEDS_A_PERSON, why="A person must answer before a permit can be made.")
    if decision.answer is not Answer.PERMIT or decision.quote is None:
        code = decision.code or Code.NO_CONSENT
        return Refused(code=code, why=code.sentence, clause=decision.findings[0].clause if decision.findings else "")
    assert 1 <= hours <= PERMIT_HOURS_MAX
    permit = Permit(
        permit=permit_id,
        use_id=request.use_id,
        request=request.digest(),
        decision=decision.digest(),
        consent=standing.consent,
        performer=request.performer,
        production=request.production,
        asset=request.asset,
        epoch=standing.epoch,
        use=request.use,
        shot=request.shot,
        unit=request.unit,
        units=request.units,
        arc_from_deg=request.arc_from_deg,
        arc_to_deg=request.arc_to_deg,
        performance=request.performance,
        elevation_from_deg=request.elevation_from_deg,
        elevation_to_deg=request.elevation_to_deg,
        worker=request.worker,
        worker_grade=request.worker_grade,
        cost=decision.quote.cost,
        days=decision.quote.days,
        life_seconds=hours * 3600,
        at=at,
    )
    return Granted(permit=permit, reserve=_reservation(permit, entry_id=entry_id, at=at))


def _reservation(permit: Permit, *, entry_id: str, at: Instant) -> Entry | None:
    if permit.cost.units == 0:
        return None
    why = f"The full cost of permit {permit.permit}, set aside before any key is released"
    entry = Entry(
        entry=entry_id,
        kind=EntryKind.RESERVE,
        production=permit.production,
        performer=permit.performer,
        permit=permit.digest(),
        cause=permit.digest(),
        postings=(
            Posting(account=funds(permit.production), amount=permit.cost, rule="reservation", why=why),
            Posting(account=reserved(permit.permit), amount=-permit.cost, rule="reservation", why=why),
        ),
        at=at,
    )
    check_entry(entry)
    return entry
