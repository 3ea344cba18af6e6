"""Recipes fit-splats and fit-previewed: a capture becomes a replica, sealed under a key of its own.

The data key is made here, split here and wiped here: each share is sealed to its custodian with a note that this worker
signs, so that the custodian pins the replica to the capture it descends from and to the performer it already knows.
"""

from __future__ import annotations

import math
import os
from typing import TYPE_CHECKING, Any, BinaryIO

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
from stagedoor.worker.job import Job, Made, Plan, Sealed, WorkError, wipe_arrays
from stagedoor.worker.preview import Previews

if TYPE_CHECKING:
    from stagedoor.capture.read import Capture
    from stagedoor.worker.double.train import TrainResult, TrainSettings


def fit_splats(job: Job, identity: Identity) -> Made:
    """Train, seal, split.  A lease that ends before the replica is sealed leaves nothing made."""
    from stagedoor.worker.formats.ply import write_ply

    result, shown = _trained(job)
    splats = result.splats
    try:
        if not job.lease.live():
            return Made(units=0, outputs=shown, measures=(), sealed=None, whole=False)
        sealed = seal_replica(job, bytearray(write_ply(splats)), identity)
        if job.resume is not None:
            job.resume.drop()
        measures = _measures(result, len(splats))
    finally:
        wipe_arrays(splats.means, splats.log_scales, splats.quats, splats.opacity_logits, splats.colours, splats.rest)
    return Made(units=1, outputs=shown, measures=measures, sealed=sealed, whole=True)


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


def _trained(job: Job) -> tuple[TrainResult, tuple[Output, ...]]:
    """The double, and the previews that were shown of it."""
    from stagedoor.capture.errors import CaptureError
    from stagedoor.capture.read import parse
    from stagedoor.worker.double.train import TrainSettings

    values = job.plan.settings
    try:
        capture = parse(container.read(job.plaintext))
    except (container.ContainerError, CaptureError) as fault:
        # What is wrong with a capture can quote it (a file's name): only the kind of fault leaves this process.
        raise WorkError(f"the capture cannot be read: {type(fault).__name__}") from None
    finally:
        wipe(job.plaintext)
    settings = TrainSettings(
        gaussians=values["gaussians"],
        iterations=values["iterations"],
        seed=values["seed"],
        degree=values["degree"],
        threads=values["threads"] or None,
    )
    state = job.resume.load() if job.resume is not None else None
    previews = Previews(job, capture) if "previews" in values else None
    try:
        result = _gone_on(job, capture, settings, state, previews)
        return result, () if previews is None else tuple(previews.outputs)
    finally:
        wipe_arrays(capture.images)
        if state is not None:
            wipe(state)


def _gone_on(
    job: Job, capture: Capture, settings: TrainSettings, state: bytearray | None, previews: Previews | None
) -> TrainResult:
    """The training from where an earlier run of this order stood, or from the start if that is of no use."""
    from stagedoor.worker.double.state import StateError
    from stagedoor.worker.double.train import train

    def run(resume: bytearray | None) -> TrainResult:
        return train(
            capture,
            settings=settings,
            progress=lambda done, of, _loss: job.progress(done, of),
            should_stop=lambda: not job.lease.live(),
            resume=resume,
            keep=None if job.resume is None else job.resume.keep,
            preview=None if previews is None else previews.show,
        )

    try:
        return run(state)
    except StateError:
        return run(None)


def _measures(result: TrainResult, gaussians: int) -> tuple[Setting, ...]:
    """Quality as whole numbers: thousandths of a decibel.  A capture without held-out views has no PSNR to tell."""
    told: dict[str, Any] = {"psnr_whole_millidb": result.psnr_whole_db, "psnr_head_millidb": result.psnr_head_db}
    psnr = [Setting(name=name, value=round(db * 1000)) for name, db in told.items() if math.isfinite(db)]
    return (
        *psnr,
        Setting(name="gaussians", value=gaussians),
        Setting(name="iterations", value=result.iterations),
    )
