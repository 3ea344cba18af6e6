"""Hostile meshes: a Mesh or the one MeshError, within a second and in bounded memory, whatever the bytes.

Sound files are cut short, have bytes changed, and have numbers, words and lists of their JSON replaced by worse ones.
"""

from __future__ import annotations

import contextlib
import copy
import io
import json
from functools import partial
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image

from fuzz import budget
from mesh.kit import ball, checks, png_of, square
from mesh.test_gltf import opened
from mesh.test_obj import BESIDE, SQUARE
from stagedoor.worker import drawable
from stagedoor.worker.job import WorkError
from stagedoor.worker.mesh.errors import MeshError
from stagedoor.worker.mesh.gltf import read_gltf, wanted
from stagedoor.worker.mesh.gltf_data import packed
from stagedoor.worker.mesh.model import Mesh
from stagedoor.worker.mesh.obj import read_obj
from stagedoor.worker.mesh.obj import wanted as wanted_by_obj
from stagedoor.worker.mesh.parts import merged
from stagedoor.worker.mesh.sealed import from_bytes, is_mesh, to_bytes
from stagedoor.worker.mesh.texture import Budget, decode

MEMORY_MAX = 96 << 20
"""Bytes that one small file may take, whatever it promises: one sheet of 8-bit JSON objects is most of it."""

MASKED = square(alpha_cutoff=0.5, repeat=True, colours=np.full((4, 4), 60000, np.uint16))
SOUND = [to_bytes(ball(6, 8)), to_bytes(square()), to_bytes(MASKED)]
CALM = settings(
    max_examples=120, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large]
)


bounded = partial(budget.bounded, refusal=MeshError, memory_max=MEMORY_MAX)


def whole_gltf(data: bytes) -> Mesh:
    """All that a door does with a glTF."""
    wanted(data)
    model = read_gltf(data, {"a.png": png_of(checks())})
    return merged(model.parts, model.pictures)


def whole_obj(data: bytes, library: bytes) -> Mesh:
    """All that a door does with an OBJ."""
    beside = {**BESIDE, "my square.mtl": library}
    wanted_by_obj(data, beside)
    model = read_obj(data, beside)
    return merged(model.parts, model.pictures)


def sound(mesh: Mesh | None) -> None:
    """A mesh that came through is one: its sealed form comes back, and it is known by its bytes."""
    if mesh is None:
        return
    assert np.isfinite(mesh.positions).all() and int(mesh.triangles.max()) < len(mesh.positions)
    data = to_bytes(mesh)
    assert is_mesh(data) and np.array_equal(from_bytes(data).positions, mesh.positions)


EDITS = st.lists(st.tuples(st.floats(0, 1, exclude_max=True), st.integers(0, 255)), min_size=1, max_size=12)


@CALM
@given(st.sampled_from(SOUND), EDITS, st.floats(0, 1))
def test_a_glb_with_changed_bytes_or_an_early_end(data: bytes, edits: list[tuple[float, int]], kept: float) -> None:
    spoilt = bytearray(data)
    for place, value in edits:
        spoilt[int(place * len(spoilt))] = value
    cut = spoilt if kept > 0.5 else spoilt[: int(2 * kept * len(spoilt))]
    sound(bounded(whole_gltf, bytes(cut)))
    bounded(from_bytes, cut)


WORSE = st.one_of(
    st.sampled_from([-1, 0, 1, 3, 5, 2**31, 2**63, 10**12, 10**30, 0.5, -0.0, 1e308, "", "x", "VEC4", "SCALAR", None,
                     True, [], {}, [0] * 16, [[]], {"a": 1}, 5120, 5121, 5125, 5126, "../up", "a.png",
                     "data:,x", "\ud800"]),
    st.integers(-10, 70_000), st.floats(allow_nan=False), st.text(max_size=6),
)  # fmt: skip


