"""What a use costs: pay rules evaluated in order, each amount with its rule, its arithmetic and its readings.

Floors hold because the pay rule itself takes the larger of deal and minimum (us-agreements 2.4, TV-P2).  A value of
low confidence may stand beside an amount; where it would decide one, a person is asked and nothing is paid.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date
from typing import Final

from stagedoor.core.base.money import Money, MoneyError
from stagedoor.core.base.outcome import Code
from stagedoor.core.facts.decision import Effect, Finding, PriceLine, Quote, Reading
from stagedoor.core.facts.party import Role
from stagedoor.core.facts.request import Standing
from stagedoor.core.rules.agreement import Read
from stagedoor.core.rules.rulebook import PayRule, Rulebook
from stagedoor.core.rules.text import Unknown, Value
from stagedoor.core.rules.vocabulary import BP_WORDS, MONEY_WORDS, shown_value


def price(
    books: tuple[Rulebook, ...],
    standing: Standing,
    env: Mapping[str, Value | None],
    reads: Mapping[str, Read],
    days: Mapping[str, date | None],
) -> tuple[Quote | None, tuple[Finding, ...]]:
    """The quote, or why there is none.  Findings may accompany a quote (what stands unverified beside it)."""
    try:
        return _price(books, standing, env, reads, days)
    except MoneyError as fault:
        return None, (_unpriced(None, f"The price is not plausible: {fault}."),)
    except _CannotPay as fault:
        return None, (fault.finding,)


class _CannotPay(Exception):
    """A rule that cannot say its amount; the whole use is unpriced."""

    def __init__(self, finding: Finding) -> None:
        super().__init__(finding.says)
        self.finding = finding


def _price(
    books: tuple[Rulebook, ...],
    standing: Standing,
    env: Mapping[str, Value | None],
    reads: Mapping[str, Read],
    days: Mapping[str, date | None],
) -> tuple[Quote | None, tuple[Finding, ...]]:
    known = dict(env)
    on_the_way: dict[str, _Told] = {}
    lines: list[PriceLine] = []
    findings: list[Finding] = []
    unverified: list[str] = []
    made: dict[str, str] = {}
    for book, rule in in_order_of_reading(books):
        amount = _amount(rule, known, days)
        if amount is None:
            continue
        if made.setdefault(rule.name, rule.rule) != rule.rule:
            says = f"{made[rule.name]} and {rule.rule} both say what '{rule.name}' is; nobody knows which counts."
            return None, (_unpriced(rule, says),)
        units, decided = amount
        known[rule.name] = units
        read = _readings_of(rule, reads, decided, standing.currency)
        weak = tuple(item for item in read if item.confidence in ("low", "unseen"))
        findings += [_ask(rule, item) for item in weak if item.decided and item.confidence == "low"]
        unseen = [item.name for item in weak if item.decided and item.confidence == "unseen"]
        if unseen:
            return None, (_unpriced(rule, f"'{unseen[0]}' would decide the amount, and nobody has read it."),)
        unverified += [_beside(item) for item in weak]
        told = _told(rule, known, read, on_the_way, currency=standing.currency)
        if rule.payee:
            lines.append(_line(book, rule, Money(units, standing.currency), told))
        if rule.name in STEPS or not rule.payee:
            on_the_way[rule.name] = told
    if not any(line.payee == "performer" for line in lines):
        return None, (_unpriced(None, "No rule of these rulebooks says what the performer is paid."),)
    if env.get("new_days") == 0 and standing.days_charged == 0 and all(line.amount.units == 0 for line in lines):
        return None, (_unpriced(None, "No day was estimated, so nothing would ever be paid."),)
    return _quote(standing, env, lines, unverified), tuple(findings)


STEPS: Final = ("ph_base",)
"""Amounts on the way whose arithmetic a later line tells again; a gross has its own line."""


def in_order_of_reading(books: tuple[Rulebook, ...]) -> tuple[tuple[Rulebook, PayRule], ...]:
    """All pay rules, the books' order kept but for one thing: who makes the gross comes before who reads it."""
    pairs = [(book, rule) for book in books if book.decides for rule in book.pays]
    makes = [pair for pair in pairs if book_makes_gross(pair[0])]
    return tuple(makes + [pair for pair in pairs if not book_makes_gross(pair[0])])


def book_makes_gross(book: Rulebook) -> bool:
    """Whether this book says what the performer's gross is."""
    return any(rule.name == "gross" for rule in book.pays)


