"""Writes parts.npz, the head that bench/people draws, from a folder of CC0 parts.  `python make_parts.py FOLDER`

FOLDER holds 3dobjs/base.obj, targets/ and textures/ as makehumancommunity/mpfb2 has them (LICENSE.ASSETS.md).  The
person is a mix of targets in PERSON: nobody was scanned, photographed or described.
"""

from __future__ import annotations

import argparse
import gzip
import sys
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE.parent))

from people.surface import Topology  # noqa: E402 - a bench folder is no package on the path
from people.units import UNITS  # noqa: E402 - as above

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

PERSON: dict[str, float] = {
    "macrodetails/caucasian-male-young": 0.4,
    "macrodetails/asian-male-young": 0.35,
    "macrodetails/african-male-young": 0.25,
    "macrodetails/universal-male-young-averagemuscle-averageweight": 1.0,
    "head/head-rectangular": 0.35,
    "cheek/l-cheek-bones-incr": 0.4,
    "cheek/r-cheek-bones-incr": 0.4,
    "eyes/l-eye-scale-incr": 0.35,
    "eyes/r-eye-scale-incr": 0.35,
}
NECK_Y, NECK_X = 6.05, 0.78
"""Decimetres: faces with a corner below, or below the jaw and farther out, are left out: no shoulders."""
JAW_Y = 6.55
CAP_RINGS = (0.65, 0.3, 0.03)
"""The cut neck is closed by rings of these shares of its width."""
SCALE = 0.72
"""Capture units for a decimetre: head and neck are two units tall."""
MASKS = ("lips", "inside-mouth", "ears", "eyelids")
GROUPS = ("body", "helper-l-eye", "helper-r-eye", "helper-upper-teeth", "helper-lower-teeth", "helper-tongue")
MIDDLE_SOFT = 0.10
"""Decimetres either side of the middle over which a unit of both sides is split."""


def read_base(path: Path) -> tuple[Floats, Floats, dict[str, Ints]]:
    """Points [V,3], UVs [T,2] and quads by group [F,4,2]: vertex and UV numbers."""
    points: list[list[float]] = []
    uvs: list[list[float]] = []
    faces: dict[str, list[list[list[int]]]] = {}
    group = ""
    for line in path.read_text(encoding="utf-8").splitlines():
        kind, _, rest = line.partition(" ")
        if kind == "v":
            points.append([float(x) for x in rest.split()[:3]])
        elif kind == "vt":
            uvs.append([float(x) for x in rest.split()[:2]])
        elif kind == "g":
            group = rest.strip()
        elif kind == "f":
            faces.setdefault(group, []).append([[int(i) - 1 for i in part.split("/")[:2]] for part in rest.split()])
    return np.array(points), np.array(uvs), {name: np.array(rows) for name, rows in faces.items() if name in GROUPS}


def target(folder: Path, name: str, count: int) -> Floats:
    """One target as offsets [V,3] in decimetres."""
    out = np.zeros((count, 3))
    with gzip.open(folder / "targets" / f"{name}.target.gz", "rt", encoding="utf-8") as lines:
        for line in lines:
            if line.strip() and not line.startswith("#"):
                index, *offset = line.split()[:4]
                out[int(index)] += [float(x) for x in offset]
    return out


def side_of(points: Floats, side: int) -> Floats:
    """How much of a unit belongs to one side [V,1]; side 0 takes all."""
    if side == 0:
        return np.ones((len(points), 1))
    t = np.clip(0.5 + 0.5 * side * points[:, :1] / MIDDLE_SOFT, 0.0, 1.0)
    return np.asarray(t * t * (3 - 2 * t))


