"""Trees from trees: which names decide, whether all that is needed is known, and what is left once some are given.

All of it is said in the language itself, so that every evaluator that computes a value can compute these too.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Final

from stagedoor.core.rules.interpret import interpret
from stagedoor.core.rules.tree import (
    CURRENCY,
    FLAG,
    After,
    Band,
    Choice,
    Compare,
    Extreme,
    Flag,
    Logic,
    Name,
    Node,
    Not,
    Number,
    Share,
    Text,
    Texts,
    Value,
    constant,
    names_in,
    parts_of,
    with_parts,
)

YES: Final = Flag(True)
NO: Final = Flag(False)
_CONSTANTS: Final = (Number, Text, Flag, Texts)


def decided(tree: Node, name: str) -> Node:
    """A flag: whether `name` decides the value.  It holds where the value is known; elsewhere it says nothing."""
    match tree:
        case Name():
            return Flag(tree.name == name)
        case Choice(test=test, yes=yes, no=no):
            return _any(decided(test, name), _choice(test, decided(yes, name), decided(no, name)))
        case Extreme(larger=larger, first=first, second=second):
            takes_first = Compare(">=" if larger else "<=", first, second)
            return _choice(takes_first, decided(first, name), decided(second, name))
        case Band(before=before, amount=amount, low=low, high=high):
            edges = _any(decided(before, name), decided(low, name), decided(high, name))
            return _any(decided(amount, name), _choice(Compare("!=", tree, amount), edges, NO))
    return _any(*(decided(part, name) for part in parts_of(tree)))


def known_name(name: str) -> str:
    """The name that stands in a `known` tree for 'this name is known'."""
    return f"known({name})"


def known(tree: Node) -> Node:
    """A flag over names as `known(x)`: whether the value can be said.  It is itself never unknown.

    A Choice looks at the branch taken only, so a test stands in it again, and is read only where it is known.
    """
    match tree:
        case Name(name=name):
            return Name(known_name(name), FLAG)
        case Choice(test=test, yes=yes, no=no):
            return _choice(known(test), _choice(test, known(yes), known(no)), NO)
        case Share(amount=amount, rate=rate):
            return _all(known(CURRENCY), known(amount), known(rate))
    return _all(*(known(part) for part in parts_of(tree)))


def demanded(tree: Node) -> frozenset[str]:
    """Names that must be known whichever way the choices go."""
    match tree:
        case Name(name=name):
            return frozenset({name})
        case Choice(test=test, yes=yes, no=no):
            return demanded(test) | (demanded(yes) & demanded(no))
    below = frozenset[str]().union(*(demanded(part) for part in parts_of(tree)))
    return below | {CURRENCY.name} if isinstance(tree, Share) else below


def fold(tree: Node, constants: Mapping[str, Value | None], sure: Collection[str] = ()) -> Node:
    """What is left of the tree once the `constants` are given: the same value, and unknown in the same places.

    `False and x` is False only where x is known, so an After stays that still needs x; it goes where x is a constant
    or the caller is `sure` that x is known.  None is no constant.  Who decided is not kept: derive that before.
    """
    given = {name: value for name, value in constants.items() if value is not None}
    return _Folder(given, frozenset(sure)).fold(tree)


def fold_known(
    tree: Node, constants: Mapping[str, Value | None], sure: Collection[str] = (), never: Collection[str] = ()
) -> Node:
    """The tree's `known`, folded: names that are `sure` are known, and those that can `never` be are not."""
    asked: dict[str, Value | None] = {known_name(name): value is not None for name, value in constants.items()}
    asked |= {known_name(name): True for name in sure} | {known_name(name): False for name in never}
    asking = known(tree)
    return fold(asking, {**constants, **asked}, names_in(asking))  # it is never unknown, so nothing in it needs care


