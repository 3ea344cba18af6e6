"""COLMAP's camera and image lists, text or binary, read strictly.  Held as they are: world-to-camera, OpenCV axes.

COLMAP's camera axes (x right, y down, z forward) and its pixel origin (the corner of the upper left pixel) are ours.
Its world has no up, no centre and no scale: `stagedoor.capture.world` gives it those.  Points are stepped over, by
their declared length, which is compared with the file's before anything is taken.
Source: COLMAP's documentation, "Output format", and its `src/colmap/sensor/models.h` for the order of parameters.
"""

from __future__ import annotations

import math
import struct
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from stagedoor.capture.errors import CaptureError, shown
from stagedoor.capture.limits import (
    COLMAP_BYTES_MAX,
    COLMAP_DISTANCE_MAX,
    FOCAL_PX_MAX,
    IMAGE_SIDE_PX_MAX,
    NAME_CHARACTERS_MAX,
    VIEWS_MAX,
)

MODELS: Final[Mapping[str, tuple[int, int, bool]]] = {
    # name: (COLMAP's number, parameters, a pinhole where the distortion is zero)
    "SIMPLE_PINHOLE": (0, 3, True),
    "PINHOLE": (1, 4, True),
    "SIMPLE_RADIAL": (2, 4, True),
    "RADIAL": (3, 5, True),
    "OPENCV": (4, 8, True),
    "OPENCV_FISHEYE": (5, 8, False),
    "FULL_OPENCV": (6, 12, True),
    "FOV": (7, 5, False),
    "SIMPLE_RADIAL_FISHEYE": (8, 4, False),
    "RADIAL_FISHEYE": (9, 5, False),
    "THIN_PRISM_FISHEYE": (10, 12, False),
}
"""COLMAP's camera models.  A fisheye lens without distortion is still no pinhole."""

ONE_FOCAL: Final = ("SIMPLE_PINHOLE", "SIMPLE_RADIAL", "RADIAL")
SAME_LENS: Final = 1e-6
"""Relative difference up to which two cameras are one: text files are written with fewer digits than binary ones."""
PICTURE_ENDINGS: Final = (".png", ".jpg", ".jpeg")
ID_MAX: Final = 2**32 - 1
POINT_BYTES: Final = 24
CAMERA_HEAD: Final = struct.Struct("<IiQQ")
IMAGE_HEAD: Final = struct.Struct("<I7dI")
COUNT: Final = struct.Struct("<Q")


@dataclass(frozen=True, slots=True, kw_only=True)
class Lens:
    """One pinhole camera: width, height, fx, fy, cx, cy in pixels."""

    width: int
    height: int
    fx: float
    fy: float
    cx: float
    cy: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Solved:
    """A camera solve: one lens, names in order, world_to_camera float64 [N,4,4], rigid, OpenCV axes, COLMAP's world."""

    lens: Lens
    names: tuple[str, ...]
    world_to_camera: NDArray[np.float64]


def read_colmap(cameras: bytes, images: bytes, *, binary: bool) -> Solved:
    """cameras.bin and images.bin, or their text forms; views in the order of their names.  Raises CaptureError."""
    ending = "bin" if binary else "txt"
    for data, stem in ((cameras, "cameras"), (images, "images")):
        if len(data) > COLMAP_BYTES_MAX:
            raise CaptureError(
                what=f"{len(data)} bytes; at most {COLMAP_BYTES_MAX} are read", where=f"{stem}.{ending}",
                todo="Leave out views",
            )  # fmt: skip
    lenses = _binary_cameras(cameras) if binary else _text_cameras(cameras)
    views = _binary_images(images) if binary else _text_images(images)
    where = f"images.{ending}"
    if not views:
        raise CaptureError(what="it lists no pictures", where=where, todo="Solve the cameras again")
    if len({name for name, _, _ in views}) != len(views):
        raise CaptureError(what="it names one picture twice", where=where, todo="Solve the cameras again")
    views.sort(key=lambda view: view[0])
    lens: Lens | None = None
    for name, camera, _ in views:
        if camera not in lenses:
            raise CaptureError(
                what=f"{shown(name)} was taken by camera {camera}, which cameras.{ending} does not list", where=where,
                todo="Put the two files of one solve together",
            )  # fmt: skip
        lens = lens or lenses[camera]
        if not _same(lens, lenses[camera]):
            raise CaptureError(
                what=f"{shown(name)} has a lens of its own", where=where,
                todo="Solve with one camera for all pictures, or undistort and resize them to one",
            )  # fmt: skip
    assert lens is not None
    return Solved(lens=lens, names=tuple(v[0] for v in views), world_to_camera=np.stack([v[2] for v in views]))


