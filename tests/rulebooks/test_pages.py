"""docs/rulebooks/ is what its writer writes; after a change of a rulebook: `python docs/make_rulebooks.py`."""

from __future__ import annotations

import re
import runpy
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from core import builders as make
from stagedoor.core.rules.outline import confidences
from stagedoor.core.rules.rulebook import Rulebook
from stagedoor.wiring import rulebooks

PAGES = make.ROOT / "docs" / "rulebooks"
WRITER: dict[str, Any] = runpy.run_path(str(make.ROOT / "docs" / "make_rulebooks.py"))


@cache
def written() -> dict[str, str]:
    """Every page as it would be written now."""
    pages: dict[str, str] = WRITER["pages"]()
    return pages


@cache
def books() -> tuple[Rulebook, ...]:
    """Every shipped rulebook."""
    return tuple(rulebooks().load(name) for name in rulebooks().names())


def test_every_page_is_there_and_none_besides() -> None:
    """A rulebook that is gone leaves no page behind."""
    assert sorted(path.name for path in PAGES.iterdir()) == sorted(written())
    assert {f"{book.name}.md" for book in books()} < set(written())


@pytest.mark.parametrize("page", sorted(PAGES.glob("*.md")), ids=lambda path: path.stem)
def test_a_page_is_what_its_rulebook_says(page: Path) -> None:
    assert page.read_text(encoding="utf-8") == written().get(page.name)


def test_the_room_of_the_rulebooks_names_its_folders() -> None:
    assert WRITER["room"]() == (make.RULEBOOKS / "README.md").read_text(encoding="utf-8")


def test_the_table_of_confidence_adds_up() -> None:
    """In the last row, and against the rulebooks themselves."""
    rows = [
        line.split("|")[3:-1] for line in written()["README.md"].splitlines() if re.match(r"\| (\[|\*\*in all)", line)
    ]
    counts = [[int(cell.strip(" *")) for cell in row] for row in rows]
    *singles, whole = counts
    assert whole == [sum(column) for column in zip(*singles, strict=True)]
    for rules, high, medium, low, unseen, asks, *_ in singles:
        assert high + medium + low + unseen == rules
        assert unseen <= asks <= rules
    told = [confidences(book) for book in books()]
    assert whole[0] == sum(sum(item.rules) for item in told)
    assert whole[4] == sum(item.rules[3] for item in told) > 0


def test_every_rule_and_every_value_is_on_its_page() -> None:
    """By id or name, with its clause and the number of its source."""
    for book in books():
        name, page = book.name, written()[f"{book.name}.md"]
        for rule in (*book.judges, *book.pays):
            assert f"**{rule.rule}.**" in page, (name, rule.rule)
        for item in book.parameters:
            assert f"(`{item.name}`)" in page, (name, item.name)
            assert page.count(f"| {item.values[0].since} |" if item.values else "your own file") >= 1
