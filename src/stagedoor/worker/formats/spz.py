"""SPZ, Niantic's packed splats (MIT): versions 2 and 3 read, 3 written, degrees 0 to 3.

One gzip stream: 16 bytes of header ("NGSP", version, count, degree, fractional bits, flags, 0), then by column, not by
Gaussian: positions, opacities, colours, scales, rotations, spherical harmonics.  Its frame is right, up, back, which
is ours: nothing is turned.  Version 1 (half-float positions, never released) and version 4 (ZSTD) are refused by name.

What is lost in writing, for each Gaussian:
  position    a grid of 1/4096 unit, or of 1/4096 of the double's size if that is less; half of that at most
  scale       its logarithm to 1/16, half of that at most: 3.2 % of its length; ln from -10 to 5.9
  opacity     1/255, half of that at most
  colour      1/255 of a range of 6.7 coefficients (0.0074 in rgb), half of that at most; rgb from -0.44 to 1.44
  rotation    under 0.002 in each part of the unit quaternion
  harmonics   1/128, half of that at most; -1 to 0.99 (Niantic's writer keeps 5 and 4 bits of these 8; we keep 8)
"""

from __future__ import annotations

import math
import struct
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final, NoReturn

import numpy as np
from numpy.typing import NDArray

from stagedoor.worker.double.sh import COEFFICIENTS
from stagedoor.worker.double.splats import Splats
from stagedoor.worker.formats.errors import FormatError
from stagedoor.worker.formats.made import UNWARNED, Floats, Octets, check_count, made

GZIP: Final = b"\x1f\x8b"
MAGIC: Final = b"NGSP"
_HEADER: Final = struct.Struct("<4sIIBBBB")
_ROTATION_BYTES: Final = {2: 3, 3: 4}
ANTIALIASED: Final = 0x1
"""The one flag of versions 2 and 3: how the double was trained and is to be drawn (double/project.py)."""

BITS_MIN: Final = 12
"""Fractional bits of a position that Niantic's writer always takes: a quarter of a millimetre if a unit is a metre."""
BITS_MAX: Final = 23
"""As many as the 24 bits of a position leave beside its sign; only a double of under 2^-11 units takes them all."""
_FIXED_MAX: Final = (1 << 23) - 1
RATIO_MAX: Final = 1032
"""Bytes that deflate can make of one: a shorter file cannot hold what its header promises."""

_COLOUR: Final = 0.15
"""Of a colour's coefficient: the scale that Niantic chose, so that colours beyond 0 and 1 have room."""
_SMALLEST: Final = 511.0 * math.sqrt(2.0)
"""Steps of a small part of a quaternion, nine bits from 0 to the root of a half."""
_HIDDEN: Final = 0.25
"""Opacity bytes 0 and 255 are read as a quarter step inside the range: finite logits, which write as they were."""


def write_spz(splats: Splats) -> bytes:
    """The double as SPZ version 3; the loss is stated above.  The same double and zlib give the same bytes.

    Raises FormatError where a position does not fit 24 bits (beyond 2,048 units of the world).
    """
    reach = float(np.abs(splats.means).max())
    # Steps of 1/4096 unit, or of 1/4096 of a double that is smaller than a unit; finer ones change no pixel of a head.
    bits = min(BITS_MAX, BITS_MIN + max(0, math.ceil(-math.log2(max(reach, 1e-30)))))
    if reach * (1 << bits) > _FIXED_MAX:
        _refuse(f"a position is {reach:g} units from the origin, beyond SPZ's 2048", "Move or scale the double")
    fixed = np.rint(splats.means.astype(np.float64) * (1 << bits)).astype("<i4")
    logits = splats.opacity_logits.astype(np.float64)
    parts = (
        _HEADER.pack(MAGIC, 3, len(splats), splats.degree, bits, ANTIALIASED * splats.antialiased, 0),
        np.ascontiguousarray(fixed.reshape(-1, 1).view("u1")[:, :3]).tobytes(),
        _octets(255.0 / (1.0 + np.exp(-np.clip(logits, -50.0, 50.0)))),
        _octets((splats.colours * np.float32(_COLOUR) + np.float32(0.5)) * np.float32(255.0)),
        _octets((splats.log_scales + np.float32(10.0)) * np.float32(16.0)),
        _smallest_three(splats.quats).tobytes(),
        _octets(splats.rest * np.float32(128.0) + np.float32(128.0)),
    )
    packer = zlib.compressobj(9, zlib.DEFLATED, 31)
    return b"".join([*(packer.compress(part) for part in parts), packer.flush()])


