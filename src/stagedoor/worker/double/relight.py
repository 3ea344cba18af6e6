"""A new light on a double: its colours taken apart into albedo and shading, and lit again.

The model, said plainly: a matt surface under light from far away.  In linear light, a colour is albedo times
irradiance(normal) / pi, with irradiance by the nine numbers of degree 2 (Ramamoorthi & Hanrahan, "An Efficient
Representation for Irradiance Environment Maps", 2001), which hold about 99 % of what far light does to a matt convex
body.

How far it is physical: there are no cast shadows (a nose throws none, a chin does not darken the neck), no highlights
of the new light, no light through skin and none between surfaces; what the capture held of those stays painted into the
albedo.  Albedo and light are only known up to one factor for each colour, so the capture's light is taken as white and
of mean 1; the more of the double's normals a paint covers, the better its shade is told from it.

Directions are the capture's world: y up, the face towards +z, so light from +z is frontal.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

import numpy as np
from numpy.typing import NDArray

from stagedoor.worker.double.camera import Camera
from stagedoor.worker.double.facing import areas, normals
from stagedoor.worker.double.project import SH0
from stagedoor.worker.double.sh import basis
from stagedoor.worker.double.splats import Splats

Doubles = NDArray[np.float64]
Longs = NDArray[np.int64]

LIGHT: Final = 9
"""Coefficients of a light for each colour: spherical harmonics of degrees 0 to 2, of radiance."""
COSINE: Final = np.array([1.0] + [2.0 / 3.0] * 3 + [0.25] * 5)
"""What a matt surface makes of radiance, by degree, over pi: A = pi, 2 pi / 3, pi / 4."""
SHADE_MIN: Final = 0.04
"""Least shading: nine numbers ring a little below 0 on the far side of a lamp, and no albedo is told in the dark."""
COLOUR_MIN: Final = 1e-3
"""Least linear colour, so that a black pixel has a logarithm."""
ALBEDO_MAX: Final = 8.0
"""Above 1 is no albedo, but a highlight of the capture that stayed in it; further out is a fault."""
MATERIALS: Final = 10
"""Colours that a person is sorted into before those that are near one another are joined to one paint."""
LINK: Final = 0.2
"""Colours nearer than this are one paint in two shades: a fifth in chroma, or twice as bright."""
PAINT_SHARE_MIN: Final = 0.04
"""Share of the surface under which a colour is no paint of its own: the blend at a hairline joins no hair to skin."""
ROUNDS: Final = 12
"""Times that materials and light are fitted in turn; the shading moves under 1 % after eight."""
BRIGHTNESS: Final = 0.3
"""Weight of brightness against chroma when paints are told apart: shade changes brightness, hardly chroma."""
RIDGE: Final = 2e-3
"""Pull of the light towards one that comes equally from everywhere, against a mean weight of 1."""
HUBER: Final = 0.15
"""Relative misfit beyond which a Gaussian counts less: highlights, brows and freckles are no evidence of light."""
PANORAMA_PX_MAX: Final = 1 << 23
"""Pixels of a panorama: 4096 x 2048; nine numbers need no more."""
RADIANCE_MAX: Final = 1e6
"""Largest radiance in a panorama: the sun in one that shows a lit wall as 1 is below it."""


class LightError(ValueError):
    """This light, panorama or double cannot be used; the text says why."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Lit:
    """A double's colours taken apart: albedo [N,3] linear, at least 0; normals [N,3] outward unit vectors; light [9,3]
    radiance of the capture's light.  All float64, all read-only."""

    albedo: Doubles
    normals: Doubles
    light: Doubles

    def __post_init__(self) -> None:
        for name, shape in (("albedo", (len(self.albedo), 3)), ("normals", (len(self.albedo), 3)), ("light", (9, 3))):
            held = np.array(getattr(self, name), np.float64)
            if held.shape != shape or not np.isfinite(held).all():
                raise LightError(f"{name} has shape {held.shape}, wanted {shape} of finite numbers")
            held.flags.writeable = False
            object.__setattr__(self, name, held)


