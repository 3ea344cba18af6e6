"""docs/how-to/equity-rates.md, typed: its file, its commands, its slips; and the price with and without."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import pytest

from core import builders as make
from rulebooks.kit import run
from stagedoor.adapters.rulebooks import FolderRulebooks
from stagedoor.core.base.money import Money
from stagedoor.core.base.outcome import Code
from stagedoor.core.facts.decision import Decision
from stagedoor.core.facts.request import Answered, Circumstance
from stagedoor.core.steps.decide import decide

PAGE = (make.ROOT / "docs" / "how-to" / "equity-rates.md").read_text(encoding="utf-8")
FILE = re.search(r"Write `my-rates/equity_pact_tv\.yaml`:\n\n```yaml\n(.*?)```", PAGE, re.DOTALL)
STEP = re.compile(
    r"(?:In `my-rates/[^`]+`, `(?P<old>[^`]+)` became `(?P<new>[^`]+)`:\n\n)?```console\n(?P<said>.*?)```", re.DOTALL
)
BOOKS = ("equity_pact_tv", "equity_pact_cinema")


@pytest.fixture
def card(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The file that the page writes, in the folder that it names."""
    assert FILE is not None
    path = tmp_path / "my-rates" / "equity_pact_tv.yaml"
    path.parent.mkdir()
    path.write_text(FILE[1], encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("STAGEDOOR_RATES", "my-rates")
    return path


def test_what_the_page_says_is_what_happens(card: Path) -> None:
    """Each slip changes the file, and then it is put right again."""
    slips = 0
    before = card.read_text(encoding="utf-8")
    for step in STEP.finditer(PAGE):
        if step["old"]:
            assert step["old"] in before, step["old"]
            card.write_text(before.replace(step["old"], step["new"], 1), encoding="utf-8")
            slips += 1
        for said in re.split(r"^\$ stagedoor ", step["said"], flags=re.MULTILINE)[1:]:
            command, _, output = said.partition("\n")
            assert run(*command.split()).all == output, command
        card.write_text(before, encoding="utf-8")
    assert slips == 3


@pytest.mark.parametrize("name", BOOKS)
def test_the_page_names_every_figure_that_a_rulebook_leaves_to_the_user(name: str) -> None:
    """And none that it does not."""
    book = make.book(name)
    assert all(item.supplied and item.values == () for item in book.parameters)
    told = dict(re.findall(r"^\| `(\w+)` \|.*\| (\w+) \|$", PAGE, re.MULTILINE))
    mine = {key: unit for key, unit in told.items() if key in {item.name for item in book.parameters}}
    assert mine == {item.name: item.unit for item in book.parameters}
    assert set(told) == {item.name for each in BOOKS for item in make.book(each).parameters}


def _decided(rates: Path | None, day_rate: int = 0) -> Decision:
    books = FolderRulebooks(make.RULEBOOKS, read_on=make.READ_ON, rates=rates).deciding("equity_pact_tv")
    deal = make.deal(day_rate=Money.whole(day_rate, "GBP"))
    given = make.consent(agreement="equity_pact_tv", deal=deal)
    given = replace(given, grants=tuple(replace(grant, media=("television",)) for grant in given.grants))
    pension = tuple(Circumstance(name=name, value=True) for name in ("eps_deducted", "eps_number"))
    asked = make.request(given, medium="television", circumstances=pension)
    yes = (Answered(rule="EQTV-replica", yes=True, approval="sha256:" + "0" * 64),)
    money = {"currency": "GBP", "prior_gross": Money.zero("GBP")}
    return decide(asked, make.standing(asked, given, books, answers=yes, **money), given, books, at=make.AT)


def test_without_the_users_file_nothing_is_priced_and_the_message_names_it() -> None:
    """Rates that are not public are never guessed."""
    decision = _decided(None)
    assert decision.code is Code.UNPRICED
    (says,) = [item.says for item in decision.findings if item.code is Code.UNPRICED]
    assert "equity_pact_tv.yaml" in says
    assert "docs/how-to/equity-rates.md" in says


def test_with_it_the_engagement_and_the_pension_are_priced(card: Path) -> None:
    """111 x 3 = 333, above the minimum of 222; 333 x 1.11 % = 3.6963, so 3.70 on top."""
    quote = _decided(card.parent).quote
    assert quote is not None
    lines = {line.name: str(line.amount) for line in quote.lines if line.payee != "agent"}
    assert lines == {"gross": "333.000000 GBP", "equity pension": "3.700000 GBP"}


def test_the_performers_own_rate_counts_if_it_is_higher(card: Path) -> None:
    """200 x 3 = 600."""
    quote = _decided(card.parent, 200).quote
    assert quote is not None
    assert str(next(line.amount for line in quote.lines if line.name == "gross")) == "600.000000 GBP"
