"""The world, indexed for one evaluation, with the budget of its steps."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from stagedoor.core.rules.odrl.actions import Hierarchy
from stagedoor.core.rules.odrl.limits import STEPS_MAX
from stagedoor.core.rules.odrl.model import About, Attribute, Declared, Performed, Request, Ruling, World
from stagedoor.core.rules.odrl.refusal import OdrlRefused
from stagedoor.core.rules.odrl.terms import DATE_TIME
from stagedoor.core.rules.odrl.values import Value

Known = dict[str, tuple[Value, ...]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Act:
    """The deed that a rule is held against: the one asked for, or one that was performed."""

    action: str
    target: str
    actor: str
    at: Value
    values: Known
    roles: dict[str, str]
    done: bool


class Scene:
    """One request in one world."""

    def __init__(self, request: Request, world: World) -> None:
        """Index everything once."""
        self.at = world.at
        self.request = Act(
            action=request.action, target=request.target, actor=request.assignee, at=world.at,
            values=known(request.values), roles={}, done=False,
        )  # fmt: skip
        self.performed = tuple(_act(item) for item in world.performed)
        self.facts = known(world.facts)
        self.about = _about(world.about)
        self.rules = _about(world.rules)
        self.references = known(world.references)
        self._rulings: dict[str, frozenset[Ruling]] = {}
        for uid, ruling in world.rulings:
            self._rulings[uid] = self._rulings.get(uid, frozenset()) | {ruling}
        self._parts = _edges(world.parts)
        self._kinds = _edges(world.kinds)
        self._closed: dict[tuple[int, str], frozenset[str]] = {}
        self._hierarchies: dict[int, tuple[tuple[Declared, ...], Hierarchy]] = {}
        self._steps = 0

    def hierarchy(self, declared: tuple[Declared, ...]) -> Hierarchy:
        """The actions of a policy; policies of one document have them in common."""
        if id(declared) not in self._hierarchies:
            self._hierarchies[id(declared)] = (declared, Hierarchy(declared))
        return self._hierarchies[id(declared)][1]

    def step(self, number: int = 1) -> None:
        """Spend from the budget, or refuse."""
        self._steps += number
        if self._steps > STEPS_MAX:
            raise OdrlRefused(
                "the evaluation", f"it needs more than {STEPS_MAX} comparisons. Ask of fewer policies or fewer deeds."
            )

    def wholes(self, thing: str) -> frozenset[str]:
        """Everything that the thing is part of, itself among it."""
        return self._closure(0, self._parts, thing)

    def kinds(self, thing: str) -> frozenset[str]:
        """Every class of the thing, itself among it."""
        return self._closure(1, self._kinds, thing)

    def rulings_of(self, duty: str) -> frozenset[Ruling]:
        """What earlier reports found of a duty.  One of several actions is violated when the whole was."""
        whole, _, number = duty.rpartition("/")
        above = self._rulings.get(whole, frozenset()) if number.isdecimal() else frozenset()
        return self._rulings.get(duty, frozenset()) | (above & {Ruling.VIOLATED})

    def left(self, act: Act, name: str, rule: str) -> tuple[Value, ...] | None:
        """What is known of a left operand: of the act, of the rule, of the world.  None where they disagree."""
        if name == DATE_TIME:
            return (act.at,)
        said = [source[name] for source in (act.values, self.rules.get(rule, {}), self.facts) if name in source]
        if act.done and name in act.values:
            return act.values[name]  # what was done is not altered by what is true now
        if len({frozenset(values) for values in said}) > 1:
            return None
        return said[0] if said else ()

    def _closure(self, which: int, edges: dict[str, tuple[str, ...]], start: str) -> frozenset[str]:
        found = self._closed.get((which, start))
        if found is None:
            seen, waiting = {start}, [start]
            while waiting:
                self.step()
                for further in edges.get(waiting.pop(), ()):
                    if further not in seen:
                        seen.add(further)
                        waiting.append(further)
            found = self._closed[which, start] = frozenset(seen)
        return found


def known(attributes: Iterable[Attribute]) -> Known:
    """Values by name; a name said twice has all its values."""
    found: Known = {}
    for attribute in attributes:
        found[attribute.name] = (*found.get(attribute.name, ()), *attribute.values)
    return found


def _about(said: tuple[About, ...]) -> dict[str, Known]:
    return {item.thing: known(item.attributes) for item in said}


def _act(item: Performed) -> Act:
    return Act(
        action=item.action, target=item.target, actor=item.actor, at=item.at, values=known(item.values),
        roles=dict(item.roles), done=True,
    )  # fmt: skip


def _edges(pairs: tuple[tuple[str, str], ...]) -> dict[str, tuple[str, ...]]:
    found: dict[str, list[str]] = {}
    for start, end in pairs:
        found.setdefault(start, []).append(end)
    return {start: tuple(ends) for start, ends in found.items()}
