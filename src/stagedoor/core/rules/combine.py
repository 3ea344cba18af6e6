"""Findings to an answer: forbid beats ask-a-person beats permit beats silence, and silence refuses.

This is the deciding function; the property tests of `tests/properties/` carry its theorems' names.  Order never
matters, and adding a prohibition never allows more, because the answer is the top of a lattice.
"""

from __future__ import annotations

from stagedoor.core.base.outcome import Code, first_in_precedence
from stagedoor.core.facts.decision import Answer, Duty, Effect, Finding


def combine(findings: tuple[Finding, ...]) -> tuple[Answer, Code | None]:
    """The answer that all findings together give, and the code of a refusal or of a question."""
    forbids = tuple(finding for finding in findings if finding.effect is Effect.FORBID)
    if forbids:
        return Answer.REFUSE, first_in_precedence(tuple(finding.code or Code.RULE_FORBIDS for finding in forbids))
    if any(finding.effect is Effect.ASK for finding in findings):
        return Answer.ASK_A_PERSON, Code.NEEDS_A_PERSON
    if any(finding.effect is Effect.PERMIT for finding in findings):
        return Answer.PERMIT, None
    return Answer.REFUSE, Code.NO_CONSENT


def in_order(findings: tuple[Finding, ...]) -> tuple[Finding, ...]:
    """The one order in which findings are written, whatever order they were found in."""
    strength = {Effect.FORBID: 0, Effect.ASK: 1, Effect.PERMIT: 2, Effect.NOTE: 3, Effect.DUTY: 4, Effect.NOTICE: 5}
    return tuple(
        sorted(
            dict.fromkeys(findings),
            key=lambda finding: (
                strength[finding.effect],
                finding.code.number if finding.code else 0,
                finding.rule,
                finding.says,
                finding.saw,
                finding.clause,
                finding.source,
                finding.confidence,
                finding.asks.value if finding.asks else "",
                finding.needs,
                finding.answer_days,
            ),
        )
    )


def duties_in_order(duties: tuple[Duty, ...]) -> tuple[Duty, ...]:
    """Duties and notices in the order in which they fall due; those without a day last."""
    return tuple(
        sorted(
            dict.fromkeys(duties),
            key=lambda duty: (
                duty.due is None,
                duty.due.isoformat() if duty.due else "",
                duty.rule,
                duty.says,
                duty.to,
                duty.kind,
                duty.clause,
            ),
        )
    )
