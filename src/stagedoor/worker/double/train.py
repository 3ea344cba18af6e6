"""A double fitted to a capture: visual hull, then Adam through the rasterizer.  Same seed, same bytes.

Everything is scheduled by iteration, never by the clock, and every sum has a fixed order, so one capture, one seed and
one setting give one PLY whatever the number of threads.  In training every other step stands on a random background,
so that masks are learned too; the other steps, and the evaluation, stand on black.

`psnr_whole_db` is the mean over held-out views of the whole frame's PSNR, drawn to 8 bits; `psnr_head_db` counts only
pixels whose mask is at least half (the honest number: the background is trivially right).
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from stagedoor.capture.limits import MASK_ALPHA_MIN
from stagedoor.capture.read import Capture
from stagedoor.worker.double.adam import adam_step, step_rows
from stagedoor.worker.double.camera import Camera
from stagedoor.worker.double.densify import growth, moves
from stagedoor.worker.double.hull import visual_hull
from stagedoor.worker.double.pool import CHUNKS, Pool, threads_default
from stagedoor.worker.double.project import ALPHA_MIN, PARAMETERS, Floats, project_backward
from stagedoor.worker.double.raster import Stage, aligned_zeros
from stagedoor.worker.double.raster_backward import back_buffers, l1_tiles, rasterize_backward, tile_picture
from stagedoor.worker.double.render import to_bytes
from stagedoor.worker.double.rounding import GAP_DEG, azimuths_of, gap_deg
from stagedoor.worker.double.sh import COEFFICIENTS
from stagedoor.worker.double.shade import shade_backward
from stagedoor.worker.double.splats import GAUSSIANS_MAX, Splats
from stagedoor.worker.double.start import first_guess, one_exposure
from stagedoor.worker.double.state import ARRAYS, State, StateError, pack, unpack
from stagedoor.worker.double.structure import Structure

Progress = Callable[[int, int, float], None]
"""Called with (steps done, steps in all, mean absolute error of the last view, 0 to 1)."""
REPORT_EVERY = 20
"""Steps between calls of progress and should_stop."""
KEEP_SECONDS = 15.0
"""Between two states kept: so much work at most is lost with a killed process."""
PREVIEW_SECONDS = 3.0
"""Between two previews."""
BLACK = np.zeros(3, np.float32)
UNSEEN = np.float32(-30.0)
"""A logit of opacity far below what is drawn."""
SPLIT = 1.4
"""Two Gaussians that share one's place are each this much smaller."""
DEGREE_EVERY = 0.1
"""Share of the run between one degree of colour and the next: what is the same from everywhere is learned first."""
RESEED_UNTIL = 0.7
"""Share of the run after which Gaussians stay: the newly moved need time to settle."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TrainSettings:
    """What training may be asked.  `iterations` decides the time and `seed` every draw of chance.

    Rates are Adam's, per step, at the start: rate_mean in half-boxes of the hull, the others in the parameter's own
    units; all fall exponentially to rate_end of themselves.  They are high: a few hundred steps must do.
    `structure` is the share of the loss by structure (structure.py), the rest being the absolute error.
    `left_out` is the share of Gaussians that each step does without where views are few (GAP_DEG in rounding.py), so
    that none learns a view by heart; the double is that much fainter in the end, as the mean of those that were drawn.
    `antialiased` is how the double is drawn, in training and ever after (project.py).
    `gaussians` is the number at the start, and to the end unless `gaussians_max` lets it grow.
    `degree` is that of the spherical harmonics; each degree joins after another DEGREE_EVERY of the run.
    `threads` None takes what the machine has, at most four; it changes the time and never the result.
    """

    gaussians: int = 10_000
    gaussians_max: int | None = None
    iterations: int = 2_000
    seed: int = 1
    threads: int | None = None
    reseed_every: int = 100
    reseed_share: float = 0.02
    rate_mean: float = 1e-3
    rate_scale: float = 0.16
    rate_quat: float = 6e-2
    rate_opacity: float = 3e-2
    rate_colour: float = 1.6e-2
    rate_end: float = 0.06
    degree: int = 0
    rate_rest: float = 2e-3
    structure: float = 0.2
    left_out: float = 0.2
    antialiased: bool = True

    def __post_init__(self) -> None:
        if not 0 <= self.degree < len(COEFFICIENTS):
            raise ValueError(f"a colour's degree is 0 to {len(COEFFICIENTS) - 1}")
        if not 0.0 <= self.structure <= 1.0 or not 0.0 <= self.left_out < 1.0:
            raise ValueError("the loss by structure has a share of 0 to 1, and fewer than all Gaussians are left out")
        if not 1 <= self.gaussians <= GAUSSIANS_MAX or self.iterations < 1:
            raise ValueError(
                f"training wants at least one iteration and at least one Gaussian, at most {GAUSSIANS_MAX}"
            )
        if self.gaussians_max is not None and not self.gaussians <= self.gaussians_max <= GAUSSIANS_MAX:
            raise ValueError(f"a double grows from `gaussians` to `gaussians_max`, at most {GAUSSIANS_MAX}")
        if (
            self.reseed_every < 1
            or not 0.0 <= self.reseed_share < 0.5
            or (self.threads is not None and self.threads < 1)
        ):
            raise ValueError("training wants at least one thread, one step between reseedings, and under half reseeded")


FINE = TrainSettings(iterations=2_000, degree=3)
"""About 24 processor seconds at 256 px: 40.6 dB whole frame and 36.7 dB head on the head scan."""
FAST = TrainSettings(iterations=300, degree=1, reseed_share=0.0)
"""About 4 s, for tests and demonstrations in a hurry."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ViewScore:
    """PSNR of one held-out view in dB: whole frame, and head pixels only."""

    name: str
    whole_db: float
    head_db: float


