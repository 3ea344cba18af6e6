"""The measured rates: ceilings a little above what was measured, and the page that states them."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import pytest

from stagedoor.adapters.naming.measured.drawing import lines
from stagedoor.adapters.naming.measured.innocent import innocent
from stagedoor.adapters.naming.measured.rates import Rates, attested, entries, measure
from stagedoor.cli.naming import as_markdown

MISSED_PERCENT = {
    "middle name put in": 1,
    "one word, as a handle": 1,
    "digits for letters": 1,
    "in Cyrillic letters": 4,
    "other romanisation": 5,
    "a double letter": 1,
    "a letter left out": 1,
    "surname alone": 9,
    "attested spellings": 13,
}
"""Percent of prompts in which a name was said and nobody seen.  Every kind that is not listed: none at all."""

NAMED_INNOCENT_PERCENT = 0.1
POSSIBLE_INNOCENT_PERCENT = 4


@cache
def rates() -> Rates:
    return measure()


def test_the_list_is_as_large_as_it_says() -> None:
    names = [name for entry in entries() for name in entry.names]
    assert len(names) == len(set(names)) >= 400
    assert len(set(attested())) == len(attested()) >= 200
    assert {name for name, _ in attested()} <= set(names)
    assert len(set(innocent())) >= 2_000


def test_no_innocent_prompt_holds_a_registered_name() -> None:
    full = {name.lower() for name in lines("names.txt") if " " in name}
    assert [prompt for prompt in innocent() if any(name in prompt.lower() for name in full)] == []


def test_few_are_missed_of_any_kind() -> None:
    worse = {
        row.kind: (100 * row.missed / row.tried, 100 * row.missed_large / row.tried)
        for row in rates().missed
        if 100 * max(row.missed, row.missed_large) > MISSED_PERCENT.get(row.kind, 0) * row.tried
    }
    assert worse == {}


def test_full_names_are_named_and_not_only_asked_about() -> None:
    for row in rates().missed[:6]:
        assert row.named >= 0.98 * row.tried, row.kind


@pytest.mark.parametrize("register", [0, 1])
def test_few_are_accused(register: int) -> None:
    row = rates().accused[register]
    assert row.registered == (len(entries()), 10_000)[register]
    assert 100 * row.named <= NAMED_INNOCENT_PERCENT * row.prompts
    assert 100 * row.possible <= POSSIBLE_INNOCENT_PERCENT * row.prompts


def test_the_page_states_what_the_program_measures() -> None:
    page = (Path(__file__).parents[2] / "docs" / "NAMES.md").read_text(encoding="utf-8")
    assert as_markdown(rates()) in page, "print it anew: stagedoor prompt measure --markdown"
