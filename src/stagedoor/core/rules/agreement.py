"""Rulebooks against one request: which rules speak.  A rule that cannot be evaluated refuses (doubt refuses)."""

from __future__ import annotations

from collections.abc import Mapping

from stagedoor.core.base.outcome import Code
from stagedoor.core.facts.consent import Consent
from stagedoor.core.facts.decision import Effect, Finding, Reading
from stagedoor.core.facts.request import Request, Standing
from stagedoor.core.rules.rulebook import JudgeRule, Rulebook
from stagedoor.core.rules.text import Unknown, Value
from stagedoor.core.rules.vocabulary import shown_value


def read_parameters(
    books: tuple[Rulebook, ...], request: Request, standing: Standing
) -> tuple[dict[str, Value | None], dict[str, Reading]]:
    """Every parameter's value at its own governing date, and how it was read."""
    values: dict[str, Value | None] = {}
    readings: dict[str, Reading] = {}
    for book in books:
        for parameter in book.parameters:
            day = standing.photography_began if parameter.keyed_by == "photography_began" else request.day
            other_money = parameter.currency not in ("", standing.currency)
            dated = None if other_money else parameter.at(day)
            values[parameter.name] = None if dated is None else dated.value
            if dated is not None:
                readings[parameter.name] = Reading(
                    name=parameter.name,
                    value=shown_value(dated.value, parameter.unit, standing.currency),
                    unit=parameter.unit,
                    keyed_by=parameter.keyed_by,
                    keyed_on=day,
                    since=dated.since,
                    source=dated.source.title,
                    confidence=dated.source.confidence.value,
                    decided=False,
                )
    return values, readings


def settled(standing: Standing) -> dict[str, bool]:
    """The answers given so far by rule; of two to one question a no counts, whichever came last."""
    answers: dict[str, bool] = {}
    for answer in standing.answers:
        answers[answer.rule] = answers.get(answer.rule, True) and answer.yes
    return answers


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


def judge_books(
    books: tuple[Rulebook, ...], request: Request, standing: Standing, env: Mapping[str, Value | None]
) -> tuple[Finding, ...]:
    """What every rule in force on the day of service says; earlier answers turn questions into a yes or a no."""
    answers = settled(standing)
    found: list[Finding] = []
    for book in books:
        if not book.in_force(request.day):
            found.append(_out_of_force(book, request))
            continue
        for rule in book.judges:
            finding = _judge(book, rule, env)
            if finding is not None:
                found.append(answered(finding, answers))
    return tuple(found)


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
    )


def _judge(book: Rulebook, rule: JudgeRule, env: Mapping[str, Value | None]) -> Finding | None:
    try:
        speaks, _ = rule.when.evaluate(env)
    except Unknown as doubt:
        return _finding(
            book, rule, Effect.FORBID, Code.DOUBT, says=f"{rule.says} Nobody knows '{doubt.name}'.", env=env
        )
    if not speaks:
        return None
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
    saw = tuple(f"{name}={_shown(env.get(name))}" for name in rule.when.reads)
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
    )


def _out_of_force(book: Rulebook, request: Request) -> Finding:
    says = f"{book.title} was not in force on {request.day}; which agreement governs that day is not known."
    return _about(book, Code.DOUBT, says, f"day={request.day}")


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
