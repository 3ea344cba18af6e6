"""Check that the stored cameras and masks agree with the geometry: project, fill, compare.

    python examples/mara/check.py

Each mesh is projected with nothing but transforms.json and filled by Pillow's polygon rasteriser, which shares no code
with the ray tracer; the intersection over union with the stored alpha is printed.
"""

from __future__ import annotations

import json

import numpy as np
from build import EXPRESSION, HERE, scene
from PIL import Image, ImageDraw

from mesh import Floats, Ints

FINE = 4  # the silhouette is filled at this many times the picture's size


def silhouette(points: Floats, triangles: Ints, pose: Floats, about: dict[str, float]) -> np.ndarray:
    """Coverage in [0, 1] of the projected triangles."""
    local = (points - pose[:3, 3]) @ pose[:3, :3]
    x = (about["cx"] + about["fl_x"] * local[:, 0] / -local[:, 2]) * FINE - 0.5
    y = (about["cy"] - about["fl_y"] * local[:, 1] / -local[:, 2]) * FINE - 0.5
    size = int(about["w"]) * FINE
    filled = Image.new("L", (size, size))
    pen = ImageDraw.Draw(filled)
    flat = np.stack([x, y], axis=1)[triangles].reshape(-1, 6)
    for corners in flat.tolist():
        pen.polygon(corners, fill=255)
    small = filled.resize((size // FINE, size // FINE), Image.Resampling.BOX)
    return np.asarray(small, dtype=float) / 255


def main() -> None:
    """Print the intersection over union for a few views, and how rigid every pose is."""
    capture = HERE / "capture"
    about = json.loads((capture / "transforms.json").read_text(encoding="utf-8"))
    worst = 0.0
    for frame in about["frames"]:
        pose = np.array(frame["transform_matrix"])
        turn = pose[:3, :3]
        worst = max(worst, float(np.abs(turn @ turn.T - np.eye(3)).max()), abs(float(np.linalg.det(turn)) - 1))
    print(f"poses: {len(about['frames'])}, furthest from rigid {worst:.1e}")
    piece = scene(EXPRESSION, 7, 1)
    for frame in about["frames"][::6]:
        with Image.open(capture / frame["file_path"]) as picture:
            alpha = np.asarray(picture)[:, :, 3] / 255
        drawn = silhouette(piece.points, piece.triangles, np.array(frame["transform_matrix"]), about)
        overlap = np.minimum(alpha, drawn).sum() / np.maximum(alpha, drawn).sum()
        print(f"{frame['file_path']}: IoU {overlap:.4f}")


if __name__ == "__main__":
    main()
