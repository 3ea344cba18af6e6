"""SPZ: the loss that its page states, another tool's file, and bombs that stay folded."""

from __future__ import annotations

import gzip
import struct
import tracemalloc
import zlib
from pathlib import Path

import numpy as np
import pytest

from formats.doubles import covariances, drawn, opacities, planet, psnr_db, seen_from, some
from stagedoor.worker.double.splats import Splats
from stagedoor.worker.formats.errors import FormatError
from stagedoor.worker.formats.spz import read_spz, write_spz

OTHERS = Path(__file__).parent / "other_tool"


def head(*, magic: bytes = b"NGSP", version: int = 3, count: int = 2, degree: int = 0, bits: int = 12,
         flags: int = 0, reserved: int = 0) -> bytes:  # fmt: skip
    return struct.pack("<4sIIBBBB", magic, version, count, degree, bits, flags, reserved)


def packed(header: bytes, body: bytes) -> bytes:
    return gzip.compress(header + body, mtime=0)


@pytest.mark.parametrize("degree", [0, 1, 2, 3])
def test_a_round_trip_loses_what_is_stated(degree: int) -> None:
    splats = some(300, degree=degree)
    back = read_spz(write_spz(splats))
    assert back.degree == degree
    assert np.abs(back.means - splats.means).max() <= 0.5 / 4096 * 1.001
    assert np.abs(back.log_scales - splats.log_scales).max() <= 0.5 / 16 * 1.001
    assert np.abs(opacities(back) - opacities(splats)).max() <= 0.5 / 255 * 1.001
    assert np.abs(back.colours - splats.colours).max() <= 0.5 / 255 / 0.15 * 1.001
    unit = splats.quats / np.linalg.norm(splats.quats, axis=1, keepdims=True)
    aligned = back.quats * np.sign((unit * back.quats).sum(axis=1, keepdims=True))
    assert np.abs(aligned - unit).max() < 0.002
    if degree:
        assert np.abs(back.rest - splats.rest).max() <= 0.5 / 128 * 1.001
    assert write_spz(splats) == write_spz(splats)


@pytest.mark.parametrize("degree", [0, 3])
def test_a_rendered_view_loses_under_a_fifth_of_a_decibel(degree: int) -> None:
    """As a benchmark would see it: a double that matches its pictures to 32 dB matches them still."""
    splats = planet(degree=degree)
    kept, lossy = drawn(splats), drawn(read_spz(write_spz(splats)))
    pictures = kept + np.random.default_rng(3).normal(0.0, 10 ** (-32 / 20), kept.shape)
    loss = psnr_db(kept, pictures) - psnr_db(lossy, pictures)
    assert psnr_db(kept, lossy) > 42
    assert abs(loss) < 0.2


def test_another_tools_file_says_the_same() -> None:
    splats, theirs = some(120, degree=3), read_spz((OTHERS / "some.v3.spz").read_bytes())
    ours = read_spz(write_spz(splats))
    assert theirs.degree == 3
    np.testing.assert_allclose(theirs.means, ours.means, atol=1.01 / 4096)
    np.testing.assert_allclose(theirs.log_scales, ours.log_scales, atol=1.01 / 16)
    np.testing.assert_allclose(theirs.colours, ours.colours, atol=1.01 / 255 / 0.15)
    np.testing.assert_allclose(opacities(theirs), opacities(ours), atol=1.01 / 255)
    np.testing.assert_allclose(covariances(theirs), covariances(ours), rtol=0.2, atol=2e-3)
    np.testing.assert_allclose(seen_from(theirs, (0.36, 0.48, -0.8)), seen_from(splats, (0.36, 0.48, -0.8)), atol=0.25)
    # Its writer keeps 5 and 4 bits of a coefficient: a step of 1/16 and of 1/8.
    np.testing.assert_allclose(theirs.rest[:, :3], splats.rest[:, :3], atol=1.01 / 16)
    np.testing.assert_allclose(theirs.rest[:, 3:], splats.rest[:, 3:], atol=1.01 / 8)


