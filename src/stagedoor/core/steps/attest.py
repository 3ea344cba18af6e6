"""Attest: is what came back what was ordered, by whom it was ordered, and marked as it must be?"""

from __future__ import annotations

from stagedoor.core.base.outcome import Code, Refused
from stagedoor.core.facts.permit import KeyGrant, Permit, Receipt, WorkOrder


def attest(
    receipt: Receipt, order: WorkOrder, permit: Permit, grant: KeyGrant, *, units_left: int
) -> Receipt | Refused:
    """The receipt itself, or why it is no evidence.  Its signature was verified at the door."""
    assert order.permit == permit.digest()
    tests = (
        (receipt.order == order.digest() and receipt.permit == permit.digest(), Code.WRONG_WORK,
         "The receipt belongs to another order or permit."),
        (receipt.grant == grant.digest() and grant.permit == permit.digest() and grant.order == order.digest(),
         Code.NOT_PERMITTED, "The receipt names a key grant that was not made for this permit."),
        (receipt.worker == permit.worker == grant.worker, Code.PERMIT_OTHER_WORKER,
         f"The permit names {permit.worker}; the receipt comes from {receipt.worker}."),
        (receipt.unit == permit.unit and receipt.units >= 0, Code.WRONG_WORK,
         f"The permit counts {permit.unit}s; the receipt counts {receipt.unit}s."),
        (receipt.units == 0 or bool(receipt.outputs) or bool(receipt.sealed_sha256), Code.WRONG_WORK,
         "Units were made, and nothing that came out is named."),
        (receipt.units <= units_left, Code.PERMIT_SPENT,
         f"{receipt.units} {permit.unit}s were made; {units_left} were left."),
        (all(output.mark == order.stamp for output in receipt.outputs), Code.UNMARKED,
         f"Every output must say '{order.stamp}'."),
        (receipt.result_asset == order.result_asset or receipt.units == 0, Code.WRONG_WORK,
         "The receipt names another result than was ordered."),
    )  # fmt: skip
    failed = sorted((code.number, why) for holds, code, why in tests if not holds)
    if failed:
        number, why = failed[0]
        return Refused(code=next(code for code in Code if code.number == number), why=why)
    return receipt
