"""Rulebooks: all of them load, every case holds, every rule has its cases, and those that decide together agree."""

from __future__ import annotations

import copy
import re
from collections import Counter
from dataclasses import replace
from datetime import timedelta

import pytest

from core import builders as make
from core.plain_books import load_plain
from stagedoor.adapters.rulebooks import FolderRulebooks
from stagedoor.core.rules.agreement import collisions
from stagedoor.core.rules.cases import run_case, uncovered
from stagedoor.core.rules.load import RulebookError
from stagedoor.core.rules.rulebook import Case, Rulebook

SHIPPED = FolderRulebooks(make.RULEBOOKS, read_on=make.READ_ON)
FOR_VECTORS = FolderRulebooks(make.SPEC / "rulebooks", read_on=make.READ_ON)
EVERY_BOOK = [*SHIPPED.names(), *FOR_VECTORS.names()]


def _loaded() -> dict[str, Rulebook]:
    """Those that load; `test_it_loads` tells of the others, each by its own name."""
    found: dict[str, Rulebook] = {}
    for name in EVERY_BOOK:
        try:
            found[name] = make.book(name)
        except RulebookError:
            continue
    return found


LOADED = _loaded()
CASES = [(book, case) for book in LOADED.values() for case in book.cases]
THAT_DECIDE = [book.name for book in LOADED.values() if book.kind in ("agreement", "waiver", "deal")]


@pytest.mark.parametrize("name", EVERY_BOOK)
def test_it_loads(name: str) -> None:
    """And bears its folder's name."""
    assert make.book(name).name == name


def test_the_storys_rulebooks_are_there() -> None:
    """And every folder beside them is one too."""
    assert set(make.BOOKS) <= set(SHIPPED.names())
    folders = {path.name for path in make.RULEBOOKS.iterdir() if path.is_dir() and not path.name.startswith("_")}
    assert folders == set(SHIPPED.names())


@pytest.mark.parametrize(("book", "case"), CASES, ids=[f"{book.name}-{case.rule}-{case.name}" for book, case in CASES])
def test_cases(book: Rulebook, case: Case) -> None:
    """What comes out is what the case expects; the failure is the sentence that an officer would read."""
    assert run_case(book, case) == ""


@pytest.mark.parametrize("name", LOADED)
def test_every_rule_has_a_case(name: str) -> None:
    """No rule, rate or ceiling that no worked example runs."""
    assert uncovered(LOADED[name]) == ()


@pytest.mark.parametrize("name", SHIPPED.names())
def test_every_rule_that_judges_has_a_case_in_which_it_speaks_and_one_in_which_it_is_silent(name: str) -> None:
    """A rule that was only ever seen to speak may speak always."""
    seen = {(case.rule, value) for case in LOADED[name].cases for key, value in case.expect if key == "speaks"}
    wanted = {(rule.rule, speaks) for rule in LOADED[name].judges for speaks in (True, False)}
    assert sorted(wanted - seen) == []


@pytest.mark.parametrize("name", SHIPPED.names())
def test_every_due_day_is_worked_out_in_a_case(name: str) -> None:
    """A term of days or months is as easily mistyped as a rate."""
    seen = {case.rule for case in LOADED[name].cases if "due" in dict(case.expect)}
    assert [rule.rule for rule in LOADED[name].judges if rule.due and rule.rule not in seen] == []


@pytest.mark.parametrize("name", LOADED)
def test_a_wrong_expectation_fails(name: str) -> None:
    """Show me this check failing: each case, with each thing that it expects turned, must not hold."""
    book = LOADED[name]
    for case in book.cases:
        for key, value in case.expect:
            wrong = replace(case, expect=((key, _turned(value)),))
            assert run_case(book, wrong), (case.name, key)


def _turned(value: int | bool | str) -> int | bool | str:
    if isinstance(value, bool):
        return not value
    return value + 1 if isinstance(value, int) else "1999-01-01"


@pytest.mark.parametrize("name", LOADED)
def test_every_value_and_every_rule_says_where_it_was_read(name: str) -> None:
    """The loader refuses what names no source; here, that the source leads somewhere."""
    book = LOADED[name]
    sources = [rule.source for rule in (*book.judges, *book.pays)]
    sources += [dated.source for item in book.parameters for dated in item.values]
    for source in sources:
        assert re.match(r"https?://\S+$|docs/|spec/", source.url), source
        assert len(source.title) > 5, source


@pytest.mark.parametrize("name", THAT_DECIDE)
def test_rulebooks_that_decide_together_share_no_name(name: str) -> None:
    """Answers and readings find rules and values by name alone: two of one name are a doubt, and refuse."""
    together = SHIPPED.deciding(name) if name in SHIPPED.names() else (LOADED[name],)
    assert [finding.says for finding in collisions(together)] == []
    rules = Counter(rule.rule for book in together for rule in (*book.judges, *book.pays))
    assert [rule for rule, count in rules.items() if count > 1] == []


def shape(book: Rulebook) -> tuple[object, ...]:
    """A rulebook without its closures, which are never equal."""
    rules = [(rule.rule, rule.when.text, rule.reads, rule.effect, rule.source, rule.due) for rule in book.judges]
    pays = [(rule.rule, rule.formula.text, rule.reads, rule.payee, rule.source) for rule in book.pays]
    return (book.digest, book.parameters, rules, pays, book.cases)


@pytest.mark.parametrize("name", LOADED)
def test_a_rulebook_reads_the_same_twice_and_its_digest_covers_it(name: str) -> None:
    """One digest for one content; another word anywhere is another digest."""
    root = SHIPPED if name in SHIPPED.names() else FOR_VECTORS
    assert shape(root.load(name)) == shape(root.load(name))
    changed = copy.deepcopy(root.plain(name))
    changed["index"]["note"] += "!"
    assert load_plain(changed).digest != root.load(name).digest


@pytest.mark.parametrize("name", LOADED)
def test_a_value_holds_from_its_very_day_until_the_day_before_the_next(name: str) -> None:
    """And before the first there is none: nothing is guessed."""
    for dated in LOADED[name].parameters:
        before = None
        for value in dated.values:
            assert dated.at(value.since) == value
            assert dated.at(value.since - timedelta(days=1)) == before
            before = value
