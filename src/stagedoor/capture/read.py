"""From a folder to bytes, from bytes to a Capture.  Reading and decoding are apart: what is sealed is the bytes.

`read_folder` opens each file once, follows no link and leaves the folder by no path.  `parse` sees bytes only, so an
opened capture is decoded in memory.  Whatever the input, the only error is CaptureError.
"""

from __future__ import annotations

import io
import os
import stat
import struct
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Self

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from stagedoor.capture.cameras import CAMERA_FILE, Cameras, parse_cameras
from stagedoor.capture.errors import CaptureError, shown
from stagedoor.capture.limits import (
    CAMERA_FILE_BYTES_MAX,
    CAPTURE_BYTES_MAX,
    CAPTURE_PX_MAX,
    IMAGE_BYTES_MAX,
    IMAGE_SIDE_PX_MAX,
    MASK_ALPHA_MIN,
)

CaptureFiles = Mapping[str, bytes]
"""A capture's files by their path inside the folder: transforms.json first, then the pictures in its order."""

PNG_SIGNATURE = b"\x89PNG\r\n\x1a\n"
PNG_HEADER = struct.Struct(">8sI4sIIBBBBB")
RGBA_COLOUR_TYPE = 6
READ_BYTES = 1 << 20
DECODER_FAULTS = (OSError, SyntaxError, ValueError, EOFError, struct.error, zlib.error, Image.DecompressionBombError)
"""What Pillow raises on damaged data."""
ALPHA_COLOUR_TYPES = (4, 6)


@dataclass(frozen=True, slots=True, kw_only=True)
class Capture:
    """images uint8 [N,H,W,4] straight-alpha RGBA (alpha is the mask); fx, fy, cx, cy in pixels; world_to_camera float64
    [N,4,4], rigid, OpenCV axes (x right, y down, z forward); splits "train" or "test"; names as in the camera file."""

    images: NDArray[np.uint8]
    fx: float
    fy: float
    cx: float
    cy: float
    world_to_camera: NDArray[np.float64]
    splits: tuple[str, ...]
    names: tuple[str, ...]

    @property
    def width(self) -> int:
        """Pixels across every picture."""
        return int(self.images.shape[2])

    @property
    def height(self) -> int:
        """Pixels down every picture."""
        return int(self.images.shape[1])

    def views(self, split: str) -> tuple[int, ...]:
        """Indices of the views of one split, in file order."""
        return tuple(i for i, held in enumerate(self.splits) if held == split)


class Folder:
    """A folder opened once and read part by part, so that no name leads out of it and no link is followed."""

    def __init__(self, path: Path) -> None:
        try:
            self._root = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        except (OSError, ValueError) as fault:
            raise CaptureError(
                what="there is no such folder that can be read",
                where=shown(str(path)),
                todo="Name the capture's folder",
            ) from fault

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *fault: object) -> None:
        os.close(self._root)

    def has(self, name: str) -> bool:
        """Whether something has this name; what it is, `read` judges."""
        try:
            os.stat(name, dir_fd=self._root, follow_symlinks=False)
        except (OSError, ValueError):
            return False
        return True

    def read(self, name: str, bytes_max: int) -> bytes:
        """One plain file's bytes.  Raises CaptureError."""
        return _read_inside(self._root, name, bytes_max)

    def names(self, under: str, most: int) -> tuple[str, ...]:
        """Names of what lies directly in the folder `under` ("" for this one), sorted; () if it is none.  Raises
        CaptureError if there are more than `most`."""
        try:
            opened = os.open(
                under or ".", os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC, dir_fd=self._root
            )
        except OSError:
            return ()
        try:
            with os.scandir(opened) as entries:
                found = [entry.name for entry, _ in zip(entries, range(most + 1), strict=False)]
        finally:
            os.close(opened)
        if len(found) > most:
            raise CaptureError(
                what=f"more than {most} files", where=shown(under or "."), todo="Keep the capture alone in its folder"
            )
        return tuple(sorted(found))


def read_folder(folder: Path) -> CaptureFiles:
    """Reads transforms.json and every picture it names, each once, as bytes.  Decodes no picture."""
    with Folder(folder) as opened:
        files = {CAMERA_FILE: opened.read(CAMERA_FILE, CAMERA_FILE_BYTES_MAX)}
        left = CAPTURE_BYTES_MAX - len(files[CAMERA_FILE])
        for name in parse_cameras(files[CAMERA_FILE]).names:
            files[name] = opened.read(name, min(IMAGE_BYTES_MAX, left))
            left -= len(files[name])
    return MappingProxyType(files)