def picture_in_solve(value: str, *, where: str) -> str:
    """A picture's path inside the folder of pictures, as read_colmap takes it: plain parts, PNG or JPEG."""
    parts = value.split("/")
    plain = all(part not in ("", ".", "..") for part in parts) and value.isprintable() and not set("\\:") & set(value)
    if not plain or len(value) > NAME_CHARACTERS_MAX or not value.lower().endswith(PICTURE_ENDINGS):
        raise CaptureError(
            what=f"a picture's name is {shown(value)}", where=where,
            todo=f"Name a .png or .jpg file inside the folder, without .. and in at most {NAME_CHARACTERS_MAX} "
            "characters",
        )  # fmt: skip
    return value


def _same(one: Lens, other: Lens) -> bool:
    pairs = ((one.fx, other.fx), (one.fy, other.fy), (one.cx, other.cx), (one.cy, other.cy))
    near = all(abs(a - b) <= SAME_LENS * max(abs(a), abs(b), 1.0) for a, b in pairs)
    return near and (one.width, one.height) == (other.width, other.height)


def _lens(model: str, width: float, height: float, values: tuple[float, ...], *, where: str) -> Lens:
    pinhole = MODELS[model][2]
    focals = 1 if model in ONE_FOCAL else 2
    if not pinhole or any(value != 0 for value in values[focals + 2 :]):
        raise CaptureError(
            what=f"its lens is a {model}, not a plain pinhole", where=where,
            todo="Undistort the pictures first (colmap image_undistorter) and use the cameras that it writes",
        )  # fmt: skip
    if not 1 <= width <= IMAGE_SIDE_PX_MAX or not 1 <= height <= IMAGE_SIDE_PX_MAX:
        raise CaptureError(
            what=f"{width}x{height} pixels; 1 to {IMAGE_SIDE_PX_MAX} a side are read", where=where,
            todo="Make the pictures smaller and solve again",
        )  # fmt: skip
    fx, fy = values[0], values[focals - 1]
    cx, cy = values[focals], values[focals + 1]
    if not (1 <= fx <= FOCAL_PX_MAX and 1 <= fy <= FOCAL_PX_MAX):
        raise CaptureError(
            what=f"focal lengths of {fx:g} and {fy:g} pixels", where=where,
            todo=f"Solve again; between 1 and {FOCAL_PX_MAX:g} are read",
        )  # fmt: skip
    if not (abs(cx) <= 2 * IMAGE_SIDE_PX_MAX and abs(cy) <= 2 * IMAGE_SIDE_PX_MAX):
        raise CaptureError(what="its principal point is far outside", where=where, todo="Solve again")
    return Lens(width=int(width), height=int(height), fx=fx, fy=fy, cx=cx, cy=cy)


def _pose(numbers: tuple[float, ...], *, where: str) -> NDArray[np.float64]:
    """qw qx qy qz tx ty tz as [4,4]; the quaternion is made unit, as COLMAP does."""
    turn, move = np.array(numbers[:4]), np.array(numbers[4:])
    if not np.isfinite(turn).all() or not 0.5 < math.hypot(*numbers[:4]) < 2:
        raise CaptureError(what="its rotation is no unit quaternion", where=where, todo="Solve the cameras again")
    if not np.isfinite(move).all() or np.abs(move).max() > COLMAP_DISTANCE_MAX:
        raise CaptureError(
            what=f"its position is no number within {COLMAP_DISTANCE_MAX:g}", where=where,
            todo="Solve the cameras again",
        )  # fmt: skip
    w, x, y, z = turn / np.linalg.norm(turn)
    out = np.eye(4)
    out[:3, :3] = [
        [1 - 2 * (y * y + z * z), 2 * (x * y - w * z), 2 * (x * z + w * y)],
        [2 * (x * y + w * z), 1 - 2 * (x * x + z * z), 2 * (y * z - w * x)],
        [2 * (x * z - w * y), 2 * (y * z + w * x), 1 - 2 * (x * x + y * y)],
    ]
    out[:3, 3] = move
    return out


def _too_many(count: int, what: str, where: str) -> CaptureError:
    return CaptureError(
        what=f"it lists {count} {what}; at most {VIEWS_MAX} are read", where=where, todo="Leave out views"
    )


# -- text ----------------------------------------------------------------------------------------------------------


def _lines(data: bytes, where: str) -> list[str]:
    try:
        return data.decode("utf-8").split("\n")
    except UnicodeDecodeError as fault:
        raise CaptureError(what="it is not text", where=where, todo="Export the cameras as text again") from fault


def _number(word: str, where: str) -> float:
    try:
        return float(word)
    except ValueError as fault:
        raise CaptureError(what=f"{shown(word)} is no number", where=where, todo="Export the cameras again") from fault


def _whole(word: str, where: str) -> int:
    number = _number(word, where)
    if not 0 <= number <= ID_MAX or number != int(number):
        raise CaptureError(what=f"{shown(word)} is no such number", where=where, todo="Export the cameras again")
    return int(number)


