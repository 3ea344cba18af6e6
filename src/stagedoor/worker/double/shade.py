"""Colour that hangs on the direction: spherical harmonics of degrees 1 to 3 added to a projected splat, and back.

Coefficients are float32 [3K,N] while at work, K = 3, 8 or 15: row 3k + c is coefficient k (the order of sh.py) of
colour c.  As in 3DGS a colour is never below 0, and where it is held there no gradient flows.
"""

# ruff: noqa: PLR0917  (numba knows no keyword-only arguments)

from __future__ import annotations

import numpy as np

from stagedoor.worker.double._jit import njit
from stagedoor.worker.double.project import SH0, Floats, Ints
from stagedoor.worker.double.sh import C1, C2, C3

f4 = np.float32
K1 = f4(C1)
K20, K21, K22, K23, K24 = (f4(value) for value in C2)
K30, K31, K32, K33, K34, K35, K36 = (f4(value) for value in C3)
BASIS_MAX = 15


@njit(inline="always")
def fill_basis(x: np.float32, y: np.float32, z: np.float32, count: int, out: Floats) -> None:
    """The first `count` (3, 8 or 15) basis functions at a unit direction into out[:count]."""
    out[0], out[1], out[2] = -K1 * y, K1 * z, -K1 * x
    if count > 3:
        xx, yy, zz = x * x, y * y, z * z
        out[3], out[4], out[5] = K20 * x * y, K21 * y * z, K22 * (f4(2.0) * zz - xx - yy)
        out[6], out[7] = K23 * x * z, K24 * (xx - yy)
        if count > 8:
            four = f4(4.0) * zz - xx - yy
            out[8], out[9], out[10] = K30 * y * (f4(3.0) * xx - yy), K31 * x * y * z, K32 * y * four
            out[11] = K33 * z * (f4(2.0) * zz - f4(3.0) * xx - f4(3.0) * yy)
            out[12], out[13], out[14] = K34 * x * four, K35 * z * (xx - yy), K36 * x * (xx - f4(3.0) * yy)


@njit(inline="always")
def slope(x: np.float32, y: np.float32, z: np.float32, weights: Floats, count: int, out: Floats) -> None:
    """The gradient of sum weights[k] basis_k by x, y, z (as if they were free), into out[:3]."""
    w = weights
    two, three, six = f4(2.0), f4(3.0), f4(6.0)
    gx, gy, gz = -K1 * w[2], -K1 * w[0], K1 * w[1]
    if count > 3:
        gx += K20 * y * w[3] - two * K22 * x * w[5] + K23 * z * w[6] + two * K24 * x * w[7]
        gy += K20 * x * w[3] + K21 * z * w[4] - two * K22 * y * w[5] - two * K24 * y * w[7]
        gz += K21 * y * w[4] + f4(4.0) * K22 * z * w[5] + K23 * x * w[6]
        if count > 8:
            xx, yy, zz = x * x, y * y, z * z
            four = f4(4.0) * zz - xx - yy
            gx += six * K30 * x * y * w[8] + K31 * y * z * w[9] - two * K32 * x * y * w[10]
            gx += -six * K33 * x * z * w[11] + K34 * (four - two * xx) * w[12]
            gx += two * K35 * x * z * w[13] + three * K36 * (xx - yy) * w[14]
            gy += three * K30 * (xx - yy) * w[8] + K31 * x * z * w[9] + K32 * (four - two * yy) * w[10]
            gy += -six * K33 * y * z * w[11] - two * K34 * x * y * w[12]
            gy += -two * K35 * y * z * w[13] - six * K36 * x * y * w[14]
            gz += K31 * x * y * w[9] + f4(8.0) * K32 * y * z * w[10]
            gz += three * K33 * (two * zz - xx - yy) * w[11] + f4(8.0) * K34 * x * z * w[12] + K35 * (xx - yy) * w[13]
    out[0], out[1], out[2] = gx, gy, gz


@njit()
def shade(
    params: Floats, rest: Floats, eye: Floats, count: int, start: int, end: int, splats: Floats, boxes: Ints
) -> None:
    """Adds the first `count` coefficients' part to the colours of Gaussians start..end; `eye` [3] is in world units."""
    basis = np.zeros(BASIS_MAX, np.float32)
    for i in range(start, end):
        if boxes[i, 1] <= boxes[i, 0] or boxes[i, 3] <= boxes[i, 2]:
            continue
        x, y, z = params[0, i] - eye[0], params[1, i] - eye[1], params[2, i] - eye[2]
        away = np.sqrt(x * x + y * y + z * z) + f4(1e-12)
        fill_basis(x / away, y / away, z / away, count, basis)
        for c in range(3):
            colour = splats[i, 6 + c]
            for k in range(count):
                colour += basis[k] * rest[3 * k + c, i]
            splats[i, 6 + c] = max(colour, f4(0.0))


@njit()
def shade_backward(
    params: Floats,
    rest: Floats,
    eye: Floats,
    count: int,
    start: int,
    end: int,
    splats: Floats,
    boxes: Ints,
    sums: Floats,
    grads: Floats,
    rest_grads: Floats,
) -> None:
    """After project_backward: gradients of the coefficients into rest_grads [3K,N], of the direction into grads [14,N].

    A colour that was held at 0 takes its gradient back from degree 0 too.
    """
    basis = np.zeros(BASIS_MAX, np.float32)
    weights = np.zeros(BASIS_MAX, np.float32)
    turn = np.zeros(3, np.float32)
    for i in range(start, end):
        for row in range(rest_grads.shape[0]):
            rest_grads[row, i] = f4(0.0)
        if boxes[i, 1] <= boxes[i, 0] or boxes[i, 3] <= boxes[i, 2]:
            continue
        x, y, z = params[0, i] - eye[0], params[1, i] - eye[1], params[2, i] - eye[2]
        away = np.sqrt(x * x + y * y + z * z) + f4(1e-12)
        x, y, z = x / away, y / away, z / away
        fill_basis(x, y, z, count, basis)
        weights[:count] = f4(0.0)
        for c in range(3):
            pull = (sums[0, i, 6 + c] + sums[1, i, 6 + c]) + (sums[2, i, 6 + c] + sums[3, i, 6 + c])
            if not splats[i, 6 + c] > f4(0.0):
                grads[11 + c, i] -= SH0 * pull
                continue
            for k in range(count):
                rest_grads[3 * k + c, i] = basis[k] * pull
                weights[k] += rest[3 * k + c, i] * pull
        slope(x, y, z, weights, count, turn)
        inside = turn[0] * x + turn[1] * y + turn[2] * z
        grads[0, i] += (turn[0] - inside * x) / away
        grads[1, i] += (turn[1] - inside * y) / away
        grads[2, i] += (turn[2] - inside * z) / away
