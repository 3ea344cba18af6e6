"""A person answers a question that a decision asked; the use is then asked again and decided with the answer."""

from __future__ import annotations

from stagedoor.core.base.outcome import Code, Refused
from stagedoor.core.facts.decision import Approval, Decision, Finding, Question
from stagedoor.core.facts.party import Party, Signature
from stagedoor.core.facts.request import Request
from stagedoor.ports.store import Store, Unit
from stagedoor.ports.world import Verifier
from stagedoor.stories.unit import journal_of, question_ident, record_signed, speaks_for


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
        if not speaks_for(unit, verifier, party, request.performer, approval.at.day):
            why = "Only the performer whose likeness it is, or who is vouched to speak for them, may answer this."
            return Refused(code=Code.UNKNOWN_PARTY, why=why)
        refused = _in_order(unit, approval, asked[0])
        if refused is not None:
            return refused
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


def _in_order(unit: Unit, approval: Approval, asked: Finding) -> Refused | None:
    """An answer comes in time, and a yes with the evidence that its question needs."""
    question = unit.find(Question, question_ident(approval.use_id, approval.rule))
    if question is not None and approval.at > question.answer_by:
        why = f"The question lapsed on {question.answer_by}, and that is a no. Ask for the use anew, under another id."
        return Refused(code=Code.APPROVAL_DENIED, why=why)
    if approval.yes and len(approval.evidence) < len(asked.needs):
        why = f"A yes needs the digest of each of: {'; '.join(asked.needs)}."
        return Refused(code=Code.MALFORMED, why=why)
    return None
