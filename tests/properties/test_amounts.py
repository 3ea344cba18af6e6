"""Money of uses: invariants 7, 8 and 10, over random deals, minimums, days, ceilings and commissions."""

from __future__ import annotations

import re

from hypothesis import given, settings
from hypothesis import strategies as st

from core import builders as make
from core.plain_books import earlier_agreement, load_plain, with_minimum
from stagedoor.core.base.money import LEDGER_SCALE, Money, basis_points
from stagedoor.core.base.outcome import Code
from stagedoor.core.facts.decision import Answer, Effect, Quote
from stagedoor.core.facts.posting import Entry
from stagedoor.core.rules.text import Env, parse
from stagedoor.core.steps.post import pay_in, release
from stagedoor.core.steps.settle import settle

CENT = 10 ** (LEDGER_SCALE - 2)
SOME = settings(max_examples=60)

RATES = st.integers(0, 2_000_000).map(lambda cents: Money(cents * CENT, "USD"))
PRIORS = st.integers(0, 24_000_000).map(lambda cents: Money(cents * CENT, "USD"))


@st.composite
def paid_worlds(draw: st.DrawFn) -> make.World:
    """The story's request with another price, other days, another history and another commission; June has a verified
    minimum, October does not."""
    day = draw(st.sampled_from([make.DAY, make.DAY.replace(month=6)]))
    grant = make.permission(first_day=day, last_day=day)
    rate = draw(st.one_of(RATES, st.sampled_from([Money.whole(amount, "USD") for amount in (1245, 1246, 1283, 1284)])))
    # The agreement begins in July 2026, so the June day is judged by the same rules under a book that began earlier.
    books = make.books() if day == make.DAY else (earlier_agreement(), *make.books()[1:])
    return make.world(
        consent=make.consent(grants=(grant,), deal=make.deal(day_rate=rate)),
        request={"day": day},
        rulebooks=books,
        standing={
            "estimate_days": draw(st.integers(1, 12)),
            "days_charged": draw(st.sampled_from([0, 0, 0, 1, 2, 20])),
            "prior_gross": draw(PRIORS),
            "commission_bp": draw(st.integers(0, 10_000)),
        },
    )


def entries_of(world: make.World) -> tuple[Quote, list[Entry]]:
    """Every entry that the steps make of a yes: paid in, set aside, posted, and an unused permit given back."""
    given = make.granted(world)
    quote = world.decide().quote
    assert quote is not None
    entries = [pay_in(make.deposit(), entry_id=make.ident("entry", 3), at=make.AT)]
    paid = make.posted(world)
    if given.reserve is not None:
        assert paid is not None
        entries += [given.reserve, paid]
        entries.append(release(given.permit, left=given.permit.cost, entry_id=make.ident("entry", 4), at=make.AT))
    else:
        assert paid is None
    again = make.posted(world, already_due=True)
    assert again is None, "one permit's price is due once"
    if paid is not None:
        late = make.posted(world, reservation_stands=False)
        assert late is not None and late.postings[1:] == paid.postings[1:], "what was made is owed, however late"
        assert late.postings[0].account == f"funds/{make.PRODUCTION}"
        entries.append(late)
    return quote, entries


@SOME
@given(paid_worlds())
def test_invariant_7_every_entry_balances(world: make.World) -> None:
    """Whatever the amounts: each entry sums to nothing in one currency, and out of a reservation comes what it held."""
    if world.decide().answer is not Answer.PERMIT:
        return
    quote, entries = entries_of(world)
    for entry in entries:
        assert sum(line.amount.units for line in entry.postings) == 0
        assert {line.amount.currency for line in entry.postings} == {"USD"}
        assert len(entry.postings) >= 2
        assert all(line.amount.units for line in entry.postings), "no empty line"
        assert all(line.why and line.rule for line in entry.postings)
    if len(entries) > 1:
        held: dict[str, int] = {}
        for entry in entries[:3]:  # paid in, set aside, posted
            for line in entry.postings:
                held[line.account] = held.get(line.account, 0) + line.amount.units
        assert held[f"reserved/{make.ident('permit')}"] == 0
        assert sum(held.values()) == 0
        owed = -sum(amount for account, amount in held.items() if account.startswith("owed/"))
        assert owed == quote.cost.units
        mine = settle(
            tuple(entries[:3]),
            party=make.PERFORMER,
            accounts=(f"owed/performer/{make.PERFORMER}",),
            currency="USD",
            first_day=make.AT.day,
            last_day=make.AT.day,
        )
        assert mine.total.units == quote.gross.units - basis_points(
            quote.gross.units, world.standing.commission_bp, "USD"
        )
        assert mine.total.units == sum(line.amount.units for line in mine.lines)


SHOWN = re.compile(r"(\u2212?)([0-9,]+)(?:\.([0-9]+))?(?: (USD|bp) ?.*)?")
"""A number as people read it: `1,283.00 USD`, `2100 bp (21 %)`, `3`."""


