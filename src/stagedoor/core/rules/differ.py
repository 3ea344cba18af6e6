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
from stagedoor.core.rules.rulebook import DatedValue, JudgeRule, Parameter, PayRule, Rulebook, Window
from stagedoor.core.rules.text import RuleText
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
    """One difference.  `aspect` is what of it differs; `moved` is empty unless a number moved, and says how far."""

    subject: str
    thing: str
    name: str
    title: str
    how: str
    aspect: str
    old: str
    new: str
    moved: str
    clause: str

    @property
    def sentence(self) -> str:
        """The difference as people read it."""
        if self.how == ADDED:
            return f"{self.name}: new. {self.title.rstrip('.')}: {self.new}"
        if self.how == DROPPED:
            return f"{self.name}: gone. {self.title.rstrip('.')}: {self.old}"
        moved = f" ({self.moved})" if self.moved else ""
        return f"{self.name} ({self.title}): {self.aspect}: {self.old} → {self.new}{moved}"


@dataclass(frozen=True, slots=True)
class _Aspect:
    """One thing to say of a value or rule.  Two are the same if their keys are: a title alone changes no rule."""

    name: str
    shown: str
    key: object = None


@dataclass(frozen=True, slots=True, kw_only=True)
class _Thing:
    """A parameter, a judge or a pay rule, as texts by aspect.  The first aspect stands for the whole."""

    subject: str
    thing: str
    title: str
    clause: str
    aspects: tuple[_Aspect, ...]
    unit: str = ""
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


def how_far(old: int, new: int, unit: str) -> str:
    """How far a number moved: rates in points, all else in percent of what it was; nothing where there is no whole."""
    if unit == "bp":
        return f"{_hundredths(new - old)} points"
    return f"{_hundredths(round_half_even((new - old) * 10_000, old))} %" if old > 0 else ""


def _hundredths(number: int) -> str:
    whole, part = divmod(abs(number), 100)
    return f"{'−' if number < 0 else '+'}{whole}.{part:02d}"  # a true minus sign


def _changes(name: str, old: _Thing | None, new: _Thing | None) -> Iterator[Change]:
    if old is None or new is None:
        thing = new or old
        assert thing is not None
        whole = thing.aspects[0].shown
        if new is None:
            yield _change(name, thing, DROPPED, old=whole)
        else:
            yield _change(name, thing, ADDED, new=whole)
        return
    for was, now in zip(old.aspects, new.aspects, strict=True):
        if (was.key or was.shown) == (now.key or now.shown):
            continue
        moved = ""
        if was.name == "value" and old.number is not None and new.number is not None and old.unit == new.unit:
            moved = how_far(old.number, new.number, new.unit)
        yield _change(name, new, CHANGED, aspect=was.name, old=was.shown, new=now.shown, moved=moved)


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
        moved=moved,
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
        unit=item.unit,
        number=None if dated is None else dated.value,
        aspects=(
            _Aspect("value", shown),
            _Aspect("confidence", confidence),
            _Aspect("unit", item.unit),
            _Aspect("governed by", DATES[item.keyed_by]),
            _Aspect("clause", item.clause),
        ),
    )


def _written(applies: RuleText | None, text: RuleText, window: Window) -> tuple[object, ...]:
    return (applies.text if applies else "", text.text, window)


def _judge(subject: str, rule: JudgeRule, names: dict[str, str]) -> _Thing:
    return _Thing(
        subject=subject,
        thing="rule",
        title=rule.says,
        clause=rule.clause,
        aspects=(
            _Aspect("what it does", effect_in_words(rule)),
            _Aspect("what it says", rule.says),
            _Aspect("when", judge_in_words(rule, names), _written(rule.applies, rule.when, rule.window)),
            _Aspect("confidence", rule.source.confidence.value),
            _Aspect("clause", rule.clause),
        ),
    )


def _pay(subject: str, rule: PayRule, names: dict[str, str]) -> _Thing:
    return _Thing(
        subject=subject,
        thing="payment",
        title=rule.title,
        clause=rule.clause,
        aspects=(
            _Aspect("how much", pay_in_words(rule, names), _written(rule.applies, rule.formula, rule.window)),
            _Aspect("to whom", payee_in_words(rule)),
            _Aspect("name", rule.name),
            _Aspect("title", rule.title),
            _Aspect("confidence", rule.source.confidence.value),
            _Aspect("clause", rule.clause),
        ),
    )
