"""An invented person who moves: the head of parts.npz posed by ARKit's controls, coloured and lit.

Units are the captures': head and neck two units tall, centred on the origin, y up, the face towards +z.  Skin, lips,
brows and hair are painted on the resting face and move with it; light is fixed in the world and falls on the posed
surface, so a smile changes shading as well as shape.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from people.draw import draw
from people.surface import Floats, Topology, summed
from stagedoor.worker.double.camera import Camera

PARTS = Path(__file__).with_name("parts.npz")
MASK_LIPS, MASK_MOUTH, MASK_EARS, MASK_LIDS = range(4)
EYES = (1, 2)
UPPER_TEETH, LOWER_TEETH, TONGUE = 3, 4, 5
SKIN = np.array([0.52, 0.30, 0.20])
LAMPS = (
    (np.array([0.55, 0.55, 0.80]), np.array([1.02, 0.97, 0.90])),
    (np.array([-0.85, 0.15, 0.45]), np.array([0.34, 0.38, 0.46])),
    (np.array([0.10, 0.35, -1.0]), np.array([0.36, 0.36, 0.38])),
)
"""Directions to soft lamps, and their linear colours."""
SKY = np.array([0.30, 0.32, 0.35])


class Person:
    """The head, and everything about it that no expression changes.  `levels` 2 is the full surface, 1 a quick one."""

    def __init__(self, *, levels: int = 2) -> None:
        with np.load(PARTS, allow_pickle=False) as held:
            self.rest: Floats = held["points"].astype(np.float64)
            self.controls = tuple(sorted(name[3:] for name in held.files if name.startswith("at_")))
            self.moves = {name: (held[f"at_{name}"].astype(np.int64), held[f"move_{name}"].astype(np.float64))
                          for name in self.controls}  # fmt: skip
            quads, groups, masks = held["quads"].astype(np.int64), held["groups"], held["masks"]
        self.surface = Topology(quads=quads, points=len(self.rest), levels=levels)
        self.triangles = self.surface.triangles()
        self.groups = self.surface.point_groups(groups)
        # A coarser level's points come first in a finer one: the masks' head serves it.
        self.masks = masks[: self.surface.points].astype(np.float64) / 248.0
        self.albedo = self._painted(self.surface.refine(self.rest))

    def posed(self, weights: Mapping[str, float]) -> Floats:
        """The finest points [P,3] with each control at its weight, 0 to 1."""
        points = self.rest.copy()
        for name, weight in weights.items():
            at, move = self.moves[name]
            points[at] += weight * move
        return self.surface.refine(points)

    def lit(self, points: Floats) -> Floats:
        """Colours [P,3] as shown, of the posed surface under the fixed light."""
        corners = points[self.triangles]
        face = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
        normal = summed(self.triangles.ravel().astype(np.int64), np.repeat(face, 3, axis=0), len(points))
        normal /= np.maximum(np.linalg.norm(normal, axis=1, keepdims=True), 1e-12)
        light = SKY * (0.62 + 0.38 * normal[:, 1:2])
        for towards, colour in LAMPS:
            # Wrapped, as light under skin is: the shadow's edge is soft and nothing is black.
            facing = np.clip((normal @ (towards / np.linalg.norm(towards)) + 0.3) / 1.3, 0.0, 1.0)
            light = light + colour * (facing**1.4)[:, None]
        shown: Floats = np.clip(self.albedo * light, 0.0, 1.0) ** (1 / 2.2)
        return shown

    def pictures(self, weights: Mapping[str, float], cameras: tuple[Camera, ...]) -> NDArray[np.uint8]:
        """uint8 [N,H,W,4], straight alpha: the person in one expression from every camera."""
        points = self.posed(weights)
        colours = self.lit(points)
        return np.stack([draw(points, self.triangles, colours, camera) for camera in cameras])

    def eye(self, group: int) -> tuple[Floats, float]:
        """Centre [3] and radius of an eyeball."""
        coarse = self.surface.refine(self.rest)[self.groups == group]
        low, high = coarse.min(axis=0), coarse.max(axis=0)
        radius = float(high[0] - low[0]) / 2
        return np.array([*((low + high) / 2)[:2], high[2] - radius]), radius

    def _painted(self, p: Floats) -> Floats:
        """Linear albedo [P,3] at the resting points."""
        tint = 1 + 0.06 * waves(p, 9.0, 1) + 0.09 * waves(p, 31.0, 2) + 0.05 * waves(p, 70.0, 3)
        colour = SKIN * tint[:, None]
        lips, mouth, ears, lids = (self.masks[:, k] for k in range(4))
        colour = blend(colour, np.array([0.52, 0.24, 0.17]), 0.5 * ears)
        colour = blend(colour, np.array([0.40, 0.20, 0.15]), 0.35 * lids)
        colour = blend(colour, np.array([0.40, 0.14, 0.12]) * tint[:, None], 0.85 * lips)
        colour = blend(colour, np.array([0.07, 0.015, 0.012]), mouth)
        left, radius = self.eye(1)
        for side in (1.0, -1.0):
            middle = left * [side, 1, 1]
            spot = middle + np.array([0.10 * side, -0.26, 0.05])
            colour = blend(colour, np.array([0.58, 0.25, 0.18]), 0.45 * blob(p, spot, (0.13, 0.10, 0.3)))
            colour = blend(colour, np.array([0.035, 0.022, 0.016]), 0.92 * brow(p, middle, side))
        colour = blend(colour, np.array([0.030, 0.020, 0.016]) * (1 + 0.9 * waves(p * [1, 0.3, 1], 60.0, 4))[:, None],
                       hair(p, left) * (1 - ears))  # fmt: skip
        for group in EYES:
            at = self.groups == group
            centre, radius = self.eye(group)
            colour[at] = eyeball(p[at], centre, radius)
        colour[(self.groups == UPPER_TEETH) | (self.groups == LOWER_TEETH)] = [0.50, 0.46, 0.38]
        colour[self.groups == TONGUE] = [0.28, 0.09, 0.08]
        return np.asarray(colour)


def eyeball(p: Floats, centre: Floats, radius: float) -> Floats:
    """White, iris and pupil by the angle from straight ahead; a painted catchlight."""
    out = (p - centre) / radius
    off = np.hypot(out[:, 0], out[:, 1])
    colour = np.full((len(p), 3), [0.62, 0.58, 0.55])
    front = out[:, 2] > 0
    colour = blend(colour, np.array([0.16, 0.085, 0.035]), np.clip((0.56 - off) / 0.06, 0, 1) * front)
    colour = blend(colour, np.array([0.008, 0.007, 0.007]), np.clip((0.27 - off) / 0.05, 0, 1) * front)
    glint = np.hypot(out[:, 0] - 0.2, out[:, 1] - 0.22)
    return blend(colour, np.array([0.95, 0.95, 0.95]), np.clip((0.13 - glint) / 0.05, 0, 1) * front)


def brow(p: Floats, eye: Floats, side: float) -> Floats:
    """How much of a point is brow: a soft band over the eye that thins outwards."""
    along = (p[:, 0] * side - eye[0] * side - 0.02) / 0.17
    height = eye[1] + 0.150 + 0.035 * np.cos(along * 1.3) - 0.012 * along
    thick = 0.030 - 0.008 * along
    inside = np.clip((1.0 - np.abs(along)) / 0.25, 0, 1) * (p[:, 2] > eye[2] - 0.12)
    hairs = 0.75 + 0.25 * np.sin(along * 60 + 140 * p[:, 1])
    return np.asarray(inside * hairs * np.exp(-(((p[:, 1] - height) / np.maximum(thick, 0.01)) ** 4)))


def hair(p: Floats, eye: Floats) -> Floats:
    """A close crop: above and behind a line round the head."""
    around = np.degrees(np.abs(np.arctan2(p[:, 0], p[:, 2] - 0.05)))
    line = np.interp(around, [0, 35, 55, 75, 95, 120, 180], [0.44, 0.42, 0.28, 0.02, -0.10, -0.32, -0.48])
    return np.asarray(np.clip((p[:, 1] - eye[1] - line + 0.03 * waves(p, 25.0, 6)) / 0.05, 0, 1))


def blend(colour: Floats, other: Floats, amount: Floats) -> Floats:
    """Colour moved towards another by an amount for each point."""
    return np.asarray(colour + (other - colour) * amount[:, None])


def blob(p: Floats, centre: Floats, radii: tuple[float, float, float]) -> Floats:
    """A soft spot with a radius for each axis."""
    return np.asarray(np.exp(-(((p - centre) / np.array(radii)) ** 2).sum(axis=1)))


def waves(p: Floats, frequency: float, seed: int) -> Floats:
    """Smooth variation in [-1, 1]: six plane waves, the same for the same seed."""
    chance = np.random.default_rng(seed)
    turns, phases = chance.normal(size=(6, 3)), chance.uniform(0, 6.28, 6)
    turns *= frequency / np.linalg.norm(turns, axis=1, keepdims=True)
    return np.asarray(np.sin(p @ turns.T + phases).mean(axis=1))
