"""What gsplat is handed, without gsplat: the order of rows, quaternions, harmonics and lenses, by numpy alone."""

from __future__ import annotations

import numpy as np
import pytest

from stagedoor.worker.double.gpu import Found
from stagedoor.worker.double.gsplat_layout import FIXED, LEAVES, drawn_how, leaves_of, lens_matrix, rows_of, view_matrix
from stagedoor.worker.double.project import DILATION, NEAR, PIXEL_SPREAD
from stagedoor.worker.double.raster import ALPHA_MAX
from stagedoor.worker.double.sh import basis
from stagedoor.worker.double.splats import Splats

from .test_raster import camera, scene
from .test_shade import coefficients


@pytest.mark.parametrize("degree", [0, 1, 2, 3])
def test_leaves_are_the_fields_of_a_double_and_go_back_to_rows(degree: int) -> None:
    params, rest = scene(count=9), coefficients(9, degree)
    splats, leaves = Splats.unpacked(params, rest), leaves_of(params, rest)
    assert tuple(sorted(leaves)) == tuple(sorted(LEAVES))
    for name in LEAVES:
        held = getattr(splats, name)
        if name == "rest" and not degree:
            assert leaves[name].shape == (9, 0, 3)
            continue
        np.testing.assert_array_equal(leaves[name], held, err_msg=name)
        assert leaves[name].dtype == np.float32 and leaves[name].flags.c_contiguous
    back = rows_of(leaves)
    assert back[0].tobytes() == params.tobytes() and back[1].tobytes() == rest.tobytes()


def test_a_lens_puts_a_point_where_ours_does_with_pixel_centres_at_half_integers() -> None:
    """By the matrices alone, as gsplat does: K (R x + t), divided by depth; its pixel j has its centre at j + 0.5."""
    view, lens, ours = view_matrix(camera()), lens_matrix(camera()), camera().numbers()
    point = np.array([0.3, -0.2, 0.4])
    placed = view[:3, :3] @ point + view[:3, 3]
    seen = lens @ placed / placed[2]
    turn, shift = ours[:9].reshape(3, 3), ours[9:12]
    must = turn @ point + shift
    np.testing.assert_allclose(seen[:2], ours[12:14] * must[:2] / must[2] + ours[14:16], rtol=1e-6)
    assert placed[2] > 0, "in front of the camera is +z, as in OpenCV"
    assert view.dtype == lens.dtype == np.float32 and lens[2].tolist() == [0, 0, 1]


def test_harmonics_are_in_the_order_that_gsplats_source_has() -> None:
    """gsplat/cuda/_torch_impl.py, _eval_sh_bases_fast, bases 1 to 15, by its own recurrences."""
    x, y, z = np.array([[0.2, -0.5, 0.84]]).T / np.linalg.norm([0.2, -0.5, 0.84])
    c1, s1 = x * x - y * y, 2 * x * y
    c2, s2 = x * c1 - y * s1, x * s1 + y * c1
    b2, c3 = -1.092548430592079 * z, -2.285228997322329 * z * z + 0.4570457994644658
    theirs = [-0.48860251190292 * y, 0.48860251190292 * z, -0.48860251190292 * x]
    theirs += [0.5462742152960395 * s1, b2 * y, 0.9461746957575601 * z * z - 0.3153915652525201, b2 * x]
    theirs += [0.5462742152960395 * c1, -0.5900435899266435 * s2, 1.445305721320277 * z * s1, c3 * y]
    theirs += [z * (1.865881662950577 * z * z - 1.119528997770346), c3 * x, 1.445305721320277 * z * c1]
    theirs += [-0.5900435899266435 * c2]
    np.testing.assert_allclose(basis(np.stack([x, y, z], axis=1), 3)[0], np.array(theirs)[:, 0], atol=1e-7)


def test_gsplat_is_told_our_model_every_time() -> None:
    assert FIXED["near_plane"] == pytest.approx(float(NEAR)) and FIXED["camera_model"] == "pinhole"
    classic, antialiased = drawn_how(antialiased=False), drawn_how(antialiased=True)
    assert classic == {"eps2d": pytest.approx(float(DILATION)), "rasterize_mode": "classic"}
    assert antialiased == {"eps2d": pytest.approx(float(PIXEL_SPREAD)), "rasterize_mode": "antialiased"}
    assert float(ALPHA_MAX) < 0.999, "an opacity held at ours is never cut by theirs"


def test_what_is_missing_for_cuda_is_named() -> None:
    whole = {"torch": "2.4.0", "gsplat": "1.5.3", "device": "some card", "kernels": True}
    assert Found(**whole).lack() == ""
    for name, without, says in (
        ("torch", "", "torch"),
        ("gsplat", "", "gsplat"),
        ("device", "", "no CUDA device"),
        ("kernels", False, "CUDA toolkit"),
    ):
        assert says in Found(**{**whole, name: without}).lack()
    assert "torch and gsplat" in Found(torch="", gsplat="", device="", kernels=False).lack()
