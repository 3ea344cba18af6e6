"""A sealed mesh goes through the very recipe that draws splats: same camera moves, same stamp, same meter."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from mesh.kit import ball, checks
from stagedoor.worker import drawable
from stagedoor.worker.arc import BACKGROUND, camera_at, render_arc
from stagedoor.worker.formats import write_splats
from stagedoor.worker.job import Job, WorkError
from stagedoor.worker.mesh.draw import render_mesh
from stagedoor.worker.mesh.sealed import to_bytes
from worker.kit import AnnouncedFakeLease, planned
from worker.kit import ball as splat_ball


def job(tmp_path: Path, data: bytes) -> Job:
    """A render of these bytes, with a fake lease that says so in its name."""
    return Job(plan=planned(), plaintext=bytearray(data), lease=AnnouncedFakeLease(1_000_000), out=tmp_path / "out",
               blobs=tmp_path)  # fmt: skip


def test_a_mesh_is_drawn_stamped_and_metered_as_splats_are(tmp_path: Path) -> None:
    order = job(tmp_path, to_bytes(ball()))
    made = render_arc(order)
    assert made.units == 3 and made.whole
    assert not any(order.plaintext), "what was opened is wiped"
    view = camera_at(azimuth_deg=-20, elevation_deg=5, radius=4, width=192, height=128)
    expected = render_mesh(ball(), view, width=192, height=128, background=BACKGROUND)
    with Image.open(tmp_path / "out" / made.outputs[0].name) as image:
        found = np.asarray(image.convert("RGB"))
    assert np.array_equal(found[:90], expected[:90]), "above the band, the picture is the mesh's"


@pytest.mark.parametrize(
    ("data", "name"), [(to_bytes(ball()), "_DrawnMesh"), (write_splats(splat_ball(), "ply"), "_DrawnSplats")]
)
def test_a_replica_is_known_by_its_bytes(data: bytes, name: str) -> None:
    assert type(drawable.opened(bytearray(data))).__name__ == name


def test_wiping_leaves_nothing_of_the_person() -> None:
    replica = drawable.opened(bytearray(to_bytes(ball(texture=checks(64)))))
    scene = replica._scene  # type: ignore[attr-defined]
    replica.draw(camera_at(azimuth_deg=0, elevation_deg=0, radius=4, width=32, height=32), 32, 32, BACKGROUND)
    assert all(array.any() for array in (scene.mesh.positions, scene.mesh.texture, scene._pyramid.texels))
    replica.wipe()
    assert not any(array.any() for array in scene.arrays())


@pytest.mark.parametrize("data", [b"", b"SECRET", b"glTF" + b"SECRET" * 9, b"ply\nSECRET", to_bytes(ball())[:-8]])
def test_what_is_no_replica_is_refused_without_quoting_it(data: bytes, tmp_path: Path) -> None:
    with pytest.raises(WorkError) as refused:
        render_arc(job(tmp_path, data))
    assert "SECRET" not in str(refused.value)
