"""The answer lattice: invariants 1, 2, 3, 9 and 11, over findings and over whole decisions."""

from __future__ import annotations

import random
from dataclasses import replace
from datetime import timedelta
from typing import Any, Final

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core import builders as make
from core.plain_books import load_plain, shipped
from properties.strategies import DAYS, FORBIDS, USES, consents, findings, worlds
from stagedoor.core.base.outcome import Code
from stagedoor.core.facts.consent import Consent, Forbid, Grant, Purpose, Use
from stagedoor.core.facts.decision import Answer, Decision, Effect
from stagedoor.core.facts.party import Role
from stagedoor.core.facts.request import Answered, Request, Standing
from stagedoor.core.rules.combine import combine, in_order
from stagedoor.core.rules.declared import DECLARED
from stagedoor.core.rules.rulebook import Confidence, JudgeRule, Rulebook, Source
from stagedoor.core.rules.text import parse
from stagedoor.core.rules.vocabulary import KINDS, values_of
from stagedoor.wire.decode import decode as read

RANK: Final = {Answer.REFUSE: 0, Answer.ASK_A_PERSON: 1, Answer.PERMIT: 2}
SEVERAL = settings(max_examples=40)
MANY = settings(max_examples=80)

UNKNOWABLE: Final = {"notice_hours": "notice_hours", "replica_kind": "replica_kind", "asset_kind": "asset_kind"}
"""Words whose value may be unknown in a Standing, and the field that then is None."""


def speaking_rule(text: str, effect: Effect, *, rule: str = "x-1") -> JudgeRule:
    """A rule of the house with any text."""
    source = Source(title="a test", url="tests", confidence=Confidence.HIGH, verified=make.READ_ON)
    return JudgeRule(
        rule=rule,
        says="A rule made for a test.",
        when=parse(text, KINDS),
        effect=effect,
        code=Code.RULE_FORBIDS if effect is Effect.FORBID else None,
        asks=Role.UNION if effect is Effect.ASK else None,
        clause="test",
        source=source,
    )


def with_rule(book: Rulebook, rule: JudgeRule) -> Rulebook:
    """The book with one more rule, and so another digest."""
    return replace(book, judges=(*book.judges, rule), digest=make.hexes(book.digest + rule.rule))


# --- findings -------------------------------------------------------------------------------------------------------


@given(st.lists(findings((Effect.NOTE,)), max_size=6))
def test_invariant_1_silence_refuses(said: list[Any]) -> None:
    """Nothing, or notes alone, refuses."""
    assert combine(tuple(said)) == (Answer.REFUSE, Code.NO_CONSENT)


@given(st.lists(findings(), max_size=8))
def test_forbid_trumps_ask_trumps_permit_trumps_silence(said: list[Any]) -> None:
    """The answer is that of the strongest effect, and the code that of the first prohibition in precedence."""
    answer, code = combine(tuple(said))
    effects = {finding.effect for finding in said}
    if Effect.FORBID in effects:
        first = min(finding.code.number for finding in said if finding.effect is Effect.FORBID)
        assert (answer, code and code.number) == (Answer.REFUSE, first)
    elif Effect.ASK in effects:
        assert (answer, code) == (Answer.ASK_A_PERSON, Code.NEEDS_A_PERSON)
    elif Effect.PERMIT in effects:
        assert (answer, code) == (Answer.PERMIT, None)
    else:
        assert (answer, code) == (Answer.REFUSE, Code.NO_CONSENT)


@given(st.lists(findings(), max_size=8), st.randoms(use_true_random=False))
def test_invariant_2_order_never_matters(said: list[Any], chance: random.Random) -> None:
    """Findings shuffled or said twice give the same answer, written in the same order."""
    shuffled = [*said, *said[:2]]
    chance.shuffle(shuffled)
    assert combine(tuple(shuffled)) == combine(tuple(said))
    assert in_order(tuple(shuffled)) == in_order(tuple(said))


