"""ProRes 4444 and MP4, where PyAV is: decoded again, the codes are those that BT.709 asks for."""

from __future__ import annotations

import io
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from stagedoor.worker.formats.errors import FormatError
from stagedoor.worker.formats.moving import available, luma_chroma, write_mp4, write_prores

needs_av = pytest.mark.skipif(not available(), reason="PyAV is not installed (the video extra): no movie was written")

COLOURS = ((0.8, 0.2, 0.1), (0.1, 0.7, 0.3), (0.2, 0.2, 0.9))


def flat() -> NDArray[np.float32]:
    """Three colours side by side; the lower half at half alpha."""
    frame = np.ones((64, 96, 4), np.float32)
    for place, colour in enumerate(COLOURS):
        frame[:, 32 * place : 32 * place + 32, :3] = colour
    frame[32:] *= 0.5
    return frame


def decoded(data: bytes) -> tuple[list[Any], Any]:
    import av

    with av.open(io.BytesIO(data)) as held:
        stream = held.streams.video[0]
        frames = list(held.decode(stream))
        context = stream.codec_context
        tags = (context.color_primaries, context.color_trc, context.colorspace, context.color_range)
        return frames, (dict(held.metadata), tags, float(stream.average_rate))


def planes(frame: Any, kind: str) -> list[NDArray[Any]]:
    return [np.frombuffer(bytes(one), kind).reshape(one.height, -1)[:, : one.width] for one in frame.planes]


@pytest.mark.parametrize(
    ("rgb", "codes"),
    [
        ((0, 0, 0), (16, 128, 128)),
        ((1, 1, 1), (235, 128, 128)),
        ((1, 0, 0), (62.56, 102.34, 240)),
        ((0, 1, 0), (172.63, 41.67, 26.27)),
        ((0, 0, 1), (31.81, 240, 117.73)),
    ],
)
def test_the_matrix_is_bt709(rgb: tuple[float, float, float], codes: tuple[float, float, float]) -> None:
    """ITU-R BT.709-6, items 3.2 to 3.4 at 8 bits, and four times that at 10."""
    picture = np.array([[rgb]], np.float32)
    np.testing.assert_allclose(np.ravel(luma_chroma(picture, bits=8)), codes, atol=0.01)
    np.testing.assert_allclose(np.ravel(luma_chroma(picture, bits=10)), 4 * np.array(codes), atol=0.04)


@needs_av
def test_prores_keeps_colour_straight_and_alpha() -> None:
    frames, (words, tags, rate) = decoded(write_prores([flat()] * 3, text={"stagedoor:mark": "unmarked preview"}))
    assert len(frames) == 3 and rate == 24
    # ProRes has no other range than video's, and older decoders leave it unsaid.
    assert tags[:3] == (1, 1, 1) and tags[3] in (0, 1)
    assert words["stagedoor:mark"] == "unmarked preview"
    depth = {"yuva444p10le": 1, "yuva444p12le": 4}[frames[0].format.name]
    seen = planes(frames[0], "<u2")
    for place, colour in enumerate(COLOURS):
        codes = np.ravel(luma_chroma(np.array([[colour]], np.float32), bits=10))
        for row in (12, 52):
            read = [float(plane[row, 32 * place + 16]) / depth for plane in seen]
            np.testing.assert_allclose(read[:3], codes, atol=2)
            assert abs(read[3] - (1023 if row < 32 else 511.5)) < 2


@needs_av
def test_mp4_is_drawn_over_its_background() -> None:
    behind = (0.4, 0.4, 0.4)
    frames, (words, tags, rate) = decoded(
        write_mp4([flat()] * 3, rate=25, background=behind, text={"comment": "permit p-1"})
    )
    assert len(frames) == 3 and rate == 25
    assert tags == (1, 1, 1, 1) and words["comment"] == "permit p-1"
    assert frames[0].format.name == "yuv420p"
    y, cb, cr = planes(frames[0], "u1")
    for place, colour in enumerate(COLOURS):
        for row, share in ((12, 1.0), (52, 0.5)):
            mixed = share * np.array(colour) + (1 - share) * np.array(behind)
            codes = np.ravel(luma_chroma(mixed[None, None].astype(np.float32), bits=8))
            read = (y[row, 32 * place + 16], cb[row // 2, 16 * place + 8], cr[row // 2, 16 * place + 8])
            np.testing.assert_allclose(read, codes, atol=2)


@needs_av
def test_odd_sides_and_faults() -> None:
    (frame,), _ = decoded(write_mp4([flat()[:33, :51]]))
    assert (frame.width, frame.height) == (50, 32)
    with pytest.raises(FormatError, match="no frames"):
        write_mp4([])
    with pytest.raises(FormatError, match="frame 1: it is 94 by 64"):
        write_mp4([flat(), flat()[:, :94]])
    with pytest.raises(FormatError, match="not finite"):
        write_prores([np.full((4, 4, 4), np.nan, np.float32)])


def test_without_pyav_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("stagedoor.worker.formats.moving.available", lambda: False)
    with pytest.raises(FormatError, match=r"stagedoor\[video\]"):
        write_prores([flat()])
