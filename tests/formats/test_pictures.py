"""PNG and EXR: an independent reader sees the numbers that the page promises, alpha and curve and all."""

from __future__ import annotations

import io
import struct
import zlib
from pathlib import Path

import numpy as np
import OpenEXR
import pytest
from numpy.typing import NDArray
from PIL import Image

from formats.doubles import drawn, drawn_rgba, planet
from stagedoor.worker.formats.errors import FormatError
from stagedoor.worker.formats.exr import write_exr
from stagedoor.worker.formats.pictures import opaque, straight, write_png


def ramp(high: int = 37, wide: int = 50) -> NDArray[np.float32]:
    """Every alpha from 0 to 1 across, colours down: as a renderer gives it, premultiplied."""
    y, x = np.mgrid[0:high, 0:wide]
    alpha = x / (wide - 1)
    rgb = np.stack([y / (high - 1), 0.25 + 0 * x, 1 - y / (high - 1)], axis=-1)
    return np.concatenate([rgb * alpha[..., None], alpha[..., None]], axis=-1).astype(np.float32)


def one(*values: float) -> NDArray[np.float32]:
    return np.array([[values]], np.float32)


def sixteen(data: bytes) -> NDArray[np.uint16]:
    """A reader of its own for our 16-bit PNG, of which Pillow keeps 8: chunk by chunk, filter 2 undone."""
    at, packed, size = 8, b"", (0, 0)
    while at < len(data):
        length, kind = struct.unpack_from(">I4s", data, at)
        body = data[at + 8 : at + 8 + length]
        assert zlib.crc32(kind + body) == struct.unpack_from(">I", data, at + 8 + length)[0]
        if kind == b"IHDR":
            assert body[8:] == bytes([16, 6, 0, 0, 0])
            size = struct.unpack_from(">II", body)
        packed += body if kind == b"IDAT" else b""
        at += 12 + length
    rows = np.frombuffer(zlib.decompress(packed), np.uint8).reshape(size[1], -1)
    assert (rows[:, 0] == 2).all()
    return np.cumsum(rows[:, 1:], axis=0, dtype=np.uint8).view(">u2").reshape(size[1], size[0], 4).astype(np.uint16)


def read_exr(data: bytes, folder: Path) -> tuple[NDArray[np.float32], dict[str, object]]:
    (folder / "x.exr").write_bytes(data)
    with OpenEXR.File(str(folder / "x.exr")) as held:
        return np.array(held.channels()["RGBA"].pixels, np.float32), dict(held.header())


def test_png_is_straight_and_says_srgb() -> None:
    picture = ramp()
    image = Image.open(io.BytesIO(write_png(picture, text={"stagedoor:mark": "unmarked preview", "by": "Zoë"})))
    image.load()
    assert image.mode == "RGBA" and image.size == (50, 37)
    assert image.info["srgb"] == 0
    assert image.text == {"stagedoor:mark": "unmarked preview", "by": "Zoë"}  # type: ignore[attr-defined]
    seen = np.asarray(image)
    np.testing.assert_array_equal(seen[..., 3], np.floor(picture[..., 3] * 255 + 0.5))
    np.testing.assert_array_equal(seen[:, 0], 0)
    # Where there is any alpha, the colour is the drawn one, not darkened by it.
    np.testing.assert_array_equal(seen[:, 1:, 1], 64)
    np.testing.assert_allclose(seen[:, 1:, 0], np.broadcast_to(np.linspace(0, 255, 37)[:, None], (37, 49)), atol=0.51)


def test_png_of_16_bits_keeps_sixteen() -> None:
    picture = ramp()
    seen = sixteen(write_png(picture, bits=16))
    np.testing.assert_allclose(seen / 65535, np.clip(straight(picture), 0, 1), atol=0.51 / 65535)
    image = Image.open(io.BytesIO(write_png(picture, bits=16)))
    np.testing.assert_allclose(np.asarray(image.convert("RGBA")), seen / 257, atol=1)


def test_exr_is_linear_and_premultiplied(tmp_path: Path) -> None:
    picture = ramp()
    seen, header = read_exr(write_exr(picture, text={"stagedoor:mark": "unmarked preview"}), tmp_path)
    assert seen.shape == (37, 50, 4)
    assert header["stagedoor:mark"] == "unmarked preview"
    np.testing.assert_allclose(np.array(header["chromaticities"]), [0.64, 0.33, 0.3, 0.6, 0.15, 0.06, 0.3127, 0.329])
    assert str(header["compression"]) == "Compression.ZIP_COMPRESSION"
    np.testing.assert_allclose(seen[..., 3], picture[..., 3], atol=2.5e-4)
    # 0.25 as it is encoded is 0.0508761 of light, by the standard's own formula; then times alpha.
    np.testing.assert_allclose(seen[..., 1], 0.0508761 * picture[..., 3], atol=3e-5)
    np.testing.assert_allclose(seen[36, :, 0], picture[36, :, 3], atol=2.5e-4)


