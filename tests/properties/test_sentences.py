"""Invariant 14: the approval screen hides nothing.  Every field is found by reflection, so a new field cannot hide."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import fields, is_dataclass, replace
from datetime import date, timedelta
from enum import Enum
from typing import Any, get_args, get_origin, get_type_hints

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core import builders as make
from properties.strategies import of_dataclass
from stagedoor.core.base.money import Money
from stagedoor.core.base.when import Instant
from stagedoor.core.facts.consent import (
    Audience,
    Capacity,
    Consent,
    Content,
    Forbid,
    Grant,
    Purpose,
    Use,
    WithdrawalMode,
    WithdrawalTerm,
)
from stagedoor.core.rules.sentences import sentences, text_of

Place = tuple[str | int, ...]

FULL = make.consent(
    grants=(make.creation(), make.permission(approve_shots=(make.SHOT,))),
    forbids=(Forbid(use=Use.TRAIN, purpose=None), Forbid(use=None, purpose=Purpose.ADVERTISING)),
    withdrawal=WithdrawalTerm(may_withdraw=("remaining_use",), notice_days=14),
)
BARE = make.consent(grants=(), forbids=(), withdrawal=WithdrawalTerm(may_withdraw=(), notice_days=0))
ODD = make.consent(
    grants=(make.permission(standing=True, audiences=(Audience.ADULT,), contents=(Content.NUDITY,)),),
    forbids=(Forbid(use=None, purpose=None, content=Content.MEDICAL),),
    deal=make.deal(unit_rate=Money.whole(2, "USD"), flat_fee=Money.whole(3, "USD"), residual_bp=45),
    withdrawal=WithdrawalTerm(may_withdraw=("remaining_use",), notice_days=0, mode=WithdrawalMode.UNTIL_DELIVERY),
    capacity=Capacity.GUARDIAN,
    signer=make.STUDIO,
    majority_on=date(2031, 5, 4),
    version=2,
    supersedes="sha256:" + "0" * 64,
    rider_to="sha256:" + "1" * 64,
    law="GB",
    template="equity",
    assignable=True,
    delete_at_end=False,
    signed_apart=False,
)


def places(value: Any, kind: Any, at: Place = ()) -> Iterator[tuple[Place, Any]]:
    """Every field of a value, of its parts and of the items of its tuples: where it is, and of which type."""
    if is_dataclass(value) and not isinstance(value, type):
        hints = get_type_hints(type(value))
        for field in fields(value):
            yield from places(getattr(value, field.name), hints[field.name], (*at, field.name))
    else:
        yield at, kind
        if isinstance(value, tuple):
            for index, item in enumerate(value):
                yield from places(item, get_args(kind)[0], (*at, index))


def changed(value: Any, place: Place, new: Any) -> Any:
    """A copy of `value` with `new` at `place`."""
    if not place:
        return new
    head, rest = place[0], place[1:]
    if isinstance(head, int):
        return (*value[:head], changed(value[head], rest, new), *value[head + 1 :])
    return replace(value, **{head: changed(getattr(value, head), rest, new)})


def found(value: Any, place: Place) -> Any:
    """What is at `place`."""
    for step in place:
        value = value[step] if isinstance(step, int) else getattr(value, step)
    return value


def others(value: Any, kind: Any) -> list[Any]:
    """Other legal values of the same type; of an optional one, nothing as well."""
    choices = [item for item in get_args(kind) if item is not type(None)] if get_origin(kind) is not tuple else []
    optional = len(choices) == 1 and type(None) in get_args(kind)
    if value is None:
        assert optional, kind
        return some(choices[0])
    return unlike(value, kind) + ([None] if optional else [])


def some(kind: Any) -> list[Any]:
    """Values of a type, where there was none."""
    if isinstance(kind, type) and issubclass(kind, Enum):
        return list(kind)
    return {date: [date(2030, 1, 1)], int: [0, 7], Money: [Money.zero("USD"), Money.whole(1, "EUR")]}[kind]


def unlike(value: Any, kind: Any) -> list[Any]:
    """Values of a type beside the one that is there."""
    if isinstance(value, bool):
        return [not value]
    if isinstance(value, int):
        return [value + 1, value + 1000]
    if isinstance(value, Money):
        return [Money(value.units + 1, value.currency), Money(value.units, "EUR" if value.currency != "EUR" else "USD")]
    if isinstance(value, Instant):
        return [Instant(value.ms + 1)]
    if isinstance(value, date):
        return [value + timedelta(days=1)]
    if isinstance(value, Enum):
        return [item for item in type(value) if item is not value]
    if isinstance(value, str):
        return [value + "x", "something else"]
    assert isinstance(value, tuple) and get_origin(kind) is tuple, kind
    grown = {
        str: "one more",
        Purpose: Purpose.OTHER,
        Audience: Audience.CHILDREN,
        Content: Content.POLITICAL,
        Grant: make.permission(use=Use.ALTER),
        Forbid: Forbid(use=Use.PUBLISH, purpose=Purpose.OTHER),
    }[get_args(kind)[0]]
    return [(*value, grown)] + ([value[:-1]] if value else [])


NOT_SHOWN = frozenset({"text"})
"""The one field that no sentence shows: it is the digest of these very sentences, and binds them to the signature."""

EVERY = [(name, consent, place, kind) for name, consent in (("full", FULL), ("bare", BARE), ("odd", ODD))
         for place, kind in places(consent, Consent) if place[-1] not in NOT_SHOWN]  # fmt: skip


@pytest.mark.parametrize(
    ("consent", "place", "kind"),
    [item[1:] for item in EVERY],
    ids=[f"{name}-{'.'.join(map(str, place))}" for name, _, place, _ in EVERY],
)
def test_invariant_14_the_approval_screen_hides_nothing(consent: Consent, place: Place, kind: Any) -> None:
    """Change any field of a consent, or of any part of it, to any other legal value: the sentences change."""
    before = sentences(consent)
    for other in others(found(consent, place), kind):
        after = changed(consent, place, other)
        assert after != consent
        assert sentences(after) != before, f"{place}: {other!r} is not shown"


def test_invariant_14_no_field_was_overlooked() -> None:
    """The reflection reaches every field of every part at least once."""
    reached = {place[-1] for _, _, place, _ in EVERY if isinstance(place[-1], str)}
    from stagedoor.core.facts import consent as module

    parts = (module.Consent, module.Grant, module.Forbid, module.Deal, module.WithdrawalTerm)
    whole = {"grants", "forbids"}
    assert {field.name for part in parts for field in fields(part)} == reached | {"deal", "withdrawal"} | NOT_SHOWN
    assert whole <= reached


@settings(max_examples=100)
@given(of_dataclass(Consent))
def test_sentences_can_be_made_of_any_consent(consent: Consent) -> None:
    """However odd, and twice the same."""
    assert sentences(consent) == sentences(consent)
    assert all(line.strip() for line in sentences(consent))


@settings(max_examples=100)
@given(of_dataclass(Consent), st.data())
def test_invariant_14_holds_for_odd_consents_too(consent: Consent, data: st.DataObject) -> None:
    """One number, flag, day or choice changed anywhere in a random consent is seen."""
    plain = [(place, kind) for place, kind in places(consent, Consent)
             if not isinstance(found(consent, place), str | tuple)]  # fmt: skip
    place, kind = data.draw(st.sampled_from(plain))
    try:
        other = data.draw(st.sampled_from(others(found(consent, place), kind)))
        shown = sentences(changed(consent, place, other))
    except (OverflowError, ValueError):  # the day, or the millisecond, after the last one there is
        return
    assert shown != sentences(consent)


def test_the_digest_of_the_sentences_is_not_among_them() -> None:
    """`text` binds what was read: it is the same whatever it says, and another as soon as a sentence changes."""
    bound = replace(FULL, text=text_of(FULL))
    assert sentences(bound) == sentences(FULL)
    assert text_of(bound) == bound.text
    assert text_of(replace(bound, law="GB")) != bound.text


@settings(max_examples=200)
@given(of_dataclass(Consent))
def test_no_free_text_can_forge_a_sentence(consent: Consent) -> None:
    """Every sentence is one line, whatever stands in the consent's own words."""
    assert all(line.isprintable() for line in sentences(consent))


@pytest.mark.parametrize("field", ["performer", "production", "capture", "signer", "supersedes", "rider_to"])
def test_words_in_the_place_of_an_id_are_shown_as_words(field: str) -> None:
    """Whoever drafts a consent cannot write sentences of their own where the page shows an id."""
    forged = "x. They may do as they please"
    assert any(f'"{forged}"' in line for line in sentences(replace(FULL, **{field: forged})))
