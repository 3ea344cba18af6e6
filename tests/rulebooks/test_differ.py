"""What differs between two rulebooks: nothing is missed, nothing is invented, and it reads the same both ways."""

from __future__ import annotations

import copy
import json
from dataclasses import replace
from datetime import date
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.plain_books import INDEX, SOURCE, judge, load_plain, parameter, pay
from rulebooks.kit import run
from stagedoor.core.rules.differ import ADDED, CHANGED, DROPPED, Change, Side, compare, how_far
from stagedoor.core.rules.rulebook import Rulebook
from stagedoor.wiring import rulebooks

DAY = date(2026, 10, 14)
PLAIN: dict[str, Any] = {
    "index": INDEX,
    "files": {
        "rates/day.yaml": {"parameters": [parameter()]},
        "consent/replica.yaml": {"judges": [judge()]},
        "pay/use.yaml": {"pays": [pay()]},
    },
}


def book(**files: Any) -> Rulebook:
    """The book above with some of its files replaced; `_` stands for a slash."""
    plain = copy.deepcopy(PLAIN)
    plain["files"] |= {name.replace("_", "/", 1) + ".yaml": content for name, content in files.items()}
    return load_plain(plain)


def changes(old: Rulebook, new: Rulebook, *, day: date = DAY) -> tuple[Change, ...]:
    """What differs on one day."""
    return compare(Side(books=(old,), day=day), Side(books=(new,), day=day))


def with_value(value: str, **source: Any) -> dict[str, Any]:
    """The file of rates with another value."""
    dated = {"from": "2023-01-01", "value": value, "source": SOURCE | source}
    return {"parameters": [parameter(values=[dated])]}


@pytest.mark.parametrize("name", rulebooks().names())
def test_a_rulebook_does_not_differ_from_itself(name: str) -> None:
    loaded = rulebooks().load(name)
    assert changes(loaded, loaded) == ()


def test_a_value_that_moved_is_told_with_percent() -> None:
    (found,) = changes(book(), book(rates_day=with_value("103.000000 USD")))
    assert (found.subject, found.thing, found.how) == ("rates", "value", CHANGED)
    assert found.sentence == "a_rate (A rate): value: 100.00 USD → 103.00 USD (+3.00 %)"


def test_how_sure_anybody_is_counts_as_a_change() -> None:
    (found,) = changes(book(), book(rates_day=with_value("100.000000 USD", confidence="low")))
    assert found.sentence == "a_rate (A rate): confidence: high → low"


def test_a_title_alone_changes_no_rule() -> None:
    """A rule that reads a parameter says the same after the parameter got another title."""
    reads = {"pays": [pay(formula="max(day_rate, a_rate) * new_days")]}
    renamed = {"parameters": [parameter(title="Another title")]}
    assert changes(book(pay_use=reads), book(pay_use=reads, rates_day=renamed)) == ()


@pytest.mark.parametrize(
    ("field", "aspect"),
    [({"says": "Never."}, "what it says"), ({"when": "use == 'publish'"}, "when"), ({"applies": "released"}, "when"),
     ({"from": "2025-01-01"}, "when"), ({"code": "held"}, "what it does"), ({"clause": "9"}, "clause"),
     ({"source": SOURCE | {"confidence": "low"}}, "confidence")],
)  # fmt: skip
def test_each_part_of_a_rule_that_changes_is_told(field: dict[str, Any], aspect: str) -> None:
    (found,) = changes(book(), book(consent_replica={"judges": [judge(**field)]}))
    assert (found.subject, found.thing, found.how, found.aspect) == ("consent", "rule", CHANGED, aspect)


@pytest.mark.parametrize(
    ("field", "aspect"),
    [({"formula": "day_rate"}, "how much"), ({"on_top": True}, "to whom"), ({"payee": "union"}, "to whom"),
     ({"title": "Other"}, "title")],
)  # fmt: skip
def test_each_part_of_a_payment_that_changes_is_told(field: dict[str, Any], aspect: str) -> None:
    (found,) = changes(book(), book(pay_use={"pays": [pay(**field)]}))
    assert (found.subject, found.thing, found.aspect) == ("pay", "payment", aspect)


def test_what_is_gone_and_what_is_new() -> None:
    (gone,) = changes(book(), book(consent_replica={"judges": []}))
    assert gone.sentence == "x-1: gone. No: forbids (rule_forbids)"
    (new,) = changes(book(consent_replica={"judges": []}), book())
    assert new.sentence == "x-1: new. No: forbids (rule_forbids)"


