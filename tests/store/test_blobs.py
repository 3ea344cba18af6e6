"""Sealed blobs: whole or not at all, and never believed."""

from __future__ import annotations

import hashlib
import stat
from pathlib import Path

import pytest

from stagedoor.adapters.blobs import DiskBlobs, Sink
from stagedoor.ports.store import StoreFault
from stagedoor.ports.world import Blobs


def _kept(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_file()]


def test_a_blob_is_kept_under_its_hash_and_read_back(tmp_path: Path) -> None:
    blobs = DiskBlobs(tmp_path / "blobs")
    port: Blobs = blobs
    data = bytes(range(256)) * 10_000
    with blobs.writer() as sink:
        for start in range(0, len(data), 100_000):
            sink.write(data[start : start + 100_000])
    assert sink.sha256 == hashlib.sha256(data).hexdigest()
    assert sink.bytes == len(data) == blobs.size(sink.sha256)
    assert b"".join(port.reader(sink.sha256)) == data
    assert stat.S_IMODE(blobs.path(sink.sha256).stat().st_mode) == 0o600
    with blobs.writer() as again:
        again.write(data)
    assert len(_kept(tmp_path)) == 1
    blobs.erase(sink.sha256)
    assert not blobs.has(sink.sha256)
    with pytest.raises(StoreFault, match="not there"):
        port.reader(sink.sha256)


def test_a_failure_leaves_nothing_half_written(tmp_path: Path) -> None:
    blobs = DiskBlobs(tmp_path)
    with pytest.raises(ConnectionResetError), blobs.writer() as sink:
        _half_then_fail(sink)
    assert _kept(tmp_path) == []


def _half_then_fail(sink: Sink) -> None:
    sink.write(b"half")
    raise ConnectionResetError


def test_an_edited_blob_is_not_believed(tmp_path: Path) -> None:
    blobs = DiskBlobs(tmp_path)
    with blobs.writer() as sink:
        sink.write(b"sealed bytes")
    blobs.path(sink.sha256).write_bytes(b"sealed bytez")
    with pytest.raises(StoreFault, match="not what its name says"):
        list(blobs.reader(sink.sha256))


@pytest.mark.parametrize("name", ["", "../" * 20 + "etc", "A" * 64, "ab" * 31, "ab" * 32 + "\n", "ab" * 31 + "/x"])
def test_a_name_that_is_no_hash_is_refused(tmp_path: Path, name: str) -> None:
    blobs = DiskBlobs(tmp_path)
    with pytest.raises(StoreFault, match="64 lowercase hex"):
        blobs.reader(name)
    with pytest.raises(StoreFault):
        blobs.has(name)


def test_a_full_disk_is_a_fault_of_the_store(tmp_path: Path) -> None:
    blobs = DiskBlobs(tmp_path / "blobs")
    (tmp_path / "blobs").rmdir()
    with pytest.raises(StoreFault, match="could not be written"), blobs.writer():
        raise AssertionError("no sink without a disk")
