"""One definition, four evaluators: interpreter, compiled, Polars and DuckDB agree on random uses of an invented book.

DESIGN section 5: a rule is never written twice.  The agreement that ships is held to the same in test_real_book.py.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import polars as pl
from polars.testing import assert_frame_equal

from language.book import BOOK, uses
from language.hold import hold_equal
from stagedoor.adapters.bulk import rate as bulk
from stagedoor.adapters.bulk.rate import rate

COUNT = 60_000


def test_all_evaluators_agree_on_every_use(tmp_path: Path) -> None:
    """Amounts, weak names, doubts, and who speaks; and the uses are such that there is something to agree on."""
    rated = hold_equal(BOOK, uses(COUNT, seed=2026), tmp_path, every=150)
    assert rated.height == COUNT
    doubts = rated["doubt"].drop_nulls()
    assert 0.02 < len(doubts) / COUNT < 0.5 and doubts.n_unique() >= 5
    for place, _ in enumerate(BOOK.pays):
        assert rated[f"amount_{place}"].drop_nulls().n_unique() > 20
    for rule in BOOK.judges[:-1]:  # the last waits for a law of the year 2030
        assert set(rated[f"judge_{rule.key}"].unique()) >= {True, False}
    assert sum(rated[f"judge_{rule.key}"].has_nulls() for rule in BOOK.judges) > 10
    assert rated["weak"].n_unique() > 30


def test_neither_cuts_nor_slices_nor_the_order_of_rows_change_anything() -> None:
    """They are there for speed alone."""
    some = uses(5_000, seed=7)
    plain = rate(BOOK, some)
    for partition in (("use",), ("use", "replica_kind"), ("holds",), ("minor", "medium")):
        assert_frame_equal(rate(replace(BOOK, partition=partition), some), plain)
    shuffled = some.with_row_index("row").sample(fraction=1, shuffle=True, seed=1)
    again = rate(BOOK, shuffled.drop("row")).with_columns(shuffled["row"]).sort("row").drop("row")
    assert_frame_equal(again, plain)
    texts = some.with_columns(pl.col("performer", "production", "use_id").cast(pl.String).str.zfill(9))
    assert_frame_equal(rate(BOOK, texts), plain)


def test_slices_of_any_size_give_the_same(monkeypatch) -> None:  # type: ignore[no-untyped-def]
    """Also where a running total crosses them."""
    some = uses(2_000, seed=8)
    plain = rate(BOOK, some)
    monkeypatch.setattr(bulk, "SLICE", 77)
    assert_frame_equal(rate(BOOK, some), plain)