def parse(files: Mapping[str, bytes]) -> Capture:
    """Decodes a capture's files.  Raises CaptureError, which says what to mend."""
    if CAMERA_FILE not in files:
        raise CaptureError(what="it is missing", where=CAMERA_FILE, todo="Put the camera file beside the pictures")
    cameras = parse_cameras(files[CAMERA_FILE])
    pixels = len(cameras.names) * cameras.width * cameras.height
    if pixels > CAPTURE_PX_MAX:
        raise CaptureError(
            what=f"{pixels} pixels in all; at most {CAPTURE_PX_MAX} are decoded",
            where=CAMERA_FILE,
            todo="Make the pictures smaller or leave out views",
        )
    for name in cameras.names:
        if name not in files:
            raise CaptureError(what="this picture is missing", where=name, todo="Add it, or take its frame out")
        _check_header(name, files[name], cameras)
    images = np.empty((len(cameras.names), cameras.height, cameras.width, 4), np.uint8)
    for i, name in enumerate(cameras.names):
        images[i] = _decode(name, files[name])
    images.flags.writeable = False
    cameras.world_to_camera.flags.writeable = False
    return Capture(
        images=images,
        fx=cameras.fx,
        fy=cameras.fy,
        cx=cameras.cx,
        cy=cameras.cy,
        world_to_camera=cameras.world_to_camera,
        splits=cameras.splits,
        names=cameras.names,
    )


def _read_inside(root: int, name: str, bytes_max: int) -> bytes:
    """One plain file below the open folder, opened part by part so that no link is followed, even one swapped in."""
    *folders, last = name.split("/")
    held = os.dup(root)
    try:
        for part in folders:
            inner = os.open(part, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC, dir_fd=held)
            os.close(held)
            held = inner
        # O_NONBLOCK: opening a pipe planted here must not wait for a writer.
        opened = os.open(last, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC, dir_fd=held)
    except FileNotFoundError as fault:
        raise CaptureError(what="this file is missing", where=name, todo="Add it, or take its frame out") from fault
    except (OSError, ValueError) as fault:
        raise CaptureError(
            what="it is a link, or cannot be opened", where=name, todo="Put the file itself in the folder"
        ) from fault
    finally:
        os.close(held)
    try:
        plain = stat.S_ISREG(os.fstat(opened).st_mode)
        data = _read_bounded(opened, bytes_max + 1) if plain else b""
    except OSError as fault:
        raise CaptureError(what="reading it failed", where=name, todo="Copy it to a sound disk") from fault
    finally:
        os.close(opened)
    if not plain:
        raise CaptureError(what="it is not a plain file", where=name, todo="Put the file itself in the folder")
    if len(data) > bytes_max:
        raise CaptureError(
            what=f"larger than the {bytes_max} bytes that are left to it", where=name, todo="Make the pictures smaller"
        )
    return data


def _read_bounded(opened: int, bytes_most: int) -> bytes:
    """At most so many bytes of an open file; a file that grows meanwhile is not followed."""
    parts, left = [], bytes_most
    while left > 0 and (part := os.read(opened, min(left, READ_BYTES))):
        parts.append(part)
        left -= len(part)
    return b"".join(parts)


def _check_header(name: str, data: bytes, cameras: Cameras) -> None:
    """Refuses by the first 29 bytes, before any decoder runs: not a PNG, too large, wrong size, not RGBA."""
    if len(data) > IMAGE_BYTES_MAX:
        raise CaptureError(what=f"{len(data)} bytes", where=name, todo=f"Keep it under {IMAGE_BYTES_MAX} bytes")
    if len(data) < PNG_HEADER.size:
        raise CaptureError(what="it is not a PNG", where=name, todo="Save it again as an 8-bit RGBA PNG")
    signature, _, kind, width, height, depth, colour, *_ = PNG_HEADER.unpack_from(data)
    if signature != PNG_SIGNATURE or kind != b"IHDR":
        raise CaptureError(what="it is not a PNG", where=name, todo="Save it again as an 8-bit RGBA PNG")
    if max(width, height) > IMAGE_SIDE_PX_MAX:
        raise CaptureError(
            what=f"{width}x{height} pixels; at most {IMAGE_SIDE_PX_MAX} a side are decoded",
            where=name,
            todo="Make the picture smaller",
        )
    if (width, height) != (cameras.width, cameras.height):
        raise CaptureError(
            what=f"{width}x{height} pixels, but the camera file says {cameras.width}x{cameras.height}",
            where=name,
            todo="Use the pictures that the cameras were solved for",
        )
    if colour not in ALPHA_COLOUR_TYPES:
        raise CaptureError(
            what="it has no alpha channel, so nothing says where the person is",
            where=name,
            todo="Cut the person out and save the mask as alpha",
        )
    if colour != RGBA_COLOUR_TYPE or depth != 8:
        raise CaptureError(what="it is not 8-bit RGBA", where=name, todo="Save it again as an 8-bit RGBA PNG")


def _decode(name: str, data: bytes) -> NDArray[np.uint8]:
    try:
        with Image.open(io.BytesIO(data), formats=["PNG"]) as image:
            still = getattr(image, "n_frames", 1) == 1 and image.mode == "RGBA"
            pixels = np.asarray(image, dtype=np.uint8) if still else None
    except DECODER_FAULTS as fault:
        raise CaptureError(what="its PNG data is damaged", where=name, todo="Save or copy it again") from fault
    if pixels is None:
        raise CaptureError(what="it is not one 8-bit RGBA picture", where=name, todo="Save it as an 8-bit RGBA PNG")
    person = pixels[..., 3] >= MASK_ALPHA_MIN
    if person.all() or not person.any():
        state = "covers the whole picture" if person.any() else "is empty"
        raise CaptureError(
            what=f"its alpha mask {state}", where=name, todo="Cut the person out and save the mask as alpha"
        )
    return pixels
