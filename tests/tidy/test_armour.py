"""The armour of the tests themselves: the network is closed, what is skipped is told, CI runs `make test`."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
import tempfile
import tomllib
from pathlib import Path

import pytest

from tidy.tree import ROOT, read

_ELSEWHERE = "192.0.2.1"
"""An address that documentation may use and nobody has (RFC 5737)."""


@pytest.mark.parametrize("host", [_ELSEWHERE, "2001:db8::1", "example.invalid"])
def test_the_network_is_closed(host: str) -> None:
    with pytest.raises(RuntimeError, match="a test reached for"):
        socket.create_connection((host, 9), timeout=0.01)


def test_a_bare_socket_does_not_slip_by() -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as bare:
        bare.settimeout(0.01)
        with pytest.raises(RuntimeError, match="a test reached for"):
            bare.connect((_ELSEWHERE, 9))
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as bare, pytest.raises(RuntimeError, match="reached for"):
        bare.sendto(b"x", (_ELSEWHERE, 9))


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost"])
def test_our_own_machine_is_open(host: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        socket.create_connection((host, server.getsockname()[1]), timeout=5).close()


def test_unix_sockets_are_open() -> None:
    with (
        tempfile.TemporaryDirectory(prefix="sd-") as folder,  # pytest's folders are too long for a socket's path
        socket.socket(socket.AF_UNIX) as here,
        socket.socket(socket.AF_UNIX) as there,
    ):
        here.bind(f"{folder}/s")
        here.listen()
        there.connect(f"{folder}/s")


_SUITE = """
import pytest

def test_tried():
    pass

@pytest.mark.skipif(True, reason="no such machine here")
@pytest.mark.parametrize("n", range(3))
def test_skipped(n):
    pass

def test_asks():
    pytest.skip("no browser here")
"""


def _ended(folder: Path, suite: str) -> str:
    shutil.copy(ROOT / "tests" / "conftest.py", folder / "conftest.py")
    (folder / "test_some.py").write_text(suite)
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "--rootdir", str(folder), str(folder)]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False).stdout


def test_what_is_skipped_is_told(tmp_path: Path) -> None:
    said = _ended(tmp_path, _SUITE)
    assert "NOT TRIED: 4 tests" in said
    assert "   3  no such machine here" in said
    assert "   1  no browser here" in said


def test_what_needs_cuda_is_told_of_again_in_the_last_line(tmp_path: Path) -> None:
    """Above the count and below all else, whatever pytest itself has to say."""
    loop = "import pytest\n\n\n@pytest.mark.parametrize('n', range(9))\n"
    lines = _ended(tmp_path, loop + "def test_a(n):\n    pytest.skip('CUDA: no device')\n").strip().splitlines()
    assert lines[-2] == "!! CUDA: 9 contract tests DID NOT RUN here: no device"
    assert "9 skipped" in lines[-1]


def test_a_whole_run_says_so(tmp_path: Path) -> None:
    assert "Nothing was skipped." in _ended(tmp_path, "def test_tried():\n    pass\n")


def test_ci_runs_make_test_and_nothing_else() -> None:
    """What a person runs and what CI runs is one thing."""
    script = read(".ci/run")
    commands = [line for line in script.splitlines() if not line.lstrip().startswith("#")]
    assert sum("make " in line for line in commands) == 1
    assert sum("make test " in line for line in commands) == 1
    started = {word for line in commands if "echo" not in line for word in line.split()}
    assert not started & {"pytest", "ruff", "mypy", "lint-imports", "pip", "python", "python3"}
    assert os.access(ROOT / ".ci" / "run", os.X_OK)


@pytest.mark.parametrize("step", ["ruff check", "ruff format --check", "mypy", "lint-imports", "pytest"])
def test_make_test_has_every_step(step: str) -> None:
    body = read("Makefile").partition("\ntest:")[2].partition("\n\n")[0]
    assert f"\tstep {step}" in body


def test_every_tool_that_make_test_needs_is_installed_by_setup() -> None:
    extra = tomllib.loads(read("pyproject.toml"))["project"]["optional-dependencies"]["test"]
    named = {line.split(">")[0].split("=")[0].strip() for line in extra}
    assert {"pytest", "pytest-timeout", "hypothesis", "ruff", "mypy", "import-linter", "selenium"} <= named


@pytest.mark.parametrize(
    ("python", "says"),
    [
        ("", "there is no"),
        ('case "$*" in *ensurepip*) exit 1 ;; esac', "apt-get install python3-venv"),
        ('case "$1" in -V) echo Python 3.9.2 ;; *) exit 1 ;; esac', "is Python 3.9.2, 3.11 or newer is needed"),
    ],
)
def test_setup_says_what_is_missing(tmp_path: Path, python: str, says: str) -> None:
    program = tmp_path / "python"
    if python:
        program.write_text(f"#!/bin/sh\n{python}\n")
        program.chmod(0o755)
    ended = subprocess.run(
        ["make", "setup", f"VENV={tmp_path / 'venv'}", f"PYTHON={program}"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert ended.returncode != 0
    assert says in ended.stdout
    assert not (tmp_path / "venv").exists()
