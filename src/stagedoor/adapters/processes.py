"""Starts custodians and workers as processes of their own, each with its own keys, folder and database role.

A passphrase travels through a pipe, a connection text through the child's environment; neither is on a command line.
"""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

STOP_SECONDS: Final = 10
"""How long a process has to end after SIGTERM before it is killed."""


CUDA_VARIABLES: Final = ("CUDA_HOME", "CUDA_VISIBLE_DEVICES", "TORCH_CUDA_ARCH_LIST", "TORCH_EXTENSIONS_DIR")
"""Which device a worker may use, where its compiler is, and where gsplat's compiled kernels are kept."""


@dataclass(slots=True)
class Child:
    """A running process of the house."""

    name: str
    process: subprocess.Popen[bytes]
    log: Path

    @property
    def alive(self) -> bool:
        """Whether it still runs."""
        return self.process.poll() is None

    def stop(self) -> None:
        """Ask it to end, then make it."""
        with contextlib.suppress(ProcessLookupError):
            self.process.terminate()
        try:
            self.process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()

    def kill(self) -> None:
        """SIGKILL, as a power cut would; for crash tests and attacks."""
        with contextlib.suppress(ProcessLookupError):
            self.process.send_signal(signal.SIGKILL)
        self.process.wait()

    def last_words(self) -> str:
        """The end of its log."""
        try:
            return self.log.read_text(encoding="utf-8", errors="replace")[-600:].strip()
        except OSError:
            return ""


def start(name: str, arguments: list[str], *, url: str, passphrase: str, log: Path, threads: int = 2) -> Child:
    """`python -m <arguments>` with its passphrase in a pipe."""
    reading, writing = os.pipe()
    try:
        os.write(writing, passphrase.encode())
        os.close(writing)
        environment = _environment()
        environment |= {
            "STAGEDOOR_DATABASE_URL": url,
            "STAGEDOOR_PASSPHRASE_FD": str(reading),
            "OMP_WAIT_POLICY": "PASSIVE",
            "OMP_NUM_THREADS": str(threads),
            "NUMBA_NUM_THREADS": str(threads),
        }
        with log.open("ab") as sink:
            process = subprocess.Popen(
                [sys.executable, "-m", *arguments],
                env=environment,
                pass_fds=(reading,),
                stdin=subprocess.DEVNULL,
                stdout=sink,
                stderr=sink,
                start_new_session=True,
            )
    finally:
        os.close(reading)
    return Child(name=name, process=process, log=log)


def start_custodian(name: str, folder: Path, *, url: str, passphrase: str, log: Path) -> Child:
    """One side of the key."""
    arguments = ["stagedoor.custodian", "--folder", str(folder), "--name", name]
    return start(f"custodian {name}", arguments, url=url, passphrase=passphrase, log=log)


def set_up(arguments: list[str], *, passphrase: str) -> dict[str, object]:
    """Run a set-up command of a custodian or worker to its end; what it tells in its last line, as JSON."""
    reading, writing = os.pipe()
    try:
        os.write(writing, passphrase.encode())
        os.close(writing)
        environment = _environment() | {"STAGEDOOR_PASSPHRASE_FD": str(reading)}
        done = subprocess.run(
            [sys.executable, "-m", *arguments], env=environment, pass_fds=(reading,), capture_output=True, check=False
        )
    finally:
        os.close(reading)
    said = (done.stderr + done.stdout).decode("utf-8", "replace").strip().splitlines()
    if done.returncode != 0 or not said:
        raise RuntimeError(f"{arguments[0]} could not be set up: {said[-1] if said else done.returncode}")
    told = json.loads(said[-1])
    assert isinstance(told, dict)
    return told


def _environment() -> dict[str, str]:
    """What a child may inherit: nothing that holds a secret."""
    kept = ("PATH", "HOME", "LANG", "LC_ALL", "XDG_RUNTIME_DIR", "TMPDIR", "VIRTUAL_ENV", "NUMBA_CACHE_DIR")
    return {key: value for key, value in os.environ.items() if key in (*kept, *CUDA_VARIABLES)}


def run_module(module: str) -> int:
    """`python -m <module>` to its end; its exit status."""
    return subprocess.run([sys.executable, "-m", module], check=False).returncode


def listen(arguments: list[str], heard: Callable[[dict[str, Any]], None]) -> int:
    """`python -m <arguments>`, which tells in lines of JSON; each object is handed on.  Its exit status."""
    with subprocess.Popen(
        [sys.executable, "-m", *arguments],
        env=_environment(),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
    ) as process:
        assert process.stdout is not None, "asked for above"
        for line in process.stdout:
            with contextlib.suppress(ValueError):  # a library's own chatter is not for us
                said = json.loads(line)
                if isinstance(said, dict):
                    heard(said)
    return process.returncode