def test_an_id_that_is_now_a_payment_is_gone_and_new() -> None:
    """They have no part in common that could have changed."""
    found = changes(book(), book(consent_replica={"pays": [pay(rule="x-1", name="bonus")]}))
    assert [(item.name, item.how, item.thing) for item in found] == [
        ("x-1", DROPPED, "rule"),
        ("x-1", ADDED, "payment"),
    ]


def test_a_rule_outside_its_window_and_a_book_outside_its_term_are_not_there() -> None:
    windowed = book(consent_replica={"judges": [judge() | {"from": "2026-10-15"}]})
    together = (windowed,)
    before, after = Side(books=together, day=DAY), Side(books=together, day=date(2026, 10, 15))
    assert [(item.name, item.how) for item in compare(before, after)] == [("x-1", ADDED)]
    ended = replace(book(), last_day=date(2026, 10, 13))
    assert {(item.name, item.how) for item in changes(book(), ended)} == {("x-1", DROPPED), ("x-2", DROPPED)}


@pytest.mark.parametrize(
    ("old", "new", "unit", "said"),
    [(100, 103, "money", "+3.00 %"), (3, 2, "count", "−33.33 %"), (0, 5, "count", ""),
     (2100, 2150, "bp", "+0.50 points"), (2150, 2100, "bp", "−0.50 points"), (0, 50, "bp", "+0.50 points"),
     (8, 9, "days", "+12.50 %")],
)  # fmt: skip
def test_how_far_a_number_moved(old: int, new: int, unit: str, said: str) -> None:
    """Rates in points: 21 % to 21.5 % is no rise of two percent to anybody who pays it."""
    assert how_far(old, new, unit) == said


@given(st.integers(1, 10**9), st.integers(1, 10**9))
def test_there_and_back(old: int, new: int) -> None:
    """Turned round, what is new is gone and each value goes the other way."""
    one = book(rates_day=with_value(f"{old}.000000 USD"))
    two = book(rates_day=with_value(f"{new}.000000 USD"), consent_replica={"judges": []})
    there, back = changes(one, two), changes(two, one)
    turned = {ADDED: DROPPED, DROPPED: ADDED, CHANGED: CHANGED}
    assert {(item.name, turned[item.how], item.new, item.old) for item in there} == {
        (item.name, item.how, item.old, item.new) for item in back
    }
    assert len(there) == 1 + (old != new)


def test_the_two_agreements_differ_as_everybody_knows() -> None:
    """2026 brought the picket line, the scan gate, minors and additional value, and raised every minimum."""
    said = run("rulebook", "diff", "sag_aftra_tv_theatrical_2023", "sag_aftra_tv_theatrical_2026")
    assert said.status == 0, said
    for words in (
        "26-1: new.",
        "26-4: new.",
        "26-5: new.",
        "26-6: new.",
        "day_minimum",
        "1,246.00 USD → 1,283.00 USD (+2.97 %)",
    ):
        assert words in said.out, words


def test_two_days_of_one_rulebook() -> None:
    told = run(
        "rulebook", "diff", "sag_aftra_tv_theatrical_2026", "--from", "2026-12-01", "--to", "2027-07-01", "--json"
    )
    found = {item["name"]: item for item in told_changes(told.out)}
    assert found["day_minimum"]["old"] == "1,283.00 USD"
    assert found["day_minimum"]["new"] == "1,321.00 USD"
    assert {item["how"] for item in found.values()} == {CHANGED}


def told_changes(text: str) -> list[dict[str, str]]:
    """The changes of `--json` whose aspect is the value."""
    return [item for item in json.loads(text)["changes"] if item["aspect"] == "value"]


@pytest.mark.parametrize(
    ("arguments", "words"),
    [(("sag_aftra_tv_theatrical_2026",), "--from DAY --to DAY"),
     (("sag_aftra_tv_theatrical_2026", "--from", "2026-07-01"), "--from DAY --to DAY"),
     (("sag_aftra_tv_theatrical_2026", "--on", "2026-07-01"), "--from DAY --to DAY"),
     (("sag_aftra_tv_theatrical_2023", "sag_aftra_tv_theatrical_2026", "--to", "2026-07-01"), "--on DAY"),
     (("sag_aftra_tv_theatrical_2023", "sag_aftra_tv_theatrical_2026", "--on", "July"), "--on: 'July' is not a day"),
     (("sag_aftra_tv_theatrical_2023", "nobody"), "there is no such rulebook")],
)  # fmt: skip
def test_what_cannot_be_compared(arguments: tuple[str, ...], words: str) -> None:
    said = run("rulebook", "diff", *arguments)
    assert said.status == 2
    assert words in said.err
    assert said.err.startswith("stagedoor: ")
