"""Instants and days.  There is no now() here: time is always a parameter named `at`.

Two clocks exist and are never mixed.  *Story time* is the business time of facts (`at`): when a consent was signed,
on which day service was rendered; a demonstration may run it in October.  *Database time* is the one clock that all
processes share for leases and key releases; it is read only in SQL and recorded beside facts, never inside them.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

from stagedoor.core.base.scalar import Scalar


class Instant(Scalar):
    """A point in time: whole milliseconds since 1970-01-01T00:00Z.  Text: RFC 3339 with milliseconds and `Z`."""

    __slots__ = ("ms",)
    ms: int

    def __init__(self, ms: int) -> None:
        self._set(ms=ms)

    def _key(self) -> tuple[int]:
        return (self.ms,)

    @staticmethod
    def parse(text: str) -> Instant:
        """Read `2026-10-12T09:00:00.000Z`, and nothing else: one spelling, so that digests agree."""
        try:
            moment = datetime.strptime(text, "%Y-%m-%dT%H:%M:%S.%fZ").replace(tzinfo=UTC)
        except ValueError as fault:
            raise ValueError(f"'{text}' is not an instant; write it as 2026-10-12T09:00:00.000Z") from fault
        instant = Instant(round(moment.timestamp() * 1000))
        if str(instant) != text:
            raise ValueError(f"'{text}' is not the one spelling of {instant}")
        return instant

    @staticmethod
    def of(day: date, hour: int = 0, minute: int = 0) -> Instant:
        """`day` at hour:minute UTC."""
        moment = datetime(day.year, day.month, day.day, hour, minute, tzinfo=UTC)
        return Instant(int(moment.timestamp()) * 1000)

    def __str__(self) -> str:
        moment = datetime.fromtimestamp(self.ms // 1000, tz=UTC)
        return f"{moment.year:04d}-{moment:%m-%dT%H:%M:%S}.{self.ms % 1000:03d}Z"

    @property
    def day(self) -> date:
        """The UTC day that it falls on."""
        return datetime.fromtimestamp(self.ms // 1000, tz=UTC).date()

    def plus(self, *, hours: int = 0, minutes: int = 0, seconds: int = 0) -> Instant:
        """Later by so much (earlier, if negative)."""
        return Instant(self.ms + (hours * 3600 + minutes * 60 + seconds) * 1000)

    def hours_until(self, later: Instant) -> int:
        """Whole hours from here to `later`, rounded down: a notice of 47 h 59 min is not one of 48 h."""
        return (later.ms - self.ms) // 3_600_000


def within(day: date, first: date | None, last: date | None) -> bool:
    """Whether `day` lies in the closed window; None is an open end."""
    return (first is None or day >= first) and (last is None or day <= last)


def days_after(day: date, count: int) -> date:
    """`count` days after `day`."""
    return day + timedelta(days=count)


def months_after(day: date, count: int) -> date:
    """`count` months after `day`; where that month has no such day, its last: 31 March and one month is 30 April."""
    index = day.year * 12 + day.month - 1 + count
    year, month = index // 12, index % 12 + 1
    following = date(year + month // 12, month % 12 + 1, 1)
    return date(year, month, min(day.day, (following - timedelta(days=1)).day))
