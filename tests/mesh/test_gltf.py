"""glTF as other tools write it, read as an independent reader reads it; and each thing that is refused, in words."""

from __future__ import annotations

import copy
import io
import json
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import trimesh
from PIL import Image

from mesh.kit import ball, checks, png_of, square
from stagedoor.worker.mesh.errors import MeshError
from stagedoor.worker.mesh.gltf import read_gltf, wanted
from stagedoor.worker.mesh.gltf_data import chunks, packed
from stagedoor.worker.mesh.model import Mesh
from stagedoor.worker.mesh.parts import flipped, merged, with_texture
from stagedoor.worker.mesh.sealed import to_bytes
from stagedoor.worker.mesh.texture import Budget, decode


def opened(mesh: Any) -> tuple[dict[str, Any], bytes]:
    """The sealed form of a mesh, to be spoilt."""
    content, binary = chunks(to_bytes(mesh))
    assert binary is not None
    return copy.deepcopy(content), bytes(binary)


def whole(data: bytes) -> Mesh:
    """Read and merged."""
    model = read_gltf(data)
    return merged(model.parts, model.pictures)


def box(colour: tuple[int, int, int], at: float, *, side: int = 8) -> trimesh.Trimesh:
    """A textured box of another tool's making."""
    made = trimesh.creation.box()
    made.apply_translation([at, 0, 0])
    uv = np.random.default_rng(1).uniform(0.1, 0.9, (len(made.vertices), 2))
    picture = Image.new("RGB", (side, side), colour)
    material = trimesh.visual.material.PBRMaterial(baseColorTexture=picture)
    made.visual = trimesh.visual.TextureVisuals(uv=uv, material=material)
    return made


def test_a_file_of_several_parts_becomes_one_mesh_with_one_sheet() -> None:
    scene = trimesh.Scene()
    turn = trimesh.transformations.rotation_matrix(0.7, [0, 1, 0])
    scene.add_geometry(box((200, 10, 20), 0.0), transform=turn)
    scene.add_geometry(box((10, 200, 30), 3.0, side=16), transform=trimesh.transformations.scale_matrix(2.0))
    scene.add_geometry(trimesh.creation.icosphere(subdivisions=1))
    data = scene.export(file_type="glb")
    model = read_gltf(data)
    mesh = merged(model.parts, model.pictures)
    flat = trimesh.load(io.BytesIO(data), file_type="glb", process=False).to_geometry()
    assert len(mesh.triangles) == len(flat.faces)
    assert np.allclose(mesh.bounds, flat.bounds, atol=1e-5)
    theirs = np.sort(flat.vertices[flat.faces].reshape(-1, 9), axis=0)
    assert np.allclose(np.sort(mesh.positions[mesh.triangles].reshape(-1, 9), axis=0), theirs, atol=1e-5)
    assert mesh.texture is not None and mesh.uvs is not None
    height, width = mesh.texture.shape[:2]
    texels = mesh.texture[(mesh.uvs[:, 1] * height).astype(int), (mesh.uvs[:, 0] * width).astype(int), :3]
    seen = {tuple(int(v) for v in texel) for texel in texels}
    assert {(200, 10, 20), (10, 200, 30)} <= seen, "each part finds its own picture on the sheet"


def test_a_mirroring_node_keeps_the_outside_outside() -> None:
    content, binary = opened(ball())
    content["nodes"][0]["scale"] = [-1, 1, 1]
    (part,) = read_gltf(packed(content, binary)).parts
    corners = part.positions[part.triangles].astype(float)
    faces = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
    assert ((faces * corners.mean(axis=1)).sum(axis=1) > -1e-9).all()
    assert part.normals is not None
    assert (part.normals * part.positions).sum(axis=1).min() > 0.8


