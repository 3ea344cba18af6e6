"""What outputs reveal is counted alike every time, grows with every view, and is told in each receipt."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from stagedoor.worker.double.camera import Camera
from stagedoor.worker.double.coverage import (
    CAP_DEG,
    REBUILD,
    Coverage,
    CoverageError,
    coverage,
    covered_share,
    rebuild_db,
    shown_px,
    widest_arc_deg,
)
from stagedoor.worker.double.facing import middle, normals, seen, sphere_grid
from stagedoor.worker.double.moves import arc
from stagedoor.worker.double.render import render_rgba
from stagedoor.worker.double.train import TrainSettings
from worker.kit import ball

NOTHING = Coverage(
    views=0, solid_angle_sr=0.0, sphere_share=0.0, arc_deg=0.0, head_px=0, surface_points=0, surface_share=0.0
)


def turn(from_deg: float, to_deg: float, frames: int, size: int = 48) -> tuple[Camera, ...]:
    """Cameras at eye level, four units away."""
    return arc(
        (0, 0, 0), 4.0, from_deg=from_deg, to_deg=to_deg, elevation_deg=0, frames=frames, width=size, height=size
    )


def level(*azimuths: float) -> np.ndarray:
    """Unit directions at eye level."""
    turns = np.radians(azimuths)
    return np.stack([np.sin(turns), np.zeros_like(turns), np.cos(turns)], axis=1)


def test_one_view_covers_its_cap_and_all_views_the_sphere() -> None:
    cap = (1 - math.cos(math.radians(CAP_DEG))) / 2
    assert coverage(turn(0, 0, 1)).sphere_share == pytest.approx(cap, rel=0.01)
    assert covered_share(sphere_grid(200)) == 1.0
    assert coverage(()) == NOTHING


def test_two_caps_apart_add_and_two_in_one_place_do_not() -> None:
    one = covered_share(level(0))
    assert covered_share(level(0, 90)) == pytest.approx(2 * one, rel=0.02)
    assert covered_share(level(0, 0)) == one


@given(st.lists(st.floats(-180, 180), min_size=1, max_size=6), st.floats(-180, 180))
def test_another_view_never_reveals_less_and_order_never_matters(azimuths: list[float], more: float) -> None:
    held, grown = level(*azimuths), level(*azimuths, more)
    assert covered_share(grown) >= covered_share(held)
    assert widest_arc_deg(grown) >= widest_arc_deg(held) - 1e-6
    assert covered_share(held[::-1]) == covered_share(held)


@pytest.mark.parametrize(
    ("azimuths", "wanted"),
    [((0,), 0), ((-20, 20), 40), ((170, -170), 20), ((0, 90, 180, -90), 270), (tuple(range(0, 360, 30)), 360)],
)
def test_the_arc_is_the_smallest_that_holds_all_views(azimuths: tuple[float, ...], wanted: float) -> None:
    assert widest_arc_deg(level(*azimuths)) == pytest.approx(wanted)


def test_a_camera_straight_above_has_no_azimuth() -> None:
    assert widest_arc_deg(np.array([[0.0, 1.0, 0.0], *level(0, 30)])) == pytest.approx(30)


def test_half_of_a_ball_is_hidden_from_one_side() -> None:
    splats = ball()
    front = seen(splats, turn(0, 0, 1))[0]
    assert splats.means[front, 2].min() > -0.2
    assert front[splats.means[:, 2] > 0.5].all()


def test_normals_of_a_ball_point_outward() -> None:
    splats = ball()
    centre, _ = middle(splats)
    true = splats.means - centre
    true /= np.linalg.norm(true, axis=1, keepdims=True)
    assert (normals(splats) * true).sum(axis=1).min() > math.cos(math.radians(15))


def test_surface_and_pixels_grow_with_the_arc() -> None:
    splats = ball()
    told = [coverage(turn(-half, half, 3), splats=splats) for half in (0, 60, 120)]
    shares = [one.surface_share for one in told]
    # From four radii, what is turned away by less than 60 degrees is a cap of 47.5 degrees: 0.162 of a ball.
    assert shares[0] == pytest.approx(0.162, abs=0.015)
    assert shares[0] < shares[1] < shares[2] <= 1.0
    alpha = render_rgba(splats, turn(0, 0, 1)[0], width=48, height=48)[..., 3]
    assert told[0].head_px == 3 * int((alpha >= 128 / 255).sum())
    assert coverage(turn(-60, 60, 3), splats=splats) == told[1]


def test_a_receipt_tells_whole_numbers() -> None:
    told = coverage(turn(-20, 20, 3), head_px=1234).whole_numbers()
    assert told["coverage_arc_deg"] == 40
    assert told["coverage_head_px"] == 1234
    assert told["coverage_millisteradian"] == pytest.approx(560, abs=30)


def test_pixels_that_are_not_the_background_are_counted() -> None:
    frame = np.full((4, 5, 3), (18, 20, 26), np.uint8)
    frame[1, 2] = (18, 20, 29)
    frame[3, 3] = (18, 21, 27)
    assert shown_px(frame, (0.07, 0.08, 0.10)) == 1


def test_what_cannot_be_counted_is_refused() -> None:
    camera = turn(0, 0, 1)[0]
    with pytest.raises(CoverageError, match="centre"):
        coverage([camera], centre=(0, 0, 4))
    picture = np.zeros((1, 48, 48, 4), np.uint8)
    for outputs, cameras in (
        (picture[..., :3], [camera]),
        (picture[:, :40], [camera]),
        (picture, []),
        (picture, [camera] * 2),
    ):
        with pytest.raises(CoverageError):
            rebuild_db(outputs, cameras, picture, [camera])
    with pytest.raises(CoverageError, match="lens"):
        rebuild_db(picture, turn(0, 0, 1, 40), picture, [camera])


def test_a_full_turn_is_enough_to_rebuild_her() -> None:
    """Frames alone, without the double they were drawn from.  bench/light.py has the arcs beside one another."""
    splats = ball()

    def pictures(cameras: tuple[Camera, ...]) -> np.ndarray:
        drawn = [render_rgba(splats, camera, width=48, height=48) for camera in cameras]
        return np.stack([np.round(np.clip(one, 0, 1) * 255).astype(np.uint8) for one in drawn])

    # No gap over 25 degrees: the hull's rounding for few views takes seconds, and has tests of its own.
    cameras, others = turn(0, 336, 15), turn(15, 345, 4)
    few = TrainSettings(gaussians=400, iterations=150, degree=0, reseed_share=0.0, threads=1)
    assert rebuild_db(pictures(cameras), cameras, pictures(others), others, settings=few) > 19
    assert REBUILD.iterations <= 1_000
