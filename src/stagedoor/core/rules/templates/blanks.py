"""The blanks of a template: what must be given, what may be, and how its text is read.  One reader for all."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Final

from stagedoor.core.base.ids import NOUNS, has_shape
from stagedoor.core.base.limits import SAFE_INTEGER_MAX, SHOTS_MAX, TEXT_CHARS_MAX, WORD_CHARS_MAX
from stagedoor.core.base.money import Money, MoneyError
from stagedoor.core.base.when import Instant
from stagedoor.core.facts.consent import AfterDeath, Consent, Deal
from stagedoor.core.rules.templates.kinds import Kind

BLANKS_MAX: Final = 64
"""Blanks given at once; the longest template has 21."""

LIST_CHARS_MAX: Final = SHOTS_MAX * (WORD_CHARS_MAX + 1)
"""Characters of one list: as many words as a consent may name shots."""


class TemplateError(ValueError):
    """A template that does not exist, or a blank that is missing, unknown or badly filled.  Says which and how."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Blank:
    """One blank: its kind, what it asks for, and what stands there if nothing is given (None: it must be given)."""

    name: str
    kind: Kind
    asks: str
    default: str | None = None
    noun: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Filled:
    """The blanks of one consent, read.  Each accessor asserts the kind that the template declared."""

    values: Mapping[str, object]
    at: Instant

    def text(self, name: str) -> str:
        """A text or an id."""
        value = self.values[name]
        assert isinstance(value, str)
        return value

    def texts(self, name: str) -> tuple[str, ...]:
        """A list of words."""
        value = self.values[name]
        assert isinstance(value, tuple)
        return value

    def number(self, name: str) -> int:
        """A whole number."""
        value = self.values[name]
        assert isinstance(value, int)
        return value

    def day(self, name: str) -> date:
        """A day."""
        value = self.values[name]
        assert isinstance(value, date)
        return value

    def money(self, name: str) -> Money:
        """An amount."""
        value = self.values[name]
        assert isinstance(value, Money)
        return value

    def yes(self, name: str) -> bool:
        """A yes or a no."""
        value = self.values[name]
        assert isinstance(value, bool)
        return value


@dataclass(frozen=True, slots=True, kw_only=True)
class Template:
    """A named way to draw up a consent: its blanks, and the pure function from filled blanks to the consent."""

    name: str
    title: str
    blanks: tuple[Blank, ...]
    draw: Callable[[Filled], Consent]


def build(template: Template, given: Mapping[str, str], *, at: Instant) -> Consent:
    """The unsigned consent that these blanks make, or a TemplateError that says what to mend."""
    if len(given) > BLANKS_MAX:
        raise TemplateError(f"{len(given)} blanks were given; {template.name} has {len(template.blanks)}.")
    known = {blank.name: blank for blank in template.blanks}
    odd = sorted(set(given) - set(known))
    if odd:
        names = ", ".join(sorted(known))
        raise TemplateError(f"{template.name} has no blank '{odd[0][:WORD_CHARS_MAX]}'. Its blanks: {names}.")
    values = {name: _read(template, blank, given.get(name, blank.default)) for name, blank in known.items()}
    filled = Filled(values=values, at=at)
    first, last = filled.day("first_day"), filled.day("last_day")
    if last < first:
        raise TemplateError(f"{template.name}: last_day {last} is before first_day {first}. Turn the two round.")
    return template.draw(filled)


def _read(template: Template, blank: Blank, text: str | None) -> object:
    where = f"{template.name}, blank '{blank.name}' ({blank.asks})"
    if text is None:
        raise TemplateError(f"{where} must be filled.")
    if len(text) > (LIST_CHARS_MAX if blank.kind is Kind.TEXTS else TEXT_CHARS_MAX):
        raise TemplateError(f"{where} holds {len(text)} characters: a page at most. Say it shorter.")
    try:
        return _READERS[blank.kind](blank, text)
    except (ValueError, MoneyError) as fault:
        raise TemplateError(f"{where}: {fault}.") from None


def _id(blank: Blank, text: str) -> str:
    assert blank.noun in NOUNS
    if not has_shape(blank.noun, text):
        raise ValueError(f"'{text[:WORD_CHARS_MAX]}' is no id; write it as {blank.noun}:<uuid7>")
    return text


def _text(_blank: Blank, text: str) -> str:
    if not text.strip():
        raise ValueError("it is empty; say it in words")
    return text


