"""The visual hull of a ball is nearly that ball; of masks that share nothing, an error."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from stagedoor.worker.double.hull import HullError, visual_hull
from stagedoor.worker.double.pool import Pool
from stagedoor.worker.double.warm import ball


def test_a_balls_hull_is_round_it_and_faces_outward() -> None:
    with Pool(2) as pool:
        hull = visual_hull(ball(), pool=pool)
    away = np.linalg.norm(hull.points - hull.centre, axis=1)
    outward = ((hull.points - hull.centre) * hull.normals).sum(axis=1) / away
    belt = np.abs(hull.points[:, 1]) < 0.3
    # A hull is never inside its ball.  One ring of views says little about the poles, and the held-out view leaves a
    # gap in it: so most of the belt is close, not all.
    assert away.min() > 0.85
    assert np.quantile(away[belt], 0.75) < 1.25
    assert np.median(away[belt]) == pytest.approx(1.0, abs=0.1)
    assert np.median(outward[belt]) > 0.9
    np.testing.assert_allclose(np.median(hull.colours, axis=0), 128 / 255, atol=0.01)
    np.testing.assert_allclose(hull.centre, 0, atol=0.1)


def test_the_hull_is_the_same_at_any_thread_count() -> None:
    with Pool(1) as one, Pool(2) as two:
        first, second = visual_hull(ball(), pool=one), visual_hull(ball(), pool=two)
    assert first.points.tobytes() == second.points.tobytes()
    assert first.colours.tobytes() == second.colours.tobytes()


def test_masks_that_share_no_point_are_refused() -> None:
    capture = ball()
    images = capture.images.copy()
    for i, image in enumerate(images):
        image[..., 3] = 0
        image[2:5, 2 : 5 if i % 2 else 28] = 255
        images[i] = np.roll(image, 7 * (i % 4), axis=0)
    with Pool(1) as pool, pytest.raises(HullError, match="no point in common"):
        visual_hull(replace(capture, images=images), pool=pool)