@given(st.lists(findings(), max_size=8), findings((Effect.FORBID,)))
def test_adding_a_prohibition_never_allows_more(said: list[Any], no: Any) -> None:
    """One more no: the answer is no, and the code comes no later in precedence than before among prohibitions."""
    before, code = combine(tuple(said))
    after, new_code = combine((*said, no))
    assert after is Answer.REFUSE
    assert new_code is not None
    if before is Answer.REFUSE and code is not None and any(finding.effect is Effect.FORBID for finding in said):
        assert new_code.number <= code.number


# --- decisions ------------------------------------------------------------------------------------------------------


@MANY
@given(worlds())
def test_invariant_1_silence_refuses_in_decisions(world: make.World) -> None:
    """Without a permission for this very use, and without a consent at all, nobody says yes."""
    assert world.consent is not None
    silent = replace(
        world.consent, grants=tuple(item for item in world.consent.grants if item.use is not world.request.use)
    )
    assert world.but(consent=silent).decide().answer is Answer.REFUSE
    asked = replace(world.request, consent="")
    alone = make.World(
        request=asked,
        standing=replace(world.standing, request=asked.digest(), consent=""),
        consent=None,
        books=world.books,
    )
    decision = alone.decide()
    assert decision.answer is Answer.REFUSE
    assert decision.quote is None


@SEVERAL
@given(worlds(), st.sampled_from(sorted(UNKNOWABLE)), st.sampled_from([Effect.FORBID, Effect.ASK, Effect.NOTE]))
def test_doubt_refuses(world: make.World, word: str, effect: Effect) -> None:
    """A rule that reads a fact which nobody knows refuses, whatever its effect would have been."""
    text = f"{word} == 0" if KINDS[word] == "number" else f"{word} == 'x'"
    books = (*world.books[:-1], with_rule(world.books[-1], speaking_rule(text, effect)))
    doubtful = world.but(books=books, standing={UNKNOWABLE[word]: None})
    decision = doubtful.decide()
    assert decision.answer is Answer.REFUSE
    said = [(finding.effect, finding.code) for finding in decision.findings if finding.rule == "x-1"]
    assert said == [(Effect.FORBID, Code.DOUBT)]


@given(st.booleans(), st.booleans())
def test_doubt_does_not_hide_behind_the_order_of_words(first: bool, second: bool) -> None:
    """`or` and `and` read both sides, always: an unknown on either side is an unknown."""
    for text in ("released or notice_hours < 48", "notice_hours < 48 or released", "released and notice_hours < 48"):
        rule = speaking_rule(text, Effect.ASK)
        world = make.world(standing={"released": first, "reason_stated": second, "notice_hours": None})
        book = with_rule(world.books[-1], rule)
        decision = world.but(books=(*world.books[:-1], book)).decide()
        said = [(item.effect, item.code) for item in decision.findings if item.rule == "x-1"]
        assert said == [(Effect.FORBID, Code.DOUBT)]
        assert decision.answer is Answer.REFUSE


@SEVERAL
@given(worlds(), st.randoms(use_true_random=False))
def test_invariant_2_order_of_a_rulebooks_rules_never_matters(world: make.World, chance: random.Random) -> None:
    """The judging rules of a book may stand in any order; the findings are the same, in the same order."""
    shuffled = []
    for item in world.books:
        rules = list(item.judges)
        chance.shuffle(rules)
        shuffled.append(replace(item, judges=tuple(rules)))  # the digest is kept: only the order of reading changed
    assert world.but(books=tuple(shuffled)).decide().canonical() == world.decide().canonical()


@SEVERAL
@given(worlds(), st.randoms(use_true_random=False))
def test_invariant_2_order_of_permissions_and_refusals_never_matters(world: make.World, chance: random.Random) -> None:
    """Their order changes no answer, no code and no price, however many permissions are for one use."""
    assert world.consent is not None
    grants, forbids = list(world.consent.grants), list(world.consent.forbids)
    chance.shuffle(grants)
    chance.shuffle(forbids)
    other = world.but(consent=replace(world.consent, grants=tuple(grants), forbids=tuple(forbids))).decide()
    mine = world.decide()
    assert (other.answer, other.code, other.quote) == (mine.answer, mine.code, mine.quote)


