"""Hostile documents against the readers of consents, RSL and CAWG: each is read or refused, soon and in little memory.

STAGEDOOR_FUZZ_SECONDS says for how long (15 without it).  A failing input is printed by its seed and its number.
"""

from __future__ import annotations

import copy
import json
import os
import random
import time
import tracemalloc
from collections.abc import Callable
from typing import Any

import pytest

from core import builders as make
from properties.test_sentences import FULL
from stagedoor.adapters.exchange import read_cawg, read_consent, read_rsl, write_json
from stagedoor.core.rules.exchange import ExchangeError, to_odrl

SECONDS = float(os.environ.get("STAGEDOOR_FUZZ_SECONDS", "15")) / 3
SEED = int(os.environ.get("STAGEDOOR_FUZZ_SEED", "14"))
AT_MOST_MS = 100
"""The promise: a refusal within 100 ms of processor time."""

MEMORY_MAX = 64 << 20

Reader = Callable[[bytes], object]
RSL = (make.SPEC / "exchange" / "rsl-media-generate.xml").read_bytes()
CAWG = (make.SPEC / "exchange" / "cawg-constrained.json").read_bytes()
POLICY = write_json(to_odrl(FULL))
SCRAPS = (
    b"null", b"true", b"-1", b"1e400", b"NaN", b"9" * 40, b"[]", b"{}", b'""', b"[" * 60, b'{"a":' * 60,
    b'"\\ud800"', b"\xff\xfe", b"\x00", b"<a>", b"</license>", b"<!DOCTYPE a>", b"&lt;", b"&#0;", b"<![CDATA[",
    b'{"@id": "sd:nothing"}', b"urn:stagedoor:%C3", b"use", b"allowed",
)  # fmt: skip


def altered(chance: random.Random, data: bytes) -> bytes:
    """A few cuts, doublings, flips and strange scraps."""
    made = bytearray(data)
    for _ in range(chance.choice([1, 1, 2, 4, 12])):
        at, length = chance.randrange(len(made) + 1), chance.choice([1, 2, 8, 64, 400])
        kind = chance.randrange(5)
        if kind == 0:
            del made[at : at + length]
        elif kind == 1:
            made[at:at] = made[at : at + length]
        elif kind == 2 and made:
            made[at % len(made)] = chance.randrange(256)
        elif kind == 3:
            made[at : at + length] = chance.choice(SCRAPS)
        else:
            made[at:at] = chance.choice(SCRAPS)
        if not made:
            made += b" "
    return bytes(made)


def regrown(chance: random.Random, value: Any) -> Any:
    """A JSON value with one part put in the place of another."""
    parts: list[Any] = [value]
    for part in parts:
        parts += part.values() if isinstance(part, dict) else part if isinstance(part, list) else ()
    target, new = chance.choice(parts), copy.deepcopy(chance.choice([*parts, None, 0, "", [], {}]))
    if isinstance(target, dict) and target:
        target[chance.choice(sorted(target))] = new
    elif isinstance(target, list) and target:
        target[chance.randrange(len(target))] = new
    return value


def one(reader: Reader, data: bytes, name: str) -> bool:
    """Whether it was read; anything but a value or an ExchangeError fails the test."""
    said, took = timed(reader, data)
    if took >= AT_MOST_MS:  # a collection of garbage fell into it, or it is slow: then it is slow each time
        took = min(timed(reader, data)[1] for _ in range(3))
    assert took < AT_MOST_MS, f"{name}: {took:.0f} ms"
    assert len(said) < 1_000 and said.isprintable(), name
    return not said


def timed(reader: Reader, data: bytes) -> tuple[str, float]:
    """What the refusal says, or "", and the milliseconds of processor time."""
    began = time.process_time()
    said = ""
    try:
        reader(data)
    except ExchangeError as fault:
        said = str(fault) or "it says nothing"
    return said, (time.process_time() - began) * 1000


@pytest.mark.parametrize(
    ("reader", "seed"), [(read_consent, POLICY), (read_rsl, RSL), (read_cawg, CAWG)], ids=["odrl", "rsl", "cawg"]
)
def test_whatever_comes_is_read_or_refused(reader: Reader, seed: bytes) -> None:
    """Altered bytes, and documents of the right grammar with their parts exchanged."""
    chance = random.Random(SEED)
    until = time.monotonic() + SECONDS
    refused = number = 0
    while time.monotonic() < until:
        number += 1
        data = altered(chance, seed)
        if reader is not read_rsl and chance.random() < 0.5:
            plain = json.loads(seed)
            for _ in range(chance.choice([1, 2, 3])):
                plain = regrown(chance, plain)
            data = json.dumps(plain).encode()
        refused += not one(reader, data, f"seed {SEED}, number {number}")
    assert refused > number // 20, "the alterations must hurt"


GREAT = {
    "odrl-many": (read_consent, b'{"profile":"x","a":[' + b"{}," * 79_000 + b"{}]}"),
    "odrl-deep": (read_consent, b'{"a":' * 100_000),
    "odrl-list-deep": (read_consent, b"[" * 79_000),
    "odrl-digits": (read_consent, b'{"a":' + b"9" * 2_000_000 + b"}"),
    "odrl-text": (read_consent, b'{"a":"' + b"x" * 2_090_000 + b'"}'),
    "odrl-too-long": (read_consent, b" " * 3_000_000),
    "odrl-keys": (read_consent, b"{" + b",".join(b'"%d":1' % n for n in range(79_000)) + b"}"),
    "odrl-escapes": (read_consent, b'{"profile":"' + b"\\u0041" * 340_000 + b'"}'),
    "rsl-many": (read_rsl, b"<rsl>" + b"<a/>" * 60_000),
    "rsl-deep": (read_rsl, b"<a>" * 80_000),
    "rsl-attributes": (read_rsl, b"<a " + b" ".join(b'a%d="x"' % n for n in range(20_000)) + b"/>"),
    "rsl-laughs": (read_rsl, b'<!DOCTYPE a [<!ENTITY b "' + b"x" * 1_000 + b'">]><a>' + b"&b;" * 60_000 + b"</a>"),
    "rsl-entities": (read_rsl, b"<a>" + b"&amp;" * 50_000 + b"</a>"),
    "rsl-token": (read_rsl, b"<" + b"a" * 260_000),
    "cawg-many": (read_cawg, b'{"entries":{' + b",".join(b'"%d":{"use":"allowed"}' % n for n in range(60_000)) + b"}}"),
}


@pytest.mark.parametrize("name", sorted(GREAT))
def test_the_greatest_documents_cost_little(name: str) -> None:
    """Each is refused within 100 ms of processor time; again, counted, within bounded memory."""
    reader, data = GREAT[name]
    best = []
    for _ in range(3):
        began = time.process_time()
        with pytest.raises(ExchangeError):
            reader(data)
        best.append((time.process_time() - began) * 1000)
    assert min(best) < AT_MOST_MS, f"{min(best):.0f} ms"
    tracemalloc.start()
    try:
        with pytest.raises(ExchangeError):
            reader(data)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak < MEMORY_MAX, f"{peak >> 20} MiB"
