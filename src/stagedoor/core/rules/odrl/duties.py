"""Duties: fulfilled by a deed, violated when it can no longer come in time, otherwise still to be done.

A duty's constraints are of four sorts.  A *deadline* (`dateTime`, `elapsedTime` or `delayPeriod` with lt, lteq; a
`dateTime` with eq) says until when; a *start* (`dateTime` with gt, gteq) from when; `event` lt `policyUsage` says
before the use; all others say in which circumstances the duty binds at all.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from enum import Enum, auto
from itertools import product
from typing import TypeVar

from stagedoor.core.rules.odrl.actions import Hierarchy
from stagedoor.core.rules.odrl.constraints import judge
from stagedoor.core.rules.odrl.match import action, of_world, thing
from stagedoor.core.rules.odrl.model import Condition, Constraint, Logic, Logical, Operator, Rule, Ruling, Thing
from stagedoor.core.rules.odrl.report import (
    Activation,
    Attempt,
    Deontic,
    Performance,
    Premise,
    RuleReport,
    Satisfaction,
    activation,
    both,
)
from stagedoor.core.rules.odrl.scene import Act, Scene
from stagedoor.core.rules.odrl.terms import DATE_TIME, DELAY, ELAPSED, EVENT, PERFORMING_ROLES, POLICY_USAGE, short
from stagedoor.core.rules.odrl.values import Value, order

_UNTIL = frozenset({Operator.LT, Operator.LTEQ})
_FROM = frozenset({Operator.GT, Operator.GTEQ})
_SINCE = (frozenset({0}), frozenset({1}), frozenset({0, 1}))
_COST = 4
"""Steps of one duty beside its comparisons."""


_T = TypeVar("_T")


class _Sort(Enum):
    DEADLINE = auto()
    START = auto()
    BEFORE_USE = auto()
    OTHER = auto()


@dataclass(frozen=True, slots=True, kw_only=True)
class Owed:
    """Who owes a duty that names nobody, and since when a deed counts (a remedy: since the violation)."""

    actor: str = ""
    since: Value | None = None
    role: str = "duty"


def judge_duty(scene: Scene, hierarchy: Hierarchy, duty: Rule, owed: Owed) -> RuleReport:
    """One duty in this world."""
    scene.step(_COST)
    sorted_ = [(_sort(leaf), leaf) for leaf in _leaves(duty.constraints)]
    binding = _binding(scene, duty, [leaf for sort, leaf in sorted_ if sort in (_Sort.OTHER, _Sort.START)])
    deadlines = [_as_deadline(leaf) for sort, leaf in sorted_ if sort is _Sort.DEADLINE]
    limits = tuple(judge(scene, leaf, of_world(scene, scene.request, duty.uid)) for leaf in deadlines)
    in_time = both(premise.state for premise in limits)
    before_use = any(sort is _Sort.BEFORE_USE for sort, _ in sorted_)
    done = _done(scene, hierarchy, duty, owed, {_Sort.DEADLINE, _Sort.START, _Sort.BEFORE_USE, _Sort.OTHER})
    asked = action(scene, hierarchy, duty, scene.request).state is Satisfaction.SATISFIED
    told = RuleReport(
        kind="DutyReport",
        rule=duty.uid,
        activation=activation(both(premise.state for premise in binding)),
        attempt=Attempt.ATTEMPTED if asked else Attempt.NOT_ATTEMPTED,
        performance=Performance.UNKNOWN,
        deontic=Deontic.NON_SET,
        premises=(*binding, *limits),
        before_use=before_use,
        says=f"{owed.role} to {_what(duty)}",
    )
    rulings = scene.rulings_of(duty.uid)
    if done is Satisfaction.SATISFIED or rulings == frozenset({Ruling.FULFILLED}):
        return replace(told, performance=Performance.PERFORMED, deontic=Deontic.FULFILLED,
                       says=f"{told.says}: done", activation=_at_least_active(told))  # fmt: skip
    if Ruling.VIOLATED in rulings:
        return _failed(scene, hierarchy, duty, owed, replace(told, activation=Activation.ACTIVE))
    if told.activation is Activation.INACTIVE:
        return replace(told, says=f"{told.says}: it does not bind now")
    if in_time is Satisfaction.UNSATISFIED and done is Satisfaction.UNSATISFIED:
        return _failed(scene, hierarchy, duty, owed, told)
    if in_time is not Satisfaction.SATISFIED or done is Satisfaction.UNKNOWN:
        return replace(told, activation=Activation.UNKNOWN, says=f"{told.says}: whether it was done in time is unknown")
    return replace(told, says=f"{told.says}: still to be done")


def expand(duty: Rule) -> Iterator[Rule]:
    """A duty of several actions, targets or assignees is as many duties, and all must be done."""
    if max(len(duty.actions), len(duty.targets), len(duty.assignees)) <= 1:
        yield duty
        return
    every = product(_each(duty.actions), _each(duty.targets), _each(duty.assignees))
    for number, (actions, targets, assignees) in enumerate(every, start=1):
        yield replace(duty, uid=f"{duty.uid}/{number}", actions=actions, targets=targets, assignees=assignees)


def _each(named: tuple[_T, ...]) -> tuple[tuple[_T, ...], ...]:
    """One at a time; where none is named, none once."""
    return tuple((each,) for each in named) or ((),)


def _at_least_active(told: RuleReport) -> Activation:
    return Activation.ACTIVE if told.activation is Activation.UNKNOWN else told.activation


def _failed(scene: Scene, hierarchy: Hierarchy, duty: Rule, owed: Owed, told: RuleReport) -> RuleReport:
    """Violated, unless it was done late and every consequence was done too."""
    after = replace(owed, role="consequence")
    consequences = tuple(judge_duty(scene, hierarchy, each, after) for given in duty.duties for each in expand(given))
    late = _done(scene, hierarchy, duty, owed, {_Sort.OTHER})
    settled = consequences and late is Satisfaction.SATISFIED
    if settled and all(report.deontic is Deontic.FULFILLED for report in consequences):
        return replace(told, performance=Performance.PERFORMED, deontic=Deontic.FULFILLED, conditions=consequences,
                       says=f"{told.says}: done late, with its consequence")  # fmt: skip
    return replace(told, performance=Performance.UNPERFORMED, deontic=Deontic.VIOLATED, conditions=consequences,
                   says=f"{told.says}: not done in time")  # fmt: skip


def _binding(scene: Scene, duty: Rule, leaves: list[Condition]) -> tuple[Premise, ...]:
    """Whether the duty binds now.  A combination that speaks of time cannot tell 'not yet' from 'too late': doubt."""
    found = []
    for leaf in leaves:
        premise = judge(scene, leaf, of_world(scene, scene.request, duty.uid))
        if premise.state is Satisfaction.UNSATISFIED and isinstance(leaf, Logical) and _timed(leaf):
            premise = replace(premise, state=Satisfaction.UNKNOWN)
        found.append(premise)
    return tuple(found)


def _done(scene: Scene, hierarchy: Hierarchy, duty: Rule, owed: Owed, heeded: set[_Sort]) -> Satisfaction:
    """Whether some deed fulfils the duty, heeding constraints of these sorts."""
    heeding = replace(duty, constraints=tuple(leaf for leaf in _leaves(duty.constraints) if _sort(leaf) in heeded))
    doubt = False
    for act in scene.performed:
        scene.step()
        state = _fits(scene, hierarchy, heeding, owed, act)
        if state is Satisfaction.SATISFIED:
            return state
        doubt = doubt or state is Satisfaction.UNKNOWN
    return Satisfaction.UNKNOWN if doubt else Satisfaction.UNSATISFIED


def _fits(scene: Scene, hierarchy: Hierarchy, duty: Rule, owed: Owed, act: Act) -> Satisfaction:
    named = duty.assignees or ((Thing(ids=(owed.actor,)),) if owed.actor else ())
    premises = [thing(scene, duty.targets, act.target, "TargetReport", wide=False),
                thing(scene, named, act.actor, "PartyReport", wide=False)]  # fmt: skip
    if owed.since is not None and order(act.at, owed.since) not in _SINCE:
        return Satisfaction.UNSATISFIED
    for function, party in duty.roles:
        who = act.roles.get(function, act.actor if function in PERFORMING_ROLES else "")
        premises.append(thing(scene, (party,), who, "PartyReport", wide=False))
    state = both(premise.state for premise in premises)
    if state is Satisfaction.UNSATISFIED:
        return state
    state = both((state, action(scene, hierarchy, duty, act).state))
    if state is Satisfaction.UNSATISFIED:
        return state
    look = of_world(scene, act, duty.uid)
    return both((state, *(judge(scene, leaf, look).state for leaf in duty.constraints)))


def _leaves(conditions: tuple[Condition, ...]) -> Iterator[Condition]:
    """The conjuncts: `and` and `andSequence` are only brackets here."""
    for condition in conditions:
        if isinstance(condition, Logical) and condition.logic in (Logic.AND, Logic.AND_SEQUENCE):
            yield from _leaves(condition.operands)
        else:
            yield condition


def _sort(leaf: Condition) -> _Sort:
    if isinstance(leaf, Logical):
        return _Sort.OTHER
    usage = POLICY_USAGE in leaf.references or any(value.text == POLICY_USAGE for value in leaf.right)
    if leaf.left in (EVENT, DATE_TIME) and usage and leaf.operator in _UNTIL:
        return _Sort.BEFORE_USE
    if leaf.left in (DATE_TIME, ELAPSED, DELAY) and leaf.operator in _UNTIL:
        return _Sort.DEADLINE
    if leaf.left == DATE_TIME and leaf.operator is Operator.EQ:
        return _Sort.DEADLINE
    return _Sort.START if leaf.left == DATE_TIME and leaf.operator in _FROM else _Sort.OTHER


def _as_deadline(leaf: Condition) -> Condition:
    """`on that day` has passed when the day has."""
    if isinstance(leaf, Constraint) and leaf.operator is Operator.EQ:
        return replace(leaf, operator=Operator.LTEQ)
    return leaf


def _timed(condition: Condition) -> bool:
    if isinstance(condition, Constraint):
        return condition.left in (DATE_TIME, ELAPSED, DELAY, EVENT)
    return any(_timed(operand) for operand in condition.operands)


def _what(duty: Rule) -> str:
    return ", ".join(short(item.iri) for item in duty.actions) or "nothing"
