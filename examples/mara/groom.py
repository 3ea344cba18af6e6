"""Hair as ribbons: combed back from an irregular hairline to a curly puff, with brows and lashes."""

from __future__ import annotations

import numpy as np
from light import Piece, Tracer
from person import Bust
from scipy import ndimage

from look import HAIR, SKIN, around_and_up, hair_amount, skull_centre
from mesh import Floats, Ints, noise, smooth_step

PUFF_RADIUS = 0.235


def ribbons(paths: Floats, faces_out: Floats, widths: Floats) -> tuple[Floats, Ints]:
    """Flat ribbons along paths (n, k, 3); widths (n, k); faces_out is roughly the ribbon's normal."""
    n, k, _ = paths.shape
    along = np.gradient(paths, axis=1)
    side = np.cross(along, faces_out)
    side /= np.maximum(np.linalg.norm(side, axis=2, keepdims=True), 1e-9)
    half = side * widths[:, :, None] / 2
    points = np.stack([paths - half, paths + half], axis=2).reshape(-1, 3)
    base = (np.arange(n)[:, None] * k + np.arange(k - 1)[None, :]).ravel() * 2
    one = np.stack([base, base + 1, base + 3], axis=1)
    two = np.stack([base, base + 3, base + 2], axis=1)
    return points, np.concatenate([one, two])


class Skull:
    """The head without ears as a radius for each direction, smooth enough to comb hair over."""

    def __init__(self, bust: Bust, ears: Floats) -> None:
        self.centre = skull_centre(bust)
        tri = bust.skin.triangles()
        tracer = Tracer(bust.skin.points, tri[~(ears[tri] > 0.3).any(axis=1)])
        up = np.radians(np.linspace(-70, 90, 161))[:, None]
        around = np.radians(np.arange(0, 360, 2.0))[None, :]
        ray = np.stack([np.cos(up) * np.sin(around), np.sin(up) + 0 * around, np.cos(up) * np.cos(around)], axis=-1)
        flat = ray.reshape(-1, 3)
        found = tracer.hits(self.centre + 3 * flat, -flat)
        radius = np.where(found["primID"] >= 0, 3 - found["tfar"], np.nan).reshape(ray.shape[:2])
        radius[radius < 0.3] = np.nan
        known = np.isfinite(radius).astype(float)
        mode = ("nearest", "wrap")
        top = ndimage.gaussian_filter(np.nan_to_num(radius), 2.0, mode=mode)
        self.radius = top / np.maximum(ndimage.gaussian_filter(known, 2.0, mode=mode), 1e-6)

    def at(self, directions: Floats) -> Floats:
        """Points of the skull in these directions."""
        up = np.degrees(np.arcsin(np.clip(directions[..., 1], -1, 1)))
        around = np.degrees(np.arctan2(directions[..., 0], directions[..., 2])) % 360
        where = np.array([(up + 70).ravel(), (around / 2).ravel()])
        r = ndimage.map_coordinates(self.radius, where, order=1, mode="grid-wrap").reshape(up.shape)
        points: Floats = self.centre + directions * r[..., None]
        return points


def puff_direction() -> Floats:
    """Where the hair is tied: high on the back of the head."""
    up = np.radians(30)
    return np.array([0.0, np.sin(up), -np.cos(up)])


def slerp(start: Floats, end: Floats, t: Floats) -> Floats:
    """Great-circle paths (n, k, 3) from many starts to their ends."""
    angle = np.arccos(np.clip((start * end).sum(axis=1), -1, 1))[:, None]
    sine = np.maximum(np.sin(angle), 1e-6)
    path = (np.sin((1 - t) * angle) / sine)[..., None] * start[:, None] + (np.sin(t * angle) / sine)[..., None] * end[
        :, None
    ]
    return path / np.linalg.norm(path, axis=2, keepdims=True)


