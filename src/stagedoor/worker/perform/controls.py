"""What can be asked of a face: controls by name, each with a weight from 0 (at rest) to 1 (as captured in full).

The names are those of Apple ARKit's 52 blendshapes (ARFaceAnchor.BlendShapeLocation) wherever they apply, because every
face tracker writes them.  Left and right are the person's own.  A control of another name may stand beside them.
"""

from __future__ import annotations

import difflib
import math
import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Final

from stagedoor.worker.perform.errors import PerformError, shown

ARKIT: Final = (
    *("browDownLeft", "browDownRight", "browInnerUp", "browOuterUpLeft", "browOuterUpRight"),
    *("cheekPuff", "cheekSquintLeft", "cheekSquintRight"),
    *("eyeBlinkLeft", "eyeBlinkRight", "eyeLookDownLeft", "eyeLookDownRight", "eyeLookInLeft", "eyeLookInRight"),
    *("eyeLookOutLeft", "eyeLookOutRight", "eyeLookUpLeft", "eyeLookUpRight", "eyeSquintLeft", "eyeSquintRight"),
    *("eyeWideLeft", "eyeWideRight", "jawForward", "jawLeft", "jawOpen", "jawRight"),
    *("mouthClose", "mouthDimpleLeft", "mouthDimpleRight", "mouthFrownLeft", "mouthFrownRight", "mouthFunnel"),
    *("mouthLeft", "mouthLowerDownLeft", "mouthLowerDownRight", "mouthPressLeft", "mouthPressRight"),
    *("mouthPucker", "mouthRight", "mouthRollLower", "mouthRollUpper", "mouthShrugLower", "mouthShrugUpper"),
    *("mouthSmileLeft", "mouthSmileRight", "mouthStretchLeft", "mouthStretchRight"),
    *("mouthUpperUpLeft", "mouthUpperUpRight", "noseSneerLeft", "noseSneerRight", "tongueOut"),
)
"""ARKit's 52, in alphabetical order."""

CONTROLS_MAX: Final = 128
"""Controls of one performer: more than twice ARKit's 52."""
NAME: Final = re.compile(r"[a-z][A-Za-z0-9]{0,39}")
"""A control's name: as ARKit's are spelled."""
NEAR_SHOWN: Final = 3
"""Names offered in place of one that is not known."""


class Expression(Mapping[str, float]):
    """Weights by control, none of them zero; frozen, ordered by name and hashable.  At rest it is empty.

    Raises PerformError for a name that is none, a weight that is not finite or not within 0 to 1, and too many.
    """

    __slots__ = ("_held",)

    def __init__(self, weights: Mapping[str, float] | None = None) -> None:
        given = {} if weights is None else weights
        if len(given) > CONTROLS_MAX:
            raise PerformError(
                where="expression",
                what=f"{len(given)} controls; at most {CONTROLS_MAX} are driven",
                todo="Leave some out",
            )
        for name, weight in given.items():
            checked_name(name, where="expression")
            checked_weight(weight, where=name)
        self._held = dict(sorted((name, float(weight)) for name, weight in given.items() if weight != 0.0))

    def __getitem__(self, name: str) -> float:
        return self._held[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._held)

    def __len__(self) -> int:
        return len(self._held)

    def __hash__(self) -> int:
        return hash(tuple(self._held.items()))

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Expression) and self._held == other._held

    def __repr__(self) -> str:
        return " + ".join(f"{name} {weight:g}" for name, weight in self._held.items()) or "at rest"


REST: Final = Expression()
"""The face at rest."""


def checked_name(name: object, *, where: str) -> str:
    """A control's name, or PerformError."""
    if isinstance(name, str) and NAME.fullmatch(name):
        return name
    raise PerformError(
        where=where,
        what=f"{shown(name)} is no control's name",
        todo="Spell it as ARKit does: a small letter, then at most 39 letters and digits",
    )


def checked_weight(weight: object, *, where: str) -> float:
    """A weight 0 to 1, or PerformError."""
    if isinstance(weight, (int, float)) and not isinstance(weight, bool) and math.isfinite(weight) and 0 <= weight <= 1:
        return float(weight)
    raise PerformError(where=where, what=f"its weight is {shown(weight)}", todo="Give a number from 0 to 1")


def unknown(name: str, known: Iterable[str], *, where: str) -> PerformError:
    """The refusal of a control that is not among `known`, with those that are spelled most like it."""
    names = sorted(known)
    near = difflib.get_close_matches(name[:80], names, NEAR_SHOWN, 0.6)
    offer = "Did you mean " + " or ".join(near) if near else "It has: " + (", ".join(names[:12]) or "none")
    return PerformError(where=where, what=f"there is no control {shown(name)} here", todo=offer)
