"""Withdrawal by each mode, and by a law that stands above the terms: who may bring it, and from when it works."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from consents.kit import Bureau
from core import builders as make
from stagedoor.core.base.outcome import Refused
from stagedoor.core.facts.consent import Capacity, WithdrawalMode, WithdrawalTerm
from stagedoor.core.facts.party import Role
from stagedoor.core.steps.withdraw import withdraw

LAW = frozenset({"GDPR-W1"})
DAY = make.AT.day


def term(mode: WithdrawalMode, notice_days: int = 0) -> WithdrawalTerm:
    """What may be withdrawn, how."""
    return WithdrawalTerm(may_withdraw=("remaining_use",), notice_days=notice_days, mode=mode)


@pytest.mark.parametrize(
    ("mode", "notice", "delivered", "works"),
    [
        (WithdrawalMode.AT_WILL, 0, None, DAY),
        (WithdrawalMode.AT_WILL, 0, DAY, DAY),
        (WithdrawalMode.WITH_NOTICE, 14, None, date(2026, 10, 26)),
        (WithdrawalMode.UNTIL_DELIVERY, 0, None, DAY),
        (WithdrawalMode.UNTIL_DELIVERY, 3, date(2026, 10, 13), date(2026, 10, 15)),
        (WithdrawalMode.UNTIL_DELIVERY, 0, DAY, None),
        (WithdrawalMode.UNTIL_DELIVERY, 0, date(2026, 10, 1), None),
        (WithdrawalMode.NEVER, 0, None, None),
    ],
)
def test_each_mode(mode: WithdrawalMode, notice: int, delivered: date | None, works: date | None) -> None:
    """The day from which it works, or that a person decides; the law gives it in every mode, at once."""
    consent = make.consent(withdrawal=term(mode, notice))
    found = withdraw(make.withdrawal(consent), consent, delivered_on=delivered)
    assert (None if isinstance(found, Refused) else found) == works
    by_law = make.withdrawal(consent, by_law="GDPR-W1")
    assert withdraw(by_law, consent, delivered_on=delivered, laws=LAW) == DAY
    unknown = withdraw(by_law, consent, delivered_on=delivered)
    assert isinstance(unknown, Refused) and unknown.code.value == "needs_a_person"


def test_a_law_gives_no_more_than_it_gives(bureau: Bureau) -> None:
    """By a rule that the caller does not know it is not recorded, even where another notice runs."""
    consent = bureau.given(withdrawal=term(WithdrawalMode.WITH_NOTICE, 14))
    assert bureau.withdraw(consent) == "needs_a_person", "the notice is recorded, and runs"
    assert bureau.withdraw(consent, by_law="MADE-UP") == "needs_a_person"
    with bureau.house.store.unit() as unit:
        from stagedoor.core.facts.consent import Withdrawal

        assert [each.by_law for each in unit.all(Withdrawal)] == [""]
    assert bureau.withdraw(consent, by_law="GDPR-W1", laws=LAW) == "withdrawn"


def test_until_delivery(bureau: Bureau) -> None:
    """Before the delivery it works, after it not; a studio's own word on the delivery is needed, and nobody else's."""
    consent = bureau.given(withdrawal=term(WithdrawalMode.UNTIL_DELIVERY))
    assert bureau.deliver(date(2026, 10, 13), by="performer") == "signature_invalid"
    assert bureau.deliver(date(2026, 10, 13)) == ""
    assert bureau.withdraw(consent, day=date(2026, 10, 13)) == "needs_a_person"
    assert bureau.withdraw(consent, day=date(2026, 10, 12)) == "withdrawn"


def test_a_notice_once_given_outlives_the_delivery(bureau: Bureau) -> None:
    """That the picture is delivered while the notice runs takes nothing from it."""
    consent = bureau.given(withdrawal=term(WithdrawalMode.UNTIL_DELIVERY, 3))
    assert bureau.withdraw(consent) == "needs_a_person"
    assert bureau.deliver(date(2026, 10, 13)) == ""
    assert bureau.withdraw(consent, day=date(2026, 10, 15)) == "withdrawn"


def test_never_by_its_own_terms(bureau: Bureau) -> None:
    """But the law may."""
    consent = bureau.given(withdrawal=term(WithdrawalMode.NEVER))
    assert bureau.withdraw(consent) == "needs_a_person"
    assert bureau.withdraw(consent, by_law="GDPR-W1", laws=LAW) == "withdrawn"


@pytest.mark.parametrize("who", ["second", "agent", "studio", "union", "guardian", "estate"])
def test_nobody_withdraws_for_her_unasked(bureau: Bureau, who: str) -> None:
    """Without an authority no other signature is hers."""
    assert bureau.withdraw(bureau.given(), by=who) == "signature_invalid"


def test_who_signed_for_her_may_take_it_back_and_so_may_she(bureau: Bureau) -> None:
    """A guardian while the performer is a minor; the performer always; an estate that a union vouched for."""
    assert bureau.vouch("guardian", Role.GUARDIAN) == ""
    minor = {"capacity": Capacity.GUARDIAN, "signer": bureau.id("guardian"), "majority_on": date(2026, 10, 20)}
    given = [replace(bureau.terms(), **minor) for _ in range(2)]  # type: ignore[arg-type]
    assert all(bureau.record(each, by="guardian") == "" for each in given)
    assert bureau.withdraw(given[0], by="guardian", day=date(2026, 10, 20)) == "signature_invalid", "of age by then"
    assert bureau.withdraw(given[0], by="guardian", day=date(2026, 10, 19)) == "withdrawn"
    assert bureau.withdraw(given[1], by="performer", day=date(2026, 10, 21)) == "withdrawn"
    assert bureau.vouch("estate", Role.ESTATE) == ""
    assert bureau.withdraw(bureau.given(), by="estate") == "withdrawn"
