"""The compiled function says what the interpreter says; and nothing but our own nodes is ever compiled."""

from __future__ import annotations

import ast
from dataclasses import dataclass
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from language.kit import ENVS, TREES, WORDS, Env, rule
from language.oracle import judged, priced
from stagedoor.core.base.money import ISO_4217_EXPONENT, basis_points, share_of
from stagedoor.core.rules import syntax
from stagedoor.core.rules.compiled import (
    JudgeText,
    PayDoubt,
    PayText,
    Reason,
    compile_judges,
    compile_pays,
    compile_totals,
    in_span,
    weak_bits,
)
from stagedoor.core.rules.text import parse
from stagedoor.core.rules.tree import FLAG, NUMBER, Extreme, Name, Node, Not, Number

GIVEN = st.sets(st.sampled_from(sorted(set(WORDS) - {"currency"})))
GUARDS = st.one_of(st.none(), TREES[FLAG])


@st.composite
def judges(draw: st.DrawFn) -> list[JudgeText]:
    """A few rules, some of which stand under one guard."""
    guards = [None, *draw(st.lists(TREES[FLAG], min_size=1, max_size=2))]
    whens = draw(st.lists(st.tuples(st.sampled_from(guards), TREES[FLAG]), min_size=1, max_size=6))
    return [JudgeText(key, guard and rule(guard), rule(when)) for key, (guard, when) in enumerate(whens)]


@st.composite
def pays(draw: st.DrawFn) -> list[PayText]:
    """A few amounts, some of one name, that read one another as n1 and n2; each weak in whatever it reads."""
    found = []
    for key in range(draw(st.integers(1, 4))):
        name = draw(st.sampled_from(("n1", "n2", "x", "x", "y", "z")))
        guard, formula = draw(GUARDS), draw(st.one_of(TREES[NUMBER], TREES[NUMBER].map(at_least_nothing)))
        weak = tuple(draw(st.sets(st.sampled_from(("n1", "n2", "n3", "f1")), max_size=2)))
        found.append(PayText(key, name, guard and rule(guard), rule(formula), weak))
    return found


def at_least_nothing(tree: Node) -> Node:
    """The larger of a tree and nothing, so that not every second amount is negative."""
    return Extreme(True, Number(0), tree)


@settings(max_examples=120, deadline=None)
@given(judges(), st.lists(ENVS, min_size=1, max_size=5), GIVEN)
def test_compiled_judges_say_what_the_interpreter_says(
    rules: list[JudgeText], envs: list[Env], words: set[str]
) -> None:
    """Who speaks, who is silent, who is in doubt; with any of the words given before, and by mapping or by object."""
    for env in envs:
        constants = {name: env[name] for name in words}
        expected = judged(rules, env)
        said = compile_judges(rules, sources=None, constants=constants)(env)
        assert set(said) == expected and len(said) == len(expected)
        by_path = compile_judges(rules, sources=SOURCES, constants=constants, roots=("deep", "plain"))
        assert set(by_path(held(env), env)) == expected


@settings(max_examples=120, deadline=None)
@given(pays(), st.lists(ENVS, min_size=1, max_size=5), GIVEN)
def test_pays_say_what_the_interpreter_says(rules: list[PayText], envs: list[Env], words: set[str]) -> None:
    """The same amounts, the same weak names, or the same first doubt."""
    for env in envs:
        if env["currency"] is None:
            continue
        constants = {name: env[name] for name in words - {pay.name for pay in rules}}
        price = compile_pays(rules, sources=None, constants=constants, currency=str(env["currency"]))
        assert price(env) == priced(rules, env)
        by_path = compile_pays(
            rules, sources=SOURCES, constants=constants, currency=str(env["currency"]), roots=("deep", "plain")
        )
        assert by_path(held(env), env) == priced(rules, env)


@settings(max_examples=120, deadline=None)
@given(
    pays(),
    st.lists(ENVS, min_size=1, max_size=5),
    st.lists(st.sampled_from([None, 0, 1, 2]), min_size=9, max_size=9),
    st.sampled_from([0, 5, 10**18]),
)
def test_sums_are_those_of_the_amounts(
    rules: list[PayText], envs: list[Env], places: list[int | None], most: int
) -> None:
    """Each amount into its sum; None where none came; a doubt where one is too large or nobody can say it."""
    into = places[: len(rules)]
    for env in envs:
        if env["currency"] is None:
            continue
        sums = compile_totals(
            rules, into=into, count=3, most=most, sources=None, constants={}, currency=str(env["currency"])
        )(env)
        told = priced(rules, env)
        if isinstance(told, PayDoubt) or any(amount is not None and amount > most for amount in told[0]):
            assert isinstance(sums, PayDoubt)
            continue
        amounts, mask = told
        parts = [[a for a, to in zip(amounts, into, strict=True) if to == sum_ and a is not None] for sum_ in range(3)]
        assert sums == (tuple(sum(part) if part else None for part in parts), mask)


