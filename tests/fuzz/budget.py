"""How long each fuzz test may run, and how much slower than promised a shared machine may be."""

from __future__ import annotations

import os
from typing import Final

SLACK: Final = 5
"""A refusal is promised within a tenth of a second on a quiet machine; a test allows five times that."""


def seconds() -> int:
    """Seconds for one target: STAGEDOOR_FUZZ_SECONDS, 15 if it is not set."""
    return int(os.environ.get("STAGEDOOR_FUZZ_SECONDS", "15"))
