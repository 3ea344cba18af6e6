"""`stagedoor look`: shows the look that a worker is drawing, in a page of this machine's own browser."""

from __future__ import annotations

import threading
import time
from pathlib import Path
from typing import Annotated, Final

import typer

from stagedoor.adapters.look_channel import LookChannel, LookGone
from stagedoor.cli.look_door import LookDoor, LookServer
from stagedoor.cli.saying import no
from stagedoor.wire.looks import ABOUT

SOCKET: Final = Path("look") / "door"
"""Where the worker listens, inside its order's folder."""

WAIT_MAX: Final = 600.0
"""Seconds: longer than a gate and two custodians take to answer."""


def look(
    order: Annotated[Path, typer.Argument(help="The folder of a 'look' order, among the worker's outputs.")],
    *,
    wait: Annotated[float, typer.Option(help="Seconds to wait for the worker to begin.", min=0, max=WAIT_MAX)] = 60.0,
) -> None:
    """Show a replica in your browser, under the permit of an order that a worker is running.

    The browser gets stamped pictures, never the replica.  Each new picture is one metered frame.  Ctrl-C ends the look.
    """
    channel = LookChannel(order / SOCKET)
    until = time.monotonic() + wait
    while not (order / SOCKET).exists():
        if time.monotonic() >= until:
            raise no(
                f"No worker draws a look in {order.name or order} after {wait:.0f} seconds. Dispatch an order of the "
                "recipe 'look', and name its folder among the worker's outputs.",
                2,
            )
        time.sleep(0.1)
    try:
        channel.ask(ABOUT)
    except LookGone as fault:
        raise no(str(fault), 2) from None
    door = LookDoor(channel, gone=LookGone)
    with LookServer(door) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.1}, daemon=True)
        thread.start()
        typer.echo(f"Open {server.address}")
        typer.echo("It can be opened once, on this machine. Ctrl-C ends the look.")
        try:
            door.over.wait()
            time.sleep(0.2)  # the page still hears that it was ended
        except KeyboardInterrupt:
            door.end()
        finally:
            server.shutdown()
    frames = "1 frame" if door.frames == 1 else f"{door.frames} frames"
    typer.echo(f"The look has ended; {frames} came through this door. The worker's receipt counts what it drew.")
