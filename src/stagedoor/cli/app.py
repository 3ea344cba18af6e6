"""The command tree.  Doors parse and render; they decide nothing."""

from __future__ import annotations

import os
import sys
import traceback
from importlib.metadata import version as installed
from pathlib import Path
from typing import Annotated

import typer

from stagedoor.adapters.bundle import BundleError
from stagedoor.adapters.home import HomeError
from stagedoor.adapters.postgres.faults import DataFolderError
from stagedoor.capture.errors import CaptureError
from stagedoor.cli import checking, consents, reading, recording, running
from stagedoor.cli.capturing import capture_check
from stagedoor.cli.crowd import crowd
from stagedoor.cli.demo.stage import StageFault
from stagedoor.cli.looking import look
from stagedoor.cli.naming import prompt
from stagedoor.cli.odrl import odrl
from stagedoor.cli.replay import replay
from stagedoor.cli.replicas import replica
from stagedoor.cli.rulebooks import rulebook
from stagedoor.cli.saying import say
from stagedoor.cli.shots import shots
from stagedoor.core.rules.load import RulebookError
from stagedoor.ports.store import StoreFault

DONE, REFUSED, BAD_INPUT, WORLD_FAILED = 0, 1, 2, 3
"""Exit statuses (DESIGN section 4)."""

app = typer.Typer(
    name="stagedoor",
    help="Makes it safe to be scanned: no consent, no key; no key, no frame; every use is paid as agreed, and every "
    "amount says why.\n\nStart with 'stagedoor demo'. Exit status: 0 done, 1 refused by policy, 2 bad input, 3 the "
    "world failed.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode="rich",
)

app.command("demo")(running.demo)
app.command("doctor")(running.doctor)
app.command("gate")(running.gate)
app.command("warm")(running.warm)
app.command("record")(recording.record)
app.command("statement")(reading.statement)
app.command("why")(reading.why)
app.command("explain")(reading.explain_decision)
app.command("bundle")(reading.bundle_evidence)
app.command("verify")(checking.verify)
app.command("look")(look)

ledger = typer.Typer(help="The ledger: verify it.", no_args_is_help=True)
ledger.command("verify")(checking.verify_ledger)
app.add_typer(ledger, name="ledger")

rulebook.command("replay")(replay)
app.add_typer(rulebook, name="rulebook")
app.add_typer(crowd, name="crowd")
app.add_typer(shots, name="shots")
app.add_typer(odrl, name="odrl")
app.add_typer(prompt, name="prompt")

capture = typer.Typer(help="Captures: check a folder before it is taken in.", no_args_is_help=True)
capture.command("check")(capture_check)
app.add_typer(capture, name="capture")
app.add_typer(replica, name="replica")

app.add_typer(consents.consent, name="consent")


def _version(show: bool) -> None:
    if show:
        typer.echo(f"stagedoor {installed('stagedoor')}")
        raise typer.Exit(DONE)


@app.callback()
def options(
    show: Annotated[
        bool, typer.Option("--version", is_eager=True, callback=_version, help="Print the version and end.")
    ] = False,
) -> None:
    """Options before any command."""
    del show


def main() -> None:
    """The program: one paragraph for every fault, never a traceback."""
    try:
        app()
    except (BundleError, CaptureError, DataFolderError, HomeError, RulebookError) as fault:
        _end(str(fault), BAD_INPUT)
    except (StoreFault, StageFault) as fault:
        _end(f"The world failed: {fault} Nothing is half-written; try again when it is back.", WORLD_FAILED)
    except OSError as fault:
        _end(f"The world failed: {fault.strerror or fault} ({fault.filename or 'no file'}).", WORLD_FAILED)
    except Exception as fault:
        # A bug of ours: told as one, with the place and without what the program held; the traceback on request.
        if os.environ.get("STAGEDOOR_TRACEBACK"):
            raise
        place = traceback.extract_tb(fault.__traceback__)[-1]
        _end(
            f"This is a mistake in Stagedoor itself ({type(fault).__name__} in {Path(place.filename).name}, line "
            f"{place.lineno}). Nothing is half-written. Run it again with STAGEDOOR_TRACEBACK=1 and report the output.",
            WORLD_FAILED,
        )
    except KeyboardInterrupt:
        _end("Stopped by you. What was committed stays; nothing is half-written.", WORLD_FAILED)


def _end(text: str, status: int) -> None:
    say(text)
    sys.exit(status)
