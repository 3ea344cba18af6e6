"""Moving pictures through PyAV (the `video` extra): ProRes 4444 with alpha, and MP4.

In: frames as pictures.py takes them.  Both are Y'CbCr by the BT.709 matrix at video range, made here so that every
number is known, and tagged BT.709 primaries, curve and matrix.  The codes are the frame's sRGB-encoded ones unchanged,
which is what players and grading suites expect under that tag.

  ProRes 4444   10 bits, no chroma is dropped; straight alpha (rgb / alpha), black where alpha is 0
  MP4           H.264, 8 bits, 4:2:0 with chroma on the left as the tag's default has it; over a background, no alpha
"""

from __future__ import annotations

import importlib.util
import io
from collections.abc import Iterable, Mapping
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from stagedoor.worker.formats.errors import FormatError
from stagedoor.worker.formats.pictures import PLAIN, Floats, checked, checked_text, straight

RATE: Final = 24
"""Frames in a second, if nothing else is said."""
FRAMES_MAX: Final = 24 * 60 * 60
"""Frames of one file: an hour."""

_KR, _KB = 0.2126, 0.0722
"""Of red and of blue in luma (ITU-R BT.709)."""
_BT709, _VIDEO_RANGE = 1, 1


def available() -> bool:
    """Whether PyAV is here."""
    return importlib.util.find_spec("av") is not None


def write_prores(frames: Iterable[Floats], *, rate: int = RATE, text: Mapping[str, str] = PLAIN) -> bytes:
    """The frames, all of one size, as ProRes 4444 in a QuickTime movie, with alpha.  Raises FormatError."""
    options = {"profile": "4444", "alpha_bits": "16", "vendor": "apl0"}
    return _encoded(
        frames, codec="prores_ks", box="mov", pixels="yuva444p10le", rate=rate, options=options, text=text,
        planes=lambda frame: _four_planes(straight(frame)),
    )  # fmt: skip


def write_mp4(
    frames: Iterable[Floats],
    *,
    rate: int = RATE,
    background: tuple[float, float, float] = (0.0, 0.0, 0.0),
    text: Mapping[str, str] = PLAIN,
) -> bytes:
    """The frames over a background (sRGB-encoded, 0 to 1) as H.264 in an MP4.  Odd sides lose their last pixel."""

    def planes(frame: Floats) -> list[NDArray[Any]]:
        held = checked(frame)
        rgb = held[..., :3] + (1 - held[..., 3:]) * np.array(background, np.float32)
        return _halved(*luma_chroma(np.clip(rgb, 0.0, 1.0), bits=8))

    options = {"crf": "14", "preset": "medium"}
    return _encoded(
        frames, codec="libx264", box="mp4", pixels="yuv420p", rate=rate, options=options, text=text, planes=planes
    )


def luma_chroma(rgb: Floats, *, bits: int) -> tuple[Floats, Floats, Floats]:
    """sRGB-encoded rgb 0 to 1, [H,W,3], as Y', Cb and Cr by BT.709 at video range, not yet rounded: [H,W] each."""
    red, green, blue = rgb[..., 0], rgb[..., 1], rgb[..., 2]
    luma = _KR * red + (1 - _KR - _KB) * green + _KB * blue
    unit = np.float32(1 << (bits - 8))
    cb, cr = (blue - luma) / (2 * (1 - _KB)), (red - luma) / (2 * (1 - _KR))
    return unit * (16 + 219 * luma), unit * (128 + 224 * cb), unit * (128 + 224 * cr)


def _four_planes(held: Floats) -> list[NDArray[Any]]:
    y, cb, cr = luma_chroma(np.clip(held[..., :3], 0.0, 1.0), bits=10)
    # Alpha alone has the whole range.
    return [np.floor(plane + 0.5).astype("<u2") for plane in (y, cb, cr, held[..., 3] * 1023)]


def _halved(y: Floats, cb: Floats, cr: Floats) -> list[NDArray[Any]]:
    """4:2:0: two lines together, and a quarter, a half, a quarter about every other column."""
    high, wide = y.shape[0] // 2 * 2, y.shape[1] // 2 * 2
    out: list[NDArray[Any]] = [y[:high, :wide]]
    for plane in (cb, cr):
        lines = (plane[0:high:2, :wide] + plane[1:high:2, :wide]) / 2
        left = np.concatenate([lines[:, :1], lines[:, 1:-1:2]], axis=1)
        out.append(left / 4 + lines[:, 0::2] / 2 + lines[:, 1::2] / 4)
    return [np.clip(np.floor(plane + 0.5), 0, 255).astype(np.uint8) for plane in out]


def _encoded(
    frames: Iterable[Floats],
    *,
    codec: str,
    box: str,
    pixels: str,
    rate: int,
    options: dict[str, str],
    text: Mapping[str, str],
    planes: Any,
) -> bytes:
    if not available():
        raise FormatError(where="video", what="PyAV is not installed", todo="Install the extra: stagedoor[video]")
    import av

    out = io.BytesIO()
    with av.open(out, "w", format=box, options={"movflags": "+use_metadata_tags"}) as movie:
        movie.metadata.update(checked_text(text))
        stream = None
        for number, frame in enumerate(frames):
            parts = planes(frame)
            high, wide = parts[0].shape
            if stream is None:
                stream = movie.add_stream(codec, rate=rate, options=options)
                stream.width, stream.height, stream.pix_fmt = wide, high, pixels
                told = stream.codec_context
                told.color_primaries = told.color_trc = told.colorspace = _BT709
                told.color_range = _VIDEO_RANGE
            if (wide, high) != (stream.width, stream.height) or number >= FRAMES_MAX:
                raise FormatError(
                    where=f"frame {number}",
                    what=f"it is {wide} by {high}, frame {FRAMES_MAX} or later",
                    todo=f"Give at most {FRAMES_MAX} frames of one size",
                )
            movie.mux(stream.encode(_frame(av, parts, pixels)))
        if stream is None:
            raise FormatError(where="video", what="it has no frames", todo="Give at least one")
        movie.mux(stream.encode())
    return out.getvalue()


def _frame(av: Any, parts: list[NDArray[Any]], pixels: str) -> Any:
    high, wide = parts[0].shape
    frame = av.VideoFrame(wide, high, pixels)
    frame.color_range, frame.colorspace = _VIDEO_RANGE, _BT709
    if hasattr(frame, "color_primaries"):
        # ProRes repeats the tags in every frame; an old PyAV cannot say them there, and the container's stand.
        frame.color_primaries = frame.color_trc = _BT709
    for plane, part in zip(frame.planes, parts, strict=True):
        # A plane's lines are padded to what the encoder likes.
        padded = np.zeros((part.shape[0], plane.line_size // part.itemsize), part.dtype)
        padded[:, : part.shape[1]] = part
        plane.update(padded.tobytes())
    return frame
