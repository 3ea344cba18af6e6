"""The story on real parts: what was decided, what was paid, what every attack came to; and the same a second time."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from doors.kit import run

from .conftest import Dump, Told

ROOT = Path(__file__).parents[2]

DECIDED = [
    # answer, code, use, shot, purpose, days charged
    ("permit", None, "create", "", "picture", 1),
    ("permit", None, "render", "12A", "picture", 3),
    ("permit", None, "render", "12A", "picture", 0),  # the retake
    ("ask-a-person", "needs_a_person", "render", "14C", "picture", 1),
    ("permit", None, "render", "14C", "picture", 1),  # approved
    ("ask-a-person", "needs_a_person", "render", "TT1", "picture", 1),
    ("refuse", "approval_denied", "render", "TT1", "picture", None),
    ("refuse", "purpose_forbidden", "render", "12A", "advertising", None),
    ("refuse", "training_forbidden", "train", "12A", "training", None),
    ("refuse", "consent_expired", "render", "12A", "picture", None),
    ("refuse", "other_production", "render", "12A", "picture", None),
    ("refuse", "outside_consent", "render", "12A", "picture", None),  # nudity was not agreed
    ("refuse", "no_consent", "render", "12A", "picture", None),  # the prompt names somebody who agreed to nothing
    ("permit", None, "render", "12B", "picture", 0),  # attacked with one share alone
    ("permit", None, "render", "12B", "picture", 0),  # attacked by another worker
    ("permit", None, "render", "12B", "picture", 1),  # the pick-up, whose entry the killed database lost
    ("permit", None, "render", "12B", "picture", 0),  # running when she withdraws
    ("permit", None, "render", "12B", "picture", 0),  # permitted before, keyed never
    ("refuse", "consent_withdrawn", "render", "12B", "picture", None),
]

# Each entry: out of the reservation, to the performer, to the plans (21 % on top), to her agent (10 % of the gross).
CREATED = ["3025", "-2250", "-525", "-250"]  # one day at 2,500
SHOT = ["8970", "-6750", "-1470", "-750"]  # three days, of which 7,000 lie under the ceiling: 232,000 - 225,000
APPROVED = ["2500", "-2250", "-250"]  # one day, all of it above the ceiling
PICKED_UP = ["2500", "-2250", "-250"]

VARIES = ("seconds", "home", "psnr_", "bundle_checks")
"""Figures that clocks decide: how long things took, and how many frames the withdrawal let through (each is checked in
the bundle).  The fit's quality may differ in the last digit where another number of threads sums."""


def test_the_story_runs_to_its_end(told: Told) -> None:
    assert told.said.status == 0, told.said.err
    assert "Traceback" not in told.said.err
    assert told.figures["home"] == str(told.home)


def test_nothing_but_json_is_on_standard_output(told: Told) -> None:
    assert told.said.out.startswith("{") and told.said.out.rstrip().endswith("}")


def test_the_readmes_lines_are_what_the_story_says(told: Told) -> None:
    """Each line that README quotes begins one of the story's, whatever its figures (the story was told --fast)."""
    quoted = re.findall(r"^[✓✗] .+$", (ROOT / "README.md").read_text(encoding="utf-8"), re.MULTILINE)
    assert len(quoted) == 11
    said = [_no_figures(line.strip()) for line in told.said.err.splitlines()]
    for line in quoted:
        assert any(each.startswith(_no_figures(line)) for each in said), line


def test_json_tells_every_decision(told: Told) -> None:
    heard = [(item["answer"], item["code"]) for item in told.figures["decisions"]]
    assert heard == [(answer, code) for answer, code, *_ in DECIDED]


def test_every_decision_is_the_expected_one(dump: Dump) -> None:
    requests = {item["use_id"]: item for item in dump.of("request")}
    by_digest = {digest: item for item in requests.values() for digest in [_digest(item)]}
    decided = [(item, by_digest[item["request"]]) for item in dump.of("decision")]
    assert [
        (item["answer"], item["code"], asked["use"], asked["shot"], asked["purpose"],
         item["quote"]["days"] if item["quote"] else None)
        for item, asked in decided
    ] == DECIDED  # fmt: skip


def test_every_refusal_gives_a_clause_and_a_sentence(dump: Dump) -> None:
    for decision in dump.of("decision"):
        if decision["answer"] == "refuse":
            first = decision["findings"][0]
            assert first["clause"] and first["says"].endswith("."), first


def test_a_refusal_leaves_neither_permit_nor_money(dump: Dump) -> None:
    refused = {_digest(item) for item in dump.of("decision") if item["answer"] != "permit"}
    assert len(refused) == 10
    assert refused.isdisjoint(item["decision"] for item in dump.of("permit"))


def test_what_was_posted(told: Told) -> None:
    assert told.figures["amounts"] == [_dollars(entry) for entry in (CREATED, SHOT, APPROVED)]
    assert told.figures["owed_performer"] == "11250.000000 USD"
    assert told.figures["owed_agent"] == "1250.000000 USD"
    assert told.figures["owed_plans"] == "1995.000000 USD"
    assert told.figures["left_in_account"] == "15505.000000 USD"
    assert told.figures["statement_total"] == "11250.000000 USD"


