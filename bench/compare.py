"""Splats, a radiance field and a mesh on one page.  `python bench/compare.py [--json] [--small] [--picture FILE]`

Splats and field are trained on the posed views in bench/head_lps (credit there), at 128 px (the views made smaller by
area) and at 256, each with its own default settings; the mesh is the scan from which the views were made, textured,
under one light that is fitted to them.  All three are drawn from the held-out views and held to them: whole frame and
head pixels in dB, and SSIM; then seconds to build and milliseconds a frame, both of all processors together, for the
clock would tell what else runs here; and megabytes as sealed.  The same for an invented person (bench/people), of whom
`--picture` keeps one held-out view: truth, splats, field, mesh.
"""

from __future__ import annotations

import argparse
import io
import json
import os
import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TypeVar

import numpy as np
from bars import ssim
from numpy.typing import NDArray
from people.captures import capture, rig
from people.person import Person
from people.surface import summed
from PIL import Image, ImageDraw

from field import halved
from mesh import fitted, scan
from stagedoor.capture.limits import MASK_ALPHA_MIN
from stagedoor.capture.read import Capture, parse, read_folder
from stagedoor.worker.double.camera import Camera
from stagedoor.worker.double.render import render_frame
from stagedoor.worker.double.train import FINE, camera_of, psnr_db, train
from stagedoor.worker.double.warm import compile_kernels as compile_splats
from stagedoor.worker.field.draw import draw_field
from stagedoor.worker.field.train import FieldSettings, train_field
from stagedoor.worker.field.warm import compile_kernels as compile_field
from stagedoor.worker.formats.ply import write_ply
from stagedoor.worker.mesh.draw import Scene
from stagedoor.worker.mesh.model import Mesh
from stagedoor.worker.mesh.sealed import to_bytes as sealed_mesh
from stagedoor.worker.mesh.warm import compile_kernels as compile_mesh

HEAD = Path(__file__).parent / "head_lps"
THREADS = 2
PERSON_PX, PERSON_VIEWS, PERSON_HELD_OUT = 256, 48, 8
SHOWN = 3
"""The held-out view of the invented person that is shown: nearest to the face."""
BAND_PX = 16
ROUNDS = 9
PICTURE_BYTES_MAX = 200_000
COLUMNS = ("whole dB", "head dB", "SSIM", "build cpu s", "frame cpu ms", "MB")

T = TypeVar("T")
Draw = Callable[[Camera], NDArray[np.uint8]]


@dataclass(frozen=True, slots=True)
class Built:
    """One technique's replica: how it is drawn (uint8 [H,W,3] on black), its bytes as sealed, and the processor
    seconds that building it took; None where it was brought."""

    draw: Draw
    size: int
    seconds: float | None = None


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    parser.add_argument("--small", action="store_true", help="the scan at 128 px only")
    parser.add_argument("--quick", action="store_true", help="a tenth of the steps: for a look, no figures")
    parser.add_argument("--picture", type=Path, help="write the invented person's picture here (WebP)")
    asked = parser.parse_args()
    told: dict[str, object] = {"load_before": round(os.getloadavg()[0], 2), "threads": THREADS}
    for compiles in (compile_splats, compile_field, compile_mesh):
        compiles()
    share = 10 if asked.quick else 1
    whole, surface = parse(read_folder(HEAD)), scan()
    for views in (halved(whole),) if asked.small else (halved(whole), whole):
        row(f"the scan, {views.width} px", views, techniques(views, surface, share), told, quiet=asked.json)
    if not asked.small or asked.picture is not None:
        person = Person()
        views = invented(person)
        built = techniques(views, painted(person), share)
        row(f"an invented person, {PERSON_PX} px", views, built, told, quiet=asked.json)
        if asked.picture is not None:
            asked.picture.write_bytes(picture(views, built))
    told["load_after"] = round(os.getloadavg()[0], 2)
    if asked.json:
        print(json.dumps(told))
    else:
        print(f"load {told['load_before']} before, {told['load_after']} after")


