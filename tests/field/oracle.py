"""A field in plain numpy and float64, written from the papers' equations: slow, and nothing like the kernels' loops."""

# ruff: noqa: PLR0917  (it takes what the kernel takes)

from __future__ import annotations

import numpy as np

PRIMES = (1, 2654435761, 805459861)


def features(table, layout, places):
    """[N,2 levels] of places [N,3] in the unit cube."""
    out = []
    for side, start, size, hashed in layout:
        low = np.minimum(np.floor(places * side).astype(np.int64), side - 1)
        share = places * side - low
        level = np.zeros((len(places), 2))
        for corner in np.ndindex(2, 2, 2):
            at = low + corner
            weight = np.where(np.array(corner) == 1, share, 1 - share).prod(axis=1)
            if hashed:
                number = np.bitwise_xor.reduce([at[:, a] * PRIMES[a] for a in range(3)]) % size
            else:
                number = (at * [(side + 1) ** 2, side + 1, 1]).sum(axis=1)
            level += weight[:, None] * table[start + number]
        out.append(level)
    return np.concatenate(out, axis=1)


def sight(d):
    """The nine functions of a direction."""
    x, y, z = d
    return np.array([1, x, y, z, x * y, y * z, x * z, 1.5 * z * z - 0.5, x * x - y * y])


def colour(table, layout, decoder, hidden, ray, stride, offset, background, occupied):
    """What one ray [6] brings to the eye: every sample in an occupied voxel, to the end of the cube."""
    n = np.arange(int(2 / stride))
    with np.errstate(divide="ignore"):
        ends = np.stack([-ray[:3] / ray[3:], (1 - ray[:3]) / ray[3:]])
    t = max(ends.min(axis=0).max(), 0) + (n + offset) * stride
    places = ray[:3] + t[:, None] * ray[3:]
    places = places[((places >= 0) & (places < 1)).all(axis=1)]
    places = places[occupied[tuple((places * len(occupied)).astype(int).T)] > 0]
    told = features(table, layout, places)
    width = told.shape[1]
    cuts = np.cumsum([width, 1, width * hidden, 9 * hidden, 3 * hidden])
    density, bias, inner, seen, outer, grey = np.split(decoder, cuts)
    thick = np.exp(told @ density + bias) * stride
    held = np.maximum(told @ inner.reshape(width, hidden) + sight(ray[3:]) @ seen.reshape(9, hidden), 0)
    shine = 1 / (1 + np.exp(-(held @ outer.reshape(3, hidden).T + grey)))
    clear = np.exp(-np.concatenate([[0], np.cumsum(thick)]))
    weights = clear[:-1] * (1 - np.exp(-thick))
    return weights @ shine + clear[-1] * np.asarray(background)
