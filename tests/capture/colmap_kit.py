"""COLMAP's lists as its programs write them, of a capture moved into a world of its own."""

from __future__ import annotations

import math
import struct
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from stagedoor.capture.colmap import MODELS
from stagedoor.capture.read import Capture

from .shapes import png

POINTS = 3


def turned(seed: int = 4) -> NDArray[np.float64]:
    """A rotation [3,3] drawn by chance."""
    q, r = np.linalg.qr(np.random.default_rng(seed).normal(size=(3, 3)))
    q = q * np.sign(np.diag(r))
    return q if np.linalg.det(q) > 0 else q[:, [1, 0, 2]]


def moved(capture: Capture, *, scale: float = 0.37) -> NDArray[np.float64]:
    """World-to-camera [N,4,4] of the same cameras in a world with another up, middle and scale."""
    turn, at = turned(), np.array([3.0, -2.0, 7.0])
    out = capture.world_to_camera.copy()
    out[:, :3, :3] = capture.world_to_camera[:, :3, :3] @ turn.T
    out[:, :3, 3] = scale * capture.world_to_camera[:, :3, 3] - out[:, :3, :3] @ at
    return out


def quaternion(turn: NDArray[np.float64]) -> tuple[float, float, float, float]:
    """wxyz of a rotation: the eigenvector of the largest eigenvalue (Bar-Itzhack)."""
    (xx, xy, xz), (yx, yy, yz), (zx, zy, zz) = turn
    k = np.array(
        [[xx - yy - zz, 0, 0, 0], [yx + xy, yy - xx - zz, 0, 0], [zx + xz, zy + yz, zz - xx - yy, 0],
         [zy - yz, xz - zx, yx - xy, xx + yy + zz]]
    )  # fmt: skip
    x, y, z, w = np.linalg.eigh(k)[1][:, -1]
    return float(w), float(x), float(y), float(z)


def parameters(capture: Capture, model: str, distortion: float = 0.0) -> list[float]:
    """A model's parameters, in COLMAP's order."""
    focals = [capture.fx] if model in ("SIMPLE_PINHOLE", "SIMPLE_RADIAL", "RADIAL") else [capture.fx, capture.fy]
    held = [*focals, capture.cx, capture.cy]
    return held + [distortion] * (MODELS[model][1] - len(held))


def text(capture: Capture, *, model: str = "PINHOLE", distortion: float = 0.0) -> tuple[bytes, bytes]:
    """cameras.txt and images.txt."""
    words = " ".join(repr(value) for value in parameters(capture, model, distortion))
    cameras = f"# Camera list\n7 {model} {capture.width} {capture.height} {words}\n"
    lines = ["# Image list with two lines of data per image:"]
    for number, (name, pose) in enumerate(zip(capture.names, moved(capture), strict=True), 1):
        numbers = [*quaternion(pose[:3, :3]), *(float(value) for value in pose[:3, 3])]
        lines += [f"{number} {' '.join(repr(value) for value in numbers)} 7 {name}", "1.5 2.5 -1" if number % 2 else ""]
    return cameras.encode(), ("\n".join(lines) + "\n").encode()


def binary(capture: Capture, *, model: str = "PINHOLE", distortion: float = 0.0) -> tuple[bytes, bytes]:
    """cameras.bin and images.bin."""
    number, count, _ = MODELS[model]
    cameras = struct.pack("<QIiQQ", 1, 7, number, capture.width, capture.height)
    cameras += struct.pack(f"<{count}d", *parameters(capture, model, distortion))
    images = struct.pack("<Q", len(capture.names))
    for i, (name, pose) in enumerate(zip(capture.names, moved(capture), strict=True), 1):
        images += struct.pack("<I7dI", i, *quaternion(pose[:3, :3]), *pose[:3, 3], 7) + name.encode() + b"\0"
        images += struct.pack("<Q", POINTS) + struct.pack("<ddq", 1.0, 2.0, -1) * POINTS
    return cameras, images


def write_colmap(capture: Capture, folder: Path, *, place: str = "sparse/0", as_text: bool = False) -> Path:
    """A COLMAP folder: lists in `place`, pictures below it by their names."""
    (folder / place).mkdir(parents=True)
    (folder / "images").mkdir(exist_ok=True)
    ending = "txt" if as_text else "bin"
    for stem, data in zip(("cameras", "images"), (text if as_text else binary)(capture), strict=True):
        (folder / place / f"{stem}.{ending}").write_bytes(data)
    for name, picture in zip(capture.names, capture.images, strict=True):
        (folder / name).write_bytes(png(picture))
    return folder


def degrees_apart(one: NDArray[np.float64], other: NDArray[np.float64]) -> float:
    """The largest angle between rotations [N,3,3]."""
    trace = np.einsum("nij,nij->n", one, other)
    return math.degrees(float(np.arccos(np.clip((trace - 1) / 2, -1, 1)).max()))
