"""Laws of the evaluation, on random policies: no rule's place matters, and nothing that narrows ever allows more."""

from __future__ import annotations

import random
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from odrl.kit import every_rule
from stagedoor.core.rules.odrl import evaluate, narrow
from stagedoor.core.rules.odrl.actions import Hierarchy
from stagedoor.core.rules.odrl.model import (
    Action,
    Attribute,
    Constraint,
    Logic,
    Logical,
    Operator,
    Performed,
    Policy,
    PolicyKind,
    Request,
    Rule,
    RuleKind,
    Strategy,
    Thing,
    World,
)
from stagedoor.core.rules.odrl.report import Answer, ComplianceReport
from stagedoor.core.rules.odrl.terms import INCLUDED_IN, ODRL, XSD
from stagedoor.core.rules.odrl.values import literal

ACTIONS = [ODRL + name for name in ("use", "play", "display", "print", "sell", "compensate")]
THINGS = [f"http://example.com/{name}" for name in ("song", "film", "archive")]
PARTIES = [f"http://example.com/{name}" for name in ("mara", "jo", "group")]
NOW = literal("2026-10-12T09:00:00Z", XSD + "dateTime")


def number(value: int) -> object:
    return literal(str(value), XSD + "integer")


def moment(day: int) -> object:
    return literal(f"2026-10-{day:02}T00:00:00Z", XSD + "dateTime")


comparisons = st.builds(
    Constraint,
    uid=st.just("c"),
    left=st.sampled_from([ODRL + "count", ODRL + "percentage"]),
    operator=st.sampled_from([Operator.EQ, Operator.NEQ, Operator.LT, Operator.LTEQ, Operator.GT, Operator.GTEQ]),
    right=st.integers(0, 3).map(lambda value: (number(value),)),
)
times = st.builds(
    Constraint,
    uid=st.just("t"),
    left=st.just(ODRL + "dateTime"),
    operator=st.sampled_from([Operator.LT, Operator.LTEQ, Operator.GT, Operator.GTEQ]),
    right=st.integers(10, 14).map(lambda day: (moment(day),)),
)
conditions = st.recursive(
    comparisons | times,
    lambda inner: st.builds(
        Logical,
        uid=st.just("l"),
        logic=st.sampled_from(Logic),
        operands=st.lists(inner, min_size=1, max_size=3).map(tuple),
    ),
    max_leaves=4,
)
things = st.lists(st.sampled_from(THINGS).map(lambda name: Thing(ids=(name,))), max_size=2).map(tuple)
parties = st.lists(st.sampled_from(PARTIES).map(lambda name: Thing(ids=(name,))), max_size=1).map(tuple)
actions = st.lists(st.sampled_from(ACTIONS).map(lambda name: Action(iri=name)), min_size=1, max_size=2).map(tuple)
some_conditions = st.lists(conditions, max_size=2).map(tuple)


def rules(kind: RuleKind, duties: st.SearchStrategy[tuple[Rule, ...]]) -> st.SearchStrategy[Rule]:
    return st.builds(
        Rule, uid=st.uuids().map(str), kind=st.just(kind), targets=things, assignees=parties, actions=actions,
        constraints=some_conditions, duties=duties,
    )  # fmt: skip


none = st.just(())
duty = rules(RuleKind.DUTY, none).map(lambda rule: replace(rule, targets=()))
permission = rules(RuleKind.PERMISSION, st.lists(duty, max_size=1).map(tuple))
prohibition = rules(RuleKind.PROHIBITION, st.lists(duty, max_size=1).map(tuple))
policies = st.builds(
    Policy,
    uid=st.just("http://example.com/policy"),
    kind=st.sampled_from([PolicyKind.SET, PolicyKind.SET, PolicyKind.AGREEMENT, PolicyKind.OFFER]),
    conflicts=st.lists(st.sampled_from(Strategy), max_size=1).map(tuple),
    permissions=st.lists(permission, min_size=1, max_size=3).map(tuple),
    prohibitions=st.lists(prohibition, max_size=1).map(tuple),
    obligations=st.lists(duty, max_size=1).map(tuple),
)
requests = st.builds(
    Request,
    action=st.sampled_from(ACTIONS[1:3]),
    target=st.sampled_from(THINGS[:2]),
    assignee=st.sampled_from(PARTIES[:2]),
)
deeds = st.builds(
    Performed, action=st.sampled_from(ACTIONS), at=st.integers(8, 12).map(moment), actor=st.sampled_from(PARTIES[:2]),
    target=st.sampled_from(THINGS),
)  # fmt: skip
facts = st.lists(
    st.builds(Attribute, name=st.sampled_from([ODRL + "count"]), values=st.integers(0, 3).map(lambda n: (number(n),))),
    max_size=1,
).map(tuple)
worlds = st.builds(
    World, at=st.just(NOW), facts=facts, performed=st.lists(deeds, max_size=2).map(tuple),
    parts=st.just(((THINGS[0], THINGS[2]), (PARTIES[0], PARTIES[2]))),
)  # fmt: skip


