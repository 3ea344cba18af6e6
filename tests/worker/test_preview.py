"""Previews of a growing double: small, from one side, stamped, in the receipt, and only under a permit for them."""

from __future__ import annotations

import io
from dataclasses import replace
from pathlib import Path

import pytest
from PIL import Image

from custody.kit import AT, WORKER, ident
from stagedoor.core.base.outcome import Code, Refused
from stagedoor.core.facts.permit import WATCHED, Receipt, WorkOrder
from stagedoor.core.steps.attest import counts_agree
from stagedoor.core.steps.dispatch import dispatch
from stagedoor.worker.double import train as training
from stagedoor.worker.fit import fit_splats
from stagedoor.worker.job import Job, Made, Plan
from stagedoor.worker.recipes import plan
from worker.kit import FIT, AnnouncedFakeLease, fit_permit, settings, taken_fit
from worker.test_fit import IDENTITY, REPLICA, capture

NUMBERS = FIT | {"iterations": 40, "previews": 4}


def fit(folder: Path, *, answers: int = 1_000_000, numbers: dict[str, int] | None = None) -> Made:
    """A fit that may show previews, at every step."""
    recipe = {"unit": WATCHED, "recipe": "fit-previewed"} if numbers is None else {}
    found = plan(taken_fit(numbers or NUMBERS, **recipe), WORKER)
    assert isinstance(found, Plan), found
    lease = AnnouncedFakeLease(answers)
    folder.mkdir(exist_ok=True)
    given = Job(plan=found, plaintext=bytearray(capture()), lease=lease, out=folder / "out", blobs=folder)
    return fit_splats(given, IDENTITY)


@pytest.fixture(autouse=True)
def _at_every_step(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(training, "PREVIEW_SECONDS", 0.0)


def test_previews_are_small_stamped_counted_and_change_nothing(tmp_path: Path) -> None:
    made = fit(tmp_path / "shown")
    assert made.units == 1 and made.whole and made.sealed is not None
    assert [output.name for output in made.outputs] == [f"preview-{number:06d}.png" for number in range(1, 5)]
    for output in made.outputs:
        data = (tmp_path / "shown" / "out" / output.name).read_bytes()
        assert len(data) == output.bytes and output.mark == "unmarked preview"
        with Image.open(io.BytesIO(data)) as image:
            assert image.size == (96, 96) and image.info["stagedoor:mark"] == "unmarked preview"
    plain = fit(tmp_path / "plain", numbers={name: value for name, value in NUMBERS.items() if name != "previews"})
    assert plain.outputs == () and not (tmp_path / "plain" / "out").exists()
    assert plain.measures == made.measures


def test_what_a_stopped_run_had_shown_is_told_and_counts_for_the_next(tmp_path: Path) -> None:
    made = fit(tmp_path, answers=5)
    assert made.units == 0 and made.sealed is None and len(made.outputs) == len(list((tmp_path / "out").iterdir())) > 0
    receipt = Receipt(
        receipt=ident("receipt"), order="", permit="", grant="", worker=WORKER, unit=WATCHED, units=0,
        outputs=made.outputs, measures=(), result_asset="", sealed_sha256="", sealed_bytes=0, at=AT,
    )  # fmt: skip
    assert counts_agree(receipt)
    assert not counts_agree(replace(receipt, unit="replica"))
    assert not counts_agree(replace(receipt, outputs=(replace(made.outputs[0], name="frame-000001.png"),)))
    assert not counts_agree(replace(receipt, sealed_sha256="1" * 64))
    # The same run shows the same pictures; what lies there is told apart from what is drawn anew.
    (tmp_path / "out" / "preview-000001.png").write_bytes(b"from before")
    again = fit(tmp_path)
    assert len(made.outputs) < 4 == len(again.outputs)
    assert again.outputs[0].bytes == len(b"from before")
    assert again.outputs[1 : len(made.outputs)] == made.outputs[1:]


def test_without_the_word_in_the_permit_there_is_no_preview() -> None:
    for unit, recipe, numbers in (
        ("replica", "fit-previewed", NUMBERS),
        (WATCHED, "fit-splats", FIT),
        ("replica", "fit-splats", NUMBERS),
    ):
        refused = plan(taken_fit(numbers, unit=unit, recipe=recipe), WORKER)
        assert isinstance(refused, Refused) and refused.code is Code.WRONG_WORK
        sent = dispatch(
            fit_permit(unit), order_id=ident("order"), recipe=recipe, settings=settings(numbers), result_asset=REPLICA,
            at=AT,
        )  # fmt: skip
        assert isinstance(sent, Refused) and sent.code is Code.WRONG_WORK
    sent = dispatch(
        fit_permit(WATCHED), order_id=ident("order"), recipe="fit-previewed", settings=settings(NUMBERS),
        result_asset=REPLICA, at=AT,
    )  # fmt: skip
    assert isinstance(sent, WorkOrder)


def test_more_previews_than_a_fit_may_show_are_not_planned() -> None:
    for previews in (0, 401):
        refused = plan(taken_fit(NUMBERS | {"previews": previews}, unit=WATCHED, recipe="fit-previewed"), WORKER)
        assert isinstance(refused, Refused)
