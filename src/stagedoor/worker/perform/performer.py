"""A performer: resting Gaussians and, for each control, what changes when it goes from 0 to 1; and its bytes.

The bytes are this package's own form, little-endian, with no compression, so that nothing can swell:

    7  b"SDPERF" and a zero byte
    1  version, 1
    4  Gaussians N, uint32          1  coefficients of colour beyond degree 0, K: 0, 3, 8 or 15
    1  controls C, at most 128
    4 (14 + 3K) N   resting parameters, float32, row by row as Splats.packed() and packed_rest() have them
    then for each control, by name ascending:
    1  length of its name, then the name in ASCII
    4  Gaussians that it changes, M, uint32
    4 M   their numbers, uint32, ascending;  28 M   the changes, float16, 14 rows of M

and nothing after.  A Gaussian that a control leaves alone is not stored.  Equal performers have equal bytes.
"""

from __future__ import annotations

import struct
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

import numpy as np
from numpy.typing import NDArray

from stagedoor.worker.double.project import PARAMETERS
from stagedoor.worker.double.sh import COEFFICIENTS
from stagedoor.worker.double.splats import GAUSSIANS_MAX, VALUE_MAX, Splats
from stagedoor.worker.perform.controls import CONTROLS_MAX, Expression, checked_name, unknown
from stagedoor.worker.perform.errors import PerformError
from stagedoor.worker.perform.kernels import LENGTH_MIN, add_sparse, hold

MAGIC: Final = b"SDPERF\0"
VERSION: Final = 1
HEAD: Final = struct.Struct("<7sBIBB")
CHANGE_MAX: Final = 100.0
"""Largest magnitude of a stored change: a head is two units tall, logs and logits are within 12."""
CHANGED_MAX: Final = 8_000_000
"""Changes of all controls together: 256 MB in memory.  10,000 Gaussians with 24 controls store under 100,000."""
_RECORD: Final = 4 + 2 * PARAMETERS
_WHERE: Final = "performer"
_AGAIN: Final = "Make the replica again, or take it from where it was whole"


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """What one control changes in full: `at` int32 [M] ascending numbers of Gaussians; `rows` float16 [14,M] added to
    the resting parameters, in their order and units.  Read-only."""

    at: NDArray[np.int32]
    rows: NDArray[np.float16]

    def __post_init__(self) -> None:
        at, rows = np.array(self.at, dtype=np.int32), np.array(self.rows, dtype=np.float16)
        if at.ndim != 1 or rows.shape != (PARAMETERS, len(at)):
            raise PerformError(where=_WHERE, what=f"a change has shape {rows.shape} for {at.shape}", todo=_AGAIN)
        at.flags.writeable = rows.flags.writeable = False
        object.__setattr__(self, "at", at)
        object.__setattr__(self, "rows", rows)

    @classmethod
    def of(cls, change: NDArray[np.float32]) -> Change:
        """From a dense change [14,N]: Gaussians whose change is zero, once rounded to float16, are left out."""
        rounded = np.clip(change, -CHANGE_MAX, CHANGE_MAX).astype(np.float16)
        at = np.flatnonzero((rounded != 0).any(axis=0))
        # A negative zero would give two spellings of one performer.
        return cls(at=at.astype(np.int32), rows=rounded[:, at] + np.float16(0.0))


