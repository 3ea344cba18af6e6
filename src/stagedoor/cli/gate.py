"""The gate's own loop: answers workers' letters, releases lapsed reservations, survives a database that goes away."""

from __future__ import annotations

import sys
import threading
import time
from collections.abc import Callable
from typing import Final

from stagedoor.adapters.postgres.gate_inbox import GateInbox
from stagedoor.core.base.when import Instant
from stagedoor.ports.store import Store, StoreFault
from stagedoor.ports.world import Ids, Verifier
from stagedoor.stories.record_receipt import record_next_delivery
from stagedoor.stories.release_key import release_next_key
from stagedoor.stories.release_lapsed import release_lapsed

WAIT_SECONDS: Final = 0.25
"""How long it sleeps if nobody rings: also the longest that a letter waits if a bell was missed."""

SWEEP_SECONDS: Final = 5.0
"""How often it looks for permits whose time is over."""

BACKOFF_SECONDS: Final = 0.5


class GateLoop(threading.Thread):
    """One gate.  Several may run on one database: letters are row-locked."""

    def __init__(
        self, store: Store, inbox: GateInbox, verifier: Verifier, *, ids: Ids, at: Callable[[], Instant]
    ) -> None:
        super().__init__(name="gate", daemon=True)
        self._store = store
        self._inbox = inbox
        self._verifier = verifier
        self._ids = ids
        self._at = at
        self._stopping = threading.Event()
        self._idle = threading.Event()
        self._paused = threading.Event()
        self._holding = threading.Event()

    def run(self) -> None:
        """Answer letters until told to stop."""
        swept = 0.0
        while not self._stopping.is_set():
            if self._paused.is_set():
                self._idle.set()
                self._stopping.wait(WAIT_SECONDS / 5)
                continue
            self._idle.clear()
            try:
                while self._answer_one():
                    pass
                if time.monotonic() - swept > SWEEP_SECONDS:
                    release_lapsed(self._store, self._ids, at=self._at())
                    swept = time.monotonic()
                self._inbox.wait(WAIT_SECONDS)
            except StoreFault as fault:
                sys.stderr.write(f"gate: {fault} Trying again.\n")
                self._stopping.wait(BACKOFF_SECONDS)

    def _answer_one(self) -> bool:
        """Whether there was a letter to answer."""
        key = release_next_key(self._store, self._ids, at=self._at())
        if self._holding.is_set():
            return key is not None
        posted = record_next_delivery(self._store, self._verifier, self._ids, at=self._at())
        return key is not None or posted is not None

    def hold_deliveries(self) -> None:
        """Answer key requests only, for a while."""
        self._holding.set()

    def resume_deliveries(self) -> None:
        """Answer everything again."""
        self._holding.clear()

    def pause(self) -> None:
        """Stop answering for a while (a demonstration's attack stands at the gate itself)."""
        self._paused.set()
        self._idle.wait(10)

    def resume(self) -> None:
        """Go on."""
        self._paused.clear()

    def stop(self) -> None:
        """End after the letter in hand."""
        self._stopping.set()
        self.join(10)
