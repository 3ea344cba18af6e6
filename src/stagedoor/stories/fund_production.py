"""The studio pays in, and reports what payroll paid the performer on this picture from outside."""

from __future__ import annotations

from stagedoor.core.base.outcome import Code, Refused
from stagedoor.core.facts.party import Production, Role, Signature
from stagedoor.core.facts.posting import Deposit, Earnings
from stagedoor.core.steps.post import pay_in
from stagedoor.ports.store import Store
from stagedoor.ports.world import Ids, Verifier
from stagedoor.stories.unit import journal_of, record_signed


def fund_production(
    store: Store, verifier: Verifier, ids: Ids, deposit: Deposit, signature: Signature
) -> Refused | None:
    """Record a deposit and post it."""
    if deposit.amount.units <= 0:
        return Refused(code=Code.MALFORMED, why="A deposit is more than nothing.")
    with store.unit() as unit:
        production = unit.find(Production, deposit.production)
        if production is None or production.currency != deposit.amount.currency:
            why = f"There is no such production, or it does not run in {deposit.amount.currency}."
            return Refused(code=Code.MALFORMED, why=why)
        journal = journal_of(deposit.production)
        refused = record_signed(
            unit, verifier, deposit, signature,
            journal=journal, ident=deposit.deposit, signer=production.studio, roles=(Role.STUDIO,),
        )  # fmt: skip
        if refused is None and unit.entry_for(deposit.digest(), "deposit") is None:
            unit.post(journal, pay_in(deposit, entry_id=ids.new("entry"), at=deposit.at))
        return refused


def report_earnings(store: Store, verifier: Verifier, earnings: Earnings, signature: Signature) -> Refused | None:
    """Record session pay from outside: it counts toward the plans' ceiling."""
    with store.unit() as unit:
        production = unit.find(Production, earnings.production)
        if production is None or production.currency != earnings.gross.currency:
            return Refused(code=Code.MALFORMED, why="There is no such production, or it runs in another currency.")
        return record_signed(
            unit, verifier, earnings, signature,
            journal=journal_of(earnings.production), ident=earnings.earnings,
            signer=production.studio, roles=(Role.STUDIO,),
        )  # fmt: skip
