"""Recipe admit-replica: a replica that was made elsewhere becomes one of this house, under a key of its own.

It opens under its `create` permit alone.  The file is read in full by the strict reader of its technique, then sealed again
as the asset that the order names: weights byte for byte, a mesh or splats in the one form that the renderer opens.  A
receipt says who admitted it, from what, and that it was paid.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Final

from stagedoor.core.facts.origin import Technique
from stagedoor.core.facts.permit import Setting
from stagedoor.seal import wipe
from stagedoor.wire.weights import WeightsKind
from stagedoor.worker.fit import seal_replica
from stagedoor.worker.identity import Identity
from stagedoor.worker.job import Job, Made, WorkError, wipe_arrays
from stagedoor.worker.weigh import counts, weighed

Reader = Callable[[bytearray], tuple[bytearray, tuple[Setting, ...]]]
"""From a brought file to what is sealed of it, and what was counted; the caller wipes both.  Raises WorkError."""


def admit_replica(job: Job, identity: Identity) -> Made:
    """Read, seal, split.  A lease that ends before the replica is sealed leaves nothing made."""
    reader = READERS.get(job.plan.settings["technique"])
    if reader is None:
        raise WorkError("this worker admits no replica of that technique yet")
    try:
        replica, measures = reader(job.plaintext)
    finally:
        wipe(job.plaintext)
    if not job.lease.live():
        wipe(replica)
        return Made(units=0, outputs=(), measures=(), sealed=None, whole=False)
    return Made(units=1, outputs=(), measures=measures, sealed=seal_replica(job, replica, identity), whole=True)


def _lora(plain: bytearray) -> tuple[bytearray, tuple[Setting, ...]]:
    return bytearray(plain), counts(weighed(plain, WeightsKind.LORA))


def _voice(plain: bytearray) -> tuple[bytearray, tuple[Setting, ...]]:
    return bytearray(plain), counts(weighed(plain, WeightsKind.VOICE))


def _splats(plain: bytearray) -> tuple[bytearray, tuple[Setting, ...]]:
    """Splats, as this house's own PLY."""
    from stagedoor.worker.double.splats import Splats, SplatsError

    try:
        splats = Splats.from_bytes(bytes(plain))
    except SplatsError as fault:
        raise WorkError(f"the splats cannot be read: {type(fault).__name__}") from None
    try:
        return bytearray(splats.to_bytes()), (Setting(name="gaussians", value=len(splats)),)
    finally:
        wipe_arrays(splats.means, splats.log_scales, splats.quats, splats.opacity_logits, splats.colours)


READERS: Final[Mapping[int, Reader]] = MappingProxyType(
    {
        Technique.LORA.number: _lora,
        Technique.VOICE.number: _voice,
        Technique.SPLATS.number: _splats,
    }
)
"""The strict reader of each technique, by its number in an order."""
