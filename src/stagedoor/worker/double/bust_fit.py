"""Few views of a head: a general bust moved, sized, shaped and bent until its outline is that of every mask.

Three stages, each least squares on what the outlines ask (outline.py), repeated as they come nearer: place and size,
from many starts; the ways in which heads differ, each held near what is common; and a smooth bending of what is left.
Then `with_bust` keeps of the hull what lies inside.  Where a bust does not fit (no head, a hat, hair that stands far
off) nothing is changed: `fitted` gives None.
"""

# ruff: noqa: PLR0917  (numba knows no keyword-only arguments)

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

import numpy as np
from numpy.typing import NDArray

from stagedoor.worker.double._jit import njit
from stagedoor.worker.double.bust import Bust, Doubles, Flags, bust, normals_of
from stagedoor.worker.double.bust_bend import asked, bent, solved
from stagedoor.worker.double.outline import Outline, Pulls, outline_of
from stagedoor.worker.double.pool import CHUNKS, Pool
from stagedoor.worker.double.project import NEAR
from stagedoor.worker.double.rounding import azimuths_of

Bytes = NDArray[np.uint8]

UNITS = 200
"""Of distance between outlines, across the hull's box: half a hundredth of the body."""
HEIGHTS = (2.5, 3.1, 3.9, 4.9)
"""Decimetres of a body that the hull may be: a head alone, to well below the bust."""
YAWS = 12
"""Sides from which a face is tried."""
ROUGH_STEPS, ROUGH_POINTS, ROUGH_VIEWS, ROUGH_KEPT = 8, 100, 4, 2
SAME_WAY = float(np.cos(np.radians(25.0)))
"""Two turns within 25 degrees of one another end as one."""
UNIT_PX_MIN = 0.4
"""Pixels to a unit: in smaller pictures (the body some 80 pixels tall) an outline tells too little."""
VIEWS_MAX, SHAPE_STEPS, POINTS = 12, 40, 500
"""Views that are asked, evenly by azimuth: a video's hundreds would take minutes and tell no more."""
REACH, REACH_FALL, REACH_MIN = 35.0, 0.9, 6.0
"""Units within which an outline asks for a place: wide at first."""
SHAPE_WEIGHT = 0.02
"""What one common difference costs, for each pull, beside missing by a unit."""
MET_MIN = 0.5
"""Share of the masks' outlines that a bust must meet to within two units; below it is no bust."""
SHAPE_MAX = 1.0
"""Root mean square of the shape: a head is near what is common, and a ball wants more than that."""
BEYOND = 0.5
"""Decimetres off its surface a bust says nothing: hair, hats and clothes stay as the masks have them."""


@dataclass(slots=True)
class Pose:
    """Where a bust is: size (world units for a decimetre), turn [3,3], shift [3], and how much of each mode [K]."""

    size: float
    turn: Doubles
    shift: Doubles
    shape: Doubles

    def points(self, model: Bust) -> Doubles:
        """In the world, [N,3]."""
        own = model.mean + np.einsum("k,knj->nj", self.shape, model.modes[: len(self.shape)])
        return np.asarray(self.size * np.einsum("ij,nj->ni", self.turn, own) + self.shift)


@dataclass(frozen=True, slots=True, kw_only=True)
class Fitted:
    """A bust in the world: points [N,3], outward normals [N,3], its cut [N], world units for a decimetre, and the share
    of the masks' outlines that it meets."""

    points: Doubles
    normals: Doubles
    cut: Flags
    size: float
    met: float


