"""Documents that mean harm, each made in full: deep, wide, circular, long, or cheap to write and dear to read."""

from __future__ import annotations

import json
from typing import Any

from odrl.kit import CONTEXT

EX = "http://example.com/"
LD, TTL, XML = "application/ld+json", "text/turtle", "application/rdf+xml"
NOW = {"at": "2026-10-12T09:00:00Z"}

Case = tuple[bytes, str, dict[str, Any]]


def _policy(**said: Any) -> dict[str, Any]:
    return {"@context": CONTEXT, "@type": "Set", "uid": EX + "policy", **said}


def _rule(number: object, **said: Any) -> dict[str, Any]:
    return {"uid": f"{EX}rule/{number}", "target": EX + "song", "action": "play", **said}


def _count(limit: int) -> dict[str, Any]:
    return {"leftOperand": "count", "operator": "lt", "rightOperand": limit}


def _paid(amount: int) -> dict[str, Any]:
    refinement = [{"leftOperand": "payAmount", "operator": "eq", "rightOperand": amount}]
    return {"action": [{"rdf:value": {"@id": "odrl:compensate"}, "refinement": refinement}]}


def _json(value: object, world: dict[str, Any] | None = None) -> Case:
    return json.dumps(value).encode(), LD, NOW | (world or {})


def _deeds(number: int) -> dict[str, Any]:
    deed = {"action": "compensate", "at": "2026-10-11T00:00:00Z", "actor": EX + "mara", "values": {"payAmount": 4}}
    return {"performed": [deed] * number}


def _chain(number: int) -> dict[str, Any]:
    return {"partOf": {EX + (f"part/{n}" if n else "song"): f"{EX}part/{n + 1}" for n in range(number)}}


def _prefixes() -> dict[str, str]:
    terms = {"t0": EX}
    for number in range(1, 400):
        terms[f"t{number}"] = f"t{number - 1}:" + "x" * 900
    return terms


def _other_formats() -> dict[str, Case]:
    return {
        "a Turtle prefix bomb": (b"@prefix a: <http://" + b"a" * 900 + b"> ." + b" a:x a:x a:x ." * 30_000, TTL, NOW),
        "Turtle bases": (b"@base <http://a/> ." + b"@base <" * 40 + b"b" * 900 + b"/> . <x> <y> <z> ." * 900, TTL, NOW),
        "Turtle brackets": (b"<http://a> <http://b> " + b"[ <http://p> " * 80_000, TTL, NOW),
        "Turtle lists": (b"<http://a> <http://b> " + b"(" * 1_000_000, TTL, NOW),
        "a Turtle list of itself": (
            b"@prefix o: <http://www.w3.org/ns/odrl/2/> . @prefix r: <http://www.w3.org/1999/02/22-rdf-syntax-ns#> ."
            b"<http://e/p> a o:Set ; o:permission <http://e/r> . <http://e/r> o:action o:use ; o:constraint _:c ."
            b"_:c o:and _:l . _:l r:first _:c ; r:rest _:l .", TTL, NOW,
        ),
        "a Turtle literal": (b'<http://a> <http://b> "' + b"x" * 1_000_000 + b'" .', TTL, NOW),
        "statements about statements": (b"<http://a> <http://b> <<( <http://a> <http://b> <http://c> )>> .", TTL, NOW),
        "XML entities": (b'<!DOCTYPE r [<!ENTITY a "' + b"a" * 900 + b'">]><r>&a;</r>', XML, NOW),
        "XML in XML": (b'<rdf:RDF xmlns:e="http://e/">' + b"<e:a><e:p>" * 50_000, XML, NOW),
        "a known depth of XML": (
            b'<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" xmlns:e="http://e/">'
            + b"<e:a><e:p>" * 900, XML, NOW,
        ),
    }  # fmt: skip


