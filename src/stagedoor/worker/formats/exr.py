"""OpenEXR, as compositors take it: scene-linear half floats, premultiplied alpha, ZIP, Rec.709 chromaticities.

A writer of one scanline part, from the file layout's public description; nothing is read here.  The channels are A, B,
G, R; sixteen lines to a block; a block that ZIP cannot shorten is stored as it is, as the layout has it.
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Mapping
from typing import Final

import numpy as np
from numpy.typing import NDArray

from stagedoor.worker.formats.errors import FormatError, shown
from stagedoor.worker.formats.pictures import PLAIN, Floats, checked_text, decoded, straight

MAGIC: Final = struct.pack("<ii", 20000630, 2)
HALF_MAX: Final = 65504.0
"""The largest half float."""
NAME_CHARACTERS_MAX: Final = 31
"""Letters of an attribute's name, by the layout; a colon in it keeps it apart from the layout's own."""
LINES: Final = 16
"""Lines of a ZIP block, by the layout."""
_HALF, _ZIP, _DOWNWARDS = 1, 3, 0
_REC709: Final = (0.64, 0.33, 0.30, 0.60, 0.15, 0.06, 0.3127, 0.3290)
"""Red, green, blue and white, x and y each (ITU-R BT.709), which are sRGB's too."""


def linear_light(picture: Floats) -> Floats:
    """The picture as EXR holds it: each straight colour decoded by the sRGB curve, then times alpha.  [H,W,4]."""
    held = straight(picture)
    out = np.empty_like(held)
    out[..., 3] = held[..., 3]
    out[..., :3] = decoded(held[..., :3]) * held[..., 3:]
    return out


def write_exr(picture: Floats, *, text: Mapping[str, str] = PLAIN) -> bytes:
    """The picture (as pictures.py takes it) as an EXR; `text` becomes string attributes.  Raises FormatError."""
    light = np.minimum(linear_light(picture), np.float32(HALF_MAX)).astype("<f2")
    high, wide = light.shape[:2]
    # Line by line, and within a line channel by channel in the order of their names: A, B, G, R.
    lines = np.ascontiguousarray(light[..., ::-1].transpose(0, 2, 1))
    blocks = [_block(lines, first) for first in range(0, high, LINES)]
    head = _header(wide, high, text)
    at = len(head) + 8 * len(blocks)
    offsets = []
    for block in blocks:
        offsets.append(at)
        at += len(block)
    return b"".join([head, struct.pack(f"<{len(offsets)}Q", *offsets), *blocks])


def _block(lines: NDArray[np.float16], first: int) -> bytes:
    raw = lines[first : first + LINES].tobytes()
    packed = _zipped(raw)
    body = packed if len(packed) < len(raw) else raw
    return struct.pack("<ii", first, len(body)) + body


def _zipped(raw: bytes) -> bytes:
    """First the low bytes, then the high ones, each as its difference from the one before, then deflated."""
    octets = np.frombuffer(raw, np.uint8)
    apart = np.concatenate([octets[0::2], octets[1::2]])
    steps = apart.copy()
    # Whole numbers modulo 256, as the layout has it.
    steps[1:] = apart[1:] - apart[:-1] + np.uint8(128)
    return zlib.compress(steps.tobytes(), 6)


def _header(wide: int, high: int, text: Mapping[str, str]) -> bytes:
    words = checked_text(text)
    channel = struct.pack("<iB3xii", _HALF, 0, 1, 1)
    window = struct.pack("<iiii", 0, 0, wide - 1, high - 1)
    attributes = [
        _attribute("channels", "chlist", b"".join(name + b"\0" + channel for name in (b"A", b"B", b"G", b"R")) + b"\0"),
        _attribute("chromaticities", "chromaticities", struct.pack("<8f", *_REC709)),
        _attribute("compression", "compression", bytes([_ZIP])),
        _attribute("dataWindow", "box2i", window),
        _attribute("displayWindow", "box2i", window),
        _attribute("lineOrder", "lineOrder", bytes([_DOWNWARDS])),
        _attribute("pixelAspectRatio", "float", struct.pack("<f", 1.0)),
        _attribute("screenWindowCenter", "v2f", struct.pack("<ff", 0.0, 0.0)),
        _attribute("screenWindowWidth", "float", struct.pack("<f", 1.0)),
        *(_attribute(_named(key), "string", value.encode("utf-8", "replace")) for key, value in words.items()),
    ]
    return MAGIC + b"".join(attributes) + b"\0"


def _named(key: str) -> str:
    """An attribute's name of ours: short, for a long one would ask for another version of the file."""
    if len(key) > NAME_CHARACTERS_MAX or ":" not in key:
        what = f"its metadata {shown(key)} cannot be an attribute"
        todo = f"Give a key like maker:word of at most {NAME_CHARACTERS_MAX} letters"
        raise FormatError(where="exr", what=what, todo=todo)
    return key


def _attribute(name: str, kind: str, value: bytes) -> bytes:
    return name.encode("ascii") + b"\0" + kind.encode("ascii") + b"\0" + struct.pack("<i", len(value)) + value
