"""The kernels against the slow float64 oracle: the picture, the gradients, and the same bits at any thread count."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from numpy.typing import NDArray

from stagedoor.worker.double.camera import Camera
from stagedoor.worker.double.pool import CHUNKS, Pool
from stagedoor.worker.double.project import project_backward
from stagedoor.worker.double.raster import ROW, TILE, Stage
from stagedoor.worker.double.raster_backward import back_buffers, l1_tiles, rasterize_backward, tile_picture
from stagedoor.worker.double.reference import reference_frame
from stagedoor.worker.double.render import render_frame
from stagedoor.worker.double.splats import Splats
from stagedoor.worker.double.tiles import order_by_depth

WIDTH, HEIGHT = 37, 26
BACKGROUND = np.array([0.2, 0.5, 0.9], np.float32)


def scene(*, count: int = 14, seed: int = 3) -> NDArray[np.float32]:
    """Soft overlapping Gaussians in front of the camera; the first so far aside that its slope is held."""
    chance = np.random.default_rng(seed)
    params = np.zeros((14, count), np.float32)
    params[0:3] = chance.normal(0, 0.4, (3, count))
    params[3:6] = np.log(chance.uniform(0.08, 0.3, (3, count)))
    params[6:10] = chance.normal(size=(4, count))
    params[10] = chance.uniform(-1, 1.2, count)
    params[11:14] = chance.normal(size=(3, count))
    params[0, 0], params[3:6, 0] = 3.5, np.log(0.9)
    return params


def camera() -> Camera:
    pose = np.eye(4)
    c, s = np.cos(0.5), np.sin(0.5)
    pose[:3, :3] = [[c, 0, s], [0, 1, 0], [-s, 0, c]]
    pose[2, 3] = 3.0
    return Camera(fx=40, fy=42, cx=18, cy=13.5, width=WIDTH, height=HEIGHT, world_to_camera=pose)


def kernel_gradients(
    params: NDArray[np.float32], pixels: NDArray[np.float64], *, threads: int = 1, antialiased: bool = False
) -> NDArray[np.float32]:
    """dL/dparams [14,N] for L = sum(pixels * frame over BACKGROUND), by the kernels."""
    with Pool(threads) as pool:
        stage = Stage(gaussians=params.shape[1], width=WIDTH, height=HEIGHT, pool=pool)
        numbers = stage.place(params, camera(), antialiased=antialiased)
        pool.run(stage.draw_chunk)
        aims = np.zeros_like(stage.frame)
        for y in range(HEIGHT):
            for x in range(WIDTH):
                row = aims[(y // TILE) * stage.across + x // TILE, y % TILE]
                row[x % TILE] = -(pixels[y, x] * BACKGROUND).sum()
                row[x % TILE + TILE :: TILE] = pixels[y, x]
        sums, grads = np.zeros((CHUNKS, params.shape[1], 9), np.float32), np.zeros_like(params)

        def back(chunk: int) -> None:
            lists = (stage.splats, stage.starts, stage.entries, stage.across)
            rasterize_backward(*lists, chunk, stage.frame, aims, sums, back_buffers())

        pool.run(back)
        project_backward(params, numbers, 0, params.shape[1], stage.splats, stage.boxes, sums, grads)
    return grads


def thin(**asked: int) -> NDArray[np.float32]:
    """The same scene of Gaussians that are mostly under a pixel wide and strong: where the widening counts."""
    params = scene(**asked)
    params[3:6, 1:] -= np.float32(1.6)
    params[10] += 2
    return params


@pytest.mark.parametrize("antialiased", [False, True])
@pytest.mark.parametrize("some", [scene, thin])
def test_the_picture_is_the_oracles(some: Callable[..., NDArray[np.float32]], antialiased: bool) -> None:
    params = some(count=40)
    with Pool(2) as pool:
        stage = Stage(gaussians=40, width=WIDTH, height=HEIGHT, pool=pool)
        stage.place(params, camera(), antialiased=antialiased)
        pool.run(stage.draw_chunk)
        drawn = stage.image(BACKGROUND)
    truth = reference_frame(params.astype(np.float64), camera(), BACKGROUND.astype(np.float64), antialiased=antialiased)
    # 2e-3 is the light that an almost opaque tile gives up when it stops early, and a splat at its cut-off.
    assert np.abs(drawn - truth).max() < 2e-3
    assert np.abs(drawn - truth).mean() < 2e-5
    assert truth.std() > 0.05


@pytest.mark.parametrize("antialiased", [False, True])
@pytest.mark.parametrize("some", [scene, thin])
def test_the_gradients_are_those_of_the_oracle(some: Callable[..., NDArray[np.float32]], antialiased: bool) -> None:
    params = some()
    pixels = np.random.default_rng(5).normal(size=(HEIGHT, WIDTH, 3))
    got = kernel_gradients(params, pixels, antialiased=antialiased)
    step = 1e-5
    for row in range(14):
        expected = np.zeros(params.shape[1])
        for i in range(params.shape[1]):
            values = []
            for sign in (1.0, -1.0):
                moved = params.astype(np.float64)
                moved[row, i] += sign * step
                drawn = reference_frame(moved, camera(), BACKGROUND.astype(np.float64), antialiased=antialiased)
                values.append((drawn * pixels).sum())
            expected[i] = (values[0] - values[1]) / (2 * step)
        np.testing.assert_allclose(got[row], expected, atol=1e-4, rtol=1e-4, err_msg=f"parameter row {row}")


def test_gradients_and_pictures_are_the_same_bits_at_any_thread_count() -> None:
    params = scene(count=300)
    pixels = np.random.default_rng(6).normal(size=(HEIGHT, WIDTH, 3))
    one, two, four = (kernel_gradients(params, pixels, threads=n).tobytes() for n in (1, 2, 4))
    assert one == two == four
    splats = Splats.unpacked(params)
    frames = [render_frame(splats, camera(), width=WIDTH, height=HEIGHT, threads=n).tobytes() for n in (1, 2, 4)]
    assert frames[0] == frames[1] == frames[2]


def test_the_loss_is_the_sum_of_absolute_differences_and_its_gradient_their_signs() -> None:
    chance = np.random.default_rng(7)
    picture = chance.integers(0, 256, (HEIGHT, WIDTH, 4)).astype(np.uint8)
    with Pool(1) as pool:
        stage = Stage(gaussians=14, width=WIDTH, height=HEIGHT, pool=pool)
        stage.place(scene(), camera())
        pool.run(stage.draw_chunk)
        tiled = np.zeros(stage.frame.shape, np.uint8)
        tile_picture(picture, tiled)
        grads = np.full_like(stage.frame, 7.0)
        loss = sum(l1_tiles(stage.frame, tiled, BACKGROUND, (WIDTH, HEIGHT), c, grads) for c in range(CHUNKS))
        drawn = stage.image(BACKGROUND).astype(np.float64)
    straight = picture.astype(np.float64) / 255
    off = drawn - (straight[..., :3] * straight[..., 3:] + (1 - straight[..., 3:]) * BACKGROUND)
    assert loss == pytest.approx(np.abs(off).sum(), rel=1e-5)
    # Past the frame's edge nothing pulls.
    assert np.abs(grads).sum() == pytest.approx(
        np.abs(np.sign(off)).sum() + np.abs((np.sign(off) * BACKGROUND).sum(axis=2)).sum(), rel=1e-5
    )
    assert grads.shape[1:] == (TILE, ROW)


def test_what_is_behind_the_camera_or_too_faint_is_not_drawn() -> None:
    params = scene(count=4)
    params[2, 0] = -50.0
    params[10, 1] = -20.0
    params[0, 2] = np.float32(1e20)
    params[3:6, 3] = 80.0
    with Pool(1) as pool:
        stage = Stage(gaussians=4, width=WIDTH, height=HEIGHT, pool=pool)
        stage.place(params, camera())
        pool.run(stage.draw_chunk)
    assert len(stage.entries) == 0
    np.testing.assert_array_equal(stage.image(BACKGROUND), np.broadcast_to(BACKGROUND, (HEIGHT, WIDTH, 3)))


def test_depth_order_is_stable() -> None:
    depths = np.array([3.0, 1.0, 2.0, 1.0, 0.5, 3.0, 1e-3, 0.0], np.float32)
    np.testing.assert_array_equal(order_by_depth(depths), np.argsort(depths, kind="stable"))
    many = np.random.default_rng(8).uniform(0, 9, 5000).astype(np.float32)
    np.testing.assert_array_equal(order_by_depth(many), np.argsort(many, kind="stable"))


def test_a_frame_has_the_cameras_shape() -> None:
    splats = Splats.unpacked(scene())
    assert render_frame(splats, camera(), width=2 * WIDTH, height=2 * HEIGHT).shape == (2 * HEIGHT, 2 * WIDTH, 3)
    with pytest.raises(ValueError, match="stretching"):
        render_frame(splats, camera(), width=64, height=64)
    with pytest.raises(ValueError, match="pixels a side"):
        render_frame(splats, camera(), width=100_000, height=64)
