"""From a path to bytes, at the door: a model's file and what it keeps beside it, each opened once, no link followed.

A model may only name files in its own folder or below it.  Whatever the input, the only error is MeshError.
"""

from __future__ import annotations

import io
import os
import stat
import zipfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final, NoReturn

from stagedoor.worker.field.form import is_field
from stagedoor.worker.mesh import gltf, obj
from stagedoor.worker.mesh.errors import MeshError, shown
from stagedoor.worker.mesh.limits import FILE_BYTES_MAX

ALL_BYTES_MAX: Final = 1 << 30
"""Bytes of a model and all files beside it: they are held in memory."""

FILES_MAX: Final = 1_000
"""Files that one model may name."""

ENDINGS: Final = (".field", ".glb", ".gltf", ".obj", ".ply", ".spz", ".usd", ".usda", ".usdc", ".usdz")
"""By which a model is found in a folder.  What a file is, its bytes say."""

READ_BYTES: Final = 1 << 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Given:
    """form: "field", "glb", "gltf", "obj", "splats" or "usd", by the bytes.  beside: files by the names that
    the model uses.  path: where the model lies, for a library that opens files itself."""

    name: str
    form: str
    data: bytes
    beside: Mapping[str, bytes]
    path: Path

    @property
    def size(self) -> int:
        """Bytes of all files."""
        return len(self.data) + sum(len(held) for held in self.beside.values())


def gather(path: Path) -> Given:
    """The model at a path, or the one model in a folder, with the files that it names."""
    model = _model_in(path) if path.is_dir() else path
    data = read_file(model)
    form = form_of(data, model.name)
    naming: dict[str, Callable[[bytes, Mapping[str, bytes]], tuple[str, ...]]] = {
        "glb": lambda held, _: gltf.wanted(held),
        "gltf": lambda held, _: gltf.wanted(held),
        "obj": obj.wanted,
    }
    beside: dict[str, bytes] = {}
    left = ALL_BYTES_MAX - len(data)
    while form in naming:
        # An OBJ names material files, which name pictures: ask again until nothing new is named.
        new = [name for name in naming[form](data, beside) if name not in beside]
        if not new:
            break
        for name in new:
            beside[name] = _read_below(model.parent, name, min(left, FILE_BYTES_MAX))
            left -= len(beside[name])
            if len(beside) > FILES_MAX:
                _refuse(shown(model.name), f"it names more than {FILES_MAX} files", "Save it as one .glb")
    return Given(name=model.name, form=form, data=data, beside=beside, path=model)


def files_of(given: Given) -> Callable[[str], bytes]:
    """For a library that opens the model itself: the pictures that it names, below its folder or in its package."""
    if not given.data.startswith(b"PK"):
        return lambda name: _read_below(given.path.parent, name, FILE_BYTES_MAX)

    def inside(name: str) -> bytes:
        try:
            with zipfile.ZipFile(io.BytesIO(given.data)) as package:
                told = package.getinfo(name)
                # A package of USD is never compressed, so what a picture promises must lie in the file.
                if told.compress_type != zipfile.ZIP_STORED or told.file_size > len(given.data):
                    _refuse(shown(name), "its package is compressed", "Export it again as USDZ")
                return package.read(told)
        except (KeyError, ValueError, NotImplementedError, OSError, EOFError, zipfile.BadZipFile):
            _refuse(shown(name), "it cannot be read in its package", "Export it again as USDZ")

    return inside


def form_of(data: bytes, name: str) -> str:
    """What the bytes are; the name decides between kinds of plain text alone."""
    start = data[:8]
    if start.startswith(b"glTF"):
        return "splats" if gltf.holds_gaussians(data) else "glb"
    if is_field(start):
        return "field"
    if start.startswith((b"ply", b"\x1f\x8b", b"NGSP")):
        return "splats"
    if start.startswith((b"PXR-USDC", b"#usda", b"PK\x03\x04")):
        return "usd"
    if data[:64].lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"{"):
        return "gltf"
    if not name.lower().endswith(".obj"):
        _refuse(shown(name), "it begins as no mesh, splat or field file does", f"Give one of: {', '.join(ENDINGS)}")
    return "obj"


def read_file(path: Path, bytes_max: int = FILE_BYTES_MAX) -> bytes:
    """A plain file that a person named: links are theirs to use here."""
    try:
        opened = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    except FileNotFoundError:
        _refuse(shown(path.name), "there is no such file", "Name one that is there")
    except (OSError, ValueError) as fault:
        what = f"it cannot be opened ({getattr(fault, 'strerror', None) or 'bad name'})"
        _refuse(shown(path.name), what, "Make it readable to you")
    return _read(opened, path.name, bytes_max)


def _model_in(folder: Path) -> Path:
    try:
        with os.scandir(folder) as entries:
            names = sorted(entry.name for entry in entries if entry.name.lower().endswith(ENDINGS))
    except OSError as fault:
        _refuse(shown(folder.name), f"the folder cannot be read ({fault.strerror})", "Make it readable to you")
    if len(names) != 1:
        what = f"the folder holds {len(names)} models" + (
            f": {', '.join(shown(n) for n in names[:4])}" if names else ""
        )
        _refuse(shown(folder.name), what, "Name the model's file itself")
    return folder / names[0]


def _read_below(folder: Path, name: str, bytes_max: int) -> bytes:
    """A file that the model names: opened room by room, so that no link is followed, even one swapped in."""
    *rooms, last = name.replace("\\", "/").split("/")
    held = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        for room in rooms:
            inner = os.open(room, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC, dir_fd=held)
            os.close(held)
            held = inner
        opened = os.open(last, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC, dir_fd=held)
    except FileNotFoundError:
        _refuse(shown(name), "the model names this file, and it is missing", "Put it beside the model under that name")
    except (OSError, ValueError):
        _refuse(shown(name), "it is a link, or cannot be opened", "Put the file itself beside the model")
    finally:
        os.close(held)
    return _read(opened, name, bytes_max)


def _read(opened: int, name: str, bytes_max: int) -> bytes:
    """All of an open plain file, and close it; one that grows meanwhile is not followed."""
    try:
        if not stat.S_ISREG(os.fstat(opened).st_mode):
            _refuse(shown(name), "it is not a plain file", "Name the file itself")
        parts, left = [], bytes_max + 1
        while left > 0 and (part := os.read(opened, min(left, READ_BYTES))):
            parts.append(part)
            left -= len(part)
    except OSError as fault:
        _refuse(shown(name), f"reading it failed ({fault.strerror})", "Copy it to a sound disk")
    finally:
        os.close(opened)
    if left <= 0:
        _refuse(shown(name), f"larger than the {bytes_max} bytes that are left to it", "Reduce the model")
    return b"".join(parts)


def _refuse(where: str, what: str, todo: str) -> NoReturn:
    raise MeshError(where=where, what=what, todo=todo)
