"""The evaluation: each rule judged for the request in the world, each policy answered, the set answered.

Conflicts are judged where they arise: a permission and a prohibition are in conflict when both are active for this
request.  The default strategy, `invalid`, voids the policy.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

from stagedoor.core.rules.odrl.actions import Hierarchy
from stagedoor.core.rules.odrl.constraints import judge
from stagedoor.core.rules.odrl.duties import Owed, expand, judge_duty
from stagedoor.core.rules.odrl.inherit import Made, complete
from stagedoor.core.rules.odrl.limits import POLICIES_MAX
from stagedoor.core.rules.odrl.match import about, of_world
from stagedoor.core.rules.odrl.model import BINDING, Policy, Request, Rule, Strategy, World
from stagedoor.core.rules.odrl.refusal import OdrlRefused
from stagedoor.core.rules.odrl.report import (
    Activation,
    Answer,
    Attempt,
    ComplianceReport,
    Deontic,
    Performance,
    PolicyReport,
    Premise,
    RuleReport,
    Satisfaction,
    activation,
    both,
)
from stagedoor.core.rules.odrl.scene import Act, Scene
from stagedoor.core.rules.odrl.terms import PROFILE, short
from stagedoor.core.rules.odrl.values import Value, order


def evaluate(
    policies: tuple[Policy, ...],
    request: Request,
    world: World,
    *,
    pending_grants: bool = True,
    profiles: frozenset[str] = frozenset({PROFILE}),
) -> ComplianceReport:
    """Judge every policy, and the set of them, for one request in one state of the world.

    `pending_grants`: a permission whose duty is still to be done is active, and the duty goes with the yes; without
    it the permission is inactive until the duty is done, as the W3C's draft of formal semantics has it.
    Raises OdrlRefused only where the set as a whole is too much; a single bad policy becomes a refused report.
    """
    if len(policies) > POLICIES_MAX:
        raise OdrlRefused("the set", f"it holds more than {POLICIES_MAX} policies. Ask of fewer.")
    others = {policy.uid: policy for policy in policies}
    if len(others) < len(policies):
        raise OdrlRefused("the set", "two policies have one uid. Give each its own, or leave one out.")
    scene = Scene(request, world)
    given = _Given(others=others, profiles=profiles, made={}, pending_grants=pending_grants)
    reports = tuple(_policy(scene, policy, given) for policy in policies)
    answer, reasons = _set(reports)
    duties: tuple[str, ...] = ()
    if answer is Answer.GRANTED:
        duties = tuple(dict.fromkeys(each.rule for report in reports for each in still_to_do(report)))
    return ComplianceReport(created=world.at.text, answer=answer, reasons=reasons, policies=reports, duties=duties)


def still_to_do(report: PolicyReport) -> Iterable[RuleReport]:
    """The duties of its active permissions that are neither done nor failed."""
    for rule in report.rules:
        if rule.kind == "PermissionReport" and rule.activation is Activation.ACTIVE:
            yield from (duty for duty in rule.conditions if duty.pending)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Given:
    """What all policies of one set are evaluated with."""

    others: dict[str, Policy]
    profiles: frozenset[str]
    made: Made
    pending_grants: bool


def _policy(scene: Scene, policy: Policy, given: _Given) -> PolicyReport:
    try:
        whole = complete(policy, given.others, given.profiles, given.made)
        hierarchy = scene.hierarchy(whole.declares)
    except OdrlRefused as fault:
        return PolicyReport(policy=policy.uid, kind=policy.kind.value, answer=Answer.REFUSED, reasons=(str(fault),),
                            evaluated=False)  # fmt: skip
    if policy.replaced_by:
        return PolicyReport(policy=policy.uid, kind=policy.kind.value, answer=Answer.VOID, superseded=True,
                            reasons=(f"it is replaced by {policy.replaced_by}",))  # fmt: skip
    rules = (
        *(_permission(scene, hierarchy, rule, pending_grants=given.pending_grants) for rule in whole.permissions),
        *(_prohibition(scene, hierarchy, rule) for rule in whole.prohibitions),
        *(
            judge_duty(scene, hierarchy, each, Owed(role="obligation"))
            for rule in whole.obligations
            for each in expand(rule)
        ),
    )
    strategies = frozenset(whole.conflicts) or frozenset({Strategy.INVALID})
    answer, reasons = _answer(whole, rules, strategies)
    broken = tuple(
        f"{short(rule.rule)}: {rule.says}" for rule in rules
        if rule.deontic is Deontic.VIOLATED and rule.kind != "PermissionReport"
    )  # fmt: skip
    return PolicyReport(
        policy=policy.uid, kind=policy.kind.value, answer=answer, reasons=reasons, rules=rules, violations=broken,
        strategy=" and ".join(sorted(strategy.value for strategy in strategies)),
    )  # fmt: skip


def _premises(scene: Scene, hierarchy: Hierarchy, rule: Rule, act: Act) -> tuple[Premise, ...]:
    look = of_world(scene, act, rule.uid)
    return (*about(scene, hierarchy, rule, act), *(judge(scene, each, look) for each in rule.constraints))


def _attempt(premises: tuple[Premise, ...]) -> Attempt:
    """Target, party and action come first among the premises."""
    state = both(premise.state for premise in premises[:3])
    return Attempt.ATTEMPTED if state is Satisfaction.SATISFIED else Attempt.NOT_ATTEMPTED


def _permission(scene: Scene, hierarchy: Hierarchy, rule: Rule, *, pending_grants: bool) -> RuleReport:
    premises = _premises(scene, hierarchy, rule, scene.request)
    owed = Owed(actor=scene.request.actor)
    duties = tuple(judge_duty(scene, hierarchy, each, owed) for duty in rule.duties for each in expand(duty))
    state, says = activation(both(premise.state for premise in premises)), _said(premises)
    if state is not Activation.INACTIVE:
        failed = [duty for duty in duties if duty.deontic is Deontic.VIOLATED]
        unsure = [duty for duty in duties if duty.activation is Activation.UNKNOWN]
        waiting = [duty for duty in duties if duty.pending and (duty.before_use or not pending_grants)]
        if failed:
            state, says = Activation.INACTIVE, f"its {failed[0].says}"
        elif unsure:
            state, says = Activation.UNKNOWN, f"its {unsure[0].says}"
        elif waiting:
            state, says = Activation.INACTIVE, f"its {waiting[0].says}, before the use"
    elif not says:
        says = "a premise does not hold"
    return RuleReport(
        kind="PermissionReport", rule=rule.uid, activation=state, attempt=_attempt(premises),
        performance=_performed(scene, hierarchy, rule)[0], deontic=Deontic.NON_SET, premises=premises,
        conditions=duties, says=says,
    )  # fmt: skip


def _prohibition(scene: Scene, hierarchy: Hierarchy, rule: Rule) -> RuleReport:
    premises = _premises(scene, hierarchy, rule, scene.request)
    performance, last = _performed(scene, hierarchy, rule)
    told = RuleReport(
        kind="ProhibitionReport", rule=rule.uid, activation=activation(both(p.state for p in premises)),
        attempt=_attempt(premises), performance=performance, deontic=Deontic.NON_SET, premises=premises,
        says=_said(premises),
    )  # fmt: skip
    if last is None:
        return told
    owed = Owed(since=last, role="remedy")
    remedies = tuple(judge_duty(scene, hierarchy, each, owed) for duty in rule.duties for each in expand(duty))
    if remedies and all(remedy.deontic is Deontic.FULFILLED for remedy in remedies):
        return replace(told, conditions=remedies, says="it was broken, and every remedy was done")
    return replace(told, conditions=remedies, deontic=Deontic.VIOLATED, says=f"it was broken at {last.text}")


def _performed(scene: Scene, hierarchy: Hierarchy, rule: Rule) -> tuple[Performance, Value | None]:
    """Whether a deed falls under the rule, and when the last one did."""
    last: Value | None = None
    for act in scene.performed:
        state = both(premise.state for premise in _premises(scene, hierarchy, rule, act))
        if state is Satisfaction.SATISFIED and (last is None or order(act.at, last) == frozenset({1})):
            last = act.at
    return (Performance.UNKNOWN if last is None else Performance.PERFORMED), last


def _said(premises: Iterable[Premise]) -> str:
    """The first premise that does not hold, in words."""
    for state in (Satisfaction.UNSATISFIED, Satisfaction.UNKNOWN):
        for premise in premises:
            if premise.state is state:
                inner = _said(premise.premises)
                return inner or f"{premise.says}" + ("" if state is Satisfaction.UNSATISFIED else " (doubt)")
    return ""


def _answer(
    policy: Policy, rules: tuple[RuleReport, ...], strategies: frozenset[Strategy]
) -> tuple[Answer, tuple[str, ...]]:
    if len(strategies) > 1:
        strategies = frozenset({Strategy.INVALID})  # several strategies resolve nothing
    grants = [rule for rule in rules if _is(rule, "PermissionReport", Activation.ACTIVE)]
    forbids = [rule for rule in rules if _is(rule, "ProhibitionReport", Activation.ACTIVE)]
    doubts = [rule for rule in rules if _is(rule, "ProhibitionReport", Activation.UNKNOWN)]
    if policy.kind not in BINDING:
        return Answer.REFUSED, (f"it is of the kind {policy.kind.value}, which grants nothing", *_texts(forbids))
    if grants and forbids and Strategy.INVALID in strategies:
        conflict = f"{short(grants[0].rule)} permits what {short(forbids[0].rule)} prohibits, which voids the policy"
        return Answer.VOID, (conflict,)
    if grants and Strategy.PERM in strategies:
        return Answer.GRANTED, _texts(grants)
    if forbids or doubts:
        return Answer.REFUSED, (*_texts(forbids), *_texts(doubts))
    if grants:
        return Answer.GRANTED, _texts(grants)
    nearest = [rule for rule in rules if rule.kind == "PermissionReport"]
    return Answer.REFUSED, _texts(nearest) or ("it states no permission",)


def _is(rule: RuleReport, kind: str, state: Activation) -> bool:
    return rule.kind == kind and rule.activation is state


def _texts(rules: Iterable[RuleReport]) -> tuple[str, ...]:
    return tuple(f"{short(rule.rule)} {_verb(rule)}" for rule in rules)


def _verb(rule: RuleReport) -> str:
    permits = rule.kind == "PermissionReport"
    if rule.activation is Activation.ACTIVE:
        return "permits" if permits else "prohibits"
    if rule.activation is Activation.INACTIVE:
        return f"does not {'permit' if permits else 'prohibit'}: {rule.says}"
    return f"may {'permit, which is not enough' if permits else 'prohibit'}: {rule.says}"


def _set(reports: tuple[PolicyReport, ...]) -> tuple[Answer, tuple[str, ...]]:
    """One answer of all: a refused or void policy ends it; then a conflict across policies; then any permission."""
    reports = tuple(report for report in reports if not report.superseded)
    bad = [report for report in reports if not report.evaluated]
    if bad:
        return Answer.REFUSED, tuple(reason for report in bad for reason in report.reasons)
    void = [report for report in reports if report.answer is Answer.VOID]
    if void:
        return Answer.VOID, tuple(f"{report.policy}: {reason}" for report in void for reason in report.reasons)
    grants = [report for report in reports if report.answer is Answer.GRANTED]
    against = [
        (report, rule) for report in reports for rule in report.rules
        if rule.kind == "ProhibitionReport" and rule.activation is not Activation.INACTIVE
    ]  # fmt: skip
    strategies = {report.strategy for report in grants} | {report.strategy for report, _ in against}
    if grants and against and strategies != {Strategy.PERM.value}:
        sure = [report for report, rule in against if rule.activation is Activation.ACTIVE]
        void_it = sure and strategies != {Strategy.PROHIBIT.value}
        names = f"{grants[0].policy} permits what {against[0][0].policy} prohibits, or may prohibit"
        return (Answer.VOID, (f"{names}, which voids the set",)) if void_it else (Answer.REFUSED, (names,))
    if grants:
        return Answer.GRANTED, tuple(reason for report in grants for reason in report.reasons)
    return Answer.REFUSED, tuple(reason for report in reports for reason in report.reasons) or ("no policy was given",)
