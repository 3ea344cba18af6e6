"""A field: where it is, which voxels of its box hold anything, its table and its decoder; and its bytes.

The bytes are this package's own form, little-endian, with no compression, so that nothing can swell:

    8  b"SDFIELD" and a zero byte
    1  version, 1         1  levels L         1  hidden width H         1  logarithm of the largest table
    2  cells along the coarsest level         2  along the finest       2  samples along an edge of the box
    24 the box's lowest corner, 3 float64     8  its edge, float64
    262144  occupancy, 128^3 bits, x slowest, the first voxel in the highest bit
    4 E     table, E entries of 2 float16, level after level, E as the shape above has it
    4 P     decoder, P float32, in the order that decoder.py tells

and nothing after.  Equal fields have equal bytes.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from stagedoor.worker.field.decoder import HIDDEN_MAX, parameters
from stagedoor.worker.field.errors import FieldError
from stagedoor.worker.field.form import MAGIC
from stagedoor.worker.field.grid import FEATURES, Floats, GridShape
from stagedoor.worker.field.rays import CELLS

VERSION: Final = 1
HEAD: Final = struct.Struct("<8sBBBBHHH4d")
STEPS_MAX: Final = 1024
"""Samples along an edge of the box: eight to a voxel; more of them change no pixel."""
WORLD_MAX: Final = 1e6
"""Largest coordinate of the box in world units, as for Gaussians."""
PARAMETER_MAX: Final = 1e4
"""Largest magnitude in the decoder: trained ones stay under 100, and no float32 sum overflows below it."""
_WHERE: Final = "field"
_AGAIN: Final = "Make the replica again, or take it from where it was whole"


@dataclass(frozen=True, slots=True, kw_only=True)
class Field:
    """shape of the grid; corner float64 [3] and edge of the box in world units; steps: samples along that edge;
    hidden: width of the decoder's layer; occupied uint8 [128,128,128], 0 or 1; table float16 [entries,2]; decoder
    float32 [parameters].  Read-only.  Raises FieldError for what cannot be drawn.
    """

    shape: GridShape
    corner: NDArray[np.float64]
    edge: float
    steps: int
    hidden: int
    occupied: NDArray[np.uint8]
    table: NDArray[np.float16]
    decoder: Floats

    def __post_init__(self) -> None:
        if not 1 <= self.hidden <= HIDDEN_MAX or not 1 <= self.steps <= STEPS_MAX:
            raise _refused(f"{self.hidden} hidden numbers and {self.steps} samples; up to {HIDDEN_MAX} and {STEPS_MAX}")
        corner, decoder = np.array(self.corner, dtype=np.float64), np.array(self.decoder, dtype=np.float32)
        table, occupied = np.array(self.table, dtype=np.float16), np.array(self.occupied, dtype=np.uint8)
        wanted = (3,), (CELLS,) * 3, (self.shape.entries(), FEATURES), (self.count(),)
        if (corner.shape, occupied.shape, table.shape, decoder.shape) != wanted:
            raise _refused("its arrays have other sizes than its shape tells")
        if not ((np.abs(corner) <= WORLD_MAX).all() and 1.0 / WORLD_MAX <= self.edge <= WORLD_MAX):
            raise _refused(f"its box is not finite or lies beyond {WORLD_MAX:g}")
        if not (np.isfinite(table).all() and (np.abs(decoder) <= PARAMETER_MAX).all()):
            raise _refused(f"it holds a number that is not finite or is beyond {PARAMETER_MAX:g}")
        if occupied.max() > 1:
            raise _refused("a voxel is neither empty nor occupied")
        for name, held in (("corner", corner), ("occupied", occupied), ("table", table), ("decoder", decoder)):
            held.flags.writeable = False
            object.__setattr__(self, name, held)

    def count(self) -> int:
        """Parameters of the decoder."""
        return parameters(FEATURES * self.shape.levels, self.hidden)

    def bounds(self) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """(lowest, highest) corner of the occupied voxels in world units, [3] each; of the box where all are empty."""
        ends = []
        for axis in range(3):
            held = np.flatnonzero(self.occupied.any(axis=tuple(other for other in range(3) if other != axis)))
            ends.append((held[0], held[-1] + 1) if len(held) else (0, CELLS))
        low, high = np.array(ends, np.float64).T * (self.edge / CELLS)
        return self.corner + low, self.corner + high

    def arrays(self) -> tuple[NDArray[Any], ...]:
        """Everything that must be wiped when a lease ends."""
        return self.corner, self.occupied, self.table, self.decoder

    def to_bytes(self) -> bytes:
        """The field in the form above."""
        s, corner = self.shape, self.corner.tolist()
        head = (
            MAGIC,
            VERSION,
            s.levels,
            self.hidden,
            s.table_log2,
            s.coarsest,
            s.finest,
            self.steps,
            *corner,
            self.edge,
        )
        bits = np.packbits(self.occupied.ravel()).tobytes()
        return HEAD.pack(*head) + bits + self.table.astype("<f2").tobytes() + self.decoder.astype("<f4").tobytes()

    @classmethod
    def from_bytes(cls, data: bytes | bytearray | memoryview) -> Field:
        """Reads what to_bytes writes, and nothing else; keeps no view of `data`.  Raises FieldError.

        The sizes that the head tells are held against the bytes that are there before anything is made of them.
        """
        source = memoryview(data)
        if len(source) < HEAD.size:
            raise _refused("it ends within its head")
        magic, version, levels, hidden, log2, coarsest, finest, steps, x, y, z, edge = HEAD.unpack(source[: HEAD.size])
        if magic != MAGIC or version != VERSION:
            raise _refused(f"it does not begin as version {VERSION} of a field does")
        shape = GridShape(levels=levels, coarsest=coarsest, finest=finest, table_log2=log2)
        sizes = (CELLS**3 // 8, 2 * FEATURES * shape.entries(), 4 * parameters(FEATURES * levels, hidden))
        if len(source) != HEAD.size + sum(sizes):
            raise _refused(f"its head tells {HEAD.size + sum(sizes)} bytes and it has {len(source)}")
        parts, at = [], HEAD.size
        for size in sizes:
            parts.append(source[at : at + size])
            at += size
        return cls(
            shape=shape,
            corner=np.array([x, y, z]),
            edge=edge,
            steps=steps,
            hidden=hidden,
            occupied=np.unpackbits(np.frombuffer(parts[0], np.uint8)).reshape((CELLS,) * 3),
            table=np.frombuffer(parts[1], "<f2").reshape(-1, FEATURES),
            decoder=np.frombuffer(parts[2], "<f4"),
        )


def _refused(what: str) -> FieldError:
    return FieldError(where=_WHERE, what=what, todo=_AGAIN)
