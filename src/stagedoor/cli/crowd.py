"""The command about crowds: a plan of shots checked and priced as a whole under an agreement."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any, Final

import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from stagedoor.adapters.crowd import CrowdFault, read_crowd
from stagedoor.cli.reading import AsJson
from stagedoor.cli.rulebooks import Books, late_bar, with_plans
from stagedoor.cli.saying import day_option, no
from stagedoor.core.base.money import Money, MoneyError
from stagedoor.core.facts.decision import Effect, PriceLine
from stagedoor.core.rules.crowd import ASKS, FITS, REFUSED, CrowdReport, Judged, judge_crowd
from stagedoor.core.rules.crowd_rows import Crowd, CrowdPlan
from stagedoor.wiring import RULEBOOKS, rulebooks

crowd = typer.Typer(help="Crowds: check and price a plan of shots, people and replicas.", no_args_is_help=True)

_STYLE: Final = {FITS: "green", ASKS: "yellow", REFUSED: "red"}
BAR_CELLS: Final = 40
"""Cells of the longest bar: it stands beside a shot's name on a screen of eighty."""


@crowd.command("check")
def check(  # noqa: PLR0917 - Typer reads a command's options from its arguments
    plan: Annotated[Path, typer.Argument(help="The plan, a CSV file; docs/how-to/plan-a-crowd.md has its columns.")],
    agreement: Annotated[str, typer.Option(help="The rulebook that governs.")],
    day: Annotated[str, typer.Option(metavar="DAY", help="The day of rows that name none.")],
    photography_began: Annotated[str, typer.Option(metavar="DAY", help="When principal photography began.")],
    medium: Annotated[str, typer.Option(help="theatrical, television, streaming or new_media.")] = "theatrical",
    program: Annotated[str, typer.Option(help="For television: tv_half_hour, tv_hour, ...")] = "",
    currency: Annotated[str, typer.Option(help="The production's currency.")] = "USD",
    books: Books = RULEBOOKS,
    as_json: AsJson = False,
) -> None:
    """Check every shot against the required numbers and the agreement's rules, and price the whole plan.

    A replica never counts toward the required number of background actors.  Exit status 1 if any row is refused.
    """
    try:
        rows = read_crowd(plan, day_option("--day", day))
        zero = Money.zero(currency)
    except (CrowdFault, MoneyError) as fault:
        raise no(str(fault), 2) from None
    except OSError as fault:
        raise no(f"{plan} cannot be read ({fault.strerror}). Name a plan as a CSV file.", 2) from None
    together = with_plans(rulebooks(books), agreement)
    given = CrowdPlan(
        rows=rows,
        photography_began=day_option("--photography-began", photography_began),
        medium=medium,
        program=program,
        currency=zero.currency,
    )
    with late_bar("judging rows", len(rows)) as tick:
        report = judge_crowd(given, together, tick=tick)
    if as_json:
        typer.echo(json.dumps(_plain(report, currency, [book.name for book in together]), default=str))
    else:
        _tell(report, together[0].title, currency)
    if report.refused:
        raise typer.Exit(1)


def _tell(report: CrowdReport, title: str, currency: str) -> None:
    console = Console(highlight=False)
    console.print(f"Under {title}, {len(report.crowds)} shots:", markup=False)
    for line in bars(report.crowds):
        console.print(line, soft_wrap=True)
    table = Table("line", "shot", "who", "people", "each costs", "cost", "answer")
    for item in report.judged:
        each = item.quote.cost.shown() if item.quote else "unpriced"
        code = f" ({item.code.value})" if item.code else ""
        table.add_row(str(item.row.line), escape(item.row.shot), item.who, str(item.people), each,
                      item.cost(currency).shown(), f"[{_STYLE[item.verdict]}]{item.verdict}[/]{code}")  # fmt: skip
    console.print(table)
    for text in _said(report):
        console.print(text, markup=False, soft_wrap=True)
    paid = Table("paid to", "rule", "clause", "people", "amount", title="Which rule pays what")
    for key, (people, amount) in _by_rule(report, currency).items():
        paid.add_row(*map(escape, key), str(people), amount.shown())
    console.print(paid)
    totals = Table("", "people", "gross", "cost with contributions", title="In all, without what is refused")
    for total in (*report.totals, report.whole):
        totals.add_row(total.who, str(total.people), total.gross.shown(), total.cost.shown())
    console.print(totals)
    waiting = sorted({rule for item in report.judged for rule in item.open_rules})
    if waiting:
        console.print(f"{len(waiting)} rules wait for each use to be asked for, as a plan cannot know what they read: "
                      f"{', '.join(waiting)}.", markup=False, soft_wrap=True)  # fmt: skip
    console.print("A plan is not a permit: each use is asked for by itself, with the law of its place.", markup=False)


