"""A double: N Gaussians, in memory only.  Its files are in formats/; the PLY is what gets sealed.

Splats stand in the capture's world (y up, as transforms.json has it).
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from stagedoor.worker.double.project import Floats
from stagedoor.worker.double.sh import COEFFICIENTS

GAUSSIANS_MAX = 1_000_000
"""Gaussians in one double: 56 MB, with colour of degree 3 236 MB; a head needs 10,000 to 50,000."""
VALUE_MAX = 1e4
"""Largest magnitude of any number read: positions in world units, logs and logits far below it."""


def no_rest() -> NDArray[np.float32]:
    """The coefficients of a double whose colour is the same from everywhere."""
    return np.empty((0, 0, 3), np.float32)


class SplatsError(ValueError):
    """These arrays are no double."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Splats:
    """means [N,3] world units; log_scales [N,3] natural log of world units; quats [N,4] wxyz, any length but zero;
    opacity_logits [N]; colours [N,3] as spherical-harmonic coefficients of degree 0: rgb = 0.28209479 c + 0.5.
    rest [N,K,3] are those of degrees 1 to 3, in the order of sh.py, for the direction from the camera to it in
    the capture's world; K is 0, 3, 8 or 15.  All float32, all read-only.  antialiased: how it was trained and is to be
    drawn (project.py)."""

    means: NDArray[np.float32]
    log_scales: NDArray[np.float32]
    quats: NDArray[np.float32]
    opacity_logits: NDArray[np.float32]
    colours: NDArray[np.float32]
    rest: NDArray[np.float32] = field(default_factory=no_rest)
    antialiased: bool = False

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

    def packed(self) -> Floats:
        """The parameters as the kernels read them: float32 [14,N], a copy."""
        rows = (self.means.T, self.log_scales.T, self.quats.T, self.opacity_logits[None], self.colours.T)
        return np.ascontiguousarray(np.concatenate(rows), np.float32)

    def packed_rest(self) -> Floats:
        """The coefficients beyond degree 0 as the kernels read them: float32 [3K,N], a copy."""
        return np.ascontiguousarray(self.rest.reshape(len(self), -1).T, np.float32)

    @classmethod
    def unpacked(cls, params: Floats, rest: Floats | None = None, *, antialiased: bool = False) -> Splats:
        """The reverse of packed() and packed_rest()."""
        return cls(
            means=params[0:3].T,
            log_scales=params[3:6].T,
            quats=params[6:10].T,
            opacity_logits=params[10],
            colours=params[11:14].T,
            rest=no_rest() if rest is None or not len(rest) else rest.T.reshape(params.shape[1], -1, 3),
            antialiased=antialiased,
        )
