"""A capture from outside: what is read, and every way of being refused."""

from __future__ import annotations

import contextlib
import io
import json
import math
import os
import struct
import zlib
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from stagedoor.capture import limits
from stagedoor.capture.errors import CaptureError
from stagedoor.capture.read import parse, read_folder

SIDE = 12


def png(*, width: int = SIDE, height: int = SIDE, mode: str = "RGBA", alpha: str = "disc") -> bytes:
    """A small picture with a mask: a disc, nothing, or everything."""
    pixels = np.full((height, width, 4), 90, np.uint8)
    rows, columns = np.mgrid[:height, :width]
    disc = (rows - height / 2) ** 2 + (columns - width / 2) ** 2 < (min(width, height) / 3) ** 2
    pixels[..., 3] = {"disc": disc * 255, "none": np.zeros_like(disc), "all": np.full_like(disc, 1) * 255}[alpha]
    out = io.BytesIO()
    Image.fromarray(pixels).convert(mode).save(out, "PNG")
    return out.getvalue()


def bomb(*, width: int, height: int) -> bytes:
    """A PNG of a few bytes that declares a huge picture."""

    def chunk(kind: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))

    header = struct.pack(">IIBBBBB", width, height, 8, 6, 0, 0, 0)
    body = chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(b"\0" * 100)) + chunk(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + body


def pose(degrees: float) -> list[list[float]]:
    """Camera-to-world, OpenGL axes, 4 units from the origin."""
    c, s = math.cos(math.radians(degrees)), math.sin(math.radians(degrees))
    return [[c, 0, s, 4 * s], [0, 1, 0, 0], [-s, 0, c, 4 * c], [0, 0, 0, 1]]


def table(views: int = 9) -> dict[str, object]:
    """A good camera file: all views for training but the last."""
    frames = [
        {"file_path": f"images/{i}.png", "split": "train", "transform_matrix": pose(i * 40)} for i in range(views)
    ]
    frames[-1]["split"] = "test"
    lens = {"fl_x": 20.0, "fl_y": 20.0, "cx": 6.0, "cy": 6.0}
    return {"camera_model": "PINHOLE", "w": SIDE, "h": SIDE, **lens, "frames": frames}


def good(views: int = 9) -> dict[str, bytes]:
    files = {"transforms.json": json.dumps(table(views)).encode()}
    return files | {f"images/{i}.png": png() for i in range(views)}


def written(folder: Path, files: dict[str, bytes]) -> Path:
    for name, data in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(data)
    return folder


def changed(**members: object) -> dict[str, bytes]:
    """Good files whose camera file has other members."""
    return good() | {"transforms.json": json.dumps(table() | members).encode()}


def with_frame(**members: object) -> dict[str, bytes]:
    """Good files whose frame 3 has other members."""
    cameras = table()
    frames = cameras["frames"]
    assert isinstance(frames, list)
    frames[3] = frames[3] | members
    return good() | {"transforms.json": json.dumps(cameras).encode()}


def refused(files: dict[str, bytes], *words: str) -> None:
    """parse refuses, in one paragraph that holds each of `words`."""
    with pytest.raises(CaptureError) as caught:
        parse(files)
    text = str(caught.value)
    assert "\n" not in text
    assert text.endswith(".")
    for word in words:
        assert word in text


def test_a_good_capture_is_read_from_its_folder(tmp_path: Path) -> None:
    files = read_folder(written(tmp_path, good() | {"stranger.txt": b"not named"}))
    assert list(files) == ["transforms.json", *(f"images/{i}.png" for i in range(9))]
    capture = parse(files)
    assert capture.images.shape == (9, SIDE, SIDE, 4)
    assert capture.images.dtype == np.uint8
    assert capture.views("test") == (8,)
    assert (capture.width, capture.height, capture.fx) == (SIDE, SIDE, 20.0)
    assert not capture.images.flags.writeable


def test_poses_become_world_to_camera_in_opencv_axes() -> None:
    first = parse(good()).world_to_camera[0]
    # The camera stands at z = 4 and looks along -z: the origin lies 4 in front, world up is image up (y down).
    np.testing.assert_allclose(first @ [0, 0, 0, 1], [0, 0, 4, 1], atol=1e-12)
    np.testing.assert_allclose(first @ [1, 2, 0, 1], [1, -2, 4, 1], atol=1e-12)


def test_a_focal_length_may_be_an_angle() -> None:
    cameras = {k: v for k, v in table().items() if k not in ("fl_x", "fl_y")} | {"camera_angle_x": math.pi / 2}
    assert parse(good() | {"transforms.json": json.dumps(cameras).encode()}).fx == pytest.approx(SIDE / 2)


@pytest.mark.parametrize(
    ("data", "word"),
    [
        (b"\xff\xfe", "not JSON"),
        (b"{", "not JSON"),
        (b"[" * 100_000, "not JSON"),
        (b"[]", "not a JSON object"),
        (b'{"w": 1, "w": 2}', "twice"),
        (b'{"w": NaN}', "NaN"),
        (b'{"w": -Infinity}', "-Infinity"),
        (b'{"w": ' + b"9" * 5000 + b"}", "not JSON"),
        (b" " * (limits.CAMERA_FILE_BYTES_MAX + 1), "bytes"),
    ],
)
def test_a_camera_file_that_is_none(data: bytes, word: str) -> None:
    refused(good() | {"transforms.json": data}, word, "transforms.json")


@pytest.mark.parametrize(
    ("members", "word"),
    [
        ({"frames": []}, "no frames"),
        ({"frames": 3}, "no frames"),
        ({"frames": [7] * 9}, "frame 0"),
        ({"w": 0}, "size"),
        ({"w": 1e9}, "not a number within"),
        ({"w": True}, "not a number within"),
        ({"h": 11.5}, "size"),
        ({"fl_x": 1e999}, "transforms.json"),
        ({"fl_x": 10**400}, "not a number within"),
        ({"fl_x": "20"}, "not a number within"),
        ({"fl_x": -5}, "focal"),
        ({"cx": None}, "cx"),
        ({"k1": 0.1}, "pinhole"),
        ({"camera_model": "FISHEYE"}, "pinhole"),
    ],
)
def test_a_camera_that_makes_no_sense(members: dict[str, object], word: str) -> None:
    refused(changed(**members), word)


def test_a_pose_that_is_not_finite() -> None:
    broken = pose(10)
    broken[0][3] = float("nan")
    refused(with_frame(transform_matrix=broken), "NaN")
    overflow = json.dumps(table()).replace("[0, 0, 0, 1]", "[0, 0, 0, 1e999]", 1).encode()
    refused(good() | {"transforms.json": overflow}, "not a number within")


@pytest.mark.parametrize("kind", ["scale", "shear", "mirror", "last row", "shape", "text", "far"])
def test_a_pose_that_is_not_rigid(kind: str) -> None:
    broken = np.array(pose(30))
    if kind == "scale":
        broken[:3, :3] *= 1.01
    if kind == "shear":
        broken[0, 1] += 0.05
    if kind == "mirror":
        broken[:3, 0] *= -1
    if kind == "last row":
        broken[3, 0] = 0.5
    if kind == "far":
        broken[0, 3] = 1e5
    value = {"shape": broken.tolist()[:3], "text": "identity"}.get(kind, broken.tolist())
    refused(with_frame(transform_matrix=value), "frame 3")


@pytest.mark.parametrize(
    "name",
    [
        *("../secret.png", "/etc/secret.png", "a/../../b.png", "a\\b.png", "a//b.png", "", None, 7, "x" * 300 + ".png"),
        *("c:a.png", "a\0.png", "images/3.exr", "images/..", "a\u202e.png"),
    ],
)
def test_a_name_that_leads_out_or_is_none(name: object) -> None:
    refused(with_frame(file_path=name), "file_path")


def test_views_named_twice_too_few_or_too_many() -> None:
    refused(with_frame(file_path="images/0.png"), "twice")
    refused(good(views=3), "2 training views", "at least 3")
    refused(changed(frames=[{}] * (limits.VIEWS_MAX + 1)), "at most")
    refused(with_frame(split="holdout"), "split")
    refused(with_frame(fl_x=3.0), "lens of its own")


@pytest.mark.parametrize(
    ("data", "word"),
    [
        (b"", "not a PNG"),
        (b"GIF89a" + b"\0" * 50, "not a PNG"),
        (png()[:-30], "damaged"),
        (png()[:60] + b"\0" * 40 + png()[100:], "damaged"),
        (bomb(width=60_000, height=60_000), "at most 4096 a side"),
        (bomb(width=2**31 - 1, height=1), "at most 4096 a side"),
        (bomb(width=SIDE, height=SIDE), "damaged"),
        (png(width=SIDE + 1), "camera file says"),
        (png(mode="RGB"), "no alpha channel"),
        (png(mode="P"), "no alpha channel"),
        (png(mode="LA"), "not 8-bit RGBA"),
        (png(alpha="none"), "mask is empty"),
        (png(alpha="all"), "covers the whole"),
    ],
)
def test_a_picture_that_cannot_be_used(data: bytes, word: str) -> None:
    refused(good() | {"images/4.png": data}, word, "images/4.png")


def test_a_missing_picture_or_camera_file(tmp_path: Path) -> None:
    files = good()
    del files["images/5.png"]
    refused(files, "images/5.png", "missing")
    with pytest.raises(CaptureError, match=r"images/5\.png.*missing"):
        read_folder(written(tmp_path, files))
    refused({}, "transforms.json", "missing")
    with pytest.raises(CaptureError, match="no such folder"):
        read_folder(tmp_path / "nowhere")


def test_too_many_pixels_in_all(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("stagedoor.capture.read.CAPTURE_PX_MAX", SIDE * SIDE * 9 - 1)
    refused(good(), "pixels in all")


def test_too_many_bytes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("stagedoor.capture.read.IMAGE_BYTES_MAX", 50)
    refused(good(), "bytes")
    with pytest.raises(CaptureError, match="larger than"):
        read_folder(written(tmp_path, good()))


@pytest.mark.parametrize("kind", ["file", "folder", "camera file", "pipe", "directory"])
def test_links_and_things_that_are_no_files(tmp_path: Path, kind: str) -> None:
    outside = tmp_path / "outside"
    folder = written(tmp_path / "capture", good())
    written(outside, good())
    target = {"folder": "images", "camera file": "transforms.json"}.get(kind, "images/2.png")
    (folder / target).rename(tmp_path / "moved")
    if kind == "pipe":
        os.mkfifo(folder / target)
    elif kind == "directory":
        (folder / target).mkdir()
    else:
        (folder / target).symlink_to(outside / target)
    with pytest.raises(CaptureError):
        read_folder(folder)


@given(data=st.binary(max_size=400))
@settings(max_examples=150, deadline=None)
def test_random_bytes_raise_nothing_but_capture_error(data: bytes) -> None:
    spoilt = ({"transforms.json": data}, {"images/1.png": data}, {"images/1.png": png()[:40] + data})
    for files in (good() | one for one in spoilt):
        with pytest.raises(CaptureError):
            parse(files)


@given(at=st.integers(0, 5000), byte=st.integers(0, 255), name=st.sampled_from(["transforms.json", "images/1.png"]))
@settings(max_examples=300, deadline=None)
def test_one_changed_byte_parses_or_raises_capture_error(at: int, byte: int, name: str) -> None:
    files = good()
    spoilt = bytearray(files[name])
    spoilt[at % len(spoilt)] = byte
    with contextlib.suppress(CaptureError):
        parse(files | {name: bytes(spoilt)})
