"""Pictures that are no RGBA PNG yet, decoded in memory: header first, then bounded, then as straight-alpha RGBA."""

from __future__ import annotations

import io
import warnings
from typing import Final

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageOps

from stagedoor.capture.errors import CaptureError
from stagedoor.capture.limits import IMAGE_BYTES_MAX, IMAGE_SIDE_PX_MAX
from stagedoor.capture.read import DECODER_FAULTS

FORMATS: Final = ("PNG", "JPEG")
MODES: Final = ("1", "L", "LA", "P", "RGB", "RGBA", "I;16")


def decode_any(
    name: str, data: bytes, *, size: tuple[int, int] | None = None, upright: bool = False
) -> NDArray[np.uint8]:
    """A PNG or JPEG as [H,W,4] uint8, alpha 255 where it has none.  `size` is (width, height) as the cameras say;
    `upright` turns it as its EXIF says (never with solved cameras: COLMAP does not).  Raises CaptureError."""
    return np.array(_opened(name, data, size, "RGBA", upright))


def decode_mask(name: str, data: bytes, *, size: tuple[int, int]) -> NDArray[np.uint8]:
    """A mask picture as alpha [H,W] uint8: its alpha if it has one, else its grey."""
    return np.array(_opened(name, data, size, "L", upright=False))


def to_png(picture: NDArray[np.uint8]) -> bytes:
    """[H,W,4] as an RGBA PNG in memory."""
    out = io.BytesIO()
    Image.fromarray(picture).save(out, "PNG", compress_level=1)
    return out.getvalue()


def _opened(name: str, data: bytes, size: tuple[int, int] | None, mode: str, upright: bool) -> Image.Image:
    if len(data) > IMAGE_BYTES_MAX:
        raise CaptureError(what=f"{len(data)} bytes", where=name, todo=f"Keep it under {IMAGE_BYTES_MAX} bytes")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # Pillow warns of large pictures; the size is judged here, before decoding
            image = Image.open(io.BytesIO(data), formats=FORMATS)
            _judge(name, image, size)
            image.load()
            turned = ImageOps.exif_transpose(image) if upright else image
            if mode == "L" and turned.mode in ("LA", "RGBA"):
                return turned.getchannel("A")
            return turned.convert(mode)
    except CaptureError:
        raise
    except DECODER_FAULTS as fault:
        raise CaptureError(what="it is not a sound PNG or JPEG", where=name, todo="Save or copy it again") from fault


def _judge(name: str, image: Image.Image, size: tuple[int, int] | None) -> None:
    """By the header alone, before any pixel is decoded."""
    if max(image.size) > IMAGE_SIDE_PX_MAX:
        raise CaptureError(
            what=f"{image.width}x{image.height} pixels; at most {IMAGE_SIDE_PX_MAX} a side are decoded",
            where=name, todo="Make the picture smaller",
        )  # fmt: skip
    if size is not None and image.size != size:
        raise CaptureError(
            what=f"{image.width}x{image.height} pixels, but the cameras say {size[0]}x{size[1]}", where=name,
            todo="Use the pictures that the cameras were solved for",
        )  # fmt: skip
    if image.mode not in MODES or getattr(image, "n_frames", 1) != 1:
        raise CaptureError(
            what=f"it is not one picture in grey or RGB ({image.mode})", where=name,
            todo="Save it as an 8-bit PNG or JPEG",
        )  # fmt: skip
