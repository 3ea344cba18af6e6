"""What she looks like: skin, lips, eyes and jersey as linear colours at points. All drawn, none photographed."""

from __future__ import annotations

import numpy as np
from light import sheen
from person import PARTS, Bust
from PIL import Image
from scipy import ndimage

from mesh import Floats, noise, smooth_step

SKIN = np.array([0.400, 0.200, 0.124])
LIP = np.array([0.270, 0.088, 0.072])
HAIR = np.array([0.0235, 0.0135, 0.0090])
JERSEY = np.array([0.034, 0.062, 0.074])


def mask_at(name: str, uv: Floats) -> Floats:
    """One of the parts' masks, read at UVs (v runs upward)."""
    with Image.open(PARTS / "textures" / f"mpfb_{name}.jpg") as picture:
        grey = np.asarray(picture.convert("L"), dtype=float) / 255
    height, width = grey.shape
    at = np.array([(1 - uv[:, 1]) * height - 0.5, uv[:, 0] * width - 0.5])
    value: Floats = ndimage.map_coordinates(grey, at, order=1, mode="nearest")
    return smooth_step(0.15, 0.85, value)


def blob(points: Floats, centre: Floats, radii: tuple[float, float, float]) -> Floats:
    """A soft spot with a radius for each axis."""
    d = ((points - centre) / np.array(radii)) ** 2
    spot: Floats = np.exp(-d.sum(axis=1))
    return spot


def blend(colour: Floats, other: Floats, amount: Floats) -> Floats:
    """Colour moved towards another by an amount for each point."""
    return colour + (other - colour) * amount[:, None]


def blush(points: Floats, bust: Bust) -> Floats:
    """Where blood shows: cheeks, nose tip, chin."""
    total = np.zeros(len(points))
    for eye in bust.eye_centres:
        side = np.sign(eye[0])
        total += 0.9 * blob(points, eye + np.array([0.09 * side, -0.235, 0.02]), (0.15, 0.11, 0.25))
    middle = bust.eye_centres.mean(axis=0)
    total += 0.75 * blob(points, middle + np.array([0, -0.25, 0.30]), (0.10, 0.08, 0.16))
    total += 0.35 * blob(points, middle + np.array([0, -0.62, 0.15]), (0.12, 0.08, 0.2))
    return total


def freckles(points: Floats, bust: Bust, seed: int) -> Floats:
    """Small brown spots, thickest over nose and cheekbones; 0 to 1."""
    rng = np.random.default_rng(seed)
    middle = bust.eye_centres.mean(axis=0)
    out = np.zeros(len(points))
    front = np.flatnonzero((points[:, 2] > middle[2] - 0.25) & (np.abs(points[:, 1] - middle[1] + 0.1) < 0.5))
    place = points[front]
    chance = np.exp(-(((place[:, 1] - middle[1] + 0.19) / 0.13) ** 2) - (place[:, 0] / 0.30) ** 2) + 0.025
    for spot in rng.choice(front, size=260, replace=False, p=chance / chance.sum()):
        size, depth = rng.uniform(0.004, 0.0085), rng.uniform(0.25, 0.8)
        d = np.linalg.norm(place - points[spot], axis=1) / size
        out[front] = np.maximum(out[front], depth * np.exp(-(d**2)))
    return out


def around_and_up(points: Floats, bust: Bust) -> tuple[Floats, Floats]:
    """Degrees from straight ahead, either way, and degrees up, from the skull's centre."""
    local = points - skull_centre(bust)
    around = np.abs(np.degrees(np.arctan2(local[:, 0], local[:, 2])))
    return around, np.degrees(np.arctan2(local[:, 1], np.hypot(local[:, 0], local[:, 2])))


def hair_amount(points: Floats, bust: Bust) -> Floats:
    """How far inside the hairline a direction from the skull's centre lies, in degrees; under 0 is skin."""
    around, up = around_and_up(points, bust)
    line = np.interp(
        around,
        [0, 18, 34, 48, 60, 70, 77, 84, 92, 104, 125, 150, 180],
        [38, 39, 37, 30, 20, 5, -12, -18, -4, -2, -24, -34, -37],
    )
    ragged = 2.2 * noise(points, 9.0, 5) + 1.5 * noise(points, 34.0, 6)
    inside: Floats = up - line + ragged
    return inside


def skull_centre(bust: Bust) -> Floats:
    """The point that hair directions are measured from: eye height, over the ears."""
    centre: Floats = np.array([0.0, bust.eye_centres[:, 1].mean(), bust.eye_centres[:, 2].mean() - 0.42])
    return centre


