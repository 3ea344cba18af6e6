"""One sealed capture that holds several expressions: frames of transforms.json say which, beside their picture.

    {"file_path": "images/0007.png", "transform_matrix": [...], "expression": {"jawOpen": 0.5}}

A frame without `expression`, or with an empty one, is at rest.  All else is as in any capture.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace

from stagedoor.capture.cameras import CAMERA_FILE
from stagedoor.capture.read import Capture, parse
from stagedoor.worker.perform.controls import Expression
from stagedoor.worker.perform.errors import PerformError, shown


def parse_expressions(files: Mapping[str, bytes]) -> dict[Expression, Capture]:
    """The capture's views by expression.  Raises CaptureError for the capture, PerformError for its expressions."""
    capture = parse(files)
    # parse() has read the same bytes as strictly as it reads all: they are an object with a list of objects.
    frames = json.loads(files[CAMERA_FILE])["frames"]
    views: dict[Expression, list[int]] = {}
    for number, frame in enumerate(frames):
        views.setdefault(_expression(frame.get("expression", {}), number), []).append(number)
    return {expression: part(capture, indices) for expression, indices in views.items()}


def part(capture: Capture, views: list[int]) -> Capture:
    """Some of a capture's views, in the order given; a copy of their pictures."""
    return replace(
        capture,
        images=capture.images[views],
        world_to_camera=capture.world_to_camera[views],
        splits=tuple(capture.splits[view] for view in views),
        names=tuple(capture.names[view] for view in views),
    )


def _expression(held: object, number: int) -> Expression:
    where = f"{CAMERA_FILE}, frame {number}"
    if not isinstance(held, dict):
        raise PerformError(where=where, what=f"its expression is {shown(held)}", todo="Give weights by control")
    try:
        return Expression(held)
    except PerformError as fault:
        raise PerformError(where=f"{where}, {fault.where}", what=fault.what, todo=fault.todo) from None