class _Folder:
    """One folding: what is given, and which other names are surely known."""

    def __init__(self, given: Mapping[str, Value], sure: frozenset[str]) -> None:
        self.given = given
        self.sure = sure

    def fold(self, tree: Node) -> Node:
        match tree:
            case Name(name=name):
                return constant(self.given[name]) if name in self.given else tree
            case Logic(op=op, parts=parts):
                return self.logic(op, [self.fold(part) for part in parts])
            case Choice(test=test, yes=yes, no=no):
                return self.choice(self.fold(test), yes, no)
            case After(needs=needs, value=value):
                return self.after([self.fold(need) for need in needs], self.fold(value))
        parts = tuple(self.fold(part) for part in parts_of(tree))
        if isinstance(tree, Not) and isinstance(parts[0], After):
            return After(parts[0].needs, self.fold(Not(parts[0].value)))
        left = with_parts(tree, parts)
        settled = all(isinstance(part, _CONSTANTS) for part in parts)
        if settled and not (isinstance(tree, Share) and CURRENCY.name not in self.given):
            return constant(interpret(left)(self.given, set()))
        return left

    def logic(self, op: str, parts: list[Node]) -> Node:
        """One part that settles the value leaves the others only to be known; a part that changes nothing goes."""
        settles = op == "or"
        needs: list[Node] = []
        open_parts: list[Node] = []
        settled = False
        for part in parts:
            inner = part
            if isinstance(part, After):
                needs += part.needs
                inner = part.value
            if isinstance(inner, Flag):
                settled = settled or inner.value is settles
            elif isinstance(inner, Logic) and inner.op == op:
                open_parts += inner.parts
            else:
                open_parts.append(inner)
        if settled:
            return self.after([*needs, *open_parts], Flag(settles))
        if not open_parts:
            return self.after(needs, Flag(not settles))
        return self.after(needs, open_parts[0] if len(open_parts) == 1 else Logic(op, tuple(open_parts)))

    def choice(self, test: Node, yes: Node, no: Node) -> Node:
        if isinstance(test, After):
            return self.after(list(test.needs), self.choice(test.value, yes, no))
        if isinstance(test, Flag):
            return self.fold(yes if test.value else no)
        yes, no = self.fold(yes), self.fold(no)
        if yes == no:
            return self.after([test], yes)
        return _choice(test, yes, no)

    def after(self, needs: list[Node], value: Node) -> Node:
        """`value`, after what is left to be known: names, and choices where only one branch need be."""
        left = dict.fromkeys(least for need in needs for least in self.least(need))
        if isinstance(value, After):
            left |= dict.fromkeys(value.needs)
            value = value.value
        return After(tuple(left), value) if left else value

    def least(self, need: Node) -> tuple[Node, ...]:
        """The least that must be known for `need` to be."""
        match need:
            case Name(name=name):
                return () if name in self.sure or name in self.given else (need,)
            case Choice(test=test, yes=yes, no=no):
                if_yes, if_no = self.after([yes], YES), self.after([no], YES)
                return self.least(test) if if_yes == if_no == YES else (Choice(test, if_yes, if_no),)
        below = [least for part in parts_of(need) for least in self.least(part)]
        return tuple(dict.fromkeys(below + list(self.least(CURRENCY) if isinstance(need, Share) else ())))


def _all(*parts: Node) -> Node:
    """All of these flags, without those that surely hold; only for flags that are known wherever they are asked."""
    return _joined("and", parts, NO)


def _any(*parts: Node) -> Node:
    """Any of these flags, without those that surely do not hold; as `_all`."""
    return _joined("or", parts, YES)


def _joined(op: str, parts: tuple[Node, ...], settles: Flag) -> Node:
    left = [part for part in dict.fromkeys(parts) if part != Flag(not settles.value)]
    if settles in left:
        return settles
    if len(left) < 2:
        return left[0] if left else Flag(not settles.value)
    return Logic(op, tuple(left))


def _choice(test: Node, yes: Node, no: Node) -> Node:
    if yes == no and isinstance(yes, Flag):
        return yes
    if (yes, no) == (YES, NO):
        return test
    return Not(test) if (yes, no) == (NO, YES) else Choice(test, yes, no)