def separate(splats: Splats, cameras: Sequence[Camera] = (), *, threads: int | None = None) -> Lit:
    """Takes a double apart into albedo, normals and the light it was captured under.

    `cameras` are the capture's where known (they turn the normals outward).  Raises LightError for a double with
    numbers that are not finite.  About a second for 10,000 Gaussians; the same result at any thread count.
    """
    if not all(np.isfinite(part).all() for part in (splats.means, splats.log_scales, splats.quats, splats.colours)):
        raise LightError("the double holds numbers that are not finite: read its file again")
    facing = normals(splats, cameras, threads=threads)
    colours = linear(shown(splats))
    weights = areas(splats)
    weights /= max(float(weights.mean()), 1e-12)
    # A few huge Gaussians must not speak for everybody.
    light = fitted(colours, facing, np.minimum(weights, 10.0))
    return Lit(albedo=np.minimum(colours / shading(facing, light), ALBEDO_MAX), normals=facing, light=light)


def relit(splats: Splats, lit: Lit, light: NDArray[np.floating]) -> Splats:
    """The double under another `light` [9,3].  What hung on the direction (`rest`) grows and fades with its colour, so
    the double's own light gives its own colours back.  Raises LightError where the parts do not fit together."""
    if len(lit.albedo) != len(splats):
        raise LightError(f"these {len(lit.albedo)} albedos are of another double than these {len(splats)} Gaussians")
    before = np.maximum(shown(splats), COLOUR_MIN)
    after = coded(lit.albedo * shading(lit.normals, checked(light)))
    rest = (
        splats.rest * np.minimum(after / before, 4.0)[:, None, :].astype(np.float32) if splats.degree else splats.rest
    )
    return Splats(
        means=splats.means,
        log_scales=splats.log_scales,
        quats=splats.quats,
        opacity_logits=splats.opacity_logits,
        colours=((after - 0.5) / float(SH0)).astype(np.float32),
        rest=rest,
        antialiased=splats.antialiased,
    )


def shading(facing: Doubles, light: Doubles) -> Doubles:
    """Irradiance over pi at unit normals [N,3] under a light [9,3], at least SHADE_MIN: [N,3]."""
    return np.asarray(np.maximum(harmonics(facing) * COSINE @ light, SHADE_MIN))


def harmonics(directions: Doubles) -> Doubles:
    """The nine functions at unit directions [N,3], in the order and with the signs of sh.py: [N,9]."""
    return np.concatenate([np.full((len(directions), 1), float(SH0)), basis(directions, 2)], axis=1)


def checked(light: NDArray[np.floating]) -> Doubles:
    """The light as float64, or LightError."""
    held = np.asarray(light, np.float64)
    if held.shape != (LIGHT, 3) or not np.isfinite(held).all() or np.abs(held).max() > RADIANCE_MAX:
        raise LightError(f"a light is {LIGHT} x 3 finite numbers within {RADIANCE_MAX:.0e}, not of shape {held.shape}")
    return held


def lamps(ambient: Sequence[float], *given: tuple[Sequence[float], Sequence[float]]) -> Doubles:
    """A light [9,3] of an even part (radiance, red green blue) and lamps: direction towards it, and irradiance over pi
    that it gives a surface which faces it."""
    light = np.zeros((LIGHT, 3))
    light[0] = np.array(ambient, np.float64) / float(SH0)
    for direction, colour in given:
        way = np.array(direction, np.float64)[None]
        way /= np.linalg.norm(way)
        light += math.pi * harmonics(way).T * np.array(colour, np.float64)
    return light


