"""A field fitted to a capture: rays of the training views, squared error, Adam.  Same seed, same bytes.

The masks' hull says where matter can be; as the field learns, voxels where it found none are given up.  Every batch of
rays stands on backgrounds of chance, one to a ray, so that masks are learned too; the evaluation stands on black.
Batches are cut into CHUNKS pieces whose sums are taken in order, and each level of the table is summed by one chunk
alone, so the number of threads changes the time and never the result.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Final

import numpy as np
from numpy.typing import NDArray

from stagedoor.capture.limits import MASK_ALPHA_MIN
from stagedoor.capture.read import Capture
from stagedoor.worker.double.hull import GRID, bounding_box, carve
from stagedoor.worker.double.pool import CHUNKS, Pool, threads_default
from stagedoor.worker.double.rounding import GAP_DEG, azimuths_of, gap_deg, rounded
from stagedoor.worker.double.state import State, StateError, pack, unpack
from stagedoor.worker.double.train import Progress, ViewScore, camera_of, mean_db, psnr_db
from stagedoor.worker.field.backward import rays_back
from stagedoor.worker.field.decoder import HIDDEN_MAX, first_guess, parameters, turned
from stagedoor.worker.field.draw import draw_field, view_of
from stagedoor.worker.field.errors import FieldError
from stagedoor.worker.field.grid import FEATURES, GridShape, adam, scatter
from stagedoor.worker.field.model import PARAMETER_MAX, STEPS_MAX, Field
from stagedoor.worker.field.rays import CELLS, densest, reaching, space_of

REPORT_EVERY: Final = 10
"""Steps between calls of progress and should_stop: about a tenth of a second."""
RAYS_MAX: Final = 1 << 16
"""Rays of a batch: its buffers then take 200 MB."""
SAMPLES_PER_RAY: Final = 40
"""Room in a batch's buffers, on average; trained fields use about 12."""
THIN_AT: Final = (0.1, 0.2, 0.35, 0.5, 0.75)
"""Shares of the run after which empty voxels are given up."""
THIN_BELOW: Final = 0.01
"""A voxel is empty where a sample at its densest takes less of the light than this, its neighbours' too."""
MAGIC: Final = b"SDFITF\x01\n"
ARRAYS: Final = ("table", "means", "squares", "decoder", "decoder_means", "decoder_squares")
"""What a state of this training holds of the trainer, in double/state.py's form; the sums are empty between steps."""
OCCUPIED: Final = "occupied"
"""And the voxels, eight to a number."""
KEEP_SECONDS: Final = 15.0
"""Between two states kept: so much work at most is lost with a killed process."""
TABLE_MAX: Final = 6e4
"""Stored entries are held within float16."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FieldSettings:
    """What training may be asked.  `iterations` decides the time and `seed` every draw of chance.

    `rays` make a batch, `steps` samples go along the box's edge, `hidden` is the decoder's width.  Rates are Adam's at
    the start and fall exponentially to rate_end of themselves.  `threads` None takes what the machine has, at most
    four.  Raises FieldError for what cannot be trained.
    """

    shape: GridShape = field(default_factory=GridShape)
    hidden: int = 32
    steps: int = 128
    rays: int = 512
    iterations: int = 3_000
    seed: int = 1
    threads: int | None = None
    rate_table: float = 2e-2
    rate_decoder: float = 5e-3
    rate_end: float = 0.05

    def __post_init__(self) -> None:
        whole = 1 <= self.hidden <= HIDDEN_MAX and 1 <= self.steps <= STEPS_MAX and CHUNKS <= self.rays <= RAYS_MAX
        if not whole or self.iterations < 1 or (self.threads is not None and self.threads < 1):
            raise FieldError(
                where="settings",
                what=f"{self.hidden} hidden, {self.steps} samples, {self.rays} rays, {self.iterations} iterations",
                todo=f"Take up to {HIDDEN_MAX}, {STEPS_MAX} and {CHUNKS} to {RAYS_MAX} rays, and one thread or more",
            )


@dataclass(frozen=True, slots=True, kw_only=True)
class FieldResult:
    """The field and how it does on views it has not seen.  `iterations` is fewer than asked if it was stopped."""

    field: Field
    psnr_whole_db: float
    psnr_head_db: float
    views: tuple[ViewScore, ...]
    iterations: int


def train_field(
    capture: Capture,
    *,
    settings: FieldSettings,
    progress: Progress | None = None,
    should_stop: Callable[[], bool] | None = None,
    resume: bytes | bytearray | None = None,
    keep: Callable[[bytes], None] | None = None,
) -> FieldResult:
    """Fits a field to the training views and scores it on the held-out ones.

    `keep` is handed the state every KEEP_SECONDS and when it is stopped; given to `resume`, with the same capture and
    settings, the run goes on from there and ends in the same bytes.  A state of another run raises StateError; masks
    that have no point in common, FieldError.
    """
    with Pool(settings.threads or threads_default()) as pool:
        trainer = Trainer(capture, settings, pool)
        done = 0 if resume is None else trainer.restore(resume)
        kept = time.monotonic()
        for step in range(done + 1, settings.iterations + 1):
            loss = trainer.step(step)
            done = step
            # It only looks, so the clock that starts it changes nothing of what comes out.
            if keep is not None and time.monotonic() - kept >= KEEP_SECONDS:
                keep(trainer.state(step))
                kept = time.monotonic()
            if step % REPORT_EVERY == 0 or step == settings.iterations:
                if progress is not None:
                    progress(step, settings.iterations, loss)
                if should_stop is not None and should_stop():
                    if keep is not None:
                        keep(trainer.state(step))
                    break
    trained = trainer.field()
    views = score(trained, capture, threads=settings.threads)
    return FieldResult(
        field=trained,
        psnr_whole_db=mean_db([view.whole_db for view in views]),
        psnr_head_db=mean_db([view.head_db for view in views]),
        views=views,
        iterations=done,
    )


class Trainer:
    """The state of one training run."""

    def __init__(self, capture: Capture, settings: FieldSettings, pool: Pool) -> None:
        self.settings, self.pool = settings, pool
        self.chance = np.random.default_rng(settings.seed)
        chosen = list(capture.views("train"))
        self.images = np.ascontiguousarray(capture.images[chosen])
        self.corner, self.edge, self.occupied = occupancy(capture, self.images, pool)
        self.views = np.stack([view_of(camera_of(capture, view), self.corner, self.edge) for view in chosen])
        self.stride = np.float32(1.0 / settings.steps)
        self.layout = settings.shape.layout()
        width = FEATURES * settings.shape.levels
        self.decoder = first_guess(width, settings.hidden, self.chance)
        entries = (settings.shape.entries(), FEATURES)
        self.table = self.chance.uniform(-1e-3, 1e-3, entries).astype(np.float32)
        self.sums, self.means, self.squares = (np.zeros(entries, np.float32) for _ in range(3))
        count = parameters(width, settings.hidden)
        self.decoder_sums = np.zeros((CHUNKS, count), np.float32)
        self.decoder_means, self.decoder_squares = (np.zeros(count, np.float32) for _ in range(2))
        self.capacity = max(settings.rays // CHUNKS * SAMPLES_PER_RAY, 4 * settings.steps)
        self.places, self.aims = (np.zeros((CHUNKS * self.capacity, size), np.float32) for size in (3, width))
        # Voxels are only ever given up, so only pixels that still count are looked at again.
        self.marks = np.ones(self.images.shape[:3], np.uint8)
        self.pixels = self.reached()

    def reached(self) -> NDArray[np.int64]:
        """Flat numbers of the training pixels whose rays meet an occupied voxel."""
        self.space = space_of(self.occupied)
        self.pool.run(lambda chunk: reaching(self.views, self.space, chunk, self.marks))
        return np.flatnonzero(self.marks)

    def step(self, step: int) -> float:
        """One batch, one update; gives its mean squared error, 0 to 1."""
        s = self.settings
        if step in {max(1, int(share * s.iterations)) for share in THIN_AT}:
            self.thin()
        pixels = self.pixels[self.chance.integers(0, len(self.pixels), s.rays)]
        draws = self.chance.random((s.rays, 4), dtype=np.float32)
        told, counts = np.zeros((CHUNKS, 2), np.float32), np.zeros(CHUNKS, np.int64)
        inner_turned = turned(self.decoder, self.aims.shape[1], s.hidden)
        ends = np.linspace(0, s.rays, CHUNKS + 1).astype(int)

        def back(chunk: int) -> None:
            own = tuple(held[chunk * self.capacity : (chunk + 1) * self.capacity] for held in (self.places, self.aims))
            part = slice(ends[chunk], ends[chunk + 1])
            model = (self.table, self.layout, self.decoder, inner_turned)
            seen = (self.views, self.images, self.space, self.stride)
            sums = self.decoder_sums[chunk]
            batch = (pixels[part], draws[part])
            counts[chunk] = rays_back(*model, *seen, *batch, *own, sums, told[chunk])  # type: ignore[call-arg]

        fall = s.rate_end ** (step / s.iterations)
        table, sums = self.table.reshape(-1), self.sums.reshape(-1)
        moments = (self.means.reshape(-1), self.squares.reshape(-1))

        def update(chunk: int) -> None:
            for level in range(chunk, len(self.layout), CHUNKS):
                row = self.layout[level]
                scatter(row, level, self.places, self.aims, counts, self.capacity, self.sums)
                start, end = FEATURES * int(row[1]), FEATURES * int(row[1] + row[2])
                adam(table, sums, *moments, np.float32(s.rate_table * fall), step, start, end)

        self.pool.run(back)
        self.pool.run(update)
        total = self.decoder_sums[0]
        for part in self.decoder_sums[1:]:
            total += part
        held = (self.decoder_means, self.decoder_squares)
        adam(self.decoder, total, *held, np.float32(s.rate_decoder * fall), step, 0, len(total))
        return float(told[:, 0].sum()) / (3 * max(float(told[:, 1].sum()), 1.0))

    def thin(self) -> None:
        """Gives up the voxels where the field is empty, and the pixels whose rays then meet nothing."""
        out = np.zeros((CELLS,) * 3, np.float32)
        hidden = self.settings.hidden
        model = (self.table, self.layout, self.decoder, hidden)
        self.pool.run(lambda chunk: densest(*model, chunk, self.occupied, out))
        kept = self.occupied & grown((out * self.stride > THIN_BELOW).astype(np.uint8))
        if not kept.any():
            return
        self.occupied = kept
        self.pixels = self.reached()

    def state(self, step: int) -> bytes:
        """Where the run stands after so many steps, as bytes."""
        arrays = {name: np.atleast_2d(getattr(self, name)) for name in ARRAYS}
        arrays[OCCUPIED] = np.packbits(self.occupied)[None].astype(np.float32)  # bytes, which float32 holds exactly
        chance = dict(self.chance.bit_generator.state)
        state = State(step=step, queue=(), chance=chance, settings=self.run(), arrays=arrays)
        return pack(state, magic=MAGIC, names=(*ARRAYS, OCCUPIED))

    def restore(self, data: bytes | bytearray) -> int:
        """Goes back to a state; gives the steps done.  Raises StateError, changing nothing, if it is another run's."""
        state = unpack(data, magic=MAGIC, names=(*ARRAYS, OCCUPIED))
        if state.settings != self.run() or not 0 <= state.step <= self.settings.iterations:
            raise StateError("it is of a training with other settings")
        shapes = [np.atleast_2d(getattr(self, name)).shape for name in ARRAYS]
        if [held.shape for held in state.arrays.values()] != [*shapes, (1, CELLS**3 // 8)]:
            raise StateError("it is of a training with another grid")
        self.chance.bit_generator.state = state.chance
        for name in ARRAYS:
            getattr(self, name)[...] = state.arrays[name].reshape(getattr(self, name).shape)
        self.occupied = np.unpackbits(state.arrays[OCCUPIED].astype(np.uint8)).reshape((CELLS,) * 3)
        self.pixels = self.reached()
        return state.step

    def run(self) -> str:
        """What makes this run this one: its settings, but for what changes nothing, and how many views it has."""
        return f"{replace(self.settings, threads=None)} on {len(self.views)} views"

    def field(self) -> Field:
        """The field as it stands."""
        return Field(
            shape=self.settings.shape,
            corner=self.corner,
            edge=self.edge,
            steps=self.settings.steps,
            hidden=self.settings.hidden,
            occupied=self.occupied,
            table=np.clip(self.table, -TABLE_MAX, TABLE_MAX).astype(np.float16),
            decoder=np.clip(self.decoder, -PARAMETER_MAX, PARAMETER_MAX),
        )


def occupancy(
    capture: Capture, images: NDArray[np.uint8], pool: Pool
) -> tuple[NDArray[np.float64], float, NDArray[np.uint8]]:
    """(the box's lowest corner, its edge, voxels that the masks leave and one more all round)."""
    assert GRID == CELLS
    cameras = np.ascontiguousarray(capture.world_to_camera[list(capture.views("train"))])
    lens = np.array([capture.fx, capture.fy, capture.cx, capture.cy])
    centre, radius = bounding_box(images, cameras, lens)
    corner, edge = centre - radius, 2.0 * radius
    kept = np.zeros((CELLS,) * 3, np.uint8)
    pool.run(lambda chunk: carve(images, cameras, lens, corner, edge / CELLS, chunk, kept))
    if gap_deg(azimuths_of(cameras, centre)) > GAP_DEG:
        kept = rounded(kept, images, cameras, lens, corner, edge / CELLS)
    if not kept.any():
        what = "the masks have no point in common"
        raise FieldError(where="capture", what=what, todo="Bring cameras and pictures that belong together")
    return corner, edge, grown(kept)


def grown(kept: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """The voxels and their neighbours, corners too."""
    for axis in range(3):
        moved = np.moveaxis(kept.copy(), axis, 0)
        before = np.moveaxis(kept, axis, 0)
        moved[1:] |= before[:-1]
        moved[:-1] |= before[1:]
        kept = np.moveaxis(moved, 0, axis)
    return np.ascontiguousarray(kept)


def score(trained: Field, capture: Capture, *, threads: int | None = None) -> tuple[ViewScore, ...]:
    """PSNR of every held-out view on black, drawn to 8 bits as it would be delivered."""
    out = []
    for view in capture.views("test"):
        camera = camera_of(capture, view)
        drawn = draw_field(trained, camera, width=capture.width, height=capture.height, threads=threads) / 255.0
        truth = capture.images[view].astype(np.float64) / 255.0
        error = ((drawn - truth[..., :3] * truth[..., 3:]) ** 2).mean(axis=2)
        head = capture.images[view, ..., 3] >= MASK_ALPHA_MIN
        out.append(ViewScore(name=capture.names[view], whole_db=psnr_db(error), head_db=psnr_db(error[head])))
    return tuple(out)
