"""Rulebooks against one request: which rules speak.  A rule that cannot be evaluated refuses (doubt refuses)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from functools import lru_cache

from stagedoor.core.base.outcome import Code
from stagedoor.core.facts.consent import Consent, StrikeTerm
from stagedoor.core.facts.decision import Duty, Effect, Finding, Reading
from stagedoor.core.facts.request import Standing
from stagedoor.core.rules.events import STRIKE
from stagedoor.core.rules.rulebook import DatedValue, JudgeRule, Parameter, Rulebook
from stagedoor.core.rules.text import Unknown, Value
from stagedoor.core.rules.vocabulary import shown_value


@dataclass(frozen=True, slots=True)
class Read:
    """A parameter's value as it holds on its governing day."""

    parameter: Parameter
    dated: DatedValue
    on: date

    def reading(self, currency: str) -> Reading:
        """For the record: how it was read, in words."""
        return Reading(
            name=self.parameter.name,
            value=shown_value(self.dated.value, self.parameter.unit, currency),
            unit=self.parameter.unit,
            keyed_by=self.parameter.keyed_by,
            keyed_on=self.on,
            since=self.dated.since,
            source=self.dated.source.title,
            confidence=self.dated.source.confidence.value,
            decided=False,
        )


def read_parameters(
    books: tuple[Rulebook, ...], currency: str, days: Mapping[str, date | None]
) -> tuple[dict[str, Value | None], dict[str, Read]]:
    """Every parameter's value at its own governing date, and where it was read."""
    values: dict[str, Value | None] = {}
    read: dict[str, Read] = {}
    for book in books:
        for parameter in book.parameters:
            day = days[parameter.keyed_by]
            other_money = parameter.currency not in ("", currency)
            dated = None if other_money or day is None else parameter.at(day)
            values[parameter.name] = None if dated is None else dated.value
            if dated is not None and day is not None:
                read[parameter.name] = Read(parameter, dated, day)
    return values, read


def settled(standing: Standing) -> dict[str, bool]:
    """The answers given so far by rule; of two to one question a no counts, and an answer that came late is a no."""
    answers: dict[str, bool] = {}
    for answer in standing.answers:
        answers[answer.rule] = answers.get(answer.rule, True) and answer.yes and not answer.late
    return answers


@lru_cache(maxsize=64)
def collisions(books: tuple[Rulebook, ...]) -> tuple[Finding, ...]:
    """Names that two books share: which of them counts would depend on their order, so doubt refuses."""
    found: list[Finding] = []
    seen: dict[str, int] = {}
    for place, book in enumerate(books):
        names = [parameter.name for parameter in book.parameters]
        names += [rule.rule for rule in book.judges] + [rule.rule for rule in book.pays]
        names += [rule.name for rule in book.pays]
        for name in dict.fromkeys(names):
            if seen.setdefault(name, place) != place:
                both = f"{books[seen[name]].title} and in {book.title}"
                says = f"'{name}' stands in {both}; which of them counts, nobody can say."
                found.append(_about(book, Code.DOUBT, says))
    return tuple(found)


def other_agreement(books: tuple[Rulebook, ...], consent: Consent) -> tuple[Finding, ...]:
    """The consent names its agreement; a decision under others is not the one that was consented to."""
    if any(book.name == consent.agreement for book in books):
        return ()
    says = f"The consent is under the agreement '{consent.agreement[:80]}', which does not decide here."
    return tuple(_about(book, Code.OUTSIDE_CONSENT, says) for book in books[:1])


def silent_on_strikes(books: tuple[Rulebook, ...], standing: Standing, consent: Consent) -> tuple[Finding, ...]:
    """In a strike a consent may leave it to the agreement; one that says nothing about strikes is a doubt."""
    if STRIKE not in standing.holds or consent.on_strike is not StrikeTerm.AGREEMENT:
        return ()
    if any("holds" in rule.reads for book in books if book.decides for rule in book.judges):
        return ()
    return tuple(
        _about(book, Code.HELD, "There is a strike, and this agreement says nothing of it.") for book in books[:1]
    )


def judge_books(
    books: tuple[Rulebook, ...],
    day: date,
    answers: Mapping[str, bool],
    env: Mapping[str, Value | None],
    days: Mapping[str, date | None],
) -> tuple[tuple[Finding, ...], tuple[Duty, ...]]:
    """What every rule in force on the day of service says; earlier answers turn questions into a yes or a no."""
    found: list[Finding] = []
    duties: list[Duty] = []
    for book in books:
        if not book.decides:
            continue
        if not book.in_force(day):
            if book.kind != "law":
                found.append(out_of_force(book, day))
            continue
        for rule in book.judges:
            spoke = speaks(rule, env, days)
            if spoke is None:
                found.append(doubt_of(book, rule, env, days))
            elif spoke and rule.to:
                duties.append(duty_of(book, rule, days))
            elif spoke:
                found.append(answered(finding_of(book, rule, env), answers))
    return tuple(found), tuple(duties)


