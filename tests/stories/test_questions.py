"""Questions have a deadline, and a deadline that passes is a no; a yes may need evidence."""

from __future__ import annotations

from dataclasses import replace

from stagedoor.core.facts.decision import Approval, Question
from stagedoor.core.facts.request import Request
from stagedoor.core.rules.load import ANSWER_DAYS
from stagedoor.stories.request_use import Asked
from stagedoor.stories.unit import journal_of, question_ident

from .theatre import AT, Theatre


def later(request: Request, *, days: int) -> Request:
    """The same use, asked for again so many days later."""
    at = AT.plus(hours=24 * days)
    return replace(request, at=at, day=max(request.day, at.day))


def asked_for_14c(theatre: Theatre) -> tuple[Request, Asked]:
    """A shot that waits for the performer, to be made in late October."""
    request = theatre.request(shot="14C", day=AT.plus(hours=24 * 20).day)
    asked = theatre.ask(request)
    assert theatre.refused(asked) == "needs_a_person"
    return request, asked


def question(theatre: Theatre, request: Request) -> Question:
    """What was put to her."""
    with theatre.store.unit() as unit:
        found = unit.find(Question, question_ident(request.use_id, "consent:approval"))
    assert found is not None
    return found


def test_a_question_is_put_once_with_its_deadline(theatre: Theatre) -> None:
    request, _ = asked_for_14c(theatre)
    theatre.ask(later(request, days=3))
    put = question(theatre, request)
    assert put.answer_by == AT.plus(hours=24 * ANSWER_DAYS), "asking again does not give her more time, nor less"
    assert theatre.count("question") == 1


def test_a_deadline_that_passes_is_a_no(theatre: Theatre) -> None:
    request, _ = asked_for_14c(theatre)
    assert theatre.refused(theatre.ask(later(request, days=ANSWER_DAYS))) == "needs_a_person"
    gone = theatre.ask(later(request, days=ANSWER_DAYS + 1))
    assert theatre.refused(gone) == "approval_denied" and gone.permit is None


def test_a_late_yes_is_not_taken(theatre: Theatre) -> None:
    request, asked = asked_for_14c(theatre)
    at = AT.plus(hours=24 * ANSWER_DAYS + 1)
    assert theatre.refused(theatre.answer("performer", asked, request, at=at)) == "approval_denied"
    assert theatre.count("approval") == 0


def test_a_late_yes_written_past_the_door_is_still_a_no(theatre: Theatre) -> None:
    """Somebody with the gate's role writes her late answer into the journal, truly signed."""
    request, asked = asked_for_14c(theatre)
    assert asked.decision is not None
    late = Approval(
        approval=theatre.ids.new("approval"), use_id=request.use_id, decision=asked.decision.digest(),
        rule="consent:approval", answered_by=theatre.id("performer"), yes=True, words="certainly",
        at=AT.plus(hours=24 * ANSWER_DAYS + 1),
    )  # fmt: skip
    with theatre.store.unit() as unit:
        unit.append(journal_of(request.production), late, ident=late.approval)
        unit.append(journal_of(request.production), theatre.sign("performer", late))
    assert theatre.refused(theatre.ask(later(request, days=ANSWER_DAYS + 1))) == "approval_denied"


def test_a_yes_in_time_holds_for_a_use_after_the_deadline(theatre: Theatre) -> None:
    request, asked = asked_for_14c(theatre)
    assert theatre.answer("performer", asked, request) is None
    assert theatre.ask(later(request, days=ANSWER_DAYS + 2)).permit is not None


def test_a_new_use_asks_anew(theatre: Theatre) -> None:
    request, _ = asked_for_14c(theatre)
    theatre.ask(later(request, days=ANSWER_DAYS + 1))
    anew = later(replace(request, use_id=theatre.ids.new("use")), days=ANSWER_DAYS + 1)
    assert theatre.refused(theatre.ask(anew)) == "needs_a_person"
