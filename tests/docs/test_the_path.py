"""THE-PATH.md says what core/path.py says, and names every refusal."""

from __future__ import annotations

from docs.pages import code, read, rows, section
from stagedoor.core.base.outcome import Code
from stagedoor.core.path import PATH, SIDE_PATHS
from stagedoor.wire.decode import kinds

PAGE = "docs/THE-PATH.md"


def test_the_eight_verbs_stand_in_order_with_what_they_make() -> None:
    told = [(int(row[0]), row[1].strip("`"), row[2]) for row in rows(read(PAGE)) if row[0].isdecimal()]
    assert told == [(number, verb.name, verb.makes) for number, verb in enumerate(PATH, 1)]


def test_the_side_paths_stand_in_order_with_what_they_make() -> None:
    table = [row for row in rows(section(read(PAGE), "Side paths")) if row[0].startswith("`")]
    assert [(row[0].strip("`"), row[1]) for row in table] == [(verb.name, verb.makes) for verb in SIDE_PATHS]


def test_what_can_fail_names_every_code_and_no_other() -> None:
    table = [row for row in rows(read(PAGE)) if len(row) >= 4 and (row[0].isdecimal() or row[0].startswith("`"))]
    named = {name for row in table for name in code(row[-1])}
    known = {item.value for item in Code}
    elsewhere = {"take_in", "journal_of"}
    assert named - elsewhere <= known, named - known
    assert known <= set(code(read(PAGE))), known - set(code(read(PAGE)))


def test_what_is_written_down_are_facts_or_tables() -> None:
    table = [row for row in rows(read(PAGE)) if len(row) == 5 and row[0].isdecimal()]
    assert len(table) == len(PATH)
    entries = {"reserve", "post", "release", "deposit"}
    for row in table:
        for name in code(row[3]):
            assert name in kinds() or name in entries or name.partition(".")[0] in ("work", "ledger", "custody"), name
