"""One item of a rulebook's file, field by field: complains with the file, the item's own name and what to do."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date
from typing import Any, Final

from stagedoor.core.base.money import Money, MoneyError
from stagedoor.core.rules.rulebook import Confidence, DatedValue, DueTerm, Parameter, Source, Window
from stagedoor.core.rules.text import RuleText, RuleTextError, parse
from stagedoor.core.rules.vocabulary import DATES

UNITS: Final = ("money", "bp", "hours", "days", "degrees", "count", "years")


class RulebookError(ValueError):
    """A rulebook that cannot be used: where, what is wrong, what to do."""

    def __init__(self, where: str, what: str, todo: str) -> None:
        super().__init__(f"{where}: {what}. {todo}")
        self.where = where


class Reader:
    """Reads one item's fields by name, complaining with the file and the item's own name."""

    def __init__(self, path: str, item: Any, read_on: date) -> None:
        if not isinstance(item, Mapping):
            raise RulebookError(path, "an item is not a list of fields", "Indent its fields below the dash.")
        self.item = item
        self.read_on = read_on
        self.where = f"{path}, {item.get('rule') or item.get('name') or 'index'}"

    def fail(self, what: str, todo: str) -> RulebookError:
        """The error to raise, about this item."""
        return RulebookError(self.where, what, todo)

    def has(self, key: str) -> bool:
        """Whether the field is given."""
        return self.item.get(key) is not None

    def only(self, *keys: str) -> None:
        """Refuse a field that is not one of these."""
        unknown = sorted(set(self.item) - set(keys))
        if unknown:
            raise self.fail(f"'{unknown[0]}' is not a field here", f"The fields are: {', '.join(keys)}.")

    def text(self, key: str, default: str | None = None) -> str:
        """A field's words, on one line."""
        value = self.item.get(key, default)
        if not isinstance(value, str) or (not value.strip() and default is None):
            raise self.fail(f"'{key}' is missing or empty", f"Add a line '{key}: ...'.")
        return " ".join(value.split())

    def choice(self, key: str, allowed: tuple[str, ...], default: str = "") -> str:
        """One of a closed list of words."""
        value = self.item.get(key, default)
        if value not in allowed:
            shown = ", ".join(word for word in allowed if word)
            raise self.fail(f"'{key}: {value}' is not known", f"Use one of: {shown}.")
        return str(value)

    def flag(self, key: str, why: str) -> bool:
        """True or false; false if it is not given."""
        value = self.item.get(key, False)
        if not isinstance(value, bool):
            raise self.fail(f"'{key}' is neither true nor false", why)
        return value

    def whole(self, key: str, default: int) -> int:
        """A whole number."""
        value = self.item.get(key, default)
        if not isinstance(value, int) or isinstance(value, bool):
            raise self.fail(f"'{key}: {value}' is not a whole number", "Write it without quotation marks.")
        return value

    def words(self, key: str) -> tuple[str, ...]:
        """A list of texts; none if it is not given."""
        value = self.item.get(key, ())
        if not isinstance(value, list | tuple) or not all(isinstance(item, str) and item.strip() for item in value):
            raise self.fail(f"'{key}' is not a list of words", "Put each on a line of its own, with a dash.")
        return tuple(" ".join(item.split()) for item in value)

    def day(self, key: str) -> date:
        """A day, as 2026-07-01."""
        value = self.item.get(key)
        try:
            return date.fromisoformat(value if isinstance(value, str) else "")
        except ValueError:
            raise self.fail(f"'{key}: {value}' is not a day", "Write it as 2026-07-01.") from None

    def day_or_none(self, key: str) -> date | None:
        """A day, if it is given."""
        return self.day(key) if self.has(key) else None

    def source(self) -> Source:
        """Where it was read, how sure, and who looked when."""
        item = self.item.get("source")
        if not isinstance(item, Mapping):
            raise self.fail("it names no source", "Add 'source:' with title, url, confidence and verified below it.")
        inner = Reader(self.where, item, self.read_on)
        inner.where = self.where + ", source"
        inner.only("title", "url", "confidence", "verified")
        verified = inner.day("verified")
        if verified > self.read_on:
            raise inner.fail(f"it was verified on {verified}, which is yet to come", "Correct the day.")
        words = tuple(level.value for level in Confidence)
        return Source(
            title=inner.text("title"),
            url=inner.text("url"),
            confidence=Confidence(inner.choice("confidence", words)),
            verified=verified,
        )

    def window(self) -> Window:
        """The days between which a rule exists."""
        first, last = self.day_or_none("from"), self.day_or_none("until")
        if first is not None and last is not None and last < first:
            raise self.fail("'until' is before 'from'", "Swap or correct the days.")
        return Window(keyed_by=self.choice("keyed_by", tuple(DATES), "day"), first=first, last=last)

    def due(self) -> tuple[DueTerm, ...]:
        """When a duty or a notice is due: the earliest of these that is known."""
        found: list[DueTerm] = []
        items = self.item.get("due") or ()
        if not isinstance(items, list | tuple):
            raise self.fail("'due' is not a list", "Write '- {of: production_ended, days: 30}' below it.")
        for item in items:
            inner = Reader(self.where, item, self.read_on)
            inner.where = self.where + ", due"
            inner.only("of", "days", "months", "years")
            months = inner.whole("months", 0) + 12 * inner.whole("years", 0)
            days = inner.whole("days", 0)
            if abs(months) > DUE_MONTHS_MAX or abs(days) > DUE_MONTHS_MAX * 31:
                raise inner.fail("it lies more than a century away", "Correct the number.")
            found.append(DueTerm(of=inner.choice("of", tuple(DATES)), days=days, months=months))
        return tuple(found)

    def parameter(self) -> Parameter:
        """A dated number."""
        self.only("name", "title", "unit", "keyed_by", "clause", "values", "supplied")
        unit = self.choice("unit", UNITS)
        supplied = self.flag("supplied", "True says that the values come from the user's own file.")
        raw = self.item.get("values")
        if not isinstance(raw, list | tuple) or not (raw or supplied):
            raise self.fail("it has no values", "Add 'values:' with at least one dated value.")
        values: list[DatedValue] = []
        currencies: set[str] = set()
        for item in raw:
            inner = Reader(self.where, item, self.read_on)
            inner.where = f"{self.where}, value from {item.get('from') if isinstance(item, Mapping) else '?'}"
            inner.only("from", "value", "source")
            since = inner.day("from")
            if values and since <= values[-1].since:
                raise inner.fail("its day is not after the one before it", "Sort the values by day.")
            value, currency = inner.value(unit)
            currencies.add(currency)
            values.append(DatedValue(since=since, value=value, source=inner.source()))
        if len(currencies) > 1:
            raise self.fail("its values are in several currencies", "Write one parameter for each currency.")
        return Parameter(
            name=self.text("name"),
            title=self.text("title"),
            unit=unit,
            currency=currencies.pop() if currencies else "",
            keyed_by=self.choice("keyed_by", tuple(DATES)),
            clause=self.text("clause"),
            values=tuple(values),
            supplied=supplied,
        )

    def value(self, unit: str) -> tuple[int, str]:
        """The value in its unit's smallest part, and its currency if it is money."""
        value = self.item.get("value")
        if unit == "money":
            try:
                amount = Money.parse(str(value))
            except MoneyError as fault:
                todo = "An amount is text in quotation marks, with six decimals and a currency."
                raise self.fail(str(fault), todo) from fault
            return amount.units, amount.currency
        if not isinstance(value, int) or isinstance(value, bool) or value < 0:
            raise self.fail(f"'value: {value}' is not a whole number", f"Write it in whole {unit}; 21 % is 2100 bp.")
        return value, ""

    def rule_text(self, key: str, names: Mapping[str, str], kind: str) -> RuleText:
        """A rule text that gives a `kind`."""
        try:
            parsed = parse(self.text(key), names)
        except RuleTextError as fault:
            raise self.fail(f"'{key}' cannot be read: {fault}", _hint(str(fault))) from fault
        if parsed.kind != kind:
            raise self.fail(f"'{key}' gives a {parsed.kind}, not a {kind}", "See docs/RULE-LANGUAGE.md.")
        return parsed


