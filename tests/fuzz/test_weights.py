"""Hostile weights: a description or WeightsError, within a second and in bounded memory, whatever the bytes."""

from __future__ import annotations

import json
import time
import tracemalloc
from typing import Any

import pytest
import safetensors
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from fuzz.budget import SLACK
from stagedoor.wire.safetensors import DTYPES, HEADER_BYTES_MAX
from stagedoor.wire.weights import WeightsError, WeightsKind, describe_weights
from wire.weighing import diffusers, kohya, packed, peft, table, voice, written

SECONDS_MAX = 1.0
MEMORY_MAX = 160 << 20
"""Bytes beside the file: a header of 8 MB made into Python's own dicts, twenty times its size at the worst."""

HONEST = [written(kohya(), {"a": "b"}), written(peft()), written(diffusers()), written(voice())]
LOOSE = settings(deadline=None, max_examples=150, suppress_health_check=[HealthCheck.too_slow])

WIDE = {
    "names of a LoRA": "".join(f'"m{n}.lora_A.weight":{{"dtype":"U8","shape":[0],"data_offsets":[0,0]}},'
                               for n in range(25_000)),
    "dots": "".join(f'"{"." * 300}{n}":1,' for n in range(20_000)),
    "numbers": '"x":[' + "1," * 3_000_000 + "1],",
    "empty objects": '"x":[' + "{}," * 2_000_000 + "{}],",
    "brackets": '"x":' + "[" * 4_000_000 + "]" * 3_000_000 + ",",
    "braces": '{"":' * 1_500_000,
    "one long text": '"' + "é" * 4_000_000 + '":1,',
    "escapes": '"' + "\\u0041" * 1_300_000 + '":1,',
    "digits": '"x":' + "9" * 8_000_000 + ",",
    "a float's digits": '"x":0.' + "9" * 8_000_000 + ",",
    "metadata": '"__metadata__":{' + ",".join(f'"{n}":""' for n in range(500_000)) + "},",
}  # fmt: skip


def tried(data: bytes, **how: Any) -> bool:
    """Whether it is taken; anything but an answer or WeightsError goes through."""
    try:
        describe_weights(data, **how)
        said = ""
    except WeightsError as fault:
        said = str(fault) or "nothing"
    assert said != "nothing" and len(said) < 1_000
    return not said


@pytest.mark.parametrize("kind", WIDE)
def test_a_header_as_large_as_may_be_takes_bounded_time_and_memory(kind: str) -> None:
    raw = ("{" + WIDE[kind] + '"y":{"dtype":"U8","shape":[1],"data_offsets":[0,1]}}').encode()
    assert len(raw) <= HEADER_BYTES_MAX
    started = time.perf_counter()
    tried(packed(raw, b"a"))
    taken = time.perf_counter() - started
    assert taken < SECONDS_MAX * SLACK, kind
    tracemalloc.start()
    try:
        tried(packed(raw, b"a"))
        assert tracemalloc.get_traced_memory()[1] < MEMORY_MAX, kind
    finally:
        tracemalloc.stop()


CHANGES = st.lists(st.tuples(st.integers(0, 1 << 20), st.integers(0, 255)), max_size=4)
"""Where, and to which byte."""


@LOOSE
@given(st.binary(max_size=400))
def test_any_bytes_are_refused_or_described(data: bytes) -> None:
    tried(data)


@LOOSE
@given(
    st.sampled_from(HONEST), st.lists(st.tuples(st.integers(0, 1 << 20), st.integers(0, 255)), max_size=4), st.data()
)
def test_a_file_with_bytes_changed_or_cut_is_refused_or_described(
    honest: bytes, changes: list[tuple[int, int]], draw: st.DataObject
) -> None:
    data = bytearray(honest)
    for at, value in changes:
        # Half of the changes fall on the header, where they are most likely to mislead.
        size = len(data) if at % 2 else min(len(data), 8 + int.from_bytes(honest[:8], "little"))
        data[at % size] = value
    tried(bytes(data[: draw.draw(st.integers(0, len(data)) | st.just(len(data)))]))


ENTRY = st.fixed_dictionaries(
    {
        "dtype": st.sampled_from([*DTYPES, "F4", "", "f32"]) | st.integers(),
        "shape": st.lists(st.integers(-1, 4) | st.sampled_from([10**12, 2**63, True]), max_size=9),
        "data_offsets": st.lists(st.integers(-1, 64) | st.sampled_from([10**12, 2**64]), min_size=1, max_size=3),
    }
)
NAMES = st.sampled_from(
    ["x", "m.lora_A.weight", "m.lora_B.weight", "m.lora_down.weight", "m.alpha", "__metadata__", ""]
)


@LOOSE
@given(st.dictionaries(NAMES, ENTRY | st.none() | st.integers(), max_size=5), st.binary(max_size=64))
def test_any_header_is_refused_or_described(header: dict[str, Any], buffer: bytes) -> None:
    for declared in (None, WeightsKind.LORA, WeightsKind.VOICE):
        tried(packed(header, buffer), declared=declared)


@LOOSE
@given(
    st.lists(st.tuples(st.sampled_from(["U8", "F16", "F32"]), st.lists(st.integers(0, 3), max_size=3)), max_size=6),
    st.booleans(),
    st.integers(0, 6),
)
def test_what_we_take_the_other_reader_takes(told: list[tuple[str, list[int]]], shift: bool, pad: int) -> None:
    """Headers near to honest ones: whatever passes here, the safetensors package reads, and it sees the same."""
    at, header = int(shift), {}
    for number, (dtype, shape) in enumerate(told):
        size = DTYPES[dtype]
        for length in shape:
            size *= length
        header[f"t{number}"] = {"dtype": dtype, "shape": shape, "data_offsets": [at, at + size]}
        at += size
    data = packed(json.dumps(header).encode() + b" " * pad, bytes(at))
    if tried(data):
        ours = {item.name: (item.dtype, list(item.shape)) for item in describe_weights(data).tensors}
        assert ours == {name: (item["dtype"], list(item["shape"])) for name, item in safetensors.deserialize(data)}
    else:
        assert shift or not told


def test_an_honest_file_is_taken_and_that_is_what_the_fuzz_starts_from() -> None:
    assert all(tried(data) for data in HONEST)
    entries, buffer = table(voice())
    assert tried(packed(entries, buffer))
