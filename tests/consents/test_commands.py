"""The commands about consents, as somebody types them: what they print, what they write, how they say no."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from consents.blanks import blanks
from core import builders as make
from stagedoor.cli.consents import consent
from stagedoor.core.facts.consent import Consent
from stagedoor.core.rules.exchange import ConsentStatus
from stagedoor.core.rules.templates import TEMPLATES
from stagedoor.wire.decode import decode

SPEC = make.SPEC / "exchange"


def run(*words: object) -> Result:
    """One command."""
    return CliRunner().invoke(consent, [str(word) for word in words])


def draw(out: Path, template: str = "replica_for_one_picture", **over: str) -> Result:
    """Draw up a consent."""
    fill = [f"--set={name}={value}" for name, value in blanks(template, **over).items()]
    return run("new", "--template", template, *fill, "--at", make.AT, "--out", out)


@pytest.fixture
def drawn(tmp_path: Path) -> Path:
    """A consent in a file."""
    path = tmp_path / "consent.json"
    assert draw(path).exit_code == 0
    return path


def test_new_prints_what_show_prints(drawn: Path) -> None:
    """And writes the canonical bytes, unsigned."""
    again = draw(drawn)
    shown = run("show", drawn)
    assert shown.exit_code == 0
    assert shown.stdout == again.stdout
    assert "I am the performer" in shown.stdout
    assert decode(Consent, drawn.read_bytes().rstrip(b"\n")).template == "replica_for_one_picture"
    assert json.loads(run("show", drawn, "--json").stdout)["sentences"] == shown.stdout.splitlines()


@pytest.mark.parametrize("name", sorted(TEMPLATES))
def test_each_template_can_be_drawn_up(tmp_path: Path, name: str) -> None:
    """From the command line, blank by blank."""
    assert draw(tmp_path / "made.json", name).exit_code == 0


def test_new_lists_templates_with_their_blanks() -> None:
    """So that nobody needs the source to fill one in."""
    listed = run("new", "--list").stdout
    assert all(name in listed for name in TEMPLATES)
    assert "scan_day" in listed


def test_diff_says_what_changed_and_which_way(tmp_path: Path, drawn: Path) -> None:
    """In sentences, and in JSON."""
    other = tmp_path / "other.json"
    assert draw(other, frames="100").exit_code == 0
    said = run("diff", drawn, other)
    assert "it was 240; it is 100. This narrows" in said.stdout
    assert "nothing more is allowed" in said.stdout
    assert json.loads(run("diff", drawn, other, "--json").stdout)["narrows_only"] is True
    assert json.loads(run("diff", other, drawn, "--json").stdout)["narrows_only"] is False
    assert "Nothing differs" in run("diff", drawn, drawn).stdout


def test_a_consent_goes_out_as_odrl_and_comes_back_whole(tmp_path: Path, drawn: Path) -> None:
    """Byte for byte, through files."""
    policy, back = tmp_path / "policy.jsonld", tmp_path / "back.json"
    assert run("export", drawn, "--odrl", "--out", policy).exit_code == 0
    assert run("import", policy, "--kind", "odrl", "--out", back).exit_code == 0
    assert back.read_bytes() == drawn.read_bytes()
    assert json.loads(run("export", drawn).stdout)["@type"] == "Agreement"


def test_import_says_what_a_declaration_takes_away() -> None:
    """RSL and CAWG: limits in words, and never a permission."""
    rsl = run("import", SPEC / "rsl-no-training.xml", "--kind", "rsl")
    assert rsl.exit_code == 0 and "forbid, to train" in rsl.stdout
    assert "It permits nothing" in rsl.stdout
    cawg = json.loads(run("import", SPEC / "cawg-constrained.json", "--kind", "cawg", "--json").stdout)
    assert {limit["effect"] for limit in cawg["limits"]} <= {"forbid", "duty", "note"}
    assert cawg["limits"]


def test_import_of_another_odrl_policy_says_that_it_narrows() -> None:
    """Somebody else's policy is no consent."""
    said = run("import", SPEC / "odrl-of-another.jsonld", "--kind", "odrl")
    assert said.exit_code == 0, said.output
    assert "prohibits: odrl:modify" in said.stdout
    assert "only a consent can permit" in said.stdout


@pytest.mark.parametrize("status", [item.value for item in ConsentStatus])
def test_a_receipt_in_every_state(drawn: Path, status: str) -> None:
    """Each state one to one."""
    made = json.loads(run("receipt", drawn, "--status", status).stdout)
    assert made["dpv:hasRecordOfActivity"]["dpv:hasConsentStatus"][0]["@type"] == f"dpv:{status}"


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (("show", "BAD"), "Ask for the consent as it was signed"),
        (("new", "--template", "none"), "There are: replica_for_one_picture"),
        (("new", "--template", "equity", "--set", "x"), "Write --set BLANK=VALUE"),
        (("new", "--template", "equity", "--set", "x=1"), "has no blank 'x'"),
        (("new", "--template", "equity", "--at", "noon"), "write it as 2026"),
        (("import", "BAD", "--kind", "odrl"), "BAD"),
        (("import", "BAD", "--kind", "rsl"), "it is no XML"),
        (("import", "BAD", "--kind", "cawg"), "it is no JSON"),
        (("receipt", "GOOD", "--status", "Perhaps"), "no state of a consent"),
        (("export", "GOOD", "--out", "/no/such/folder/x"), "cannot be written"),
    ],
)
def test_bad_input_is_status_2_and_one_paragraph(
    tmp_path: Path, drawn: Path, words: tuple[str, ...], says: str
) -> None:
    """What was wrong, where, and what to do."""
    bad = tmp_path / "BAD"
    bad.write_bytes(b"\x00nothing")
    given = [str(bad) if word == "BAD" else str(drawn) if word == "GOOD" else word for word in words]
    answer = run(*given)
    assert answer.exit_code == 2
    assert says in answer.output
    assert "Traceback" not in answer.output
