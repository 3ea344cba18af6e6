"""docs/RULE-LANGUAGE.md is held against the vocabulary, the grammar and the messages."""

from __future__ import annotations

import re

import pytest
import yaml

from core import builders as make
from core.plain_books import INDEX, load_plain
from stagedoor.core.base.limits import RULE_DEPTH_MAX, RULE_NODES_MAX, RULE_TEXT_CHARS_MAX
from stagedoor.core.rules.cases import run_case
from stagedoor.core.rules.load import COMPUTED, UNITS
from stagedoor.core.rules.rulebook import Confidence
from stagedoor.core.rules.vocabulary import WORDS

PAGE = (make.ROOT / "docs" / "RULE-LANGUAGE.md").read_text(encoding="utf-8")
SOURCES = "".join(
    (make.ROOT / "src" / "stagedoor" / path).read_text(encoding="utf-8")
    for path in ("core/rules/load.py", "core/rules/text.py", "adapters/rulebooks.py", "core/base/money.py")
)


def test_the_table_of_words_is_the_vocabulary() -> None:
    """Every word, in order, with its kind and its meaning."""
    table = PAGE.partition("<!-- words:")[2].partition("-->")[2].partition("<!-- end of words -->")[0]
    rows = ["| word | kind | means |", "|---|---|---|"]
    rows += [f"| `{name}` | {kind} | {means} |" for name, (kind, means) in WORDS.items()]
    assert table.strip().splitlines() == rows


def test_the_page_names_units_computed_words_confidences_and_bounds() -> None:
    """What the loader accepts is on the page."""
    for word in (*UNITS, *COMPUTED, *(level.value for level in Confidence)):
        assert re.search(rf"\b{word}\b", PAGE), word
    bounds = f"at most {RULE_TEXT_CHARS_MAX:,} characters, {RULE_NODES_MAX} parts and {RULE_DEPTH_MAX} deep"
    assert bounds in " ".join(PAGE.split())


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
    rates, cases, judges, pays = (yaml.safe_load(block) for block in re.findall(r"```yaml\n(.*?)```", PAGE, re.S))
    files = {"rates.yaml": rates, "rates.cases.yaml": cases, "notice.yaml": judges, "pay.yaml": pays}
    book = load_plain({"index": INDEX, "files": files})
    assert [run_case(book, case) for case in book.cases] == [""]
    assert (len(book.parameters), len(book.judges), len(book.pays)) == (1, 1, 1)
