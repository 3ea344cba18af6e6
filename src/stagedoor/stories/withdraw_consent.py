"""Withdraw: no key is released after this commits; leases lapse; what was earned stays owed; shares are destroyed.

By the consent's own terms (at will, with notice, until delivery), or at once under a rule of a law that the caller
knows to give it.  The performer may always come themselves; else whoever gave the consent for them, or an estate.
"""

from __future__ import annotations

from collections.abc import Set
from dataclasses import dataclass
from datetime import date
from typing import Final

from stagedoor.core.base.money import Money
from stagedoor.core.base.outcome import Code, Refused
from stagedoor.core.facts.asset import Asset
from stagedoor.core.facts.consent import Consent, Delivery, Withdrawal
from stagedoor.core.facts.party import Party, Production, Role, Signature
from stagedoor.core.facts.permit import KeyGrant, Permit
from stagedoor.core.steps.post import release
from stagedoor.core.steps.withdraw import NO_LAW, withdraw
from stagedoor.ports.store import PermitState, Store, Unit
from stagedoor.ports.world import Ids, Verifier
from stagedoor.stories.unit import journal_of, may_sign, record_signed, signed_by, speaks_for

WITHDRAWS_AS: Final = (Role.PERFORMER, Role.GUARDIAN, Role.ESTATE, Role.UNION)
"""In which roles somebody may bring a withdrawal; for whom, is looked up."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Withdrawn:
    """What a withdrawal stopped: the assets whose keys moved on, and the permits whose reservations went back."""

    assets: tuple[str, ...]
    released: tuple[str, ...]


def withdraw_consent(
    store: Store,
    verifier: Verifier,
    ids: Ids,
    withdrawal: Withdrawal,
    signature: Signature,
    *,
    custodian: str,
    laws: Set[str] = NO_LAW,
) -> Withdrawn | Refused:
    """Everything in one transaction, so that no key can slip between the halves.

    `laws` are the rules of the law books that hold here under which a consent may be withdrawn whatever it says.
    """
    with store.unit() as unit:
        consent = unit.get(Consent, withdrawal.consent)
        if consent is None:
            return Refused(code=Code.NO_CONSENT, why="There is no such consent to withdraw.")
        unit.lock_consent(consent.digest())
        signer = _signer(unit, verifier, withdrawal, signature, consent)
        works_on = _stands(unit, verifier, consent) or _works_on(unit, verifier, withdrawal, consent, laws)
        if isinstance(works_on, Refused):
            return works_on
        if works_on > withdrawal.at.day:
            return _note(unit, verifier, withdrawal, signature, consent, signer=signer, works_on=works_on)
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
            signer=signer, roles=WITHDRAWS_AS,
        )  # fmt: skip
        if refused is not None:
            unit.roll_back()
            return refused
        released = tuple(
            permit for permit, state in states.items() if state and _give_back(unit, ids, permit, state, withdrawal)
        )
        return Withdrawn(assets=assets, released=released)


def _signer(unit: Unit, verifier: Verifier, withdrawal: Withdrawal, signature: Signature, consent: Consent) -> str:
    """Whose signature counts: the performer's, unless it is that of somebody who may speak for them on that day."""
    day = withdrawal.at.day
    party = unit.find(Party, signature.signer)
    if party is None or party.role not in WITHDRAWS_AS or party.party == consent.performer:
        return consent.performer
    if party.role is Role.UNION and not (party.party == consent.giver and may_sign(unit, verifier, consent)):
        return consent.performer
    of_age = consent.majority_on is not None and day >= consent.majority_on
    if party.role is Role.GUARDIAN and of_age:
        return consent.performer
    return party.party if speaks_for(unit, verifier, party, consent.performer, day) else consent.performer


def _stands(unit: Unit, verifier: Verifier, consent: Consent) -> Refused | None:
    """Why there is nothing to withdraw: terms that both never signed, or a version that was replaced.

    Terms that were only proposed lie in the store too; if they could be withdrawn, a performer could stop by them what
    another consent over the same capture made irrevocable.  Of a line the latest version's own term counts.
    """
    production = unit.find(Production, consent.production)
    assert production is not None  # no consent is recorded without one
    studio = production.studio
    if not all(signed_by(unit, verifier, consent, side) for side in (consent.giver, studio)):
        why = "These terms were proposed and never signed by both sides, so there is nothing to withdraw."
        return Refused(code=Code.NO_CONSENT, why=why, clause="consent, signature")
    for each in unit.all(Consent, journal_of(consent.production)):
        if each.supersedes != consent.digest() or not may_sign(unit, verifier, each):
            continue
        if all(signed_by(unit, verifier, each, side) for side in (each.giver, studio)):
            why = f"Version {each.version} has taken this consent's place. Withdraw that one ({each.consent})."
            return Refused(code=Code.NO_CONSENT, why=why, clause="consent, version")
    return None


def _delivered_on(unit: Unit, verifier: Verifier, consent: Consent) -> date | None:
    """The day on which the studio says that it delivered the picture; the earliest, if it said so twice."""
    production = unit.find(Production, consent.production)
    studio = production.studio if production else ""
    told = [
        delivery.delivered_on
        for delivery in unit.all(Delivery, journal_of(consent.production))
        if delivery.production == consent.production and signed_by(unit, verifier, delivery, studio)
    ]
    return min(told, default=None)


def _works_on(
    unit: Unit, verifier: Verifier, withdrawal: Withdrawal, consent: Consent, laws: Set[str]
) -> date | Refused:
    """The day from which it works, counted from the first notice that was given.

    A notice once given stands: that the picture is delivered while it runs takes nothing from it.
    """
    delivered_on = _delivered_on(unit, verifier, consent)
    given = [item for item in unit.all(Withdrawal, journal_of(consent.production)) if item.consent == consent.digest()]
    days: list[date] = []
    refused: Refused | None = None
    for each in (*given, withdrawal):
        found = withdraw(each, consent, delivered_on=delivered_on, laws=laws)
        if isinstance(found, Refused):
            refused = found
        else:
            days.append(found)
    # A law that nobody here knows is never recorded as the reason, whatever notice runs beside it.
    if refused is not None and (withdrawal.by_law or not days):
        return refused
    return min(days)


def _note(
    unit: Unit,
    verifier: Verifier,
    withdrawal: Withdrawal,
    signature: Signature,
    consent: Consent,
    *,
    signer: str,
    works_on: date,
) -> Refused:
    """Her notice is recorded: from that day on nothing new is permitted, whether or not she comes again."""
    refused = record_signed(
        unit, verifier, withdrawal, signature,
        journal=journal_of(consent.production), ident=withdrawal.withdrawal,
        signer=signer, roles=WITHDRAWS_AS,
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
