"""A contact sheet of a capture: every view small, bad ones framed in their colour, with what is wrong below."""

from __future__ import annotations

import io
from typing import Final

import numpy as np
from PIL import Image, ImageDraw

from stagedoor.capture.check import Report
from stagedoor.capture.findings import Severity
from stagedoor.capture.read import Capture

CELL_PX: Final = 128
TEXT_PX: Final = 40
ACROSS: Final = 8
GROUND: Final = (24, 24, 28)
INK: Final = (220, 220, 220)
FRAME: Final = {Severity.AGAIN: (230, 60, 50), Severity.WARNING: (240, 180, 40), Severity.ADVICE: (90, 150, 230)}
LETTERS: Final = 20
"""Letters of Pillow's own small font that fit below a picture."""


def contact_sheet(capture: Capture, report: Report) -> bytes:
    """The sheet as PNG bytes: views in the camera file's order, ACROSS in a row."""
    views = len(capture.names)
    rows = -(-views // ACROSS)
    sheet = Image.new("RGB", (min(views, ACROSS) * CELL_PX, rows * (CELL_PX + TEXT_PX)), GROUND)
    pen = ImageDraw.Draw(sheet)
    for i, name in enumerate(capture.names):
        left, top = i % ACROSS * CELL_PX, i // ACROSS * (CELL_PX + TEXT_PX)
        step = max(1, max(capture.width, capture.height) // (2 * CELL_PX))
        picture = Image.fromarray(np.ascontiguousarray(capture.images[i, ::step, ::step]))
        picture.thumbnail((CELL_PX - 8, CELL_PX - 8))
        at = (left + (CELL_PX - picture.width) // 2, top + (CELL_PX - picture.height) // 2)
        sheet.paste(picture, at, picture)
        worst = report.worst(name)
        if worst is not None:
            pen.rectangle((left + 1, top + 1, left + CELL_PX - 2, top + CELL_PX - 2), outline=FRAME[worst], width=3)
        kinds = sorted({found.kind.value for found in report.findings if found.view == name})
        said = [name.rsplit("/", 1)[-1][:LETTERS], f"{report.azimuth[i]:.0f} deg", " ".join(kinds)[:LETTERS]]
        for line, words in enumerate(said):
            # Pillow's own font holds Latin letters only.
            pen.text((left + 4, top + CELL_PX + 12 * line), words.encode("ascii", "replace").decode(), fill=INK)
    out = io.BytesIO()
    sheet.save(out, "PNG")
    return out.getvalue()
