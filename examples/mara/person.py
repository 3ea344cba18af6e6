"""The invented performer's body: CC0 parts mixed into one cropped, smooth bust.

Units on disk are decimetres; the bust leaves here in capture units (about two units tall, centred on the origin,
face along +z, y up). Nothing here measures, scans or copies a real person.
"""

from __future__ import annotations

import gzip
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path

import numpy as np

from mesh import Floats, Ints, Surface, neighbours, normals_of, smooth_step, subdivided

PARTS = Path(__file__).parent / "parts"

#: Who she is: parts and weights. The macro weights sum to one.
BASE: dict[str, float] = {
    "macrodetails/african-female-young": 0.45,
    "macrodetails/caucasian-female-young": 0.35,
    "macrodetails/asian-female-young": 0.20,
    "macrodetails/universal-female-young-averagemuscle-averageweight": 1.0,
}
SHAPE: dict[str, float] = {
    "head/head-oval": 0.45,
    "head/head-fat-decr": 0.35,
    "expression/units/caucasian/eye-left-closure": 0.16,
    "expression/units/caucasian/eye-right-closure": 0.16,
    "cheek/l-cheek-bones-incr": 0.55,
    "cheek/r-cheek-bones-incr": 0.55,
    "nose/nose-hump-incr": 0.18,
    "nose/nose-width2-decr": 0.25,
    "nose/nose-point-up": 0.2,
    "mouth/mouth-angles-up": 0.35,
    "mouth/mouth-scale-horiz-decr": 0.3,
    "mouth/mouth-lowerlip-height-decr": 0.3,
    "mouth/mouth-upperlip-height-decr": 0.3,
    "mouth/mouth-cupidsbow-incr": 0.5,
    "eyes/l-eye-height2-incr": 0.05,
    "eyes/r-eye-height2-incr": 0.05,
    "chin/chin-width-decr": 0.45,
    "neck/neck-scale-vert-decr": 0.6,
    "eyes/l-eye-scale-incr": 0.4,
    "eyes/r-eye-scale-incr": 0.4,
}
EXPRESSION: dict[str, float] = {"expression/units/caucasian/mouth-corner-puller": 0.35}


@dataclass
class Base:
    """The base mesh: points, UVs, and faces by group name."""

    points: Floats
    uvs: Floats
    faces: dict[str, Ints] = field(default_factory=dict)  # (n, 4, 2): vertex and uv index


def load_base(path: Path) -> Base:
    """Read the gzipped base OBJ; every face is a quad."""
    points: list[list[float]] = []
    uvs: list[list[float]] = []
    faces: dict[str, list[list[list[int]]]] = {}
    group = "none"
    with gzip.open(path, "rt", encoding="utf-8") as lines:
        for line in lines:
            kind, _, rest = line.partition(" ")
            if kind == "v":
                points.append([float(x) for x in rest.split()[:3]])
            elif kind == "vt":
                uvs.append([float(x) for x in rest.split()[:2]])
            elif kind == "g":
                group = rest.strip()
            elif kind == "f":
                corners = [[int(i) - 1 for i in part.split("/")[:2]] for part in rest.split()]
                faces.setdefault(group, []).append(corners)
    return Base(np.array(points), np.array(uvs), {name: np.array(rows) for name, rows in faces.items()})


def read_target(name: str) -> tuple[Ints, Floats]:
    """One shape target: vertex numbers and their offsets."""
    with gzip.open(PARTS / "targets" / f"{name}.target.gz", "rt", encoding="utf-8") as lines:
        rows = [line.split() for line in lines if line.strip() and not line.startswith("#")]
    index = np.array([int(row[0]) for row in rows], dtype=np.int64)
    return index, np.array([[float(x) for x in row[1:4]] for row in rows]).reshape(-1, 3)


def shaped(base: Base, recipe: dict[str, float]) -> Floats:
    """The base points with every target of the recipe added."""
    points = base.points.copy()
    for name, weight in recipe.items():
        index, offset = read_target(name)
        np.add.at(points, index, weight * offset)
    return points


def compact(points: Floats, faces: Ints, uvs: Floats) -> Surface:
    """A surface that holds only the points that its faces use."""
    used, inverse = np.unique(faces[:, :, 0], return_inverse=True)
    return Surface(points[used], inverse.reshape(-1, 4).astype(np.int64), uvs[faces[:, :, 1]])


@dataclass
class Bust:
    """The posed bust in capture units, with the places that the look is drawn from."""

    skin: Surface
    eyes: list[Surface]
    eye_centres: Floats  # (2, 3): her left (+x), her right
    eye_radius: float
    neck: Floats
    garment: Floats  # per skin point: 1 on the jersey, 0 on skin
    collar: Floats  # per skin point: signed distance under the neckline


CUT_POWER = 4.0  # roundness of the cut: 2 is an ellipsoid, more is boxier
SCALE = 0.615  # capture units for a decimetre


def _group_centre(points: Floats, base: Base, group: str) -> Floats:
    used = np.unique(base.faces[group][:, :, 0])
    centre: Floats = points[used].mean(axis=0)
    return centre


