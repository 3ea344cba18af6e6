"""`stagedoor rulebook check|show|cases`: what they print, as text and as JSON, and how they end."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from core import builders as make
from rulebooks.kit import run
from stagedoor.wiring import rulebooks

BOOK = "harbour_guild_2026"


@pytest.fixture
def books(tmp_path: Path) -> Path:
    """A folder with two copies of the invented guild's rulebook."""
    root = make.ROOT / "examples" / "rulebooks"
    for name in (BOOK, "other_guild_2026"):
        shutil.copytree(root / BOOK, tmp_path / name)
    index = tmp_path / "other_guild_2026" / "index.yaml"
    index.write_text(index.read_text(encoding="utf-8").replace(BOOK, "other_guild_2026"), encoding="utf-8")
    return tmp_path


def _spoil(path: Path, old: str, new: str) -> None:
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new), encoding="utf-8")


def test_every_shipped_rulebook_checks() -> None:
    said = run("rulebook", "check")
    assert (said.status, said.err) == (0, "")
    assert [line.split()[0] for line in said.out.splitlines()] == list(rulebooks().names())


def test_check_as_json() -> None:
    told = json.loads(run("rulebook", "check", "--json", "--books", make.ROOT / "examples" / "rulebooks").out)
    assert told == [
        {"name": BOOK, "version": "1", "status": "in_force", "parameters": 1, "rules": 2, "cases": 4, "faults": []}
    ]


def test_check_tells_what_does_not_hold(books: Path) -> None:
    _spoil(books / BOOK / "consent" / "replica.cases.yaml", "speaks: false", "speaks: true")
    said = run("rulebook", "check", "--books", books)
    assert said.status == 1
    assert f"✗ {BOOK}: consent/replica.cases.yaml, 'with a consent the rule is silent': expected speaks" in said.out
    told = json.loads(run("rulebook", "check", BOOK, "--json", "--books", books).out)
    assert len(told[0]["faults"]) == 1


def test_one_that_cannot_be_read_does_not_hide_the_others(books: Path) -> None:
    """Each is told; the status says that input was bad."""
    _spoil(books / BOOK / "consent" / "replica.yaml", "effect: forbid", "effect: perhaps")
    said = run("rulebook", "check", "--books", books)
    assert said.status == 2
    assert said.err.startswith(f"stagedoor: rulebook {BOOK}: consent/replica.yaml, H-3: 'effect: perhaps'")
    assert said.out == "other_guild_2026 1: 1 parameters, 2 rules, 4 cases\n"
    told = json.loads(run("rulebook", "check", "--json", "--books", books).out)
    assert [len(item["faults"]) for item in told] == [1, 0]


def test_a_proposal_is_said_to_decide_nothing(books: Path) -> None:
    _spoil(books / BOOK / "index.yaml", "kind: agreement", "kind: law\nstatus: proposed")
    assert "proposed: it never decides" in run("rulebook", "check", BOOK, "--books", books).out
    assert "Proposed: it is shown and never decides." in run("rulebook", "show", BOOK, "--books", books).out


def test_a_folder_without_rulebooks(tmp_path: Path) -> None:
    said = run("rulebook", "check", "--books", tmp_path)
    assert (said.status, said.out) == (2, "")
    assert "Name a folder that holds rulebook folders." in said.err


def test_show_for_a_person(books: Path) -> None:
    said = run("rulebook", "show", BOOK, "--books", books)
    assert said.status == 0
    for words in (
        "Harbour Guild 2026 (harbour_guild_2026 1)",
        "In force from 2026-07-01 until 2029-06-30.",
        "Rules: 2 high, 0 medium, 0 low, 0 unseen; 0 ask a person.",
        "from 2026-07-01: 400.00 USD",
        "in words: Where what is asked for is create, render or generate: (the larger of the performer's own day rate "
        "and “Day player, minimum for one day”) times",
        "as written: use in ('create', 'render', 'generate') | not consent_given",
        "does: forbids (no_consent)",
        "source: Harbour Guild agreement 2026 (confidence high)",
    ):
        assert words in said.out, words
    assert said.out.index("consent/replica.yaml") < said.out.index("rates/day_player.yaml")


@pytest.mark.parametrize("name", rulebooks().names())
def test_every_shipped_rulebook_can_be_shown(name: str) -> None:
    """With every rule and parameter, as text and as JSON."""
    book = rulebooks().load(name)
    shown, told = run("rulebook", "show", name, columns=80), json.loads(run("rulebook", "show", name, "--json").out)
    wanted = {rule.rule for rule in (*book.judges, *book.pays)} | {item.name for item in book.parameters}
    assert all(each in shown.out for each in wanted)
    found = {rule["rule"] for file in told["files"] for rule in file["rules"]}
    found |= {item["name"] for file in told["files"] for item in file["parameters"]}
    assert found == wanted
    assert sum(told["rules_by_confidence"].values()) == len(book.judges) + len(book.pays)


def test_cases_one_line_each(books: Path) -> None:
    said = run("rulebook", "cases", BOOK, "--books", books)
    assert said.status == 0
    assert [line[:4] for line in said.out.splitlines()] == ["ok  "] * 4
    _spoil(books / BOOK / "rates" / "day_player.cases.yaml", "new_days: 3", "new_days: 4")
    bad = run("rulebook", "cases", BOOK, "--books", books)
    assert bad.status == 1
    assert sum(line.startswith("BAD ") for line in bad.out.splitlines()) == 1
    told = json.loads(run("rulebook", "cases", BOOK, "--json", "--books", books).out)
    assert [bool(item["fault"]) for item in told].count(True) == 1
