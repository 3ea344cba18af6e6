"""Whatever a document holds: a report or a refusal that says why, within 100 ms of work and in bounded memory.

Work is the process's own time, which other programs of the machine do not lengthen.
"""

from __future__ import annotations

import json
import time
import tracemalloc

import pytest

from odrl.hostile import EX, Case, cases
from stagedoor.adapters.odrl import read_policies, read_request, read_world
from stagedoor.core.rules.odrl import OdrlRefused, evaluate

SECONDS_MAX = 0.1
SLACK = 4
"""A shared CI machine is up to this much slower than the one that the limits were set on."""

MEMORY_MAX = 32 << 20
REQUEST = json.dumps({"action": "play", "target": EX + "song", "assignee": EX + "mara"}).encode()
CASES = cases()


def _run(case: Case) -> str:
    data, media, world = case
    try:
        policies = read_policies(data, media)
        return evaluate(policies, read_request(REQUEST), read_world(json.dumps(world).encode())).answer.value
    except OdrlRefused as fault:
        return f"refused: {fault.where or '?'}: {fault.what or '?'}"


@pytest.mark.parametrize("name", CASES)
def test_it_ends_in_time(name: str) -> None:
    case = CASES[name]
    taken = []
    for _ in range(2):  # the first of two may pay for imports and caches
        start = time.process_time()
        said = _run(case)
        taken.append(time.process_time() - start)
    assert said.count("?:") == 0 and len(said) < 600
    assert min(taken) < SECONDS_MAX * SLACK


@pytest.mark.parametrize("name", CASES)
def test_it_takes_little_memory(name: str) -> None:
    tracemalloc.start()
    try:
        _run(CASES[name])
        taken = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert taken < MEMORY_MAX


EXPECTED = {
    "a million constraints": "1048576 bytes",
    "a megabyte of objects": "objects and lists",
    "deep lists": "objects and lists",
    "deep and closed": "nested deeper than 32",
    "digits": "more than 40 digits",
    "a power": "too large a power",
    "not a number": "JSON has no such number",
    "a member twice": "given twice",
    "not UTF-8": "is not UTF-8",
    "nothing": "it is not JSON",
    "three hundred rules": "granted",
    "a thousand constraints": "granted",
    "too many rules": "more than 300 rules",
    "a long IRI": "more than 1000 characters",
    "contexts in each node": "more than 16 of them",
    "a tower of logic": "nested deeper than 8",
    "shared operands": "more than 1000 constraints",
    "duties times deeds": "comparisons",
    "prohibitions times deeds": "comparisons",
    "a duty of a million": "comparisons",
    "list against list": "comparisons",
    "a ring of actions": "nobody declares",
    "a Turtle list of itself": "a list",
    "statements about statements": "speaks of another statement",
    "XML entities": "an entity",
    "a known depth of XML": "it ends before",
}


@pytest.mark.parametrize("name", EXPECTED)
def test_it_says_why(name: str) -> None:
    assert EXPECTED[name] in _run(CASES[name])