def build_bust(expression: dict[str, float], levels: int = 3) -> Bust:
    """Mix, pose, crop, smooth and dress the bust."""
    base = load_base(PARTS / "base.obj.gz")
    points = shaped(base, {**BASE, **SHAPE, **expression})
    neck = _group_centre(points, base, "joint-neck")
    crown = _group_centre(points, base, "joint-head-2")[1]
    origin = np.array([0.0, (crown + 0.165 + neck[1] - 0.78) / 2, 0.28])
    points = (points - origin) * SCALE
    neck = (neck - origin) * SCALE
    body = base.faces["body"]
    corners = points[body[:, :, 0]]
    near = (corners[:, :, 1] > neck[1] - 1.0 * SCALE) & (np.abs(corners[:, :, 0]) < 1.9 * SCALE)
    skin = compact(points, body[near.all(axis=1)], base.uvs)
    eyes = [compact(points, base.faces[f"helper-{side}-eye"], base.uvs) for side in "lr"]
    for _ in range(levels):
        skin = subdivided(skin)
    for _ in range(levels + 1):
        eyes = [subdivided(eye) for eye in eyes]
    skin = cut_bust(skin, neck)
    centres = np.array([(e.points.min(axis=0) + e.points.max(axis=0)) / 2 for e in eyes])
    radius = float(np.ptp(eyes[0].points[:, 0]) / 2)
    for k, eye in enumerate(eyes):  # the ball is a sphere: so is its sight line
        centres[k, 2] = eye.points[:, 2].max() - radius
    collar = neckline(skin.points, neck)
    garment = smooth_step(-0.004, 0.008, collar)
    lift = 0.016 * smooth_step(-0.006, 0.012, collar) - 0.006 * smooth_step(0.062, 0.072, collar)
    skin.points += lift[:, None] * normals_of(skin.points, skin.triangles())
    return Bust(skin, eyes, centres, radius, neck, garment, collar)


def neckline(points: Floats, neck: Floats) -> Floats:
    """How far a point lies under the crew neckline: a plane that falls to the front, and the shoulders."""
    normal = np.array([0.0, -0.97, -0.24])
    through = neck + np.array([0.0, -0.06, -0.10]) * SCALE
    plane = (points - through) @ (normal / np.linalg.norm(normal))
    shoulder = 0.9 * (np.abs(points[:, 0]) - 0.53 * SCALE)
    both = np.logaddexp(plane * 15, shoulder * 15) / 15 - 0.022
    depth: Floats = np.minimum(both, neck[1] + 0.12 * SCALE - points[:, 1])
    return depth


def cut_bust(surface: Surface, neck: Floats) -> Surface:
    """Cut with an ellipsoid below the neck: points outside on kept faces are drawn to its surface."""
    centre = np.array([0.0, neck[1] + 0.45 * SCALE, 0.1 * SCALE])
    radii = np.array([1.44, 1.24, 1.7]) * SCALE
    local = (surface.points - centre) / radii
    size = (np.abs(local) ** CUT_POWER).sum(axis=1) ** (1 / CUT_POWER)
    outside = (size > 1) & (local[:, 1] < 0)
    keep = ~outside[surface.quads].all(axis=1)
    points = surface.points.copy()
    points[outside] = centre + radii * local[outside] / size[outside][:, None]
    faces = np.stack([surface.quads[keep], np.zeros_like(surface.quads[keep])], axis=-1)
    cut = compact(points, faces, np.zeros((1, 2)))
    closed = capped(Surface(cut.points, cut.quads, surface.corner_uv[keep]), centre, radii)
    local = (closed.points - centre) / radii
    size = (np.abs(local) ** CUT_POWER).sum(axis=1) ** (1 / CUT_POWER)
    soft = (smooth_step(0.90, 0.99, size) * smooth_step(-0.2, -0.4, local[:, 1]))[:, None]
    step = neighbours(len(closed.points), closed.triangles())
    for _ in range(60):
        closed.points += soft * (step @ closed.points - closed.points)
    return closed


def capped(surface: Surface, centre: Floats, radii: Floats, rings: int = 24) -> Surface:
    """Close the cut along the ellipsoid itself, ring by ring towards its lowest point."""
    sides = np.stack([surface.quads, np.roll(surface.quads, -1, axis=1)], axis=-1).reshape(-1, 2)
    key = np.sort(sides, axis=1)
    _, back, count = np.unique(key, axis=0, return_inverse=True, return_counts=True)
    rim = sides[count[back.reshape(-1)] == 1]
    rim = rim[(surface.points[rim][:, :, 1] < centre[1] - 0.1 * radii[1]).all(axis=1)]
    loop, place = np.unique(rim, return_inverse=True)
    place = place.reshape(-1, 2)
    start = (surface.points[loop] - centre) / radii
    weight = np.linspace(0, 1, rings + 1)[1:, None, None]
    local = start * (1 - weight) + np.array([0.0, -1.0, 0.0]) * weight
    local /= ((np.abs(local) ** CUT_POWER).sum(axis=2) ** (1 / CUT_POWER))[..., None]
    added = (centre + radii * local).reshape(-1, 3)
    number = np.concatenate([loop[None], len(surface.points) + np.arange(len(added)).reshape(rings, -1)])
    a, b = place[:, 0], place[:, 1]
    quads = [np.stack([n[b], n[a], m[a], m[b]], axis=1) for n, m in pairwise(number)]
    faces = np.concatenate([surface.quads, *quads])
    uv = np.concatenate([surface.corner_uv, np.zeros((len(faces) - len(surface.quads), 4, 2))])
    return Surface(np.concatenate([surface.points, added]), faces, uv)
