"""A consent through ODRL and back: the very same bytes; what was touched on the way is refused with its place."""

from __future__ import annotations

import copy
import json
from dataclasses import fields, replace
from datetime import date
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core import builders as make
from properties.strategies import of_dataclass
from stagedoor.adapters.exchange import read_consent, write_json
from stagedoor.core.base.money import Money
from stagedoor.core.facts.consent import Consent, Content, Forbid, Purpose, Use
from stagedoor.core.rules.exchange import PROFILE, ExchangeError, from_odrl, to_odrl
from stagedoor.core.rules.exchange.export import OF_GRANT, WHOLE
from stagedoor.core.rules.exchange.terms import camel, iri, text_of_iri

FULL = make.consent(
    grants=(make.creation(), make.permission(approve_shots=(make.SHOT,)), make.permission(standing=True)),
    forbids=(Forbid(use=None, purpose=None, content=Content.NUDITY), Forbid(use=Use.TRAIN, purpose=Purpose.OTHER)),
    deal=make.deal(unit_rate=Money.whole(3, "USD"), flat_fee=Money.whole(5, "USD"), residual_bp=120),
    majority_on=date(2030, 1, 1),
    law="US-CA",
)


@settings(max_examples=300)
@given(of_dataclass(Consent))
def test_a_consent_survives_the_way_out_and_back(consent: Consent) -> None:
    """Byte for byte, whatever stands in it, through real JSON."""
    back = read_consent(write_json(to_odrl(consent)))
    assert back == consent
    assert back.canonical() == consent.canonical()


@given(st.text(st.characters(exclude_categories=("Cs",)), max_size=20))
def test_ids_survive_as_iris(text: str) -> None:
    """An IRI holds no space and no quotation mark, and gives the id back."""
    written = iri(text)
    assert written.isascii() and " " not in written and '"' not in written
    assert text_of_iri(written, "here") == text


def test_every_field_is_written_somewhere() -> None:
    """A field that is added to a consent fails here until the profile has a term for it."""
    in_odrl = {"performer", "production", "capture", "grants", "forbids", "assignable", "delete_at_end"}
    in_parts = {"deal", "withdrawal"}
    assert {field.name for field in fields(Consent)} == {*WHOLE, *in_odrl, *in_parts}
    policy = to_odrl(FULL)
    assert all(camel(name) in policy for name in (*WHOLE, *in_parts))
    permissions = policy["permission"]
    assert isinstance(permissions, list)
    assert all(camel(name) in item for item in permissions for name in OF_GRANT)


def places(value: Any, at: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """Every leaf of a document."""
    if isinstance(value, dict):
        return [place for key, item in value.items() for place in places(item, (*at, key))]
    if isinstance(value, list) and value:
        return [place for index, item in enumerate(value) for place in places(item, (*at, index))]
    return [at]


def changed(document: Any, place: tuple[Any, ...], new: Any) -> Any:
    """A copy with another value at one place."""
    made = copy.deepcopy(document)
    here = made
    for step in place[:-1]:
        here = here[step]
    here[place[-1]] = new
    return made


DOCUMENT = to_odrl(FULL)


@pytest.mark.parametrize("place", places(DOCUMENT), ids=lambda place: ".".join(map(str, place)))
def test_no_leaf_can_be_altered_unnoticed(place: tuple[Any, ...]) -> None:
    """Each leaf altered: refused, for the policy's name is the digest of what the policy says."""
    for new in ("something else", 7, True, None, [], {}):
        other = changed(DOCUMENT, place, new)
        if json.dumps(other) != json.dumps(DOCUMENT):
            with pytest.raises(ExchangeError):
                from_odrl(other)


def test_nothing_can_be_added() -> None:
    """A permission hidden beside the terms of the profile does not survive."""
    with pytest.raises(ExchangeError, match="none of the profile"):
        from_odrl(DOCUMENT | {"odrl:permission": [{"action": "use"}]})
    more = copy.deepcopy(DOCUMENT)
    more["permission"].append(more["permission"][0])  # type: ignore[attr-defined]
    with pytest.raises(ExchangeError):
        from_odrl(more)


def test_another_profile_is_not_read_as_a_consent() -> None:
    """Of any other policy only what narrows is taken."""
    with pytest.raises(ExchangeError, match="only what narrows"):
        from_odrl(DOCUMENT | {"profile": "http://example.com/profile"})


def test_the_standard_view_has_the_standard_words() -> None:
    """What ODRL can say is said in ODRL: parties, target, purpose, media, place, days, counts, payment, deletion."""
    document = json.dumps(to_odrl(make.consent(grants=(make.permission(territories=("US",)),))))
    for word in ("Agreement", "AssetCollection", "assigner", "assignee", "prohibit", "purpose", "media", "spatial",
                 "dateTime", "count", "unitOfCount", "odrl:compensate", "payAmount", "obtainConsent", "delete",
                 "transfer", PROFILE):  # fmt: skip
        assert f'"{word}"' in document, word


def test_a_use_that_is_forbidden_whatever_the_purpose_is_forbidden_by_name() -> None:
    """`any use` is spelled out, so that it does not rest on a reader's knowledge of how actions include one another."""
    prohibitions = to_odrl(make.consent(forbids=(Forbid(use=None, purpose=None),)))["prohibition"]
    assert isinstance(prohibitions, list)
    assert len(prohibitions[0]["action"]) == len(Use)
    assert "constraint" not in prohibitions[0]


def test_the_world_is_everywhere() -> None:
    """A permission for the world has no constraint on place; the list that was signed is kept beside it."""
    grant = make.permission(territories=("US", "world"))
    permission = to_odrl(make.consent(grants=(grant,)))["permission"]
    assert isinstance(permission, list)
    assert "spatial" not in json.dumps(permission[0]["constraint"])
    assert permission[0]["sd:territories"] == ["US", "world"]


def test_withdrawn_assignability_is_not_a_forbid() -> None:
    """A consent that may be handed on has one prohibition fewer, and reads back as such."""
    free = replace(FULL, assignable=True, delete_at_end=False)
    document = to_odrl(free)
    assert document["obligation"] == []
    assert from_odrl(document) == free
