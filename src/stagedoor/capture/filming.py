"""The child that decodes a video with OpenCV: `python -m stagedoor.capture.filming VIDEO VIEWS`, pictures by a pipe.

A video is the one capture whose decoder is native code of somebody else's, so it has a process of its own with little
memory and a limit of time, opens three kinds of file and no address: a playlist that is named as a video must not lead
it to other files or to the network.
"""

from __future__ import annotations

import json
import os
import sys
from typing import IO, Any, Final

import numpy as np
from numpy.typing import NDArray

from stagedoor.capture.limits import (
    CAPTURE_PX_MAX,
    IMAGE_SIDE_PX_MAX,
    VIDEO_FRAMES_MAX,
    VIDEO_MEMORY_BYTES_MAX,
    VIDEO_SECONDS_MAX,
)
from stagedoor.capture.looks import sharpness, smaller

ONLY_FILES: Final = "protocol_whitelist;file|format_whitelist;mov,matroska,avi"
"""FFmpeg's options, as OpenCV hands them on: these demuxers, from the file itself."""


def main(path: str, views: int, sink: IO[bytes]) -> None:
    """Out comes a line of JSON, `problem` and `todo` or `frames`, `height` and `width`; then the frames' RGB bytes."""
    _limit()
    os.environ["OPENCV_FFMPEG_CAPTURE_OPTIONS"] = ONLY_FILES
    os.environ["OPENCV_LOG_LEVEL"] = "SILENT"
    import cv2

    cv2.setNumThreads(1)
    film = cv2.VideoCapture(path, cv2.CAP_FFMPEG)
    try:
        told = _judged(film, views, cv2)
        kept = [] if told else _sharpest(film, int(film.get(cv2.CAP_PROP_FRAME_COUNT)), views, cv2)
    finally:
        film.release()
    if not told and len(kept) < 3:
        told = {"problem": f"{len(kept)} frames could be read", "todo": "Save it again as MP4 (H.264)"}
    if told:
        sink.write(json.dumps(told).encode() + b"\n")
        return
    height, width = kept[0].shape[:2]
    sink.write(json.dumps({"frames": len(kept), "height": height, "width": width}).encode() + b"\n")
    for frame in kept:
        sink.write(frame.tobytes())


def _limit() -> None:
    """Little memory and time, where the system can bound them."""
    try:
        import resource
    except ImportError:  # pragma: no cover - Windows bounds neither here; the parent still ends it in time
        return
    for what, most in ((resource.RLIMIT_AS, VIDEO_MEMORY_BYTES_MAX), (resource.RLIMIT_CPU, VIDEO_SECONDS_MAX)):
        hard = resource.getrlimit(what)[1]
        resource.setrlimit(what, (most if hard == resource.RLIM_INFINITY else min(most, hard), hard))


def _judged(film: Any, views: int, cv2: Any) -> dict[str, str]:
    """What is wrong with the video by its header; {} if nothing is."""
    wide, high = int(film.get(cv2.CAP_PROP_FRAME_WIDTH)), int(film.get(cv2.CAP_PROP_FRAME_HEIGHT))
    count = int(film.get(cv2.CAP_PROP_FRAME_COUNT))
    if not film.isOpened() or wide < 1 or high < 1 or count < 1:
        return {"problem": "it is no video that can be read", "todo": "Save it again as MP4 (H.264)"}
    if max(wide, high) > IMAGE_SIDE_PX_MAX or views * wide * high > CAPTURE_PX_MAX:
        todo = "Make the video smaller, 1920 pixels a side or less"
        return {"problem": f"its frames are {wide}x{high} pixels", "todo": todo}
    if count > VIDEO_FRAMES_MAX:
        told = f"it has {count} frames; at most {VIDEO_FRAMES_MAX} are looked at"
        return {"problem": told, "todo": "Cut it shorter"}
    return {}


def _sharpest(film: Any, count: int, views: int, cv2: Any) -> list[NDArray[np.uint8]]:
    """The sharpest frame [H,W,3] of each of `views` stretches; a frame of another size ends the video."""
    best: dict[int, tuple[float, NDArray[np.uint8]]] = {}
    size = None
    for number in range(count):
        good, frame = film.read()
        if not good or frame.shape[:2] != (size or frame.shape[:2]):
            break
        size = frame.shape[:2]
        picture = cv2.cvtColor(frame, cv2.COLOR_BGR2RGB)
        place = number * views // count
        sharp = sharpness(smaller(np.dstack([picture, np.full(size, 255, np.uint8)])))
        sharp = sharp if np.isfinite(sharp) else 0.0
        if place not in best or sharp > best[place][0]:
            best[place] = (sharp, picture)
    return [best[place][1] for place in sorted(best)]


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]), sys.stdout.buffer)
