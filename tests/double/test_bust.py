"""Few views lean on the shape of heads in general, where a head is what they show, and on nothing elsewhere."""

from __future__ import annotations

from dataclasses import replace
from functools import cache

import numpy as np
import pytest

from stagedoor.capture.read import Capture
from stagedoor.worker.double import bust_fit, hull
from stagedoor.worker.double.begin import facing_along
from stagedoor.worker.double.bust import bust, normals_of
from stagedoor.worker.double.bust_bend import solved
from stagedoor.worker.double.bust_fit import Fitted, fitted, turned, with_bust
from stagedoor.worker.double.moves import arc
from stagedoor.worker.double.outline import nearest, outline_of
from stagedoor.worker.double.pool import Pool
from stagedoor.worker.double.rounding import rounded
from stagedoor.worker.double.train import TrainSettings, train
from stagedoor.worker.formats.ply import write_ply
from stagedoor.worker.mesh.draw import Scene
from stagedoor.worker.mesh.model import Mesh

from .test_few import handful
from .test_rounding import ball, carved

SIDE, SIZE = 160, 0.5
TURN = np.radians(100.0)


def shape() -> np.ndarray:
    """Somebody who is not the mean, looking to the side: points [N,3] in the world."""
    own = bust().mean + 0.8 * bust().modes[1] - 0.6 * bust().modes[3]
    return SIZE * own @ turned(np.array([0.0, TURN, 0.0])).T + [0.05, 0.3, -0.1]


def seen(points: np.ndarray, *, bun: bool = False) -> Capture:
    """Four views of a bust with exact masks; with a ball behind the crown if `bun`."""
    cameras = arc(
        (0.0, 0.0, 0.0), 5.0, from_deg=10.0, to_deg=280.0, elevation_deg=3.0, frames=4, width=SIDE, height=SIDE
    )
    model = bust()
    mesh = Mesh(
        positions=points.astype(np.float32),
        triangles=model.triangles.astype(np.int32),
        normals=normals_of(points, model.triangles).astype(np.float32),
        colours=np.full((len(points), 4), 40_000, np.uint16),
        unlit=True,
    )
    images = np.stack([Scene(mesh).draw(camera, width=SIDE, height=SIDE) for camera in cameras])
    if bun:
        crown = points[bust().mean[:, 1].argmax()] + 0.45 * turned(np.array([0.0, TURN, 0.0]))[:, 2] * -1.0
        rows, columns = np.mgrid[:SIDE, :SIDE] + 0.5
        for camera, image in zip(cameras, images, strict=True):
            x, y, z = camera.world_to_camera[:3, :3] @ crown + camera.world_to_camera[:3, 3]
            off = (columns - camera.fx * x / z - camera.cx) ** 2 + (rows - camera.fy * y / z - camera.cy) ** 2
            image[off < (0.22 * camera.fx / z) ** 2] = 255
    return Capture(
        images=images, fx=cameras[0].fx, fy=cameras[0].fy, cx=cameras[0].cx, cy=cameras[0].cy,
        world_to_camera=np.stack([camera.world_to_camera for camera in cameras]), splits=("train",) * 4,
        names=tuple(f"{view}.png" for view in range(4)),
    )  # fmt: skip


def found(capture: Capture, threads: int = 2) -> Fitted | None:
    kept, given, _ = carved(capture)
    with Pool(threads) as pool:
        return fitted(kept, *given, pool)


@cache
def somebody() -> Fitted:
    out = found(seen(shape()))
    assert out is not None
    return out


def missed(fit: Fitted) -> float:
    """Mean distance off the true surface of the head, in world units."""
    head = bust().mean[:, 1] > -1.0
    normals = normals_of(shape(), bust().triangles)
    off = ((fit.points[:, None, :][head] - shape()[None][:, ::3]) ** 2).sum(axis=2).argmin(axis=1) * 3
    return float(np.abs(((fit.points[head] - shape()[off]) * normals[off]).sum(axis=1)).mean())


