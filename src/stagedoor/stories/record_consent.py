"""Record a consent: signed by its giver over its canonical bytes, countersigned by the production.

The giver is the performer, or in their place a guardian, an estate or a union for whom a union vouched (capacity).
"""

from __future__ import annotations

from stagedoor.core.base.outcome import Code, Refused
from stagedoor.core.facts.asset import Asset
from stagedoor.core.facts.consent import Consent
from stagedoor.core.facts.party import Production, Role, Signature
from stagedoor.core.rules.giving import UNITS, can_be_signed, is_first
from stagedoor.ports.store import Store
from stagedoor.ports.world import Verifier
from stagedoor.stories.unit import SIGNS_AS, journal_of, may_sign, record_signed

__all__ = ["UNITS", "record_consent"]


def record_consent(
    store: Store, verifier: Verifier, consent: Consent, *, by_performer: Signature, by_studio: Signature
) -> Refused | None:
    """Record both signatures, or nothing.  `by_performer` is the giver's: the performer's, or who signs for them."""
    refused = can_be_signed(consent) or is_first(consent)
    if refused is not None:
        return refused
    with store.unit() as unit:
        production = unit.find(Production, consent.production)
        capture = unit.find(Asset, consent.capture)
        if production is None or capture is None or capture.performer != consent.performer:
            why = "The consent names a production or a capture that is not known here, or another performer's capture."
            return Refused(code=Code.UNKNOWN_ASSET, why=why)
        journal = journal_of(consent.production)
        refused = record_signed(
            unit, verifier, consent, by_performer,
            journal=journal, ident=consent.consent, signer=consent.giver, roles=(SIGNS_AS[consent.capacity],),
        ) or record_signed(
            unit, verifier, consent, by_studio,
            journal=journal, ident=consent.consent, signer=production.studio, roles=(Role.STUDIO,),
        )  # fmt: skip
        if refused is None and not may_sign(unit, verifier, consent):
            why = (
                f"No union vouched that {consent.giver} may sign as {consent.capacity.value} on {consent.at.day}. "
                "Have a union record its authority first."
            )
            refused = Refused(code=Code.NO_CONSENT, why=why, clause="consent, capacity")
        if refused is not None:
            unit.roll_back()
        return refused