def techniques(views: Capture, surface: Mesh, share: int) -> dict[str, Built]:
    """All three, of one subject, with a `share`-th of the steps."""
    size = {"width": views.width, "height": views.height, "threads": THREADS}
    fine = replace(FINE, iterations=FINE.iterations // share, threads=THREADS)
    splats, spent = timed(lambda: train(views, settings=fine).splats)
    usual = replace(FieldSettings(), iterations=FieldSettings().iterations // share, threads=THREADS)
    field, spent_too = timed(lambda: train_field(views, settings=usual).field)
    scene = Scene(surface)
    light = fitted(scene, views)
    return {
        "splats": Built(lambda view: render_frame(splats, view, **size), len(write_ply(splats)), spent),
        "field": Built(lambda view: draw_field(field, view, **size), len(field.to_bytes()), spent_too),
        "mesh": Built(lambda view: scene.draw(view, light=light, **size)[..., :3], len(sealed_mesh(surface))),
    }


def timed(work: Callable[[], T]) -> tuple[T, float]:
    """(what it gives, seconds of all processors)."""
    began = time.process_time()
    given = work()
    return given, time.process_time() - began


def frame_ms(one: Built, views: Capture) -> float:
    """Median of ROUNDS frames of held-out views after one that warms up, in milliseconds of all processors."""
    cameras = [camera_of(views, view) for view in views.views("test")]
    one.draw(cameras[0])
    took = [timed(lambda camera=camera: one.draw(camera))[1] for camera in (cameras * ROUNDS)[:ROUNDS]]
    return round(1000 * statistics.median(took), 1)


def row(subject: str, views: Capture, built: dict[str, Built], told: dict[str, object], *, quiet: bool) -> None:
    """Measures one subject's three; prints them as a part of the table unless quiet."""
    if not quiet:
        print(f"{subject:26}" + "".join(f"{name:>13}" for name in COLUMNS))
    for name, one in built.items():
        spent = None if one.seconds is None else round(one.seconds, 1)
        figures = (*likeness(one, views), spent, frame_ms(one, views), round(one.size / 1e6, 2))
        told[f"{subject}, {name}"] = dict(zip(COLUMNS, figures, strict=True))
        if not quiet:
            print(f"  {name:24}" + "".join(f"{'-' if held is None else held:>13}" for held in figures), flush=True)


def likeness(one: Built, views: Capture) -> tuple[float, float, float]:
    """(whole frame dB, head pixels dB, SSIM): means over the held-out views, on black, drawn to 8 bits."""
    whole, head, alike = [], [], []
    for view in views.views("test"):
        drawn = one.draw(camera_of(views, view)) / 255.0
        truth = over_black(views, view)
        error = ((drawn - truth) ** 2).mean(axis=2)
        whole.append(psnr_db(error))
        head.append(psnr_db(error[views.images[view, ..., 3] >= MASK_ALPHA_MIN]))
        alike.append(ssim(drawn, truth))
    return round(float(np.mean(whole)), 2), round(float(np.mean(head)), 2), round(float(np.mean(alike)), 3)


def over_black(views: Capture, view: int) -> NDArray[np.float64]:
    """A view's colours as drawn over black, [H,W,3], 0 to 1."""
    held = views.images[view] / 255.0
    return held[..., :3] * held[..., 3:]


def invented(person: Person) -> Capture:
    """The invented person at rest, all round, with held-out views between the others."""
    test = rig(views=PERSON_HELD_OUT, size=PERSON_PX, turn=0.5)
    return capture(person, {}, rig(views=PERSON_VIEWS, size=PERSON_PX), test)


def painted(person: Person) -> Mesh:
    """Her surface in her own paints, as a modeller would hand it over: no light in it."""
    points, paint = person.posed({}), np.clip(person.albedo, 0.0, 1.0)
    corners = points[person.triangles]
    face = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
    normals = summed(person.triangles.ravel().astype(np.int64), np.repeat(face, 3, axis=0), len(points))
    normals /= np.maximum(np.linalg.norm(normals, axis=1, keepdims=True), 1e-12)
    colours = np.concatenate([paint, np.ones((len(paint), 1))], axis=1)
    return Mesh(
        positions=points.astype(np.float32),
        triangles=person.triangles.astype(np.int32),
        normals=normals.astype(np.float32),
        colours=np.round(colours * 65_535).astype(np.uint16),
        unlit=False,
    )


def picture(views: Capture, built: dict[str, Built]) -> bytes:
    """One held-out view side by side, with words under it, as WebP."""
    view = views.views("test")[SHOWN]
    shown = {"held-out view": np.floor(over_black(views, view) * 255 + 0.5).astype(np.uint8)}
    shown |= {name: np.ascontiguousarray(one.draw(camera_of(views, view))) for name, one in built.items()}
    sheet = Image.new("RGB", (views.width * len(shown), views.height + BAND_PX))
    for column, (name, pixels) in enumerate(shown.items()):
        sheet.paste(Image.fromarray(pixels), (views.width * column, 0))
        ImageDraw.Draw(sheet).text((views.width * column + 6, views.height + 2), name, fill=(220, 220, 220))
    out = io.BytesIO()
    sheet.save(out, "WEBP", quality=88, method=6)
    assert out.tell() < PICTURE_BYTES_MAX, out.tell()
    return out.getvalue()


if __name__ == "__main__":
    main()
