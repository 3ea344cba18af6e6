"""A shot list from a CSV file."""

from __future__ import annotations

from collections.abc import Callable
from enum import Enum
from pathlib import Path
from typing import Any, Final

from stagedoor.core.base.limits import ELEVATION_DEG_MAX
from stagedoor.core.facts.request import Circumstance, DatedFact
from stagedoor.core.facts.terms import Audience, Content, Purpose, Quality, Use
from stagedoor.core.rules.declared import DECLARED, DECLARED_AMOUNTS, DECLARED_DATES
from stagedoor.core.rules.shot_rows import ROWS_MAX, TEXT_CHARS_MAX, UNITS_MAX, ShotRow
from stagedoor.core.rules.text import FLAG, NUMBER
from stagedoor.core.steps.ask import CATEGORIES, FULL_TURN, GRADES
from stagedoor.wire import table
from stagedoor.wire.table import ReadCell, Shape, TableFault, read_table

BYTES_MAX: Final = 4 << 20
"""Bytes of a list: ten thousand rows of four hundred bytes."""

DECLARED_MAX: Final = 999_999
"""The largest number that a row declares: more was mistyped."""


def read_shots(path: Path) -> tuple[ShotRow, ...]:
    """The rows of a list; raises TableFault for what cannot be read."""
    return tuple(_row(line, cells) for line, _, cells in read_table(path, LIST))


def _row(line: int, cells: dict[str, Any]) -> ShotRow:
    said = {name: cells.pop(name) for name in DECLARED if name in cells}
    dated = {name: cells.pop(name) for name in DECLARED_DATES if name in cells}
    return ShotRow(
        line=line,
        circumstances=tuple(Circumstance(name=name, value=value) for name, value in said.items()),
        dates=tuple(DatedFact(name=name, day=day) for name, day in dated.items()),
        **cells,
    )


def _word(kind: type[Enum]) -> ReadCell:
    read = table.one_of(kind.__name__.lower(), tuple(each.value for each in kind))
    return lambda where, cell: kind(read(where, cell))


def _units(where: str, cell: str) -> int:
    units = int(table.count(UNITS_MAX)(where, cell))
    if not units:
        raise TableFault(f"{where}: no units. Take the row out, or write how many.")
    return units


def _degrees(most: int) -> ReadCell:
    def read(where: str, cell: str) -> int:
        digits = cell.removeprefix("-")
        if not digits.isascii() or not digits.isdigit() or len(digits) > len(str(most)) or int(digits) > most:
            raise TableFault(f"{where}: '{cell}' is no whole number of degrees from -{most} to {most}.")
        return int(cell)

    return read


def _places(_where: str, cell: str) -> tuple[str, ...]:
    return tuple(cell.split())


def _declared(name: str) -> ReadCell:
    kind = DECLARED[name][0]
    if name in DECLARED_AMOUNTS:
        return table.amount
    readers: dict[str, Callable[[str, str], Any]] = {FLAG: table.flag, NUMBER: table.count(DECLARED_MAX)}
    return readers.get(kind, table.words)


COLUMNS: Final[dict[str, ReadCell]] = {
    "shot": table.words,
    "units": _units,
    "use": _word(Use),
    "unit": table.words,
    "performer": table.words,
    "asset": table.words,
    "consent": table.words,
    "estimate": table.words,
    "day": table.day,
    "arc_from_deg": _degrees(FULL_TURN),
    "arc_to_deg": _degrees(FULL_TURN),
    "elevation_from_deg": _degrees(ELEVATION_DEG_MAX),
    "elevation_to_deg": _degrees(ELEVATION_DEG_MAX),
    "performance": table.words,
    "purpose": _word(Purpose),
    "medium": table.words,
    "territory": table.words,
    "category": table.one_of("category", CATEGORIES),
    "content": _word(Content),
    "quality": _word(Quality),
    "audience": _word(Audience),
    "places": _places,
    "retake_of": table.words,
    "worker_grade": table.one_of("worker grade", GRADES),
}
"""Every column of its own and how its cells are read; a word that a production declares is a column too."""

LIST: Final = Shape(
    noun="list",
    columns=COLUMNS | {name: _declared(name) for name in DECLARED} | dict.fromkeys(DECLARED_DATES, table.day),
    needed=("units",),
    empty="Write how many.",
    rows_max=ROWS_MAX,
    bytes_max=BYTES_MAX,
    cell_chars_max=TEXT_CHARS_MAX,
    signed=True,
    listed=f"{', '.join(COLUMNS)}, and each word that a production declares (docs/RULE-LANGUAGE.md)",
)
