"""Recipe fit-field: a capture becomes a radiance field, sealed as any replica is; a killed fit goes on."""

from __future__ import annotations

from typing import TYPE_CHECKING

from stagedoor.core.facts.permit import Setting
from stagedoor.worker.double.names import CPU
from stagedoor.worker.fit import quality, seal_replica, trained
from stagedoor.worker.identity import Identity
from stagedoor.worker.job import Job, Made, measured_backend, wipe_arrays

if TYPE_CHECKING:
    from stagedoor.capture.read import Capture
    from stagedoor.worker.field.train import FieldResult


def fit_field(job: Job, identity: Identity) -> Made:
    """Train, seal, split.  A lease that ends before the replica is sealed leaves nothing made."""
    result = _trained(job)
    field = result.field
    try:
        if not job.lease.live():
            return Made(units=0, outputs=(), measures=(), sealed=None, whole=False)
        sealed = seal_replica(job, bytearray(field.to_bytes()), identity)
        if job.resume is not None:
            job.resume.drop()
        measures = (
            *quality(result.psnr_whole_db, result.psnr_head_db),
            Setting(name="entries", value=len(field.table)),
            Setting(name="iterations", value=result.iterations),
            measured_backend(CPU),
        )
    finally:
        wipe_arrays(*field.arrays())
    return Made(units=1, outputs=(), measures=measures, sealed=sealed, whole=True)


def _trained(job: Job) -> FieldResult:
    from stagedoor.worker.field.grid import GridShape
    from stagedoor.worker.field.train import FieldSettings, train_field

    values = job.plan.settings
    settings = FieldSettings(
        shape=GridShape(table_log2=values["table_log2"]),
        rays=values["rays"],
        iterations=values["iterations"],
        steps=values["steps"],
        seed=values["seed"],
        threads=values["threads"] or None,
    )

    def run(capture: Capture, state: bytearray | None) -> FieldResult:
        return train_field(
            capture,
            settings=settings,
            progress=lambda done, of, _loss: job.progress(done, of),
            should_stop=lambda: not job.lease.live(),
            resume=state,
            keep=None if job.resume is None else job.resume.keep,
        )

    return trained(job, run)
