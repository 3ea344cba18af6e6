"""What every picture says until marks exist: "unmarked preview", in its pixels and in its metadata (invariant 13)."""

from __future__ import annotations

import io
from typing import Final
from xml.sax.saxutils import quoteattr

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont
from PIL.PngImagePlugin import PngInfo

from stagedoor.core.base.canonical import short

MARK: Final = "unmarked preview"
"""The one stamp that this worker can set; an order that asks for another is refused."""

MARK_KEY: Final = "stagedoor:mark"
PERMIT_KEY: Final = "stagedoor:permit"
FRAME_KEY: Final = "stagedoor:frame"

WIDTH_MIN: Final = 96
"""Pixels: in less, the band's words cannot be read."""

FONT_PX: Final = (8, 36)
"""Smallest and largest letters of the band: below 8 nobody reads them, above 36 they are no small band any more."""

FRAME_MS: Final = 42
"""One frame of an animation: 24 in a second, as a whole number of milliseconds."""

_WHITE = (255, 255, 255)
_BLACK = (0, 0, 0)
_XMP = (
    '<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">'
    '<rdf:Description rdf:about="" xmlns:stagedoor="urn:stagedoor:1"'
    " stagedoor:mark={mark} stagedoor:permit={permit}/></rdf:RDF></x:xmpmeta>"
)
_EXIF_IMAGE_DESCRIPTION: Final = 0x010E


def stamped(picture: NDArray[np.uint8], *, permit: str) -> Image.Image:
    """The picture with a band along its lower edge: white on black, whatever the picture shows."""
    if picture.dtype != np.uint8 or picture.ndim != 3 or picture.shape[2] != 3 or picture.shape[1] < WIDTH_MIN:
        raise ValueError(f"a frame is 8-bit RGB and at least {WIDTH_MIN} pixels wide")
    image = Image.fromarray(picture)
    font, lines = _fitted(image.width, _words(permit))
    step, band = _rows(font, lines)
    draw = ImageDraw.Draw(image)
    draw.rectangle((0, image.height - band, image.width, image.height), fill=_BLACK)
    for number, line in enumerate(lines):
        draw.text((4, image.height - band + 2 + number * step), line, fill=_WHITE, font=font)
    return image


def band_rows(width: int, *, permit: str) -> int:
    """How many rows at its lower edge the band takes in a picture of this width, in pixels."""
    return _rows(*_fitted(width, _words(permit)))[1] + 1


def png_bytes(image: Image.Image, *, permit: str, frame: int) -> bytes:
    """The frame as PNG with its text chunks."""
    info = PngInfo()
    info.add_text(MARK_KEY, MARK)
    info.add_text(PERMIT_KEY, permit)
    info.add_text(FRAME_KEY, str(frame))
    out = io.BytesIO()
    image.save(out, "PNG", pnginfo=info)
    return out.getvalue()


def webp_bytes(images: list[Image.Image], *, permit: str) -> bytes:
    """The frames as one animation, with the mark in XMP and EXIF."""
    exif = Image.Exif()
    exif[_EXIF_IMAGE_DESCRIPTION] = f"{MARK}; permit {permit}"
    out = io.BytesIO()
    images[0].save(
        out,
        "WEBP",
        save_all=True,
        append_images=images[1:],
        duration=FRAME_MS,
        loop=0,
        quality=85,
        method=2,
        exif=exif.tobytes(),
        xmp=_XMP.format(mark=quoteattr(MARK), permit=quoteattr(permit)).encode(),
    )
    return out.getvalue()


def _words(permit: str) -> tuple[str, str]:
    return MARK, f"permit {short(permit)}"


def _rows(font: ImageFont.FreeTypeFont, lines: tuple[str, ...]) -> tuple[int, int]:
    """(from one line to the next, the whole band), in pixels."""
    step = int(font.size) + 2
    return step, step * len(lines) + 4


def _fitted(width: int, words: tuple[str, str]) -> tuple[ImageFont.FreeTypeFont, tuple[str, ...]]:
    """One line in the largest letters that fit, else two lines in the largest that fit."""
    for lines in ((" \u00b7 ".join(words),), words):
        for size in range(min(FONT_PX[1], max(FONT_PX[0], width // 28)), FONT_PX[0] - 1, -1):
            font = ImageFont.load_default(size)
            assert isinstance(font, ImageFont.FreeTypeFont), "Pillow's wheels hold FreeType"
            if all(font.getlength(line) <= width - 8 for line in lines):
                return font, lines
    raise ValueError(f"the band's words do not fit into {width} pixels")
