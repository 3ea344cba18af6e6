"""`stagedoor replica check`: what a file is, or what to mend in a sentence; nothing outside its folder is read."""

from __future__ import annotations

import io
import json
import os
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from doors.kit import run, says_no
from mesh.kit import ball, checks, png_of, square
from mesh.test_obj import BESIDE, SQUARE
from stagedoor.worker.formats import write_splats
from stagedoor.worker.mesh.errors import MeshError
from stagedoor.worker.mesh.sealed import from_bytes, to_bytes
from stagedoor.worker.replica_check import AZIMUTHS_DEG, BAND_PX, VIEW_PX, check, sheet
from stagedoor.worker.replica_files import gather
from worker.kit import ball as splat_ball


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder as a modeller saves it: an OBJ, its MTL and its picture."""
    (tmp_path / "square.obj").write_bytes(SQUARE)
    for name, data in BESIDE.items():
        (tmp_path / name).write_bytes(data)
    return tmp_path


def test_a_folder_of_an_obj_is_one_model(folder: Path) -> None:
    found = check(gather(folder)).found
    assert found["form"] == "obj" and found["files"] == 3
    assert found["triangles"] == 2 and found["texture"] == [64, 64]
    assert found["size"] == [2.0, 2.0, 0.0] and found["notes"] == []


def test_the_picture_shows_four_sides_and_says_what_it_is(tmp_path: Path) -> None:
    (tmp_path / "ball.glb").write_bytes(to_bytes(ball()))
    with Image.open(io.BytesIO(sheet(check(gather(tmp_path))))) as picture:
        assert picture.size == (VIEW_PX * len(AZIMUTHS_DEG), VIEW_PX + BAND_PX)
        assert picture.info["stagedoor:mark"] == "unmarked preview"
        pixels = np.asarray(picture)
    views = [pixels[:VIEW_PX, VIEW_PX * i : VIEW_PX * (i + 1)].astype(int) for i in range(4)]
    assert all(np.abs(view - views[0]).mean() > 3 for view in views[1:])
    assert pixels[VIEW_PX:].max() > 200, "the band has words"


def test_a_folder_becomes_one_file_in_the_middle(folder: Path) -> None:
    (folder / "square.obj").write_bytes(SQUARE.replace(b"v -1", b"v -6").replace(b"v 1", b"v 4"))
    out = folder / "one.glb"
    said = run("replica", "check", str(folder / "square.obj"), "--centre", "--write", str(out))
    assert said.status == 0 and "one.glb" in said.out, said.err
    mesh = from_bytes(out.read_bytes())
    assert mesh.texture is not None and mesh.texture.shape == (64, 64, 4)
    least, greatest = mesh.bounds
    assert np.allclose(least + greatest, 0, atol=1e-6) and np.isclose((greatest - least).max(), 2.0)


def test_splats_are_told_with_their_number_and_degree(tmp_path: Path) -> None:
    (tmp_path / "head.ply").write_bytes(write_splats(splat_ball(), "ply"))
    checked = check(gather(tmp_path / "head.ply"))
    assert checked.found["gaussians"] == len(splat_ball()) and checked.found["degree"] == 0
    assert len(sheet(checked)) > 1000


def test_what_will_not_stand_well_is_said(tmp_path: Path) -> None:
    (tmp_path / "far.glb").write_bytes(to_bytes(square(texture=None).moved(shift=(5.0, 0.0, 0.0), scale=10.0)))
    notes = check(gather(tmp_path)).found["notes"]
    assert [note.split(":")[0].split(";")[0] for note in notes] == [
        "Its middle is not at the origin, which cameras look at", "It is 20 units long",
        "It has one colour and no texture",
    ]  # fmt: skip


@pytest.mark.parametrize("kind", ["file", "folder"])
def test_a_link_out_of_the_folder_is_not_followed(
    folder: Path, kind: str, tmp_path_factory: pytest.TempPathFactory
) -> None:
    outside = tmp_path_factory.mktemp("outside")
    (outside / "skin.png").write_bytes(png_of(checks()))
    inside = folder / "tex"
    if kind == "folder":
        inside.symlink_to(outside)
    else:
        inside.mkdir()
        (inside / "skin.png").symlink_to(outside / "skin.png")
    (folder / "my square.mtl").write_bytes(b"newmtl skin\nmap_Kd tex/skin.png\n")
    with pytest.raises(MeshError, match="is a link"):
        gather(folder)


def test_pipes_devices_and_absent_files_are_refused(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.glb")
    for path, says in ((tmp_path / "pipe.glb", "not a plain file"), (tmp_path / "gone.glb", "no such file"),
                       (tmp_path / "a\0b.glb", "cannot be opened")):  # fmt: skip
        with pytest.raises(MeshError, match=says):
            gather(path)
    (tmp_path / "pipe.glb").unlink()
    with pytest.raises(MeshError, match="holds 0 models"):
        gather(tmp_path)


def test_the_command_tells_a_person_and_a_program(tmp_path: Path) -> None:
    model, out = tmp_path / "-ball.glb", tmp_path / "four.png"
    model.write_bytes(to_bytes(ball()))
    said = run("replica", "check", "--picture", str(out), "--", str(model))
    assert said.status == 0, said.err
    assert "A mesh of 528 triangles in 1 part, a texture of 32 x 32 pixels." in said.out
    assert out.read_bytes().startswith(b"\x89PNG") and said.err == ""
    told = run("replica", "check", "--json", "--", str(model)).json
    assert told["triangles"] == 528 and told["vertices"] == 325 and told["form"] == "glb"


def test_the_command_says_no_in_one_paragraph(tmp_path: Path) -> None:
    model, taken = tmp_path / "ball.glb", tmp_path / "taken.png"
    model.write_bytes(to_bytes(ball())[:-40])
    says_no(run("replica", "check", str(model)), "header says")
    model.write_bytes(to_bytes(ball()))
    taken.write_bytes(b"mine")
    says_no(run("replica", "check", str(model), "--picture", str(taken)), "file of this name")
    assert taken.read_bytes() == b"mine"
    assert json.dumps(str(taken)) not in run("replica", "check", "--json", str(model)).out
