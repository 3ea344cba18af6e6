"""The rule text: hostile words are refused, honest ones compute what they say, tiers telescope."""

from __future__ import annotations

import ast
import sys
from contextlib import suppress
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from stagedoor.core.base.limits import RULE_TEXT_CHARS_MAX
from stagedoor.core.base.money import ISO_4217_EXPONENT, basis_points
from stagedoor.core.rules.text import RuleText, RuleTextError, Unknown, parse
from stagedoor.core.rules.vocabulary import KINDS

FUNCTIONS = ("min", "max", "band", "bp")
PIECES = st.sampled_from(
    [*sorted(KINDS), *FUNCTIONS, "(", ")", ",", "+", "-", "*", "/", "//", "%", "**", "@", "<", "<=", "==", "!=", "and",
     "or", "not", "in", "is", "if", "else", "lambda", ":", "[", "]", "{", "}", ".", "'a'", '"b"', "f'{use}'", "b'x'",
     "0", "1", "9" * 40, "1.5", "1e400", "1j", "True", "False", "None", "...", ":=", "for", "await", "yield", "import",
     "__import__", "'os'", "eval", "exec", "\n", "#", "\\", ";", "~", "^", "|", "&", "<<", "0x_ff", "é", "\0", "\t"]
)  # fmt: skip
HOSTILE = st.one_of(
    st.text(max_size=80),
    st.lists(PIECES, max_size=30).map(" ".join),
    st.lists(PIECES, max_size=30).map("".join),
)


def outcome(text: str) -> RuleText | None:
    """The parsed text, or None if it is refused; any other exception fails the test."""
    try:
        return parse(text, KINDS)
    except RuleTextError:
        return None


@settings(max_examples=400)
@given(HOSTILE)
@example("1" * (RULE_TEXT_CHARS_MAX + 1))
def test_parse_raises_only_rule_text_error(text: str) -> None:
    """And what it accepts evaluates to the kind it promised, or to an unknown."""
    parsed = outcome(text)
    if parsed is None:
        return
    values: dict[str, Any] = {"number": 3, "text": "x", "flag": True, "texts": ("x",)}
    result, decided = parsed.evaluate({name: values[kind] for name, kind in KINDS.items()} | {"currency": "USD"})
    assert isinstance(result, {"number": int, "text": str, "flag": bool, "texts": tuple}[parsed.kind])
    assert decided <= set(parsed.reads) <= set(KINDS)
    unknown = ""
    try:
        parsed.evaluate(dict.fromkeys(KINDS))
    except Unknown as doubt:
        unknown = doubt.name
    assert unknown in (*parsed.reads, "")


@settings(max_examples=200)
@given(HOSTILE)
def test_parsing_and_evaluating_import_nothing_and_call_nothing_outside(text: str) -> None:
    """An audit hook watches: nothing is compiled, executed, imported, opened or started."""
    events: list[str] = []
    WATCHING.append(events)
    try:
        parsed = outcome(text)
        if parsed is not None:
            with suppress(Unknown):
                parsed.evaluate(dict.fromkeys(KINDS))
    finally:
        WATCHING.remove(events)
    assert not events


WATCHING: list[list[str]] = []
LOUD = ("exec", "import", "open", "os.", "subprocess.", "socket.", "ctypes.", "code.", "builtins.")


def _hear(event: str, arguments: tuple[Any, ...]) -> None:
    if WATCHING and event.startswith(LOUD):
        WATCHING[-1].append(event)
    # ast.parse compiles with the flag that only makes a tree; then the source is text and never a tree.
    if WATCHING and event == "compile" and isinstance(arguments[0], ast.AST):
        WATCHING[-1].append(event)


sys.addaudithook(_hear)


