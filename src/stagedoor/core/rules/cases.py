"""Runs a rulebook's worked cases: the values given, through the rule itself, against what the case expects."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

from stagedoor.core.base.money import MoneyError
from stagedoor.core.rules.agreement import due_day, speaks
from stagedoor.core.rules.declared import USUAL
from stagedoor.core.rules.rulebook import Case, JudgeRule, PayRule, Rulebook
from stagedoor.core.rules.text import Unknown, Value
from stagedoor.core.rules.vocabulary import DATES, shown_value


def run_case(book: Rulebook, case: Case) -> str:
    """Empty if the case holds; else one sentence that says what came out instead."""
    expected = dict(case.expect)
    result = _result(book, case)
    if isinstance(result, str):
        return f"{case.file}, '{case.name}': {result}"
    if not set(expected) <= set(result) or len(expected) < 1:
        return (
            f"{case.file}, '{case.name}': rule {case.rule} gives {sorted(result)}, the case expects {sorted(expected)}"
        )
    for key, wanted in sorted(expected.items()):
        if result[key] != wanted or type(result[key]) is not type(wanted):
            said = f"expected {key} = {_told(book, case, wanted)}, got {_told(book, case, result[key])}"
            return f"{case.file}, '{case.name}': {said}"
    return ""


def _told(book: Rulebook, case: Case, value: int | bool | str | None) -> str:
    """A result as people read it: an amount as money, a rate in percent."""
    if isinstance(value, bool) or not isinstance(value, int):
        return str(value)
    item = next((item for item in book.parameters if item.name == case.rule), None)
    currency = (item.currency if item else "") or str(dict(case.given).get("currency", "USD"))
    return shown_value(value, item.unit if item else "money", currency)


def uncovered(book: Rulebook) -> tuple[str, ...]:
    """Rules and parameters that no case runs."""
    covered = {case.rule for case in book.cases}
    names = [rule.rule for rule in book.judges] + [rule.rule for rule in book.pays]
    read = {name for rule in book.judges for name in rule.reads if rule.rule in covered}
    read |= {name for rule in book.pays for name in rule.reads if rule.rule in covered}
    names += [item.name for item in book.parameters if item.name not in read and not item.supplied]
    return tuple(name for name in names if name not in covered)


def _result(book: Rulebook, case: Case) -> dict[str, int | bool | str | None] | str:
    given = dict(case.given)
    days: dict[str, date | None] = dict.fromkeys(DATES)
    days.update(case.dates)
    days.update(day=case.day, photography_began=case.photography_began)
    values: dict[str, Value | None] = {}
    for parameter in book.parameters:
        day = days[parameter.keyed_by]
        dated = None if day is None else parameter.at(day)
        values[parameter.name] = None if dated is None else dated.value
    usual: dict[str, Value | None] = {"currency": "USD", **USUAL}
    env: Mapping[str, Value | None] = usual | values | given
    if case.rule in values:
        value = env[case.rule]
        return f"'{case.rule}' has no value on that day" if not isinstance(value, int) else {"value": value}
    for judge in book.judges:
        if judge.rule == case.rule:
            return _judged(judge, env, days)
    for pay in book.pays:
        if pay.rule == case.rule:
            return _paid(pay, env)
    return f"there is no rule '{case.rule}'"


def _judged(
    rule: JudgeRule, env: Mapping[str, Value | None], days: Mapping[str, date | None]
) -> dict[str, int | bool | str | None] | str:
    spoke = speaks(rule, env, days)
    if spoke is None:
        return _doubt(rule, env)
    due = due_day(rule, days)
    return {"speaks": spoke, "due": None if due is None else due.isoformat()}


def _doubt(rule: JudgeRule, env: Mapping[str, Value | None]) -> str:
    missing = next((name for name in rule.reads if env.get(name) is None), rule.window.keyed_by)
    return f"the case gives no '{missing}'"


def _paid(pay: PayRule, env: Mapping[str, Value | None]) -> dict[str, int | bool | str | None] | str:
    try:
        if pay.applies is not None and not pay.applies.evaluate(env)[0]:
            return {"speaks": False}
        units = pay.formula.evaluate(env)[0]
    except Unknown as doubt:
        return f"the case gives no '{doubt.name}'"
    except MoneyError as fault:
        return str(fault)
    assert isinstance(units, int)
    return {"value": units, "speaks": True}
