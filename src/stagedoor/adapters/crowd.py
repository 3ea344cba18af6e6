"""A crowd plan from a CSV file."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any, Final

from stagedoor.core.rules.crowd_rows import CATEGORIES, DAYS_MAX, PEOPLE_MAX, ROWS_MAX, TEXT_CHARS_MAX, CrowdRow
from stagedoor.wire import table
from stagedoor.wire.table import ReadCell, Shape, TableFault, read_table

BYTES_MAX: Final = 4 << 20
"""Bytes of a plan: five thousand rows of eight hundred bytes."""

NEEDED: Final = ("shot", "required_background", "real_people", "replicas")
"""Columns that every plan has."""


class CrowdFault(TableFault):
    """A plan that cannot be read: which line, what is wrong, what to do."""


def read_crowd(path: Path, day: date) -> tuple[CrowdRow, ...]:
    """The rows of a plan.  A row without a day is on `day`."""
    try:
        return tuple(_rows(path, day))
    except CrowdFault:
        raise
    except TableFault as fault:
        raise CrowdFault(str(fault)) from None


def _rows(path: Path, day: date) -> Iterator[CrowdRow]:
    for line, where, cells in read_table(path, PLAN):
        given: dict[str, Any] = {"day": day} | cells
        row = CrowdRow(line=line, **given)
        _sensible(where, row)
        yield row


def _sensible(where: str, row: CrowdRow) -> None:
    """Refuse what cannot be meant."""
    if row.replicas and not row.replica_of:
        raise CrowdFault(f"{where}: whose replicas are these? Name the people, or a label for them, in 'replica_of'.")
    if not row.replicas and not row.real_people and not row.required_background:
        raise CrowdFault(f"{where}: nobody is in this row. Take it out.")
    if row.scan_only and (row.real_people or row.required_background or row.as_principal or not row.replicas):
        raise CrowdFault(f"{where}: on a scan day people do nothing else: 'replicas' says how many are scanned, and "
                         "nobody else stands in the row. Make a row of its own.")  # fmt: skip
    if row.other_picture and row.fee is None and row.replicas:
        raise CrowdFault(f"{where}: for a replica from another picture the pay is bargained. Write it in 'fee'.")


def _days(where: str, cell: str) -> int:
    days = int(table.count(DAYS_MAX)(where, cell))
    if not days:
        raise CrowdFault(f"{where}: no days. Leave the cell empty for one day, or write how many.")
    return days


COLUMNS: Final[dict[str, ReadCell]] = {
    "shot": table.words,
    "day": table.day,
    "required_background": table.count(PEOPLE_MAX),
    "real_people": table.count(PEOPLE_MAX),
    "replicas": table.count(PEOPLE_MAX),
    "replica_of": table.words,
    "category": table.one_of("category", CATEGORIES),
    "as_principal": table.flag,
    "scan_only": table.flag,
    "days": _days,
    "day_rate": table.amount,
    "fee": table.amount,
    "other_picture": table.flag,
    "consent": table.flag,
    "basis": table.words,
}
"""Every column and how its cells are read."""

PLAN: Final = Shape(
    noun="plan",
    columns=COLUMNS,
    needed=NEEDED,
    empty="Write it; where there is nobody write 0.",
    rows_max=ROWS_MAX,
    bytes_max=BYTES_MAX,
    cell_chars_max=TEXT_CHARS_MAX,
)
