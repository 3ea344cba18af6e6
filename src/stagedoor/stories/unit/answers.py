"""Questions and their answers: who may answer, in time, about this very request; a deadline that passes is a no."""

from __future__ import annotations

from dataclasses import replace

from stagedoor.core.base.when import Instant
from stagedoor.core.facts.decision import Approval, Decision, Effect, Finding, Question
from stagedoor.core.facts.party import Party
from stagedoor.core.facts.request import Answered, Request
from stagedoor.ports.store import Unit
from stagedoor.ports.world import Verifier
from stagedoor.stories.unit.people import speaks_for
from stagedoor.stories.unit.recording import journal_of, signed_by


def question_ident(use_id: str, rule: str) -> str:
    """A rule asks once about one use, however often the use is asked for again."""
    return f"{use_id}/{rule}"


def ask_people(unit: Unit, request: Request, decision: Decision) -> None:
    """Record each question of a decision that was not put before, with its deadline."""
    for finding in asked_in(decision):
        ident = question_ident(request.use_id, finding.rule)
        if unit.find(Question, ident) is None:
            assert finding.asks is not None
            question = Question(
                question=ident,
                use_id=request.use_id,
                decision=decision.digest(),
                rule=finding.rule,
                asks=finding.asks,
                needs=finding.needs,
                answer_by=decision.at.plus(hours=24 * finding.answer_days),
                at=decision.at,
            )
            unit.append(journal_of(request.production), question, ident=ident)


def asked_in(decision: Decision) -> tuple[Finding, ...]:
    """The questions of a decision."""
    return tuple(finding for finding in decision.findings if finding.effect is Effect.ASK)


def lapsed(unit: Unit, request: Request, decision: Decision, *, at: Instant) -> tuple[Answered, ...]:
    """Questions of this decision that were put before and whose deadline passed without an answer: each is a no."""
    found: list[Answered] = []
    for finding in asked_in(decision):
        question = unit.find(Question, question_ident(request.use_id, finding.rule))
        if question is not None and at > question.answer_by:
            found.append(Answered(rule=finding.rule, yes=False, approval="", late=True))
    return tuple(found)


def answers_to(unit: Unit, verifier: Verifier, request: Request) -> tuple[Answered, ...]:
    """Every recorded answer about this use, by someone who signed it; where two differ, a no counts."""
    given = [
        Answered(
            rule=approval.rule,
            yes=approval.yes,
            approval=approval.digest(),
            late=_is_late(unit, approval),
        )
        for approval in unit.all(Approval, journal_of(request.production))
        if approval.use_id == request.use_id
        and signed_by(unit, verifier, approval, approval.answered_by)
        and _is_about(unit, verifier, approval, request)
    ]
    return tuple(sorted(given, key=lambda answer: (answer.rule, answer.approval)))


def _is_about(unit: Unit, verifier: Verifier, approval: Approval, request: Request) -> bool:
    """Whether the answer was to this very request, by who was asked: another shot or more frames were not approved."""
    decision = unit.get(Decision, approval.decision)
    asked = unit.get(Request, decision.request) if decision else None
    party = unit.find(Party, approval.answered_by)
    if decision is None or asked is None or party is None or not same_use(request, asked):
        return False
    roles = {finding.asks for finding in decision.findings if finding.rule == approval.rule and finding.asks}
    return roles == {party.role} and speaks_for(unit, verifier, party, request.performer, request.at.day)


def _is_late(unit: Unit, approval: Approval) -> bool:
    question = unit.find(Question, question_ident(approval.use_id, approval.rule))
    return question is not None and approval.at > question.answer_by


def same_use(request: Request, earlier: Request | None) -> bool:
    """Whether this is the very same request under its id (asked again after an answer), whatever its date."""
    return earlier is None or replace(earlier, at=request.at) == request
