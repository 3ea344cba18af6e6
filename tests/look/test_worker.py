"""The worker's side: stamped pictures within the permit, each counted once, and nothing else for anybody's question."""

from __future__ import annotations

import hashlib
import io
import json
import stat
import time
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from custody.kit import AT, WORKER, Story, ident
from look.kit import LOOK, FakeLease, looking, planned
from stagedoor.core.base.canonical import short
from stagedoor.core.base.outcome import Code, Refused
from stagedoor.core.facts.permit import WorkOrder
from stagedoor.core.steps.dispatch import dispatch
from stagedoor.wire.looks import ABOUT, END, Head, View, parse_head
from stagedoor.worker import look_room as room
from stagedoor.worker import stamp
from stagedoor.worker.formats.ply import write_ply
from stagedoor.worker.job import WorkError
from stagedoor.worker.recipes import plan
from worker.kit import ball, changed, settings, taken


def parted(answer: bytes) -> tuple[Head, bytes]:
    """Head and body, of exactly the length that was said."""
    line, newline, body = answer.partition(b"\n")
    head = parse_head(line + newline)
    assert len(body) == head.length
    return head, body


def view(azimuth: int = 0, elevation: int = 0, divisor: int = 1) -> bytes:
    """A question for a picture."""
    return View(azimuth_deg=azimuth, elevation_deg=elevation, divisor=divisor).line()


def test_each_picture_is_stamped_numbered_and_counted(tmp_path: Path) -> None:
    with looking(tmp_path / "o") as run:
        pictures = []
        for number, azimuth in enumerate((-20, 0, 20), 1):
            head, body = parted(run.ask(view(azimuth)))
            assert (head.kind, head.number, head.left) == ("frame", number, 4 - number)
            pictures.append(body)
        assert parted(run.ask(END))[0].kind == "ended"
        made = run.ended()
    permit = planned().order.permit
    assert made.units == 3 and not made.whole and made.sealed is None
    assert [(item.sha256, item.bytes) for item in made.outputs] == [
        (hashlib.sha256(body).hexdigest(), len(body)) for body in pictures
    ]
    for number, body in enumerate(pictures, 1):
        with Image.open(io.BytesIO(body)) as image:
            blank = np.asarray(stamp.stamped(np.zeros((192, 192, 3), np.uint8), permit=permit))
            band = np.nonzero(blank.any(axis=(1, 2)))[0][0]
            assert np.array_equal(np.asarray(image)[band:], blank[band:])
            assert image.info[stamp.MARK_KEY] == "unmarked preview"
            assert (image.info[stamp.PERMIT_KEY], image.info[stamp.FRAME_KEY]) == (permit, str(number))
            assert made.outputs[number - 1].mark == "unmarked preview"
            assert (tmp_path / "o" / f"frame-{number:06d}.png").read_bytes() == body
    assert len({*pictures}) == 3


def test_what_lies_in_the_way_costs_no_receipt(tmp_path: Path) -> None:
    """A file beside the door, and one where the second picture would lie: the first was shown and is counted."""
    (tmp_path / "o" / "frame-000002.png").mkdir(parents=True)
    with looking(tmp_path / "o") as run:
        assert parted(run.ask(view(0)))[0].number == 1
        (tmp_path / "o" / "look" / "x").touch()
        assert not run.ask(view(10)).startswith(b'{"kind": "frame"')
        made = run.ended()
    assert made.units == 1 and not made.whole
    assert not list((tmp_path / "o").glob(".*.part"))


def test_the_last_frame_ends_the_look(tmp_path: Path) -> None:
    with looking(tmp_path / "o", LOOK | {"frames": 2}) as run:
        assert parted(run.ask(view(1)))[0].left == 1
        assert parted(run.ask(view(1)))[0].left == 0
        made = run.ended()
        assert made.units == 2 and made.whole
        assert not run.door.parent.exists()
        with pytest.raises(OSError):
            run.ask(view(1))


@pytest.mark.parametrize("asked", [(21, 0, 1), (-21, 0, 1), (340, 0, 1), (0, 11, 1), (0, -6, 1), (0, 0, 4)])
def test_beyond_the_arc_the_elevation_or_the_size_nothing_is_drawn(tmp_path: Path, asked: tuple[int, int, int]) -> None:
    with looking(tmp_path / "o") as run:
        head, body = parted(run.ask(view(*asked)))
        assert head.kind == "refused" and head.code is Code.WRONG_WORK
        assert b"beyond" in body or b"divided" in body
        assert parted(run.ask(view(0, 0, 2)))[0].left == 3
        run.ask(END)
        assert run.ended().units == 1


def test_an_order_holds_no_more_than_its_permit() -> None:
    narrow = changed(Story().permit(), arc_from_deg=-10)
    for numbers, permit in (
        (LOOK, narrow),
        (LOOK | {"frames": 9}, Story().permit()),
        (LOOK | {"frames": 4001}, Story().permit()),
        (LOOK | {"elevation_from_deg": 11}, Story().permit()),
        (LOOK | {"seconds": 3601}, Story().permit()),
    ):
        refused = plan(taken(numbers, permit=permit, recipe="look"), WORKER)
        assert isinstance(refused, Refused) and refused.code is Code.WRONG_WORK


def test_the_gate_dispatches_no_look_over_the_crown_or_inside_the_head() -> None:
    permit = Story().permit()

    def sent(**over: int) -> object:
        return dispatch(
            permit, order_id=ident("order"), recipe="look", settings=settings(LOOK | over), result_asset="", at=AT
        )

    assert isinstance(sent(), WorkOrder)
    for over in (
        {"elevation_to_deg": 31}, {"elevation_from_deg": -31}, {"radius_milli": 1_499}, {"arc_to_deg": 21},
        {"frames": permit.units + 1},
    ):  # fmt: skip
        refused = sent(**over)
        assert isinstance(refused, Refused) and refused.code is Code.WRONG_WORK, over


