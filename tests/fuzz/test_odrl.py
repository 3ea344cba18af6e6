"""Random damage to ODRL documents: a report or a refusal, in bounded time and memory, and no other exception.

Every vector of spec/odrl is mutated: as a tree (members dropped, moved, doubled, replaced by what hostile writers like)
and as bytes, in each format.  The seed is fixed, so a failure can be run again; STAGEDOOR_FUZZ_SECONDS says for how
long each target runs (15 by default).
"""

from __future__ import annotations

import copy
import json
import os
import random
import resource
import time
from collections.abc import Callable
from typing import Any

from odrl.kit import vectors
from stagedoor.adapters.odrl import read_policies, read_request, read_world
from stagedoor.core.rules.odrl import OdrlRefused, evaluate, narrow
from stagedoor.core.rules.odrl.report import Answer, plain

SECONDS = int(os.environ.get("STAGEDOOR_FUZZ_SECONDS", "15"))
SECONDS_MAX = 0.1
SLACK = 5
"""A shared CI machine is up to this much slower than the one that the limits were set on."""

MEMORY_GROWTH_MAX_KB = 128 << 10
SEED = 20261012

VECTORS = [json.loads(path.read_text(encoding="ascii")) for path in vectors("odrl")]
ODD: list[Any] = [
    None, True, 0, -1, 10**30, 1.5, "", " ", "\u202e", "\ud800", "@id", "@context", "odrl:use", "use", "_:b", "a:b",
    "http://example.com/policy/1", "http://www.w3.org/ns/odrl.jsonld", [], {}, [[]], [{}], {"@id": None},
    {"@list": []}, {"@value": "x", "@type": "xsd:integer"}, {"@value": "2026-01-01", "@type": "xsd:date"},
    {"@set": [{"@list": [{"@list": []}]}]}, "x" * 5_000, {"@language": "en", "@value": "x"}, {"@graph": []},
    {"@value": "P1M", "@type": "xsd:duration"}, {"@id": "odrl:policyUsage"}, {"@value": {}}, {"@type": "@json"},
]  # fmt: skip
WORDS = [
    "permission", "prohibition", "obligation", "duty", "remedy", "consequence", "constraint", "refinement", "action",
    "target", "assignee", "inheritFrom", "conflict", "profile", "and", "or", "xone", "andSequence", "leftOperand",
    "operator", "rightOperand", "rightOperandReference", "unit", "status", "dataType", "includedIn", "implies",
    "partOf", "source", "uid", "@id", "@type", "@context", "@graph", "@vocab", "@reverse", "@included", "rdf:value",
    "values", "performed", "facts", "at", "hasPolicy",
]  # fmt: skip


def _places(value: Any) -> list[tuple[Any, Any]]:
    found: list[tuple[Any, Any]] = []
    waiting = [value]
    while waiting:
        item = waiting.pop()
        keys = list(item) if isinstance(item, dict) else list(range(len(item))) if isinstance(item, list) else []
        found += [(item, key) for key in keys]
        waiting += [item[key] for key in keys]
    return found


def _damaged(chance: random.Random, value: Any) -> Any:
    """A copy with one to four wounds."""
    root = [copy.deepcopy(value)]
    for _ in range(chance.randint(1, 4)):
        places = _places(root)
        holder, key = chance.choice(places)
        kind = chance.randrange(6)
        if kind == 0 and holder is not root:
            del holder[key]
        elif kind == 1:
            holder[key] = copy.deepcopy(chance.choice(ODD))
        elif kind == 2:
            other, name = chance.choice(places)
            holder[key] = copy.deepcopy(other[name])
        elif kind == 3 and isinstance(holder, dict):
            holder[chance.choice(WORDS)] = copy.deepcopy(chance.choice([holder[key], *ODD]))
        elif kind == 4:
            holder[key] = [copy.deepcopy(holder[key])] * chance.choice([2, 3, 50])
        else:
            holder[key] = {chance.choice(WORDS): holder[key]}
    return root[0]


