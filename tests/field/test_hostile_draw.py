"""A field whose numbers are all allowed, and chosen to make drawing it endless, is drawn as soon as any other."""

from __future__ import annotations

import time
from dataclasses import replace

import numpy as np
import pytest

from field.kit import fog
from fuzz.budget import SLACK
from stagedoor.worker.double.warm import SIDE_PX, round_the_origin
from stagedoor.worker.field.draw import draw_field

CAMERA = round_the_origin(from_deg=0.0, to_deg=0.0, frames=1)[0]
DRAWN_S = 0.2


@pytest.mark.parametrize("edge", [1e-6, 1e-4, 1e6])
@pytest.mark.parametrize("at", [(1e6, 1e6, 1e6), (-1e6, 0.0, 0.0), (0.0, 0.0, 0.0)])
def test_a_box_of_any_size_at_any_distance_is_drawn_at_once(edge: float, at: tuple[float, float, float]) -> None:
    draw_field(fog(), CAMERA, width=SIDE_PX, height=SIDE_PX)  # so that no compiler is timed
    hostile = replace(fog(), edge=edge, corner=np.array(at), steps=1024, occupied=np.zeros((128,) * 3, np.uint8))
    began = time.perf_counter()
    drawn = draw_field(hostile, CAMERA, width=96, height=96)
    assert time.perf_counter() - began < DRAWN_S * SLACK
    assert not drawn.any()
