"""`python -m stagedoor.worker.replica_check FILE [--texture F] [--flip-v] [--centre] [--write OUT] [--picture OUT]`.

What a replica's file is.  Its own process, started by the door `stagedoor replica check`: readers and drawing loops
stay behind the worker's walls, and a library that a hostile file brings down takes this process with it and nothing
else.  It tells in lines of JSON on standard output: {"step", "done", "of"} while it works, then
{"found": ...} or {"wrong": "what to mend"}.
Exit status: 0 told, 2 the file is refused.
"""

from __future__ import annotations

import argparse
import contextlib
import io
import json
import math
import os
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw
from PIL.PngImagePlugin import PngInfo

from stagedoor.seal import forbid_core_dumps
from stagedoor.worker.mesh.errors import MeshError
from stagedoor.worker.replica_files import Given, files_of, gather, read_file
from stagedoor.worker.stamp import MARK, MARK_KEY

if TYPE_CHECKING:
    from stagedoor.worker.double.camera import Camera

MEMORY_BYTES_MAX: Final = 12 << 30
"""Address space of this process: numba maps 2 GiB, a mesh at every bound takes 3 GiB."""

AZIMUTHS_DEG: Final = (0, 90, 180, 270)
"""The face, the side towards +x, the back, the other side."""

VIEW_PX: Final = 384
"""Side of each of the four views."""

BAND_PX: Final = 18
"""Height of the band that says what the picture is."""

_GROUND: Final = (0.07, 0.08, 0.10)

Draw = Callable[["Camera"], NDArray[np.uint8]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Checked:
    """found: what is told.  box: the corners that cameras look at, float64 [2,3].  draw: one view, uint8 [H,W,3].
    whole: the mesh as one GLB, in the form that is sealed; None for what is one file already."""

    found: dict[str, Any]
    box: NDArray[np.float64]
    draw: Draw
    whole: bytes | None = None


def main(arguments: list[str] | None = None) -> int:
    """Check one file and tell."""
    asked = _parser().parse_args(arguments)
    forbid_core_dumps()
    with contextlib.suppress(ImportError, OSError, ValueError):  # where there are no such limits, there are none
        import resource

        resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES_MAX, resource.getrlimit(resource.RLIMIT_AS)[1]))
    steps = 2 + (len(AZIMUTHS_DEG) if asked.picture else 0)
    try:
        _tell(step="reading", done=0, of=steps)
        given = gather(asked.file)
        texture = None if asked.texture is None else read_file(asked.texture)
        _tell(step="checking", done=1, of=steps)
        checked = check(given, texture=texture, flip_v=asked.flip_v, centre=asked.centre)
        if asked.write is not None:
            _write(asked.write, checked.whole)
        if asked.picture is not None:
            _tell(step="drawing", done=2, of=steps)
            data = sheet(checked, lambda views: _tell(step="drawing", done=2 + views, of=steps))
            _write(asked.picture, data)
    except (MeshError, ValueError) as fault:
        _tell(wrong=str(fault))
        return 2
    except MemoryError:
        _tell(wrong=f"{asked.file.name}: it needs more memory than there is. Reduce it in your modeller.")
        return 2
    _tell(found=checked.found)
    return 0


def check(given: Given, *, texture: bytes | None = None, flip_v: bool = False, centre: bool = False) -> Checked:
    """What the files are.  Raises MeshError, or the own ValueError of who reads splats or fields."""
    others = {"splats": ("Gaussians are", _checked_splats), "field": ("a field is", _checked_field)}
    if given.form in others:
        named, checked = others[given.form]
        if texture is not None or flip_v or centre:
            todo = "Leave --texture, --flip-v and --centre out"
            raise MeshError(where=given.name, what=f"{named} taken as it stands", todo=todo)
        return checked(given)
    return _checked_mesh(given, texture=texture, flip_v=flip_v, centre=centre)


def sheet(checked: Checked, seen: Callable[[int], None] = lambda _: None) -> bytes:
    """Four views in a row over a band that says "unmarked preview", as a PNG."""
    from stagedoor.worker.double.moves import FIELD_OF_VIEW_DEG, arc

    middle = checked.box.mean(axis=0)
    radius = max(float(np.linalg.norm(checked.box[1] - checked.box[0])) / 2, 1e-6)
    distance = radius / math.sin(math.radians(FIELD_OF_VIEW_DEG) / 2)
    picture = Image.new("RGB", (VIEW_PX * len(AZIMUTHS_DEG), VIEW_PX + BAND_PX))
    for number, azimuth in enumerate(AZIMUTHS_DEG):
        (view,) = arc(
            (float(middle[0]), float(middle[1]), float(middle[2])),
            distance, from_deg=azimuth, to_deg=azimuth, elevation_deg=8.0, frames=1, width=VIEW_PX, height=VIEW_PX,
        )  # fmt: skip
        picture.paste(Image.fromarray(checked.draw(view)), (VIEW_PX * number, 0))
        seen(number + 1)
    words = f"{MARK}: a replica's file as it was checked, from {', '.join(str(a) for a in AZIMUTHS_DEG)} degrees"
    ImageDraw.Draw(picture).text((6, VIEW_PX + 3), words, fill=(255, 255, 255))
    info = PngInfo()
    info.add_text(MARK_KEY, MARK)
    out = io.BytesIO()
    picture.save(out, "PNG", pnginfo=info)
    return out.getvalue()


