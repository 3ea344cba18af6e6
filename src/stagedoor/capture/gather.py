"""A capture from whatever a folder holds, as the files that `parse` takes: in memory, and with what was done to them.

* `transforms.json` and RGBA pictures are taken as they are.
* `cameras` and `images` lists of COLMAP (binary before text), in the folder, in `sparse/0` or `sparse`, with the
  pictures in `images/` or the folder itself, and masks as the pictures' alpha or in `masks/NAME.png`.
* Pictures alone (in `images/` or the folder), or a video: cameras are solved here (`solve`), masks made where there are
  none (`masker`), and both is told.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Final

import numpy as np
from numpy.typing import NDArray

from stagedoor.capture.cameras import CAMERA_FILE
from stagedoor.capture.colmap import PICTURE_ENDINGS, Lens, Solved, picture_in_solve, read_colmap
from stagedoor.capture.errors import CaptureError
from stagedoor.capture.limits import (
    CAPTURE_BYTES_MAX,
    CAPTURE_PX_MAX,
    COLMAP_BYTES_MAX,
    IMAGE_BYTES_MAX,
    SOLVE_VIEWS_MAX,
)
from stagedoor.capture.masker import TOLD, masked
from stagedoor.capture.pictures import decode_any, decode_mask, to_png
from stagedoor.capture.read import CaptureFiles, Folder, read_folder
from stagedoor.capture.solve import solve
from stagedoor.capture.video import frames_of, is_video
from stagedoor.capture.world import camera_file, placed_solve

COLMAP_PLACES: Final = ("", "sparse/0/", "sparse/")
PICTURE_PLACES: Final = ("images/", "")
FILES_MAX: Final = 10_000
"""Files beside one another in a folder of pictures: far more than are solved, and soon listed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Gathered:
    """Files that `parse` takes; where the cameras came from; and what was done, a sentence each."""

    files: CaptureFiles
    cameras_from: str
    notes: tuple[str, ...]


def gather(path: Path) -> Gathered:
    """Reads a folder, or a video.  Raises CaptureError, which says what to mend."""
    if is_video(path):
        frames = frames_of(path)
        told = f"{len(frames)} frames were taken from the video, the sharpest of each stretch."
        return _solved_here([f"frames/{i:03d}.png" for i in range(len(frames))], frames, [told])
    with Folder(path) as folder:
        place = _colmap_place(folder)
        if place is None and not folder.has(CAMERA_FILE):
            where, found = _pictures_alone(folder)
            if found:
                return _solved_here(found, _decoded(folder, where, found), [])
        if place is None or folder.has(CAMERA_FILE):
            return Gathered(files=read_folder(path), cameras_from=CAMERA_FILE, notes=())
        where, ending = place
        solved = read_colmap(
            folder.read(f"{where}cameras.{ending}", COLMAP_BYTES_MAX),
            folder.read(f"{where}images.{ending}", COLMAP_BYTES_MAX),
            binary=ending == "bin",
        )
        _not_too_many(solved.lens, len(solved.names))
        moved, told = placed_solve(solved)
        files, notes = _pictures(folder, moved)
    return Gathered(files=files, cameras_from=f"COLMAP, {where}images.{ending}", notes=(told, *notes))


def _colmap_place(folder: Folder) -> tuple[str, str] | None:
    for where in COLMAP_PLACES:
        for ending in ("bin", "txt"):
            if folder.has(f"{where}cameras.{ending}") and folder.has(f"{where}images.{ending}"):
                return where, ending
    return None


def _pictures_alone(folder: Folder) -> tuple[str, list[str]]:
    for where in PICTURE_PLACES:
        names = folder.names(where.rstrip("/"), FILES_MAX)
        found = [name for name in names if name.lower().endswith(PICTURE_ENDINGS)]
        if found:
            return where, [picture_in_solve(name, where=where or "the folder") for name in found]
    return "", []


