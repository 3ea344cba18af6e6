"""The bars that a double must pass, each beside ours in one run.  `python bench/bars.py [--json] [--quick]`

The real head scan (bench/head_lps, credit there) at 256 px from its posed views, and at 512 px from views that this
program draws of the scan's mesh under one light; a handful of views, with and without leaning on a head in general,
and of Mara, who is invented; a thin, hollow chair of boxes, seen as the head is; frame times; what SPZ loses.  PSNR and
SSIM are means over held-out views, whole frame and head pixels.  The few views are those nearest to evenly spaced round
the ring.  `--quick` takes a tenth of the steps: for a look, no figures.
"""

from __future__ import annotations

import argparse
import json
import os
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from double import Kernels, median_ms, random_scene
from mesh import fitted, scan
from stagedoor.capture.read import Capture, parse, read_folder
from stagedoor.worker.double.pool import Pool
from stagedoor.worker.double.render import render_frame
from stagedoor.worker.double.rounding import azimuths_of
from stagedoor.worker.double.splats import Splats
from stagedoor.worker.double.train import FINE, TrainResult, TrainSettings, camera_of, mean_db, score, train
from stagedoor.worker.double.warm import compile_kernels
from stagedoor.worker.formats.spz import read_spz, write_spz
from stagedoor.worker.mesh.draw import Light, Scene
from stagedoor.worker.mesh.model import Mesh

