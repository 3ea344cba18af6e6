"""Constraints and refinements: one comparison, and the four ways to combine several."""

from __future__ import annotations

from collections.abc import Callable

from stagedoor.core.rules.odrl.model import Condition, Constraint, Logic, Logical, Operator
from stagedoor.core.rules.odrl.report import Premise, Satisfaction, both, either, satisfaction
from stagedoor.core.rules.odrl.scene import Scene
from stagedoor.core.rules.odrl.terms import POLICY_USAGE, short
from stagedoor.core.rules.odrl.values import Kind, Value, order, same

Look = Callable[[str], tuple[Value, ...] | None]
"""What is known of a left operand; None where it is said in two ways."""

_ORDERS = {
    Operator.LT: frozenset({-1}),
    Operator.LTEQ: frozenset({-1, 0}),
    Operator.GT: frozenset({1}),
    Operator.GTEQ: frozenset({0, 1}),
}
_SETS = frozenset({Operator.IS_ANY_OF, Operator.IS_NONE_OF, Operator.IS_ALL_OF, Operator.IS_PART_OF,
                   Operator.HAS_PART, Operator.IS_A})  # fmt: skip


def judge(scene: Scene, condition: Condition, look: Look, kind: str = "ConstraintReport") -> Premise:
    """Whether a constraint holds, with the reports of its operands if it is a logical one."""
    if isinstance(condition, Logical):
        return _logical(scene, condition, look, kind)
    scene.step()
    state, says = _compare(scene, condition, look)
    return Premise(kind=kind, of=condition.uid, state=state, says=f"{written(condition)}: {says}")


def written(condition: Condition) -> str:
    """The constraint as a person would write it."""
    if isinstance(condition, Logical):
        return f"{condition.logic.value} of {len(condition.operands)}"
    right = [value.text for value in condition.right] + [short(name) for name in condition.references]
    shown = ", ".join(text[:60] for text in right[:4]) + (", …" if len(right) > 4 else "")
    unit = next((f" {short(value.unit)}" for value in condition.right if value.unit), "")
    return f"{short(condition.left)} {condition.operator.value} {shown}{unit}"


def _logical(scene: Scene, condition: Logical, look: Look, kind: str) -> Premise:
    inner: list[Premise] = []
    for operand in condition.operands:
        inner.append(judge(scene, operand, look, kind))
        if condition.logic is Logic.AND_SEQUENCE and inner[-1].state is not Satisfaction.SATISFIED:
            break  # what comes later in the sequence has not begun
    states = [premise.state for premise in inner]
    if condition.logic is Logic.OR:
        state = either(states)
    elif condition.logic is Logic.XONE:
        state = _exactly_one(states)
    else:
        state = both(states)
    return Premise(kind=kind, of=condition.uid, state=state, says=written(condition), premises=tuple(inner))


def _exactly_one(states: list[Satisfaction]) -> Satisfaction:
    held = states.count(Satisfaction.SATISFIED)
    if held > 1:
        return Satisfaction.UNSATISFIED
    return satisfaction(None if Satisfaction.UNKNOWN in states else held == 1)


def _compare(scene: Scene, constraint: Constraint, look: Look) -> tuple[Satisfaction, str]:
    left = look(constraint.left)
    if left is None:
        return Satisfaction.UNKNOWN, "the request and the world say different things of it"
    left = left or constraint.status
    if not left:
        return Satisfaction.UNKNOWN, "nothing is known of it"
    right = list(constraint.right)
    for name in constraint.references:
        if name not in scene.references:
            return Satisfaction.UNKNOWN, f"nobody says what {short(name)} holds"
        right += scene.references[name]
    right = [scene.at if value.text == POLICY_USAGE else value for value in right]
    if not right:
        return Satisfaction.UNKNOWN, "there is nothing to compare with"
    if constraint.operator not in _SETS and len(right) > 1:
        return Satisfaction.UNKNOWN, f"'{constraint.operator.value}' compares with one value, not {len(right)}"
    scene.step(len(left) * len(right))
    state = _holds(scene, constraint.operator, left, tuple(right))
    seen = ", ".join(value.text[:60] for value in left[:4]) + (", …" if len(left) > 4 else "")
    doubt = "" if state is not Satisfaction.UNKNOWN else ", which cannot be compared for certain"
    return state, f"it is {seen}{doubt}"


def _holds(scene: Scene, operator: Operator, left: tuple[Value, ...], right: tuple[Value, ...]) -> Satisfaction:
    if operator is Operator.IS_ALL_OF:
        return both(either(satisfaction(same(mine, other)) for mine in left) for other in right)
    if operator is Operator.HAS_PART:
        return both(either(_part(scene, other, mine) for mine in left) for other in right)
    each = {_one(scene, operator, value, right) for value in left}
    return each.pop() if len(each) == 1 else Satisfaction.UNKNOWN  # true of one value and not of another: doubt


def _one(scene: Scene, operator: Operator, value: Value, right: tuple[Value, ...]) -> Satisfaction:
    if operator is Operator.IS_PART_OF:
        return either(_part(scene, value, other) for other in right)
    if operator is Operator.IS_A:
        return either(_is_a(scene, value, other) for other in right)
    if operator in _ORDERS:
        found = order(value, right[0])
        if found is None or (found & _ORDERS[operator] and found - _ORDERS[operator]):
            return Satisfaction.UNKNOWN
        return satisfaction(bool(found <= _ORDERS[operator]))
    among = either(satisfaction(same(value, other)) for other in right)
    if operator in (Operator.NEQ, Operator.IS_NONE_OF):
        return {Satisfaction.SATISFIED: Satisfaction.UNSATISFIED,
                Satisfaction.UNSATISFIED: Satisfaction.SATISFIED}.get(among, among)  # fmt: skip
    return among


def _part(scene: Scene, part: Value, whole: Value) -> Satisfaction:
    """Everything is part of itself; beyond that the world's memberships speak."""
    if whole.kind in (Kind.IRI, Kind.TEXT) and part.kind in (Kind.IRI, Kind.TEXT):
        return satisfaction(whole.text in scene.wholes(part.text))
    return satisfaction(same(part, whole))


def _is_a(scene: Scene, value: Value, kind: Value) -> Satisfaction:
    if kind.kind not in (Kind.IRI, Kind.TEXT) or value.kind not in (Kind.IRI, Kind.TEXT):
        return Satisfaction.UNKNOWN
    return satisfaction(kind.text in scene.kinds(value.text))
