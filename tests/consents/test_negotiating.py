"""Offers and counter-offers: who may make one, what each changed, and that none binds anybody."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from consents.kit import AT, Bureau
from stagedoor.core.base.outcome import Refused
from stagedoor.core.base.when import Instant
from stagedoor.core.facts.consent import Consent
from stagedoor.stories.negotiate import negotiation, on_the_table


def test_an_offer_a_counter_offer_and_a_consent(bureau: Bureau) -> None:
    """The whole way: each round with what it changed, then both sign what is on the table."""
    asked = bureau.terms()
    told, first = bureau.offer(asked, "studio", "performer")
    assert told == ""
    less = replace(asked, consent=bureau.ids.new("consent"), law="GB", delete_at_end=False)
    told, second = bureau.offer(less, "performer", "studio", answers=first.digest())
    assert told == ""
    store = bureau.house.store
    rounds = negotiation(store, second.digest())
    assert not isinstance(rounds, Refused)
    assert [each.offer for each in rounds] == [first, second]
    assert rounds[0].changes == () and {change.where for change in rounds[1].changes} >= {"law", "delete at end"}
    gone = on_the_table(store, first.digest(), at=AT)
    assert isinstance(gone, Refused) and "counter-offer" in gone.why
    table = on_the_table(store, second.digest(), at=AT)
    assert table == less
    assert bureau.record(less) == "", "to accept is to sign the terms"


def test_an_offer_binds_nobody(bureau: Bureau) -> None:
    """Its terms lie in the store without a signature: no consent."""
    terms = bureau.terms()
    told, _ = bureau.offer(terms, "studio", "performer")
    assert told == ""
    with bureau.house.store.unit() as unit:
        assert unit.get(Consent, terms.digest()) == terms
        assert unit.signatures(terms.digest()) == ()
    assert bureau.withdraw(terms) == "no_consent", "else her own offer would undo what she gave for good"


def test_an_agent_offers_with_a_mandate_alone(bureau: Bureau) -> None:
    """The performer's signed mandate, in force on the day."""
    assert bureau.offer(bureau.terms(), "studio", "agent")[0] == "unknown_party"
    bureau.mandate()
    assert bureau.offer(bureau.terms(), "studio", "agent")[0] == ""
    assert bureau.offer(bureau.terms(), "agent", "studio")[0] == ""


@pytest.mark.parametrize(
    ("by", "to"),
    [("performer", "second"), ("second", "studio"), ("other-studio", "performer"), ("studio", "lawyer"),
     ("studio", "second")],
)  # fmt: skip
def test_only_the_two_sides_make_offers(bureau: Bureau, by: str, to: str) -> None:
    """The production's studio, and whoever would give the consent."""
    assert bureau.offer(bureau.terms(), by, to)[0] == "unknown_party"


def test_an_offer_is_signed_by_who_makes_it(bureau: Bureau) -> None:
    """Nobody offers in another's name."""
    assert bureau.offer(bureau.terms(), "performer", "studio", signed_by="studio")[0] == "signature_invalid"


@pytest.mark.parametrize(
    "over",
    [{"offer": "mine"}, {"consent": "sha256:" + "0" * 64}, {"open_until": date(2026, 10, 11)}, {"words": "x" * 4_001}],
    ids=str,
)
def test_an_offer_that_says_something_else_than_its_terms(bureau: Bureau, over: dict[str, object]) -> None:
    """Or that has no id, is over before it begins, or is a book."""
    assert bureau.offer(bureau.terms(), "studio", "performer", **over)[0] == "malformed"


def test_a_counter_offer_answers_an_open_offer_of_the_other_side_once(bureau: Bureau) -> None:
    """Not one's own, not one that is over, not one that was answered, not one about another picture."""
    _, first = bureau.offer(bureau.terms(), "studio", "performer")
    answers = first.digest()
    assert bureau.offer(bureau.terms(), "studio", "performer", answers=answers)[0] == "unknown_party"
    late = Instant.of(date(2026, 10, 21), 9)
    told, _ = bureau.offer(
        bureau.terms(at=late), "performer", "studio", answers=answers, at=late, open_until=date(2026, 11, 1)
    )
    assert told == "consent_expired"
    assert bureau.offer(bureau.terms(), "performer", "studio", answers="sha256:" + "1" * 64)[0] == "no_consent"
    assert bureau.offer(bureau.terms(), "performer", "studio", answers=answers)[0] == ""
    assert bureau.offer(bureau.terms(), "performer", "studio", answers=answers)[0] == "conflicting_duplicate"


def test_an_offer_lapses(bureau: Bureau) -> None:
    """After its last day it is off the table."""
    _, made = bureau.offer(bureau.terms(), "studio", "performer")
    gone = on_the_table(bureau.house.store, made.digest(), at=Instant.of(date(2026, 10, 21)))
    assert isinstance(gone, Refused) and gone.code.value == "consent_expired"
    unknown = on_the_table(bureau.house.store, "sha256:" + "2" * 64, at=AT)
    assert isinstance(unknown, Refused)


def test_other_terms_need_another_id(bureau: Bureau) -> None:
    """Two papers of one name would be one paper to whoever signs."""
    terms = bureau.terms()
    assert bureau.offer(terms, "studio", "performer")[0] == ""
    assert bureau.offer(replace(terms, law="GB"), "studio", "performer")[0] == "conflicting_duplicate"
