"""A fitted replica leaves the worker sealed, its key in two envelopes, and nothing of it in the clear."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from custody.kit import CAPTURE, PERFORMER, PERFORMER_KEY, REPLICA, WORKER, WORKER_KEY, pinned
from stagedoor.custodian.desk import Deposit
from stagedoor.custodian.intake import accept
from stagedoor.custodian.keys import Keys
from stagedoor.custodian.papers import Trust
from stagedoor.seal import KdfCost, KeyFileError, SigningKey, join, open_bytes, public_from_private
from stagedoor.wire import blobs, container
from stagedoor.worker import identity as worker_identity
from stagedoor.worker.double import trainer
from stagedoor.worker.fit import fit_splats, seal_replica
from stagedoor.worker.formats.ply import read_ply, write_ply
from stagedoor.worker.identity import Identity, IdentityError
from stagedoor.worker.job import Job, Plan, WorkError, wipe_arrays
from stagedoor.worker.recipes import plan
from worker.kit import AnnouncedFakeLease, ball, capture_files, taken_fit

CHEAP = KdfCost(memory_kib=19 << 10, iterations=2, lanes=1)
CUSTODIANS = {
    name: Keys(name=name, seal_private=bytearray(os.urandom(32)), signing=SigningKey.generate(), kek=bytearray(32))
    for name in ("studio", "union")
}
IDENTITY = Identity(
    worker=WORKER,
    signing=WORKER_KEY,
    custodians={name: public_from_private(keys.seal_private) for name, keys in CUSTODIANS.items()},
)


def capture() -> bytes:
    """The small capture as it lies in its seal."""
    return b"".join(container.write(capture_files().items()))


def job(tmp_path: Path, plaintext: bytes, *, answers: int = 1_000_000) -> Job:
    """A fit, with a fake lease that says so in its name."""
    found = plan(taken_fit(), WORKER)
    assert isinstance(found, Plan)
    lease = AnnouncedFakeLease(answers)
    return Job(plan=found, plaintext=bytearray(plaintext), lease=lease, out=tmp_path / "out", blobs=tmp_path)


def key_of(envelopes: dict[str, bytes]) -> bytearray:
    """The replica's key, as both custodians' shares together give it."""
    shares = []
    for name, keys in CUSTODIANS.items():
        given = Deposit(
            asset=REPLICA,
            envelope=envelopes[name],
            performer=PERFORMER,
            performer_key=PERFORMER_KEY.public_hex,
        )
        trust = Trust(name=name, gate_key="", workers={WORKER: WORKER_KEY.public_hex})
        share, pins = accept(given, keys=keys, trust=trust, pins_of=lambda _: pinned(asset=CAPTURE))
        assert pins == pinned()
        shares.append(share)
    return join(*shares)


def test_a_replica_is_sealed_under_a_key_that_only_both_custodians_have(tmp_path: Path) -> None:
    plain = write_ply(ball())
    replica = bytearray(plain)
    sealed = seal_replica(job(tmp_path, b""), replica, IDENTITY)
    assert replica == bytearray(len(plain))
    path = blobs.path_of(tmp_path, sealed.sha256)
    assert [found.name for found in tmp_path.iterdir()] == [path.name]
    assert path.stat().st_size == sealed.size
    assert plain[200:232] not in path.read_bytes()
    source = blobs.pieces(tmp_path, sealed.sha256, size=sealed.size)
    assert open_bytes(source, key=key_of(dict(sealed.envelopes)), context=REPLICA.encode()) == plain


def test_a_blob_that_is_not_what_its_name_says_is_refused(tmp_path: Path) -> None:
    sealed = seal_replica(job(tmp_path, b""), bytearray(b"x" * 100), IDENTITY)
    path = blobs.path_of(tmp_path, sealed.sha256)
    path.write_bytes(path.read_bytes()[:-1] + b"\x00")
    with pytest.raises(blobs.BlobError):
        b"".join(blobs.pieces(tmp_path, sealed.sha256, size=sealed.size))
    with pytest.raises(blobs.BlobError):
        b"".join(blobs.pieces(tmp_path, sealed.sha256, size=sealed.size - 1))
    for name in ("", "../x", "00", "sha256:" + "0" * 63, "0" * 64):
        with pytest.raises(blobs.BlobError):
            b"".join(blobs.pieces(tmp_path, name, size=1))


def test_a_draft_that_fails_leaves_nothing(tmp_path: Path) -> None:
    def fails(file: object) -> str:
        raise RuntimeError

    with pytest.raises(RuntimeError):
        blobs.keep(tmp_path, fails)
    assert list(tmp_path.iterdir()) == []


def test_a_receipt_says_that_a_head_in_general_was_leaned_on(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whether the start leans is the hull's to say (tests/double/test_bust.py); here it comes to the measure."""
    carved = trainer.visual_hull
    monkeypatch.setattr(trainer, "visual_hull", lambda *given, **how: replace(carved(*given, **how), leaned=True))
    made = fit_splats(job(tmp_path, capture()), IDENTITY)
    assert {measure.name: measure.value for measure in made.measures}["general_head"] == 1