def from_panorama(picture: NDArray[np.generic]) -> Doubles:
    """The light [9,3] of an equirectangular panorama [H,W,3]: uint8 as a screen shows it (sRGB), or floats of linear
    radiance.  Its top row is up (+y), its middle column is +z, and +x lies to the middle's right.

    Raises LightError for another shape or kind, over PANORAMA_PX_MAX pixels, or values that are not 0 to RADIANCE_MAX.
    """
    if picture.ndim != 3 or picture.shape[2] != 3 or not picture.size:
        raise LightError(f"a panorama is height x width x 3, not {picture.shape}")
    height, width = picture.shape[:2]
    if height * width > PANORAMA_PX_MAX:
        raise LightError(f"a panorama of {width} x {height}: at most {PANORAMA_PX_MAX} pixels; make it smaller")
    if picture.dtype != np.uint8 and not np.issubdtype(picture.dtype, np.floating):
        raise LightError(f"a panorama is 8-bit or floating point, not {picture.dtype}")
    edges = np.cos(np.linspace(0.0, math.pi, height + 1))
    turn = 2.0 * math.pi * ((np.arange(width) + 0.5) / width - 0.5)
    light = np.zeros((LIGHT, 3))
    for row in range(height):
        line = picture[row].astype(np.float64)
        if picture.dtype == np.uint8:
            line = linear(line / 255.0)
        if not np.isfinite(line).all() or line.min() < 0.0 or line.max() > RADIANCE_MAX:
            raise LightError(f"row {row} of the panorama holds what is no radiance: wanted 0 to {RADIANCE_MAX:.0e}")
        angle = math.pi * (row + 0.5) / height
        out = math.sin(angle)
        ways = np.stack([out * np.sin(turn), np.full(width, math.cos(angle)), out * np.cos(turn)], axis=1)
        light += harmonics(ways).T @ line * ((edges[row] - edges[row + 1]) * 2.0 * math.pi / width)
    return light


def exposed(light: NDArray[np.floating], level: float = 1.0) -> Doubles:
    """The same light, as strong as makes its mean over all directions `level` in brightness.  Black stays black."""
    held = checked(light)
    mean = float(held[0] @ LUMA) * float(SH0)
    return np.asarray(held * (level / mean)) if mean > 1e-9 else held


def shown(splats: Splats) -> Doubles:
    """The colours that do not hang on the direction, as a screen codes them, 0 to 1: [N,3]."""
    return np.clip(float(SH0) * splats.colours.astype(np.float64) + 0.5, 0.0, None)


def linear(colours: Doubles) -> Doubles:
    """Linear light of sRGB-coded colours; goes on above 1."""
    held = np.maximum(colours, 0.0)
    return np.where(held <= 0.04045, held / 12.92, ((held + 0.055) / 1.055) ** 2.4)


def coded(light: Doubles) -> Doubles:
    """The reverse of linear()."""
    held = np.maximum(light, 0.0)
    return np.where(held <= 0.0031308, 12.92 * held, 1.055 * held ** (1.0 / 2.4) - 0.055)


LUMA: Final = np.array([0.2126, 0.7152, 0.0722])
"""Brightness of linear red, green and blue (BT.709)."""


def fitted(colours: Doubles, facing: Doubles, weights: Doubles) -> Doubles:
    """The light [9,3] that, with MATERIALS paints, explains linear colours [N,3] on normals [N,3] best.

    In turn: each Gaussian's albedo under the light so far is sorted into paints by colour; each paint is the median of
    its own; the light is fitted to colour / paint by least squares, less to what fits badly (Huber).
    """
    design = harmonics(facing) * COSINE
    colours = np.maximum(colours, COLOUR_MIN)
    light = np.zeros((LIGHT, 3))
    light[0] = 1.0 / float(SH0)
    doubt = np.ones(len(colours))
    for _ in range(ROUNDS):
        albedo = colours / np.maximum(design @ light, SHADE_MIN)
        paint = paints(albedo, weights)
        ratio = colours / paint
        for channel in range(3):
            # A dark paint's ratio is as sure as a light one's: the misfit is relative to the shading.
            each = weights * doubt
            square = np.einsum("n,ni,nj->ij", each, design, design)
            square[1:, 1:] += RIDGE * each.sum() * np.eye(LIGHT - 1)
            light[:, channel] = np.linalg.solve(square, np.einsum("n,ni,n->i", each, design, ratio[:, channel]))
        misfit = np.abs(ratio / np.maximum(design @ light, SHADE_MIN) - 1.0).max(axis=1)
        doubt = np.minimum(1.0, HUBER / np.maximum(misfit, 1e-9))
        mean = np.einsum("n,nc->c", weights, np.maximum(design @ light, SHADE_MIN)) / weights.sum()
        light /= mean
    return light


