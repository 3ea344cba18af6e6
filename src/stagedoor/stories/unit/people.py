"""Who may sign or answer for whom: mandates, authorities, deaths."""

from __future__ import annotations

from datetime import date
from typing import Final

from stagedoor.core.base.when import within
from stagedoor.core.facts.consent import Capacity, Consent
from stagedoor.core.facts.party import Authority, Death, Mandate, Party, Role
from stagedoor.core.facts.request import Request
from stagedoor.ports.store import Unit
from stagedoor.ports.world import Verifier
from stagedoor.stories.unit.recording import HOUSE, signed_by

SIGNS_AS: Final = {
    Capacity.ADULT: Role.PERFORMER,
    Capacity.GUARDIAN: Role.GUARDIAN,
    Capacity.ESTATE: Role.ESTATE,
    Capacity.UNION: Role.UNION,
}
"""In which role the signer of a consent must be enrolled, by capacity."""


def may_sign(unit: Unit, verifier: Verifier, consent: Consent) -> bool:
    """Whether the consent's giver may sign in that capacity: the performer, or whom a union vouched for."""
    party = unit.find(Party, consent.giver)
    if party is None or party.role is not SIGNS_AS[consent.capacity]:
        return False
    return speaks_for(unit, verifier, party, consent.performer, consent.at.day)


def speaks_for(unit: Unit, verifier: Verifier, party: Party, performer: str, day: date) -> bool:
    """Whether a party may speak about this performer's likeness in its role on that day.

    A performer speaks for their own.  A guardian and an estate need a union's word for it; a union officer, a lawyer
    and a studio answer for themselves, by their role.
    """
    if party.role is Role.PERFORMER:
        return party.party == performer
    if party.role not in (Role.GUARDIAN, Role.ESTATE):
        return True
    return any(
        authority.holder == party.party
        and authority.performer == performer
        and authority.role is party.role
        and within(day, authority.first_day, authority.last_day)
        and signed_by(unit, verifier, authority, authority.vouched_by)
        for authority in unit.all(Authority, HOUSE)
    )


def died_on(unit: Unit, verifier: Verifier, performer: str) -> date | None:
    """The day on which the performer died, as the union or the estate told; the earliest, if told twice."""
    told = [
        death.died_on
        for death in unit.all(Death, HOUSE)
        if death.performer == performer and signed_by(unit, verifier, death, death.told_by)
    ]
    return min(told, default=None)


def mandate_of(unit: Unit, verifier: Verifier, request: Request) -> Mandate | None:
    """The performer's signed mandate in force on the day; the latest, if there are several."""
    found = None
    for mandate in unit.all(Mandate, HOUSE):
        after = mandate.last_day is not None and request.day > mandate.last_day
        if mandate.performer == request.performer and request.day >= mandate.first_day and not after:
            found = mandate if signed_by(unit, verifier, mandate, mandate.performer) else found
    return found
