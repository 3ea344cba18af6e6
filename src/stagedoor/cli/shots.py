"""The command about shot lists: what each use would be answered with and cost, before anybody asks."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path
from typing import Annotated, Any, Final

import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from stagedoor.adapters.clock import now
from stagedoor.adapters.shots import read_shots
from stagedoor.cli.reading import AsJson, Home
from stagedoor.cli.rulebooks import late_bar
from stagedoor.cli.saying import day_option, no
from stagedoor.core.base.money import Money
from stagedoor.core.base.outcome import Refused
from stagedoor.core.base.when import Instant
from stagedoor.core.facts.decision import Answer, Effect
from stagedoor.core.facts.party import Production
from stagedoor.core.rules.explain import explain
from stagedoor.core.rules.reveals import solid_angle_max_msr
from stagedoor.core.rules.rulebook import Rulebook
from stagedoor.portal.terminal import tree
from stagedoor.stories.foresee_shots import Foreseen, Foresight, foresee_shots
from stagedoor.wire.table import TableFault
from stagedoor.wiring import House, opened, rulebooks

shots = typer.Typer(help="Shot lists: foresee what each use would be answered with and cost.", no_args_is_help=True)

_STYLE: Final = {Answer.PERMIT: "green", Answer.ASK_A_PERSON: "yellow", Answer.REFUSE: "red"}
_WORD: Final = {Answer.PERMIT: "yes", Answer.ASK_A_PERSON: "ask", Answer.REFUSE: "no"}
BAR_CELLS: Final = 40
"""Cells of the bar of answers: it stands beside its counts on a screen of eighty."""

LINES_MAX: Final = 8
"""Lines that one reason names: the table tells the rest."""


@shots.command("check")
def check(  # noqa: PLR0917 - Typer reads a command's options from its arguments
    plan: Annotated[Path, typer.Argument(help="The list, a CSV file; docs/how-to/foresee-shots.md has its columns.")],
    home: Home = None,
    production: Annotated[str, typer.Option(help="The picture's pseudonym; needed if there are several.")] = "",
    asked_on: Annotated[str, typer.Option(metavar="DAY", help="The day on which it would be asked; else today.")] = "",
    line: Annotated[int, typer.Option("--explain", metavar="LINE", help="Print this line's decision as a tree.")] = 0,
    as_json: AsJson = False,
) -> None:
    """Answer a whole list of uses in order, each as things stand once those before it are granted. Nothing is recorded.

    Exit status 1 if any row would be refused.
    """
    try:
        rows = read_shots(plan)
    except TableFault as fault:
        raise no(str(fault), 2) from None
    except OSError as fault:
        raise no(f"{plan} cannot be read ({fault.strerror}). Name a list as a CSV file.", 2) from None
    if line and line not in {row.line for row in rows}:
        raise no(f"--explain: no row stands on line {line} of {plan.name}.", 2)
    at = Instant.of(day_option("--asked-on", asked_on), 12) if asked_on else now()
    with opened(home) as house:
        picture = _picture(house, production)
        books = rulebooks().deciding(picture.agreement)
        with late_bar("judging rows", len(rows)) as tick:
            found = foresee_shots(
                house.store, house.verifier, books, rows, production=picture, ids=house.ids, at=at, tick=tick
            )
    if isinstance(found, Refused):
        raise no(f"refused [{found.code.value}] {found.why}", 1)
    if line:
        _explain(next(each for each in found.rows if each.row.line == line), books, at, as_json=as_json)
    elif as_json:
        typer.echo(json.dumps(_plain(found), default=str))
    else:
        _tell(found)
    if found.refused:
        raise typer.Exit(1)


def _picture(house: House, named: str) -> Production:
    with house.store.unit() as unit:
        known = unit.all(Production)
    found = [each for each in known if named in ("", each.production)]
    if len(found) != 1:
        some = ", ".join(each.production for each in known[:5])
        raise no(f"{len(found)} pictures here could be meant; name one with --production. Here are: {some}.", 2)
    return found[0]


def _explain(item: Foreseen, books: tuple[Rulebook, ...], at: Instant, *, as_json: bool) -> None:
    """The same answer in words: made now, from the same facts."""
    decision = item.told(books, at=at)
    if decision is None:
        assert item.refused is not None
        raise no(f"line {item.row.line}: refused [{item.refused.code.value}] {item.refused.why}", 1)
    assert decision.answer is item.verdict.answer if item.verdict else True
    if as_json:
        typer.echo(json.dumps(decision.plain(), default=str))
        return
    Console(highlight=False).print(tree(explain(decision)))
    if item.refused is not None:
        raise no(f"line {item.row.line}: refused [{item.refused.code.value}] {item.refused.why}", 1)


def _tell(found: Foresight) -> None:
    console = Console(highlight=False)
    counts = Counter(each.answer for each in found.rows)
    console.print(_bar(counts, len(found.rows)))
    table = Table("line", "shot", "use", "units", "answer", "why", "cost")
    for item in found.rows:
        cost = item.cost(found.currency)
        row, style = item.row, _STYLE[item.answer]
        table.add_row(
            str(row.line), escape(row.shot), row.use.value, str(row.units),
            f"[{style}]{_WORD[item.answer]}[/]", item.code.value if item.code else "", cost.shown() if cost else "",
        )  # fmt: skip
    console.print(table)
    for (rule, clause, says), lines in _reasons(found).items():
        by = f" ({clause})" if clause else ""
        console.print(f"{_lines(lines)}: {rule}: {says}{by}", markup=False, soft_wrap=True)
    left = found.funds + Money(-found.cost.units, found.currency)
    console.print(
        f"The rows that are answered with yes cost {found.cost.shown()}; {found.funds.shown()} are paid in and free, "
        f"{left.shown()} would be left. No permit was made: each use is asked for when its day comes.",
        markup=False,
        soft_wrap=True,
    )


def _reasons(found: Foresight) -> dict[tuple[str, str, str], list[int]]:
    """Every rule and term that stands in the way or asks somebody, with the lines that it speaks about."""
    told: dict[tuple[str, str, str], list[int]] = {}
    for item in found.rows:
        for reason in _whys(item):
            told.setdefault(reason, []).append(item.row.line)
    return told


def _lines(lines: list[int]) -> str:
    shown = ", ".join(str(line) for line in lines[:LINES_MAX])
    more = f" and {len(lines) - LINES_MAX} more" if len(lines) > LINES_MAX else ""
    return f"line{'s' if len(lines) > 1 else ''} {shown}{more}"


def _bar(counts: Counter[Answer], total: int) -> str:
    parts = []
    for answer, style in _STYLE.items():
        cells = -(-counts[answer] * BAR_CELLS // total)  # anything at all is seen
        parts.append(f"[{style}]{'█' * cells}[/]")
    told = ", ".join(f"{counts[answer]} {word}" for answer, word in _WORD.items())
    return f"{''.join(parts)} {told}"


def _whys(item: Foreseen) -> list[tuple[str, str, str]]:
    """Every rule and term that stands in the way or asks somebody, with its clause."""
    found: list[tuple[str, str, str]] = []
    if item.refused is not None:
        found.append((item.refused.code.value, item.refused.clause, item.refused.why))
    if item.verdict is not None:
        for finding in item.verdict.findings:
            if finding.effect in (Effect.FORBID, Effect.ASK):
                found.append((finding.rule, finding.clause, finding.says))
        for each in item.verdict.spoke:
            if each.code is not None or each.asks:
                doubt = "It could not be evaluated: a fact is missing. " if each.doubt else ""
                found.append((each.rule.rule, f"{each.book.title}: {each.rule.clause}", doubt + each.rule.says))
    return list(dict.fromkeys(found))


def _days(item: Foreseen) -> int | None:
    """Estimated days that the use would charge, where it has a price."""
    if item.stood is None or item.cost(item.stood.standing.currency) is None:
        return None
    return max(0, item.stood.standing.estimate_days - item.stood.standing.days_charged)


def _solid_angle(item: Foreseen) -> int | None:
    """The most that the use could show, in thousandths of a steradian; None where it could not be asked for."""
    if item.request is None:
        return None
    asked = item.request
    return solid_angle_max_msr(asked.arc_to_deg - asked.arc_from_deg, asked.elevation_from_deg, asked.elevation_to_deg)


def _plain(found: Foresight) -> dict[str, Any]:
    """Everything as plain values; amounts are texts with six decimals."""
    return {
        "refused": found.refused,
        "cost": str(found.cost),
        "funds": str(found.funds),
        "rows": [_plain_row(item, found.currency) for item in found.rows],
    }


def _plain_row(item: Foreseen, currency: str) -> dict[str, Any]:
    duties = item.verdict.duties if item.verdict and item.answer is not Answer.REFUSE else ()
    return {
        "line": item.row.line,
        "shot": item.row.shot,
        "use": item.row.use.value,
        "units": item.row.units,
        "unit": item.row.unit,
        "solid_angle_max_msr": _solid_angle(item),
        "answer": item.answer.value,
        "code": item.code.value if item.code else None,
        "days": _days(item),
        "cost": None if (cost := item.cost(currency)) is None else str(cost),
        "why": [{"rule": rule, "clause": clause, "says": says} for rule, clause, says in _whys(item)],
        "duties": [{"rule": duty.rule.rule, "to": duty.rule.to, "says": duty.rule.says} for duty in duties],
    }
