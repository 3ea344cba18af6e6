"""Build Mara's capture: 48 + 12 posed pictures of an invented performer, with exact cameras and masks.

    python examples/mara/build.py --sheet    # writes capture/ and sheet.webp beside this file
    python examples/mara/build.py --preview sheet.png

Needs numpy, pillow, scipy and embreex (see README.md).
"""

from __future__ import annotations

import argparse
import json
from multiprocessing import get_context
from pathlib import Path

import groom
import numpy as np
from light import Piece, Tracer, baked, merged, picture, surface_normals
from person import EXPRESSION, Bust, build_bust
from PIL import Image

import look
from mesh import Floats, neighbours

HERE = Path(__file__).parent
FIELD_OF_VIEW = 0.2 * np.pi
DISTANCE = 4.0
#: Picture, azimuth and elevation in degrees: three rings to train on, a spiral between them held out.
RINGS = ((16, 0.0, -10.0), (20, 6.0, 8.0), (12, 20.0, 32.0))


def cameras(seed: int) -> list[tuple[str, str, float, float]]:
    """Name, split, azimuth and elevation of each view."""
    rng = np.random.default_rng(seed)
    train = [(start + k * 360 / count, base + rng.uniform(-3, 3)) for count, start, base in RINGS for k in range(count)]
    test = [(11.1 + 30 * k, float(np.clip(8 + 22 * np.sin(2.4 * k), -12, 34))) for k in range(12)]
    named = [(f"train_{k:03d}", "train", *pose) for k, pose in enumerate(train)]
    return named + [(f"test_{len(train) + k:03d}", "test", *pose) for k, pose in enumerate(test)]


def pose_at(azimuth: float, elevation: float) -> Floats:
    """Camera to world, OpenGL axes, looking at the origin from the capture's distance."""
    a, e = np.radians(azimuth), np.radians(elevation)
    back = np.array([np.sin(a) * np.cos(e), np.sin(e), np.cos(a) * np.cos(e)])
    right = np.array([np.cos(a), 0.0, -np.sin(a)])
    pose = np.eye(4)
    pose[:3, 0], pose[:3, 1], pose[:3, 2], pose[:3, 3] = right, np.cross(back, right), back, DISTANCE * back
    return pose


def lit_skin(bust: Bust, tracer: Tracer, seed: int, rays: int) -> Piece:
    """The skin and jersey with light: red light spreads furthest under the skin."""
    points, triangles = bust.skin.points, bust.skin.triangles()
    piece = Piece(points, triangles, np.zeros((0, 3)))
    normals = surface_normals(piece)
    albedo, gloss = look.skin_albedo(bust, seed)
    light = baked(points, normals, tracer, seed, rays)
    step = neighbours(len(points), triangles)
    spread = light.copy()
    for k in range(22):
        spread[:, 0] = step @ spread[:, 0]
        if k < 9:
            spread[:, 1] = step @ spread[:, 1]
        if k < 5:
            spread[:, 2] = step @ spread[:, 2]
    glint = look.skin_glint(normals, gloss) * np.clip(light.mean(axis=1, keepdims=True) - 0.5, 0, 1.4)
    for _ in range(4):
        glint = step @ glint
    piece.colour = albedo * spread + glint
    return piece


def lit_strands(piece: Piece, normals: Floats, tracer: Tracer, seed: int, rays: int) -> Piece:
    """Hair with light and a fixed sheen."""
    light = baked(piece.points, normals, tracer, seed, rays)
    shine = groom.strand_shine(normals) * light * (piece.colour / look.HAIR).mean(axis=1, keepdims=True)
    piece.colour = piece.colour * light + shine
    return piece


def lit_eyes(bust: Bust, tracer: Tracer, seed: int, rays: int) -> list[Piece]:
    """The eyeballs, with their painted catchlights."""
    out = []
    for eye, centre in zip(bust.eyes, bust.eye_centres, strict=True):
        piece = Piece(eye.points, eye.triangles(), np.zeros((0, 3)))
        normals = surface_normals(piece)
        albedo, catch = look.eye_albedo(eye.points, centre, bust.eye_radius, seed)
        light = baked(eye.points, normals, tracer, seed, rays)
        step = neighbours(len(eye.points), piece.triangles)
        for _ in range(6):
            light = step @ light
        piece.colour = albedo * light * 1.1 + catch
        out.append(piece)
    return out


