"""A person answers a question that a decision asked; the use is then asked again and decided with the answer."""

from __future__ import annotations

from stagedoor.core.base.outcome import Code, Refused
from stagedoor.core.facts.decision import Approval, Decision
from stagedoor.core.facts.party import Party, Signature
from stagedoor.core.facts.request import Request
from stagedoor.ports.store import Store
from stagedoor.ports.world import Verifier
from stagedoor.stories.unit import journal_of, record_signed


def answer_question(store: Store, verifier: Verifier, approval: Approval, signature: Signature) -> Refused | None:
    """Record the answer, if this party was the one to ask."""
    with store.unit() as unit:
        decision = unit.get(Decision, approval.decision)
        request = unit.get(Request, decision.request) if decision else None
        party = unit.find(Party, approval.answered_by)
        if decision is None or request is None or request.use_id != approval.use_id:
            return Refused(code=Code.MALFORMED, why="The answer is to a decision that is not known, or another use.")
        asked = [finding for finding in decision.findings if finding.rule == approval.rule and finding.asks]
        if not asked:
            return Refused(code=Code.MALFORMED, why=f"Nobody was asked about '{approval.rule[:60]}'.")
        role = asked[0].asks
        assert role is not None
        if party is None or party.role is not role:
            return Refused(code=Code.UNKNOWN_PARTY, why=f"Only the {role.value} may answer this.")
        if role.value == "performer" and approval.answered_by != request.performer:
            return Refused(code=Code.UNKNOWN_PARTY, why="Only the performer whose likeness it is may answer this.")
        return record_signed(
            unit,
            verifier,
            approval,
            signature,
            journal=journal_of(request.production),
            ident=approval.approval,
            signer=approval.answered_by,
            roles=(role,),
        )
