"""Gaussians to the image plane (EWA, as in 3DGS) and the gradients back.  One Gaussian at a time, no shared state.

Parameters are float32 [14,N] while at work: mean 0:3, log scale 3:6, quaternion wxyz 6:10, opacity logit 10,
colour (SH degree 0) 11:14.  A projected splat is a row of 11 float32, exponents in powers of two:

    0,1  centre u,v (px)      2,3,4  the exponent a dx^2 + 2 b dx dy + c dy^2, never above 0
    5    log2 of the opacity  6,7,8  red, green, blue       9  opacity      10  half height (px)

Antialiased, a Gaussian is widened by PIXEL_SPREAD alone, and its opacity is what is then left of its own: times the
root of the ratio of its areas in the image, before and after.  A double drawn smaller or larger than it was trained so
keeps its sharpness and brightness.  After Mip-Splatting (Yu et al. 2024, arXiv 2311.16493), its image filter.
"""

# ruff: noqa: PLR0917  (numba knows no keyword-only arguments)

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from stagedoor.worker.double._jit import LOG2_E, exp_safe, log2_safe, njit

Floats = NDArray[np.float32]
Ints = NDArray[np.int32]

PARAMETERS = 14
SPLAT = 11
TILE = 16
"""Tile edge in pixels, and the lanes of one vector step."""

f4 = np.float32
NEAR = f4(0.05)
"""Closest depth drawn, in world units; a splat on the lens would cover every tile."""
DILATION = f4(0.3)
"""Added to both image variances (px^2), as 3DGS does, so that no splat falls between pixels."""
PIXEL_SPREAD = f4(0.1)
"""The same for an antialiased double: Mip-Splatting's, near a square pixel's own 1/12.  0.3 blurs edges: on the head
scan it ends 0.9 dB lower, on the chair of bench/bars.py 0.7 (1,000 steps)."""
ALPHA_MIN = f4(1.0 / 255.0)
"""Fainter than this, a splat changes no 8-bit pixel and is not drawn."""
CENTRE_PX_MAX = f4(1e6)
"""Centres further out than this cannot reach a frame."""
HALF_PX_MAX = f4(1e4)
"""A wider splat is not drawn: rounding of its exponent, a dx^2 with dx this large, would no longer be small."""
SLOPE_MARGIN = f4(1.3)
"""The perspective slope is held within this many half-frames of the centre, as 3DGS does."""
SH0 = f4(0.28209479177387814)
"""Degree-0 spherical harmonic: colour = SH0 * coefficient + 0.5."""


@njit(inline="always")
def sigmoid(value: np.float32) -> np.float32:
    """1 / (1 + e^-value)."""
    return np.float32(f4(1.0) / (f4(1.0) + exp_safe(np.float32(-value))))


@njit()
def splat_axes(params: Floats, i: int, camera: Floats, out: Floats) -> bool:
    """Fills `out` [40] for Gaussian i; False when it lies behind the near plane.

    out: camera-space mean 0:3, unit quaternion 3:7, its length 7, scales 8:11, rotation 11:20,
    T = J W 20:26 (2x3), V = T R S 26:32 (2x3), slope-held x,y 32:34, whether held 34:36.
    """
    for r in range(3):
        out[r] = (
            camera[3 * r] * params[0, i]
            + camera[3 * r + 1] * params[1, i]
            + camera[3 * r + 2] * params[2, i]
            + camera[9 + r]
        )
    depth = out[2]
    if not depth > NEAR:
        return False
    w, x, y, z = params[6, i], params[7, i], params[8, i], params[9, i]
    length = np.sqrt(w * w + x * x + y * y + z * z) + f4(1e-12)
    w, x, y, z = w / length, x / length, y / length, z / length
    out[3], out[4], out[5], out[6], out[7] = w, x, y, z, length
    for k in range(3):
        out[8 + k] = exp_safe(params[3 + k, i])
    two = f4(2.0)
    one = f4(1.0)
    out[11], out[12], out[13] = one - two * (y * y + z * z), two * (x * y - w * z), two * (x * z + w * y)
    out[14], out[15], out[16] = two * (x * y + w * z), one - two * (x * x + z * z), two * (y * z - w * x)
    out[17], out[18], out[19] = two * (x * z - w * y), two * (y * z + w * x), one - two * (x * x + y * y)
    for axis in range(2):
        limit = SLOPE_MARGIN * f4(0.5) * camera[16 + axis] / camera[12 + axis]
        slope = out[axis] / depth
        held = min(max(slope, -limit), limit)
        out[32 + axis] = held * depth
        out[34 + axis] = one if held != slope else f4(0.0)
        focal = camera[12 + axis] / depth
        for k in range(3):
            out[20 + 3 * axis + k] = focal * (camera[3 * axis + k] - held * camera[6 + k])
        for k in range(3):
            total = f4(0.0)
            for j in range(3):
                total += out[20 + 3 * axis + j] * out[11 + 3 * j + k]
            out[26 + 3 * axis + k] = total * out[8 + k]
    return True


