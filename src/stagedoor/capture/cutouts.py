"""Whether the masks are right: at the frame's edge, in one piece, without holes, and borne out by one another.

A pixel of a mask is borne out if some point in space that projects to it lies in (nearly) all other masks: the visual
hull of the others.  What a mask has and the hull has not is background that leaked in; what the hull has and only this
mask lacks is a piece cut off.  Plain numpy, on masks made small, on a grid of GRID^3 points.
"""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from stagedoor.capture.findings import Finding, Kind, Ring, Severity
from stagedoor.capture.limits import MASK_ALPHA_MIN
from stagedoor.capture.looks import where_of
from stagedoor.capture.read import Capture

MASK_PX: Final = 128
"""Pixels along the longer side of the masks that are compared: a leak under one of these is not looked for."""
GRID: Final = 56
EDGE_PART: Final = 0.02
"""Part of the left, right or upper edge that a mask may touch.  The lower edge is where shoulders leave the frame."""
PIECE_PART: Final = 0.02
"""Part of a mask's pixels from which a second piece of it, or a hole in it, is told."""
DISSENT: Final = 0.08
"""Part of the other views that may disagree with a point of the hull: one bad mask must not spoil all the others."""
LEAK_AGAIN: Final = 0.08
LEAK_WARNING: Final = 0.03
BITE_AGAIN: Final = 0.25
BITE_WARNING: Final = 0.12
"""Part of the hull of the others that a mask lacks, beyond the median of all views (the hull is always a bit fat)."""


