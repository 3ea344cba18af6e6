"""OBJ and MTL as tools write them, read as an independent reader reads them; and each thing that is refused."""

from __future__ import annotations

import io

import numpy as np
import pytest
import trimesh
from hypothesis import given, settings
from hypothesis import strategies as st

from mesh.kit import camera, checks, png_of, square
from stagedoor.worker.mesh.draw import render_mesh
from stagedoor.worker.mesh.errors import MeshError
from stagedoor.worker.mesh.model import Mesh
from stagedoor.worker.mesh.obj import read_obj, wanted
from stagedoor.worker.mesh.parts import merged
from stagedoor.worker.mesh.polygon import EARS_TRIED_MAX, Cutter

SQUARE = b"""# a square
mtllib my square.mtl
o thing
v -1 1 0
v 1 1 0
v 1 -1 0
v -1 -1 0
vt 0 1
vt 1 1
vt 1 0
vt 0 0
usemtl skin
s off
f 1/1 4/4 3/3 2/2
"""
MTL = b"newmtl skin\nKd 0.8 0.8 0.8\nillum 2\nmap_Kd skin 50%.png\n"
BESIDE = {"my square.mtl": MTL, "skin 50%.png": png_of(checks(64, 64))}


def test_v_is_turned_over_once() -> None:
    """The square's upper left corner shows the picture's upper left corner, as the same square of our own making."""
    model = read_obj(SQUARE, BESIDE)
    mesh = merged(model.parts, model.pictures)
    drawn = render_mesh(mesh, camera(size=64), width=64, height=64)
    assert np.array_equal(drawn, render_mesh(square(texture=checks(64, 64)), camera(size=64), width=64, height=64))


def test_files_beside_it_are_asked_for_one_after_the_other() -> None:
    assert wanted(SQUARE, {}) == ("my square.mtl",)
    assert wanted(SQUARE, BESIDE) == ("my square.mtl", "skin 50%.png")
    for name in BESIDE:
        with pytest.raises(MeshError, match="is missing"):
            read_obj(SQUARE, {key: held for key, held in BESIDE.items() if key != name})


@pytest.mark.parametrize("name", ["../x.mtl", "/etc/passwd", "a/../../b", "C:/x", "-clamp on x.png"])
def test_a_name_that_leads_out_is_refused(name: str) -> None:
    with pytest.raises(MeshError, match=r"leads out|options"):
        wanted(b"mtllib " + name.encode(), {})


def test_an_independent_reader_sees_the_same_triangles() -> None:
    text = trimesh.creation.icosphere(subdivisions=2).export(file_type="obj").encode()
    (part,) = read_obj(text).parts
    theirs = trimesh.load(io.BytesIO(text), file_type="obj", process=False)
    ours = np.sort(part.positions[part.triangles].reshape(-1, 9), axis=0)
    assert np.allclose(ours, np.sort(theirs.triangles.reshape(-1, 9), axis=0), atol=1e-6)


def test_negative_indices_count_back() -> None:
    forward = read_obj(b"v 0 0 0\nv 1 0 0\nv 0 1 0\nv 0 0 1\nf 2 3 4\n").parts[0]
    backward = read_obj(b"v 0 0 0\nv 1 0 0\nv 0 1 0\nv 0 0 1\nf -3 -2 -1\n").parts[0]
    assert np.array_equal(forward.positions[forward.triangles], backward.positions[backward.triangles])


def test_windows_lines_continued_lines_and_comments() -> None:
    text = b"\xef\xbb\xbfv 0 0 0 # here\r\nv 1 0 \\\r\n0\r\nv 0 1 0\r\n\r\nf 1 \\\n 2 3\r\n"
    (part,) = read_obj(text).parts
    assert part.positions.tolist() == [[0, 0, 0], [1, 0, 0], [0, 1, 0]]


def test_vertex_colours_are_what_a_scanner_saw() -> None:
    (part,) = read_obj(b"v 0 0 0 1 0.5 0\nv 1 0 0 1 0.5 0\nv 0 1 0 1 0.5 0\nf 1 2 3\n").parts
    assert part.colours is not None
    assert np.allclose(part.colours[0], [1.0, 0.2159, 0.0, 1.0], atol=1e-3)


def area(points: np.ndarray) -> np.ndarray:
    """Twice the signed area of a flat polygon, or of each triangle [T,3,2]."""
    x, y = points[..., 0], points[..., 1]
    return (x * np.roll(y, -1, axis=-1) - y * np.roll(x, -1, axis=-1)).sum(axis=-1)


@settings(max_examples=60, deadline=None)
@given(st.lists(st.floats(0.2, 1.0), min_size=4, max_size=24), st.integers(0, 2), st.booleans())
def test_a_star_shaped_polygon_is_covered_once(radii: list[float], axis: int, turned: bool) -> None:
    """Every triangle has the polygon's own direction, and their areas sum to its area."""
    around = np.linspace(0, 2 * np.pi, len(radii), endpoint=False)
    flat = np.stack([np.cos(around), np.sin(around)], 1) * np.array(radii)[:, None]
    flat = flat[::-1] if turned else flat
    corners = np.insert(flat, axis, 0.25 * flat[:, 0] + 0.5, axis=1)
    cut = np.array(Cutter().cut(corners, "here"))
    assert len(cut) == len(radii) - 2
    areas = area(flat[cut])
    assert (areas * np.sign(area(flat)) > -1e-12).all()
    assert np.isclose(areas.sum(), area(flat))