def scene(expression: dict[str, float], seed: int, rays: int) -> Piece:
    """Everything that is seen, lit."""
    bust = build_bust(expression)
    skin_faces = bust.skin.triangles()
    eyes = [Piece(eye.points, eye.triangles(), eye.points) for eye in bust.eyes]
    skin = Piece(bust.skin.points, skin_faces, bust.skin.points)
    skull = groom.Skull(bust, look.mask_at("ears", bust.skin.point_uv()))
    curls, curl_normals, centre = groom.puff(skull, seed + 20)
    core = groom.ball(centre, groom.PUFF_RADIUS * 0.80, look.HAIR * 0.10)
    solid = merged([skin, *eyes, core])
    occluder = Tracer(solid.points, solid.triangles)
    head = merged([skin, *eyes])
    face, both = Tracer(skin.points, skin_faces), Tracer(head.points, head.triangles)
    pieces = [lit_skin(bust, occluder, seed, rays), *lit_eyes(bust, occluder, seed, rays), core]
    for strands, normals in (
        groom.combed(bust, skull, seed + 10),
        groom.wisps(bust, skull, seed + 15),
        (curls, curl_normals),
        groom.brows(bust, face, seed + 30),
        groom.lashes(bust, both, len(skin_faces), seed + 40),
    ):
        pieces.append(lit_strands(strands, normals, occluder, seed, max(rays // 4, 8)))
    return merged(pieces)


_WORK: dict[str, object] = {}


def _draw(task: tuple[str, Floats, int, int, int]) -> tuple[str, np.ndarray]:
    name, pose, size, grid, seed = task
    piece = _WORK["piece"]
    assert isinstance(piece, Piece)
    if "tracer" not in _WORK:
        _WORK["tracer"] = Tracer(piece.points, piece.triangles)
    focal = size / 2 / np.tan(FIELD_OF_VIEW / 2)
    return name, picture(piece, _WORK["tracer"], pose, size, focal, grid, seed)  # type: ignore[arg-type]


def draw_all(piece: Piece, tasks: list[tuple[str, Floats, int, int, int]], workers: int) -> dict[str, np.ndarray]:
    """Every picture by name; each worker builds its own tree."""
    _WORK.clear()
    _WORK["piece"] = piece
    with get_context("fork").Pool(workers) as pool:
        return dict(pool.imap(_draw, tasks))


def sheet(pictures: list[np.ndarray], columns: int, back: tuple[int, int, int] = (58, 60, 64)) -> Image.Image:
    """Pictures over a plain ground, side by side."""
    side = pictures[0].shape[0]
    rows = -(-len(pictures) // columns)
    out = Image.new("RGB", (columns * side, rows * side), back)
    for k, rgba in enumerate(pictures):
        tile = Image.fromarray(rgba, "RGBA")
        out.paste(tile, (k % columns * side, k // columns * side), tile)
    return out


def main() -> None:
    """Build the capture, or one preview sheet."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--size", type=int, default=256)
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--grid", type=int, default=8, help="rays for a pixel: grid x grid")
    parser.add_argument("--rays", type=int, default=96, help="light rays for a point")
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--out", type=Path, default=HERE / "capture")
    parser.add_argument("--preview", type=Path, help="draw only a sheet of --views, to this file")
    parser.add_argument("--sheet", action="store_true", help="draw sheet.webp as well as the capture")
    parser.add_argument("--views", default="0,0 35,5 90,0 180,5 -50,10 20,32")
    parser.add_argument("--expression", default="", help="target=weight,... in place of the light smile")
    args = parser.parse_args()
    pairs = [part.split("=") for part in args.expression.split(",") if part]
    expression = {name: float(weight) for name, weight in pairs} or EXPRESSION
    piece = scene(expression, args.seed, args.rays)
    if args.preview or args.sheet:
        views = [tuple(float(x) for x in pair.split(",")) for pair in args.views.split()]
        tasks = [(str(k), pose_at(*view), args.size, args.grid, k) for k, view in enumerate(views)]
        drawn = sheet(list(draw_all(piece, tasks, args.workers).values()), min(3, len(views)))
        drawn.save(args.preview or HERE / "sheet.webp", quality=88, method=6)
    if not args.preview:
        write_capture(piece, args)


def write_capture(piece: Piece, args: argparse.Namespace) -> None:
    """Pictures and transforms.json."""
    views = cameras(args.seed)
    tasks = [(n, pose_at(a, e), args.size, args.grid, args.seed + k) for k, (n, _, a, e) in enumerate(views)]
    (args.out / "images").mkdir(parents=True, exist_ok=True)
    for name, rgba in draw_all(piece, tasks, args.workers).items():
        Image.fromarray(rgba, "RGBA").save(args.out / "images" / f"{name}.png", optimize=True)
    focal = args.size / 2 / np.tan(FIELD_OF_VIEW / 2)
    frames = [
        {"file_path": f"images/{n}.png", "split": split, "transform_matrix": pose_at(a, e).tolist()}
        for n, split, a, e in views
    ]
    about = {"camera_model": "PINHOLE", "w": args.size, "h": args.size, "fl_x": focal, "fl_y": focal}
    about |= {"cx": args.size / 2, "cy": args.size / 2, "camera_angle_x": FIELD_OF_VIEW, "frames": frames}
    (args.out / "transforms.json").write_text(json.dumps(about, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