def granted(policy: Policy, request: Request, world: World) -> bool:
    return evaluate((policy,), request, world).answer is Answer.GRANTED


def states(report: ComplianceReport) -> dict[str, object]:
    return {uid: (rule.activation, rule.deontic, rule.performance) for uid, rule in every_rule(report).items()}


@settings(max_examples=60, deadline=None)
@given(policies, requests, worlds, st.randoms(use_true_random=False))
def test_the_order_of_rules_never_matters(
    policy: Policy, request: Request, world: World, chance: random.Random
) -> None:
    def mixed(items: tuple[object, ...]) -> tuple[object, ...]:
        return tuple(chance.sample(items, len(items)))

    other = replace(
        policy,
        permissions=tuple(replace(rule, constraints=mixed(rule.constraints)) for rule in mixed(policy.permissions)),
        prohibitions=mixed(policy.prohibitions),
        obligations=mixed(policy.obligations),
    )
    one, two = (evaluate((each,), request, world) for each in (policy, other))
    assert one.answer is two.answer
    assert states(one) == states(two)


@settings(max_examples=60, deadline=None)
@given(policies, requests, worlds, prohibition)
def test_another_prohibition_never_allows_more(policy: Policy, request: Request, world: World, more: Rule) -> None:
    narrower = replace(policy, prohibitions=(*policy.prohibitions, more))
    assert granted(policy, request, world) or not granted(narrower, request, world)


@settings(max_examples=60, deadline=None)
@given(policies, requests, worlds, conditions)
def test_another_constraint_never_allows_more(policy: Policy, request: Request, world: World, more: object) -> None:
    narrower = replace(
        policy, permissions=tuple(replace(rule, constraints=(*rule.constraints, more)) for rule in policy.permissions)
    )
    assert granted(policy, request, world) or not granted(narrower, request, world)


@settings(max_examples=60, deadline=None)
@given(policies, requests, worlds, duty)
def test_another_duty_never_allows_more(policy: Policy, request: Request, world: World, more: Rule) -> None:
    narrower = replace(
        policy, permissions=tuple(replace(rule, duties=(*rule.duties, more)) for rule in policy.permissions)
    )
    assert granted(policy, request, world) or not granted(narrower, request, world)


@settings(max_examples=60, deadline=None)
@given(policies, requests, worlds)
def test_forgetting_a_fact_never_allows_more(policy: Policy, request: Request, world: World) -> None:
    assert granted(policy, request, world) or not granted(policy, request, replace(world, facts=()))


@settings(max_examples=60, deadline=None)
@given(policies, requests, worlds)
def test_waiting_for_duties_never_allows_more(policy: Policy, request: Request, world: World) -> None:
    strict = evaluate((policy,), request, world, pending_grants=False)
    assert strict.answer is not Answer.GRANTED or granted(policy, request, world)


@settings(max_examples=60, deadline=None)
@given(policies, policies, requests, worlds)
def test_inheriting_is_writing_the_parents_rules_out(
    policy: Policy, parent: Policy, request: Request, world: World
) -> None:
    parent = replace(parent, uid="http://example.com/parent")
    child = replace(policy, inherits=(parent.uid,))
    merged = replace(
        policy,
        conflicts=tuple(dict.fromkeys((*policy.conflicts, *parent.conflicts))),
        permissions=policy.permissions + parent.permissions,
        prohibitions=policy.prohibitions + parent.prohibitions,
        obligations=policy.obligations + parent.obligations,
    )
    inherited = evaluate((child, parent), request, world).policies[0]
    assert inherited == evaluate((merged,), request, world).policies[0]


@settings(max_examples=60, deadline=None)
@given(policies, requests, worlds)
def test_an_imported_policy_only_narrows(policy: Policy, request: Request, world: World) -> None:
    found = narrow((policy,), request, world)
    assert {item.effect for item in found} <= {"forbid", "duty", "note"}
    forbids = any(item.effect == "forbid" for item in found)
    about_it = any(
        not rule.targets or {name for thing in rule.targets for name in thing.ids} & {request.target, THINGS[2]}
        for rule in policy.permissions
    )
    if granted(policy, request, world):
        assert not forbids
    elif request.target == THINGS[0] and about_it:
        assert forbids


@pytest.mark.parametrize(("action", "whole"), INCLUDED_IN)
def test_use_never_reaches_the_branch_of_transfer(action: str, whole: str) -> None:
    hierarchy = Hierarchy(())
    assert hierarchy.covers(whole, action)
    assert hierarchy.covers(ODRL + "use", action) != hierarchy.covers(ODRL + "transfer", action)