def places(held: Any, at: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """The way to every value in a JSON."""
    inner = held.items() if isinstance(held, dict) else enumerate(held) if isinstance(held, list) else ()
    return [*([at] if at else []), *(way for key, value in inner for way in places(value, (*at, key)))]


@CALM
@given(st.sampled_from([ball(6, 8), square(), MASKED]), st.lists(st.tuples(st.floats(0, 1, exclude_max=True), WORSE),
       min_size=1, max_size=4), st.booleans())  # fmt: skip
def test_a_glb_whose_json_says_worse(mesh: Mesh, edits: list[tuple[float, Any]], dropped: bool) -> None:
    content, binary = opened(mesh)
    content["extras"] = {"nodes": [1]}
    for place, value in edits:
        ways = places(content)
        *rooms, last = ways[int(place * len(ways))]
        held: Any = content
        for room in rooms:
            held = held[room]
        if dropped and isinstance(held, dict):
            del held[last]
        else:
            held[last] = copy.deepcopy(value)
    try:
        data = packed(content, binary)
    except (ValueError, UnicodeError):
        return
    sound(bounded(whole_gltf, data))


TOKENS = st.sampled_from([b"v", b"vt", b"vn", b"f", b"usemtl", b"mtllib", b"skin", b"my square.mtl", b"1", b"-1", b"0",
                          b"2/2", b"3//1", b"4/4/1", b"1e9", b"nan", b"-inf", b"1_0", b"\n", b"\\\n", b"#", b"\r\n",
                          b"\xff", b"\0",
                          b"newmtl", b"Kd", b"map_Kd", b"../x", b"99999999999", b"s", b"o"])  # fmt: skip


@CALM
@given(
    st.lists(st.tuples(st.floats(0, 1), TOKENS), max_size=12), st.lists(st.tuples(st.floats(0, 1), TOKENS), max_size=3)
)
def test_an_obj_with_words_put_in(edits: list[tuple[float, bytes]], library: list[tuple[float, bytes]]) -> None:
    spoilt = [SQUARE, BESIDE["my square.mtl"]]
    for number, changes in enumerate((edits, library)):
        for place, word in changes:
            at = int(place * len(spoilt[number]))
            spoilt[number] = spoilt[number][:at] + b" " + word + b" " + spoilt[number][at:]
    sound(bounded(whole_obj, *spoilt))


@CALM
@given(st.lists(TOKENS, max_size=60))
def test_an_obj_of_nothing_but_words(words: list[bytes]) -> None:
    vertices = b"v 0 0 0\nv 1 0 0\nv 0 1 0\nv 0.2 0.2 0\nvt 0 0\nvt 1 1\nvn 0 0 1\n"
    sound(bounded(whole_obj, vertices + b" ".join(words), b" ".join(words)))


@CALM
@given(EDITS, st.floats(0, 1), st.sampled_from(["PNG", "JPEG"]))
def test_a_picture_with_changed_bytes(edits: list[tuple[float, int]], kept: float, form: str) -> None:
    out = io.BytesIO()
    Image.fromarray(checks(24)[..., :3]).save(out, form)
    spoilt = bytearray(out.getvalue())
    for place, value in edits:
        spoilt[int(place * len(spoilt))] = value
    bounded(lambda data: decode(data, "t", Budget(1 << 20)), bytes(spoilt[: 8 + int(kept * len(spoilt))]))


@CALM
@given(st.one_of(st.binary(max_size=200), st.binary(max_size=200).map(lambda b: b"glTF\2\0\0\0" + b)))
def test_any_bytes_for_the_worker(data: bytes) -> None:
    """The recipe's own door: something that can be drawn, or a WorkError."""
    with contextlib.suppress(WorkError):
        drawable.opened(bytearray(data))


DEEP = json.dumps({"asset": {"version": "2.0"}})[:-1]
BOMBS = {
    "a million brackets": b"[" * 1_000_000,
    "a million objects": (DEEP + ', "nodes": [' + "{}," * 1_000_000 + "{}]}").encode(),
    "a long number": (DEEP + ', "scene": ' + "9" * 1_000_000 + "}").encode(),
    "a long name": (DEEP + ', "buffers": [{"uri": "' + "a" * 1_000_000 + '"}]}').encode(),
    "many nodes under many": (DEEP + ', "nodes": [' + ",".join(
        json.dumps({"children": list(range(i + 1, min(i + 40, 3000)))}) for i in range(3000)) + "]}").encode(),
}  # fmt: skip


@pytest.mark.parametrize("kind", BOMBS)
def test_bombs_in_json(kind: str) -> None:
    assert bounded(whole_gltf, BOMBS[kind]) is None
