"""One training run on the processor: numba's kernels and Adam, to the same bytes at any number of threads."""

from __future__ import annotations

import numpy as np

from stagedoor.capture.read import Capture
from stagedoor.worker.double.adam import adam_step, step_rows
from stagedoor.worker.double.begin import drawn_ones, first_guess, left_out_of, one_exposure
from stagedoor.worker.double.hull import visual_hull
from stagedoor.worker.double.pool import CHUNKS, Pool
from stagedoor.worker.double.project import PARAMETERS, Floats, project_backward
from stagedoor.worker.double.raster import Stage, aligned_zeros
from stagedoor.worker.double.raster_backward import back_buffers, l1_tiles, rasterize_backward, tile_picture
from stagedoor.worker.double.relocate import SPLIT, Moves, beside, growth, relocation
from stagedoor.worker.double.settings import (
    BLACK,
    RESEED_UNTIL,
    TrainSettings,
    camera_of,
    degree_at,
    rates_at,
    run_text,
)
from stagedoor.worker.double.sh import COEFFICIENTS
from stagedoor.worker.double.shade import shade_backward
from stagedoor.worker.double.splats import Splats
from stagedoor.worker.double.state import ARRAYS, State, pack, unpack_of
from stagedoor.worker.double.structure import Structure

UNSEEN = np.float32(-30.0)
"""A logit of opacity far below what is drawn."""


