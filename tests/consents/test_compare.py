"""The difference of two consents: everything is told, and `narrows only` is a promise that no request breaks."""

from __future__ import annotations

import random
from dataclasses import fields, replace
from datetime import date
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core import builders as make
from properties.strategies import of_dataclass, permissions
from properties.test_sentences import FULL, ODD, changed, found, others, places
from stagedoor.core.base.limits import GRANTS_MAX
from stagedoor.core.facts.consent import (
    AfterDeath,
    Audience,
    Consent,
    Content,
    ControlTerm,
    Forbid,
    Grant,
    Purpose,
    Quality,
    StrikeTerm,
    Use,
    WithdrawalMode,
    WithdrawalTerm,
)
from stagedoor.core.facts.decision import Effect
from stagedoor.core.rules.compare import Bearing, Change, compare, narrows_only
from stagedoor.core.rules.rights import judge_consent

EVERY = [(name, consent, place, kind) for name, consent in (("full", FULL), ("odd", ODD))
         for place, kind in places(consent, Consent)]  # fmt: skip


@pytest.mark.parametrize(
    ("consent", "place", "kind"),
    [item[1:] for item in EVERY],
    ids=[f"{name}-{'.'.join(map(str, place))}" for name, _, place, _ in EVERY],
)
def test_no_difference_is_left_out(consent: Consent, place: Any, kind: Any) -> None:
    """Change any field, however deep: the diff has a sentence for it, both ways round."""
    for other in others(found(consent, place), kind):
        after = changed(consent, place, other)
        for one, two in ((consent, after), (after, consent)):
            changes = compare(one, two)
            assert changes, f"{place}: {other!r}"
            assert all(change.where and change.was != change.became for change in changes)
            assert all(change.sentence.isprintable() for change in changes)


@given(of_dataclass(Consent))
def test_a_consent_does_not_differ_from_itself(consent: Consent) -> None:
    """Nothing is told where nothing changed."""
    assert compare(consent, consent) == ()
    assert narrows_only(())


# --- the promise ----------------------------------------------------------------------------------------------------

