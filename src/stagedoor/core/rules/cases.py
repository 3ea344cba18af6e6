"""Runs a rulebook's worked cases: the values given, through the rule itself, against what the case expects."""

from __future__ import annotations

from collections.abc import Mapping

from stagedoor.core.base.money import MoneyError
from stagedoor.core.rules.rulebook import Case, Rulebook
from stagedoor.core.rules.text import Unknown, Value


def run_case(book: Rulebook, case: Case) -> str:
    """Empty if the case holds; else one sentence that says what came out instead."""
    expected = dict(case.expect)
    result = _result(book, case)
    if isinstance(result, str):
        return f"{case.file}, '{case.name}': {result}"
    key = "speaks" if isinstance(result, bool) else "value"
    if set(expected) != {key}:
        return f"{case.file}, '{case.name}': rule {case.rule} gives '{key}', the case expects {sorted(expected)}"
    if expected[key] != result:
        return f"{case.file}, '{case.name}': expected {key} = {expected[key]}, got {result}"
    return ""


def uncovered(book: Rulebook) -> tuple[str, ...]:
    """Rules and parameters that no case runs."""
    covered = {case.rule for case in book.cases}
    names = [rule.rule for rule in book.judges] + [rule.rule for rule in book.pays]
    read = {name for rule in book.judges for name in rule.when.reads if rule.rule in covered}
    read |= {name for rule in book.pays for name in rule.formula.reads if rule.rule in covered}
    names += [parameter.name for parameter in book.parameters if parameter.name not in read]
    return tuple(name for name in names if name not in covered)


def _result(book: Rulebook, case: Case) -> int | bool | str:
    values: dict[str, Value | None] = {}
    for parameter in book.parameters:
        day = case.photography_began if parameter.keyed_by == "photography_began" else case.day
        dated = parameter.at(day)
        values[parameter.name] = None if dated is None else dated.value
    usual: dict[str, Value | None] = {"currency": "USD"}
    env: Mapping[str, Value | None] = usual | values | dict(case.given)
    if case.rule in values:
        value = values[case.rule]
        assert value is None or isinstance(value, int)
        return f"'{case.rule}' has no value on that day" if value is None else value
    try:
        for judge in book.judges:
            if judge.rule == case.rule:
                return bool(judge.when.evaluate(env)[0])
        for pay in book.pays:
            if pay.rule == case.rule:
                units = pay.formula.evaluate(env)[0]
                assert isinstance(units, int)
                return units
    except Unknown as doubt:
        return f"the case gives no '{doubt.name}'"
    except MoneyError as fault:
        return str(fault)
    return f"there is no rule '{case.rule}'"
