"""A double's numbers as formats of exchange have them: linear scales, unit rotations, opacities of 0 to 1."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from stagedoor.worker.double.splats import Splats
from stagedoor.worker.formats.errors import FormatError

LOG_SCALE_MAX: Final = 88.0
"""ln of the largest scale that float32 holds."""
LEAST: Final = 1.1754943508222875e-38
"""The smallest normal float32: a scale or an opacity below it is that."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Linear:
    """scales [N,3] world units; quats [N,4] wxyz of length 1; opacities [N].  All float64; who writes them rounds."""

    scales: NDArray[np.float64]
    quats: NDArray[np.float64]
    opacities: NDArray[np.float64]


def linear(splats: Splats, where: str) -> Linear:
    """The double's, each in float32's range.  Raises FormatError where a scale is beyond it."""
    if float(splats.log_scales.max()) > LOG_SCALE_MAX:
        what, todo = "a scale of the double is beyond float32", "Remove such Gaussians"
        raise FormatError(where=where, what=what, todo=todo)
    quats = splats.quats.astype(np.float64)
    logits = np.maximum(splats.opacity_logits.astype(np.float64), -80.0)
    return Linear(
        scales=np.maximum(np.exp(splats.log_scales.astype(np.float64)), LEAST),
        quats=quats / np.linalg.norm(quats, axis=1, keepdims=True),
        opacities=1.0 / (1.0 + np.exp(-logits)),
    )
