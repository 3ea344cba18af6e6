"""A performance is drawn from the curve that the order names, stamped, and no frame is made after the lease ended."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from perform.kit import performer
from perform.test_curves import ours
from stagedoor.worker import stamp
from stagedoor.worker.arc import camera_at
from stagedoor.worker.drawable import opened
from stagedoor.worker.job import Job, Made, WorkError
from stagedoor.worker.play import SETTINGS, WORDS, curve_digest, curve_settings, generate_performance
from worker.kit import ARC, AnnouncedFakeLease, planned

CURVE = ours(frames=[[10, 0.0, 0.0], [12, 1.0, 1.0]])


def job(folder: Path, curve: bytes = CURVE, *, answers: int = 1_000_000, **over: int) -> Job:
    """Three frames by that curve, with a fake lease that says so in its name."""
    named = curve_settings(curve)
    values = ARC | {"curve_rate": 24, "curve_from": 0, "curve_leave_out": 0} | named | over
    plan = planned()
    out = folder / "out"
    out.mkdir(exist_ok=True)
    (out / f"{curve_digest(named)}.curve").write_bytes(curve)
    return Job(
        plan=type(plan)(order=plan.order, permit=plan.permit, asset=plan.asset, settings=values),
        plaintext=bytearray(performer().to_bytes()),
        lease=AnnouncedFakeLease(answers),
        out=out,
        blobs=folder,
    )


def pictures(folder: Path) -> list[np.ndarray]:
    """The frames as they lie on disk, without their bands."""
    found = []
    for path in sorted((folder / "out").glob("*.png")):
        with Image.open(path) as image:
            assert image.info[stamp.MARK_KEY] == "unmarked preview"
            found.append(np.asarray(image)[:100])
    return found


def test_each_frame_is_the_curves_pose(tmp_path: Path) -> None:
    made: Made = generate_performance(job(tmp_path, arc_from_deg=0, arc_to_deg=0))
    assert made.units == 3 and made.whole
    told = {measure.name: measure.value for measure in made.measures}
    assert told["coverage_arc_deg"] == 0 and told["coverage_millisteradian"] > 200 and told["coverage_head_px"] > 100
    first, middle, last = pictures(tmp_path)
    assert (first != last).any() and (middle != last).any() and (first != middle).any()
    assert made.outputs[3].name == "performance-001001.webp"


def test_a_curve_can_be_joined_late(tmp_path: Path) -> None:
    generate_performance(job(tmp_path, arc_from_deg=0, arc_to_deg=0, curve_from=2))
    one, two, three = pictures(tmp_path)
    assert (one == two).all() and (two == three).all()


@pytest.mark.parametrize(("answers", "units"), [(0, 0), (1, 0), (2, 1), (3, 1), (5, 2), (6, 3)])
def test_no_frame_after_the_lease(tmp_path: Path, answers: int, units: int) -> None:
    given = job(tmp_path, answers=answers)
    made = generate_performance(given)
    assert made.units == units == len(pictures(tmp_path))
    assert made.whole is (units == 3)
    assert not any(given.plaintext)


def test_another_curve_than_the_named_one_is_refused(tmp_path: Path) -> None:
    given = job(tmp_path)
    (lying,) = given.out.glob("*.curve")
    lying.write_bytes(CURVE + b" ")
    with pytest.raises(WorkError, match="not the one"):
        generate_performance(given)
    lying.unlink()
    with pytest.raises(WorkError, match="cannot be read"):
        generate_performance(given)
    lying.symlink_to(Path(__file__))
    with pytest.raises(WorkError, match="cannot be read"):
        generate_performance(given)
    assert not pictures(tmp_path)


def test_a_curve_that_she_cannot_follow_is_refused(tmp_path: Path) -> None:
    other = ours(controls=["jawOpen", "mouthPucker"])
    with pytest.raises(WorkError, match="mouthPucker"):
        generate_performance(job(tmp_path, other))
    assert generate_performance(job(tmp_path, other, curve_leave_out=1)).units == 3
    with pytest.raises(WorkError, match="24 frames a second"):
        generate_performance(job(tmp_path, curve_rate=25))


def test_a_replica_that_cannot_perform_is_refused_without_a_word_of_it(tmp_path: Path) -> None:
    given = job(tmp_path)
    given.plaintext[40:60] = b"\xff" * 20
    with pytest.raises(WorkError, match=r"PerformError$"):
        generate_performance(given)
    assert not any(given.plaintext)


def test_the_digest_goes_through_whole_numbers() -> None:
    named = curve_settings(CURVE)
    assert tuple(named) == WORDS
    assert all(SETTINGS[name][0] <= value <= SETTINGS[name][1] for name, value in named.items())
    assert len(curve_digest(named)) == 64
    assert curve_digest(curve_settings(CURVE + b" ")) != curve_digest(named)


def test_render_arc_draws_a_performer_at_rest() -> None:
    held = opened(bytearray(performer().to_bytes()))
    camera = camera_at(azimuth_deg=0, elevation_deg=0, radius=4, width=96, height=96)
    assert held.draw(camera, 96, 96, (0.0, 0.0, 0.0)).max() > 50
    held.wipe()
