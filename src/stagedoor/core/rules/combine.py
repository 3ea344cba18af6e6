"""Findings to an answer: forbid beats ask-a-person beats permit beats silence, and silence refuses.

This is the deciding function; the property tests of `tests/properties/` carry its theorems' names.  Order never
matters, and adding a prohibition never allows more, because the answer is the top of a lattice.
"""

from __future__ import annotations

from stagedoor.core.base.outcome import Code, first_in_precedence
from stagedoor.core.facts.decision import Answer, Effect, Finding


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
    strength = {Effect.FORBID: 0, Effect.ASK: 1, Effect.PERMIT: 2, Effect.NOTE: 3}
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
            ),
        )
    )