def test_the_ledger_holds_exactly_what_the_story_owes(dump: Dump) -> None:
    """The retake, the two attacked permits and the withdrawn ones cost nothing: they have no entry at all."""
    posted = [item for item in dump.of("entry") if item["kind"] == "post"]
    assert [[line["amount"] for line in item["postings"]] for item in posted] == [
        _dollars(entry) for entry in (CREATED, SHOT, APPROVED, PICKED_UP)
    ]
    costs = {item["permit"]: item["cost"] for item in dump.of("permit")}
    assert sorted(costs.values()) == sorted(
        ["3025.000000 USD", "8970.000000 USD", "2500.000000 USD", "2500.000000 USD"] + ["0.000000 USD"] * 5
    )


def test_the_commission_is_a_tenth_of_the_gross(dump: Dump) -> None:
    for entry in dump.of("entry"):
        if entry["kind"] == "post":
            owed = {line["account"].split("/")[1]: -_units(line["amount"]) for line in entry["postings"][1:]}
            assert owed["agent"] * 10 == owed["agent"] + owed["performer"]
    agents = [-_units(e["postings"][-1]["amount"]) for e in dump.of("entry") if e["kind"] == "post"]
    assert [units // 1_000_000 for units in agents] == [250, 750, 250, 250]


def test_frames_are_metered_whether_they_cost_or_not(dump: Dump) -> None:
    *known, withdrawn = [item["units"] for item in dump.of("receipt")]
    assert known == [1, 12, 4, 6, 4]
    assert 0 < withdrawn < 1_000, "the render that was running at the withdrawal stopped early, and was still metered"


@pytest.mark.parametrize(
    ("figure", "came_to"),
    [
        ("attack_one_share", "CommitmentError"),
        ("attack_other_worker", "permit_other_worker"),
        ("attack_altered_consent", "signature_invalid"),
        ("attack_replay_changed", 0),
        ("attack_killed_posted", "2250.000000 USD"),
        ("attack_edit_found", True),
        ("withdrawn_next_key", "consent_withdrawn"),
    ],
)
def test_every_attack_comes_to_nothing(told: Told, figure: str, came_to: object) -> None:
    assert told.figures[figure] == came_to


def test_a_second_telling_gives_the_same_answers_codes_and_amounts(told: Told, told_again: Told) -> None:
    assert told_again.said.status == 0, told_again.said.err
    first, second = _steady(told.figures), _steady(told_again.figures)
    assert first == second
    assert len(first) >= 12, "there is something to compare"
    assert told.figures["psnr_whole_db"] == pytest.approx(told_again.figures["psnr_whole_db"], abs=0.5)


def test_without_keep_only_papers_and_frames_stay(told_again: Told) -> None:
    assert sorted(path.name for path in told_again.home.iterdir()) == ["outputs", "papers"]
    assert told_again.figures["home"] == ""


def test_custodians_attest_what_they_released_and_destroyed(dump: Dump) -> None:
    grants = {_digest(item) for item in dump.of("key_grant")}
    for custodian in ("union", "studio"):
        released = dump.of("share_released", f"custodian/{custodian}")
        assert {item["grant"] for item in released} <= grants
        assert {item["custodian"] for item in released} == {custodian}
    # The studio's custodian was stopped during one attack: it gave one share less, and nothing was opened with one.
    assert len(dump.of("share_released", "custodian/union")) == len(dump.of("share_released", "custodian/studio")) + 1
    destroyed = dump.of("share_destroyed", "custodian/union")
    assert {item["asset"] for item in destroyed} == {item["asset"] for item in dump.of("asset")}
    assert {item["because"] for item in destroyed} == {_digest(item) for item in dump.of("withdrawal")}
    assert dump.rows["custodian_union.share"] == []
    assert len(dump.rows["custodian_studio.share"]) == 2


def test_the_statement_is_one_page_without_outside_references(told: Told) -> None:
    page = (told.home / "papers" / "statement.html").read_text(encoding="utf-8")
    assert page.lstrip().lower().startswith("<!doctype html>")
    assert "13,500.00" in page
    for pattern in (r"https?://[^\s\"'<>]+", r"(?:src|href|action|poster|data)\s*=\s*[\"'](?!data:|#)[^\"']*",
                    r"url\((?!\s*[\"']?(?:data:|#))[^)]*\)", r"@import", r"<(?:iframe|object|embed|form|base)\b",
                    r"<link\b(?![^>]*href=[\"']data:)"):  # fmt: skip
        found = [text for text in re.findall(pattern, page) if "w3.org" not in text]
        assert not found, (pattern, found[:3])


def test_a_home_that_is_there_is_not_written_over(told: Told) -> None:
    before = sorted(path.name for path in told.home.iterdir())
    said = run("demo", "--fast", "--keep", str(told.home))
    assert said.status == 2
    assert "is not empty" in said.err and "Traceback" not in said.err
    assert sorted(path.name for path in told.home.iterdir()) == before


def test_every_process_of_the_story_ended(told: Told) -> None:
    marks = [path for path in Path("/proc").glob("[0-9]*/cmdline") if str(told.home).encode() in _read(path)]
    assert marks == []


def _no_figures(line: str) -> str:
    return re.sub(r"[0-9][0-9.,]*", "0", line)


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError:
        return b""


def _steady(figures: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in figures.items() if not name.startswith(VARIES)}


def _dollars(amounts: list[str]) -> list[str]:
    return [f"{amount}.000000 USD" for amount in amounts]


def _units(text: str) -> int:
    return int(text.split(" ")[0].replace(".", ""))


def _digest(plain: dict[str, Any]) -> str:
    from stagedoor.core.base.canonical import canonical_bytes, digest_of

    return digest_of(plain["fact"], canonical_bytes(plain))