def paints(albedo: Doubles, weights: Doubles) -> Doubles:
    """Each Gaussian's paint [N,3]: the median albedo of those of like colour, of at most MATERIALS kinds."""
    logs = np.log(np.maximum(albedo, COLOUR_MIN))
    bright = logs.mean(axis=1, keepdims=True)
    features = np.concatenate([logs - bright, BRIGHTNESS * bright], axis=1)
    kinds = np.zeros(len(features), np.int64)
    centres = features[_seeds(features)]
    for _ in range(8):
        kinds = np.argmin(((features[:, None] - centres[None]) ** 2).sum(axis=2), axis=1)
        for kind in range(len(centres)):
            own = kinds == kind
            if own.any():
                centres[kind] = np.average(features[own], axis=0, weights=weights[own] + 1e-9)
    share = np.bincount(kinds, weights=weights, minlength=len(centres)) / weights.sum()
    kinds = _joined(centres, share)[kinds]
    out = np.empty_like(albedo)
    for kind in range(len(centres)):
        own = kinds == kind
        if own.any():
            out[own] = np.exp(np.median(logs[own], axis=0))
    return out


def _joined(centres: Doubles, share: Doubles) -> Longs:
    """The number of each centre's group: large centres nearer than LINK, or joined through other large ones, share one;
    a small one goes with the nearest large one."""
    large = (share >= PAINT_SHARE_MIN) | (share == share.max())
    away = ((centres[:, None] - centres[None]) ** 2).sum(axis=2)
    near = (away < LINK**2) & large[:, None] & large[None]
    for _ in centres:
        near = near @ near
    nearest = np.where(large[None], away, np.inf).argmin(axis=1)
    return np.asarray(near.argmax(axis=1)[nearest])


def _seeds(features: Doubles) -> Longs:
    """Where the sorting starts: Gaussians far from one another, drawn with a fixed seed (k-means++)."""
    chance = np.random.default_rng(1)
    chosen = [int(chance.integers(len(features)))]
    away = ((features - features[chosen[0]]) ** 2).sum(axis=1)
    while len(chosen) < min(MATERIALS, len(features)) and away.sum() > 1e-12:
        chosen.append(int(chance.choice(len(features), p=away / away.sum())))
        away = np.minimum(away, ((features - features[chosen[-1]]) ** 2).sum(axis=1))
    return np.array(chosen, np.int64)


LIGHTS: Final = MappingProxyType(
    {
        "even": lamps((1.0, 1.0, 1.0)),
        "window": lamps((0.28, 0.31, 0.36), ((-1.0, 0.35, 0.45), (1.25, 1.3, 1.4))),
        "evening": lamps((0.20, 0.26, 0.42), ((1.0, 0.15, 0.25), (1.9, 0.95, 0.40))),
        "footlights": lamps((0.16, 0.14, 0.16), ((0.0, -1.0, 0.7), (1.5, 1.15, 0.80))),
        "moon": lamps((0.10, 0.13, 0.20), ((0.5, 0.9, -0.3), (0.45, 0.60, 0.95))),
    }
)
"""Lights by name, read-only: the same from everywhere; a window to the picture's left; a low sun to its right under a
blue sky; from below, as on an old stage; and from above and behind, at night."""
for _light in LIGHTS.values():
    _light.flags.writeable = False
