"""MP4, where PyAV is installed (the `video` extra): 104 MB with GPL codecs, so never by default (DESIGN 9)."""

from __future__ import annotations

import importlib.util
import io
from typing import Final

from PIL import Image

from stagedoor.worker.stamp import MARK

FRAMES_PER_SECOND: Final = 24


def available() -> bool:
    """Whether PyAV is here."""
    return importlib.util.find_spec("av") is not None


def mp4_bytes(images: list[Image.Image], *, permit: str) -> bytes:
    """The stamped frames as H.264, with the mark in the container's metadata."""
    import av

    out = io.BytesIO()
    with av.open(out, "w", format="mp4") as box:
        box.metadata["comment"] = f"{MARK}; permit {permit}"
        stream = box.add_stream("libx264", rate=FRAMES_PER_SECOND)
        # 4:2:0 colour needs even sides; a pixel column at most is lost.
        stream.width, stream.height = images[0].width // 2 * 2, images[0].height // 2 * 2
        stream.pix_fmt = "yuv420p"
        for image in images:
            frame = av.VideoFrame.from_image(image.crop((0, 0, stream.width, stream.height)))
            box.mux(stream.encode(frame))
        box.mux(stream.encode())
    return out.getvalue()
