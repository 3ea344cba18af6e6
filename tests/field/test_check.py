"""`stagedoor replica check` knows a field: what it is, how it looks, or what to mend."""

from __future__ import annotations

import io
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from doors.kit import run, says_no
from field.kit import SMALL, fog
from stagedoor.worker.double.warm import round_the_origin
from stagedoor.worker.field.draw import draw_field
from stagedoor.worker.mesh.errors import MeshError
from stagedoor.worker.replica_check import VIEW_PX, check, sheet
from stagedoor.worker.replica_files import gather


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """A field's file under any name: its bytes say what it is."""
    path = tmp_path / "head.field"
    path.write_bytes(fog().to_bytes())
    return path


def test_a_field_is_told_with_its_grid_and_its_place(file: Path) -> None:
    found = check(gather(file)).found
    assert (found["kind"], found["levels"], found["finest"], found["entries"]) == ("field", 3, 24, SMALL.entries())
    assert found["voxels"] == 90 * 110 * 95
    voxel = 3.0 / 128
    low, high = ([-1.5 + voxel * at for at in ends] for ends in ((20, 10, 30), (110, 120, 125)))
    assert np.allclose(found["box"], [low, high], atol=1e-6)


def test_a_field_of_empty_voxels_is_told_with_its_whole_box(file: Path) -> None:
    file.write_bytes(replace(fog(), occupied=np.zeros((128, 128, 128), np.uint8)).to_bytes())
    found = check(gather(file.parent)).found
    assert found["voxels"] == 0 and found["box"] == [[-1.5] * 3, [1.5] * 3]


def test_its_picture_is_what_is_drawn(file: Path) -> None:
    checked = check(gather(file))
    camera = round_the_origin(from_deg=30.0, to_deg=30.0, frames=1)[0]
    wanted = draw_field(fog(), camera, width=camera.width, height=camera.height, background=(0.07, 0.08, 0.10))
    assert np.array_equal(checked.draw(camera), wanted)
    with Image.open(io.BytesIO(sheet(checked))) as picture:
        assert np.asarray(picture)[VIEW_PX // 2, VIEW_PX // 2].max() > 30


@pytest.mark.parametrize("asked", [{"texture": b"x"}, {"flip_v": True}, {"centre": True}])
def test_what_is_for_meshes_is_refused(file: Path, asked: dict[str, object]) -> None:
    with pytest.raises(MeshError, match="a field is taken as it stands"):
        check(gather(file), **asked)  # type: ignore[arg-type]


def test_the_command_tells_a_person_and_says_no(file: Path) -> None:
    said = run("replica", "check", str(file))
    assert said.status == 0, said.err
    assert "A radiance field of 3 levels, the finest of 24 cells a side." in said.out
    assert "940500 of its voxels hold anything" in said.out
    file.write_bytes(fog().to_bytes()[:-7])
    says_no(run("replica", "check", str(file)), "head.field: field: its head tells")
