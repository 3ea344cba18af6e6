"""Typed values compared exactly: no float, no guess.  Two values that cannot be compared give doubt, never a no.

A number is an integer and a power of ten.  A moment is nanoseconds since the year 1 and the length of what was named
(an instant, or a whole day); without a time zone it may lie 14 hours to either side.  A span is months and
nanoseconds, compared as XML Schema does, from four starting dates.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date
from enum import Enum
from typing import Final

from stagedoor.core.rules.odrl.limits import DIGITS_MAX, EXPONENT_MAX, TEXT_CHARS_MAX, YEARS_MAX
from stagedoor.core.rules.odrl.refusal import shown
from stagedoor.core.rules.odrl.terms import RDF, XSD

SECOND: Final = 10**9
DAY: Final = 24 * 3_600 * SECOND
_ZONE_MAX: Final = 14 * 3_600 * SECOND
_STARTS: Final = ((1696, 9), (1697, 2), (1903, 3), (1903, 7))
"""The four months from whose first day XML Schema 1.1 (part 2, 3.3.6.2) compares durations."""

_NUMBER: Final = re.compile(r"([+-]?)([0-9]*)(?:\.([0-9]*))?(?:[eE]([+-]?[0-9]{1,3}))?")
_DATE: Final = re.compile(r"([0-9]{4})-([0-9]{2})-([0-9]{2})(Z|[+-][0-9]{2}:[0-9]{2})?")
_TIME: Final = re.compile(
    r"([0-9]{4}-[0-9]{2}-[0-9]{2})T([0-9]{2}):([0-9]{2}):([0-9]{2})(?:\.([0-9]{1,9}))?(Z|[+-][0-9]{2}:[0-9]{2})?"
)
_SPAN: Final = re.compile(
    r"(-?)P(?=.)(?:([0-9]{1,6})Y)?(?:([0-9]{1,6})M)?(?:([0-9]{1,9})D)?"
    r"(?:T(?=.)(?:([0-9]{1,9})H)?(?:([0-9]{1,9})M)?(?:([0-9]{1,9})(?:\.([0-9]{1,9}))?S)?)?"
)

_WHOLE: Final = frozenset(
    XSD + name
    for name in (
        "integer", "int", "long", "short", "byte", "nonNegativeInteger", "nonPositiveInteger", "positiveInteger",
        "negativeInteger", "unsignedInt", "unsignedLong", "unsignedShort", "unsignedByte",
    )
)  # fmt: skip
_BROKEN: Final = frozenset(XSD + name for name in ("decimal", "double", "float"))
_TEXTS: Final = frozenset({XSD + "string", XSD + "normalizedString", XSD + "token", RDF + "langString",
                           XSD + "language", ""})  # fmt: skip


class Kind(Enum):
    """What a value is compared as."""

    IRI = "iri"
    TEXT = "text"
    TRUTH = "boolean"
    NUMBER = "number"
    MOMENT = "moment"
    SPAN = "duration"
    OTHER = "other"


@dataclass(frozen=True, slots=True, kw_only=True)
class Value:
    """One value: as it was written, and exactly.

    `exact` is (mantissa, scale) of a number, (start, length, zoned) of a moment, (months, nanoseconds) of a span.
    """

    kind: Kind
    text: str
    datatype: str = ""
    unit: str = ""
    exact: tuple[int, ...] = ()


class ValueFault(ValueError):
    """A literal that its own datatype forbids."""


def iri(text: str, unit: str = "") -> Value:
    """An IRI as a value."""
    return Value(kind=Kind.IRI, text=text, unit=unit)


def literal(text: str, datatype: str = "", unit: str = "") -> Value:
    """The value that a literal writes.  Raises ValueFault where the datatype forbids the text."""
    if len(text) > TEXT_CHARS_MAX:
        raise ValueFault(f"a literal of {len(text)} characters; at most {TEXT_CHARS_MAX} are read")
    if datatype in _TEXTS:
        return Value(kind=Kind.TEXT, text=text, unit=unit)
    if datatype == XSD + "anyURI":
        return Value(kind=Kind.IRI, text=text, unit=unit)
    said = text.strip(" \t\r\n")
    exact: tuple[int, ...] = ()
    kind = Kind.OTHER
    if datatype in _WHOLE or datatype in _BROKEN:
        exact, kind = _number(said, whole=datatype in _WHOLE), Kind.NUMBER
    elif datatype == XSD + "boolean":
        exact, kind = _truth(said), Kind.TRUTH
    elif datatype in (XSD + "dateTime", XSD + "dateTimeStamp"):
        exact, kind = _instant(said), Kind.MOMENT
    elif datatype == XSD + "date":
        exact, kind = _day(said), Kind.MOMENT
    elif datatype in (XSD + "duration", XSD + "dayTimeDuration", XSD + "yearMonthDuration"):
        exact, kind = _span(said), Kind.SPAN
    return Value(kind=kind, text=text, datatype=datatype, unit=unit, exact=exact)


def _number(text: str, *, whole: bool) -> tuple[int, int]:
    found = _NUMBER.fullmatch(text)
    sign, before, after, power = found.groups() if found else ("", "", "", "")
    after = after or ""
    if not (before or after) or (whole and text.lstrip("+-") != before):
        raise ValueFault(f"'{shown(text)}' is no {'whole number' if whole else 'number'}")
    exponent = int(power or "0")
    if len(before) + len(after) > DIGITS_MAX or abs(exponent) > EXPONENT_MAX:
        raise ValueFault(f"a number of more than {DIGITS_MAX} digits, or beyond 10^{EXPONENT_MAX}")
    mantissa = int(before + after) * (-1 if sign == "-" else 1)
    scale = len(after) - exponent
    return (mantissa * 10 ** abs(scale), 0) if scale < 0 else (mantissa, scale)


def _truth(text: str) -> tuple[int]:
    if text not in ("true", "false", "1", "0"):
        raise ValueFault(f"'{shown(text)}' is no boolean")
    return (1 if text in ("true", "1") else 0,)


def _day(text: str) -> tuple[int, int, int]:
    found = _DATE.fullmatch(text)
    if found is None:
        raise ValueFault(f"'{shown(text)}' is no date; write it as 2026-10-12, with years from 0001 to 9999")
    year, month, day, zone = found.groups()
    try:
        ordinal = date(int(year), int(month), int(day)).toordinal()
    except ValueError:
        raise ValueFault(f"'{text}' is no day of the calendar") from None
    return ordinal * DAY - _shift(zone), DAY, 1 if zone else 0


def _instant(text: str) -> tuple[int, int, int]:
    found = _TIME.fullmatch(text)
    if found is None:
        raise ValueFault(f"'{shown(text)}' is no dateTime; write it as 2026-10-12T09:00:00Z")
    day, hours, minutes, seconds, fraction, zone = found.groups()
    within = (int(hours) * 3_600 + int(minutes) * 60 + int(seconds)) * SECOND + int((fraction or "").ljust(9, "0"))
    late = int(minutes) > 59 or int(seconds) > 59 or within > DAY or (within == DAY and hours != "24")
    if late or (hours == "24" and within != DAY):
        raise ValueFault(f"'{shown(text)}' is no time of the day")
    return _day(day)[0] + within - _shift(zone), 0, 1 if zone else 0


def _shift(zone: str | None) -> int:
    if not zone or zone == "Z":
        return 0
    hours, minutes = int(zone[1:3]), int(zone[4:6])
    shift = (hours * 3_600 + minutes * 60) * SECOND
    if minutes > 59 or shift > _ZONE_MAX:
        raise ValueFault(f"'{zone}' is no time zone")
    return -shift if zone[0] == "-" else shift


def _span(text: str) -> tuple[int, int]:
    found = _SPAN.fullmatch(text)
    if found is None:
        raise ValueFault(f"'{shown(text)}' is no duration; write it as P30D or PT8H")
    sign = -1 if found[1] else 1
    years, months, days, hours, minutes, seconds = (int(found[part] or 0) for part in range(2, 8))
    if years * 12 + months > YEARS_MAX * 12 or days > YEARS_MAX * 366:
        raise ValueFault(f"a duration of more than {YEARS_MAX} years")
    clock = (hours * 3_600 + minutes * 60 + seconds) * SECOND + int((found[8] or "").ljust(9, "0"))
    return sign * (years * 12 + months), sign * (days * DAY + clock)


def order(one: Value, other: Value) -> frozenset[int] | None:
    """How `one` may stand to `other`: some of -1, 0, 1; None where the two have no order."""
    if one.kind is not other.kind or one.unit != other.unit:
        return None
    if one.kind is Kind.NUMBER:
        scale = max(one.exact[1], other.exact[1])
        left, right = (value.exact[0] * 10 ** (scale - value.exact[1]) for value in (one, other))
        return frozenset({_sign(left - right)})
    if one.kind is Kind.MOMENT:
        return _moments(one, other)
    if one.kind is Kind.SPAN:
        months, clock = (one.exact[part] - other.exact[part] for part in (0, 1))
        return frozenset(_sign(_months(year, month, months) * DAY + clock) for year, month in _STARTS)
    return None


def same(one: Value, other: Value) -> bool | None:
    """Whether the two are one value; None where it cannot be told."""
    names = (Kind.IRI, Kind.TEXT)
    if one.unit != other.unit:
        return None
    if one.kind in names and other.kind in names:
        return one.text == other.text  # the W3C's context makes plain strings of many IRIs
    if one.kind is Kind.TRUTH and other.kind is Kind.TRUTH:
        return one.exact == other.exact
    if one.kind is Kind.OTHER and other.kind is Kind.OTHER and one.datatype == other.datatype:
        return True if one.text == other.text else None
    found = order(one, other)
    if found is None or (0 in found and len(found) > 1):
        return None
    return found == {0}


def _moments(one: Value, other: Value) -> frozenset[int]:
    start, length, zoned = one.exact
    start_other, length_other, zoned_other = other.exact
    apart = start - start_other
    loose = 0 if zoned == zoned_other else _ZONE_MAX
    found = {_precedes(apart + shift, length, length_other) for shift in (-loose, 0, loose)}
    return frozenset(range(min(found), max(found) + 1))


def _precedes(apart: int, length: int, length_other: int) -> int:
    """An instant inside a named day is that day; otherwise the earlier start is earlier."""
    if length == length_other:
        return _sign(apart)
    if length > length_other:
        return -_precedes(-apart, length_other, length)
    return -1 if apart < 0 else 0 if apart < length_other else 1


def _months(year: int, month: int, months: int) -> int:
    """Days from the first of a month to the first of the month `months` later."""
    index = year * 12 + month - 1 + months
    return date(index // 12, index % 12 + 1, 1).toordinal() - date(year, month, 1).toordinal()


def _sign(number: int) -> int:
    return (number > 0) - (number < 0)