@dataclass(frozen=True, slots=True, kw_only=True)
class TrainResult:
    """The double and how it does on views it has not seen.  `iterations` is fewer than asked if it was stopped."""

    splats: Splats
    psnr_whole_db: float
    psnr_head_db: float
    views: tuple[ViewScore, ...]
    iterations: int


def camera_of(capture: Capture, view: int) -> Camera:
    """The camera of one view."""
    return Camera(
        fx=capture.fx,
        fy=capture.fy,
        cx=capture.cx,
        cy=capture.cy,
        width=capture.width,
        height=capture.height,
        world_to_camera=capture.world_to_camera[view],
    )


def train(
    capture: Capture,
    *,
    settings: TrainSettings,
    progress: Progress | None = None,
    should_stop: Callable[[], bool] | None = None,
    resume: bytes | bytearray | None = None,
    keep: Callable[[bytes], None] | None = None,
    preview: Callable[[Splats, int], None] | None = None,
) -> TrainResult:
    """Fits a double to the training views and scores it on the held-out ones.

    Every KEEP_SECONDS, and when it is stopped, `keep` is handed the state (state.py); given to `resume`, with the same
    capture and settings, the run goes on from there and ends in the same bytes.  A state of another run raises
    StateError.  Every PREVIEW_SECONDS `preview` is handed the double as it stands and the steps done.
    """
    chance = np.random.default_rng(settings.seed)
    with Pool(settings.threads or threads_default()) as pool:
        trainer = Trainer(capture, settings, chance, pool)
        done = 0 if resume is None else trainer.restore(resume)
        kept = shown = time.monotonic()
        for step in range(done + 1, settings.iterations + 1):
            loss = trainer.step(step)
            done = step
            # Both only look, so the clock that starts them changes nothing of what comes out.
            if keep is not None and time.monotonic() - kept >= KEEP_SECONDS:
                keep(trainer.state(step))
                kept = time.monotonic()
            if preview is not None and time.monotonic() - shown >= PREVIEW_SECONDS:
                preview(trainer.splats(), step)
                shown = time.monotonic()
            if step % REPORT_EVERY == 0 or step == settings.iterations:
                if progress is not None:
                    progress(step, settings.iterations, loss)
                if should_stop is not None and should_stop():
                    if keep is not None:
                        keep(trainer.state(step))
                    break
    splats = trainer.splats()
    views = score(splats, capture, threads=settings.threads)
    return TrainResult(
        splats=splats,
        psnr_whole_db=mean_db([view.whole_db for view in views]),
        psnr_head_db=mean_db([view.head_db for view in views]),
        views=views,
        iterations=done,
    )


