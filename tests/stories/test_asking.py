"""Asking: repeatable under its id, all or nothing, and never beyond what was consented to or paid in."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from stagedoor.core.base.money import Money, MoneyError
from stagedoor.core.base.outcome import Refused
from stagedoor.core.facts.decision import Answer
from stagedoor.core.facts.party import Role
from stagedoor.core.facts.posting import Deposit
from stagedoor.ports.store import ConflictingDuplicate
from stagedoor.stories.enrol import enrol_party, forget_person
from stagedoor.stories.fund_production import fund_production
from stagedoor.stories.record_receipt import Posted
from stagedoor.stories.request_use import quote_use

from .theatre import AT, DAY, FUNDED, Theatre, at_once


@pytest.mark.parametrize(("asset", "unit"), [("capture", "frame"), ("replica", "photograph")])
def test_a_consent_to_frames_of_a_double_opens_no_capture(theatre: Theatre, asset: str, unit: str) -> None:
    asked = theatre.ask(asset=theatre.id(asset), unit=unit)
    assert asked.decision is not None and asked.permit is None
    assert any(found.clause == "consent, capture" for found in asked.decision.findings)


def test_the_same_request_twice_is_one_permit(theatre: Theatre) -> None:
    request = theatre.request()
    first, again = theatre.ask(request), theatre.ask(request)
    assert first.permit is not None
    assert again == first
    assert (theatre.count("permit"), theatre.count("decision"), theatre.count("request")) == (1, 1, 1)
    assert theatre.money == theatre.paid(0, reserved=DAY)


def test_the_same_request_from_many_threads_is_one_permit(theatre: Theatre) -> None:
    request = theatre.request()
    asked = at_once(*[lambda: theatre.ask(request)] * 6, leave=theatre.store.leave)
    assert len({item.permit.digest() for item in asked if item.permit}) == 1
    assert all(item.permit for item in asked)
    assert theatre.money == theatre.paid(0, reserved=DAY)


@pytest.mark.parametrize(
    "changed", [{"units": 11}, {"shot": "14C"}, {"arc_to_deg": 6}, {"retake_of": "x"}, {"worker_grade": "hosted"}]
)
def test_the_same_id_with_other_content_is_refused(theatre: Theatre, changed: dict[str, object]) -> None:
    request = theatre.request()
    assert theatre.ask(request).permit is not None
    before = theatre.money
    other = theatre.ask(replace(request, **changed))
    assert (theatre.refused(other), other.permit) == ("conflicting_duplicate", None)
    assert theatre.count("permit") == 1 and theatre.money == before


def test_two_contents_race_for_one_id_and_one_wins(theatre: Theatre) -> None:
    request = theatre.request()
    asked = at_once(
        lambda: theatre.ask(request), lambda: theatre.ask(replace(request, units=3)), leave=theatre.store.leave
    )
    assert sorted(item.permit is not None for item in asked) == [False, True]
    assert "conflicting_duplicate" in {theatre.refused(item) for item in asked}


def test_a_quote_records_nothing(theatre: Theatre) -> None:
    before = theatre.query("SELECT count(*), max(seq) FROM facts.fact")
    quoted = quote_use(theatre.store, theatre.verifier, theatre.books, theatre.request(), at=AT)
    assert not isinstance(quoted, Refused)
    assert quoted.answer is Answer.PERMIT and quoted.quote is not None
    assert quoted.quote.cost == Money.whole(DAY, "USD")
    assert theatre.query("SELECT count(*), max(seq) FROM facts.fact") == before


def test_insufficient_funds_leave_nothing(theatre: Theatre) -> None:
    """Nine days cost 27,225; a tenth and eleventh would not be covered."""
    theatre.estimate("nine", days=9)
    assert theatre.permit(estimate=theatre.id("nine")).cost == Money.whole(9 * DAY, "USD")
    theatre.estimate("two", days=2)
    before = theatre.query("SELECT count(*) FROM facts.fact"), theatre.query("SELECT count(*) FROM work.permit")
    asked = theatre.ask(estimate=theatre.id("two"))
    assert theatre.refused(asked) == "insufficient_funds"
    assert asked.refused is not None and "6,050.00 USD" in asked.refused.why and "Pay in" in asked.refused.why
    after = theatre.query("SELECT count(*) FROM facts.fact"), theatre.query("SELECT count(*) FROM work.permit")
    assert after == before
    assert theatre.money["funds"] == FUNDED - 9 * DAY
    theatre.fund(10_000)
    assert theatre.ask(estimate=theatre.id("two")).permit is not None


def test_two_requests_race_for_the_last_money_and_one_wins(theatre: Theatre) -> None:
    for key in ("six", "also-six"):
        theatre.estimate(key, days=6)
    asked = at_once(
        *[lambda key=key: theatre.ask(estimate=theatre.id(key)) for key in ("six", "also-six")],
        leave=theatre.store.leave,
    )
    assert sorted(theatre.refused(item) if item.refused else "permit" for item in asked) == [
        "insufficient_funds", "permit",
    ]  # fmt: skip
    assert theatre.money["funds"] == FUNDED - 6 * DAY


def test_invariant_6_requests_that_race_never_exceed_what_was_consented_to(theatre: Theatre) -> None:
    """Under one consent, of two doubles: what they share is the consent's row, not the double's."""
    theatre.consent(frames=100)
    doubles = [theatre.id("replica"), theatre.another_double()] * 3
    asked = at_once(*[lambda asset=asset: theatre.ask(units=30, asset=asset) for asset in doubles],
                    leave=theatre.store.leave)  # fmt: skip
    granted = [item.permit.units for item in asked if item.permit]
    assert sum(granted) == 90, "three of thirty fit into a hundred, whoever comes first"
    assert {theatre.refused(item) for item in asked if not item.permit} == {"quantity_exhausted"}


@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(wanted=st.lists(st.integers(1, 60), min_size=1, max_size=5))
def test_invariant_6_whatever_is_asked_for_in_turn_stays_within_the_consent(
    theatre: Theatre, wanted: list[int]
) -> None:
    theatre.fund(10_000)  # each new consent has its own price, and charges the estimated days itself
    theatre.consent(frames=100)
    left = 100
    for units in wanted:
        asked = theatre.ask(units=units)
        assert (asked.permit is not None) is (units <= left), theatre.refused(asked)
        left -= units if asked.permit else 0


def test_invariant_6_two_requests_that_race_over_one_estimate_charge_its_days_once(theatre: Theatre) -> None:
    doubles = [theatre.id("replica"), theatre.another_double()] * 3
    asked = at_once(*[lambda asset=asset: theatre.ask(asset=asset) for asset in doubles], leave=theatre.store.leave)
    costs = sorted(item.permit.cost.units for item in asked if item.permit)
    assert costs == [0, 0, 0, 0, 0, DAY * 1_000_000]
    assert theatre.money == theatre.paid(0, reserved=DAY)


def test_the_plans_lose_nothing_to_a_permit_that_was_never_used(theatre: Theatre) -> None:
    """Only posted pay counts toward the ceiling: a permit taken out and let lapse lifts nothing over it."""
    theatre.fund(1_000_000)
    first = theatre.consent()
    second = theatre.consent()
    theatre.estimate("long", days=60)
    theatre.estimate("longer", days=60)
    other = theatre.another_double()
    asked = at_once(
        lambda: theatre.ask(consent=first.digest(), estimate=theatre.id("long")),
        lambda: theatre.ask(consent=second.digest(), estimate=theatre.id("longer"), asset=other),
        leave=theatre.store.leave,
    )
    costs = sorted(item.permit.cost.units // 1_000_000 for item in asked if item.permit)
    # 150,000 each, and neither is posted yet: both are priced as if below 232,000.
    assert costs == [150_000 + 150_000 * 21 // 100] * 2
    for item in asked:
        assert item.permit is not None
    first_posted = next(item.permit for item in asked if item.permit and item.permit.consent == first.digest())
    assert isinstance(theatre.record(theatre.shoot(first_posted)), Posted)
    third = theatre.consent()
    theatre.estimate("longest", days=60)
    later = theatre.ask(consent=third.digest(), estimate=theatre.id("longest"))
    assert later.permit is not None  # of 150,000 more, 82,000 are below
    assert later.permit.cost.units // 1_000_000 == 150_000 + 82_000 * 21 // 100


@pytest.mark.parametrize(
    ("changed", "code"),
    [
        ({"asker": "other-studio"}, "unknown_party"),
        ({"asker": "performer"}, "unknown_party"),
        ({"production": "nobody"}, "unknown_party"),
        ({"asset": "nothing"}, "unknown_asset"),
        ({"performer": "second"}, "outside_consent"),
        ({"estimate": "nothing"}, "unpriced"),
    ],
)
def test_who_may_ask_for_what(theatre: Theatre, changed: dict[str, str], code: str) -> None:
    strangers = {"nobody": theatre.ids.new("production"), "nothing": theatre.ids.new("asset")}
    if changed == {"estimate": "nothing"}:
        strangers["nothing"] = theatre.ids.new("estimate")
    over = {name: strangers.get(key) or theatre.id(key) for name, key in changed.items()}
    asked = theatre.ask(**over)
    assert asked.permit is None
    if code == "outside_consent":
        assert asked.decision is not None and asked.decision.answer is Answer.REFUSE
    else:
        assert theatre.refused(asked) == code
    assert theatre.count("permit") == 0 and theatre.money == theatre.paid(0)


def test_a_forged_party_is_refused_as_conflicting(theatre: Theatre) -> None:
    """The same pseudonym with another key: the one that was enrolled first stands."""
    forged = replace(theatre.party("performer", Role.PERFORMER), verify_key=theatre.signers["second"].verify_key)
    name_before = theatre.house.people.name(theatre.id("performer"))
    try:
        answer: object = enrol_party(theatre.store, theatre.house.people, forged, name="Somebody else", contact="x")
    except ConflictingDuplicate as fault:  # allowed by the port; a story answers with a value
        pytest.fail(f"enrol_party raised ConflictingDuplicate({fault}) instead of refusing")
    assert theatre.refused(answer) == "conflicting_duplicate"
    assert theatre.house.people.name(theatre.id("performer")) == name_before
    assert theatre.ask().permit is not None, "her own key still counts"


def test_a_person_enrolled_again_just_the_same_changes_nothing(theatre: Theatre) -> None:
    count = theatre.count("party")
    enrol_party(theatre.store, theatre.house.people, theatre.party("agent", Role.AGENT), name="The agent", contact="")
    assert theatre.count("party") == count


def test_invariant_15_a_forgotten_person_stays_a_pseudonym(theatre: Theatre) -> None:
    permit = theatre.permit()
    theatre.record(theatre.shoot(permit))
    forget_person(theatre.store, theatre.house.people, party=theatre.id("performer"), because="she asked", at=AT)
    assert theatre.house.people.name(theatre.id("performer")) == "(erased)"
    assert theatre.count("erasure") == 1
    assert theatre.money == theatre.paid(1), "what is owed stays owed"


@pytest.mark.parametrize("currency", ["XXX", "usd", "BTC", "", "US", "U$D"])
def test_an_unknown_currency_is_refused_where_it_enters(theatre: Theatre, currency: str) -> None:
    with pytest.raises(MoneyError, match="use an ISO 4217 code out of"):
        Money(1, currency)
    assert theatre.refused(theatre.produce("strange", currency)) == "malformed"


def test_a_deposit_in_another_currency_than_the_picture_is_refused(theatre: Theatre) -> None:
    fact = Deposit(
        deposit=theatre.ids.new("deposit"), production=theatre.id("production"), amount=Money.whole(5, "EUR"),
        reference="test", at=AT,
    )  # fmt: skip
    answer = fund_production(theatre.store, theatre.verifier, theatre.ids, fact, theatre.sign("studio", fact))
    assert theatre.refused(answer) == "malformed"
    assert isinstance(answer, Refused) and "EUR" in answer.why
    assert theatre.count("deposit") == 1 and theatre.money == theatre.paid(0)


@pytest.mark.parametrize("dollars", [0, -5])
def test_a_deposit_is_more_than_nothing(theatre: Theatre, dollars: int) -> None:
    assert theatre.refused(theatre.fund(dollars)) == "malformed"
    assert theatre.money == theatre.paid(0)


def test_a_deposit_brought_twice_is_paid_in_once(theatre: Theatre) -> None:
    fact = Deposit(
        deposit=theatre.ids.new("deposit"), production=theatre.id("production"), amount=Money.whole(70, "USD"),
        reference="test", at=AT,
    )  # fmt: skip
    signature = theatre.sign("studio", fact)
    for _ in range(3):
        assert fund_production(theatre.store, theatre.verifier, theatre.ids, fact, signature) is None
    at_once(
        *[lambda: fund_production(theatre.store, theatre.verifier, theatre.ids, fact, signature)] * 3,
        leave=theatre.store.leave,
    )
    assert theatre.money["funds"] == FUNDED + 70


def test_a_deposit_of_the_same_id_and_another_amount_is_refused(theatre: Theatre) -> None:
    fact = Deposit(
        deposit=theatre.ids.new("deposit"), production=theatre.id("production"), amount=Money.whole(70, "USD"),
        reference="test", at=AT,
    )  # fmt: skip
    other = replace(fact, amount=Money.whole(7_000, "USD"))
    assert fund_production(theatre.store, theatre.verifier, theatre.ids, fact, theatre.sign("studio", fact)) is None
    try:
        answer: object = fund_production(
            theatre.store, theatre.verifier, theatre.ids, other, theatre.sign("studio", other)
        )
    except ConflictingDuplicate as fault:
        pytest.fail(f"fund_production raised ConflictingDuplicate({fault}) instead of refusing")
    assert theatre.refused(answer) == "conflicting_duplicate"
    assert theatre.money["funds"] == FUNDED + 70