@dataclass
class Box:
    """Holds a value, or another box."""

    value: Any
    more: Any = None


SOURCES = {name: ("deep", name, "value") if name < "s" else ("plain",) for name in WORDS}


def held(env: Env) -> Any:
    """An object with a box for each word; a word that is unknown has none, or an empty one."""
    boxes = {name: None if value is None and name in ("n1", "f1") else Box(value) for name, value in env.items()}
    return type("Deep", (), boxes)


def test_none_on_the_way_is_unknown() -> None:
    """At the object itself, at any step, and at the end."""
    rules = [JudgeText(7, None, parse("n1 > 0", WORDS)), JudgeText(3, None, parse("n1 > 0 or n2 > 0", WORDS))]
    sources = {"n1": ("box", "more", "value"), "n2": ("box", "more", "more")}
    judge = compile_judges(rules, sources=sources, constants={}, roots=("box",))
    assert sorted(judge(Box(0, Box(1, 1)))) == [3, 7]
    for box in (None, Box(0, None), Box(0, Box(None, 1))):
        assert sorted(judge(box)) == [~7, ~3]
    assert sorted(judge(Box(0, Box(1, None)))) == [~3, 7]


def test_a_word_without_a_source_is_never_known() -> None:
    """The rule is in doubt always, unless its guard is false."""
    rules = [JudgeText(0, None, parse("f1", WORDS)), JudgeText(1, parse("f2", WORDS), parse("f1", WORDS))]
    judge = compile_judges(rules, sources={"f2": ("x", "value")}, constants={}, roots=("x",))
    assert judge(Box(False)) == [~0] and sorted(judge(Box(True))) == [~1, ~0]
    with pytest.raises(ValueError, match="'f1' comes from"):
        compile_judges(rules, sources={"f1": ("elsewhere", "f1")}, constants={})


def test_rules_that_constants_silence_vanish() -> None:
    """What is left is no code at all: not even their words are loaded."""
    rules = [
        JudgeText(0, parse("t1 == 'a'", WORDS), parse("n1 > 0", WORDS)),
        JudgeText(1, None, parse("t1 == 'a' and t1 != 'b'", WORDS)),
    ]
    judge = compile_judges(rules, sources=None, constants={"t1": "b"})
    assert judge({}) == [] and judge.__code__.co_nlocals == 3  # env, the list, its append


@pytest.mark.parametrize(
    ("env", "expected"),
    [
        ({"n1": 5, "n2": 7, "f1": True}, ([7, None, 14], 0b10)),
        ({"n1": 9, "n2": 7, "f1": True}, ([9, None, 18], 0b01)),
        ({"n1": 9, "n2": 7, "f1": False}, PayDoubt(None, 1, Reason.TWICE)),
        ({"n1": 9, "n2": None, "f1": True}, PayDoubt(None, 0, Reason.UNKNOWN)),
        ({"n1": 9, "n2": 7, "f1": None}, PayDoubt(None, 1, Reason.UNKNOWN)),
        ({"n1": -9, "n2": -7, "f1": True}, PayDoubt(None, 0, Reason.NEGATIVE)),
    ],
)
def test_pays_by_example(env: Env, expected: object) -> None:
    """Two rules say x; a third reads it."""
    words = {**WORDS, "x": NUMBER}
    rules = [
        PayText(0, "x", None, parse("max(n1, n2)", words), weak=("n1", "n2")),
        PayText(1, "x", parse("not f1", words), parse("1", words)),
        PayText(2, "y", None, parse("x * 2", words)),
    ]
    assert weak_bits(rules) == ((0, "n1"), (0, "n2"))
    assert compile_pays(rules, sources=None, constants={}, currency="USD")(env) == expected
    assert priced(rules, env) == expected


