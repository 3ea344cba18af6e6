"""The compliance report: what each rule's premises were found to be, and what follows.

The words are those of the ODRL Compliance Report Model (prefix `report:` in docs/ODRL.md).  It has two states of
satisfaction and of activation; we add `Unknown` to both, because doubt must be told from a no.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import Enum


class Satisfaction(Enum):
    """Whether a premise holds."""

    SATISFIED = "Satisfied"
    UNSATISFIED = "Unsatisfied"
    UNKNOWN = "Unknown"


class Activation(Enum):
    """Whether a rule is in effect for this request at this time."""

    ACTIVE = "Active"
    INACTIVE = "Inactive"
    UNKNOWN = "Unknown"


class Attempt(Enum):
    """Whether the request is for what the rule is about."""

    ATTEMPTED = "Attempted"
    NOT_ATTEMPTED = "NotAttempted"


class Performance(Enum):
    """Whether the rule's action was done; `Unperformed` means that it can no longer be done in time."""

    PERFORMED = "Performed"
    UNPERFORMED = "Unperformed"
    UNKNOWN = "Unknown"


class Deontic(Enum):
    """Whether the rule was kept.  `NonSet` of an active duty is a duty still to be done."""

    FULFILLED = "Fulfilled"
    VIOLATED = "Violated"
    NON_SET = "NonSet"


class Answer(Enum):
    """What follows for the request."""

    GRANTED = "granted"
    REFUSED = "refused"
    VOID = "void"


@dataclass(frozen=True, slots=True, kw_only=True)
class Premise:
    """One premise of a rule, and those that it was made of."""

    kind: str
    of: str
    state: Satisfaction
    says: str = ""
    premises: tuple[Premise, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleReport:
    """One rule, judged.  `conditions` are the reports of its duties, remedies or consequences."""

    kind: str
    rule: str
    activation: Activation
    attempt: Attempt
    performance: Performance
    deontic: Deontic
    premises: tuple[Premise, ...] = ()
    conditions: tuple[RuleReport, ...] = ()
    says: str = ""
    before_use: bool = False
    """The duty must be done before the use, so that a promise to do it is not enough."""

    @property
    def pending(self) -> bool:
        """A duty that binds and is neither done nor failed."""
        return self.activation is not Activation.INACTIVE and self.deontic is Deontic.NON_SET


@dataclass(frozen=True, slots=True, kw_only=True)
class PolicyReport:
    """One policy, judged."""

    policy: str
    kind: str
    answer: Answer
    reasons: tuple[str, ...]
    rules: tuple[RuleReport, ...] = ()
    violations: tuple[str, ...] = ()
    evaluated: bool = True
    strategy: str = "invalid"
    superseded: bool = False
    """Another policy of the set has taken its place."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ComplianceReport:
    """A set of policies, judged for one request at one time."""

    created: str
    answer: Answer
    reasons: tuple[str, ...]
    policies: tuple[PolicyReport, ...]
    duties: tuple[str, ...] = ()
    """Duties of the granting permissions that are still to be done."""


def both(states: Iterable[Satisfaction]) -> Satisfaction:
    """All of them: one no is a no, one doubt is a doubt."""
    found = Satisfaction.SATISFIED
    for state in states:
        if state is Satisfaction.UNSATISFIED:
            return state
        if state is Satisfaction.UNKNOWN:
            found = state
    return found


def either(states: Iterable[Satisfaction]) -> Satisfaction:
    """Any of them: one yes is a yes, one doubt is a doubt."""
    found = Satisfaction.UNSATISFIED
    for state in states:
        if state is Satisfaction.SATISFIED:
            return state
        if state is Satisfaction.UNKNOWN:
            found = state
    return found


def satisfaction(holds: bool | None) -> Satisfaction:
    """A yes, a no, or neither, as a state."""
    if holds is None:
        return Satisfaction.UNKNOWN
    return Satisfaction.SATISFIED if holds else Satisfaction.UNSATISFIED


def activation(state: Satisfaction) -> Activation:
    """What the premises together make of a rule."""
    if state is Satisfaction.SATISFIED:
        return Activation.ACTIVE
    return Activation.INACTIVE if state is Satisfaction.UNSATISFIED else Activation.UNKNOWN


def plain(report: ComplianceReport) -> dict[str, object]:
    """The report as JSON would hold it."""
    return {
        "type": "ComplianceReport",
        "created": report.created,
        "answer": report.answer.value,
        "reasons": list(report.reasons),
        "duties": list(report.duties),
        "policyReport": [_policy(policy) for policy in report.policies],
    }


def _policy(report: PolicyReport) -> dict[str, object]:
    return {
        "type": "PolicyReport",
        "policy": report.policy,
        "policyType": report.kind,
        "evaluated": report.evaluated,
        "conflict": report.strategy,
        "answer": report.answer.value,
        "reasons": list(report.reasons),
        "violations": list(report.violations),
        "ruleReport": [_rule(rule) for rule in report.rules],
    }


def _rule(report: RuleReport) -> dict[str, object]:
    return {
        "type": report.kind,
        "rule": report.rule,
        "activationState": report.activation.value,
        "attemptState": report.attempt.value,
        "performanceState": report.performance.value,
        "deonticState": report.deontic.value,
        "says": report.says,
        "premiseReport": [_premise(premise) for premise in report.premises],
        "conditionReport": [_rule(condition) for condition in report.conditions],
    }


def _premise(premise: Premise) -> dict[str, object]:
    told: dict[str, object] = {
        "type": premise.kind, "of": premise.of, "satisfactionState": premise.state.value, "says": premise.says,
    }  # fmt: skip
    if premise.premises:
        told["premiseReport"] = [_premise(inner) for inner in premise.premises]
    return told
