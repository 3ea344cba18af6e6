"""Settle: fold entries into what one party is owed for a period, each line pointing at its entry."""

from __future__ import annotations

from datetime import date

from stagedoor.core.base.money import Money
from stagedoor.core.base.when import within
from stagedoor.core.facts.posting import Entry, Statement, StatementLine


def settle(
    entries: tuple[Entry, ...], *, party: str, accounts: tuple[str, ...], currency: str, first_day: date, last_day: date
) -> Statement:
    """The statement of `accounts` from first_day to last_day, both included; credits shown as positive amounts."""
    lines: list[StatementLine] = []
    total = Money.zero(currency)
    for entry in entries:
        if not within(entry.at.day, first_day, last_day):
            continue
        for index, posting in enumerate(entry.postings):
            if posting.account not in accounts or posting.amount.currency != currency:
                continue
            total = total - posting.amount
            lines.append(
                StatementLine(
                    entry=entry.digest(),
                    line=index,
                    account=posting.account,
                    amount=-posting.amount,
                    rule=posting.rule,
                    why=posting.why,
                    at=entry.at,
                )
            )
    return Statement(
        party=party, first_day=first_day, last_day=last_day, currency=currency, lines=tuple(lines), total=total
    )
