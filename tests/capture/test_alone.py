"""Pictures alone, and a video: cameras are solved and masks made here, and the report says so."""

from __future__ import annotations

import importlib.util
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from stagedoor.capture import solve as solving
from stagedoor.capture.errors import CaptureError
from stagedoor.capture.gather import gather
from stagedoor.capture.masker import masked
from stagedoor.capture.read import Capture, parse
from stagedoor.capture.video import frames_of

from .colmap_kit import degrees_apart
from .shapes import blurred, egg

GROUND = 128
with_pycolmap = pytest.mark.skipif(
    not solving.can_solve(), reason="SOLVING CAMERAS IS NOT TESTED: pycolmap (the extra `capture`) is not installed"
)
with_opencv = pytest.mark.skipif(
    importlib.util.find_spec("cv2") is None, reason="VIDEO IS NOT TESTED: OpenCV (extra `capture`) is not installed"
)


def photographs(capture: Capture) -> list[NDArray[np.uint8]]:
    """The views before a plain ground, without masks, [H,W,3]."""
    part = capture.images[..., 3:] / 255.0
    grain = np.random.default_rng(5).normal(0, 1.5, (*capture.images.shape[:3], 1))
    return list(np.clip(capture.images[..., :3] * part + (1 - part) * GROUND + grain, 0, 255).round().astype(np.uint8))


@with_pycolmap
def test_photographs_alone_become_a_capture(tmp_path: Path) -> None:
    truth = egg(range(0, 360, 20), px=160, heights=(0,))
    (tmp_path / "images").mkdir()
    for i, picture in enumerate(photographs(truth)):
        Image.fromarray(picture).save(tmp_path / "images" / f"{i:02d}.jpg", quality=95)
    gathered = gather(tmp_path)
    capture = parse(gathered.files)
    assert len(capture.names) == len(truth.names) and gathered.cameras_from.startswith("pycolmap")
    told = " ".join(gathered.notes)
    assert "18 of 18 pictures solved" in told and "Masks were made here" in told and "placed anew" in told
    assert degrees_apart(capture.world_to_camera[:, :3, :3], truth.world_to_camera[:, :3, :3]) < 2
    assert capture.fx == pytest.approx(truth.fx, rel=0.05)
    mine, theirs = capture.images[..., 3] >= 128, truth.images[..., 3] >= 128
    assert (mine & theirs).sum() / (mine | theirs).sum() > 0.95


@with_pycolmap
def test_pictures_of_nothing_give_no_cameras_and_figures(tmp_path: Path) -> None:
    for i in range(4):
        Image.new("RGB", (96, 96), (90, 90, 90)).save(tmp_path / f"{i}.png")
    with pytest.raises(CaptureError, match=r"0 of 4 pictures solved; 0 features"):
        gather(tmp_path)


def test_without_pycolmap_it_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(solving, "can_solve", lambda: False)
    Image.new("RGB", (96, 96)).save(tmp_path / "a.png")
    with pytest.raises(CaptureError, match=r"pycolmap is not installed.*stagedoor\[capture\]"):
        gather(tmp_path)


@with_pycolmap
def test_a_solver_that_takes_too_long_is_ended(monkeypatch: pytest.MonkeyPatch) -> None:
    pictures = [np.zeros((96, 96, 4), np.uint8)] * 3
    with pytest.raises(CaptureError, match="more than 0 seconds"):
        solving.solve(["a.png", "b.png", "c.png"], pictures, seconds=0.01)


