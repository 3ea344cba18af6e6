"""The agreement that ships, with its plans, on 300,000 past uses: one by one, in bulk, and DuckDB as third opinion."""

from __future__ import annotations

from pathlib import Path

import polars as pl

from core.given import AGREEMENT, READ_ON, RULEBOOKS
from language.hold import hold_equal
from language.uses import uses
from stagedoor.adapters.bulk.lower import Lowered, lower
from stagedoor.adapters.rulebooks import FolderRulebooks

COUNT = 300_000


def lowered() -> Lowered:
    """TV/Theatrical 2026 and the plans that decide with it."""
    folder = FolderRulebooks(RULEBOOKS, read_on=READ_ON)
    book = folder.load(AGREEMENT)
    return lower((book, *(folder.load(name) for name in book.decides_with)), constants={"currency": "USD"})


def test_the_shipped_agreement_is_the_same_for_one_use_and_for_many(tmp_path: Path) -> None:
    made = lowered()
    past = uses(COUNT)
    rated = hold_equal(made.book, past, tmp_path, every=1_000)
    assert rated.height == COUNT
    told = pl.concat([rated, past.select("day", "photography_began")], how="horizontal").select(
        forbids=made.forbids().mean(),
        asks=(made.questions() | made.asks()).mean(),
        paid=(made.total(payee="performer") > 0).mean(),
        on_top=(made.total(payee="plans") > 0).mean(),
    )
    for share in told.row(0):  # there is something to agree on: neither nothing nor everything
        assert 0.01 < share < 0.99, told
    spoke = [rule.rule for key, rule in enumerate(made.judges) if rated[f"judge_{key}"].any()]
    assert len(spoke) > 40, spoke
