"""What draws splats and fits them, whatever does the arithmetic: the processor (cpu.py) or CUDA (cuda.py).

The oracle of both is reference.py; tests/double/test_contract.py holds every backend to it, with the tolerances that
stand there.  Which one a worker uses is its own setting (backends.py), never an order's.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol, SupportsFloat, TypeVar

import numpy as np
from numpy.typing import NDArray

from stagedoor.capture.read import Capture
from stagedoor.worker.double.camera import Camera
from stagedoor.worker.double.pool import Pool
from stagedoor.worker.double.project import Floats
from stagedoor.worker.double.splats import Splats

Colour = tuple[float, float, float]
"""Red, green, blue, 0 to 1."""

Settings_contra = TypeVar("Settings_contra", contravariant=True)
"""What a training may be asked (train.TrainSettings)."""


class BackendError(Exception):
    """A backend that is not to be had here, or that failed at its work.  The text holds nothing of the double."""


class Held(Protocol):
    """A double where it is drawn, until it is closed."""

    def draw(self, camera: Camera, background: Colour) -> tuple[Floats, Floats]:
        """The picture over `background`, float32 [H,W,3], not clamped, and what it covers, float32 [H,W], 0 to 1."""

    def frame(self, camera: Camera, background: Colour) -> NDArray[np.uint8]:
        """The same picture as bytes, uint8 [H,W,3], rounded to the nearest."""

    def close(self) -> None:
        """Overwrites what was copied to the device and gives its memory back.  Nothing is drawn afterwards."""


class Fitting(Protocol):
    """One training run.  `leaned`: whether its start leaned on the shape of heads in general (bust_fit.py)."""

    leaned: bool

    def step(self, step: int) -> SupportsFloat:
        """One view, one update, counted from 1; gives the view's mean absolute error, 0 to 1."""

    def splats(self) -> Splats:
        """The double as it stands, without the Gaussians that are too faint to be drawn."""

    def state(self, step: int) -> bytes:
        """Where the run stands after so many steps, as bytes."""

    def restore(self, data: bytes | bytearray) -> int:
        """Goes back to a state; gives the steps done.  Raises StateError, changing nothing, if it is another run's."""

    def close(self) -> None:
        """Overwrites what it holds and gives the memory back."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Gradients:
    """Of a number by a double's parameters: params [14,N] (rows as in project.py), rest [3K,N] (as in shade.py)."""

    params: Floats
    rest: Floats


class Backend(Protocol[Settings_contra]):
    """One way to draw and fit."""

    @property
    def name(self) -> str:
        """One of names.NAMES."""

    def hold(self, splats: Splats) -> Held:
        """Brings a double to where it is drawn; the caller closes it."""

    def gradients(self, splats: Splats, camera: Camera, background: Colour, pixels: Floats) -> Gradients:
        """Of sum(pixels * picture), `pixels` [H,W,3]: what a training step goes by, for who wants to check it."""

    def fitting(self, capture: Capture, settings: Settings_contra, chance: np.random.Generator, pool: Pool) -> Fitting:
        """Begins a training; the caller closes it."""

    def bytes_held(self) -> int:
        """Memory of the device, beyond the processor's own, that is taken now."""