def cases() -> dict[str, Case]:
    """Every document, with its media type and the world that it is evaluated in."""
    graph = {"and": {"@id": "http://www.w3.org/ns/odrl/2/and", "@type": "@id"}, "uid": "@id"}
    fans = [{"@context": graph, "uid": f"{EX}n{n}", "and": [{"@list": [f"{EX}n{n + 1}"] * 40}]} for n in range(7)]
    fans.append({"@context": CONTEXT, **_count(1), "uid": EX + "n7"})
    open_head = b'{"@context":"' + CONTEXT.encode() + b'","@type":"Set","uid":"http://e/p","permission":['
    actions = [{"uid": f"{EX}x{n}", "includedIn": f"{EX}x{n + 1}" if n < 150 else "odrl:use"} for n in range(151)]
    ring = [{"uid": f"{EX}x{n}", "includedIn": f"{EX}x{(n + 1) % 150}"} for n in range(150)]
    tower = _count(1)
    for _ in range(9):
        tower = {"or": [tower, _count(2)]}
    parents = [
        {"@type": "Set", "uid": f"{EX}p{n}", "inheritFrom": [f"{EX}p{m}" for m in range(n + 1, 64)],
         "permission": [_rule(f"{n}-{k}") for k in range(4)]} for n in range(64)
    ]  # fmt: skip
    return {
        "a million constraints": (open_head + b'{"constraint":[' + b"{}," * 1_000_000 + b"{}]}]}", LD, NOW),
        "a megabyte of objects": (open_head + b"{}," * 340_000 + b"{}]}", LD, NOW),
        "deep lists": (b"[" * 1_000_000, LD, NOW),
        "deep objects": (b'{"a":' * 200_000, LD, NOW),
        "deep and closed": (b'{"a":' * 40 + b"1" + b"}" * 40, LD, NOW),
        "quotes": (b'"' * 1_000_000, LD, NOW),
        "escaped quotes": (b'{"a":"' + b'\\"' * 500_000, LD, NOW),
        "digits": (b'{"a":' + b"9" * 1_000_000 + b"}", LD, NOW),
        "a power": (b'{"a":1e999999999}', LD, NOW),
        "not a number": (b'{"a":NaN}', LD, NOW),
        "a member twice": (b'{"uid":"http://e/1","uid":"http://e/2"}', LD, NOW),
        "half a surrogate": (b'{"uid":"http://e/\\ud800"}', LD, NOW),
        "not UTF-8": (b'{"uid":"\xff\xfe"}', LD, NOW),
        "nothing": (b"", LD, NOW),
        "three hundred rules": _json(_policy(permission=[_rule(n) for n in range(300)])),
        "too many rules": _json(_policy(permission=[_rule(n) for n in range(301)])),
        "a thousand constraints": _json(
            _policy(permission=[_rule(0, constraint=[_count(n) for n in range(999)])]), {"facts": {"count": -1}}
        ),
        "a long IRI": _json(_policy(permission=[_rule(0, target=EX + "a" * 1_000_000)])),
        "a long word": _json(_policy(**{"a" * 1_000_000: 1})),
        "contexts in each node": _json([_policy(uid=f"{EX}{n}", permission=[_rule(n)]) for n in range(1_700)]),
        "a huge context": _json({"@context": {f"t{n}": EX + str(n) for n in range(14_000)}, "uid": EX}),
        "a chain of prefixes": _json(
            _policy(**{"@context": [CONTEXT, _prefixes()]}, permission=[_rule(0, target="t399:y")])
        ),
        "a tower of logic": _json(_policy(permission=[_rule(0, constraint=[tower])])),
        "shared operands": _json([_policy(permission=[_rule(0, constraint=[{"@id": EX + "n0"}])]), *fans]),
        "duties times deeds": _json(_policy(permission=[_rule(0, duty=[_paid(n) for n in range(200)])]), _deeds(1_000)),
        "prohibitions times deeds": _json(_policy(prohibition=[_rule(n) for n in range(300)]), _deeds(1_000)),
        "a duty of a million": _json(_policy(permission=[_rule(0, duty=[{
            "action": ["inform", "play", "print"], "target": [f"{EX}t{n}" for n in range(300)],
            "assignee": [f"{EX}u{n}" for n in range(300)],
        }])])),
        "everybody inherits": _json({"@context": CONTEXT, "@graph": parents}),
        "a long chain of actions": _json({"@context": CONTEXT, "@graph": [
            *({"@type": "Set", "uid": f"{EX}p{n}", "permission": [_rule(n)]} for n in range(64)), *actions,
        ]}),
        "a ring of actions": _json([_policy(permission=[_rule(0)]), *({"@context": CONTEXT, **a} for a in ring[:14])]),
        "a long membership": _json(_policy(permission=[_rule(n, target=f"{EX}z{n}") for n in range(300)]), _chain(999)),
        "many wholes": _json(_policy(prohibition=[_rule(n, target=f"{EX}part/{n}") for n in range(300)]), _chain(999)),
        "list against list": _json(
            _policy(permission=[_rule(n, constraint=[{
                "leftOperand": "spatial", "operator": "isPartOf", "rightOperand": [f"x{m}" for m in range(500)],
            }]) for n in range(8)]),
            {"facts": {"spatial": [f"y{n}" for n in range(500)]}},
        ),
        **_other_formats(),
    }  # fmt: skip
