"""Outlines of masks, and where a shape's own outline ought to be moved to meet them.

A shape's outline in a view runs where its surface turns away: across the edges of which one end faces the camera and
the other does not.  Each point of a mask's outline asks the nearest such place with a like normal to come to it.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from stagedoor.capture.limits import MASK_ALPHA_MIN
from stagedoor.worker.double._jit import njit
from stagedoor.worker.double.bust import Doubles, Flags, Ints
from stagedoor.worker.double.project import NEAR

BLUR_PX = 5
"""Half width of the window over which a mask's outline is given a direction."""
TURNED = 14.0
"""Units (Outline) that a normal pointing the opposite way counts as being further off, times two."""
MET = 0.25
"""Of FAR: an outline's point that the shape comes so near is met."""
FAR = 8.0
"""Units from which an outline's point is missed altogether."""
SOFT = 0.3
"""Of the reach: what is further off counts less and less (Geman and McClure), as hair, hats and clothes must."""
OUTSIDE_WEIGHT = 0.3
"""Of a point of the shape that lies outside a mask, beside a point of the mask's outline."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Outline:
    """One view's: points [C,2] in pixels, outward unit directions [C,2], the mask [H,W], world-to-camera [4,4], lens
    (fx, fy, cx, cy), and the pixels that count as one unit of distance."""

    points: Doubles
    outward: Doubles
    mask: Flags
    camera: Doubles
    lens: Doubles
    unit: float

    def thinned(self, count: int) -> Outline:
        """With about so many points, evenly taken."""
        step = max(1, len(self.points) // count)
        return Outline(points=self.points[::step], outward=self.outward[::step], mask=self.mask, camera=self.camera,
                       lens=self.lens, unit=self.unit)  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Pulls:
    """What is asked of a shape.  Of R pulls: the place is (1 - share) of point `one` and `share` of point `two`; a
    step d in the world moves it by (across . d) pixels along the outline's normal, and `off` pixels are wanted.

    cost: 0 where every outline is met, up to 2 where none is.  met: the share of outline points that are met.
    """

    one: Ints
    two: Ints
    share: Doubles
    across: Doubles
    off: Doubles
    weight: Doubles
    cost: float
    met: float


def outline_of(alpha: NDArray[np.uint8], camera: Doubles, lens: Doubles, unit: float) -> Outline:
    """Where alpha [H,W] crosses MASK_ALPHA_MIN between neighbouring pixels, to a part of a pixel."""
    values: Doubles = alpha.astype(np.float64)
    smooth = _smoothed(values)
    down, along = np.gradient(smooth, axis=0), np.gradient(smooth, axis=1)
    places, ways = [], []
    for axis in (0, 1):
        low, high = (values[:-1], values[1:]) if axis == 0 else (values[:, :-1], values[:, 1:])
        rows, columns = np.nonzero((low >= MASK_ALPHA_MIN) != (high >= MASK_ALPHA_MIN))
        part = (MASK_ALPHA_MIN - low[rows, columns]) / (high[rows, columns] - low[rows, columns])
        places.append(np.stack([columns + 0.5 + axis * part, rows + 0.5 + (1 - axis) * part], axis=1))
        near = (rows + (1 - axis) * (part > 0.5), columns + axis * (part > 0.5))
        ways.append(-np.stack([along[near], down[near]], axis=1))
    outward = np.concatenate(ways)
    outward /= np.sqrt((outward**2).sum(axis=1, keepdims=True)) + 1e-9
    return Outline(points=np.concatenate(places), outward=outward, mask=alpha >= MASK_ALPHA_MIN, camera=camera,
                   lens=lens, unit=unit)  # fmt: skip


def _smoothed(values: Doubles) -> Doubles:
    """A blur by a triangle of half width BLUR_PX along both axes, the edge repeated."""
    weights = BLUR_PX - np.abs(np.arange(1 - BLUR_PX, BLUR_PX, dtype=np.float64))
    for axis in (0, 1):
        reach = [(BLUR_PX - 1, BLUR_PX - 1) if k == axis else (0, 0) for k in (0, 1)]
        wide, count = np.pad(values, reach, mode="edge"), values.shape[axis]
        blurred = np.zeros_like(values)
        for place, weight in enumerate(weights):
            blurred += weight / weights.sum() * np.take(wide, np.arange(place, place + count), axis=axis)
        values = blurred
    return values


@dataclass(frozen=True, slots=True, kw_only=True)
class Shape:
    """points [N,3] in the world, outward unit normals [N,3], edges [E,2], and the cut [N] that no outline asks for."""

    points: Doubles
    normals: Doubles
    edges: Ints
    cut: Flags


def pulls_of(outlines: list[Outline], shape: Shape, reach: float) -> Pulls:
    """What all outlines ask of a shape; what is further off than `reach` units asks nothing."""
    parts, missed, outside, inside = [], [], 0.0, 0
    for outline in outlines:
        seen, across = _projected(outline, shape.points)
        rim, costs = _to_outline(outline, shape, seen, across, reach)
        parts.append(rim)
        missed.append(costs)
        back, strays, counted = _back_inside(outline, shape.cut, seen, across, reach)
        parts.append(back)
        outside, inside = outside + strays, inside + counted
    one, two, share, jacobian, off, weight = (np.concatenate(column) for column in zip(*parts, strict=True))
    off_them = np.concatenate(missed)
    return Pulls(
        one=one, two=two, share=share, across=jacobian, off=off, weight=weight,
        cost=float(off_them.sum()) / max(len(off_them), 1) + outside / max(inside, 1),
        met=float((off_them < MET).sum()) / max(len(off_them), 1),
    )  # fmt: skip


def _projected(outline: Outline, points: Doubles) -> tuple[Doubles, Doubles]:
    """(pixels [N,2], what a world step does to them [N,2,3])."""
    turn, shift = outline.camera[:3, :3], outline.camera[:3, 3]
    fx, fy, cx, cy = outline.lens
    held = np.einsum("rk,nk->nr", turn, points) + shift
    near = 1.0 / np.maximum(held[:, 2], NEAR)
    seen = np.stack([fx * held[:, 0] * near + cx, fy * held[:, 1] * near + cy], axis=1)
    ahead = (held[:, :2] * near[:, None])[:, :, None] * turn[2]
    return seen, np.array([fx, fy])[:, None] * near[:, None, None] * (turn[:2] - ahead)


Part = tuple[Ints, Ints, Doubles, Doubles, Doubles, Doubles]


def _to_outline(outline: Outline, shape: Shape, seen: Doubles, across: Doubles, reach: float) -> tuple[Part, Doubles]:
    """Each point of the mask's outline and the place of the shape's that it asks for; how far off each is, 0 to 1."""
    turn = outline.camera[:3, :3]
    eye = -np.einsum("rk,r->k", turn, outline.camera[:3, 3])
    normals = shape.normals
    facing = (normals * (eye - shape.points)).sum(axis=1)
    one, two = shape.edges[:, 0], shape.edges[:, 1]
    turning = ((facing[one] > 0) != (facing[two] > 0)) & ~(shape.cut[one] & shape.cut[two])
    one, two = one[turning], two[turning]
    share = facing[one] / (facing[one] - facing[two])
    place = seen[one] + share[:, None] * (seen[two] - seen[one])
    normal = normals[one] + share[:, None] * (normals[two] - normals[one])
    flat = np.einsum("rk,nk->nr", turn[:2], normal)
    flat /= np.sqrt((flat**2).sum(axis=1, keepdims=True)) + 1e-9
    unit = outline.unit
    best, distance = nearest(outline.points, outline.outward, place, flat, (TURNED * unit) ** 2)
    near = distance < reach * unit
    best, outward = best[near], outline.outward[near]
    off = ((outline.points[near] - place[best]) * outward).sum(axis=1)
    slope = across[one[best]] + share[best, None, None] * (across[two[best]] - across[one[best]])
    weight = 1.0 / (1.0 + (off / (SOFT * reach * unit)) ** 2) ** 2
    asked = np.einsum("nk,nkj->nj", outward, slope)
    missed = np.ones(len(near))
    missed[near] = np.minimum(np.abs(off) / (FAR * unit), 1.0)
    return (one[best], two[best], share[best], asked, off, weight), missed


def _back_inside(outline: Outline, cut: Flags, seen: Doubles, across: Doubles, reach: float) -> tuple[Part, float, int]:
    """Points of the shape outside the mask but in the frame, asked back; how far they stray and how many could."""
    height, width = outline.mask.shape
    framed = ((seen >= 0) & (seen < [width, height])).all(axis=1) & ~cut
    at = seen[framed].astype(np.int64)
    astray = np.nonzero(framed)[0][~outline.mask[at[:, 1], at[:, 0]]]
    best, distance = nearest(seen[astray], seen[astray], outline.points, outline.points, 0.0)
    strays = float(np.minimum(distance / (FAR * outline.unit), 1.0).sum())
    off = ((outline.points[best] - seen[astray]) * outline.outward[best]).sum(axis=1)
    asked = (distance < reach * outline.unit) & (off < 0)
    astray, best, off = astray[asked], best[asked], off[asked]
    slope = np.einsum("nk,nkj->nj", outline.outward[best], across[astray])
    weight = OUTSIDE_WEIGHT / (1.0 + (off / (SOFT * reach * outline.unit)) ** 2) ** 2
    return (astray, astray, np.zeros(len(astray)), slope, off, weight), strays, int(framed.sum())


@njit()
def nearest(
    points: Doubles, ways: Doubles, others: Doubles, other_ways: Doubles, turned: float
) -> tuple[Ints, Doubles]:
    """For each point [P,2] the number of the nearest other [Q,2] and its distance; with no others, 0 and infinity.

    `turned` is what a way [.,2] at right angles adds to the distance squared.
    """
    at, away = np.zeros(len(points), np.int64), np.full(len(points), np.inf)
    for p in range(len(points)):
        for q in range(len(others)):
            x, y = points[p, 0] - others[q, 0], points[p, 1] - others[q, 1]
            square = x * x + y * y
            if turned > 0.0:
                square += turned * (1.0 - ways[p, 0] * other_ways[q, 0] - ways[p, 1] * other_ways[q, 1])
            if square < away[p]:
                at[p], away[p] = q, square
    return at, np.sqrt(away)
