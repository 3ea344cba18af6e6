"""Withdraw, a side path: the performer takes back what their own terms let them, from the day their notice runs out.

The engine applies the term, it does not invent one; the law of the place may give more, and then a person is asked.
"""

from __future__ import annotations

from datetime import date

from stagedoor.core.base.outcome import Code, Refused
from stagedoor.core.base.when import days_after
from stagedoor.core.facts.consent import Consent, Withdrawal


def withdraw(withdrawal: Withdrawal, consent: Consent) -> date | Refused:
    """The day from which the withdrawal works, or why the terms do not give it."""
    if withdrawal.consent != consent.digest() or withdrawal.performer != consent.performer:
        return Refused(code=Code.NO_CONSENT, why="This withdrawal is about another consent, or by somebody else.")
    if withdrawal.what not in consent.withdrawal.may_withdraw:
        return Refused(
            code=Code.NEEDS_A_PERSON,
            why=f"The consent's terms do not let '{withdrawal.what}' be withdrawn; if the law does, a person decides.",
            clause="consent, withdrawal",
        )
    return days_after(withdrawal.at.day, consent.withdrawal.notice_days)
