"""Settle: a party's statement for a period, from the entries as they stand."""

from __future__ import annotations

from datetime import date

from stagedoor.core.facts.party import Party, Role
from stagedoor.core.facts.posting import Statement
from stagedoor.core.rules.chart import PLANS, owed
from stagedoor.core.steps.settle import settle
from stagedoor.ports.store import Store


def settle_party(store: Store, *, party: str, currency: str, first_day: date, last_day: date) -> Statement:
    """What a performer or an agent is owed."""
    with store.unit() as unit:
        found = unit.find(Party, party)
        payee = "agent" if found is not None and found.role is Role.AGENT else "performer"
        return settle(
            unit.entries(performer=party) if payee == "performer" else unit.entries(),
            party=party,
            accounts=(owed(payee, party),),
            currency=currency,
            first_day=first_day,
            last_day=last_day,
        )


def settle_plans(store: Store, *, performer: str, currency: str, first_day: date, last_day: date) -> Statement:
    """What the plans are owed for one performer."""
    with store.unit() as unit:
        return settle(
            unit.entries(performer=performer),
            party=performer,
            accounts=(PLANS,),
            currency=currency,
            first_day=first_day,
            last_day=last_day,
        )
