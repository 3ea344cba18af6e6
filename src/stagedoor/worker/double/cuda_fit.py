"""Training on CUDA: the loss, schedule, rates and densification of train.py by torch's Adam and gsplat's gradients.

Every draw of chance is the processor's (numpy's generator, in the same order), so that both begin alike and look at the
same views on the same backgrounds; rounding, and sums in no fixed order, part them from there.
"""

from __future__ import annotations

from typing import Any, SupportsFloat, cast

import numpy as np

from stagedoor.capture.read import Capture
from stagedoor.worker.double.adam import COLOUR_MAX, COLOUR_MIN, KEEP_MEAN, KEEP_SQUARE, TINY
from stagedoor.worker.double.backend import BackendError
from stagedoor.worker.double.begin import drawn_ones, first_guess, left_out_of, one_exposure
from stagedoor.worker.double.cuda import CudaDrawing, Tensor, Torch, torch_on_cuda
from stagedoor.worker.double.gsplat_layout import LEAVES, ROWS, leaves_of, lens_matrix, rows_of, view_matrix
from stagedoor.worker.double.hull import visual_hull
from stagedoor.worker.double.pool import Pool
from stagedoor.worker.double.project import PARAMETERS, Floats
from stagedoor.worker.double.relocate import SPLIT, relocation
from stagedoor.worker.double.settings import (
    BLACK,
    RESEED_UNTIL,
    TrainSettings,
    camera_of,
    degree_at,
    rates_at,
    run_text,
)
from stagedoor.worker.double.sh import COEFFICIENTS
from stagedoor.worker.double.splats import Splats
from stagedoor.worker.double.state import State, pack, unpack_of
from stagedoor.worker.double.structure import C1, C2, REACH, WINDOW