@dataclass(frozen=True, slots=True, kw_only=True)
class Performer:
    """`neutral` is the face at rest; `changes` holds one Change for each control, ordered by name.

    Raises PerformError for names, shapes or values that no performer has.
    """

    neutral: Splats
    changes: Mapping[str, Change]

    def __post_init__(self) -> None:
        if len(self.changes) > CONTROLS_MAX:
            raise PerformError(where=_WHERE, what=f"{len(self.changes)} controls, at most {CONTROLS_MAX}", todo=_AGAIN)
        for name, change in self.changes.items():
            checked_name(name, where=_WHERE)
            _check_change(name, change, len(self.neutral))
        object.__setattr__(self, "changes", MappingProxyType(dict(sorted(self.changes.items()))))

    @property
    def controls(self) -> tuple[str, ...]:
        """The names that can be driven, ascending."""
        return tuple(self.changes)

    def posed(self, weights: Mapping[str, float]) -> Splats:
        """The face with each control at its weight, 0 to 1; at rest, exactly `neutral`.

        Raises PerformError for a weight that is none and for a control that this performer lacks.
        """
        expression = Expression(weights)
        for name in expression:
            if name not in self.changes:
                raise unknown(name, self.changes, where=_WHERE)
        if not expression:
            return self.neutral
        rest = self.neutral.packed()
        posed = rest.copy()
        for name, weight in expression.items():
            change = self.changes[name]
            add_sparse(posed, change.at, change.rows.astype(np.float32), np.float32(weight))
        hold(posed, rest, 0, len(self.neutral))
        return Splats.unpacked(posed, self.neutral.packed_rest(), antialiased=self.neutral.antialiased)

    def arrays(self) -> tuple[NDArray[np.generic], ...]:
        """Everything that must be wiped when a lease ends."""
        held = self.neutral
        own = (held.means, held.log_scales, held.quats, held.opacity_logits, held.colours, held.rest)
        return (*own, *(part for change in self.changes.values() for part in (change.at, change.rows)))

    def to_bytes(self) -> bytes:
        """The performer in the form above."""
        count, rest = len(self.neutral), self.neutral.packed_rest()
        parts = [HEAD.pack(MAGIC, VERSION, count, len(rest) // 3, len(self.changes))]
        parts += [self.neutral.packed().astype("<f4").tobytes(), rest.astype("<f4").tobytes()]
        for name, change in self.changes.items():
            parts.append(struct.pack("<B", len(name)) + name.encode("ascii") + struct.pack("<I", len(change.at)))
            parts += [change.at.astype("<u4").tobytes(), change.rows.astype("<f2").tobytes()]
        return b"".join(parts)

    @classmethod
    def from_bytes(cls, data: bytes | bytearray | memoryview) -> Performer:
        """Reads what to_bytes writes, and nothing else; keeps no view of `data`.  Raises PerformError.

        Every count is held against the bytes that are there before anything is made of it.
        """
        source = _Reader(memoryview(data))
        magic, version, count, coefficients, controls = HEAD.unpack(source.take(HEAD.size, "the header"))
        if magic != MAGIC or version != VERSION:
            raise _refused(f"it does not begin as version {VERSION} of a performer does")
        if not 1 <= count <= GAUSSIANS_MAX or coefficients not in COEFFICIENTS or controls > CONTROLS_MAX:
            raise _refused(f"it declares {count} Gaussians, {coefficients} coefficients and {controls} controls")
        width = PARAMETERS + 3 * coefficients
        table = np.frombuffer(source.take(4 * width * count, "the face at rest"), "<f4").reshape(width, count)
        if not (np.abs(table) <= VALUE_MAX).all():
            raise _refused(f"the face at rest holds a number that is not finite or is beyond {VALUE_MAX:g}")
        if not (np.abs(table[6:10]).max(axis=0) > LENGTH_MIN).all():
            raise _refused("a rotation of the face at rest is zero")
        changes: dict[str, Change] = {}
        total, last = 0, ""
        for _ in range(controls):
            name = _name(source)
            (moved,) = struct.unpack("<I", source.take(4, name))
            total += moved
            if name <= last or moved > count or total > CHANGED_MAX:
                raise _refused(f"control {name} is out of order, or changes more Gaussians than there are or are held")
            body = source.take(_RECORD * moved, name)
            at = np.frombuffer(body[: 4 * moved], "<u4")
            if moved and (not (at[1:] > at[:-1]).all() or at[-1] >= count):
                raise _refused(f"the Gaussians of control {name} are not numbered upwards within {count}")
            rows = np.frombuffer(body[4 * moved :], "<f2").reshape(PARAMETERS, moved)
            changes[name], last = Change(at=at.astype(np.int32), rows=rows), name
        if source.left():
            raise _refused(f"{source.left()} bytes follow its end")
        neutral = Splats.unpacked(np.ascontiguousarray(table[:PARAMETERS]), table[PARAMETERS:])
        return cls(neutral=neutral, changes=changes)


def is_performer(data: bytes | bytearray) -> bool:
    """Whether bytes say that they are a performer, by their first seven."""
    return bytes(data[: len(MAGIC)]) == MAGIC


class _Reader:
    """Bytes taken one after another; never more than are there."""

    def __init__(self, data: memoryview) -> None:
        self._data, self._at = data, 0

    def take(self, count: int, what: str) -> memoryview:
        if count > self.left():
            raise _refused(f"it ends within {what}: {count} bytes are declared and {self.left()} are left")
        self._at += count
        return self._data[self._at - count : self._at]

    def left(self) -> int:
        return len(self._data) - self._at


def _name(source: _Reader) -> str:
    (length,) = source.take(1, "a control's name")
    raw = bytes(source.take(length, "a control's name"))
    try:
        return checked_name(raw.decode("ascii"), where=_WHERE)
    except UnicodeDecodeError:
        raise _refused("a control's name is not ASCII") from None


def _check_change(name: str, change: Change, gaussians: int) -> None:
    at = change.at
    if len(at) and (at[0] < 0 or at[-1] >= gaussians or not (np.diff(at) > 0).all()):
        raise _refused(f"the Gaussians of control {name} are not numbered upwards within {gaussians}")
    if not (np.abs(change.rows) <= CHANGE_MAX).all():
        raise _refused(f"control {name} holds a change that is not finite or is beyond {CHANGE_MAX:g}")


def _refused(what: str) -> PerformError:
    return PerformError(where=_WHERE, what=what, todo=_AGAIN)
