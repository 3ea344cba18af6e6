"""Where a training stands, as bytes: what a killed run needs to go on and end in the same double, bit for bit.

    magic   8 bytes   b"SDFIT\\x00\\x01\\n"
    head    length (u32, little-endian), then JSON: step, queue, chance, settings, shapes
    arrays  float32, in the order of ARRAYS, one after another

Another technique's training keeps its own in the same form, under its own magic and names of arrays.
It holds a half-made replica: whoever keeps it seals it.
"""

from __future__ import annotations

import json
import struct
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from stagedoor.worker.double.project import Floats

MAGIC = b"SDFIT\x00\x01\n"
ARRAYS = ("params", "means", "squares", "rest", "rest_means", "rest_squares")
"""The parameters and both of Adam's moments, [14,N] and [3K,N]."""
HEAD_BYTES_MAX = 1 << 20
"""A queue of ten thousand views and the state of a generator take a twentieth."""
_LENGTH = struct.Struct("<I")


class StateError(ValueError):
    """These bytes are no state of this training: it begins anew."""


@dataclass(frozen=True, slots=True, kw_only=True)
class State:
    """step: steps done; queue: views still to come in this round; chance: the generator's own state; settings: their
    text, which must be the same; arrays, each of two dimensions, by their names."""

    step: int
    queue: tuple[int, ...]
    chance: dict[str, Any]
    settings: str
    arrays: dict[str, Floats]


def pack(state: State, *, magic: bytes = MAGIC, names: tuple[str, ...] = ARRAYS) -> bytes:
    """The state as bytes."""
    shapes = [list(state.arrays[name].shape) for name in names]
    told = {
        "step": state.step,
        "queue": state.queue,
        "chance": state.chance,
        "settings": state.settings,
        "shapes": shapes,
    }
    head = json.dumps(told, sort_keys=True).encode()
    return b"".join(
        [magic, _LENGTH.pack(len(head)), head, *(state.arrays[name].astype("<f4").tobytes() for name in names)]
    )


def unpack(data: bytes | bytearray, *, magic: bytes = MAGIC, names: tuple[str, ...] = ARRAYS) -> State:
    """The reverse of pack.  Raises StateError for all else."""
    try:
        return _read(data, magic, names)
    except StateError:
        raise
    except (ValueError, KeyError, TypeError, struct.error, RecursionError) as fault:
        raise StateError(f"it cannot be read: {type(fault).__name__}") from None


def unpack_of(
    data: bytes | bytearray, *, run: str, steps: int, views: int, rows: Mapping[str, int], counts: tuple[int, int]
) -> State:
    """The state, if it is of this run: its text, at most so many steps, so many views, arrays of so many rows each and
    all of one number of Gaussians, from the first of `counts` to the second.  Raises StateError for all else."""
    state = unpack(data)
    if state.settings != run or not 0 <= state.step <= steps:
        raise StateError("it is of a training with other settings")
    count = state.arrays["params"].shape[1]
    if not counts[0] <= count <= counts[1] or any(state.arrays[name].shape != (rows[name], count) for name in ARRAYS):
        raise StateError("it is of a training with another number of Gaussians")
    if not all(0 <= view < views for view in state.queue):
        raise StateError("it is of a training with other views")
    return state


def _read(data: bytes | bytearray, magic: bytes, names: tuple[str, ...]) -> State:
    if bytes(data[: len(magic)]) != magic:
        raise StateError("it does not begin as a state does")
    at = len(magic) + _LENGTH.size
    (length,) = _LENGTH.unpack(data[len(magic) : at])
    if length > HEAD_BYTES_MAX:
        raise StateError("its head is too long")
    told = json.loads(bytes(data[at : at + length]))
    at += length
    arrays: dict[str, Floats] = {}
    for name, (rows, columns) in zip(names, told["shapes"], strict=True):
        size = int(rows) * int(columns)
        if rows < 0 or columns < 0 or 4 * size > len(data) - at:
            raise StateError("its arrays are cut short")
        arrays[name] = np.frombuffer(data, "<f4", size, at).reshape(rows, columns).astype(np.float32)
        at += 4 * size
    if at != len(data):
        raise StateError("bytes follow its end")
    queue = tuple(int(view) for view in told["queue"])
    return State(step=int(told["step"]), queue=queue, chance=told["chance"], settings=told["settings"], arrays=arrays)
