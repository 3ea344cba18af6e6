"""The loss by structure against SSIM written out plainly in float64: its value, its gradient, and what is left out."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from stagedoor.worker.double.pool import CHUNKS
from stagedoor.worker.double.raster import ROW, TILE
from stagedoor.worker.double.raster_backward import tile_picture
from stagedoor.worker.double.structure import Structure
from stagedoor.worker.double.train import TrainSettings, train
from stagedoor.worker.double.warm import ball
from stagedoor.worker.formats.ply import write_ply

WIDTH, HEIGHT = 41, 29
"""Neither fills its tiles."""
ACROSS, DOWN = 3, 2
BACKGROUND = np.array([0.2, 0.5, 0.9], np.float32)


def one_minus_ssim(drawn: NDArray[np.float64], picture: NDArray[np.uint8]) -> float:
    """Sum over pixels and colours of 1 - SSIM (Wang et al. 2004).  drawn [H,W,4]: light left, red, green, blue."""
    straight = picture / 255.0
    back = BACKGROUND.astype(np.float64)
    true = straight[..., :3] * straight[..., 3:] + (1 - straight[..., 3:]) * back
    shown = drawn[..., 1:] + drawn[..., :1] * back
    window = np.exp(-0.5 * ((np.arange(11) - 5) / 1.5) ** 2)
    window /= window.sum()

    def blur(plane: NDArray[np.float64]) -> NDArray[np.float64]:
        wide = np.pad(plane, ((5, 5), (5, 5), (0, 0)))
        down = sum(window[k] * wide[k : k + HEIGHT] for k in range(11))
        return np.asarray(sum(window[k] * down[:, k : k + WIDTH] for k in range(11)))

    mean_x, mean_y = blur(shown), blur(true)
    spread = blur(shown * shown) - mean_x**2 + blur(true * true) - mean_y**2
    both = blur(shown * true) - mean_x * mean_y
    top = (2 * mean_x * mean_y + 0.01**2) * (2 * both + 0.03**2)
    return float((1 - top / ((mean_x**2 + mean_y**2 + 0.01**2) * (spread + 0.03**2))).sum())


def by_the_kernels(
    drawn: NDArray[np.float64], picture: NDArray[np.uint8], *, weight: float = 1.0, before: float = 0.0
) -> tuple[float, NDArray[np.float32]]:
    """The loss, and its gradient [H,W,4] mixed into one that was `before` everywhere."""
    frame = np.zeros((ACROSS * DOWN, TILE, ROW), np.float32)
    tiled = np.zeros(frame.shape, np.uint8)
    tile_picture(picture, tiled)
    grads = np.full_like(frame, before)
    for y, x in np.ndindex(HEIGHT, WIDTH):
        frame[(y // TILE) * ACROSS + x // TILE, y % TILE, x % TILE :: TILE] = drawn[y, x]
    structure, size = Structure(ACROSS, DOWN), (WIDTH, HEIGHT)
    starts = np.zeros(ACROSS * DOWN + 1, np.int32)
    for chunk in range(CHUNKS):
        structure.lay_out(frame, starts, tiled, BACKGROUND, size, chunk)
    loss = sum(structure.measure(size, chunk) for chunk in range(CHUNKS))
    for chunk in range(CHUNKS):
        structure.pull_back(BACKGROUND, weight, chunk, grads)
    out = np.empty((HEIGHT, WIDTH, 4), np.float32)
    for y, x in np.ndindex(HEIGHT, WIDTH):
        out[y, x] = grads[(y // TILE) * ACROSS + x // TILE, y % TILE, x % TILE :: TILE]
    # The first lanes hold the gradient by the alpha gathered, which is 1 less the light left.
    out[..., 0] *= -1
    return loss, out


def pictures(seed: int = 1) -> tuple[NDArray[np.float64], NDArray[np.uint8]]:
    chance = np.random.default_rng(seed)
    return chance.uniform(0, 1, (HEIGHT, WIDTH, 4)), chance.integers(0, 256, (HEIGHT, WIDTH, 4)).astype(np.uint8)


def test_the_loss_is_one_less_ssim() -> None:
    drawn, picture = pictures()
    loss, _ = by_the_kernels(drawn, picture)
    assert loss == pytest.approx(one_minus_ssim(drawn, picture), rel=1e-5)
    straight = picture / 255.0
    same = np.concatenate([1 - straight[..., 3:], straight[..., :3] * straight[..., 3:]], axis=2)
    assert by_the_kernels(same, picture)[0] == pytest.approx(0.0, abs=0.05)


def test_the_loss_on_cuda_is_the_same_formula() -> None:
    """On torch's processor, where torch is installed: value and gradient."""
    torch = pytest.importorskip("torch", reason="THE LOSS ON CUDA IS NOT TESTED: torch (the extra `gpu`) is absent")
    from stagedoor.worker.double.cuda_fit import unlikeness

    drawn, picture = pictures()
    back = BACKGROUND.astype(np.float64)
    straight = picture / 255.0
    truth = straight[..., :3] * straight[..., 3:] + (1 - straight[..., 3:]) * back
    shown = torch.tensor((drawn[..., 1:] + drawn[..., :1] * back).astype(np.float32), requires_grad=True)
    loss = unlikeness(torch, shown, torch.tensor(truth.astype(np.float32)))
    loss.backward()
    assert float(loss.detach()) == pytest.approx(one_minus_ssim(drawn, picture), rel=1e-4)
    np.testing.assert_allclose(shown.grad.numpy(), by_the_kernels(drawn, picture)[1][..., 1:], atol=2e-3)


