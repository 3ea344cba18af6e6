"""Past uses replayed: the sums are those of one use after another, and a file that cannot be read is told."""

from __future__ import annotations

import json
from pathlib import Path

import polars as pl
import pytest

from doors.kit import run, says_no
from language.uses import uses
from stagedoor.adapters.bulk.replay import replay
from stagedoor.cli.rulebooks import with_plans
from stagedoor.wiring import rulebooks

AGREEMENT = "sag_aftra_tv_theatrical_2026"


@pytest.fixture
def past(tmp_path: Path) -> Path:
    """Two thousand invented uses."""
    path = tmp_path / "uses.parquet"
    uses(2_000).write_parquet(path)
    return path


def test_the_sums_are_the_same_from_csv_and_beside_another_agreement(past: Path, tmp_path: Path) -> None:
    said = run("rulebook", "replay", AGREEMENT, past, "--against", "sag_aftra_tv_theatrical_2023", "--json")
    assert said.status == 0, said
    told = json.loads(said.out)
    assert list(told) == [AGREEMENT, "sag_aftra_tv_theatrical_2023"]
    now = told[AGREEMENT]
    assert now["uses"] == 2_000 and 0 < now["forbidden"] < 2_000 and now["asked"] > 0
    assert now["gross_units"] == sum(now["by_performer"].values()) > 0
    assert 0 < now["plans_units"] < now["gross_units"]
    frame = pl.read_parquet(past).drop("holds")  # a list of words has no place in a CSV file
    frame.write_csv(tmp_path / "uses.csv")
    frame.write_parquet(tmp_path / "plain.parquet")
    again = [
        run("rulebook", "replay", AGREEMENT, tmp_path / name, "--json").out for name in ("uses.csv", "plain.parquet")
    ]
    assert json.loads(again[0]) == json.loads(again[1])


def test_what_is_refused_pays_nothing() -> None:
    """Without a consent nearly all is refused; what is left pays as it would by itself."""
    books = with_plans(rulebooks(), AGREEMENT)
    past_uses = uses(40).with_columns(consent_given=pl.lit(False))
    whole = replay(books, past_uses, currency="USD")
    assert whole.forbidden == 35
    is_refused = [replay(books, past_uses.slice(row, 1), currency="USD").forbidden for row in range(8)]
    refused = past_uses.slice(0, 8).filter(pl.Series(is_refused) == 1)
    assert refused.height > 0
    alone = replay(books, refused, currency="USD")
    assert (alone.forbidden, alone.gross_units, alone.plans_units) == (refused.height, 0, 0)


def test_a_table_for_people(past: Path) -> None:
    said = run("rulebook", "replay", AGREEMENT, past)
    assert said.status == 0 and "gross to performers" in said.out and "USD" in said.out


@pytest.mark.parametrize("text", ["", "use_id,day\n1,2026-10-01\n", "\x00\x01", "use_id,at,performer,production,day\n"])
def test_a_file_that_is_none_is_told(tmp_path: Path, text: str) -> None:
    path = tmp_path / "uses.csv"
    path.write_text(text)
    says_no(run("rulebook", "replay", AGREEMENT, path), "uses.csv")


def test_another_kind_of_file_is_told(tmp_path: Path) -> None:
    path = tmp_path / "uses.xlsx"
    path.write_bytes(b"PK")
    says_no(run("rulebook", "replay", AGREEMENT, path), ".parquet or .csv")
