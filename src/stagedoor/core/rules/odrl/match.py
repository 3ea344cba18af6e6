"""Whether a rule is about a deed: its target, its party, its action, and the refinements of each."""

from __future__ import annotations

from collections.abc import Iterator

from stagedoor.core.rules.odrl.actions import Hierarchy
from stagedoor.core.rules.odrl.constraints import Look, judge
from stagedoor.core.rules.odrl.model import Action, Rule, RuleKind, Thing
from stagedoor.core.rules.odrl.report import Premise, Satisfaction, both, either
from stagedoor.core.rules.odrl.scene import Act, Scene
from stagedoor.core.rules.odrl.terms import DATE_TIME, EVENT, short
from stagedoor.core.rules.odrl.values import Value

REFINEMENT = "RefinementReport"
"""Ours: the report model has no word for refinements."""


def about(scene: Scene, hierarchy: Hierarchy, rule: Rule, act: Act) -> Iterator[Premise]:
    """The premises that tie a rule to a deed.  A rule that names no target or no assignee means any."""
    wide = rule.kind is RuleKind.PROHIBITION
    yield thing(scene, rule.targets, act.target, "TargetReport", wide=wide)
    yield thing(scene, rule.assignees, act.actor, "PartyReport", wide=wide)
    yield action(scene, hierarchy, rule, act)


def thing(scene: Scene, things: tuple[Thing, ...], who: str, kind: str, *, wide: bool) -> Premise:
    """Whether `who` is one of the things, or a member of one.  `wide`: a collection that holds one is a doubt."""
    if not things:
        return Premise(kind=kind, of=short(who), state=Satisfaction.SATISFIED, says="the rule names none: any")
    found = [_one_thing(scene, item, who, kind, wide=wide) for item in things]
    state = either(premise.state for premise in found)
    return next(premise for premise in found if premise.state is state)


def _one_thing(scene: Scene, item: Thing, who: str, kind: str, *, wide: bool) -> Premise:
    scene.step()
    of = short(item.ids[0]) if item.ids else "any member that fits"
    if not who:
        what = "nobody says who" if kind == "PartyReport" else "nobody says on what"
        return Premise(kind=kind, of=of, state=Satisfaction.UNKNOWN, says=what)
    if item.ids and not scene.wholes(who).intersection(item.ids):
        if wide and any(who in scene.wholes(name) for name in item.ids):
            what = f"{short(who)} is asked for as a whole, and the rule names a part of it"
            return Premise(kind=kind, of=of, state=Satisfaction.UNKNOWN, says=what)
        return Premise(kind=kind, of=of, state=Satisfaction.UNSATISFIED, says=f"{short(who)} is no part of it")
    facts = scene.about.get(who, {})
    inner = tuple(judge(scene, each, lambda name: facts.get(name, ()), REFINEMENT) for each in item.refinements)
    state = both(premise.state for premise in inner)
    return Premise(kind=kind, of=of, state=state, says=f"asked for {short(who)}", premises=inner)


def action(scene: Scene, hierarchy: Hierarchy, rule: Rule, act: Act) -> Premise:
    """Whether the deed is one of the rule's actions, as refined."""
    found = [_one_action(scene, hierarchy, item, rule, act) for item in rule.actions]
    if not found:
        return Premise(kind="ActionReport", of="", state=Satisfaction.UNKNOWN, says="the rule names no action")
    state = either(premise.state for premise in found)
    return next(premise for premise in found if premise.state is state)


def _one_action(scene: Scene, hierarchy: Hierarchy, item: Action, rule: Rule, act: Act) -> Premise:
    scene.step()
    state, says = _covers(hierarchy, item.iri, act.action, wide=rule.kind is RuleKind.PROHIBITION)
    inner: tuple[Premise, ...] = ()
    if state is not Satisfaction.UNSATISFIED:
        look = of_deed(scene, act, rule.uid)
        inner = tuple(judge(scene, each, look, REFINEMENT) for each in item.refinements)
        state = both((state, *(premise.state for premise in inner)))
    return Premise(kind="ActionReport", of=short(item.iri), state=state, says=says, premises=inner)


def _covers(hierarchy: Hierarchy, mine: str, asked: str, *, wide: bool) -> tuple[Satisfaction, str]:
    """Permissions and duties cover what is included in their action; a prohibition also what implies it."""
    if hierarchy.covers(mine, asked):
        return Satisfaction.SATISFIED, f"{short(asked)} is included in it" if asked != mine else "asked for"
    if not hierarchy.known(mine):
        if mine == asked:
            return Satisfaction.UNKNOWN, f"nobody declares where {short(mine)} belongs"
        return Satisfaction.UNSATISFIED, f"nobody declares {short(mine)}, and {short(asked)} was asked for"
    if wide and any(hierarchy.covers(mine, other) for other in hierarchy.implied(asked)):
        return Satisfaction.SATISFIED, f"{short(asked)} implies {short(mine)}"
    if wide and hierarchy.covers(asked, mine):
        return Satisfaction.UNKNOWN, f"{short(asked)} includes {short(mine)}; nobody says whether that is meant"
    return Satisfaction.UNSATISFIED, f"{short(asked)} is not included in {short(mine)}"


def of_deed(scene: Scene, act: Act, rule: str) -> Look:
    """What is known of a deed itself: for one that was performed, what was recorded of it and nothing else."""

    def look(name: str) -> tuple[Value, ...] | None:
        if not act.done:
            return scene.left(act, name, rule)
        return (act.at,) if name == DATE_TIME else act.values.get(name, ())

    return look


def of_world(scene: Scene, act: Act, rule: str) -> Look:
    """What is known when the deed is done: of it, of the rule, of the world.  Its own event is the deed."""

    def look(name: str) -> tuple[Value, ...] | None:
        if act.done and name == EVENT and EVENT not in act.values:
            return (act.at,)
        return scene.left(act, name, rule)

    return look
