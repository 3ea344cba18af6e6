"""The processor as a backend: the numba kernels, to the same bits at any number of threads."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from stagedoor.capture.read import Capture
from stagedoor.worker.double.backend import BackendError, Colour, Gradients
from stagedoor.worker.double.camera import Camera
from stagedoor.worker.double.names import CPU
from stagedoor.worker.double.pool import CHUNKS, Pool, threads_default
from stagedoor.worker.double.project import TILE, Floats, project_backward
from stagedoor.worker.double.raster import Stage
from stagedoor.worker.double.raster_backward import back_buffers, rasterize_backward
from stagedoor.worker.double.render import render_frame, render_rgba
from stagedoor.worker.double.settings import TrainSettings
from stagedoor.worker.double.shade import shade_backward
from stagedoor.worker.double.splats import Splats
from stagedoor.worker.double.trainer import Trainer


class CpuHeld:
    """A double, drawn from where it lies: nothing is copied."""

    def __init__(self, splats: Splats) -> None:
        self._splats: Splats | None = splats

    def draw(self, camera: Camera, background: Colour) -> tuple[Floats, Floats]:
        """As Held."""
        drawn = render_rgba(self._open(), camera, width=camera.width, height=camera.height)
        cover = drawn[..., 3]
        over = drawn[..., :3] + (1.0 - cover)[..., None] * np.array(background, np.float32)
        return np.asarray(over, np.float32), np.ascontiguousarray(cover)

    def frame(self, camera: Camera, background: Colour) -> NDArray[np.uint8]:
        """As Held."""
        return render_frame(self._open(), camera, width=camera.width, height=camera.height, background=background)

    def close(self) -> None:
        """As Held."""
        self._splats = None

    def _open(self) -> Splats:
        if self._splats is None:
            raise BackendError("this double was closed: it is drawn no more")
        return self._splats


class CpuBackend:
    """As Backend."""

    name = CPU

    def hold(self, splats: Splats) -> CpuHeld:
        """As Backend."""
        return CpuHeld(splats)

    def fitting(self, capture: Capture, settings: TrainSettings, chance: np.random.Generator, pool: Pool) -> Trainer:
        """As Backend."""
        return Trainer(capture, settings, chance, pool)

    def gradients(self, splats: Splats, camera: Camera, background: Colour, pixels: Floats) -> Gradients:
        """As Backend."""
        params, rest, count = splats.packed(), splats.packed_rest(), len(splats)
        grads, rest_grads = np.zeros_like(params), np.zeros_like(rest)
        sums = np.zeros((CHUNKS, count, 9), np.float32)
        with Pool(threads_default()) as pool:
            stage = Stage(gaussians=count, width=camera.width, height=camera.height, pool=pool)
            numbers = stage.place(params, camera, rest, antialiased=splats.antialiased)
            pool.run(stage.draw_chunk)
            aims = _tiled(pixels, np.array(background, np.float32), stage)
            lists = (stage.splats, stage.starts, stage.entries, stage.across)
            pool.run(lambda chunk: rasterize_backward(*lists, chunk, stage.frame, aims, sums, back_buffers()))
        project_backward(params, numbers, 0, count, stage.splats, stage.boxes, sums, grads)
        if len(rest):
            given = (params, rest, camera.position().astype(np.float32), len(rest) // 3, 0, count)
            shade_backward(*given, stage.splats, stage.boxes, sums, grads, rest_grads)
        return Gradients(params=grads, rest=rest_grads)

    def bytes_held(self) -> int:
        """As Backend: there is no device beyond the processor."""
        return 0


def _tiled(pixels: Floats, background: Floats, stage: Stage) -> Floats:
    """dL/d(picture) [H,W,3] as the backward kernel reads it: [tiles,16,64], of what is left bare first."""
    whole = np.zeros((stage.down * TILE, stage.across * TILE, 4), np.float32)
    whole[: stage.height, : stage.width, 0] = -(pixels * background).sum(axis=2)
    whole[: stage.height, : stage.width, 1:] = pixels
    tiles = whole.reshape(stage.down, TILE, stage.across, TILE, 4).transpose(0, 2, 1, 4, 3)
    return np.ascontiguousarray(tiles.reshape(stage.frame.shape))
