"""How a signed fact is recorded, and whose signature is over a fact."""

from __future__ import annotations

from typing import Final

from stagedoor.core.base.fact import Fact
from stagedoor.core.base.outcome import Code, Refused
from stagedoor.core.facts.party import Adoption, Party, Role, Signature
from stagedoor.core.rules.rulebook import Rulebook
from stagedoor.ports.store import ConflictingDuplicate, Unit
from stagedoor.ports.world import SignatureFault, Verifier

HOUSE: Final = "house"
"""The journal of parties, rulebooks, mandates and captures."""


def journal_of(production: str) -> str:
    """A production's own journal: its chain can be handed over whole."""
    return f"production/{production}"


def record_signed(
    unit: Unit,
    verifier: Verifier,
    fact: Fact,
    signature: Signature,
    *,
    journal: str,
    ident: str,
    signer: str,
    roles: tuple[Role, ...],
) -> Refused | None:
    """Record a fact and the signature over it, if `signer` is enrolled in one of `roles` and did sign these bytes."""
    party = unit.find(Party, signer)
    if party is None or party.role not in roles:
        wanted = " or ".join(role.value for role in roles)
        return Refused(code=Code.UNKNOWN_PARTY, why=f"{signer} is not enrolled as {wanted}.")
    if signature.signer != signer or signature.verify_key != party.verify_key or signature.signs != fact.digest():
        why = f"The signature is not {signer}'s over this {fact.KIND}."
        return Refused(code=Code.SIGNATURE_INVALID, why=why)
    try:
        verifier.verify(fact, signature)
    except SignatureFault as fault:
        return Refused(code=Code.SIGNATURE_INVALID, why=f"{fault} Sign the {fact.KIND} again as it now stands.")
    try:
        unit.append(journal, fact, ident=ident)
    except ConflictingDuplicate:
        unit.roll_back()
        why = f"A {fact.KIND} of this id was recorded before with other content. Give it an id of its own."
        return Refused(code=Code.CONFLICTING_DUPLICATE, why=why)
    unit.append(journal, signature)
    return None


def signed_by(unit: Unit, verifier: Verifier, fact: Fact, signer: str) -> bool:
    """Whether a recorded signature by this enrolled party is over these very bytes."""
    return signature_of(unit, verifier, fact, signer) is not None


def signature_of(unit: Unit, verifier: Verifier, fact: Fact, signer: str) -> Signature | None:
    """The recorded signature by this enrolled party over these very bytes, if there is one."""
    party = unit.find(Party, signer)
    if party is None:
        return None
    for signature in unit.signatures(fact.digest()):
        if signature.signer != signer or signature.verify_key != party.verify_key:
            continue
        try:
            verifier.verify(fact, signature)
        except SignatureFault:
            continue
        return signature
    return None


def adopted(unit: Unit, verifier: Verifier, book: Rulebook) -> bool:
    """Whether a union signed the adoption of exactly these bytes."""
    return any(
        adoption.rulebook_digest == book.digest and signed_by(unit, verifier, adoption, adoption.adopted_by)
        for adoption in unit.all(Adoption, HOUSE)
    )
