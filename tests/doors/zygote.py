"""Starts `stagedoor` commands quickly: imports the program once, then forks a process of its own for each command.

Each command runs in a fresh child with its own arguments, environment, folder and streams, exactly as a shell would
start it, but for the half second of imports.  Reads a request a line, answers a wait status a line, both JSON.
"""

from __future__ import annotations

import json
import os
import resource
import signal
import sys
import traceback


def main() -> None:
    """Serve until standard input ends."""
    from stagedoor.cli import app  # noqa: F401 - imported once, for every child

    for line in sys.stdin.buffer:
        request = json.loads(line)
        pid = os.fork()
        if pid == 0:
            _run(request)
        _, status = os.waitpid(pid, 0)
        sys.stdout.write(f"{os.waitstatus_to_exitcode(status)}\n")
        sys.stdout.flush()


def _run(request: dict[str, object]) -> None:
    """Become the command."""
    status = 1
    try:
        os.environ.clear()
        os.environ.update(request["environment"])  # type: ignore[call-overload]
        if request["cwd"]:
            os.chdir(str(request["cwd"]))
        for number, path, flags in ((0, os.devnull, os.O_RDONLY), (1, request["out"], os.O_WRONLY | os.O_CREAT),
                                    (2, request["err"], os.O_WRONLY | os.O_CREAT)):  # fmt: skip
            opened = os.open(str(path), flags, 0o600)
            os.dup2(opened, number)
            os.close(opened)
        signal.alarm(int(str(request["seconds"])))
        if request["bytes_max"]:
            resource.setrlimit(resource.RLIMIT_AS, (int(str(request["bytes_max"])),) * 2)
        sys.argv = ["stagedoor", *request["arguments"]]  # type: ignore[misc]
        from stagedoor.cli.app import main as command

        command()
        status = 0
    except SystemExit as ended:
        status = ended.code if isinstance(ended.code, int) else int(ended.code is not None)
    except BaseException as fault:
        traceback.print_exception(fault)
    finally:
        try:
            sys.stdout.flush()
            sys.stderr.flush()
        finally:
            os._exit(status)


if __name__ == "__main__":
    main()
