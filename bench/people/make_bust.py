"""Writes bust.npz, the shape of heads that the double's start leans on.  `python make_bust.py FOLDER`

FOLDER holds the CC0 parts that make_parts.py takes.  PEOPLE heads with necks and shoulders are mixed from them by
chance, half of their features at random strengths, brought to one size and place, and told as a mean and the
directions in which they differ most.  Nobody among them was scanned, photographed or described.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE.parent))

from people.make_parts import read_base, target  # noqa: E402 - a bench folder is no package on the path

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

OUT = HERE.parents[1] / "src" / "stagedoor" / "worker" / "double" / "bust.npz"
PEOPLE, SEED, MODES = 400, 7, 24
GROUPS = ("body", "helper-l-eye", "helper-r-eye")
BOTTOM_Y, ARM_X = 4.3, 2.1
"""Decimetres: faces with a corner below, or farther out, are left out: chest and arms."""
HEAD_Y = 6.6
"""Decimetres: the head, by which sizes and places are evened out."""
BROAD = ("head", "neck", "chin", "nose", "forehead", "cheek")
SIDES, CELLS, DEPTH = 96, 160, 0.06
"""Inner faces (mouth, sockets) are those that no one of SIDES sides sees, to DEPTH decimetres."""


def main() -> None:
    """Reads the folder, writes bust.npz where the worker looks for it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    folder: Path = parser.parse_args().folder
    base, _, faces = read_base(folder / "3dobjs" / "base.obj")
    people = mixed(folder, base)
    quads = np.concatenate([faces[group][:, :, 0] for group in GROUPS])
    mean = people.mean(axis=0)
    at = mean[quads]
    quads = quads[((at[..., 1] > BOTTOM_Y) & (np.abs(at[..., 0]) < ARM_X)).all(axis=1)]
    quads = quads[seen(mean, quads)[quads].any(axis=1)]
    used, flat = np.unique(quads, return_inverse=True)
    quads = flat.reshape(-1, 4)
    heads = evened(people[:, used])
    middle = heads.mean(axis=0)
    _, spread, modes = np.linalg.svd((heads - middle).reshape(PEOPLE, -1), full_matrices=False)
    share = (spread[:MODES] ** 2).sum() / (spread**2).sum()
    steps = (modes[:MODES] * spread[:MODES, None] / np.sqrt(PEOPLE)).reshape(MODES, -1, 3)
    scales = np.abs(steps).max(axis=(1, 2)) / 127.0
    np.savez_compressed(
        OUT,
        mean=middle.astype(np.float16),
        modes=np.rint(steps / scales[:, None, None]).astype(np.int8),
        scales=scales.astype(np.float32),
        quads=quads.astype(np.uint16),
        cut=rim(middle, quads),
    )
    print(f"{len(middle)} points, {len(quads)} quads, {MODES} directions hold {share:.3f}: {OUT.stat().st_size} bytes")


def mixed(folder: Path, base: Floats) -> NDArray[np.float32]:
    """PEOPLE bodies [P,V,3] in decimetres, alike on both sides."""
    names = sorted(
        path.relative_to(folder / "targets").as_posix().removesuffix(".target.gz")
        for path in (folder / "targets").rglob("*.target.gz")
        if "expression" not in path.parts
    )
    moves = {name: target(folder, name, len(base)).astype(np.float32) for name in names}
    regions = [name for name in names if name.startswith("macrodetails/") and "universal" not in name]
    builds = [name for name in names if "universal" in name]
    features: dict[str, list[str]] = {}
    for name in names:
        if not name.startswith("macrodetails/"):
            features.setdefault(name.replace("/l-", "/-").replace("/r-", "/-"), []).append(name)
    chance = np.random.default_rng(SEED)
    out = np.empty((PEOPLE, *base.shape), np.float32)
    out[...] = base
    for place in range(PEOPLE):
        person = out[place]
        for group in (regions, builds):
            for name, share in zip(group, chance.dirichlet(np.full(len(group), 0.35)), strict=True):
                np.add(person, np.float32(share) * moves[name], out=person)
        for both in features.values():
            broad = both[0].split("/")[0] in BROAD
            strength = abs(chance.normal()) * (0.35 if broad else 0.3) * (chance.random() < 0.5)
            for name in both:
                np.add(person, np.float32(strength) * moves[name], out=person)
    return out


def evened(people: NDArray[np.float32]) -> Floats:
    """The same busts [P,U,3] with their heads in one place and of one size."""
    out = people.astype(np.float64)
    head = out[:, :, 1].mean(axis=0) > HEAD_Y
    out -= out[:, head].mean(axis=1, keepdims=True)
    size = np.sqrt((out[:, head] ** 2).sum(axis=2)).mean(axis=1)
    return np.asarray(out / size[:, None, None] * size.mean())


def seen(points: Floats, quads: Ints) -> NDArray[np.bool_]:
    """Which points [V] stand nearest on some line of sight: an orthographic depth map from each side."""
    corners = points[quads]
    shares = [(a, b) for a in (0.05, 0.35, 0.65, 0.95) for b in (0.05, 0.35, 0.65, 0.95)]
    samples = np.concatenate(
        [
            (1 - a) * ((1 - b) * corners[:, 0] + b * corners[:, 1]) + a * ((1 - b) * corners[:, 3] + b * corners[:, 2])
            for a, b in shares
        ]
    )
    used = np.unique(quads)
    low = samples.min(axis=0)
    span = float((samples.max(axis=0) - low).max()) * 1.8
    middle = samples.mean(axis=0)
    out = np.zeros(len(points), np.bool_)
    for k in range(SIDES):
        height = 1.0 - (2 * k + 1) / SIDES
        turn = k * np.pi * (3 - np.sqrt(5))
        flat = np.sqrt(1 - height**2)
        way = np.array([flat * np.cos(turn), height, flat * np.sin(turn)])
        right = np.cross(way, [0.0, 1.0, 0.0])
        right /= np.linalg.norm(right)
        axes = np.stack([right, np.cross(right, way)])
        cells = np.clip(((samples - middle) @ axes.T / span + 0.5) * CELLS, 0, CELLS - 1).astype(int)
        depth = np.full(CELLS * CELLS, np.inf)
        np.minimum.at(depth, cells[:, 0] * CELLS + cells[:, 1], (samples - middle) @ way)
        own = np.clip(((points[used] - middle) @ axes.T / span + 0.5) * CELLS, 0, CELLS - 1).astype(int)
        nearest = depth[own[:, 0] * CELLS + own[:, 1]]
        out[used] |= (points[used] - middle) @ way < nearest + DEPTH
    return out


def rim(points: Floats, quads: Ints) -> NDArray[np.bool_]:
    """Which points lie on the cut through chest and arms: on an edge of one face only, below the head."""
    ends = np.sort(np.stack([quads, np.roll(quads, -1, axis=1)], axis=-1).reshape(-1, 2), axis=1)
    edges, count = np.unique(ends, axis=0, return_counts=True)
    out = np.zeros(len(points), np.bool_)
    out[edges[count == 1].ravel()] = True
    return np.asarray(out & (points[:, 1] < -1.0))


if __name__ == "__main__":
    main()
