"""The capture beside the double: under a consent, a permit and a key of its own, or not at all."""

from __future__ import annotations

import io
import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from custody.kit import AT, CAPTURE, WORKER, Story, consent, creation, ident, permission, pinned, request
from look.kit import LOOK, PHOTOS, PX, FakeLease, looking, planned
from look.test_worker import parted, view
from stagedoor.capture.read import parse
from stagedoor.core.base.outcome import Code, Refused
from stagedoor.core.facts.asset import AssetKind
from stagedoor.core.facts.permit import PHOTOGRAPH, WATCHED, WorkOrder
from stagedoor.core.steps.dispatch import dispatch
from stagedoor.wire.looks import ABOUT, END, Photo, Pose, parse_question
from stagedoor.worker.arc import camera_at
from stagedoor.worker.double.train import camera_of as captured
from stagedoor.worker.job import Plan, WorkError
from stagedoor.worker.look_pose import camera_of, pose_of
from stagedoor.worker.recipes import plan
from worker.kit import asset, capture_files, changed, photo_permit, settings, taken, taken_photos

WIDE = {"arc_from_deg": -120, "arc_to_deg": 120, "elevation_from_deg": 0, "elevation_to_deg": 20}
"""Of the ten cameras, which stand 36 degrees apart at 10 degrees: seven."""


def wide(recipe: str) -> dict[str, object]:
    """An order, and a permit, for more than the usual arc."""
    over = {"arc_from_deg": -120, "arc_to_deg": 120}
    permit = photo_permit(**over) if recipe == "look-capture" else changed(Story().permit(), **over)
    numbers = PHOTOS if recipe == "look-capture" else LOOK
    return {"numbers": numbers | WIDE, "permit": permit, "recipe": recipe}


def test_a_captured_view_is_shown_stamped_and_counted_in_photographs(tmp_path: Path) -> None:
    with looking(tmp_path / "o", **wide("look-capture")) as run:  # type: ignore[arg-type]
        told = json.loads(parted(run.ask(ABOUT))[1])
        assert [place[1] for place in told["photos"]] == [0, 36, 72, 108, -108, -72, -36]
        assert [place[2:] for place in told["photos"]] == [[10, 0]] * 6 + [[10, 1]]
        head, body = parted(run.ask(Photo(number=1, camera=False).line()))
        assert (head.kind, head.number, head.left) == ("frame", 1, 3)
        run.ask(END)
        made = run.ended()
    assert made.units == 1 and [item.name for item in made.outputs] == ["frame-000001.png"]
    assert {item.name for item in made.measures} >= {"coverage_head_px"}
    truth = parse(capture_files(PX)).images[1].astype(np.float64)
    with Image.open(io.BytesIO(body)) as image:
        seen = np.asarray(image.convert("RGB"), np.float64)
        assert image.info["stagedoor:mark"] == "unmarked preview"
    solid = truth[:90, :, 3] == 255
    assert np.abs(seen[:90] - truth[:90, :, :3])[solid].max() <= 1
    assert np.abs(seen[:90] - np.array([18, 20, 26]))[truth[:90, :, 3] == 0].max() <= 1


def test_the_double_is_drawn_as_that_very_camera_saw_it(tmp_path: Path) -> None:
    """The ball is the capture's own truth, so both pictures agree wherever neither is blended with what is behind."""
    with looking(tmp_path / "o", **wide("look-capture")) as photos:  # type: ignore[arg-type]
        told = json.loads(parted(photos.ask(Photo(number=2, camera=True).line()))[1])
        assert json.loads(parted(photos.ask(ABOUT))[1])["left"] == 4  # a camera is no picture
        photo = parted(photos.ask(Photo(number=2, camera=False).line()))[1]
    with looking(tmp_path / "p", **wide("look")) as run:  # type: ignore[arg-type]
        head, double = parted(run.ask(told["camera"].encode()))
        assert (head.kind, head.left) == ("frame", 3)
    pictures = [np.asarray(Image.open(io.BytesIO(data)).convert("RGB"), np.float64) for data in (photo, double)]
    rows = PX - told["band"]
    solid = np.minimum(*(picture[:rows].max(axis=2) for picture in pictures)) > 150
    assert solid.sum() > 1000
    assert np.abs(pictures[0][:rows] - pictures[1][:rows])[solid].max() < 16
    assert np.abs(np.roll(pictures[0], 3, axis=1)[:rows] - pictures[1][:rows])[solid].max() > 60
    assert any((picture[rows:].max(axis=(1, 2)) > 200).any() for picture in pictures)  # the band's words lie below
    assert all((picture[rows + 1 :, -1] == 0).all() for picture in pictures)


def test_a_camera_keeps_its_place_through_whole_numbers() -> None:
    for camera in [captured(parse(capture_files()), number) for number in range(10)] + [
        camera_at(azimuth_deg=180, elevation_deg=-30, radius=2.5, width=640, height=480),
        camera_at(azimuth_deg=0, elevation_deg=0, radius=4, width=96, height=96),
    ]:
        asked = parse_question(pose_of(camera).line())
        assert isinstance(asked, Pose)
        back = camera_of(asked)
        assert np.allclose(back.world_to_camera, camera.world_to_camera, atol=3e-6)
        assert (back.width, back.height) == (camera.width, camera.height)
        assert abs(back.fx - camera.fx) < 1e-3 and abs(back.cy - camera.cy) < 1e-3


