"""A killed fit goes on where it stood, from a state that only the capture's own key and this order open."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from stagedoor.seal import derive, open_bytes, wipe
from stagedoor.wire import blobs
from stagedoor.worker.double import train as training
from stagedoor.worker.double.state import MAGIC
from stagedoor.worker.fit import fit_splats
from stagedoor.worker.job import Job
from stagedoor.worker.resume import FOLDER, Resume, key_for
from worker.kit import AnnouncedFakeLease
from worker.test_fit import IDENTITY, REPLICA, capture, job, key_of

DATA_KEY = bytearray(range(32))
ORDER = "order:01"


def resume(tmp_path: Path, order: str = ORDER, data_key: bytearray = DATA_KEY) -> Resume:
    """The order's place on disk."""
    return Resume(tmp_path, order=order, key=key_for(data_key, order))


def test_what_is_kept_is_sealed_and_comes_back(tmp_path: Path) -> None:
    kept = resume(tmp_path)
    assert kept.load() is None
    for state in (b"secret state one", b"secret state two"):
        kept.keep(state)
        assert resume(tmp_path).load() == state
    (path,) = (tmp_path / FOLDER).iterdir()
    assert b"secret" not in path.read_bytes() and path.stat().st_mode & 0o077 == 0
    kept.drop()
    kept.drop()
    assert list((tmp_path / FOLDER).iterdir()) == []


@pytest.mark.parametrize(("order", "data_key"), [("order:02", DATA_KEY), (ORDER, bytearray(32))])
def test_another_order_or_another_captures_key_does_not_open_it(
    tmp_path: Path, order: str, data_key: bytearray
) -> None:
    resume(tmp_path).keep(b"state")
    path = next((tmp_path / FOLDER).iterdir())
    path.rename(path.with_name(f"{order.partition(':')[2]}.sealed"))
    assert resume(tmp_path, order, data_key).load() is None


def test_after_the_leases_end_nothing_is_sealed_under_the_wiped_key(tmp_path: Path) -> None:
    key = key_for(DATA_KEY, ORDER)
    kept = Resume(tmp_path, order=ORDER, key=key)
    kept.keep(b"before")
    wipe(key)
    kept.keep(b"after")
    assert kept.load() is None
    assert resume(tmp_path).load() == b"before"
    half = key_for(DATA_KEY, ORDER)
    kept = Resume(tmp_path, order=ORDER, key=half)
    half[:16] = bytes(16)  # the wipe is caught half way
    kept.keep(b"after")
    assert resume(tmp_path).load() == b"before"


def test_a_full_disk_loses_the_state_and_not_the_run(tmp_path: Path) -> None:
    (tmp_path / FOLDER).write_bytes(b"in the way")
    resume(tmp_path).keep(b"state")
    assert resume(tmp_path).load() is None


def test_keys_for_two_purposes_are_two_keys() -> None:
    assert len(derive(DATA_KEY, purpose=b"a")) == 32
    assert derive(DATA_KEY, purpose=b"a") == derive(DATA_KEY, purpose=b"a") != derive(DATA_KEY, purpose=b"b")
    assert derive(DATA_KEY, purpose=b"a") != derive(bytearray(32), purpose=b"a")


def test_a_fit_whose_lease_lapsed_goes_on_to_the_same_replica(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The first run is stopped half way; the second begins there, ends in the same bytes and leaves no state."""
    monkeypatch.setattr(training, "KEEP_SECONDS", 0.0)
    steps: list[int] = []

    def run(folder: Path, kept: Resume | None, answers: int = 1_000_000) -> bytes | None:
        folder.mkdir(exist_ok=True)
        given: Job = replace(
            job(folder, capture()),
            resume=kept,
            lease=AnnouncedFakeLease(answers),
            progress=lambda done, of: steps.append(done),
        )
        made = fit_splats(given, IDENTITY)
        if made.sealed is None:
            return None
        source = blobs.pieces(folder, made.sealed.sha256, size=made.sealed.size)
        return bytes(open_bytes(source, key=key_of(dict(made.sealed.envelopes)), context=REPLICA.encode()))

    whole = run(tmp_path / "whole", None)
    steps.clear()
    assert run(tmp_path / "killed", resume(tmp_path / "killed"), answers=5) is None
    assert steps[-1] < 200
    state = resume(tmp_path / "killed").load()
    assert state is not None and state.startswith(MAGIC)
    stopped = steps[-1]
    steps.clear()
    assert run(tmp_path / "killed", resume(tmp_path / "killed")) == whole
    assert steps[0] > stopped
    assert resume(tmp_path / "killed").load() is None


def test_a_state_that_is_no_state_is_begun_anew(tmp_path: Path) -> None:
    kept = resume(tmp_path)
    kept.keep(b"from another version")
    made = fit_splats(replace(job(tmp_path, capture()), resume=kept), IDENTITY)
    assert made.whole and kept.load() is None
