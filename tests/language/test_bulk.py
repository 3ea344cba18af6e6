"""Columns say what the interpreter says, row by row; totals, dates, and what a book is refused for."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from language.kit import ENVS, TREES, WORDS, Env, rule, value_of
from language.oracle import judged, priced
from language.test_compiled import judges, pays
from stagedoor.adapters.bulk.book import BulkBook, BulkError, Dated, Span, Total
from stagedoor.adapters.bulk.rate import rate
from stagedoor.adapters.bulk.rules import DOUBT_STEP
from stagedoor.core.base.money import basis_points, minor_units
from stagedoor.core.rules.compiled import JudgeText, PayDoubt, PayText, Reason
from stagedoor.core.rules.text import parse
from stagedoor.core.rules.tree import FLAG, NUMBER, TEXT, TEXTS, Arithmetic, Node, Share, walk

TYPES = {NUMBER: pl.Int64, TEXT: pl.String, FLAG: pl.Boolean, TEXTS: pl.List(pl.String)}
ROWS = st.lists(ENVS.filter(lambda env: env["currency"] is not None), min_size=1, max_size=8)


def frame_of(envs: Sequence[Env]) -> pl.DataFrame:
    """The values of the words, a row for each."""
    return pl.DataFrame(
        {
            name: pl.Series([value if not isinstance(value := env[name], tuple) else list(value) for env in envs],
                            dtype=TYPES[kind])
            for name, kind in WORDS.items()
        }
    )  # fmt: skip


def told(rated: pl.DataFrame, row: int, count: int) -> tuple[list[int | None], int] | PayDoubt:
    """One row as the compiled function would say it."""
    line = rated.row(row, named=True)
    if line["doubt"] is None:
        return [line[f"amount_{place}"] for place in range(count)], line["weak"]
    assert line["weak"] is None and all(line[f"amount_{place}"] is None for place in range(count))
    return PayDoubt(None, line["doubt"] // DOUBT_STEP, Reason(line["doubt"] % DOUBT_STEP))


def passes(one: JudgeText | PayText, env: Env) -> bool:
    """Whether a step of the rule comes near what 64 bits hold."""
    trees = [one.applies and one.applies.tree, one.when.tree if isinstance(one, JudgeText) else one.formula.tree]
    steps = [node for tree in trees if tree for node in walk(tree) if node.kind == NUMBER]
    steps += [Arithmetic("*", node.amount, node.rate) for node in steps if isinstance(node, Share)]
    return any(isinstance(value := value_of(step, env), int) and abs(value) >= 2**61 for step in steps)


def amounts(rules: Sequence[PayText], env: Env) -> Env:
    """Each amount that can be said, by name, the doubts behind it let be."""
    known = dict(env)
    for pay in rules:
        value = value_of(pay.formula.tree, known)
        if value is not None and (pay.applies is None or value_of(pay.applies.tree, known)):
            known[pay.name] = value
    return known


@settings(max_examples=150, deadline=None)
@given(pays(), judges(), ROWS, st.sets(st.sampled_from(("t1", "f1", "n3"))))
def test_bulk_says_what_the_interpreter_says(
    some_pays: list[PayText], some_judges: list[JudgeText], envs: list[Env], cut: set[str]
) -> None:
    """Amounts, weak names, doubts and who speaks, with nulls anywhere, cut into parts by anything."""
    book = BulkBook(pays=tuple(some_pays), judges=tuple(some_judges), partition=tuple(sorted(cut)))
    rated = rate(book, frame_of(envs))
    for row, env in enumerate(envs):
        found, true = told(rated, row, len(some_pays)), priced(some_pays, env)
        if isinstance(found, PayDoubt) and found.reason is Reason.TOO_LARGE:
            assert any(passes(pay, amounts(some_pays, env)) for pay in some_pays)
        else:
            assert found == true
        line = rated.row(row, named=True)
        for one in some_judges:
            said = line[f"judge_{one.key}"]
            if not (said is None and passes(one, env)):
                assert ({one.key} if said else set() if said is False else {~one.key}) == judged([one], env)


def test_a_rule_may_read_a_word_of_its_own_name_in_bulk() -> None:
    """What decided is asked of the word as it was read, not of the amount that takes its name."""
    rules = [PayText(0, "n1", None, parse("max(0, -(n1 + n1))", WORDS), weak=("n1",))]
    envs: list[Env] = [{**dict.fromkeys(WORDS), "n1": n1, "s1": (), "s2": ()} for n1 in (-25_000, 7)]
    rated = rate(BulkBook(pays=tuple(rules), partition=()), frame_of(envs))
    assert [told(rated, row, 1) for row in (0, 1)] == [priced(rules, env) for env in envs] == [([50_000], 1), ([0], 0)]


BIG = st.one_of(
    st.integers(-(2**63), 2**63 - 1),
    st.sampled_from((2**62 - 1, 2**62, 2**31, -(2**62), 3 * 10**9, -(2**63), 2**63 - 1, 0, 1)),
)


@settings(max_examples=150, deadline=None)
@given(TREES[NUMBER], st.lists(st.tuples(BIG, BIG, BIG, BIG), min_size=1, max_size=6))
def test_what_would_pass_64_bits_is_refused_and_never_wraps(tree: Node, rows: list[tuple[int, int, int, int]]) -> None:
    """Every amount that comes out is the true one; the rest say that they are too large."""
    base: Env = {"t1": "a", "t2": "b", "currency": "USD", "f1": True, "f2": False, "f3": True, "s1": (), "s2": ("a",)}
    envs = [{**base, "n1": a, "n2": b, "n3": c, "n4": d} for a, b, c, d in rows]
    the_pays = [PayText(0, "x", None, rule(tree))]
    rated = rate(BulkBook(pays=tuple(the_pays), partition=()), frame_of(envs))
    for row, env in enumerate(envs):
        found, true = told(rated, row, 1), priced(the_pays, env)
        if found != PayDoubt(None, 0, Reason.TOO_LARGE):
            assert found == true


@pytest.mark.parametrize("currency", ["USD", "JPY", "TND"])
def test_a_share_is_the_ledgers_share(currency: str) -> None:
    """At every half, on both sides of nothing: half-even, to the minor unit."""
    words = {"amount": NUMBER, "rate": NUMBER}
    step = minor_units(currency)
    amounts = [sign * (half * step + off) for sign in (1, -1) for half in range(12) for off in (-1, 0, 1)]
    uses = pl.DataFrame({"amount": amounts}).with_columns(rate=pl.lit(5_000))
    above = PayText(0, "x", None, parse("bp(amount, rate) + 100000000", words))  # below nothing would be a doubt
    made = rate(BulkBook(pays=(above,), constants={"currency": currency}), uses)["amount_0"] - 100_000_000
    assert made.to_list() == [basis_points(amount, 5_000, currency) for amount in amounts]


def test_small_numbers_are_never_too_large() -> None:
    """Refusing everything would be easy: what stays under half of 64 bits is worked out."""
    words = {"a": NUMBER, "b": NUMBER}
    book = BulkBook(pays=(PayText(0, "x", None, parse("a * b", words)),), partition=())
    frame = pl.DataFrame({"a": [2**31, 2**31, 2**62], "b": [2**30, 2**31, 1]})
    rated = rate(book, frame)
    assert rated["amount_0"].to_list() == [2**61, None, None]
    assert rated["doubt"].to_list() == [None, Reason.TOO_LARGE, Reason.TOO_LARGE]


WORDS_OF_PAY = {
    "gross": NUMBER, "base": NUMBER, "prior": NUMBER, "rate": NUMBER, "ceiling": NUMBER, "days": NUMBER, "on": FLAG,
}  # fmt: skip
GROSS = PayText(0, "gross", parse("on", WORDS_OF_PAY), parse("rate * days", WORDS_OF_PAY))
BASE = PayText(1, "base", parse("on", WORDS_OF_PAY), parse("band(prior, gross, 0, ceiling)", WORDS_OF_PAY))
PRIOR = Total(name="prior", sums="gross", by=("performer", "production"))
RATES = Dated(name="rate", keyed_by="day", values=((date(2024, 1, 1), 100), (date(2025, 1, 1), 200)))
USES = pl.DataFrame(
    {
        "use_id": ["d", "a", "c", "b", "e", "f"],
        "at": [4, 1, 3, 2, 3, 9],
        "performer": ["m", "m", "m", "n", "m", "m"],
        "production": ["x", "x", "x", "x", "x", "y"],
        "days": [1, 2, 3, 4, None, 1],
        "on": [True, True, False, True, True, True],
        "day": [date(2025, 1, 1), date(2024, 12, 31), date(2025, 1, 1), date(2025, 1, 1), date(2025, 1, 1), None],
    }
)


def test_a_running_total_takes_earlier_uses_of_its_key() -> None:
    """In the order of time and id; what does not apply adds nothing, and what nobody knows makes the rest unknown."""
    book = BulkBook(
        pays=(GROSS, BASE), parameters=(RATES,), totals=(PRIOR,), constants={"ceiling": 250}, partition=("on",)
    )
    rated = rate(book, USES)
    assert rated["amount_0"].to_list() == [None, 200, None, 800, None, None]
    assert rated["amount_1"].to_list() == [None, 200, None, 250, None, None]
    unknown = [place * DOUBT_STEP + Reason.UNKNOWN for place in (0, 1)]
    assert rated["doubt"].to_list() == [unknown[1], None, None, None, unknown[0], unknown[0]]
    known = USES.with_columns(pl.col("days").fill_null(0), pl.lit(date(2025, 1, 1)).alias("day"))
    assert rate(book, known)["amount_1"].to_list() == [0, 250, None, 250, 0, 200]
    assert rate(book, known.reverse())["amount_1"].to_list() == [200, 0, 250, None, 250, 0]


def test_equal_times_are_taken_by_id() -> None:
    """So that a replay comes out the same, whatever order the rows arrive in."""
    uses = USES.with_columns(at=pl.lit(1), days=pl.lit(1), on=pl.lit(True), day=pl.lit(date(2025, 1, 1)))
    book = BulkBook(pays=(GROSS, BASE), parameters=(RATES,), totals=(PRIOR,), constants={"ceiling": 250}, partition=())
    paid = dict(zip(uses["use_id"], rate(book, uses)["amount_1"], strict=True))
    assert paid == {"a": 200, "c": 50, "d": 0, "e": 0, "b": 200, "f": 200}


def test_before_its_first_day_nobody_knows_a_parameter() -> None:
    """Nor where the governing day is missing; never the last value, which a place of -1 would pick."""
    book = BulkBook(pays=(GROSS,), parameters=(RATES,), partition=())
    days = [date(2023, 12, 31), date(2024, 1, 1), date(2024, 12, 31), date(2025, 1, 1), None]
    uses = pl.DataFrame({"days": [1] * 5, "on": [True] * 5, "day": days})
    assert rate(book, uses)["amount_0"].to_list() == [None, 100, 100, 200, None]
    for row, amount in enumerate([None, 100, 100, 200, None]):  # alone, it is a constant of the part
        assert rate(book, uses[row : row + 1])["amount_0"].to_list() == [amount]


def test_a_span_holds_on_its_days() -> None:
    """Both ends included; without a day nobody knows."""
    words = {"open": FLAG}
    days = [date(2023, 12, 31), date(2024, 1, 1), date(2025, 1, 1), date(2025, 1, 2), None]
    uses = pl.DataFrame({"day": days})
    for first, last, said in (
        (date(2024, 1, 1), date(2025, 1, 1), [False, True, True, False, None]),
        (None, date(2025, 1, 1), [True, True, True, False, None]),
        (date(2024, 1, 1), None, [False, True, True, True, None]),
        (None, None, [True] * 5),
    ):
        span = Span(name="open", keyed_by="day", first=first, last=last)
        book = BulkBook(pays=(), judges=(JudgeText(0, None, parse("open", words)),), spans=(span,), partition=())
        assert rate(book, uses)["judge_0"].to_list() == said
        assert [rate(book, uses[row : row + 1])["judge_0"].to_list()[0] for row in range(5)] == said


def test_a_total_that_counts_itself_is_refused() -> None:
    """Directly, or over other amounts, or over another total."""
    with pytest.raises(BulkError, match="it counts itself"):
        BulkBook(pays=(GROSS, BASE), totals=(Total(name="prior", sums="base", by=("performer",)),))
    first = PayText(0, "gross", None, parse("prior", WORDS_OF_PAY))
    second = PayText(1, "base", None, parse("gross", WORDS_OF_PAY))
    with pytest.raises(BulkError, match="it counts itself"):
        BulkBook(pays=(first, second), totals=(Total(name="prior", sums="base", by=("performer",)),))
    with pytest.raises(BulkError, match="which no pay makes"):
        BulkBook(pays=(first,), totals=(Total(name="prior", sums="other", by=("performer",)),))


def test_a_total_of_what_reads_another_total_is_worked_out_after_it() -> None:
    """Two totals, one behind the other."""
    words = {**WORDS_OF_PAY, "prior_base": NUMBER}
    last = PayText(2, "last", None, parse("prior_base", words))
    book = BulkBook(
        pays=(GROSS, BASE, last),
        totals=(PRIOR, Total(name="prior_base", sums="base", by=("performer",))),
        constants={"rate": 100, "ceiling": 250, "on": True},
        partition=(),
    )
    uses = pl.DataFrame(
        {"use_id": [1, 2, 3], "at": [1, 2, 3], "performer": ["m"] * 3, "production": ["x"] * 3, "days": [2, 2, 2]}
    )
    assert rate(book, uses)["amount_1"].to_list() == [200, 50, 0]
    assert rate(book, uses)["amount_2"].to_list() == [0, 200, 250]


@pytest.mark.parametrize(
    ("column", "message"),
    [
        (pl.Series("days", ["1"] * 6), "holds String, and the word is a number"),
        (pl.Series("days", [1.5] * 6), "holds Float64, and the word is a number"),
        (pl.Series("on", [1] * 6), "holds Int64, and the word is a flag"),
        (pl.Series("day", ["2025-01-01"] * 6), "holds no dates but String"),
        (pl.Series("prior", [1] * 6), "is a running total: leave it out"),
        (pl.Series("performer", ["m", None, "m", "m", "m", "m"]), "without gaps"),
    ],
)
def test_a_wrong_column_is_named(column: pl.Series, message: str) -> None:
    """And so is what it should hold."""
    book = BulkBook(pays=(GROSS, BASE), parameters=(RATES,), totals=(PRIOR,), partition=())
    with pytest.raises(BulkError, match=message):
        rate(book, USES.with_columns(column))


def test_days_out_of_order_are_refused() -> None:
    """Looking for a day among them would find the wrong value."""
    with pytest.raises(BulkError, match="not in order"):
        BulkBook(pays=(), parameters=(Dated(name="a", keyed_by="day", values=(RATES.values[1], RATES.values[0])),))


def test_no_uses_make_no_rows() -> None:
    """With every column all the same."""
    book = BulkBook(pays=(GROSS,), judges=(JudgeText(3, None, parse("on", WORDS_OF_PAY)),), partition=())
    assert rate(book, USES.clear()).columns == rate(book, USES).columns == ["amount_0", "weak", "doubt", "judge_3"]


def test_an_enum_is_asked_only_for_what_it_can_hold() -> None:
    """Also beside a text column, and in a list."""
    words = {"a": TEXT, "b": TEXT, "list": TEXTS}
    texts = ("a == 'x'", "a == 'other'", "a in ('other', 'y')", "a == b", "a in list", "'other' in list", "'x' in list")
    letters = pl.Enum(["x", "y"])
    frame = pl.DataFrame(
        {
            "a": pl.Series(["x", "y", None], dtype=letters),
            "b": pl.Series(["x", "x", "x"]),
            "list": pl.Series([["x"], ["x", "y"], []], dtype=pl.List(letters)),
        }
    )
    book = BulkBook(
        pays=(), partition=(), judges=tuple(JudgeText(key, None, parse(text, words)) for key, text in enumerate(texts))
    )
    rated = rate(book, frame)
    expected = [[True, False, None], [False, False, None], [False, True, None], [True, False, None],
                [True, True, None], [False, False, False], [True, True, False]]  # fmt: skip
    assert [rated[f"judge_{key}"].to_list() for key, _ in enumerate(texts)] == expected