def _texts(blank: Blank, text: str) -> tuple[str, ...]:
    if not text.strip() and blank.default != "":
        raise ValueError("it is empty; name one at least")
    words = tuple(word.strip() for word in text.split(",")) if text.strip() else ()
    if any(not word or len(word) > WORD_CHARS_MAX for word in words):
        raise ValueError(f"write words of at most {WORD_CHARS_MAX} characters, with commas between them")
    if len(set(words)) != len(words):
        raise ValueError("a word stands twice; leave one out")
    if len(words) > SHOTS_MAX:
        raise ValueError(f"{len(words)} words; nobody can be asked to read more than {SHOTS_MAX}")
    return words


def _number(_blank: Blank, text: str) -> int:
    plain = text.isascii() and text.isdigit() and len(text) <= len(str(SAFE_INTEGER_MAX))
    if not plain or int(text) > SAFE_INTEGER_MAX:
        raise ValueError(f"'{text[:40]}' is no whole number; write digits, as 240")
    return int(text)


def _degrees(blank: Blank, text: str) -> int:
    number = _number(blank, text)
    if number > 360:
        raise ValueError(f"{number} degrees; a circle has 360")
    return number


def _day(_blank: Blank, text: str) -> date:
    try:
        day = date.fromisoformat(text)
    except ValueError:
        raise ValueError(f"'{text[:40]}' is no day; write it as 2026-12-31") from None
    if day.isoformat() != text:
        raise ValueError(f"'{text[:40]}' is no day; write it as {day}")
    return day


def _money(_blank: Blank, text: str) -> Money:
    """`2500 USD`, `2500.50 USD`, or the canonical six decimals."""
    amount, _, currency = text.partition(" ")
    whole, point, part = amount.partition(".")
    money = Money.parse(f"{whole}.{part:0<6} {currency}" if len(part) <= 6 and bool(part) == bool(point) else text)
    if money.units < 0:
        raise ValueError("nobody pays to be used; write an amount of nothing or more")
    return money


def _yes(_blank: Blank, text: str) -> bool:
    if text not in ("yes", "no"):
        raise ValueError(f"'{text[:40]}' is neither yes nor no")
    return text == "yes"


def _death(_blank: Blank, text: str) -> str:
    allowed = [term.value for term in AfterDeath]
    if text not in allowed:
        raise ValueError(f"'{text[:40]}' is none of {', '.join(allowed)}")
    return text


_READERS: Final[dict[Kind, Callable[[Blank, str], object]]] = {
    Kind.ID: _id,
    Kind.TEXT: _text,
    Kind.TEXTS: _texts,
    Kind.NUMBER: _number,
    Kind.DEGREES: _degrees,
    Kind.DAY: _day,
    Kind.MONEY: _money,
    Kind.YES: _yes,
    Kind.DEATH: _death,
}

COMMON: Final = (
    Blank(name="consent", kind=Kind.ID, noun="consent", asks="the id of this consent"),
    Blank(name="performer", kind=Kind.ID, noun="party", asks="the performer's pseudonym"),
    Blank(name="production", kind=Kind.ID, noun="production", asks="the one production that it is for"),
    Blank(name="agreement", kind=Kind.TEXT, asks="the agreement's rulebook, as sag_aftra_tv_theatrical_2026"),
    Blank(name="capture", kind=Kind.ID, noun="asset", asks="the capture that it is about"),
    Blank(name="description", kind=Kind.TEXT, asks="what it is for, in words that the performer would use"),
    Blank(name="day_rate", kind=Kind.MONEY, asks="the performer's day rate, as 2500 USD"),
    Blank(name="first_day", kind=Kind.DAY, asks="the first day on which anything may be made"),
    Blank(name="last_day", kind=Kind.DAY, asks="the last day on which anything may be made"),
    Blank(name="after_death", kind=Kind.DEATH, asks="what death does: continues, ends, estate", default="ends"),
    Blank(name="notice_days", kind=Kind.NUMBER, asks="days of notice for a withdrawal", default="0"),
)
"""What every template asks for.  Death ends it and a withdrawal works at once, unless the performer says otherwise."""


def deal_of(filled: Filled, *, unit_rate: Money | None = None, flat_fee: Money | None = None) -> Deal:
    """The price: a day rate, never a flat Schedule F deal, which nobody should get from a template."""
    rate = filled.money("day_rate")
    for other in (unit_rate, flat_fee):
        if other is not None and other.currency != rate.currency:
            raise TemplateError(f"The day rate is in {rate.currency} and another price in {other.currency}. Use one.")
    return Deal(day_rate=rate, schedule_f=False, unit_rate=unit_rate, flat_fee=flat_fee)