@njit(inline="always")
def area_square(work: Floats) -> np.float64:
    """The determinant (px^4) of the image covariance before it is widened: the sum of the squares of V's 2x2 minors.

    Never below 0, and exact for a thin splat, where xx yy - xy^2 would be all rounding.  `work` is what splat_axes
    filled.
    """
    total = np.float64(0.0)
    for k in range(3):
        j = (k + 1) % 3
        minor = np.float64(work[26 + k]) * np.float64(work[29 + j]) - np.float64(work[26 + j]) * np.float64(
            work[29 + k]
        )
        total += minor * minor
    return total


@njit()
def project(params: Floats, camera: Floats, start: int, end: int, splats: Floats, depths: Floats, boxes: Ints) -> None:
    """Gaussians start..end to splats [N,11], depths [N] and boxes [N,4] (tiles x0,x1,y0,y1; empty if unseen)."""
    work = np.empty(40, np.float32)
    widening = np.float64(camera[18] if camera[18] > f4(0.0) else DILATION)
    across = (int(camera[16]) + TILE - 1) // TILE
    down = (int(camera[17]) + TILE - 1) // TILE
    for i in range(start, end):
        boxes[i, 0], boxes[i, 1], boxes[i, 2], boxes[i, 3] = 0, 0, 0, 0
        depths[i] = f4(0.0)
        opacity = sigmoid(params[10, i])
        if not opacity > ALPHA_MIN or not splat_axes(params, i, camera, work):
            continue
        # float64: for a long thin splat the determinant is a small difference of large products.
        xx, xy, yy = widening, 0.0, widening
        for k in range(3):
            across_k, down_k = np.float64(work[26 + k]), np.float64(work[29 + k])
            xx += across_k * across_k
            xy += across_k * down_k
            yy += down_k * down_k
        determinant = xx * yy - xy * xy
        if not determinant > 1e-12:
            continue
        if camera[18] > f4(0.0):
            opacity = np.float32(opacity * np.sqrt(area_square(work) / determinant))
            if not opacity > ALPHA_MIN:
                continue
        u = camera[12] * work[0] / work[2] + camera[14]
        v = camera[13] * work[1] / work[2] + camera[15]
        reach = f4(2.0) * log2_safe(np.float32(f4(255.0) * opacity)) / LOG2_E
        half_x, half_y = np.float32(np.sqrt(reach * xx)), np.float32(np.sqrt(reach * yy))
        if not (abs(u) < CENTRE_PX_MAX and abs(v) < CENTRE_PX_MAX and max(half_x, half_y) < HALF_PX_MAX):
            continue
        scale = -0.5 * np.float64(LOG2_E) / determinant
        splats[i, 0], splats[i, 1] = u, v
        splats[i, 2], splats[i, 3], splats[i, 4] = scale * yy, -scale * xy, scale * xx
        splats[i, 5] = log2_safe(opacity)
        for k in range(3):
            splats[i, 6 + k] = SH0 * params[11 + k, i] + f4(0.5)
        splats[i, 9] = opacity
        splats[i, 10] = half_y
        depths[i] = work[2]
        boxes[i, 0] = min(max(int(np.floor((u - half_x) / TILE)), 0), across)
        boxes[i, 1] = min(max(int(np.floor((u + half_x) / TILE)) + 1, 0), across)
        boxes[i, 2] = min(max(int(np.floor((v - half_y) / TILE)), 0), down)
        boxes[i, 3] = min(max(int(np.floor((v + half_y) / TILE)) + 1, 0), down)


@njit()
def project_backward(
    params: Floats, camera: Floats, start: int, end: int, splats: Floats, boxes: Ints, sums: Floats, grads: Floats
) -> None:
    """Image gradients `sums` [CHUNKS,N,9] of Gaussians start..end to parameter gradients `grads` [14,N].

    sums, per splat, with m = dL/d(exponent in nats): m, m dx, m dy, m dx^2, m dx dy, m dy^2, then red, green, blue.
    """
    work = np.empty(40, np.float32)
    s = np.empty(9, np.float32)
    for i in range(start, end):
        for k in range(PARAMETERS):
            grads[k, i] = f4(0.0)
        if boxes[i, 1] <= boxes[i, 0] or boxes[i, 3] <= boxes[i, 2]:
            continue
        for k in range(9):
            # Chunk order is fixed: this is the one sum across what threads made.
            s[k] = (sums[0, i, k] + sums[1, i, k]) + (sums[2, i, k] + sums[3, i, k])
        splat_axes(params, i, camera, work)
        grads[10, i] = s[0] * (f4(1.0) - sigmoid(params[10, i]))
        for k in range(3):
            grads[11 + k, i] = SH0 * s[6 + k]
        to_nats = f4(-2.0) / LOG2_E
        ka, kb, kc = splats[i, 2] * to_nats, splats[i, 3] * to_nats, splats[i, 4] * to_nats
        grad_u = ka * s[1] + kb * s[2]
        grad_v = kb * s[1] + kc * s[2]
        # d(covariance) = -K dK K with K the inverse covariance and dK = -1/2 of the second moments.
        half = f4(0.5)
        ga = half * (ka * ka * s[3] + f4(2.0) * ka * kb * s[4] + kb * kb * s[5])
        gb = half * (ka * kb * s[3] + (ka * kc + kb * kb) * s[4] + kb * kc * s[5])
        gc = half * (kb * kb * s[3] + f4(2.0) * kb * kc * s[4] + kc * kc * s[5])
        if camera[18] > f4(0.0):
            # log of the ratio's root: its gradient by the covariance C is widening / 2 K C^-1, C as yet not widened.
            pull = np.float32(0.5 * np.float64(camera[18]) * np.float64(s[0]) / area_square(work))
            xx = work[26] * work[26] + work[27] * work[27] + work[28] * work[28]
            xy = work[26] * work[29] + work[27] * work[30] + work[28] * work[31]
            yy = work[29] * work[29] + work[30] * work[30] + work[31] * work[31]
            ga += pull * (ka * yy - kb * xy)
            gb += pull * (kb * xx - ka * xy)
            gc += pull * (kc * xx - kb * xy)
        axes_backward(i, camera, work, (grad_u, grad_v, ga, gb, gc), grads)


