"""`stagedoor capture check`: is this folder a capture, is it a good one, and what must be shot again."""

from __future__ import annotations

import json
import math
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Final

import typer
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn
from rich.table import Table

from stagedoor.capture.check import Progress as Told
from stagedoor.capture.check import Report, check
from stagedoor.capture.faces import NOT_LOOKED
from stagedoor.capture.findings import Severity
from stagedoor.capture.gather import Gathered, gather
from stagedoor.capture.read import Capture, parse
from stagedoor.capture.sheet import contact_sheet
from stagedoor.cli.reading import AsJson
from stagedoor.cli.saying import harmless, no
from stagedoor.core.facts.asset import ReplicaKind

BAR_AFTER_S: Final = 2.0
"""Seconds after which waiting is told with a bar."""
AGAIN, BAD_INPUT = 1, 2
STYLE: Final = {Severity.AGAIN: "red", Severity.WARNING: "yellow", Severity.ADVICE: "blue"}
KINDS: Final = {
    ReplicaKind.EBDR: "employment-based (EBDR): made with the performer's participation",
    ReplicaKind.ICDR: "independently created (ICDR): made from archives, without the performer's participation",
}
ASKED: Final = (
    "The kind is not decided: say --with-performer (EBDR) or --from-archive (ICDR); without it there is no verdict."
)


def capture_check(
    folder: Annotated[
        Path, typer.Argument(help="A folder of pictures with transforms.json, COLMAP's cameras or none, or a video.")
    ],
    with_performer: Annotated[
        bool | None,
        typer.Option(
            "--with-performer/--from-archive",
            help="Made in a scan with the performer (EBDR), or from archives without them (ICDR). Asked if not given.",
        ),
    ] = None,
    picture: Annotated[Path | None, typer.Option(help="Write a contact sheet, bad views framed, as PNG.")] = None,
    as_json: AsJson = False,
) -> None:
    """Read a capture; find blur, jumps of light, gaps, bad masks and strangers; say what to shoot again.

    Nothing is written but the contact sheet. Exit status 1: something must be shot again."""
    with _waiting():
        gathered = gather(folder)
    capture = parse(gathered.files)
    with _bar() as told:
        report = check(capture, told)
    if with_performer is None and not as_json and sys.stdin.isatty():
        with_performer = typer.confirm("Was it made in a scan with the performer? (no: from archives)")
    kind = None if with_performer is None else ReplicaKind.EBDR if with_performer else ReplicaKind.ICDR
    if picture is not None:
        _write(picture, contact_sheet(capture, report))
    if as_json:
        typer.echo(json.dumps(_table(gathered, capture, report, kind)))
    else:
        _tell(gathered, capture, report, kind)
    if report.again:
        raise typer.Exit(AGAIN)


def _write(path: Path, data: bytes) -> None:
    try:
        with path.open("xb") as file:
            file.write(data)
    except OSError as fault:
        raise no(
            f"{path}: the contact sheet cannot be written ({fault.strerror}). Name a new file.", BAD_INPUT
        ) from fault


def _table(gathered: Gathered, capture: Capture, report: Report, kind: ReplicaKind | None) -> dict[str, object]:
    return {
        "views": len(capture.names), "held_out": len(capture.views("test")), "width": capture.width,
        "height": capture.height, "cameras": gathered.cameras_from, "notes": list(gathered.notes),
        "replica_kind": kind.value if kind else None, "faces_looked_for": report.faces_looked_for,
        "again": report.again,
        "findings": [asdict(found) for found in report.findings],
        "measured": [
            {"view": name, "azimuth": round(azimuth, 2), "sharpness": _finite(sharp), "light_stops": _finite(light)}
            for name, azimuth, sharp, light in zip(
                capture.names, report.azimuth, report.sharpness, report.light, strict=True
            )
        ],
    }  # fmt: skip


def _finite(value: float) -> float | None:
    return round(value, 4) if math.isfinite(value) else None


def _tell(gathered: Gathered, capture: Capture, report: Report, kind: ReplicaKind | None) -> None:
    console = Console()
    typer.echo(
        f"A capture of {len(capture.names)} views ({len(capture.views('test'))} held out), {capture.width} x "
        f"{capture.height} pixels, cameras from {harmless(gathered.cameras_from)}."
    )
    for note in gathered.notes:
        typer.echo(harmless(note))
    if report.findings:
        table = Table("", "view", "what", "what to do")
        for found in sorted(report.findings, key=lambda found: -list(Severity).index(found.severity)):
            words = (found.severity.value, found.view or "all", found.what, found.todo)
            table.add_row(*(harmless(word) for word in words), style=STYLE[found.severity])
        console.print(table, markup=False)
    if not report.faces_looked_for:
        console.print(NOT_LOOKED, style="bold yellow", markup=False, highlight=False)
    typer.echo(ASKED if kind is None else f"Its replica would be {KINDS[kind]}.")
    again = sum(found.severity is Severity.AGAIN for found in report.findings)
    typer.echo("It can be taken in." if not again else f"Shoot again: {again} of the findings must be mended first.")


@contextmanager
def _waiting() -> Iterator[None]:
    """A sign of life on a terminal while files are read and cameras solved, of which nobody knows how long it takes."""
    console = Console(stderr=True)
    if not console.is_terminal:
        yield
        return
    with console.status("Reading the pictures, and solving the cameras if none came with them"):
        yield


@contextmanager
def _bar() -> Iterator[Told]:
    """A progress bar on standard error, once two seconds have passed."""
    began = time.monotonic()
    columns = (TextColumn("{task.description}"), BarColumn(), TextColumn("{task.completed}/{task.total}"))
    bar = Progress(*columns, console=Console(stderr=True), transient=True)
    task = bar.add_task("Looking at the views", total=None)

    def told(done: int, total: int) -> None:
        bar.update(task, completed=done, total=total)
        if bar.console.is_terminal and not bar.live.is_started and time.monotonic() - began > BAR_AFTER_S:
            bar.start()

    try:
        yield told
    finally:
        if bar.live.is_started:
            bar.stop()