def _hint(fault: str) -> str:
    """What to do about a rule text, for the slips that are made most."""
    if "is not a word" in fault:
        return "Spell it as docs/RULE-LANGUAGE.md does; a text stands in single quotation marks, as 'render'."
    if "is not a rule" in fault:
        return "Equal is ==, times is *, and a text stands in single quotation marks; see docs/RULE-LANGUAGE.md."
    return "See docs/RULE-LANGUAGE.md."


DUE_MONTHS_MAX: Final = 1_200
"""Months until a duty is due: a century; longer terms (70 years after death) are counted, not due."""

_LOOKS_LIKE_MONEY: Final = re.compile(r"-?[0-9].* [A-Z]{3}")


def case_value(reader: Reader, value: Any) -> int | str | bool | tuple[str, ...]:
    """A value that a case gives: an amount becomes its millionths."""
    if isinstance(value, list | tuple):
        return tuple(str(item) for item in value)
    if isinstance(value, str) and _LOOKS_LIKE_MONEY.fullmatch(value):
        try:
            return Money.parse(value).units
        except MoneyError as fault:
            raise reader.fail(str(fault), "An amount has six decimals, as 1450.000000 USD.") from fault
    if isinstance(value, str | int):
        return value
    raise reader.fail(f"'{value}' is not a value", "Use texts, whole numbers, true, false or amounts.")
