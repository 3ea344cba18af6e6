"""transforms.json, read strictly.  On file: camera-to-world, OpenGL axes.  Held: world-to-camera, OpenCV axes.

Every number is finite, every pose rigid, every name a plain path inside the folder; nothing in the file is followed,
evaluated or trusted before these checks.
"""

from __future__ import annotations

import json
import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from stagedoor.capture.errors import CaptureError, shown
from stagedoor.capture.limits import (
    CAMERA_FILE_BYTES_MAX,
    DISTANCE_MAX,
    FOCAL_PX_MAX,
    IMAGE_SIDE_PX_MAX,
    NAME_CHARACTERS_MAX,
    ROTATION_TOLERANCE,
    TRAINING_VIEWS_MIN,
    VIEWS_MAX,
)

CAMERA_FILE = "transforms.json"
"""The camera file's name inside a capture."""
SPLITS = ("train", "test")
DISTORTIONS = ("k1", "k2", "k3", "k4", "p1", "p2")
OPENGL_TO_OPENCV = np.diag([1.0, -1.0, -1.0, 1.0])


@dataclass(frozen=True, slots=True, kw_only=True)
class Cameras:
    """What transforms.json says: width, height, fx, fy, cx, cy in pixels; world_to_camera float64 [N,4,4]."""

    width: int
    height: int
    fx: float
    fy: float
    cx: float
    cy: float
    world_to_camera: NDArray[np.float64]
    splits: tuple[str, ...]
    names: tuple[str, ...]


def parse_cameras(data: bytes) -> Cameras:
    """Reads a camera file's bytes, or raises CaptureError."""
    table = _object(_json(data), where=CAMERA_FILE)
    _pinhole_only(table)
    width, height = _side(table, "w"), _side(table, "h")
    fx = _focal(table, "fl_x", "camera_angle_x", width)
    fy = _focal(table, "fl_y", "camera_angle_y", height) if {"fl_y", "camera_angle_y"} & set(table) else fx
    frames = table.get("frames")
    if not isinstance(frames, list) or not frames:
        raise _bad("it lists no frames", "Give it a list `frames` with one entry for each picture")
    if len(frames) > VIEWS_MAX:
        raise _bad(f"it lists {len(frames)} frames; at most {VIEWS_MAX} are read", "Leave out views")
    poses, splits, names = [], [], []
    for number, frame in enumerate(frames):
        where = f"{CAMERA_FILE}, frame {number}"
        held = _object(frame, where=where)
        if {"fl_x", "fl_y", "cx", "cy", "w", "h", "camera_angle_x"} & set(held):
            raise CaptureError(
                what="it has a lens of its own", where=where, todo="Undistort and resize all pictures to one camera"
            )
        names.append(picture_name(held.get("file_path"), where=where))
        split = held.get("split", "train")
        if split not in SPLITS:
            raise CaptureError(what=f"its split is {shown(split)}", where=where, todo='Write "train" or "test"')
        splits.append(str(split))
        poses.append(_world_to_camera(held.get("transform_matrix"), where=where))
    _views_distinct_and_enough(names, splits)
    return Cameras(
        width=width,
        height=height,
        fx=fx,
        fy=fy,
        cx=_number(table.get("cx", width / 2), where=f"{CAMERA_FILE}, cx", most=2.0 * IMAGE_SIDE_PX_MAX),
        cy=_number(table.get("cy", height / 2), where=f"{CAMERA_FILE}, cy", most=2.0 * IMAGE_SIDE_PX_MAX),
        world_to_camera=np.stack(poses),
        splits=tuple(splits),
        names=tuple(names),
    )


def picture_name(value: object, *, where: str) -> str:
    """A picture's path inside the folder: plain parts with / between, nothing that leads out of it."""
    name = value.removeprefix("./") if isinstance(value, str) else ""
    parts = name.split("/")
    plain = all(part not in ("", ".", "..") for part in parts) and name.isprintable() and not set("\\:") & set(name)
    if not plain or len(name) > NAME_CHARACTERS_MAX or not name.lower().endswith(".png"):
        raise CaptureError(
            what=f"its file_path is {shown(value)}",
            where=where,
            todo=f"Name a .png file inside the folder, without .. and in at most {NAME_CHARACTERS_MAX} characters",
        )
    return name


def _bad(what: str, todo: str) -> CaptureError:
    return CaptureError(what=what, where=CAMERA_FILE, todo=todo)


