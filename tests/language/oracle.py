"""What a list of rules says, worked out by the interpreter alone: the meaning that the fast evaluators must keep."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from stagedoor.core.rules.compiled import JudgeText, PayDoubt, PayText, Reason, weak_bits
from stagedoor.core.rules.text import Unknown, Value

Env = Mapping[str, Value | None]


def judged(rules: Sequence[JudgeText], env: Env) -> set[int]:
    """Keys of the rules that speak, and `~key` of those in doubt."""
    said: set[int] = set()
    for rule in rules:
        try:
            if (rule.applies is None or rule.applies.evaluate(env)[0]) and rule.when.evaluate(env)[0]:
                said.add(rule.key)
        except Unknown:
            said.add(~rule.key)
    return said


def priced(pays: Sequence[PayText], env: Env) -> tuple[list[int | None], int] | PayDoubt:
    """Amounts by position and the mask of weak names that decided; or the first doubt, as `price` finds it."""
    known = dict(env)
    amounts: list[int | None] = []
    mask = 0
    bits = weak_bits(pays)
    for place, pay in enumerate(pays):
        try:
            if pay.applies is not None and not pay.applies.evaluate(known)[0]:
                amounts.append(None)
                continue
            amount, decided = pay.formula.evaluate(known)
        except Unknown:
            return PayDoubt(None, place, Reason.UNKNOWN)
        assert isinstance(amount, int)
        if amount < 0:
            return PayDoubt(None, place, Reason.NEGATIVE)
        if any(other.name == pay.name and made is not None for other, made in zip(pays[:place], amounts, strict=True)):
            return PayDoubt(None, place, Reason.TWICE)
        amounts.append(amount)
        known[pay.name] = amount
        mask |= sum(1 << bits.index((place, name)) for name in pay.weak if name in decided)
    return amounts, mask
