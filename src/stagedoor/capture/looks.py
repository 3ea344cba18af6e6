"""How the pictures look: sharpness and light of each view, told against the views around it.  Plain numpy.

Sharpness is how much of a picture's fine change a small blur takes away (after F. Crete et al., "The blur effect",
2007): it is a ratio, so it hardly depends on what is shown or how bright it is.  Light is the mean of linear luminance
over the person, in stops.  A view is told apart from its nearest views, for a face and the back of a head differ.
"""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from stagedoor.capture.findings import Finding, Kind, Ring, Severity, side
from stagedoor.capture.limits import MASK_ALPHA_MIN
from stagedoor.capture.read import Capture

LOOKED_AT_PX: Final = 512
"""Pixels along the longer side at which pictures are judged: what a fine double is fitted at."""
LUMA: Final = np.array([0.2126, 0.7152, 0.0722])
BLUR_AGAIN: Final = 0.70
BLUR_WARNING: Final = 0.86
"""Sharpness as a part of the lower of two medians: of the nearest views, and of all.  Measured on 60 views of a head at
256 pixels: sharp 0.93 to 1.1; blurred by a Gaussian of 1 pixel 0.52 to 0.81, of 1.5 pixels 0.30 to 0.47.  A blur of 0.6
pixels (0.87 to 1.08) is not found."""
STOPS_AGAIN: Final = 1.0
STOPS_WARNING: Final = 0.5
"""Stops from the median of the nearest views.  Measured: 0.10 at most on 60 evenly lit views of a head, 0.27 on an egg
whose sides differ, with 12 views."""
NEAREST: Final = 4
PIXELS_MIN: Final = 64
"""Pixels of a person, inside the mask's edge, under which sharpness is not judged."""
SHRINK_PX: Final = 2


def smaller(picture: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """A picture [H,W,4] at most LOOKED_AT_PX a side (by every n-th pixel's mean), in straight alpha."""
    step = -(-max(picture.shape[:2]) // LOOKED_AT_PX)
    if step == 1:
        return picture
    high, wide = picture.shape[0] // step * step, picture.shape[1] // step * step
    if not high or not wide:
        return picture
    blocks = picture[:high, :wide].reshape(high // step, step, wide // step, step, 4)
    return np.asarray(blocks.mean((1, 3)).round(), np.uint8)


def luminance(picture: NDArray[np.uint8]) -> NDArray[np.float64]:
    """Linear luminance [H,W], 0-1, of an sRGB picture."""
    value = np.arange(256) / 255.0
    table = np.where(value <= 0.04045, value / 12.92, ((value + 0.055) / 1.055) ** 2.4)
    return np.asarray(table[picture[..., :3]] @ LUMA, np.float64)


def shrunk(mask: NDArray[np.bool_], px: int) -> NDArray[np.bool_]:
    """A mask [H,W] without a rim of some pixels; what lies outside the frame counts as outside."""
    out = mask.copy()
    for _ in range(px):
        held = np.pad(out, 1)
        out = held[1:-1, 1:-1] & held[2:, 1:-1] & held[:-2, 1:-1] & held[1:-1, 2:] & held[1:-1, :-2]
    return out


def sharpness(picture: NDArray[np.uint8]) -> float:
    """The share of a picture's fine change that a blur over five pixels takes away, 0-1, inside the mask; NaN where
    there is too little of it or nothing changes."""
    inside = shrunk(picture[..., 3] >= MASK_ALPHA_MIN, SHRINK_PX)
    if inside.sum() < PIXELS_MIN:
        return float("nan")
    value = (picture[..., :3] @ LUMA) / 255.0
    lost = kept = 0.0
    for axis in (0, 1):
        soft = sum(np.roll(value, shift, axis) for shift in range(-2, 3)) / 5.0
        sharp_change = np.abs(value - np.roll(value, 1, axis))[inside]
        soft_change = np.abs(soft - np.roll(soft, 1, axis))[inside]
        lost += float(np.maximum(sharp_change - soft_change, 0).sum())
        kept += float(sharp_change.sum())
    return lost / kept if kept > inside.sum() * 1e-4 else float("nan")


def light(picture: NDArray[np.uint8]) -> float:
    """log2 of the mean linear luminance of the person, in stops."""
    inside = picture[..., 3] >= MASK_ALPHA_MIN
    return float(np.log2(max(float(luminance(picture)[inside].mean()), 1e-6))) if inside.any() else float("nan")


def blur(capture: Capture, ring: Ring, values: NDArray[np.float64]) -> list[Finding]:
    """Views less sharp than the others.  `values` is each view's sharpness."""
    found: list[Finding] = []
    known = values[np.isfinite(values)]
    if not len(known):
        return found
    middle = float(np.median(known))
    for i, name in enumerate(capture.names):
        near = values[ring.nearest(i, NEAREST)]
        near = near[np.isfinite(near)]
        against = min(middle, float(np.median(near))) if len(near) else middle
        part = float(values[i] / against) if against > 0 else float("nan")
        if not part < BLUR_WARNING:
            continue
        severity = Severity.AGAIN if part < BLUR_AGAIN else Severity.WARNING
        found.append(
            Finding(
                kind=Kind.BLUR,
                view=name,
                severity=severity,
                what=f"it is less sharp than the others: {100 * (1 - part):.0f} % below the median of its neighbours",
                todo=f"Shoot it again from {where_of(ring, i)}, in focus and with a shorter exposure",
            )
        )
    return found


def exposure(capture: Capture, ring: Ring, values: NDArray[np.float64]) -> list[Finding]:
    """Views lighter or darker than those around them.  `values` is each view's light in stops."""
    found: list[Finding] = []
    for i, name in enumerate(capture.names):
        near = values[ring.nearest(i, NEAREST)]
        off = float(values[i] - np.median(near)) if len(near) else 0.0
        if not abs(off) > STOPS_WARNING:
            continue
        found.append(
            Finding(
                kind=Kind.EXPOSURE,
                view=name,
                severity=Severity.AGAIN if abs(off) > STOPS_AGAIN else Severity.WARNING,
                what=f"it is {abs(off):.1f} stops {'lighter' if off > 0 else 'darker'} than its neighbours",
                todo=f"Shoot it again from {where_of(ring, i)} with exposure and white balance locked",
            )
        )
    return found


def where_of(ring: Ring, view: int) -> str:
    """Where a camera stands, in words."""
    height = float(ring.elevation[view])
    level = "" if abs(height) < 10 else f", {abs(height):.0f} degrees {'above' if height > 0 else 'below'}"
    return f"the {side(float(ring.azimuth[view]))} ({round(float(ring.azimuth[view])) % 360} degrees{level})"