@SEVERAL
@given(worlds(), FORBIDS, st.sampled_from(["released", "units > 10", "use == 'render'", "not schedule_f"]))
def test_adding_a_prohibition_never_allows_more_in_decisions(world: make.World, no: Forbid, text: str) -> None:
    """A refusal in the consent, a forbidding rule in a book, a hold: none makes a yes out of anything."""
    assert world.consent is not None
    before = RANK[world.decide().answer]
    refused = world.but(consent=replace(world.consent, forbids=(*world.consent.forbids, no)))
    assert RANK[refused.decide().answer] <= before
    ruled = world.but(books=(*world.books[:-1], with_rule(world.books[-1], speaking_rule(text, Effect.FORBID))))
    assert RANK[ruled.decide().answer] <= before
    assert world.but(standing={"holds": (*world.standing.holds, "dispute")}).decide().answer is Answer.REFUSE


@st.composite
def narrower(draw: st.DrawFn, item: Grant) -> Grant:
    """A permission that gives no more than `item`, in every respect at once or in some."""

    def fewer(options: tuple[Any, ...]) -> tuple[Any, ...]:
        return tuple(option for option in options if draw(st.sampled_from([True, True, False])))

    added = tuple(shot for shot in item.shots if draw(st.sampled_from([True, False, False])))
    return replace(
        item,
        purposes=fewer(item.purposes),
        media=fewer(item.media),
        territories=fewer(item.territories),
        shots=fewer(item.shots),
        approve_shots=tuple(dict.fromkeys((*item.approve_shots, *added))),
        units_max=draw(st.integers(0, item.units_max)),
        first_day=item.first_day + timedelta(days=draw(st.integers(0, 2))),
        last_day=item.last_day - timedelta(days=draw(st.integers(0, 2))),
        arc_max_deg=draw(st.integers(0, item.arc_max_deg)),
        ask_above_arc_deg=draw(st.integers(0, item.ask_above_arc_deg)),
    )


@MANY
@given(worlds(), st.data())
def test_invariant_3_narrower_never_allows_more(world: make.World, data: st.DataObject) -> None:
    """Shrink one permission in any respect, alone for its use or among several: the answer never rises.

    Nor does it where the only permission for a use is struck out.  (Where several are, striking one out takes its
    question away with it; that is another consent, which the performer signs.)
    """
    assert world.consent is not None
    grants = list(world.consent.grants)
    place = data.draw(st.integers(0, len(grants) - 1))
    grants[place] = data.draw(narrower(grants[place]))
    after = world.but(consent=replace(world.consent, grants=tuple(grants))).decide()
    assert RANK[after.answer] <= RANK[world.decide().answer]
    gone = grants.pop(place)
    if any(item.use is gone.use for item in grants):
        return
    without = world.but(consent=replace(world.consent, grants=tuple(grants))).decide()
    assert RANK[without.answer] <= RANK[after.answer]


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("purposes", (Purpose.OTHER,)),
        ("media", ("tv",)),
        ("territories", ("DE",)),
        ("shots", ("sc99",)),
        ("unit", "second"),
        ("units_max", 7),
        ("first_day", make.DAY + timedelta(days=1)),
        ("last_day", make.DAY - timedelta(days=1)),
        ("arc_max_deg", 39),
        ("approve_shots", (make.SHOT,)),
        ("ask_above_arc_deg", 39),
    ],
)
def test_invariant_3_each_respect_bites(field: str, value: object) -> None:
    """Each field of a permission, made narrower alone, takes the story's yes away."""
    world = make.world()
    assert world.decide().answer is Answer.PERMIT
    changed = make.world(consent=make.consent(grants=(make.permission(**{field: value}),)))
    assert changed.decide().answer is not Answer.PERMIT


