"""Random trees of the rule language, random values for their words, and the text that says a tree."""

from __future__ import annotations

from collections.abc import Mapping

from hypothesis import strategies as st

from stagedoor.core.rules.interpret import Unknown, interpret
from stagedoor.core.rules.text import RuleText
from stagedoor.core.rules.tree import (
    FLAG,
    NUMBER,
    TEXT,
    TEXTS,
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
    names_in,
)

Env = Mapping[str, Value | None]

WORDS = {
    "n1": NUMBER, "n2": NUMBER, "n3": NUMBER, "n4": NUMBER,
    "t1": TEXT, "t2": TEXT, "currency": TEXT,
    "f1": FLAG, "f2": FLAG, "f3": FLAG,
    "s1": TEXTS, "s2": TEXTS,
}  # fmt: skip
LETTERS = ("a", "b", "c")
LISTS = ((), ("a",), ("a", "b"), ("b", "a"), ("c",))
CURRENCIES = ("USD", "JPY", "TND")
SIZES = st.one_of(st.integers(-4, 4), st.sampled_from((-25_000, 15_000, 25_000, 5_000_000, 10**9)))


def _leaves(kind: str) -> st.SearchStrategy[Node]:
    names = st.sampled_from([Name(name, kind) for name, its in WORDS.items() if its == kind and name != "currency"])
    constants: dict[str, st.SearchStrategy[Node]] = {
        NUMBER: SIZES.filter(lambda n: n >= 0).map(Number),
        TEXT: st.sampled_from(LETTERS).map(Text),
        FLAG: st.booleans().map(Flag),
        TEXTS: st.sampled_from(LISTS).map(Texts),
    }
    return st.one_of(names, names, constants[kind])


def _deeper(below: dict[str, st.SearchStrategy[Node]]) -> dict[str, st.SearchStrategy[Node]]:
    number, text, flag, texts = (below[kind] for kind in (NUMBER, TEXT, FLAG, TEXTS))
    numbers = st.one_of(
        st.builds(Arithmetic, st.sampled_from("+-*"), number, number),
        number.map(Negate),
        st.builds(Extreme, st.booleans(), number, number),
        st.builds(Band, number, number, number, number),
        st.builds(Share, number, number),
        st.builds(Choice, flag, number, number),
    )
    compares = st.one_of(
        st.builds(Compare, st.sampled_from(("<", "<=", ">", ">=", "==", "!=")), number, number),
        *(st.builds(Compare, st.sampled_from(("==", "!=")), kind, kind) for kind in (text, flag, texts)),
    )
    flags = st.one_of(
        compares,
        flag.map(Not),
        st.builds(Logic, st.sampled_from(("and", "or")), st.lists(flag, min_size=2, max_size=3).map(tuple)),
        st.builds(Member, text, texts, st.booleans()),
        st.builds(Choice, flag, flag, flag),
    )
    return {
        NUMBER: st.one_of(number, numbers),
        TEXT: st.one_of(text, st.builds(Choice, flag, text, text)),
        FLAG: st.one_of(flag, flags, flags),
        TEXTS: st.one_of(texts, st.builds(Choice, flag, texts, texts)),
    }


def _trees(depth: int) -> dict[str, st.SearchStrategy[Node]]:
    made = {kind: _leaves(kind) for kind in (NUMBER, TEXT, FLAG, TEXTS)}
    for _ in range(depth):
        made = _deeper(made)
    return made


TREES = _trees(3)
"""By kind: trees of at most three levels over WORDS."""

VALUES: dict[str, st.SearchStrategy[Value]] = {
    NUMBER: SIZES,
    TEXT: st.sampled_from(LETTERS),
    FLAG: st.booleans(),
    TEXTS: st.sampled_from(LISTS),
}


def _envs(*, unknown: bool) -> st.SearchStrategy[Env]:
    kinds = {name: VALUES[kind] for name, kind in WORDS.items()} | {"currency": st.sampled_from(CURRENCIES)}
    if not unknown:
        return st.fixed_dictionaries(kinds)
    # Most are known: where half the words are not, nearly every tree is a doubt and nothing else is tried.
    return st.fixed_dictionaries({name: st.one_of(*[value] * 7, st.none()) for name, value in kinds.items()})


KNOWN_ENVS = _envs(unknown=False)
ENVS = st.one_of(KNOWN_ENVS, _envs(unknown=True))


def value_of(tree: Node, env: Env) -> Value | None:
    """The interpreter's value; None where it raises Unknown."""
    try:
        return interpret(tree)(env, set())
    except Unknown:
        return None


def rule(tree: Node) -> RuleText:
    """A tree as a parsed text would hold it."""
    reads = tuple(sorted(names_in(tree) - {"currency"}))
    return RuleText(text=said(tree), kind=tree.kind, reads=reads, tree=tree, run=interpret(tree))


def said(tree: Node) -> str:
    """The text that parses into this tree."""
    match tree:
        case Name(name=name):
            return name
        case Number(value=value) | Text(value=value) | Flag(value=value) | Texts(value=value):
            return repr(value)
        case Arithmetic(op=op, left=left, right=right) | Compare(op=op, left=left, right=right):
            return f"({said(left)} {op} {said(right)})"
        case Negate(part=part):
            return f"(-{said(part)})"
        case Not(part=part):
            return f"(not {said(part)})"
        case Logic(op=op, parts=parts):
            return "(" + f" {op} ".join(said(part) for part in parts) + ")"
        case Member(item=item, texts=texts, wanted=wanted):
            return f"({said(item)} {'in' if wanted else 'not in'} {said(texts)})"
        case Choice(test=test, yes=yes, no=no):
            return f"({said(yes)} if {said(test)} else {said(no)})"
        case Extreme(larger=larger, first=first, second=second):
            return f"{'max' if larger else 'min'}({said(first)}, {said(second)})"
        case Band(before=before, amount=amount, low=low, high=high):
            return f"band({said(before)}, {said(amount)}, {said(low)}, {said(high)})"
        case Share(amount=amount, rate=rate):
            return f"bp({said(amount)}, {said(rate)})"
    raise AssertionError(f"no rule text says {tree}")