def bars(crowds: tuple[Crowd, ...]) -> Iterator[str]:
    """A bar for each shot: people solid, people missing dotted, replicas shaded."""
    most = max((max(item.real, item.required) + item.replicas for item in crowds), default=1) or 1
    width = max(len(item.shot) for item in crowds)
    for item in crowds:
        real, missing, replicas = (_cells(number, most) for number in (item.real, item.short, item.replicas))
        short = f", [red]short by {item.short}[/red]" if item.short else ""
        needed = f" of {item.required} needed" if item.required else ""
        told = f"{item.real} real{needed}{short}, {item.replicas} replicas"
        bar = f"[green]{'█' * real}[/green][red]{'·' * missing}[/red][cyan]{'░' * replicas}[/cyan]"
        yield f"  {escape(item.shot):<{width}}  {item.day}  {bar} {told}"


def _cells(number: int, most: int) -> int:
    return -(-number * BAR_CELLS // most)  # anything at all is seen


def _said(report: CrowdReport) -> Iterator[str]:
    shots = {(item.shot, item.day): item for item in report.crowds}
    for item in report.judged:
        crowd = shots[item.row.shot, item.row.day]
        for finding in item.findings:
            if finding.effect not in (Effect.FORBID, Effect.ASK):
                continue
            verb = "refused by" if finding.effect is Effect.FORBID else f"{_asked(finding.asks)} is asked by"
            short = (
                f" Short by {crowd.short} people." if crowd.short and "background_real" in _words(finding.saw) else ""
            )
            yield f"line {item.row.line}, {item.row.shot}, {item.who}: {verb} {finding.rule}: {finding.says}{short} " \
                  f"({finding.clause})"  # fmt: skip


def _asked(role: Any) -> str:
    return f"the {role.value}" if role else "a person"


def _words(saw: tuple[str, ...]) -> set[str]:
    return {item.partition("=")[0] for item in saw}


def _by_rule(report: CrowdReport, currency: str) -> dict[tuple[str, str, str], tuple[int, Money]]:
    """What each rule pays over all rows that are not refused."""
    found: dict[tuple[str, str, str], tuple[int, Money]] = {}
    for item in report.judged:
        if item.quote is None or item.verdict == REFUSED:
            continue
        for line in item.quote.lines:
            key = (_payee(line), line.rule, line.clause)
            people, amount = found.get(key, (0, Money.zero(currency)))
            found[key] = (people + item.people, amount + Money(line.amount.units * item.people, currency))
    return found


def _payee(line: PriceLine) -> str:
    return f"{line.payee} ({line.account})" if line.account else line.payee


def _plain(report: CrowdReport, currency: str, names: list[str]) -> dict[str, Any]:
    """The whole report as plain values; amounts are texts with six decimals."""
    return {
        "rulebooks": names,
        "refused": report.refused,
        "shots": [asdict(item) | {"short": item.short} for item in report.crowds],
        "rows": [_plain_row(item, currency) for item in report.judged],
        "totals": [_plain_total(total) for total in report.totals],
        "whole": _plain_total(report.whole),
    }


def _plain_row(item: Judged, currency: str) -> dict[str, Any]:
    lines = item.quote.lines if item.quote else ()
    return {
        "line": item.row.line,
        "shot": item.row.shot,
        "day": item.row.day,
        "who": item.who,
        "replica_of": item.row.replica_of,
        "people": item.people,
        "answer": item.verdict,
        "code": item.code.value if item.code else None,
        "gross": str(item.gross(currency)),
        "cost": str(item.cost(currency)),
        "amounts": [
            {
                "payee": line.payee,
                "account": line.account,
                "name": line.name,
                "each": str(line.amount),
                "all": str(Money(line.amount.units * item.people, currency)),
                "on_top": line.on_top,
                "rule": line.rule,
                "clause": line.clause,
                "arithmetic": line.arithmetic,
                "confidence": line.confidence,
            }
            for line in lines
        ],
        "findings": [
            {
                "rule": finding.rule,
                "effect": finding.effect.value,
                "code": finding.code.value if finding.code else None,
                "asks": finding.asks.value if finding.asks else None,
                "says": finding.says,
                "saw": finding.saw,
                "clause": finding.clause,
                "confidence": finding.confidence,
            }
            for finding in item.findings
        ],
        "duties": [{"rule": duty.rule, "to": duty.to, "due": duty.due, "says": duty.says} for duty in item.duties],
        "open": item.open_rules,
    }


def _plain_total(total: Any) -> dict[str, Any]:
    return {"who": total.who, "people": total.people, "gross": str(total.gross), "cost": str(total.cost)}
