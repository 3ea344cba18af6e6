"""KHR_gaussian_splatting: exact but for one rounding, opened by two independent readers, strict about what it reads."""

from __future__ import annotations

import io
import json
import struct
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pygltflib
import pytest
import trimesh
from numpy.typing import NDArray

from formats.doubles import covariances, drawn, opacities, planet, same, seen_from, some
from stagedoor.worker.double.splats import Splats
from stagedoor.worker.formats.errors import FormatError
from stagedoor.worker.formats.gltf import coefficients, read_glb, write_glb

OTHERS = Path(__file__).parent / "other_tool"
PREFIX = "KHR_gaussian_splatting:"


def torn(data: bytes) -> tuple[dict[str, Any], bytes]:
    size = struct.unpack_from("<I", data, 12)[0]
    return json.loads(data[20 : 20 + size]), data[28 + size :]


def glued(content: Any, body: bytes) -> bytes:
    head = content if isinstance(content, bytes) else json.dumps(content).encode()
    head += b" " * (-len(head) % 4)
    parts = struct.pack("<II", len(head), 0x4E4F534A) + head + struct.pack("<II", len(body), 0x004E4942) + body
    return struct.pack("<4sII", b"glTF", 2, 12 + len(parts)) + parts


def changed(change: Callable[[dict[str, Any]], Any], *, degree: int = 0, count: int = 4) -> bytes:
    content, body = torn(write_glb(some(count, degree=degree)))
    change(content)
    return glued(content, body)


def primitive(content: dict[str, Any]) -> dict[str, Any]:
    held: dict[str, Any] = content["meshes"][0]["primitives"][0]
    return held


def told(content: dict[str, Any]) -> dict[str, Any]:
    held: dict[str, Any] = primitive(content)["extensions"]["KHR_gaussian_splatting"]
    return held


def attributes(content: dict[str, Any]) -> dict[str, Any]:
    held: dict[str, Any] = primitive(content)["attributes"]
    return held


@pytest.mark.parametrize("degree", [0, 1, 2, 3])
def test_a_round_trip_loses_one_rounding(degree: int) -> None:
    splats = some(500, degree=degree)
    back = read_glb(write_glb(splats))
    for name in ("means", "colours", "rest"):
        np.testing.assert_array_equal(getattr(back, name), getattr(splats, name))
    step = np.maximum(np.spacing(np.abs(splats.log_scales)), 1.2e-7)
    assert (np.abs(back.log_scales - splats.log_scales) <= step).all()
    assert (np.abs(opacities(back) - opacities(splats)) <= np.spacing(opacities(splats).astype(np.float32))).all()
    np.testing.assert_allclose(covariances(back), covariances(splats), rtol=1e-5, atol=1e-7)
    assert write_glb(splats) == write_glb(splats)


@pytest.mark.parametrize("degree", [0, 3])
def test_a_rendered_view_is_the_same(degree: int) -> None:
    splats = planet(degree=degree)
    difference = np.abs(drawn(read_glb(write_glb(splats))) - drawn(splats))
    assert difference.max() <= 1.01 / 255
    assert (difference > 0).mean() < 0.001


