"""Commands about names in prompts: who is named in a text, and how often the check errs."""

from __future__ import annotations

import json
import sys
from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Final

import typer
from rich.console import Console
from rich.table import Table

from stagedoor.adapters.naming import NameIndex
from stagedoor.adapters.naming.files import read_names
from stagedoor.adapters.naming.limits import PROMPT_CHARACTERS_MAX
from stagedoor.adapters.naming.measured.rates import LARGE, Rates, measure
from stagedoor.cli.reading import AsJson
from stagedoor.cli.saying import harmless, no
from stagedoor.ports.naming import EntryError, Grade, PromptError

prompt = typer.Typer(help="Prompts: who is named in one, and how often that check errs.", no_args_is_help=True)

_SAYS: Final = {Grade.NAMED: "named: a use of the likeness", Grade.POSSIBLE: "possible: ask a person"}


@prompt.command("check")
def check(
    text: Annotated[str, typer.Argument(metavar="TEXT", help="The prompt, or - to read it from standard input.")],
    names: Annotated[Path, typer.Option("--names", help="Performers and their names: .yaml or .csv.")],
    as_json: AsJson = False,
) -> None:
    """Say who is named in a prompt. Exit status: 0 nobody, 1 somebody is or may be named, 2 bad input."""
    said = _standard_input() if text == "-" else text
    try:
        found = NameIndex.build(read_names(names)).find(said)
    except FileNotFoundError:
        raise no(f"There is no file {names}. Name one with performers and their names.", 2) from None
    except (EntryError, PromptError) as fault:
        raise no(str(fault), 2) from None
    if as_json:
        typer.echo(json.dumps([asdict(one) for one in found]))
    elif not found:
        typer.echo("Nobody in this register is named.")
    else:
        table = Table("performer", "registered as", "said as", "how", "grade", "score")
        for one in found:
            table.add_row(harmless(one.party), harmless(one.alias), harmless(one.said), one.how.value,
                          _SAYS[one.grade], str(one.score))  # fmt: skip
        Console(markup=False, highlight=False, emoji=False).print(table)
    if found:
        raise typer.Exit(1)


@prompt.command("measure")
def measure_rates(
    large: Annotated[int, typer.Option(min=1_000, max=100_000, help="Performers in the large register.")] = LARGE,
    markdown: Annotated[bool, typer.Option("--markdown", help="Print the tables as docs/NAMES.md has them.")] = False,
    as_json: AsJson = False,
) -> None:
    """Run the check on the shipped list, and print how often it misses somebody or names somebody without cause."""
    rates = measure(large=large)
    if as_json:
        typer.echo(json.dumps(asdict(rates)))
    elif markdown:
        typer.echo(as_markdown(rates))
    else:
        for title, head, rows in _tables(rates):
            table = Table(*head, title=title)
            for row in rows:
                table.add_row(*row)
            Console().print(table)


def as_markdown(rates: Rates) -> str:
    """Both tables as Markdown."""
    parts = []
    for _, head, rows in _tables(rates):
        lines = [head, ("---", *("---:" for _ in head[1:])), *rows]
        parts.append("\n".join(f"| {' | '.join(line)} |" for line in lines))
    return "\n\n".join(parts)


def _tables(rates: Rates) -> list[tuple[str, tuple[str, ...], list[tuple[str, ...]]]]:
    missed: list[tuple[str, ...]] = [
        (
            row.kind,
            str(row.tried),
            str(row.named),
            str(row.possible),
            str(row.missed),
            _percent(row.missed, row.tried),
            _percent(row.missed_large, row.tried),
        )
        for row in rates.missed
    ]
    accused: list[tuple[str, ...]] = [
        (f"{row.registered:,} performers", f"{row.prompts:,}", str(row.named), _percent(row.named, row.prompts),
         str(row.possible), _percent(row.possible, row.prompts))
        for row in rates.accused
    ]  # fmt: skip
    large = rates.accused[-1].registered
    told = ("variant", "tried", "named", "possible", "missed", "missed %", f"% of {large:,}")
    blamed = ("register", "prompts", "named", "named %", "possible", "possible %")
    return [("Prompts that say a registered name", told, missed), ("Prompts that name nobody", blamed, accused)]


def _percent(part: int, whole: int) -> str:
    return f"{100 * part / whole:.1f}" if whole else "-"


def _standard_input() -> str:
    raw = sys.stdin.buffer.read(4 * PROMPT_CHARACTERS_MAX + 1)
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError as fault:
        if len(raw) > 4 * PROMPT_CHARACTERS_MAX:
            return raw.decode("utf-8", errors="replace")  # too long in any case: the index says so
        raise no(f"Byte {fault.start} of the prompt is no UTF-8. Send UTF-8.", 2) from None