def test_a_capture_becomes_a_replica(tmp_path: Path) -> None:
    made = fit_splats(job(tmp_path, capture()), IDENTITY)
    assert (made.units, made.outputs, made.whole) == (1, (), True)
    assert made.sealed is not None
    measures = {measure.name: measure.value for measure in made.measures}
    assert measures["gaussians"] == 220
    assert measures["iterations"] == 200
    assert measures["general_head"] == 0
    assert measures["psnr_whole_millidb"] > 11_000
    source = blobs.pieces(tmp_path, made.sealed.sha256, size=made.sealed.size)
    replica = open_bytes(source, key=key_of(dict(made.sealed.envelopes)), context=REPLICA.encode())
    assert len(read_ply(bytes(replica))) == 220
    assert [path.suffix for path in tmp_path.iterdir()] == [".sealed"]


def test_a_lease_that_lapses_while_fitting_leaves_nothing_made(tmp_path: Path) -> None:
    made = fit_splats(job(tmp_path, capture(), answers=1), IDENTITY)
    assert (made.units, made.sealed, made.whole) == (0, None, False)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("plain", [b"", b"rubbish SECRET", b"".join(container.write([("SECRET.json", b"SECRET")]))])
def test_what_is_no_capture_is_refused_without_quoting_it(tmp_path: Path, plain: bytes) -> None:
    with pytest.raises(WorkError) as refused:
        fit_splats(job(tmp_path, plain), IDENTITY)
    assert "SECRET" not in str(refused.value)


def test_arrays_are_wiped_even_if_read_only() -> None:
    held = np.arange(12.0).reshape(3, 4)[1:]
    held.flags.writeable = False
    wipe_arrays(held)
    assert not held.any()


def test_a_workers_folder_is_made_once_and_pins_two_custodians(tmp_path: Path) -> None:
    folder = tmp_path / "worker"
    public = worker_identity.create(folder, "x" * 12, WORKER, cost=CHEAP)
    for wrong in ({}, {"union": "00" * 32}, {"union": "00" * 32, "studio": "00" * 32}):
        with pytest.raises(IdentityError):
            worker_identity.pin(folder, "x" * 12, custodians=wrong)
    worker_identity.pin(folder, "x" * 12, custodians=IDENTITY.custodians)
    found = worker_identity.open_identity(folder, "x" * 12, WORKER)
    assert (found.signing.public_hex, found.custodians) == (public.verify_key, IDENTITY.custodians)
    assert repr(found) == f"Identity({WORKER})"
    with pytest.raises(IdentityError):
        worker_identity.open_identity(folder, "x" * 12, "worker:another")
    with pytest.raises(KeyFileError):
        worker_identity.create(folder, "x" * 12, WORKER, cost=CHEAP)
