"""A crowd plan from a CSV file, read strictly: known columns, bounded rows, each fault with its line and what to do.

A cell that a spreadsheet would take for a formula is refused, for such files go from hand to hand.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path
from typing import Any, Final

from stagedoor.core.rules.crowd_rows import CATEGORIES, DAYS_MAX, PEOPLE_MAX, ROWS_MAX, TEXT_CHARS_MAX, CrowdRow

BYTES_MAX: Final = 4 << 20
"""Bytes of a plan: five thousand rows of eight hundred bytes."""

AMOUNT_DIGITS_MAX: Final = 9
"""Digits before the point: a thousand million is no day's pay."""

NEEDED: Final = ("shot", "required_background", "real_people", "replicas")
"""Columns that every plan has."""


class CrowdFault(ValueError):
    """A plan that cannot be read: which line, what is wrong, what to do."""


def read_crowd(path: Path, day: date) -> tuple[CrowdRow, ...]:
    """The rows of a plan.  A row without a day is on `day`."""
    with path.open("rb") as file:
        data = file.read(BYTES_MAX + 1)
    if len(data) > BYTES_MAX:
        raise CrowdFault(f"{path.name} has more than {BYTES_MAX} bytes. Split the plan.")
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as fault:
        line = data[: fault.start].count(b"\n") + 1
        raise CrowdFault(f"{path.name}, line {line}: it is not UTF-8 text. Save the plan as CSV in UTF-8.") from None
    return tuple(_rows(path.name, text, day))


def _rows(name: str, text: str, day: date) -> Iterator[CrowdRow]:
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    header: list[str] = []
    before = count = 0
    while True:
        line = before + 1
        try:
            cells = next(reader, None)
        except csv.Error as fault:
            raise CrowdFault(f"{name}, line {line}: it is not CSV ({fault}). Mend the quotation marks.") from None
        if cells is None:
            break
        if reader.line_num > line:
            raise CrowdFault(f"{name}, line {line}: a cell runs over several lines. Keep each row on one line.")
        before = reader.line_num
        cells = [cell.strip(" ") for cell in cells]
        if not any(cells):
            continue
        for cell in cells:
            _harmless(f"{name}, line {line}", cell)
        if not header:
            header = _header(f"{name}, line {line}", cells)
            continue
        count += 1
        if count > ROWS_MAX:
            raise CrowdFault(f"{name}, line {line}: more than {ROWS_MAX} rows. Split the plan.")
        yield _row(f"{name}, line {line}", line, header, cells, day)
    if not count:
        raise CrowdFault(f"{name} holds no row. The first line names the columns: {', '.join(COLUMNS)}.")


def _harmless(where: str, cell: str) -> None:
    if cell[:1] in ("=", "+", "-", "@", "\t") and cell:
        raise CrowdFault(
            f"{where}: '{cell[:20]}' could be taken for a formula. Begin the cell with a letter or a digit."
        )
    if len(cell) > TEXT_CHARS_MAX or not cell.isprintable():
        raise CrowdFault(f"{where}: a cell has more than {TEXT_CHARS_MAX} characters, or some that are not printed. "
                         "Shorten it or type it anew.")  # fmt: skip


def _header(where: str, cells: list[str]) -> list[str]:
    for name in cells:
        if name not in COLUMNS:
            raise CrowdFault(f"{where}: '{name}' is not a column. The columns are: {', '.join(COLUMNS)}.")
        if cells.count(name) > 1:
            raise CrowdFault(f"{where}: the column '{name}' stands twice. Take one away.")
    missing = [name for name in NEEDED if name not in cells]
    if missing:
        raise CrowdFault(f"{where}: the column '{missing[0]}' is missing. A plan needs: {', '.join(NEEDED)}.")
    return cells


def _row(where: str, line: int, header: list[str], cells: list[str], day: date) -> CrowdRow:
    if len(cells) != len(header):
        raise CrowdFault(f"{where}: {len(cells)} cells under {len(header)} columns. Leave no cell out; an empty one "
                         "stands between two commas.")  # fmt: skip
    given: dict[str, Any] = {"day": day}
    for name, cell in zip(header, cells, strict=True):
        if cell:
            given[name] = COLUMNS[name](f"{where}, {name}", cell)
        elif name in NEEDED:
            raise CrowdFault(f"{where}: '{name}' is empty. Write it; where there is nobody write 0.")
    row = CrowdRow(line=line, **given)
    _sensible(where, row)
    return row


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


def _text(_where: str, cell: str) -> str:
    return " ".join(cell.split())


def _day(where: str, cell: str) -> date:
    try:
        return date.fromisoformat(cell if len(cell) == len("2026-07-01") else "")
    except ValueError:
        raise CrowdFault(f"{where}: '{cell}' is not a day. Write it as 2026-07-01.") from None


def _count(most: int) -> Callable[[str, str], int]:
    def read(where: str, cell: str) -> int:
        if re.fullmatch(r"[0-9]{1,6}", cell) is None or int(cell) > most:
            raise CrowdFault(f"{where}: '{cell}' is not a whole number up to {most}. Write digits alone.")
        return int(cell)

    return read


def _days(where: str, cell: str) -> int:
    days = _count(DAYS_MAX)(where, cell)
    if not days:
        raise CrowdFault(f"{where}: no days. Leave the cell empty for one day, or write how many.")
    return days


def _flag(where: str, cell: str) -> bool:
    if cell not in ("yes", "no"):
        raise CrowdFault(f"{where}: '{cell}' is neither yes nor no. Write one of the two; empty is no.")
    return cell == "yes"


def _amount(where: str, cell: str) -> int:
    match = re.fullmatch(rf"([0-9]{{1,{AMOUNT_DIGITS_MAX}}})(?:\.([0-9]{{2}}))?", cell)
    if match is None:
        raise CrowdFault(f"{where}: '{cell}' is not an amount. Write it as 1500 or 1500.00, without a currency.")
    return int(match[1]) * 1_000_000 + int(match[2] or 0) * 10_000


def _category(where: str, cell: str) -> str:
    if cell not in CATEGORIES:
        raise CrowdFault(f"{where}: '{cell}' is not a category. Use one of: {', '.join(CATEGORIES)}.")
    return cell


COLUMNS: Final[dict[str, Callable[[str, str], Any]]] = {
    "shot": _text,
    "day": _day,
    "required_background": _count(PEOPLE_MAX),
    "real_people": _count(PEOPLE_MAX),
    "replicas": _count(PEOPLE_MAX),
    "replica_of": _text,
    "category": _category,
    "as_principal": _flag,
    "scan_only": _flag,
    "days": _days,
    "day_rate": _amount,
    "fee": _amount,
    "other_picture": _flag,
    "consent": _flag,
    "basis": _text,
}
"""Every column and how its cells are read."""
