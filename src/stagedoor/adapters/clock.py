"""The only places that ask what time it is, and that draw chance for names."""

from __future__ import annotations

import os
import time
from datetime import UTC, date, datetime

from stagedoor.core.base.ids import make
from stagedoor.core.base.when import Instant


def now() -> Instant:
    """The machine's clock, in UTC."""
    return Instant(time.time_ns() // 1_000_000)


def today() -> date:
    """The machine's day, in UTC."""
    return datetime.now(tz=UTC).date()


class StoryClock:
    """Story time for a demonstration: it stands still until it is moved, and never goes back."""

    def __init__(self, start: Instant) -> None:
        self._at = start

    @property
    def at(self) -> Instant:
        """Story time."""
        return self._at

    def move_to(self, at: Instant) -> Instant:
        """Go on to `at`."""
        assert self._at <= at, "story time never goes back"
        self._at = at
        return at


class TimeOrderedIds:
    """Fresh UUIDv7 names from the machine's clock and chance."""

    def new(self, noun: str) -> str:
        """`noun:<uuid7>`."""
        return make(noun, ms=time.time_ns() // 1_000_000, chance=os.urandom(10))