@pytest.mark.parametrize(
    "text",
    [
        "__import__('os')",
        "__import__('os').system('true')",
        "eval('1')",
        "exec('1')",
        "open('x')",
        "use.__class__",
        "use.upper() == 'X'",
        "(1).real",
        "''.join(holds)",
        "lambda: 1",
        "(lambda: 1)()",
        "[1 for x in holds]",
        "{use for use in holds}",
        "{1: 2}",
        "{1}",
        "[1]",
        "(x for x in holds)",
        "(x := 1)",
        "f'{use}' == 'x'",
        "b'x' == b'x'",
        "holds[0] == 'strike'",
        "units[0:1]",
        "9**9**9",
        "units ** 2",
        "units / 2",
        "units // 2",
        "units % 2",
        "units @ 2",
        "units << 99",
        "units | 1",
        "units & 1",
        "units ^ 1",
        "~units",
        "+units",
        "1.5",
        "1e400",
        "1j",
        "None",
        "...",
        "use is use",
        "use is not use",
        "1 < units < 9",
        "use < 'x'",
        "released < schedule_f",
        "units == use",
        "use in holds in holds",
        "use in 'render'",
        "units in (1, 2)",
        "use in (purpose, 'x')",
        "use in [purpose]",
        "('a', use)",
        "*holds",
        "min(*holds)",
        "min(units)",
        "min(units, 1, 2)",
        "max(units, 1, key=units)",
        "min(use, use)",
        "bp(units)",
        "band(units, 1, 2)",
        "abs(units)",
        "round(units)",
        "int('9')",
        "min",
        "units + True",
        "units + 'a'",
        "-use",
        "not units",
        "units and released",
        "units if units else units",
        "units if released else use",
        "unitt",
        "Use == 'render'",
        "true",
        "consent.description",
        "await use",
        "(yield use)",
        "use; purpose",
        "use = 'render'",
        "use == 'a'\npurpose == 'b'",
        "use == 'a' # purpose",
        "use == '#'",
        "import os",
        "",
        "   ",
        "(",
        "\0",
        "units\0",
        "1_000 +",
        "()()",
        "units.bit_length()",
        "getattr(use, 'upper')",
        "globals()",
        "print('x')",
        "type(use)",
        "__builtins__",
        "__name__ == '__main__'",
        "use if released",
        "not",
    ],
)
def test_what_is_not_in_the_grammar_is_refused(text: str) -> None:
    """One construct each; the message names the words, and never a Python type."""
    with pytest.raises(RuleTextError) as refusal:
        parse(text, KINDS)
    assert "object at 0x" not in str(refusal.value) and "<ast." not in str(refusal.value)


@pytest.mark.parametrize(
    "text",
    [
        "(" * 300 + "1" + ")" * 300,
        "-" * 900 + "1",
        "not " * 200 + "released",
        "1" + "+1" * 400,
        " and ".join(["released"] * 110),
        "1 if released else " * 50 + "1",
        "min(1," * 150 + "1" + ")" * 150,
        "1" + "**1" * 300,
        "[" * 150 + "]" * 150,
        "9" * (RULE_TEXT_CHARS_MAX + 1),
        "use == '" + "x" * RULE_TEXT_CHARS_MAX + "'",
        "10**5000",
        "9" * 5000,
        "1" * 4301,
    ],
)
def test_what_is_too_large_or_too_deep_is_refused(text: str) -> None:
    """Neither the parser nor the interpreter can be hurt with one text."""
    with pytest.raises(RuleTextError):
        parse(text, KINDS)


NUMBERS = st.integers(-(10**15), 10**15)
NAMES = ("units", "estimate_days", "prior_gross", "day_rate")


@st.composite
def arithmetic(draw: st.DrawFn, depth: int = 3) -> str:
    """A number's text, in the part of the grammar that Python computes alike."""
    if depth == 0 or draw(st.booleans()):
        return draw(st.sampled_from([*NAMES, str(draw(st.integers(0, 10**6)))]))
    left, right = draw(arithmetic(depth - 1)), draw(arithmetic(depth - 1))
    shapes = (
        "({0} + {1})",
        "({0} - {1})",
        "({0} * {1})",
        "min({0}, {1})",
        "max({0}, {1})",
        "(-{0})",
        "({0} if {0} < {1} else {1})",
        "({0} if released and not {0} == {1} else 7)",
    )
    shape = draw(st.sampled_from(shapes))
    return shape.format(left, right)


