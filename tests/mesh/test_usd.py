"""USD as OpenUSD writes it.  What needs the library says loudly that it did not run where the library is absent."""

from __future__ import annotations

import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from mesh.kit import camera, checks, png_of, square
from stagedoor.worker.mesh import usd
from stagedoor.worker.mesh.draw import render_mesh
from stagedoor.worker.mesh.errors import MeshError
from stagedoor.worker.mesh.parts import merged
from stagedoor.worker.replica_check import check
from stagedoor.worker.replica_files import gather

needs_usd = pytest.mark.skipif(not usd.available(), reason="OpenUSD (the `usd` extra, 157 MB) is not installed")

HEAD = '#usda 1.0\n(\n    upAxis = "Y"\n)\n'
SQUARE = """def Xform "person" {
    def Mesh "square" (prepend apiSchemas = ["MaterialBindingAPI"]) {
        point3f[] points = [(-1, 1, 0), (1, 1, 0), (1, -1, 0), (-1, -1, 0)]
        int[] faceVertexCounts = [4]
        int[] faceVertexIndices = [0, 3, 2, 1]
        texCoord2f[] primvars:st = [(0, 1), (0, 0), (1, 0), (1, 1)] (interpolation = "faceVarying")
        rel material:binding = </person/skin>
    }
    def Material "skin" {
        token outputs:surface.connect = </person/skin/surface.outputs:surface>
        def Shader "surface" {
            uniform token info:id = "UsdPreviewSurface"
            color3f inputs:diffuseColor.connect = </person/skin/picture.outputs:rgb>
            token outputs:surface
        }
        def Shader "picture" {
            uniform token info:id = "UsdUVTexture"
            asset inputs:file = @./skin.png@
            float3 outputs:rgb
        }
    }
}
"""


def read(folder: Path, text: str) -> Any:
    """Read and merged."""
    (folder / "model.usda").write_text(text)
    model = usd.read_usd(folder / "model.usda", lambda _: png_of(checks(64, 64)))
    return merged(model.parts, model.pictures)


def test_without_the_library_the_refusal_names_it(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(usd, "available", lambda: False)
    with pytest.raises(MeshError, match=r"stagedoor.usd."):
        read(tmp_path, HEAD)


@needs_usd
def test_a_textured_square_is_the_square_of_our_own_making(tmp_path: Path) -> None:
    mesh = read(tmp_path, HEAD + SQUARE)
    drawn = render_mesh(mesh, camera(size=64), width=64, height=64)
    assert np.array_equal(drawn, render_mesh(square(texture=checks(64, 64)), camera(size=64), width=64, height=64))


@needs_usd
def test_z_up_is_turned_upright(tmp_path: Path) -> None:
    text = HEAD.replace('"Y"', '"Z"')
    text += SQUARE.replace('def Xform "person" {', 'def Xform "person" {\n'
        '    double3 xformOp:translate = (0, 0, 5)\n'
        '    uniform token[] xformOpOrder = ["xformOp:translate"]')  # fmt: skip
    least, greatest = read(tmp_path, text).bounds
    assert np.allclose(least, [-1, 5, -1]) and np.allclose(greatest, [1, 5, 1])


@needs_usd
def test_a_package_holds_its_own_picture(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "model.usdz", "w") as package:
        package.writestr("model.usda", HEAD + SQUARE)
        package.writestr("skin.png", png_of(checks(64, 64)))
    found = check(gather(tmp_path)).found
    assert found["form"] == "usd" and found["triangles"] == 2 and found["texture"] == [64, 64]


REFUSED = {
    "a reference": (
        SQUARE.replace('def Xform "person"', 'def Xform "person" (prepend references = @/etc/x.usda@)'),
        "brings in",
    ),
    "a sublayer": ("", "brings in"),
    "a picture outside": (SQUARE.replace("./skin.png", "../../skin.png"), "leads out"),
    "a point too few": (SQUARE.replace("[0, 3, 2, 1]", "[0, 3, 2, 7]"), "not there"),
    "counts that do not add up": (SQUARE.replace("= [4]", "= [5]"), "add up"),
    "coordinates that do not fit": (SQUARE.replace("(0, 1), (0, 0)", "(0, 1)"), "do not fit"),
    "an infinite point": (SQUARE.replace("(-1, 1, 0), (1, 1, 0)", "(inf, 1, 0), (1, 1, 0)"), "finite"),
    "a value clip": (
        SQUARE.replace('def Xform "person"', 'def Xform "person" (clips = {dictionary a = {asset x = @/etc/x@}})'),
        "clips",
    ),
    "no text of USD": ("}}}", "cannot"),
    "nothing": ("", "no triangles"),
}


@needs_usd
@pytest.mark.parametrize("kind", REFUSED)
def test_what_is_not_read_is_refused_in_its_own_words(kind: str, tmp_path: Path) -> None:
    body, says = REFUSED[kind]
    head = HEAD.replace('"Y"\n', '"Y"\n    subLayers = [@x.usda@]\n') if kind == "a sublayer" else HEAD
    with pytest.raises(MeshError, match=says):
        read(tmp_path, head + body)
