"""One policy, complete: its own rules with what it says once for all, and the rules of its parents."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from stagedoor.core.rules.odrl.limits import INHERIT_DEPTH_MAX, RULES_MAX
from stagedoor.core.rules.odrl.model import Policy, Rule, Shared
from stagedoor.core.rules.odrl.refusal import OdrlRefused, shown
from stagedoor.core.rules.odrl.terms import PROFILE

_Made = dict[str, tuple[Policy, int]]


def complete(policy: Policy, others: Mapping[str, Policy], profiles: frozenset[str] = frozenset({PROFILE})) -> Policy:
    """The policy with every shared property and every inherited rule written out.

    Refuses an unknown profile (of the policy or of a parent), an unknown parent, a circle, and too many generations.
    """
    return _complete(policy, others, profiles, (), {})[0]


def _complete(
    policy: Policy, others: Mapping[str, Policy], profiles: frozenset[str], path: tuple[str, ...], made: _Made
) -> tuple[Policy, int]:
    """The complete policy and its generations.  `made` keeps each parent, so that many children cost no more."""
    if policy.uid in path:
        raise OdrlRefused(policy.uid, "it inherits from itself, in a circle of inheritFrom. Cut the circle.")
    if policy.uid in made:
        return made[policy.uid]
    for profile in policy.profiles:
        if profile not in profiles:
            what = f"it follows the profile {shown(profile)}, which is not understood here; nothing of it is evaluated."
            raise OdrlRefused(policy.uid, what)
    whole, depth = spread(policy), 1
    for name in dict.fromkeys(policy.inherits):
        parent = others.get(name)
        if parent is None:
            raise OdrlRefused(policy.uid, f"it inherits from {shown(name)}, which was not given. Give that policy too.")
        given, older = _complete(parent, others, profiles, (*path, policy.uid), made)
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
    """All rules of both.  Conflict strategies are kept side by side: if they differ, the policy is void."""
    return replace(
        child,
        conflicts=tuple(dict.fromkeys((*child.conflicts, *parent.conflicts))),
        permissions=_once(child.permissions, parent.permissions),
        prohibitions=_once(child.prohibitions, parent.prohibitions),
        obligations=_once(child.obligations, parent.obligations),
        declares=child.declares if child.declares is parent.declares else (*child.declares, *parent.declares),
    )


def _once(mine: tuple[Rule, ...], inherited: tuple[Rule, ...]) -> tuple[Rule, ...]:
    """Both, a rule that comes over two parents once.  Told by identity: comparing whole rules costs their size."""
    return tuple({id(rule): rule for rule in (*mine, *inherited)}.values())
