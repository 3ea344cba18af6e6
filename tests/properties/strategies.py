"""Random facts and random worlds.  Domains are small on purpose, so that things meet: shots, days, units collide."""

from __future__ import annotations

import types
import typing
from dataclasses import fields, is_dataclass
from datetime import date
from enum import Enum
from typing import Any, get_args, get_origin, get_type_hints

from hypothesis import strategies as st

from core import builders as make
from stagedoor.core.base.limits import SAFE_INTEGER_MAX
from stagedoor.core.base.money import ISO_4217_EXPONENT, Money
from stagedoor.core.base.outcome import Code
from stagedoor.core.base.when import Instant
from stagedoor.core.facts.asset import ReplicaKind
from stagedoor.core.facts.consent import (
    AfterDeath,
    Audience,
    Capacity,
    Consent,
    Content,
    ControlTerm,
    Forbid,
    Grant,
    Purpose,
    Quality,
    StrikeTerm,
    Use,
)
from stagedoor.core.facts.decision import Effect, Finding
from stagedoor.core.facts.party import Role
from stagedoor.core.facts.request import Answered, Circumstance, Narrowing
from stagedoor.core.rules.declared import DECLARED
from stagedoor.core.rules.text import FLAG

# Text that can be written in UTF-8: everything but halves of surrogate pairs.
TEXT = st.text(st.characters(exclude_categories=("Cs",)), max_size=12)
INTEGERS = st.integers(-SAFE_INTEGER_MAX, SAFE_INTEGER_MAX)
CURRENCIES = st.sampled_from(sorted(ISO_4217_EXPONENT))
MONEY = st.builds(Money, st.integers(-(10**15), 10**15), CURRENCIES)
INSTANTS = st.builds(
    Instant,
    st.integers(Instant.parse("0001-01-01T00:00:00.000Z").ms, Instant.parse("9999-12-31T23:59:59.999Z").ms),
)


def of_type(kind: Any) -> st.SearchStrategy[Any]:
    """Values of a field's type, found by reflection: a new kind of field fails here until it has a line."""
    origin = get_origin(kind)
    if origin in (types.UnionType, typing.Union):
        return st.one_of(*[of_type(item) for item in get_args(kind)])
    if origin is tuple:
        return st.lists(of_type(get_args(kind)[0]), max_size=2).map(tuple)
    if kind is type(None):
        return st.none()
    if kind is str:
        return TEXT
    if kind is bool:
        return st.booleans()
    if kind is int:
        return INTEGERS
    if kind is date:
        return st.dates()
    if kind is Instant:
        return INSTANTS
    if kind is Money:
        return MONEY
    if issubclass(kind, Enum):
        return st.sampled_from(list(kind))
    assert is_dataclass(kind), kind
    return of_dataclass(kind)


def of_dataclass(kind: type) -> st.SearchStrategy[Any]:
    """Instances of a fact, or of a part of one."""
    hints = get_type_hints(kind)
    return st.builds(kind, **{field.name: of_type(hints[field.name]) for field in fields(kind)})


def findings(effects: tuple[Effect, ...] = tuple(Effect)) -> st.SearchStrategy[Finding]:
    """Findings as the rules make them: a prohibition has a code, a question has somebody to ask."""

    def build(effect: Effect, code: Code, rule: str, says: str, asks: Role) -> Finding:
        coded = {Effect.FORBID: code, Effect.ASK: Code.NEEDS_A_PERSON}
        return Finding(
            rule=rule,
            effect=effect,
            code=coded.get(effect),
            says=says,
            saw=(),
            clause="clause of " + rule,
            source="",
            confidence="high",
            asks=asks if effect is Effect.ASK else None,
        )

    words = st.sampled_from(["a", "b", "c"])
    return st.builds(
        build,
        effect=st.sampled_from(list(effects)),
        code=st.sampled_from(list(Code)),
        rule=words,
        says=words,
        asks=st.just(Role.UNION),
    )


SHOTS = ("", make.SHOT, "sc12_sh050", "sc13_sh010")
MEDIA = ("theatrical", "tv")
TERRITORIES = ("US", "DE", "world")
UNITS = ("frame", "second")
PURPOSES = (Purpose.PICTURE, Purpose.ADVERTISING, Purpose.TRAINING)
USES = (Use.CREATE, Use.RENDER, Use.ALTER, Use.TRAIN)
CONTENTS = (Content.ORDINARY, Content.VIOLENCE, Content.NUDITY)
AUDIENCES = (Audience.GENERAL, Audience.CHILDREN)
DAYS = tuple(date(2026, 10, day) for day in (1, 13, 14, 15, 31))


def _some(options: tuple[Any, ...], *, likely: bool = False) -> st.SearchStrategy[tuple[Any, ...]]:
    some = st.lists(st.sampled_from(options), unique=True, max_size=len(options)).map(tuple)
    return st.one_of(st.just(options), some) if likely else some


def permissions(use: st.SearchStrategy[Use]) -> st.SearchStrategy[Grant]:
    """Generous enough that requests are often covered."""
    return st.builds(
        Grant,
        use=use,
        purposes=_some(PURPOSES, likely=True),
        media=_some(MEDIA, likely=True),
        territories=_some(TERRITORIES, likely=True),
        shots=_some(SHOTS, likely=True),
        approve_shots=_some(SHOTS),
        unit=st.sampled_from(UNITS),
        units_max=st.integers(0, 40),
        first_day=st.sampled_from(DAYS[:3]),
        last_day=st.sampled_from(DAYS[2:]),
        arc_max_deg=st.integers(0, 360),
        ask_above_arc_deg=st.integers(0, 360),
        standing=st.sampled_from([False, False, False, True]),
        contents=_some(CONTENTS, likely=True),
        audiences=_some(AUDIENCES, likely=True),
        quality_max=st.sampled_from([Quality.CINEMA, Quality.CINEMA, *Quality]),
    )


