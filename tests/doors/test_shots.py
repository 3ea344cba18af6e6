"""`stagedoor shots check`: a shot list is foreseen, or said to be unreadable with its line."""

from __future__ import annotations

import re
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from core import builders as make
from stagedoor.adapters.home import create_home
from stagedoor.adapters.postgres.embedded import EmbeddedServer
from stagedoor.adapters.shots import BYTES_MAX, COLUMNS
from stagedoor.core.rules.shot_rows import ROWS_MAX
from stagedoor.wiring import opened, story_books
from stories.theatre import Theatre

from .kit import DONE, REFUSED, Said, run, says_no

EXAMPLE = make.ROOT / "examples" / "shots" / "list.csv"
HOW_TO = (make.ROOT / "docs" / "how-to" / "foresee-shots.md").read_text(encoding="utf-8")
ASKED = ("--asked-on", "2026-10-14")


@pytest.fixture(scope="module")
def home() -> Iterator[Path]:
    """A home with one picture, one performer, one consent to 500 frames and one estimate."""
    folder = Path(tempfile.mkdtemp(prefix="stagedoor-test-"))
    made = create_home(folder / "home")
    EmbeddedServer.start(made.database).stop()
    with opened(made.root) as house:
        held: Any = house
        Theatre.opened(held, story_books())
    yield made.root
    shutil.rmtree(folder, ignore_errors=True)


def check(home: Path, plan: Path, *more: str | Path) -> Said:
    """Check a list in that home."""
    return run("shots", "check", plan, "--home", home, *ASKED, *more)


def test_the_example_prints_what_the_how_to_shows(home: Path) -> None:
    said = check(home, EXAMPLE)
    assert said.status == REFUSED
    shown = HOW_TO.partition("<!-- example")[2].partition("```\n")[2].partition("```\n")[0]
    assert [line.rstrip() for line in said.out.splitlines()] == shown.splitlines()


def test_the_same_as_json(home: Path) -> None:
    said = check(home, EXAMPLE, "--json")
    rows = said.json["rows"]
    assert [row["answer"] for row in rows] == ["permit", "permit", "ask-a-person", "refuse", "refuse", "refuse"]
    assert [row["cost"] for row in rows] == ["3025.000000 USD", "0.000000 USD", "0.000000 USD", None, None, None]
    assert said.json["cost"] == "3025.000000 USD"
    assert all(each["clause"] and each["says"] for row in rows[2:] for each in row["why"])


def test_a_row_that_could_not_be_asked_for_is_answered_too(home: Path, tmp_path: Path) -> None:
    text = "shot,units,elevation_from_deg,elevation_to_deg\n12A,1,20,10\n12A,1,0,0\n"
    (tmp_path / "list.csv").write_text(text, encoding="utf-8")
    rows = check(home, tmp_path / "list.csv", "--json").json["rows"]
    assert [(row["code"], row["solid_angle_max_msr"] is None) for row in rows] == [("malformed", True), (None, False)]


def test_one_line_is_explained_as_a_tree(home: Path) -> None:
    said = check(home, EXAMPLE, "--explain", "4")
    assert "14C" in said.out
    plain = check(home, EXAMPLE, "--explain", "4", "--json").json
    assert plain["answer"] == "ask-a-person"


def test_a_line_that_is_not_there_is_said(home: Path) -> None:
    says_no(check(home, EXAMPLE, "--explain", "1"), "no row stands on line 1")


def test_a_list_that_is_permitted_ends_with_0(home: Path, tmp_path: Path) -> None:
    (tmp_path / "list.csv").write_text("shot,units\n12A,10\n", encoding="utf-8")
    said = check(home, tmp_path / "list.csv")
    assert said.status == DONE, said.err


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "holds no row"),
        ("shot,units\n", "holds no row"),
        ("shot\n12A\n", "line 1: the column 'units' is missing"),
        ("shot,units,face\n12A,1,x\n", "line 1: 'face' is not a column"),
        ("shot,units\n12A,0\n", "line 2, units: no units"),
        ("shot,units\n12A,-1\n", "line 2, units: '-1' is not a whole number"),
        ("shot,units\n=1+1,1\n", "line 2: '=1+1' could be taken for a formula"),
        ("shot,units\n-1+1,1\n", "line 2: '-1+1' could be taken for a formula"),
        ("shot,units\n12A,\n", "line 2: 'units' is empty"),
        ("shot,units,use\n12A,1,steal\n", "line 2, use: 'steal' is not a use. Use one of: create, render"),
        ("shot,units,arc_from_deg\n12A,1,-400\n", "no whole number of degrees from -360 to 360"),
        ("shot,units,elevation_to_deg\n12A,1,45\n", "no whole number of degrees from -30 to 30"),
        ("shot,units,day\n12A,1,tomorrow\n", "line 2, day: 'tomorrow' is not a day"),
        ("shot,units,recognisable\n12A,1,maybe\n", "line 2, recognisable: 'maybe' is neither yes nor no"),
        ("shot,units\n" + "12A,1\n" * (ROWS_MAX + 1), f"more than {ROWS_MAX} rows"),
        ("shot,units\n" + "x" * BYTES_MAX, "has more than"),
        ('shot,units\n"12A,1\n', "it is not CSV"),
    ],
)  # fmt: skip
def test_a_list_that_cannot_be_read_is_told_with_its_line(home: Path, tmp_path: Path, text: str, says: str) -> None:
    (tmp_path / "list.csv").write_text(text, encoding="utf-8")
    says_no(check(home, tmp_path / "list.csv"), says)


def test_every_column_of_its_own_is_in_the_how_to() -> None:
    table = HOW_TO.partition("<!-- columns")[2].partition("<!-- end of columns -->")[0]
    cells = [line.split("|")[1] for line in table.splitlines() if line.startswith("| `")]
    told = {name for cell in cells for name in re.findall("`([a-z_]+)`", cell)}
    assert told == set(COLUMNS)
