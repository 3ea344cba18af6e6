"""How fast and how well a head is rebuilt here.  `python bench/double.py [--json] [--quick]`

Trains on the posed views in bench/head_lps (credit there) and prints: kernel times, training time, PSNR on held-out
views, the PLY's digest at one and two threads, frame times.  Times depend on what else runs: the load is printed too.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import statistics
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np

from stagedoor.capture.read import Capture, parse, read_folder
from stagedoor.worker.double.camera import Camera
from stagedoor.worker.double.pool import CHUNKS, Pool
from stagedoor.worker.double.project import project_backward
from stagedoor.worker.double.raster import Stage, aligned_zeros
from stagedoor.worker.double.raster_backward import back_buffers, rasterize_backward
from stagedoor.worker.double.render import render_frame
from stagedoor.worker.double.splats import Splats
from stagedoor.worker.double.train import FAST, FINE, TrainSettings, camera_of, train
from stagedoor.worker.double.warm import compile_kernels
from stagedoor.worker.formats.ply import write_ply

HEAD = Path(__file__).parent / "head_lps"
ROUNDS = 30
THREADS = 2


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    parser.add_argument("--quick", action="store_true", help="the fast preset instead of fine")
    asked = parser.parse_args()
    figures: dict[str, object] = {"load_before": os.getloadavg()[0], "threads": THREADS}
    started = time.perf_counter()
    compile_kernels()
    figures["compile_or_load_s"] = round(time.perf_counter() - started, 2)
    capture = parse(read_folder(HEAD))
    figures |= kernel_figures(random_scene())
    preset = "fast" if asked.quick else "fine"
    figures |= training_figures(capture, FAST if asked.quick else FINE, preset)
    short = {n: ply_digest(capture, n) for n in (1, 2)}
    figures |= {f"sha256_{n}_threads": digest for n, digest in short.items()}
    figures |= {"same_bytes": short[1] == short[2], "load_after": os.getloadavg()[0]}
    if asked.json:
        print(json.dumps(figures, indent=1))
        return
    for name, value in figures.items():
        print(f"{name:28} {value}")


def random_scene(count: int = 10_000) -> tuple[Splats, Camera]:
    """The scene that libraries were compared on: N(0, 0.5) positions, scale 0.01-0.03, camera at 4, 40 degrees."""
    chance = np.random.default_rng(0)
    opacity = chance.uniform(0.3, 0.95, count)
    splats = Splats(
        means=chance.normal(0, 0.5, (count, 3)).astype(np.float32),
        log_scales=np.log(chance.uniform(0.01, 0.03, (count, 3))).astype(np.float32),
        quats=chance.normal(size=(count, 4)).astype(np.float32),
        opacity_logits=np.log(opacity / (1 - opacity)).astype(np.float32),
        colours=chance.normal(size=(count, 3)).astype(np.float32),
    )
    pose = np.eye(4)
    pose[2, 3] = 4.0
    focal = 128 / float(np.tan(np.radians(20)))
    return splats, Camera(fx=focal, fy=focal, cx=128, cy=128, width=256, height=256, world_to_camera=pose)


def median_ms(work: Callable[[], object]) -> float:
    """Median of ROUNDS calls after one that warms up, in milliseconds."""
    work()
    times = []
    for _ in range(ROUNDS):
        started = time.perf_counter()
        work()
        times.append(time.perf_counter() - started)
    return round(1000 * statistics.median(times), 2)


class Kernels:
    """Forward (project, sort, draw) and backward (raster, project) of a scene at 256x256."""

    def __init__(self, splats: Splats, camera: Camera, pool: Pool) -> None:
        self.params, self.camera, self.pool, self.numbers = splats.packed(), camera, pool, camera.numbers()
        self.stage = Stage(gaussians=len(splats), width=camera.width, height=camera.height, pool=pool)
        self.aims = aligned_zeros(*self.stage.frame.shape)
        self.aims[:] = np.random.default_rng(1).normal(size=self.aims.shape)
        self.sums = np.zeros((CHUNKS, len(splats), 9), np.float32)
        self.grads, self.buffers = np.zeros_like(self.params), back_buffers()

    def forward(self) -> None:
        self.stage.place(self.params, self.camera)
        self.pool.run(self.stage.draw_chunk)

    def backward(self) -> None:
        self.pool.run(self._raster)
        self.pool.run(self._project)

    def _raster(self, chunk: int) -> None:
        s = self.stage
        lists = (s.splats, s.starts, s.entries, s.across)
        rasterize_backward(*lists, chunk, s.frame, self.aims, self.sums, self.buffers)

    def _project(self, chunk: int) -> None:
        s = self.stage
        project_backward(self.params, self.numbers, *s.spans(chunk), s.splats, s.boxes, self.sums, self.grads)


def kernel_figures(scene: tuple[Splats, Camera]) -> dict[str, object]:
    """Medians over ROUNDS, at one thread and at THREADS."""
    out: dict[str, object] = {}
    for threads in (1, THREADS):
        with Pool(threads) as pool:
            kernels = Kernels(*scene, pool)
            out[f"forward_ms_{threads}_threads"] = median_ms(kernels.forward)
            out[f"backward_ms_{threads}_threads"] = median_ms(kernels.backward)
    return out


def training_figures(capture: Capture, settings: TrainSettings, preset: str) -> dict[str, object]:
    """One whole training with its score, and frames of the result."""
    started, busy = time.perf_counter(), time.process_time()
    result = train(capture, settings=settings_with(settings, THREADS))
    seconds, busy = time.perf_counter() - started, time.process_time() - busy
    camera = camera_of(capture, capture.views("test")[0])
    out: dict[str, object] = {
        "preset": preset,
        "iterations": result.iterations,
        "train_s": round(seconds, 1),
        "train_cpu_s": round(busy, 1),
        "psnr_whole_db": round(result.psnr_whole_db, 2),
        "psnr_head_db": round(result.psnr_head_db, 2),
        "ply_bytes": len(write_ply(result.splats)),
    }
    for side in (256, 512):

        def draw(side: int = side) -> None:
            render_frame(result.splats, camera, width=side, height=side, threads=THREADS)

        out[f"render_ms_{side}"] = median_ms(draw)
    return out


def settings_with(settings: TrainSettings, threads: int, iterations: int | None = None) -> TrainSettings:
    """The same settings at a number of threads."""
    return replace(settings, threads=threads, iterations=iterations or settings.iterations)


def ply_digest(capture: Capture, threads: int) -> str:
    """SHA-256 of the PLY after a short run."""
    result = train(capture, settings=settings_with(FAST, threads, 60))
    return hashlib.sha256(write_ply(result.splats)).hexdigest()


if __name__ == "__main__":
    main()
