"""A double: N Gaussians, and its bytes as a 3DGS binary PLY.  In memory only; the PLY is what gets sealed.

Splats stand in the capture's world (y up, as transforms.json has it).  The PLY is in the frame that splat viewers
expect (y down): y and z change sign on the way out and back, exactly, so a round trip gives the same bytes.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from stagedoor.worker.double.project import PARAMETERS, Floats
from stagedoor.worker.double.sh import COEFFICIENTS

GAUSSIANS_MAX = 1_000_000
"""Gaussians in one double: 56 MB; a head needs 10,000 to 50,000."""
HEADER_BYTES_MAX = 4096
"""Bytes of a PLY header; ours takes under 500."""
VALUE_MAX = 1e4
"""Largest magnitude of any number read: positions in world units, logs and logits far below it."""

COLUMNS = (
    *("x", "y", "z", "f_dc_0", "f_dc_1", "f_dc_2", "opacity"),
    *("scale_0", "scale_1", "scale_2", "rot_0", "rot_1", "rot_2", "rot_3"),
)
"""The PLY's properties: position, colour, opacity logit, log scales, quaternion wxyz.  Degree 0, so no f_rest."""
IGNORED = ("nx", "ny", "nz")
"""Written by many tools, always zero; read past."""
HALF_TURN = np.array([1, -1, -1], np.float32)
"""About x: from y up, z towards the viewer to y down, z away, and back."""


def no_rest() -> NDArray[np.float32]:
    """The coefficients of a double whose colour is the same from everywhere."""
    return np.empty((0, 0, 3), np.float32)


class SplatsError(ValueError):
    """These bytes are no PLY of Gaussians that is read here."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Splats:
    """means [N,3] world units; log_scales [N,3] natural log of world units; quats [N,4] wxyz, any length but zero;
    opacity_logits [N]; colours [N,3] as spherical-harmonic coefficients of degree 0: rgb = 0.28209479 c + 0.5.
    rest [N,K,3] are those of degrees 1 to 3, in the order of sh.py, for the direction from the camera to it in
    the capture's world; K is 0, 3, 8 or 15.  All float32, all read-only."""

    means: NDArray[np.float32]
    log_scales: NDArray[np.float32]
    quats: NDArray[np.float32]
    opacity_logits: NDArray[np.float32]
    colours: NDArray[np.float32]
    rest: NDArray[np.float32] = field(default_factory=no_rest)

    def __post_init__(self) -> None:
        count = len(self.means)
        rest = np.array(self.rest, dtype=np.float32) if self.rest.size else np.empty((count, 0, 3), np.float32)
        if rest.ndim != 3 or rest.shape[::2] != (count, 3) or rest.shape[1] not in COEFFICIENTS:
            raise SplatsError(f"rest has shape {rest.shape} for {count} Gaussians")
        rest.flags.writeable = False
        object.__setattr__(self, "rest", rest)
        shapes = {"means": 3, "log_scales": 3, "quats": 4, "colours": 3}
        for name, width in (*shapes.items(), ("opacity_logits", 0)):
            held = np.array(getattr(self, name), dtype=np.float32)
            if held.shape != ((count, width) if width else (count,)):
                raise SplatsError(f"{name} has shape {held.shape} for {count} Gaussians")
            held.flags.writeable = False
            object.__setattr__(self, name, held)
        if not 1 <= count <= GAUSSIANS_MAX:
            raise SplatsError(f"{count} Gaussians; a double has 1 to {GAUSSIANS_MAX}")

    def __len__(self) -> int:
        return len(self.means)

    @property
    def degree(self) -> int:
        """Of its spherical harmonics, 0 to 3."""
        return COEFFICIENTS.index(self.rest.shape[1])

    def to_bytes(self) -> bytes:
        """The double as a binary little-endian PLY (y down)."""
        lines = ["ply", "format binary_little_endian 1.0", f"element vertex {len(self)}"]
        lines += [f"property float {name}" for name in COLUMNS] + ["end_header", ""]
        table = np.empty((len(self), PARAMETERS), "<f4")
        table[:, 0:3] = self.means * HALF_TURN
        table[:, 3:6] = self.colours
        table[:, 6] = self.opacity_logits
        table[:, 7:10] = self.log_scales
        w, x, y, z = self.quats.T
        table[:, 10:14] = np.stack([-x, w, -z, y], axis=1)
        return "\n".join(lines).encode("ascii") + table.tobytes()

    @classmethod
    def from_bytes(cls, data: bytes) -> Splats:
        """Reads what to_bytes writes, and other tools' PLYs of degree 0.  Raises SplatsError for all else."""
        count, names, body = _read_header(data)
        rows = np.frombuffer(data, "<f4", count * len(names), body).reshape(count, len(names))
        column = {name: rows[:, k] for k, name in enumerate(names)}
        table = np.stack([column[name] for name in COLUMNS], axis=1)
        if not (np.abs(table) <= VALUE_MAX).all():
            raise SplatsError(f"it holds a number that is not finite or is beyond {VALUE_MAX:g}")
        a, b, c, d = table[:, 10:14].T
        quats = np.stack([b, -a, d, -c], axis=1)
        if not (np.abs(quats).max(axis=1) > 1e-6).all():
            raise SplatsError("a rotation in it is zero")
        return cls(
            means=table[:, 0:3] * HALF_TURN,
            colours=table[:, 3:6],
            opacity_logits=table[:, 6],
            log_scales=table[:, 7:10],
            quats=quats,
        )

    def packed(self) -> Floats:
        """The parameters as the kernels read them: float32 [14,N], a copy."""
        rows = (self.means.T, self.log_scales.T, self.quats.T, self.opacity_logits[None], self.colours.T)
        return np.ascontiguousarray(np.concatenate(rows), np.float32)

    def packed_rest(self) -> Floats:
        """The coefficients beyond degree 0 as the kernels read them: float32 [3K,N], a copy."""
        return np.ascontiguousarray(self.rest.reshape(len(self), -1).T, np.float32)

    @classmethod
    def unpacked(cls, params: Floats, rest: Floats | None = None) -> Splats:
        """The reverse of packed() and packed_rest()."""
        return cls(
            means=params[0:3].T,
            log_scales=params[3:6].T,
            quats=params[6:10].T,
            opacity_logits=params[10],
            colours=params[11:14].T,
            rest=no_rest() if rest is None or not len(rest) else rest.T.reshape(params.shape[1], -1, 3),
        )


