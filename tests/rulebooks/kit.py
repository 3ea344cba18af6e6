"""Runs the commands of this room in the test's own process, as the program would end them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import typer
from typer.testing import CliRunner

from stagedoor.cli.crowd import crowd
from stagedoor.cli.rulebooks import rulebook
from stagedoor.cli.saying import harmless
from stagedoor.core.rules.load import RulebookError

PROGRAM = typer.Typer()
PROGRAM.add_typer(rulebook, name="rulebook")
PROGRAM.add_typer(crowd, name="crowd")


@dataclass(frozen=True)
class Said:
    """What a command said, and how it ended."""

    status: int
    out: str
    err: str

    @property
    def all(self) -> str:
        """Both streams, as a terminal shows them one after the other."""
        return self.out + self.err


def run(*arguments: object, columns: int = 200) -> Said:
    """`stagedoor ...`; a rulebook that cannot be read ends it as `main` does, with one paragraph and status 2."""
    result: Any = CliRunner().invoke(PROGRAM, [str(item) for item in arguments], env={"COLUMNS": str(columns)})
    if isinstance(result.exception, RulebookError):
        return Said(2, result.stdout, f"{result.stderr}stagedoor: {harmless(str(result.exception))}\n")
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        raise result.exception
    return Said(result.exit_code, result.stdout, result.stderr)
