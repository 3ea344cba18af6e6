"""The engine says in microseconds what `decide` says in words: same answer, code, rules and amounts, always."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest
from hypothesis import given, settings

from core import builders as make
from core.given import READ_ON, RULEBOOKS
from core.plain_books import INDEX, SOURCE, load_plain, parameter, pay, plain_book
from properties.strategies import worlds
from stagedoor.adapters.rulebooks import FolderRulebooks
from stagedoor.core.base.limits import GRANTS_MAX
from stagedoor.core.base.money import Money
from stagedoor.core.base.outcome import Code
from stagedoor.core.facts.consent import Forbid, Purpose
from stagedoor.core.facts.decision import Answer, Decision, Effect
from stagedoor.core.facts.request import Answered
from stagedoor.core.rules.engine import Engine, Verdict
from stagedoor.core.rules.live import Live
from stagedoor.core.rules.ready import ready
from stagedoor.core.rules.rulebook import Rulebook
from stagedoor.core.steps.decide import decide

FOLDER = FolderRulebooks(RULEBOOKS, read_on=READ_ON)
DECIDING: tuple[Rulebook, ...] = FOLDER.deciding(make.AGREEMENT)
ENGINE = Engine(DECIDING)
EFFECTS = {"forbid", "ask", "note", "permit"}


def rules_of(decision: Decision, books: tuple[Rulebook, ...]) -> set[str]:
    """Rules of the books that spoke, duties and notices among them."""
    judges = {rule.rule for book in books for rule in book.judges}
    return {item.rule for item in (*decision.findings, *decision.duties)} & judges


def same(world: make.World, verdict: Verdict, decision: Decision, *, books: tuple[Rulebook, ...] = DECIDING) -> None:
    """Everything that both say."""
    assert (verdict.answer, verdict.code) == (decision.answer, decision.code)
    spoke = {told.rule.rule for told in verdict.spoke}
    if decision.answer is Answer.REFUSE:  # a refusal carries no duties
        spoke -= {told.rule.rule for told in verdict.spoke if told.rule.to and not told.doubt}
    assert spoke == rules_of(decision, books)
    doubts = {told.rule.rule for told in verdict.spoke if told.doubt}
    assert doubts <= {item.rule for item in decision.findings if item.effect is Effect.FORBID}
    if decision.quote is not None:
        assert (verdict.gross_units, verdict.cost_units) == (decision.quote.gross.units, decision.quote.cost.units)


@settings(max_examples=400, deadline=None)
@given(worlds())
def test_every_verdict_is_the_decision_without_its_words(world: make.World) -> None:
    world = world.but(books=DECIDING)
    assert world.consent is not None
    decision = world.decide()
    same(world, ENGINE.verdict(world.request, world.standing, ready(world.consent)), decision)
    faster = decide(world.request, world.standing, world.consent, DECIDING, at=make.AT, engine=ENGINE)
    assert faster.canonical() == decision.canonical()


ANSWERS = [(), (True,), (False,), (True, False), (False, True)]


@pytest.mark.parametrize("given_answers", ANSWERS)
@pytest.mark.parametrize("late", [False, True])
def test_answers_to_questions_count_in_both(given_answers: tuple[bool, ...], late: bool) -> None:
    """Of two answers a no counts; one that came late is a no; one to another question answers nothing."""
    watched = make.consent(grants=(make.creation(), make.permission(approve_shots=(make.SHOT,))))
    answers = tuple(
        Answered(rule="consent:approval", yes=yes, approval=make.ident("approval", number), late=late)
        for number, yes in enumerate(given_answers)
    )
    elsewhere = Answered(rule="consent:coverage", yes=True, approval=make.ident("approval", 9))
    world = make.world(consent=watched, rulebooks=DECIDING, standing={"answers": (*answers, elsewhere)})
    decision = world.decide()
    if not given_answers:
        assert decision.answer is Answer.ASK_A_PERSON
    else:
        assert decision.answer is (Answer.PERMIT if all(given_answers) and not late else Answer.REFUSE)
    same(world, ENGINE.verdict(world.request, world.standing, ready(watched)), decision)


def test_a_consent_that_nobody_can_read_or_price_refuses_in_both() -> None:
    """Too many refusals are as unreadable as too many permissions; a deal in two currencies is in none; and a consent
    under another agreement was not given under this one."""
    many = tuple(Forbid(use=None, purpose=Purpose.TRAINING, content=None) for _ in range(GRANTS_MAX + 1))
    deals = [make.deal(unit_rate=Money.whole(1, "GBP")), make.deal(unit_rate=Money.whole(1, "USD"))]
    cases = [
        (make.consent(forbids=many), Code.MALFORMED),
        (make.consent(forbids=many[1:]), None),
        (make.consent(deal=deals[0]), Code.MALFORMED),
        (make.consent(deal=deals[1]), None),
        (make.consent(agreement="sag_aftra_interactive_2025"), Code.OUTSIDE_CONSENT),
    ]
    for given_consent, code in cases:
        world = make.world(consent=given_consent, rulebooks=DECIDING)
        decision = world.decide()
        assert decision.code is code, decision.findings
        same(world, ENGINE.verdict(world.request, world.standing, ready(given_consent)), decision)


def test_riders_narrow_in_both() -> None:
    """What a rider refuses or asks, both refuse or ask; and nobody can leave out one that stands."""
    given_consent = make.consent()
    plain = make.permission()
    watched = replace(plain, approve_shots=(make.SHOT,))
    riders = (
        make.consent(consent=make.ident("consent", 2), grants=(plain,), forbids=()),
        make.consent(consent=make.ident("consent", 3), grants=(replace(plain, units_max=1),), forbids=()),
        make.consent(consent=make.ident("consent", 4), grants=(watched,), forbids=()),
        make.consent(
            consent=make.ident("consent", 5), grants=(plain,), forbids=(Forbid(use=None, purpose=Purpose.PICTURE),)
        ),
    )
    answers = []
    for rider in riders:
        world = make.world(consent=given_consent, rulebooks=DECIDING, standing={"riders": (rider.digest(),)})
        decision = decide(world.request, world.standing, given_consent, DECIDING, at=make.AT, riders=(rider,))
        verdict = ENGINE.verdict(world.request, world.standing, ready(given_consent), (rider,))
        same(world, verdict, decision)
        answers.append(verdict.answer)
        with pytest.raises(AssertionError, match="left out"):
            ENGINE.verdict(world.request, world.standing, ready(given_consent))
    assert answers == [Answer.PERMIT, Answer.REFUSE, Answer.ASK_A_PERSON, Answer.REFUSE]


def weak(confidence: str) -> dict[str, object]:
    """A rate of this confidence, dated."""
    return parameter(
        values=[{"from": "2023-01-01", "value": "100.000000 USD", "source": SOURCE | {"confidence": confidence}}]
    )


@pytest.mark.parametrize(
    ("book", "days", "code"),
    [
        (plain_book(pays=(pay(), pay(rule="x-3", name="welfare", formula="day_rate", payee="union"))), 3, None),
        (plain_book(pays=(pay(), pay(rule="x-3", name="fund", formula="1", payee="plans", on_top=True))), 3, None),
        (plain_book(pays=(pay(formula="a_rate * new_days"),), parameters=(weak("low"),)), 3, Code.NEEDS_A_PERSON),
        (plain_book(pays=(pay(formula="a_rate * new_days"),), parameters=(weak("unseen"),)), 3, Code.UNPRICED),
        (plain_book(pays=(pay(),)), 0, Code.UNPRICED),
        (plain_book(pays=(pay(payee="union"),)), 3, Code.UNPRICED),
    ],
    ids=["beside-the-performer", "on-top", "low-decides", "unseen-decides", "no-day-ever", "nothing-for-the-performer"],
)
def test_amounts_of_other_books_are_the_same(book: dict[str, object], days: int, code: Code | None) -> None:
    """What goes to others out of the gross or on top of it, what nobody verified, and what would never be paid."""
    loaded = (load_plain(book),)
    world = make.world(
        consent=make.consent(agreement=INDEX["name"]), rulebooks=loaded, standing={"estimate_days": days}
    )
    decision = world.decide()
    assert decision.code is code
    assert world.consent is not None
    same(world, Engine(loaded).verdict(world.request, world.standing, ready(world.consent)), decision, books=loaded)


def test_without_a_consent_both_refuse() -> None:
    world = make.world(rulebooks=DECIDING)
    asked = make.request(None)
    stands = make.standing(asked, None, DECIDING, consent_signed=False, consent_countersigned=False)
    alone = make.World(request=asked, standing=stands, consent=None, books=DECIDING)
    verdict, decision = ENGINE.verdict(asked, stands, None), alone.decide()
    assert (verdict.answer, verdict.code) == (decision.answer, decision.code)
    assert verdict.answer is Answer.REFUSE and verdict.cost_units is None
    assert ENGINE.verdict(world.request, world.standing, ready(world.consent)).answer is Answer.PERMIT  # type: ignore[arg-type]


@pytest.mark.parametrize("day", [date(2026, 6, 30), date(2026, 7, 1), date(2027, 6, 30), date(2027, 7, 1)])
def test_a_case_is_made_anew_where_something_changes(day: date) -> None:
    """The day before and the day on which a rate or the agreement begins are two cases."""
    world = make.world(rulebooks=DECIDING, request={"day": day})
    assert world.consent is not None
    same(world, ENGINE.verdict(world.request, world.standing, ready(world.consent)), world.decide())


def test_live_consents_are_found_by_digest_and_by_who_and_where() -> None:
    first, second = make.consent(), make.consent(description="Another use.")
    live = Live([first, second, first])
    assert len(live) == 2
    assert live.named(first.digest()) is not None
    assert live.between(first.performer, first.production) == (first.digest(), second.digest())
    live.drop(first.digest())
    live.drop(first.digest())
    assert live.named(first.digest()) is None and len(live) == 1
    assert live.between("party:nobody", first.production) == ()
