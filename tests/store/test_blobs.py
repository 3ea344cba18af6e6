"""Sealed blobs: whole or not at all, and never believed."""

from __future__ import annotations

import hashlib
import stat
from pathlib import Path
from typing import BinaryIO

import pytest

from stagedoor.adapters.blobs import FolderBlobs
from stagedoor.ports.store import StoreFault
from stagedoor.ports.world import Blobs

DATA = bytes(range(256)) * 10_000
NAME = hashlib.sha256(DATA).hexdigest()


def _write(file: BinaryIO) -> str:
    for start in range(0, len(DATA), 100_000):
        file.write(DATA[start : start + 100_000])
    return NAME


def _kept(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_file()]


def test_a_blob_is_kept_under_its_hash_and_read_back(tmp_path: Path) -> None:
    port: Blobs = FolderBlobs(tmp_path / "blobs")
    assert port.keep(_write) == port.keep(_write) == NAME
    assert b"".join(port.reader(NAME, size=len(DATA))) == DATA
    (kept,) = _kept(tmp_path)
    assert stat.S_IMODE(kept.stat().st_mode) == 0o600


def test_a_failure_leaves_nothing_half_written(tmp_path: Path) -> None:
    def half_then_fail(file: BinaryIO) -> str:
        file.write(b"half")
        raise ConnectionResetError

    with pytest.raises((ConnectionResetError, StoreFault)):
        FolderBlobs(tmp_path).keep(half_then_fail)
    assert _kept(tmp_path) == []


def test_an_edited_blob_is_not_believed(tmp_path: Path) -> None:
    blobs = FolderBlobs(tmp_path)
    blobs.keep(_write)
    (kept,) = _kept(tmp_path)
    kept.write_bytes(DATA[:-1] + b"!")
    with pytest.raises(StoreFault, match="not what its asset says"):
        list(blobs.reader(NAME, size=len(DATA)))


@pytest.mark.parametrize("name", ["", "../" * 20 + "etc", "A" * 64, "ab" * 31, "ab" * 32 + "\n", "ab" * 31 + "/x"])
def test_a_name_that_is_no_hash_is_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(StoreFault, match="64 hexadecimal"):
        list(FolderBlobs(tmp_path).reader(name, size=1))


def test_a_missing_folder_is_a_fault_of_the_store(tmp_path: Path) -> None:
    blobs = FolderBlobs(tmp_path / "blobs")
    (tmp_path / "blobs").rmdir()
    with pytest.raises(StoreFault, match="could not be written"):
        blobs.keep(_write)
