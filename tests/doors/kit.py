"""What tests of doors share: run a command, and judge how it said no."""

from __future__ import annotations

import atexit
import json
import os
import re
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

DONE, REFUSED, BAD_INPUT, WORLD_FAILED = 0, 1, 2, 3
PARAGRAPH_CHARACTERS_MAX = 700


@dataclass(frozen=True)
class Said:
    """What a command said, and how it ended."""

    status: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        """Its standard output as JSON."""
        return json.loads(self.out)


def environment(**more: str) -> dict[str, str]:
    """This process's, without what would lead a command to somebody's house."""
    return {key: value for key, value in os.environ.items() if not key.startswith(("STAGEDOOR_", "PYTEST_"))} | more


_started: list[subprocess.Popen[bytes]] = []


def _zygote() -> subprocess.Popen[bytes]:
    """The process that forks commands; one for a session of pytest, ended with it."""
    if not _started or _started[0].poll() is not None:
        script = Path(__file__).with_name("zygote.py")
        _started[:] = [
            subprocess.Popen(
                [sys.executable, str(script)], env=environment(), stdin=subprocess.PIPE, stdout=subprocess.PIPE
            )
        ]
        atexit.register(end_zygote)
    return _started[0]


def end_zygote() -> None:
    """Let it go."""
    for process in _started:
        process.communicate()
    _started.clear()


def run(*arguments: str | Path, cwd: Path | None = None, seconds: int = 60, bytes_max: int = 0, **more: str) -> Said:
    """`stagedoor ...` as a process of its own, which may hold `bytes_max` bytes if that is given."""
    server = _zygote()
    assert server.stdin is not None and server.stdout is not None
    with tempfile.TemporaryDirectory(prefix="stagedoor-said-") as folder:
        out, err = Path(folder) / "out", Path(folder) / "err"
        request = {"arguments": [str(argument) for argument in arguments], "cwd": str(cwd or ""), "seconds": seconds,
                   "environment": environment(**more), "out": str(out), "err": str(err),
                   "bytes_max": bytes_max}  # fmt: skip
        server.stdin.write(json.dumps(request).encode() + b"\n")
        server.stdin.flush()
        status = int(server.stdout.readline())
        return Said(status, out.read_bytes().decode("utf-8", "replace"), err.read_bytes().decode("utf-8", "replace"))


def says_no(said: Said, *words: str, status: int = BAD_INPUT) -> None:
    """One clear paragraph on standard error, the right status, nothing of a program's insides."""
    assert said.status == status, said
    assert said.out.count("\n") <= 2, "a story may have said its name before"
    text = said.err.strip()
    assert text.startswith("stagedoor: ") and "\n" not in text, text
    assert text.endswith((".", ".)", ")")) and not re.search(r"[a-z)]\.\.(?: |$)", text), text
    assert len(text) <= PARAGRAPH_CHARACTERS_MAX
    assert all(character.isprintable() for character in text), ascii(text)
    for inside in ("Traceback", "Error(", 'File "', "psycopg", "stagedoor.core", "object at 0x"):
        assert inside not in text, text
    for word in words:
        assert word in text, text


def files_below(folder: Path) -> dict[str, bytes]:
    """Every file in a folder, whole: to see that nothing was written."""
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}
