"""Constraints, refinements and things, out of a graph."""

from __future__ import annotations

from typing import Final

from stagedoor.adapters.odrl.graph import Graph, Node
from stagedoor.core.rules.odrl.limits import CONSTRAINTS_MAX, LOGIC_DEPTH_MAX, OPERANDS_MAX
from stagedoor.core.rules.odrl.model import Condition, Constraint, Logic, Logical, Operator, Thing
from stagedoor.core.rules.odrl.refusal import OdrlRefused, shown
from stagedoor.core.rules.odrl.terms import ODRL, RDF, XSD, full, short
from stagedoor.core.rules.odrl.values import Value, ValueFault, iri, literal

_OPERATORS: Final = {ODRL + operator.value: operator for operator in Operator} | {ODRL + "neg": Operator.NEQ}
"""`odrl:neg` is what the W3C's own context makes of `neq`."""

_LOGIC: Final = {ODRL + logic.value: logic for logic in Logic}
_OF_CONSTRAINT: Final = frozenset(
    {
        "uid",
        "leftOperand",
        "operator",
        "rightOperand",
        "rightOperandReference",
        "unit",
        "dataType",
        "datatype",
        "status",
    }
)
_OF_THING: Final = frozenset({"uid", "source", "refinement", "partOf", "hasPolicy", "assigneeOf", "assignerOf"})


