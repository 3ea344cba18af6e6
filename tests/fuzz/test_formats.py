"""Hostile splat files: a double or a FormatError, never anything else, in bounded time and memory.

Bytes are cut, repeated, flipped and overwritten with the numbers that readers trip over; SPZ is also spoilt inside its
gzip, and a GLB's JSON by replacing its values, so that the damage gets past the first check.
"""

from __future__ import annotations

import contextlib
import copy
import json
import struct
import time
import tracemalloc
import zlib
from collections.abc import Callable
from typing import Any, Final

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from formats.doubles import some
from fuzz.budget import SLACK
from stagedoor.worker.double.splats import Splats
from stagedoor.worker.formats import FormatError, read_splats, write_splats

MEMORY_MAX: Final = 24 << 20
"""Bytes that reading one of these files may take, whatever it declares: they are under 10 KB."""
SECONDS_MAX: Final = 1.0

SEEDS: Final = {
    f"{kind} {degree}": write_splats(some(6, degree=degree), kind)
    for kind in ("ply", "spz", "glb")
    for degree in (0, 3)
}
QUICK = settings(
    max_examples=400,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
TRIPS: Final = (0, 1, 0x7F, 0x80, 0xFF, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFF, 0x7F800000, 0x7FC00000, 0xFF800000, 10**6)
"""Whole numbers at the ends, and infinity and NaN as float32."""

Edit = tuple[str, int, int]
EDITS = st.lists(
    st.tuples(
        st.sampled_from(["cut", "flip", "put", "drop", "double"]), st.integers(0, 1 << 20), st.sampled_from(TRIPS)
    ),
    min_size=1,
    max_size=4,
)


def spoilt(data: bytes, edits: list[Edit]) -> bytes:
    out = bytearray(data)
    for kind, place, value in edits:
        at = place % (len(out) + 1)
        if kind == "cut":
            del out[at:]
        elif kind == "flip" and at < len(out):
            out[at] ^= (value & 0xFF) or 1
        elif kind == "put":
            out[at : at + 4] = struct.pack("<I", value)
        elif kind == "drop":
            del out[at : at + 1 + value % 7]
        elif kind == "double":
            out[at:at] = out[at : at + 64]
    return bytes(out)


def answered(data: bytes) -> Splats | FormatError:
    """What the door says, held to its promises."""
    tracemalloc.start()
    started = time.perf_counter()
    try:
        answer: Splats | FormatError = read_splats(data, name="fuzzed")
    except FormatError as fault:
        answer = fault
    finally:
        took, peak = time.perf_counter() - started, tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
    if isinstance(answer, FormatError):
        assert 20 < len(str(answer)) < 600 and str(answer).isprintable()
    assert took < SECONDS_MAX * SLACK
    assert peak < MEMORY_MAX
    return answer


@pytest.mark.parametrize("seed", SEEDS)
def test_every_cut_is_refused(seed: str) -> None:
    data = SEEDS[seed]
    for size in range(0, len(data), max(1, len(data) // 150)):
        assert isinstance(answered(data[:size]), FormatError)
    assert isinstance(answered(data + b"\0"), FormatError)
    assert isinstance(answered(data), Splats)


@given(seed=st.sampled_from(sorted(SEEDS)), edits=EDITS)
@QUICK
def test_spoilt_bytes(seed: str, edits: list[Edit]) -> None:
    answered(spoilt(SEEDS[seed], edits))


@given(degree=st.sampled_from([0, 3]), edits=EDITS)
@QUICK
def test_spz_spoilt_inside_its_gzip(degree: int, edits: list[Edit]) -> None:
    inside = zlib.decompress(SEEDS[f"spz {degree}"], 31)
    packer = zlib.compressobj(6, zlib.DEFLATED, 31)
    answered(packer.compress(spoilt(inside, edits)) + packer.flush())


@given(
    magic=st.sampled_from([b"", b"ply\n", b"\x1f\x8b\x08\0", b"glTF\2\0\0\0", b"NGSP", b"#usda"]),
    tail=st.binary(max_size=200),
)
@QUICK
def test_noise_after_a_magic(magic: bytes, tail: bytes) -> None:
    assert isinstance(answered(magic + tail), FormatError)


VALUES = st.one_of(
    st.sampled_from([None, True, -1, 0, 1, 2**31, 10**12, 10**400, 1e308, -0.5, "", "x", [], {}, [[]], ["x"] * 300]),
    st.integers(-5, 300),
    st.floats(allow_nan=False, allow_infinity=False),
    st.recursive(
        st.just(0), lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.just("mesh"), inner), max_leaves=9
    ),
)


def places(content: Any) -> list[Callable[[Any], None]]:
    """A setter for every value of a JSON document."""
    out: list[Callable[[Any], None]] = []
    if isinstance(content, (dict, list)):
        for key in content if isinstance(content, dict) else range(len(content)):
            out.append(lambda value, key=key: content.__setitem__(key, value))  # type: ignore[misc]
            out += places(content[key])
    return out


@given(
    degree=st.sampled_from([0, 3]), changes=st.lists(st.tuples(st.integers(0, 1 << 20), VALUES), min_size=1, max_size=3)
)
@QUICK
def test_glb_with_other_values_in_its_json(degree: int, changes: list[tuple[int, Any]]) -> None:
    data = SEEDS[f"glb {degree}"]
    size = struct.unpack_from("<I", data, 12)[0]
    content, body = json.loads(data[20 : 20 + size]), data[20 + size :]
    # Where half of the changes go: the parts that place and count Gaussians, not the many attributes.
    content["nodes"] = [
        {"children": [1], "scale": [1, 1, 1]},
        {"mesh": 0, "rotation": [0, 0, 0, 1], "translation": [0, 0, 0]},
    ]
    for place, value in changes:
        found = places(content)
        found[place % len(found)](copy.deepcopy(value))
    head = json.dumps(content).encode()
    head += b" " * (-len(head) % 4)
    total = 20 + len(head) + len(body)
    answered(struct.pack("<4sIIII", b"glTF", 2, total, len(head), 0x4E4F534A) + head + body)


@pytest.mark.parametrize("nodes", [9_000])
def test_a_scene_of_many_nodes_and_primitives_is_bounded(nodes: int) -> None:
    """Whatever one small file repeats: nodes of one mesh, empty meshes, attributes, children."""
    data = SEEDS["glb 0"]
    size = struct.unpack_from("<I", data, 12)[0]
    body = data[20 + size :]
    for change in (
        lambda c: c.update(nodes=[{"mesh": 0}] * nodes, scenes=[{"nodes": list(range(nodes))}]),
        lambda c: c.update(
            nodes=[{"mesh": 1}] * nodes, scenes=[{"nodes": list(range(nodes))}], meshes=[{"primitives": []}] * nodes
        ),
        lambda c: c.update(nodes=[{"children": list(range(1, 400))}] * 400),
        lambda c: c["meshes"][0].update(primitives=c["meshes"][0]["primitives"] * nodes),
        lambda c: c["meshes"][0]["primitives"][0]["attributes"].update({f"_X{k}": 0 for k in range(nodes)}),
        lambda c: c.update(accessors=c["accessors"] * (nodes // 6)),
    ):
        content = json.loads(data[20 : 20 + size])
        change(content)  # type: ignore[no-untyped-call]
        head = json.dumps(content).encode()
        head += b" " * (-len(head) % 4)
        total = 20 + len(head) + len(body)
        whole = struct.pack("<4sIIII", b"glTF", 2, total, len(head), 0x4E4F534A) + head + body
        started = time.perf_counter()
        with contextlib.suppress(FormatError):
            read_splats(whole, name="fuzzed")
        assert time.perf_counter() - started < SECONDS_MAX * SLACK