@pytest.mark.parametrize(
    ("f1", "on", "said"),
    [(True, True, [0]), (True, False, []), (True, None, [~0]), (False, None, []), (None, True, [~0])],
)
def test_a_guard_in_a_span_reads_the_day_only_where_it_applies(f1: bool | None, on: bool | None, said: object) -> None:
    """A rule that does not concern a use asks for no day of it; and the text parses back into the guard."""
    guard = in_span(parse("f1", WORDS), "law")
    assert parse(guard.text, {**WORDS, "law": FLAG}).tree == guard.tree and guard.reads == ("f1", "law")
    assert in_span(None, "law").tree == Name("law", FLAG)
    judge = compile_judges([JudgeText(0, guard, parse("True", WORDS))], sources=None, constants={"law": on})
    assert judge({"f1": f1}) == said
    assert list(judged([JudgeText(0, guard, parse("True", WORDS))], {"f1": f1, "law": on})) == said


@given(st.integers(-(10**15), 10**15), st.integers(-20_000, 20_000), st.sampled_from(sorted(ISO_4217_EXPONENT)))
def test_the_share_of_a_currency_is_the_ledgers(amount: int, rate: int, currency: str) -> None:
    """One division for two: still half-even, still the same for plus and minus."""
    assert share_of(currency)(amount, rate) == basis_points(amount, rate, currency)
    tie = 50 * 10 ** (6 - ISO_4217_EXPONENT[currency])
    assert share_of(currency)(amount * tie, 100) == basis_points(amount * tie, 100, currency)


def test_a_judge_may_take_the_currency_from_the_use() -> None:
    """Without a constant it is a word like others."""
    judge = compile_judges([JudgeText(0, None, parse("bp(n1, 5000) == 1000000", WORDS))], sources=None, constants={})
    assert judge({"n1": 1_500_000, "currency": "JPY"}) == [0]  # 0.75 yen, which is a yen
    assert judge({"n1": 1_500_000, "currency": "USD"}) == []  # 75 cents
    assert judge({"n1": 1_500_000}) == [~0]


@pytest.mark.parametrize(
    "source",
    [
        "import os",
        "def judge(r0):\n    for w0 in r0: pass",
        "def judge(r0):\n    return [w0 for w0 in r0]",
        "def judge(r0):\n    return (lambda: r0)()",
        "def judge(r0):\n    return r0.__class__",
        "def judge(r0):\n    return r0[0]",
        "def judge(r0):\n    return r0.get('x')",
        "def judge(r0):\n    return share(*r0)",
        "def judge(r0):\n    return share(r0, end=r0)",
        "def judge(r0):\n    return open(r0)",
        "def judge(r0):\n    return 1.5",
        "def judge(r0):\n    return r0 ** r0",
        "def judge(r0):\n    return r0 // r0",
        "def judge(r0):\n    raise r0",
        "def judge(r0):\n    global x",
        "def judge(r0):\n    return f'{r0}'",
        "def other(r0):\n    return r0",
        "def judge(r0=1):\n    return r0",
        "@share\ndef judge(r0):\n    return r0",
    ],
)
def test_the_check_refuses_what_is_not_ours(source: str) -> None:
    """Each is Python, and none is what a tree becomes."""
    with pytest.raises(AssertionError):
        syntax.verify(ast.parse(source), {"judge", "share"})


def test_the_check_passes_what_a_tree_becomes() -> None:
    """Or it would say nothing."""
    syntax.verify(ast.parse("def judge(r0):\n    g0 = r0.get\n    return share(g0('x'), 1) if r0 is None else [2]"),
                  {"judge", "share"})  # fmt: skip


def test_no_word_becomes_a_name_of_the_program() -> None:
    """A word that Python would take for its own is a text in the code, or a numbered local."""
    words = {"__import__": NUMBER, "m0": NUMBER, "a0": NUMBER, "doubtful": NUMBER, "None": FLAG}
    tree = Not(Name("None", FLAG))
    rules = [
        JudgeText(0, rule(tree), parse("__import__ + m0 + a0 + doubtful > 3", words)),
        JudgeText(1, None, rule(Not(Name("x'); import os", FLAG)))),
    ]
    env: Env = {"__import__": 1, "m0": 1, "a0": 1, "doubtful": 1, "None": False, "x'); import os": False}
    assert sorted(compile_judges(rules, sources=None, constants={})(env)) == [0, 1]


def test_a_rule_may_read_a_word_of_its_own_name() -> None:
    """What decided is asked of the word as it was read, not of the amount that takes its name."""
    rules = [PayText(0, "n1", None, parse("max(0, -(n1 + n1))", WORDS), weak=("n1",))]
    for n1, expected in ((-25_000, ([50_000], 1)), (7, ([0], 0))):
        env: Env = {**dict.fromkeys(WORDS), "n1": n1}
        assert compile_pays(rules, sources=None, constants={}, currency="USD")(env) == priced(rules, env) == expected
