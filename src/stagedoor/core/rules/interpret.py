"""A tree to closures: one call gives the value and notes which names decided it.  The meaning that all others keep."""

from __future__ import annotations

import operator
from collections.abc import Callable, Mapping
from typing import Any, Final

from stagedoor.core.base.money import basis_points
from stagedoor.core.rules.tree import (
    CURRENCY,
    After,
    Arithmetic,
    Band,
    Choice,
    Compare,
    Extreme,
    Flag,
    Logic,
    Member,
    Name,
    Negate,
    Node,
    Not,
    Number,
    Share,
    Text,
    Texts,
    Value,
)

Env = Mapping[str, Value | None]
Eval = Callable[[Env, set[str]], Value]


class Unknown(Exception):
    """A name has no value: nobody knows.  The caller refuses."""

    def __init__(self, name: str) -> None:
        super().__init__(name)
        self.name = name


def interpret(tree: Node) -> Eval:
    """A function from values, and a set that gathers the names that decided, to the result.  It raises Unknown."""
    return _HANDLERS[type(tree)](tree)


def _name(node: Name) -> Eval:
    name = node.name

    def run(env: Env, decided: set[str]) -> Value:
        value = env.get(name)
        if value is None:
            raise Unknown(name)
        decided.add(name)
        return value

    return run


def _constant(node: Number | Text | Flag | Texts) -> Eval:
    value = node.value
    return lambda _env, _decided: value


def _arithmetic(node: Arithmetic) -> Eval:
    left, right, work = interpret(node.left), interpret(node.right), _WORK[node.op]
    return lambda env, decided: work(_int(left(env, decided)), _int(right(env, decided)))


def _negate(node: Negate) -> Eval:
    part = interpret(node.part)
    return lambda env, decided: -_int(part(env, decided))


def _not(node: Not) -> Eval:
    part = interpret(node.part)
    return lambda env, decided: not part(env, decided)


def _logic(node: Logic) -> Eval:
    parts = [interpret(part) for part in node.parts]
    # Every part is evaluated, always: an unknown fact must not hide behind the order of words.
    if node.op == "and":
        return lambda env, decided: all([part(env, decided) for part in parts])  # noqa: C419 - see above
    return lambda env, decided: any([part(env, decided) for part in parts])  # noqa: C419 - see above


def _compare(node: Compare) -> Eval:
    left, right = interpret(node.left), interpret(node.right)
    if node.op == "==":
        return lambda env, decided: left(env, decided) == right(env, decided)
    if node.op == "!=":
        return lambda env, decided: left(env, decided) != right(env, decided)
    test = _ORDER[node.op]
    return lambda env, decided: test(_int(left(env, decided)), _int(right(env, decided)))


def _member(node: Member) -> Eval:
    item, texts, wanted = interpret(node.item), interpret(node.texts), node.wanted
    return lambda env, decided: (item(env, decided) in _words(texts(env, decided))) is wanted


def _choice(node: Choice) -> Eval:
    test, yes, no = interpret(node.test), interpret(node.yes), interpret(node.no)
    return lambda env, decided: yes(env, decided) if test(env, decided) else no(env, decided)


def _extreme(node: Extreme) -> Eval:
    first, second, larger = interpret(node.first), interpret(node.second), node.larger

    def run(env: Env, decided: set[str]) -> Value:
        first_names: set[str] = set()
        second_names: set[str] = set()
        one, two = _int(first(env, first_names)), _int(second(env, second_names))
        takes_first = one >= two if larger else one <= two
        decided |= first_names if takes_first else second_names
        return one if takes_first else two

    return run


def _band(node: Band) -> Eval:
    before, amount = interpret(node.before), interpret(node.amount)
    low, high = interpret(node.low), interpret(node.high)

    def run(env: Env, decided: set[str]) -> Value:
        edges: set[str] = set()
        start, size = _int(before(env, edges)), _int(amount(env, decided))
        floor, ceiling = _int(low(env, edges)), _int(high(env, edges))
        inside = min(max(start + size, floor), ceiling) - min(max(start, floor), ceiling)
        if inside != size:
            decided |= edges
        return inside

    return run


def _share(node: Share) -> Eval:
    amount, rate = interpret(node.amount), interpret(node.rate)

    def run(env: Env, decided: set[str]) -> Value:
        currency = env.get(CURRENCY.name)
        if not isinstance(currency, str):
            raise Unknown(CURRENCY.name)
        return basis_points(_int(amount(env, decided)), _int(rate(env, decided)), currency)

    return run


def _after(node: After) -> Eval:
    needs, value = [interpret(need) for need in node.needs], interpret(node.value)

    def run(env: Env, decided: set[str]) -> Value:
        for need in needs:
            need(env, decided)
        return value(env, decided)

    return run


def _int(value: Value) -> int:
    assert isinstance(value, int) and not isinstance(value, bool)
    return value


def _words(value: Value) -> tuple[str, ...]:
    assert isinstance(value, tuple)
    return value


_WORK: Final[dict[str, Callable[[int, int], int]]] = {"+": operator.add, "-": operator.sub, "*": operator.mul}
_ORDER: Final[dict[str, Callable[[int, int], bool]]] = {
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}
_HANDLERS: Final[dict[type, Callable[[Any], Eval]]] = {
    Name: _name,
    Number: _constant,
    Text: _constant,
    Flag: _constant,
    Texts: _constant,
    Arithmetic: _arithmetic,
    Negate: _negate,
    Not: _not,
    Logic: _logic,
    Compare: _compare,
    Member: _member,
    Choice: _choice,
    Extreme: _extreme,
    Band: _band,
    Share: _share,
    After: _after,
}