@settings(max_examples=150)
@given(arithmetic(), st.fixed_dictionaries(dict.fromkeys(NAMES, NUMBERS)), st.booleans())
def test_honest_texts_compute_what_they_say(text: str, values: dict[str, int], released: bool) -> None:
    """Python itself is the oracle, here and in no other place; and only names that are read can have decided."""
    env = values | {"released": released}
    result, decided = parse(text, KINDS).evaluate(env)
    assert result == eval(text, {"__builtins__": {"min": min, "max": max}}, dict(env))
    assert decided <= set(env)


@given(NUMBERS, st.integers(0, 10**12), st.integers(0, 10**12), NUMBERS, st.integers(0, 10**12))
def test_band_telescopes(before: int, first: int, second: int, low: int, width: int) -> None:
    """Rating q1 + q2 at once is rating q1 and then q2: no order of receipts pays more or less."""
    rule = parse("band(prior_gross, day_rate, estimate_days, units)", KINDS)

    def band(start: int, size: int) -> int:
        env = {"prior_gross": start, "day_rate": size, "estimate_days": low, "units": low + width}
        result = rule.evaluate(env)[0]
        assert isinstance(result, int)
        assert 0 <= result <= size
        return result

    assert band(before, first + second) == band(before, first) + band(before + first, second)
    assert band(before, 0) == 0


@given(st.integers(0, 10**12), st.lists(st.integers(1, 10**9), max_size=5), NUMBERS)
def test_bands_that_meet_cover_the_amount(size: int, widths: list[int], before: int) -> None:
    """Tiers side by side take the whole amount between them, each part once."""
    edges = [-(10**16)]
    for width in widths:
        edges.append((before if len(edges) == 1 else edges[-1]) + width)
    edges.append(10**16)
    rule = parse("band(prior_gross, day_rate, estimate_days, units)", KINDS)
    parts = [
        rule.evaluate({"prior_gross": before, "day_rate": size, "estimate_days": low, "units": high})[0]
        for low, high in pairwise(edges)
    ]
    assert sum(int(part) for part in parts if not isinstance(part, tuple)) == size


@given(NUMBERS, st.integers(0, 10_000), st.sampled_from(sorted(ISO_4217_EXPONENT)))
def test_bp_is_the_one_rounding(amount: int, rate: int, currency: str) -> None:
    """The function of the language is the function of the ledger, in the production's currency; unknown, it doubts."""
    rule, env = parse("bp(day_rate, commission_bp)", KINDS), {"day_rate": amount, "commission_bp": rate}
    result, _ = rule.evaluate(env | {"currency": currency})
    assert result == basis_points(amount, rate, currency)
    for unknown in ({}, {"currency": None}):
        with pytest.raises(Unknown, match="currency"):
            rule.evaluate(env | unknown)


@given(st.integers(0, 100), st.integers(0, 100))
def test_only_the_larger_decides_a_maximum(deal: int, floor: int) -> None:
    """In max(deal, minimum) the loser decided nothing, and a tie goes to the deal."""
    _, decided = parse("max(day_rate, units) * new_days", KINDS).evaluate(
        {"day_rate": deal, "units": floor, "new_days": 2}
    )
    assert decided == {"new_days", "day_rate" if deal >= floor else "units"}


@given(st.integers(0, 100), st.integers(0, 100), st.integers(0, 100))
def test_a_ceiling_decides_only_where_it_cuts(before: int, size: int, ceiling: int) -> None:
    """So a ceiling that nobody verified may stand beside an amount that it leaves whole."""
    result, decided = parse("band(prior_gross, day_rate, 0, units)", KINDS).evaluate(
        {"prior_gross": before, "day_rate": size, "units": ceiling}
    )
    assert ("units" in decided) == (result != size)
    assert "day_rate" in decided or result == 0 or size == 0 or "units" in decided
