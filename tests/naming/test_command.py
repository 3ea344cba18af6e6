"""The command `stagedoor prompt`: what it prints, and its exit statuses."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from stagedoor.cli.naming import prompt


@pytest.fixture
def names(tmp_path: Path) -> Path:
    path = tmp_path / "names.csv"
    path.write_text("party,name\nperformer:1,Mara Quill\n", encoding="utf-8")
    return path


def _run(*arguments: str, given: str | bytes = "") -> Result:
    return CliRunner().invoke(prompt, list(arguments), input=given)


def test_nobody_is_zero(names: Path) -> None:
    result = _run("check", "a bridge in fog", "--names", str(names))
    assert result.exit_code == 0 and "Nobody" in result.stdout


def test_somebody_is_one(names: Path) -> None:
    result = _run("check", "mara quill in fog", "--names", str(names))
    assert result.exit_code == 1 and "Mara Quill" in result.stdout and "use of" in result.stdout


def test_somebody_perhaps_is_one_as_well(names: Path) -> None:
    result = _run("check", "-", "--names", str(names), "--json", given="M. Quill in fog")
    assert result.exit_code == 1
    assert json.loads(result.stdout) == [
        {"party": "performer:1", "alias": "Mara Quill", "said": "M. Quill", "how": "initial", "grade": "possible",
         "score": 75}
    ]  # fmt: skip


@pytest.mark.parametrize("given", ["a" * 10_001, "é" * 30_000, b"\xff Mara Quill"])
def test_a_prompt_that_cannot_be_checked_is_two(names: Path, given: str | bytes) -> None:
    result = _run("check", "-", "--names", str(names), given=given)
    assert result.exit_code == 2 and result.stdout == ""


def test_names_that_cannot_be_read_are_two(tmp_path: Path) -> None:
    assert _run("check", "x", "--names", str(tmp_path / "none.csv")).exit_code == 2
    (tmp_path / "bad.csv").write_text("nonsense\n")
    result = _run("check", "x", "--names", str(tmp_path / "bad.csv"))
    assert result.exit_code == 2 and "party,name" in result.stderr


def test_a_hostile_alias_draws_nothing_on_the_terminal(tmp_path: Path) -> None:
    path = tmp_path / "names.csv"
    path.write_text("party,name\nperformer:1,\x1b[2JMara Quill[red]\n", encoding="utf-8")
    result = _run("check", "Mara Quill Red", "--names", str(path))
    assert result.exit_code == 1 and "\x1b[2J" not in result.stdout