def combed(bust: Bust, skull: Skull, seed: int, count: int = 18_000) -> tuple[Piece, Floats]:
    """Hair drawn back over the head in locks; the piece's colour is albedo, with a normal for each point."""
    rng = np.random.default_rng(seed)
    d = rng.normal(size=(count * 4, 3))
    d /= np.linalg.norm(d, axis=1, keepdims=True)
    inside = hair_amount(skull.at(d), bust)
    around, up = around_and_up(skull.at(d), bust)
    inside[(around > 78) & (around < 100) & (up < 5)] = -20  # the ear itself
    edge = rng.random(len(d)) < smooth_step(-3.5, 3.0, inside) * (0.45 + 0.55 * (inside < 12))
    d = d[edge][:count]
    steps = 18
    t = np.linspace(0, 1, steps)[None, :] * rng.uniform(0.75, 1.0, len(d))[:, None]
    around, up = around_and_up(skull.at(d), bust)
    t = t * np.where((around < 97) & (up < 2), 0.11, 1.0)[:, None]  # sideburns end before the ear
    end = puff_direction() + rng.normal(scale=0.09, size=d.shape)
    end /= np.linalg.norm(end, axis=1, keepdims=True)
    path = slerp(d, end, t)
    lock = 0.5 * noise(d * [1, 1, 1], 11.0, seed + 1) + 0.5 * noise(d, 26.0, seed + 2)
    lift = 0.002 + 0.034 * smooth_step(0, 0.3, t) + 0.020 * lock[:, None] * smooth_step(0, 0.3, t)
    lift += 0.010 * rng.random(len(d))[:, None] * smooth_step(0, 0.3, t)
    loose = (rng.random(len(d)) < 0.02)[:, None]
    lift += loose * 0.03 * np.sin(np.pi * t) * rng.random((len(d), 1))
    normal = path
    points = skull.at(path) + normal * lift[..., None]
    wave = rng.normal(scale=0.0035, size=(len(d), 1, 3)) * np.sin(9 * t + rng.uniform(0, 6, (len(d), 1)))[..., None]
    points += wave
    width = 0.0085 * np.minimum(0.3 + t * 5, 1) * np.where(loose, 0.5, 1)
    shade = np.exp(0.30 * lock + 0.28 * rng.normal(size=len(d)))
    colour = HAIR * (shade[:, None, None] * np.array([1.0, 1.0, 1.0]))
    colour = np.broadcast_to(colour, points.shape) * (0.72 + 0.28 * np.minimum(t * 3, 1))[..., None]
    colour = colour + 0.10 * SKIN * np.clip(1 - t * 12, 0, 1)[..., None]
    vertices, triangles = ribbons(points, normal, width)
    return Piece(vertices, triangles, np.repeat(colour.reshape(-1, 3), 2, axis=0)), np.repeat(
        normal.reshape(-1, 3), 2, axis=0
    )


def wisps(bust: Bust, skull: Skull, seed: int, count: int = 190) -> tuple[Piece, Floats]:
    """Baby hairs along the hairline of the brow and temples, thin and curling."""
    rng = np.random.default_rng(seed)
    d = rng.normal(size=(60_000, 3))
    d /= np.linalg.norm(d, axis=1, keepdims=True)
    place = skull.at(d)
    inside, (around, _) = hair_amount(place, bust), around_and_up(place, bust)
    d = d[(np.abs(inside) < 2.5) & (around < 76)][:count]
    sideways = np.cross(d, puff_direction()) * rng.choice([-1.0, 1.0], (len(d), 1))
    end = d + 0.17 * rng.uniform(0.3, 1.2, (len(d), 1)) * sideways
    end += 0.16 * rng.uniform(0.0, 1.2, (len(d), 1)) * (puff_direction() - d)
    end /= np.linalg.norm(end, axis=1, keepdims=True)
    t = np.linspace(0, 1, 12)[None, :] * rng.uniform(0.3, 1.0, (len(d), 1))
    path = slerp(d, end, t)
    lift = 0.004 + rng.uniform(0.0, 0.022, (len(d), 1)) * t + 0.006 * np.sin(7 * t + rng.uniform(0, 6, (len(d), 1))) * t
    points = skull.at(path) + path * lift[..., None]
    curl = 0.016 * rng.random((len(d), 1)) * np.sin(rng.uniform(4, 9, (len(d), 1)) * t) * t
    points[..., 1] += curl
    vertices, triangles = ribbons(points, path, np.full(t.shape, 0.0030))
    colour = np.tile(HAIR * 1.3, (len(vertices), 1))
    return Piece(vertices, triangles, colour), np.repeat(path.reshape(-1, 3), 2, axis=0)