def skin_albedo(bust: Bust, seed: int) -> tuple[Floats, Floats]:
    """Albedo at the skin's points, and how strongly each takes the drawn-in highlight."""
    p, uv = bust.skin.points, bust.skin.point_uv()
    lips, ears, mouth = (mask_at(name, uv) for name in ("lips", "ears", "inside-mouth"))
    tint = 1 + 0.05 * noise(p, 4.0, seed) + 0.045 * noise(p, 13.0, seed + 1) + 0.05 * noise(p, 60.0, seed + 2)
    colour = SKIN * tint[:, None]
    red = np.clip(blush(p, bust) + 0.5 * ears, 0, 1) * (1 + 0.25 * noise(p, 22.0, seed + 3))
    colour = blend(colour, np.array([0.41, 0.150, 0.098]), 0.62 * red)
    for eye in bust.eye_centres:
        side = np.sign(eye[0])
        socket = blob(p, eye + np.array([0, 0.035, 0.05]), (0.14, 0.075, 0.2))
        colour = blend(colour, np.array([0.30, 0.135, 0.098]), 0.50 * socket)
        under = blob(p, eye + np.array([-0.02 * side, -0.085, 0.08]), (0.10, 0.03, 0.2))
        colour = blend(colour, np.array([0.33, 0.16, 0.125]), 0.30 * under)
    colour = blend(colour, np.array([0.235, 0.105, 0.062]), 0.75 * freckles(p, bust, seed + 4))
    fold = 1 + 0.13 * noise(p * [1.0, 0.12, 1.0], 70.0, seed + 5)
    colour = blend(colour, LIP * fold[:, None], 0.88 * lips)
    colour = blend(colour, np.array([0.06, 0.012, 0.010]), mouth)
    scalp = smooth_step(-3.0, 4.0, hair_amount(p, bust)) * (1 - ears)
    around, up = around_and_up(p, bust)
    scalp *= 1 - smooth_step(76, 80, around) * smooth_step(101, 97, around) * smooth_step(3, -1, up)  # the ear canal
    scalp[bust.eye_centres[:, 1].min() - 0.62 > p[:, 1]] = 0
    colour = blend(colour, HAIR * 0.7, 0.93 * scalp)
    gloss = (0.15 + 0.16 * lips + 0.10 * np.clip(blush(p, bust), 0, 1)) * (1 - scalp) * (1 - bust.garment)
    knit = jersey(bust, p)
    return colour + (knit - colour) * bust.garment[:, None], gloss


def jersey(bust: Bust, points: Floats) -> Floats:
    """A dark crew-neck: a ribbed collar band, then fine knit."""
    around = np.arctan2(points[:, 0], points[:, 2] - bust.neck[2])
    band = smooth_step(0.075, 0.062, bust.collar)
    rib = 1 + band * 0.35 * np.sin(around * 95) + (1 - band) * 0.10 * noise(points * [1, 3, 1], 70.0, 77)
    seam = 1 - 0.55 * np.exp(-(((bust.collar - 0.068) / 0.006) ** 2))
    return JERSEY * (rib * seam)[:, None]


def skin_glint(normals: Floats, gloss: Floats) -> Floats:
    """The drawn-in highlight, to be scaled by the key's visibility."""
    wide, tight = sheen(normals, 18.0), sheen(normals, 70.0)
    return (gloss * (0.55 * wide + 0.8 * tight))[:, None] * np.array([1.0, 0.93, 0.86])


def eye_albedo(points: Floats, centre: Floats, radius: float, seed: int) -> tuple[Floats, Floats]:
    """Albedo of an eyeball looking along +z, and the light of its catchlight."""
    local = (points - centre) / radius
    across = np.hypot(local[:, 0], local[:, 1])
    behind = local[:, 2] < 0
    ring = across / 0.49  # 1 at the limbus
    spin = np.arctan2(local[:, 1], local[:, 0])
    white = np.array([0.50, 0.445, 0.41]) * (1 + 0.03 * noise(points, 40.0, seed))[:, None]
    white = blend(white, np.array([0.50, 0.26, 0.21]), 0.65 * smooth_step(0.72, 1.0, np.abs(local[:, 0])))
    fibre = noise(np.stack([np.cos(spin) * 9, np.sin(spin) * 9, ring * 0.8], axis=1), 1.0, seed + 1)
    iris = blend(
        np.tile([0.085, 0.038, 0.014], (len(points), 1)),
        np.array([0.20, 0.100, 0.034]),
        np.clip(0.45 + 0.6 * fibre, 0, 1) * smooth_step(0.95, 0.45, ring),
    )
    iris = blend(iris, np.array([0.022, 0.012, 0.008]), smooth_step(0.78, 0.98, ring))
    iris = blend(iris, np.array([0.004, 0.003, 0.003]), smooth_step(0.47, 0.40, ring))
    colour = blend(white, iris, smooth_step(1.06, 0.95, ring) * ~behind)
    spot = np.hypot(local[:, 0] + 0.15, local[:, 1] - 0.17)
    low = np.hypot(local[:, 0] - 0.17, local[:, 1] + 0.17)
    light = 1.5 * smooth_step(0.125, 0.08, spot) + 0.10 * smooth_step(0.13, 0.05, low)
    return colour, np.where(behind, 0, light)[:, None] * np.ones(3)
