"""docs/reference/refusals.md is the closed list: every code, in order, with its own number and sentence."""

from __future__ import annotations

import ast
import runpy
from typing import Any

import yaml

from core import builders as make
from stagedoor.core.base.outcome import Code

WRITER: dict[str, Any] = runpy.run_path(str(make.ROOT / "docs" / "make_refusals.py"))
PAGE = (make.ROOT / "docs" / "reference" / "refusals.md").read_text(encoding="utf-8")
ROWS = [[cell.strip() for cell in line.strip("|").split(" | ")] for line in PAGE.splitlines() if line.startswith("| ")]
LISTED = [row for row in ROWS if row[0].isdigit()]


def test_the_page_is_what_its_writer_writes() -> None:
    """After a change: `python docs/make_refusals.py`."""
    assert WRITER["page"]() == PAGE


def test_the_writer_knows_every_code() -> None:
    """And none besides."""
    assert list(WRITER["ABOUT"]) == list(Code)


def test_docs_refusals_lists_every_code_in_order() -> None:
    """None missing, none misplaced, none invented."""
    assert [(int(number), code) for number, code, *_ in LISTED] == [(code.number, f"`{code.value}`") for code in Code]
    assert [code.number for code in Code] == sorted({code.number for code in Code})


def test_docs_refusals_says_the_sentences_that_people_read() -> None:
    """Word for word."""
    assert {row[1]: row[2] for row in LISTED} == {f"`{code.value}`": code.sentence for code in Code}


def test_docs_refusals_says_where_and_what_to_do() -> None:
    """No empty cell, and what to do is a sentence."""
    for row in LISTED:
        assert len(row) == 5, row
        assert row[3] and row[4].endswith("."), row


def test_docs_refusals_says_nowhere_yet_exactly_where_nothing_produces_a_code() -> None:
    """`nowhere yet` in the table, and no line of the program or of a rulebook that could answer so, are the same."""
    used = _in_program() | _in_rulebooks()
    unused = {code.value for code in Code} - used
    assert {row[1].strip("`") for row in LISTED if row[3].startswith("nowhere yet")} == unused


def _in_program() -> set[str]:
    used: set[str] = set()
    for path in (make.ROOT / "src" / "stagedoor").rglob("*.py"):
        if path.name == "outcome.py":
            continue
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id == "Code":
                used.add(node.attr)
    return {code.value for code in Code if code.name in used}


def _in_rulebooks() -> set[str]:
    used: set[str] = set()
    for path in make.RULEBOOKS.rglob("*.yaml"):
        content = yaml.safe_load(path.read_text(encoding="utf-8"))
        used |= {str(item["code"]) for item in content.get("judges") or () if "code" in item}
    return used
