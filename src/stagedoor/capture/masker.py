"""A simple mask where a picture has none: what differs from the colours of its border, the largest piece of it, filled.

It is honest before a plain ground and nowhere else: a wall with pictures, a person in the ground's colours, a shadow or
a chair all end in the mask or outside it.  Masks made so are told of, and judged as any other by
`stagedoor.capture.cutouts`.
"""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from stagedoor.capture.cutouts import pieces

MASKER_PX: Final = 256
"""Pixels along the longer side at which masks are made: their edge is as coarse as one of these."""
BORDER_PART: Final = 0.04
"""Width of the border that is taken for ground, as a part of the picture; the lower edge, where
shoulders are, is not."""
SPREADS: Final = 6.0
"""Robust spreads of the border's colours beyond which a pixel is no ground."""
LEVELS_MIN: Final = 18.0
"""Levels (of 255) that a pixel must differ at least: JPEG and noise differ less."""
TOLD: Final = (
    "Masks were made here, by the difference from the colours of each picture's border: they hold before a plain "
    "ground only. Look at them, or cut the person out yourself."
)


def masked(picture: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """The picture [H,W,4] with a made mask as its alpha, 0 or 255."""
    height, width = picture.shape[:2]
    step = max(1, -(-max(height, width) // MASKER_PX))
    small = picture[step // 2 :: step, step // 2 :: step, :3].astype(np.float32)
    rim = max(1, round(BORDER_PART * max(small.shape[:2])))
    ground = np.concatenate([small[:rim].reshape(-1, 3), small[:, :rim].reshape(-1, 3), small[:, -rim:].reshape(-1, 3)])
    middle = np.median(ground, 0)
    spread = np.median(np.abs(ground - middle), 0) * 1.4826
    differs = (np.abs(small - middle) > np.maximum(SPREADS * spread, LEVELS_MIN)).any(-1)
    mask = _filled(_largest(differs))
    alpha = np.repeat(np.repeat(mask, step, 0), step, 1)[:height, :width]
    out = picture.copy()
    out[..., 3] = 0
    out[: alpha.shape[0], : alpha.shape[1], 3] = alpha * np.uint8(255)
    return out


def _largest(mask: NDArray[np.bool_]) -> NDArray[np.bool_]:
    label = pieces(mask)
    counts = np.bincount(label[mask], minlength=1)
    return np.asarray(mask & (label == int(np.argmax(counts)))) if mask.any() else mask


def _filled(mask: NDArray[np.bool_]) -> NDArray[np.bool_]:
    label = pieces(~mask)
    outside = np.unique(np.concatenate([label[0], label[-1], label[:, 0], label[:, -1]]))
    return np.asarray(mask | ~np.isin(label, outside[outside > 0]) & ~mask)
