"""Which splats touch which tile, nearest first: one radix sort by depth, then one counting sort into tiles."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from stagedoor.worker.double._jit import njit
from stagedoor.worker.double.project import Floats, Ints


@njit()
def order_by_depth(depths: Floats) -> Ints:
    """Indices [N] from near to far; equal depths keep their order, so the order is one and the same everywhere."""
    count = depths.shape[0]
    # A float32 >= 0 sorts as the integer with its bits.
    keys = depths.view(np.uint32)
    order = np.arange(count).astype(np.int32)
    other = np.empty(count, np.int32)
    bins = np.empty(2049, np.int64)
    for step in range(3):
        shift = np.uint32(11 * step)
        bins[:] = 0
        for i in range(count):
            bins[((keys[i] >> shift) & np.uint32(2047)) + 1] += 1
        for b in range(2048):
            bins[b + 1] += bins[b]
        for k in range(count):
            digit = (keys[order[k]] >> shift) & np.uint32(2047)
            other[bins[digit]] = order[k]
            bins[digit] += 1
        order, other = other, order
    return order


@njit()
def list_tiles(order: Ints, boxes: Ints, across: int, down: int) -> tuple[Ints, Ints]:
    """(starts [tiles+1], entries): tile t draws splats entries[starts[t]:starts[t+1]], nearest first."""
    tiles = across * down
    starts = np.zeros(tiles + 1, np.int32)
    for i in range(boxes.shape[0]):
        for ty in range(boxes[i, 2], boxes[i, 3]):
            for tx in range(boxes[i, 0], boxes[i, 1]):
                starts[ty * across + tx + 1] += 1
    for t in range(tiles):
        starts[t + 1] += starts[t]
    entries = np.empty(starts[tiles], np.int32)
    fill = starts[:-1].copy()
    for k in range(order.shape[0]):
        i = order[k]
        for ty in range(boxes[i, 2], boxes[i, 3]):
            for tx in range(boxes[i, 0], boxes[i, 1]):
                t = ty * across + tx
                entries[fill[t]] = i
                fill[t] += 1
    return starts, entries


Lists = tuple[NDArray[np.int32], NDArray[np.int32]]