@pytest.mark.parametrize(
    ("encoded", "light"), [(0.0, 0.0), (0.04045, 0.0031308), (0.5, 0.2140411), (1.0, 1.0), (1.2, 1.5169755)]
)
def test_the_curve_is_the_standards(encoded: float, light: float, tmp_path: Path) -> None:
    seen, _ = read_exr(write_exr(one(encoded, encoded, encoded, 1)), tmp_path)
    np.testing.assert_allclose(seen[0, 0, :3], light, rtol=1e-3)


@pytest.mark.parametrize(("high", "wide"), [(1, 1), (16, 3), (17, 1), (33, 128)])
def test_every_shape_and_noise_survive(high: int, wide: int, tmp_path: Path) -> None:
    """Noise does not shrink, so blocks are stored as they are; sizes end within a block and at its end."""
    picture = np.random.default_rng(4).uniform(0, 1, (high, wide, 4)).astype(np.float32)
    picture[..., 3] = 1
    seen, _ = read_exr(write_exr(picture), tmp_path)
    np.testing.assert_array_equal(seen[..., 3], 1)
    back = np.where(seen <= 0.0031308, seen * 12.92, 1.055 * np.maximum(seen, 1e-9) ** (1 / 2.4) - 0.055)
    np.testing.assert_allclose(back[..., :3], picture[..., :3], atol=5e-4)
    np.testing.assert_allclose(sixteen(write_png(picture, bits=16)) / 65535, picture, atol=0.51 / 65535)


def test_a_drawn_double_lies_over_any_background_as_it_was_drawn(tmp_path: Path) -> None:
    """As encoded, PNG over a colour is what the renderer draws over that colour; EXR holds the same after its curve."""
    splats, behind = planet(), (0.9, 0.5, 0.1)
    picture = drawn_rgba(splats)
    assert (picture[..., 3] < 0.01).any() and (picture[..., 3] > 0.99).any()
    wanted = drawn(splats, background=behind)
    seen = sixteen(write_png(picture, bits=16)) / 65535
    over = seen[..., :3] * seen[..., 3:] + (1 - seen[..., 3:]) * behind
    # Where a colour is below 0 or above its alpha, a straight picture cannot hold it.
    held = ((picture[..., :3] >= 0) & (picture[..., :3] <= picture[..., 3:])).all(axis=-1)
    assert held.mean() > 0.7
    np.testing.assert_allclose(over[held], wanted[held], atol=0.6 / 255)
    light = read_exr(write_exr(picture), tmp_path)[0]
    straight_light = light[held][:, :3] / np.maximum(light[held][:, 3:], 1e-6)
    sure = light[held][:, 3] > 0.05
    back = np.where(
        straight_light <= 0.0031308,
        straight_light * 12.92,
        1.055 * np.maximum(straight_light, 1e-9) ** (1 / 2.4) - 0.055,
    )
    np.testing.assert_allclose(back[sure], seen[held][sure][:, :3], atol=2e-3)


def test_values_out_of_range_are_cut_as_stated(tmp_path: Path) -> None:
    bright, dark = one(1.5, -0.25, 0.5, 1.5), one(1e-9, 0, 0, 1e-9)
    assert np.asarray(Image.open(io.BytesIO(write_png(bright))))[0, 0].tolist() == [255, 0, 128, 255]
    seen, _ = read_exr(write_exr(bright), tmp_path)
    np.testing.assert_allclose(seen[0, 0], [2.5371, 0, 0.2140, 1], rtol=1e-3)
    assert np.asarray(Image.open(io.BytesIO(write_png(dark))))[0, 0].tolist() == [0, 0, 0, 0]
    assert read_exr(write_exr(one(1e9, 0, 0, 1)), tmp_path)[0][0, 0, 0] == 65504


def test_an_opaque_picture_passes_unchanged() -> None:
    rgb = np.random.default_rng(5).integers(0, 256, (9, 7, 3)).astype(np.uint8)
    seen = np.asarray(Image.open(io.BytesIO(write_png(opaque(rgb)))))
    np.testing.assert_array_equal(seen[..., :3], rgb)


@pytest.mark.parametrize(
    ("picture", "word"),
    [
        (np.zeros((2, 2, 3), np.float32), "float32 of shape"),
        (np.zeros((2, 2, 4), np.float64), "float64 of shape"),
        (np.zeros((0, 2, 4), np.float32), "it is 2 by 0"),
        (np.zeros((1, 9000, 4), np.float32), "it is 9000 by 1"),
        (np.full((2, 2, 4), np.nan, np.float32), "not finite"),
    ],
)
def test_what_is_no_picture_is_refused(picture: NDArray[np.float32], word: str) -> None:
    for write in (write_png, write_exr):
        with pytest.raises(FormatError, match=word):
            write(picture)


@pytest.mark.parametrize("text", [{"": "x"}, {"a\0b": "x"}, {"ü": "x"}, {"a:b": "x\0"}, {"a:b": "x" * 5000}])
def test_words_that_would_break_a_file_are_refused(text: dict[str, str]) -> None:
    for write in (write_png, write_exr):
        with pytest.raises(FormatError, match="cannot be written"):
            write(one(0, 0, 0, 1), text=text)
    for name in ("channels", "a:" + "b" * 40):
        with pytest.raises(FormatError, match="cannot be an attribute"):
            write_exr(one(0, 0, 0, 1), text={name: "x"})
