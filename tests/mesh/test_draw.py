"""The drawing loops against a plain ray caster, and what a picture must never depend on."""

from __future__ import annotations

import math

import numpy as np
import pytest

from mesh.kit import ball, camera, checks, first_hit, square
from stagedoor.worker.double.camera import Camera
from stagedoor.worker.mesh.draw import Light, Scene, render_mesh
from stagedoor.worker.mesh.kernels import OFFSETS
from stagedoor.worker.mesh.model import Mesh, smooth_normals
from stagedoor.worker.mesh.texels import LIGHT, Pyramid


def flat(rgb: tuple[int, int, int], side: int = 4) -> np.ndarray:
    """A picture of one colour."""
    return np.full((side, side, 4), (*rgb, 255), np.uint8)


@pytest.mark.parametrize("azimuth", [0, 40, 200])
def test_coverage_is_that_of_a_ray_caster(azimuth: float) -> None:
    """Every sample of every pixel: covered exactly where a ray meets the mesh."""
    view, mesh = camera(azimuth, size=24), ball()
    drawn = Scene(mesh).draw(view, width=24, height=24)[..., 3].astype(int)
    for y in range(24):
        for x in range(24):
            hits = sum(first_hit(mesh, view, x + right, y + down) is not None for right, down in OFFSETS)
            assert drawn[y, x] == int(hits / 4 * 255 + 0.5), (x, y)


def test_a_vertex_colour_is_perspective_correct() -> None:
    """A tilted square: each pixel's colour is that of the ray's own place on it."""
    turn = np.radians(60)
    square_ = square()
    tilted = square_.positions @ np.array(
        [[np.cos(turn), 0, np.sin(turn)], [0, 1, 0], [-np.sin(turn), 0, np.cos(turn)]]
    )
    colours = np.array([[0, 0, 0, 1], [1, 0, 0, 1], [1, 1, 0, 1], [0, 1, 0, 1]]) * 65535
    mesh = square(positions=tilted.astype(np.float32), colours=colours.astype(np.uint16), uvs=None, texture=None,
                  double_sided=True)  # fmt: skip
    view = camera(0, size=32)
    picture = render_mesh(mesh, view, width=32, height=32)
    compared = 0
    for y in range(0, 32, 3):
        for x in range(32):
            hits = [first_hit(mesh, view, x + right, y + down) for right, down in OFFSETS]
            owners = {hit[0] for hit in hits if hit}
            if None in hits or len(owners) != 1:
                continue
            t, weights = first_hit(mesh, view, x + 0.5, y + 0.5)  # type: ignore[misc]
            light = weights @ colours[mesh.triangles[t], :3] / 65535
            shown = np.where(light <= 0.0031308, light * 12.92, 1.055 * light ** (1 / 2.4) - 0.055) * 255
            assert np.abs(picture[y, x] - shown).max() <= 0.6, (x, y)
            compared += 1
    assert compared > 80


def test_the_texture_stands_upright_and_unmirrored() -> None:
    picture = render_mesh(square(texture=checks(64, 64)), camera(size=64), width=64, height=64).astype(int)
    inside = picture[14:50, 14:50]
    assert (np.diff(inside[..., 0], axis=1) >= 0).all(), "red grows to the right"
    assert (np.diff(inside[..., 1], axis=0) >= 0).all(), "green grows downwards"
    assert inside[0, 0, 0] < 45
    assert inside[0, -1, 0] > 210


@pytest.mark.parametrize("value", [0, 1, 17, 128, 200, 254, 255])
def test_a_flat_texture_keeps_its_exact_colour(value: int) -> None:
    picture = render_mesh(square(texture=flat((value, 255 - value, 7), 8)), camera(size=32), width=32, height=32)
    assert (picture[10:22, 10:22] == (value, 255 - value, 7)).all()


