"""What does each recipe's work."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Final

from stagedoor.worker.admit import admit_replica
from stagedoor.worker.arc import render_arc
from stagedoor.worker.fit import fit_splats
from stagedoor.worker.fit_field import fit_field
from stagedoor.worker.identity import Identity
from stagedoor.worker.job import Job, Made
from stagedoor.worker.look import look
from stagedoor.worker.look_capture import look_capture
from stagedoor.worker.play import generate_performance
from stagedoor.worker.recipes import (
    ADMIT,
    DESCRIBE,
    FIT,
    FIT_FIELD,
    FIT_PERFORMANCE,
    FIT_PREVIEWED,
    GENERATE_PERFORMANCE,
    LOOK,
    LOOK_CAPTURE,
    LOOK_RELIT,
    RENDER,
    RENDER_RELIT,
)
from stagedoor.worker.rehearse import fit_performance
from stagedoor.worker.weigh import describe

MAKERS: Final[Mapping[str, Callable[[Job, Identity], Made]]] = MappingProxyType(
    {
        ADMIT: admit_replica,
        DESCRIBE: lambda job, _identity: describe(job),
        FIT: fit_splats,
        FIT_FIELD: fit_field,
        FIT_PERFORMANCE: fit_performance,
        GENERATE_PERFORMANCE: lambda job, _identity: generate_performance(job),
        FIT_PREVIEWED: fit_splats,
        LOOK: lambda job, _identity: look(job),
        LOOK_RELIT: lambda job, _identity: look(job, relit=True),
        LOOK_CAPTURE: lambda job, _identity: look_capture(job),
        RENDER: lambda job, _identity: render_arc(job),
        RENDER_RELIT: lambda job, _identity: render_arc(job),
    }
)
"""By the recipe's name; recipes.RECIPES says what each takes."""