class ConditionReader:
    """Reads constraints and things of one graph, counting as it goes."""

    def __init__(self, graph: Graph) -> None:
        """Begin to count."""
        self.graph = graph
        self._count = 0

    def conditions(self, owner: Node, predicate: str, where: str) -> tuple[Condition, ...]:
        """All constraints of an owner: they are a conjunction."""
        heads = self.graph.all(owner, predicate)
        nodes = [node for head in heads for node in self.graph.members(head)]
        return tuple(self.condition(node, f"{where}, {short(predicate)} {n}") for n, node in enumerate(nodes, start=1))

    def condition(self, node: Node, where: str, depth: int = 0) -> Condition:
        """One constraint, or a logical one with its operands."""
        self._count += 1
        if self._count > CONSTRAINTS_MAX:
            raise OdrlRefused("the document", f"it has more than {CONSTRAINTS_MAX} constraints. Split it.")
        if node.is_literal:
            raise OdrlRefused(where, f"a constraint is an object, not the text '{shown(node.text)}'.")
        logic = [name for name in self.graph.said(node) if name in _LOGIC]
        if logic:
            return self._logical(node, logic, where, depth)
        only(self.graph, node, _OF_CONSTRAINT, where)
        left = self._one(node, "leftOperand", where)
        named = self._one(node, "operator", where)
        operator = _OPERATORS.get(named)
        if operator is None:
            raise OdrlRefused(where, f"there is no operator {shown(short(named))}.")
        unit = self._unit(node, where)
        right = self._values(node, "rightOperand", unit, where)
        references = tuple(item.text for item in self._items(node, "rightOperandReference"))
        if not right and not references:
            raise OdrlRefused(where, "it has no rightOperand. Say what to compare with.")
        return Constraint(
            uid=_name(node, where), left=left, operator=operator, right=right, references=references,
            status=self._values(node, "status", unit, where),
        )  # fmt: skip

    def things(self, owner: Node, predicate: str, where: str) -> tuple[Thing, ...]:
        """The targets, or the parties in one function."""
        return tuple(self.thing(node, f"{where}, {short(predicate)}") for node in self.graph.all(owner, predicate))

    def thing(self, node: Node, where: str) -> Thing:
        """One asset or party, or a collection with its source and refinements."""
        if node.is_literal:
            raise OdrlRefused(where, f"it is named by an IRI, not by the text '{shown(node.text)}'.")
        only(self.graph, node, _OF_THING, where)
        ids = [] if node.blank else [node.text]
        for name in ("uid", "source"):
            for given in self.graph.all(node, ODRL + name):
                if given.blank:
                    raise OdrlRefused(where, f"its {name} has no name. Give it an IRI.")
                ids.append(given.text)
        refinements = self.conditions(node, ODRL + "refinement", where)
        if not ids and not refinements:
            raise OdrlRefused(
                where, "it has neither a name nor a refinement, so that it would mean anybody or anything."
            )
        return Thing(ids=tuple(dict.fromkeys(ids)), refinements=refinements)

    def _logical(self, node: Node, logic: list[str], where: str, depth: int) -> Logical:
        if depth >= LOGIC_DEPTH_MAX:
            raise OdrlRefused(where, f"constraints are nested deeper than {LOGIC_DEPTH_MAX}, or in a circle.")
        only(self.graph, node, frozenset({"uid", *(name.rpartition("/")[2] for name in logic)}), where)
        if len(logic) > 1:
            raise OdrlRefused(where, f"it says {short(logic[0])} and {short(logic[1])}. Use two constraints.")
        heads = self.graph.all(node, logic[0])
        if _LOGIC[logic[0]] is Logic.AND_SEQUENCE and len(heads) > 1:
            raise OdrlRefused(where, "andSequence has an order; write its operands as a list (@list).")
        nodes = [item for head in heads for item in self.graph.members(head)]
        if not nodes or len(nodes) > OPERANDS_MAX:
            raise OdrlRefused(where, f"a logical constraint has 1 to {OPERANDS_MAX} operands, not {len(nodes)}.")
        operands = tuple(self.condition(item, f"{where}.{n}", depth + 1) for n, item in enumerate(nodes, start=1))
        return Logical(uid=_name(node, where), logic=_LOGIC[logic[0]], operands=operands)

    def _one(self, node: Node, name: str, where: str) -> str:
        found = self.graph.all(node, ODRL + name)
        if len(found) != 1 or not found[0].is_iri:
            raise OdrlRefused(where, f"it has {len(found) or 'no'} {name}; exactly one term is needed.")
        return found[0].text

    def _items(self, node: Node, name: str) -> list[Node]:
        found = [item for head in self.graph.all(node, ODRL + name) for item in self.graph.members(head)]
        if len(found) > OPERANDS_MAX:
            raise OdrlRefused(name, f"more than {OPERANDS_MAX} values in one constraint.")
        return found

    def _unit(self, node: Node, where: str) -> str:
        found = self.graph.all(node, ODRL + "unit")
        if len(found) > 1 or (found and found[0].blank):
            raise OdrlRefused(where, "it has several units, or one without a name.")
        return full(found[0].text) if found else ""

    def _values(self, node: Node, name: str, unit: str, where: str) -> tuple[Value, ...]:
        types = [*self.graph.all(node, ODRL + "dataType"), *self.graph.all(node, ODRL + "datatype")]
        if len(types) > 1:
            raise OdrlRefused(where, "it has several data types.")
        datatype = full(types[0].text) if types else ""
        return tuple(_value(item, datatype, unit, f"{where}, {name}") for item in self._items(node, name))


def only(graph: Graph, node: Node, known: frozenset[str], where: str) -> None:
    """Refuse a property of ODRL that has no meaning here; other vocabularies may say what they like."""
    for predicate in graph.visit(node):
        if predicate.startswith(ODRL) and predicate[len(ODRL) :] not in known:
            raise OdrlRefused(where, f"{short(predicate)} has no meaning here in ODRL 2.2. Take it out.")


def _value(node: Node, datatype: str, unit: str, where: str) -> Value:
    if node.blank:
        raise OdrlRefused(where, "a value has no name. Write an IRI or a literal.")
    if node.is_iri:
        return iri(node.text, unit)
    override = datatype and node.datatype in (XSD + "string", XSD + "anyType")
    try:
        return literal(node.text, datatype if override else node.datatype, unit)
    except ValueFault as fault:
        raise OdrlRefused(where, f"{fault}.") from None


def _name(node: Node, where: str) -> str:
    return where if node.blank or node.text == RDF + "nil" else node.text
