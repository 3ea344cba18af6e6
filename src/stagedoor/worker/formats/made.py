"""From columns of numbers to a double, for every reader: what each number may be, checked in one place."""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from stagedoor.worker.double.splats import GAUSSIANS_MAX, VALUE_MAX, Splats
from stagedoor.worker.formats.errors import FormatError

Octets = bytes | bytearray | memoryview
Floats = NDArray[np.float32]

UNWARNED: Final = np.errstate(all="ignore")
"""For readers, as a decorator: a NaN or an overflow is refused by `made`, and numpy's warning would only be noise."""
NORM_MIN: Final = 1e-6
"""Largest part of a rotation below which it is none: a unit quaternion's is at least 0.5."""


def check_count(count: int, where: str) -> None:
    """A number of Gaussians that a header promises, before anything is made for them."""
    if not 1 <= count <= GAUSSIANS_MAX:
        raise FormatError(
            where=where,
            what=f"it declares {count} Gaussians; a double has 1 to {GAUSSIANS_MAX}",
            todo="Export fewer Gaussians",
        )


def made(
    where: str,
    *,
    means: Floats,
    log_scales: Floats,
    quats: Floats,
    opacity_logits: Floats,
    colours: Floats,
    rest: Floats,
    antialiased: bool = False,
) -> Splats:
    """The double of these columns (shapes as in Splats).  Raises FormatError on a number that no double has."""
    columns = {"position": means, "scale": log_scales, "rotation": quats, "opacity": opacity_logits, "colour": colours}
    for name, values in (*columns.items(), ("harmonics", rest)):
        # A minimum and a maximum take no copy of the column; NaN makes both comparisons false.
        if values.size and not (values.min() >= -VALUE_MAX and values.max() <= VALUE_MAX):
            raise FormatError(
                where=where,
                what=f"its {name} has a number that is not finite or is beyond {VALUE_MAX:g}",
                todo="Remove such Gaussians and export it again",
            )
    if not (np.abs(quats).max(axis=1) > NORM_MIN).all():
        raise FormatError(where=where, what="a rotation in it is zero", todo="Remove such Gaussians")
    return Splats(
        means=means,
        log_scales=log_scales,
        quats=quats,
        opacity_logits=opacity_logits,
        colours=colours,
        rest=rest,
        antialiased=antialiased,
    )
