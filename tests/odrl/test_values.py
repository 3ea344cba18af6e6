"""Values, against the arithmetic of the standard library: fractions, dates and time differences."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta, timezone
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stagedoor.core.rules.odrl.terms import XSD
from stagedoor.core.rules.odrl.values import ValueFault, literal, order, same

decimals = st.from_regex(r"[+-]?[0-9]{1,12}(\.[0-9]{1,12})?([eE][+-]?[0-9])?", fullmatch=True)
offsets = st.integers(-840, 840).map(lambda minutes: timezone(timedelta(minutes=minutes)))
moments = st.datetimes(min_value=datetime(3, 1, 1), max_value=datetime(9998, 1, 1), timezones=offsets)  # noqa: DTZ001 - hypothesis wants naive bounds


def sign(number: object) -> int:
    return (number > 0) - (number < 0)  # type: ignore[operator]


@given(decimals, decimals)
def test_numbers_compare_as_fractions(one: str, other: str) -> None:
    expected = sign(Fraction(one) - Fraction(other))
    assert order(literal(one, XSD + "decimal"), literal(other, XSD + "double")) == {expected}


@given(moments, moments)
def test_moments_compare_as_datetimes(one: datetime, other: datetime) -> None:
    values = [literal(each.isoformat(), XSD + "dateTime") for each in (one, other)]
    assert order(*values) == {sign((one - other) // timedelta(microseconds=1))}


@given(moments, st.dates(min_value=date(3, 1, 1), max_value=date(9998, 1, 1)))
def test_an_instant_is_in_the_day_it_is_in(instant: datetime, day: date) -> None:
    start = datetime(day.year, day.month, day.day, tzinfo=UTC)
    expected = -1 if instant < start else 0 if instant < start + timedelta(days=1) else 1
    value = literal(instant.isoformat(), XSD + "dateTime")
    assert order(value, literal(f"{day.isoformat()}Z", XSD + "date")) == {expected}
    loose = order(value, literal(day.isoformat(), XSD + "date"))
    assert loose is not None and expected in loose


@given(st.integers(0, 400), st.integers(0, 24 * 400))
def test_days_and_hours_compare_exactly(days: int, hours: int) -> None:
    found = order(literal(f"P{days}D", XSD + "duration"), literal(f"PT{hours}H", XSD + "duration"))
    assert found == {sign(days * 24 - hours)}


@pytest.mark.parametrize(
    ("one", "other", "expected"),
    [
        ("P1M", "P27D", {1}), ("P1M", "P28D", {0, 1}), ("P1M", "P30D", {-1, 0, 1}), ("P1M", "P32D", {-1}),
        ("P1Y", "P12M", {0}), ("P1Y", "P364D", {1}), ("-P1D", "PT0S", {-1}), ("PT0.5S", "PT0.50S", {0}),
    ],
)  # fmt: skip
def test_months_compare_as_xml_schema_says(one: str, other: str, expected: set[int]) -> None:
    assert order(literal(one, XSD + "duration"), literal(other, XSD + "duration")) == expected


@pytest.mark.parametrize(
    ("text", "datatype"),
    [
        ("", "integer"), ("1.0", "integer"), ("1e3", "integer"), (".", "decimal"), ("NaN", "double"),
        ("1" * 41, "decimal"), ("1e99", "double"), ("yes", "boolean"), ("2026-02-30", "date"),
        ("26-01-01", "date"), ("2026-01-01", "dateTime"), ("2026-01-01T25:00:00Z", "dateTime"),
        ("2026-01-01T24:00:01Z", "dateTime"), ("2026-01-01T10:60:00Z", "dateTime"),
        ("2026-01-01T10:00:00+15:00", "dateTime"), ("P", "duration"), ("P1DT", "duration"), ("P2000Y", "duration"),
        ("٣", "integer"), ("0000-01-01", "date"),
    ],
)  # fmt: skip
def test_what_a_type_forbids_is_refused(text: str, datatype: str) -> None:
    with pytest.raises(ValueFault):
        literal(text, XSD + datatype)


def test_the_end_of_a_day_is_the_start_of_the_next() -> None:
    assert same(literal("2026-01-01T24:00:00Z", XSD + "dateTime"), literal("2026-01-02T00:00:00Z", XSD + "dateTime"))


def test_kinds_are_not_mixed() -> None:
    five, text = literal("5", XSD + "integer"), literal("5")
    assert same(five, text) is None and order(five, text) is None
    assert order(text, text) is None, "texts have no order"
    assert same(literal("5", XSD + "integer", "a"), literal("5", XSD + "integer", "b")) is None
    assert same(literal("a", "", "x"), literal("a")) is None, "a unit is part of the value"
    assert same(literal("a", "http://example.com/t"), literal("b", "http://example.com/t")) is None
