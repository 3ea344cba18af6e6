"""gsplat without CUDA: its own Python, with its five CUDA kernels replaced by plain torch.

Projection and spherical harmonics are gsplat's own torch versions of its kernels (gsplat.cuda._torch_impl).  Listing
tiles and laying splats over one another are written here after csrc/RasterizeToPixels3DGSFwd.cu: alpha held at 0.999,
cut off under 1/255, a pixel ended before the splat that would leave less than 1e-4 of its light.  Everything else, the
checks of every shape too, is gsplat.rendering.rasterization as it is installed.  So what this shows is that we hand
gsplat what it wants; it shows nothing about CUDA.
"""

# ruff: noqa: PLR0917  (the signatures are gsplat's)

from __future__ import annotations

import importlib
import importlib.util
from typing import Any

import pytest

from stagedoor.worker.double.cuda import Torch
from stagedoor.worker.double.cuda_fit import CudaBackend
from stagedoor.worker.double.gsplat_layout import ALPHA_MAX_THERE, LIGHT_LEFT_MIN_THERE

ABSENT = [name for name in ("torch", "gsplat") if importlib.util.find_spec(name) is None]
EXTENT = 3.33
"""Standard deviations that a box spans at most, as in csrc/ProjectionEWA3DGSFused.cu."""


def backend(patch: pytest.MonkeyPatch) -> CudaBackend:
    """The CUDA backend on the processor, for as long as `patch` holds."""
    torch, rendering = importlib.import_module("torch"), importlib.import_module("gsplat.rendering")
    torch.set_num_threads(1)  # pictures of a thousand pixels: more threads only wait for one another
    kernels = Kernels(torch, importlib.import_module("gsplat.cuda._torch_impl"))
    for name in ("fully_fused_projection", "spherical_harmonics", "isect_tiles", "rasterize_to_pixels"):
        patch.setattr(rendering, name, getattr(kernels, name))
    patch.setattr(
        rendering, "isect_offset_encode", lambda _ids, images, across, down: torch.zeros(images, down, across)
    )
    return CudaBackend(Torch(torch, rendering.rasterization, "cpu"))


class Kernels:
    """What stands in for the kernels, one camera at a time."""

    def __init__(self, torch: Any, own: Any) -> None:
        self.torch, self.own = torch, own

    def fully_fused_projection(
        self, means: Any, covars: Any, quats: Any, scales: Any, viewmats: Any, Ks: Any, width: int, height: int,
        **given: Any,
    ) -> tuple[Any, ...]:  # fmt: skip
        """As gsplat's, with the boxes that hang on the opacity."""
        torch = self.torch
        assert covars is None and not given["packed"] and not given["sparse_grad"]
        covars, _ = self.own._quat_scale_to_covar_preci(quats, scales, compute_preci=False)
        kept = {
            name: given[name] for name in ("eps2d", "near_plane", "far_plane", "calc_compensations", "camera_model")
        }
        made = self.own._fully_fused_projection(means, covars, viewmats, Ks, width, height, **kept)
        radii, means2d, depths, conics, compensations = made
        opacity = given["opacities"][None]
        inverse = 1.0 / (conics[..., 0] * conics[..., 2] - conics[..., 1] ** 2)
        extent = torch.sqrt(2.0 * torch.log((opacity * 255.0).clamp(min=1.0))).clamp(max=EXTENT)
        across = torch.ceil(extent * torch.sqrt(conics[..., 2] * inverse))
        down = torch.ceil(extent * torch.sqrt(conics[..., 0] * inverse))
        u, v = means2d[..., 0], means2d[..., 1]
        inside = (u + across > 0) & (u - across < width) & (v + down > 0) & (v - down < height)
        seen = inside & (opacity >= 1.0 / 255.0) & (radii > 0).all(dim=-1)
        radii = torch.where(seen[..., None], torch.stack([across, down], dim=-1), 0.0).int()
        return radii, means2d, depths, conics, compensations

    def spherical_harmonics(self, degree: int, directions: Any, coefficients: Any, masks: Any) -> Any:
        """As gsplat's."""
        colours = self.own._spherical_harmonics(degree, directions, coefficients)
        return self.torch.where(masks[..., None], colours, 0.0)

    def isect_tiles(self, means2d: Any, radii: Any, depths: Any, *_: Any, **__: Any) -> tuple[Any, Any, Any]:
        """No tiles: the seen Gaussians, nearest first."""
        seen = self.torch.nonzero((radii[0] > 0).all(dim=-1))[:, 0]
        order = seen[self.torch.argsort(depths[0, seen], stable=True)]
        return None, None, order

    def rasterize_to_pixels(
        self, means2d: Any, conics: Any, colors: Any, opacities: Any, width: int, height: int, tile: int, offsets: Any,
        order: Any, *, backgrounds: Any, packed: bool, absgrad: bool,
    ) -> tuple[Any, Any]:  # fmt: skip
        """Every splat at every pixel, at once."""
        torch = self.torch
        assert not packed and not absgrad and tile == 16 and backgrounds.shape == (1, colors.shape[-1])
        assert means2d.dtype == conics.dtype == colors.dtype == opacities.dtype == torch.float32
        rows, columns = torch.meshgrid(torch.arange(height) + 0.5, torch.arange(width) + 0.5, indexing="ij")
        dx = means2d[0, order, 0, None] - columns.reshape(1, -1)
        dy = means2d[0, order, 1, None] - rows.reshape(1, -1)
        a, b, c = (conics[0, order, k, None] for k in range(3))
        sigma = 0.5 * (a * dx * dx + c * dy * dy) + b * dx * dy
        alpha = (opacities[0, order, None] * torch.exp(-sigma)).clamp(max=ALPHA_MAX_THERE)
        alpha = torch.where((sigma >= 0) & (alpha >= 1.0 / 255.0), alpha, 0.0)
        after = torch.cumprod(1.0 - alpha, dim=0)
        before = torch.cat([torch.ones_like(after[:1]), after[:-1]])
        drawn = after > LIGHT_LEFT_MIN_THERE
        weight = torch.where(drawn, alpha * before, 0.0)
        left = torch.where(drawn, 1.0 - alpha, 1.0).prod(dim=0)
        picture = weight.T @ colors[0, order] + left[:, None] * backgrounds
        return picture.reshape(1, height, width, -1), (1.0 - left).reshape(1, height, width, 1)
