"""Every frame leaves stamped in its pixels and its metadata, and no frame is made after the lease ended."""

from __future__ import annotations

import hashlib
import io
import os
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from stagedoor.core.base.canonical import short
from stagedoor.worker import stamp, video
from stagedoor.worker.arc import camera_at, render_arc
from stagedoor.worker.double.relight import LIGHTS
from stagedoor.worker.formats.ply import write_ply
from stagedoor.worker.job import Job, Made, Plan, UnwrittenError, WorkError
from stagedoor.worker.recipes import plan
from worker.kit import ARC, WORKER, AnnouncedFakeLease, ball, planned, taken

FRAMES = ["frame-001001.png", "frame-001002.png", "frame-001003.png"]


def job(tmp_path: Path, *, answers: int = 1_000_000, numbers: dict[str, int] | None = None) -> Job:
    """The render of the ball, with a fake lease that says so in its name."""
    return Job(
        plan=planned(numbers),
        plaintext=bytearray(write_ply(ball())),
        lease=AnnouncedFakeLease(answers),
        out=tmp_path / "out",
        blobs=tmp_path,
    )


def rendered(tmp_path: Path, **over: int) -> Made:
    """The render, done."""
    return render_arc(job(tmp_path, numbers=ARC | over))


def words(image: Image.Image, permit: str) -> bool:
    """Whether the band at the bottom reads as it must: drawn anew here and found pixel by pixel."""
    blank = stamp.stamped(np.zeros((image.height, image.width, 3), np.uint8), permit=permit)
    expected, found = np.asarray(blank), np.asarray(image.convert("RGB"))
    rows = np.nonzero(expected.any(axis=(1, 2)))[0]
    band = slice(int(rows[0]) - 1, image.height)
    return bool(np.array_equal(expected[band], found[band])) and bool((expected[band] > 200).any())


def test_every_frame_says_unmarked_preview_in_picture_and_metadata(tmp_path: Path) -> None:
    made = rendered(tmp_path)
    permit = planned().order.permit
    assert made.units == 3
    assert made.whole
    assert [output.name for output in made.outputs][:3] == FRAMES
    for number, name in enumerate(FRAMES):
        with Image.open(tmp_path / "out" / name) as image:
            assert image.size == (192, 128)
            assert words(image, permit)
            assert image.info[stamp.MARK_KEY] == "unmarked preview"
            assert image.info[stamp.PERMIT_KEY] == permit
            assert image.info[stamp.FRAME_KEY] == str(1001 + number)


def test_the_animation_carries_the_mark_in_xmp_and_exif(tmp_path: Path) -> None:
    rendered(tmp_path)
    permit = planned().order.permit
    with Image.open(tmp_path / "out" / "arc-001001.webp") as image:
        assert image.n_frames == 3
        assert permit.encode() in image.info["xmp"]
        assert b"unmarked preview" in image.info["xmp"]
        assert image.getexif()[0x010E] == f"unmarked preview; permit {permit}"
        for frame in range(image.n_frames):
            image.seek(frame)
            band = np.asarray(image.convert("RGB"))[-12:]
            assert band.max() > 200  # white letters on a black band survive the compression
            assert np.median(band) < 40


def test_receipts_name_what_lies_on_disk(tmp_path: Path) -> None:
    made = rendered(tmp_path)
    assert {path.name for path in (tmp_path / "out").iterdir()} == {output.name for output in made.outputs}
    for output in made.outputs:
        data = (tmp_path / "out" / output.name).read_bytes()
        assert (output.sha256, output.bytes) == (hashlib.sha256(data).hexdigest(), len(data))
        assert output.mark == "unmarked preview"


def test_the_camera_goes_round_from_face_to_side(tmp_path: Path) -> None:
    """Azimuth 0 stands at +z; growing, it goes towards +x, where the ball is red."""
    rendered(tmp_path, arc_from_deg=-20, arc_to_deg=20, frames=2)
    left, right = (np.asarray(Image.open(tmp_path / "out" / name).convert("RGB"), np.int32) for name in FRAMES[:2])
    assert (right[..., 0] > 150).sum() > (left[..., 0] > 150).sum()
    assert (left[..., 2] > 150).sum() > (right[..., 2] > 150).sum()
    front = camera_at(azimuth_deg=0, elevation_deg=0, radius=4, width=64, height=64)
    assert np.allclose(front.position(), [0, 0, 4])
    assert np.allclose(front.world_to_camera @ np.array([0, 1, 0, 1]), [0, -1, 4, 1])
    side = camera_at(azimuth_deg=90, elevation_deg=30, radius=4, width=64, height=64)
    assert np.allclose(side.position(), [4 * np.cos(np.pi / 6), 2, 0])
    assert np.linalg.det(side.world_to_camera[:3, :3]) == pytest.approx(1)


@pytest.mark.parametrize(("blocked", "units"), [("frame-001002.png", 1), ("arc-001001.webp", 3)])
def test_what_cannot_be_written_costs_no_receipt(tmp_path: Path, blocked: str, units: int) -> None:
    """The folder is others' too: what lies in a picture's way ends the render, and what was made is counted."""
    (tmp_path / "out" / blocked).mkdir(parents=True)
    made = rendered(tmp_path)
    assert (made.units, made.whole) == (units, units == 3)
    assert [output.name for output in made.outputs] == FRAMES[:units]
    assert {path.name for path in (tmp_path / "out").iterdir()} == {*FRAMES[:units], blocked}