@pytest.mark.parametrize("start", range(4))
def test_a_dart_is_cut_through_its_inner_corner(start: int) -> None:
    dart = np.roll(np.array([[0, 0, 0], [2, -1, 0], [0.5, 0, 0], [2, 1, 0]], float)[::-1], start, axis=0)
    text = "".join(f"v {x} {y} {z}\n" for x, y, z in dart) + "f 1 2 3 4\n"
    (part,) = read_obj(text.encode()).parts
    areas = area(part.positions[part.triangles][..., :2].astype(float))
    assert (areas < 0).all() and np.isclose(areas.sum(), area(dart[:, :2]))


def test_concave_polygons_cost_a_bounded_effort() -> None:
    comb = np.array([[i, (i % 2) * 10.0, 0] for i in range(400)] + [[399, -5, 0], [0, -5, 0]], float)[::-1]
    cutter = Cutter()

    def many() -> None:
        for _ in range(EARS_TRIED_MAX):
            cutter.cut(comb, "here")

    with pytest.raises(MeshError, match="concave"):
        many()


REFUSED = {
    "a corner too far": (b"v 0 0 0\nf 1 2 3\n", "points to"),
    "corner 0": (b"v 0 0 0\nv 1 0 0\nv 0 1 0\nf 0 1 2\n", "points to"),
    "corners before their vertices": (b"f 1 2 3\nv 0 0 0\nv 1 0 0\nv 0 1 0\n", "points to"),
    "two corners": (b"v 0 0 0\nv 1 0 0\nf 1 2\n", "3 to"),
    "four rooms": (b"v 0 0 0\nv 1 0 0\nv 0 1 0\nf 1/1/1/1 2 3\n", "v/vt/vn"),
    "--1": (b"v 0 0 0\nv 1 0 0\nv 0 1 0\nf --1 2 3\n", "whole numbers"),
    "a word": (b"v a b c\n", "cannot be read"),
    "1_0": (b"v 1_0 0 0\n", "cannot be read"),
    "a number too few": (b"v 1 2\n", "three numbers"),
    "NaN": (b"v nan 0 0\nv 1 0 0\nv 0 1 0\nf 1 2 3\n", "not finite"),
    "inf": (b"v inf 0 0\nv 1 0 0\nv 0 1 0\nf 1 2 3\n", "not finite"),
    "1e300": (b"v 1e300 0 0\nv 1 0 0\nv 0 1 0\nf 1 2 3\n", "not finite"),
    "some colours": (b"v 0 0 0 1 1 1\nv 1 0 0\n", "some have none"),
    "curves": (b"cstype bezier\n", "free-form"),
    "an unknown word": (b"launch missiles\n", "no statement"),
    "nothing": (b"", "no triangles"),
    "no faces": (b"v 0 0 0\n", "no triangles"),
    "zeros": (bytes(100), "plain text"),
    "UTF-16": ("v 0 0 0\n".encode("utf-16"), "plain text"),
    "a line without end": (b"v " + b"1 " * 100_000, "longer"),
    "a line of backslashes": (b"\\\n" * 50_000, "longer"),
    "too many vertices": (b"\nv 0" * 2_000_001, "Reduce"),
    "too many lines": (b"\n" * 8_000_001, "Reduce"),
    "a material nobody described": (
        b"mtllib a.mtl\nv 0 0 0\nv 1 0 0\nv 0 1 0\nusemtl b\nf 1 2 3\n", "no material file"),
    "a bad name": (b"usemtl \xff\n", "UTF-8"),
}  # fmt: skip


def whole(data: bytes) -> Mesh:
    """Read and merged."""
    model = read_obj(data, {"a.mtl": b"newmtl a\n"})
    return merged(model.parts, model.pictures)


@pytest.mark.parametrize("kind", REFUSED)
def test_what_is_not_read_is_refused_in_its_own_words(kind: str) -> None:
    data, says = REFUSED[kind]
    with pytest.raises(MeshError, match=says) as refused:
        whole(data)
    assert len(str(refused.value)) < 400


def test_kd_is_a_colour_where_there_is_no_picture() -> None:
    text = b"mtllib m\nv 0 0 0\nv 1 0 0\nv 0 1 0\nusemtl red\nf 1 2 3\nusemtl blue\nf 3 2 1\n"
    model = read_obj(text, {"m": b"newmtl red\nKd 1 0 0\nnewmtl blue\nKd 0 0 1\n"})
    mesh = merged(model.parts, model.pictures)
    assert mesh.colours is not None
    assert {tuple(int(v) for v in row) for row in mesh.colours} == {(65535, 0, 0, 65535), (0, 0, 65535, 65535)}
