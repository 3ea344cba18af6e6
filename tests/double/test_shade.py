"""Colour that hangs on the direction, against the slow oracle: basis, picture, gradients, and what a half turn does."""

from __future__ import annotations

import numpy as np
import pytest

from stagedoor.worker.double.pool import CHUNKS, Pool
from stagedoor.worker.double.project import project_backward
from stagedoor.worker.double.raster import TILE, Stage
from stagedoor.worker.double.raster_backward import back_buffers, rasterize_backward
from stagedoor.worker.double.reference import reference_frame
from stagedoor.worker.double.sh import COEFFICIENTS, HALF_TURN_SIGNS, basis
from stagedoor.worker.double.shade import shade_backward
from stagedoor.worker.double.splats import Splats

from .test_raster import BACKGROUND, HEIGHT, WIDTH, camera, scene

DIRECTIONS = np.random.default_rng(1).normal(size=(20_000, 3))
DIRECTIONS /= np.linalg.norm(DIRECTIONS, axis=1, keepdims=True)


def test_the_basis_is_orthonormal_on_the_sphere() -> None:
    found = basis(DIRECTIONS, 3)
    np.testing.assert_allclose(found.T @ found / len(found) * 4 * np.pi, np.eye(15), atol=0.05)


def test_a_half_turn_changes_the_signs_that_are_listed() -> None:
    turned = basis(DIRECTIONS * [1, -1, -1], 3)
    np.testing.assert_array_equal(basis(DIRECTIONS, 3) * HALF_TURN_SIGNS, turned)


@pytest.mark.parametrize("degree", [1, 2, 3])
def test_the_picture_is_the_oracles(degree: int) -> None:
    params, rest = scene(count=40), coefficients(40, degree)
    with Pool(2) as pool:
        stage = Stage(gaussians=40, width=WIDTH, height=HEIGHT, pool=pool)
        stage.place(params, camera(), rest)
        pool.run(stage.draw_chunk)
        drawn = stage.image(BACKGROUND)
    doubles = params.astype(np.float64), BACKGROUND.astype(np.float64), rest.astype(np.float64)
    truth = reference_frame(doubles[0], camera(), doubles[1], doubles[2])
    plain = reference_frame(doubles[0], camera(), doubles[1])
    assert np.abs(drawn - truth).max() < 4e-3 and np.abs(drawn - truth).mean() < 4e-5
    assert np.abs(plain - truth).mean() > 0.02, "the coefficients must matter"


@pytest.mark.parametrize("degree", [1, 3])
def test_the_gradients_are_those_of_the_oracle(degree: int) -> None:
    """Of the coefficients, of the places (the direction hangs on them) and of degree 0, where a colour is held at 0."""
    count = 8
    params, rest = scene(count=count), coefficients(count, degree)
    pixels = np.random.default_rng(5).normal(size=(HEIGHT, WIDTH, 3))
    grads, rest_grads = kernel_gradients(params, rest, pixels)
    doubles = (params.astype(np.float64), rest.astype(np.float64))

    def loss(which: int, row: int, i: int, step: float) -> float:
        moved = [doubles[0].copy(), doubles[1].copy()]
        moved[which][row, i] += step
        drawn = reference_frame(moved[0], camera(), BACKGROUND.astype(np.float64), moved[1])
        return float((drawn * pixels).sum())

    for which, rows, got in ((0, (0, 1, 2, 11, 13), grads), (1, range(0, len(rest), 4), rest_grads)):
        for row in rows:
            expected = [(loss(which, row, i, 1e-5) - loss(which, row, i, -1e-5)) / 2e-5 for i in range(count)]
            np.testing.assert_allclose(got[row], expected, atol=3e-4, rtol=3e-4, err_msg=f"{which}, row {row}")


def test_splats_carry_their_coefficients_to_the_kernels_and_back() -> None:
    params, rest = scene(count=9), coefficients(9, 2)
    splats = Splats.unpacked(params, rest)
    assert splats.degree == 2 and splats.rest.shape == (9, 8, 3)
    assert splats.packed_rest().tobytes() == rest.tobytes()
    assert Splats.unpacked(params).degree == 0


def coefficients(count: int, degree: int) -> np.ndarray:
    """Strong enough that some colours are held at 0."""
    return np.random.default_rng(9).normal(0, 0.4, (3 * COEFFICIENTS[degree], count)).astype(np.float32)


def kernel_gradients(params: np.ndarray, rest: np.ndarray, pixels: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """dL/dparams [14,N] and dL/drest [3K,N] for L = sum(pixels * frame over BACKGROUND), by the kernels."""
    with Pool(1) as pool:
        stage = Stage(gaussians=params.shape[1], width=WIDTH, height=HEIGHT, pool=pool)
        numbers = stage.place(params, camera(), rest)
        pool.run(stage.draw_chunk)
        aims = np.zeros_like(stage.frame)
        for y in range(HEIGHT):
            for x in range(WIDTH):
                row = aims[(y // TILE) * stage.across + x // TILE, y % TILE]
                row[x % TILE] = -(pixels[y, x] * BACKGROUND).sum()
                row[x % TILE + TILE :: TILE] = pixels[y, x]
        sums, grads = np.zeros((CHUNKS, params.shape[1], 9), np.float32), np.zeros_like(params)
        lists = (stage.splats, stage.starts, stage.entries, stage.across)
        for chunk in range(CHUNKS):
            rasterize_backward(*lists, chunk, stage.frame, aims, sums, back_buffers())
        end, eye, rest_grads = params.shape[1], camera().position().astype(np.float32), np.zeros_like(rest)
        project_backward(params, numbers, 0, end, stage.splats, stage.boxes, sums, grads)
        given = (params, rest, eye, len(rest) // 3, 0, end, stage.splats, stage.boxes)
        shade_backward(*given, sums, grads, rest_grads)
    return grads, rest_grads