@SEVERAL
@given(worlds())
def test_invariant_9_as_of(world: make.World) -> None:
    """Decided twice, or from facts read back from their bytes and a rulebook read anew: the same bytes."""
    first = world.decide()
    assert world.decide().canonical() == first.canonical()
    assert world.consent is not None
    again = make.World(
        request=read(Request, world.request.canonical()),
        standing=read(Standing, world.standing.canonical()),
        consent=read(Consent, world.consent.canonical()),
        books=tuple(load_plain(shipped(item.name)) for item in world.books),
    ).decide()
    assert again.canonical() == first.canonical()
    assert read(Decision, first.canonical()) == first


@MANY
@given(worlds(consents=consents(uses=tuple(use for use in USES if use is not Use.TRAIN))), st.booleans())
def test_invariant_11_training_never_follows_from_replica_consent(world: make.World, with_house: bool) -> None:
    """However generous the permissions to create, render and alter are: to train is refused, with or without house."""
    books = world.books if with_house else world.books[:2]
    decision = world.but(request={"use": Use.TRAIN}, books=books).decide()
    assert decision.answer is Answer.REFUSE
    assert Code.TRAINING_FORBIDDEN in {finding.code for finding in decision.findings}


@MANY
@given(
    worlds(consents=consents(uses=(Use.TRAIN,))),
    st.sampled_from([use for use in Use if use is not Use.TRAIN]),
    st.booleans(),
)
def test_invariant_11_replication_never_follows_from_training_consent(
    world: make.World, use: Use, with_house: bool
) -> None:
    """A consent to be trained on permits no other use."""
    books = world.books if with_house else world.books[:2]
    assert world.but(request={"use": use}, books=books).decide().answer is Answer.REFUSE


def test_invariant_11_this_house_grants_no_training_even_if_asked_to() -> None:
    """Both families of consent given; the house rule still refuses, and says so by its own code."""
    grants = (make.permission(use=Use.TRAIN, purposes=(Purpose.TRAINING,)),)
    given = make.consent(grants=grants, forbids=())
    decision = make.world(consent=given, request={"use": Use.TRAIN, "purpose": Purpose.TRAINING}).decide()
    assert (decision.answer, decision.code) == (Answer.REFUSE, Code.TRAINING_FORBIDDEN)
    assert [item.rule for item in decision.findings if item.effect is Effect.FORBID] == ["house-train"]


@SEVERAL
@given(worlds(), st.booleans())
def test_an_answered_question_is_noted_or_forbids(world: make.World, yes: bool) -> None:
    """A yes never leaves the answer lower than the question did; a no refuses with its own code."""
    before = world.decide()
    asks = [item for item in before.findings if item.effect is Effect.ASK]
    if not asks or before.answer is not Answer.ASK_A_PERSON:
        return
    answers = tuple(Answered(rule=item.rule, yes=yes, approval=make.ident("approval")) for item in asks)
    after = world.but(standing={"answers": (*world.standing.answers, *answers)}).decide()
    if yes:
        assert after.answer is Answer.PERMIT
    else:
        assert (after.answer, after.code) == (Answer.REFUSE, Code.APPROVAL_DENIED)


def test_every_word_has_a_value_of_its_kind() -> None:
    """The vocabulary and the values given to rules are the same list, of the same kinds; None is what nobody knows."""
    world = make.world()
    values = values_of(world.request, world.standing, world.consent)
    kinds = {int: "number", str: "text", bool: "flag", tuple: "texts"}
    assert set(values) == set(KINDS)
    known = {name: value for name, value in values.items() if value is not None}
    assert {name: kinds[type(value)] for name, value in known.items()} == {name: KINDS[name] for name in known}
    unknown = set(values) - set(known) - set(DECLARED)
    assert unknown == {"years_since_death", "signed_days_before", "unit_rate", "flat_fee", "residual_bp"}
    assert set(DAYS)
