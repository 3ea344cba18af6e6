"""The common 3DGS PLY: binary little-endian, all float32, one row for each Gaussian, spherical harmonics 0 to 3.

Columns: x y z, f_dc_0..2, f_rest_0.. (channel by channel: all of red, then green, then blue), opacity (logit),
scale_0..2 (natural log), rot_0..3 (wxyz), in the frame that splat viewers expect (y down, z away).  A double stands y
up, so y and z change sign on the way out and back, and with them the rotation and the coefficients that are odd in
them; signs alone change, so a round trip is exact.  Layout: Kerbl et al. 2023, as gsplat, SuperSplat and Niantic's
tools read it.  Degree 0 gives the same bytes as doubles have had since the first release.

A double that is to be drawn antialiased says so in a comment of the header, which other tools read past.
"""

from __future__ import annotations

import re
from typing import Final, NoReturn

import numpy as np

from stagedoor.worker.double.sh import COEFFICIENTS, HALF_TURN_SIGNS
from stagedoor.worker.double.splats import Splats
from stagedoor.worker.formats.errors import FormatError, shown
from stagedoor.worker.formats.made import UNWARNED, Floats, Octets, check_count, made

MAGIC: Final = b"ply\n"
HEADER_BYTES_MAX: Final = 8192
"""Bytes of a PLY header: degree 3 with every property takes 1,500; the rest is room for comments."""
ANTIALIASED: Final = "comment antialiased"
"""The line of a header that tells how the double was trained and is to be drawn (double/project.py)."""
ENDLESS: Final = np.float32(20.0)
"""What an infinite logit is read as, with its sign: tools that unpack SPZ write them for opacities of 0 and 1."""

_BEFORE: Final = ("x", "y", "z", "f_dc_0", "f_dc_1", "f_dc_2")
_AFTER: Final = ("opacity", "scale_0", "scale_1", "scale_2", "rot_0", "rot_1", "rot_2", "rot_3")
IGNORED: Final = frozenset({"nx", "ny", "nz"})
"""Written by many tools, always zero; read past."""
_HALF_TURN: Final = np.array([1, -1, -1], np.float32)
_NUMBER: Final = re.compile(r"[0-9]{1,10}")
_AGAIN: Final = "Export it as an uncompressed binary 3DGS PLY"


def columns(degree: int) -> tuple[str, ...]:
    """The properties of a PLY of this degree, in the common order."""
    return (*_BEFORE, *(f"f_rest_{k}" for k in range(3 * COEFFICIENTS[degree])), *_AFTER)


def write_ply(splats: Splats) -> bytes:
    """The double as a PLY, exactly: no number is rounded."""
    names, count = columns(splats.degree), len(splats)
    rest = COEFFICIENTS[splats.degree]
    lines = ["ply", "format binary_little_endian 1.0"]
    lines += [ANTIALIASED] if splats.antialiased else []
    lines += [f"element vertex {count}"]
    lines += [f"property float {name}" for name in names] + ["end_header", ""]
    table = np.empty((count, len(names)), "<f4")
    table[:, 0:3] = splats.means * _HALF_TURN
    table[:, 3:6] = splats.colours
    turned = splats.rest * HALF_TURN_SIGNS[:rest, None]
    table[:, 6 : 6 + 3 * rest] = turned.transpose(0, 2, 1).reshape(count, 3 * rest)
    tail = table[:, 6 + 3 * rest :]
    tail[:, 0] = splats.opacity_logits
    tail[:, 1:4] = splats.log_scales
    w, x, y, z = splats.quats.T
    tail[:, 4:8] = np.stack([-x, w, -z, y], axis=1)
    return "\n".join(lines).encode("ascii") + table.tobytes()


@UNWARNED
def read_ply(data: Octets) -> Splats:
    """Reads what write_ply writes and other tools' PLYs: any order of properties, with or without normals.

    Nothing of `data` is kept but copies of its numbers.  Raises FormatError for all else.
    """
    count, names, body, antialiased = _header(data)
    rows = np.frombuffer(data, "<f4", count * len(names), body).reshape(count, len(names))
    at = {name: place for place, name in enumerate(names)}
    degree = next((d for d in range(len(COEFFICIENTS)) if set(columns(d)) == set(names) - IGNORED), None)
    if degree is None:
        _refuse("its properties are not those of Gaussians of degree 0 to 3")
    rest = COEFFICIENTS[degree]

    def take(*wanted: str) -> Floats:
        taken: Floats = rows[:, [at[name] for name in wanted]].astype(np.float32)
        return taken

    logits = take("opacity")[:, 0]
    a, b, c, d = take("rot_0", "rot_1", "rot_2", "rot_3").T
    channels = take(*(f"f_rest_{k}" for k in range(3 * rest))).reshape(count, 3, rest)
    return made(
        "ply",
        means=take("x", "y", "z") * _HALF_TURN,
        log_scales=take("scale_0", "scale_1", "scale_2"),
        quats=np.stack([b, -a, d, -c], axis=1),
        opacity_logits=np.where(np.isinf(logits), np.copysign(ENDLESS, logits), logits),
        colours=take("f_dc_0", "f_dc_1", "f_dc_2"),
        rest=channels.transpose(0, 2, 1) * HALF_TURN_SIGNS[:rest, None],
        antialiased=antialiased,
    )


def _refuse(what: str, todo: str = _AGAIN) -> NoReturn:
    raise FormatError(where="ply", what=what, todo=todo)


def _header(data: Octets) -> tuple[int, tuple[str, ...], int, bool]:
    """(Gaussians, property names, first byte of the body, antialiased); the body's length is checked."""
    head, mark, _ = bytes(data[:HEADER_BYTES_MAX]).partition(b"end_header\n")
    if not mark or not head.startswith(MAGIC):
        _refuse(f"no PLY header in its first {HEADER_BYTES_MAX} bytes")
    try:
        lines = head.decode("ascii").split("\n")[1:-1]
    except UnicodeDecodeError:
        _refuse("its PLY header is not ASCII")
    antialiased = ANTIALIASED in lines
    lines = [line for line in lines if not line.startswith(("comment ", "obj_info "))]
    if lines[:1] != ["format binary_little_endian 1.0"]:
        _refuse("it is not a binary little-endian PLY 1.0")
    words = lines[1].split(" ") if len(lines) > 1 else []
    if len(words) != 3 or words[:2] != ["element", "vertex"] or not _NUMBER.fullmatch(words[2]):
        _refuse("its first element is not a count of vertices (a compressed PLY has chunks there)")
    count = int(words[2])
    check_count(count, "ply")
    names = tuple(line.removeprefix("property float ") for line in lines[2:])
    odd = next((line for line in lines[2:] if not line.startswith("property float ")), None)
    if odd is not None:
        _refuse(f"its header says {shown(odd)}, where every property of a Gaussian is a float")
    if len(set(names)) != len(names):
        _refuse("a property of it is named twice")
    body, width = len(head) + len(mark), 4 * len(names)
    if len(data) - body != width * count:
        _refuse(f"its header asks for {width * count} bytes and {len(data) - body} follow", "Send the whole file")
    return count, names, body, antialiased
