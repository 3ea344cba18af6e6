"""What an imported policy does to a decision of ours: it forbids, it adds a duty, it tells.  It never permits.

A policy that permits something about the asset is read as closed: what it does not permit, it forbids.  One that
only prohibits, or only obliges, leaves open what it does not speak of.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from stagedoor.core.rules.odrl.evaluate import evaluate, still_to_do
from stagedoor.core.rules.odrl.model import Policy, Request, World
from stagedoor.core.rules.odrl.refusal import OdrlRefused
from stagedoor.core.rules.odrl.report import Activation, Answer, Deontic, PolicyReport, RuleReport, Satisfaction


@dataclass(frozen=True, slots=True, kw_only=True)
class Narrowing:
    """One thing that a policy says to a decision; `term` names the policy's rule."""

    effect: Literal["forbid", "duty", "note"]
    says: str
    term: str


def narrow(policies: tuple[Policy, ...], request: Request, world: World) -> tuple[Narrowing, ...]:
    """Everything that these policies take from a yes, or add to it.  Doubt forbids."""
    if not policies:
        return ()
    try:
        report = evaluate(policies, request, world)
    except OdrlRefused as fault:
        return (Narrowing(effect="forbid", says=str(fault), term="odrl"),)
    found = [item for policy in report.policies for item in _policy(policy)]
    if report.answer is Answer.VOID and not any(item.effect == "forbid" for item in found):
        found.append(Narrowing(effect="forbid", says="; ".join(report.reasons), term="odrl"))
    return tuple(found)


def _policy(report: PolicyReport) -> Iterator[Narrowing]:
    if report.superseded:
        yield Narrowing(effect="note", says="; ".join(report.reasons), term=report.policy)
        return
    if not report.evaluated or report.answer is Answer.VOID:
        yield Narrowing(effect="forbid", says="; ".join(report.reasons), term=report.policy)
        return
    granted = report.answer is Answer.GRANTED
    permissions = [rule for rule in report.rules if rule.kind == "PermissionReport"]
    if not granted and any(_concerns(rule) for rule in permissions):
        yield Narrowing(effect="forbid", says="; ".join(report.reasons[:8]), term=report.policy)
    for rule in report.rules:
        if rule.kind == "ProhibitionReport" and rule.activation is not Activation.INACTIVE and not granted:
            doubt = "" if rule.activation is Activation.ACTIVE else "it may be prohibited: "
            yield Narrowing(effect="forbid", says=doubt + (rule.says or "the policy prohibits it"), term=rule.rule)
        if rule.kind == "DutyReport" and rule.pending:
            yield Narrowing(effect="duty", says=rule.says, term=rule.rule)
        if rule.kind != "PermissionReport" and rule.deontic is Deontic.VIOLATED:
            yield Narrowing(effect="note", says=f"violated: {rule.says}", term=rule.rule)
    if granted:
        for duty in still_to_do(report):
            yield Narrowing(effect="duty", says=duty.says, term=duty.rule)


def _concerns(rule: RuleReport) -> bool:
    """Whether the permission is about the asset asked for (the first premise is the target)."""
    return rule.premises[0].state is not Satisfaction.UNSATISFIED
