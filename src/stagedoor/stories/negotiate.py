"""Negotiate a consent: offer, counter-offer, and the terms on the table.  An offer binds nobody.

Each offer is a fact, signed by who makes it, and lies beside the terms that it proposes.  To accept is to sign those
terms: `on_the_table` hands them out, and they are recorded as any consent is.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Final

from stagedoor.core.base.ids import has_shape
from stagedoor.core.base.limits import TEXT_CHARS_MAX
from stagedoor.core.base.outcome import Code, Refused
from stagedoor.core.base.when import Instant, within
from stagedoor.core.facts.consent import Consent, Offer
from stagedoor.core.facts.party import Mandate, Party, Production, Role, Signature
from stagedoor.core.rules.compare import Change, compare
from stagedoor.core.rules.giving import can_be_signed
from stagedoor.ports.store import ConflictingDuplicate, Store, Unit
from stagedoor.ports.world import Verifier
from stagedoor.stories.unit import HOUSE, SIGNS_AS, journal_of, record_signed, signed_by

OFFERS_MAX: Final = 200
"""Offers in one negotiation: whoever needs more should meet."""

_MAY_OFFER: Final = (*dict.fromkeys(SIGNS_AS.values()), Role.AGENT, Role.STUDIO)


@dataclass(frozen=True, slots=True, kw_only=True)
class Round:
    """One offer of a negotiation, its terms, and what it changes in the terms of the offer that it answers."""

    offer: Offer
    terms: Consent
    changes: tuple[Change, ...]


def make_offer(store: Store, verifier: Verifier, offer: Offer, terms: Consent, signature: Signature) -> Refused | None:
    """Record an offer, or a counter-offer that answers one, with the terms that it proposes."""
    refused = can_be_signed(terms) or _reads(offer, terms)
    if refused is not None:
        return refused
    with store.unit() as unit:
        production = unit.find(Production, terms.production)
        if production is None:
            why = "The terms name a production that is not known here."
            return Refused(code=Code.UNKNOWN_ASSET, why=why)
        refused = _between_the_two(unit, verifier, offer, terms, production.studio)
        if refused is None and offer.answers:
            unit.lock_consent(offer.answers)  # of two answers to one offer the second finds the first
            refused = _answers(unit, offer, terms)
        if refused is not None:
            return refused
        journal = journal_of(terms.production)
        refused = record_signed(
            unit, verifier, offer, signature,
            journal=journal, ident=offer.offer, signer=offer.by, roles=_MAY_OFFER,
        )  # fmt: skip
        if refused is not None:
            unit.roll_back()
            return refused
        try:
            unit.append(journal, terms, ident=terms.consent)
        except ConflictingDuplicate:
            unit.roll_back()
            why = "Terms of this id were proposed before, and they are other terms. Give these an id of their own."
            return Refused(code=Code.CONFLICTING_DUPLICATE, why=why)
        return None


def on_the_table(store: Store, offer: str, *, at: Instant) -> Consent | Refused:
    """The terms of an open offer, for both sides to sign: to accept an offer is to sign its terms, and nothing less."""
    with store.unit() as unit:
        found = unit.get(Offer, offer)
        terms = unit.get(Consent, found.consent) if found else None
        if found is None or terms is None:
            return Refused(code=Code.NO_CONSENT, why="There is no such offer here.", clause="offer")
        if at.day > found.open_until:
            why = f"The offer was open until {found.open_until}. Ask for it again."
            return Refused(code=Code.CONSENT_EXPIRED, why=why, clause="offer")
        if any(each.answers == offer for each in unit.all(Offer, journal_of(terms.production))):
            why = "The offer was answered by a counter-offer, and with that it is off the table. Answer that one."
            return Refused(code=Code.NO_CONSENT, why=why, clause="offer")
        return terms


def negotiation(store: Store, offer: str) -> tuple[Round, ...] | Refused:
    """The rounds that led to an offer, the first one first, each with what it changed."""
    with store.unit() as unit:
        chain: list[tuple[Offer, Consent]] = []
        digest = offer
        while digest and len(chain) < OFFERS_MAX:
            found = unit.get(Offer, digest)
            terms = unit.get(Consent, found.consent) if found else None
            if found is None or terms is None:
                return Refused(code=Code.NO_CONSENT, why="There is no such offer here.", clause="offer")
            chain.append((found, terms))
            digest = found.answers
    chain.reverse()
    before: Consent | None = None
    rounds: list[Round] = []
    for found, terms in chain:
        rounds.append(Round(offer=found, terms=terms, changes=compare(before, terms) if before else ()))
        before = terms
    return tuple(rounds)


def _reads(offer: Offer, terms: Consent) -> Refused | None:
    if not has_shape("offer", offer.offer) or len(offer.words) > TEXT_CHARS_MAX:
        why = f"An offer's id is offer:<uuid7>, and its words are a page at most ({TEXT_CHARS_MAX} characters)."
        return Refused(code=Code.MALFORMED, why=why)
    if offer.consent != terms.digest():
        return Refused(code=Code.MALFORMED, why="The offer names other terms than those that come with it.")
    if offer.open_until < offer.at.day or offer.by == offer.to:
        why = "An offer is made to somebody else, and is open for its own day at least."
        return Refused(code=Code.MALFORMED, why=why, clause="offer")
    return None


def _between_the_two(unit: Unit, verifier: Verifier, offer: Offer, terms: Consent, studio: str) -> Refused | None:
    """One side is the production's studio, the other the giver of the consent or the performer's agent."""
    other = {offer.by, offer.to} - {studio}
    if studio not in (offer.by, offer.to) or len(other) != 1:
        why = "An offer goes between the production's studio and the performer's side."
        return Refused(code=Code.UNKNOWN_PARTY, why=why, clause="offer")
    side = other.pop()
    party = unit.find(Party, side)
    if party is not None and party.role is SIGNS_AS[terms.capacity] and side == terms.giver:
        return None
    if party is not None and _is_agent(unit, verifier, side, terms.performer, offer.at.day):
        return None
    why = f"{side} is neither who would give this consent nor an agent with the performer's signed mandate."
    return Refused(code=Code.UNKNOWN_PARTY, why=why, clause="offer")


def _is_agent(unit: Unit, verifier: Verifier, agent: str, performer: str, day: date) -> bool:
    return any(
        mandate.agent == agent
        and mandate.performer == performer
        and within(day, mandate.first_day, mandate.last_day)
        and signed_by(unit, verifier, mandate, performer)
        for mandate in unit.all(Mandate, HOUSE)
    )


def _answers(unit: Unit, offer: Offer, terms: Consent) -> Refused | None:
    earlier = unit.get(Offer, offer.answers)
    before = unit.get(Consent, earlier.consent) if earlier else None
    if earlier is None or before is None:
        why = "It answers an offer that is not recorded here."
        return Refused(code=Code.NO_CONSENT, why=why, clause="offer")
    if (before.performer, before.production) != (terms.performer, terms.production):
        why = "A counter-offer is about the same performer and the same production."
        return Refused(code=Code.OTHER_PRODUCTION, why=why, clause="offer")
    if {earlier.by, earlier.to} != {offer.by, offer.to} or earlier.by == offer.by:
        why = "A counter-offer comes from whom the offer was made to, and goes back to who made it."
        return Refused(code=Code.UNKNOWN_PARTY, why=why, clause="offer")
    if offer.at.day > earlier.open_until or offer.at < earlier.at:
        why = f"The offer that it answers was open from {earlier.at.day} to {earlier.open_until}."
        return Refused(code=Code.CONSENT_EXPIRED, why=why, clause="offer")
    others = [each for each in unit.all(Offer, journal_of(terms.production)) if each.answers == offer.answers]
    if any(each != offer for each in others):
        why = "The offer was answered already. Answer the answer."
        return Refused(code=Code.CONFLICTING_DUPLICATE, why=why, clause="offer")
    return None
