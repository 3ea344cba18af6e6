"""Equity's terms: no assignment, one named production, an end date, deletion at the end, no signing on the day.

Source: Equity's AI toolkit and its advice "Don't sign on set" (film and television), as read for this house; no fixed
length of a licence was found in them, so the end date is a blank that must be filled.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from stagedoor.core.facts.asset import ReplicaKind
from stagedoor.core.facts.consent import Consent, ControlTerm
from stagedoor.core.rules.templates.blanks import COMMON, Blank, Filled, Template, TemplateError
from stagedoor.core.rules.templates.kinds import Kind
from stagedoor.core.rules.templates.pictures import NO_ADVERTISING, NO_TRAINING, SHOTS, creation, drawn, rendering

LAW: Final = "GB"


def _equity(filled: Filled) -> Consent:
    """What Equity will not have changed is no blank: assignment, deletion, the law, and training, a use of its own."""
    scan = filled.day("scan_day")
    if filled.at.day >= scan:
        raise TemplateError(
            f"Equity's terms are not signed on the day: this is drawn up on {filled.at.day} and the scan is on {scan}. "
            "Draw it up on an earlier day, or move the scan."
        )
    if filled.day("first_day") < scan:
        raise TemplateError(f"first_day {filled.day('first_day')} is before the scan on {scan}. Begin on its day.")
    grants = (creation(filled), rendering(filled))
    drafted = drawn(filled, "equity", ReplicaKind.EBDR, grants, NO_TRAINING, NO_ADVERTISING)
    return replace(drafted, law=LAW, assignable=False, delete_at_end=True, signed_apart=True,
                   on_control=ControlTerm.ASK)  # fmt: skip


EQUITY: Final = Template(
    name="equity",
    title="Equity's terms: one named production, an end date, deletion at its end, no assignment, not on the day.",
    blanks=(
        *COMMON,
        *SHOTS,
        Blank(name="scan_day", kind=Kind.DAY, asks="the day of the scan; this is signed on an earlier one"),
    ),
    draw=_equity,
)
