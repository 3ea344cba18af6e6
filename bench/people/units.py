"""One table from MakeHuman's expression units to the names of ARKit's 52 blendshapes, and which of those have no data.

A unit that moves both sides is split by a soft step across the middle of the face: side +1 is the person's own left.
Left and right are the person's own in both vocabularies.
"""

from __future__ import annotations

UNITS: dict[str, tuple[tuple[str, ...], int]] = {
    "browDownLeft": (("eyebrows-left-down",), 0),
    "browDownRight": (("eyebrows-right-down",), 0),
    "browInnerUp": (("eyebrows-left-inner-up", "eyebrows-right-inner-up"), 0),
    "browOuterUpLeft": (("eyebrows-left-extern-up",), 0),
    "browOuterUpRight": (("eyebrows-right-extern-up",), 0),
    "eyeBlinkLeft": (("eye-left-closure",), 0),
    "eyeBlinkRight": (("eye-right-closure",), 0),
    "eyeSquintLeft": (("eye-left-slit",), 0),
    "eyeSquintRight": (("eye-right-slit",), 0),
    "eyeWideLeft": (("eye-left-opened-up",), 0),
    "eyeWideRight": (("eye-right-opened-up",), 0),
    "jawOpen": (("mouth-open",), 0),
    "mouthFrownLeft": (("mouth-depression",), +1),
    "mouthFrownRight": (("mouth-depression",), -1),
    "mouthFunnel": (("mouth-protusion",), 0),
    "mouthPucker": (("mouth-pursing",), 0),
    "mouthSmileLeft": (("mouth-corner-puller",), +1),
    "mouthSmileRight": (("mouth-corner-puller",), -1),
    "mouthStretchLeft": (("mouth-retraction",), +1),
    "mouthStretchRight": (("mouth-retraction",), -1),
    "mouthUpperUpLeft": (("mouth-elevation",), +1),
    "mouthUpperUpRight": (("mouth-elevation",), -1),
    "noseSneerLeft": (("nose-left-elevation",), 0),
    "noseSneerRight": (("nose-right-elevation",), 0),
}
"""ARKit's name to (MakeHuman units that are added, side)."""

NO_DATA: tuple[str, ...] = (
    *("cheekPuff", "cheekSquintLeft", "cheekSquintRight"),
    *("eyeLookDownLeft", "eyeLookDownRight", "eyeLookInLeft", "eyeLookInRight"),
    *("eyeLookOutLeft", "eyeLookOutRight", "eyeLookUpLeft", "eyeLookUpRight"),
    *("jawForward", "jawLeft", "jawRight", "mouthClose", "mouthDimpleLeft", "mouthDimpleRight"),
    *("mouthLeft", "mouthLowerDownLeft", "mouthLowerDownRight", "mouthPressLeft", "mouthPressRight"),
    *("mouthRight", "mouthRollLower", "mouthRollUpper", "mouthShrugLower", "mouthShrugUpper", "tongueOut"),
)
"""The 28 of the 52 for which the parts hold no unit that plainly means the same."""

UNUSED: tuple[str, ...] = (
    *("eyebrows-left-up", "eyebrows-right-up", "mouth-compression", "mouth-depression-retraction", "mouth-eversion"),
    *("mouth-parling", "mouth-part-later", "mouth-upward-retraction", "neck-platysma", "nose-compression"),
    *("nose-depression", "nose-left-dilatation", "nose-right-dilatation"),
)
"""MakeHuman's units that are no single one of the 52."""
