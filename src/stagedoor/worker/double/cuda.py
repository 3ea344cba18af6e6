"""CUDA as a backend: gsplat's rasterizer and torch (the `gpu` extra), told to draw the model of project.py.

Neither package is imported before this backend is asked for.  What differs from the kernels and the oracle, by gsplat's
source: one splat's alpha ends at 0.999 there and at 0.99 here, a pixel ends at 1e-4 of its light, and an off-centre
camera holds the slope of what lies far outside its frame elsewhere (tests/double/test_contract.py has the tolerances).
Its backward pass adds by atomics: the same seed does not give the same bytes, as it does on the processor.

What was copied to the device is overwritten when it is closed, and the memory goes back to the driver.  Best effort, as
on the processor: what torch and gsplat made on the way was only let go.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import numpy as np
from numpy.typing import NDArray

from stagedoor.worker.double.backend import BackendError, Colour, Gradients
from stagedoor.worker.double.camera import Camera
from stagedoor.worker.double.gpu import look
from stagedoor.worker.double.gsplat_layout import FIXED, LEAVES, drawn_how, leaves_of, lens_matrix, rows_of, view_matrix
from stagedoor.worker.double.names import CUDA
from stagedoor.worker.double.project import SH0, Floats
from stagedoor.worker.double.raster import ALPHA_MAX
from stagedoor.worker.double.render import view_of
from stagedoor.worker.double.sh import COEFFICIENTS
from stagedoor.worker.double.splats import Splats

Tensor = Any
"""A torch tensor: torch is no dependency, so its types are not known here."""

SAID_MAX = 300
"""Characters of a compiler's last line that are told; a build's whole text is megabytes."""
TRIED_TOLERANCE = 0.02
"""How far the one splat of a try may be from what it must be: a wrong model, not rounding, is off by more."""


class Torch:
    """torch on one device and gsplat's rasterization: what both drawing and fitting stand on."""

    def __init__(self, torch: Any, rasterization: Callable[..., Any], device: str) -> None:
        self.torch, self.device, self._rasterization = torch, torch.device(device), rasterization

    def up(self, array: NDArray[Any]) -> Tensor:
        """A copy on the device."""
        return self.torch.tensor(array, device=self.device)

    def raster(
        self,
        given: Mapping[str, Tensor],
        sight: tuple[Tensor, Tensor],
        size: tuple[int, int],
        background: Tensor,
        *,
        antialiased: bool,
    ) -> tuple[Tensor, Tensor]:
        """[H,W,3] over `background` [3] and [H,W].  given: what `activated` made; sight: view [4,4] and lens [3,3]."""
        width, height = size
        colours, cover, _ = self._rasterization(
            **given,
            viewmats=sight[0][None],
            Ks=sight[1][None],
            width=width,
            height=height,
            backgrounds=background[None],
            **FIXED,
            **drawn_how(antialiased=antialiased),
        )
        return colours[0], cover[0, ..., 0]

    def activated(self, leaves: Mapping[str, Tensor], degree: int) -> dict[str, Any]:
        """Trained numbers as gsplat draws them, with colour up to a degree; gradients flow through."""
        opacity = self.torch.sigmoid(leaves["opacity_logits"])
        # Held where ours is: gsplat ends a pixel before the splat that would leave it 1e-4 of its light, so one of
        # 0.999 could hide a tenth.  The gradient flows as if it were not held, or the opaque would stay so for ever.
        opacity = opacity - (opacity - float(ALPHA_MAX)).clamp(min=0.0).detach()
        colour: Tensor = leaves["colours"]
        if degree:
            bands = leaves["rest"][:, : COEFFICIENTS[degree]]
            colour = self.torch.cat([colour[:, None], bands], dim=1)
        else:
            # As colours, not as harmonics: what does not hang on the direction is not held at 0 here.
            colour = float(SH0) * colour + 0.5
        return {
            "means": leaves["means"],
            "quats": leaves["quats"],
            "scales": self.torch.exp(leaves["log_scales"]),
            "opacities": opacity,
            "colors": colour,
            "sh_degree": degree or None,
        }

    def forget(self, *tensors: Tensor) -> None:
        """Overwrites them and gives free memory back to the driver."""
        with self.telling("giving memory back"), self.torch.no_grad():
            for tensor in tensors:
                tensor.zero_()
            if self.device.type == "cuda":
                self.torch.cuda.synchronize(self.device)
                self.torch.cuda.empty_cache()

    @contextmanager
    def telling(self, doing: str) -> Iterator[None]:
        """Faults of torch and CUDA as BackendError; their texts, which could quote numbers, stay here."""
        try:
            yield
        except RuntimeError as fault:
            raise BackendError(
                f"CUDA failed at {doing} ({type(fault).__name__}); fewer Gaussians or smaller frames need less memory"
            ) from None