def test_a_magnified_texture_is_bilinear_in_light() -> None:
    """A few large texels at random: every inner pixel, by the definition of bilinear filtering written out."""
    texture = np.random.default_rng(5).integers(0, 256, (6, 6, 4), np.uint8)
    texture[..., 3] = 255
    view = camera(size=64)
    picture = render_mesh(square(texture=texture), view, width=64, height=64).astype(float)
    light = LIGHT[texture[..., :3]].astype(float)
    for y, x in [(y, x) for y in range(12, 52, 3) for x in range(12, 52, 3)]:
        # The square spans -1 to 1 in a plane four units away.
        u, v = ((c + 0.5 - 32) / view.fx * 4 / 2 + 0.5 for c in (x, y))
        across, down = u * 6 - 0.5, v * 6 - 0.5
        left, top = math.floor(across), math.floor(down)
        mixed = sum(
            (1 - abs(across - i)) * (1 - abs(down - j)) * light[min(max(j, 0), 5), min(max(i, 0), 5)]
            for i in (left, left + 1) for j in (top, top + 1)
        )  # fmt: skip
        expected = np.where(mixed <= 0.0031308, mixed * 12.92, 1.055 * np.maximum(mixed, 1e-9) ** (1 / 2.4) - 0.055)
        assert np.abs(picture[y, x] - expected * 255).max() <= 0.7, (x, y)


def test_adjoining_triangles_leave_no_gap_and_no_seam() -> None:
    """A fan of slivers round one point, seen at many odd places: no sample of the inside is empty."""
    rim = np.linspace(0, 2 * np.pi, 97, endpoint=False)
    positions = np.concatenate([[[0.013, 0.007, 0.1]], np.stack([np.cos(rim), np.sin(rim), 0 * rim], 1)])
    triangles = np.array([[0, 1 + i, 1 + (i + 1) % 97] for i in range(97)], np.int32)
    mesh = Mesh(positions=positions.astype(np.float32), triangles=triangles,
                normals=smooth_normals(positions.astype(np.float32), triangles))  # fmt: skip
    for azimuth in (0, 3.7, 11.1, 25.3):
        covered = Scene(mesh).draw(camera(azimuth, size=96), width=96, height=96)[34:62, 34:62, 3]
        assert (covered == 255).all()


def test_what_is_nearer_hides_what_is_behind() -> None:
    near, far = square(texture=flat((255, 0, 0))), square(texture=flat((0, 255, 0)))
    both = Mesh(
        positions=np.concatenate([far.positions, near.positions * np.float32(0.5) + np.float32([0, 0, 1])]),
        triangles=np.concatenate([far.triangles, near.triangles + 4]),
        normals=np.concatenate([far.normals, near.normals]),
        uvs=np.concatenate([far.uvs * [0.5, 1], near.uvs * [0.5, 1] + [0.5, 0]]).astype(np.float32),  # type: ignore[operator]
        texture=np.concatenate([flat((0, 255, 0), 8), flat((255, 0, 0), 8)], axis=1),
    )
    picture = render_mesh(both, camera(size=64), width=64, height=64)
    assert tuple(picture[32, 32]) == (255, 0, 0)
    assert tuple(picture[14, 14]) == (0, 255, 0)
    reversed_ = render_mesh(
        Mesh(positions=both.positions, triangles=both.triangles[::-1], normals=both.normals, uvs=both.uvs,
             texture=both.texture), camera(size=64), width=64, height=64)  # fmt: skip
    assert np.array_equal(picture, reversed_), "the order of triangles decides nothing"


def test_backs_are_seen_on_double_sided_meshes_alone() -> None:
    behind = camera(180, size=32)
    assert not render_mesh(square(), behind, width=32, height=32).any()
    assert render_mesh(square(double_sided=True), behind, width=32, height=32)[16, 16].any()


def test_a_camera_inside_the_mesh_sees_what_is_before_it_and_nothing_behind() -> None:
    inside = camera(0, size=32, distance=0.2)
    picture = render_mesh(ball(double_sided=True), inside, width=32, height=32)
    assert picture.any(axis=2).all(), "the far wall fills the frame"
    ahead = render_mesh(square(double_sided=True), camera(0, size=32, distance=-1.0), width=32, height=32)
    assert not ahead.any(), "the square lies behind the camera"


def test_a_triangle_from_before_to_behind_the_camera_is_cut_at_it() -> None:
    """A floor that runs under the camera: below the horizon it is there, above it is not."""
    positions = np.array([[-50, -1, -50], [50, -1, -50], [0, -1, 60]], np.float32)
    triangles = np.array([[0, 2, 1]], np.int32)
    floor = Mesh(
        positions=positions, triangles=triangles, normals=smooth_normals(positions, triangles), double_sided=True
    )
    covered = Scene(floor).draw(camera(size=64), width=64, height=64)[..., 3]
    assert (covered[40:] == 255).all()
    assert not covered[:30].any()


