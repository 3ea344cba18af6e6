"""JSON-LD made safe before it is parsed: contexts come from this folder alone, and nothing can vanish in silence.

A JSON-LD processor drops what no context explains: a misspelt `prohibition` would just not be there.  So every
unexplained word is mapped to an IRI of ours (`UNMAPPED`), which the graph refuses by name.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Final

from stagedoor.adapters.odrl.guard import Broken
from stagedoor.core.rules.odrl.limits import CONTEXTS_MAX, TERMS_MAX
from stagedoor.core.rules.odrl.refusal import OdrlRefused, shown
from stagedoor.core.rules.odrl.terms import ODRL, PROFILE, RDF, XSD

UNMAPPED: Final = "urn:stagedoor:unmapped:"
CONTEXT_URL: Final = "http://www.w3.org/ns/odrl.jsonld"
PROFILE_URL: Final = PROFILE.rstrip("#")
"""Where the profile's context is published."""

_HERE: Final = Path(__file__).parent
_ODRL_FILE: Final = json.loads((_HERE / "odrl.jsonld").read_text(encoding="utf-8"))["@context"]
_PROFILE_FILE: Final = json.loads((_HERE / "profile.jsonld").read_text(encoding="utf-8"))["@context"]
_SHIPPED: Final = {
    CONTEXT_URL: _ODRL_FILE,
    CONTEXT_URL.replace("http:", "https:"): _ODRL_FILE,
    PROFILE_URL: _PROFILE_FILE,
    PROFILE_URL + ".jsonld": _PROFILE_FILE,
}

_KEYWORDS: Final = frozenset({"@context", "@id", "@type", "@value", "@language", "@list", "@set", "@graph"})
_IN_CONTEXTS: Final = frozenset({"@base", "@vocab", "@version", "@protected", "@language"})
_IN_TERMS: Final = frozenset({"@id", "@type", "@container", "@language", "@prefix", "@protected"})
_NEVER_EMPTY: Final = frozenset(
    {"target", "assignee", "odrl:target", "odrl:assignee", ODRL + "target", ODRL + "assignee"}
)
_PLAIN_TYPES: Final = frozenset({"@id", "@vocab", "@none"})
_ALIASES: Final = frozenset({"@id", "@type", "@value", "@language", "@list", "@set", "@graph"})
_KEPT_PREFIXES: Final = {"odrl": ODRL, "xsd": XSD, "rdf": RDF}


def closed(document: object) -> bytes:
    """The document with every context in its place, ready for the parser; or a refusal."""
    given = document if isinstance(document, list) else [document]
    nodes = [node for node in given if isinstance(node, dict)]
    if not nodes or len(nodes) < len(given):
        raise OdrlRefused("the document", "it is no JSON-LD object, nor a list of them.")
    walk = _Walk()
    made = []
    for node in nodes:
        told = walk.node(node)
        own = told.pop("@context", [])
        context = [{"@vocab": UNMAPPED}, *(own if isinstance(own, list) else [own])]
        made.append({"@context": context, **told})
    whole = made if isinstance(document, list) else made[0]  # a graph in a list of one would count as a named graph
    return json.dumps(whole, ensure_ascii=False).encode("utf-8", "surrogatepass")


class _Walk:
    """One pass over a document."""

    def __init__(self) -> None:
        self._contexts = 0
        self._terms = 0

    def node(self, node: dict[str, object]) -> dict[str, object]:
        told: dict[str, object] = {}
        for key, value in node.items():
            if key == "@context":
                told[key] = self.context(value)
            elif key.startswith("@") and key not in _KEYWORDS:
                raise OdrlRefused(f"'{shown(key)}'", "this keyword of JSON-LD is not read here. Write it out.")
            elif key in _NEVER_EMPTY and _empty(value):
                raise OdrlRefused(f"'{key}'", "it is empty, which would mean any. Name one, or leave it out.")
            elif key == "@value" and isinstance(value, Broken):
                told |= {key: str(value), "@type": node.get("@type", XSD + "decimal")}
            elif key == "@type" and "@value" in node and isinstance(node["@value"], Broken):
                told[key] = value
            else:
                told[key] = self.value(value)
        return told

    def value(self, value: object) -> object:
        if isinstance(value, Broken):
            return {"@value": str(value), "@type": XSD + "decimal"}
        if isinstance(value, dict):
            return self.node(value)
        if isinstance(value, list):
            return [self.value(item) for item in value]
        return value

    def context(self, given: object) -> object:
        self._contexts += 1
        if self._contexts > CONTEXTS_MAX:
            raise OdrlRefused("@context", f"the document has more than {CONTEXTS_MAX} of them. Say it once, above.")
        if isinstance(given, list):
            return [self.context(item) for item in given]
        if isinstance(given, str):
            shipped = _SHIPPED.get(given)
            if shipped is None:
                raise OdrlRefused(
                    f"@context {shown(given)}", f"no context is fetched. Use {CONTEXT_URL} or write its terms here."
                )
            return shipped
        if not isinstance(given, dict):
            raise OdrlRefused("@context", "it is neither an address nor a set of terms; null would hide words.")
        for term, meaning in given.items():
            self._term(term, meaning)
        return given

    def _term(self, term: str, meaning: object) -> None:
        self._terms += 1
        where = f"@context, '{shown(term)}'"
        if self._terms > TERMS_MAX:
            raise OdrlRefused("@context", f"it defines more than {TERMS_MAX} terms. Keep what is used.")
        if term == "@vocab" and meaning != ODRL:
            raise OdrlRefused(where, f"words without a prefix are ODRL's: {ODRL}. Give other words a prefix.")
        if term.startswith("@"):
            if term not in _IN_CONTEXTS or not isinstance(meaning, str | int) or meaning == "":
                raise OdrlRefused(where, "this keyword is not read in a context. Write it out.")
            return
        named = meaning.get("@id", term) if isinstance(meaning, dict) else meaning
        if not isinstance(named, str):
            raise OdrlRefused(where, "it has no meaning, which would hide what it stands before.")
        if named.startswith("@") and named not in _ALIASES:
            raise OdrlRefused(where, f"it may not stand for {shown(named)}.")
        if isinstance(meaning, dict):
            self._definition(where, meaning)
        _same_meaning(where, term, named)

    def _definition(self, where: str, meaning: dict[str, object]) -> None:
        for key, value in meaning.items():
            odd_container = key == "@container" and value not in ("@set", "@list")
            odd_type = key == "@type" and str(value).startswith("@") and value not in _PLAIN_TYPES
            if key not in _IN_TERMS or odd_container or odd_type:
                raise OdrlRefused(where, f"'{shown(key)}' of this kind is not read in a definition. Write it out.")


def _empty(value: object) -> bool:
    return value is None or (isinstance(value, list) and all(_empty(item) for item in value))


def _same_meaning(where: str, term: str, named: str) -> None:
    """A word of ODRL means in every document what ODRL says: what a person reads must be what is evaluated."""
    if term in _KEPT_PREFIXES and named != _KEPT_PREFIXES[term]:
        raise OdrlRefused(where, f"this prefix always stands for {_KEPT_PREFIXES[term]} here.")
    known = _ODRL_FILE.get(term)
    official = known.get("@id", term) if isinstance(known, dict) else known
    if official is None or not official.startswith(("odrl:", "@")):
        return
    spelled = named.replace(ODRL, "odrl:", 1) if named.startswith(ODRL) else named
    if spelled != official and not (spelled == term and not official.startswith("@")):
        raise OdrlRefused(where, f"in ODRL this word means {official}; another meaning needs another word.")
