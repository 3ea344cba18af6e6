"""A crowd plan: what the file may hold, what the rules say of it, and that the whole is the sum of its rows."""

from __future__ import annotations

import contextlib
import json
import re
from dataclasses import replace
from datetime import date
from functools import cache
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from core import builders as make
from rulebooks.kit import run
from stagedoor.adapters.crowd import BYTES_MAX, COLUMNS, CrowdFault, read_crowd
from stagedoor.cli.rulebooks import with_plans
from stagedoor.core.base.money import Money
from stagedoor.core.base.outcome import Code
from stagedoor.core.rules.crowd import ASKS, FITS, REFUSED, CrowdReport, judge_crowd
from stagedoor.core.rules.crowd_rows import PEOPLE_MAX, ROWS_MAX, CrowdPlan, CrowdRow
from stagedoor.core.rules.rulebook import Rulebook
from stagedoor.wiring import rulebooks

AGREEMENT = "sag_aftra_tv_theatrical_2023"
DAY = date(2026, 5, 11)
BEGAN = date(2026, 5, 4)
EXAMPLE = make.ROOT / "examples" / "crowd" / "plan.csv"
HOW_TO = (make.ROOT / "docs" / "how-to" / "plan-a-crowd.md").read_text(encoding="utf-8")
OPTIONS = ("--agreement", AGREEMENT, "--day", DAY, "--photography-began", BEGAN)
ROW = CrowdRow(line=2, shot="S", day=DAY, required_background=0, real_people=0, replicas=1, replica_of="crowd",
               consent=True, basis="one day")  # fmt: skip


@cache
def books() -> tuple[Rulebook, ...]:
    """The agreement of 2023 with its plans: its rates of May 2026 are of medium confidence and may pay."""
    return with_plans(rulebooks(), AGREEMENT)


def judged(*rows: CrowdRow, began: date = BEGAN) -> CrowdReport:
    """These rows as a plan of a theatrical picture."""
    return judge_crowd(
        CrowdPlan(rows=rows, photography_began=began, medium="theatrical", program="", currency="USD"), books()
    )


def value(name: str, day: date = DAY) -> int:
    """A parameter's value on a day."""
    item = next(item for book in books() for item in book.parameters if item.name == name)
    dated = item.at(day)
    assert dated is not None
    return dated.value


# --- what the rules say ---------------------------------------------------------------------------------------------


def test_replicas_never_fill_the_required_number() -> None:
    """Eighteen of twenty-five are short by seven, and so are they with forty replicas behind them."""
    row = replace(ROW, required_background=25, real_people=18, replicas=40)
    report = judged(row)
    people, replicas = report.judged
    assert report.crowds[0].short == 7
    assert (people.verdict, replicas.verdict, replicas.code) == (FITS, REFUSED, Code.RULE_FORBIDS)
    assert {"TV-B4", "TV-B4-COUNT"} <= {item.rule for item in replicas.findings}
    assert report.whole.people == 18


@given(required=st.integers(0, 60), real=st.integers(0, 60), replicas=st.integers(1, 200), more=st.integers(1, 200))
@settings(max_examples=40, deadline=None)
def test_no_number_of_replicas_mends_a_shortage(required: int, real: int, replicas: int, more: int) -> None:
    """A shot with replicas is refused exactly if people are missing, however many replicas there are."""
    for count in (replicas, replicas + more):
        report = judged(replace(ROW, required_background=required, real_people=real, replicas=count))
        assert (report.judged[-1].verdict == REFUSED) is (real < required)


def test_rows_of_one_shot_are_one_crowd() -> None:
    """The people of one row stand beside the replicas of another."""
    people = replace(ROW, required_background=25, real_people=25, replicas=0, replica_of="")
    assert judged(people, replace(ROW, line=3)).judged[-1].verdict == ASKS
    assert judged(replace(people, real_people=24), replace(ROW, line=3)).judged[-1].verdict == REFUSED
    other_day = replace(ROW, line=3, day=date(2026, 5, 12), required_background=1)
    assert judged(people, other_day).judged[-1].verdict == REFUSED


