"""A mesh's pictures: decoded within bounds that are read from their headers first, and encoded as one PNG."""

from __future__ import annotations

import io
import struct
import zlib
from typing import Final

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from stagedoor.worker.mesh.errors import MeshError
from stagedoor.worker.mesh.limits import FILE_BYTES_MAX, TEXTURE_SIDE_PX_MAX, TEXTURES_PX_MAX

Texels = NDArray[np.uint8]

DECODER_FAULTS: Final = (
    OSError, SyntaxError, ValueError, EOFError, struct.error, zlib.error,
    Image.DecompressionBombError, Image.DecompressionBombWarning,
)  # fmt: skip
"""What Pillow raises on damaged data; the warning where warnings are made errors."""

FORMATS: Final = ("PNG", "JPEG")
"""What glTF allows in its core; an OBJ's picture is held to the same."""

MODES: Final = ("L", "LA", "P", "RGB", "RGBA")
"""8-bit grey, palette and colour.  CMYK and 16 bits would need a colour decision that nobody has made."""

_SAVE: Final = "Save it as an 8-bit PNG or JPEG in sRGB"


class Budget:
    """Pixels that one file's pictures may still take together."""

    def __init__(self, pixels: int = TEXTURES_PX_MAX) -> None:
        self._left = pixels

    def take(self, pixels: int, where: str) -> None:
        """Count a picture before it is decoded, or refuse it."""
        self._left -= pixels
        if self._left < 0:
            raise MeshError(
                where=where,
                what=f"the pictures have more than {TEXTURES_PX_MAX} pixels together",
                todo="Make the textures smaller",
            )


def decode(data: bytes | memoryview, where: str, budget: Budget) -> Texels:
    """A PNG's or JPEG's pixels as uint8 [H,W,4], sRGB, straight alpha.  Raises MeshError for all else."""
    if len(data) > FILE_BYTES_MAX:
        raise MeshError(where=where, what=f"larger than {FILE_BYTES_MAX} bytes", todo=_SAVE)
    try:
        with Image.open(io.BytesIO(data), formats=FORMATS) as image:
            _check(image, where)
            budget.take(image.width * image.height, where)
            return np.array(image.convert("RGBA"), dtype=np.uint8)
    except MeshError:
        raise
    except DECODER_FAULTS as fault:
        raise MeshError(where=where, what="it is no PNG or JPEG, or is damaged", todo=_SAVE) from fault


def _check(image: Image.Image, where: str) -> None:
    """By what the header says: nothing was decoded yet."""
    width, height = image.size
    if not (1 <= width <= TEXTURE_SIDE_PX_MAX and 1 <= height <= TEXTURE_SIDE_PX_MAX):
        what = f"{width}x{height} pixels; at most {TEXTURE_SIDE_PX_MAX} a side are decoded"
        raise MeshError(where=where, what=what, todo="Make the picture smaller")
    if image.mode not in MODES or getattr(image, "n_frames", 1) != 1:
        raise MeshError(where=where, what="it is not one picture of 8-bit grey or colour", todo=_SAVE)


def png(texels: Texels) -> bytes:
    """The pixels as a PNG, without alpha where all of it is opaque; the same bytes for the same pixels."""
    opaque = bool((texels[..., 3] == 255).all())
    out = io.BytesIO()
    Image.fromarray(np.ascontiguousarray(texels[..., :3]) if opaque else texels).save(out, "PNG", compress_level=6)
    return out.getvalue()