def speaks(rule: JudgeRule, env: Mapping[str, Value | None], days: Mapping[str, date | None]) -> bool | None:
    """Whether the rule speaks; None is a doubt.

    Outside its window a rule does not exist.  Inside, its guard comes first: where that is false, nothing else is read.
    """
    exists = rule.window.open_on(days[rule.window.keyed_by])
    if exists is False:
        return False
    try:
        if rule.applies is not None and not rule.applies.evaluate(env)[0]:
            return False
        return bool(rule.when.evaluate(env)[0]) if exists else None
    except Unknown:
        return None


def duty_of(book: Rulebook, rule: JudgeRule, days: Mapping[str, date | None]) -> Duty:
    """A duty or a notice with the earliest day on which it is due, as far as the days are known."""
    return Duty(
        kind=rule.effect.value,
        rule=rule.rule,
        says=rule.says,
        to=rule.to,
        due=due_day(rule, days),
        clause=f"{book.title}: {rule.clause}",
        source=rule.source.title,
        confidence=rule.source.confidence.value,
    )


def due_day(rule: JudgeRule, days: Mapping[str, date | None]) -> date | None:
    """The earliest of the rule's due terms whose date word is known."""
    known = [term.after(day) for term in rule.due if (day := days[term.of]) is not None]
    return min(known, default=None)


def answered(finding: Finding, answers: Mapping[str, bool]) -> Finding:
    """A question that was answered: a yes is noted, a no forbids."""
    if finding.effect is not Effect.ASK or finding.rule not in answers:
        return finding
    yes = answers[finding.rule]
    return Finding(
        rule=finding.rule,
        effect=Effect.NOTE if yes else Effect.FORBID,
        code=None if yes else Code.APPROVAL_DENIED,
        says=finding.says + (" Asked, and approved." if yes else " Asked, and refused."),
        saw=finding.saw,
        clause=finding.clause,
        source=finding.source,
        confidence=finding.confidence,
        asks=finding.asks,
        needs=finding.needs,
    )


def doubt_of(
    book: Rulebook, rule: JudgeRule, env: Mapping[str, Value | None], days: Mapping[str, date | None]
) -> Finding:
    """The finding for a rule that cannot be evaluated: names what nobody knows, and refuses."""
    missing = _missing(rule, env, days)
    says = f"{rule.says} Nobody knows '{missing}'."
    return _finding(book, rule, Effect.FORBID, Code.DOUBT, says=says, env=env)


def _missing(rule: JudgeRule, env: Mapping[str, Value | None], days: Mapping[str, date | None]) -> str:
    """The word, or the governing day, that stopped the rule."""
    try:
        if rule.applies is not None:
            rule.applies.evaluate(env)
        if rule.window.open_on(days[rule.window.keyed_by]) is not None:
            rule.when.evaluate(env)
    except Unknown as doubt:
        return doubt.name
    return rule.window.keyed_by


def finding_of(book: Rulebook, rule: JudgeRule, env: Mapping[str, Value | None]) -> Finding:
    """The finding for a rule that speaks."""
    return _finding(book, rule, rule.effect, rule.code, says=rule.says, env=env)


def _finding(
    book: Rulebook,
    rule: JudgeRule,
    effect: Effect,
    code: Code | None,
    *,
    says: str,
    env: Mapping[str, Value | None],
) -> Finding:
    saw = tuple(f"{name}={_shown(env.get(name))}" for name in rule.reads)
    return Finding(
        rule=rule.rule,
        effect=effect,
        code=Code.NEEDS_A_PERSON if effect is Effect.ASK else code,
        says=says,
        saw=saw,
        clause=f"{book.title}: {rule.clause}",
        source=rule.source.title,
        confidence=rule.source.confidence.value,
        asks=rule.asks,
        needs=rule.needs,
        answer_days=rule.answer_days,
    )


def out_of_force(book: Rulebook, day: date) -> Finding:
    """The doubt that an agreement, its plans or the house did not govern that day."""
    says = f"{book.title} was not in force on {day}; which agreement governs that day is not known."
    return _about(book, Code.DOUBT, says, f"day={day}")


def _about(book: Rulebook, code: Code, says: str, *saw: str) -> Finding:
    return Finding(
        rule=book.name,
        effect=Effect.FORBID,
        code=code,
        says=says,
        saw=saw,
        clause=book.title,
        source=book.name,
        confidence="high",
        asks=None,
    )


def _shown(value: Value | None) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, tuple):
        return "+".join(value) or "none"
    return "unknown" if value is None else str(value)