def _bytes_damaged(chance: random.Random, data: bytes) -> bytes:
    """A copy with pieces cut out, doubled or overwritten."""
    for _ in range(chance.randint(1, 5)):
        if not data:
            break
        at = chance.randrange(len(data))
        end = min(len(data), at + chance.choice([1, 2, 8, 40]))
        piece = chance.choice(
            [b"", data[at:end] * 3, b"<", b'"', b"\\", b"{", b"[", b"}", b"\xff", b"\x00", b"\n", b"@"]
        )
        data = data[:at] + piece + data[end:]
    return data


def _data(vector: dict[str, Any]) -> tuple[bytes, str]:
    policy = vector["policy"]
    text = policy if isinstance(policy, str) else json.dumps(policy)
    return text.encode(), vector.get("media", "application/ld+json")


def _one(policy: bytes, media: str, request: bytes, world: bytes) -> None:
    """Read and judge; the report must be whole, and a refusal must say something."""
    try:
        policies, asked, state = read_policies(policy, media), read_request(request), read_world(world)
        report = evaluate(policies, asked, state)
        found = narrow(policies, asked, state)
    except OdrlRefused as fault:
        if not (fault.where and fault.what):
            raise AssertionError("a refusal without words") from fault
        return
    assert json.dumps(plain(report))
    assert all(item.says and item.term for item in found)
    if report.answer is Answer.GRANTED:
        assert any(policy.answer is Answer.GRANTED for policy in report.policies)


def _run(step: Callable[[random.Random], tuple[bytes, str, bytes, bytes]]) -> None:
    chance = random.Random(SEED)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    end, rounds = time.monotonic() + SECONDS, 0
    while time.monotonic() < end or rounds < 50:
        given = step(chance)
        start = time.process_time()
        try:
            _one(*given)
        except Exception as fault:
            raise AssertionError(f"round {rounds} of seed {SEED}: {given!r}"[:4_000]) from fault
        taken = time.process_time() - start
        if taken > SECONDS_MAX * SLACK:
            start = time.process_time()
            _one(*given)  # once more: a pause of the interpreter is not the document's fault
            taken = time.process_time() - start
        assert taken < SECONDS_MAX * SLACK, f"round {rounds} of seed {SEED}: {given!r}"[:4_000]
        rounds += 1
    grown = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
    assert grown < MEMORY_GROWTH_MAX_KB


def test_damaged_policies() -> None:
    def step(chance: random.Random) -> tuple[bytes, str, bytes, bytes]:
        vector = chance.choice([each for each in VECTORS if not isinstance(each["policy"], str)])
        policy = json.dumps(_damaged(chance, vector["policy"])).encode()
        return (
            policy,
            "application/ld+json",
            json.dumps(vector["request"]).encode(),
            json.dumps(vector["world"]).encode(),
        )

    _run(step)


def test_damaged_requests_and_worlds() -> None:
    def step(chance: random.Random) -> tuple[bytes, str, bytes, bytes]:
        vector = chance.choice(VECTORS)
        data, media = _data(vector)
        request, world = vector["request"], vector["world"]
        if chance.random() < 0.3:
            request = _damaged(chance, request)
        else:
            world = _damaged(chance, world)
        return data, media, json.dumps(request).encode(), json.dumps(world).encode()

    _run(step)


def test_damaged_bytes() -> None:
    texts = [each for each in VECTORS if isinstance(each["policy"], str)]

    def step(chance: random.Random) -> tuple[bytes, str, bytes, bytes]:
        vector = chance.choice(texts if chance.random() < 0.6 else VECTORS)
        data, media = _data(vector)
        return (
            _bytes_damaged(chance, data), media, json.dumps(vector["request"]).encode(),
            json.dumps(vector["world"]).encode(),
        )  # fmt: skip

    _run(step)
