"""Unlock: may this worker open this asset under this permit now?  The custodians check it all again themselves."""

from __future__ import annotations

from dataclasses import dataclass

from stagedoor.core.base.outcome import Code, Refused
from stagedoor.core.base.when import Instant
from stagedoor.core.facts.permit import KeyGrant, Permit, WorkOrder


@dataclass(frozen=True, slots=True, kw_only=True)
class Now:
    """What the database says at the moment of unlocking, read under lock."""

    epoch: int
    withdrawn: bool
    holds: tuple[str, ...]
    permit_live: bool
    permit_void: bool
    reserved: bool
    units_left: int


def unlock(
    permit: Permit,
    order: WorkOrder,
    now: Now,
    *,
    grant_id: str,
    worker: str,
    one_time_key: str,
    worker_signature: str,
    lease_seconds: int,
    at: Instant,
) -> KeyGrant | Refused:
    """A key grant, or the first reason why not, in order of precedence."""
    assert order.permit == permit.digest()
    tests = (
        (now.withdrawn, Code.CONSENT_WITHDRAWN, "The performer withdrew the remaining use."),
        (bool(now.holds), Code.HELD, f"The asset is on hold: {', '.join(now.holds)}."),
        (now.permit_void, Code.PERMIT_EXPIRED, "The permit was ended."),
        (not now.permit_live, Code.PERMIT_EXPIRED, "The permit's time is over."),
        (worker != permit.worker, Code.PERMIT_OTHER_WORKER, f"The permit names {permit.worker}, not {worker}."),
        (now.units_left <= 0, Code.PERMIT_SPENT, f"All {permit.units} {permit.unit}s were made."),
        (not now.reserved and permit.cost.units > 0, Code.NO_RESERVATION, "No funds are set aside for this permit."),
        (now.epoch != permit.epoch, Code.EPOCH_PASSED,
         f"The asset is at epoch {now.epoch}; the permit is of {permit.epoch}."),
    )  # fmt: skip
    failed = sorted((code.number, why) for fails, code, why in tests if fails)
    if failed:
        number, why = failed[0]
        return Refused(code=next(code for code in Code if code.number == number), why=why, clause="DESIGN 3.4, 3.5")
    return KeyGrant(
        grant=grant_id,
        permit=permit.digest(),
        order=order.digest(),
        asset=permit.asset,
        epoch=permit.epoch,
        worker=worker,
        one_time_key=one_time_key,
        worker_signature=worker_signature,
        lease_seconds=lease_seconds,
        at=at,
    )