def _amount(
    rule: PayRule, known: Mapping[str, Value | None], days: Mapping[str, date | None]
) -> tuple[int, frozenset[str]] | None:
    """The rule's amount and what decided it; None if the rule does not apply.  Raises _CannotPay."""
    exists = rule.window.open_on(days[rule.window.keyed_by])
    if exists is False:
        return None
    try:
        if rule.applies is not None and not rule.applies.evaluate(known)[0]:
            return None
        found = rule.formula.evaluate(known) if exists else None
    except Unknown as doubt:
        raise _CannotPay(_unpriced(rule, f"{rule.title}: nobody knows '{doubt.name}'.")) from None
    if found is None:
        raise _CannotPay(_unpriced(rule, f"{rule.title}: nobody knows '{rule.window.keyed_by}'."))
    units, decided = found
    assert isinstance(units, int)
    if units < 0:
        raise _CannotPay(_unpriced(rule, f"{rule.title} comes out below nothing."))
    return units, decided


def _quote(standing: Standing, env: Mapping[str, Value | None], lines: list[PriceLine], unverified: list[str]) -> Quote:
    gross = _sum(lines, standing.currency, on_top=False)
    on_top = _sum(lines, standing.currency, on_top=True)
    days = env.get("new_days")
    assert isinstance(days, int)
    return Quote(
        lines=tuple(lines),
        gross=gross,
        cost=gross + on_top,
        days=days,
        basis=standing.estimate_basis,
        unverified=tuple(dict.fromkeys(unverified)),
    )


def _sum(lines: list[PriceLine], currency: str, *, on_top: bool) -> Money:
    """Gross counts the performer's lines only: a commission comes out of it, contributions go on top."""
    total = Money.zero(currency)
    for line in lines:
        if line.on_top is on_top and line.payee != "agent":
            total = total + line.amount
    return total


def _readings_of(
    rule: PayRule, reads: Mapping[str, Read], decided: frozenset[str], currency: str
) -> tuple[Reading, ...]:
    return tuple(
        replace(reads[name].reading(currency), decided=name in decided) for name in rule.reads if name in reads
    )


@dataclass(frozen=True, slots=True)
class _Told:
    """How a rule came to its amount: its arithmetic and readings, with those of the steps that it rests on."""

    arithmetic: str
    readings: tuple[Reading, ...]


def _told(
    rule: PayRule,
    known: Mapping[str, Value | None],
    read: tuple[Reading, ...],
    on_the_way: Mapping[str, _Told],
    *,
    currency: str,
) -> _Told:
    units = dict.fromkeys((*MONEY_WORDS, *on_the_way), "money") | dict.fromkeys(BP_WORDS, "bp")
    units |= {item.name: item.unit for item in read}
    names = rule.formula.reads
    shown = ", ".join(f"{name} = {shown_value(known[name], units.get(name, ''), currency)}" for name in names)
    arithmetic, readings = f"{rule.formula.text}; {shown}", read
    for name in names:
        step = on_the_way.get(name)
        if step is not None:
            arithmetic += f"; where {name} = {step.arithmetic}"
            readings += step.readings
    return _Told(arithmetic, readings)


def _line(book: Rulebook, rule: PayRule, amount: Money, told: _Told) -> PriceLine:
    return PriceLine(
        name=rule.name,
        payee=rule.payee,
        amount=amount,
        on_top=rule.on_top,
        rule=rule.rule,
        arithmetic=told.arithmetic,
        clause=f"{book.title}: {rule.clause}",
        source=rule.source.title,
        confidence=rule.source.confidence.value,
        readings=told.readings,
        account=rule.account,
    )


def _beside(reading: Reading) -> str:
    role = "decides the amount" if reading.decided else "does not decide the amount"
    return (
        f"{reading.name} of {reading.value} since {reading.since}: confidence {reading.confidence}, "
        f"from {reading.source}; it {role}"
    )


def _ask(rule: PayRule, reading: Reading) -> Finding:
    return Finding(
        rule=f"{rule.rule}:{reading.name}",
        effect=Effect.ASK,
        code=Code.NEEDS_A_PERSON,
        says=f"'{reading.name}' would decide what is paid, and it is not verified. A union officer must confirm it.",
        saw=(f"{reading.name}={reading.value}", f"confidence={reading.confidence}"),
        clause=rule.clause,
        source=reading.source,
        confidence=reading.confidence,
        asks=Role.UNION,
    )


def _unpriced(rule: PayRule | None, says: str) -> Finding:
    return Finding(
        rule=rule.rule if rule else "price",
        effect=Effect.FORBID,
        code=Code.UNPRICED,
        says=says,
        saw=(),
        clause=rule.clause if rule else "",
        source=rule.source.title if rule else "",
        confidence=rule.source.confidence.value if rule else "high",
        asks=None,
    )
