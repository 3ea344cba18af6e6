"""Runs the story, scene by scene, in a world of its own."""

from __future__ import annotations

import shutil
import signal
import sys
import tempfile
import time
from pathlib import Path
from typing import Final

from rich.console import Console

from stagedoor.adapters.home import Home, create_home
from stagedoor.cli.demo import attacks, ending, making, opening
from stagedoor.cli.demo.stage import set_stage
from stagedoor.cli.demo.telling import Teller
from stagedoor.wiring import check_home_path

SCENES: Final = (
    opening.open_house,
    opening.enrol,
    opening.take_in,
    opening.consent,
    making.create,
    making.shoot,
    making.approve,
    making.look_round,
    making.refusals,
    ending.money,
    ending.statement,
    attacks.attack,
    ending.withdraw,
    ending.evidence,
    ending.where,
)


ENDED_BY_SIGTERM: Final = 143


def run_demo(console: Console, *, keep: Path | None, fast: bool, as_json: bool, look: bool = False) -> None:
    """Tell the story.  Without `keep` its world is deleted afterwards, but for the papers and the frames."""
    started = time.monotonic()
    if keep is not None:
        check_home_path(keep)
    root = keep if keep is not None else Path(tempfile.mkdtemp(prefix="stagedoor-"))
    home = create_home(root)
    teller = Teller(console, as_json=as_json)
    teller.console.print("[bold]Stagedoor[/bold]: no consent, no key; no key, no frame; every use is paid as agreed.")
    teller.line("Everybody in this story is invented; the rules are encodings of public summaries, not legal advice.")
    # A polite end of the process is an end of the story: what runs is stopped.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(ENDED_BY_SIGTERM))
    stage = set_stage(teller, home, fast=fast, kept=keep is not None, looking=look)
    try:
        for scene in SCENES:
            scene(stage)
        teller.keep("home", str(home.root) if keep else "")
        teller.keep("seconds", round(time.monotonic() - started, 1))
    finally:
        stage.close()
    if keep is None:
        _leave_papers(teller, home)
    teller.line(f"\nDone in {time.monotonic() - started:.0f} seconds.")
    teller.end()


def _leave_papers(teller: Teller, home: Home) -> None:
    """Without --keep only what was released stays: papers and frames."""
    for place in home.root.iterdir():
        if place not in (home.papers, home.outputs):
            shutil.rmtree(place) if place.is_dir() else place.unlink()
    teller.line(f"Only papers and frames were kept, in {home.root}; the rest of this world is gone. Use --keep FOLDER")
    teller.line("to look around in all of it. Passphrases were drawn at random and kept nowhere: no asset opens again.")
