"""Sharp frames of a video, evenly: of each stretch of equal length the sharpest one.  OpenCV reads it (an extra)."""

from __future__ import annotations

import importlib.util
import json
import subprocess
import sys
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from stagedoor.capture import filming
from stagedoor.capture.errors import CaptureError, shown
from stagedoor.capture.limits import VIDEO_SECONDS_MAX, VIDEO_VIEWS

VIDEO_ENDINGS: Final = (".mp4", ".mov", ".m4v", ".mkv", ".webm", ".avi")
HEAD_BYTES: Final = 12


def is_video(path: Path) -> bool:
    """Whether a path is a file named as a video."""
    return path.suffix.lower() in VIDEO_ENDINGS and path.is_file()


def frames_of(path: Path, *, views: int = VIDEO_VIEWS) -> list[NDArray[np.uint8]]:
    """At most `views` frames [H,W,4], alpha 255, in the order of time.  Raises CaptureError."""
    with path.open("rb") as file:
        head = file.read(HEAD_BYTES)
    if not _is_container(head):
        raise _no(path, "it is no MP4, MOV, Matroska or AVI file, whatever its name", "Save it again as MP4 (H.264)")
    if importlib.util.find_spec("cv2") is None:
        raise _no(path, "OpenCV is not installed, so a video cannot be read", "Install stagedoor[capture]")
    told, body = _child(path, views)
    if "problem" in told:
        raise _no(path, told["problem"], told["todo"])
    count, height, width = (int(told[name]) for name in ("frames", "height", "width"))
    frames = np.frombuffer(body, np.uint8, count=count * height * width * 3).reshape(count, height, width, 3)
    return [np.dstack([frame, np.full((height, width), 255, np.uint8)]) for frame in frames]


def _is_container(head: bytes) -> bool:
    """By its first bytes: ISO 14496-12 (a box `ftyp`, or the older `moov`, `mdat`, `wide`), Matroska's EBML, AVI."""
    iso = head[4:8] in (b"ftyp", b"moov", b"mdat", b"wide")
    return iso or head.startswith(b"\x1a\x45\xdf\xa3") or (head.startswith(b"RIFF") and head[8:12] == b"AVI ")


def _child(path: Path, views: int) -> tuple[dict[str, str], bytes]:
    """What the decoding child said, and the pictures that follow."""
    command = [sys.executable, "-m", filming.__name__, str(path.resolve()), str(views)]
    try:
        done = subprocess.run(
            command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
            timeout=VIDEO_SECONDS_MAX, check=False,
        )  # fmt: skip
    except subprocess.TimeoutExpired as fault:
        what = f"decoding it took more than {VIDEO_SECONDS_MAX} seconds"
        raise _no(path, what, "Cut it shorter, or make it smaller") from fault
    head, _, body = done.stdout.partition(b"\n")
    if done.returncode != 0 or not head:
        raise _no(path, f"its decoder ended with status {done.returncode}", "Save it again as MP4 (H.264)")
    told = json.loads(head)
    assert isinstance(told, dict)
    return told, body


def _no(path: Path, what: str, todo: str) -> CaptureError:
    return CaptureError(what=what, where=shown(path.name), todo=todo)