class CudaFitting:
    """One training run on the device: as Fitting."""

    def __init__(
        self, on: Torch, capture: Capture, settings: TrainSettings, chance: np.random.Generator, pool: Pool
    ) -> None:
        if settings.gaussians_max is not None:
            raise BackendError("a double does not grow in number on CUDA: order as many Gaussians as it is to have")
        self._on, self._settings, self._chance = on, settings, chance
        hull = visual_hull(capture, pool=pool, lean=settings.lean)
        params = first_guess(hull, settings.gaussians, chance)
        rest = np.zeros((3 * COEFFICIENTS[settings.degree], settings.gaussians), np.float32)
        self._extent = hull.voxel * 64
        self.leaned = hull.leaned
        self._left_out = left_out_of(capture, hull, settings.left_out)
        self._size = (capture.width, capture.height)
        cameras = [camera_of(capture, view) for view in capture.views("train")]
        with on.telling("taking a capture in"):
            self._views = on.up(np.stack([view_matrix(camera) for camera in cameras]))
            self._lens = on.up(lens_matrix(cameras[0]))
            views = one_exposure(capture, hull)
            self._pictures = on.up(views)
            views[...] = 0  # a copy of the capture's own
            self._begin(leaves_of(params, rest))
        self._queue: list[int] = []

    def _begin(self, arrays: dict[str, Floats]) -> None:
        """Leaves, their gradients and Adam's moments, in memory that is then kept to the end."""
        on = self._on
        self._leaves = {name: on.up(array).requires_grad_() for name, array in arrays.items()}
        trained = {name: leaf for name, leaf in self._leaves.items() if leaf.numel()}
        for leaf in trained.values():
            leaf.grad = on.torch.zeros_like(leaf)
        self._adam = on.torch.optim.Adam(
            [{"params": [leaf], "name": name} for name, leaf in trained.items()],
            betas=(float(KEEP_MEAN), float(KEEP_SQUARE)),
            eps=float(TINY),
            fused=True,
        )
        for leaf in trained.values():
            self._adam.state[leaf] = {
                "step": on.torch.zeros((), dtype=on.torch.float32, device=on.device),
                "exp_avg": on.torch.zeros_like(leaf),
                "exp_avg_sq": on.torch.zeros_like(leaf),
            }

    def step(self, step: int) -> SupportsFloat:
        """As Fitting; the error stays on the device until it is asked for, so that nothing waits."""
        on, settings = self._on, self._settings
        if not self._queue:
            self._queue = [int(view) for view in self._chance.permutation(len(self._views))]
        view = self._queue.pop()
        background = self._chance.random(3, dtype=np.float32) if step % 2 else BLACK
        self._set_rates(step)
        with on.telling("training"):
            ground = on.up(background)
            made = on.activated(self._leaves, degree_at(settings, step))
            if self._left_out:
                drawn_now = self._chance.random(settings.gaussians) >= self._left_out
                made["opacities"] = made["opacities"] * on.up(drawn_now.astype(np.float32))
            sight = (self._views[view], self._lens)
            drawn, _ = on.raster(made, sight, self._size, ground, antialiased=settings.antialiased)
            picture = self._pictures[view].to(on.torch.float32) / 255.0
            cover = picture[..., 3:]
            truth = picture[..., :3] * cover + (1.0 - cover) * ground
            error = (drawn - truth).abs().sum()
            loss = error
            if settings.structure:
                unlike = unlikeness(on.torch, drawn, truth)
                loss = (1.0 - settings.structure) * error + settings.structure * unlike
            # To zero and not to None: moments of what this step does not touch fade, as they do on the processor.
            self._adam.zero_grad(set_to_none=False)
            loss.backward()
            self._adam.step()
            with on.torch.no_grad():
                self._leaves["colours"].clamp_(float(COLOUR_MIN), float(COLOUR_MAX))
            if step % settings.reseed_every == 0 and step <= RESEED_UNTIL * settings.iterations:
                self.reseed()
            width, height = self._size
            return cast("SupportsFloat", error.detach() / (3 * width * height))

    def _set_rates(self, step: int) -> None:
        rates = rates_at(self._settings, self._extent, step)
        fall = self._settings.rate_end ** (step / self._settings.iterations)
        for group in self._adam.param_groups:
            name = group["name"]
            group["lr"] = self._settings.rate_rest * fall if name == "rest" else float(rates[ROWS[name][0]])

    def reseed(self) -> None:
        """As Trainer.reseed: which move is decided by the same function on the processor."""
        on, leaves = self._on, self._leaves
        moves = relocation(
            logits=_down(leaves["opacity_logits"]),
            log_scales=_down(leaves["log_scales"]).T,
            pulls=_down(self._moment("means", "exp_avg_sq")).T,
            colour_pulls=_down(self._moment("colours", "exp_avg_sq")).T,
            share=self._settings.reseed_share,
            chance=self._chance,
        )
        if moves is None:
            return
        moved, chosen = on.up(moves.moved), on.up(moves.chosen)
        with on.torch.no_grad():
            for leaf in leaves.values():
                leaf[moved] = leaf[chosen]
            leaves["means"][moved] += on.up(np.ascontiguousarray(moves.aside.T))
            for which in (moved, chosen):
                leaves["log_scales"][which] -= float(np.log(SPLIT))
                for kept in self._adam.state.values():
                    kept["exp_avg"][which] = 0.0
                    kept["exp_avg_sq"][which] = 0.0

    def _moment(self, name: str, which: str) -> Tensor:
        leaf = self._leaves[name]
        return self._adam.state[leaf][which] if leaf.numel() else leaf

    def splats(self) -> Splats:
        """As Fitting."""
        with self._on.telling("taking a double out"):
            rows = rows_of({name: _down(leaf) for name, leaf in self._leaves.items()})
            return drawn_ones(*rows, antialiased=self._settings.antialiased, left_out=self._left_out)

    def state(self, step: int) -> bytes:
        """As Fitting; of the same form as the processor's, and not to be mixed with it."""
        arrays: dict[str, Floats] = {}
        with self._on.telling("taking a state out"):
            arrays["params"], arrays["rest"] = rows_of({name: _down(leaf) for name, leaf in self._leaves.items()})
            for kind, which in (("means", "exp_avg"), ("squares", "exp_avg_sq")):
                held = {name: _down(self._moment(name, which)) for name in LEAVES}
                arrays[kind], arrays[f"rest_{kind}"] = rows_of(held)
        chance = dict(self._chance.bit_generator.state)
        return pack(State(step=step, queue=tuple(self._queue), chance=chance, settings=self._run(), arrays=arrays))

    def restore(self, data: bytes | bytearray) -> int:
        """As Fitting."""
        count, rest = self._settings.gaussians, 3 * COEFFICIENTS[self._settings.degree]
        rows = dict.fromkeys(("params", "means", "squares"), PARAMETERS)
        rows |= dict.fromkeys(("rest", "rest_means", "rest_squares"), rest)
        steps, views = self._settings.iterations, len(self._views)
        state = unpack_of(data, run=self._run(), steps=steps, views=views, rows=rows, counts=(count, count))
        self._chance.bit_generator.state = state.chance
        self._queue = list(state.queue)
        with self._on.telling("taking a state in"), self._on.torch.no_grad():
            for name, array in leaves_of(state.arrays["params"], state.arrays["rest"]).items():
                self._leaves[name].copy_(self._on.up(array))
            for kind, which in (("means", "exp_avg"), ("squares", "exp_avg_sq")):
                for name, array in leaves_of(state.arrays[kind], state.arrays[f"rest_{kind}"]).items():
                    self._moment(name, which).copy_(self._on.up(array))
            for kept in self._adam.state.values():
                kept["step"].fill_(float(state.step))
        return state.step

    def _run(self) -> str:
        return f"{run_text(self._settings, len(self._views))} by cuda"

    def close(self) -> None:
        """As Fitting."""
        kept = [one[which] for one in self._adam.state.values() for which in ("exp_avg", "exp_avg_sq")]
        grads = [leaf.grad for leaf in self._leaves.values() if leaf.grad is not None]
        self._on.forget(self._pictures, *self._leaves.values(), *kept, *grads)
        for leaf in self._leaves.values():
            leaf.grad = None
        self._adam.state.clear()
        self._adam.param_groups.clear()
        self._leaves.clear()
        del self._pictures, self._views, self._lens, kept, grads
        self._on.forget()


