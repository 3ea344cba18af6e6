"""Write docs/CLI.md from the command tree: `python docs/make_cli_md.py`.  A test compares the two.

It reads the commands themselves, not their printed help, so that a terminal's width or another version of the help's
frame changes nothing.
"""

from __future__ import annotations

import inspect
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import typer

from stagedoor.cli.app import app

PAGE = Path(__file__).parent / "CLI.md"
HEAD = """# Commands

Written by `docs/make_cli_md.py` from the program itself; do not edit. Every command also takes `--help`.

Exit status: 0 done, 1 refused by policy, 2 bad input, 3 the world failed.
"""


def page() -> str:
    """The whole page."""
    parts = [HEAD]
    for name, command in commands():
        parts.append(f"## `{' '.join(['stagedoor', *name, *_arguments(command)])}`\n\n{_help(command)}\n")
        rows = [_row(parameter) for parameter in command.params if parameter.name != "help"]
        if rows:
            parts.append("| | |\n|---|---|\n" + "\n".join(rows) + "\n")
    return "\n".join(parts)


def commands() -> Iterator[tuple[tuple[str, ...], Any]]:
    """Every command that does something, by its words, in the order of the help."""
    yield from _below(typer.main.get_command(app), ())


def _below(group: Any, words: tuple[str, ...]) -> Iterator[tuple[tuple[str, ...], Any]]:
    for name, command in group.commands.items():
        if hasattr(command, "commands"):
            yield from _below(command, (*words, name))
        else:
            yield (*words, name), command


def _arguments(command: Any) -> list[str]:
    found = [parameter for parameter in command.params if parameter.param_type_name == "argument"]
    return [parameter.name.upper() if parameter.required else f"[{parameter.name.upper()}]" for parameter in found]


def _help(command: Any) -> str:
    return inspect.cleandoc(command.help or "")


def _row(parameter: Any) -> str:
    said = getattr(parameter, "help", "") or ""
    if parameter.param_type_name == "argument":
        return f"| `{parameter.name.upper()}` | {said} |"
    names = ", ".join(f"`{name}`" for name in (*parameter.opts, *parameter.secondary_opts))
    default = parameter.default
    tail = f" Default: `{default}`." if isinstance(default, str) and default else ""
    return f"| {names} | {said}{tail} |"


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
    sys.exit(0)
