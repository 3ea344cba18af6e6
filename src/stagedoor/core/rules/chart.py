"""The posting chart: which accounts there are, what each means, and how a price becomes balanced lines.

| account | means | normal side |
|---|---|---|
| `bank/trust` | money that studios paid in | debit |
| `funds/<production>` | what a production paid in and has not committed | credit, never overdrawn |
| `reserved/<permit>` | the full cost of one permit, set aside before a key is released | credit, never overdrawn |
| `owed/performer/<party>` | what a performer earned, less commission | credit |
| `owed/agent/<party>` | an agent's commission, by the signed mandate | credit |
| `owed/plans/<plan>` | contributions on top, remitted to the pension and health plans | credit |
| `owed/union/<fund>` | dues, where an agreement has the employer pay them | credit |

A balanced entry can still be wrong (OpenMeter's warning): ENTRIES says which accounts may face each other.
"""

from __future__ import annotations

from typing import Final

from stagedoor.core.base.money import Money
from stagedoor.core.facts.decision import PriceLine, Quote
from stagedoor.core.facts.posting import Entry, EntryKind, Posting

PLANS: Final = "owed/plans/sag-aftra-health-plan"
"""Contributions go to the Health Plan, which forwards the pension's part (us-agreements section 12, S66 S67)."""

ENTRIES: Final[dict[EntryKind, frozenset[str]]] = {
    EntryKind.DEPOSIT: frozenset({"bank", "funds"}),
    EntryKind.RESERVE: frozenset({"funds", "reserved"}),
    EntryKind.POST: frozenset({"reserved", "funds", "owed"}),
    EntryKind.RELEASE: frozenset({"reserved", "funds"}),
    EntryKind.CORRECT: frozenset({"owed", "funds"}),
}


def funds(production: str) -> str:
    """A production's uncommitted money."""
    return f"funds/{production}"


def reserved(permit_id: str) -> str:
    """One permit's set-aside money."""
    return f"reserved/{permit_id}"


def owed(payee: str, party: str) -> str:
    """What a performer or an agent is owed."""
    return f"owed/{payee}/{party}"


def check_entry(entry: Entry) -> None:
    """Assert what every entry must be: balanced, in one currency, between accounts that may face each other."""
    currencies = {posting.amount.currency for posting in entry.postings}
    assert len(entry.postings) >= 2 and len(currencies) == 1, "an entry has two lines or more, in one currency"
    assert sum(posting.amount.units for posting in entry.postings) == 0, "an entry balances"
    families = {posting.account.partition("/")[0] for posting in entry.postings}
    assert families <= ENTRIES[entry.kind], f"{families} do not belong in one {entry.kind.value} entry"


def lines_of(quote: Quote, *, out_of: str, performer: str, agent: str) -> tuple[Posting, ...]:
    """The price as balanced lines, to performer, agent and plans; none where nothing is due.

    `out_of` is the account that pays: the permit's reservation, or the production's funds where the reservation went
    back before a late receipt came (what was made is owed, however late it is told).
    """
    commission = sum(line.amount.units for line in quote.lines if line.payee == "agent")
    credits: list[Posting] = []
    left = commission
    for line in quote.lines:
        taken = min(left, line.amount.units) if line.payee == "performer" else 0
        left -= taken
        units = line.amount.units - taken
        if units:
            account = _account_of(line, performer=performer, agent=agent)
            amount = Money(-units, quote.gross.currency)
            credits.append(Posting(account=account, amount=amount, rule=line.rule, why=_why(line, quote)))
    if not credits:
        return ()
    total = -sum(posting.amount.units for posting in credits)
    assert total == quote.cost.units, "what is credited is exactly what was quoted"
    debit = Posting(
        account=out_of,
        amount=Money(total, quote.gross.currency),
        rule="reservation",
        why="Out of the money that the production paid in",
    )
    return (debit, *credits)


def _account_of(line: PriceLine, *, performer: str, agent: str) -> str:
    """Where a line's money is owed; plans and unions by the fund that the rule names."""
    if line.payee == "plans":
        return owed("plans", line.account) if line.account else PLANS
    if line.payee == "union":
        return owed("union", line.account or "dues")
    return owed(line.payee, agent if line.payee == "agent" else performer)


def _why(line: PriceLine, quote: Quote) -> str:
    if line.payee == "performer":
        paid = [other for other in quote.lines if other.payee == "agent" and other.amount.units]
        less = f", less the agent's {paid[0].amount.shown()}" if paid else ""
        return f"{line.name} {line.amount.shown()} for {quote.days} day(s){less}: {line.clause}"
    return f"{line.name} {line.amount.shown()}: {line.clause}"