def test_nodes_stand_where_their_chain_puts_them() -> None:
    content, binary = opened(square())
    content["nodes"] = [
        {"children": [1], "translation": [1, 2, 3]},
        {"children": [2], "rotation": [0, 0.7071067811865476, 0, 0.7071067811865476]},
        {"mesh": 0, "matrix": [2, 0, 0, 0, 0, 2, 0, 0, 0, 0, 2, 0, 0, 0, 0.5, 1]},
    ]
    (part,) = read_gltf(packed(content, binary)).parts
    # x of the square turns to -z; z = 0.5 turns to x.
    assert np.allclose(part.positions[0], [1.5, 4, 5], atol=1e-6)
    assert np.allclose(part.positions[1], [1.5, 4, 1], atol=1e-6)


def test_files_beside_it_are_asked_for_by_name() -> None:
    content, binary = opened(square(texture=None))
    content["buffers"][0]["uri"] = "my%20data.bin"
    content["images"] = [{"uri": "skin.png"}]
    content["textures"] = [{"source": 0}]
    content["materials"][0]["pbrMetallicRoughness"]["baseColorTexture"] = {"index": 0}
    data = json.dumps(content).encode()
    assert wanted(data) == ("my data.bin", "skin.png")
    model = read_gltf(data, {"my data.bin": binary, "skin.png": png_of(checks())})
    assert np.array_equal(model.pictures["image 0"], checks())
    with pytest.raises(MeshError, match=r"skin.+ is missing"):
        read_gltf(data, {"my data.bin": binary})


@pytest.mark.parametrize(
    "uri", ["../up.bin", "/etc/passwd", "a/../b", "C:\\x", "http://host/x", "a//b", "..\\x", "%2e%2e/x"]
)
def test_a_name_that_leads_out_is_refused(uri: str) -> None:
    content, _ = opened(square())
    content["buffers"][0]["uri"] = uri
    with pytest.raises(MeshError, match="leads out"):
        wanted(json.dumps(content).encode())


def test_a_texture_of_its_own_and_v_turned_over() -> None:
    model = read_gltf(to_bytes(square(texture=None)))
    mesh = merged(flipped(with_texture(model.parts, "t")), {"t": checks()})
    assert mesh.uvs is not None and mesh.uvs[0].tolist() == [0.0, 1.0]


def test_small_whole_numbers_are_read_as_they_are_meant() -> None:
    """KHR_mesh_quantization: positions as int16, normalised; coordinates as uint8, normalised; uint8 indices."""
    positions = (np.array([[-1, 1, 0, 0], [1, 1, 0, 0], [1, -1, 0, 0], [-1, -1, 0, 0]]) * 32767).astype("<i2")
    coordinates = np.array([[0, 0, 9, 9], [255, 0, 9, 9], [255, 255, 9, 9], [0, 255, 9, 9]], "u1")
    indices = np.array([0, 3, 2, 0, 2, 1], "u1")
    binary = positions.tobytes() + coordinates.tobytes() + indices.tobytes()
    content = {
        "asset": {"version": "2.0"}, "extensionsRequired": ["KHR_mesh_quantization"],
        "buffers": [{"byteLength": len(binary)}],
        "bufferViews": [{"buffer": 0, "byteLength": 32, "byteStride": 8},
                        {"buffer": 0, "byteOffset": 32, "byteLength": 16, "byteStride": 4},
                        {"buffer": 0, "byteOffset": 48, "byteLength": 6}],
        "accessors": [{"bufferView": 0, "componentType": 5122, "normalized": True, "count": 4, "type": "VEC3"},
                      {"bufferView": 1, "componentType": 5121, "normalized": True, "count": 4, "type": "VEC2"},
                      {"bufferView": 2, "componentType": 5121, "count": 6, "type": "SCALAR"}],
        "nodes": [{"mesh": 0}],
        "meshes": [{"primitives": [{"attributes": {"POSITION": 0, "TEXCOORD_0": 1}, "indices": 2}]}],
    }  # fmt: skip
    (part,) = read_gltf(packed(content, binary)).parts
    assert part.uvs is not None and part.uvs.tolist() == [[0, 0], [1, 0], [1, 1], [0, 1]]
    assert np.array_equal(part.positions, square().positions)
    assert np.allclose(merged([part], {}).normals, [0, 0, 1])


