"""A double moved, turned and evenly scaled: its Gaussians, and the colours that hang on the direction."""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from stagedoor.worker.double.sh import basis
from stagedoor.worker.double.splats import Splats
from stagedoor.worker.formats.errors import FormatError
from stagedoor.worker.formats.made import made

EVEN: Final = 1e-4
"""How far a matrix may be from a turn times a scale, of that scale: what float32 leaves of one."""
SCALE_MIN, SCALE_MAX = 1e-6, 1e6
"""Even scales that are taken: millimetres to kilometres, twice over."""

_SAMPLES: Final = 64
"""Directions over which harmonics are matched: four times as many as there are."""


def turned(splats: Splats, matrix: NDArray[np.float64], where: str) -> Splats:
    """`splats` under an affine matrix [4,4]; the identity changes no bit.  Raises FormatError on a shear or mirror."""
    if np.array_equal(matrix, np.eye(4)):
        return splats
    scale = float(np.cbrt(max(np.linalg.det(matrix[:3, :3]), 0.0)))
    turn = matrix[:3, :3] / scale if SCALE_MIN <= scale <= SCALE_MAX else np.zeros((3, 3))
    if not np.abs(turn @ turn.T - np.eye(3)).max() <= EVEN:
        raise FormatError(
            where=where,
            what="it is mirrored, or scaled unevenly or by too much",
            todo="Apply its transform before it is exported",
        )
    return made(
        where,
        means=(splats.means @ (scale * turn).T + matrix[:3, 3]).astype(np.float32),
        log_scales=splats.log_scales + np.float32(np.log(scale)),
        quats=_times(quaternion(turn), splats.quats.astype(np.float64)).astype(np.float32),
        opacity_logits=splats.opacity_logits,
        colours=splats.colours,
        antialiased=splats.antialiased,
        rest=np.einsum("jk,nkc->njc", harmonics(turn, splats.degree), splats.rest).astype(np.float32),
    )


def harmonics(turn: NDArray[np.float64], degree: int) -> NDArray[np.float64]:
    """The matrix [K,K] that gives a turned Gaussian's coefficients, for degrees 1 to `degree`.

    Seen along d it must look as the unturned one did along the inverse turn of d: matched over many directions, exactly
    but for rounding, because harmonics of one degree turn into one another.
    """
    if degree == 0:
        return np.empty((0, 0))
    places = np.arange(_SAMPLES) + 0.5
    z, angle = 1 - 2 * places / _SAMPLES, places * np.pi * (3 - np.sqrt(5))
    flat = np.sqrt(1 - z * z)
    directions = np.stack([flat * np.cos(angle), flat * np.sin(angle), z], axis=1)
    matched = np.linalg.lstsq(basis(directions, degree), basis(directions @ turn, degree), rcond=None)[0]
    return np.asarray(matched, np.float64)


def quaternion(turn: NDArray[np.float64]) -> NDArray[np.float64]:
    """wxyz of a rotation [3,3], by its largest part (Shepperd)."""
    four = np.array(
        [
            1 + turn[0, 0] + turn[1, 1] + turn[2, 2],
            1 + turn[0, 0] - turn[1, 1] - turn[2, 2],
            1 - turn[0, 0] + turn[1, 1] - turn[2, 2],
            1 - turn[0, 0] - turn[1, 1] + turn[2, 2],
        ]
    )
    (a, b, c), (d, e, f) = (
        (turn[2, 1] - turn[1, 2], turn[0, 2] - turn[2, 0], turn[1, 0] - turn[0, 1]),
        (turn[1, 0] + turn[0, 1], turn[0, 2] + turn[2, 0], turn[2, 1] + turn[1, 2]),
    )
    rows = np.array([[four[0], a, b, c], [a, four[1], d, e], [b, d, four[2], f], [c, e, f, four[3]]])
    best = rows[int(four.argmax())]
    return np.asarray(best / np.linalg.norm(best), np.float64)


def _times(one: NDArray[np.float64], many: NDArray[np.float64]) -> NDArray[np.float64]:
    a, b, c, d = one
    w, x, y, z = many.T
    return np.stack(
        [
            a * w - b * x - c * y - d * z,
            a * x + b * w + c * z - d * y,
            a * y - b * z + c * w + d * x,
            a * z + b * y - c * x + d * w,
        ],
        axis=1,
    )
