"""The same consents and rules as Cedar policies: a second opinion, by another's engine, on who may do what.

Cedar skips a policy that errs, so every rule becomes two prohibitions: one where the rule forbids or asks (both mean
that the use is not permitted yet), one where something that it needs is not known.  Cedar computes no amounts; whether
a use has a price that needs no question is handed to it as a flag.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from datetime import date

from stagedoor.core.facts.consent import Consent, ControlTerm, Grant, StrikeTerm
from stagedoor.core.facts.decision import Effect
from stagedoor.core.facts.request import Request, Standing
from stagedoor.core.rules.derive import known
from stagedoor.core.rules.rulebook import JudgeRule, Rulebook
from stagedoor.core.rules.text import Value
from stagedoor.core.rules.tree import (
    Arithmetic,
    Choice,
    Compare,
    Flag,
    Logic,
    Member,
    Name,
    Negate,
    Node,
    Not,
    Number,
    Text,
    Texts,
)


def quoted(text: str) -> str:
    """A Cedar string."""
    return json.dumps(text, ensure_ascii=False)


def expression(node: Node) -> str:
    """A tree of the rule language as a Cedar expression; judges use no money functions."""
    match node:
        case Name(name=name) if name.startswith("known("):
            return f"(context has {name.removeprefix('known(').removesuffix(')')})"
        case Name(name=name):
            return f"context.{name}"
        case Number(value=value):
            return str(value) if value >= 0 else f"(0 - {-value})"
        case Flag(value=value):
            return "true" if value else "false"
        case Text(value=value):
            return quoted(value)
        case Texts(value=value):
            return "[" + ", ".join(map(quoted, value)) + "]"
        case Logic(op=op, parts=parts):
            return "(" + (" && " if op == "and" else " || ").join(map(expression, parts)) + ")"
        case Not(part=part):
            return f"!({expression(part)})"
        case Negate(part=part):
            return f"(0 - {expression(part)})"
        case Arithmetic(op=op, left=left, right=right) | Compare(op=op, left=left, right=right):
            return f"({expression(left)} {op} {expression(right)})"
        case Member(item=item, texts=texts, wanted=wanted):
            asked = f"{expression(texts)}.contains({expression(item)})"
            return asked if wanted else f"!({asked})"
        case Choice(test=test, yes=yes, no=no):
            return f"(if {expression(test)} then {expression(yes)} else {expression(no)})"
    raise AssertionError(f"{type(node).__name__} stands in no rule that judges")


def rule_policies(rule: JudgeRule, days: Mapping[str, date | None]) -> Iterator[str]:
    """A rule as prohibitions; outside its window it is none."""
    exists = rule.window.open_on(days[rule.window.keyed_by])
    if exists is False:
        return
    guard = rule.applies.tree if rule.applies else Flag(True)
    if exists is None:
        told = expression(known(guard))
        yield f"forbid(principal, action, resource) when {{ !({told}) || {expression(guard)} }};"
        return
    tree = rule.when.tree if rule.applies is None else Choice(guard, rule.when.tree, Flag(False))
    told = expression(known(tree))
    yield f"forbid(principal, action, resource) when {{ !({told}) }};"
    if rule.effect in (Effect.FORBID, Effect.ASK):
        yield f"forbid(principal, action, resource) when {{ {told} && {expression(tree)} }};"


def book_policies(books: tuple[Rulebook, ...], days: Mapping[str, date | None]) -> list[str]:
    """Every rule of every book in force."""
    day = days["day"]
    assert day is not None
    standing = [book for book in books if book.in_force(day) and book.decides]
    return [policy for book in standing for rule in book.judges for policy in rule_policies(rule, days)]


def consent_policies(consent: Consent) -> Iterator[str]:
    """A consent: a permit for each permission, prohibitions for refusals, for what is asked first, for its events."""
    scope = (
        f"principal == Production::{quoted(consent.production)}, action, resource == Capture::{quoted(consent.capture)}"
    )
    for grant in consent.grants:
        yield _permit(consent, grant)
        asks = [f"context.arc_together_deg > {grant.ask_above_arc_deg}"]
        if grant.approve_shots:
            asks.append(f"{_listed(grant.approve_shots)}.contains(context.shot)")
        yield _forbid(scope, f"context.use == {quoted(grant.use.value)} && ({' || '.join(asks)})")
    for item in consent.forbids:
        tests = [
            f"context.{name} == {quoted(word.value)}"
            for name, word in (("use", item.use), ("purpose", item.purpose), ("content", item.content))
            if word is not None
        ]
        yield _forbid(scope, " && ".join(tests) or "true")
    if consent.on_strike is StrikeTerm.STOP_ALL:
        yield _forbid(scope, 'context.holds.contains("strike")')
    if consent.on_strike is StrikeTerm.SUSPEND_NEW:
        yield _forbid(scope, 'context.holds.contains("strike") && context.use != "publish"')
    if consent.on_control is not ControlTerm.CONTINUES:
        yield _forbid(scope, 'context.holds.contains("change_of_control")')
    yield _forbid(scope, 'context.holds.contains("dispute") || !context.signed || !context.priced')


def _forbid(scope: str, when: str) -> str:
    return f"forbid({scope}) when {{ {when} }};"


def _permit(consent: Consent, grant: Grant) -> str:
    tests = [
        f"context.performer == {quoted(consent.performer)}",
        f"{_listed(tuple(word.value for word in grant.purposes))}.contains(context.purpose)",
        f"{_listed(grant.media)}.contains(context.medium)",
        f'({_listed(grant.territories)}.contains(context.territory) || {_listed(grant.territories)}.contains("world"))',
        "true" if grant.standing else f"{_listed(grant.shots)}.contains(context.shot)",
        f"context.unit == {quoted(grant.unit)}",
        f"context.used + context.units <= {grant.units_max}",
        f"context.day >= {grant.first_day.toordinal()} && context.day <= {grant.last_day.toordinal()}",
        f"context.arc_deg <= {grant.arc_max_deg}",
        f"{_listed(tuple(word.value for word in grant.contents))}.contains(context.content)",
        f"{_listed(tuple(word.value for word in grant.audiences))}.contains(context.audience)",
        f"context.tier <= {grant.quality_max.tier}",
    ]
    head = (
        f"permit(principal == Production::{quoted(consent.production)}, action == Action::{quoted(grant.use.value)}, "
        f"resource == Capture::{quoted(consent.capture)})"
    )
    return f"{head} when {{ {' && '.join(tests)} }};"


def _listed(words: tuple[str, ...]) -> str:
    return "[" + ", ".join(map(quoted, words)) + "]"


def words_of(books: tuple[Rulebook, ...]) -> frozenset[str]:
    """The words that any policy reads: more in the question would only cost Cedar time."""
    ours = {"use", "purpose", "medium", "territory", "content", "audience", "unit", "units", "arc_deg",
            "arc_together_deg", "holds"}  # fmt: skip
    return frozenset(ours | {word for book in books for rule in book.judges for word in rule.reads})


def request_of(
    request: Request, standing: Standing, values: Mapping[str, Value | None], words: frozenset[str], *, priced: bool
) -> dict[str, object]:
    """The question for Cedar: known words as context, unknown ones absent."""
    context: dict[str, object] = {
        name: list(value) if isinstance(value, tuple) else value
        for name, value in values.items()
        if value is not None and name in words
    }
    context |= {
        "shot": request.shot,
        "performer": request.performer,
        "used": standing.units_used,
        "day": request.day.toordinal(),
        "tier": request.quality.tier,
        "signed": standing.consent_signed and standing.consent_countersigned and not standing.consent_withdrawn,
        "priced": priced,
    }
    return {
        "principal": f"Production::{quoted(request.production)}",
        "action": f"Action::{quoted(request.use.value)}",
        "resource": f"Capture::{quoted(standing.capture)}",
        "context": context,
    }