def test_an_independent_reader_finds_every_attribute() -> None:
    splats = some(30, degree=3)
    read = pygltflib.GLTF2.load_from_bytes(write_glb(splats, extras={"permit": "p-1"}))
    blob = read.binary_blob()
    (held,) = read.meshes[0].primitives
    assert held.mode == 0
    assert held.extensions["KHR_gaussian_splatting"]["colorSpace"] == "srgb_rec709_display"
    assert read.extensionsUsed == ["KHR_gaussian_splatting"]
    assert read.asset.extras == {"permit": "p-1"}

    def column(name: str) -> NDArray[Any]:
        accessor = read.accessors[vars(held.attributes)[name]]
        view = read.bufferViews[accessor.bufferView]
        kind, width = (
            {5126: "<f4", 5121: "u1"}[accessor.componentType],
            {"SCALAR": 1, "VEC3": 3, "VEC4": 4}[accessor.type],
        )
        assert view.byteOffset % 4 == 0
        return np.frombuffer(blob, kind, accessor.count * width, view.byteOffset).reshape(accessor.count, width)

    np.testing.assert_array_equal(column("POSITION"), splats.means)
    assert read.accessors[held.attributes.POSITION].min == splats.means.min(axis=0).tolist()
    np.testing.assert_allclose(column(PREFIX + "SCALE"), np.exp(splats.log_scales), rtol=1e-6)
    np.testing.assert_allclose(column(PREFIX + "OPACITY")[:, 0], opacities(splats), rtol=1e-6)
    unit = splats.quats / np.linalg.norm(splats.quats, axis=1, keepdims=True)
    np.testing.assert_allclose(column(PREFIX + "ROTATION"), unit[:, [1, 2, 3, 0]], atol=1e-6)
    np.testing.assert_array_equal(column(PREFIX + "SH_DEGREE_0_COEF_0"), splats.colours)
    for place, name in enumerate(coefficients(3)):
        np.testing.assert_array_equal(column(name), splats.rest[:, place])


def test_a_reader_that_knows_only_points_sees_linear_colours() -> None:
    splats = some(30)
    scene = trimesh.load_scene(io.BytesIO(write_glb(splats)), file_type="glb")
    (cloud,) = scene.geometry.values()
    np.testing.assert_allclose(cloud.vertices, splats.means, atol=1e-6)
    seen = np.clip(seen_from(splats, (0, 0, -1)), 0, 1)
    assert (
        np.abs(
            cloud.colors[:, :3] / 255 - np.where(seen <= 0.04045, seen / 12.92, ((seen + 0.055) / 1.055) ** 2.4)
        ).max()
        < 0.0021
    )


def test_another_tools_file_says_the_same() -> None:
    """It holds the PLY turned about z, so against ours it stands turned about y: both are y up."""
    splats, theirs = some(120, degree=3), read_glb((OTHERS / "some.glb").read_bytes())
    turn = np.diag([-1.0, 1.0, -1.0])
    np.testing.assert_allclose(theirs.means, splats.means @ turn, atol=1e-6)
    np.testing.assert_allclose(covariances(theirs), turn @ covariances(splats) @ turn, atol=1e-6)
    np.testing.assert_allclose(opacities(theirs), opacities(splats), atol=1e-6)
    np.testing.assert_allclose(seen_from(theirs, (-0.36, 0.48, 0.8)), seen_from(splats, (0.36, 0.48, -0.8)), atol=1e-6)


def test_nodes_move_turn_and_scale() -> None:
    """A third of a turn about (1,1,1): x to y, y to z, z to x.  Twice as large, one up; under a parent."""
    splats = some(20, degree=3)

    def change(content: dict[str, Any]) -> None:
        content["nodes"] = [
            {"children": [1], "translation": [0, 1, 0]},
            {"mesh": 0, "rotation": [0.5, 0.5, 0.5, 0.5], "scale": [2, 2, 2]},
            {"mesh": 0, "matrix": [*np.eye(4).ravel()]},
        ]
        content["scenes"] = [{"nodes": [0, 2]}]

    back = read_glb(changed(change, degree=3, count=20))
    assert len(back) == 40
    columns = [name for name in splats.__dataclass_fields__ if name != "antialiased"]
    moved = Splats(**{name: getattr(back, name)[:20] for name in columns})
    np.testing.assert_allclose(moved.means, 2 * splats.means[:, [2, 0, 1]] + [0, 1, 0], atol=1e-6)
    turn = np.eye(3)[:, [1, 2, 0]]
    np.testing.assert_allclose(covariances(moved), 4 * turn @ covariances(splats) @ turn.T, rtol=1e-4, atol=1e-6)
    np.testing.assert_allclose(seen_from(moved, (0.8, 0.36, 0.48)), seen_from(splats, (0.36, 0.48, 0.8)), atol=1e-5)
    np.testing.assert_array_equal(back.means[20:], splats.means)


