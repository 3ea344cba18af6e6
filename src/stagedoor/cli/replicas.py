"""Replicas that were made elsewhere: look at one before it is taken in."""

from __future__ import annotations

import json
import threading
from pathlib import Path
from typing import Annotated, Any, Final

import typer
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

from stagedoor.adapters.processes import listen
from stagedoor.cli.bringing import WEIGHTS_ENDINGS, bring, weights_check
from stagedoor.cli.reading import AsJson
from stagedoor.cli.saying import harmless, no

BAR_AFTER_SECONDS: Final = 2.0
"""Shorter work needs no progress bar."""

replica = typer.Typer(help="Replicas made elsewhere: check one, and bring it in.", no_args_is_help=True)


@replica.command("check")
def replica_check(
    path: Annotated[
        Path, typer.Argument(help="GLB, glTF, OBJ, USD, PLY, SPZ, a field or safetensors; or a folder with one model.")
    ],
    *,
    texture: Annotated[Path | None, typer.Option(help="The model's picture, if its file names none.")] = None,
    flip_v: Annotated[bool, typer.Option("--flip-v", help="Turn the texture's rows over.")] = False,
    centre: Annotated[
        bool, typer.Option("--centre", help="Move a mesh to the origin, two units long, where cameras look.")
    ] = False,
    write: Annotated[
        Path | None, typer.Option(help="Write the mesh, textures and all, as this one new GLB file, to be brought in.")
    ] = None,
    picture: Annotated[Path | None, typer.Option(help="Draw four views into this new PNG file.")] = None,
    as_json: AsJson = False,
) -> None:
    """Say what a file of a mesh, splats, a field or weights is, or what to mend.  Nothing is taken in."""
    if path.suffix.lower() in WEIGHTS_ENDINGS and not path.is_dir():
        weights_check(path, as_json=as_json)
        return
    arguments = ["stagedoor.worker.replica_check"]
    arguments += [] if texture is None else ["--texture", str(texture)]
    arguments += ["--flip-v"] if flip_v else []
    arguments += ["--centre"] if centre else []
    arguments += [] if write is None else ["--write", str(write)]
    arguments += [] if picture is None else ["--picture", str(picture)]
    last, status = _heard([*arguments, "--", str(path)])
    wrong, found = last.get("wrong"), last.get("found")
    if isinstance(wrong, str):
        raise no(wrong, 2)
    if status != 0 or not isinstance(found, dict):
        raise no(
            f"{path.name}: reading it ended the reader (status {status}). The file may be damaged; export it again.", 2
        )
    if as_json:
        typer.echo(json.dumps(found))
        return
    for line in _lines(found):
        typer.echo(harmless(line))
    if write is not None:
        typer.echo(f"The whole mesh is in {write}.")
    if picture is not None:
        typer.echo(f"Four views are in {picture}.")


replica.command("bring")(bring)


def _heard(arguments: list[str]) -> tuple[dict[str, Any], int]:
    """(what the reader said last, its exit status); a bar on standard error if it takes a while."""
    columns = (TextColumn("{task.description}"), BarColumn(), TextColumn("{task.completed}/{task.total}"))
    bar = Progress(*columns, TimeElapsedColumn(), console=Console(stderr=True), transient=True)
    task = bar.add_task("starting", total=None)
    last: dict[str, Any] = {}
    timer = threading.Timer(BAR_AFTER_SECONDS, bar.start)
    timer.daemon = True
    timer.start()

    def heard(said: dict[str, Any]) -> None:
        last.clear()
        last.update(said)
        if "step" in said:
            bar.update(task, description=str(said["step"]), completed=said.get("done", 0), total=said.get("of"))

    try:
        status = listen(arguments, heard)
    finally:
        timer.cancel()
        timer.join()
        if bar.live.is_started:
            bar.stop()
    return last, status


def _lines(found: dict[str, Any]) -> list[str]:
    """The same as the JSON, for a person."""
    across, up, deep = (f"{value:.4g}" for value in found["size"])
    if found["kind"] == "mesh":
        texture = found["texture"]
        dressed = f"a texture of {texture[0]} x {texture[1]} pixels" if texture else "no texture"
        dressed += " and vertex colours" if found["vertex_colours"] else ""
        first = f"A mesh of {_of(found['triangles'], 'triangle')} in {_of(found['parts'], 'part')}, {dressed}."
        second = f"{found['megabytes']} MB in {_of(found['files'], 'file')}; sealed, {found['sealed_megabytes']} MB."
    elif found["kind"] == "field":
        first = f"A radiance field of {_of(found['levels'], 'level')}, the finest of {found['finest']} cells a side."
        second = f"{found['megabytes']} MB; {found['voxels']} of its voxels hold anything."
    else:
        first = f"{found['gaussians']} Gaussians, colour to degree {found['degree']}."
        second = f"{found['megabytes']} MB."
    return [first, f"Its box is {across} x {up} x {deep} units (across, up, deep). {second}", *found["notes"]]


def _of(count: int, thing: str) -> str:
    return f"{count} {thing}" if count == 1 else f"{count} {thing}s"
