"""Withdraw: no key is released after this commits; leases lapse; what was earned stays owed; shares are destroyed."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from stagedoor.core.base.money import Money
from stagedoor.core.base.outcome import Code, Refused
from stagedoor.core.facts.asset import Asset
from stagedoor.core.facts.consent import Consent, Withdrawal
from stagedoor.core.facts.party import Role, Signature
from stagedoor.core.facts.permit import KeyGrant, Permit
from stagedoor.core.steps.post import release
from stagedoor.core.steps.withdraw import withdraw
from stagedoor.ports.store import PermitState, Store, Unit
from stagedoor.ports.world import Ids, Verifier
from stagedoor.stories.unit import journal_of, record_signed


@dataclass(frozen=True, slots=True, kw_only=True)
class Withdrawn:
    """What a withdrawal stopped: the assets whose keys moved on, and the permits whose reservations went back."""

    assets: tuple[str, ...]
    released: tuple[str, ...]


def withdraw_consent(
    store: Store, verifier: Verifier, ids: Ids, withdrawal: Withdrawal, signature: Signature, *, custodian: str
) -> Withdrawn | Refused:
    """Everything in one transaction, so that no key can slip between the halves."""
    with store.unit() as unit:
        consent = unit.get(Consent, withdrawal.consent)
        if consent is None:
            return Refused(code=Code.NO_CONSENT, why="There is no such consent to withdraw.")
        unit.lock_consent(consent.digest())
        works_on = _works_on(unit, withdrawal, consent)
        if isinstance(works_on, Refused):
            return works_on
        if works_on > withdrawal.at.day:
            return _note(unit, verifier, withdrawal, signature, consent, works_on=works_on)
        assets = _assets_under(unit, consent)
        # Locks in one order everywhere: consent, assets, permits, then journals and balances.
        for asset in assets:
            unit.asset_state(asset, lock=True)
        # Before the epochs move: a permit whose worker holds a live lease keeps its reservation, because
        # what it makes until the lease lapses is owed.  `release_lapsed` gives back what is left of it.
        idle = tuple(permit for permit in unit.live_permits(consent.digest()) if not _is_working(unit, consent, permit))
        states = {permit: unit.permit_state(permit, lock=True) for permit in idle}
        for asset in assets:
            unit.advance_epoch(asset, withdrawn=True)
            unit.ask_destruction(asset, custodian, because=withdrawal.digest())
        refused = record_signed(
            unit, verifier, withdrawal, signature,
            journal=journal_of(consent.production), ident=withdrawal.withdrawal,
            signer=consent.performer, roles=(Role.PERFORMER,),
        )  # fmt: skip
        if refused is not None:
            unit.roll_back()
            return refused
        released = tuple(
            permit for permit, state in states.items() if state and _give_back(unit, ids, permit, state, withdrawal)
        )
        return Withdrawn(assets=assets, released=released)


def _works_on(unit: Unit, withdrawal: Withdrawal, consent: Consent) -> date | Refused:
    """The day from which it works, counted from the first notice that she gave."""
    given = [item for item in unit.all(Withdrawal, journal_of(consent.production)) if item.consent == consent.digest()]
    days: list[date] = []
    for each in (*given, withdrawal):
        found = withdraw(each, consent)
        if isinstance(found, Refused):
            return found
        days.append(found)
    return min(days)


def _note(
    unit: Unit, verifier: Verifier, withdrawal: Withdrawal, signature: Signature, consent: Consent, *, works_on: date
) -> Refused:
    """Her notice is recorded: from that day on nothing new is permitted, whether or not she comes again."""
    refused = record_signed(
        unit, verifier, withdrawal, signature,
        journal=journal_of(consent.production), ident=withdrawal.withdrawal,
        signer=consent.performer, roles=(Role.PERFORMER,),
    )  # fmt: skip
    why = f"By the consent's terms the withdrawal works from {works_on}; the notice is recorded. Bring it on that day."
    return refused or Refused(code=Code.NEEDS_A_PERSON, why=why, clause="consent, withdrawal")


def _assets_under(unit: Unit, consent: Consent) -> tuple[str, ...]:
    """The capture that the consent is about and every replica made from it, however many steps away."""
    known = unit.all(Asset)
    capture = next(asset for asset in known if asset.asset == consent.capture)
    family = {capture.digest(): capture.asset}
    grew = True
    while grew:
        grew = False
        for asset in known:
            if asset.digest() not in family and any(parent in family for parent in asset.made_from):
                family[asset.digest()] = asset.asset
                grew = True
    return tuple(sorted(family.values()))


def _is_working(unit: Unit, consent: Consent, permit: str) -> bool:
    grants = unit.all(KeyGrant, journal_of(consent.production))
    return any(grant.permit == permit and unit.lease_is_live(grant.digest()) for grant in grants)


def _give_back(unit: Unit, ids: Ids, digest: str, state: PermitState, withdrawal: Withdrawal) -> bool:
    """End a permit that has posted nothing, and release its reservation."""
    permit = unit.get(Permit, digest)
    assert permit is not None
    if state.status != "live":
        return False
    unit.close_permit(digest, status="void")
    if state.reserved_units > 0:
        left = Money(state.reserved_units, permit.cost.currency)
        unit.post(
            journal_of(permit.production), release(permit, left=left, entry_id=ids.new("entry"), at=withdrawal.at)
        )
    return True