def masks_of(capture: Capture) -> NDArray[np.bool_]:
    """The masks [N,h,w] at most MASK_PX a side: a cell is in the mask if any of its pixels is."""
    step = max(1, -(-max(capture.width, capture.height) // MASK_PX))
    high, wide = -(-capture.height // step), -(-capture.width // step)
    out = np.zeros((len(capture.names), high, wide), np.bool_)
    for i, picture in enumerate(capture.images):
        held = np.zeros((high * step, wide * step), np.bool_)
        held[: capture.height, : capture.width] = picture[..., 3] >= MASK_ALPHA_MIN
        out[i] = held.reshape(high, step, wide, step).any((1, 3))
    return out


def pieces(mask: NDArray[np.bool_]) -> NDArray[np.int32]:
    """Connected pieces (four neighbours) of a small mask [h,w], numbered from 1; 0 outside."""
    label = np.where(mask, np.arange(1, mask.size + 1, dtype=np.int32).reshape(mask.shape), 0)
    while True:
        # The largest number of a piece flows through it: along rows and columns by running maxima between gaps.
        before = label
        for turned in (False, True):
            rows = label.T if turned else label
            for flipped in (False, True):
                lines = rows[:, ::-1] if flipped else rows
                gap = np.cumsum(lines == 0, axis=1).astype(np.int64) * (mask.size + 1)
                flowed = np.maximum.accumulate(gap + lines, axis=1) - gap
                lines = np.where(lines > 0, flowed, 0).astype(np.int32)
                rows = lines[:, ::-1] if flipped else lines
            label = rows.T if turned else rows
        if np.array_equal(label, before):
            break
    return np.unique(label, return_inverse=True)[1].reshape(mask.shape).astype(np.int32) - (0 if (~mask).any() else -1)


def shape(capture: Capture, masks: NDArray[np.bool_]) -> list[Finding]:
    """Masks that reach the frame's edge, fall in pieces, or have holes."""
    found: list[Finding] = []
    for name, mask in zip(capture.names, masks, strict=True):
        edges = {"left": mask[:, 0], "right": mask[:, -1], "upper": mask[0]}
        touched = [word for word, edge in edges.items() if edge.mean() > EDGE_PART]
        if touched:
            found.append(
                _mask(name, f"its mask touches the frame's {' and '.join(touched)} edge",
                      "Cut the background out of the mask, or shoot with the whole head inside the frame")
            )  # fmt: skip
        size = max(int(mask.sum()), 1)
        counts = np.sort(np.bincount(pieces(mask)[mask]))[::-1] / size
        more = counts[1:][counts[1:] > PIECE_PART]
        if len(more):
            found.append(
                _mask(name, f"its mask has {len(more) + 1} large pieces; the second is {100 * more[0]:.0f} % of it",
                      "Keep the person alone in the mask")
            )  # fmt: skip
        label = pieces(~mask)
        at_edge = np.unique(np.concatenate([label[0], label[-1], label[:, 0], label[:, -1]]))
        hole = int((~mask & ~np.isin(label, at_edge)).sum()) / size
        if hole > PIECE_PART:
            found.append(
                _mask(name, f"its mask has holes of {100 * hole:.0f} % of it",
                      "Fill the mask where the person is; a light behind them or their clothes may be of its colour")
            )  # fmt: skip
    return found


def _mask(view: str, what: str, todo: str, severity: Severity = Severity.WARNING) -> Finding:
    return Finding(kind=Kind.MASK, view=view, severity=severity, what=what, todo=todo)


def hull(capture: Capture, ring: Ring, masks: NDArray[np.bool_]) -> list[Finding]:
    """Masks that the others contradict.  Says nothing with fewer than four views."""
    views = len(masks)
    if views < 4:
        return []
    points = _grid(capture, ring)
    votes, asked = np.zeros(len(points), np.int32), np.zeros(len(points), np.int32)
    for i in range(views):
        inside, place = _seen(capture, i, masks[i], points)
        votes += inside
        asked += place >= 0
    leaks, bites = np.zeros(views), np.zeros(views)
    for i, mask in enumerate(masks):
        # Seen a second time, not kept: a thousand views would take a gigabyte.
        inside, place = _seen(capture, i, mask, points)
        seen = place >= 0
        others, of = votes - inside, asked - seen
        held = (others >= of - np.maximum(1, np.floor(DISSENT * of))) & (of >= max(3, (views - 1) // 2)) & seen
        drawn = np.zeros(mask.shape, np.bool_)
        drawn.ravel()[place[held]] = True
        fat = _grown(drawn, 3)
        leaks[i] = (mask & ~fat).sum() / max(int(mask.sum()), 1)
        tight = held & (others == of)
        bites[i] = (tight & ~inside).sum() / max(int(tight.sum()), 1)
    found: list[Finding] = []
    usual = float(np.median(bites))
    for i, name in enumerate(capture.names):
        if leaks[i] > LEAK_WARNING:
            found.append(
                _mask(name, f"{100 * leaks[i]:.0f} % of its mask is in no other view's: background leaked in, or its "
                      "camera is wrong",
                      f"Cut it out again, or shoot it again from {where_of(ring, i)} before a plain ground",
                      Severity.AGAIN if leaks[i] > LEAK_AGAIN else Severity.WARNING)
            )  # fmt: skip
        if bites[i] - usual > BITE_WARNING:
            found.append(
                _mask(name, f"its mask lacks {100 * bites[i]:.0f} % of what all other views show",
                      f"Cut it out again, or shoot it again from {where_of(ring, i)}; the person may have moved",
                      Severity.AGAIN if bites[i] - usual > BITE_AGAIN else Severity.WARNING)
            )  # fmt: skip
    return found


def _grid(capture: Capture, ring: Ring) -> NDArray[np.float64]:
    """GRID^3 points [points,3] round where the lines of sight meet."""
    centres = -np.einsum("nji,nj->ni", capture.world_to_camera[:, :3, :3], capture.world_to_camera[:, :3, 3])
    # Half the frame at the middle's distance is as far as any view can show a person.
    reach = float(np.median(np.linalg.norm(centres - ring.middle, axis=1)))
    half = reach * max(capture.width / capture.fx, capture.height / capture.fy) / 2
    line = np.linspace(-half, half, GRID)
    points: NDArray[np.float64] = np.stack(np.meshgrid(line, line, line, indexing="ij"), -1).reshape(-1, 3)
    return points + ring.middle


def _seen(
    capture: Capture, view: int, mask: NDArray[np.bool_], points: NDArray[np.float64]
) -> tuple[NDArray[np.bool_], NDArray[np.int32]]:
    """Of each point [points]: whether it is in this view's mask, and its cell there (-1 outside the frame)."""
    step = max(1, -(-max(capture.width, capture.height) // MASK_PX))
    pose = capture.world_to_camera[view]
    x, y, z = pose[:3, :3] @ points.T + pose[:3, 3:]
    before = z > 1e-6
    depth = np.where(before, z, 1.0)
    column = np.clip((capture.fx * x / depth + capture.cx) / step, -1, mask.shape[1])
    row = np.clip((capture.fy * y / depth + capture.cy) / step, -1, mask.shape[0])
    framed = before & (column >= 0) & (column < mask.shape[1]) & (row >= 0) & (row < mask.shape[0])
    cell = row.astype(np.int32) * mask.shape[1] + column.astype(np.int32)
    place = np.where(framed, cell, -1).astype(np.int32)
    return framed & mask.ravel()[np.where(framed, cell, 0)], place


def _grown(mask: NDArray[np.bool_], cells: int) -> NDArray[np.bool_]:
    out = mask
    for _ in range(cells):
        held = np.pad(out, 1)
        out = held[1:-1, 1:-1] | held[2:, 1:-1] | held[:-2, 1:-1] | held[1:-1, 2:] | held[1:-1, :-2]
    return out