def test_the_lease_ends_the_look_and_what_left_before_counts(tmp_path: Path) -> None:
    with looking(tmp_path / "o") as run:
        run.ask(view(1))
        began = time.monotonic()
        run.lease.ended = True
        made = run.ended()
        assert time.monotonic() - began < 2
    assert made.units == 1 and len(made.outputs) == 1


def test_a_picture_during_which_the_lease_ends_is_thrown_away(tmp_path: Path) -> None:
    with looking(tmp_path / "o") as run:
        parted(run.ask(view(1)))
        drawn = room.stamp.stamped

        def ends(*given: object, **more: object) -> object:
            run.lease.ended = True
            return drawn(*given, **more)  # type: ignore[arg-type]

        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(room.stamp, "stamped", ends)
            head, body = parted(run.ask(view(2)))
        assert head.code is Code.LEASE_LAPSED and b"thrown away" in body
        assert run.ended().units == 1
    assert sorted(path.name for path in (tmp_path / "o").iterdir()) == ["frame-000001.png"]


def test_time_and_idleness_end_the_look(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with looking(tmp_path / "o", LOOK | {"seconds": 1}) as run:
        run.ask(view())
        assert run.ended().units == 1
    monkeypatch.setattr(room, "IDLE_SECONDS", 0.3)
    with looking(tmp_path / "p") as run, pytest.raises(WorkError, match="nobody asked"):
        run.ended()


HOSTILE = (
    b"\n", b"", b"view\n", b"view 0 0\n", b"view 0 0 1", b"view 0 0 1 \n", b"view 00 0 1\n", b"view 1e1 0 1\n",
    b"view nan 0 1\n", b"view -0 0 1\n", b"view 0 0 3\n", b"view 0 0 0\n", b"view 721 0 1\n", b"view 0 91 1\n",
    b"view 99999999999999999999 0 1\n", b"VIEW 0 0 1\n", b"view 0 0 1\r\n", b"view 0 0 1\nview 1 0 1\n",
    b"view \xef\xbc\x91 0 1\n", b"\x00\xff\xfe\n", b"GET / HTTP/1.1\r\n\r\n", b"weights\n", b"../../etc/passwd\n",
    b"view " + b"9" * 200 + b" 0 1\n", b"x" * 65,
)  # fmt: skip


def test_hostile_lines_are_refused_and_cost_no_frame(tmp_path: Path) -> None:
    with looking(tmp_path / "o") as run:
        for line in HOSTILE:
            try:
                head, body = parted(run.ask(line, close=True))
            except ConnectionResetError:
                continue  # more was sent than is read: the system cuts such a connection
            assert head.kind == "refused" and head.code is Code.MALFORMED, line
            assert len(body) < 200
        assert parted(run.ask(view()))[0].number == 1
        run.ask(END)
        assert run.ended().units == 1


def test_one_who_connects_and_says_nothing_is_dropped(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(room, "QUESTION_SECONDS", 0.2)
    with looking(tmp_path / "o") as run:
        assert run.ask(b"view 0") == b""
        assert parted(run.ask(view()))[0].number == 1


def test_no_answer_holds_any_of_the_replica(tmp_path: Path) -> None:
    """Not its file, not a row of it, not a name of its columns; and the opened bytes are wiped."""
    whole = write_ply(ball())
    body = whole[whole.index(b"end_header\n") + 11 :]
    with looking(tmp_path / "o") as run:
        answers = [
            run.ask(line, close=True) for line in (ABOUT, view(), view(5), view(300), b"weights\n", b"about x\n")
        ]
        assert not any(run.plaintext)
    for answer in answers:
        assert b"ply" not in answer and b"f_dc" not in answer
        assert not any(body[at : at + 12] in answer for at in range(0, len(body) - 12, 64))


def test_about_tells_the_bounds_and_no_more(tmp_path: Path) -> None:
    with looking(tmp_path / "o") as run:
        told = json.loads(parted(run.ask(ABOUT))[1])
        assert told == {
            "arc_from_deg": -20, "arc_to_deg": 20, "elevation_from_deg": -5, "elevation_to_deg": 10,
            "width": 192, "height": 192, "frames": 4, "left": 4, "seconds_left": told["seconds_left"],
            "idle_seconds": 300, "permit": short(run.plan.order.permit), "mark": "unmarked preview", "relit": False,
        }  # fmt: skip
        assert 50 < told["seconds_left"] <= 60


def test_the_socket_is_its_owners_alone(tmp_path: Path) -> None:
    with looking(tmp_path / "o") as run:
        assert stat.S_IMODE(run.door.stat().st_mode) == 0o600
        assert stat.S_IMODE(run.door.parent.stat().st_mode) == 0o700
    open_folder = tmp_path / "p" / "look"
    open_folder.mkdir(parents=True)
    open_folder.chmod(0o755)
    with looking(tmp_path / "p") as run, pytest.raises(WorkError, match="alone"):
        run.ended()
    with looking(tmp_path / ("q" * 100)) as run, pytest.raises(WorkError, match="bytes"):
        run.ended()


def test_a_lease_that_is_over_at_once_draws_nothing(tmp_path: Path) -> None:
    with looking(tmp_path / "o", lease=FakeLease(0)) as run:
        made = run.ended()
    assert made.units == 0 and made.outputs == ()
