"""Hostile camera lists and pictures: what they say, or the one CaptureError, within a second and in bounded memory."""

from __future__ import annotations

import importlib.util
import io
import tempfile
from functools import partial
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from PIL import Image

from capture.colmap_kit import binary, text
from capture.shapes import egg, png
from capture.test_alone import film_of
from fuzz import budget
from stagedoor.capture.colmap import MODELS, read_colmap
from stagedoor.capture.errors import CaptureError
from stagedoor.capture.pictures import decode_any
from stagedoor.capture.video import frames_of
from stagedoor.capture.world import camera_file, place


def jpeg(picture: NDArray[np.uint8]) -> bytes:
    """The picture's colours as a JPEG."""
    out = io.BytesIO()
    Image.fromarray(np.ascontiguousarray(picture[..., :3])).save(out, "JPEG")
    return out.getvalue()


MEMORY_MAX = 16 << 20
"""Bytes that a small file may take, whatever it promises."""
CAPTURE = egg(range(0, 360, 45), px=16)
BINARY, TEXT = binary(CAPTURE), text(CAPTURE)
PICTURE = png(CAPTURE.images[0])
PHOTOGRAPH = jpeg(CAPTURE.images[0])
CALM = settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
EDITS = st.lists(st.tuples(st.floats(0, 1, exclude_max=True), st.integers(0, 255)), min_size=1, max_size=8)
WORSE = st.one_of(
    st.sampled_from(["nan", "inf", "-1", "0", "1e308", "1" * 400, "PINHOLE", "FOV", "../a.png", "", "#", "\x00", "\n"]),
    st.sampled_from(sorted(MODELS)), st.floats().map(repr), st.text(max_size=5),
)  # fmt: skip


bounded = partial(budget.bounded, refusal=CaptureError, memory_max=MEMORY_MAX)


def whole(cameras: bytes, images: bytes, is_binary: bool) -> None:
    """All that a door does with the lists."""
    solved = read_colmap(cameras, images, binary=is_binary)
    assert np.isfinite(solved.world_to_camera).all() and len(solved.names) == len(solved.world_to_camera)
    placed = place(solved.world_to_camera)
    assert np.isfinite(placed.world_to_camera).all()
    camera_file(solved.lens, solved.names, placed.world_to_camera)


def spoilt(data: bytes, edits: list[tuple[float, int]], kept: float) -> bytes:
    """Some bytes changed, and perhaps an early end."""
    out = bytearray(data)
    for at, value in edits:
        out[int(at * len(out))] = value
    return bytes(out if kept > 0.5 else out[: int(2 * kept * len(out))])


@CALM
@given(st.booleans(), st.booleans(), EDITS, st.floats(0, 1))
def test_lists_with_changed_bytes_or_an_early_end(
    is_binary: bool, cameras: bool, edits: list[tuple[float, int]], kept: float
) -> None:
    held = list(BINARY if is_binary else TEXT)
    held[0 if cameras else 1] = spoilt(held[0 if cameras else 1], edits, kept)
    bounded(whole, held[0], held[1], is_binary)


@CALM
@given(st.binary(max_size=300), st.binary(max_size=300), st.booleans())
def test_lists_of_any_bytes(cameras: bytes, images: bytes, is_binary: bool) -> None:
    bounded(whole, cameras, images, is_binary)
    bounded(whole, (BINARY if is_binary else TEXT)[0], images, is_binary)


@CALM
@given(st.booleans(), st.floats(0, 1, exclude_max=True), WORSE)
def test_text_lists_with_a_worse_word(cameras: bool, at: float, word: str) -> None:
    held = list(TEXT)
    words = held[0 if cameras else 1].decode().split(" ")
    words[int(at * len(words))] = word
    held[0 if cameras else 1] = " ".join(words).encode("utf-8", "surrogatepass")
    bounded(whole, held[0], held[1], False)


@CALM
@given(EDITS, st.floats(0, 1))
def test_photographs_with_changed_bytes(edits: list[tuple[float, int]], kept: float) -> None:
    decoded = bounded(decode_any, "a.jpg", spoilt(PHOTOGRAPH, edits, kept))
    assert decoded is None or (decoded.dtype == np.uint8 and decoded.shape[2] == 4)


@pytest.mark.skipif(importlib.util.find_spec("cv2") is None, reason="VIDEO IS NOT FUZZED: no OpenCV (extra `capture`)")
@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(EDITS, st.floats(0, 1))
def test_videos_with_changed_bytes(edits: list[tuple[float, int]], kept: float) -> None:
    """What a decoder makes of them happens in a child; here nothing but pictures or the one error arrives."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "a.mp4"
        path.write_bytes(spoilt(film_of(Path(folder), "mp4v", "whole.mp4"), edits, kept))
        frames = bounded(partial(frames_of, views=6), path)
    assert frames is None or all(frame.dtype == np.uint8 and frame.shape[2] == 4 for frame in frames)


@CALM
@given(EDITS, st.floats(0, 1))
def test_pictures_with_changed_bytes(edits: list[tuple[float, int]], kept: float) -> None:
    decoded = bounded(decode_any, "a.png", spoilt(PICTURE, edits, kept))
    assert decoded is None or (decoded.dtype == np.uint8 and decoded.shape[2] == 4)