@njit()
def axes_backward(
    i: int,
    camera: Floats,
    work: Floats,
    image: tuple[np.float32, np.float32, np.float32, np.float32, np.float32],
    grads: Floats,
) -> None:
    """From dL/d(u, v, and the symmetric image covariance's entries a, b, c) to mean, log scale and quaternion of i.

    `work` is what splat_axes filled; b is the gradient of one off-diagonal entry (the matrix holds it twice).
    """
    grad_u, grad_v, ga, gb, gc = image
    depth = work[2]
    grad_rot = np.empty((3, 3), np.float32)
    grad_t = np.zeros((2, 3), np.float32)
    for k in range(3):
        vx, vy = f4(2.0) * (ga * work[26 + k] + gb * work[29 + k]), f4(2.0) * (gb * work[26 + k] + gc * work[29 + k])
        scale = work[8 + k]
        grad_scale = f4(0.0)
        for j in range(3):
            rotated = work[20 + j] * vx + work[23 + j] * vy
            grad_rot[j, k] = rotated * scale
            grad_scale += rotated * work[11 + 3 * j + k]
            grad_t[0, j] += vx * work[11 + 3 * j + k] * scale
            grad_t[1, j] += vy * work[11 + 3 * j + k] * scale
        grads[3 + k, i] = grad_scale * scale
    gx = grad_u * camera[12] / depth
    gy = grad_v * camera[13] / depth
    gz = -(gx * work[0] + gy * work[1]) / depth
    for axis in range(2):
        focal = camera[12 + axis] / depth
        slope = work[32 + axis] / depth
        along, across = f4(0.0), f4(0.0)
        for k in range(3):
            along += grad_t[axis, k] * camera[3 * axis + k]
            across += grad_t[axis, k] * camera[6 + k]
        held = work[34 + axis]
        pull = -focal / depth * across * (f4(1.0) - held)
        if axis == 0:
            gx += pull
        else:
            gy += pull
        gz += -focal / depth * (along - slope * across) - pull * slope
    for k in range(3):
        grads[k, i] = camera[k] * gx + camera[3 + k] * gy + camera[6 + k] * gz
    quaternion_backward(work, grad_rot, i, grads)


@njit()
def quaternion_backward(work: Floats, g: Floats, i: int, grads: Floats) -> None:
    """dL/d(rotation) `g` [3,3] to the raw, unnormalised quaternion of Gaussian i."""
    w, x, y, z, length = work[3], work[4], work[5], work[6], work[7]
    two = f4(2.0)
    dw = two * (x * (g[2, 1] - g[1, 2]) + y * (g[0, 2] - g[2, 0]) + z * (g[1, 0] - g[0, 1]))
    dx = two * (
        y * (g[0, 1] + g[1, 0]) + z * (g[0, 2] + g[2, 0]) + w * (g[2, 1] - g[1, 2]) - two * x * (g[1, 1] + g[2, 2])
    )
    dy = two * (
        x * (g[0, 1] + g[1, 0]) + z * (g[1, 2] + g[2, 1]) + w * (g[0, 2] - g[2, 0]) - two * y * (g[0, 0] + g[2, 2])
    )
    dz = two * (
        x * (g[0, 2] + g[2, 0]) + y * (g[1, 2] + g[2, 1]) + w * (g[1, 0] - g[0, 1]) - two * z * (g[0, 0] + g[1, 1])
    )
    inside = dw * w + dx * x + dy * y + dz * z
    grads[6, i] = (dw - inside * w) / length
    grads[7, i] = (dx - inside * x) / length
    grads[8, i] = (dy - inside * y) / length
    grads[9, i] = (dz - inside * z) / length
