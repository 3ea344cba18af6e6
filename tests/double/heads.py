"""The benchmark's head scan, for tests of reconstruction."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from stagedoor.capture.read import Capture, parse, read_folder

FOLDER = Path(__file__).parents[2] / "bench" / "head_lps"


@cache
def head() -> Capture:
    """48 training and 12 held-out views, 256x256."""
    return parse(read_folder(FOLDER))