def fitted(
    kept: Bytes, images: Bytes, cameras: Doubles, lens: Doubles, corner: Doubles, voxel: float, pool: Pool
) -> Fitted | None:
    """The bust that the masks of images [V,H,W,4] show; None where they show something else, or too small."""
    model = bust()
    box = kept.shape[0] * voxel
    middle = corner + box / 2
    ring = np.argsort(azimuths_of(cameras, middle), kind="stable")
    outlines = []
    for view in ring[:: -(-len(ring) // VIEWS_MAX)]:
        camera = cameras[view]
        depth = float((camera[2, :3] * middle).sum() + camera[2, 3])
        unit = float(lens[0]) * box / max(depth, NEAR) / UNITS
        if depth <= NEAR or unit < UNIT_PX_MIN:
            return None
        outlines.append(outline_of(images[view, ..., 3], camera, lens, unit).thinned(POINTS))
    rough = [outline.thinned(ROUGH_POINTS) for outline in outlines[:: max(1, len(outlines) // ROUGH_VIEWS)]]
    starts = _starts(model, kept, corner, voxel)
    tried = _all(pool, [partial(_posed, model, rough, start, ROUGH_STEPS, 0) for start in starts])
    best = _apart(sorted(tried, key=lambda pair: pair[1].cost))
    shaped = _all(pool, [partial(_posed, model, outlines, pose, SHAPE_STEPS, len(model.modes)) for pose in best])
    pose, _ = min(shaped, key=lambda pair: pair[1].cost)
    points, pulls = bent(model, outlines, pose.points(model), pose.size)
    if pulls.met < MET_MIN or float(np.sqrt((pose.shape**2).mean())) > SHAPE_MAX:
        return None
    normals = normals_of(points, model.triangles)
    return Fitted(points=points, normals=normals, cut=model.cut, size=pose.size, met=pulls.met)


def _all(pool: Pool, works: list[Callable[[], tuple[Pose, Pulls]]]) -> list[tuple[Pose, Pulls]]:
    """What each gives, in order, shared out over the pool."""
    out: list[tuple[Pose, Pulls]] = [None] * len(works)  # type: ignore[list-item]

    def take(chunk: int) -> None:
        for place in range(chunk, len(works), CHUNKS):
            out[place] = works[place]()

    pool.run(take)
    return out


def _apart(best_first: list[tuple[Pose, Pulls]]) -> list[Pose]:
    """The first few that do not look the same way."""
    out: list[Pose] = []
    for pose, _ in best_first:
        if all(float((pose.turn * other.turn).sum()) < 1.0 + 2.0 * SAME_WAY for other in out):
            out.append(pose)
    return out[:ROUGH_KEPT]


def _starts(model: Bust, kept: Bytes, corner: Doubles, voxel: float) -> list[Pose]:
    """Every height and side, the crown where the hull's is."""
    own = model.mean
    crown = own[own[:, 1] > own[:, 1].max() - 0.5].mean(axis=0)
    at = np.argwhere(kept)
    tall = int(np.ptp(at[:, 1])) + 1
    out = []
    for height in HEIGHTS:
        size = tall * voxel / height
        top = at[at[:, 1] > at[:, 1].max() - 0.5 * size / voxel]
        place = corner + (top.mean(axis=0) + 0.5) * voxel
        for side in range(YAWS):
            turn = turned(np.array([0.0, 2.0 * np.pi * side / YAWS, 0.0]))
            out.append(Pose(size, turn, place - size * (turn * crown).sum(axis=1), np.zeros(0)))
    return out


def turned(way: Doubles) -> Doubles:
    """The rotation [3,3] about `way` by its length in radians (Rodrigues)."""
    angle = float(np.sqrt((way**2).sum()))
    x, y, z = way / (angle + 1e-12)
    skew = np.array([[0.0, -z, y], [z, 0.0, -x], [-y, x, 0.0]])
    twice = (skew[:, :, None] * skew[None]).sum(axis=1)
    return np.asarray(np.eye(3) + np.sin(angle) * skew + (1.0 - np.cos(angle)) * twice)


def _posed(model: Bust, outlines: list[Outline], start: Pose, steps: int, modes: int) -> tuple[Pose, Pulls]:
    """The pose after so many steps, and what is still asked of it."""
    pose = Pose(start.size, start.turn, start.shift, np.zeros(modes))
    reach = REACH
    for _ in range(steps):
        points = pose.points(model)
        pulls = asked(model, outlines, points, reach)
        if len(pulls.off) == 0:
            break
        step = _step(model, pose, points, pulls, outlines[0].unit)
        pose = Pose(
            pose.size * float(np.exp(np.clip(step[0], -0.1, 0.1))),
            np.einsum("ij,jk->ik", turned(step[1:4]), pose.turn),
            pose.shift + step[4:7],
            pose.shape + step[7:],
        )
        reach = max(REACH_MIN, reach * REACH_FALL)
    return pose, asked(model, outlines, pose.points(model), REACH_MIN)


def _step(model: Bust, pose: Pose, points: Doubles, pulls: Pulls, unit: float) -> Doubles:
    """One step of Gauss and Newton: log size, turn [3], shift [3], shape [K]."""
    share = pulls.share[:, None]
    arm = points[pulls.one] + share * (points[pulls.two] - points[pulls.one]) - pose.shift
    columns = [(pulls.across * arm).sum(axis=1), *np.cross(arm, pulls.across).T, *pulls.across.T]
    back = pose.size * np.einsum("nj,ji->ni", pulls.across, pose.turn)
    for mode in model.modes[: len(pose.shape)]:
        columns.append((back * (mode[pulls.one] + share * (mode[pulls.two] - mode[pulls.one]))).sum(axis=1))
    design = np.stack(columns, axis=1)
    held = np.concatenate([np.full(7, 1e-6), np.full(len(pose.shape), SHAPE_WEIGHT * len(pulls.off) * unit**2)])
    weighed = design * pulls.weight[:, None]
    square = np.einsum("ni,nj->ij", weighed, design) + np.diag(held)
    right = np.einsum("ni,n->i", weighed, pulls.off)
    right[7:] -= held[7:] * pose.shape
    return solved(square, right)


def with_bust(kept: Bytes, body: Bytes, found: Fitted, corner: Doubles, voxel: float, pool: Pool) -> Bytes:
    """body [x,y,z] where the bust says nothing; elsewhere the hull kept [x,y,z] where it is inside the bust."""
    out = np.zeros_like(kept)
    shape = (found.points, found.normals, found.cut, (BEYOND * found.size) ** 2)
    pool.run(lambda chunk: choose(kept, body, *shape, corner, voxel, chunk, out))
    return out


@njit()
def choose(
    kept: Bytes,
    body: Bytes,
    points: Doubles,
    normals: Doubles,
    cut: Flags,
    beyond: float,
    corner: Doubles,
    voxel: float,
    chunk: int,
    out: Bytes,
) -> None:
    """Every CHUNKS-th layer: a voxel is inside where the nearest point's normal leads away from it."""
    side = kept.shape[0]
    for i in range(chunk, side, CHUNKS):
        for j in range(side):
            for k in range(side):
                if kept[i, j, k] == 0:
                    continue
                x, y, z = corner[0] + (i + 0.5) * voxel, corner[1] + (j + 0.5) * voxel, corner[2] + (k + 0.5) * voxel
                nearest, at = np.inf, 0
                for p in range(points.shape[0]):
                    dx, dy, dz = x - points[p, 0], y - points[p, 1], z - points[p, 2]
                    away = dx * dx + dy * dy + dz * dz
                    if away < nearest:
                        nearest, at = away, p
                dx, dy, dz = x - points[at, 0], y - points[at, 1], z - points[at, 2]
                outside = dx * normals[at, 0] + dy * normals[at, 1] + dz * normals[at, 2] >= 0.0
                if cut[at] or (outside and nearest > beyond):
                    out[i, j, k] = body[i, j, k]
                elif not outside:
                    out[i, j, k] = 1
