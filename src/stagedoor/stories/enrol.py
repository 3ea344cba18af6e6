"""Enrol the people and papers that every use stands on: parties, productions, mandates, rulebooks."""

from __future__ import annotations

from stagedoor.core.base.canonical import digest_of
from stagedoor.core.base.money import MoneyError, exponent
from stagedoor.core.base.outcome import Code, Refused
from stagedoor.core.base.when import Instant
from stagedoor.core.facts.party import Adoption, Erasure, Mandate, Party, Production, Role, RulebookText, Signature
from stagedoor.core.rules.rights import WHOLE_BP
from stagedoor.core.rules.rulebook import Rulebook
from stagedoor.ports.store import ConflictingDuplicate, People, Store
from stagedoor.ports.world import Verifier
from stagedoor.stories.unit import HOUSE, record_signed


def enrol_party(store: Store, people: People, party: Party, *, name: str, contact: str) -> Refused | None:
    """Record a pseudonym and its keys; keep name and contact apart, where they can be erased."""
    with store.unit() as unit:
        try:
            unit.append(HOUSE, party, ident=party.party)
        except ConflictingDuplicate:
            unit.roll_back()
            why = f"{party.party} is enrolled with another key or role, and the first enrolment stands."
            return Refused(code=Code.CONFLICTING_DUPLICATE, why=why)
    people.enrol(party.party, name=name, contact=contact)
    return None


def open_production(store: Store, verifier: Verifier, production: Production, signature: Signature) -> Refused | None:
    """Record a production, signed by its studio."""
    try:
        exponent(production.currency)
    except MoneyError as fault:
        return Refused(code=Code.MALFORMED, why=f"The production's {fault}.")
    with store.unit() as unit:
        return record_signed(
            unit,
            verifier,
            production,
            signature,
            journal=HOUSE,
            ident=production.production,
            signer=production.studio,
            roles=(Role.STUDIO,),
        )


def record_mandate(store: Store, verifier: Verifier, mandate: Mandate, signature: Signature) -> Refused | None:
    """Record an agent's mandate, signed by the performer."""
    if not 0 <= mandate.commission_bp <= WHOLE_BP:
        why = f"A commission of {mandate.commission_bp} basis points is not between nothing and everything."
        return Refused(code=Code.MALFORMED, why=why)
    with store.unit() as unit:
        return record_signed(
            unit,
            verifier,
            mandate,
            signature,
            journal=HOUSE,
            ident=mandate.mandate,
            signer=mandate.performer,
            roles=(Role.PERFORMER,),
        )


def adoption_of(book: Rulebook, *, by: str, at: Instant) -> Adoption:
    """What a union signs to let a rulebook's very bytes take effect here."""
    return Adoption(rulebook=book.name, version=book.version, rulebook_digest=book.digest, adopted_by=by, at=at)


def adopt_rulebook(
    store: Store, verifier: Verifier, adoption: Adoption, signature: Signature, *, text: str
) -> Refused | None:
    """Record an adoption, signed by the union, and beside it the rulebook's canonical text."""
    if digest_of("rulebook", text.encode()) != adoption.rulebook_digest:
        return Refused(code=Code.MALFORMED, why="The text is not the rulebook that this adoption names.")
    with store.unit() as unit:
        kept = RulebookText(rulebook_digest=adoption.rulebook_digest, text=text)
        refused = record_signed(
            unit, verifier, adoption, signature,
            journal=HOUSE, ident="", signer=adoption.adopted_by, roles=(Role.UNION,),
        )  # fmt: skip
        if refused is None:
            unit.append(HOUSE, kept, ident=adoption.rulebook_digest)
        return refused


def forget_person(store: Store, people: People, *, party: str, because: str, at: Instant) -> None:
    """Erase a person's details; the facts keep their pseudonym, and the erasure is itself a fact (invariant 15)."""
    with store.unit() as unit:
        unit.append(HOUSE, Erasure(party=party, what="name and contact", because=because, at=at))
    people.erase(party)