@pytest.mark.parametrize("pictures", [[(96, 96)] * 2, [(96, 96)] * 121, [(96, 96), (96, 96), (95, 96)], [(63, 99)] * 3])
def test_what_cannot_be_solved_is_refused_first(
    pictures: list[tuple[int, int]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(solving, "can_solve", lambda: True)
    names = [f"{i}.png" for i in range(len(pictures))]
    with pytest.raises(CaptureError, match="missing"):
        solving.solve(names, [np.zeros((*size, 4), np.uint8) for size in pictures])


def test_a_made_mask_is_one_filled_piece() -> None:
    picture = np.full((90, 120, 4), 255, np.uint8)
    picture[..., :3] = 200
    picture[20:80, 40:90, :3] = 60
    picture[40:50, 60:70, :3] = 200  # of the ground's colour, inside
    picture[30:34, 10:14, :3] = 60  # a speck
    made = masked(picture)[..., 3] == 255
    assert made[20:80, 40:90].all() and made.sum() == 60 * 50
    assert not masked(np.full((90, 120, 4), 200, np.uint8))[..., 3].any()


@with_opencv
def test_of_a_video_the_sharp_frames_are_taken(tmp_path: Path) -> None:
    import cv2

    truth = egg(range(0, 360, 60), px=96, heights=(0,))
    film = cv2.VideoWriter(str(tmp_path / "a.avi"), cv2.VideoWriter.fourcc(*"MJPG"), 25, (96, 96))
    sharp = photographs(truth)
    for picture in sharp:
        soft = blurred(np.dstack([picture, np.full((96, 96), 255, np.uint8)]), 2)[..., :3]
        for frame in (soft, picture, soft):
            film.write(np.ascontiguousarray(frame[..., ::-1]))
    film.release()
    frames = frames_of(tmp_path / "a.avi", views=6)
    assert len(frames) == 6
    for frame, picture in zip(frames, sharp, strict=True):
        assert np.abs(frame[..., :3].astype(int) - picture).mean() < 8


def film_of(folder: Path, code: str, name: str) -> bytes:
    """A short video of the egg."""
    import cv2

    film = cv2.VideoWriter(str(folder / name), cv2.VideoWriter.fourcc(*code), 25, (96, 96))
    for picture in photographs(egg(range(0, 360, 60), px=96, heights=(0,))) * 3:
        film.write(np.ascontiguousarray(picture[..., ::-1]))
    film.release()
    return (folder / name).read_bytes()


PLAYLIST = b"#EXTM3U\n#EXT-X-TARGETDURATION:9\n#EXTINF:9,\nfile:///etc/passwd\n#EXT-X-ENDLIST\n"


@pytest.mark.parametrize(
    ("name", "data"),
    [("no.mp4", b"no video" * 50), ("empty.mp4", b""), ("list.mp4", PLAYLIST), ("list.avi", b"ffconcat version 1.0\n"),
     ("wave.avi", b"RIFF\x00\x00\x00\x00WAVE"), ("short.mov", b"ftyp")],
)  # fmt: skip
def test_what_is_only_named_a_video_is_refused_before_any_decoder(tmp_path: Path, name: str, data: bytes) -> None:
    (tmp_path / name).write_bytes(data)
    with pytest.raises(CaptureError, match="whatever its name"):
        frames_of(tmp_path / name)


def with_size(data: bytes, box: bytes, width: int, height: int) -> bytes:
    """An MP4 whose sample entry promises another size (ISO 14496-12, 12.1.3: 24 bytes after the entry's name)."""
    at = data.index(box) + 28
    return data[:at] + width.to_bytes(2, "big") + height.to_bytes(2, "big") + data[at + 4 :]


@with_opencv
@pytest.mark.parametrize("spoil", ["cut", "none", "size", "count", "bytes"])
def test_a_spoilt_video_is_refused_or_read(tmp_path: Path, spoil: str) -> None:
    """A decoder's fault, a bomb or a promise of more than there is ends the child and nobody else."""
    data = film_of(tmp_path, "mp4v", "a.mp4")
    stsz = data.index(b"stsz")
    spoilt = {
        "cut": data[: len(data) // 2],
        "none": data[:300],
        "size": with_size(data, b"mp4v\x00\x00\x00\x00", 65_535, 65_535),
        "count": data[: stsz + 12] + b"\xff\xff\xff\xff" + data[stsz + 16 :],
        "bytes": bytes(byte ^ (number % 37 == 0) for number, byte in enumerate(data)),
    }[spoil]
    (tmp_path / "b.mp4").write_bytes(spoilt)
    if spoil == "size":  # the stream's own size counts, whatever the box around it promises
        assert {frame.shape for frame in frames_of(tmp_path / "b.mp4", views=6)} == {(96, 96, 4)}
        return
    with pytest.raises(CaptureError, match=r"b\.mp4"):
        frames_of(tmp_path / "b.mp4", views=6)


@with_opencv
def test_a_playlist_inside_a_container_leads_nowhere(tmp_path: Path) -> None:
    """The first bytes of an MP4 before a playlist: the demuxers that follow addresses are not opened."""
    (tmp_path / "a.mp4").write_bytes(b"\x00\x00\x00\x10ftypisom\x00\x00\x00\x00" + PLAYLIST)
    with pytest.raises(CaptureError, match="no video that can be read"):
        frames_of(tmp_path / "a.mp4")