def _text_cameras(data: bytes) -> dict[int, Lens]:
    found: dict[int, Lens] = {}
    for number, line in enumerate(_lines(data, "cameras.txt"), 1):
        words = line.split()
        if not words or words[0].startswith("#"):
            continue
        where = f"cameras.txt, line {number}"
        if len(words) < 5 or words[1] not in MODELS or len(words) != 4 + MODELS[words[1]][1]:
            raise CaptureError(
                what=f"{shown(line.strip())} is no camera", where=where,
                todo="Write: id, model, width, height, and the model's parameters",
            )  # fmt: skip
        camera = _whole(words[0], where)
        if camera in found or len(found) == VIEWS_MAX:
            raise CaptureError(what="one camera twice, or too many", where=where, todo="Export the cameras again")
        values = tuple(_number(word, where) for word in words[4:])
        found[camera] = _lens(words[1], _whole(words[2], where), _whole(words[3], where), values, where=where)
    return found


def _text_images(data: bytes) -> list[tuple[str, int, NDArray[np.float64]]]:
    found: list[tuple[str, int, NDArray[np.float64]]] = []
    points = False
    for number, line in enumerate(_lines(data, "images.txt"), 1):
        if points:  # the line of points after each picture, which may be empty
            points = False
            continue
        if not line.strip() or line.startswith("#"):
            continue
        where = f"images.txt, line {number}"
        words = line.split(maxsplit=9)
        if len(words) != 10:
            raise CaptureError(
                what=f"{shown(line.strip())} is no picture", where=where,
                todo="Write: id, qw qx qy qz, tx ty tz, camera, name; and a line of points, which may be empty",
            )  # fmt: skip
        if len(found) == VIEWS_MAX:
            raise _too_many(VIEWS_MAX + 1, "pictures or more", "images.txt")
        name = picture_in_solve(words[9].strip(), where=where)
        pose = _pose(tuple(_number(word, where) for word in words[1:8]), where=where)
        found.append((name, _whole(words[8], where), pose))
        points = True
    return found


# -- binary --------------------------------------------------------------------------------------------------------


def _cut(where: str) -> CaptureError:
    return CaptureError(what="it ends too early, or promises more than it holds", where=where, todo="Copy it again")


def _count(data: bytes, where: str, what: str) -> int:
    if len(data) < COUNT.size:
        raise _cut(where)
    (count,) = COUNT.unpack_from(data)
    if count > VIEWS_MAX:
        raise _too_many(count, what, where)
    return int(count)


def _binary_cameras(data: bytes) -> dict[int, Lens]:
    where = "cameras.bin"
    names = {number: (name, parameters) for name, (number, parameters, _) in MODELS.items()}
    found: dict[int, Lens] = {}
    at = COUNT.size
    for _ in range(_count(data, where, "cameras")):
        if at + CAMERA_HEAD.size > len(data):
            raise _cut(where)
        camera, model, width, height = CAMERA_HEAD.unpack_from(data, at)
        at += CAMERA_HEAD.size
        if model not in names:
            raise CaptureError(
                what=f"camera model number {model} is not known", where=where, todo="Undistort the pictures first"
            )
        name, parameters = names[model]
        if at + 8 * parameters > len(data):
            raise _cut(where)
        values = struct.unpack_from(f"<{parameters}d", data, at)
        at += 8 * parameters
        if camera in found:
            raise CaptureError(what="it lists one camera twice", where=where, todo="Export the cameras again")
        found[camera] = _lens(name, width, height, values, where=f"{where}, camera {camera}")
    if at != len(data):
        raise CaptureError(what="more follows after its last camera", where=where, todo="Copy it again")
    return found


def _binary_images(data: bytes) -> list[tuple[str, int, NDArray[np.float64]]]:
    where = "images.bin"
    found: list[tuple[str, int, NDArray[np.float64]]] = []
    at = COUNT.size
    for number in range(_count(data, where, "pictures")):
        if at + IMAGE_HEAD.size > len(data):
            raise _cut(where)
        _, *pose, camera = IMAGE_HEAD.unpack_from(data, at)
        at += IMAGE_HEAD.size
        end = data.find(b"\0", at, at + 4 * NAME_CHARACTERS_MAX + 1)
        if end < 0 or end + 1 + COUNT.size > len(data):
            raise _cut(where)
        try:
            name = data[at:end].decode("utf-8")
        except UnicodeDecodeError as fault:
            raise CaptureError(
                what=f"the name of picture {number} is not text", where=where, todo="Rename the pictures, solve again"
            ) from fault
        (points,) = COUNT.unpack_from(data, end + 1)
        at = end + 1 + COUNT.size + POINT_BYTES * points
        if at > len(data):
            raise _cut(where)
        told = f"{where}, picture {number}"
        found.append((picture_in_solve(name, where=told), int(camera), _pose(tuple(pose), where=told)))
    if at != len(data):
        raise CaptureError(what="more follows after its last picture", where=where, todo="Copy it again")
    return found
