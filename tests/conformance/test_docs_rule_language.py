"""docs/RULE-LANGUAGE.md is held against the vocabulary, the schema, the grammar and the messages."""

from __future__ import annotations

import re
import runpy
from typing import Any

import pytest
import yaml

from core import builders as make
from core.plain_books import INDEX, load_plain
from stagedoor.core.base.limits import RULE_DEPTH_MAX, RULE_NODES_MAX, RULE_TEXT_CHARS_MAX
from stagedoor.core.facts.decision import Effect
from stagedoor.core.rules import load
from stagedoor.core.rules.cases import run_case, uncovered
from stagedoor.core.rules.reading import UNITS
from stagedoor.core.rules.rulebook import Confidence
from stagedoor.core.rules.vocabulary import DATES, WORDS

PAGE = (make.ROOT / "docs" / "RULE-LANGUAGE.md").read_text(encoding="utf-8")
WRITER: dict[str, Any] = runpy.run_path(str(make.ROOT / "docs" / "make_rulebooks.py"))
SOURCES = "".join(
    (make.ROOT / "src" / "stagedoor" / path).read_text(encoding="utf-8")
    for path in (
        "core/rules/load.py",
        "core/rules/reading.py",
        "core/rules/order.py",
        "core/rules/text.py",
        "adapters/rulebooks.py",
        "wire/plain_yaml.py",
        "core/base/money.py",
    )
)


def test_the_tables_of_words_are_the_vocabulary() -> None:
    """Every word, declared or not, and every date word; after a change: `python docs/make_rulebooks.py`."""
    assert WRITER["language"]() == PAGE
    told = re.findall(r"^\| `(\w+)` \| (?:number|text|flag|texts) \|", PAGE, re.MULTILINE)
    assert sorted(told) == sorted(WORDS)
    assert re.findall(r"^\| `(\w+)` \| .* \| (?:declared|known) \|$", PAGE, re.MULTILINE) == list(DATES)


def test_the_page_names_all_that_the_loader_takes() -> None:
    """Units, confidences, effects, who is asked, told and paid, kinds of rulebook, sections, and the bounds."""
    effects = [effect.value for effect in Effect if effect is not Effect.PERMIT]
    closed = (*UNITS, *load.COMPUTED, *load.KINDS_OF_BOOK, *load.ASKED, *load.TOLD, *load.PAYEES[1:], *effects,
              *load.SECTIONS, *load.RUNNING_NAMES, *(level.value for level in Confidence))  # fmt: skip
    for word in closed:
        assert re.search(rf"\b{word}\b", PAGE), word
    bounds = f"at most {RULE_TEXT_CHARS_MAX:,} characters, {RULE_NODES_MAX} parts and {RULE_DEPTH_MAX} deep"
    assert bounds in " ".join(PAGE.split())
    assert f"({load.ANSWER_DAYS}, if nothing is said)" in PAGE


def test_the_page_names_every_field() -> None:
    """Each field that `only(...)` lets pass, of an index, a parameter, a rule, a case, a source."""
    allowed = {field for call in re.findall(r"\.only\(([^)]*)\)", SOURCES) for field in re.findall(r'"(\w+)"', call)}
    assert len(allowed) > 40
    for field in sorted(allowed):
        assert re.search(rf"\b{field}\b", PAGE), field


MESSAGES = [
    line.split("|")[1].strip() for line in PAGE.partition("## Messages")[2].splitlines() if line.startswith("| ")
]


@pytest.mark.parametrize("message", MESSAGES[1:])
def test_every_message_on_the_page_is_one_that_the_program_says(message: str) -> None:
    """Each piece of it between the dots stands in the source."""
    joined = re.sub(r'"\s*f?"', "", SOURCES)
    for piece in re.split(r"'\.\.\.'|\.\.\.", message):
        assert piece.strip(" ;,") in joined, piece


def test_the_examples_of_the_page_load_and_hold() -> None:
    """What an officer copies from the page works."""
    blocks = [yaml.safe_load(block) for block in re.findall(r"```yaml\n(.*?)```", PAGE, re.DOTALL)]
    files: dict[str, Any] = {}
    for number, block in enumerate(blocks):
        files[f"{number}{'.cases' if 'cases' in block else ''}.yaml"] = block
    book = load_plain({"index": INDEX, "files": files})
    assert [run_case(book, case) for case in book.cases] == [""] * 5
    assert uncovered(book) == ()
    assert (len(book.parameters), len(book.judges), len(book.pays), len(book.running)) == (1, 2, 1, 1)