FORBIDS = st.builds(
    Forbid,
    use=st.one_of(st.none(), st.sampled_from(USES)),
    purpose=st.one_of(st.none(), st.sampled_from(PURPOSES)),
    content=st.one_of(st.none(), st.sampled_from(CONTENTS)),
)


def consents(*, uses: tuple[Use, ...] = USES) -> st.SearchStrategy[Consent]:
    """Consents of the story's performer, with random permissions (often several for one use), refusals and price."""
    grants = st.lists(permissions(st.sampled_from(uses)), min_size=1, max_size=3).map(tuple)
    return st.builds(
        lambda grants, forbids, rate, schedule_f, capacity, terms: make.consent(
            grants=grants,
            forbids=forbids,
            deal=make.deal(day_rate=Money.whole(rate, "USD"), schedule_f=schedule_f),
            capacity=capacity,
            **terms,
        ),
        grants=grants,
        forbids=st.one_of(st.just(()), st.lists(FORBIDS, max_size=2).map(tuple)),
        rate=st.sampled_from([0, 1000, 1283, 2500]),
        schedule_f=st.sampled_from([False, False, False, True]),
        capacity=st.sampled_from([Capacity.ADULT, Capacity.ADULT, Capacity.GUARDIAN]),
        terms=TERMS,
    )


TERMS = st.fixed_dictionaries(
    {},
    optional={
        "after_death": st.sampled_from(AfterDeath),
        "on_strike": st.sampled_from(StrikeTerm),
        "on_control": st.sampled_from(ControlTerm),
        "majority_on": st.sampled_from([None, date(2026, 10, 1), date(2030, 1, 1)]),
    },
)


CIRCUMSTANCES = st.sampled_from(sorted(name for name, (kind, _) in DECLARED.items() if kind == FLAG)).flatmap(
    lambda name: st.builds(Circumstance, name=st.just(name), value=st.booleans(), evidence=st.just(""))
)

REQUESTS = st.fixed_dictionaries(
    {
        "use": st.sampled_from([Use.RENDER, Use.RENDER, *USES]),
        "purpose": st.sampled_from([Purpose.PICTURE, Purpose.PICTURE, *PURPOSES]),
        "medium": st.sampled_from(MEDIA),
        "territory": st.sampled_from(TERRITORIES),
        "shot": st.sampled_from(SHOTS),
        "unit": st.sampled_from(UNITS),
        "units": st.integers(1, 30),
        "arc_from_deg": st.just(0),
        "arc_to_deg": st.integers(0, 200),
        "day": st.sampled_from(DAYS),
    },
    optional={
        "content": st.sampled_from(CONTENTS),
        "audience": st.sampled_from(AUDIENCES),
        "quality": st.sampled_from(Quality),
        "category": st.sampled_from(["actor", "background", "stunt", "voice"]),
        "places": st.sampled_from([(), ("US-CA",), ("US-NY", "EU"), ("GB", "US-IL")]),
        "prompt": st.just("sha256:" + "5" * 64),
        "circumstances": st.lists(CIRCUMSTANCES, unique_by=lambda item: item.name, max_size=4).map(tuple),
    },
)

ANSWERS = st.lists(
    st.builds(
        Answered,
        rule=st.sampled_from(["consent:approval", "consent:coverage", "TV-P3", "house-orbit", "TV-P2:day_minimum"]),
        yes=st.booleans(),
        approval=st.just(make.ident("approval")),
    ),
    max_size=2,
).map(tuple)

NARROWS = Narrowing(effect="forbid", says="No advertising.", term="prohibition 1", policy="sha256:" + "7" * 64)

STANDINGS = st.fixed_dictionaries(
    {},
    optional={
        "consent_signed": st.booleans(),
        "consent_withdrawn": st.booleans(),
        "holds": _some(("strike", "dispute", "change_of_control")),
        "died_on": st.sampled_from([None, date(2026, 10, 10), date(2010, 1, 1)]),
        "signed_on": st.sampled_from([None, *DAYS]),
        "made_under": st.sampled_from(["", "sag_aftra_tv_theatrical_2023", make.AGREEMENT]),
        "authority": st.booleans(),
        "superseded": st.sampled_from([False, False, True]),
        "prompt_names": st.sampled_from([(), (), (make.PERFORMER,), (make.ident("party", 9),)]),
        "narrowings": st.sampled_from([(), (), (NARROWS,)]),
        "notice_hours": st.one_of(st.none(), st.integers(0, 96)),
        "released": st.booleans(),
        "replica_kind": st.one_of(st.none(), st.sampled_from(ReplicaKind)),
        "units_used": st.integers(0, 30),
        "estimate_days": st.integers(0, 5),
        "estimate_basis": st.sampled_from(["", "a plan"]),
        "days_charged": st.integers(0, 5),
        "prior_gross": st.integers(0, 240_000).map(lambda amount: Money.whole(amount, "USD")),
        "commission_bp": st.integers(0, 2000),
        "arc_together_deg": st.integers(0, 360),
        "answers": ANSWERS,
    },
)


@st.composite
def worlds(draw: st.DrawFn, *, consents: st.SearchStrategy[Consent] | None = None) -> make.World:
    """A request with what was true when it was asked.  The standing is mostly in order, so that many say yes."""
    given = draw(consents if consents is not None else globals()["consents"]())
    odd = draw(st.one_of(st.just({}), STANDINGS))
    return make.world(consent=given, request=draw(REQUESTS), standing=odd)
