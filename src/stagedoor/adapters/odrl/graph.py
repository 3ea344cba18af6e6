"""A document as a small RDF graph: read by pyoxigraph, bounded, every IRI checked, nothing relative."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Final, NamedTuple

import pyoxigraph

from stagedoor.adapters.odrl import guard, jsonld
from stagedoor.core.rules.odrl.limits import IRI_CHARS_MAX, IRIS_CHARS_MAX, OPERANDS_MAX, TEXT_CHARS_MAX, TRIPLES_MAX
from stagedoor.core.rules.odrl.refusal import OdrlRefused, shown
from stagedoor.core.rules.odrl.terms import RDF, short

RELATIVE: Final = "https://relative.invalid/"
_IRI: Final = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:[^\x00-\x20<>\"{}|^`\\]*")

FORMATS: Final = {
    "application/ld+json": pyoxigraph.RdfFormat.JSON_LD,
    "text/turtle": pyoxigraph.RdfFormat.TURTLE,
    "application/n-triples": pyoxigraph.RdfFormat.N_TRIPLES,
    "application/rdf+xml": pyoxigraph.RdfFormat.RDF_XML,
}
"""Media types that are read."""


class Node(NamedTuple):
    """An IRI, a blank node or a literal (then with a datatype)."""

    text: str
    blank: bool = False
    datatype: str = ""

    @property
    def is_literal(self) -> bool:
        """Whether it is a literal."""
        return bool(self.datatype)

    @property
    def is_iri(self) -> bool:
        """Whether it is an IRI."""
        return not self.blank and not self.datatype


class Graph:
    """Statements by subject and predicate, each once, in the order of the document."""

    def __init__(self) -> None:
        """Begin empty."""
        self._said: dict[Node, dict[str, dict[Node, None]]] = {}
        self._visited: set[Node] = set()

    def add(self, subject: Node, predicate: str, target: Node) -> None:
        """Add one statement, once."""
        self._said.setdefault(subject, {}).setdefault(predicate, {})[target] = None

    def subjects(self) -> Iterator[Node]:
        """Everything that something is said of."""
        yield from self._said

    def visit(self, node: Node) -> Iterable[str]:
        """The properties that a node has, for one who has understood them all."""
        self._visited.add(node)
        return self.said(node)

    def unvisited(self) -> Iterator[Node]:
        """What nobody understood."""
        yield from (node for node in self._said if node not in self._visited)

    def said(self, node: Node) -> Iterable[str]:
        """The properties that a node has."""
        return self._said.get(node, ())

    def all(self, node: Node, predicate: str) -> tuple[Node, ...]:
        """The values of a property, each once."""
        there = self._said.get(node)
        return tuple(there[predicate]) if there is not None and predicate in there else ()

    def members(self, node: Node) -> list[Node]:
        """The items of an RDF list, or the node itself if it is none."""
        if node.is_literal or (RDF + "first" not in self.said(node) and node.text != RDF + "nil"):
            return [node]
        found: list[Node] = []
        seen: set[Node] = set()
        while node.text != RDF + "nil":
            items, rest = self.all(node, RDF + "first"), self.all(node, RDF + "rest")
            if node in seen or len(items) != 1 or len(rest) != 1 or len(found) >= OPERANDS_MAX:
                raise OdrlRefused("a list", f"it is broken, circular or longer than {OPERANDS_MAX}.")
            seen.add(node)
            found.append(items[0])
            node = rest[0]
        return found


def load(data: bytes, media: str) -> Graph:
    """The graph that a document states, or a refusal that says where it is wrong."""
    known = FORMATS.get(media)
    if known is None:
        raise OdrlRefused(f"the format '{shown(media)}'", f"it is not read. Use one of {', '.join(FORMATS)}.")
    if media == "application/ld+json":
        data = jsonld.closed(guard.json_value(data))
    elif media == "application/rdf+xml":
        guard.xml(data)
    else:
        guard.turtle(data)
    graph, nodes = Graph(), _Nodes()
    try:
        # lenient: an IRI that is none is kept and refused below; otherwise the statement would vanish in silence
        quads = pyoxigraph.parse(data, known, base_iri=RELATIVE, without_named_graphs=True, lenient=True)
        for number, quad in enumerate(quads, start=1):
            if number > TRIPLES_MAX:
                raise OdrlRefused("the document", f"it makes more than {TRIPLES_MAX} statements. Split it.")
            graph.add(nodes.node(quad.subject), nodes.predicate(quad.predicate), nodes.node(quad.object))
    except (SyntaxError, ValueError) as fault:
        if isinstance(fault, OdrlRefused):
            raise
        raise OdrlRefused("the document", f"it cannot be read: {shown(str(fault))}.") from None
    return graph


class _Nodes:
    """Makes nodes, checks each IRI once, counts their characters."""

    def __init__(self) -> None:
        self._known: dict[str, Node] = {}
        self._characters = 0

    def node(self, term: object) -> Node:
        if isinstance(term, pyoxigraph.NamedNode):
            return self._iri(term.value)
        if isinstance(term, pyoxigraph.BlankNode):
            return Node(term.value, True)
        if isinstance(term, pyoxigraph.Literal):
            text = term.value
            if len(text) > TEXT_CHARS_MAX:
                raise OdrlRefused(f"the text '{text[:40]}…'", f"it has more than {TEXT_CHARS_MAX} characters.")
            return Node(text, False, self._iri(term.datatype.value).text)
        raise OdrlRefused("a statement", "it speaks of another statement, which ODRL does not.")

    def predicate(self, term: object) -> str:
        if not isinstance(term, pyoxigraph.NamedNode):
            raise OdrlRefused("a property", "it has no name. Give it an IRI.")
        return self._iri(term.value).text

    def _iri(self, iri: str) -> Node:
        self._characters += len(iri)
        if self._characters > IRIS_CHARS_MAX:
            raise OdrlRefused("the document", f"its IRIs have more than {IRIS_CHARS_MAX} characters. Split it.")
        found = self._known.get(iri)
        if found is None:
            found = self._known[iri] = Node(_checked(iri))
        return found


def _checked(iri: str) -> str:
    if len(iri) > IRI_CHARS_MAX:
        raise OdrlRefused(f"the IRI {iri[:60]}…", f"it has more than {IRI_CHARS_MAX} characters.")
    if iri.startswith(jsonld.UNMAPPED):
        word = iri[len(jsonld.UNMAPPED) :]
        raise OdrlRefused(
            f"'{shown(word)}'", "no context says what this word means. Spell it as ODRL does, or drop it."
        )
    if iri.startswith(RELATIVE):
        word = iri[len(RELATIVE) :]
        raise OdrlRefused(f"'{shown(word)}'", "it is no full IRI. Write it with its scheme, as https://…")
    if not _IRI.fullmatch(iri):
        raise OdrlRefused(f"'{shown(short(iri))}'", "it is no IRI. Escape what does not belong in one.")
    return iri
