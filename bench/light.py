"""What outputs give away, and how a new light looks.  `python bench/light.py [--json] [--quick] [--picture FILE]`

First, view coverage: a double of the head scan (bench/head_lps, credit there) is trained; frames of an arc of it, as an
order would draw them, train another one; that is held to the scan's own held-out views and to frames of the first
double all round, both as PSNR in dB of head pixels.  Then, light: an invented person (bench/people) is captured under
her own light, her double is taken apart and lit anew, and that is held to the same person drawn under the new light.
Times depend on what else runs: the load is printed too.
"""

from __future__ import annotations

import argparse
import json
import os
import time
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from people.captures import capture, rig
from people.draw import draw
from people.person import Person
from people.surface import summed
from PIL import Image

from stagedoor.capture.limits import MASK_ALPHA_MIN
from stagedoor.capture.read import parse, read_folder
from stagedoor.worker.double.camera import Camera
from stagedoor.worker.double.coverage import coverage, rebuilt
from stagedoor.worker.double.moves import arc
from stagedoor.worker.double.relight import LIGHTS, coded, linear, relit, separate, shading
from stagedoor.worker.double.render import render_frame, render_rgba
from stagedoor.worker.double.splats import Splats
from stagedoor.worker.double.train import TrainSettings, psnr_db, score, train

HEAD = Path(__file__).parent / "head_lps"
SIZE = 256
ARCS_DEG = (40, 120, 360)
FRAMES = (8, 24)
"""Frames of an order: a short one and a second of film."""
GREY = (0.16, 0.17, 0.19)
SHOWN_SIZE = 208
SHOWN_DEG = (25.0, -35.0)


def main() -> None:
    """Measures, prints and, if asked, draws."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    parser.add_argument("--quick", action="store_true", help="fewer steps, and the short orders only")
    parser.add_argument("--picture", type=Path, help="write a contact sheet of the invented person here")
    parser.add_argument("--head", type=Path, help="write one of the head scan here; never into the repository")
    asked = parser.parse_args()
    figures: dict[str, object] = {"load_before": round(os.getloadavg()[0], 2)}
    steps = (
        TrainSettings(gaussians=5_000, iterations=400, degree=1)
        if asked.quick
        else TrainSettings(degree=1, iterations=900)
    )
    scan = parse(read_folder(HEAD))
    head = train(scan, settings=steps)
    figures["double_head_db"] = round(head.psnr_head_db, 2)
    frames = FRAMES[:1] if asked.quick else FRAMES
    figures["rebuilt"] = [given_away(head.splats, scan, degrees, count) for count in frames for degrees in ARCS_DEG]
    person = Person()
    double = train(capture(person, {}, rig(views=24, size=SIZE), test_rig(SIZE)), settings=steps)
    figures["person_head_db"] = round(double.psnr_head_db, 2)
    figures |= light_figures(person, double.splats)
    figures["load_after"] = round(os.getloadavg()[0], 2)
    if asked.picture:
        contact_sheet(double.splats, asked.picture)
    if asked.head:
        contact_sheet(head.splats, asked.head)
    report(figures, as_json=asked.json)


def orbit(degrees: float, frames: int) -> tuple[Camera, ...]:
    """An order's cameras round the origin; a whole turn leaves out the last, which stands where the first does."""
    end = degrees / 2 if degrees < 360 else 180 - 360 / frames
    given = {"from_deg": -degrees / 2, "to_deg": end, "elevation_deg": 5, "frames": frames}
    return arc((0.0, 0.0, 0.0), 4.0, width=SIZE, height=SIZE, **given)


def pictures(splats: Splats, cameras: tuple[Camera, ...]) -> NDArray[np.uint8]:
    """uint8 [V,H,W,4], straight alpha: what a copyist has who cuts the person out of the frames."""
    out = []
    for camera in cameras:
        drawn = render_rgba(splats, camera, width=camera.width, height=camera.height)
        straight = drawn[..., :3] / np.maximum(drawn[..., 3:], 1e-3)
        whole = np.concatenate([straight, drawn[..., 3:]], axis=2)
        out.append(np.round(np.clip(whole, 0, 1) * 255).astype(np.uint8))
    return np.stack(out)


def given_away(splats: Splats, scan: object, degrees: int, frames: int) -> dict[str, float]:
    """The coverage of one order, and how good a double its frames alone make."""
    cameras = orbit(degrees, frames)
    told = coverage(cameras, splats=splats)
    others = arc((0.0, 0.0, 0.0), 4.0, from_deg=-172, to_deg=172, elevation_deg=-5, frames=12, width=SIZE, height=SIZE)
    made = rebuilt(pictures(splats, cameras), cameras, pictures(splats, others), others)
    front = pictures(splats, others[4:8])
    faces = rebuilt_score(made.splats, front, others[4:8])
    held_out = float(np.mean([view.head_db for view in score(made.splats, scan)]))
    return {
        "arc_deg": degrees,
        "frames": frames,
        "coverage_sr": round(told.solid_angle_sr, 2),
        "sphere_share": round(told.sphere_share, 3),
        "head_px": told.head_px,
        "surface_share": round(told.surface_share, 3),
        "front_head_db": round(faces, 2),
        "all_round_head_db": round(made.psnr_head_db, 2),
        "scan_head_db": round(held_out, 2),
    }


