"""Revise a consent: a new version takes the place of the latest, or a rider comes to stand beside it.

Nothing is changed: the revision is a consent of its own, signed by both sides, that names the one it goes with by
digest.  Only then is the earlier one superseded, which `stand` reads from these very facts.
"""

from __future__ import annotations

from stagedoor.core.base.outcome import Code, Refused
from stagedoor.core.facts.consent import Consent, Withdrawal
from stagedoor.core.facts.party import Production, Role, Signature
from stagedoor.core.rules.giving import can_be_signed, follows
from stagedoor.ports.store import Store, Unit
from stagedoor.ports.world import Verifier
from stagedoor.stories.unit import SIGNS_AS, journal_of, may_sign, record_signed, signed_by


def revise_consent(
    store: Store, verifier: Verifier, consent: Consent, *, by_giver: Signature, by_studio: Signature
) -> Refused | None:
    """Record an amendment (`supersedes`) or a rider (`rider_to`) with both signatures, or nothing."""
    refused = can_be_signed(consent)
    if refused is not None:
        return refused
    with store.unit() as unit:
        named = unit.get(Consent, consent.supersedes or consent.rider_to)
        production = unit.find(Production, consent.production)
        if named is None or production is None:
            why = "It names, by digest, no consent that is recorded here. Record that one first, or correct the digest."
            return Refused(code=Code.NO_CONSENT, why=why, clause="consent, version")
        unit.lock_consent(named.digest())  # two versions that replace the same one come one after the other
        refused = follows(consent, named) or _still_stands(unit, verifier, named, consent, production.studio)
        if refused is not None:
            return refused
        journal = journal_of(consent.production)
        refused = record_signed(
            unit, verifier, consent, by_giver,
            journal=journal, ident=consent.consent, signer=consent.giver, roles=(SIGNS_AS[consent.capacity],),
        ) or record_signed(
            unit, verifier, consent, by_studio,
            journal=journal, ident=consent.consent, signer=production.studio, roles=(Role.STUDIO,),
        )  # fmt: skip
        if refused is None and not may_sign(unit, verifier, consent):
            why = f"No union vouched that {consent.giver} may sign as {consent.capacity.value} on {consent.at.day}."
            refused = Refused(code=Code.NO_CONSENT, why=why, clause="consent, capacity")
        if refused is not None:
            unit.roll_back()
        return refused


def _still_stands(unit: Unit, verifier: Verifier, named: Consent, by: Consent, studio: str) -> Refused | None:
    """Whether the consent that is named was signed by both, is the latest of its line, and was not taken back."""
    if not _signed_by_both(unit, verifier, named, studio):
        why = "The consent that it names was not signed by both sides, so there is nothing to revise."
        return Refused(code=Code.NO_CONSENT, why=why, clause="consent, version")
    digest = named.digest()
    journal = journal_of(named.production)
    later = [
        each
        for each in unit.all(Consent, journal)
        if each.supersedes == digest and each != by and _signed_by_both(unit, verifier, each, studio)
    ]
    if later:
        why = f"Version {later[0].version} has taken that consent's place already. Revise the latest one."
        return Refused(code=Code.NO_CONSENT, why=why, clause="consent, version")
    if any(each.consent == digest for each in unit.all(Withdrawal, journal)):
        why = "That consent was withdrawn. What comes after it is a consent of its own, not a version of it."
        return Refused(code=Code.CONSENT_WITHDRAWN, why=why, clause="consent, withdrawal")
    return None


def _signed_by_both(unit: Unit, verifier: Verifier, consent: Consent, studio: str) -> bool:
    both = signed_by(unit, verifier, consent, consent.giver) and signed_by(unit, verifier, consent, studio)
    return both and may_sign(unit, verifier, consent)
