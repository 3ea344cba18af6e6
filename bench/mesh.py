"""How fast a mesh is drawn here, and how near it comes to path-traced views.  `python bench/mesh.py [--json]`

Draws the head scan in bench/head_lps/source (credit there) at the poses of the views in bench/head_lps and prints:
frame times at 256 and 512 pixels, how well its outline agrees, and PSNR against the 12 held-out views, as the texture
is ("unlit") and under one light fitted on the 48 others.  The views were path-traced, with
shadows and light that bounces: neither is drawn here, so neither can agree.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import time
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from stagedoor.capture.read import Capture, parse, read_folder
from stagedoor.worker.double.camera import Camera
from stagedoor.worker.mesh.draw import Light, Scene
from stagedoor.worker.mesh.gltf import read_gltf
from stagedoor.worker.mesh.model import Mesh
from stagedoor.worker.mesh.parts import flipped, merged, with_texture
from stagedoor.worker.mesh.sealed import to_bytes
from stagedoor.worker.mesh.texels import LIGHT
from stagedoor.worker.mesh.texture import Budget, decode

HEAD = Path(__file__).parent / "head_lps"
SCALE = 0.25
"""Of the scan in the views' world: fitted to their outlines, where it came out at 0.2500 with no shift."""
ROUNDS = 24
DIRECTIONS = 200


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    asked = parser.parse_args()
    figures: dict[str, object] = {"load_before": round(os.getloadavg()[0], 2)}
    mesh, capture = scan(), parse(read_folder(HEAD))
    figures |= {"triangles": len(mesh.triangles), "sealed_MB": round(len(to_bytes(mesh)) / 1e6, 2)}
    scene = Scene(mesh)
    for threads in (1, 2):
        for side in (256, 512):
            figures[f"frame_ms_{side}_{threads}_threads"] = frame_ms(scene, capture, side, threads)
    figures |= agreement(scene, capture)
    figures["load_after"] = round(os.getloadavg()[0], 2)
    if asked.json:
        print(json.dumps(figures))
        return
    for name, value in figures.items():
        print(f"{name:28} {value}")


def scan() -> Mesh:
    """The head, in the world of its views."""
    model = read_gltf((HEAD / "source" / "LeePerrySmith.glb").read_bytes())
    picture = decode((HEAD / "source" / "Map-COL.jpg").read_bytes(), "Map-COL.jpg", Budget())
    return merged(flipped(with_texture(model.parts, "map")), {"map": picture}).moved(scale=SCALE)


def camera(capture: Capture, view: int) -> Camera:
    """The camera of a view."""
    return Camera(fx=capture.fx, fy=capture.fy, cx=capture.cx, cy=capture.cy, width=capture.width,
                  height=capture.height, world_to_camera=capture.world_to_camera[view])  # fmt: skip


def frame_ms(scene: Scene, capture: Capture, side: int, threads: int) -> float:
    """Median of ROUNDS frames from as many sides, after one that warms up, in milliseconds."""
    scene.draw(camera(capture, 0), width=side, height=side, threads=threads)
    times = []
    for number in range(ROUNDS):
        view = camera(capture, 2 * number)
        began = time.perf_counter()
        scene.draw(view, width=side, height=side, threads=threads)
        times.append(1e3 * (time.perf_counter() - began))
    return round(statistics.median(times), 2)


def agreement(scene: Scene, capture: Capture) -> dict[str, object]:
    """Outline and PSNR on the held-out views: over black, whole frame and head pixels (alpha of at least a half)."""
    light = fitted(scene, capture)
    told: dict[str, object] = {"light_towards": [round(v, 2) for v in light.towards]}
    outline = []
    for name, lamp in (("unlit", None), ("one_light", light)):
        whole, head = [], []
        for view in capture.views("test"):
            drawn, truth = pictures(scene, capture, view, lamp)
            off = (drawn[..., :3] - truth[..., :3]) ** 2
            mask = truth[..., 3] >= 0.5
            whole.append(float(off.mean()))
            head.append(float(off[mask].mean()))
            outline.append(float(((drawn[..., 3] - truth[..., 3]) ** 2).mean()))
        told |= {f"{name}_psnr_whole": decibels(whole), f"{name}_psnr_head": decibels(head)}
    return told | {"outline_psnr": decibels(outline)}


def pictures(
    scene: Scene, capture: Capture, view: int, light: Light | None
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """(drawn, truth) over black, RGBA 0 to 1, [H,W,4]."""
    side = capture.width
    drawn = scene.draw(camera(capture, view), width=side, height=side, light=light) / 255.0
    truth = capture.images[view] / 255.0
    truth[..., :3] *= truth[..., 3:]
    return drawn, truth


def decibels(errors: list[float]) -> float:
    """Mean PSNR over views."""
    return round(float(np.mean(-10 * np.log10(errors))), 2)


def fitted(scene: Scene, capture: Capture) -> Light:
    """One light and what comes from everywhere, by least squares of light over the training views.

    For each of DIRECTIONS directions colour and ambient are solved for; the direction with the least error is kept.
    """
    rows, columns = sampled(scene, capture)
    chance = np.random.default_rng(0).normal(size=(DIRECTIONS, 3))
    best, answer = np.inf, Light(towards=(0.0, 0.0, 1.0))
    for towards in chance / np.linalg.norm(chance, axis=1)[:, None]:
        facing = np.maximum(columns @ towards, 0.0)
        found, error = [], 0.0
        for channel in range(3):
            given, asked = rows[:, channel], rows[:, 3 + channel]
            basis = np.stack([given * facing, given], 1)
            solved = np.maximum(np.linalg.lstsq(basis, asked, rcond=None)[0], 0.0)
            error += float(((basis @ solved - asked) ** 2).sum())
            found.append(solved)
        if error < best:
            best, a = error, np.array(found)
            answer = Light(
                towards=tuple(towards.tolist()), colour=tuple(a[:, 0].tolist()), ambient=tuple(a[:, 1].tolist())
            )
    return answer


def sampled(scene: Scene, capture: Capture) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """(light drawn and light seen [N,6], normals [N,3]) of every ninth inner pixel of twelve training views."""
    as_colour = Scene(normals_as_colour(scene.mesh))
    rows, normals = [], []
    for view in capture.views("train")[::4]:
        drawn, truth = pictures(scene, capture, view, None)
        turned = as_colour.draw(camera(capture, view), width=capture.width, height=capture.height)
        inner = (drawn[..., 3] == 1.0) & (truth[..., 3] == 1.0)
        inner[1::3] = inner[:, 1::3] = False
        light = [LIGHT[np.floor(held[inner][:, :3] * 255 + 0.5).astype(int)] for held in (drawn, truth)]
        rows.append(np.concatenate(light, axis=1))
        normals.append(2 * LIGHT[turned[inner][:, :3]] - 1)
    return np.concatenate(rows).astype(np.float64), np.concatenate(normals).astype(np.float64)


def normals_as_colour(mesh: Mesh) -> Mesh:
    """The same shape, each vertex coloured by where it faces."""
    colours = np.concatenate([(mesh.normals + 1) / 2, np.ones((len(mesh.normals), 1))], axis=1)
    return Mesh(positions=mesh.positions, triangles=mesh.triangles, normals=mesh.normals,
                colours=np.round(np.clip(colours, 0, 1) * 65535).astype(np.uint16))  # fmt: skip


if __name__ == "__main__":
    main()
