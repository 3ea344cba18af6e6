"""Camera moves: where the cameras stand, what they look at, and the angles they tell."""

from __future__ import annotations

import numpy as np
import pytest

from stagedoor.worker.double.moves import arc, azimuth_deg


def test_an_arc_goes_from_end_to_end_at_its_radius_looking_at_the_centre() -> None:
    centre = (0.1, -0.2, 0.3)
    cameras = arc(centre, 4.0, from_deg=-30.0, to_deg=60.0, elevation_deg=10.0, frames=4)
    assert [round(azimuth_deg(camera, centre), 6) for camera in cameras] == [-30.0, 0.0, 30.0, 60.0]
    for camera in cameras:
        assert np.linalg.norm(camera.position() - centre) == pytest.approx(4.0)
        np.testing.assert_allclose(camera.world_to_camera @ [*centre, 1], [0, 0, 4, 1], atol=1e-12)
        turn = camera.world_to_camera[:3, :3]
        np.testing.assert_allclose(turn @ turn.T, np.eye(3), atol=1e-12)
        assert np.linalg.det(turn) == pytest.approx(1.0)
        assert turn[1, 1] < 0, "world up is up in the picture"
        assert camera.position()[1] > centre[1], "a raised camera stands above"


def test_one_frame_stands_at_the_start_and_azimuths_wrap() -> None:
    (camera,) = arc((0.0, 0.0, 0.0), 4.0, from_deg=180.0, to_deg=270.0, elevation_deg=0.0, frames=1)
    assert abs(azimuth_deg(camera)) == pytest.approx(180.0)
    (side,) = arc((0.0, 0.0, 0.0), 4.0, from_deg=270.0, to_deg=270.0, elevation_deg=0.0, frames=1)
    assert azimuth_deg(side) == pytest.approx(-90.0)


@pytest.mark.parametrize(
    ("radius", "elevation", "frames"), [(0.0, 0.0, 1), (4.0, 89.0, 1), (4.0, 0.0, 0), (float("nan"), 0.0, 1)]
)
def test_a_move_that_makes_no_sense(radius: float, elevation: float, frames: int) -> None:
    with pytest.raises(ValueError, match="move"):
        arc((0.0, 0.0, 0.0), radius, from_deg=0.0, to_deg=1.0, elevation_deg=elevation, frames=frames)
