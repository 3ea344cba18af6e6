"""A shot list is answered as its rows would be if they were asked for one after the other, and leaves no trace."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from stagedoor.core.base.outcome import Code, Refused
from stagedoor.core.facts.consent import Purpose
from stagedoor.core.facts.decision import Answer
from stagedoor.core.facts.party import Production
from stagedoor.core.facts.request import Circumstance, Request
from stagedoor.core.facts.terms import Content
from stagedoor.core.rules.shot_rows import ShotRow
from stagedoor.stories.foresee_shots import Foreseen, Foresight, foresee_shots

from .theatre import AT, DAY, FUNDED, Theatre

SAME = ("shot", "units", "unit", "arc_from_deg", "arc_to_deg", "purpose", "content", "places", "circumstances")
PLAIN = ShotRow(line=2, shot="12A", units=10, arc_from_deg=-5, arc_to_deg=5)


def foresee(theatre: Theatre, *rows: ShotRow) -> Foresight:
    """These rows as a list of the theatre's picture."""
    with theatre.store.unit() as unit:
        production = unit.find(Production, theatre.id("production"))
    assert production is not None
    found = foresee_shots(
        theatre.store, theatre.verifier, theatre.books, rows, production=production, ids=theatre.ids, at=AT
    )
    assert isinstance(found, Foresight), found
    return found


def asked(theatre: Theatre, row: ShotRow) -> tuple[Answer, Code | None, int | None]:
    """The same row, really asked for: the answer, why not, and what it costs."""
    over: dict[str, Any] = {name: getattr(row, name) for name in SAME} | {"day": row.day or AT.day}
    if row.estimate:
        over["estimate"] = row.estimate
    made = theatre.ask(theatre.request(**over))
    refused = made.refused.code if made.refused else None
    if made.permit is not None:
        return Answer.PERMIT, None, made.permit.cost.units
    if refused is Code.NEEDS_A_PERSON:
        assert made.decision is not None and made.decision.quote is not None
        return Answer.ASK_A_PERSON, refused, made.decision.quote.cost.units
    return Answer.REFUSE, refused, None


def seen(item: Foreseen) -> tuple[Answer, Code | None, int | None]:
    """The same of a row that was foreseen."""
    cost = item.cost("USD")
    return item.answer, item.code, None if cost is None else cost.units


def mostly(usual: Any, *odd: Any) -> Any:
    """The usual four times of five: rows with one oddity each are many, and yes is the commonest answer."""
    return st.integers(0, 4).flatmap(lambda number: st.sampled_from(odd) if number == 0 else st.just(usual))


rows = st.builds(
    ShotRow,
    line=st.integers(2, 99),
    shot=mostly("12A", "14C", "99Z"),
    units=st.sampled_from([1, 40, 200, 300]),
    arc_from_deg=mostly(-5, 0, -180),
    arc_to_deg=mostly(5, 180),
    day=mostly(None, AT.day + timedelta(days=9), date(2026, 12, 24), date(2026, 10, 1)),
    purpose=mostly(Purpose.PICTURE, Purpose.TRAINING),
    content=mostly(Content.ORDINARY, Content.NUDITY),
    places=mostly((), ("US-CA",), ("EU",), ("US-NY",)),
    circumstances=mostly((), (Circumstance(name="recognisable", value=True),)),
    estimate=st.sampled_from(["estimate", "long", "long"]),
)
FRAMES = ShotRow(line=2, shot="12A", units=200, arc_from_deg=-5, arc_to_deg=5, estimate="long")


