"""Small captures of nobody: a textured egg seen from a ring of cameras, good ones and ones spoilt on purpose."""

from __future__ import annotations

import dataclasses
import io
import json
import math
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageFilter

from stagedoor.capture.read import Capture

RADII = np.array([0.75, 1.0, 0.85])
DISTANCE = 4.0


def world_to_camera(azimuth: float, elevation: float = 0.0) -> NDArray[np.float64]:
    """A camera DISTANCE from the origin, looking at it; degrees; OpenCV axes."""
    a, e = math.radians(azimuth), math.radians(elevation)
    out = np.array([math.sin(a) * math.cos(e), math.sin(e), math.cos(a) * math.cos(e)])
    right = np.array([math.cos(a), 0.0, -math.sin(a)])
    pose = np.eye(4)
    pose[:3, :3] = [right, np.cross(-out, right), -out]
    pose[:3, 3] = [0, 0, DISTANCE]
    return pose


def texture(points: NDArray[np.float64]) -> NDArray[np.float64]:
    """RGB 0-1 of points [...,3] on the egg: waves of several lengths and random cells, different on every side."""
    rng = np.random.default_rng(3)
    out = np.full(points.shape, 0.5)
    for cells in (4, 8, 16, 28):
        table = rng.random((64, 3))
        place = np.floor((points + 2) * cells).astype(np.int64)
        out += (table[(place @ np.array([73, 179, 283])) % 64] - 0.5) * 0.35
    return np.clip(out, 0.05, 0.95)


def view(pose: NDArray[np.float64], px: int, focal: float) -> NDArray[np.uint8]:
    """The egg seen by one camera, [px,px,4], four samples a pixel."""
    fine = 2 * px
    grid = (np.arange(fine) + 0.5) / 2 - px / 2
    rays = np.stack([*np.meshgrid(grid / focal, grid / focal), np.ones((fine, fine))], -1) @ pose[:3, :3]
    eye = -pose[:3, :3].T @ pose[:3, 3]
    d, o = rays / RADII, eye / RADII
    a, b, c = (d * d).sum(-1), (d * o).sum(-1), o @ o - 1
    root = b * b - a * c
    hit = root > 0
    far = (-b - np.sqrt(np.where(hit, root, 0))) / a
    normal = (o + far[..., None] * d) / RADII
    light = 0.75 + 0.25 * normal[..., 1] / np.linalg.norm(normal, axis=-1)
    colour = texture(eye + far[..., None] * rays) * light[..., None]
    both = np.concatenate([colour * hit[..., None], hit[..., None]], -1).reshape(px, 2, px, 2, 4).mean((1, 3))
    both[..., :3] /= np.maximum(both[..., 3:], 1e-6)
    return np.round(both * 255).astype(np.uint8)


def egg(
    azimuths: Sequence[float] = tuple(range(0, 360, 30)), *, px: int = 96, heights: Sequence[float] = (-15, 0, 15)
) -> Capture:
    """A good capture: heights taken in turn."""
    poses = np.stack([world_to_camera(a, heights[i % len(heights)]) for i, a in enumerate(azimuths)])
    focal = 1.5 * px
    return Capture(
        images=np.stack([view(pose, px, focal) for pose in poses]), fx=focal, fy=focal, cx=px / 2, cy=px / 2,
        world_to_camera=poses, splits=("train",) * len(poses),
        names=tuple(f"images/{i:02d}.png" for i in range(len(poses))),
    )  # fmt: skip


def spoilt(capture: Capture, number: int, change: Callable[[NDArray[np.uint8]], NDArray[np.uint8]]) -> Capture:
    """The capture with one picture changed."""
    images = capture.images.copy()
    images[number] = change(images[number].copy())
    return dataclasses.replace(capture, images=images)


def blurred(picture: NDArray[np.uint8], sigma: float = 1.5) -> NDArray[np.uint8]:
    """Out of focus: the colours alone, so that the mask stays."""
    soft = Image.fromarray(picture[..., :3]).filter(ImageFilter.GaussianBlur(sigma))
    picture[..., :3] = np.asarray(soft)
    return picture


def darker(picture: NDArray[np.uint8], stops: float = 1.5) -> NDArray[np.uint8]:
    """Fewer stops of light, as an sRGB picture tells it."""
    picture[..., :3] = np.round(picture[..., :3] * 2.0 ** (-stops / 2.2)).astype(np.uint8)
    return picture


def leaking(picture: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """A piece of background taken for the person, out to the frame's edge."""
    side = len(picture)
    picture[side // 3 : side // 2, : side // 2, 3] = 255
    return picture


def write(capture: Capture, folder: Path) -> Path:
    """The capture as a folder with transforms.json."""
    (folder / "images").mkdir(parents=True)
    frames = []
    for name, pose, picture in zip(capture.names, capture.world_to_camera, capture.images, strict=True):
        (folder / name).write_bytes(png(picture))
        matrix = (np.linalg.inv(pose) @ np.diag([1.0, -1, -1, 1])).tolist()
        frames.append({"file_path": name, "split": "train", "transform_matrix": matrix})
    table = {"w": capture.width, "h": capture.height, "fl_x": capture.fx, "frames": frames}
    (folder / "transforms.json").write_text(json.dumps(table))
    return folder


def png(picture: NDArray[np.uint8]) -> bytes:
    """A picture's PNG bytes."""
    out = io.BytesIO()
    Image.fromarray(picture).save(out, "PNG", compress_level=1)
    return out.getvalue()