GRANT = make.permission(territories=("US",), approve_shots=(make.SHOT,))
STEPS: list[Any] = [
    lambda g: replace(g, units_max=max(0, g.units_max - 5)),
    lambda g: replace(g, units_max=g.units_max + 5),
    lambda g: replace(g, purposes=g.purposes[1:]),
    lambda g: replace(g, purposes=(*g.purposes, Purpose.TRAINING)),
    lambda g: replace(g, media=g.media[:1]),
    lambda g: replace(g, territories=("US",)),
    lambda g: replace(g, territories=("world",)),
    lambda g: replace(g, shots=g.shots[1:]),
    lambda g: replace(g, standing=not g.standing),
    lambda g: replace(g, approve_shots=g.approve_shots[1:]),
    lambda g: replace(g, approve_shots=(*g.approve_shots, make.SHOT)),
    lambda g: replace(g, unit="second"),
    lambda g: replace(g, first_day=date(2026, 10, 13)),
    lambda g: replace(g, last_day=date(2026, 10, 15)),
    lambda g: replace(g, arc_max_deg=g.arc_max_deg // 2),
    lambda g: replace(g, ask_above_arc_deg=g.ask_above_arc_deg // 2),
    lambda g: replace(g, ask_above_arc_deg=g.ask_above_arc_deg + 40),
    lambda g: replace(g, contents=()),
    lambda g: replace(g, contents=(Content.ORDINARY, Content.VIOLENCE)),
    lambda g: replace(g, audiences=(Audience.ADULT,)),
    lambda g: replace(g, quality_max=Quality.PREVIEW),
]
WHOLE: list[Any] = [
    lambda c: replace(c, grants=c.grants[1:]),
    lambda c: replace(c, grants=c.grants[:-1]),
    lambda c: replace(c, grants=tuple(reversed(c.grants))),
    lambda c: replace(c, forbids=(*c.forbids, Forbid(use=Use.RENDER, purpose=None))),
    lambda c: replace(c, forbids=c.forbids[1:]),
    lambda c: replace(c, forbids=(*c.forbids, *c.forbids)),
    lambda c: replace(c, after_death=AfterDeath.ENDS),
    lambda c: replace(c, after_death=AfterDeath.ESTATE),
    lambda c: replace(c, after_death=AfterDeath.CONTINUES),
    lambda c: replace(c, on_strike=StrikeTerm.STOP_ALL),
    lambda c: replace(c, on_strike=StrikeTerm.SUSPEND_NEW),
    lambda c: replace(c, on_control=ControlTerm.ENDS),
    lambda c: replace(c, on_control=ControlTerm.CONTINUES),
    lambda c: replace(c, deal=make.deal(day_rate=c.deal.day_rate, schedule_f=not c.deal.schedule_f)),
]


def step(consent: Consent, kind: int, which: int) -> Consent:
    """One change of a consent: of one of its permissions, or of the whole."""
    if kind < len(STEPS):
        if not consent.grants:
            return consent
        place = which % len(consent.grants)
        grant = STEPS[kind](consent.grants[place])
        return replace(consent, grants=(*consent.grants[:place], grant, *consent.grants[place + 1 :]))
    result: Consent = WHOLE[kind - len(STEPS)](consent)
    return result


def asks_and_allows(consent: Consent, asked: dict[str, Any], stood: dict[str, Any]) -> tuple[bool, frozenset[str]]:
    """Whether the consent permits the request, and which questions it asks if it does."""
    findings = judge_consent(replace(REQUEST, **asked), replace(STANDING, **stood), consent)
    allows = any(finding.effect is Effect.PERMIT for finding in findings)
    refuses = any(finding.effect is Effect.FORBID for finding in findings)
    return allows and not refuses, frozenset(item.rule for item in findings if item.effect is Effect.ASK)


SHOTS = (make.SHOT, "sc13_sh010")
PAIRS = 6_000
"""Pairs of consents: for each question or limit that the diff would forget, many of them break the promise."""

CONSENT = make.consent()
REQUEST = make.request(None)
STANDING = make.standing(REQUEST, CONSENT, (), consent="")


def some_grant(chance: random.Random) -> Grant:
    """A permission out of a small world, so that two of them often meet."""
    return make.permission(
        use=chance.choice([Use.RENDER, Use.RENDER, Use.ALTER]),
        territories=chance.choice([("US",), ("world",), ("US", "DE")]),
        shots=chance.choice([SHOTS, SHOTS[:1], SHOTS[1:]]),
        approve_shots=chance.choice([(), (), SHOTS[:1], SHOTS]),
        unit=chance.choice(["frame", "frame", "second"]),
        units_max=chance.choice([5, 10]),
        first_day=date(2026, 10, chance.choice([1, 14])),
        last_day=date(2026, 10, chance.choice([14, 31])),
        arc_max_deg=chance.choice([0, 60]),
        ask_above_arc_deg=chance.choice([30, 90, 360]),
        standing=chance.random() < 0.3,
        contents=chance.choice([(Content.ORDINARY,), (Content.ORDINARY, Content.VIOLENCE)]),
    )


def some_request(chance: random.Random, grant: Grant) -> dict[str, Any]:
    """A request close to a permission: often covered, and else by little."""
    return {
        "use": grant.use,
        "purpose": Purpose.PICTURE,
        "shot": chance.choice(SHOTS),
        "territory": chance.choice(["US", "DE"]),
        "unit": chance.choice([grant.unit, "frame", "second"]),
        "units": chance.choice([1, 6, 10]),
        "arc_from_deg": 0,
        "arc_to_deg": chance.choice([0, 30, 60]),
        "day": date(2026, 10, chance.choice([1, 14, 15])),
        "content": chance.choice([Content.ORDINARY, Content.VIOLENCE]),
        "quality": chance.choice([*Quality]),
    }


def test_narrows_only_never_allows_more() -> None:
    """Wherever the diff says that it only narrows, the new consent permits no request that the old one did not permit,
    and asks every question that the old one asked."""
    chance = random.Random(14)
    narrower = allowed_by_new = 0
    for _ in range(PAIRS):
        grants = tuple(some_grant(chance) for _ in range(chance.choice([1, 2, 3])))
        old = new = replace(
            CONSENT,
            grants=grants,
            forbids=chance.choice([(), (Forbid(use=Use.ALTER, purpose=None),)]),
            after_death=chance.choice([*AfterDeath]),
            on_control=chance.choice([*ControlTerm]),
            on_strike=chance.choice([*StrikeTerm]),
        )
        for _ in range(chance.choice([1, 1, 2, 3])):
            new = step(new, chance.randrange(len(STEPS) + len(WHOLE)), chance.randrange(3))
        changes = compare(old, new)
        if new == old or not new.grants or not narrows_only(changes):
            continue
        narrower += 1
        stood = {
            "units_used": chance.choice([0, 4]),
            "arc_together_deg": chance.choice([0, 60, 180]),
            "holds": chance.choice([(), (), ("strike",), ("change_of_control",)]),
            "died_on": chance.choice([None, None, date(2026, 10, 1)]),
        }
        for _ in range(6):
            asked = some_request(chance, chance.choice(new.grants))
            allows, questions = asks_and_allows(new, asked, stood)
            if allows:
                allowed_by_new += 1
                allowed, asks = asks_and_allows(old, asked, stood)
                assert allowed, changes
                assert asks <= questions, changes
    assert narrower > PAIRS // 8, "the pairs must put the promise to the test"
    assert allowed_by_new > narrower // 8, "and the requests as well"


def test_terms_that_nobody_can_read_refuse_all_so_fewer_of_them_widen() -> None:
    """From more than the limit to the limit: what refused everything now allows something."""
    many = tuple(make.permission(shots=(str(number),)) for number in range(GRANTS_MAX + 1))
    assert not narrows_only(compare(make.consent(grants=many), make.consent(grants=many[:-1])))


# --- one by one -----------------------------------------------------------------------------------------------------


def bearing(old: Consent, new: Consent) -> Bearing:
    """The one change between them."""
    (change,) = compare(old, new)
    return change.bearing


@pytest.mark.parametrize(
    ("field", "wider", "narrower"),
    [
        ("units_max", 241, 239),
        ("first_day", date(2026, 9, 30), date(2026, 10, 2)),
        ("last_day", date(2027, 1, 1), date(2026, 12, 30)),
        ("arc_max_deg", 61, 59),
        ("ask_above_arc_deg", 91, 89),
        ("territories", ("US", "DE"), ()),
        ("territories", ("world",), ()),
        ("purposes", (Purpose.PICTURE, Purpose.GAME), ()),
        ("shots", (make.SHOT, "sc1"), ()),
        ("approve_shots", (), (make.SHOT, "sc1")),
        ("standing", True, False),
        ("contents", (Content.ORDINARY, Content.NUDITY), ()),
        ("audiences", (Audience.GENERAL, Audience.ADULT), ()),
    ],
)
def test_a_permission_widens_one_way_and_narrows_the_other(field: str, wider: object, narrower: object) -> None:
    """Each field by itself."""
    old = make.consent(grants=(GRANT,))
    for value, expected in ((wider, Bearing.WIDENS), (narrower, Bearing.NARROWS)):
        new = make.consent(grants=(replace(GRANT, **{field: value}),))
        if new != old:
            assert bearing(old, new) is expected


def test_a_permission_that_goes_can_take_a_question_with_it() -> None:
    """Every permission for a use asks, whichever covers; so the diff says that a question is gone."""
    asking = make.permission(approve_shots=(make.SHOT,), shots=("another",), ask_above_arc_deg=10)
    old, new = make.consent(grants=(make.permission(), asking)), make.consent(grants=(make.permission(),))
    changes = compare(old, new)
    assert not narrows_only(changes)
    assert {change.bearing for change in changes} == {Bearing.NARROWS, Bearing.WIDENS}
    assert any("asked for" in change.was and make.SHOT in change.was for change in changes)


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ({"mode": WithdrawalMode.AT_WILL}, {"mode": WithdrawalMode.NEVER}, Bearing.WIDENS),
        ({"mode": WithdrawalMode.NEVER}, {"mode": WithdrawalMode.UNTIL_DELIVERY}, Bearing.NARROWS),
        ({"notice_days": 0}, {"notice_days": 30}, Bearing.WIDENS),
        ({"may_withdraw": ("remaining_use",)}, {"may_withdraw": ()}, Bearing.WIDENS),
    ],
)
def test_what_is_harder_to_take_back_is_wider(old: dict[str, Any], new: dict[str, Any], expected: Bearing) -> None:
    """A withdrawal term decides how long a permission lasts."""
    given: dict[str, Any] = {"may_withdraw": ("remaining_use",), "notice_days": 0}
    before, after = (make.consent(withdrawal=WithdrawalTerm(**given | terms)) for terms in (old, new))
    assert bearing(before, after) is expected