@UNWARNED
def read_spz(data: Octets) -> Splats:
    """Reads SPZ 2 and 3.  The header is unpacked alone first, so a file can take no more memory than it declares.

    Raises FormatError for all else.
    """
    head, body = _unpacked(data)
    column = _columns(head, body)
    fixed = column["positions"].reshape(-1, 3).astype(np.int32)
    # The third byte's sign is the number's: shifted to the top and back, arithmetic.
    whole = ((fixed[:, 0] << 8 | fixed[:, 1] << 16 | fixed[:, 2] << 24) >> 8).reshape(-1, 3)
    alpha = np.clip(column["opacities"].astype(np.float64), _HIDDEN, 255.0 - _HIDDEN) / 255.0
    rotations = column["rotations"]
    return made(
        "spz",
        means=_floats(whole / float(1 << head.bits)),
        log_scales=_floats(column["scales"].reshape(-1, 3) / 16.0 - 10.0),
        quats=_first_three(rotations) if head.version == 2 else _unpack_smallest(rotations),
        opacity_logits=_floats(np.log(alpha / (1.0 - alpha))),
        colours=_floats((column["colours"].reshape(-1, 3) / 255.0 - 0.5) / _COLOUR),
        rest=_floats(column["harmonics"].reshape(head.count, head.rest, 3) / 128.0 - 1.0),
        antialiased=head.antialiased,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Head:
    version: int
    count: int
    rest: int
    bits: int
    antialiased: bool

    @property
    def widths(self) -> dict[str, int]:
        """Bytes of each column, in the file's order."""
        each = {"positions": 9, "opacities": 1, "colours": 3, "scales": 3}
        each |= {"rotations": _ROTATION_BYTES[self.version], "harmonics": 3 * self.rest}
        return {name: width * self.count for name, width in each.items()}


def _refuse(what: str, todo: str = "Export it as SPZ version 3") -> NoReturn:
    raise FormatError(where="spz", what=what, todo=todo)


def _unpacked(data: Octets) -> tuple[_Head, bytes]:
    """The header, and exactly the bytes that it promises."""
    if bytes(data[:4]) == MAGIC:
        version = int.from_bytes(data[4:8], "little")
        _refuse(f"it is SPZ version {version}, packed with ZSTD, which is not read here")
    if bytes(data[:2]) != GZIP:
        _refuse("it does not begin as gzip does")
    unpacker = zlib.decompressobj(31)
    try:
        head = _head(unpacker.decompress(data, _HEADER.size))
        size = sum(head.widths.values())
        if size > RATIO_MAX * len(data):
            _refuse(f"its {len(data)} bytes cannot hold the {size} that its header asks for", "Send the whole file")
        body = unpacker.decompress(unpacker.unconsumed_tail, size + 1)
        # With all of it out, the end mark and the checksum may still be to come.
        spare = unpacker.decompress(unpacker.unconsumed_tail, 1) if not unpacker.eof else b""
    except zlib.error:
        _refuse("its gzip stream is damaged", "Send it again")
    if len(body) != size or spare or not unpacker.eof or unpacker.unused_data:
        _refuse(f"its header asks for {size} bytes and its stream holds another number", "Send the whole file")
    return head, body


def _head(octets: bytes) -> _Head:
    if len(octets) != _HEADER.size:
        _refuse("it is cut off before the end of its header", "Send the whole file")
    magic, version, count, degree, bits, flags, reserved = _HEADER.unpack(octets)
    if magic != MAGIC:
        _refuse("what it unpacks to is not SPZ")
    if version not in _ROTATION_BYTES:
        _refuse(f"it is SPZ version {version}; versions 2 and 3 are read here")
    check_count(count, "spz")
    if degree >= len(COEFFICIENTS) or bits > 23 or flags & ~ANTIALIASED or reserved:
        _refuse(f"its header says degree {degree}, {bits} fractional bits, flags {flags}, reserved {reserved}")
    rest = COEFFICIENTS[degree]
    return _Head(version=version, count=count, rest=rest, bits=bits, antialiased=bool(flags & ANTIALIASED))


def _columns(head: _Head, body: bytes) -> dict[str, NDArray[np.uint8]]:
    def cut() -> Iterator[tuple[str, NDArray[np.uint8]]]:
        at = 0
        for name, width in head.widths.items():
            yield name, np.frombuffer(body, np.uint8, width, at)
            at += width

    return dict(cut())


def _octets(values: NDArray[np.floating]) -> bytes:
    """Each rounded to the nearest whole number from 0 to 255."""
    whole: NDArray[np.uint8] = np.clip(np.floor(values + 0.5), 0, 255).astype(np.uint8)
    return whole.tobytes()


def _floats(values: NDArray[np.floating]) -> Floats:
    return values.astype(np.float32)


def _smallest_three(quats: Floats) -> NDArray[np.uint32]:
    """wxyz of any length to 32 bits: which of xyzw is largest, then sign and nine bits of each of the others."""
    xyzw = np.roll(quats.astype(np.float64), -1, axis=1)
    xyzw /= np.linalg.norm(xyzw, axis=1, keepdims=True)
    largest = np.abs(xyzw).argmax(axis=1)
    negative = np.take_along_axis(xyzw, largest[:, None], axis=1) < 0
    packed: NDArray[np.uint32] = largest.astype("<u4")
    for part in range(4):
        value = xyzw[:, part]
        size = np.minimum(np.floor(np.abs(value) * _SMALLEST + 0.5), 511).astype("<u4")
        sign = ((value < 0) ^ negative[:, 0]).astype("<u4")
        packed = np.where(largest == part, packed, packed << 10 | sign << 9 | size)
    return packed


def _unpack_smallest(octets: NDArray[np.uint8]) -> Floats:
    left = octets.view("<u4").astype(np.uint32)
    largest = left >> 30
    xyzw = np.zeros((len(left), 4))
    for part in (3, 2, 1, 0):
        value = (left & 511) / _SMALLEST
        here = largest != part
        xyzw[here, part] = np.where(left >> 9 & 1, -value, value)[here]
        left = np.where(here, left >> 10, left)
    rows = np.arange(len(left))
    xyzw[rows, largest] = np.sqrt(np.maximum(0.0, 1.0 - (xyzw**2).sum(axis=1)))
    return _floats(np.roll(xyzw, 1, axis=1))


def _first_three(octets: NDArray[np.uint8]) -> Floats:
    """Version 2: x, y, z in a byte each; w is positive and follows from them."""
    xyz = octets.reshape(-1, 3) / 127.5 - 1.0
    w = np.sqrt(np.maximum(0.0, 1.0 - (xyz**2).sum(axis=1)))
    return _floats(np.column_stack([w, xyz]))