def _checked_mesh(given: Given, *, texture: bytes | None, flip_v: bool, centre: bool) -> Checked:
    from stagedoor.worker.mesh import gltf, obj, usd
    from stagedoor.worker.mesh.draw import Scene
    from stagedoor.worker.mesh.parts import flipped, merged, with_texture
    from stagedoor.worker.mesh.sealed import to_bytes
    from stagedoor.worker.mesh.texture import Budget, decode

    readers = {"obj": obj.read_obj, "usd": lambda _, __: usd.read_usd(given.path, files_of(given))}
    model = readers.get(given.form, gltf.read_gltf)(given.data, given.beside)
    parts, pictures = model.parts, dict(model.pictures)
    if texture is not None:
        pictures = {"--texture": decode(texture, "the file of --texture", Budget())}
        parts = with_texture(parts, "--texture")
    mesh = merged(flipped(parts) if flip_v else parts, pictures)
    mesh = mesh.centred() if centre else mesh
    whole = to_bytes(mesh)
    least, greatest = mesh.bounds
    found: dict[str, Any] = {
        "kind": "mesh",
        "form": given.form,
        "files": 1 + len(given.beside) + (texture is not None),
        "megabytes": _megabytes(given.size + len(texture or b"")),
        "triangles": len(mesh.triangles),
        "vertices": len(mesh.positions),
        "parts": len(parts),
        "texture": None if mesh.texture is None else [mesh.texture.shape[1], mesh.texture.shape[0]],
        "vertex_colours": mesh.colours is not None,
        "double_sided": mesh.double_sided,
        "sealed_megabytes": _megabytes(len(whole)),
        **_placed(least, greatest),
    }
    if mesh.texture is None and mesh.colours is None:
        found["notes"].append("It has one colour and no texture: name its picture with --texture, or export both.")

    ready: list[Scene] = []

    def draw(view: Camera) -> NDArray[np.uint8]:
        # Made ready at the first view: who wants no picture waits for no kernel.
        if not ready:
            ready.append(Scene(mesh))
        picture = ready[0].draw(view, width=view.width, height=view.height, background=_GROUND)
        return np.ascontiguousarray(picture[..., :3])

    return Checked(found=found, box=np.stack([least, greatest]), draw=draw, whole=whole)


def _checked_splats(given: Given) -> Checked:
    from stagedoor.worker.double.render import render_frame
    from stagedoor.worker.formats import read_splats

    splats = read_splats(given.data, name=given.name)
    means = splats.means.astype(np.float64)
    # A few strays far out are usual; the cameras look at where nearly all of it is.
    box = np.percentile(means, [0.5, 99.5], axis=0)
    found: dict[str, Any] = {
        "kind": "splats",
        "files": 1,
        "megabytes": _megabytes(given.size),
        "gaussians": len(splats),
        "degree": splats.degree,
        **_placed(means.min(axis=0), means.max(axis=0), told=box),
    }
    return Checked(
        found=found,
        box=box,
        draw=lambda view: render_frame(splats, view, width=view.width, height=view.height, background=_GROUND),
    )


def _checked_field(given: Given) -> Checked:
    from stagedoor.worker.field.draw import draw_field
    from stagedoor.worker.field.errors import FieldError
    from stagedoor.worker.field.model import Field

    try:
        field = Field.from_bytes(given.data)
    except FieldError as fault:
        # It says "field" where a person wants to know which file.
        raise MeshError(where=given.name, what=f"{fault.where}: {fault.what}", todo=fault.todo) from None
    least, greatest = field.bounds()
    found: dict[str, Any] = {
        "kind": "field",
        "files": 1,
        "megabytes": _megabytes(given.size),
        "levels": field.shape.levels,
        "finest": field.shape.finest,
        "entries": len(field.table),
        "voxels": int(np.count_nonzero(field.occupied)),
        **_placed(least, greatest),
    }
    return Checked(
        found=found,
        box=np.stack([least, greatest]),
        draw=lambda view: draw_field(field, view, width=view.width, height=view.height, background=_GROUND),
    )


def _placed(
    least: NDArray[np.float64], greatest: NDArray[np.float64], told: NDArray[np.float64] | None = None
) -> dict[str, Any]:
    """Where it stands, and what a render would make of that.  told: the box that is judged, if it is another."""
    low, high = (least, greatest) if told is None else told
    longest = max(float((high - low).max()), 1e-12)
    notes = []
    if float(np.abs(low + high).max()) / 2 > 0.1 * longest:
        notes.append("Its middle is not at the origin, which cameras look at; --centre puts it there.")
    if not 0.5 <= longest <= 8.0:
        notes.append(f"It is {longest:.4g} units long; a double is about 2, and cameras stand about 4 away (--centre).")
    return {
        "box": [[round(float(v), 6) for v in corner] for corner in (least, greatest)],
        "size": [round(float(v), 6) for v in greatest - least],
        "notes": notes,
    }


def _write(path: Path, data: bytes | None) -> None:
    """A new file, over nothing that was there."""
    if data is None:
        raise MeshError(where=path.name, what="what was checked is one file already", todo="Leave --write out")
    try:
        with path.open("xb") as file:
            file.write(data)
    except FileExistsError:
        raise MeshError(where=path.name, what="there is a file of this name", todo="Name another") from None
    except OSError as fault:
        what = f"it cannot be written ({fault.strerror})"
        raise MeshError(where=path.name, what=what, todo="Name a folder that you may write to") from None


def _megabytes(count: int) -> float:
    return round(count / 1e6, 3)


def _tell(**said: object) -> None:
    sys.stdout.write(json.dumps(said) + os.linesep)
    sys.stdout.flush()


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m stagedoor.worker.replica_check")
    parser.add_argument("file", type=Path)
    parser.add_argument("--texture", type=Path)
    parser.add_argument("--flip-v", action="store_true")
    parser.add_argument("--centre", action="store_true")
    parser.add_argument("--write", type=Path)
    parser.add_argument("--picture", type=Path)
    return parser


if __name__ == "__main__":
    sys.exit(main())
