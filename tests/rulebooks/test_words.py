"""A rule's text in plain words: nothing of it is lost, and brackets stand where it could be read in two ways."""

from __future__ import annotations

from typing import Any

import pytest

from core.plain_books import judge, load_plain, plain_book
from stagedoor.core.rules.load import COMPUTED
from stagedoor.core.rules.text import parse
from stagedoor.core.rules.tree import NUMBER
from stagedoor.core.rules.vocabulary import KINDS, WORDS
from stagedoor.core.rules.words import PHRASES, effect_in_words, judge_in_words, pay_in_words, rule_in_words, titles_of
from stagedoor.wiring import rulebooks

SAID = {
    "use == 'render'": "what is asked for is render",
    "use in ('render', 'alter')": "what is asked for is render or alter",
    "use not in ('render',)": "what is asked for is not render",
    "'strike' in holds": "strike is among the holds on the asset",
    "'EU' not in places": "EU is not among the places whose law the use touches",
    "not released": "it is not so that the performer signed a release for the scan",
    "units > 100": "the number of units asked for is more than 100",
    "units >= 1_000": "the number of units asked for is at least 1,000",
    "units * 2 + 1 == 3": "((the number of units asked for times 2) plus 1) is 3",
    "not (schedule_f or released)": "it is not so that (the performer is on a flat Schedule F deal, or the performer "
    "signed a release for the scan)",
    "schedule_f and (released or prompted)": "the performer is on a flat Schedule F deal, and (the performer signed a "
    "release for the scan, or a text prompt drives the use)",
    "schedule_f and (released and prompted)": "the performer is on a flat Schedule F deal, and the performer signed a "
    "release for the scan, and a text prompt drives the use",
    "released if schedule_f else False": "the performer is on a flat Schedule F deal, and the performer signed a "
    "release for the scan",
    "released if schedule_f else True": "if the performer is on a flat Schedule F deal: the performer signed a release "
    "for the scan; otherwise: yes",
    "made_under == ''": "the agreement that the replica was made under is nothing",
    "max(day_rate, a_rate) * 2": "(the larger of the performer's own day rate and “A rate”) times 2",
    "min(day_rate, max(a_rate, 1))": "the smaller of the performer's own day rate and (the larger of “A rate” and 1)",
    "bp(day_rate, a_rate)": "the share “A rate” of the performer's own day rate",
    "band(prior_gross, day_rate, 0, a_rate)": "the part of the performer's own day rate that falls between 0 and "
    "“A rate”, after pay on this picture before this use",
    "-units": "minus the number of units asked for",
}


@pytest.mark.parametrize("text", SAID)
def test_a_text_is_said_in_these_words(text: str) -> None:
    """One example of every part of the language."""
    parsed = parse(text, KINDS | {"a_rate": NUMBER})
    assert rule_in_words(parsed, {"a_rate": "“A rate”"}) == SAID[text]


@pytest.mark.parametrize(
    ("due", "said"),
    [([], ""), ([{"of": "purpose_ended"}], ", due on the day on which the purpose of the data was met"),
     ([{"of": "last_contact", "years": 3}], ", due 3 years after the last day of contact with the person"),
     ([{"of": "day", "months": -1}], ", due 1 month before the day of service"),
     ([{"of": "day", "days": 1}, {"of": "day", "months": 14, "days": 2}],
      ", due at the earliest of: 1 day after the day of service; 14 months and 2 days after the day of service")],
)  # fmt: skip
def test_when_a_duty_is_due(due: list[dict[str, Any]], said: str) -> None:
    """In years where they are whole, and before what is before."""
    rule = {name: value for name, value in judge(effect="duty", to="union", due=due).items() if name != "code"}
    (read,) = load_plain(plain_book(judges=(rule,))).judges
    assert effect_in_words(read) == f"duty towards the union{said}"


@pytest.mark.parametrize(
    ("over", "said"),
    [({"effect": "note"}, "is noted; the answer does not change"), ({}, "forbids (rule_forbids)"),
     ({"effect": "ask", "asks": "lawyer", "needs": ["the memo", "the script"], "answer_days": 1},
      "asks the lawyer, who has 1 day to answer; they must have before them: the memo; the script"),
     ({"effect": "notice", "to": "plans"}, "notice to the plans")],
)  # fmt: skip
def test_what_a_rule_does(over: dict[str, Any], said: str) -> None:
    rule = {name: value for name, value in judge(**over).items() if name != "code" or not over}
    (read,) = load_plain(plain_book(judges=(rule,))).judges
    assert effect_in_words(read) == said


@pytest.mark.parametrize("name", rulebooks().names())
def test_every_word_that_a_shipped_rule_reads_is_in_its_words(name: str) -> None:
    """And no bare name of a parameter is left."""
    book = rulebooks().load(name)
    titles = titles_of(book)
    for rule, said in [
        *((rule, judge_in_words(rule, titles)) for rule in book.judges),
        *((rule, pay_in_words(rule, titles)) for rule in book.pays),
    ]:
        texts = (rule.applies, rule.when if hasattr(rule, "when") else rule.formula)
        for read in {read for text in texts if text for read in text.reads} - {"currency"}:
            assert (
                rule_in_words(parse(read, KINDS | dict.fromkeys((*titles, *COMPUTED), NUMBER)), titles).lower()
                in said.lower()
            ), read


def test_every_word_has_a_phrase_of_its_own() -> None:
    """Two words that are said alike would be one for the reader."""
    said = {name: rule_in_words(parse(name, KINDS), {}) for name in WORDS}
    assert all(len(phrase) > 3 for phrase in said.values())
    alike = [name for name, phrase in said.items() if list(said.values()).count(phrase) > 1]
    assert alike == []
    assert set(PHRASES) - {"gross"} <= set(WORDS)