@pytest.mark.parametrize("name", ["performer", "production", "capture", "agreement", "law", "description", "signer"])
def test_where_no_machine_can_tell_it_says_so(name: str) -> None:
    """Another person, picture, agreement or law: neither narrower nor wider, but other."""
    old = make.consent()
    new = replace(old, **{name: "something else"})
    assert bearing(old, new) is Bearing.EITHER
    assert not narrows_only(compare(old, new))


def test_a_sentence_for_people() -> None:
    """Where, what was, what is, and what that does."""
    old, new = make.consent(grants=(GRANT,)), make.consent(grants=(replace(GRANT, units_max=100),))
    (change,) = compare(old, new)
    assert change.sentence == (
        "permission 1, to render, units max: it was 240; it is 100. This narrows what is allowed."
    )


def test_every_field_of_a_change_is_used() -> None:
    """The diff for machines has what the diff for people has."""
    assert {field.name for field in fields(Change)} == {"where", "was", "became", "bearing"}


@given(permissions(st.just(Use.RENDER)), permissions(st.just(Use.RENDER)))
def test_widening_and_narrowing_are_opposites(one: Any, two: Any) -> None:
    """Turned round, what widened narrows."""
    there = compare(make.consent(grants=(one,)), make.consent(grants=(two,)))
    back = compare(make.consent(grants=(two,)), make.consent(grants=(one,)))
    turned = {Bearing.NARROWS: Bearing.WIDENS, Bearing.WIDENS: Bearing.NARROWS}
    assert [change.where for change in there] == [change.where for change in back]
    assert [turned.get(change.bearing, change.bearing) for change in there] == [change.bearing for change in back]