def test_its_gradient_is_that_of_the_formula() -> None:
    drawn, picture = pictures()
    _, got = by_the_kernels(drawn, picture)
    # Corners, edges, both sides of a tile's border, the middle: by every one of the four lanes.
    for y, x in [(0, 0), (0, 20), (28, 40), (15, 15), (16, 16), (15, 31), (28, 3), (9, 25)]:
        for lane in range(4):
            values = []
            for sign in (1.0, -1.0):
                moved = drawn.copy()
                moved[y, x, lane] += sign * 1e-5
                values.append(one_minus_ssim(moved, picture))
            assert got[y, x, lane] == pytest.approx((values[0] - values[1]) / 2e-5, abs=2e-5), (y, x, lane)


def test_it_is_mixed_with_the_gradient_that_is_there() -> None:
    drawn, picture = pictures()
    _, alone = by_the_kernels(drawn, picture)
    _, mixed = by_the_kernels(drawn, picture, weight=0.25, before=2.0)
    there = np.full_like(mixed, 2.0)
    there[..., 0] *= -1
    np.testing.assert_allclose(mixed, 0.75 * there + 0.25 * alone, atol=1e-5)


def test_where_neither_picture_has_anything_nothing_is_done() -> None:
    drawn = np.zeros((HEIGHT, WIDTH, 4))
    drawn[..., 0] = 1.0
    loss, grads = by_the_kernels(drawn, np.zeros((HEIGHT, WIDTH, 4), np.uint8), before=2.0)
    assert loss == 0.0
    assert (np.abs(grads) == 2.0).all()


def test_the_share_of_the_loss_changes_the_double_and_is_the_same_at_any_thread_count() -> None:
    def ply(share: float, threads: int) -> bytes:
        settings = TrainSettings(gaussians=200, iterations=8, threads=threads, structure=share)
        return write_ply(train(ball(), settings=settings).splats)

    assert ply(0.2, 1) == ply(0.2, 2) == ply(0.2, 4)
    assert ply(0.2, 1) != ply(0.0, 1)
    with pytest.raises(ValueError, match="loss by structure"):
        TrainSettings(structure=1.5)
