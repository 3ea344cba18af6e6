"""What a recipe is given, and what it gives back."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

import numpy as np

from stagedoor.core.base.outcome import Code
from stagedoor.core.facts.asset import Asset
from stagedoor.core.facts.permit import Output, Permit, Setting, WorkOrder
from stagedoor.worker.double.names import CPU, CUDA


class Alive(Protocol):
    """The part of a lease that a recipe sees."""

    def live(self) -> bool:
        """Whether work may go on.  Asked before each piece, and again before its result counts."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """An order that was checked against its permit, its asset and the recipe's bounds."""

    order: WorkOrder
    permit: Permit
    asset: Asset
    settings: Mapping[str, int]


class Resumable(Protocol):
    """Where a long recipe keeps what it needs to go on after a kill."""

    def load(self) -> bytearray | None:
        """What an earlier run of this order kept; the caller wipes it."""

    def keep(self, state: bytes) -> None:
        """Keeps this instead of what was kept before."""

    def drop(self) -> None:
        """Forgets it: the order ended well."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """A plan with the opened asset.  The plaintext is wiped by whoever opened it.

    backend: which of worker.double.names draws and fits splats: the worker's own setting, never the order's.
    """

    plan: Plan
    plaintext: bytearray = field(repr=False)
    lease: Alive
    out: Path
    blobs: Path
    resume: Resumable | None = field(default=None, repr=False)
    progress: Callable[[int, int], None] = field(default=lambda _done, _of: None, repr=False)
    backend: str = CPU


@dataclass(frozen=True, slots=True, kw_only=True)
class Sealed:
    """A replica as it lies in the blob folder, with its data key's shares on their way to the custodians."""

    sha256: str
    size: int
    envelopes: Mapping[str, bytes] = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Made:
    """What came out, metered.  `whole` is False if the lease ended first."""

    units: int
    outputs: tuple[Output, ...]
    measures: tuple[Setting, ...]
    sealed: Sealed | None
    whole: bool


def measured_backend(name: str) -> Setting:
    """Which backend did the work, as a receipt tells it: 1 for CUDA, 0 for the processor."""
    return Setting(name="on_cuda", value=int(name == CUDA))


class WorkError(Exception):
    """An order that cannot be worked on.  The text names what failed, and never holds what was in the asset."""

    def __init__(self, why: str, code: Code = Code.WRONG_WORK) -> None:
        super().__init__(why)
        self.code = code


class UnwrittenError(WorkError):
    """A picture that cannot be written where outputs lie.  What was written before it is counted all the same."""


def wipe_arrays(*arrays: np.ndarray[tuple[int, ...], np.dtype[np.generic]]) -> None:
    """Overwrite arrays, and what they are views of, read-only ones too.  Best effort: temporaries were let go."""
    for array in arrays:
        whole = array
        while isinstance(whole.base, np.ndarray):
            whole = whole.base
        if whole.base is None:
            whole.flags.writeable = True
            whole[...] = np.zeros((), whole.dtype)
