"""A union vouches that somebody may sign for a performer: a guardian, an estate, a union; or answer as a lawyer."""

from __future__ import annotations

from typing import Final

from stagedoor.core.base.canonical import is_digest
from stagedoor.core.base.ids import has_shape
from stagedoor.core.base.outcome import Code, Refused
from stagedoor.core.facts.party import Authority, Party, Role, Signature
from stagedoor.ports.store import Store
from stagedoor.ports.world import Verifier
from stagedoor.stories.unit import HOUSE, record_signed

VOUCHED_ROLES: Final = (Role.GUARDIAN, Role.ESTATE, Role.UNION, Role.LAWYER)


def vouch_for(store: Store, verifier: Verifier, authority: Authority, signature: Signature) -> Refused | None:
    """Record an authority, signed by the union; its evidence is the digest of a paper that somebody has seen."""
    if not has_shape("authority", authority.authority) or authority.role not in VOUCHED_ROLES:
        why = f"An authority's id is authority:<uuid7>, and its role is {', '.join(r.value for r in VOUCHED_ROLES)}."
        return Refused(code=Code.MALFORMED, why=why)
    if not is_digest(authority.evidence):
        why = "An authority rests on a paper: name the digest of the court order, the will or the like."
        return Refused(code=Code.MALFORMED, why=why)
    if authority.last_day is not None and authority.last_day < authority.first_day:
        return Refused(code=Code.MALFORMED, why="The authority ends before it begins. Turn the two days round.")
    with store.unit() as unit:
        holder, performer = unit.find(Party, authority.holder), unit.find(Party, authority.performer)
        if holder is None or holder.role is not authority.role:
            why = f"{authority.holder} is not enrolled as {authority.role.value}."
            return Refused(code=Code.UNKNOWN_PARTY, why=why)
        if performer is None or performer.role is not Role.PERFORMER:
            return Refused(code=Code.UNKNOWN_PARTY, why=f"{authority.performer} is not enrolled as performer.")
        return record_signed(
            unit, verifier, authority, signature,
            journal=HOUSE, ident=authority.authority, signer=authority.vouched_by, roles=(Role.UNION,),
        )  # fmt: skip
