"""Chunks of one kernel shared out over threads: a fixed number of chunks, whichever thread takes each.

Kernels run without the GIL, so plain threads suffice, and no OpenMP or numba threading layer is loaded: a worker may
fork, may train from several threads at once, and a busy neighbour on one core slows a chunk but stalls no barrier.
A chunk writes only what is its own, so the result is the same bits at any thread count.
"""

from __future__ import annotations

import itertools
import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

CHUNKS = 4
"""Pieces that each raster loop is cut into.  Never the thread count: sums are taken per chunk, then in chunk order."""


def threads_default() -> int:
    """Threads worth using here: the processors we may run on, at most one per chunk."""
    usable = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return max(1, min(CHUNKS, usable))


class Pool:
    """`threads` workers, this thread included.  Close it (or use `with`) when the work is done."""

    def __init__(self, threads: int) -> None:
        assert threads >= 1, threads
        self._helpers = min(threads, CHUNKS) - 1
        self._executor = ThreadPoolExecutor(self._helpers, "double") if self._helpers else None

    def __enter__(self) -> Pool:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Ends the helper threads."""
        if self._executor is not None:
            self._executor.shutdown()

    def run(self, work: Callable[[int], object]) -> None:
        """Calls `work(chunk)` once for each of CHUNKS chunks and returns when all are done."""
        if self._executor is None:
            for chunk in range(CHUNKS):
                work(chunk)
            return
        tickets = itertools.count()

        def drain() -> None:
            # next() on a count is one step under the GIL: no chunk is taken twice.
            for chunk in iter(lambda: next(tickets), None):
                if chunk >= CHUNKS:
                    return
                work(chunk)

        helping = [self._executor.submit(drain) for _ in range(self._helpers)]
        drain()
        for helper in helping:
            helper.result()