class Trainer:
    """The state of one training run."""

    def __init__(self, capture: Capture, settings: TrainSettings, chance: np.random.Generator, pool: Pool) -> None:
        self.settings, self.chance, self.pool = settings, chance, pool
        hull = visual_hull(capture, pool=pool)
        self.params = first_guess(hull, settings.gaussians, chance)
        self.extent = hull.voxel * 64
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
        for picture, image in zip(self.pictures, one_exposure(capture, hull), strict=True):
            tile_picture(image, picture)
        self.queue: list[int] = []
        poses = capture.world_to_camera[list(capture.views("train"))]
        self.pixel = float(np.mean([np.linalg.norm(c.position() - hull.centre) for c in self.cameras])) / capture.fx
        self.left_out = settings.left_out if gap_deg(azimuths_of(poses, hull.centre)) > GAP_DEG else 0.0

    def step(self, step: int) -> float:
        """One view, one update; gives the view's mean absolute error."""
        if not self.queue:
            self.queue = [int(view) for view in self.chance.permutation(len(self.cameras))]
        view = self.queue.pop()
        background = self.chance.random(3, dtype=np.float32) if step % 2 else BLACK
        stage, picture = self.stage, self.pictures[view]
        camera = self.cameras[view]
        rest = self.rest[: 3 * COEFFICIENTS[self.degree(step)]]
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

        rates = self.rates(step)
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
        state = unpack(data)
        if state.settings != self.run() or not 0 <= state.step <= self.settings.iterations:
            raise StateError("it is of a training with other settings")
        count, least = state.arrays["params"].shape[1], self.settings.gaussians
        most = self.settings.gaussians_max or least
        alike = all(state.arrays[name].shape == (len(getattr(self, name)), count) for name in ARRAYS)
        if not alike or not least <= count <= most:
            raise StateError("it is of a training with another number of Gaussians")
        if not all(0 <= view < len(self.cameras) for view in state.queue):
            raise StateError("it is of a training with other views")
        self.chance.bit_generator.state = state.chance
        self.queue = list(state.queue)
        self.resize(count)
        for name in ARRAYS:
            getattr(self, name)[:] = state.arrays[name]
        return state.step

    def run(self) -> str:
        """What makes this run this one: its settings, but for what changes nothing, and how many views it has."""
        return f"{replace(self.settings, threads=None)} on {len(self.cameras)} views"

    def splats(self) -> Splats:
        """The double as it stands, without the Gaussians that are too faint to be drawn."""
        seen = self.params[10] > -np.log(1.0 / float(ALPHA_MIN) - 1.0)
        seen |= not seen.any()
        params = self.params[:, seen]
        if self.left_out:
            opacity = (1.0 - self.left_out) / (1.0 + np.exp(-params[10].astype(np.float64)))
            params[10] = np.log(opacity / (1.0 - opacity))
        return Splats.unpacked(params, self.rest[:, seen], antialiased=self.settings.antialiased)

    def degree(self, step: int) -> int:
        """The degree of colour that this step trains."""
        return min(self.settings.degree, int(step / (DEGREE_EVERY * self.settings.iterations)))

    def rates(self, step: int) -> Floats:
        """The 14 learning rates at a step: an exponential fall from the settings' to rate_end of them."""
        s = self.settings
        fall = s.rate_end ** (step / s.iterations)
        rates = np.empty(PARAMETERS, np.float32)
        rates[0:3] = s.rate_mean * self.extent * fall
        rates[3:6] = s.rate_scale * fall
        rates[6:10] = s.rate_quat * fall
        rates[10] = s.rate_opacity * fall
        rates[11:14] = s.rate_colour * fall
        return rates

    def reseed(self) -> None:
        """Moves Gaussians to where the loss pulls hardest, and adds some where it pulls harder still (densify.py)."""
        moved, chosen = moves(self.params, self.squares, self.settings.reseed_share, self.chance)
        self.share_places(moved, chosen)
        count, most = self.params.shape[1], self.settings.gaussians_max
        if most is not None and count < most:
            chosen = growth(self.squares, self.pixel, most - count)
            self.resize(count + len(chosen))
            self.share_places(np.arange(count, count + len(chosen)), chosen)

    def resize(self, count: int) -> None:
        """Makes room for so many Gaussians; those that were there stay."""
        for name in (*ARRAYS, "grads", "rest_grads"):
            held = getattr(self, name)
            room = np.zeros((len(held), count), np.float32)
            room[:, : held.shape[1]] = held[:, :count]
            setattr(self, name, room)
        self.sums = np.zeros((CHUNKS, count, 9), np.float32)
        self.stage = Stage(gaussians=count, width=self.stage.width, height=self.stage.height, pool=self.pool)

    def share_places(self, moved: NDArray[np.int64], chosen: NDArray[np.int64]) -> None:
        """Puts each of `moved` beside its one of `chosen`, alike but for chance; both get smaller, and have no past."""
        if not len(moved):
            return
        self.params[:, moved] = self.params[:, chosen]
        self.rest[:, moved] = self.rest[:, chosen]
        spread = np.exp(self.params[3:6, chosen].max(axis=0))
        aside = (self.chance.standard_normal((3, len(moved))) * spread * 0.5).astype(np.float32)
        self.params[0:3, moved] += aside
        for which in (moved, chosen):
            self.params[3:6, which] -= np.float32(np.log(SPLIT))
            for moments in (self.means, self.squares, self.rest_means, self.rest_squares):
                moments[:, which] = 0


def score(splats: Splats, capture: Capture, *, threads: int | None = None) -> tuple[ViewScore, ...]:
    """PSNR of every held-out view on black, drawn to 8 bits as it would be delivered."""
    out = []
    with Pool(threads or threads_default()) as pool:
        stage = Stage(gaussians=len(splats), width=capture.width, height=capture.height, pool=pool)
        params, rest = splats.packed(), splats.packed_rest()
        for view in capture.views("test"):
            stage.place(params, camera_of(capture, view), rest, antialiased=splats.antialiased)
            pool.run(stage.draw_chunk)
            drawn = to_bytes(stage.image(BLACK)).astype(np.float64) / 255.0
            truth = capture.images[view].astype(np.float64) / 255.0
            error = ((drawn - truth[..., :3] * truth[..., 3:]) ** 2).mean(axis=2)
            head = capture.images[view, ..., 3] >= MASK_ALPHA_MIN
            out.append(ViewScore(name=capture.names[view], whole_db=psnr_db(error), head_db=psnr_db(error[head])))
    return tuple(out)


def psnr_db(error: NDArray[np.float64]) -> float:
    """PSNR in dB of squared errors of colours 0 to 1, at most 99."""
    return -10.0 * float(np.log10(max(float(error.mean()), 10**-9.9)))


def mean_db(values: list[float]) -> float:
    """The mean of dB values; NaN when no view was held out."""
    return float(np.mean(values)) if values else float("nan")
