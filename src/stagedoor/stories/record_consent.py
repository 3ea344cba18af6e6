"""Record a consent: signed by its giver over its canonical bytes, countersigned by the production."""

from __future__ import annotations

from typing import Final

from stagedoor.core.base.ids import has_shape
from stagedoor.core.base.limits import GRANTS_MAX, SHOTS_MAX
from stagedoor.core.base.outcome import Code, Refused
from stagedoor.core.facts.asset import Asset
from stagedoor.core.facts.consent import Consent
from stagedoor.core.facts.party import Production, Role, Signature
from stagedoor.ports.store import Store
from stagedoor.ports.world import Verifier
from stagedoor.stories.unit import journal_of, record_signed

UNITS: Final = ("frame", "replica", "second", "call", "token", "line")
"""What a grant may count (DESIGN section 10); a word of one's own could say anything on the page that she signs."""


def record_consent(
    store: Store, verifier: Verifier, consent: Consent, *, by_performer: Signature, by_studio: Signature
) -> Refused | None:
    """Record both signatures, or nothing."""
    shots = max((len(grant.shots) for grant in consent.grants), default=0)
    if len(consent.grants) > GRANTS_MAX or len(consent.forbids) > GRANTS_MAX or shots > SHOTS_MAX:
        why = f"A consent holds at most {GRANTS_MAX} permissions and refusals and {SHOTS_MAX} shots: what can be read."
        return Refused(code=Code.MALFORMED, why=why)
    named = has_shape("consent", consent.consent) and all(grant.unit in UNITS for grant in consent.grants)
    if not named:
        why = f"A consent's id is consent:<uuid7>, and it counts in {', '.join(UNITS)}."
        return Refused(code=Code.MALFORMED, why=why)
    with store.unit() as unit:
        production = unit.find(Production, consent.production)
        capture = unit.find(Asset, consent.capture)
        if production is None or capture is None or capture.performer != consent.performer:
            why = "The consent names a production or a capture that is not known here, or another performer's capture."
            return Refused(code=Code.UNKNOWN_ASSET, why=why)
        journal = journal_of(consent.production)
        refused = record_signed(
            unit, verifier, consent, by_performer,
            journal=journal, ident=consent.consent, signer=consent.performer, roles=(Role.PERFORMER,),
        ) or record_signed(
            unit, verifier, consent, by_studio,
            journal=journal, ident=consent.consent, signer=production.studio, roles=(Role.STUDIO,),
        )  # fmt: skip
        if refused is not None:
            unit.roll_back()
        return refused
