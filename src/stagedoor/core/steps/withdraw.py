"""Withdraw, a side path: the performer takes back what their terms or the law let them, from the day it works.

The engine applies the term, it does not invent one.  Where the law of the place gives more, a rule of that law is
named, and whoever calls says which rules those are; a rule that they did not name goes to a person.
"""

from __future__ import annotations

from collections.abc import Set
from datetime import date

from stagedoor.core.base.outcome import Code, Refused
from stagedoor.core.base.when import days_after
from stagedoor.core.facts.consent import Consent, Withdrawal, WithdrawalMode

NO_LAW: frozenset[str] = frozenset()


def withdraw(
    withdrawal: Withdrawal, consent: Consent, *, delivered_on: date | None = None, laws: Set[str] = NO_LAW
) -> date | Refused:
    """The day from which the withdrawal works, or why the terms do not give it.

    `delivered_on` is the day of the picture's delivery, if it was delivered; `laws` are the rules of the law books
    under which a consent may be withdrawn whatever its terms say.
    """
    if withdrawal.consent != consent.digest() or withdrawal.performer != consent.performer:
        return Refused(code=Code.NO_CONSENT, why="This withdrawal is about another consent, or by somebody else.")
    if withdrawal.by_law:
        return _by_law(withdrawal, laws)
    term = consent.withdrawal
    if withdrawal.what not in term.may_withdraw:
        return _a_person(f"The consent's terms do not let '{withdrawal.what}' be withdrawn")
    if term.mode is WithdrawalMode.NEVER:
        return _a_person("By its own terms the consent cannot be withdrawn")
    day = withdrawal.at.day
    if term.mode is WithdrawalMode.UNTIL_DELIVERY and delivered_on is not None and delivered_on <= day:
        return _a_person(f"The consent could be withdrawn until delivery, and the picture was delivered {delivered_on}")
    return days_after(day, term.notice_days)


def _by_law(withdrawal: Withdrawal, laws: Set[str]) -> date | Refused:
    """A law that gives it gives it at once: no notice that the terms ask for stands above it."""
    if withdrawal.by_law in laws:
        return withdrawal.at.day
    return _a_person(f"No law book that holds here lets a consent be withdrawn by '{withdrawal.by_law[:80]}'")


def _a_person(what: str) -> Refused:
    why = f"{what}; if the law of the place does, a person decides."
    return Refused(code=Code.NEEDS_A_PERSON, why=why, clause="consent, withdrawal")
