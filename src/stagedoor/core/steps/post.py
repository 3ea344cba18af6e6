"""Post: a receipt makes the permitted price due, once for ever; an unused reservation goes back.

The unit that an agreement use bills is the estimated production day, so the first receipt with anything in it makes
the whole quoted price due, and later receipts under the same permit are metered and owe nothing more.
"""

from __future__ import annotations

from stagedoor.core.base.money import Money
from stagedoor.core.base.when import Instant
from stagedoor.core.facts.decision import Decision
from stagedoor.core.facts.permit import Permit, Receipt
from stagedoor.core.facts.posting import Deposit, Entry, EntryKind, Posting
from stagedoor.core.rules.chart import check_entry, funds, lines_of, reserved


def post(
    receipt: Receipt,
    permit: Permit,
    decision: Decision,
    *,
    entry_id: str,
    agent: str,
    already_due: bool,
    reservation_stands: bool,
    at: Instant,
) -> Entry | None:
    """The entry that this receipt makes due; None if it owes nothing (a retake, a repeat, or nothing was made).

    Its cause is the permit: however many receipts come, and in whatever order, one permit's price is due once.
    """
    assert permit.decision == decision.digest() and receipt.permit == permit.digest()
    assert decision.quote is not None
    if already_due or receipt.units == 0:
        return None
    out_of = reserved(permit.permit) if reservation_stands else funds(permit.production)
    lines = lines_of(decision.quote, out_of=out_of, performer=permit.performer, agent=agent)
    if not lines:
        return None
    entry = Entry(
        entry=entry_id,
        kind=EntryKind.POST,
        production=permit.production,
        performer=permit.performer,
        permit=permit.digest(),
        cause=permit.digest(),
        postings=lines,
        at=at,
    )
    check_entry(entry)
    return entry


def release(permit: Permit, *, left: Money, entry_id: str, at: Instant) -> Entry:
    """Give back what a permit reserved and did not use."""
    assert left.units > 0
    why = f"Permit {permit.permit} ended with this unused"
    entry = Entry(
        entry=entry_id,
        kind=EntryKind.RELEASE,
        production=permit.production,
        performer=permit.performer,
        permit=permit.digest(),
        cause=permit.digest(),
        postings=(
            Posting(account=reserved(permit.permit), amount=left, rule="reservation", why=why),
            Posting(account=funds(permit.production), amount=-left, rule="reservation", why=why),
        ),
        at=at,
    )
    check_entry(entry)
    return entry


def pay_in(deposit: Deposit, *, entry_id: str, at: Instant) -> Entry:
    """A studio's payment into a production's account."""
    assert deposit.amount.units > 0
    why = f"Paid in by the studio, reference {deposit.reference}"
    entry = Entry(
        entry=entry_id,
        kind=EntryKind.DEPOSIT,
        production=deposit.production,
        performer="",
        permit="",
        cause=deposit.digest(),
        postings=(
            Posting(account="bank/trust", amount=deposit.amount, rule="deposit", why=why),
            Posting(account=funds(deposit.production), amount=-deposit.amount, rule="deposit", why=why),
        ),
        at=at,
    )
    check_entry(entry)
    return entry
