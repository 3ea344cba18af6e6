"""Pictures for a page: small, flat, of three known formats, and still saying what they are.

A picture of a double says "unmarked preview" in its metadata (invariant 13); making it small must not lose that, so the
words are carried over, and nothing else of the metadata is.
"""

from __future__ import annotations

import io
from collections.abc import Iterator
from typing import Final

from PIL import Image, ImageSequence, UnidentifiedImageError

from stagedoor.portal.model import Frame, Picture

SIDE: Final = 256
"""Pixels along the longer side of an embedded picture."""

QUALITY: Final = 80
FRAMES_MAX: Final = 48
PIXELS_MAX: Final = 64_000_000
"""Beyond this a file is not a picture of ours, and is not decoded."""

FORMATS: Final = ("PNG", "WEBP", "JPEG")
MARK_KEY: Final = "stagedoor:mark"
PERMIT_KEY: Final = "stagedoor:permit"
PAPER: Final = (255, 255, 255)
_EXIF_IMAGE_DESCRIPTION: Final = 0x010E
_WORDS_MAX: Final = 400


class PictureError(ValueError):
    """Bytes that are no picture we embed."""


def thumbnail(data: bytes, *, alt: str, side: int = SIDE, quality: int = QUALITY, mark: str = "") -> Picture:
    """The picture small enough for a page; never made larger.  `mark` is written where the file carries none."""
    with _opened(data) as image:
        return _small(image, _words(image) or mark, alt=alt, side=side, quality=quality)


def film(
    data: bytes, *, alt: str, first: int = 1, at_most: int = FRAMES_MAX, side: int = SIDE, mark: str = ""
) -> tuple[Frame, ...]:
    """The frames of an animation, every n-th where there are more than `at_most`, each with its own number."""
    with _opened(data) as image:
        words = _words(image) or mark
        count = int(getattr(image, "n_frames", 1))
        every = -(-count // at_most)
        return tuple(
            Frame(number=first + index, picture=_small(frame, words, alt=alt, side=side, quality=QUALITY))
            for index, frame in enumerate(_each(image))
            if index % every == 0
        )


def reel(
    pictures: tuple[bytes, ...], *, alt: str, first: int = 1, at_most: int = FRAMES_MAX, mark: str = ""
) -> tuple[Frame, ...]:
    """Single files as the frames of a shot, every n-th where there are more than `at_most`."""
    every = max(1, -(-len(pictures) // at_most))
    return tuple(
        Frame(number=first + index, picture=thumbnail(data, alt=alt, mark=mark))
        for index, data in enumerate(pictures)
        if index % every == 0
    )


def _each(image: Image.Image) -> Iterator[Image.Image]:
    try:
        yield from ImageSequence.Iterator(image)
    except (OSError, EOFError) as fault:
        raise PictureError("an animation breaks off") from fault


def _opened(data: bytes) -> Image.Image:
    try:
        image = Image.open(io.BytesIO(data), formats=FORMATS)
    except (UnidentifiedImageError, OSError, Image.DecompressionBombError, ValueError) as fault:
        raise PictureError("a picture is PNG, WebP or JPEG; this is none that can be read") from fault
    if image.width * image.height > PIXELS_MAX:
        image.close()
        raise PictureError(f"a picture of {image.width} x {image.height} is not one of ours")
    try:
        image.load()
    except (OSError, EOFError, SyntaxError) as fault:
        image.close()
        raise PictureError("a picture breaks off") from fault
    return image


def _words(image: Image.Image) -> str:
    """What the file says about its mark, from a PNG's text or an EXIF description; only if it speaks of one."""
    text = getattr(image, "text", {})
    if MARK_KEY in text:
        permit = f"; permit {text[PERMIT_KEY]}" if PERMIT_KEY in text else ""
        return f"{text[MARK_KEY]}{permit}"[:_WORDS_MAX]
    said = image.getexif().get(_EXIF_IMAGE_DESCRIPTION, "")
    return said[:_WORDS_MAX] if isinstance(said, str) and "preview" in said else ""


def _small(image: Image.Image, words: str, *, alt: str, side: int, quality: int) -> Picture:
    flat = Image.new("RGB", image.size, PAPER)
    whole = image.convert("RGBA")
    flat.paste(whole, mask=whole.getchannel("A"))
    flat.thumbnail((side, side), Image.Resampling.LANCZOS)
    exif = Image.Exif()
    if words:
        exif[_EXIF_IMAGE_DESCRIPTION] = words
    out = io.BytesIO()
    flat.save(out, "WEBP", quality=quality, method=4, exif=exif.tobytes() if words else b"")
    return Picture(data=out.getvalue(), mime="image/webp", width=flat.width, height=flat.height, alt=alt)