def puff(skull: Skull, seed: int, count: int = 5200) -> tuple[Piece, Floats, Floats]:
    """A ball of curls where the hair is tied, its normals, and the ball's centre."""
    rng = np.random.default_rng(seed)
    out = puff_direction()
    centre = skull.at(out[None])[0] + out * PUFF_RADIUS * 0.72
    d = rng.normal(size=(count, 3))
    d /= np.linalg.norm(d, axis=1, keepdims=True)
    d = d[(d @ out) > -0.72]
    steps = 26
    t = np.linspace(0, 1, steps)[None, :]
    reach = PUFF_RADIUS * (0.90 + 0.16 * noise(d, 5.0, seed)[:, None] + 0.10 * rng.random((len(d), 1)))
    along = 0.62 + 0.38 * t
    helper = np.cross(d, rng.normal(size=d.shape))
    helper /= np.linalg.norm(helper, axis=1, keepdims=True)
    other = np.cross(d, helper)
    turn = t * rng.uniform(9, 17, (len(d), 1)) + rng.uniform(0, 6.3, (len(d), 1))
    curl = rng.uniform(0.012, 0.026, (len(d), 1)) * np.minimum(t * 4, 1)
    lean = rng.normal(scale=0.05, size=(len(d), 1, 3)) * (t**2)[..., None]
    points = centre + d[:, None] * (reach * along)[..., None] + lean
    points += (curl * np.cos(turn))[..., None] * helper[:, None] + (curl * np.sin(turn))[..., None] * other[:, None]
    shade = np.exp(0.35 * rng.normal(size=(len(d), 1))) * (0.35 + 0.75 * t**1.5)
    colour = HAIR * 1.1 * shade[..., None]
    normal = np.broadcast_to(d[:, None], points.shape)
    vertices, triangles = ribbons(points, normal, np.full(points.shape[:2], 0.0085))
    piece = Piece(vertices, triangles, np.repeat(colour.reshape(-1, 3), 2, axis=0))
    return piece, np.repeat(normal.reshape(-1, 3), 2, axis=0), centre


def ball(centre: Floats, radius: float, colour: Floats) -> Piece:
    """A plain ball: the dark inside of the puff."""
    up, around = np.meshgrid(np.linspace(-np.pi / 2, np.pi / 2, 33), np.linspace(0, 2 * np.pi, 65), indexing="ij")
    d = np.stack([np.cos(up) * np.sin(around), np.sin(up), np.cos(up) * np.cos(around)], axis=-1).reshape(-1, 3)
    i = (np.arange(32)[:, None] * 65 + np.arange(64)[None, :]).ravel()
    triangles = np.concatenate([np.stack([i, i + 1, i + 66], axis=1), np.stack([i, i + 66, i + 65], axis=1)])
    return Piece(centre + radius * d, triangles, np.tile(colour, (len(d), 1)))


def front_hits(tracer: Tracer, x: Floats, y: Floats) -> tuple[Floats, np.ndarray]:
    """Depth z of the first thing seen from the front at each x, y, and its triangle."""
    origin = np.stack([x, y, np.full_like(x, 3.0)], axis=1)
    found = tracer.hits(origin, np.tile([0.0, 0.0, -1.0], (len(x), 1)))
    return 3.0 - found["tfar"], found["primID"]


def brows(bust: Bust, skin: Tracer, seed: int, count: int = 420) -> tuple[Piece, Floats]:
    """Short hairs along two arcs, laid on the skin."""
    rng = np.random.default_rng(seed)
    paths = []
    for eye in bust.eye_centres:
        side = np.sign(eye[0])
        s = rng.beta(1.2, 1.25, count)  # 0 at the nose, 1 at the temple
        body = np.interp(s, [0, 0.12, 0.5, 0.8, 1.0], [0.85, 1.0, 0.95, 0.6, 0.25])
        x = eye[0] + side * (-0.125 + 0.285 * s)
        y = eye[1] + np.interp(s, [0, 0.3, 0.66, 1.0], [0.139, 0.155, 0.171, 0.130])
        across = rng.uniform(-1, 1, count)
        y += across * 0.0190 * body
        lean = np.radians(np.interp(s, [0, 0.15, 0.6, 1], [62, 38, 12, -22]) - 22 * across + rng.normal(0, 7, count))
        length = rng.uniform(0.030, 0.052, count) * np.interp(s, [0, 0.3, 1], [0.85, 1.0, 0.8])
        t = np.linspace(0, 1, 5)[None, :]
        px = x[:, None] + side * length[:, None] * np.cos(lean)[:, None] * t
        py = y[:, None] + length[:, None] * (np.sin(lean)[:, None] * t - 0.10 * t**2)
        z, _ = front_hits(skin, px.ravel(), py.ravel())
        paths.append(np.stack([px, py, z.reshape(px.shape) + 0.003 + 0.004 * np.sin(np.pi * t)], axis=-1))
    path = np.concatenate(paths)
    taper = np.linspace(1, 0.35, 5)[None, :] * np.full((len(path), 1), 0.0046)
    normal = np.tile([0.0, 0.35, 1.0], (*path.shape[:2], 1))
    vertices, triangles = ribbons(path, normal, taper)
    shade = np.exp(0.25 * np.random.default_rng(seed + 1).normal(size=(len(path), 1)))
    colour = np.broadcast_to((HAIR * 1.7)[None, None] * shade[..., None], path.shape)
    flat = np.tile([0.0, 0.3, 0.95], (len(vertices), 1))
    return Piece(vertices, triangles, np.repeat(colour.reshape(-1, 3), 2, axis=0)), flat


