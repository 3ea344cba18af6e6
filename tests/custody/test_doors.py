"""The command lines of custodian and worker: set up once, refuse what is wrong, keep passphrases to themselves."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from pathlib import Path

import pytest

from custody.kit import GATE_KEY, WORKER, WORKER_KEY
from stagedoor.custodian import __main__ as custodian
from stagedoor.seal import DEFAULT_COST, KdfCost
from stagedoor.wire.passphrase import FD_VARIABLE, NoPassphraseError, take_passphrase
from stagedoor.worker import __main__ as worker

TRUST = json.dumps({"gate_key": GATE_KEY.public_hex, "workers": {WORKER: WORKER_KEY.public_hex}})
CUSTODIANS = json.dumps({"custodians": {"union": "11" * 32, "studio": "22" * 32}})
Run = Callable[..., int]


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch) -> Run:
    """Run a main as its process would; core dumps stay as they are, for that cannot be undone in a test's process."""
    for module in (custodian, worker):
        monkeypatch.setattr(module, "forbid_core_dumps", lambda: None)

    def run_it(module: object, *arguments: str, passphrase: str = "a long passphrase") -> int:
        monkeypatch.setenv(module.PASSPHRASE_VARIABLE, passphrase)  # type: ignore[attr-defined]
        return int(module.main(list(arguments)))  # type: ignore[attr-defined]

    return run_it


def test_a_custodian_is_set_up_once(run: Run, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    own = ("--folder", str(tmp_path / "union"), "--name", "union")
    assert run(custodian, *own, "--create") == 0
    public = json.loads(capsys.readouterr().err.splitlines()[-1])
    assert set(public) == {"at", "act", "name", "seal_key", "verify_key"}
    assert run(custodian, *own, "--create") == 2
    assert run(custodian, *own) == 2  # nothing is pinned yet
    for wrong in ("", "{}", "[]", '{"gate_key": "x", "workers": {}}', '{"gate_key": 1, "workers": {}}', TRUST + "x"):
        assert run(custodian, *own, "--pin", wrong) == 2, wrong
    assert run(custodian, *own, "--pin", TRUST, passphrase="another") == 2
    assert run(custodian, *own, "--pin", TRUST) == 0
    assert json.loads(capsys.readouterr().err.splitlines()[-1])["act"] == "pinned"
    assert run(custodian, *own, "--pin", TRUST) == 2
    assert run(custodian, *own[:3], "studio") == 2
    assert run(custodian, *own) == 2  # no database was named
    said = capsys.readouterr()
    assert "a long passphrase" not in said.err + said.out


def test_a_worker_is_set_up_once(run: Run, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    own = ("--folder", str(tmp_path / "worker"), "--worker", WORKER)
    assert run(worker, "--folder", str(tmp_path / "w"), "--worker", "me", "--create") == 2
    assert run(worker, *own, "--create") == 0
    assert set(json.loads(capsys.readouterr().err.splitlines()[-1])) == {"at", "act", "worker", "verify_key"}
    assert run(worker, *own) == 2
    for wrong in ("{}", '{"custodians": {}}', '{"custodians": {"union": "11"}}', '{"custodians": 1}'):
        assert run(worker, *own, "--pin", wrong) == 2, wrong
    assert run(worker, *own, "--pin", CUSTODIANS) == 0
    assert run(worker, *own, "--pin", CUSTODIANS) == 2
    assert run(worker, *own) == 2  # no database, no blobs


def test_a_passphrase_comes_through_a_descriptor_and_is_taken_away() -> None:
    reading, writing = os.pipe()
    os.write(writing, "Łódź\n".encode())
    os.close(writing)
    environ = {FD_VARIABLE: str(reading), "X": "from the variable"}
    assert take_passphrase(environ, "X") == "Łódź"
    assert environ == {}
    environ = {"X": "from the variable"}
    assert take_passphrase(environ, "X") == "from the variable"
    assert environ == {}


@pytest.mark.parametrize("environ", [{}, {"X": ""}, {FD_VARIABLE: "x"}, {FD_VARIABLE: "987"}, {FD_VARIABLE: "-1"}])
def test_no_passphrase_is_told_how_to_give_one(environ: dict[str, str]) -> None:
    with pytest.raises(NoPassphraseError):
        take_passphrase(environ, "X")


def test_key_files_cost_what_they_must() -> None:
    assert DEFAULT_COST.memory_kib >= KdfCost(memory_kib=64 << 10, iterations=3, lanes=4).memory_kib