def test_one_and_four_threads_give_the_same_bytes() -> None:
    scene, view = Scene(ball()), camera(30, size=100)
    first, *rest = (scene.draw(view, width=100, height=100, threads=n).tobytes() for n in (1, 2, 4))
    assert all(other == first for other in rest)


def test_the_background_shows_where_nothing_is() -> None:
    picture = render_mesh(square(), camera(size=64), width=64, height=64, background=(1.0, 0.5, 0.0))
    assert tuple(picture[0, 0]) == (255, 128, 0)


def test_a_fine_pattern_far_away_becomes_its_mean_light() -> None:
    """Black and white stripes of one texel: neither is seen from afar, and grey is the mean of light, not of bytes."""
    stripes = flat((0, 0, 0), 256)
    stripes[:, ::2, :3] = 255
    picture = render_mesh(square(texture=stripes), camera(size=32), width=32, height=32)
    grey = picture[10:22, 10:22]
    assert np.abs(grey.astype(int) - 188).max() <= 3, "188 is half the light of 255"


def test_smaller_pictures_keep_the_light_at_odd_sides() -> None:
    texture = np.random.default_rng(3).integers(0, 256, (37, 53, 4), np.uint8)
    texture[..., 3] = 255
    pyramid = Pyramid(texture, masked=False)
    assert pyramid.sizes.tolist() == [[37, 53], [18, 26], [9, 13], [4, 6], [2, 3], [1, 1]]
    assert np.abs(LIGHT[pyramid.texels[-1, :3]] - LIGHT[texture[..., :3]].mean(axis=(0, 1))).max() < 0.03


def test_a_hole_in_the_texture_shows_what_is_behind() -> None:
    holed = flat((255, 255, 255), 16)
    holed[:, 8:, 3] = 0
    picture = render_mesh(square(texture=holed, alpha_cutoff=0.5), camera(size=64), width=64, height=64)
    assert (picture[32, 16:30] == 255).all()
    assert not picture[32, 34:].any()
    opaque = render_mesh(square(texture=holed), camera(size=64), width=64, height=64)
    assert (opaque[32, 34:44] == 255).all(), "without a cutoff alpha is left aside"


def test_a_repeating_texture_goes_on() -> None:
    tiled = square(uvs=np.array([[0, 0], [2, 0], [2, 2], [0, 2]], np.float32), repeat=True, texture=checks(32, 32))
    row = render_mesh(tiled, camera(size=128), width=128, height=128)[64, 30:98, 0].astype(int)
    assert (np.diff(row) < -100).sum() in (1, 2), "red begins anew in the middle"


def test_light_from_one_side_brightens_that_side() -> None:
    plain = ball(texture=flat((180, 180, 180)))
    from_right = render_mesh(plain, camera(size=64), width=64, height=64, light=Light(towards=(1, 0, 0)))
    assert int(from_right[32, 44, 0]) > int(from_right[32, 20, 0]) + 40
    from_all = render_mesh(plain, camera(size=64), width=64, height=64,
                           light=Light(towards=(0, 0, 1), colour=(0, 0, 0), ambient=(1, 1, 1)))  # fmt: skip
    assert np.array_equal(from_all, render_mesh(plain, camera(size=64), width=64, height=64))


def test_what_cannot_be_drawn_is_refused() -> None:
    with pytest.raises(ValueError, match="4096"):
        render_mesh(square(), camera(), width=5000, height=5000)
    with pytest.raises(ValueError, match="stretching"):
        render_mesh(square(), camera(), width=64, height=32)
    with pytest.raises(ValueError, match="light"):
        render_mesh(square(), camera(), width=64, height=64, light=Light(towards=(0, 0, 0)))


def test_a_mesh_and_a_camera_of_any_size_agree() -> None:
    """Twice as large, from twice as far: the same picture."""
    view = camera(20, size=48)
    far = Camera(fx=view.fx, fy=view.fy, cx=24, cy=24, width=48, height=48,
                 world_to_camera=view.world_to_camera * np.array([[1, 1, 1, 2]] * 3 + [[1, 1, 1, 1]]))  # fmt: skip
    first = render_mesh(ball(), view, width=48, height=48)
    second = render_mesh(ball().moved(scale=2.0), far, width=48, height=48)
    assert np.array_equal(first, second)