@given(drawn=st.lists(rows, min_size=2, max_size=8))
@example(drawn=[FRAMES, FRAMES, FRAMES])
@example(drawn=[FRAMES, replace(FRAMES, units=1), replace(FRAMES, estimate="estimate")])
@settings(max_examples=10, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_a_list_is_answered_as_its_rows_are_when_they_are_asked_for(theatre: Theatre, drawn: list[ShotRow]) -> None:
    """Units, days and arcs that earlier rows take count for later ones, and so does the money."""
    theatre.consent(frames=500)
    for key, days in (("estimate", 1), ("long", 4)):
        theatre.estimate(key, days=days)
    consent = theatre.consented
    assert consent is not None
    listed = [replace(row, estimate=theatre.id(row.estimate), consent=consent.digest()) for row in drawn]
    before = {kind: theatre.count(kind) for kind in ("request", "decision", "permit", "posting", "entry")}
    found = foresee(theatre, *listed)
    assert {kind: theatre.count(kind) for kind in before} == before
    assert [seen(item) for item in found.rows] == [asked(theatre, row) for row in listed]


def test_what_there_is_only_one_of_need_not_be_named(theatre: Theatre) -> None:
    found = foresee(theatre, PLAIN, replace(PLAIN, line=3, shot="14C"), replace(PLAIN, line=4, units=600))
    assert [item.answer for item in found.rows] == [Answer.PERMIT, Answer.ASK_A_PERSON, Answer.REFUSE]
    assert found.rows[2].code is Code.QUANTITY_EXHAUSTED
    assert (found.cost.units, found.funds.units) == (DAY * 1_000_000, FUNDED * 1_000_000)


def test_days_are_charged_once_and_the_second_shot_costs_nothing(theatre: Theatre) -> None:
    found = foresee(theatre, PLAIN, replace(PLAIN, line=3))
    assert [seen(item)[2] for item in found.rows] == [DAY * 1_000_000, 0]


def test_a_list_that_costs_more_than_was_paid_in_is_told_where(theatre: Theatre) -> None:
    theatre.estimate("long", days=7)
    theatre.estimate("longer", days=5)
    listed = [replace(PLAIN, line=line, estimate=theatre.id(key)) for line, key in ((2, "long"), (3, "longer"))]
    found = foresee(theatre, *listed)
    assert [item.code for item in found.rows] == [None, Code.INSUFFICIENT_FUNDS]
    assert found.cost.units == 7 * DAY * 1_000_000


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"shot": "99Z"}, "No estimate covers '99Z' for render. Name it in the column 'estimate'."),
        ({"performer": "party:nobody"}, "No asset of party:nobody could be meant. Name it in the column 'asset'."),
        ({"consent": "sha256:" + "0" * 64}, ""),
    ],
)
def test_what_is_not_there_is_said(theatre: Theatre, change: dict[str, str], says: str) -> None:
    (item,) = foresee(theatre, replace(PLAIN, **change)).rows
    assert item.answer is Answer.REFUSE
    assert (item.refused.why if item.refused else "") == says
    if not says:
        assert item.code is Code.NO_CONSENT


def test_two_consents_are_told_apart_by_name(theatre: Theatre) -> None:
    theatre.consent(frames=20)
    (item,) = foresee(theatre, PLAIN).rows
    assert item.refused is not None and "2 consents of" in item.refused.why


def test_the_words_of_a_row_are_the_decision_that_it_would_get(theatre: Theatre) -> None:
    """The verdict answers; the sentences are made on demand and say the same."""
    (item,) = foresee(theatre, replace(PLAIN, shot="14C")).rows
    told = item.told(theatre.books, at=AT)
    assert told is not None and item.verdict is not None
    assert (told.answer, told.code) == (item.verdict.answer, item.verdict.code)
    assert isinstance(item.request, Request) and told.request == item.request.digest()
    assert {duty.rule for duty in told.duties} >= {each.rule.rule for each in item.verdict.duties}


def test_a_withdrawn_consent_is_foreseen_as_withdrawn(theatre: Theatre) -> None:
    assert not isinstance(theatre.withdraw(), Refused)
    (item,) = foresee(theatre, PLAIN).rows
    assert item.code is Code.CONSENT_WITHDRAWN
