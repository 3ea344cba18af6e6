"""Instants and ids: one spelling each."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from properties.strategies import INSTANTS
from stagedoor.core.base import ids
from stagedoor.core.base.when import Instant, days_after, within


@given(INSTANTS)
def test_instant_round_trip(instant: Instant) -> None:
    """An instant, its text and the day that it falls on agree."""
    assert Instant.parse(str(instant)) == instant
    assert str(instant).startswith(instant.day.isoformat())


@pytest.mark.parametrize(
    "text",
    ["", "2026-10-12", "2026-10-12T09:00:00Z", "2026-10-12T09:00:00.0Z", "2026-10-12T09:00:00.000000Z",
     "2026-10-12T09:00:00.000+00:00", "2026-10-12t09:00:00.000z", "2026-10-12T24:00:00.000Z",
     "2026-02-30T00:00:00.000Z", "２026-10-12T09:00:00.000Z", "2026-10-12T09:00:60.000Z", " 2026-10-12T09:00:00.000Z"],
)  # fmt: skip
def test_instant_has_one_spelling(text: str) -> None:
    """Every other spelling is refused."""
    with pytest.raises(ValueError):
        Instant.parse(text)


@given(INSTANTS, st.integers(-10_000, 10_000), st.integers(0, 3_599_999))
def test_hours_until_rounds_down(instant: Instant, hours: int, rest_ms: int) -> None:
    """A notice of 47 h 59 min is not one of 48 h; nor does -1 h 1 min count as -1 h."""
    assert instant.hours_until(Instant(instant.ms + hours * 3_600_000 + rest_ms)) == hours


@given(st.dates(date(1900, 1, 1), date(2900, 1, 1)), st.integers(-3, 3), st.integers(0, 3))
def test_windows_are_closed(day: date, offset: int, length: int) -> None:
    """Both ends belong to the window; None is an open end."""
    first, last = days_after(day, offset), days_after(day, offset + length)
    assert within(day, first, last) == (offset <= 0 <= offset + length)
    assert within(day, None, last) == (offset + length >= 0) and within(day, first, None) == (offset <= 0)
    assert within(day, None, None)


@given(st.sampled_from(sorted(ids.NOUNS)), st.integers(0, (1 << 48) - 1), st.binary(min_size=10, max_size=10))
def test_ids_have_their_shape_and_keep_their_time(noun: str, ms: int, chance: bytes) -> None:
    """A made id has the shape of its noun and of no other, and sorts by its milliseconds."""
    text = ids.make(noun, ms=ms, chance=chance)
    assert [item for item in sorted(ids.NOUNS) if ids.has_shape(item, text)] == [noun]
    assert int(text.partition(":")[2].replace("-", "")[:12], 16) == ms
    assert not ids.has_shape(noun, text.upper()) and not ids.has_shape(noun, text + "\n")
