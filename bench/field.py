"""A radiance field beside Gaussian splats, given the same time.  `python bench/field.py [--json] [--iterations N]`

Trains both on the posed views in bench/head_lps (credit there), at 128 px (the views made smaller by area) and at 256,
and prints for each: seconds of training by the clock and of all processors, PSNR on the held-out views (whole frame,
head pixels), megabytes as sealed, and the time of a frame.  The field trains first; the splats get as many iterations
as fill its processor seconds, at the speed of a short run just before: the clock would favour whoever trains while
the machine is less busy.  The load is printed too.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np

from stagedoor.capture.read import Capture, parse, read_folder
from stagedoor.worker.double.render import render_frame
from stagedoor.worker.double.train import TrainSettings, camera_of, train
from stagedoor.worker.double.warm import compile_kernels as compile_splats
from stagedoor.worker.field.draw import draw_field
from stagedoor.worker.field.train import FieldSettings, train_field
from stagedoor.worker.field.warm import compile_kernels as compile_field
from stagedoor.worker.formats.ply import write_ply

HEAD = Path(__file__).parent / "head_lps"
THREADS = 2
ROUNDS = 7
ITERATIONS = FieldSettings().iterations
"""Of the field: as its settings have."""
TRIAL = 100
"""Iterations of splats from which their speed is told."""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    parser.add_argument("--small", action="store_true", help="at 128 px only")
    parser.add_argument("--iterations", type=int, default=ITERATIONS, help="of the field")
    asked = parser.parse_args()
    figures: dict[str, object] = {"load_before": round(os.getloadavg()[0], 2), "threads": THREADS}
    compile_splats()
    compile_field()
    whole = parse(read_folder(HEAD))
    for capture in (halved(whole),) if asked.small else (halved(whole), whole):
        side = capture.width
        busy, told = field_figures(capture, asked.iterations)
        figures |= {f"field_{side}_{name}": value for name, value in told.items()}
        figures |= {f"splats_{side}_{name}": value for name, value in splat_figures(capture, busy).items()}
    figures["load_after"] = round(os.getloadavg()[0], 2)
    if asked.json:
        print(json.dumps(figures))
        return
    for name, value in figures.items():
        print(f"{name:28} {value}")


def halved(capture: Capture) -> Capture:
    """The same views at half the size, by area: colours are weighted by their masks."""
    straight = capture.images.astype(np.float64)
    straight[..., :3] *= straight[..., 3:] / 255.0
    views, height, width, _ = straight.shape
    small = straight.reshape(views, height // 2, 2, width // 2, 2, 4).mean(axis=(2, 4))
    small[..., :3] /= np.maximum(small[..., 3:] / 255.0, 1e-9)
    images = np.floor(np.clip(small, 0.0, 255.0) + 0.5).astype(np.uint8)
    lens = {name: getattr(capture, name) / 2 for name in ("fx", "fy", "cx", "cy")}
    return replace(capture, images=images, **lens)


def field_figures(capture: Capture, iterations: int) -> tuple[float, dict[str, object]]:
    """(processor seconds, what is told of the field)."""
    began, busy = time.perf_counter(), time.process_time()
    result = train_field(capture, settings=FieldSettings(iterations=iterations, threads=THREADS))
    seconds, busy = time.perf_counter() - began, time.process_time() - busy
    camera, side = camera_of(capture, capture.views("test")[0]), capture.width
    spent, scores = (seconds, busy, result.iterations), (result.psnr_whole_db, result.psnr_head_db)
    told = told_of(spent, scores, result.field.to_bytes())

    def draw() -> None:
        draw_field(result.field, camera, width=side, height=side, threads=THREADS)

    return busy, told | {"frame_ms": median_ms(draw)}


def splat_figures(capture: Capture, budget: float) -> dict[str, object]:
    """What is told of splats that trained for as many processor seconds."""
    settings = TrainSettings(degree=3, threads=THREADS)
    busy = time.process_time()
    train(capture, settings=replace(settings, iterations=TRIAL))
    iterations = max(TRIAL, int(TRIAL * budget / (time.process_time() - busy)))
    began, busy = time.perf_counter(), time.process_time()
    result = train(capture, settings=replace(settings, iterations=iterations))
    seconds, busy = time.perf_counter() - began, time.process_time() - busy
    camera, side = camera_of(capture, capture.views("test")[0]), capture.width
    scores = (result.psnr_whole_db, result.psnr_head_db)
    told = told_of((seconds, busy, iterations), scores, write_ply(result.splats))

    def draw() -> None:
        render_frame(result.splats, camera, width=side, height=side, threads=THREADS)

    return told | {"frame_ms": median_ms(draw)}


def told_of(spent: tuple[float, float, int], scores: tuple[float, float], sealed: bytes) -> dict[str, object]:
    """Figures that both have; spent: seconds, processor seconds, iterations."""
    return {
        "train_s": round(spent[0], 1),
        "train_cpu_s": round(spent[1], 1),
        "iterations": spent[2],
        "psnr_whole_db": round(scores[0], 2),
        "psnr_head_db": round(scores[1], 2),
        "MB": round(len(sealed) / 1e6, 2),
    }


def median_ms(work: Callable[[], object]) -> float:
    """Median of ROUNDS calls after one that warms up, in milliseconds."""
    work()
    times = []
    for _ in range(ROUNDS):
        began = time.perf_counter()
        work()
        times.append(time.perf_counter() - began)
    return round(1000 * statistics.median(times), 1)


if __name__ == "__main__":
    main()
