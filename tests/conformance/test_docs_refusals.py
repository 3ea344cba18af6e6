"""docs/REFUSALS.md is the closed list: every code, in order, with its own number and sentence."""

from __future__ import annotations

import ast

from core import builders as make
from stagedoor.core.base.outcome import Code

PAGE = (make.ROOT / "docs" / "REFUSALS.md").read_text(encoding="utf-8")
ROWS = [[cell.strip() for cell in line.strip("|").split(" | ")] for line in PAGE.splitlines() if line.startswith("| ")]
LISTED = [row for row in ROWS if row[0].isdigit()]


def test_docs_refusals_lists_every_code_in_order() -> None:
    """None missing, none misplaced, none invented."""
    assert [(int(number), code) for number, code, *_ in LISTED] == [(code.number, f"`{code.value}`") for code in Code]


def test_docs_refusals_says_the_sentences_that_people_read() -> None:
    """Word for word."""
    assert {row[1]: row[2] for row in LISTED} == {f"`{code.value}`": code.sentence for code in Code}


def test_docs_refusals_says_where_and_what_to_do() -> None:
    """No empty cell, and what to do is a sentence."""
    for row in LISTED:
        assert len(row) == 5, row
        assert row[3] and row[4].endswith("."), row


def test_docs_refusals_says_nowhere_yet_exactly_where_nothing_produces_a_code() -> None:
    """`nowhere yet` in the table, and no line of the program that could answer so, are the same codes."""
    used: set[str] = set()
    for path in (make.ROOT / "src" / "stagedoor").rglob("*.py"):
        if path.name == "outcome.py":
            continue
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id == "Code":
                used.add(node.attr)
    unused = {code.value for code in Code if code.name not in used}
    assert {row[1].strip("`") for row in LISTED if row[3].startswith("nowhere yet")} == unused
