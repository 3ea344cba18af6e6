"""The lease: how long a key may be held, on the worker's own clock, reckoned never to outlast the store's.

Each renewal is good for `seconds` from the moment before it was asked for.  A refused renewal, or a database that stays
away for that long, ends the lease, and ends it for good: what was handed in to be wiped is wiped at once (invariant 5).
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from types import TracebackType

from stagedoor.seal import wipe
from stagedoor.worker.hatch import Away, StoreRefused

BEATS = 3
"""Renewals in one lease: two may be lost before it lapses."""


RETRY_SECONDS = 0.2
"""How soon a store that is away is asked again."""


class Lease:
    """A heartbeat in its own thread.  `live()` is to be asked before and after each piece of work."""

    def __init__(
        self,
        *,
        renew: Callable[[], bool],
        seconds: float,
        stopping: threading.Event | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._renew = renew
        self._seconds = seconds
        self._stopping = stopping or threading.Event()
        self._clock = clock
        self._retry = min(RETRY_SECONDS, seconds / BEATS)
        self._until = 0.0
        self._ended = threading.Event()
        self._guard = threading.Lock()
        self._secrets: list[bytearray] = []
        self._thread: threading.Thread | None = None
        self.why = "the lease has not begun"

    def begin(self) -> bool:
        """Renew once here, so that nothing is opened under a lease that has lapsed already; then keep renewing."""
        until = self._clock() + self._seconds
        while not self._beat():
            # A connection that died while it lay idle says so at its first use; the next try makes a new one.
            if self._ended.is_set() or self._stopping.is_set() or self._clock() >= until:
                self.end("the store could not be reached")
                return False
            self._ended.wait(self._retry)
        self._thread = threading.Thread(target=self._beats, name="lease", daemon=True)
        self._thread.start()
        return True

    def live(self) -> bool:
        """Whether the key may still be held, now."""
        if self._ended.is_set():
            return False
        if self._stopping.is_set():
            self.end("the worker is being stopped")
            return False
        if self._clock() >= self._until:
            self.end("the lease ran out before the store could be reached")
            return False
        return True

    def guard(self, secret: bytearray) -> bytearray:
        """Have a buffer wiped in the moment that the lease ends; at once if it has ended."""
        with self._guard:
            if self._ended.is_set():
                wipe(secret)
            else:
                self._secrets.append(secret)
        return secret

    def end(self, why: str) -> None:
        """No more work under this lease.  The first reason stays."""
        with self._guard:
            if self._ended.is_set():
                return
            self.why = why
            self._ended.set()
            secrets, self._secrets = self._secrets, []
        wipe(*secrets)

    def __enter__(self) -> Lease:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.end("the work is done")
        if self._thread is not None:
            self._thread.join(timeout=self._seconds)

    def _beats(self) -> None:
        renewed = True
        while not self._ended.wait(self._seconds / BEATS if renewed else self._retry):
            if not self.live():
                return
            renewed = self._beat()

    def _beat(self) -> bool:
        """One renewal.  A store that is away is no answer: the deadline of the last one stands."""
        asked_at = self._clock()
        try:
            granted = self._renew()
        except Away:
            return False
        except StoreRefused as fault:
            self.end(str(fault))
            return False
        if not granted:
            self.end("the store refused to renew: a withdrawal, a hold, or the permit's end")
            return False
        self._until = asked_at + self._seconds
        return True
