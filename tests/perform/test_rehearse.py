"""A sealed capture with expressions becomes a sealed performer, or nothing if the lease ended."""

from __future__ import annotations

import io
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from perform.kit import captures
from stagedoor.wire import container
from stagedoor.worker import rehearse
from stagedoor.worker.job import Job, Sealed, WorkError
from stagedoor.worker.perform.performer import Performer
from worker.kit import AnnouncedFakeLease, planned

VALUES = {"gaussians": 300, "rest_iterations": 20, "iterations": 40, "seed": 3, "threads": 1}


def packed(spoil: dict[str, Any] | None = None) -> bytearray:
    """The captures of the invented person as the one file that is sealed."""
    frames: list[dict[str, Any]] = []
    pictures: dict[str, bytes] = {}
    for expression, one in captures().items():
        for view, image in enumerate(one.images):
            name = f"images/{len(frames)}.png"
            out = io.BytesIO()
            Image.fromarray(image).save(out, "PNG")
            pictures[name] = out.getvalue()
            pose = np.linalg.inv(one.world_to_camera[view]) @ np.diag([1.0, -1.0, -1.0, 1.0])
            frames.append(
                {"file_path": name, "split": one.splits[view], "transform_matrix": pose.round(9).tolist(),
                 "expression": dict(expression)}
            )  # fmt: skip
    frames[-1] |= spoil or {}
    table = {"w": 64, "h": 64, "fl_x": one.fx, "frames": frames}
    return bytearray(b"".join(container.write([("transforms.json", json.dumps(table).encode()), *pictures.items()])))


def job(folder: Path, plaintext: bytearray, *, answers: int = 1_000_000) -> Job:
    """The fit, with a fake lease that says so in its name."""
    plan = planned()
    return Job(
        plan=type(plan)(order=plan.order, permit=plan.permit, asset=plan.asset, settings=VALUES),
        plaintext=plaintext,
        lease=AnnouncedFakeLease(answers),
        out=folder / "out",
        blobs=folder,
    )


@pytest.fixture
def kept(monkeypatch: pytest.MonkeyPatch) -> list[bytes]:
    """What would be sealed: sealing itself is tried in tests/worker."""
    held: list[bytes] = []

    def seal(_job: Job, replica: bytearray, _identity: object) -> Sealed:
        held.append(bytes(replica))
        return Sealed(sha256="0" * 64, size=len(replica), envelopes={})

    monkeypatch.setattr(rehearse, "seal_replica", seal)
    return held


def test_a_performer_is_made_and_measured(tmp_path: Path, kept: list[bytes]) -> None:
    given = job(tmp_path, packed())
    made = rehearse.fit_performance(given, None)  # type: ignore[arg-type]
    assert made.units == 1 and made.whole
    performer = Performer.from_bytes(kept[0])
    assert performer.controls == ("eyeBlinkLeft", "jawOpen")
    told = {measure.name: measure.value for measure in made.measures}
    assert told["controls"] == 2 and told["iterations"] == 60 and told["gaussians"] == 360
    assert told["psnr_head_millidb"] > 10_000
    assert not any(given.plaintext)


def test_a_lease_that_ends_leaves_nothing(tmp_path: Path, kept: list[bytes]) -> None:
    made = rehearse.fit_performance(job(tmp_path, packed(), answers=1), None)  # type: ignore[arg-type]
    assert made.units == 0 and made.sealed is None and not kept


def test_a_capture_that_cannot_be_read_is_refused_without_a_word_of_it(tmp_path: Path, kept: list[bytes]) -> None:
    given = job(tmp_path, packed({"expression": {"Secret": 1}}))
    with pytest.raises(WorkError, match=r"PerformError$"):
        rehearse.fit_performance(given, None)  # type: ignore[arg-type]
    assert not any(given.plaintext) and not kept