def test_a_head_is_found_whichever_way_it_looks() -> None:
    """Its size to a twentieth, its face to the right side, its surface to two hundredths of a head's height."""
    fit = somebody()
    assert fit.size == pytest.approx(SIZE, rel=0.05)
    nose, crown = (int(np.argmax(bust().mean[:, k])) for k in (2, 1))
    assert np.abs(fit.points[[nose, crown]] - shape()[[nose, crown]]).max() < 0.06
    assert missed(fit) < 0.02


def test_hair_that_stands_off_does_not_move_the_face() -> None:
    fit = found(seen(shape(), bun=True))
    assert fit is not None and missed(fit) < 0.03


def test_the_same_bust_at_any_number_of_threads() -> None:
    again = found(seen(shape()), threads=1)
    assert again is not None
    np.testing.assert_array_equal(again.points, somebody().points)


def tall_box() -> Capture:
    """Four views of a plank: nobody."""
    capture = ball(4)
    images = capture.images.copy()
    images[..., 3] = 0
    images[:, 12:84, 42:54, 3] = 255
    return replace(capture, images=images)


@pytest.mark.parametrize("capture", [ball(4), ball(8), tall_box()], ids=["ball", "ball from eight", "plank"])
def test_what_is_no_head_leans_on_nothing(capture: Capture) -> None:
    assert found(capture) is None


def test_a_hundred_views_within_a_narrow_arc_ask_a_dozen(monkeypatch: pytest.MonkeyPatch) -> None:
    asked = []
    monkeypatch.setattr(bust_fit, "outline_of", lambda *given: asked.append(given) or outline_of(*given))
    monkeypatch.setattr(bust_fit, "ROUGH_STEPS", 0)
    monkeypatch.setattr(bust_fit, "SHAPE_STEPS", 0)
    capture = ball(100)
    capture = replace(capture, world_to_camera=np.repeat(capture.world_to_camera[:10], 10, axis=0))
    kept, given, _ = carved(capture)
    with Pool(1) as pool:
        fitted(kept, *given, pool)
    assert 6 <= len(asked) <= bust_fit.VIEWS_MAX


def test_masks_without_an_outline_lean_on_nothing() -> None:
    """Every pixel is person: nothing is met, and nothing is divided by nothing."""
    capture = seen(shape())
    images = capture.images.copy()
    images[..., 3] = 255
    assert found(replace(capture, images=images)) is None


def test_pictures_too_small_to_tell_lean_on_nothing() -> None:
    small = seen(shape())
    small = replace(small, images=small.images[:, ::3, ::3].copy(), fx=small.fx / 3, fy=small.fy / 3, cx=small.cx / 3,
                    cy=small.cy / 3)  # fmt: skip
    assert found(small) is None


def test_the_body_stays_inside_the_hull_and_hair_stays_as_the_masks_have_it() -> None:
    kept, given, _ = carved(seen(shape(), bun=True))
    body = rounded(kept, *given)
    with Pool(2) as pool:
        fit = fitted(kept, *given, pool)
        assert fit is not None
        leaned = with_bust(kept, body, fit, given[3], given[4], pool)
    assert not (leaned & ~kept.astype(bool)).any()
    places = np.argwhere(kept)[::23]
    at = given[3] + (places + 0.5) * given[4]
    near = np.array([((fit.points - place) ** 2).sum(axis=1).argmin() for place in at])
    off = at - fit.points[near]
    outside = ((off * fit.normals[near]).sum(axis=1) > 0) & ~fit.cut[near]
    hair = tuple(places[outside & ((off**2).sum(axis=1) > (0.55 * fit.size) ** 2)].T)
    assert body[hair].sum() > 3
    np.testing.assert_array_equal(leaned[hair], body[hair])


def test_four_views_of_the_scan_come_closer_to_it() -> None:
    """Views that nobody had, of a man whom the bust has never seen."""
    settings = TrainSettings(gaussians=4_000, iterations=200, degree=1)
    few = four()
    with_it, without = (train(few, settings=replace(settings, lean=lean)) for lean in (True, False))
    print(f"4 views: {without.psnr_head_db} dB on the head without, {with_it.psnr_head_db} dB with")
    assert with_it.leaned and not without.leaned
    assert with_it.psnr_head_db > without.psnr_head_db + 0.5


