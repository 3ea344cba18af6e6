"""What policies from outside (ODRL, RSL Media, CAWG) take away: in a decision of ours an imported policy only narrows.

The evaluation itself stands in the standing, with the policy's digest, so that a decision can be made again as of then.
"""

from __future__ import annotations

from stagedoor.core.base.outcome import Code
from stagedoor.core.facts.decision import Duty, Effect, Finding
from stagedoor.core.facts.request import Narrowing, Standing


def judge_narrowings(standing: Standing) -> tuple[tuple[Finding, ...], tuple[Duty, ...]]:
    """A forbid, a duty or a note for each narrowing; nothing else that a policy says is a yes, so it forbids."""
    findings: list[Finding] = []
    duties: list[Duty] = []
    for item in standing.narrowings:
        if item.effect == "duty":
            duties.append(_duty(item))
        else:
            findings.append(_finding(item))
    return tuple(findings), tuple(duties)


def _finding(item: Narrowing) -> Finding:
    note = item.effect == "note"
    return Finding(
        rule="imported-policy",
        effect=Effect.NOTE if note else Effect.FORBID,
        code=None if note else Code.OUTSIDE_CONSENT,
        says=item.says,
        saw=(f"policy={item.policy}",),
        clause=f"imported policy, {item.term}",
        source=item.policy,
        confidence="high",
        asks=None,
    )


def _duty(item: Narrowing) -> Duty:
    return Duty(
        kind="duty",
        rule="imported-policy",
        says=item.says,
        to="performer",
        due=None,
        clause=f"imported policy, {item.term}",
        source=item.policy,
        confidence="high",
    )
