"""What changes slowly, folded and compiled once: the rules in force for one use, medium, currency and set of days.

A parameter's value, a rule's window and a book's term hang on days; between two days on which nothing changes all are
the same, so a case is named by the stretch that each governing day falls into, not by the day.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Final, NamedTuple

from stagedoor.core.base.limits import MONEY_UNITS_MAX
from stagedoor.core.base.outcome import Code
from stagedoor.core.facts.decision import Finding
from stagedoor.core.rules.agreement import out_of_force
from stagedoor.core.rules.compiled import (
    Judges,
    JudgeText,
    PayDoubt,
    PayText,
    Totals,
    compile_judges,
    compile_totals,
    weak_bits,
)
from stagedoor.core.rules.declared import DECLARED
from stagedoor.core.rules.derive import NO, YES, fold
from stagedoor.core.rules.derived import DERIVED, QUIET, Worked
from stagedoor.core.rules.price import in_order_of_reading
from stagedoor.core.rules.rulebook import PayRule, Rulebook, Window
from stagedoor.core.rules.text import FLAG, RuleText, Value, parse
from stagedoor.core.rules.tree import names_in
from stagedoor.core.rules.vocabulary import PATHS

ROOTS: Final = ("request", "standing", "consent", "declared", "derived")
UNDATED: Final = parse("undated", {"undated": FLAG})
"""In place of a rule whose governing day nobody knows: its one word is never known, so it is a doubt."""

SOURCES: Final[dict[str, tuple[str, ...]]] = {
    **{name: tuple("_value_" if step == "value" else step for step in path) for name, (_, _, path) in PATHS.items()},
    **dict.fromkeys(DECLARED, ("declared",)),
    **dict.fromkeys(DERIVED, ("derived",)),
    "undated": ("derived",),
}
"""Where each word of a compiled rule is loaded from."""


class CaseKey(NamedTuple):
    """What names a case: the slow words, and the stretch of each governing day (-1 where it is not known)."""

    use: str
    medium: str
    category: str
    replica_kind: str | None
    currency: str
    quiet: bool
    stretches: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Weak:
    """A value of low confidence, or none, that may decide an amount."""

    rule: PayRule
    name: str
    unseen: bool


PERFORMER, GROSS, ON_TOP, WITHIN = range(4)
"""The sums that amounts go into."""


def sum_of(rule: PayRule) -> int | None:
    """Which sum this rule's amount goes into: a commission comes out of the gross, contributions go on top of it.

    A step on the way to other amounts goes into none.
    """
    if not rule.payee:
        return None
    if rule.on_top:
        return ON_TOP
    if rule.payee == "agent":
        return WITHIN
    return PERFORMER if rule.payee == "performer" else GROSS


@dataclass(frozen=True, slots=True)
class Case:
    """Everything that one case has ready."""

    judges: Judges
    pays: Totals
    weak: tuple[Weak, ...]
    derived: tuple[tuple[str, Worked], ...]
    findings: tuple[Finding, ...]


class Calendar:
    """The days on which something changes, by date word: values, windows and books' terms."""

    def __init__(self, books: tuple[Rulebook, ...]) -> None:
        changes: dict[str, set[date]] = {"day": set()}
        for book in books:
            _note(changes, Window(first=book.first_day, last=book.last_day))
            for parameter in book.parameters:
                changes.setdefault(parameter.keyed_by, set()).update(value.since for value in parameter.values)
            for window in (*(rule.window for rule in book.judges), *(rule.window for rule in book.pays)):
                _note(changes, window)
        self.words = tuple(sorted(word for word, days in changes.items() if days))
        self._changes = tuple(sorted(changes[word]) for word in self.words)

    def stretches(self, days: Mapping[str, date | None]) -> tuple[int, ...]:
        """The stretch of each word's day; between two of its changes all rules are the same."""
        return tuple(
            -1 if (day := days[word]) is None else bisect_right(changes, day)
            for word, changes in zip(self.words, self._changes, strict=True)
        )


def _note(changes: dict[str, set[date]], window: Window) -> None:
    days = changes.setdefault(window.keyed_by, set())
    if window.first is not None:
        days.add(window.first)
    if window.last is not None:
        days.add(date.fromordinal(window.last.toordinal() + 1))


