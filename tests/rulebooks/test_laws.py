"""Law by place: silent everywhere else, and where it speaks it says what to declare."""

from __future__ import annotations

import re
from datetime import date
from typing import Any

import pytest

from core import builders as make
from stagedoor.adapters.rulebooks import FolderRulebooks
from stagedoor.core.base.outcome import Code
from stagedoor.core.facts.asset import AssetKind, ReplicaKind
from stagedoor.core.facts.consent import Use, WithdrawalMode, WithdrawalTerm
from stagedoor.core.facts.decision import Answer, Decision
from stagedoor.core.facts.request import Circumstance, DatedFact
from stagedoor.core.rules.declared import DECLARED, DECLARED_DATES
from stagedoor.core.rules.rulebook import Rulebook
from stagedoor.core.steps.decide import decide

FOLDER = FolderRulebooks(make.RULEBOOKS, read_on=make.READ_ON)
BOOKS = FOLDER.deciding(make.AGREEMENT)
LAWS = tuple(book for book in BOOKS if book.kind == "law")
OTHERS = tuple(book for book in BOOKS if book.kind != "law")
SPECIFIC = {
    "replaces_work": True, "uses_specific": True, "uses_consistent": True, "counsel": False, "union_cover": True,
}  # fmt: skip


def _decided(
    books: tuple[Rulebook, ...],
    *,
    declared: dict[str, Any] | None = None,
    dates: dict[str, date] | None = None,
    consent: dict[str, Any] | None = None,
    request: dict[str, Any] | None = None,
    standing: dict[str, Any] | None = None,
) -> Decision:
    given = make.consent(**consent or {})
    asked = make.request(
        given,
        circumstances=tuple(Circumstance(name=name, value=value) for name, value in (declared or {}).items()),
        dates=tuple(DatedFact(name=name, day=day) for name, day in (dates or {}).items()),
        **request or {},
    )
    return decide(asked, make.standing(asked, given, books, **standing or {}), given, books, at=make.AT)


def _of_laws(decision: Decision) -> dict[str, str]:
    titles = {book.title for book in LAWS}
    return {item.rule: item.says for item in decision.findings if item.clause.split(":")[0] in titles}


def test_the_laws_that_decide_are_those_in_force() -> None:
    """Bills load and are shown, and decide nothing."""
    assert {book.place for book in LAWS} == {"US-CA", "US-NY", "US-IL", "US-TN", "EU", "GB"}
    bills = [book for name in FOLDER.names() if (book := FOLDER.load(name)).status == "proposed"]
    assert {book.place for book in bills} == {"US", "DK"}
    assert not any(book.decides for book in bills)


@pytest.mark.parametrize("use", list(Use), ids=lambda use: use.value)
@pytest.mark.parametrize("asset", list(AssetKind), ids=lambda kind: kind.value)
@pytest.mark.parametrize("replica", [None, *ReplicaKind], ids=str)
@pytest.mark.parametrize("died_on", [None, date(2023, 1, 1)], ids=["living", "dead"])
@pytest.mark.parametrize("places", [(), ("DE", "US-OR")], ids=["nowhere", "elsewhere"])
def test_elsewhere_no_law_touches_anything(
    use: Use, asset: AssetKind, replica: ReplicaKind | None, died_on: date | None, places: tuple[str, ...]
) -> None:
    """The same answer, findings, duties and price as without any book of law."""
    standing = {"asset_kind": asset, "replica_kind": replica, "died_on": died_on}
    request = {"use": use, "places": places}
    with_laws = _decided(BOOKS, request=request, standing=standing)
    without = _decided(OTHERS, request=request, standing=standing)
    assert with_laws.findings == without.findings
    assert (with_laws.answer, with_laws.code) == (without.answer, without.code)
    assert (with_laws.duties, with_laws.quote) == (without.duties, without.quote)


@pytest.mark.parametrize("book", LAWS, ids=lambda book: book.name)
def test_every_rule_of_a_law_asks_for_its_place_first(book: Rulebook) -> None:
    """So that one that is added later cannot speak elsewhere."""
    for rule in book.judges:
        assert rule.applies is not None, rule.rule
        assert f"'{book.place}' in places" in rule.applies.text, rule.rule
    assert book.pays == ()


@pytest.mark.parametrize("book", LAWS, ids=lambda book: book.name)
def test_a_law_that_forbids_names_every_word_that_is_to_be_declared(book: Rulebook) -> None:
    """Doubt refuses, and the sentence is all that the reader has."""
    keyed = {item.name: item.keyed_by for item in book.parameters if item.keyed_by in DECLARED_DATES}
    for rule in book.judges:
        if rule.code is None:
            continue
        wanted = [keyed.get(name, name) for name in rule.reads if name in DECLARED or name in keyed]
        missing = [word for word in wanted if re.search(rf"\b{word}\b", rule.says) is None]
        assert missing == [], (rule.rule, missing)


def test_in_california_nothing_declared_is_refused_and_all_limbs_met_is_forbidden() -> None:
    """And declared properly it passes with the yes that it had."""
    there = {"places": ("US-CA",)}
    silent = _decided(BOOKS, request=there)
    assert (silent.answer, silent.code) == (Answer.REFUSE, Code.DOUBT)
    assert "union_cover" in _of_laws(silent)["CAL-01"]
    vague = SPECIFIC | {"uses_specific": False, "uses_consistent": False, "union_cover": False}
    forbidden = _decided(BOOKS, request=there, declared=vague)
    assert (forbidden.answer, forbidden.code) == (Answer.REFUSE, Code.LAW_FORBIDS)
    assert _decided(BOOKS, request=there, declared=SPECIFIC).answer is Answer.PERMIT


def test_the_law_stands_above_a_consent_that_cannot_be_withdrawn() -> None:
    """The paper says never; the law of the place says at any time."""
    never = {"withdrawal": WithdrawalTerm(may_withdraw=(), notice_days=0, mode=WithdrawalMode.NEVER)}
    for place, rule in (("EU", "GDP-01-mode-EU"), ("GB", "GDP-01-mode-GB")):
        assert rule in _of_laws(_decided(BOOKS, request={"places": (place,)}, consent=never))
        assert rule not in _of_laws(_decided(BOOKS, request={"places": (place,)}))


def test_an_access_request_is_due_in_a_month() -> None:
    """31 March and one month is 30 April; three in all for a complex one."""
    decision = _decided(BOOKS, request={"places": ("GB",)}, dates={"access_received_on": date(2026, 3, 31)})
    due = {duty.rule: duty.due for duty in decision.duties}
    assert due["SAR-01-GB"] == date(2026, 4, 30)
    assert due["SAR-01-complex-GB"] == date(2026, 6, 30)
