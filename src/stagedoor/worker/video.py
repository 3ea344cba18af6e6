"""MP4, where PyAV is installed (the `video` extra): 104 MB with GPL codecs, so never by default (DESIGN 9)."""

from __future__ import annotations

import importlib.util
from typing import Final

import numpy as np
from PIL import Image

from stagedoor.worker.stamp import MARK

FRAMES_PER_SECOND: Final = 24


def available() -> bool:
    """Whether PyAV is here."""
    return importlib.util.find_spec("av") is not None


def mp4_bytes(images: list[Image.Image], *, permit: str) -> bytes:
    """The stamped frames as H.264, with the mark in the container's metadata."""
    from stagedoor.worker.formats.moving import write_mp4
    from stagedoor.worker.formats.pictures import opaque

    frames = (opaque(np.asarray(image)) for image in images)
    return write_mp4(frames, rate=FRAMES_PER_SECOND, text={"comment": f"{MARK}; permit {permit}"})
