"""What a renderer drew, as a picture of the trade: colour and alpha converted once, here, and said.

In: float32 [H,W,4], premultiplied, sRGB-encoded, over black: rgb is the sum of weight times colour of what was drawn
(colours as in a photograph: encoded, Rec.709 primaries), alpha the sum of the weights.  That sum was blended as it is
encoded, which is how doubles are trained; no conversion can make it as if light had been blended.

Out:
  PNG     straight alpha, as PNG has it: rgb / alpha, still sRGB-encoded, cut to 0 to 1; 8 or 16 bits; an sRGB chunk
  EXR     premultiplied alpha, as EXR has it: rgb / alpha, decoded by the sRGB curve to scene-linear light, times alpha;
          half float, Rec.709 chromaticities; below 0 is cut, above 1 is kept (exr.py)
  ProRes  straight alpha, rgb as in PNG; MP4 the same over a background, no alpha (moving.py)

Where alpha is 0 there is no colour: it is black.  What is drawn with the mark in it carries the mark's words in `text`.
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Mapping
from types import MappingProxyType
from typing import Final, Literal

import numpy as np
from numpy.typing import NDArray

from stagedoor.worker.formats.errors import FormatError, shown

Floats = NDArray[np.float32]

SIDE_PX_MAX: Final = 8192
"""Pixels along a side: twice the largest frame that is drawn."""
PIXELS_MAX: Final = 1 << 25
"""Pixels of a picture: 8192 by 4096, half a gigabyte as it comes and 1.5 while it is converted."""
ALPHA_MIN: Final = 0.5 / 65535
"""Alpha below which a pixel has no colour: half a step of 16 bits."""
TEXT_BYTES_MAX: Final = 4096
"""Bytes of one word of metadata: a permit's reference takes 100."""

PLAIN: Final[Mapping[str, str]] = MappingProxyType({})
_GAMMA: Final = 45455
_CHROMATICITIES: Final = (31270, 32900, 64000, 33000, 30000, 60000, 15000, 6000)
"""White, red, green and blue of sRGB in hundred-thousandths, for readers that pass over the sRGB chunk."""


def checked(picture: Floats) -> Floats:
    """The picture, float32 [H,W,4], with alpha cut to 0 to 1.  Raises FormatError where it is no picture."""
    if picture.ndim != 3 or picture.shape[2] != 4 or picture.dtype != np.float32:
        raise FormatError(
            where="picture",
            what=f"it is {picture.dtype} of shape {shown(picture.shape)}",
            todo="Give float32 [height, width, 4]: premultiplied red, green, blue and alpha",
        )
    high, wide = picture.shape[:2]
    if not (1 <= high <= SIDE_PX_MAX and 1 <= wide <= SIDE_PX_MAX and high * wide <= PIXELS_MAX):
        raise FormatError(
            where="picture",
            what=f"it is {wide} by {high}",
            todo=f"Give 1 to {SIDE_PX_MAX} pixels a side and at most {PIXELS_MAX}",
        )
    if not np.isfinite(picture).all():
        raise FormatError(where="picture", what="a pixel of it is not finite", todo="Draw it again")
    out = picture.copy()
    np.clip(out[..., 3], 0.0, 1.0, out=out[..., 3])
    return out


def opaque(rgb: NDArray[np.uint8]) -> Floats:
    """An 8-bit picture [H,W,3] as this module takes it, with alpha 1 everywhere."""
    out = np.ones((*rgb.shape[:2], 4), np.float32)
    out[..., :3] = rgb[..., :3] / np.float32(255.0)
    return out


def straight(picture: Floats) -> Floats:
    """Premultiplied to straight: rgb / alpha, at least 0; black where alpha is under ALPHA_MIN.  float32 [H,W,4]."""
    out = checked(picture)
    alpha = out[..., 3:]
    there = alpha >= ALPHA_MIN
    np.divide(np.maximum(out[..., :3], 0.0), alpha, out=out[..., :3], where=there)
    out[..., :3] *= there
    return out


def decoded(encoded: Floats) -> Floats:
    """sRGB-encoded to linear light (IEC 61966-2-1), for values from 0; above 1 the curve goes on."""
    low = encoded <= 0.04045
    linear: Floats = np.where(low, encoded / 12.92, ((np.maximum(encoded, 0.0) + 0.055) / 1.055) ** 2.4)
    return linear.astype(np.float32)


def write_png(picture: Floats, *, bits: Literal[8, 16] = 8, text: Mapping[str, str] = PLAIN) -> bytes:
    """The picture as RGBA PNG, straight alpha, sRGB; `text` becomes iTXt.  Equal pictures give equal bytes."""
    held = np.clip(straight(picture), 0.0, 1.0)
    most = (1 << bits) - 1
    rows = np.floor(held * np.float32(most) + 0.5).astype(">u2" if bits == 16 else "u1")
    octets = rows.reshape(rows.shape[0], -1).view(np.uint8)
    # Filter 2, each byte less the one above it: smooth pictures pack to a third less.
    filtered = np.full((octets.shape[0], octets.shape[1] + 1), 2, np.uint8)
    filtered[:, 1:] = octets
    filtered[1:, 1:] -= octets[:-1]
    high, wide = picture.shape[:2]
    chunks = [
        _chunk(b"IHDR", struct.pack(">IIBBBBB", wide, high, bits, 6, 0, 0, 0)),
        _chunk(b"sRGB", b"\0"),
        _chunk(b"gAMA", struct.pack(">I", _GAMMA)),
        _chunk(b"cHRM", struct.pack(">8I", *_CHROMATICITIES)),
        *(_chunk(b"iTXt", _words(key, value)) for key, value in text.items()),
        _chunk(b"IDAT", zlib.compress(filtered.tobytes(), 6)),
        _chunk(b"IEND", b""),
    ]
    return b"\x89PNG\r\n\x1a\n" + b"".join(chunks)


def checked_text(text: Mapping[str, str]) -> Mapping[str, str]:
    """Metadata of a picture: short printable ASCII keys, values without NUL.  Raises FormatError."""
    for key, value in text.items():
        sound = 1 <= len(key) <= 79 and key.isascii() and key.isprintable() and key == key.strip()
        if not sound or "\0" in value or len(value.encode("utf-8", "replace")) > TEXT_BYTES_MAX:
            raise FormatError(
                where="picture",
                what=f"its metadata {shown(key)} cannot be written",
                todo=f"Give a key of 1 to 79 ASCII letters and a value of at most {TEXT_BYTES_MAX} bytes",
            )
    return text


def _words(key: str, value: str) -> bytes:
    checked_text({key: value})
    return key.encode("ascii") + b"\0\0\0\0\0" + value.encode("utf-8", "replace")


def _chunk(kind: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))