def _decoded(folder: Folder, where: str, names: list[str]) -> list[NDArray[np.uint8]]:
    pictures: list[NDArray[np.uint8]] = []
    left, pixels = CAPTURE_BYTES_MAX, 0
    for name in names[: SOLVE_VIEWS_MAX + 1]:  # one more than are solved, so that too many are refused by number
        data = folder.read(f"{where}{name}", min(IMAGE_BYTES_MAX, left))
        left -= len(data)
        picture = decode_any(f"{where}{name}", data, upright=True)
        pixels += picture.shape[0] * picture.shape[1]
        if pixels > CAPTURE_PX_MAX:
            raise CaptureError(
                what=f"more than {CAPTURE_PX_MAX} pixels in all", where=where or ".", todo="Make the pictures smaller"
            )
        pictures.append(picture)
    return pictures


def _solved_here(names: list[str], pictures: list[NDArray[np.uint8]], notes: list[str]) -> Gathered:
    if len(names) > SOLVE_VIEWS_MAX:
        raise CaptureError(
            what=f"it is missing, and {len(names)} pictures are more than the {SOLVE_VIEWS_MAX} that are solved here",
            where=CAMERA_FILE, todo="Leave out pictures, or bring solved cameras",
        )  # fmt: skip
    solved, figures = solve(names, pictures)
    moved, told = placed_solve(solved)
    by_name = dict(zip(names, pictures, strict=True))
    png_names = _png_names(moved.names)
    files = {CAMERA_FILE: camera_file(moved.lens, png_names, moved.world_to_camera)}
    made = 0
    for name, png in zip(moved.names, png_names, strict=True):
        bare = not _has_mask(by_name[name])
        made += bare
        files[png] = to_png(masked(by_name[name]) if bare else by_name[name])
    notes = [*notes, figures, told, *([TOLD] if made else [])]
    return Gathered(files=MappingProxyType(files), cameras_from="pycolmap, solved here", notes=tuple(notes))


def _not_too_many(lens: Lens, views: int) -> None:
    pixels = views * lens.width * lens.height
    if pixels > CAPTURE_PX_MAX:
        raise CaptureError(
            what=f"{pixels} pixels in all; at most {CAPTURE_PX_MAX} are decoded", where="cameras",
            todo="Make the pictures smaller or leave out views",
        )  # fmt: skip


def _pictures(folder: Folder, solved: Solved) -> tuple[Mapping[str, bytes], list[str]]:
    names, notes = _png_names(solved.names), []
    lens = solved.lens
    files = {CAMERA_FILE: camera_file(lens, names, solved.world_to_camera)}
    left, masked, remade = CAPTURE_BYTES_MAX, 0, 0
    for name, png in zip(solved.names, names, strict=True):
        where = next((f"{place}{name}" for place in PICTURE_PLACES if folder.has(f"{place}{name}")), name)
        data = folder.read(where, min(IMAGE_BYTES_MAX, left))
        left -= len(data)
        picture = decode_any(where, data, size=(lens.width, lens.height))
        if not _has_mask(picture):
            mask = _mask_beside(folder, name)
            if mask is None:
                raise CaptureError(
                    what="it has no alpha channel and no mask beside it, so nothing says where the person is",
                    where=where, todo=f"Cut the person out and save the mask as alpha, or as masks/{name}.png",
                )  # fmt: skip
            picture[..., 3] = decode_mask(f"masks/{name}.png", mask, size=(lens.width, lens.height))
            masked += 1
        elif name.lower().endswith(".png"):
            files[png] = data if _is_rgba8(data) else to_png(picture)
            continue
        remade += 1
        files[png] = to_png(picture)
    if masked:
        notes.append(f"The masks of {masked} pictures were taken from the folder masks.")
    return MappingProxyType(files), notes


def _png_names(names: tuple[str, ...]) -> tuple[str, ...]:
    made = tuple(name if name.lower().endswith(".png") else name.rsplit(".", 1)[0] + ".png" for name in names)
    if len(set(made)) != len(made):
        raise CaptureError(
            what="two pictures differ in their ending alone",
            where="images",
            todo="Name each picture by a word of its own",
        )
    return made


def _has_mask(picture: NDArray[np.uint8]) -> bool:
    return bool((picture[..., 3] < 255).any())


def _is_rgba8(data: bytes) -> bool:
    return data[24:26] == b"\x08\x06"


def _mask_beside(folder: Folder, name: str) -> bytes | None:
    for beside in (f"masks/{name}.png", f"masks/{name.rsplit('.', 1)[0]}.png"):
        if folder.has(beside):
            return folder.read(beside, IMAGE_BYTES_MAX)
    return None
