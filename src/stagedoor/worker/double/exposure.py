"""Views that were exposed differently are brought to one exposure before training, by what they saw in common.

A point of the surface that several views face has one colour there, but for the exposure of each; the median over
points of each view's ratio to the others' mean, colour by colour, is that view's gain, where the points agree on it.
Gloss, which differs between views too, is rare on a face and does not move a median.  Captures that agree within AGREE
are left as they are.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from stagedoor.capture.limits import MASK_ALPHA_MIN

POINTS_MAX = 3_000
"""Points of the surface that are asked: the median of a view's share of them is sure to a thousandth."""
POINTS_MIN = 50
"""A view that faces fewer is left as it is."""
FACING_MIN = 0.5
"""Cosine between a point's normal and the way to the camera: nearer to the edge, pixels mix with what lies behind."""
DARK = 0.02
"""Colours below this, of 1, tell no ratio."""
BRIGHT = 0.98
"""Colours above this were cut off by the camera."""
ROUNDS = 5
"""Of gains and mean colours in turn; they settle in three."""
AGREE = 0.03
"""Views whose gains all lie within 3 % of one are taken as exposed alike."""

SURE = 2.0
"""A gain counts if it is this many times the scatter (median deviation) of the points that tell it: hollow things hide
their own surface, and what a view then sees in its place scatters widely."""

Doubles = NDArray[np.float64]


def gains(
    images: NDArray[np.uint8], cameras: Doubles, lens: Doubles, points: Doubles, normals: Doubles
) -> Doubles | None:
    """By how much each view is brighter than all together, [V,3], geometric mean 1; None if they agree.

    images [V,H,W,4] straight alpha; cameras world-to-camera [V,4,4]; lens fx, fy, cx, cy; points and outward normals
    [M,3] of the surface, world units.
    """
    step = max(1, len(points) // POINTS_MAX)
    seen = _looked_at(images, cameras, lens, points[::step], normals[::step])
    known = ~np.isnan(seen[..., 0])
    told = known[:, known.sum(axis=0) >= 2]
    logs = np.log(np.where(known[..., None], seen, 1.0))[:, known.sum(axis=0) >= 2]
    found = np.zeros((len(images), 3))
    if (told.sum(axis=1) < POINTS_MIN).any():
        return None
    for _ in range(ROUNDS):
        shares = told[..., None] * (logs - found[:, None])
        middle = shares.sum(axis=0) / told.sum(axis=0)[:, None]
        for view in range(len(images)):
            found[view] = np.median((logs[view] - middle)[told[view]], axis=0)
        found -= found.mean(axis=0)
    scatter = np.stack([np.median(np.abs((logs[v] - middle - found[v])[told[v]]), axis=0) for v in range(len(images))])
    found[np.abs(found) < SURE * scatter] = 0.0
    return None if np.abs(np.expm1(found)).max() <= AGREE else np.exp(found)


def levelled(images: NDArray[np.uint8], by: Doubles) -> NDArray[np.uint8]:
    """The views [V,H,W,4] divided by their gains [V,3], alpha as it was."""
    out = images.copy()
    for picture, gain in zip(out, by, strict=True):
        table = np.clip(np.rint(np.arange(256)[:, None] / gain), 0, 255).astype(np.uint8)
        for colour in range(3):
            picture[..., colour] = table[picture[..., colour], colour]
    return out


def _looked_at(
    images: NDArray[np.uint8], cameras: Doubles, lens: Doubles, points: Doubles, normals: Doubles
) -> Doubles:
    """Colours 0 to 1 of the points as each view sees them, [V,M,3]; NaN where it does not, or cannot tell."""
    views, height, width = images.shape[:3]
    out = np.full((views, len(points), 3), np.nan)
    for view in range(views):
        turn, shift = cameras[view, :3, :3], cameras[view, :3, 3]
        placed = (points[:, None] * turn[None]).sum(axis=2) + shift
        towards = -(turn * shift[:, None]).sum(axis=0) - points
        facing = (towards * normals).sum(axis=1) / np.sqrt((towards**2).sum(axis=1))
        depth = np.maximum(placed[:, 2], 1e-9)
        u = np.floor(lens[0] * placed[:, 0] / depth + lens[2]).astype(np.int64)
        v = np.floor(lens[1] * placed[:, 1] / depth + lens[3]).astype(np.int64)
        kept = (placed[:, 2] > 0) & (facing > FACING_MIN) & (u >= 0) & (u < width) & (v >= 0) & (v < height)
        pixels = images[view, v[kept], u[kept]]
        colours = pixels[:, :3] / 255.0
        colours[(pixels[:, 3] < MASK_ALPHA_MIN) | ((colours < DARK) | (colours > BRIGHT)).any(axis=1)] = np.nan
        out[view, kept] = colours
    return out