def test_quantised_rotations_and_opacities_are_read() -> None:
    splats = some(4)
    content, body = torn(write_glb(splats))
    rows = np.round(splats.quats[:, [1, 2, 3, 0]] / np.linalg.norm(splats.quats, axis=1, keepdims=True) * 127)
    extra = rows.astype("i1").tobytes() + np.full(4, 51, np.uint8).tobytes()
    content["bufferViews"] += [
        {"buffer": 0, "byteOffset": len(body), "byteLength": 16},
        {"buffer": 0, "byteOffset": len(body) + 16, "byteLength": 4},
    ]
    first = len(content["accessors"])
    content["accessors"] += [
        {"bufferView": first, "componentType": 5120, "normalized": True, "type": "VEC4", "count": 4},
        {"bufferView": first + 1, "componentType": 5121, "normalized": True, "type": "SCALAR", "count": 4},
    ]
    content["buffers"][0]["byteLength"] += 20
    primitive(content)["attributes"] |= {PREFIX + "ROTATION": first, PREFIX + "OPACITY": first + 1}
    back = read_glb(glued(content, body + extra))
    np.testing.assert_allclose(opacities(back), 0.2, atol=1e-6)
    np.testing.assert_allclose(covariances(back), covariances(splats), rtol=0.1, atol=0.02)


def test_ends_of_the_range_stay_finite() -> None:
    splats = some(3)
    ends = Splats(
        means=splats.means,
        log_scales=np.full((3, 3), -9000.0),
        quats=splats.quats,
        opacity_logits=np.array([-9000.0, 9000.0, 0.0]),
        colours=splats.colours,
    )
    back = read_glb(write_glb(ends))
    assert np.isfinite(back.log_scales).all()
    np.testing.assert_allclose(opacities(back), [0, 1, 0.5], atol=1e-7)
    same(read_glb(write_glb(back)), back)
    huge = Splats(**{name: getattr(splats, name) for name in splats.__dataclass_fields__ if name != "log_scales"},
                  log_scales=np.full((3, 3), 90.0))  # fmt: skip
    with pytest.raises(FormatError, match="beyond float32"):
        write_glb(huge)


GOOD = write_glb(some(4))


def _deep(content: dict[str, Any]) -> None:
    content["nodes"] = [{"children": [k + 1]} for k in range(70)] + [{"mesh": 0}]


def _numbers(column: str, values: list[float]) -> bytes:
    content, body = torn(GOOD)
    accessor = content["accessors"][primitive(content)["attributes"][column]]
    at = content["bufferViews"][accessor["bufferView"]]["byteOffset"]
    new = np.array(values, "<f4").tobytes()
    return glued(content, body[:at] + new + body[at + len(new) :])


