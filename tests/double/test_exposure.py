"""Views exposed differently are brought to one exposure; views that agree are not touched."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from stagedoor.capture.read import Capture
from stagedoor.worker.double.exposure import gains, levelled
from stagedoor.worker.double.hull import visual_hull
from stagedoor.worker.double.pool import Pool
from stagedoor.worker.double.start import one_exposure
from stagedoor.worker.double.train import FAST, train

from .heads import head


def exposed(capture: Capture, by: np.ndarray) -> Capture:
    """The training views brighter by `by` [V,3]."""
    images = capture.images.copy()
    for view, gain in zip(capture.views("train"), by, strict=True):
        images[view, ..., :3] = np.clip(np.rint(images[view, ..., :3] * gain), 0, 255).astype(np.uint8)
    return replace(capture, images=images)


def uneven(count: int) -> np.ndarray:
    """Up to a fifth brighter or darker, colours apart, mean 1."""
    by = np.exp(np.random.default_rng(2).uniform(-0.2, 0.2, (count, 3)))
    return by / np.exp(np.log(by).mean(axis=0))


def measured(capture: Capture) -> np.ndarray | None:
    with Pool(2) as pool:
        hull = visual_hull(capture, pool=pool)
    views = list(capture.views("train"))
    lens = np.array([capture.fx, capture.fy, capture.cx, capture.cy])
    return gains(capture.images[views], capture.world_to_camera[views], lens, hull.points, hull.normals)


def test_a_capture_of_one_exposure_is_left_as_it_is() -> None:
    capture = head()
    with Pool(2) as pool:
        hull = visual_hull(capture, pool=pool)
    kept = one_exposure(capture, hull)
    assert kept.tobytes() == capture.images[list(capture.views("train"))].tobytes()


def test_gains_are_found_and_taken_away() -> None:
    by = uneven(48)
    found = measured(exposed(head(), by))
    assert found is not None
    assert np.abs(found / by - 1).max() < 0.04, np.abs(found / by - 1).max()


def test_uneven_exposure_costs_little() -> None:
    """The held-out views are as they were: without levelling the double would be of no one exposure."""
    short = replace(FAST, iterations=120, gaussians=4_000, threads=2)
    even = train(head(), settings=short)
    spoilt = train(exposed(head(), uneven(48)), settings=short)
    assert spoilt.psnr_head_db > even.psnr_head_db - 1.5, (spoilt.psnr_head_db, even.psnr_head_db)


def test_a_view_that_tells_too_little_leaves_all_as_they_are() -> None:
    capture = head()
    images = capture.images.copy()
    images[capture.views("train")[0], ..., :3] = 0  # all dark: no ratio can be told
    assert measured(replace(capture, images=images)) is None


def test_a_view_whose_points_do_not_agree_has_no_gain() -> None:
    """Half of what it shows is brighter by half, the rest is not: that is no exposure, whatever the median says."""
    capture = head()
    images = capture.images.copy()
    first = capture.views("train")[0]
    rows = (np.arange(capture.height) // 2 % 2 == 0)[:, None, None]
    images[first, ..., :3] = np.where(rows, images[first, ..., :3] // 2, images[first, ..., :3])
    assert measured(replace(capture, images=images)) is None


def test_levelling_keeps_the_mask() -> None:
    images = np.random.default_rng(1).integers(0, 256, (2, 4, 4, 4), np.uint8)
    out = levelled(images, np.array([[2.0, 1.0, 0.5], [1.0, 1.0, 1.0]]))
    assert (out[..., 3] == images[..., 3]).all() and (out[1] == images[1]).all()
    assert (out[0, ..., 0] == np.rint(images[0, ..., 0] / 2)).all() and out[0, ..., 2].max() == 255
