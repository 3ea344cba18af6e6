"""A table from a CSV file, read strictly: known columns, bounded rows, each fault with its line and what to do.

A cell that a spreadsheet would take for a formula is refused, for such files go from hand to hand.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any, Final

AMOUNT_DIGITS_MAX: Final = 9
"""Digits before the point: a thousand million is no day's pay."""

_NUMBER: Final = re.compile(r"-[0-9]{1,6}")
"""What begins with a minus and is no formula."""

ReadCell = Callable[[str, str], Any]
"""Reads one cell: takes where it stands and its text."""


class TableFault(ValueError):
    """A table that cannot be read: which line, what is wrong, what to do."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Shape:
    """What a table may hold; `noun` is what its readers call it.

    `signed` lets numbers begin with a minus.  `listed` is how messages list the columns.
    """

    noun: str
    columns: Mapping[str, ReadCell]
    needed: tuple[str, ...]
    empty: str
    rows_max: int
    bytes_max: int
    cell_chars_max: int
    signed: bool = False
    listed: str = ""

    @property
    def told(self) -> str:
        """The columns, for a message."""
        return self.listed or ", ".join(self.columns)


def read_table(path: Path, shape: Shape) -> Iterator[tuple[int, str, dict[str, Any]]]:
    """Each row's line, where it stands in words, and its cells by column; empty cells are left out."""
    with path.open("rb") as file:
        data = file.read(shape.bytes_max + 1)
    if len(data) > shape.bytes_max:
        raise TableFault(f"{path.name} has more than {shape.bytes_max} bytes. Split the {shape.noun}.")
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as fault:
        line = data[: fault.start].count(b"\n") + 1
        raise TableFault(
            f"{path.name}, line {line}: it is not UTF-8 text. Save the {shape.noun} as CSV in UTF-8."
        ) from None
    yield from _rows(path.name, text, shape)


def _rows(name: str, text: str, shape: Shape) -> Iterator[tuple[int, str, dict[str, Any]]]:
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    header: list[str] = []
    before = count = 0
    while True:
        line = before + 1
        where = f"{name}, line {line}"
        try:
            cells = next(reader, None)
        except csv.Error as fault:
            raise TableFault(f"{where}: it is not CSV ({fault}). Mend the quotation marks.") from None
        if cells is None:
            break
        if reader.line_num > line:
            raise TableFault(f"{where}: a cell runs over several lines. Keep each row on one line.")
        before = reader.line_num
        cells = [cell.strip(" ") for cell in cells]
        if not any(cells):
            continue
        for cell in cells:
            _harmless(where, cell, shape)
        if not header:
            header = _header(where, cells, shape)
            continue
        count += 1
        if count > shape.rows_max:
            raise TableFault(f"{where}: more than {shape.rows_max} rows. Split the {shape.noun}.")
        yield line, where, _row(where, header, cells, shape)
    if not count:
        raise TableFault(f"{name} holds no row. The first line names the columns: {shape.told}.")


def _harmless(where: str, cell: str, shape: Shape) -> None:
    number = shape.signed and _NUMBER.fullmatch(cell) is not None
    if cell[:1] in ("=", "+", "-", "@", "\t") and cell and not number:
        raise TableFault(
            f"{where}: '{cell[:20]}' could be taken for a formula. Begin the cell with a letter or a digit."
        )
    most = shape.cell_chars_max
    if len(cell) > most or not cell.isprintable():
        raise TableFault(f"{where}: a cell has more than {most} characters, or some that are not printed. "
                         "Shorten it or type it anew.")  # fmt: skip


def _header(where: str, cells: list[str], shape: Shape) -> list[str]:
    for name in cells:
        if name not in shape.columns:
            raise TableFault(f"{where}: '{name}' is not a column. The columns are: {shape.told}.")
        if cells.count(name) > 1:
            raise TableFault(f"{where}: the column '{name}' stands twice. Take one away.")
    missing = [name for name in shape.needed if name not in cells]
    if missing:
        raise TableFault(
            f"{where}: the column '{missing[0]}' is missing. A {shape.noun} needs: {', '.join(shape.needed)}."
        )
    return cells


def _row(where: str, header: list[str], cells: list[str], shape: Shape) -> dict[str, Any]:
    if len(cells) != len(header):
        raise TableFault(f"{where}: {len(cells)} cells under {len(header)} columns. Leave no cell out; an empty one "
                         "stands between two commas.")  # fmt: skip
    given: dict[str, Any] = {}
    for name, cell in zip(header, cells, strict=True):
        if cell:
            given[name] = shape.columns[name](f"{where}, {name}", cell)
        elif name in shape.needed:
            raise TableFault(f"{where}: '{name}' is empty. {shape.empty}")
    return given


def words(_where: str, cell: str) -> str:
    """A text, with single spaces."""
    return " ".join(cell.split())


def day(where: str, cell: str) -> date:
    """A day as 2026-07-01."""
    try:
        return date.fromisoformat(cell if len(cell) == len("2026-07-01") else "")
    except ValueError:
        raise TableFault(f"{where}: '{cell}' is not a day. Write it as 2026-07-01.") from None


def count(most: int) -> ReadCell:
    """A whole number from 0."""

    def read(where: str, cell: str) -> int:
        if re.fullmatch(r"[0-9]{1,6}", cell) is None or int(cell) > most:
            raise TableFault(f"{where}: '{cell}' is not a whole number up to {most}. Write digits alone.")
        return int(cell)

    return read


def flag(where: str, cell: str) -> bool:
    """A yes or a no."""
    if cell not in ("yes", "no"):
        raise TableFault(f"{where}: '{cell}' is neither yes nor no. Write one of the two; empty is no.")
    return cell == "yes"


def amount(where: str, cell: str) -> int:
    """An amount in millionths, written without a currency."""
    match = re.fullmatch(rf"([0-9]{{1,{AMOUNT_DIGITS_MAX}}})(?:\.([0-9]{{2}}))?", cell)
    if match is None:
        raise TableFault(f"{where}: '{cell}' is not an amount. Write it as 1500 or 1500.00, without a currency.")
    return int(match[1]) * 1_000_000 + int(match[2] or 0) * 10_000


def one_of(noun: str, allowed: tuple[str, ...]) -> ReadCell:
    """One of a few words."""

    def read(where: str, cell: str) -> str:
        if cell not in allowed:
            raise TableFault(f"{where}: '{cell}' is not a {noun}. Use one of: {', '.join(allowed)}.")
        return cell

    return read