def test_nothing_is_left_of_a_picture_that_cannot_be_written(tmp_path: Path) -> None:
    (tmp_path / "out" / FRAMES[0]).mkdir(parents=True)
    with pytest.raises(UnwrittenError, match="cannot be written"):
        rendered(tmp_path)
    assert [path.name for path in (tmp_path / "out").iterdir()] == [FRAMES[0]]


@pytest.mark.parametrize("laid", ["link", "pipe"])
def test_a_draft_goes_where_nobody_could_lay_anything(tmp_path: Path, laid: str) -> None:
    out = tmp_path / "out"
    out.mkdir()
    elsewhere = tmp_path / "elsewhere"
    path = out / f".{FRAMES[0]}.part"
    if laid == "link":
        path.symlink_to(elsewhere)
    else:
        os.mkfifo(path)
    assert rendered(tmp_path).units == 3
    assert not elsewhere.exists()


@pytest.mark.parametrize(("answers", "finished"), [(0, 0), (1, 0), (2, 1), (3, 1), (4, 2), (6, 3)])
def test_a_lapsed_lease_stops_the_render(tmp_path: Path, answers: int, finished: int) -> None:
    """The lease is asked before and after each frame: what was not finished in time is neither written nor counted."""
    made = render_arc(job(tmp_path, answers=answers))
    assert made.units == finished
    assert made.whole is (finished == 3)
    frames = [output.name for output in made.outputs if output.name.endswith(".png")]
    assert frames == FRAMES[:finished]
    assert sorted(path.name for path in (tmp_path / "out").glob("*.png")) == FRAMES[:finished]
    assert (tmp_path / "out" / "arc-001001.webp").exists() is (finished == 3)


def test_what_is_no_replica_is_refused_without_quoting_it(tmp_path: Path) -> None:
    hostile = job(tmp_path)
    hostile.plaintext[:3] = b"SEC"
    with pytest.raises(WorkError) as refused:
        render_arc(hostile)
    assert "SEC" not in str(refused.value)


@pytest.mark.parametrize("width", [96, 128, 192, 256, 640, 1920, 4096])
def test_the_band_is_legible_at_every_width(width: int) -> None:
    permit = planned().order.permit
    bright = np.full((128, width, 3), 255, np.uint8)
    image = stamp.stamped(bright, permit=permit)
    band = np.asarray(image)[-64:]
    black = (band == 0).all(axis=2).any(axis=1)
    assert 10 <= black.sum() <= 64
    assert words(image, permit)
    other = stamp.stamped(bright, permit="sha256:" + "ab" * 32)
    assert not np.array_equal(np.asarray(image), np.asarray(other))
    assert short(permit) != short("sha256:" + "ab" * 32)


@pytest.mark.parametrize("shape", [(64, 95, 3), (64, 96), (64, 96, 4)])
def test_what_cannot_be_stamped_is_not_made(shape: tuple[int, ...]) -> None:
    with pytest.raises(ValueError, match="8-bit RGB"):
        stamp.stamped(np.zeros(shape, np.uint8), permit="sha256:" + "00" * 32)


def test_video_carries_the_mark(tmp_path: Path) -> None:
    if not video.available():
        pytest.skip("PyAV (the `video` extra) is not installed")
    images = [stamp.stamped(np.zeros((64, 97, 3), np.uint8), permit="sha256:00")] * 3
    data = video.mp4_bytes(images, permit="sha256:00")
    assert b"unmarked preview" in data
    assert io.BytesIO(data).read(12)[4:8] == b"ftyp"


def test_a_receipt_tells_how_much_of_her_the_frames_reveal(tmp_path: Path) -> None:
    """Degrees, thousandths of a steradian, pixels; of frames that were made, and none of those that were not."""
    told = {item.name: item.value for item in rendered(tmp_path).measures}
    assert told["coverage_arc_deg"] == 40
    assert 0 < told["coverage_millisteradian"] < 12_566
    assert 0 < told["coverage_head_px"] < 3 * 192 * 128
    fewer = {item.name: item.value for item in render_arc(job(tmp_path, answers=2)).measures}
    assert fewer["coverage_arc_deg"] == 0
    assert fewer["coverage_head_px"] < told["coverage_head_px"]
    none = render_arc(job(tmp_path, answers=0)).measures
    assert {item.value for item in none} == {0}


def test_a_relit_order_is_drawn_under_the_light_it_names(tmp_path: Path) -> None:
    """`window` stands to the left and `evening` to the right; the frames differ from those of render-arc."""
    reds: dict[str, np.ndarray] = {}
    for name in ("window", "evening"):
        number = tuple(LIGHTS).index(name)
        found = plan(taken(ARC | {"light": number, "arc_to_deg": -20, "frames": 1}, recipe="render-relit"), WORKER)
        assert isinstance(found, Plan), found
        given = replace(job(tmp_path), plan=found, out=tmp_path / name)
        assert render_arc(given).whole
        with Image.open(tmp_path / name / FRAMES[0]) as image:
            reds[name] = np.asarray(image.convert("RGB"), np.float64)[:100].sum(axis=2)
    left, right = (reds[name][:, :96].sum() / reds[name][:, 96:].sum() for name in ("window", "evening"))
    assert left > 1.2 * right