def unlikeness(torch: Any, drawn: Tensor, truth: Tensor) -> Tensor:
    """Sum of 1 - SSIM over pixels and colours of two pictures [H,W,3]: structure.py's, zero outside the frame."""
    window = torch.tensor(WINDOW, device=drawn.device)
    x, y = drawn.permute(2, 0, 1)[:, None], truth.permute(2, 0, 1)[:, None]

    def blurred(planes: Tensor) -> Tensor:
        across = torch.nn.functional.conv2d(planes, window[None, None, None, :], padding=(0, REACH))
        return torch.nn.functional.conv2d(across, window[None, None, :, None], padding=(REACH, 0))

    mu_x, mu_y = blurred(x), blurred(y)
    variances = blurred(x * x) - mu_x * mu_x + blurred(y * y) - mu_y * mu_y
    covariance = blurred(x * y) - mu_x * mu_y
    like = (2.0 * mu_x * mu_y + float(C1)) * (2.0 * covariance + float(C2))
    return (1.0 - like / ((mu_x * mu_x + mu_y * mu_y + float(C1)) * (variances + float(C2)))).sum()


def _down(tensor: Tensor) -> Floats:
    """A copy of its numbers on the processor."""
    return np.array(tensor.detach().cpu().numpy(), np.float32)


class CudaBackend(CudaDrawing):
    """As Backend."""

    def fitting(
        self, capture: Capture, settings: TrainSettings, chance: np.random.Generator, pool: Pool
    ) -> CudaFitting:
        """As Backend."""
        return CudaFitting(self.on, capture, settings, chance, pool)


def cuda_backend() -> CudaBackend:
    """CUDA, tried.  Raises BackendError, which says what is missing.

    The first time on a machine gsplat compiles its kernels for minutes, where it was not built already.
    """
    backend = CudaBackend(torch_on_cuda())
    backend.tried()
    return backend
