"""Recipes fit-splats and fit-previewed: a capture becomes a replica, sealed under a key of its own.

The data key is made here, split here and wiped here: each share is sealed to its custodian with a note that this worker
signs, so that the custodian pins the replica to the capture it descends from and to the performer it already knows.
"""

from __future__ import annotations

import math
import os
from collections.abc import Callable
from typing import TYPE_CHECKING, BinaryIO, TypeVar

from stagedoor.core.facts.permit import Output, Setting
from stagedoor.seal import seal_stream, seal_to, split, wipe
from stagedoor.wire import blobs, container
from stagedoor.wire.envelopes import (
    DEPOSIT,
    DEPOSIT_NOTE,
    DepositNote,
    deposit_binding,
    pack_deposit,
    replica_deposit,
)
from stagedoor.worker.identity import Identity
from stagedoor.worker.job import Job, Made, Plan, Sealed, WorkError, measured_backend, wipe_arrays
from stagedoor.worker.preview import Previews

if TYPE_CHECKING:
    from stagedoor.capture.read import Capture
    from stagedoor.worker.double.train import TrainResult

Result = TypeVar("Result")


def fit_splats(job: Job, identity: Identity) -> Made:
    """Train, seal, split.  A lease that ends before the replica is sealed leaves nothing made."""
    from stagedoor.worker.formats.ply import write_ply

    shown: list[Output] = []
    try:
        result = _trained(job, shown)
    except WorkError:
        if not shown:
            raise
        return _stopped(shown)
    splats = result.splats
    try:
        if not job.lease.live():
            return _stopped(shown)
        sealed = seal_replica(job, bytearray(write_ply(splats)), identity)
        if job.resume is not None:
            job.resume.drop()
        measures = (
            *quality(result.psnr_whole_db, result.psnr_head_db),
            Setting(name="gaussians", value=len(splats)),
            Setting(name="iterations", value=result.iterations),
            Setting(name="general_head", value=int(result.leaned)),
            measured_backend(job.backend),
        )
    finally:
        wipe_arrays(splats.means, splats.log_scales, splats.quats, splats.opacity_logits, splats.colours, splats.rest)
    return Made(units=1, outputs=tuple(shown), measures=measures, sealed=sealed, whole=True)


def _stopped(shown: list[Output]) -> Made:
    """Nothing was made; the previews that were shown until then are told."""
    return Made(units=0, outputs=tuple(shown), measures=(), sealed=None, whole=False)


def seal_replica(job: Job, replica: bytearray, identity: Identity) -> Sealed:
    """The replica into the blob folder, sealed; its key into envelopes.  `replica` is wiped."""
    asset = job.plan.order.result_asset
    key = bytearray(os.urandom(32))
    size = 0

    def seal_into(file: BinaryIO) -> str:
        nonlocal size
        summary = seal_stream(replica, file, key=key, context=asset.encode("ascii"))
        size = summary.bytes_sealed
        return summary.sha256_sealed

    try:
        path = blobs.keep(job.blobs, seal_into)
        envelopes = share_out(key, job.plan, identity)
    finally:
        wipe(key, replica)
    return Sealed(sha256=path.stem, size=size, envelopes=envelopes)


def share_out(key: bytearray, plan: Plan, identity: Identity) -> dict[str, bytes]:
    """One share to each custodian, each with its signed note."""
    shares = split(key)
    envelopes: dict[str, bytes] = {}
    try:
        for share, (custodian, seal_key) in zip(shares, identity.custodians.items(), strict=True):
            asset, parent, performer = plan.order.result_asset, plan.order.asset, plan.permit.performer
            message = replica_deposit(
                asset=asset,
                custodian=custodian,
                parent=parent,
                performer=performer,
                worker=identity.worker,
                share=share,
            )
            note = DepositNote(
                asset=asset,
                custodian=custodian,
                performer=performer,
                performer_key="",
                parent=parent,
                worker=identity.worker,
                worker_signature=identity.signing.sign(DEPOSIT_NOTE, message),
            )
            plain = pack_deposit(share, note)
            binding = deposit_binding(asset=asset, custodian=custodian)
            try:
                envelopes[custodian] = seal_to(seal_key, plain, purpose=DEPOSIT, bound_to=binding)
            finally:
                wipe(plain)
    finally:
        wipe(*shares)
    return envelopes


def trained(job: Job, run: Callable[[Capture, bytearray | None], Result]) -> Result:
    """`run` on the opened capture, from where an earlier run of this order stood, or from the start if that is of no
    use.  The capture is wiped.  Raises WorkError."""
    from stagedoor.capture.errors import CaptureError
    from stagedoor.capture.read import parse
    from stagedoor.worker.double.state import StateError

    try:
        capture = parse(container.read(job.plaintext))
    except (container.ContainerError, CaptureError) as fault:
        # What is wrong with a capture can quote it (a file's name): only the kind of fault leaves this process.
        raise WorkError(f"the capture cannot be read: {type(fault).__name__}") from None
    finally:
        wipe(job.plaintext)
    state = job.resume.load() if job.resume is not None else None
    try:
        try:
            return run(capture, state)
        except StateError:
            return run(capture, None)
    except ValueError as fault:  # masks that have no point in common are one
        raise WorkError(f"no replica can be made of the capture: {type(fault).__name__}") from None
    finally:
        wipe_arrays(capture.images)
        if state is not None:
            wipe(state)


def quality(whole_db: float, head_db: float) -> tuple[Setting, ...]:
    """As whole numbers: thousandths of a decibel.  A capture without held-out views has no PSNR to tell."""
    told = {"psnr_whole_millidb": whole_db, "psnr_head_millidb": head_db}
    return tuple(Setting(name=name, value=round(db * 1000)) for name, db in told.items() if math.isfinite(db))


def _trained(job: Job, shown: list[Output]) -> TrainResult:
    """The double; `shown` is told the previews of it."""
    from stagedoor.worker.double.backend import BackendError
    from stagedoor.worker.double.backends import choose
    from stagedoor.worker.double.train import TrainSettings, train

    values = job.plan.settings
    settings = TrainSettings(
        gaussians=values["gaussians"],
        iterations=values["iterations"],
        seed=values["seed"],
        gaussians_max=values["gaussians_max"] or None,
        degree=values["degree"],
        threads=values["threads"] or None,
    )

    def run(capture: Capture, state: bytearray | None) -> TrainResult:
        previews = Previews(job, capture, shown) if "previews" in values else None
        return train(
            capture,
            settings=settings,
            progress=lambda done, of, _loss: job.progress(done, of),
            should_stop=lambda: not job.lease.live(),
            resume=state,
            keep=None if job.resume is None else job.resume.keep,
            backend=choose(job.backend),
            preview=None if previews is None else previews.show,
        )

    try:
        return trained(job, run)
    except BackendError as fault:
        raise WorkError(str(fault)) from None
