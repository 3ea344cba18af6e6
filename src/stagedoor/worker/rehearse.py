"""Recipe fit-performance: a capture with several expressions becomes a replica that moves, sealed as any replica is."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Final

from stagedoor.core.facts.permit import Setting
from stagedoor.seal import wipe
from stagedoor.wire import container
from stagedoor.worker.double.names import CPU
from stagedoor.worker.fit import seal_replica
from stagedoor.worker.identity import Identity
from stagedoor.worker.job import Job, Made, WorkError, measured_backend, wipe_arrays

if TYPE_CHECKING:
    from stagedoor.worker.perform.fit import PerformResult

SETTINGS: Final = {
    "gaussians": (1, 1_000_000),  # on the skin; a fifth more lie under it
    "rest_iterations": (1, 1_000_000),  # on the face at rest alone
    "iterations": (1, 1_000_000),  # then on all expressions
    "seed": (0, (1 << 53) - 1),
    "threads": (0, 64),  # 0: as many as are worth using
}
"""What this recipe takes, each with its smallest and largest value."""


def fit_performance(job: Job, identity: Identity) -> Made:
    """Fit, seal, split.  A lease that ends before the replica is sealed leaves nothing made."""
    result = _learned(job)
    try:
        if not job.lease.live():
            return Made(units=0, outputs=(), measures=(), sealed=None, whole=False)
        sealed = seal_replica(job, bytearray(result.performer.to_bytes()), identity)
        measures = _measures(result)
    finally:
        wipe_arrays(*result.performer.arrays())
    return Made(units=1, outputs=(), measures=measures, sealed=sealed, whole=True)


def _learned(job: Job) -> PerformResult:
    from stagedoor.capture.errors import CaptureError
    from stagedoor.worker.double.train import TrainSettings
    from stagedoor.worker.perform.captured import parse_expressions
    from stagedoor.worker.perform.errors import PerformError
    from stagedoor.worker.perform.fit import train_performance
    from stagedoor.worker.perform.settings import PerformSettings

    values = job.plan.settings
    try:
        captures = parse_expressions(container.read(job.plaintext))
    except (container.ContainerError, CaptureError, PerformError) as fault:
        # What is wrong with a capture can quote it (a file's name): only the kind of fault leaves this process.
        raise WorkError(f"the capture cannot be read: {type(fault).__name__}") from None
    finally:
        wipe(job.plaintext)
    rest = TrainSettings(
        gaussians=values["gaussians"],
        iterations=values["rest_iterations"],
        seed=values["seed"],
        threads=values["threads"] or None,
    )
    try:
        return train_performance(
            captures,
            settings=PerformSettings(rest=rest, iterations=values["iterations"]),
            progress=lambda done, of, _loss: job.progress(done, of),
            should_stop=lambda: not job.lease.live(),
        )
    except (PerformError, ValueError) as fault:
        raise WorkError(f"no performance can be learned from the capture: {type(fault).__name__}") from None
    finally:
        wipe_arrays(*(capture.images for capture in captures.values()))


def _measures(result: PerformResult) -> tuple[Setting, ...]:
    """As whole numbers; PSNR in thousandths of a decibel, over every expression that has held-out views."""
    heads = [score.head_db for score in result.scores if math.isfinite(score.head_db)]
    psnr = (Setting(name="psnr_head_millidb", value=round(sum(heads) / len(heads) * 1000)),) if heads else ()
    return (
        *psnr,
        Setting(name="gaussians", value=len(result.performer.neutral)),
        Setting(name="controls", value=len(result.performer.controls)),
        Setting(name="iterations", value=result.iterations),
        measured_backend(CPU),  # no other backend learns to move a face
    )
