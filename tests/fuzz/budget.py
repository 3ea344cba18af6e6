"""How long each fuzz test may run, and how much slower than promised a shared machine may be."""

from __future__ import annotations

import os
import time
import tracemalloc
from collections.abc import Callable
from typing import Any, Final

SLACK: Final = 5
"""A refusal is promised within a tenth of a second on a quiet machine; a test allows five times that."""

SAID_MAX: Final = 700
"""Characters of a refusal: a hostile name must not fill a screen."""


def seconds() -> int:
    """Seconds for one target: STAGEDOOR_FUZZ_SECONDS, 15 if it is not set."""
    return int(os.environ.get("STAGEDOOR_FUZZ_SECONDS", "15"))


def bounded(act: Callable[..., Any], *given: Any, refusal: type[Exception], memory_max: int) -> Any:
    """What comes out, or None for the one error, in a sentence of ours; anything else, or too much, fails the test.

    A hostile file is promised its answer within a second; a shared machine is allowed SLACK of them.
    """
    tracemalloc.start()
    began = time.process_time()
    try:
        return act(*given)
    except refusal as fault:
        said = str(fault)
        assert said.endswith(".") and len(said) < SAID_MAX and said.isprintable(), ascii(said)
        return None
    finally:
        taken = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        assert time.process_time() - began < SLACK, "seconds"
        assert taken < memory_max, taken
