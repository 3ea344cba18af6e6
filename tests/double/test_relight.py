"""Light and paint of a ball are told apart; a double's own light gives its own picture; bad lights are refused."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stagedoor.worker.double.facing import sphere_grid
from stagedoor.worker.double.moves import arc
from stagedoor.worker.double.project import SH0
from stagedoor.worker.double.relight import (
    LIGHTS,
    PANORAMA_PX_MAX,
    LightError,
    Lit,
    coded,
    exposed,
    from_panorama,
    lamps,
    linear,
    relit,
    separate,
    shading,
)
from stagedoor.worker.double.render import render_frame
from stagedoor.worker.double.splats import Splats
from stagedoor.worker.double.train import psnr_db

COUNT = 1_500
LIGHT = lamps((0.5, 0.5, 0.5), ((0.4, 0.8, 0.6), (0.6, 0.6, 0.6)))
SIZE = 64


def painted_ball(light: np.ndarray) -> tuple[Splats, np.ndarray, np.ndarray]:
    """A ball in stripes of two paints, lit by `light`; its albedo and its true normals."""
    true = sphere_grid(COUNT)
    stripes = np.floor(4 * np.arctan2(true[:, 0], true[:, 2]) / np.pi + 0.5).astype(int) % 2
    albedo = np.where(stripes[:, None] == 0, [[0.55, 0.30, 0.22]], [[0.12, 0.20, 0.30]])
    colours = coded(albedo * shading(true, light))
    splats = Splats(
        means=true.astype(np.float32),
        log_scales=np.full((COUNT, 3), np.log(0.04), np.float32),
        quats=np.tile(np.array([1, 0, 0, 0], np.float32), (COUNT, 1)),
        opacity_logits=np.full(COUNT, 4.0, np.float32),
        colours=((colours - 0.5) / float(SH0)).astype(np.float32),
        rest=np.random.default_rng(3).normal(0, 0.05, (COUNT, 3, 3)).astype(np.float32),
    )
    return splats, albedo, true


def drawn(splats: Splats) -> np.ndarray:
    """One picture, 0 to 1."""
    given = {"from_deg": 30, "to_deg": 30, "elevation_deg": 10, "frames": 1, "width": SIZE, "height": SIZE}
    return render_frame(splats, arc((0, 0, 0), 4.0, **given)[0], width=SIZE, height=SIZE) / 255.0


def test_shade_and_paint_of_a_ball_are_told_apart() -> None:
    splats, albedo, true = painted_ball(LIGHT)
    lit = separate(splats)
    truth = shading(true, LIGHT)
    found = shading(lit.normals, lit.light)
    # Light and albedo are known up to one factor: what must be right is the shade of one place against another's.
    ratio = found / truth
    ratio /= np.median(ratio, axis=0)
    assert np.quantile(np.abs(ratio - 1), 0.95) < 0.10
    paint = lit.albedo / albedo
    paint /= np.median(paint, axis=0)
    assert np.quantile(np.abs(paint - 1), 0.95) < 0.10


def test_a_new_light_falls_as_it_would_on_the_true_ball() -> None:
    splats, albedo, true = painted_ball(LIGHT)
    mean = shading(true, LIGHT).mean(axis=0)
    again = relit(splats, separate(splats), LIGHTS["window"])
    wanted = coded(albedo * mean * shading(true, LIGHTS["window"]))
    truth = Splats.unpacked(np.vstack([splats.packed()[:11], ((wanted - 0.5) / float(SH0)).T.astype(np.float32)]))
    plain = replace(again, rest=truth.rest)
    assert psnr_db((drawn(plain) - drawn(truth)) ** 2) > 32
    assert psnr_db((drawn(splats) - drawn(truth)) ** 2) < 25


def test_its_own_light_gives_the_same_picture() -> None:
    splats, _, _ = painted_ball(LIGHT)
    lit = separate(splats)
    assert psnr_db((drawn(relit(splats, lit, lit.light)) - drawn(splats)) ** 2) > 45


def test_the_same_double_comes_apart_the_same_way() -> None:
    splats, _, _ = painted_ball(LIGHT)
    one, other = separate(splats, threads=1), separate(splats, threads=2)
    for name in ("albedo", "normals", "light"):
        assert getattr(one, name).tobytes() == getattr(other, name).tobytes()
        with pytest.raises(ValueError, match="read-only"):
            getattr(one, name)[0] = 0


def test_light_from_the_left_is_brighter_on_the_left() -> None:
    facing = np.array([[-1.0, 0, 0], [1, 0, 0], [0, 1, 0], [0, -1, 0]])
    left, right = shading(facing[:2], LIGHTS["window"]).mean(axis=1)
    assert left > 3 * right
    below = shading(facing, LIGHTS["footlights"]).mean(axis=1)
    assert below[3] > 3 * below[2]
    assert shading(facing, LIGHTS["even"]) == pytest.approx(np.ones((4, 3)))


def test_a_grey_panorama_is_even_light_and_a_bright_spot_lights_its_side() -> None:
    grey = np.full((16, 32, 3), 0.7)
    assert from_panorama(grey)[0] * float(SH0) == pytest.approx([0.7] * 3, rel=1e-3)
    assert np.abs(from_panorama(grey)[1:]).max() < 0.03
    spot = np.zeros((16, 32, 3), np.uint8)
    spot[6:10, 23:25] = 255  # to the middle's right: +x
    facing = np.array([[1.0, 0, 0], [-1, 0, 0], [0, 0, 1]])
    right, left, front = shading(facing, exposed(from_panorama(spot))).mean(axis=1)
    assert right > front > left


@pytest.mark.parametrize(
    ("picture", "why"),
    [
        (np.zeros((4, 4)), "height x width x 3"),
        (np.zeros((0, 4, 3)), "height x width x 3"),
        (np.zeros((4, 4, 3), np.int64), "8-bit or floating"),
        (np.full((4, 4, 3), np.nan), "row 0"),
        (np.full((4, 4, 3), -1.0), "row 0"),
        (np.full((4, 4, 3), 1e30), "row 0"),
        (np.broadcast_to(np.float32(1), (PANORAMA_PX_MAX, 2, 3)), "at most"),
    ],
)
def test_what_is_no_panorama_is_refused(picture: np.ndarray, why: str) -> None:
    with pytest.raises(LightError, match=why):
        from_panorama(picture)


def test_what_does_not_fit_is_refused() -> None:
    splats, _, _ = painted_ball(LIGHT)
    lit = Lit(albedo=np.ones((3, 3)), normals=np.ones((3, 3)), light=LIGHT)
    with pytest.raises(LightError, match="another double"):
        relit(splats, lit, LIGHT)
    for light in (np.ones((4, 3)), np.full((9, 3), np.inf), np.full((9, 3), 1e9)):
        with pytest.raises(LightError, match="a light is"):
            exposed(light)
    with pytest.raises(LightError, match="normals"):
        Lit(albedo=np.ones((3, 3)), normals=np.ones((2, 3)), light=LIGHT)
    broken = splats.means.copy()
    broken[7] = np.nan
    with pytest.raises(LightError, match="not finite"):
        separate(replace(splats, means=broken))


@settings(max_examples=15)
@given(st.integers(0, 2**32 - 1), st.integers(1, 40))
def test_any_finite_double_comes_apart_into_finite_numbers(seed: int, count: int) -> None:
    chance = np.random.default_rng(seed)
    wild = Splats(
        means=(chance.normal(size=(count, 3)) * 10.0 ** chance.integers(-6, 4)).astype(np.float32),
        log_scales=chance.uniform(-200, 5, (count, 3)).astype(np.float32),
        quats=chance.normal(size=(count, 4)).astype(np.float32),
        opacity_logits=chance.uniform(-200, 200, count).astype(np.float32),
        colours=chance.uniform(-5, 5, (count, 3)).astype(np.float32),
    )
    again = relit(wild, separate(wild, threads=1), LIGHTS["evening"])
    assert np.isfinite(again.colours).all()


@given(st.floats(0, 16))
def test_linear_and_coded_are_each_others_reverse(value: float) -> None:
    assert float(coded(linear(np.array([value])))[0]) == pytest.approx(value, abs=1e-6)