def test_version_2_is_read() -> None:
    body = bytes([0, 16, 0, 0, 240, 255, 1, 0, 128])  # 1.0, -1.0, and the far end of 24 bits
    body += bytes([255]) + bytes([128, 0, 255]) + bytes([160, 0, 255]) + bytes([128, 0, 128])
    splats = read_spz(packed(head(version=2, count=1), body))
    np.testing.assert_allclose(splats.means, [[1.0, -1.0, -2048 + 1 / 4096]])
    np.testing.assert_allclose(splats.log_scales, [[0.0, -10.0, 5.9375]])
    np.testing.assert_allclose(splats.colours, [[0.5 / 255 / 0.15, -0.5 / 0.15, 0.5 / 0.15]], rtol=1e-5)
    np.testing.assert_allclose(splats.quats, [[0, 1 / 255, -1, 1 / 255]], atol=1e-6)
    assert 0.998 < opacities(splats)[0] < 1


def test_a_small_double_takes_finer_steps_and_a_far_one_is_refused() -> None:
    splats = some(50)
    small = Splats(
        means=splats.means * np.float32(1e-3),
        log_scales=splats.log_scales - np.float32(7),
        quats=splats.quats,
        opacity_logits=splats.opacity_logits,
        colours=splats.colours,
    )
    assert np.abs(read_spz(write_spz(small)).means - small.means).max() < 1e-3 / 2048
    far = Splats(
        means=splats.means + np.float32(3000),
        log_scales=splats.log_scales,
        quats=splats.quats,
        opacity_logits=splats.opacity_logits,
        colours=splats.colours,
    )
    with pytest.raises(FormatError, match="beyond SPZ's 2048"):
        write_spz(far)


def test_opacities_of_none_and_all_stay_finite() -> None:
    splats = some(2)
    ends = Splats(
        means=splats.means,
        log_scales=splats.log_scales,
        quats=splats.quats,
        opacity_logits=np.array([-9000.0, 9000.0]),
        colours=splats.colours,
    )
    back = read_spz(write_spz(ends))
    assert np.isfinite(back.opacity_logits).all()
    np.testing.assert_allclose(opacities(back), [0, 1], atol=1e-3)
    assert write_spz(back) == write_spz(read_spz(write_spz(back)))


SOUND = packed(head(), bytes(2 * 20))


@pytest.mark.parametrize(
    ("data", "word"),
    [
        (b"", "does not begin as gzip"),
        (b"\x1f\x8b", "cut off"),
        (SOUND[:-1], "another number"),
        (SOUND[:-9], "another number|damaged|cut off"),
        (SOUND + b"x", "another number"),
        (SOUND[:30] + b"\xff" + SOUND[31:], "damaged|another number|declares|version|not SPZ|header"),
        (SOUND[:-8] + bytes(4) + SOUND[-4:], "damaged"),
        (head(version=4) + bytes(100), "SPZ version 4, packed with ZSTD"),
        (packed(head(magic=b"NGSQ"), bytes(40)), "not SPZ"),
        (packed(head(version=1), bytes(40)), "version 1; versions 2 and 3"),
        (packed(head(count=0), b""), "declares 0"),
        (packed(head(count=4_000_000_000), bytes(40)), "declares 4000000000"),
        (packed(head(count=1_000_000), bytes(40)), "cannot hold"),
        (packed(head(degree=4), bytes(40)), "degree 4"),
        (packed(head(bits=24), bytes(40)), "24 fractional bits"),
        (packed(head(flags=2), bytes(40)), "flags 2"),
        (packed(head(reserved=1), bytes(40)), "reserved 1"),
        (packed(head(), bytes(39)), "another number"),
        (packed(head(), bytes(41)), "another number"),
        (packed(head()[:15], b""), "cut off"),
        (packed(head(bits=0), b"\xff\xff\x7f" * 6 + bytes(22)), "beyond 10000"),
    ],
)
def test_a_hostile_file_is_refused(data: bytes, word: str) -> None:
    with pytest.raises(FormatError, match=word):
        read_spz(data)


@pytest.mark.parametrize("promised", [2, 60_000])
def test_a_bomb_stays_folded(promised: int) -> None:
    """200 MB of zeros in 200 KB: no more is unpacked than the header asks for, and then it is refused."""
    packer = zlib.compressobj(9, zlib.DEFLATED, 31)
    bomb = packer.compress(head(count=promised)) + packer.compress(bytes(200_000_000)) + packer.flush()
    tracemalloc.start()
    try:
        with pytest.raises(FormatError, match="another number"):
            read_spz(bomb)
        assert tracemalloc.get_traced_memory()[1] < 4 * len(bomb) + 2 * 20 * promised
    finally:
        tracemalloc.stop()
