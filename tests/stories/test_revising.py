"""An amendment takes the earlier version's place and keeps what was used of it; a rider stands beside."""

from __future__ import annotations

from dataclasses import replace

import pytest

from stagedoor.core.base.outcome import Refused
from stagedoor.core.facts.consent import Consent
from stagedoor.stories.revise_consent import revise_consent

from .theatre import Theatre


def version_of(theatre: Theatre, *, units: int) -> Consent:
    """The terms that stand, one version on, for so many frames."""
    consent = theatre.consented
    assert consent is not None
    grants = (replace(consent.grants[0], units_max=units),)
    ident = theatre.ids.new("consent")
    return replace(consent, consent=ident, version=consent.version + 1, supersedes=consent.digest(), grants=grants)


def revise(theatre: Theatre, consent: Consent, *, giver: str = "performer") -> Refused | None:
    """Both sides sign it, and it is recorded."""
    return revise_consent(
        theatre.store, theatre.verifier, consent,
        by_giver=theatre.sign(giver, consent), by_studio=theatre.sign("studio", consent),
    )  # fmt: skip


def test_a_use_under_the_earlier_version_is_refused_and_under_the_new_one_is_not(theatre: Theatre) -> None:
    second = version_of(theatre, units=600)
    assert revise(theatre, second) is None
    assert theatre.refused(theatre.ask()) == "no_consent"
    assert theatre.ask(consent=second.digest()).permit is not None


@pytest.mark.parametrize(("units", "granted"), [(30, True), (31, False)])
def test_what_the_earlier_version_used_counts(theatre: Theatre, units: int, granted: bool) -> None:
    """Ten frames of the first version are spent: of forty, thirty are left to the second."""
    theatre.record(theatre.shoot(theatre.permit(units=10)))
    second = version_of(theatre, units=40)
    assert revise(theatre, second) is None
    asked = theatre.ask(consent=second.digest(), units=units)
    assert (asked.permit is not None) is granted, asked.refused
    assert granted or theatre.refused(asked) == "quantity_exhausted"


def test_a_rider_narrows_what_it_stands_beside(theatre: Theatre) -> None:
    first = theatre.consented
    assert first is not None
    grants = (replace(first.grants[0], shots=("14C",)),)
    rider = replace(first, consent=theatre.ids.new("consent"), rider_to=first.digest(), grants=grants)
    said = revise(theatre, rider)
    assert said is None, said
    assert theatre.refused(theatre.ask(shot="12A")) == "outside_consent"


def test_another_hand_revises_nothing(theatre: Theatre) -> None:
    assert theatre.refused(revise(theatre, version_of(theatre, units=600), giver="studio")) == "signature_invalid"
    assert theatre.ask().permit is not None