def test_shown_as_a_principal_it_is_paid_as_one() -> None:
    """The principal's minimum for each day, contributions at the principals' rate, and it is no background."""
    report = judged(replace(ROW, as_principal=True, days=2, required_background=3, real_people=3))
    item = report.judged[-1]
    assert (item.verdict, item.who) == (FITS, "replicas as principals")
    assert item.quote is not None
    lines = {line.rule: line.amount.units for line in item.quote.lines}
    gross = 2 * value("day_minimum")
    assert lines == {"TV-B3": gross, "PH-3": gross * value("ph_rate_bp", BEGAN) // 10_000}
    assert report.crowds[0].replicas == 0


def test_its_own_rate_is_paid_if_it_is_more() -> None:
    """A floor, not a price."""
    paid = judged(replace(ROW, as_principal=True, day_rate=2_000_000_000)).judged[0].quote
    less = judged(replace(ROW, as_principal=True, day_rate=1)).judged[0].quote
    assert paid is not None and less is not None
    assert (paid.gross, less.gross.units) == (Money.whole(2_000, "USD"), value("day_minimum"))


def test_a_day_of_scanning_is_a_full_background_day() -> None:
    item = judged(replace(ROW, scan_only=True, replicas=40)).judged[0]
    assert (item.verdict, item.who, item.people) == (FITS, "scan days", 40)
    assert item.quote is not None
    assert [line.rule for line in item.quote.lines] == ["TV-B1", "PH-3-BACKGROUND"]
    assert item.gross("USD").units == 40 * value("background_day")


def test_another_picture_needs_consent_and_a_bargain() -> None:
    """Without a consent it is refused; with one the union is asked, and the bargained fee is paid."""
    row = replace(ROW, other_picture=True, fee=300_000_000, replicas=12)
    assert judged(replace(row, consent=False)).judged[0].code is Code.NO_CONSENT
    item = judged(row).judged[0]
    assert item.verdict == ASKS
    assert "TV-B5" in {finding.rule for finding in item.findings if finding.asks}
    assert item.gross("USD") == Money.whole(3_600, "USD")
    assert judged(replace(row, fee=None)).judged[0].code is Code.UNPRICED


def test_no_consent_no_replica() -> None:
    assert judged(replace(ROW, consent=False)).judged[0].code is Code.NO_CONSENT


def test_an_estimate_without_a_basis_is_asked() -> None:
    asked = {item.rule for item in judged(replace(ROW, as_principal=True, basis="")).judged[0].findings if item.asks}
    assert asked == {"TV-P3"}


def test_a_rate_that_nobody_verified_is_asked() -> None:
    """In October 2026 the minimums are low: an officer must confirm what they would decide."""
    day = date(2026, 10, 14)
    together = with_plans(rulebooks(), "sag_aftra_tv_theatrical_2026")
    plan = CrowdPlan(rows=(replace(ROW, day=day, as_principal=True, real_people=2),), photography_began=BEGAN,
                     medium="theatrical", program="", currency="USD")  # fmt: skip
    people, replicas = judge_crowd(plan, together).judged
    assert "crowd-people:background_day" in {finding.rule for finding in people.findings}
    assert "TV-B3:day_minimum" in {finding.rule for finding in replicas.findings}
    assert (people.verdict, replicas.verdict) == (ASKS, ASKS)


def test_the_ceiling_counts_what_the_same_people_were_paid_before() -> None:
    """The same label is the same people; above the ceiling the plans receive nothing."""
    ceiling = value("ph_ceiling", BEGAN)
    first = replace(ROW, as_principal=True, day_rate=ceiling, replica_of="one")
    again, other = replace(first, line=3), replace(first, line=4, replica_of="two")
    quotes = [item.quote for item in judged(first, again, other).judged]
    on_top = [sum(line.amount.units for line in quote.lines if line.on_top) for quote in quotes if quote]
    assert on_top[0] == on_top[2] > 0
    assert on_top[1] == 0


def test_a_day_outside_the_agreement_is_a_doubt() -> None:
    assert judged(replace(ROW, day=date(2026, 7, 1))).judged[0].code is Code.DOUBT


def test_a_rule_about_the_crowd_is_never_left_open() -> None:
    """Rules that wait for the use itself read nothing that a plan says of the crowd."""
    waiting = {rule for item in judged(ROW, replace(ROW, scan_only=True)).judged for rule in item.open_rules}
    assert {"TV-N1", "TV-C2"} <= waiting
    reads = {rule.rule: set(rule.reads) for book in books() for rule in book.judges}
    for rule in waiting:
        assert not reads[rule] & {"counts_as_background", "background_real", "as_principal", "other_picture"}, rule


@given(st.lists(st.builds(
    lambda real, replicas, principal, days: (real, replicas, principal, days),
    st.integers(0, 30), st.integers(0, 30), st.booleans(), st.integers(1, 9)), min_size=1, max_size=6))  # fmt: skip
@settings(max_examples=25, deadline=None)
def test_the_whole_is_the_sum_of_what_is_not_refused(rows: list[tuple[int, int, bool, int]]) -> None:
    """To the last unit, and by category too."""
    plan = tuple(
        replace(ROW, line=number + 2, shot=f"S{number}", real_people=real, required_background=7, replicas=replicas,
                as_principal=principal, days=days, replica_of=f"group {number}")
        for number, (real, replicas, principal, days) in enumerate(rows)
    )  # fmt: skip
    report = judged(*plan)
    counted = [item for item in report.judged if item.verdict != REFUSED]
    assert report.whole.cost.units == sum(item.cost("USD").units for item in counted)
    assert report.whole.gross.units == sum(total.gross.units for total in report.totals)
    assert report.refused == len(report.judged) - len(counted)


def test_one_row_costs_what_as_many_rows_of_one_would() -> None:
    """A group is priced for each of its people."""
    alone = judged(ROW).whole.cost.units
    assert judged(replace(ROW, replicas=40)).whole.cost.units == 40 * alone


# --- what the file may hold -----------------------------------------------------------------------------------------

HEAD = "shot,required_background,real_people,replicas,replica_of,"
FAULTS = {
    "no rows": (HEAD[:-1], "holds no row"),
    "nothing": ("", "holds no row"),
    "an unknown column": ("shot,extras\n", "line 1: 'extras' is not a column. The columns are: shot"),
    "a column twice": ("shot,shot\n", "line 1: the column 'shot' stands twice"),
    "a column missing": ("shot,real_people\nA,1\n", "line 1: the column 'required_background' is missing"),
    "a cell missing": (f"{HEAD}day\nA,1,1,0\n", "line 2: 4 cells under 6 columns"),
    "an empty number": (f"{HEAD}day\nA,,1,0,,\n", "line 2: 'required_background' is empty"),
    "a negative number": (f"{HEAD}day\nA,-1,1,0,,\n", "line 2: '-1' could be taken for a formula"),
    "a formula": (f'{HEAD}basis\nA,1,1,0,,"=HYPERLINK(""x"")"\n', "line 2: '=HYPERLINK"),
    "a command": (f"{HEAD}basis\nA,1,1,0,,@SUM(A1)\n", "could be taken for a formula"),
    "a plus": (f"{HEAD}basis\nA,1,1,0,,+1\n", "could be taken for a formula"),
    "a tab first": (f"{HEAD}basis\nA,1,1,0,,\t=1\n", "could be taken for a formula"),
    "a fraction": (f"{HEAD}day\nA,1,1.5,0,,\n", "line 2, real_people: '1.5' is not a whole number"),
    "digits of another script": (f"{HEAD}day\nA,1,\u0663,0,,\n", "is not a whole number"),
    "too many people": (f"{HEAD}day\nA,1,{PEOPLE_MAX + 1},0,,\n", f"not a whole number up to {PEOPLE_MAX}"),
    "a day as people speak": (f"{HEAD}day\nA,1,1,0,,11 May\n", "line 2, day: '11 May' is not a day"),
    "a day without dashes": (f"{HEAD}day\nA,1,1,0,,20260511\n", "is not a day"),
    "perhaps": (f"{HEAD}consent\nA,1,1,0,,maybe\n", "line 2, consent: 'maybe' is neither yes nor no"),
    "an amount with a currency": (f"{HEAD}fee\nA,1,1,0,,$300\n", "line 2, fee: '$300' is not an amount"),
    "no days": (f"{HEAD}days\nA,1,1,1,x,0\n", "line 2, days: no days"),
    "a category": (f"{HEAD}category\nA,1,1,1,x,extra\n", "'extra' is not a category. Use one of: background"),
    "replicas of nobody": (f"{HEAD}day\nA,1,1,1,,\n", "line 2: whose replicas are these?"),
    "nobody at all": (f"{HEAD}day\nA,0,0,0,,\n", "line 2: nobody is in this row"),
    "a scan with people": (f"{HEAD}scan_only\nA,0,1,1,x,yes\n", "on a scan day people do nothing else"),
    "another picture without a fee": (f"{HEAD}other_picture\nA,0,0,1,x,yes\n", "Write it in 'fee'"),
    "an open quotation": (f'{HEAD}day\nA,1,1,0,,"\n', "line 2: it is not CSV"),
    "a cell over two lines": (f'{HEAD}basis\nA,1,1,0,,"one\ntwo"\n', "line 2: a cell runs over several lines"),
    "a control character": (f"{HEAD}basis\nA,1,1,0,,a\x1b[2J\n", "not printed"),
    "a long cell": (f"{HEAD}basis\nA,1,1,0,,{'x' * 121}\n", "more than 120 characters"),
    "too many rows": (
        HEAD[:-1] + "\n" + "A,1,1,0,\n" * (ROWS_MAX + 1),
        f"line {ROWS_MAX + 2}: more than {ROWS_MAX} rows",
    ),
    "too many bytes": ("x" * (BYTES_MAX + 1), f"more than {BYTES_MAX} bytes"),
    "another encoding": ("\udcff", "line 1: it is not UTF-8"),
}


@pytest.mark.parametrize("what", FAULTS)
def test_what_cannot_be_read_is_told_with_its_line(what: str, tmp_path: Path) -> None:
    text, words = FAULTS[what]
    path = tmp_path / "plan.csv"
    path.write_bytes(text.encode("utf-8", "surrogateescape"))
    with pytest.raises(CrowdFault) as fault:
        read_crowd(path, DAY)
    assert words in str(fault.value)
    assert str(fault.value).endswith((".", "?"))


@given(st.binary(max_size=400) | st.text(max_size=200).map(lambda text: f"{HEAD}day\n{text}".encode()))
@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_noise_is_refused_and_nothing_else_happens(tmp_path: Path, data: bytes) -> None:
    path = tmp_path / "plan.csv"
    path.write_bytes(data)
    with contextlib.suppress(CrowdFault):
        rows = read_crowd(path, DAY)
        assert rows and all(row.shot and row.line > 1 for row in rows)


def test_spreadsheets_mark_the_first_byte_and_leave_blank_lines(tmp_path: Path) -> None:
    path = tmp_path / "plan.csv"
    path.write_bytes(b"\xef\xbb\xbf" + f"{HEAD}day\r\n\r\n,,,,,\r\nA,1,2,0,,2026-05-12\r\n".encode())
    (row,) = read_crowd(path, DAY)
    assert (row.line, row.shot, row.real_people, row.day) == (4, "A", 2, date(2026, 5, 12))


# --- the command and its page ---------------------------------------------------------------------------------------


def test_the_page_has_the_columns() -> None:
    table = HOW_TO.partition("<!-- columns:")[2].partition("<!-- end of columns -->")[0]
    assert re.findall(r"^\| `(\w+)` \|", table, re.MULTILINE) == list(COLUMNS)
    assert f"at most {ROWS_MAX:,} rows and {BYTES_MAX >> 20} MiB; a row counts at most {PEOPLE_MAX:,} people" in HOW_TO


def test_the_page_shows_what_the_example_prints() -> None:
    shown = HOW_TO.partition("<!-- example:")[2].partition("<!-- end of example -->")[0]
    (block,) = re.findall(r"```\n(.*?)```", shown, re.DOTALL)
    printed = run("crowd", "check", EXAMPLE, *OPTIONS, columns=110)
    assert block == printed.out
    assert printed.status == 1


def test_json_holds_every_amount_with_its_rule_and_clause() -> None:
    said = run("crowd", "check", EXAMPLE, *OPTIONS, "--json")
    told = json.loads(said.out)
    assert said.status == 1
    assert told["refused"] == 2
    amounts = [amount for row in told["rows"] for amount in row["amounts"]]
    assert amounts
    assert all(amount["rule"] and amount["clause"] and amount["arithmetic"] for amount in amounts)
    counted = [row for row in told["rows"] if row["answer"] != "refused"]
    whole = sum(Money.parse(row["cost"]).units for row in counted)
    assert Money.parse(told["whole"]["cost"]).units == whole


def test_a_plan_in_which_nothing_is_refused_ends_well(tmp_path: Path) -> None:
    path = tmp_path / "plan.csv"
    path.write_text(f"{HEAD}day\nA,20,25,0,,\n", encoding="utf-8")
    said = run("crowd", "check", path, *OPTIONS)
    assert said.status == 0
    assert "25 real of 20 needed, 0 replicas" in said.out


@pytest.mark.parametrize(
    ("change", "words"),
    [(("--day", "May"), "--day: 'May' is not a day"), (("--currency", "XYZ"), "currency 'XYZ' is not known"),
     (("--agreement", "nobody"), "there is no such rulebook")],
)  # fmt: skip
def test_options_that_cannot_be(change: tuple[str, str], words: str) -> None:
    said = run("crowd", "check", EXAMPLE, *OPTIONS, *change)
    assert said.status == 2
    assert words in said.err


@pytest.mark.parametrize("name", ["nowhere.csv", "."])
def test_a_plan_that_is_no_file(name: str, tmp_path: Path) -> None:
    said = run("crowd", "check", tmp_path / name, *OPTIONS)
    assert said.status == 2
    assert "Name a plan as a CSV file." in said.err


def test_an_agreement_without_a_background_rate_prices_nobody() -> None:
    """It says so, in place of a guess."""
    said = run("crowd", "check", EXAMPLE, *OPTIONS, "--agreement", "sag_aftra_interactive_2025")
    assert said.status == 1
    assert "has no 'background_day'" in said.out
