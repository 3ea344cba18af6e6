"""Attest: is what came back what was ordered, by whom it was ordered, and marked as it must be?"""

from __future__ import annotations

import re
from typing import Final

from stagedoor.core.base.outcome import Code, Refused
from stagedoor.core.facts.permit import PHOTOGRAPH, WATCHED, KeyGrant, Permit, Receipt, WorkOrder

FRAME: Final = "frame"
PLAIN_NAME: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}")


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
        (counts_agree(receipt), Code.WRONG_WORK,
         "The units that are counted are not the outputs that are named."),
        (names_are_plain(receipt), Code.WRONG_WORK,
         "An output's name is not one plain file name, or stands twice."),
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


def counts_agree(receipt: Receipt) -> bool:
    """Nothing is made without being counted, and nothing counted without being named.

    A frame is one picture named `frame-...`; an animation of the same frames beside them is no unit of its own.  A fit
    that was stopped made no unit, and still names the previews that it had shown.
    """
    watched = receipt.unit == WATCHED and all(output.name.startswith("preview-") for output in receipt.outputs)
    if receipt.units == 0:
        return (watched or not receipt.outputs) and not receipt.sealed_sha256
    if not (receipt.outputs or receipt.sealed_sha256):
        return False
    if receipt.unit not in {FRAME, PHOTOGRAPH}:
        return True
    return sum(output.name.startswith("frame-") for output in receipt.outputs) == receipt.units


def names_are_plain(receipt: Receipt) -> bool:
    """A worker names its outputs, and others will look for files of these names: they are never paths."""
    names = [output.name for output in receipt.outputs]
    return len(set(names)) == len(names) and all(PLAIN_NAME.fullmatch(name) for name in names)