class CudaHeld:
    """A double in the device's memory."""

    def __init__(self, on: Torch, splats: Splats) -> None:
        self._on, self._antialiased = on, splats.antialiased
        with on.telling("taking a double in"), on.torch.no_grad():
            leaves = {name: on.up(array) for name, array in leaves_of(splats.packed(), splats.packed_rest()).items()}
            made = on.activated(leaves, splats.degree)
            on.forget(*(leaf for name, leaf in leaves.items() if leaf is not made.get(name)))
        self._given: dict[str, Any] = made

    def draw(self, camera: Camera, background: Colour) -> tuple[Floats, Floats]:
        """As Held."""
        with self._on.telling("drawing"), self._on.torch.no_grad():
            picture, cover = self._drawn(camera, background)
            return picture.cpu().numpy(), cover.cpu().numpy()

    def frame(self, camera: Camera, background: Colour) -> NDArray[np.uint8]:
        """As Held; made bytes on the device, so that a quarter travels."""
        with self._on.telling("drawing"), self._on.torch.no_grad():
            picture, _ = self._drawn(camera, background)
            whole = (picture.clamp(0.0, 1.0) * 255.0 + 0.5).floor().to(self._on.torch.uint8)
            return np.asarray(whole.cpu().numpy(), np.uint8)

    def close(self) -> None:
        """As Held."""
        given, self._given = self._given, {}
        self._on.forget(*(tensor for tensor in given.values() if tensor is not None and not isinstance(tensor, int)))

    def _drawn(self, camera: Camera, background: Colour) -> tuple[Tensor, Tensor]:
        if not self._given:
            raise BackendError("this double was closed: it is drawn no more")
        camera = view_of(camera, camera.width, camera.height)
        sight = (self._on.up(view_matrix(camera)), self._on.up(lens_matrix(camera)))
        ground = self._on.up(np.array(background, np.float32))
        size = (camera.width, camera.height)
        return self._on.raster(self._given, sight, size, ground, antialiased=self._antialiased)


class CudaDrawing:
    """As Backend, but for fitting, which cuda_fit.py adds."""

    name = CUDA

    def __init__(self, on: Torch) -> None:
        self.on = on

    def hold(self, splats: Splats) -> CudaHeld:
        """As Backend."""
        return CudaHeld(self.on, splats)

    def gradients(self, splats: Splats, camera: Camera, background: Colour, pixels: Floats) -> Gradients:
        """As Backend."""
        on = self.on
        with on.telling("taking gradients"):
            arrays = leaves_of(splats.packed(), splats.packed_rest())
            leaves = {name: on.up(array).requires_grad_() for name, array in arrays.items()}
            sight = (on.up(view_matrix(camera)), on.up(lens_matrix(camera)))
            ground, aims = on.up(np.array(background, np.float32)), on.up(np.asarray(pixels, np.float32))
            made = on.activated(leaves, splats.degree)
            size = (camera.width, camera.height)
            picture, _ = on.raster(made, sight, size, ground, antialiased=splats.antialiased)
            (picture * aims).sum().backward()
            got = {name: np.zeros_like(arrays[name]) for name in LEAVES}
            got |= {name: leaf.grad.cpu().numpy() for name, leaf in leaves.items() if leaf.grad is not None}
            on.forget(*leaves.values())
        params, rest = rows_of(got)
        return Gradients(params=params, rest=rest)

    def bytes_held(self) -> int:
        """As Backend: what torch has allocated on the device."""
        return int(self.on.torch.cuda.memory_allocated(self.on.device)) if self.on.device.type == "cuda" else 0

    def tried(self) -> None:
        """Draws one splat and looks at it.  Raises BackendError if it is not what it must be."""
        one = np.zeros((14, 1), np.float32)
        one[3:6], one[6], one[11:14, 0] = np.log(0.2), 1.0, (1.0, 0.0, -1.0)
        pose = np.eye(4)
        pose[2, 3] = 4.0
        camera = Camera(fx=32, fy=32, cx=16.5, cy=16.5, width=33, height=33, world_to_camera=pose)
        held = self.hold(Splats.unpacked(one))
        try:
            picture, cover = held.draw(camera, (0.0, 0.0, 0.0))
        finally:
            held.close()
        # An opacity of a half at the middle pixel's centre, where the Gaussian is 1; the corner is bare.
        must = 0.5 * (0.5 + float(SH0) * np.array([1.0, 0.0, -1.0]))
        off = max(float(np.abs(picture[16, 16] - must).max()), abs(float(cover[16, 16]) - 0.5), float(cover[0, 0]))
        if not off < TRIED_TOLERANCE:
            raise BackendError(f"gsplat drew one splat wrongly here, off by {off:.3f}: this build of it cannot be used")


def load_kernels() -> None:
    """gsplat's kernels, compiled if they were not yet; so that a compiler's fault is told in its own words, at once.

    Raises BackendError.
    """
    try:
        kernels = getattr(importlib.import_module("gsplat.cuda._backend"), "_C", None)
    except (ImportError, OSError, RuntimeError) as fault:
        last = (str(fault).strip().splitlines() or [type(fault).__name__])[-1]
        raise BackendError(f"gsplat's kernels cannot be compiled or loaded here: {last[:SAID_MAX]}") from fault
    if kernels is None:
        raise BackendError("gsplat's kernels are not here, and it found no CUDA compiler (nvcc) to make them")


def torch_on_cuda() -> Torch:
    """torch and gsplat on the first CUDA device.  Raises BackendError, which says what is missing."""
    lack = look().lack()
    if lack:
        raise BackendError(f"CUDA cannot be used here: {lack}")
    load_kernels()
    return Torch(importlib.import_module("torch"), importlib.import_module("gsplat.rendering").rasterization, "cuda:0")
