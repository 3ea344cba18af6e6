"""Faces of more than one person in one picture, by the detector that OpenCV ships (Viola and Jones, 2001; Lienhart's
cascade `haarcascade_frontalface_alt2.xml`).  OpenCV is an extra; without it nobody looks, and the report must say so.

It tells that two faces are there, never whose: whether all pictures show one person, a person has to look.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from stagedoor.capture.findings import Finding, Kind, Severity
from stagedoor.capture.limits import MASK_ALPHA_MIN

NOT_LOOKED: Final = (
    "FACES WERE NOT LOOKED FOR: whether more than one person is in the pictures, nobody checked. "
    "Install stagedoor[capture] and check again, or look through all the pictures yourself."
)
"""What a report says in place of findings where OpenCV is not installed."""

CASCADE: Final = "haarcascade_frontalface_alt2.xml"
"""On 20 views of an invented head it found all five frontal ones and nothing else, where the default cascade took the
back of a head for a face."""
LOOKED_AT_PX: Final = 512
"""Pixels along the longer side at which faces are looked for."""
FACE_PX_MIN: Final = 24
"""Pixels across the smallest face, so made small: the cascade was trained at 20."""
SCALE_STEP: Final = 1.1
NEIGHBOURS: Final = 5
"""Overlapping hits that make a face: at the customary 3, folds of cloth become one."""
OVERLAP_MAX: Final = 0.2
"""Part of the smaller of two boxes that may lie in the larger: beyond it they are one face found twice."""

Box = tuple[int, int, int, int]
"""Left, top, width, height in pixels of the picture made small."""
Bytes = NDArray[np.uint8]
Detector = Callable[[Bytes], list[Box]]


def can_look() -> bool:
    """Whether OpenCV is installed, with the cascade that it ships."""
    try:
        import cv2
    except ImportError:
        return False
    return (Path(cv2.__file__).parent / "data" / CASCADE).is_file()


def detector() -> Detector:
    """From RGB bytes [H,W,3] to the boxes of faces in them.  Only where can_look()."""
    import cv2

    cascade = cv2.CascadeClassifier(str(Path(cv2.__file__).parent / "data" / CASCADE))

    def detect(picture: Bytes) -> list[Box]:
        grey = cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY)
        hits = cascade.detectMultiScale(grey, SCALE_STEP, NEIGHBOURS, minSize=(FACE_PX_MIN, FACE_PX_MIN))
        return [(int(left), int(top), int(width), int(height)) for left, top, width, height in hits]

    return detect


def find_faces(detect: Detector, name: str, picture: Bytes) -> list[Finding]:
    """Whether a view, RGBA bytes [H,W,4], has more than one frontal face, in its mask or beside it.

    What lies outside the mask is looked at too: it is sealed with the capture.
    """
    step = -(-max(picture.shape[:2]) // LOOKED_AT_PX)
    small = np.ascontiguousarray(picture[::step, ::step])
    boxes = apart(detect(np.ascontiguousarray(small[..., :3])))
    inside = sum(
        bool(small[top + height // 2, left + width // 2, 3] >= MASK_ALPHA_MIN) for left, top, width, height in boxes
    )
    return [_told(name, len(boxes), inside)] if len(boxes) > 1 else []


def apart(boxes: list[Box]) -> list[Box]:
    """The boxes without those that lie on a larger one."""
    kept: list[Box] = []
    for left, top, width, height in sorted(boxes, key=lambda box: (-box[2] * box[3], box)):
        for other in kept:
            across = min(left + width, other[0] + other[2]) - max(left, other[0])
            down = min(top + height, other[1] + other[3]) - max(top, other[1])
            if max(across, 0) * max(down, 0) > OVERLAP_MAX * width * height:
                break
        else:
            kept.append((left, top, width, height))
    return kept


def _told(name: str, count: int, inside: int) -> Finding:
    if inside > 1:
        return Finding(
            kind=Kind.FACES,
            view=name,
            severity=Severity.AGAIN,
            what=f"{inside} faces are in its mask",
            todo="Shoot it again with the performer alone, or leave it out",
        )
    return Finding(
        kind=Kind.FACES,
        view=name,
        severity=Severity.WARNING,
        what=f"{count - inside} of its {count} faces are outside the mask, and would be sealed with it",
        todo="Blank the pixels outside the mask: whoever is there gave no release",
    )
