"""Two people in one picture are found where OpenCV is installed; where it is not, that is said."""

from __future__ import annotations

import builtins
import dataclasses
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from stagedoor.capture.faces import NOT_LOOKED, apart, can_look, detector, find_faces
from stagedoor.capture.findings import Finding, Severity
from stagedoor.capture.read import Capture, parse, read_folder

MARA = Path(__file__).parents[2] / "examples" / "mara" / "capture"
"""An invented person."""


@pytest.fixture(scope="module")
def one() -> Capture:
    """Four views of one head, three of them from the front."""
    whole = parse(read_folder(MARA))
    views = [0, 8, 15, 48]
    return dataclasses.replace(
        whole, images=whole.images[views], world_to_camera=whole.world_to_camera[views],
        splits=tuple(whole.splits[view] for view in views), names=tuple(whole.names[view] for view in views),
    )  # fmt: skip


def beside(capture: Capture, *, masked: bool) -> Capture:
    """The first view has the same head once more at its right, in the mask or outside it."""
    wide = np.zeros((len(capture.images), capture.height, 2 * capture.width, 4), np.uint8)
    wide[:, :, : capture.width] = capture.images
    wide[0, :, capture.width :] = capture.images[0]
    if not masked:
        wide[0, :, capture.width :, 3] = 0
    return dataclasses.replace(capture, images=wide)


def looked(capture: Capture) -> list[Finding]:
    """What is found in all views."""
    if not can_look():
        pytest.skip("FACES ARE NOT TESTED: OpenCV (the extra `capture`) is not installed")
    detect = detector()
    views = zip(capture.names, capture.images, strict=True)
    return [finding for name, picture in views for finding in find_faces(detect, name, picture)]


def test_one_head_is_one_face(one: Capture) -> None:
    assert looked(one) == []


@pytest.mark.parametrize(("masked", "severity"), [(True, Severity.AGAIN), (False, Severity.WARNING)])
def test_a_second_head_is_found(one: Capture, masked: bool, severity: Severity) -> None:
    found = looked(beside(one, masked=masked))
    assert [(finding.view, finding.severity) for finding in found] == [(one.names[0], severity)]
    assert ("mask" in found[0].what) and ("2" in found[0].what)


def test_without_opencv_nobody_looks_and_it_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    real = builtins.__import__

    def without(name: str, *rest: Any, **more: Any) -> Any:
        if name == "cv2":
            raise ImportError(name)
        return real(name, *rest, **more)

    monkeypatch.setattr(builtins, "__import__", without)
    assert not can_look()
    assert "NOT LOOKED FOR" in NOT_LOOKED and "stagedoor[capture]" in NOT_LOOKED


def test_boxes_on_one_face_are_one() -> None:
    assert apart([(10, 10, 50, 50), (15, 12, 40, 40), (100, 10, 30, 30)]) == [(10, 10, 50, 50), (100, 10, 30, 30)]
    assert apart([]) == []
