"""Few views leave corners: they go, the masks stay filled, and captures from all round are not touched."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest

from stagedoor.capture.read import Capture
from stagedoor.worker.double import hull
from stagedoor.worker.double.moves import arc
from stagedoor.worker.double.pool import Pool
from stagedoor.worker.double.rounding import (
    GAP_DEG,
    azimuths_of,
    blur,
    cut_slices,
    fill,
    gap_deg,
    largest,
    rounded,
)

SIDE = 96
RADIUS = 1.0


def ball(views: int) -> Capture:
    """A ball of radius 1 from so many sides at its own height, exact masks."""
    cameras = arc((0.0, 0.0, 0.0), 4.0, from_deg=0.0, to_deg=360.0 * (1 - 1 / views), elevation_deg=0.0, frames=views,
                  width=SIDE, height=SIDE)  # fmt: skip
    rows, columns = np.mgrid[:SIDE, :SIDE] + 0.5 - SIDE / 2
    seen = cameras[0].fx * math.tan(math.asin(RADIUS / 4))
    image = np.full((SIDE, SIDE, 4), 128, np.uint8)
    image[..., 3] = np.where(rows**2 + columns**2 < seen**2, 255, 0)
    return Capture(
        images=np.stack([image] * views), fx=cameras[0].fx, fy=cameras[0].fy, cx=SIDE / 2, cy=SIDE / 2,
        world_to_camera=np.stack([camera.world_to_camera for camera in cameras]), splits=("train",) * views,
        names=tuple(f"{view}.png" for view in range(views)),
    )  # fmt: skip


def carved(capture: Capture) -> tuple[np.ndarray, tuple[np.ndarray, ...], float]:
    """The hull as the masks leave it, the arguments of `rounded` after it, and the share of a ball that it fills."""
    images, cameras = np.ascontiguousarray(capture.images), np.ascontiguousarray(capture.world_to_camera)
    lens = np.array([capture.fx, capture.fy, capture.cx, capture.cy])
    centre, radius = hull.bounding_box(images, cameras, lens)
    corner, voxel = centre - radius, 2 * radius / hull.GRID
    kept = np.zeros((hull.GRID,) * 3, np.uint8)
    with Pool(1) as pool:
        pool.run(lambda chunk: hull.carve(images, cameras, lens, corner, voxel, chunk, kept))
    return kept, (images, cameras, lens, corner, voxel), 4 / 3 * math.pi * (RADIUS / voxel) ** 3


def test_four_views_of_a_ball_leave_a_ball() -> None:
    """Their cones meet in a body an eighth too large; rounded it is within a twentieth, and inside the hull."""
    kept, given, true = carved(ball(4))
    assert kept.sum() > 1.1 * true
    body = rounded(kept, *given)
    assert abs(body.sum() / true - 1) < 0.05
    assert not (body & ~kept.astype(bool)).any()


def eared() -> Capture:
    """The ball with a thin rod sticking out at its right: a blur alone would take it off."""
    capture = ball(4)
    images = capture.images.copy()
    middle = SIDE // 2
    for view, columns in ((0, slice(middle, SIDE - 6)), (2, slice(6, middle))):  # from the front and from behind
        images[view, middle - 2 : middle + 2, columns, 3] = 255
    return replace(capture, images=images)


@pytest.mark.parametrize("capture", [ball(4), eared()], ids=["ball", "ball with a rod"])
def test_every_mask_stays_filled(capture: Capture) -> None:
    """Seen by each view, the body covers every cell that the hull covers."""
    kept, (images, cameras, lens, corner, voxel), _ = carved(capture)
    body = rounded(kept, images, cameras, lens, corner, voxel)
    cells = [np.empty((SIDE // 2, SIDE // 2), np.float32) for _ in range(2)]
    nothing = np.zeros(kept.shape, np.float32)
    for camera in cameras:
        holes = np.zeros_like(kept)
        fill(kept, body, nothing, camera, lens, corner, voxel, cells[0], cells[1], holes)
        assert not holes.any()


def test_views_from_all_round_change_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    def never(*_: object) -> np.ndarray:
        raise AssertionError("sixteen views need no rounding")

    monkeypatch.setattr(hull, "rounded", never)
    with Pool(1) as pool:
        hull.visual_hull(ball(16), pool=pool)
        with pytest.raises(AssertionError, match="sixteen"):
            hull.visual_hull(ball(8), pool=pool)


@pytest.mark.parametrize(
    ("azimuths", "widest"), [([0.0], 360.0), ([0.0, 90.0], 270.0), ([350.0, 10.0, 180.0], 170.0), ([0.0, 0.0], 360.0)]
)
def test_the_widest_gap_on_a_ring(azimuths: list[float], widest: float) -> None:
    assert gap_deg(np.array(azimuths)) == pytest.approx(widest)


def test_azimuths_are_those_of_the_arc() -> None:
    capture = ball(4)
    found = azimuths_of(capture.world_to_camera, np.zeros(3)) % 360
    assert np.allclose(np.minimum(found, 360 - found), [0, 90, 180, 90], atol=1e-6)
    assert GAP_DEG < 360 / 12 < 360 / 8


def test_a_blur_keeps_what_there_is_and_spreads_it_evenly() -> None:
    volume = np.zeros((24, 24, 24), np.float32)
    volume[12, 12, 12] = 1.0
    soft = blur(volume, 2.0)
    assert soft.sum() == pytest.approx(1.0, abs=1e-5)
    assert soft[12, 12, 14] == soft[14, 12, 12] == soft[12, 10, 12] < soft[12, 12, 12]


def test_a_slice_keeps_a_circle_and_loses_its_corners() -> None:
    """A square seen along its sides becomes round; a disc stays as it is."""
    side = 41
    x, z = np.mgrid[:side, :side] - side // 2
    for shape, share in ((np.maximum(abs(x), abs(z)) <= 15, math.pi / 4), (x**2 + z**2 <= 15**2, 1.0)):
        body = np.zeros((side, side, side), np.uint8)
        body[:, 3] = shape
        before = body.sum()
        cut_slices(body, np.array([0.0, 90.0, 180.0, 270.0]))
        assert body.sum() / before == pytest.approx(share, abs=0.06)


def test_the_largest_part_is_kept() -> None:
    body = np.zeros((12, 12, 12), np.uint8)
    body[1:3, 1:3, 1:3] = 1
    body[5:9, 5:9, 5:9] = 1
    body[3, 3, 3] = 1  # touches the small cube at a corner only: no face, so a part of its own
    assert largest(body).sum() == 64 and largest(body)[6, 6, 6] == 1
    assert largest(np.zeros_like(body)).sum() == 0