def make_case(books: tuple[Rulebook, ...], key: CaseKey, days: Mapping[str, date | None]) -> Case:
    """Fold and compile what is in force on these days."""
    day = days["day"]
    assert day is not None
    deciding = tuple(book for book in books if book.decides)
    constants: dict[str, Value | None] = {
        "use": key.use,
        "medium": key.medium,
        "category": key.category,
        "replica_kind": key.replica_kind,
        "currency": key.currency,
        **(QUIET if key.quiet else {}),
    }
    confidence: dict[str, str] = {}
    sources = dict(SOURCES)
    for book in deciding:
        for parameter in book.parameters:
            at = days[parameter.keyed_by]
            other_money = parameter.currency not in ("", key.currency)
            dated = None if other_money or at is None else parameter.at(at)
            constants[parameter.name] = None if dated is None else dated.value
            confidence[parameter.name] = "" if dated is None else dated.source.confidence.value
            sources[parameter.name] = ("derived",)
    judges = _judges(books, day, days)
    rules, pays = _pays(deciding, days, confidence, constants)
    used = {word for text in judges for word in _words(text.applies, text.when, constants)}
    used |= {word for text in pays for word in _words(text.applies, text.formula, constants)}
    bits = weak_bits(pays)
    return Case(
        judges=compile_judges(judges, sources=sources, constants=constants, roots=ROOTS),
        pays=compile_totals(
            pays,
            into=[sum_of(rule) for rule in rules],
            count=4,
            most=MONEY_UNITS_MAX,
            sources=sources,
            constants=constants,
            currency=key.currency,
            roots=ROOTS,
        ),
        weak=tuple(Weak(rules[place], name, confidence[name] == "unseen") for place, name in bits),
        derived=tuple((name, DERIVED[name][2]) for name in sorted(used & set(DERIVED))),
        findings=tuple(out_of_force(book, day) for book in deciding if not book.in_force(day) and book.kind != "law"),
    )


def _words(guard: RuleText | None, text: RuleText, constants: Mapping[str, Value | None]) -> frozenset[str]:
    """The words that are still read once the constants are given."""
    left = YES if guard is None else fold(guard.tree, constants)
    return frozenset() if left == NO else names_in(left) | names_in(fold(text.tree, constants))


def _judges(books: tuple[Rulebook, ...], day: date, days: Mapping[str, date | None]) -> list[JudgeText]:
    """Rules by their place among all rules of all books, in force and within their windows."""
    texts: list[JudgeText] = []
    place = -1
    for book in books:
        for rule in book.judges:
            place += 1
            exists = rule.window.open_on(days[rule.window.keyed_by])
            if book.decides and book.in_force(day) and exists is not False:
                when = rule.when if exists else UNDATED
                texts.append(JudgeText(key=place, applies=rule.applies, when=when))
    return texts


def _pays(
    books: tuple[Rulebook, ...],
    days: Mapping[str, date | None],
    confidence: Mapping[str, str],
    constants: Mapping[str, Value | None],
) -> tuple[tuple[PayRule, ...], list[PayText]]:
    """The rules that may pay in this case, in reading order; one whose guard is false whatever happens is left out."""
    rules: list[PayRule] = []
    texts: list[PayText] = []
    for _, rule in in_order_of_reading(books):
        exists = rule.window.open_on(days[rule.window.keyed_by])
        silent = rule.applies is not None and fold(rule.applies.tree, constants) == NO
        if exists is False or silent:
            continue
        weak = tuple(name for name in rule.reads if confidence.get(name) in ("low", "unseen"))
        formula = rule.formula if exists else UNKNOWN_AMOUNT
        texts.append(PayText(key=len(rules), name=rule.name, applies=rule.applies, formula=formula, weak=weak))
        rules.append(rule)
    return tuple(rules), texts


UNKNOWN_AMOUNT: Final = parse("1 if undated else 1", {"undated": FLAG})
"""In place of an amount whose rule's governing day nobody knows."""


class Priced(NamedTuple):
    """What a use costs in millionths, or why nobody can say; and the questions that go with it."""

    gross_units: int | None
    cost_units: int | None
    codes: tuple[Code, ...]
    asks: tuple[tuple[str, str], ...]


NO_PRICE: Final = Priced(None, None, (Code.UNPRICED,), ())


def priced(case: Case, found: tuple[tuple[int | None, ...], int] | PayDoubt, *, never_charged: bool) -> Priced:
    """The amounts of one use, as `core.rules.price` counts them."""
    if isinstance(found, PayDoubt):
        return NO_PRICE
    (performer, others, on_top, within), mask = found
    if performer is None:
        return NO_PRICE
    gross = performer + (others or 0)
    cost = gross + (on_top or 0)
    if cost > MONEY_UNITS_MAX or (never_charged and not cost and not within):
        return NO_PRICE
    if not mask:
        return Priced(gross, cost, (), ())
    weak = [weak for bit, weak in enumerate(case.weak) if mask >> bit & 1]
    if any(each.unseen for each in weak):
        return NO_PRICE
    return Priced(gross, cost, (), tuple((each.rule.rule, each.name) for each in weak))
