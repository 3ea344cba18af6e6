"""Policies out of a graph.  Whatever ODRL 2.2 does not allow is refused, with the place and the reason."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from stagedoor.adapters.odrl.conditions import ConditionReader, only
from stagedoor.adapters.odrl.graph import Graph, Node, load
from stagedoor.core.rules.odrl.actions import Hierarchy
from stagedoor.core.rules.odrl.limits import ACTIONS_MAX, DUTY_DEPTH_MAX, POLICIES_MAX, RULES_MAX
from stagedoor.core.rules.odrl.model import (
    Action,
    Declared,
    Policy,
    PolicyKind,
    Rule,
    RuleKind,
    Shared,
    Strategy,
    Thing,
)
from stagedoor.core.rules.odrl.refusal import OdrlRefused, shown
from stagedoor.core.rules.odrl.terms import ODRL, OTHER_ROLES, PERFORMING_ROLES, RDF, REPLACED_BY, short

_KINDS: Final = {ODRL + kind.value: kind for kind in PolicyKind} | {ODRL + "Policy": PolicyKind.SET}
_STRATEGIES: Final = {ODRL + strategy.value: strategy for strategy in Strategy}
_RULES: Final = (("permission", RuleKind.PERMISSION), ("prohibition", RuleKind.PROHIBITION),
                 ("obligation", RuleKind.DUTY))  # fmt: skip
_ONLY_POLICIES: Final = ("permission", "prohibition", "obligation", "inheritFrom", "conflict", "profile")
_ABOUT_OTHERS: Final = frozenset(
    ODRL + name
    for name in ("uid", "partOf", "source", "hasPolicy", "assigneeOf", "assignerOf", "includedIn", "implies")
)
"""What may be said of an asset, a party or an action to which no rule refers."""

_DUTIES: Final = {RuleKind.PERMISSION: "duty", RuleKind.PROHIBITION: "remedy", RuleKind.DUTY: "consequence"}
_ROLES: Final = PERFORMING_ROLES | OTHER_ROLES
_ROLE_NAMES: Final = frozenset(role[len(ODRL) :] for role in _ROLES)
_SHARED: Final = frozenset({"target", "assignee", "assigner", "action"}) | _ROLE_NAMES
_OF_POLICY: Final = _SHARED | {"uid", "profile", "inheritFrom", "conflict", "permission", "prohibition", "obligation"}
_OF_RULE: Final = _SHARED | {"uid", "constraint", "output"}
_OF_ACTION: Final = frozenset({"refinement", "includedIn", "implies", "uid"})
_TYPE: Final = RDF + "type"


def read_policies(data: bytes, media: str = "application/ld+json") -> tuple[Policy, ...]:
    """Every policy that a document states.  Raises OdrlRefused for what is malformed, enormous or not ODRL 2.2."""
    return _Reader(load(data, media)).policies()


class _Reader:
    def __init__(self, graph: Graph) -> None:
        self._graph = graph
        self._conditions = ConditionReader(graph)
        self._rules = 0
        self._inverses: dict[str, dict[Node, list[Thing]]] = {}

    def policies(self) -> tuple[Policy, ...]:
        declares = self._declares()
        found: list[Policy] = []
        for node in list(self._graph.subjects()):
            if self._is_policy(node):
                found.append(replace(self._policy(node), declares=declares))
            if len(found) > POLICIES_MAX:
                raise OdrlRefused("the document", f"it states more than {POLICIES_MAX} policies. Split it.")
        for node in self._graph.unvisited():
            strange = [name for name in self._graph.said(node) if name.startswith(ODRL) and name not in _ABOUT_OTHERS]
            if strange:
                raise OdrlRefused(node.text, f"it has {short(strange[0])} and belongs to no policy given here.")
        if not found:
            raise OdrlRefused(
                "the document", "it states no policy. Give an object of the type Set, Offer or Agreement."
            )
        if len({policy.uid for policy in found}) < len(found):
            raise OdrlRefused("the document", "two policies have one uid.")
        return tuple(found)

    def _is_policy(self, node: Node) -> bool:
        if any(item.text in _KINDS for item in self._graph.all(node, _TYPE)):
            return True
        if any(ODRL + name in self._graph.said(node) for name in _ONLY_POLICIES):
            raise OdrlRefused(
                node.text, "it looks like a policy and has no type. Say whether it is a Set, an Offer or an Agreement."
            )
        return False

    def _policy(self, node: Node) -> Policy:
        uid = self._uid(node)
        only(self._graph, node, _OF_POLICY, uid)
        kinds = {_KINDS[item.text] for item in self._graph.all(node, _TYPE) if item.text in _KINDS}
        narrow = kinds - {PolicyKind.SET} or kinds
        if len(narrow) > 1:
            raise OdrlRefused(uid, f"it is a {' and a '.join(sorted(kind.value for kind in narrow))}. Choose one.")
        rules = {name: self._top_rules(node, name, kind, uid) for name, kind in _RULES}
        policy = Policy(
            uid=uid,
            kind=narrow.pop(),
            profiles=self._iris(node, "profile", uid),
            inherits=self._iris(node, "inheritFrom", uid),
            conflicts=self._strategies(node, uid),
            permissions=rules["permission"],
            prohibitions=rules["prohibition"],
            obligations=rules["obligation"],
            shared=self._shared(node, uid),
            replaced_by=next((item.text for item in self._graph.all(node, REPLACED_BY)), ""),
        )
        if not any(rules.values()) and not policy.inherits:
            raise OdrlRefused(uid, "it has no permission, prohibition or obligation. Give it a rule.")
        for rule in (*policy.permissions, *policy.prohibitions, *policy.obligations):
            if not rule.actions and not policy.shared.actions:
                raise OdrlRefused(rule.uid, "it names no action, and neither does its policy.")
        return policy

    def _uid(self, node: Node) -> str:
        named = [item.text for item in self._graph.all(node, ODRL + "uid")]
        found = list(dict.fromkeys(([] if node.blank else [node.text]) + named))
        if len(found) != 1:
            raise OdrlRefused(
                "a policy", "it has no uid." if not found else f"it has two uids: {', '.join(found[:2])}."
            )
        return found[0]

    def _iris(self, node: Node, name: str, where: str) -> tuple[str, ...]:
        found = self._graph.all(node, ODRL + name)
        if not all(item.is_iri for item in found):
            raise OdrlRefused(where, f"{name} is an IRI.")
        return tuple(item.text for item in found)

    def _strategies(self, node: Node, where: str) -> tuple[Strategy, ...]:
        found = self._graph.all(node, ODRL + "conflict")
        for item in found:
            if item.text not in _STRATEGIES:
                raise OdrlRefused(where, f"conflict is perm, prohibit or invalid, not {shown(short(item.text))}.")
        return tuple(_STRATEGIES[item.text] for item in found)

    def _shared(self, node: Node, where: str) -> Shared:
        read = self._conditions
        return Shared(
            targets=read.things(node, ODRL + "target", where) + self._inverse("hasPolicy", node),
            assignees=read.things(node, ODRL + "assignee", where) + self._inverse("assigneeOf", node),
            assigners=read.things(node, ODRL + "assigner", where) + self._inverse("assignerOf", node),
            actions=self._actions(node, where),
            roles=self._roles(node, where),
        )

    def _inverse(self, name: str, policy: Node) -> tuple[Thing, ...]:
        """Assets and parties that say of themselves that the policy is theirs."""
        if name not in self._inverses:
            found: dict[Node, list[Thing]] = {}
            for other in self._graph.subjects():
                for named in self._graph.all(other, ODRL + name):
                    if other.blank:
                        raise OdrlRefused(named.text, f"something without a name says {name} of it. Give it an IRI.")
                    found.setdefault(named, []).append(Thing(ids=(other.text,)))
            self._inverses[name] = found
        return tuple(self._inverses[name].get(policy, ()))

    def _top_rules(self, node: Node, name: str, kind: RuleKind, where: str) -> tuple[Rule, ...]:
        found = self._graph.all(node, ODRL + name)
        return tuple(self._rule(item, kind, f"{where}#{name}-{n}", 0) for n, item in enumerate(found, start=1))

    def _rule(self, node: Node, kind: RuleKind, named: str, depth: int) -> Rule:
        self._rules += 1
        if self._rules > RULES_MAX:
            raise OdrlRefused("the document", f"it has more than {RULES_MAX} rules. Split it.")
        if node.is_literal:
            raise OdrlRefused(named, f"a rule is an object, not the text '{shown(node.text)}'.")
        uid = next((item.text for item in self._graph.all(node, ODRL + "uid")), named if node.blank else node.text)
        if depth > DUTY_DEPTH_MAX:
            raise OdrlRefused(uid, f"duties are nested deeper than {DUTY_DEPTH_MAX}, or in a circle.")
        last = depth > 0 and not named.rpartition("/")[2].startswith("duty-")
        if last and self._graph.all(node, ODRL + "consequence"):
            raise OdrlRefused(uid, "a remedy or a consequence has no consequence of its own in ODRL 2.2.")
        only(self._graph, node, _OF_RULE | {_DUTIES[kind]}, uid)
        for item in self._graph.all(node, _TYPE):
            if item.text.startswith(ODRL) and item.text not in (ODRL + kind.value, ODRL + "Rule"):
                raise OdrlRefused(uid, f"it is called a {short(item.text)} and used as a {kind.value}.")
        read = self._conditions
        inner = self._graph.all(node, ODRL + _DUTIES[kind])
        duties = tuple(
            self._rule(item, RuleKind.DUTY, f"{uid}/{_DUTIES[kind]}-{n}", depth + 1)
            for n, item in enumerate(inner, start=1)
        )
        actions = self._actions(node, uid)
        if depth and not actions:
            raise OdrlRefused(uid, "it names no action.")
        return Rule(
            uid=uid,
            kind=kind,
            targets=read.things(node, ODRL + "target", uid),
            assignees=read.things(node, ODRL + "assignee", uid),
            assigners=read.things(node, ODRL + "assigner", uid),
            actions=actions,
            constraints=read.conditions(node, ODRL + "constraint", uid),
            duties=duties,
            roles=self._roles(node, uid),
        )

    def _roles(self, node: Node, where: str) -> tuple[tuple[str, Thing], ...]:
        said = [role for role in self._graph.said(node) if role in _ROLES]
        return tuple((role, party) for role in sorted(said) for party in self._conditions.things(node, role, where))

    def _actions(self, node: Node, where: str) -> tuple[Action, ...]:
        return tuple(self._action(item, where) for item in self._graph.all(node, ODRL + "action"))

    def _action(self, node: Node, where: str) -> Action:
        if node.is_literal:
            raise OdrlRefused(where, f"an action is a term, not the text '{shown(node.text)}'.")
        only(self._graph, node, _OF_ACTION, where)
        values = self._graph.all(node, RDF + "value")
        if len(values) > 1 or (node.blank and not values) or any(not value.is_iri for value in values):
            raise OdrlRefused(where, "a refined action names exactly one action with rdf:value.")
        refinements = self._conditions.conditions(node, ODRL + "refinement", where)
        return Action(iri=values[0].text if values else node.text, refinements=refinements)

    def _declares(self) -> tuple[Declared, ...]:
        found: list[Declared] = []
        for node in self._graph.subjects():
            said = [self._graph.all(node, ODRL + name) for name in ("includedIn", "implies")]
            if not any(said):
                continue
            if node.blank or not all(item.is_iri for items in said for item in items):
                raise OdrlRefused("an action", "it is declared without a name. Give it an IRI.")
            found.append(Declared(action=node.text, included_in=tuple(item.text for item in said[0]),
                                  implies=tuple(item.text for item in said[1])))  # fmt: skip
            if len(found) > ACTIONS_MAX:
                raise OdrlRefused("the document", f"it declares more than {ACTIONS_MAX} actions. Split it.")
        Hierarchy(found)  # a circle or a redefinition is refused here, before any policy is believed
        return tuple(found)
