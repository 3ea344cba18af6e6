"""Past uses under another agreement: what a proposal would have meant, before anybody signs it."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

import typer
from rich.console import Console
from rich.table import Table

from stagedoor.cli.reading import AsJson
from stagedoor.cli.rulebooks import Books, with_plans
from stagedoor.cli.saying import harmless, no
from stagedoor.core.base.money import Money
from stagedoor.wiring import RULEBOOKS, rulebooks

if TYPE_CHECKING:
    from stagedoor.adapters.bulk.replay import Replayed

SHOWN: Final = 10
"""Performers whose difference is shown; --json has all."""


def replay(  # noqa: PLR0917 - Typer reads a command's options from its arguments
    name: Annotated[str, typer.Argument(help="The agreement.")],
    uses: Annotated[Path, typer.Argument(help="Past uses, one a row, one word a column: .parquet or .csv.")],
    against: Annotated[str, typer.Option(help="Another agreement, to compare with.")] = "",
    currency: Annotated[str, typer.Option(help="The currency of all amounts.")] = "USD",
    books: Books = RULEBOOKS,
    as_json: AsJson = False,
) -> None:
    """Replay past uses under an agreement and its plans: what is paid, asked and refused, beside another agreement."""
    try:
        from stagedoor.adapters.bulk.book import BulkError
        from stagedoor.adapters.bulk.replay import read_uses
        from stagedoor.adapters.bulk.replay import replay as replayed
    except ModuleNotFoundError:
        raise no("Replaying needs the extra 'bulk' (Polars): pip install 'stagedoor[bulk]'.", 2) from None
    folder = rulebooks(books)
    console = Console(stderr=True, quiet=as_json)
    try:
        with console.status("reading the uses"):
            frame = read_uses(uses)
        found: dict[str, Replayed] = {}
        for each in (name, against) if against else (name,):
            with console.status(f"replaying {frame.height:,} uses under {each}"):
                found[each] = replayed(with_plans(folder, each), frame, currency=currency)
    except BulkError as fault:
        raise no(str(fault), 2) from None
    if as_json:
        typer.echo(json.dumps({each: asdict(told) for each, told in found.items()}))
        return
    _tell(found, currency)


def _tell(found: dict[str, Replayed], currency: str) -> None:
    table = Table("", *(harmless(name) for name in found))
    rows = (
        ("uses", [f"{told.uses:,}" for told in found.values()]),
        ("refused by a rule or in doubt", [f"{told.forbidden:,}" for told in found.values()]),
        ("no price", [f"{told.unpriced:,}" for told in found.values()]),
        ("a person would be asked", [f"{told.asked:,}" for told in found.values()]),
        ("gross to performers", [Money(told.gross_units, currency).shown() for told in found.values()]),
        ("contributions on top", [Money(told.plans_units, currency).shown() for told in found.values()]),
    )
    for what, cells in rows:
        table.add_row(what, *cells)
    Console().print(table)
    if len(found) == 2:
        names = list(found)
        typer.echo(f"What {names[0]} pays more or less than {names[1]}:")
        _tell_differences(found[names[1]], found[names[0]], currency)


def _tell_differences(old: Replayed, new: Replayed, currency: str) -> None:
    names = sorted(set(old.by_performer) | set(new.by_performer))
    moved = [(new.by_performer.get(each, 0) - old.by_performer.get(each, 0), each) for each in names]
    moved = sorted((pair for pair in moved if pair[0]), key=lambda pair: (-abs(pair[0]), pair[1]))
    typer.echo(f"{len(moved)} of {len(names)} performers are paid otherwise.")
    widest = max((abs(units) for units, _ in moved), default=1)
    for units, each in moved[:SHOWN]:
        bar = "█" * max(1, abs(units) * 20 // widest)
        typer.echo(f"  {harmless(each)[:40]:40} {'+' if units > 0 else ''}{Money(units, currency).shown():>20} {bar}")
