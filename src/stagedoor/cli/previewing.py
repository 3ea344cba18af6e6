"""Previews of a double that is being fitted, in the terminal: as coloured half blocks, newest last."""

from __future__ import annotations

import io
import re
import time
from pathlib import Path
from typing import Final

import typer
from PIL import Image
from rich.console import Console
from rich.text import Text

from stagedoor.cli.saying import no
from stagedoor.core.steps.dispatch import STAMP

NAME: Final = re.compile(r"preview-[0-9]{6}\.png")
BYTES_MAX: Final = 64 << 10
"""Bytes of a preview: 96 x 96 pixels have 28 KB without any compression."""

SIDE_MAX: Final = 512
"""Pixels of a preview's side: what is larger is no preview of a worker's."""

HALF: Final = "\N{UPPER HALF BLOCK}"
POLL_SECONDS: Final = 0.3
QUIET_SECONDS: Final = 20.0
"""Without a new preview for this long, the fit has ended or releases no more: they come every three seconds."""


def watch(order: Path, *, seconds: float) -> None:
    """Show previews as they come, until none came for QUIET_SECONDS; waits `seconds` for the first."""
    console = Console()
    shown: set[str] = set()
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        names = sorted(path.name for path in order.glob("preview-*.png") if NAME.fullmatch(path.name))
        fresh = [name for name in names if name not in shown]
        if fresh:
            shown.update(fresh)
            until = time.monotonic() + QUIET_SECONDS
            console.print(drawn(order / fresh[-1], columns=console.width))
            console.print(f"{fresh[-1]}: {STAMP}; it is named in the receipt.", highlight=False)
        time.sleep(POLL_SECONDS)
    if not shown:
        raise no(
            f"No preview came within {seconds:.0f} seconds. Only an order of the recipe 'fit-previewed' releases any, "
            "under a consent that counts in 'watched-replica'.",
            2,
        )
    typer.echo(f"{len(shown)} previews came; no more for {QUIET_SECONDS:.0f} seconds.")


def drawn(path: Path, *, columns: int) -> Text:
    """A small picture as half blocks: two pixels to a character."""
    data = path.read_bytes() if path.stat().st_size <= BYTES_MAX else b""
    try:
        with Image.open(io.BytesIO(data), formats=("PNG",)) as image:
            if max(image.size) > SIDE_MAX:
                raise no(f"{path.name} is larger than a preview is. It is not shown.", 2)
            side = max(2, min(columns, image.width) // 2 * 2)
            small = image.convert("RGB").resize((side, side))
    except (OSError, ValueError, SyntaxError):
        raise no(f"{path.name} is no picture that a worker released. It is not shown.", 2) from None
    text = Text(no_wrap=True)
    pixels = small.load()
    assert pixels is not None
    for row in range(0, side, 2):
        for column in range(side):
            upper, lower = pixels[column, row], pixels[column, row + 1]
            text.append(HALF, f"rgb({_rgb(upper)}) on rgb({_rgb(lower)})")
        text.append("\n")
    return text


def _rgb(colour: object) -> str:
    assert isinstance(colour, tuple)
    return ",".join(str(part) for part in colour)
