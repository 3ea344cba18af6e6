"""Versions and riders: what takes the place of what, and that nothing does before both have signed."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from consents.kit import AT, Bureau
from stagedoor.core.facts.consent import Consent
from stagedoor.core.rules.giving import follows, line_of, riders_of


def amended(bureau: Bureau, of: Consent, **over: Any) -> Consent:
    """The next version of a consent."""
    given = {"consent": bureau.ids.new("consent"), "version": of.version + 1, "supersedes": of.digest()}
    return replace(of, **given | over)


def riding(bureau: Bureau, on: Consent, **over: Any) -> Consent:
    """A rider to a consent."""
    return replace(on, **{"consent": bureau.ids.new("consent"), "rider_to": on.digest()} | over)


def test_a_version_takes_the_place_of_the_latest(bureau: Bureau) -> None:
    """One after the other, and the first is not replaced twice."""
    first = bureau.given()
    second = amended(bureau, first, law="GB")
    assert bureau.revise(second) == ""
    assert bureau.revise(second) == "", "the very same again is no error"
    assert bureau.revise(amended(bureau, first)) == "no_consent", "the second has taken its place"
    assert bureau.revise(amended(bureau, second)) == ""


def test_both_must_sign(bureau: Bureau) -> None:
    """Neither side revises alone, and half a revision leaves nothing."""
    first = bureau.given()
    second = amended(bureau, first)
    assert bureau.revise(second, by="second") == "signature_invalid"
    assert bureau.revise(second, studio="other-studio") == "signature_invalid"
    with bureau.house.store.unit() as unit:
        assert unit.get(Consent, second.digest()) is None
    assert bureau.revise(second) == ""


@pytest.mark.parametrize(
    ("over", "code"),
    [
        ({"version": 3}, "malformed"),
        ({"version": 1}, "malformed"),
        ({"at": AT.plus(hours=-1)}, "malformed"),
        ({"rider_to": "sha256:" + "0" * 64}, "malformed"),
        ({"supersedes": "sha256:" + "0" * 64}, "no_consent"),
        ({"supersedes": ""}, "no_consent"),
    ],
    ids=str,
)
def test_a_version_is_the_next_one_of_what_it_names(bureau: Bureau, over: dict[str, Any], code: str) -> None:
    """Numbers, dates and digests have to agree."""
    assert bureau.revise(amended(bureau, bureau.given(), **over)) == code


@pytest.mark.parametrize("what", ["performer", "production", "capture"])
def test_a_version_is_about_the_same_person_picture_and_capture(bureau: Bureau, what: str) -> None:
    """Whatever else it changes."""
    first = bureau.given()
    found = follows(amended(bureau, first, **{what: "another"}), first)
    assert found is not None and what in found.why


def test_a_consent_that_was_never_signed_by_both_is_not_revised(bureau: Bureau) -> None:
    """An offer's terms lie in the store unsigned; they are no consent."""
    terms = bureau.terms()
    told, _ = bureau.offer(terms, "studio", "performer")
    assert told == ""
    assert bureau.revise(amended(bureau, terms)) == "no_consent"


def test_what_was_withdrawn_has_no_next_version(bureau: Bureau) -> None:
    """What comes after is a consent of its own."""
    first = bureau.given()
    assert bureau.withdraw(first) == "withdrawn"
    assert bureau.revise(amended(bureau, first)) == "consent_withdrawn"


def test_riders_stand_beside_a_consent(bureau: Bureau) -> None:
    """Several may; none to a rider; and a rider can be amended as a rider."""
    first = bureau.given()
    one, two = riding(bureau, first), riding(bureau, first, law="GB")
    assert bureau.revise(one) == "" and bureau.revise(two) == ""
    assert bureau.revise(riding(bureau, one)) == "malformed"
    assert bureau.revise(amended(bureau, one, rider_to="")) == "malformed"
    assert bureau.revise(amended(bureau, one)) == ""
    assert bureau.revise(riding(bureau, first, version=2)) == "malformed"


def test_an_amendment_takes_no_rider_away(bureau: Bureau) -> None:
    """Riders to an earlier version still stand, unless a later version of the rider took their place."""
    first = bureau.terms()
    rider = riding(bureau, first)
    later_rider = amended(bureau, rider)
    second = amended(bureau, first)
    third = amended(bureau, second)
    known = (first, rider, second, third)
    assert line_of(third, known) == (third, second, first)
    assert riders_of(third, known) == (rider,)
    assert riders_of(third, (*known, later_rider)) == (later_rider,)
    assert riders_of(bureau.terms(), known) == ()


def test_a_replaced_version_is_withdrawn_no_more(bureau: Bureau) -> None:
    """The terms on withdrawal of the latest version count."""
    first = bureau.given()
    second = amended(bureau, first)
    assert bureau.revise(second) == ""
    assert bureau.withdraw(first) == "no_consent"
    assert bureau.withdraw(second, day=date(2026, 10, 13)) == "withdrawn"