def read_back(shown: str) -> int:
    """What a person reads, as the rules compute with it: amounts in millionths."""
    match = SHOWN.fullmatch(shown)
    assert match is not None, shown
    sign, whole, part, unit = match.groups()
    size = int(whole.replace(",", ""))
    if unit == "USD":
        size = size * 10**LEDGER_SCALE + int((part or "").ljust(LEDGER_SCALE, "0"))
    return -size if sign else size


def work_out(told: str) -> tuple[str, dict[str, int], int]:
    """A formula with the values that stand beside it: its text, those values, and what comes out of them."""
    text, _, shown = told.partition("; ")
    values = {name: read_back(value) for name, _, value in (item.partition(" = ") for item in shown.split(", "))}
    env: Env = values | {"currency": "USD"}
    result, _ = parse(text, dict.fromkeys(values, "number")).evaluate(env)
    assert isinstance(result, int)
    return text, values, result


@SOME
@given(paid_worlds())
def test_invariant_8_every_amount_explains_itself(world: make.World) -> None:
    """Each credited line names a rule that is found in a rulebook; each line of the price can be worked out again."""
    if world.decide().answer is not Answer.PERMIT:
        return
    quote, entries = entries_of(world)
    rules = {rule.rule: rule for item in world.books for rule in item.pays}
    on_the_way = {rule.name: rule.formula.text for rule in rules.values() if not rule.payee}
    known: dict[str, int] = {}
    for line in quote.lines:
        rule = rules[line.rule]
        assert rule.clause in line.clause and line.source == rule.source.title and line.clause and line.source
        first, *steps = line.arithmetic.split("; where ")
        text, env, result = work_out(first)
        assert (text, result) == (rule.formula.text, line.amount.units)
        for step in steps:  # what the line rests on, worked out in its turn
            name, _, told = step.partition(" = ")
            text, inner, result = work_out(told)
            assert (text, result) == (on_the_way[name], env[name])
            assert all(env.get(word, value) == value for word, value in inner.items()), "one word has one value"
            env |= inner
        assert set(env) & set(on_the_way) == {step.partition(" = ")[0] for step in steps}, "no step is left out"
        parameters = {item.name for book in world.books for item in book.parameters}
        assert {item.name for item in line.readings} == parameters & set(env)
        for reading in line.readings:
            assert reading.source and reading.since <= reading.keyed_on
            assert env[reading.name] == read_back(reading.value)
            governing = {"day": world.request.day, "photography_began": world.standing.photography_began}
            assert reading.keyed_on == governing[reading.keyed_by]
        known[line.name] = line.amount.units
    for entry in entries:
        for posting in entry.postings:
            if posting.account.startswith("owed/"):
                assert posting.rule in rules
                assert rules[posting.rule].clause in posting.why
                assert posting.amount.units < 0


@SOME
@given(RATES, RATES, st.integers(1, 30), st.sampled_from(["high", "medium", "low"]))
def test_invariant_10_floors_hold(rate: Money, minimum: Money, days: int, confidence: str) -> None:
    """No deal pays under the minimum; and a minimum that nobody verified asks a person wherever it would decide."""
    books = (load_plain(with_minimum(minimum, confidence)), *make.books()[1:])
    world = make.world(
        consent=make.consent(deal=make.deal(day_rate=rate)), rulebooks=books, standing={"estimate_days": days}
    )
    decision = world.decide()
    assert decision.quote is not None
    assert decision.quote.gross.units >= minimum.units * days
    assert decision.quote.gross.units == max(rate.units, minimum.units) * days
    would_decide = minimum > rate
    assert (decision.answer is Answer.ASK_A_PERSON) == (would_decide and confidence == "low")
    if decision.answer is Answer.ASK_A_PERSON:
        asked = [item.rule for item in decision.findings if item.effect is Effect.ASK]
        assert asked == ["TV-P2:day_minimum"]
    assert bool(decision.quote.unverified) == (confidence == "low"), "what is unverified is always shown"


def test_invariant_10_the_shipped_minimum_of_october_2026_asks() -> None:
    """Its sheet was not found: a deal under it goes to the union, a deal above it pays."""
    for rate, answer in ((1282, Answer.ASK_A_PERSON), (1283, Answer.PERMIT), (1284, Answer.PERMIT)):
        day_rate = Money.whole(rate, "USD")
        assert make.world(consent=make.consent(deal=make.deal(day_rate=day_rate))).decide().answer is answer


def test_a_retake_inside_the_estimated_days_costs_nothing_more() -> None:
    """Three counts, never confused: the frames are metered, the days were paid."""
    world = make.world(standing={"days_charged": 3})
    quote, entries = entries_of(world)
    assert (quote.cost.units, quote.days, len(entries)) == (0, 0, 1)


def test_a_use_for_which_no_day_was_ever_estimated_is_not_priced() -> None:
    """An estimate of nothing is not a way to pay nothing."""
    decision = make.world(standing={"estimate_days": 0}).decide()
    assert (decision.answer, decision.code) == (Answer.REFUSE, Code.UNPRICED)
