"""Commands that read a house, against the kept world: exit statuses, JSON, sentences."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from doors.kit import run
from stagedoor.core.facts.decision import Decision
from stagedoor.core.facts.posting import Statement
from stagedoor.wire.decode import decode

from .conftest import Told
from .test_bundle import in_one_paragraph


@pytest.fixture(scope="module")
def statement(told: Told) -> dict[str, Any]:
    """Her statement as JSON, from the command."""
    said = run("statement", "--home", str(told.home), "--json")
    assert said.status == 0, said.err
    plain = said.json
    assert isinstance(plain, dict)
    return plain


def test_a_statement_is_a_fact_in_its_canonical_form(told: Told) -> None:
    said = run("statement", "--home", str(told.home), "--json")
    assert decode(Statement, said.out.rstrip("\n").encode()).total.shown() == "11,250.00 USD" or said.json["total"]


def test_the_statement_sums_up(statement: dict[str, Any]) -> None:
    """The pick-up of the attack came after the page: four lines, 2,250 more."""
    amounts = [line["amount"] for line in statement["lines"]]
    assert amounts == ["2250.000000 USD", "6750.000000 USD", "2250.000000 USD", "2250.000000 USD"]
    assert statement["total"] == "13500.000000 USD"
    assert {line["account"].split("/")[1] for line in statement["lines"]} == {"performer"}


def test_a_statement_of_another_month_is_empty(told: Told) -> None:
    said = run("statement", "--home", str(told.home), "--json", "--from", "2026-11-01", "--to", "2026-11-30")
    assert said.status == 0, said.err
    assert (said.json["lines"], said.json["total"]) == ([], "0.000000 USD")


def test_a_statement_is_printed_and_written(told: Told, tmp_path: Path) -> None:
    page = tmp_path / "page.html"
    said = run("statement", "--home", str(told.home), "--html", str(page), COLUMNS="160")
    assert said.status == 0, said.err
    assert "13,500.00" in said.out and "Mara Quill" in said.out
    assert "13,500.00" in page.read_text(encoding="utf-8")


def test_why_walks_from_every_amount_to_the_signature(told: Told, statement: dict[str, Any]) -> None:
    """Invariant 8: posting -> receipt -> permit -> decision -> clause -> consent -> signature."""
    for line in statement["lines"][1:3]:
        name = f"{line['entry'].removeprefix('sha256:')[:12]}/{line['line']}"
        said = run("why", name, "--home", str(told.home), "--json")
        assert said.status == 0, said.err
        kinds = [link["kind"] for link in said.json["links"]]
        places = [kinds.index(kind) for kind in ("posting", "receipt", "permit", "decision", "clause", "consent")]
        assert places == sorted(places) and kinds[-1] == "signature", kinds
        assert all(link["says"] for link in said.json["links"])


def test_why_is_printed_for_a_person(told: Told, statement: dict[str, Any]) -> None:
    line = statement["lines"][0]
    said = run("why", f"{line['entry'][7:19]}/{line['line']}", "--home", str(told.home), COLUMNS="200")
    assert said.status == 0, said.err
    assert "2,250.00 USD" in said.out and "signed by" in said.out


def test_explain_tells_a_decision_whole(told: Told, statement: dict[str, Any]) -> None:
    line = statement["lines"][1]
    chain = run("why", f"{line['entry'][7:19]}/{line['line']}", "--home", str(told.home), "--json").json
    digest = next(link["digest"] for link in chain["links"] if link["kind"] == "decision")
    said = run("explain", digest, "--home", str(told.home), "--json")
    assert said.status == 0, said.err
    assert decode(Decision, said.out.rstrip("\n").encode()).digest() == digest
    shown = run("explain", digest.removeprefix("sha256:")[:16], "--home", str(told.home), COLUMNS="200")
    assert shown.status == 0 and "permit" in shown.out.lower()


def test_the_ledger_verifies(told: Told) -> None:
    said = run("ledger", "verify", "--home", str(told.home), "--json")
    assert (said.status, said.json) == (0, [])
    assert "agrees with itself" in run("ledger", "verify", "--home", str(told.home)).out


def test_a_bundle_is_written_again_and_verifies(told: Told, tmp_path: Path) -> None:
    path = tmp_path / "again.zip"
    said = run("bundle", str(path), "--home", str(told.home))
    assert said.status == 0, said.err
    assert path.read_bytes() == (told.home / "papers" / "evidence.zip").read_bytes(), "the same facts, the same bytes"
    assert run("verify", str(path)).status == 0
    assert list(tmp_path.iterdir()) == [path], "no draft is left"


def test_the_home_may_be_named_by_the_environment(told: Told) -> None:
    assert run("ledger", "verify", "--json", STAGEDOOR_HOME=str(told.home)).status == 0


BAD = {
    # arguments after the command: words
    ("why", "nonsense"): "names no posting",
    ("why", "3f2a9c1b7d04/1"): "names no posting",
    ("why", "/1"): "names no posting",
    ("why", "000000/٣"): "names no posting",
    ("why", "x" * 5_000): "names no posting",
    ("why", "%'; DROP TABLE facts.fact; --/0"): "names no posting",
    ("why", "\x1b[2J\x1b]0;owned\x07/1"): "names no posting",
    ("explain", "nonsense"): "0 decisions begin with",
    ("explain", ""): "decisions begin with",
    ("statement", "--from", "yesterday"): "is no period",
    ("statement", "--from", "2026-10-31", "--to", "2026-10-01"): "is no period",
    ("statement", "--performer", "party:nobody"): "Nobody is enrolled",
}


@pytest.mark.parametrize("arguments", BAD, ids=lambda value: " ".join(value)[:40].encode("unicode_escape").decode())
def test_bad_questions_get_one_paragraph(arguments: tuple[str, ...], told: Told) -> None:
    said = run(*arguments, "--home", str(told.home))
    assert said.status == 2, said
    in_one_paragraph(said, BAD[arguments])
    assert len(said.err) < 400 and "\x1b" not in said.err and "\x07" not in said.err


def test_a_posting_that_is_not_in_its_entry_is_told(told: Told, statement: dict[str, Any]) -> None:
    said = run("why", f"{statement['lines'][0]['entry'][7:19]}/99", "--home", str(told.home))
    assert said.status == 2
    in_one_paragraph(said, "lines 0 to 3")


def test_a_bundle_where_nothing_can_be_written(told: Told, tmp_path: Path) -> None:
    said = run("bundle", str(tmp_path / "no" / "such" / "folder.zip"), "--home", str(told.home))
    assert said.status == 2
    in_one_paragraph(said, "cannot be written")


def test_an_edited_ledger_is_found_by_the_command(told: Told, short: Path) -> None:
    """A copy of the world, edited by its owner with every guard switched off; the copy alone is found out."""
    import psycopg

    from stagedoor.adapters.postgres.embedded import EmbeddedServer

    copy = short / "copy"
    shutil.copytree(told.home, copy, ignore=shutil.ignore_patterns(".s.PGSQL*", "postmaster.pid", "outputs"))
    for path in [copy / "database" / "postgres", *(copy / "database" / "postgres").rglob("*")]:
        kept = (told.home / path.relative_to(copy)).stat()
        shutil.chown(path, kept.st_uid, kept.st_gid)
    with EmbeddedServer.start(copy / "database") as server, psycopg.connect(server.owner_url) as connection:
        connection.execute("ALTER TABLE ledger.posting DISABLE TRIGGER append_only")
        connection.execute("UPDATE ledger.posting SET amount = amount - 1 WHERE account LIKE 'owed/performer/%'")
        connection.execute("ALTER TABLE ledger.posting ENABLE ALWAYS TRIGGER append_only")
    said = run("ledger", "verify", "--home", str(copy), "--json")
    assert said.status == 1, said
    faults = json.loads(said.out)
    assert any("owed/performer" in fault["what"] or "owed/performer" in fault["where"] for fault in faults)
