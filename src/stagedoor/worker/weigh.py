"""Recipe describe-weights: a LoRA or a voice is opened under a lease and counted; no weight leaves.

It is a call like any other that an engine would make of the model, asked for, permitted, keyed, metered and paid.  What
leaves are whole numbers, once as the receipt's measures and once as the one small file that the receipt names.
"""

from __future__ import annotations

import hashlib
import json

from stagedoor.core.facts.permit import Output, Setting
from stagedoor.seal import wipe
from stagedoor.wire.weights import WeightsDescription, WeightsError, WeightsKind, describe_weights
from stagedoor.worker.job import Job, Made, WorkError
from stagedoor.worker.stamp import MARK

NAME = "description.json"


def describe(job: Job) -> Made:
    """Count, write the counts, and count one call.  A lease that ends first leaves nothing made."""
    measures = counts(weighed(job.plaintext))
    if not job.lease.live():
        return Made(units=0, outputs=(), measures=(), sealed=None, whole=False)
    told = {"mark": MARK, **{item.name: item.value for item in measures}}
    data = (json.dumps(told, indent=1) + "\n").encode("ascii")
    job.out.mkdir(parents=True, exist_ok=True)
    (job.out / NAME).write_bytes(data)
    output = Output(name=NAME, sha256=hashlib.sha256(data).hexdigest(), bytes=len(data), mark=MARK)
    return Made(units=1, outputs=(output,), measures=measures, sealed=None, whole=True)


def weighed(plaintext: bytearray, declared: WeightsKind | None = None) -> WeightsDescription:
    """What the opened weights are; the plaintext is wiped."""
    try:
        return describe_weights(plaintext, declared=declared)
    except WeightsError as fault:
        # What is wrong with a file can quote it (a tensor's name): only the kind of fault leaves this process.
        raise WorkError(f"the weights cannot be read: {type(fault).__name__}") from None
    finally:
        wipe(plaintext)


def counts(weights: WeightsDescription) -> tuple[Setting, ...]:
    """Counts as a receipt holds them.  A rank that differs between modules is told by its smallest and largest."""
    told = {
        "tensors": len(weights.tensors),
        "parameters": weights.parameters,
        "modules": weights.modules,
        "rank_min": min(weights.ranks, default=0),
        "rank_max": max(weights.ranks, default=0),
    }
    return tuple(Setting(name=name, value=value) for name, value in told.items())
