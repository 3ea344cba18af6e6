"""View coverage: how much of a person a set of outputs reveals, as numbers.

A released picture is a new capture.  From cameras alone: the solid angle of the directions seen from and the arc they
span.  With the double: pixels on the person and the share of her surface that was shown well enough to be copied.  What
those are worth to a copyist is measured by `rebuilt`, which trains a double from the outputs and nothing else.

Numbers lean towards telling more than was shown: a view counts for a cap of CAP_DEG round its direction, and a gap that
two caps close is none.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from stagedoor.capture.limits import MASK_ALPHA_MIN
from stagedoor.capture.read import Capture
from stagedoor.worker.double.camera import Camera
from stagedoor.worker.double.facing import all_round, areas, normals, seen, sphere_grid
from stagedoor.worker.double.render import render_rgba
from stagedoor.worker.double.splats import Splats
from stagedoor.worker.double.train import TrainSettings, train

CAP_DEG: Final = 15.0
"""Half-angle of the cap that one view covers: with views this far to each side a head is rebuilt as well as with more
(24 views round a head are 15 degrees apart, and 48 add nothing; see bench/light.py)."""
FACING_DEG_MAX: Final = 60.0
"""A surface counts as seen when it is turned from the camera by less: beyond, it shows at under half its size."""
GRID: Final = 16_384
"""Directions that the sphere is counted on: 2.5 square degrees each."""
VIEWS_MAX: Final = 100_000
"""Views in one account, as many as a camera move has."""
ON_AXIS: Final = 1e-6
"""Share of the distance within which a camera stands straight above or below and has no azimuth."""
REBUILD: Final = TrainSettings(gaussians=5_000, iterations=500, degree=1, reseed_share=0.0)
"""Few settings, for an order of magnitude in a few seconds; a copyist with patience gets a decibel or two more."""


class CoverageError(ValueError):
    """These outputs and cameras cannot be counted; the text says why."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Coverage:
    """What some views reveal.

    `solid_angle_sr` steradians of directions within CAP_DEG of a view, at most 4 pi; `sphere_share` the same as a share
    0 to 1; `arc_deg` the smallest arc of azimuth that holds all views, 360 where no gap is wider than two caps;
    `head_px` pixels on the person, summed over views; `surface_points` Gaussians seen from the front, turned away by
    less than FACING_DEG_MAX; `surface_share` their share, by area, of what cameras all round can see so.
    Without a double the last two, and without masks too the pixels, are 0.
    """

    views: int
    solid_angle_sr: float
    sphere_share: float
    arc_deg: float
    head_px: int
    surface_points: int
    surface_share: float

    def whole_numbers(self) -> dict[str, int]:
        """What a receipt tells, by its name with its unit: degrees, thousandths of a steradian, pixels."""
        return {
            "coverage_arc_deg": round(self.arc_deg),
            "coverage_millisteradian": round(1000 * self.solid_angle_sr),
            "coverage_head_px": self.head_px,
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Rebuilt:
    """How well a double trained from outputs alone shows the person from elsewhere: mean PSNR in dB over the other
    views, of the whole frame and of the person's pixels."""

    psnr_whole_db: float
    psnr_head_db: float
    splats: Splats


def coverage(
    cameras: Sequence[Camera],
    *,
    centre: tuple[float, float, float] = (0.0, 0.0, 0.0),
    splats: Splats | None = None,
    head_px: int | None = None,
) -> Coverage:
    """The account of outputs made from `cameras`, of a person who stands at `centre` (world units).

    `head_px`: pixels on the person where they were counted as the outputs were made; else they are drawn from `splats`.
    No views reveal nothing.  Raises CoverageError for more views than VIEWS_MAX or a camera in the very centre.
    """
    if len(cameras) > VIEWS_MAX:
        raise CoverageError(f"{len(cameras)} views; an account takes {VIEWS_MAX} at most: count them in parts")
    directions = directions_of(cameras, centre)
    share = covered_share(directions)
    points, surface = _surface(cameras, splats) if splats is not None and cameras else (0, 0.0)
    if head_px is None:
        head_px = 0 if splats is None else sum(_solid_px(splats, camera) for camera in cameras)
    return Coverage(
        views=len(cameras),
        solid_angle_sr=4.0 * math.pi * share,
        sphere_share=share,
        arc_deg=widest_arc_deg(directions),
        head_px=head_px,
        surface_points=points,
        surface_share=surface,
    )


def directions_of(cameras: Sequence[Camera], centre: tuple[float, float, float]) -> NDArray[np.float64]:
    """Unit directions from the person to each camera, [V,3]."""
    if not cameras:
        return np.empty((0, 3))
    ways = np.stack([camera.position() for camera in cameras]) - np.array(centre, np.float64)
    lengths = np.linalg.norm(ways, axis=1, keepdims=True)
    if not np.isfinite(ways).all() or (lengths < 1e-9).any():
        raise CoverageError("a camera stands in the very centre of the person, or nowhere: it sees from no direction")
    return np.asarray(ways / lengths)


def covered_share(directions: NDArray[np.float64], cap_deg: float = CAP_DEG) -> float:
    """Share 0 to 1 of a grid of GRID directions that lies within cap_deg of one of unit `directions` [V,3]."""
    grid = sphere_grid(GRID)
    open_yet = np.ones(GRID, bool)
    limit = math.cos(math.radians(cap_deg))
    # Views that look from the same place, to a thousandth, are one: a long still shot costs no more than a picture.
    for direction in np.unique(directions.round(3), axis=0):
        open_yet[open_yet] = grid[open_yet] @ direction < limit
    return 1.0 - float(open_yet.mean())


def widest_arc_deg(directions: NDArray[np.float64]) -> float:
    """The smallest arc in degrees that holds the azimuths of all unit `directions` [V,3], world y up."""
    level = directions[np.hypot(directions[:, 0], directions[:, 2]) > ON_AXIS]
    if len(level) < 2:
        return 0.0
    turns = np.sort(np.degrees(np.arctan2(level[:, 0], level[:, 2])))
    gap = float(np.diff(turns, append=turns[0] + 360.0).max())
    return 360.0 if gap <= 2.0 * CAP_DEG + 1e-6 else 360.0 - gap


def shown_px(picture: NDArray[np.uint8], background: tuple[float, float, float]) -> int:
    """Pixels of a drawn frame uint8 [H,W,3] that are not the plain `background` (0 to 1 each), to two levels in 255."""
    plain = np.round(np.array(background) * 255.0).astype(np.int16)
    return int((np.abs(picture.astype(np.int16) - plain) > 2).any(axis=2).sum())


def rebuilt(
    outputs: NDArray[np.uint8],
    cameras: Sequence[Camera],
    others: NDArray[np.uint8],
    other_cameras: Sequence[Camera],
    *,
    settings: TrainSettings = REBUILD,
) -> Rebuilt:
    """Trains a double on `outputs` uint8 [V,H,W,4], alpha the mask, and scores it on `others`, which it never sees.

    All cameras have one lens and one frame.  Takes seconds: for a bench or a study, not for every order.  Raises
    CoverageError where they do not fit together, HullError where the masks leave nothing.
    """
    pictures = np.concatenate([outputs, others]) if outputs.shape[1:] == others.shape[1:] else None
    rig = [*cameras, *other_cameras]
    if pictures is None or pictures.ndim != 4 or pictures.shape[3] != 4 or pictures.dtype != np.uint8:
        raise CoverageError("outputs and other views are 8-bit RGBA of one size")
    if not cameras or not other_cameras or (len(cameras), len(other_cameras)) != (len(outputs), len(others)):
        raise CoverageError("every output and every other view has one camera, and there is at least one of each")
    lens = {(c.fx, c.fy, c.cx, c.cy, c.width, c.height) for c in rig}
    if len(lens) != 1 or (rig[0].height, rig[0].width) != pictures.shape[1:3]:
        raise CoverageError("all views have one lens and the pictures' own size")
    splits = ("train",) * len(cameras) + ("test",) * len(other_cameras)
    capture = Capture(
        images=pictures,
        fx=rig[0].fx,
        fy=rig[0].fy,
        cx=rig[0].cx,
        cy=rig[0].cy,
        world_to_camera=np.stack([camera.world_to_camera for camera in rig]),
        splits=splits,
        names=tuple(f"{split}-{number:04d}" for number, split in enumerate(splits)),
    )
    result = train(capture, settings=settings)
    return Rebuilt(psnr_whole_db=result.psnr_whole_db, psnr_head_db=result.psnr_head_db, splats=result.splats)


def rebuild_db(
    outputs: NDArray[np.uint8],
    cameras: Sequence[Camera],
    others: NDArray[np.uint8],
    other_cameras: Sequence[Camera],
    *,
    settings: TrainSettings = REBUILD,
) -> float:
    """PSNR in dB of the person's pixels in `others`, of a double rebuilt from `outputs` alone; see rebuilt()."""
    return rebuilt(outputs, cameras, others, other_cameras, settings=settings).psnr_head_db


def _surface(cameras: Sequence[Camera], splats: Splats) -> tuple[int, float]:
    """Gaussians that the cameras see from the front, and their share by area of all that can be seen so."""
    ring = all_round(splats)
    facing = normals(splats, ring)
    shown = _from_the_front(splats, cameras, facing)
    whole = shown | _from_the_front(splats, ring, facing)
    weight = areas(splats)
    return int(shown.sum()), float(weight[shown].sum() / max(float(weight[whole].sum()), 1e-12))


def _from_the_front(splats: Splats, cameras: Sequence[Camera], facing: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Which Gaussians at least one camera sees, turned from it by less than FACING_DEG_MAX: bool [N]."""
    limit = math.cos(math.radians(FACING_DEG_MAX))
    out = np.zeros(len(splats), bool)
    means = splats.means.astype(np.float64)
    for camera in cameras:
        way = camera.position() - means
        front = (way * facing).sum(axis=1) > limit * np.linalg.norm(way, axis=1)
        out |= front & seen(splats, (camera,))[0]
    return out


def _solid_px(splats: Splats, camera: Camera) -> int:
    """Pixels of a view that are at least half the double's."""
    alpha = render_rgba(splats, camera, width=camera.width, height=camera.height)[..., 3]
    return int((alpha >= MASK_ALPHA_MIN / 255.0).sum())