def _json(data: bytes) -> object:
    if len(data) > CAMERA_FILE_BYTES_MAX:
        raise _bad(f"{len(data)} bytes; at most {CAMERA_FILE_BYTES_MAX} are read", "Leave out views")

    def refuse_constant(name: str) -> float:
        raise _bad(f"it holds {name}, which is no number", "Solve the cameras again; every entry must be finite")

    def refuse_twice(pairs: list[tuple[str, object]]) -> dict[str, object]:
        table = dict(pairs)
        if len(table) != len(pairs):
            raise _bad("an object in it has one key twice", "Write each key once")
        return table

    try:
        return json.loads(data.decode("utf-8"), parse_constant=refuse_constant, object_pairs_hook=refuse_twice)
    except CaptureError:
        raise
    except (ValueError, RecursionError) as fault:
        raise _bad("it is not JSON", "Export the cameras again as transforms.json (UTF-8)") from fault


def _object(value: object, *, where: str) -> dict[str, object]:
    if not isinstance(value, dict):
        raise CaptureError(what="it is not a JSON object", where=where, todo="Export the cameras as transforms.json")
    return value


def _number(value: object, *, where: str, most: float) -> float:
    """A finite number within +-most."""
    number = math.nan
    if isinstance(value, int | float) and not isinstance(value, bool):
        # An integer too long for a float is compared as it is, and refused, before it is converted.
        number = float(value) if -most <= value <= most else math.nan
    if not math.isfinite(number):
        raise CaptureError(
            what=f"{shown(value)} is not a number within {most:g}", where=where, todo="Solve the cameras again"
        )
    return number


def _pinhole_only(table: dict[str, object]) -> None:
    bent = [key for key in DISTORTIONS if table.get(key, 0) != 0]
    if table.get("camera_model", "PINHOLE") not in ("PINHOLE", "SIMPLE_PINHOLE", "OPENCV") or bent:
        raise _bad("its lens is not a plain pinhole", "Undistort the pictures first")


def _side(table: dict[str, object], key: str) -> int:
    where = f"{CAMERA_FILE}, {key}"
    side = _number(table.get(key), where=where, most=IMAGE_SIDE_PX_MAX)
    if side < 1 or side != int(side):
        raise CaptureError(what=f"{side:g} pixels is no picture's size", where=where, todo="Write the size in pixels")
    return int(side)


def _focal(table: dict[str, object], key: str, angle_key: str, side: int) -> float:
    if key in table or angle_key not in table:
        where, focal = (
            f"{CAMERA_FILE}, {key}",
            _number(table.get(key), where=f"{CAMERA_FILE}, {key}", most=FOCAL_PX_MAX),
        )
    else:
        where = f"{CAMERA_FILE}, {angle_key}"
        angle = _number(table[angle_key], where=where, most=math.pi)
        focal = side / 2 / math.tan(angle / 2) if 0 < angle < math.pi else 0.0
    if not 1.0 <= focal <= FOCAL_PX_MAX:
        raise CaptureError(
            what=f"a focal length of {focal:g} pixels", where=where, todo=f"Write one between 1 and {FOCAL_PX_MAX:g}"
        )
    return focal


def _world_to_camera(value: object, *, where: str) -> NDArray[np.float64]:
    """A rigid camera-to-world matrix (OpenGL axes) turned into world-to-camera (OpenCV axes), [4,4]."""
    where = f"{where}, transform_matrix"
    if not isinstance(value, list) or len(value) != 4 or not all(isinstance(r, list) and len(r) == 4 for r in value):
        raise CaptureError(what="it is not four rows of four numbers", where=where, todo="Export the cameras again")
    pose = np.array([[_number(entry, where=where, most=DISTANCE_MAX) for entry in row] for row in value])
    turn = pose[:3, :3]
    off = max(float(np.abs(turn @ turn.T - np.eye(3)).max()), abs(float(np.linalg.det(turn)) - 1.0))
    if off > ROTATION_TOLERANCE or np.abs(pose[3] - (0, 0, 0, 1)).max() > 0:
        raise CaptureError(
            what=f"it is not a rigid motion (off by {off:.3g}; tolerance {ROTATION_TOLERANCE})",
            where=where,
            todo="Remove scale, shear and mirroring: a rotation with determinant +1, a position, and 0 0 0 1",
        )
    turn_cv = (pose @ OPENGL_TO_OPENCV)[:3, :3].T
    out = np.eye(4)
    out[:3, :3], out[:3, 3] = turn_cv, -turn_cv @ pose[:3, 3]
    return out


def _views_distinct_and_enough(names: list[str], splits: list[str]) -> None:
    if len(set(names)) != len(names):
        raise _bad("it names one picture twice", "Name each picture once")
    training = splits.count("train")
    if training < TRAINING_VIEWS_MIN:
        raise _bad(
            f"{training} training views; a double needs at least {TRAINING_VIEWS_MIN}",
            "Take more pictures, all round the head, best 12 or more",
        )
