"""One policy, complete: the rules of its parents, and what it and they say once for all written out in each rule.

After the ODRL Information Model 2.2, 2.7.1 (compact policies) and 2.9 (inheritance): rules and shared properties of the
parents join the child's before anything is written out, and no `status` is inherited.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import TypeVar

from stagedoor.core.rules.odrl.limits import INHERIT_DEPTH_MAX, RULES_MAX
from stagedoor.core.rules.odrl.model import Condition, Constraint, Policy, Rule, Shared
from stagedoor.core.rules.odrl.refusal import OdrlRefused, shown
from stagedoor.core.rules.odrl.terms import PROFILE

_T = TypeVar("_T")
Made = dict[str, tuple[Policy, int]]
"""Policies that were joined with their parents, and their generations, so that many children cost no more."""


def complete(
    policy: Policy,
    others: Mapping[str, Policy],
    profiles: frozenset[str] = frozenset({PROFILE}),
    made: Made | None = None,
) -> Policy:
    """The policy with every inherited rule and every shared property written out.

    Refuses an unknown profile (of the policy or of a parent), an unknown parent or successor, a circle, and too many
    generations.
    """
    if policy.replaced_by and policy.replaced_by not in others:
        raise OdrlRefused(policy.uid, f"it is replaced by {shown(policy.replaced_by)}. Give that policy instead.")
    return spread(_joined(policy, others, profiles, (), {} if made is None else made)[0])


def _joined(
    policy: Policy, others: Mapping[str, Policy], profiles: frozenset[str], path: tuple[str, ...], made: Made
) -> tuple[Policy, int]:
    if policy.uid in path:
        raise OdrlRefused(policy.uid, "it inherits from itself, in a circle of inheritFrom. Cut the circle.")
    if policy.uid in made:
        return made[policy.uid]
    for profile in policy.profiles:
        if profile not in profiles:
            what = f"it follows the profile {shown(profile)}, which is not understood here; nothing of it is evaluated."
            raise OdrlRefused(policy.uid, what)
    whole, depth = policy, 1
    for name in dict.fromkeys(policy.inherits):
        parent = others.get(name)
        if parent is None:
            raise OdrlRefused(policy.uid, f"it inherits from {shown(name)}, which was not given. Give that policy too.")
        given, older = _joined(parent, others, profiles, (*path, policy.uid), made)
        depth = max(depth, older + 1)
        whole = _merge(whole, given)
        if depth > INHERIT_DEPTH_MAX:
            raise OdrlRefused(policy.uid, f"it inherits over more than {INHERIT_DEPTH_MAX} generations.")
        if len(whole.permissions) + len(whole.prohibitions) + len(whole.obligations) > RULES_MAX:
            raise OdrlRefused(policy.uid, f"with its parents it has more than {RULES_MAX} rules. Split it.")
    made[policy.uid] = replace(whole, inherits=()), depth
    return made[policy.uid]


def spread(policy: Policy) -> Policy:
    """A compact policy written out: what it shares goes to every rule that does not say it itself."""
    if policy.shared == Shared():
        return policy
    permissions, prohibitions, obligations = (
        tuple(_with(rule, policy.shared) for rule in rules)
        for rules in (policy.permissions, policy.prohibitions, policy.obligations)
    )
    return replace(policy, permissions=permissions, prohibitions=prohibitions, obligations=obligations, shared=Shared())


def _with(rule: Rule, shared: Shared) -> Rule:
    said = {name for name, _ in rule.roles}
    return replace(
        rule,
        targets=rule.targets or shared.targets,
        assignees=rule.assignees or shared.assignees,
        assigners=rule.assigners or shared.assigners,
        actions=rule.actions or shared.actions,
        roles=(*rule.roles, *((name, party) for name, party in shared.roles if name not in said)),
    )


def _merge(child: Policy, parent: Policy) -> Policy:
    """All rules and shared properties of both.  Conflict strategies are kept side by side."""
    return replace(
        child,
        conflicts=tuple(dict.fromkeys((*child.conflicts, *parent.conflicts))),
        permissions=_once(child.permissions, tuple(_without_status(rule) for rule in parent.permissions)),
        prohibitions=_once(child.prohibitions, tuple(_without_status(rule) for rule in parent.prohibitions)),
        obligations=_once(child.obligations, tuple(_without_status(rule) for rule in parent.obligations)),
        shared=Shared(
            targets=_once(child.shared.targets, parent.shared.targets),
            assignees=_once(child.shared.assignees, parent.shared.assignees),
            assigners=_once(child.shared.assigners, parent.shared.assigners),
            actions=_once(child.shared.actions, parent.shared.actions),
            roles=_once(child.shared.roles, parent.shared.roles),
        ),
        declares=child.declares if child.declares is parent.declares else (*child.declares, *parent.declares),
    )


def _once(mine: tuple[_T, ...], inherited: tuple[_T, ...]) -> tuple[_T, ...]:
    """Both, and what comes over two parents once.  Told by identity: comparing whole rules costs their size."""
    return tuple({id(item): item for item in (*mine, *inherited)}.values())


def _without_status(rule: Rule) -> Rule:
    """The rule itself if nothing in it has a status, else a copy without."""
    constraints = tuple(_no_status(item) for item in rule.constraints)
    duties = tuple(_without_status(duty) for duty in rule.duties)
    kept = [*zip(constraints, rule.constraints, strict=True), *zip(duties, rule.duties, strict=True)]
    return rule if all(new is old for new, old in kept) else replace(rule, constraints=constraints, duties=duties)


def _no_status(condition: Condition) -> Condition:
    if isinstance(condition, Constraint):
        return replace(condition, status=()) if condition.status else condition
    operands = tuple(_no_status(operand) for operand in condition.operands)
    unchanged = all(new is old for new, old in zip(operands, condition.operands, strict=True))
    return condition if unchanged else replace(condition, operands=operands)
