"""The child that solves cameras with pycolmap: `python -m stagedoor.capture.solving`, pictures in by a pipe, JSON out.

A process of its own, so that it can be ended in time and a fault of native code ends nobody else.  Pictures stay in
memory.  Its list of features and matches is a file in memory where the system has that (`/dev/shm`), else in the
temporary folder; it holds SIFT descriptors, no pixels, and goes with the process.
"""

from __future__ import annotations

import json
import sys
import tempfile
import warnings
from pathlib import Path
from typing import IO, Any, Final

import numpy as np
from numpy.typing import NDArray

FEATURES_MAX: Final = 4096
"""SIFT features a picture: COLMAP's own default is 8192; half of them are a quarter of the matching."""
PEAK_MIN: Final = 0.0067 / 2
"""Half of COLMAP's contrast threshold: skin has little."""
MATCHES_MIN: Final = 12
FOCAL_GUESS: Final = 1.2
"""First focal length, in longer sides of the picture, as COLMAP guesses it; it is refined."""
MEMORY_FOLDER: Final = Path("/dev/shm")  # noqa: S108 - memory, in a folder of our own below it
SEED: Final = 1


def main(source: IO[bytes], sink: IO[bytes]) -> None:
    """Head line (JSON: names, width, height, seconds), then per picture H*W bytes of grey and H*W of mask (255 where
    features are taken); out comes JSON with the lens, the names solved and their world-to-camera [3,4]."""
    head = json.loads(source.readline())
    names, width, height = head["names"], head["width"], head["height"]
    inside = MEMORY_FOLDER if MEMORY_FOLDER.is_dir() else None
    with tempfile.TemporaryDirectory(prefix="stagedoor-solve-", dir=inside) as folder:
        told = _solve(source, names, (width, height), head["seconds"], Path(folder))
    sink.write(json.dumps(told).encode())


def _solve(
    source: IO[bytes], names: list[str], size: tuple[int, int], seconds: float, folder: Path
) -> dict[str, object]:
    import pycolmap

    pycolmap.logging.minloglevel = 3
    warnings.simplefilter("ignore")  # Sift is deprecated, and still the one that gives points as an array
    pycolmap.set_random_seed(SEED)
    counts = _features(pycolmap, source, names, size, folder)
    database = folder / "features.db"
    pycolmap.match_exhaustive(
        database,
        matching_options=pycolmap.FeatureMatchingOptions(use_gpu=False, num_threads=1),
        device=pycolmap.Device.cpu,
    )
    with pycolmap.Database.open(database) as held:
        pairs = sum(count >= MATCHES_MIN for count in held.read_two_view_geometry_num_inliers()[1])
    options = pycolmap.IncrementalPipelineOptions(
        extract_colors=False,
        num_threads=1,
        random_seed=SEED, max_runtime_seconds=max(1, int(seconds)), multiple_models=False,
        min_num_matches=MATCHES_MIN, min_model_size=3,
    )  # fmt: skip
    models = pycolmap.incremental_mapping(database, folder, folder, options)
    best: Any = max(models.values(), key=lambda model: model.num_reg_images(), default=None)
    told: dict[str, object] = {"features": int(np.median(counts)), "pairs": int(pairs), "views": [], "points": 0}
    if best is None:
        return told
    lens = next(iter(best.cameras.values()))
    images = [image for image in best.images.values() if image.has_pose]
    told |= {
        "points": best.num_points3D(), "error_px": float(best.compute_mean_reprojection_error()),
        "focal": float(lens.params[0]),
        "views": [[image.name, image.cam_from_world().matrix().tolist()] for image in images],
    }  # fmt: skip
    return told


def _features(
    pycolmap: Any, source: IO[bytes], names: list[str], size: tuple[int, int], folder: Path
) -> NDArray[np.int64]:
    """Finds SIFT features and writes them to the list, one picture after the other; how many there were of each."""
    width, height = size
    sift = pycolmap.Sift(
        pycolmap.FeatureExtractionOptions(
            use_gpu=False, sift={"max_num_features": FEATURES_MAX, "peak_threshold": PEAK_MIN}
        ),
        device=pycolmap.Device.cpu,
    )
    lens = pycolmap.Camera(
        model="SIMPLE_PINHOLE",
        width=width,
        height=height,
        params=[FOCAL_GUESS * max(width, height), width / 2, height / 2],
    )
    counts = np.zeros(len(names), np.int64)
    with pycolmap.Database.open(folder / "features.db") as held:
        lens.camera_id = held.write_camera(lens)
        rig = pycolmap.Rig()
        rig.add_ref_sensor(lens.sensor_id)
        rig.rig_id = held.write_rig(rig)
        for i, name in enumerate(names):
            grey = np.frombuffer(source.read(width * height), np.uint8).reshape(height, width)
            mask = np.frombuffer(source.read(width * height), np.uint8).reshape(height, width)
            points, words = sift.extract(np.ascontiguousarray(grey))
            column = np.clip(points[:, 0].astype(np.intp), 0, width - 1)
            row = np.clip(points[:, 1].astype(np.intp), 0, height - 1)
            kept = mask[row, column] > 0
            image = pycolmap.Image(name=name, camera_id=lens.camera_id)
            image.image_id = held.write_image(image)
            frame = pycolmap.Frame()
            frame.rig_id = rig.rig_id
            frame.add_data_id(image.data_id)
            held.write_frame(frame)
            held.write_keypoints(image.image_id, points[kept])
            held.write_descriptors(image.image_id, _words(pycolmap, words[kept]))
            counts[i] = int(kept.sum())
    return counts


def _words(pycolmap: Any, words: NDArray[np.float32]) -> Any:
    """SIFT words in the bytes that COLMAP matches."""
    small = words if words.dtype == np.uint8 else np.clip(np.round(words * 512), 0, 255).astype(np.uint8)
    return pycolmap.FeatureDescriptors(type=pycolmap.FeatureExtractorType.SIFT, data=small)


if __name__ == "__main__":
    main(sys.stdin.buffer, sys.stdout.buffer)
