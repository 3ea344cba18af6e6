"""COLMAP's cameras become the capture's: the same views in a world with up, middle and scale; all else is refused."""

from __future__ import annotations

import io
import struct
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from stagedoor.capture.colmap import MODELS, read_colmap
from stagedoor.capture.errors import CaptureError
from stagedoor.capture.gather import gather
from stagedoor.capture.read import Capture, parse
from stagedoor.capture.world import place

from .colmap_kit import binary, degrees_apart, text, write_colmap
from .shapes import egg


@pytest.fixture(scope="module")
def good() -> Capture:
    """Eight views of an egg, whose cameras are level on average, the first in front."""
    return egg(range(0, 360, 45), px=32, heights=(0, 15, 0, -15))


@pytest.mark.parametrize("as_text", [False, True])
@pytest.mark.parametrize("where", ["", "sparse/0", "sparse"])
def test_a_folder_of_colmap_is_the_capture_it_was_made_from(
    good: Capture, tmp_path: Path, where: str, as_text: bool
) -> None:
    gathered = gather(write_colmap(good, tmp_path / "capture", place=where, as_text=as_text))
    capture = parse(gathered.files)
    assert (capture.images == good.images).all() and capture.names == good.names
    assert np.abs(capture.world_to_camera - good.world_to_camera).max() < 1e-9
    assert (capture.fx, capture.fy, capture.cx, capture.cy) == (good.fx, good.fy, good.cx, good.cy)
    assert "COLMAP" in gathered.cameras_from and "placed anew" in gathered.notes[0]


def test_a_world_of_a_capture_stays_as_it_is(good: Capture) -> None:
    placed = place(good.world_to_camera)
    assert np.abs(placed.turn - np.eye(3)).max() < 1e-9 and np.abs(placed.middle).max() < 1e-9
    assert placed.scale == pytest.approx(1) and "1 unit there is 1 here" in placed.told()
    assert degrees_apart(placed.world_to_camera[:, :3, :3], good.world_to_camera[:, :3, :3]) < 1e-4


@pytest.mark.parametrize("model", [model for model, (_, _, pinhole) in MODELS.items() if pinhole])
def test_a_lens_without_distortion_is_a_pinhole(good: Capture, model: str) -> None:
    for lists, is_binary in ((text, False), (binary, True)):
        lens = read_colmap(*lists(good, model=model), binary=is_binary).lens
        assert (lens.fx, lens.fy, lens.cx, lens.cy, lens.width) == (good.fx, good.fy, good.cx, good.cy, good.width)


@pytest.mark.parametrize("model", [model for model in MODELS if "PINHOLE" not in model])
def test_a_bent_lens_is_told_to_be_undistorted(good: Capture, model: str) -> None:
    for lists, is_binary in ((text, False), (binary, True)):
        with pytest.raises(CaptureError, match="Undistort"):
            read_colmap(*lists(good, model=model, distortion=0.01), binary=is_binary)


def test_jpegs_take_their_masks_from_beside_them(good: Capture, tmp_path: Path) -> None:
    names = tuple(name.replace(".png", ".jpg") for name in good.names)
    folder = write_colmap(good, tmp_path / "capture", as_text=True)
    listed = folder / "sparse" / "0" / "images.txt"
    listed.write_text(listed.read_text().replace(".png", ".jpg"))
    (folder / "masks" / "images").mkdir(parents=True)
    for name, picture in zip(names, good.images, strict=True):
        (folder / name).with_suffix(".png").unlink()
        Image.fromarray(picture[..., :3]).save(folder / name, quality=95)
        Image.fromarray(picture[..., 3]).save(folder / "masks" / f"{name}.png")
    gathered = gather(folder)
    capture = parse(gathered.files)
    assert (capture.images[..., 3] == good.images[..., 3]).all() and "8 pictures" in gathered.notes[1]
    (folder / "masks" / f"{names[3]}.png").unlink()
    with pytest.raises(CaptureError, match="no mask beside it"):
        gather(folder)


def test_cameras_that_say_no_middle_and_no_up_are_refused(good: Capture) -> None:
    poses = good.world_to_camera
    with pytest.raises(CaptureError, match="look the same way"):
        place(np.repeat(poses[:1], 8, 0))
    upside = poses.copy()
    upside[::2, :2] *= -1  # every other camera turned over
    with pytest.raises(CaptureError, match="no up"):
        place(upside)
    away = poses.copy()
    away[:, :3, 3] *= -1
    with pytest.raises(CaptureError, match="look away"):
        place(away)


def damaged() -> dict[str, tuple[bytes, bytes, bool, str]]:
    """Lists that must be refused, with words of the refusal."""
    capture = egg(range(0, 360, 45), px=16)
    cameras, images = binary(capture)
    cameras_text, images_text = text(capture)
    number = struct.pack("<d", float("nan"))
    return {
        "a count of 10^12": (cameras, struct.pack("<Q", 10**12) + images[8:], True, "1000000000000"),
        "cameras without end": (struct.pack("<Q", 2**64 - 1) + cameras[8:], images, True, "at most 1000"),
        "points without end": (cameras, images[:-80] + struct.pack("<Q", 2**61) + images[-72:], True, "promises more"),
        "cut": (cameras, images[:-1], True, "ends too early"),
        "more behind": (cameras, images + b"\0", True, "more follows"),
        "no number": (cameras, images[:12] + number + images[20:], True, "quaternion"),
        "a model of no number": (cameras[:12] + b"\x63" + cameras[13:], images, True, "99"),
        "a path that leads out": (cameras_text, images_text.replace(b"images/03", b"../../03"), False, "name is"),
        "another camera": (cameras_text, images_text.replace(b" 7 images/03", b" 8 images/03"), False, "does not list"),
        "no text": (cameras_text, b"\xff\xfe", False, "not text"),
        "words": (cameras_text, b"this is no list\n", False, "no picture"),
        "nothing": (cameras_text, b"", False, "no pictures"),
        "two lenses": (
            cameras_text + b"8 PINHOLE 16 16 25.0 25.0 8.0 8.0\n",
            images_text.replace(b" 7 images/03", b" 8 images/03"), False, "lens of its own",
        ),
        "huge pictures": (cameras_text.replace(b" 16 16 ", b" 99999 16 "), images_text, False, "99999x16"),
    }  # fmt: skip


@pytest.mark.parametrize("what", damaged())
def test_damaged_lists_are_refused_in_a_sentence(what: str) -> None:
    cameras, images, is_binary, words = damaged()[what]
    with pytest.raises(CaptureError, match=words.replace("^", r"\^")):
        read_colmap(cameras, images, binary=is_binary)


def test_a_picture_of_another_size_is_refused_before_it_is_decoded(good: Capture, tmp_path: Path) -> None:
    folder = write_colmap(good, tmp_path / "capture")
    out = io.BytesIO()
    Image.new("RGB", (33, 32)).save(out, "PNG")
    (folder / good.names[2]).write_bytes(out.getvalue())
    with pytest.raises(CaptureError, match="33x32"):
        gather(folder)
