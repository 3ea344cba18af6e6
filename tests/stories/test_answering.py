"""Answering: only who was asked, only what was asked, only about that use, and only over their own signature."""

from __future__ import annotations

from stagedoor.core.facts.decision import Answer, Approval
from stagedoor.core.facts.request import Request
from stagedoor.stories.request_use import Asked
from stagedoor.stories.unit import journal_of

from .theatre import AT, DAY, Theatre


def asked_for_14c(theatre: Theatre) -> tuple[Request, Asked]:
    """A shot that waits for the performer."""
    request = theatre.request(shot="14C")
    asked = theatre.ask(request)
    assert asked.decision is not None and asked.decision.answer is Answer.ASK_A_PERSON and asked.permit is None
    assert theatre.refused(asked) == "needs_a_person"
    return request, asked


def test_her_yes_makes_the_permit(theatre: Theatre) -> None:
    request, asked = asked_for_14c(theatre)
    assert theatre.money == theatre.paid(0), "nothing is set aside while she thinks"
    assert theatre.answer("performer", asked, request) is None
    assert theatre.ask(request).permit is not None
    assert theatre.money == theatre.paid(0, reserved=DAY)


def test_her_no_refuses(theatre: Theatre) -> None:
    request, asked = asked_for_14c(theatre)
    assert theatre.answer("performer", asked, request, yes=False) is None
    assert theatre.refused(theatre.ask(request)) == "approval_denied"


def test_a_no_after_a_yes_refuses_what_was_not_permitted_yet(theatre: Theatre) -> None:
    request, asked = asked_for_14c(theatre)
    assert theatre.answer("performer", asked, request, yes=True) is None
    assert theatre.answer("performer", asked, request, yes=False) is None
    assert theatre.refused(theatre.ask(request)) == "approval_denied"


def test_nobody_else_may_answer(theatre: Theatre) -> None:
    request, asked = asked_for_14c(theatre)
    for who in ("agent", "second", "studio", "union", "gate", "worker"):
        assert theatre.refused(theatre.answer(who, asked, request)) == "unknown_party", who
    assert theatre.count("approval") == 0
    assert theatre.refused(theatre.ask(request)) == "needs_a_person"


def test_nobody_else_may_answer_in_her_name(theatre: Theatre) -> None:
    request, asked = asked_for_14c(theatre)
    for who in ("agent", "second", "studio"):
        answer = theatre.answer("performer", asked, request, signed_by=who)
        assert theatre.refused(answer) == "signature_invalid", who
    assert theatre.count("approval") == 0


def test_an_answer_to_another_uses_decision_is_refused(theatre: Theatre) -> None:
    request, asked = asked_for_14c(theatre)
    other, _ = asked_for_14c(theatre)
    assert theatre.refused(theatre.answer("performer", asked, other)) == "malformed"
    assert theatre.refused(theatre.answer("performer", asked, request, use_id=other.use_id)) == "malformed"
    assert theatre.refused(theatre.ask(other)) == "needs_a_person"
    assert theatre.count("approval") == 0


def test_an_answer_serves_no_other_use(theatre: Theatre) -> None:
    request, asked = asked_for_14c(theatre)
    assert theatre.answer("performer", asked, request) is None
    asked_for_14c(theatre)


def test_an_answer_serves_no_larger_use_under_the_same_id(theatre: Theatre) -> None:
    """She agreed to ten frames; the same id comes back with four hundred."""
    from dataclasses import replace

    request, asked = asked_for_14c(theatre)
    assert theatre.answer("performer", asked, request) is None
    larger = theatre.ask(replace(request, units=400))
    assert larger.permit is None
    assert theatre.refused(larger) in ("needs_a_person", "conflicting_duplicate")


def test_an_answer_to_a_question_that_nobody_asked_is_refused(theatre: Theatre) -> None:
    request, asked = asked_for_14c(theatre)
    for rule in ("consent:coverage", "", "consent:approval ", "house-orbit"):
        assert theatre.refused(theatre.answer("performer", asked, request, rule=rule)) == "malformed", rule
    assert theatre.refused(theatre.answer("performer", asked, request, decision="sha256:" + "0" * 64)) == "malformed"


def test_an_unsigned_approval_is_ignored(theatre: Theatre) -> None:
    """Somebody with the gate's role writes an approval into the journal, and nobody signed it."""
    request, asked = asked_for_14c(theatre)
    assert asked.decision is not None
    forged = Approval(
        approval=theatre.ids.new("approval"), use_id=request.use_id, decision=asked.decision.digest(),
        rule="consent:approval", answered_by=theatre.id("performer"), yes=True, words="certainly", at=AT,
    )  # fmt: skip
    with theatre.store.unit() as unit:
        unit.append(journal_of(request.production), forged, ident=forged.approval)
    assert theatre.refused(theatre.ask(request)) == "needs_a_person"


def test_an_approval_with_somebody_elses_signature_is_ignored(theatre: Theatre) -> None:
    """The same, with a true signature by the agent, and one by the performer over another fact."""
    request, asked = asked_for_14c(theatre)
    assert asked.decision is not None
    forged = Approval(
        approval=theatre.ids.new("approval"), use_id=request.use_id, decision=asked.decision.digest(),
        rule="consent:approval", answered_by=theatre.id("performer"), yes=True, words="certainly", at=AT,
    )  # fmt: skip
    with theatre.store.unit() as unit:
        unit.append(journal_of(request.production), forged, ident=forged.approval)
        unit.append(journal_of(request.production), theatre.sign("agent", forged))
    assert theatre.refused(theatre.ask(request)) == "needs_a_person"


def test_an_approval_written_by_the_agent_for_themselves_is_ignored(theatre: Theatre) -> None:
    """Signed truly by the agent in the agent's own name, and written past the story: still not hers."""
    request, asked = asked_for_14c(theatre)
    assert asked.decision is not None
    forged = Approval(
        approval=theatre.ids.new("approval"), use_id=request.use_id, decision=asked.decision.digest(),
        rule="consent:approval", answered_by=theatre.id("agent"), yes=True, words="certainly", at=AT,
    )  # fmt: skip
    with theatre.store.unit() as unit:
        unit.append(journal_of(request.production), forged, ident=forged.approval)
        unit.append(journal_of(request.production), theatre.sign("agent", forged))
    assert theatre.refused(theatre.ask(request)) == "needs_a_person"