def spoil(path: str, value: object) -> Any:
    """A change of one place in the JSON, written as keys between slashes."""

    def act(content: dict[str, Any]) -> None:
        *rooms, last = [int(room) if room.isdigit() else room for room in path.split("/")]
        held: Any = content
        for room in rooms:
            held = held[room]
        held[last] = value

    return act


PRIMITIVE = "meshes/0/primitives/0"
REFUSED = {
    "Draco": (spoil("extensionsRequired", ["KHR_draco_mesh_compression"]), "without Draco"),
    "Draco in a part": (spoil(f"{PRIMITIVE}/extensions", {"KHR_draco_mesh_compression": {}}), "without Draco"),
    "meshopt": (spoil("extensionsRequired", ["EXT_meshopt_compression"]), "without meshopt"),
    "KTX": (spoil("extensionsRequired", ["KHR_texture_basisu"]), "PNG or JPEG"),
    "Gaussians": (spoil(f"{PRIMITIVE}/extensions", {"KHR_gaussian_splatting": {}}), "splat file"),
    "an unknown extension": (spoil("extensionsRequired", ["X" * 500]), "needs the extension"),
    "shape keys": (spoil(f"{PRIMITIVE}/targets", [{"POSITION": 0}]), "shape keys"),
    "a skeleton": (spoil("nodes/0/skin", 0), "skeleton"),
    "points": (spoil(f"{PRIMITIVE}/mode", 0), "points"),
    "sparse": (spoil("accessors/0/sparse", {"count": 1}), "sparse"),
    "blending": (spoil("materials/0/alphaMode", "BLEND"), "blends alpha"),
    "a promise of 10^12": (spoil("accessors/0/count", 10**12), "count"),
    "a promise of 10^300": (spoil("accessors/0/count", 10**300), "count"),
    "too many": (spoil("accessors/0/count", 5_000_000), "Reduce"),
    "more than its view": (spoil("accessors/3/count", 9), "promises 9"),
    "an offset past the end": (spoil("accessors/0/byteOffset", 10**9), "byteOffset"),
    "a view past the end": (spoil("bufferViews/0/byteLength", 10**9), "byteLength"),
    "a negative offset": (spoil("bufferViews/0/byteOffset", -4), "byteOffset"),
    "a buffer past the end": (spoil("buffers/0/byteLength", 10**12), "promises"),
    "a stride of 2": (spoil("bufferViews/0/byteStride", 2), "stride"),
    "a huge stride": (spoil("bufferViews/0/byteStride", 252), "promises"),
    "a fraction": (spoil("accessors/0/count", 4.0), "count"),
    "a word": (spoil("accessors/0/count", "4"), "count"),
    "true": (spoil("accessors/0/count", True), "count"),
    "a matrix of words": (spoil("nodes/0/matrix", ["a"] * 16), "matrix"),
    "an infinite scale": (spoil("nodes/0/scale", [1e308, 1, 1]), "scale"),
    "a perspective": (spoil("nodes/0/matrix", [1, 0, 0, 1, 0, 1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1]), "affine"),
    "a far place": (spoil("nodes/0/translation", [1e8, 0, 0]), "beyond"),
    "no rotation": (spoil("nodes/0/rotation", [0, 0, 0, 0]), "rotation"),
    "a circle": (spoil("nodes/0/children", [0]), "below itself"),
    "no such child": (spoil("nodes/0/children", [7]), "children"),
    "no such mesh": (spoil("nodes/0/mesh", 3), "mesh"),
    "no such picture": (spoil("textures/0/source", 3), "source"),
    "data in the JSON": (spoil("images/0/uri", "data:image/png;base64,AAAA"), "inside the JSON"),
    "a bright factor": (spoil("materials/0/pbrMetallicRoughness/baseColorFactor", [5, 0, 0, 1]), "base colour"),
    "glTF 1": (spoil("asset/version", "1.0"), "version 2"),
    "no list": (spoil("accessors", {}), "not a list"),
    "no objects": (spoil("nodes", [1]), "not a list"),
    "floats as indices": (spoil("accessors/3/componentType", 5126), "not there"),
    "no triangles": (spoil("scenes/0/nodes", []), "no triangles"),
    "an empty part": (spoil("accessors/3/count", 0), "no triangles"),
    "half a triangle": (spoil("accessors/3/count", 5), "no triangles"),
}


