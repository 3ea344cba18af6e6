"""Record the production's good-faith estimate of days, with its basis, signed by the studio (TV-P2, TV-P3)."""

from __future__ import annotations

from stagedoor.core.base.limits import DAYS_ESTIMATE_MAX
from stagedoor.core.base.outcome import Code, Refused
from stagedoor.core.facts.party import Production, Role, Signature
from stagedoor.core.facts.request import Estimate
from stagedoor.ports.store import Store
from stagedoor.ports.world import Verifier
from stagedoor.stories.unit import journal_of, record_signed


def record_estimate(store: Store, verifier: Verifier, estimate: Estimate, signature: Signature) -> Refused | None:
    """An estimate is made once and never edited; a larger one is a new one."""
    if not 1 <= estimate.days <= DAYS_ESTIMATE_MAX or not estimate.shots:
        why = f"An estimate names its shots and 1 to {DAYS_ESTIMATE_MAX} days; this one has {estimate.days}."
        return Refused(code=Code.MALFORMED, why=why)
    with store.unit() as unit:
        production = unit.find(Production, estimate.production)
        if production is None or production.studio != estimate.made_by:
            return Refused(code=Code.UNKNOWN_PARTY, why="An estimate is made by the production's own studio.")
        return record_signed(
            unit,
            verifier,
            estimate,
            signature,
            journal=journal_of(estimate.production),
            ident=estimate.estimate,
            signer=production.studio,
            roles=(Role.STUDIO,),
        )
