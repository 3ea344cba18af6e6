"""`stagedoor look`: orders a look if need be, and shows it in a page of this machine's own browser."""

from __future__ import annotations

import contextlib
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Final

import typer

from stagedoor.adapters.look_channel import LookChannel, LookGone
from stagedoor.cli.look_door import LookDoor, LookServer
from stagedoor.cli.look_order import FRAME, Wish, check_same_head, find_permit, order_look, wait_for_door
from stagedoor.cli.previewing import watch
from stagedoor.cli.saying import no
from stagedoor.core.facts.permit import PHOTOGRAPH
from stagedoor.wire.looks import ABOUT, END
from stagedoor.wiring import opened

SOCKET: Final = Path("look") / "door"
"""Where the worker listens, inside its order's folder."""

WAIT_MAX: Final = 600.0
"""Seconds: longer than a gate and two custodians take to answer."""

ANY: Final = "any"
"""A permit that needs no name, because there is only one."""


def look(
    order: Annotated[
        Path | None, typer.Argument(help="The folder of an order, among the worker's outputs; else --permit.")
    ] = None,
    *,
    permit: Annotated[
        str, typer.Option(help="Order a look under this permit: its id or first digits, or 'any' if there is one.")
    ] = "",
    photographs: Annotated[
        str, typer.Option(help="Order the capture beside it, under this permit to show photographs; or 'any'.")
    ] = "",
    beside: Annotated[
        Path | None, typer.Option(help="With an order's folder: that of a 'look-capture' order of the same head.")
    ] = None,
    home: Annotated[Path | None, typer.Option("--home", help="The house's folder; else STAGEDOOR_HOME.")] = None,
    light: Annotated[bool, typer.Option("--light", help="Order a look in which the light can be moved.")] = False,
    frames: Annotated[int, typer.Option(help="Pictures at most; 0 is 120, or what is left.", min=0, max=4_000)] = 0,
    size: Annotated[int, typer.Option(help="Pixels of a picture's side.", min=96, max=2_048)] = 512,
    minutes: Annotated[int, typer.Option(help="The look's length at most.", min=1, max=60)] = 20,
    preview: Annotated[
        bool,
        typer.Option("--preview", help="Show a fit's previews as they come, in the terminal."),
    ] = False,
    wait: Annotated[float, typer.Option(help="Seconds to wait for the worker to begin.", min=0, max=WAIT_MAX)] = 60.0,
) -> None:
    """Show a replica in your browser, under a permit: of an order that a worker is running, or ordered here.

    The browser gets stamped pictures, never the replica.  Each new picture is one metered frame.  Ctrl-C ends the look.
    """
    if (order is None) == (not permit):
        raise no("Name the folder of an order, or order a look with --permit; one of the two.", 2)
    if order is not None:
        if photographs:
            raise no("--photographs goes with --permit. Beside an order's folder, name another with --beside.", 2)
        if preview:
            watch(order, seconds=wait)
            return
        _wait(order, wait)
        if beside is not None:
            _wait(beside, wait)
        serve(order, beside)
        return
    wish = Wish(frames=frames, size=size, minutes=minutes, light=light)
    with opened(home) as house:
        with house.store.unit() as unit:
            given = find_permit(unit, "" if permit == ANY else permit, counts=FRAME)
            other = None
            if photographs:
                other = find_permit(unit, "" if photographs == ANY else photographs, counts=PHOTOGRAPH)
                check_same_head(unit, given, other)
        folders: list[Path] = []
        try:
            for item in (given, other):
                if item is not None:
                    folders.append(order_look(house, item, wish))
                    typer.echo(f"Ordered: {folders[-1]}")
            for folder in folders:
                wait_for_door(house, folder / SOCKET, seconds=wait)
        except typer.Exit:
            # Half of what was asked for is not shown: a worker that began need not wait for somebody.
            for folder in folders:
                with contextlib.suppress(LookGone):
                    LookChannel(folder / SOCKET).ask(END)
            raise
    serve(folders[0], folders[1] if other is not None else None)


def _wait(order: Path, seconds: float) -> None:
    until = time.monotonic() + seconds
    while not (order / SOCKET).exists():
        if time.monotonic() >= until:
            raise no(
                f"No worker draws a look in {order.name or order} after {seconds:.0f} seconds. Order one with "
                "'stagedoor look --permit', or name the folder of one among the worker's outputs.",
                2,
            )
        time.sleep(0.1)


def serve(order: Path, beside: Path | None, *, tell: Callable[[str], None] = typer.echo) -> None:
    """Show the looks that workers draw in these folders, until they end."""
    channel = LookChannel(order / SOCKET)
    other = None if beside is None else LookChannel(beside / SOCKET)
    try:
        for each in (channel, other):
            if each is not None:
                each.ask(ABOUT)
    except LookGone as fault:
        raise no(str(fault), 2) from None
    door = LookDoor(channel, beside=other, gone=LookGone)
    with LookServer(door) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.1}, daemon=True)
        thread.start()
        tell(f"Open {server.address}")
        tell("It can be opened once, on this machine. Ctrl-C ends the look.")
        try:
            door.over.wait()
            time.sleep(0.2)  # the page still hears that it was ended
        except KeyboardInterrupt:
            door.end()
        finally:
            server.shutdown()
    drawn = [_of(door.frames, "frame")] + ([_of(door.photographs, "photograph")] if other else [])
    came = " and ".join(drawn)
    tell(f"The look has ended; {came} came through this door. The worker's receipt counts what it drew.")


def _of(count: int, thing: str) -> str:
    return f"{count} {thing}" if count == 1 else f"{count} {thing}s"
