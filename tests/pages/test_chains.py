"""Nothing unverified passes as verified, held against the ledger's own words for a clause."""

from __future__ import annotations

from dataclasses import replace

from pages import sample
from stagedoor.core.base.money import Money
from stagedoor.core.facts.decision import PriceLine
from stagedoor.core.rules.vocabulary import shown_value
from stagedoor.portal.chains import rate_of, steps_of
from stagedoor.stories.answer_why import Chain, _clause

LINE = PriceLine(
    name="gross", payee="performer", amount=Money.whole(7_500, "USD"), on_top=False, rule="TV-P2",
    arithmetic="max(day_rate, day_minimum) * new_days", clause="EBDR use", source="a summary", confidence="high",
    readings=(sample.MINIMUM, sample.RATE),
)  # fmt: skip


def test_the_ledgers_own_clause_yields_its_doubt() -> None:
    chain = Chain(entry=sample.digest("e"), line=0, links=(_clause(LINE),))
    assert steps_of(chain)[0].doubts == ("low",)
    assert steps_of(chain)[0].details == _clause(LINE).details
    step = steps_of(chain, LINE.readings)[0]
    assert step.doubts == ("low",) and step.details == (LINE.arithmetic,)
    assert [rate.verified for rate in step.rates] == [False, True]


def test_a_reading_that_states_no_confidence_is_in_doubt() -> None:
    link = replace(_clause(LINE), details=("arithmetic", "day_minimum = 3"))
    assert steps_of(Chain(entry="", line=0, links=(link,)))[0].doubts == ("not stated",)


def test_rates_are_written_as_people_write_them() -> None:
    assert rate_of(sample.MINIMUM).value == "1,283.00 USD"
    assert rate_of(sample.RATE).value == "2100 bp (21 %)"
    assert rate_of(replace(sample.MINIMUM, value="odd")).value == "odd"
    for value, unit, shown in ((1_283_000_000, "money", "1,283.00 USD"), (2050, "bp", "2050 bp (20.5 %)"),
                               (5, "bp", "5 bp (0.05 %)"), (10_000, "bp", "10000 bp (100 %)"),
                               (180, "degrees", "180 degrees"), (3, "", "3")):  # fmt: skip
        assert shown_value(value, unit, "USD") == shown
        assert rate_of(replace(sample.RATE, unit=unit, value=shown)).value == shown
    assert shown_value(1_283_000_000, "money", "JPY") == "1,283 JPY"
    assert rate_of(sample.RATE).governed_by == "start of principal photography"
    assert rate_of(replace(sample.RATE, keyed_by="other_day")).governed_by == "other day"