class Trainer:
    """The state of one training run."""

    def __init__(self, capture: Capture, settings: TrainSettings, chance: np.random.Generator, pool: Pool) -> None:
        self.settings, self.chance, self.pool = settings, chance, pool
        hull = visual_hull(capture, pool=pool, lean=settings.lean)
        self.params = first_guess(hull, settings.gaussians, chance)
        self.extent = hull.voxel * 64
        self.leaned = hull.leaned
        count = settings.gaussians
        self.stage = Stage(gaussians=count, width=capture.width, height=capture.height, pool=pool)
        self.grads, self.means, self.squares = (np.zeros((PARAMETERS, count), np.float32) for _ in range(3))
        rows = 3 * COEFFICIENTS[settings.degree]
        self.rest, self.rest_grads, self.rest_means, self.rest_squares = (
            np.zeros((rows, count), np.float32) for _ in range(4)
        )
        self.rest_rates = np.empty(rows, np.float32)
        self.pixel_grads = aligned_zeros(*self.stage.frame.shape)
        self.buffers = back_buffers()
        self.structure = Structure(self.stage.across, self.stage.down)
        self.sums = np.zeros((CHUNKS, count, 9), np.float32)
        self.cameras = [camera_of(capture, view) for view in capture.views("train")]
        self.pictures = np.zeros((len(self.cameras), *self.stage.frame.shape), np.uint8)
        views = one_exposure(capture, hull)
        for picture, image in zip(self.pictures, views, strict=True):
            tile_picture(image, picture)
        views[...] = 0  # a copy of the capture's own
        self.queue: list[int] = []
        self.pixel = float(np.mean([np.linalg.norm(c.position() - hull.centre) for c in self.cameras])) / capture.fx
        self.left_out = left_out_of(capture, hull, settings.left_out)

    def step(self, step: int) -> float:
        """One view, one update; gives the view's mean absolute error."""
        if not self.queue:
            self.queue = [int(view) for view in self.chance.permutation(len(self.cameras))]
        view = self.queue.pop()
        background = self.chance.random(3, dtype=np.float32) if step % 2 else BLACK
        stage, picture = self.stage, self.pictures[view]
        camera = self.cameras[view]
        rest = self.rest[: 3 * COEFFICIENTS[degree_at(self.settings, step)]]
        numbers = stage.place(self.drawn_now(), camera, rest, antialiased=self.settings.antialiased)
        size = (stage.width, stage.height)
        losses = [0.0] * CHUNKS

        weight = self.settings.structure

        def draw(chunk: int) -> None:
            stage.draw_chunk(chunk)
            losses[chunk] = l1_tiles(stage.frame, picture, background, size, chunk, self.pixel_grads)
            if weight:
                self.structure.lay_out(stage.frame, stage.starts, picture, background, size, chunk)

        def back(chunk: int) -> None:
            if weight:
                self.structure.pull_back(background, weight, chunk, self.pixel_grads)
            lists = (stage.splats, stage.starts, stage.entries, stage.across)
            rasterize_backward(*lists, chunk, stage.frame, self.pixel_grads, self.sums, self.buffers)

        rates = rates_at(self.settings, self.extent, step)
        self.rest_rates[:] = self.settings.rate_rest * self.settings.rate_end ** (step / self.settings.iterations)
        eye = camera.position().astype(np.float32)

        def update(chunk: int) -> None:
            start, end = stage.spans(chunk)
            project_backward(self.params, numbers, start, end, stage.splats, stage.boxes, self.sums, self.grads)
            if len(rest):
                given = (self.params, rest, eye, len(rest) // 3, start, end, stage.splats, stage.boxes)
                shade_backward(*given, self.sums, self.grads, self.rest_grads)
                moments = (self.rest_means, self.rest_squares)
                step_rows(self.rest, self.rest_grads, *moments, self.rest_rates, step, start, end)
            adam_step(self.params, self.grads, self.means, self.squares, rates, step, start, end)

        self.pool.run(draw)
        if weight:
            self.pool.run(lambda chunk: self.structure.measure(size, chunk))
        self.pool.run(back)
        self.pool.run(update)
        if step % self.settings.reseed_every == 0 and step <= RESEED_UNTIL * self.settings.iterations:
            self.reseed()
        return sum(losses) / (3 * stage.width * stage.height)

    def drawn_now(self) -> Floats:
        """The parameters that one step draws: all, or where views are few all but a share, which are made unseen."""
        if not self.left_out:
            return self.params
        params = self.params.copy()
        params[10, self.chance.random(params.shape[1]) < self.left_out] = UNSEEN
        return params

    def state(self, step: int) -> bytes:
        """Where the run stands after so many steps, as bytes."""
        arrays = {name: getattr(self, name) for name in ARRAYS}
        chance = dict(self.chance.bit_generator.state)
        return pack(State(step=step, queue=tuple(self.queue), chance=chance, settings=self.run(), arrays=arrays))

    def restore(self, data: bytes | bytearray) -> int:
        """Goes back to a state; gives the steps done.  Raises StateError, changing nothing, if it is another run's."""
        state = unpack_of(
            data,
            run=self.run(),
            steps=self.settings.iterations,
            views=len(self.cameras),
            rows={name: len(getattr(self, name)) for name in ARRAYS},
            counts=(self.settings.gaussians, self.settings.gaussians_max or self.settings.gaussians),
        )
        self.chance.bit_generator.state = state.chance
        self.queue = list(state.queue)
        self.resize(state.arrays["params"].shape[1])
        for name in ARRAYS:
            getattr(self, name)[:] = state.arrays[name]
        return state.step

    def run(self) -> str:
        """What makes this run this one: its settings, but for what changes nothing, and how many views it has."""
        return run_text(self.settings, len(self.cameras))

    def splats(self) -> Splats:
        """The double as it stands, without the Gaussians that are too faint to be drawn."""
        return drawn_ones(self.params, self.rest, antialiased=self.settings.antialiased, left_out=self.left_out)

    def reseed(self) -> None:
        """Moves Gaussians to where the loss pulls hardest, and adds some where it pulls harder still (relocate.py)."""
        moves = relocation(
            logits=self.params[10],
            log_scales=self.params[3:6],
            pulls=self.squares[0:3],
            colour_pulls=self.squares[11:14],
            share=self.settings.reseed_share,
            chance=self.chance,
        )
        if moves is not None:
            self.share_places(moves)
        count, most = self.params.shape[1], self.settings.gaussians_max
        if most is not None and count < most:
            chosen = growth(self.squares[0:3], self.pixel, most - count)
            self.resize(count + len(chosen))
            added = np.arange(count, count + len(chosen))
            self.share_places(beside(added, chosen, self.params[3:6], self.chance))

    def resize(self, count: int) -> None:
        """Makes room for so many Gaussians; those that were there stay."""
        for name in (*ARRAYS, "grads", "rest_grads"):
            held = getattr(self, name)
            room = np.zeros((len(held), count), np.float32)
            room[:, : held.shape[1]] = held[:, :count]
            setattr(self, name, room)
            held[...] = 0
        self.sums = np.zeros((CHUNKS, count, 9), np.float32)
        self.stage.wipe()
        self.stage = Stage(gaussians=count, width=self.stage.width, height=self.stage.height, pool=self.pool)

    def share_places(self, moves: Moves) -> None:
        """Puts each that moves beside the one chosen for it, alike but for chance; both get smaller, with no past."""
        moved, chosen = moves.moved, moves.chosen
        self.params[:, moved] = self.params[:, chosen]
        self.rest[:, moved] = self.rest[:, chosen]
        self.params[0:3, moved] += moves.aside
        for which in (moved, chosen):
            self.params[3:6, which] -= np.float32(np.log(SPLIT))
            for moments in (self.means, self.squares, self.rest_means, self.rest_squares):
                moments[:, which] = 0

    def close(self) -> None:
        """Overwrites the double, the pictures that it was made from, and what was drawn and compared last."""
        for name in (*ARRAYS, "pictures", "grads", "rest_grads", "pixel_grads", "sums"):
            getattr(self, name)[...] = 0
        self.structure.wipe()
        self.stage.wipe()
