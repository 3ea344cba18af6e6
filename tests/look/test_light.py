"""A lamp that is moved: the picture follows it, costs a frame, and needs an order that says so."""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from custody.kit import AT, WORKER, Story, ident
from field.kit import fog
from look.kit import LOOK, FakeLease, looking, planned
from look.test_worker import parted
from stagedoor.core.base.outcome import Code
from stagedoor.core.facts.permit import WorkOrder
from stagedoor.core.steps.dispatch import dispatch
from stagedoor.seal import wipe
from stagedoor.wire.looks import ABOUT, END, Light, View, parse_question
from stagedoor.worker.drawable import opened
from stagedoor.worker.formats.ply import write_ply
from stagedoor.worker.job import Job, WorkError
from stagedoor.worker.look import lamp, look
from worker.kit import ball, settings


def lit(turn: int, rise: int = 0, *, key: int = 150, ambient: int = 20) -> bytes:
    """The face, under a lamp."""
    light = Light(turn_deg=turn, rise_deg=rise, key=key, ambient=ambient)
    return View(azimuth_deg=0, elevation_deg=0, divisor=1, light=light).line()


def halves(body: bytes) -> tuple[float, float, float, float]:
    """How bright the picture's left, right, upper and lower half are."""
    with Image.open(io.BytesIO(body)) as image:
        sums = np.asarray(image.convert("RGB"), np.float64)[:150].sum(axis=2)
    half = (sums[:, :96], sums[:, 96:], sums[:80], sums[80:])
    left, right, up, down = (float(part.mean()) for part in half)
    return left, right, up, down


def test_the_picture_follows_the_lamp_and_every_new_one_is_a_frame(tmp_path: Path) -> None:
    with looking(tmp_path / "o", LOOK | {"frames": 6}, recipe="look-relit") as run:
        shown = {name: parted(run.ask(line)) for name, line in {
            "plain": View(azimuth_deg=0, elevation_deg=0, divisor=1).line(),
            "left": lit(-90), "right": lit(90), "up": lit(0, 90), "down": lit(0, -90),
            "plain again": View(azimuth_deg=0, elevation_deg=0, divisor=1).line(),
        }.items()}  # fmt: skip
        made = run.ended()
    assert [head.number for head, _ in shown.values()] == [1, 2, 3, 4, 5, 6] and made.units == 6
    plain, again = (np.asarray(Image.open(io.BytesIO(shown[name][1]))) for name in ("plain", "plain again"))
    assert np.array_equal(plain, again)
    left, right, up, down = (halves(shown[name][1]) for name in ("left", "right", "up", "down"))
    # The ball is red to the right and blue to the left, so the lamps are held against one another.
    assert left[0] / left[1] > 1.3 * right[0] / right[1]
    assert up[2] / up[3] > 1.3 * down[2] / down[3]


def test_a_look_that_was_not_ordered_relit_refuses_the_lamp_and_counts_nothing(tmp_path: Path) -> None:
    with looking(tmp_path / "o") as run:
        head, body = parted(run.ask(lit(-90)))
        assert head.code is Code.WRONG_WORK and b"look-relit" in body
        assert b'"relit": false' in parted(run.ask(ABOUT))[1] and b'"left": 4' in parted(run.ask(ABOUT))[1]
        run.ask(View(azimuth_deg=0, elevation_deg=0, divisor=1).line())
        run.ask(END)
        assert run.ended().units == 1


def test_the_arc_binds_a_lit_picture_too(tmp_path: Path) -> None:
    light = Light(turn_deg=0, rise_deg=0, key=100, ambient=20)
    with looking(tmp_path / "o", recipe="look-relit") as run:
        beyond = View(azimuth_deg=21, elevation_deg=0, divisor=1, light=light)
        assert parted(run.ask(beyond.line()))[0].code is Code.WRONG_WORK
        assert parted(run.ask(lit(0)))[0].left == 3


@pytest.mark.parametrize(
    "line",
    [b"lit 0 0 1 0 0 301 0\n", b"lit 0 0 1 0 0 -1 0\n", b"lit 0 0 1 0 0 0 201\n", b"lit 0 0 1 0 91 0 0\n",
     b"lit 0 0 1 0 0 0\n", b"lit 0 0 3 0 0 0 0\n", b"view 0 0 1 0 0 0 0\n", b"lit 0 0 1 1.5 0 0 0\n"],
)  # fmt: skip
def test_a_false_lamp_is_refused(tmp_path: Path, line: bytes) -> None:
    from stagedoor.wire.looks import LooksError

    with pytest.raises(LooksError):
        parse_question(line)


def test_the_gate_orders_it_under_a_render_permit_and_within_it() -> None:
    def sent(**over: int) -> object:
        numbers = settings(LOOK | over)
        return dispatch(
            Story().permit(), order_id=ident("order"), recipe="look-relit", settings=numbers, result_asset="", at=AT
        )

    assert isinstance(sent(), WorkOrder) and not isinstance(sent(arc_to_deg=21), WorkOrder)


def test_a_kind_that_cannot_be_lit_is_refused_and_wiped(tmp_path: Path) -> None:
    plaintext = bytearray(fog().to_bytes())
    job = Job(plan=planned(recipe="look-relit"), plaintext=plaintext, lease=FakeLease(), out=tmp_path, blobs=tmp_path)
    with pytest.raises(WorkError, match="cannot be lit"):
        look(job, relit=True)
    assert not any(plaintext)


def test_what_was_lit_is_wiped_with_the_rest() -> None:
    plaintext = bytearray(write_ply(ball()))
    replica = opened(plaintext)
    wipe(plaintext)
    for turn in (0, 90):
        replica.stand_in(lamp(Light(turn_deg=turn, rise_deg=0, key=100, ambient=20)))  # type: ignore[attr-defined]
    held, shown, taken_apart = replica._splats, replica._shown, replica._lit  # type: ignore[attr-defined]
    replica.wipe()
    for part in (held.means, held.colours, shown.means, shown.colours, taken_apart.albedo, taken_apart.normals):
        assert not part.any()


def test_the_worker_knows_whom_it_works_for() -> None:
    assert planned(recipe="look-relit").permit.worker == WORKER