def four() -> Capture:
    """Every other one of a handful's first views."""
    capture = handful()
    keep = [0, 2, 3, 5, *capture.views("test")]
    return replace(
        capture, images=capture.images[keep], world_to_camera=capture.world_to_camera[keep],
        splits=tuple(capture.splits[view] for view in keep), names=tuple(capture.names[view] for view in keep),
    )  # fmt: skip


def test_views_all_round_never_ask(monkeypatch: pytest.MonkeyPatch) -> None:
    def never(*_: object) -> None:
        raise AssertionError("a head in general")

    monkeypatch.setattr(hull, "fitted", never)
    one, two = (
        write_ply(train(ball(16), settings=TrainSettings(gaussians=64, iterations=2, lean=lean)).splats)
        for lean in (True, False)
    )
    assert one == two
    with Pool(1) as pool:
        hull.visual_hull(ball(8), pool=pool)
        with pytest.raises(AssertionError, match="in general"):
            hull.visual_hull(ball(4), pool=pool)


@pytest.mark.parametrize(
    ("azimuths", "asked"),
    [
        ([0.0], True),
        ([0.0, 90.0, 180.0, 270.0], True),
        ([0.0, 66.0, 120.0, 180.0, 246.0, 300.0], True),
        ([0.0, 36.0, 90.0, 132.0, 180.0, 228.0, 276.0, 318.0], False),
        ([-70.0, 0.0, 70.0], True),
        ([-20.0, -10.0, 0.0, 10.0, 20.0], True),
        ([-60.0, -40.0, -20.0, 0.0, 20.0, 40.0, 60.0], False),
    ],
    ids=["one", "four round", "six round", "eight round", "three in front", "a narrow arc", "a wide arc"],
)
def test_who_asks_for_a_head_in_general(azimuths: list[float], asked: bool) -> None:
    assert hull.leans(np.array(azimuths)) is asked


def test_outlines_lie_on_the_mask_and_look_outward() -> None:
    """Of a disc: its radius to a fifth of a pixel, its directions to a few degrees."""
    rows, columns = np.mgrid[:64, :64] + 0.5 - 32
    alpha = np.clip(127.5 + 255 * (20 - np.hypot(rows, columns)), 0, 255).astype(np.uint8)
    outline = outline_of(alpha, np.eye(4), np.array([1.0, 1.0, 0.0, 0.0]), 1.0)
    out = outline.points - 32
    assert np.abs(np.hypot(*out.T) - 20).max() < 0.2
    assert ((out / np.hypot(*out.T)[:, None] * outline.outward).sum(axis=1) > 0.99).all()


def test_the_nearest_are_the_nearest() -> None:
    chance = np.random.default_rng(3)
    points, others = chance.normal(size=(40, 2)), chance.normal(size=(30, 2))
    at, away = nearest(points, points, others, others, 0.0)
    all_away = np.linalg.norm(points[:, None] - others[None], axis=2)
    np.testing.assert_array_equal(at, all_away.argmin(axis=1))
    np.testing.assert_allclose(away, all_away.min(axis=1))
    none = np.zeros((0, 2))
    assert np.isinf(nearest(points, points, none, none, 0.0)[1]).all()


def test_equations_are_solved_as_numpy_solves_them() -> None:
    chance = np.random.default_rng(5)
    half = chance.normal(size=(20, 20))
    square, right = half @ half.T + np.eye(20), chance.normal(size=20)
    np.testing.assert_allclose(solved(square, right), np.linalg.solve(square, right), rtol=1e-9)


@pytest.mark.parametrize("normal", [(0, 0, 1), (0, 0, -1), (1, 0, 0), (0.6, -0.48, 0.64)])
def test_discs_lie_along_the_surface(normal: tuple[float, float, float]) -> None:
    w, x, y, z = facing_along(np.array([normal], np.float64))[0]
    third = [2 * (x * z + w * y), 2 * (y * z - w * x), 1 - 2 * (x * x + y * y)]
    np.testing.assert_allclose(third, normal, atol=1e-9)