def lid_margins(bust: Bust, both: Tracer, first_eye: int) -> list[tuple[Floats, Floats, float]]:
    """The upper and lower lid edges of each eye as seen from the front: (points, lies-open, side)."""
    out = []
    for eye in bust.eye_centres:
        x = np.linspace(eye[0] - 1.15 * bust.eye_radius, eye[0] + 1.15 * bust.eye_radius, 90)
        y = np.linspace(eye[1] - 0.085, eye[1] + 0.085, 260)
        gx, gy = np.meshgrid(x, y, indexing="ij")
        _, triangle = front_hits(both, gx.ravel(), gy.ravel())
        open_ = (triangle >= first_eye).reshape(gx.shape)
        seen = open_.any(axis=1)
        low = y[np.argmax(open_, axis=1)]
        high = y[open_.shape[1] - 1 - np.argmax(open_[:, ::-1], axis=1)]
        for edge, sign in ((high, 1.0), (low, -1.0)):
            ex, ey = x[seen], ndimage.gaussian_filter1d(edge[seen], 1.5, mode="nearest")
            z, _ = front_hits(both, ex, ey + sign * 0.004)
            out.append((np.stack([ex, ey + sign * 0.003, ndimage.gaussian_filter1d(z, 1.5)], axis=1), eye, sign))
    return out


def lashes(bust: Bust, both: Tracer, first_eye: int, seed: int) -> tuple[Piece, Floats]:
    """Curved hairs from the lid edges: long above, slight below."""
    rng = np.random.default_rng(seed)
    paths = []
    for edge, eye, sign in lid_margins(bust, both, first_eye):
        upper = sign > 0
        n = 170 if upper else 28
        s = rng.uniform(0.04, 0.98, n)
        root = np.stack([np.interp(s, np.linspace(0, 1, len(edge)), edge[:, j]) for j in range(3)], axis=1)
        out = (root[:, 0] - eye[0]) / bust.eye_radius
        temple = np.sign(eye[0]) * out
        length = (0.027 + 0.014 * temple if upper else 0.008 + 0.003 * temple) * rng.uniform(0.8, 1.1, n)
        t = np.linspace(0, 1, 6)[None, :]
        px = root[:, :1] + length[:, None] * (0.55 * out + 0.18 * np.sign(eye[0]))[:, None] * t
        rise = (-0.10 * t + 0.85 * t**2) if upper else (-0.5 * t - 0.1 * t**2)
        py = root[:, 1:2] + length[:, None] * rise
        pz = root[:, 2:] + 0.002 + length[:, None] * (0.9 * t - 0.15 * t**2)
        paths.append(np.stack([px, py, pz], axis=-1))
    path = np.concatenate(paths)
    normal = np.tile([0.0, 0.8, 0.6], (*path.shape[:2], 1))
    vertices, triangles = ribbons(path, normal, np.linspace(0.0040, 0.0012, 6)[None, :] * np.ones((len(path), 1)))
    colour = np.tile(HAIR * 0.25, (len(vertices), 1))
    return Piece(vertices, triangles, colour), np.tile([0.0, 0.5, 0.85], (len(vertices), 1))


def strand_shine(normals: Floats) -> Floats:
    """A fixed sheen for hair: bright where combed hair turns through the key's mirror angle."""
    half = np.array([-0.35, 0.75, 0.55])
    half /= np.linalg.norm(half)
    facing = np.clip(normals @ half, 0, 1)
    return (0.008 * facing**4 + 0.020 * smooth_step(0.88, 0.99, facing))[:, None] * np.array([1.0, 0.78, 0.60])
