"""What is sealed is one strict GLB: the same mesh bit for bit, opened by an independent reader too."""

from __future__ import annotations

import io

import numpy as np
import pytest
import trimesh

from mesh.kit import ball, checks, square
from stagedoor.worker.mesh.errors import MeshError
from stagedoor.worker.mesh.gltf_data import chunks, packed
from stagedoor.worker.mesh.model import Mesh, smooth_normals
from stagedoor.worker.mesh.sealed import from_bytes, is_mesh, to_bytes

PLAIN = {"texture": None, "uvs": None}
COLOURS = np.arange(25 * 13 * 4, dtype=np.uint16).reshape(-1, 4) * 50
KINDS = {
    "a textured ball": ball(),
    "a double-sided square": square(double_sided=True, unlit=False),
    "a mask that repeats": square(alpha_cutoff=0.25, repeat=True, factor=(0.5, 0.25, 1.0, 0.75)),
    "colours without a texture": ball(colours=COLOURS, **PLAIN),
    "colours over a texture": ball(colours=COLOURS),
    "nothing but triangles": ball(factor=(0.1, 0.2, 0.3, 1.0), **PLAIN),
}


def same(first: Mesh, second: Mesh) -> None:
    """Every field, every bit."""
    for name in Mesh.__dataclass_fields__:
        one, other = getattr(first, name), getattr(second, name)
        if isinstance(one, np.ndarray):
            assert one.dtype == other.dtype and one.tobytes() == other.tobytes(), name
        else:
            assert one == other, name


@pytest.mark.parametrize("kind", KINDS)
def test_a_mesh_comes_back_bit_for_bit(kind: str) -> None:
    data = to_bytes(KINDS[kind])
    assert is_mesh(data)
    back = from_bytes(data)
    same(KINDS[kind], back)
    assert to_bytes(back) == data
    same(back, from_bytes(bytearray(data)))


@pytest.mark.parametrize("kind", KINDS)
def test_an_independent_reader_opens_it(kind: str) -> None:
    mesh = KINDS[kind]
    (read,) = trimesh.load(io.BytesIO(to_bytes(mesh)), file_type="glb", process=False).geometry.values()
    assert np.array_equal(read.vertices.astype(np.float32), mesh.positions)
    assert np.array_equal(read.faces, mesh.triangles)
    if mesh.texture is not None and mesh.uvs is not None:
        # trimesh turns v upwards.
        assert np.allclose(np.stack([read.visual.uv[:, 0], 1 - read.visual.uv[:, 1]], 1), mesh.uvs, atol=1e-6)
        texture = read.visual.material.baseColorTexture.convert("RGBA")
        assert np.array_equal(np.asarray(texture), mesh.texture)
        assert read.visual.material.doubleSided is mesh.double_sided


def test_another_tools_glb_is_not_the_sealed_form() -> None:
    other = trimesh.creation.box().export(file_type="glb")
    assert not is_mesh(other)
    with pytest.raises(MeshError, match="form that is sealed"):
        from_bytes(other)


@pytest.mark.parametrize("data", [b"", b"glTF", b"ply\n", b"glTF" + bytes(60)])
def test_other_bytes_are_not_recognised(data: bytes) -> None:
    assert not is_mesh(data)


def test_a_tag_on_another_form_is_refused() -> None:
    content, binary = chunks(to_bytes(square()))
    assert binary is not None
    two = content["meshes"][0]["primitives"] * 2
    with pytest.raises(MeshError, match="one part"):
        from_bytes(packed(content | {"meshes": [{"primitives": two}]}, bytes(binary)))


@pytest.mark.parametrize(
    ("over", "says"),
    [
        ({"positions": np.full((4, 3), np.nan, np.float32)}, "positions"),
        ({"positions": np.full((4, 3), 1e9, np.float32)}, "positions"),
        ({"triangles": np.array([[0, 1, 4]], np.int32)}, "not there"),
        ({"triangles": np.array([[0, 1, -1]], np.int32)}, "not there"),
        ({"triangles": np.empty((0, 3), np.int32)}, "0 triangles"),
        ({"uvs": None}, "no coordinates"),
        ({"uvs": np.full((4, 2), np.inf, np.float32)}, "uvs"),
        ({"uvs": np.zeros((3, 2), np.float32)}, "shape"),
        ({"normals": np.full((4, 3), 2.0, np.float32)}, "normals"),
        ({"factor": (2.0, 0.0, 0.0, 1.0)}, "factor"),
        ({"alpha_cutoff": float("nan")}, "alpha"),
    ],
)
def test_a_mesh_out_of_bounds_is_refused(over: dict[str, object], says: str) -> None:
    with pytest.raises(MeshError, match=says):
        square(**over)


def test_a_mesh_cannot_be_altered() -> None:
    mesh, given = square(), checks()
    for array in (mesh.positions, mesh.triangles, mesh.texture):
        with pytest.raises(ValueError, match="read-only"):
            array[0] = 0  # type: ignore[index]
    held = square(texture=given)
    given[:] = 0
    assert held.texture is not None and held.texture.any()


def test_normals_of_a_ball_point_outwards_across_its_seam() -> None:
    mesh = ball(24, 48)
    normals = smooth_normals(mesh.positions, mesh.triangles)
    assert (normals * mesh.positions).sum(axis=1).min() > 0.99


def test_centring_puts_the_middle_at_the_origin() -> None:
    mesh = square().moved(shift=(5.0, 6.0, 7.0), scale=3.0).centred(2.0)
    least, greatest = mesh.bounds
    assert np.allclose(least, [-1, -1, 0], atol=1e-5) and np.allclose(greatest, [1, 1, 0], atol=1e-5)
    point = Mesh(positions=np.zeros((3, 3), np.float32), triangles=np.array([[0, 1, 2]], np.int32),
                 normals=np.zeros((3, 3), np.float32))  # fmt: skip
    with pytest.raises(MeshError, match="one point"):
        point.centred()
