"""`stagedoor odrl evaluate`: a tree, or JSON, and the exit statuses 0, 1 and 2."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from odrl.kit import SPEC
from stagedoor.cli.odrl import odrl


@pytest.fixture
def files(tmp_path: Path) -> Path:
    return tmp_path


def run(folder: Path, name: str, *more: str, suffix: str = ".jsonld") -> Result:
    vector = json.loads((SPEC / "odrl" / f"{name}.json").read_text(encoding="ascii"))
    policy = vector["policy"]
    (folder / f"policy{suffix}").write_text(policy if isinstance(policy, str) else json.dumps(policy), encoding="utf-8")
    for part in ("request", "world"):
        (folder / f"{part}.json").write_text(json.dumps(vector[part]), encoding="utf-8")
    given = [str(folder / f"policy{suffix}"), "--request", str(folder / "request.json"), "--world",
             str(folder / "world.json"), *more]  # fmt: skip
    return CliRunner().invoke(odrl, ["evaluate", *given], env={"COLUMNS": "160"})


def test_a_yes_is_a_tree_and_status_0(files: Path) -> None:
    result = run(files, "duty-pending")
    assert result.exit_code == 0
    assert "granted" in result.stdout and "still to be done" in result.stdout
    assert "Active permission http://example.com/rule/1" in result.stdout


def test_a_no_says_why_and_ends_with_1(files: Path) -> None:
    result = run(files, "duty-violated")
    assert result.exit_code == 1
    assert "not done in time" in result.stdout
    assert "Violated duty http://example.com/rule/2" in result.stdout


def test_waiting_for_duties_is_an_option(files: Path) -> None:
    assert run(files, "duty-pending", "--strict").exit_code == 1


def test_a_profile_can_be_taken_as_understood(files: Path) -> None:
    assert run(files, "profile-unknown").exit_code == 1
    assert run(files, "profile-unknown", "--profile", "http://example.com/profile").exit_code == 0


def test_json_has_the_words_of_the_report_model(files: Path) -> None:
    result = run(files, "conflict-invalid", "--json")
    told = json.loads(result.stdout)
    assert result.exit_code == 1 and told["answer"] == "void"
    rule = told["policyReport"][0]["ruleReport"][0]
    assert rule["type"] == "PermissionReport" and rule["activationState"] == "Active"
    assert [premise["type"] for premise in rule["premiseReport"]] == ["TargetReport", "PartyReport", "ActionReport"]


def test_turtle_is_known_by_its_name(files: Path) -> None:
    assert run(files, "read-turtle", suffix=".ttl").exit_code == 0


@pytest.mark.parametrize(("name", "suffix"), [("read-misspelt", ".jsonld"), ("read-no-zone", ".jsonld")])
def test_a_bad_document_ends_with_2(files: Path, name: str, suffix: str) -> None:
    result = run(files, name, suffix=suffix)
    assert result.exit_code == 2
    assert "stagedoor: " in result.stderr and len(result.stderr.splitlines()) == 1


def test_an_unknown_format_and_a_missing_file_end_with_2(files: Path) -> None:
    result = run(files, "basic-permission", suffix=".docx")
    assert result.exit_code == 2 and "ends in none of" in result.stderr
    missing = CliRunner().invoke(odrl, ["evaluate", "none.ttl", "--request", "a.json", "--world", "b.json"])
    assert missing.exit_code == 2 and "no file none.ttl" in missing.stderr


def test_a_terminal_is_not_obeyed(files: Path) -> None:
    (files / "odd.json").write_text(json.dumps({"action": "play", "\x1b[2Jx": 1}), encoding="utf-8")
    run(files, "basic-permission")
    result = CliRunner().invoke(
        odrl, ["evaluate", str(files / "policy.jsonld"), "--request", str(files / "odd.json"), "--world",
               str(files / "world.json")]
    )  # fmt: skip
    assert result.exit_code == 2 and "\x1b" not in result.output
