"""What a training may be asked, and how it is scheduled: by the step, never by the clock, for every backend alike."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from stagedoor.capture.read import Capture
from stagedoor.worker.double.camera import Camera
from stagedoor.worker.double.project import PARAMETERS, Floats
from stagedoor.worker.double.sh import COEFFICIENTS
from stagedoor.worker.double.splats import GAUSSIANS_MAX

BLACK = np.zeros(3, np.float32)
DEGREE_EVERY = 0.1
"""Share of the run between one degree of colour and the next: what is the same from everywhere is learned first."""
RESEED_UNTIL = 0.7
"""Share of the run after which Gaussians stay: the newly moved need time to settle."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TrainSettings:
    """What training may be asked.  `iterations` decides the time and `seed` every draw of chance.

    Rates are Adam's, per step, at the start: rate_mean in half-boxes of the hull, the others in the parameter's own
    units; all fall exponentially to rate_end of themselves.  They are high: a few hundred steps must do.
    `structure` is the share of the loss by structure (structure.py), the rest being the absolute error.
    `left_out` is the share of Gaussians that each step does without where views are few (GAP_DEG in rounding.py), so
    that none learns a view by heart, twice of it where they are very few
    (begin.py); the double is that much fainter in the end, as the mean of those that were drawn.
    `lean` is whether the start leans on the shape of heads in general where views are very few (bust_fit.py).
    `antialiased` is how the double is drawn, in training and ever after (project.py).
    `gaussians` is the number at the start, and to the end unless `gaussians_max` lets it grow.
    `degree` is that of the spherical harmonics; each degree joins after another DEGREE_EVERY of the run.
    `threads` None takes what the machine has, at most four; it changes the time and never the result.
    """

    gaussians: int = 10_000
    gaussians_max: int | None = None
    iterations: int = 2_000
    seed: int = 1
    threads: int | None = None
    reseed_every: int = 100
    reseed_share: float = 0.02
    rate_mean: float = 1e-3
    rate_scale: float = 0.16
    rate_quat: float = 6e-2
    rate_opacity: float = 3e-2
    rate_colour: float = 1.6e-2
    rate_end: float = 0.06
    degree: int = 0
    rate_rest: float = 2e-3
    structure: float = 0.2
    left_out: float = 0.2
    lean: bool = True
    antialiased: bool = True

    def __post_init__(self) -> None:
        if not 0 <= self.degree < len(COEFFICIENTS):
            raise ValueError(f"a colour's degree is 0 to {len(COEFFICIENTS) - 1}")
        if not 0.0 <= self.structure <= 1.0 or not 0.0 <= self.left_out < 1.0:
            raise ValueError("the loss by structure has a share of 0 to 1, and fewer than all Gaussians are left out")
        if not 1 <= self.gaussians <= GAUSSIANS_MAX or self.iterations < 1:
            raise ValueError(
                f"training wants at least one iteration and at least one Gaussian, at most {GAUSSIANS_MAX}"
            )
        if self.gaussians_max is not None and not self.gaussians <= self.gaussians_max <= GAUSSIANS_MAX:
            raise ValueError(f"a double grows from `gaussians` to `gaussians_max`, at most {GAUSSIANS_MAX}")
        if (
            self.reseed_every < 1
            or not 0.0 <= self.reseed_share < 0.5
            or (self.threads is not None and self.threads < 1)
        ):
            raise ValueError("training wants at least one thread, one step between reseedings, and under half reseeded")


FINE = TrainSettings(iterations=2_000, degree=3)
"""About 24 processor seconds at 256 px: 40.6 dB whole frame and 36.7 dB head on the head scan."""
FAST = TrainSettings(iterations=300, degree=1, reseed_share=0.0)
"""About 4 s, for tests and demonstrations in a hurry."""


def camera_of(capture: Capture, view: int) -> Camera:
    """The camera of one view."""
    return Camera(
        fx=capture.fx,
        fy=capture.fy,
        cx=capture.cx,
        cy=capture.cy,
        width=capture.width,
        height=capture.height,
        world_to_camera=capture.world_to_camera[view],
    )


def run_text(settings: TrainSettings, views: int) -> str:
    """What makes a run this one: its settings, but for what changes nothing, and how many views it has."""
    return f"{replace(settings, threads=None)} on {views} views"


def degree_at(settings: TrainSettings, step: int) -> int:
    """The degree of colour that this step trains."""
    return min(settings.degree, int(step / (DEGREE_EVERY * settings.iterations)))


def rates_at(settings: TrainSettings, extent: float, step: int) -> Floats:
    """The 14 learning rates at a step: an exponential fall from the settings' to rate_end of them.

    `extent` is half the hull's box in world units.
    """
    fall = settings.rate_end ** (step / settings.iterations)
    rates = np.empty(PARAMETERS, np.float32)
    rates[0:3] = settings.rate_mean * extent * fall
    rates[3:6] = settings.rate_scale * fall
    rates[6:10] = settings.rate_quat * fall
    rates[10] = settings.rate_opacity * fall
    rates[11:14] = settings.rate_colour * fall
    return rates