def main() -> None:
    """Reads the folder, writes parts.npz beside this file."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    folder: Path = parser.parse_args().folder
    base, uvs, faces = read_base(folder / "3dobjs" / "base.obj")
    whole = base + sum(weight * target(folder, name, len(base)) for name, weight in PERSON.items())
    quads, corner_uv, groups = [], [], []
    for number, group in enumerate(GROUPS):
        rows = faces[group]
        at = whole[rows[:, :, 0]]
        held_in = (at[..., 1] > NECK_Y) & ((np.abs(at[..., 0]) < NECK_X) | (at[..., 1] > JAW_Y))
        rows = rows[held_in.all(axis=1)]
        quads.append(rows[:, :, 0])
        corner_uv.append(uvs[rows[:, :, 1]])
        groups.append(np.full(len(rows), number, np.uint8))
    used, flat = np.unique(np.concatenate(quads), return_inverse=True)
    coarse = flat.reshape(-1, 4).astype(np.int64)
    points, coarse = capped(whole[used], coarse)
    added = len(coarse) - flat.size // 4
    corner_uv.append(np.zeros((added, 4, 2)))
    groups.append(np.zeros(added, np.uint8))
    topology = Topology(quads=coarse, points=len(points), levels=2)
    centre = np.array([0.0, (points[:, 1].max() + points[:, 1].min()) / 2, 0.35])
    masks = mask_values(folder, np.concatenate(corner_uv), topology)
    held: dict[str, NDArray[np.generic]] = {
        "points": ((points - centre) * SCALE).astype(np.float32),
        "quads": coarse.astype(np.uint16),
        "groups": np.concatenate(groups),
        "masks": masks,
    }
    for control, (units, side) in UNITS.items():
        move = sum(target(folder, f"expression/units/caucasian/{unit}", len(base)) for unit in units)
        moved = (np.asarray(move) * side_of(whole, side))[used] * SCALE
        at = np.flatnonzero(np.abs(moved).max(axis=1) > 1e-5)
        held[f"at_{control}"] = at.astype(np.uint16)
        held[f"move_{control}"] = moved[at].astype(np.float16)
    np.savez_compressed(HERE / "parts.npz", **held)  # type: ignore[arg-type]


def capped(points: Floats, quads: Ints) -> tuple[Floats, Ints]:
    """The neck's cut closed, ring by ring towards its middle; new points stand after the old."""
    sides = np.stack([quads, np.roll(quads, -1, axis=1)], axis=-1).reshape(-1, 2)
    _, back, count = np.unique(np.sort(sides, axis=1), axis=0, return_inverse=True, return_counts=True)
    rim = sides[count[back.reshape(-1)] == 1]
    rim = rim[(points[rim][:, :, 1] < JAW_Y).all(axis=1)]
    loop, place = np.unique(rim, return_inverse=True)
    a, b = place.reshape(-1, 2).T
    middle = points[loop].mean(axis=0) - [0, 0.15, 0]
    outer, parts = loop, [quads]
    for share in CAP_RINGS:
        inner = len(points) + np.arange(len(loop))
        points = np.concatenate([points, middle + share * (points[loop] - middle)])
        parts.append(np.stack([outer[b], outer[a], inner[a], inner[b]], axis=1))
        outer = inner
    return points, np.concatenate(parts)


def mask_values(folder: Path, corner_uv: Floats, topology: Topology) -> NDArray[np.uint8]:
    """The masks at every point of the refined surface: uint8 [points,len(MASKS)]."""
    uv = topology.refined_uv(corner_uv)
    out = np.empty((len(uv), len(MASKS)), np.uint8)
    for k, name in enumerate(MASKS):
        with Image.open(folder / "textures" / f"mpfb_{name}.jpg") as picture:
            grey = np.asarray(picture.convert("L"))
        row = np.clip(((1 - uv[:, 1]) * grey.shape[0]).astype(int), 0, grey.shape[0] - 1)
        column = np.clip((uv[:, 0] * grey.shape[1]).astype(int), 0, grey.shape[1] - 1)
        # Six bits are enough for a soft edge and pack far smaller.
        out[:, k] = grey[row, column] & 0xF8
    return out


if __name__ == "__main__":
    main()
