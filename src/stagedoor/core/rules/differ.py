"""What differs between two rulebooks, or between two days of one: in plain words, by subject.

A side is an agreement with the books of its plans, seen on a day.  On that day every date word counts as that day, so
a rate that follows the start of photography is the one of a picture that begins then.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from typing import Final

from stagedoor.core.base.money import round_half_even
from stagedoor.core.rules.outline import in_subject_order, subject_of
from stagedoor.core.rules.rulebook import DatedValue, JudgeRule, Parameter, PayRule, Rulebook
from stagedoor.core.rules.vocabulary import DATES, shown_value
from stagedoor.core.rules.words import effect_in_words, judge_in_words, pay_in_words, payee_in_words, titles_of

ADDED: Final = "added"
DROPPED: Final = "dropped"
CHANGED: Final = "changed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Side:
    """Rulebooks as they stand on a day; the agreement first."""

    books: tuple[Rulebook, ...]
    day: date


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """One difference.  `aspect` is what of it differs; `percent` is empty unless a number moved."""

    subject: str
    thing: str
    name: str
    title: str
    how: str
    aspect: str
    old: str
    new: str
    percent: str
    clause: str

    @property
    def sentence(self) -> str:
        """The difference as people read it."""
        if self.how == ADDED:
            return f"{self.name}: new. {self.title.rstrip('.')}: {self.new}"
        if self.how == DROPPED:
            return f"{self.name}: gone. {self.title.rstrip('.')}: {self.old}"
        moved = f" ({self.percent})" if self.percent else ""
        return f"{self.name} ({self.title}): {self.aspect}: {self.old} → {self.new}{moved}"


Texts = tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Thing:
    """A parameter, a judge or a pay rule, as texts by aspect.  The first aspect stands for the whole."""

    subject: str
    thing: str
    title: str
    clause: str
    aspects: Texts
    number: int | None = None


def compare(old: Side, new: Side) -> tuple[Change, ...]:
    """Every difference, by subject; values before rules, names in order."""
    before, after = _things(old), _things(new)
    found: list[Change] = []
    for name in dict.fromkeys([*before, *after]):
        was, now = before.get(name), after.get(name)
        if was is not None and now is not None and was.thing != now.thing:
            found += [*_changes(name, was, None), *_changes(name, None, now)]
        else:
            found += _changes(name, was, now)
    order = {"value": 0, "rule": 1, "payment": 2}
    return tuple(sorted(found, key=lambda item: (in_subject_order(item.subject), order[item.thing])))


def percent(old: int, new: int) -> str:
    """How far a number moved, in percent with two decimals; nothing where there is no whole to take it of."""
    if old <= 0 or new == old:
        return ""
    moved = round_half_even((new - old) * 10_000, old)
    whole, part = divmod(abs(moved), 100)
    return f"{'+' if moved > 0 else '−'}{whole}.{part:02d} %"


def _changes(name: str, old: _Thing | None, new: _Thing | None) -> Iterator[Change]:
    if old is None or new is None:
        thing = new or old
        assert thing is not None
        whole = thing.aspects[0][1]
        if new is None:
            yield _change(name, thing, DROPPED, old=whole)
        else:
            yield _change(name, thing, ADDED, new=whole)
        return
    for (aspect, was), (_, now) in zip(old.aspects, new.aspects, strict=True):
        if was == now:
            continue
        numbers = old.number is not None and new.number is not None and aspect == "value"
        moved = percent(old.number or 0, new.number or 0) if numbers else ""
        yield _change(name, new, CHANGED, aspect=aspect, old=was, new=now, moved=moved)


def _change(
    name: str, thing: _Thing, how: str, *, aspect: str = "", old: str = "", new: str = "", moved: str = ""
) -> Change:
    return Change(
        subject=thing.subject,
        thing=thing.thing,
        name=name,
        title=thing.title,
        how=how,
        aspect=aspect,
        old=old,
        new=new,
        percent=moved,
        clause=thing.clause,
    )


def _things(side: Side) -> dict[str, _Thing]:
    """All that there is on the day, by name: a rule outside its window is not there, nor a book before it begins."""
    names = titles_of(*side.books)
    found: dict[str, _Thing] = {}
    for book in side.books:
        files = dict(book.files)
        for item in book.parameters:
            dated = item.at(side.day)
            if dated is not None or item.supplied:
                found[item.name] = _value(subject_of(files[item.name]), item, dated)
        if not book.in_force(side.day):
            continue
        for rule in book.judges:
            if rule.window.open_on(side.day):
                found[rule.rule] = _judge(subject_of(files[rule.rule]), rule, names)
        for pay in book.pays:
            if pay.window.open_on(side.day):
                found[pay.rule] = _pay(subject_of(files[pay.rule]), pay, names)
    return found


def _value(subject: str, item: Parameter, dated: DatedValue | None) -> _Thing:
    shown = "from your own file"
    confidence = "from your own file"
    if dated is not None:
        shown = shown_value(dated.value, item.unit, item.currency)
        confidence = dated.source.confidence.value
    return _Thing(
        subject=subject,
        thing="value",
        title=item.title,
        clause=item.clause,
        number=None if dated is None else dated.value,
        aspects=(
            ("value", shown),
            ("confidence", confidence),
            ("unit", item.unit),
            ("governed by", DATES[item.keyed_by]),
            ("clause", item.clause),
        ),
    )


def _judge(subject: str, rule: JudgeRule, names: dict[str, str]) -> _Thing:
    return _Thing(
        subject=subject,
        thing="rule",
        title=rule.says,
        clause=rule.clause,
        aspects=(
            ("what it does", effect_in_words(rule)),
            ("what it says", rule.says),
            ("when", judge_in_words(rule, names)),
            ("confidence", rule.source.confidence.value),
            ("clause", rule.clause),
        ),
    )


def _pay(subject: str, rule: PayRule, names: dict[str, str]) -> _Thing:
    return _Thing(
        subject=subject,
        thing="payment",
        title=rule.title,
        clause=rule.clause,
        aspects=(
            ("how much", pay_in_words(rule, names)),
            ("to whom", payee_in_words(rule)),
            ("name", rule.name),
            ("title", rule.title),
            ("confidence", rule.source.confidence.value),
            ("clause", rule.clause),
        ),
    )