def _read_header(data: bytes) -> tuple[int, tuple[str, ...], int]:
    """(vertex count, property names, first byte of the body); the body's length is checked against the count."""
    head, mark, _ = data[:HEADER_BYTES_MAX].partition(b"end_header\n")
    if not mark or not head.startswith(b"ply\n"):
        raise SplatsError(f"no PLY header in its first {HEADER_BYTES_MAX} bytes")
    try:
        lines = head.decode("ascii").split("\n")[1:-1]
    except UnicodeDecodeError as fault:
        raise SplatsError("its PLY header is not ASCII") from fault
    lines = [line for line in lines if not line.startswith("comment ")]
    if lines[:1] != ["format binary_little_endian 1.0"]:
        raise SplatsError("it is not a binary little-endian PLY 1.0")
    words = lines[1].split(" ") if len(lines) > 1 else []
    if len(words) != 3 or words[:2] != ["element", "vertex"] or not words[2].isdigit() or len(words[2]) > 9:
        raise SplatsError("its first element is not a count of vertices")
    count = int(words[2])
    if not 1 <= count <= GAUSSIANS_MAX:
        raise SplatsError(f"it declares {count} Gaussians; a double has 1 to {GAUSSIANS_MAX}")
    names = tuple(line.removeprefix("property float ") for line in lines[2:] if line.startswith("property float "))
    if len(names) != len(lines) - 2 or len(set(names)) != len(names) or set(names) - set(IGNORED) != set(COLUMNS):
        raise SplatsError("its properties are not those of Gaussians of degree 0, all float")
    body = len(head) + len(mark)
    if len(data) - body != 4 * len(names) * count:
        raise SplatsError(f"its header asks for {4 * len(names) * count} bytes and {len(data) - body} follow")
    return count, names, body