@pytest.mark.parametrize(
    ("data", "word"),
    [
        (b"", "does not begin as a GLB"),
        (GOOD[:-4], "its header says"),
        (glued(b"{" * 20000, b""), "no JSON"),
        (glued(b"[" * 200000, b""), "no JSON"),
        (glued(b"[]", b""), "not one object"),
        (glued({}, b""), "no Gaussians"),
        (glued({"asset": {"version": "2.0"}, "scenes": [{"nodes": [7]}]}, b""), "nodes"),
        (changed(lambda c: c["buffers"][0].update(uri="../../etc/passwd")), "another file"),
        (changed(lambda c: c["buffers"][0].update(uri="data:,x")), "another file"),
        (changed(lambda c: c.update(extensionsRequired=["KHR_gaussian_splatting_compression_spz_2"])), "spz_2"),
        (changed(lambda c: c.update(extensionsRequired=[["x"]])), "requires"),
        (changed(lambda c: c.update(extensionsRequired=7)), "requires 7"),
        (changed(lambda c: primitive(c).pop("extensions")), "it is a mesh"),
        (changed(lambda c: primitive(c).update(mode=4)), "not points"),
        (changed(lambda c: primitive(c).pop("mode")), "not points"),
        (changed(lambda c: told(c).update(kernel="box")), "kernel is 'box'"),
        (
            changed(lambda c: told(c).update(colorSpace="lin_rec709_display")),
            "colorSpace is 'lin_rec709_display'",
        ),
        (changed(lambda c: told(c).update(extensions={"x": {}})), "compressed"),
        (changed(lambda c: attributes(c).pop(PREFIX + "SCALE")), "no KHR_gaussian_splatting:SCALE"),
        (changed(lambda c: attributes(c).pop(PREFIX + "SH_DEGREE_0_COEF_0")), "no KHR_gaussian_splatting:SH"),
        (changed(lambda c: attributes(c).pop(PREFIX + "SH_DEGREE_1_COEF_2"), degree=1), "not all of degree"),
        (changed(lambda c: attributes(c).update({PREFIX + "SH_DEGREE_4_COEF_0": 0})), "not all of degree"),
        (changed(lambda c: c["accessors"][0].update(count=10**12)), "count"),
        (changed(lambda c: c["accessors"][0].update(count=2_000_000)), "declares 2000000"),
        (changed(lambda c: c["accessors"][1].update(count=3)), "different lengths"),
        (changed(lambda c: [one.update(count=1_000_000) for one in c["accessors"]]), "promises 1000000"),
        (changed(lambda c: c["accessors"][0].update(bufferView=99)), "bufferView"),
        (changed(lambda c: c["accessors"][0].update(byteOffset=-4)), "byteOffset"),
        (changed(lambda c: c["accessors"][0].update(sparse={})), "sparse"),
        (changed(lambda c: c["bufferViews"][0].update(byteLength=1 << 40)), "byteLength"),
        (changed(lambda c: c["buffers"][0].update(byteLength=1 << 40)), "promises"),
        (changed(lambda c: c["nodes"][0].update(scale=[1, 1, 2])), "unevenly"),
        (changed(lambda c: c["nodes"][0].update(scale=[-1, 1, 1])), "mirrored"),
        (changed(lambda c: c["nodes"][0].update(scale=[0, 0, 0])), "unevenly"),
        (changed(lambda c: c["nodes"][0].update(rotation=[0, 0, 0, 0])), "unit quaternion"),
        (changed(lambda c: c["nodes"][0].update(translation=[1e9, 0, 0])), "beyond 10000"),
        (changed(lambda c: c["nodes"][0].update(matrix=[1e300] * 16)), "not finite"),
        (changed(lambda c: c["nodes"][0].update(children=[0])), "reached twice"),
        (changed(lambda c: c.update(nodes=[{"children": [1, 1]}, {"mesh": 0}])), "node 1: it is reached twice"),
        (changed(_deep), "more than 64 deep"),
        (changed(lambda c: c.update(nodes=[{"mesh": 0}] * 300, scenes=[{"nodes": list(range(300))}])), "more than 256"),
        (_numbers("POSITION", [float("nan")]), "position has a number that is not finite"),
        (_numbers(PREFIX + "SCALE", [-1.0]), "negative or not finite"),
        (_numbers(PREFIX + "SCALE", [float("inf")]), "negative or not finite"),
        (_numbers(PREFIX + "OPACITY", [1.5]), "not 0 to 1"),
        (_numbers(PREFIX + "OPACITY", [float("nan")]), "not 0 to 1"),
        (_numbers(PREFIX + "ROTATION", [0.0] * 4), "rotation in it is zero"),
        (_numbers(PREFIX + "SH_DEGREE_0_COEF_0", [float("inf")]), "colour has a number"),
    ],
)  # fmt: skip
def test_a_hostile_file_is_refused(data: bytes, word: str) -> None:
    with pytest.raises(FormatError, match=word):
        read_glb(data)
