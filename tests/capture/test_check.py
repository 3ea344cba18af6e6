"""Captures spoilt on purpose: each fault is found, and what to shoot again is said; a good one is left be."""

from __future__ import annotations

import dataclasses
import io

import numpy as np
import pytest
from PIL import Image

from stagedoor.capture.check import check
from stagedoor.capture.cutouts import pieces
from stagedoor.capture.findings import Finding, Kind, Severity, side, stretch
from stagedoor.capture.read import Capture
from stagedoor.capture.sheet import contact_sheet

from .shapes import blurred, darker, egg, leaking, spoilt


@pytest.fixture(scope="module")
def good() -> Capture:
    """Twelve views of an egg from all sides."""
    return egg()


def found(capture: Capture, kind: Kind) -> list[Finding]:
    """The findings of one kind."""
    return [finding for finding in check(capture).findings if finding.kind is kind]


def test_a_good_capture_has_nothing_against_it(good: Capture) -> None:
    report = check(good)
    assert report.findings == () and not report.again
    assert report.azimuth == pytest.approx(range(0, 360, 30))


def test_a_blurred_view_is_named(good: Capture) -> None:
    (finding,) = check(spoilt(good, 3, blurred)).findings
    assert (finding.kind, finding.view, finding.severity) == (Kind.BLUR, good.names[3], Severity.AGAIN)
    assert "% below the median" in finding.what and "from the left (90 degrees" in finding.todo


def test_a_slight_blur_warns_and_all_views_blurred_alike_cannot_be_told(good: Capture) -> None:
    slight = spoilt(good, 3, lambda picture: blurred(picture, 0.8))
    assert [finding.severity for finding in found(slight, Kind.BLUR)] == [Severity.WARNING]
    soft = dataclasses.replace(good, images=np.stack([blurred(picture.copy()) for picture in good.images]))
    assert not found(soft, Kind.BLUR)


@pytest.mark.parametrize(("stops", "severity"), [(1.6, Severity.AGAIN), (0.6, Severity.WARNING)])
def test_a_dark_view_is_named(good: Capture, stops: float, severity: Severity) -> None:
    (finding,) = check(spoilt(good, 6, lambda picture: darker(picture, stops))).findings
    assert (finding.kind, finding.view, finding.severity) == (Kind.EXPOSURE, good.names[6], severity)
    assert "darker" in finding.what and "the back (180 degrees" in finding.todo


def test_a_missing_back_is_told_in_words() -> None:
    report = check(egg(range(-120, 121, 20)))
    (finding,) = report.findings
    assert (finding.kind, finding.severity, report.again) == (Kind.GAP, Severity.AGAIN, True)
    assert "120 degrees" in finding.what
    assert "left back over back to right back, 150 to 210 degrees" in finding.todo


def test_few_views_are_told() -> None:
    eight, six = found(egg(range(0, 360, 45)), Kind.VIEWS), check(egg(range(0, 360, 60))).findings
    assert [finding.severity for finding in eight] == [Severity.ADVICE]
    assert [(finding.kind, finding.severity) for finding in six] == [(Kind.VIEWS, Severity.WARNING)]


def test_one_height_is_told() -> None:
    assert [finding.severity for finding in found(egg(heights=(0,)), Kind.HEIGHT)] == [Severity.ADVICE]


def test_a_leaking_mask_is_found_by_the_frame_and_by_the_other_views(good: Capture) -> None:
    findings = check(spoilt(good, 3, leaking)).findings
    assert {(finding.kind, finding.view) for finding in findings} == {(Kind.MASK, good.names[3])}
    told = " ".join(finding.what for finding in findings)
    assert "left edge" in told and "no other view" in told


def test_a_mask_that_lacks_a_piece_is_named_and_no_other(good: Capture) -> None:
    def cut(picture: np.ndarray) -> np.ndarray:
        picture[:48, :, 3] = 0
        return picture

    (finding,) = check(spoilt(good, 5, cut)).findings
    assert (finding.view, finding.severity) == (good.names[5], Severity.AGAIN) and "lacks" in finding.what


def test_a_hole_and_a_second_piece_are_told(good: Capture) -> None:
    def holed(picture: np.ndarray) -> np.ndarray:
        picture[44:54, 44:54, 3] = 0
        picture[4:14, 80:92, 3] = 255
        return picture

    told = " ".join(finding.what for finding in found(spoilt(good, 2, holed), Kind.MASK))
    assert "holes" in told and "2 large pieces" in told


def test_one_picture_twice_is_told(good: Capture) -> None:
    images = good.images.copy()
    images[7] = images[4]
    (finding,) = found(dataclasses.replace(good, images=images), Kind.TWIN)
    assert finding.view == good.names[7] and good.names[4] in finding.what and "90 degrees apart" in finding.what


def test_pieces_are_connected_whatever_way_they_wind() -> None:
    spiral = np.array(
        [list(row) for row in ("#######", "......#", "#####.#", "#...#.#", "#.###.#", "#.....#", "#######")]
    )
    label = pieces(spiral == "#")
    assert label.max() == 1 and (label[spiral != "#"] == 0).all()
    assert pieces(np.eye(4, dtype=np.bool_)).max() == 4
    assert pieces(np.ones((3, 3), np.bool_)).max() == 1 and pieces(np.zeros((3, 3), np.bool_)).max() == 0


def test_sides_are_the_persons_own() -> None:
    assert [side(azimuth) for azimuth in (0, 45, 90, 180, 270, 359)] == [
        "front", "left front", "left", "back", "right", "front",
    ]  # fmt: skip
    assert stretch(120, 130) == "the left back, 120 to 130 degrees"


def test_the_contact_sheet_frames_the_bad_view(good: Capture) -> None:
    bad = spoilt(good, 3, blurred)
    sheet = np.asarray(Image.open(io.BytesIO(contact_sheet(bad, check(bad)))))
    red = (sheet == (230, 60, 50)).all(-1)
    rows, columns = np.nonzero(red)
    assert columns.min() >= 3 * 128 and columns.max() < 4 * 128 and rows.max() < 128
