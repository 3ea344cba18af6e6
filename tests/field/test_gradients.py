"""The kernels against plain float64: what a ray sees, and how the loss changes with each parameter."""

from __future__ import annotations

import numpy as np
import pytest

from field import oracle
from field.kit import SMALL, fog
from stagedoor.worker.double.pool import CHUNKS
from stagedoor.worker.double.warm import SIDE_PX, round_the_origin
from stagedoor.worker.field.backward import rays_back
from stagedoor.worker.field.decoder import parameters
from stagedoor.worker.field.draw import draw_field, view_of
from stagedoor.worker.field.grid import scatter
from stagedoor.worker.field.rays import space_of

HIDDEN, ROWS, RAYS = 8, 4_000, 12
WIDTH = 2 * SMALL.levels
STEP = 1e-5


class Batch:
    """A dozen rays of two cameras through fog, their truth, and both ways to their loss and its gradient."""

    def __init__(self) -> None:
        self.chance = np.random.default_rng(3)
        self.field = fog()
        self.cameras = round_the_origin(from_deg=10.0, to_deg=200.0, frames=2)
        self.views = np.stack([view_of(camera, self.field.corner, self.field.edge) for camera in self.cameras])
        self.images = self.chance.integers(0, 256, (2, SIDE_PX, SIDE_PX, 4)).astype(np.uint8)
        spots = self.chance.integers(8, SIDE_PX - 8, (RAYS, 2))
        self.pixels = (np.arange(RAYS) % 2 * SIDE_PX + spots[:, 0]) * SIDE_PX + spots[:, 1]
        self.draws = self.chance.random((RAYS, 4), dtype=np.float32)
        self.table, self.layout = self.field.table.astype(np.float32), SMALL.layout()

    def kernels(self):
        """(loss, gradient of the decoder, gradient of the table)."""
        buffers = [np.zeros((CHUNKS * ROWS, size), np.float32) for size in (3, WIDTH)]
        decoder, told = self.field.decoder.copy(), np.zeros(2, np.float32)
        inner = decoder[WIDTH + 1 : WIDTH + 1 + WIDTH * HIDDEN].reshape(WIDTH, HIDDEN)
        sums = np.zeros(parameters(WIDTH, HIDDEN), np.float32)
        model = (self.table, self.layout, decoder, np.ascontiguousarray(inner.T))
        seen = (
            self.views,
            self.images,
            space_of(self.field.occupied.copy()),
            np.float32(1 / 64),
            self.pixels,
            self.draws,
        )
        counts = np.zeros(CHUNKS, np.int64)
        counts[0] = rays_back(*model, *seen, *(held[:ROWS] for held in buffers), sums, told)
        assert 0 < counts[0] < ROWS and told[1] == RAYS
        pulls = np.zeros_like(self.table)
        for level, row in enumerate(self.layout):
            scatter(row, level, *buffers, counts, ROWS, pulls)
        return float(told[0]), sums, pulls

    def plain(self, decoder, table) -> float:
        """The loss by the oracle."""
        loss = 0.0
        for pixel, draw in zip(self.pixels, self.draws.astype(np.float64), strict=True):
            view, row, column = np.unravel_index(pixel, (2, SIDE_PX, SIDE_PX))
            held, seen = self.views[view].astype(np.float64), self.images[view, row, column] / 255.0
            ahead = np.array([(column + 0.5 - held[14]) / held[12], (row + 0.5 - held[15]) / held[13], 1.0])
            d = held[:9].reshape(3, 3).T @ (ahead / np.linalg.norm(ahead))
            ray = np.concatenate([held[9:12], d])
            drawn = oracle.colour(
                table, self.layout, decoder, HIDDEN, ray, 1 / 64, draw[0], draw[1:], self.field.occupied
            )
            loss += float(((drawn - (seen[:3] * seen[3] + draw[1:] * (1 - seen[3]))) ** 2).sum())
        return loss


@pytest.fixture(scope="module")
def batch() -> Batch:
    return Batch()


def test_the_loss_is_that_of_plain_arithmetic(batch: Batch) -> None:
    plain = batch.plain(batch.field.decoder.astype(np.float64), batch.table.astype(np.float64))
    assert batch.kernels()[0] == pytest.approx(plain, rel=1e-4)


@pytest.mark.parametrize("what", ["decoder", "table"])
def test_gradients_are_the_finite_differences(batch: Batch, what: str) -> None:
    _, decoder_sums, table_sums = batch.kernels()
    held = {"decoder": batch.field.decoder.astype(np.float64), "table": batch.table.astype(np.float64)}
    sums = {"decoder": decoder_sums, "table": table_sums}[what].ravel()
    # The largest, which tell most, and some of chance, many of which are zero in the table.
    chosen = np.concatenate([np.argsort(-np.abs(sums))[:20], batch.chance.integers(0, len(sums), 20)])
    for at in chosen:
        losses = []
        for change in (STEP, -STEP):
            moved = {name: value.copy() for name, value in held.items()}
            moved[what].reshape(-1)[at] += change
            losses.append(batch.plain(**moved))
        wanted = (losses[0] - losses[1]) / (2 * STEP)
        assert sums[at] == pytest.approx(wanted, rel=2e-3, abs=1e-4 * float(np.abs(sums).max())), (what, at)


def test_a_drawn_pixel_is_that_of_plain_arithmetic(batch: Batch) -> None:
    background = (0.2, 0.5, 0.9)
    camera = batch.cameras[0]
    drawn = draw_field(batch.field, camera, width=SIDE_PX, height=SIDE_PX, background=background)
    held = batch.views[0].astype(np.float64)
    for row, column in ((16, 16), (9, 20), (22, 13), (0, 0)):
        ahead = np.array([(column + 0.5 - held[14]) / held[12], (row + 0.5 - held[15]) / held[13], 1.0])
        ray = np.concatenate([held[9:12], held[:9].reshape(3, 3).T @ (ahead / np.linalg.norm(ahead))])
        decoder, table = batch.field.decoder.astype(np.float64), batch.table.astype(np.float64)
        wanted = oracle.colour(table, batch.layout, decoder, HIDDEN, ray, 1 / 64, 0.5, background, batch.field.occupied)
        assert np.abs(drawn[row, column] - 255 * wanted).max() <= 1.0
