"""A fitted field leaves the worker sealed, is drawn as any replica is, and goes on after a kill to the same bytes."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from custody.kit import WORKER
from stagedoor.capture.read import parse
from stagedoor.core.base.outcome import Code, Refused
from stagedoor.seal import open_bytes
from stagedoor.wire import blobs, container
from stagedoor.worker.arc import camera_at
from stagedoor.worker.double.pool import CHUNKS
from stagedoor.worker.drawable import opened
from stagedoor.worker.field import train as training
from stagedoor.worker.field.draw import draw_field
from stagedoor.worker.field.grid import TABLE_LOG2_MAX
from stagedoor.worker.field.model import STEPS_MAX, Field
from stagedoor.worker.field.train import score
from stagedoor.worker.fit import fit_splats
from stagedoor.worker.fit_field import fit_field
from stagedoor.worker.job import Job, Made, Plan, WorkError
from stagedoor.worker.recipes import FIT_FIELD, RECIPES, plan
from stagedoor.worker.service import MAKERS
from worker.kit import AnnouncedFakeLease, capture_files, taken_fit
from worker.test_fit import IDENTITY, REPLICA, capture, job, key_of
from worker.test_resume import resume

NUMBERS = {"rays": 512, "iterations": 30, "steps": 64, "table_log2": 10, "seed": 7, "threads": 1}


def field_job(tmp_path: Path, plaintext: bytes, *, answers: int = 1_000_000) -> Job:
    """A fit of a field, with a fake lease that says so in its name."""
    found = plan(taken_fit(NUMBERS, recipe=FIT_FIELD), WORKER)
    assert isinstance(found, Plan)
    tmp_path.mkdir(exist_ok=True)
    return replace(job(tmp_path, plaintext, answers=answers), plan=found)


def replica_of(folder: Path, made: Made) -> bytes:
    """What was sealed."""
    assert made.sealed is not None
    source = blobs.pieces(folder, made.sealed.sha256, size=made.sealed.size)
    return bytes(open_bytes(source, key=key_of(dict(made.sealed.envelopes)), context=REPLICA.encode()))


def test_a_capture_becomes_a_field_that_can_be_drawn(tmp_path: Path) -> None:
    told: list[tuple[int, int]] = []
    given = replace(field_job(tmp_path, capture()), progress=lambda done, of: told.append((done, of)))
    made = MAKERS[FIT_FIELD](given, IDENTITY)
    assert (made.units, made.outputs, made.whole) == (1, (), True)
    assert set(given.plaintext) == {0}
    measures = {measure.name: measure.value for measure in made.measures}
    assert measures["iterations"] == 30 and measures["entries"] > 1_000
    trained = Field.from_bytes(replica_of(tmp_path, made))
    (scored,) = score(trained, parse(capture_files()))
    assert measures["psnr_whole_millidb"] == round(1_000 * scored.whole_db)
    assert measures["psnr_head_millidb"] == round(1_000 * scored.head_db)
    assert told[-1] == (30, 30)
    assert [path.suffix for path in tmp_path.iterdir()] == [".sealed"]
    front = camera_at(azimuth_deg=0, elevation_deg=10, radius=4, width=64, height=64)
    drawn = opened(bytearray(trained.to_bytes())).draw(front, 64, 64, (0.0, 0.0, 0.0))
    assert np.array_equal(drawn, draw_field(trained, front, width=64, height=64)) and drawn.max() > 60


def test_a_lease_that_lapses_while_fitting_leaves_nothing_made(tmp_path: Path) -> None:
    made = fit_field(field_job(tmp_path, capture(), answers=1), IDENTITY)
    assert (made.units, made.sealed, made.whole) == (0, None, False)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("plain", [b"", b"rubbish SECRET", b"".join(container.write([("SECRET.json", b"SECRET")]))])
def test_what_is_no_capture_is_refused_without_quoting_it(tmp_path: Path, plain: bytes) -> None:
    with pytest.raises(WorkError) as refused:
        fit_field(field_job(tmp_path, plain), IDENTITY)
    assert "SECRET" not in str(refused.value)


@pytest.mark.parametrize("fits", [fit_field, fit_splats])
def test_pictures_without_a_common_point_are_refused(tmp_path: Path, fits: object) -> None:
    """All cameras stand where one stood, and look away: a worker says so and goes on to its next order."""
    files = capture_files()
    files["transforms.json"] = files["transforms.json"].replace(b'"fl_x": ', b'"cx": -900.0, "fl_x": ')
    plain = b"".join(container.write(files.items()))
    given = field_job(tmp_path, plain) if fits is fit_field else job(tmp_path, plain)
    with pytest.raises(WorkError, match="no replica can be made of the capture"):
        fits(given, IDENTITY)  # type: ignore[operator]


def test_a_fit_whose_lease_lapsed_goes_on_to_the_same_field(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The first run is stopped half way; the second begins there, ends in the same bytes and leaves no state."""
    monkeypatch.setattr(training, "KEEP_SECONDS", 0.0)
    steps: list[int] = []

    def run(folder: Path, *, answers: int = 1_000_000, kept: bool = True) -> Made:
        given = field_job(folder, capture())
        return fit_field(
            replace(
                given,
                resume=resume(folder) if kept else None,
                lease=AnnouncedFakeLease(answers),
                progress=lambda done, _of: steps.append(done),
            ),
            IDENTITY,
        )

    whole = replica_of(tmp_path / "whole", run(tmp_path / "whole", kept=False))
    steps.clear()
    assert run(tmp_path / "killed", answers=1).sealed is None
    assert steps == [10, 20]
    state = resume(tmp_path / "killed").load()
    assert state is not None and state.startswith(training.MAGIC)
    steps.clear()
    assert replica_of(tmp_path / "killed", run(tmp_path / "killed")) == whole
    assert steps == [30]
    assert resume(tmp_path / "killed").load() is None


@pytest.mark.parametrize("spoil", ["text", "seed"])
def test_a_state_of_another_run_is_begun_anew(tmp_path: Path, spoil: str) -> None:
    kept = resume(tmp_path)
    other = field_job(tmp_path, capture(), answers=1)
    if spoil != "text":
        numbers = NUMBERS | {spoil: 9}
        found = plan(taken_fit(numbers, recipe=FIT_FIELD), WORKER)
        assert isinstance(found, Plan)
        fit_field(replace(other, plan=found, resume=kept), IDENTITY)
        assert kept.load() is not None
    else:
        kept.keep(b"from another version")
    steps: list[int] = []
    given = replace(field_job(tmp_path, capture()), resume=kept, progress=lambda done, _of: steps.append(done))
    assert fit_field(given, IDENTITY).whole
    assert steps[0] == 10 and kept.load() is None


def test_the_bounds_of_an_order_are_those_of_the_trainer() -> None:
    bounds = RECIPES[FIT_FIELD].settings
    assert bounds["rays"] == (CHUNKS, training.RAYS_MAX)
    assert bounds["steps"] == (1, STEPS_MAX)
    assert bounds["table_log2"] == (4, TABLE_LOG2_MAX)
    for name in ("rays", "iterations", "steps", "table_log2", "threads"):
        most = bounds[name][1]
        refused = plan(taken_fit(NUMBERS | {name: most + 1}, recipe=FIT_FIELD), WORKER)
        assert isinstance(refused, Refused) and refused.code is Code.WRONG_WORK
