"""Real spherical harmonics of degrees 1 to 3, as 3DGS has them: order, signs and constants.

A colour is 0.28209479 c0 + 0.5 + the sum of BASIS_k(d) c_k, with d the unit direction from the camera to the Gaussian.
Order within `rest`: degree 1 as -y, z, -x; then degree 2; then degree 3 (Kerbl et al. 2023, gsplat, SPZ and
KHR_gaussian_splatting all have this one).
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

COEFFICIENTS = (0, 3, 8, 15)
"""Coefficients beyond degree 0 for each colour, by degree."""

C1 = 0.4886025119029199
C2 = (1.0925484305920792, -1.0925484305920792, 0.31539156525252005, -1.0925484305920792, 0.5462742152960396)
C3 = (
    *(-0.5900435899266435, 2.890611442640554, -0.4570457994644658, 0.3731763325901154),
    *(-0.4570457994644658, 1.445305721320277, -0.5900435899266435),
)

HALF_TURN_SIGNS = np.array([-1, -1, 1, -1, 1, 1, -1, 1, -1, 1, -1, -1, 1, -1, 1], np.float32)
"""What each coefficient is multiplied by when y and z change sign (from y up to y down): a half turn about x."""


def basis(directions: NDArray[np.floating], degree: int) -> NDArray[np.float64]:
    """The basis functions of degrees 1 to `degree` at unit directions [N,3], float64 [N,K]."""
    x, y, z = np.asarray(directions, np.float64).T
    rows = [-C1 * y, C1 * z, -C1 * x]
    if degree >= 2:
        rows += [C2[0] * x * y, C2[1] * y * z, C2[2] * (2 * z * z - x * x - y * y), C2[3] * x * z]
        rows += [C2[4] * (x * x - y * y)]
    if degree >= 3:
        rows += [C3[0] * y * (3 * x * x - y * y), C3[1] * x * y * z, C3[2] * y * (4 * z * z - x * x - y * y)]
        rows += [C3[3] * z * (2 * z * z - 3 * x * x - 3 * y * y), C3[4] * x * (4 * z * z - x * x - y * y)]
        rows += [C3[5] * z * (x * x - y * y), C3[6] * x * (x * x - 3 * y * y)]
    return np.stack(rows[: COEFFICIENTS[degree]], axis=1) if degree else np.empty((len(x), 0))
