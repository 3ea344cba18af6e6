"""One chunk of a batch of rays, forth and back: colours, squared error, and what each parameter should do about it."""

# ruff: noqa: PLR0917  (numba knows no keyword-only arguments)

from __future__ import annotations

import numpy as np

from stagedoor.worker.double._jit import fma, njit
from stagedoor.worker.field.decoder import SIGHT, Parts, split
from stagedoor.worker.field.grid import FEATURES, Floats, Longs
from stagedoor.worker.field.rays import CLEAR_MIN, RAY, SHADE, Bytes, Space, composed, ray_of, trace

_ZERO, _ONE = np.float32(0.0), np.float32(1.0)
_TWO = np.float32(2.0)


@njit()
def back_sample(
    parts: Parts,
    inner_turned: Floats,
    at: int,
    into: int,
    features: Floats,
    hiddens: Floats,
    shades: Floats,
    pull: Floats,
    after: np.float32,
    sums: Parts,
    base_sums: Floats,
    by_hidden: Floats,
    aims: Floats,
) -> None:
    """Adds the share of the sample in row `at` to the decoder's sums and to those of its base; writes its features'
    aims into row `into`.

    pull [3] is the loss by the pixel's colour; `after` is pull . (all the light from behind this sample).
    inner_turned [hidden,features] is colour_in, transposed so that every loop here runs along memory; by_hidden
    [hidden] is room to work in.
    """
    width, hidden = features.shape[1], hiddens.shape[1]
    density, _, _, outer = parts
    density_sums, inner_sums, _, outer_sums = sums
    weight = shades[at, 0] * shades[at, 1]
    shine = shades[at, 2] * pull[0] + shades[at, 3] * pull[1] + shades[at, 4] * pull[2]
    by_raw = (shades[at, 1] * (_ONE - shades[at, 0]) * shine - after) * shades[at, 5]
    for f in range(width):
        aims[into, f] = by_raw * density[f]
        density_sums[f] += by_raw * features[at, f]
    density_sums[width] += by_raw
    red = weight * pull[0] * shades[at, 2] * (_ONE - shades[at, 2])
    green = weight * pull[1] * shades[at, 3] * (_ONE - shades[at, 3])
    blue = weight * pull[2] * shades[at, 4] * (_ONE - shades[at, 4])
    outer_sums[3 * hidden] += red
    outer_sums[3 * hidden + 1] += green
    outer_sums[3 * hidden + 2] += blue
    for h in range(hidden):
        value = hiddens[at, h]
        outer_sums[h] += red * value
        outer_sums[hidden + h] += green * value
        outer_sums[2 * hidden + h] += blue * value
        by = red * outer[h] + green * outer[hidden + h] + blue * outer[2 * hidden + h]
        by_hidden[h] = by if value > _ZERO else _ZERO
        base_sums[h] += by_hidden[h]
    for f in range(0, width, FEATURES):
        one, two = features[at, f], features[at, f + 1]
        for h in range(hidden):
            inner_sums[f, h] = fma(one, by_hidden[h], inner_sums[f, h])
            inner_sums[f + 1, h] = fma(two, by_hidden[h], inner_sums[f + 1, h])
    for h in range(0, hidden - 1, 2):
        one, two = by_hidden[h], by_hidden[h + 1]
        for f in range(width):
            aims[into, f] = fma(two, inner_turned[h + 1, f], fma(one, inner_turned[h, f], aims[into, f]))
    if hidden % 2 == 1:
        for f in range(width):
            aims[into, f] += by_hidden[hidden - 1] * inner_turned[hidden - 1, f]


@njit()
def rays_back(
    table: Floats,
    layout: Longs,
    decoder: Floats,
    inner_turned: Floats,
    views: Floats,
    images: Bytes,
    space: Space,
    stride: np.float32,
    pixels: Longs,
    draws: Floats,
    places: Floats,
    aims: Floats,
    sums: Floats,
    told_out: Floats,
) -> int:
    """Traces the pixels [R] (flat numbers into images [V,H,W,4]); gives how many samples were kept in places and aims.

    draws [R,4]: each ray's offset and background.  The buffers are this chunk's own; `sums` [parameters] is cleared,
    then filled; told_out[0] gets the squared error, told_out[1] the rays.  When the buffers are full the rest of the
    rays wait for another batch: it happens in the first steps at most.
    """
    hidden, width = inner_turned.shape
    height, across = images.shape[1], images.shape[2]
    sums[:] = _ZERO
    parts, part_sums = split(decoder, width, hidden), split(sums, width, hidden)
    seen_sums = part_sums[2]
    rows = np.int64(_TWO / stride) + 2
    features, hiddens = np.empty((rows, width), np.float32), np.empty((rows, hidden), np.float32)
    shades, by_hidden = np.empty((rows, SHADE), np.float32), np.empty(hidden, np.float32)
    ray, base, told = np.empty(RAY, np.float32), np.empty(hidden, np.float32), np.zeros(SIGHT, np.float32)
    base_sums, colour, pull = np.empty(hidden, np.float32), np.empty(3, np.float32), np.empty(3, np.float32)
    start, loss = 0, 0.0
    told_out[1] = pixels.shape[0]
    for r in range(pixels.shape[0]):
        view, rest = divmod(pixels[r], height * across)
        row, column = divmod(rest, across)
        ray_of(views[view], np.float32(column + 0.5), np.float32(row + 0.5), ray)
        count = trace(
            table, layout, parts, told, base, ray, space, stride, draws[r, 0], CLEAR_MIN, _ZERO,
            start, places, features, hiddens, shades,
        )  # fmt: skip
        if start + count == places.shape[0]:
            told_out[1] = r
            break
        background = draws[r, 1:4]
        clear = composed(shades, count, background, colour)
        opaque = np.float32(images[view, row, column, 3]) / np.float32(255.0)
        after = _ZERO
        for c in range(3):
            truth = np.float32(images[view, row, column, c]) / np.float32(255.0)
            off = colour[c] - (truth * opaque + background[c] * (_ONE - opaque))
            loss += off * off
            pull[c] = _TWO * off
            after += pull[c] * clear * background[c]
        base_sums[:] = _ZERO
        # From the far end to the near one: what lies behind a sample is summed on the way.
        for at in range(count - 1, -1, -1):
            held = (at, start + at, features, hiddens, shades)
            back_sample(parts, inner_turned, *held, pull, after, part_sums, base_sums, by_hidden, aims)
            shine = shades[at, 2] * pull[0] + shades[at, 3] * pull[1] + shades[at, 4] * pull[2]
            after += shades[at, 0] * shades[at, 1] * shine
        for m in range(SIGHT):
            for h in range(hidden):
                seen_sums[m, h] += told[m] * base_sums[h]
        start += count
    told_out[0] = loss
    return start