@pytest.mark.parametrize(
    "camera",
    [camera_at(azimuth_deg=21, elevation_deg=0, radius=4, width=192, height=192),
     camera_at(azimuth_deg=0, elevation_deg=12, radius=4, width=192, height=192),
     camera_at(azimuth_deg=0, elevation_deg=0, radius=1.4, width=192, height=192),
     camera_at(azimuth_deg=0, elevation_deg=0, radius=4, width=193, height=192),
     camera_at(azimuth_deg=0, elevation_deg=0, radius=4, width=64, height=64),
     camera_at(azimuth_deg=0, elevation_deg=0, radius=3.9, width=192, height=192)],
)  # fmt: skip
def test_no_camera_may_stand_where_the_look_may_not(tmp_path: Path, camera: object) -> None:
    with looking(tmp_path / "o") as run:
        head, _ = parted(run.ask(pose_of(camera).line()))  # type: ignore[arg-type]
        assert head.code is Code.WRONG_WORK
        assert parted(run.ask(view()))[0].number == 1


def test_a_replica_holds_no_photo_and_a_capture_draws_no_double(tmp_path: Path) -> None:
    with looking(tmp_path / "o") as run:
        for line in (Photo(number=0, camera=False).line(), Photo(number=0, camera=True).line()):
            assert parted(run.ask(line))[0].code is Code.WRONG_WORK
    with looking(tmp_path / "p", recipe="look-capture") as run:
        assert json.loads(parted(run.ask(ABOUT))[1])["photos"] == [[0, 0, 10, 0]]
        for line in (view(), Photo(number=1, camera=False).line(), Photo(number=99, camera=True).line()):
            assert parted(run.ask(line))[0].code is Code.WRONG_WORK
        assert not any(run.plaintext)


def test_no_permit_for_frames_opens_a_capture_and_none_for_photographs_a_replica() -> None:
    """The consent must say `photograph`; a right to render the double is none to show the person."""
    frames = Story(request=request(asset=CAPTURE)).permit()
    refused = plan(taken_photos(PHOTOS, permit=frames), WORKER)
    assert isinstance(refused, Refused) and refused.code is Code.WRONG_WORK
    photographs = changed(Story().permit(), unit=PHOTOGRAPH)
    for recipe, numbers in (("look", LOOK), ("look-relit", LOOK), ("look-capture", PHOTOS)):
        refused = plan(taken(numbers, permit=photographs, recipe=recipe), WORKER)
        assert isinstance(refused, Refused) and refused.code is Code.WRONG_WORK
    assert isinstance(plan(taken_photos(PHOTOS), WORKER), Plan)
    assert asset(asset=CAPTURE, kind=AssetKind.CAPTURE, replica_kind=None).kind is AssetKind.CAPTURE


def test_the_gate_dispatches_neither_under_the_others_unit() -> None:
    def sent(permit: object, recipe: str, numbers: dict[str, int]) -> object:
        given = {"order_id": ident("order"), "settings": settings(numbers), "result_asset": "", "at": AT}
        return dispatch(permit, recipe=recipe, **given)  # type: ignore[arg-type]

    frames, photographs = Story().permit(), photo_permit()
    assert isinstance(sent(photographs, "look-capture", PHOTOS), WorkOrder)
    assert isinstance(sent(frames, "look", LOOK), WorkOrder)
    for permit, recipe, numbers in ((frames, "look-capture", PHOTOS), (photographs, "look", LOOK)):
        refused = sent(permit, recipe, numbers)
        assert isinstance(refused, Refused) and refused.code is Code.WRONG_WORK


def test_the_custodian_asks_for_the_word_in_the_consent() -> None:
    from stagedoor.custodian.terms import terms_refusals

    asked = request(asset=CAPTURE, unit=PHOTOGRAPH)
    for units, refusals in (("frame", 1), (PHOTOGRAPH, 0)):
        signed = consent(grants=(permission(unit=units),))
        story = Story(request=asked, consent=signed)
        found = list(terms_refusals(story.permit(), asked, signed, pinned(asset=CAPTURE)))
        assert len(found) == refusals


def test_a_capture_with_nothing_within_what_is_permitted_ends_at_once(tmp_path: Path) -> None:
    numbers = PHOTOS | {"arc_from_deg": 5, "arc_to_deg": 15}
    with looking(tmp_path / "o", numbers, recipe="look-capture") as run, pytest.raises(WorkError, match="no camera"):
        run.ended()


def test_the_lease_ends_a_look_at_a_capture(tmp_path: Path) -> None:
    with looking(tmp_path / "o", recipe="look-capture", lease=FakeLease()) as run:
        parted(run.ask(Photo(number=0, camera=False).line()))
        run.lease.ended = True
        assert run.ended().units == 1
    assert planned(recipe="look-capture").settings["frames"] == 4


def test_the_page_that_is_signed_explains_the_units_that_let_out_more() -> None:
    from stagedoor.core.rules.sentences import sentences

    plain = " ".join(sentences(consent()))
    assert "from the capture itself" not in plain and "small pictures" not in plain
    told = " ".join(sentences(consent(grants=(permission(unit=PHOTOGRAPH), creation(unit=WATCHED)))))
    assert "picture of me from the capture itself, and no double" in told
    assert "small pictures of its face are shown" in told


def test_a_pose_at_the_ordered_distance_is_drawn(tmp_path: Path) -> None:
    with looking(tmp_path / "o") as run:
        same = camera_at(azimuth_deg=20, elevation_deg=10, radius=4, width=192, height=192)
        assert parted(run.ask(pose_of(same).line()))[0].kind == "frame"