def rebuilt_score(splats: Splats, truth: NDArray[np.uint8], cameras: tuple[Camera, ...]) -> float:
    """Mean PSNR in dB of the head pixels of given pictures."""
    told = []
    for picture, camera in zip(truth, cameras, strict=True):
        drawn = render_frame(splats, camera, width=SIZE, height=SIZE) / 255.0
        wanted = picture[..., :3] / 255.0 * (picture[..., 3:] / 255.0)
        told.append(psnr_db(((drawn - wanted) ** 2).mean(axis=2)[picture[..., 3] >= MASK_ALPHA_MIN]))
    return float(np.mean(told))


def test_rig(size: int) -> tuple[Camera, ...]:
    """Five cameras between the others, where the face is seen."""
    return rig(views=5, size=size, front_deg=80, turn=0.37)


def light_figures(person: Person, splats: Splats) -> dict[str, object]:
    """How near the double under each light comes to the person under it, and what it costs."""
    started = time.perf_counter()
    lit = separate(splats)
    out: dict[str, object] = {"separate_s": round(time.perf_counter() - started, 2)}
    points = person.posed({})
    corners = points[person.triangles]
    face = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
    facing = summed(person.triangles.ravel().astype(np.int64), np.repeat(face, 3, axis=0), len(points))
    facing /= np.maximum(np.linalg.norm(facing, axis=1, keepdims=True), 1e-12)
    own = linear(person.lit(points)) / np.maximum(person.albedo, 1e-6)
    # A double cannot know how strong the light was: its albedo is the person's times the light's mean.
    paint = person.albedo * np.median(own, axis=0)
    cameras = test_rig(SIZE)
    rows = []
    for name, light in LIGHTS.items():
        again = relit(splats, lit, light)
        colours = np.clip(coded(paint * shading(facing, light)), 0, 1)
        truth = np.stack([draw(points, person.triangles, colours, camera) for camera in cameras])
        rows.append(
            {
                "light": name,
                "head_db": round(rebuilt_score(again, truth, cameras), 2),
                "unlit_head_db": round(rebuilt_score(splats, truth, cameras), 2),
            }
        )
    again = relit(splats, lit, lit.light)
    same = [
        psnr_db(((a.astype(float) - b) / 255.0) ** 2)
        for camera in cameras
        for a, b in [[render_frame(one, camera, width=SIZE, height=SIZE) for one in (again, splats)]]
    ]
    out |= {"lights": rows, "own_light_db": round(min(same), 2)}
    return out | speed(splats, lit)


def speed(splats: Splats, lit: object) -> dict[str, object]:
    """Frames a second at 512 px with a new light in every frame, and of the light alone."""
    camera = arc((0, 0, 0), 4.0, from_deg=20, to_deg=20, elevation_deg=5, frames=1, width=512, height=512)[0]
    lights = list(LIGHTS.values())
    times = []
    alone = []
    for number in range(24):
        started = time.perf_counter()
        again = relit(splats, lit, lights[number % len(lights)])
        alone.append(time.perf_counter() - started)
        render_frame(again, camera, width=512, height=512)
        times.append(time.perf_counter() - started)
    return {
        "relit_512_frames_a_second": round(1 / float(np.median(times)), 1),
        "relight_alone_ms": round(1000 * float(np.median(alone)), 2),
        "gpu": "not run: no GPU path draws a relit double here yet",
    }


def contact_sheet(splats: Splats, path: Path) -> None:
    """The double as captured, then under each light, from two sides."""
    lit = separate(splats)
    each = [splats, *(relit(splats, lit, light) for name, light in LIGHTS.items() if name != "even")]
    rows = []
    for degrees in SHOWN_DEG:
        given = {"from_deg": degrees, "to_deg": degrees, "elevation_deg": 4, "frames": 1, "field_of_view_deg": 33.0}
        camera = arc((0.0, 0.02, 0.05), 4.0, width=SHOWN_SIZE, height=SHOWN_SIZE, **given)[0]
        drawn = [render_frame(one, camera, width=SHOWN_SIZE, height=SHOWN_SIZE, background=GREY) for one in each]
        edge = SHOWN_SIZE // 8
        rows.append(np.concatenate([one[:, edge:-edge] for one in drawn], axis=1))
    Image.fromarray(np.concatenate(rows, axis=0)).save(path, "PNG", optimize=True)


def report(figures: dict[str, object], *, as_json: bool) -> None:
    """One object, or lines and two tables."""
    if as_json:
        print(json.dumps(figures, indent=1))
        return
    for name, value in figures.items():
        if not isinstance(value, list):
            print(f"{name:28} {value}")
            continue
        print(f"\n{name}")
        print("  ".join(f"{key:>17}" for key in value[0]))
        for row in value:
            print("  ".join(f"{held!s:>17}" for held in row.values()))
        print()


if __name__ == "__main__":
    main()
