"""Recipe admit-replica: a replica that was made elsewhere becomes one of this house, under a key of its own.

It opens under its `create` permit alone.  The file is read in full by the strict reader of its technique, then sealed
again as the asset that the order names: weights byte for byte, a mesh or splats in the one form that the renderer
opens.  A receipt says who admitted it, from what, and that it was paid.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import fields, is_dataclass
from types import MappingProxyType
from typing import Any, Final

import numpy as np

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
    """Splats in any file that is read here, as this house's own."""
    from stagedoor.worker.formats import FormatError, read_splats
    from stagedoor.worker.formats.ply import write_ply

    try:
        splats = read_splats(plain, name="the replica")
    except FormatError as fault:
        raise WorkError(f"the splats cannot be read: {type(fault).__name__}") from None
    try:
        told = {"gaussians": len(splats), "degree": splats.degree}
        return bytearray(write_ply(splats)), tuple(Setting(name=name, value=value) for name, value in told.items())
    finally:
        wipe_arrays(*arrays_of(splats))


def _mesh(plain: bytearray) -> tuple[bytearray, tuple[Setting, ...]]:
    """A mesh in one GLB, pictures and all, as the GLB that this house seals."""
    from stagedoor.worker.mesh.errors import MeshError
    from stagedoor.worker.mesh.gltf import read_gltf
    from stagedoor.worker.mesh.parts import merged
    from stagedoor.worker.mesh.sealed import to_bytes

    try:
        model = read_gltf(plain)
        mesh = merged(model.parts, model.pictures)
        sealed = bytearray(to_bytes(mesh))
    except MeshError as fault:
        raise WorkError(f"the mesh cannot be read: {type(fault).__name__}") from None
    told = {"triangles": len(mesh.triangles), "vertices": len(mesh.positions)}
    wipe_arrays(*arrays_of(mesh))
    return sealed, tuple(Setting(name=name, value=value) for name, value in told.items())


def _field(plain: bytearray) -> tuple[bytearray, tuple[Setting, ...]]:
    """A radiance field in this house's own form: there is no other that the trade shares."""
    from stagedoor.worker.field.errors import FieldError
    from stagedoor.worker.field.model import Field

    try:
        held = Field.from_bytes(plain)
    except FieldError as fault:
        raise WorkError(f"the field cannot be read: {type(fault).__name__}") from None
    told = {"entries": len(held.table), "levels": held.shape.levels}
    wipe_arrays(*held.arrays())
    return bytearray(plain), tuple(Setting(name=name, value=value) for name, value in told.items())


def arrays_of(held: object) -> tuple[np.ndarray[Any, Any], ...]:
    """Every array that a double or a mesh holds, to be wiped."""
    assert is_dataclass(held)
    values = [getattr(held, field.name) for field in fields(held)]
    return tuple(value for value in values if isinstance(value, np.ndarray))


READERS: Final[Mapping[int, Reader]] = MappingProxyType(
    {
        Technique.LORA.number: _lora,
        Technique.VOICE.number: _voice,
        Technique.SPLATS.number: _splats,
        Technique.MESH.number: _mesh,
        Technique.FIELD.number: _field,
    }
)
"""The strict reader of each technique, by its number in an order."""