@pytest.mark.parametrize("kind", REFUSED)
def test_what_is_not_read_is_refused_in_its_own_words(kind: str) -> None:
    act, says = REFUSED[kind]
    content, binary = opened(square())
    act(content)
    with pytest.raises(MeshError, match=says) as refused:
        whole(packed(content, binary))
    assert len(str(refused.value)) < 500


def test_an_index_past_the_vertices_is_refused() -> None:
    content, binary = opened(square())
    at = content["bufferViews"][content["accessors"][3]["bufferView"]]["byteOffset"]
    spoilt = binary[:at] + b"\xff\xff\xff\x7f" + binary[at + 4 :]
    with pytest.raises(MeshError, match="not there"):
        read_gltf(packed(content, spoilt))


def test_instances_cannot_make_much_of_little() -> None:
    content, binary = opened(square())
    content["nodes"] = [{"mesh": 0} for _ in range(1500)]
    content["scenes"][0]["nodes"] = list(range(1500))
    with pytest.raises(MeshError, match="1000 primitives"):
        read_gltf(packed(content, binary))


@pytest.mark.parametrize(
    "text", [b"{" * 2_000_000, b"[" * 100_000, b'{"asset": NaN}', b"{}", b"\xff\xfe{}", b"", b"[]"]
)
def test_hostile_json_is_refused(text: bytes) -> None:
    with pytest.raises(MeshError):
        read_gltf(text)


def test_a_deep_chain_of_nodes_is_refused() -> None:
    content, binary = opened(square())
    content["nodes"] = [{"children": [i + 1]} for i in range(9_000)] + [{"mesh": 0}]
    with pytest.raises(MeshError, match="deep"):
        read_gltf(packed(content, binary))


def test_pictures_are_measured_before_they_are_decoded() -> None:
    bomb = io.BytesIO()
    Image.new("1", (9000, 9000)).save(bomb, "PNG")
    with pytest.raises(MeshError, match=r"9000x9000|damaged"):
        decode(bomb.getvalue(), "t", Budget())
    with pytest.raises(MeshError, match="together"):
        decode(png_of(checks(32)), "t", Budget(1000))
    for mode, form in (("CMYK", "JPEG"), ("I;16", "PNG"), ("RGB", "TIFF"), ("RGB", "WEBP")):
        out = io.BytesIO()
        Image.new(mode, (4, 4)).save(out, form)
        with pytest.raises(MeshError, match="8-bit"):
            decode(out.getvalue(), "t", Budget())


def test_textures_too_large_for_one_sheet_and_repeating_ones_are_refused() -> None:
    model = read_gltf(to_bytes(square(uvs=square().uvs * np.float32(3), repeat=True)))  # type: ignore[operator]
    (part,) = model.parts
    assert merged([part], model.pictures).repeat
    other = read_gltf(to_bytes(square(texture=checks(8)))).parts[0]
    renamed = replace(other, material=replace(other.material, texture="b"))
    with pytest.raises(MeshError, match="repeats"):
        merged([part, renamed], {**model.pictures, "b": checks(8)})
    wide = np.zeros((8192, 8192, 1), np.uint8)
    wide = np.broadcast_to(wide, (8192, 8192, 4))
    with pytest.raises(MeshError, match="one sheet"):
        merged([renamed, other], {"b": wide, "image 0": checks(8)})