HEAD = Path(__file__).parent / "head_lps"
MARA = Path(__file__).parents[1] / "examples" / "mara" / "capture"
THREADS = 2
SQUARE = 0.16
HANDFUL = TrainSettings(degree=1)
HANDFUL_STEPS = 100
"""For each view.  Of 40, 60 and 100 the best by training views left out in turn, four of 12 and of 8."""
BARS: dict[str, tuple[float, ...]] = {
    "head, 48 views, 256 px": (36.5, 33.5, 0.975),
    "head, 48 views, 512 px": (37.0, 33.5),
    "12 views": (33.5, 31.5),
    "8 views": (31.5, 31.0),
    "6 views": (29.0, 29.5),
    "4 views": (26.0, 27.5),
}
OTHERS = {" drawn": "within 1 dB of the head"}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    parser.add_argument("--quick", action="store_true", help="a tenth of the steps")
    asked = parser.parse_args()
    compile_kernels()
    head = parse(read_folder(HEAD))
    told: dict[str, object] = {"load_before": round(os.getloadavg()[0], 2)}

    def row(name: str, capture: Capture, settings: TrainSettings) -> TrainResult:
        steps = max(20, settings.iterations // 10) if asked.quick else settings.iterations
        began = time.perf_counter()
        result = train(capture, settings=replace(settings, iterations=steps, threads=THREADS))
        seconds = time.perf_counter() - began
        figures = (result.psnr_whole_db, result.psnr_head_db, ssim_of(result.splats, capture))
        told[name] = {"whole_db": figures[0], "head_db": figures[1], "ssim": figures[2], "seconds": seconds}
        if not asked.json:
            bars = " / ".join(f"{bar:g}" for bar in BARS.get(name, ())) or OTHERS.get(name.split(",")[1], "none")
            print(
                f"{name:30} {figures[0]:6.2f} dB whole {figures[1]:6.2f} dB head  SSIM {figures[2]:.3f}  "
                f"{seconds:5.1f} s   bar {bars}",
                flush=True,
            )
        return result

    fine = row("head, 48 views, 256 px", head, FINE)
    scene, light = Scene(scan()), fitted(Scene(scan()), head)
    row("head, 48 views, 512 px", drawn(scene, head, 512, light), replace(FINE, gaussians=40_000))
    for count in (12, 8, 6, 4):
        row(f"{count} views", handful(head, count), replace(HANDFUL, iterations=HANDFUL_STEPS * count))
    mara = parse(read_folder(MARA))
    four = replace(HANDFUL, iterations=HANDFUL_STEPS * 4)
    for name, capture in (
        ("4 views", handful(head, 4)),
        ("4 views, ring at 22", handful(head, 4, start_deg=22.0)),
        ("4 views, ring at 45", handful(head, 4, start_deg=45.0)),
        ("Mara, 4 views", handful(mara, 4)),
    ):
        if name != "4 views":
            row(name, capture, four)
        row(f"{name}, no lean", capture, replace(four, lean=False))
    growing = replace(FINE, gaussians_max=20_000)
    above = Light(towards=(0.4, 0.8, 0.5))
    row("head, drawn, 256 px", drawn(scene, head, 256, light, finer=4), growing)
    row("chair, drawn, 256 px", drawn(Scene(chair()), head, 256, above, finer=4), growing)
    told |= speeds(head, fine.splats, asked.json)
    told["load_after"] = round(os.getloadavg()[0], 2)
    if asked.json:
        print(json.dumps(told))


def speeds(head: Capture, splats: Splats, quiet: bool) -> dict[str, object]:
    """Kernel and frame times, and what SPZ loses."""
    with Pool(THREADS) as pool:
        kernels = Kernels(*random_scene(), pool)
        out: dict[str, object] = {
            "forward_ms (bar 5.5)": median_ms(kernels.forward),
            "backward_ms (bar 6.5)": median_ms(kernels.backward),
        }
    camera = camera_of(head, head.views("test")[0])
    copies = Splats.unpacked(
        np.tile(splats.packed(), 4), np.tile(splats.packed_rest(), 4), antialiased=splats.antialiased
    )
    for name, some in (("10,000 (bar 60)", splats), ("40,000 (bar 40)", copies)):
        took = median_ms(lambda some=some: render_frame(some, camera, width=512, height=512, threads=THREADS))
        out[f"frames/s at 512 px, {name}"] = round(1000 / took, 1)
    packed = write_spz(splats)
    loss = [mean_db([view.whole_db for view in score(each, head)]) for each in (splats, read_spz(packed))]
    out["SPZ bytes"] = len(packed)
    out["SPZ loss_db (bar 0.2)"] = round(loss[0] - loss[1], 3)
    if not quiet:
        for name, value in out.items():
            print(f"{name:34} {value}")
    return out


def handful(capture: Capture, count: int, *, start_deg: float = 0.0) -> Capture:
    """So many training views, nearest to evenly spaced azimuths and to eye height, and all held-out ones."""
    azimuths = azimuths_of(capture.world_to_camera, np.zeros(3)) % 360
    heights = -np.einsum("vrk,vr->vk", capture.world_to_camera[:, :3, :3], capture.world_to_camera[:, :3, 3])[:, 1]
    tilt = np.degrees(np.arcsin(np.clip(heights / 4.0, -1, 1)))
    chosen: list[int] = []
    for place in range(count):
        off = np.abs(azimuths - start_deg - 360 * place / count) % 360
        cost = np.minimum(off, 360 - off) + 0.5 * np.abs(tilt - 4)
        free = [view for view in capture.views("train") if view not in chosen]
        chosen.append(min(free, key=lambda view: float(cost[view])))
    keep = [*chosen, *capture.views("test")]
    return replace(
        capture,
        images=capture.images[keep],
        world_to_camera=capture.world_to_camera[keep],
        splits=tuple(capture.splits[view] for view in keep),
        names=tuple(capture.names[view] for view in keep),
    )


def drawn(scene: Scene, like: Capture, side: int, light: Light, *, finer: int = 1) -> Capture:
    """A mesh as a capture: drawn from the poses of another, with exact masks; each pixel the mean of finer by finer.

    The renderer takes four samples a pixel.  Alone they are 43 dB (the chair) and 45 dB (the head) from sixty-four.
    """
    images = np.zeros((len(like.names), side, side, 4), np.uint8)
    scale, wide = side / like.width, side * finer
    for view in range(len(like.names)):
        large = scene.draw(camera_of(like, view), width=wide, height=wide, light=light, threads=THREADS)
        picture = large.reshape(side, finer, side, finer, 4).astype(np.float64).mean(axis=(1, 3))
        cover = picture[..., 3:] / 255
        colour = np.where(cover > 0, picture[..., :3] / np.maximum(cover, 1e-3), 0)
        images[view, ..., :3] = np.clip(np.rint(colour), 0, 255)
        images[view, ..., 3] = np.rint(picture[..., 3])
    return replace(like, images=images, fx=like.fx * scale, fy=like.fy * scale, cx=like.cx * scale, cy=like.cy * scale)


def chair() -> Mesh:
    """Four thin legs, a seat, a back of slats and a shelf below: boxes in a chequer of colours, two units high."""
    boxes = [((x, -0.6, z), (0.05, 0.4, 0.05)) for x in (-0.4, 0.4) for z in (-0.4, 0.4)]
    boxes += [((0.0, -0.17, 0.0), (0.5, 0.04, 0.5)), ((0.0, -0.75, 0.0), (0.4, 0.025, 0.4))]
    boxes += [((x, 0.35, -0.42), (0.04, 0.5, 0.03)) for x in (-0.4, -0.2, 0.0, 0.2, 0.4)]
    boxes += [((0.0, 0.87, -0.42), (0.46, 0.06, 0.04))]
    positions, triangles, normals, colours = [], [], [], []
    chance = np.random.default_rng(4)
    for centre, half in boxes:
        for axis in range(3):
            for side in (-1.0, 1.0):
                _face(np.array(centre), np.array(half), (axis, side), chance, (positions, triangles, normals, colours))
    return Mesh(
        positions=np.array(positions, np.float32),
        triangles=np.array(triangles, np.int32),
        normals=np.array(normals, np.float32),
        colours=np.array(colours, np.uint16),
        unlit=False,
    )


def _face(
    centre: NDArray[np.float64],
    half: NDArray[np.float64],
    turned: tuple[int, float],
    chance: np.random.Generator,
    into: tuple[list[object], list[object], list[object], list[object]],
) -> None:
    """One face of a box as a chequer of squares about SQUARE wide."""
    axis, side = turned
    positions, triangles, normals, colours = into
    one, two = [(1, 2), (2, 0), (0, 1)][axis]
    normal = np.zeros(3)
    normal[axis] = side
    shades = chance.integers(9_000, 60_000, (2, 3))
    across, along = (max(1, round(2 * half[k] / SQUARE)) for k in (one, two))
    for i in range(across):
        for j in range(along):
            first = len(positions)
            for u, v in ((i, j), (i + 1, j), (i + 1, j + 1), (i, j + 1)):
                point = centre.copy()
                point[axis] += side * half[axis]
                point[one] += (2 * u / across - 1) * half[one]
                point[two] += (2 * v / along - 1) * half[two]
                positions.append(point)
                normals.append(normal)
                colours.append([*shades[(i + j) % 2], 65_535])
            order = [(0, 1, 2), (0, 2, 3)] if side > 0 else [(0, 2, 1), (0, 3, 2)]
            triangles += [tuple(first + corner for corner in corners) for corners in order]


def ssim_of(splats: Splats, capture: Capture) -> float:
    """Mean SSIM of the held-out views on black: 11x11 Gaussian of 1.5 px, colours 0 to 1 (Wang et al. 2004)."""
    values = []
    for view in capture.views("test"):
        frame = render_frame(splats, camera_of(capture, view), width=capture.width, height=capture.height)
        truth = capture.images[view].astype(np.float64)
        values.append(ssim(frame / 255.0, truth[..., :3] * truth[..., 3:] / 255.0**2))
    return float(np.mean(values))


def ssim(one: NDArray[np.float64], two: NDArray[np.float64]) -> float:
    """Of two pictures [H,W,3] of 0 to 1, over the pixels that the window fits round."""
    steps = np.arange(-5, 6)
    kernel = np.exp(-0.5 * (steps / 1.5) ** 2)
    kernel /= kernel.sum()

    def smooth(picture: NDArray[np.float64]) -> NDArray[np.float64]:
        down = sum(weight * picture[5 + s : picture.shape[0] - 5 + s] for s, weight in zip(steps, kernel, strict=True))
        return sum(weight * down[:, 5 + s : down.shape[1] - 5 + s] for s, weight in zip(steps, kernel, strict=True))

    mean1, mean2 = smooth(one), smooth(two)
    var1, var2 = smooth(one * one) - mean1**2, smooth(two * two) - mean2**2
    both = smooth(one * two) - mean1 * mean2
    top = (2 * mean1 * mean2 + 0.01**2) * (2 * both + 0.03**2)
    return float((top / ((mean1**2 + mean2**2 + 0.01**2) * (var1 + var2 + 0.03**2))).mean())


if __name__ == "__main__":
    main()
