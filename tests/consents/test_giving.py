"""Who may give a consent, and what its paper must say before a signature under it is recorded."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from consents.kit import AT, Bureau
from stagedoor.core.facts.consent import Capacity
from stagedoor.core.facts.party import Role
from stagedoor.core.rules.sentences import text_of

SIGNERS = [
    ("guardian", Capacity.GUARDIAN, Role.GUARDIAN),
    ("estate", Capacity.ESTATE, Role.ESTATE),
]


def test_an_adult_gives_their_own(bureau: Bureau) -> None:
    """And nobody else does in their place, nor is another studio's countersignature one."""
    assert bureau.record(bureau.terms()) == ""
    assert bureau.record(bureau.terms(), by="second") == "signature_invalid"
    assert bureau.record(bureau.terms(), studio="other-studio") == "signature_invalid"
    assert bureau.record(bureau.terms(signer=bureau.id("second"))) == "malformed"
    with bureau.house.store.unit() as unit:
        from stagedoor.core.facts.consent import Consent

        assert len(unit.all(Consent)) == 1


@pytest.mark.parametrize(("who", "capacity", "role"), SIGNERS)
def test_who_signs_for_somebody_needs_a_union_s_word(bureau: Bureau, who: str, capacity: Capacity, role: Role) -> None:
    """Without an authority nothing is recorded; with one in force on the day it is."""
    terms = bureau.terms(capacity=capacity, signer=bureau.id(who))
    assert bureau.record(terms, by=who) == "no_consent"
    assert bureau.vouch(who, role, last_day=date(2026, 10, 11)) == ""
    assert bureau.record(terms, by=who) == "no_consent", "it had ended the day before"
    assert bureau.vouch(who, role) == ""
    assert bureau.record(terms, by=who) == ""


def test_the_signer_s_role_is_the_capacity_s(bureau: Bureau) -> None:
    """An estate is no guardian, whatever a union vouched for."""
    assert bureau.vouch("estate", Role.ESTATE) == ""
    terms = bureau.terms(capacity=Capacity.GUARDIAN, signer=bureau.id("estate"))
    assert bureau.record(terms, by="estate") == "unknown_party"


def test_a_capacity_that_names_no_signer_is_no_paper(bureau: Bureau) -> None:
    """A guardian's consent says who the guardian is."""
    assert bureau.record(bureau.terms(capacity=Capacity.GUARDIAN)) == "malformed"


def test_of_age_means_signing_for_oneself(bureau: Bureau) -> None:
    """From the day of majority a guardian's signature is none."""
    assert bureau.vouch("guardian", Role.GUARDIAN) == ""
    terms = bureau.terms(capacity=Capacity.GUARDIAN, signer=bureau.id("guardian"))
    assert bureau.record(replace(terms, majority_on=AT.day), by="guardian") == "no_consent"
    assert bureau.record(replace(terms, majority_on=date(2027, 1, 1)), by="guardian") == ""
    assert bureau.record(bureau.terms(majority_on=date(2027, 1, 1))) == "malformed"


def test_what_was_read_is_what_is_signed(bureau: Bureau) -> None:
    """A bound text must be the digest of the sentences of these very terms."""
    terms = bureau.terms()
    other = text_of(replace(terms, law="GB"))
    assert bureau.record(replace(terms, text=other)) == "malformed"
    assert bureau.record(replace(terms, text=text_of(terms))) == ""


def test_a_template_is_known_or_none_is_named(bureau: Bureau) -> None:
    """A name that sounds like one would lend it weight."""
    assert bureau.record(bureau.terms(template="sag_aftra_standard")) == "malformed"
    assert bureau.record(bureau.terms(template="")) == ""


@pytest.mark.parametrize("over", [{"version": 2}, {"supersedes": "sha256:" + "0" * 64}, {"rider_to": "x"}], ids=str)
def test_a_later_version_is_not_recorded_as_a_first_one(bureau: Bureau, over: dict[str, object]) -> None:
    """It goes through the checks of a revision or nowhere."""
    assert bureau.record(bureau.terms(**over)) == "malformed"


@pytest.mark.parametrize(
    "over",
    [
        {"authority": "mine"},
        {"evidence": "a letter"},
        {"first_day": date(2026, 10, 2), "last_day": date(2026, 10, 1)},
        {"role": Role.STUDIO},
    ],
    ids=str,
)
def test_a_union_vouches_on_paper(bureau: Bureau, over: dict[str, object]) -> None:
    """An id, a digest of what was seen, a window that is one, a role that signs for somebody."""
    assert bureau.vouch("guardian", **({"role": Role.GUARDIAN} | over)) == "malformed"  # type: ignore[arg-type]


def test_only_a_union_vouches_and_only_for_who_is_enrolled(bureau: Bureau) -> None:
    """A studio's word is none, and a guardian is enrolled as one."""
    assert bureau.vouch("guardian", Role.GUARDIAN, by="studio") == "unknown_party"
    assert bureau.vouch("agent", Role.GUARDIAN) == "unknown_party"
    assert bureau.vouch("guardian", Role.GUARDIAN, performer=bureau.id("studio")) == "unknown_party"
