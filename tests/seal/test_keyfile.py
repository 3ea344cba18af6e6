"""Key files: whole or not there, private, bounded, and clear about what is wrong."""

from __future__ import annotations

import json
import os
import stat
from pathlib import Path

import pytest

from stagedoor.seal import (
    KdfCost,
    KeyFileCostError,
    KeyFileDamagedError,
    KeyFileError,
    KeyFileExistsError,
    KeyFilePassphraseError,
    KeyFilePermissionError,
    keyfile,
    limits,
    read_keyfile,
    write_keyfile,
)

CHEAP = KdfCost(
    memory_kib=limits.ARGON2_MIN_MEMORY_KIB, iterations=limits.ARGON2_MIN_ITERATIONS, lanes=limits.ARGON2_MIN_LANES
)
SECRETS = {"signing": bytes(range(32)), "kek": b"k" * 32, "é": b"x"}
WORDS = "correct horse"


@pytest.fixture
def path(tmp_path: Path) -> Path:
    file = tmp_path / "custodian.key"
    write_keyfile(file, SECRETS, WORDS, cost=CHEAP)
    return file


def test_round_trip_with_the_default_cost(tmp_path: Path) -> None:
    write_keyfile(tmp_path / "k", SECRETS, WORDS)
    assert read_keyfile(tmp_path / "k", WORDS) == SECRETS


def test_the_file_is_its_owners_alone_and_nothing_else_is_left(path: Path) -> None:
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert [file.name for file in path.parent.iterdir()] == [path.name]


def test_no_secret_or_name_stands_in_the_file(path: Path) -> None:
    text = path.read_text()
    for name, secret in SECRETS.items():
        assert secret.hex() * 2 not in text
        assert f'"{name}"' not in text
    assert bytes(range(32)).hex() not in text


def test_an_existing_file_is_never_overwritten(path: Path) -> None:
    before = path.read_bytes()
    with pytest.raises(KeyFileExistsError):
        write_keyfile(path, {"a": b"b"}, WORDS, cost=CHEAP)
    assert path.read_bytes() == before


def test_a_file_that_appears_meanwhile_is_not_overwritten_either(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before = path.read_bytes()
    monkeypatch.setattr(Path, "exists", lambda self: False)
    with pytest.raises(KeyFileExistsError):
        write_keyfile(path, {"a": b"b"}, WORDS, cost=CHEAP)
    assert path.read_bytes() == before
    assert [file.name for file in path.parent.iterdir()] == [path.name]


def test_a_full_disk_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(handle: int) -> None:
        raise OSError("disk full")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="disk full"):
        write_keyfile(tmp_path / "k", SECRETS, WORDS, cost=CHEAP)
    assert list(tmp_path.iterdir()) == []


def test_a_wrong_passphrase_is_refused(path: Path) -> None:
    with pytest.raises(KeyFilePassphraseError):
        read_keyfile(path, "Correct horse")


@pytest.mark.parametrize("words", ["", "x" * 1025])
def test_passphrases_have_bounds(tmp_path: Path, words: str) -> None:
    with pytest.raises(KeyFileError):
        write_keyfile(tmp_path / "k", SECRETS, words, cost=CHEAP)


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o620, 0o660, 0o644])
def test_a_file_that_others_can_read_or_change_is_refused(path: Path, mode: int) -> None:
    path.chmod(mode)
    with pytest.raises(KeyFilePermissionError):
        read_keyfile(path, WORDS)


def test_a_hostile_file_cannot_ask_for_memory(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def never(*args: object, **kwargs: object) -> None:
        raise AssertionError("the work was begun")

    monkeypatch.setattr(keyfile, "Argon2id", never)
    good = json.loads(path.read_text())
    for name, value in (("memory_kib", 1 << 30), ("iterations", 1 << 20), ("lanes", 1 << 20), ("memory_kib", 8)):
        path.write_text(json.dumps({**good, name: value}))
        with pytest.raises(KeyFileCostError):
            read_keyfile(path, WORDS)


def test_a_long_file_and_junk_are_refused(path: Path) -> None:
    for junk in (b" " * (limits.MAX_KEYFILE_BYTES + 1), b"", b"\xff", b"[]", b"{}", b"[" * 60000):
        path.write_bytes(junk)
        with pytest.raises(KeyFileDamagedError):
            read_keyfile(path, WORDS)


def test_any_altered_field_is_refused(path: Path) -> None:
    good = json.loads(path.read_text())
    for name in ("salt", "check", "nonce", "sealed"):
        path.write_text(json.dumps({**good, name: good[name][:-1] + ("0" if good[name][-1] != "0" else "1")}))
        with pytest.raises((KeyFileDamagedError, KeyFilePassphraseError)):
            read_keyfile(path, WORDS)


def test_what_is_no_plain_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        read_keyfile(tmp_path / "none", WORDS)
    with pytest.raises((KeyFileError, IsADirectoryError)):
        read_keyfile(tmp_path, WORDS)


@pytest.mark.parametrize("secrets", [{}, {"": b"x"}, {"a": b""}, {"a": b"x" * 257}, {str(n): b"x" for n in range(65)}])
def test_secrets_have_bounds(tmp_path: Path, secrets: dict[str, bytes]) -> None:
    with pytest.raises(KeyFileError):
        write_keyfile(tmp_path / "k", secrets, WORDS, cost=CHEAP)


@pytest.mark.parametrize(
    "payload", [b"", b"\0\0\0\0", b"\0\0\0\1\0\0\0\1a", b"\0\0\0\1\0\0\0\1a\0\0\0\1bc", b"\xff\xff\xff\xff"]
)
def test_a_payload_that_is_no_list_is_refused(payload: bytes) -> None:
    with pytest.raises(KeyFileDamagedError):
        keyfile._unpack(bytearray(payload))
