"""Sharp frames of a video, evenly: of each stretch of equal length the sharpest one.  OpenCV reads it (an extra)."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from stagedoor.capture.errors import CaptureError, shown
from stagedoor.capture.limits import CAPTURE_PX_MAX, IMAGE_SIDE_PX_MAX, VIDEO_FRAMES_MAX, VIDEO_VIEWS
from stagedoor.capture.looks import sharpness, smaller

VIDEO_ENDINGS: Final = (".mp4", ".mov", ".m4v", ".mkv", ".webm", ".avi")


def is_video(path: Path) -> bool:
    """Whether a path is a file named as a video."""
    return path.suffix.lower() in VIDEO_ENDINGS and path.is_file()


def frames_of(path: Path, *, views: int = VIDEO_VIEWS) -> list[NDArray[np.uint8]]:
    """At most `views` frames [H,W,4], alpha 255, in the order of time.  Raises CaptureError."""
    if importlib.util.find_spec("cv2") is None:
        raise _no(path, "OpenCV is not installed, so a video cannot be read", "Install stagedoor[capture]")
    import cv2

    film = cv2.VideoCapture(str(path))
    try:
        wide, high = int(film.get(cv2.CAP_PROP_FRAME_WIDTH)), int(film.get(cv2.CAP_PROP_FRAME_HEIGHT))
        count = int(film.get(cv2.CAP_PROP_FRAME_COUNT))
        if not film.isOpened() or wide < 1 or high < 1 or count < 1:
            raise _no(path, "it is no video that can be read", "Save it again as MP4 (H.264)")
        if max(wide, high) > IMAGE_SIDE_PX_MAX or views * wide * high > CAPTURE_PX_MAX:
            raise _no(
                path, f"its frames are {wide}x{high} pixels", "Make the video smaller, 1920 pixels a side or less"
            )
        if count > VIDEO_FRAMES_MAX:
            raise _no(path, f"it has {count} frames; at most {VIDEO_FRAMES_MAX} are looked at", "Cut it shorter")
        kept = _sharpest(film, count, views, cv2)
    finally:
        film.release()
    if len(kept) < 3:
        raise _no(path, f"{len(kept)} frames could be read", "Save it again as MP4 (H.264)")
    return kept


def _sharpest(film: Any, count: int, views: int, cv2: Any) -> list[NDArray[np.uint8]]:
    best: dict[int, tuple[float, NDArray[np.uint8]]] = {}
    for number in range(count):
        good, frame = film.read()
        if not good:
            break
        picture = np.empty((*frame.shape[:2], 4), np.uint8)
        picture[..., :3], picture[..., 3] = cv2.cvtColor(frame, cv2.COLOR_BGR2RGB), 255
        place = number * views // count
        sharp = sharpness(smaller(picture))
        sharp = sharp if np.isfinite(sharp) else 0.0
        if place not in best or sharp > best[place][0]:
            best[place] = (sharp, picture)
    return [best[place][1] for place in sorted(best)]


def _no(path: Path, what: str, todo: str) -> CaptureError:
    return CaptureError(what=what, where=shown(path.name), todo=todo)
