"""Past uses replayed under an agreement: what would have been paid, to whom, and what would have been asked or refused.

The file holds one use a row and one word a column; what is not a column nobody knows.  Amounts are in millionths.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Final

import polars as pl

from stagedoor.adapters.bulk.book import BulkError
from stagedoor.adapters.bulk.lower import Lowered, lower
from stagedoor.adapters.bulk.rate import rate
from stagedoor.core.rules.declared import USUAL
from stagedoor.core.rules.rulebook import Rulebook
from stagedoor.core.rules.vocabulary import DATES

FILE_BYTES_MAX: Final = 4 << 30
"""Bytes of one file of uses: about fifty million rows; cut a longer one by performer, never through a picture."""

NEEDED: Final = ("use_id", "at", "performer", "production")


@dataclass(frozen=True, slots=True, kw_only=True)
class Replayed:
    """What came of it, in sums; `by_performer` is gross in millionths, by performer."""

    uses: int
    forbidden: int
    asked: int
    unpriced: int
    gross_units: int
    plans_units: int
    by_performer: dict[str, int]


def read_uses(path: Path) -> pl.DataFrame:
    """The uses in a Parquet or CSV file.  Raises BulkError with what must be mended."""
    if path.suffix not in (".parquet", ".csv"):
        raise BulkError(f"{path.name}: uses are read from .parquet or .csv.  Write them as one of the two.")
    if path.stat().st_size > FILE_BYTES_MAX:
        raise BulkError(f"{path.name}: more than {FILE_BYTES_MAX >> 30} GiB.  Cut it by performer.")
    try:
        frame = pl.read_parquet(path) if path.suffix == ".parquet" else pl.read_csv(path, try_parse_dates=True)
    except (pl.exceptions.PolarsError, OSError) as fault:
        raise BulkError(
            f"{path.name} cannot be read: {str(fault).splitlines()[0][:200].rstrip('.')}.  Mend the file."
        ) from fault
    missing = [name for name in (*NEEDED, "day", "photography_began") if name not in frame.columns]
    if missing:
        needed = ", ".join((*NEEDED, "day", "photography_began"))
        raise BulkError(f"{path.name} has no column '{missing[0]}'; it needs {needed}.  Add the column.")
    undated = [name for name in DATES if name in frame.columns and frame.schema[name] != pl.Date]
    if undated:
        raise BulkError(f"{path.name}: the column '{undated[0]}' does not hold days.  Write each as 2026-10-01.")
    return frame


def replay(books: tuple[Rulebook, ...], uses: pl.DataFrame, *, currency: str) -> Replayed:
    """The uses under these rulebooks.  Refused uses pay nothing and count toward no running total."""
    usual = {name: value for name, value in USUAL.items() if name not in uses.columns}
    made = lower(books, constants={"currency": currency, **usual})
    first = _rated(made, uses)
    stands = first.filter(~pl.col("forbidden") & ~pl.col("unpriced"))
    kept = uses.join(stands.select("use_id"), on="use_id", how="semi")
    paid = _rated(made, kept) if kept.height else first.head(0)
    owed = paid.group_by("performer").agg(pl.col("gross").sum()).sort("performer")
    return Replayed(
        uses=uses.height,
        forbidden=int(first["forbidden"].sum()),
        asked=int(first.filter(~pl.col("forbidden") & ~pl.col("unpriced"))["asked"].sum()),
        unpriced=int(first.filter(~pl.col("forbidden"))["unpriced"].sum()),
        gross_units=int(paid["gross"].sum()),
        plans_units=int(paid["plans"].sum()),
        by_performer={str(name): int(units) for name, units in owed.iter_rows()},
    )


def _rated(made: Lowered, uses: pl.DataFrame) -> pl.DataFrame:
    dates = [name for name in DATES if name in uses.columns]
    both = pl.concat([rate(made.book, uses), uses.select("use_id", "performer", *dates)], how="horizontal")
    return both.select(
        "use_id",
        "performer",
        forbidden=made.forbids(),
        asked=made.questions() | made.asks(),
        unpriced=pl.col("doubt").is_not_null(),
        gross=made.total(payee="performer"),
        plans=made.total(payee="plans"),
    )
