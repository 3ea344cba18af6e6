"""The reader: contexts shipped and never fetched, formats that agree, numbers kept, and our vocabulary told twice."""

from __future__ import annotations

import json
from pathlib import Path

import pyoxigraph
import pytest

from odrl.kit import CONTEXT, SONG
from stagedoor.adapters import odrl as adapter
from stagedoor.adapters.odrl import PROFILE_URL, read_policies, read_request, read_world
from stagedoor.core.facts.terms import Use
from stagedoor.core.rules.odrl import PROFILE, OdrlRefused
from stagedoor.core.rules.odrl.terms import CC, INCLUDED_IN, ODRL, SAME_AS
from stagedoor.core.rules.odrl.values import Kind

FOLDER = Path(adapter.__file__).parent
SHIPPED = json.loads((FOLDER / "odrl.jsonld").read_text(encoding="utf-8"))["@context"]


def _policy(**said: object) -> dict[str, object]:
    return {"@context": CONTEXT, "@type": "Set", "uid": "http://example.com/p", **said}


def _read(document: object) -> object:
    return read_policies(json.dumps(document).encode())


def _circumstances(request: object, world: object) -> object:
    return read_request(json.dumps(request).encode()), read_world(json.dumps(world).encode())


def test_the_context_maps_each_word_to_itself() -> None:
    """The W3C's own file has `neq` as odrl:neg and a colon too many in `industry`; ours has not."""
    for word, meaning in SHIPPED.items():
        named = meaning["@id"] if isinstance(meaning, dict) else meaning
        assert named.startswith(("http://", "@")) or named == f"odrl:{word}"
    assert {"permission", "neq", "industry", "andSequence", "policyUsage", "inheritFrom"} <= set(SHIPPED)


def test_every_action_of_the_vocabulary_is_a_word_of_the_context() -> None:
    named = {action.removeprefix(ODRL) for action, _ in INCLUDED_IN if action.startswith(ODRL)} | {"use", "transfer"}
    assert named <= set(SHIPPED)
    assert len(named) == 42 and len([1 for action, _ in INCLUDED_IN if action.startswith(CC)]) == 9
    assert not {old for old, _ in SAME_AS} & {action for action, _ in INCLUDED_IN}


def test_the_profile_declares_every_use_of_a_request() -> None:
    store = pyoxigraph.Store()
    store.load(path=FOLDER / "profile.ttl", format=pyoxigraph.RdfFormat.TURTLE)
    said = {
        (quad.subject.value, quad.object.value)
        for quad in store.quads_for_pattern(None, pyoxigraph.NamedNode(ODRL + "includedIn"), None)
    }
    assert said == {(action, whole) for action, whole in INCLUDED_IN if action.startswith(PROFILE)}
    assert {action for action, _ in said} == {PROFILE + use.value for use in Use}


@pytest.mark.parametrize("address", [CONTEXT, CONTEXT.replace("http:", "https:"), PROFILE_URL, f"{PROFILE_URL}.jsonld"])
def test_shipped_contexts_are_known_by_their_addresses(address: str) -> None:
    assert _read(_policy(**{"@context": [CONTEXT, address]}, permission=[{"action": "use", "target": SONG}]))


@pytest.mark.parametrize(
    "context",
    [
        "http://example.com/c", "file:///etc/passwd", {"@import": "http://example.com/c"}, {"a": {"@id": "odrl:a",
        "@context": "http://example.com/c"}}, {"a": "@nest"}, {"a": {"@reverse": "odrl:target"}}, {"odrl": "http://e/"},
        {"a": {"@id": "http://e/a", "@container": "@graph"}}, {"a": {"@id": "http://e/a", "@type": "@json"}},
        {"permission": "odrl:prohibition"}, {"uid": "http://e/uid"}, {"a": None}, {"@vocab": None}, 5, {"@base": ""},
    ],
)  # fmt: skip
def test_contexts_that_fetch_or_hide_are_refused(context: object) -> None:
    with pytest.raises(OdrlRefused):
        _read(_policy(**{"@context": [CONTEXT, context]}, permission=[{"action": "use"}]))


def test_a_context_inside_a_node_is_looked_at_too() -> None:
    with pytest.raises(OdrlRefused, match="no context is fetched"):
        _read(_policy(permission=[{"@context": "http://example.com/c", "action": "use"}]))


def test_a_number_with_a_point_never_becomes_a_float() -> None:
    limit = '{"leftOperand":"payAmount","operator":"lt","rightOperand":0.1000000000000000055511151231257827}'
    data = json.dumps(_policy(permission=[{"action": "use", "constraint": "X"}])).replace('"X"', f"[{limit}]")
    value = read_policies(data.encode())[0].permissions[0].constraints[0].right[0]
    assert value.kind is Kind.NUMBER
    assert value.exact == (1000000000000000055511151231257827, 34)


def test_json_ld_and_turtle_make_the_same_policy() -> None:
    document = _policy(permission=[{
        "uid": "http://example.com/r", "target": SONG, "action": "play",
        "constraint": [{"uid": "http://example.com/c", "leftOperand": "count", "operator": "neq", "rightOperand": 5}],
    }])  # fmt: skip
    turtle = f"""@prefix odrl: <{ODRL}> .
        <http://example.com/p> a odrl:Set ; odrl:permission <http://example.com/r> .
        <http://example.com/r> odrl:target <{SONG}> ; odrl:action odrl:play ; odrl:constraint <http://example.com/c> .
        <http://example.com/c> odrl:leftOperand odrl:count ; odrl:operator odrl:neg ; odrl:rightOperand 5 ."""
    assert _read(document) == read_policies(turtle.encode(), "text/turtle")


@pytest.mark.parametrize(
    ("request_", "world", "words"),
    [
        ({"action": "play", "colour": "red"}, {}, "'colour' is unknown"),
        ({}, {}, "action: it is missing"),
        ({"action": "play", "target": "song"}, {}, "is no IRI"),
        ({"action": "play", "values": {"dateTime": "2026-01-01"}}, {}, "the world's 'at'"),
        ({"action": "play", "values": {"count": []}}, {}, "0 values"),
        ({"action": "play", "values": {"count": None}}, {}, "it is no value"),
        ({"action": "play", "values": {"count": {"@value": "x", "@type": "xsd:integer"}}}, {}, "no whole number"),
        ({"action": "play"}, {"at": 5}, "it is missing"),
        ({"action": "play"}, {"rulings": {"a:b": "Kept"}}, "Fulfilled or Violated"),
        ({"action": "play"}, {"partOf": []}, "it is no object"),
        ({"action": "play"}, {"performed": [{"at": "2026-01-01T00:00:00Z"}]}, "performed 1, action"),
        ([], {}, "it is no JSON object"),
    ],
)
def test_what_is_wrong_with_a_request_or_a_world_is_said(
    request_: object, world: dict[str, object], words: str
) -> None:
    with pytest.raises(OdrlRefused) as fault:
        _circumstances(request_, {"at": "2026-10-12T09:00:00Z"} | world)
    assert words in str(fault.value)


def test_an_unknown_format_is_refused() -> None:
    with pytest.raises(OdrlRefused, match="is not read"):
        read_policies(b"", "text/html")
