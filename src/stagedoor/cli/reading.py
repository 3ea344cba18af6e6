"""Commands that read a house: statement, why, explain, bundle."""

from __future__ import annotations

import json
from dataclasses import asdict
from datetime import date
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from stagedoor.cli.papers import statement_page, write_bundle_file
from stagedoor.cli.saying import no
from stagedoor.core.base.outcome import Refused
from stagedoor.core.facts.consent import Consent
from stagedoor.core.facts.decision import Decision
from stagedoor.core.facts.party import Party, Production
from stagedoor.core.rules.explain import explain
from stagedoor.portal.statement import render
from stagedoor.portal.terminal import chain_tree, statement_table, tree
from stagedoor.ports.store import Unit
from stagedoor.stories.answer_why import answer_why
from stagedoor.stories.settle_period import settle_party
from stagedoor.wiring import House, opened

Home = Annotated[Path | None, typer.Option("--home", help="The house's folder; else STAGEDOOR_HOME.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON instead of a table.")]


NAMED_MAX = 5
"""Pseudonyms that a sentence lists: more are not read."""


def _only_performer(unit: Unit) -> str:
    """Her who gave a consent here, if there is only one; one who is only registered is owed nothing."""
    found = sorted({consent.performer for consent in unit.all(Consent)})
    if len(found) != 1:
        some = f" Among them: {', '.join(found[:NAMED_MAX])}." if found else ""
        raise no(f"{len(found)} performers gave a consent here; name one with --performer.{some}", 2)
    return found[0]


def _can_write(path: Path) -> None:
    """Refuse a place that cannot be written, before any work is done for it."""
    if not path.parent.is_dir() or path.is_dir() or path.name in ("", ".", ".."):
        raise no(f"'{path}' cannot be written. Name a new file in a folder that exists.", 2)


def _production(unit: Unit) -> Production:
    found = unit.all(Production)
    if not found:
        raise no("No production is recorded in this house.", 2)
    return found[0]


def statement(  # noqa: PLR0917 - options of a command are named by whoever types them
    home: Home = None,
    performer: Annotated[str, typer.Option(help="The performer's pseudonym; needed if there are several.")] = "",
    first: Annotated[str, typer.Option("--from", help="First day, as 2026-10-01.")] = "2026-10-01",
    last: Annotated[str, typer.Option("--to", help="Last day, as 2026-10-31.")] = "2026-10-31",
    html: Annotated[Path | None, typer.Option(help="Write the page here as well.")] = None,
    as_json: AsJson = False,
) -> None:
    """Print what a performer is owed for a period, and why."""
    try:
        period = (date.fromisoformat(first), date.fromisoformat(last))
    except ValueError:
        raise no(f"'{first}' to '{last}' is no period. Write days as 2026-10-01.", 2) from None
    if period[0] > period[1]:
        raise no(f"'{first}' to '{last}' is no period: it ends before it begins. Turn the two days round.", 2)
    if html is not None:
        _can_write(html)
    with opened(home) as house:
        with house.store.unit() as unit:
            who = performer or _only_performer(unit)
            production = _production(unit)
            if unit.find(Party, who) is None:
                raise no(
                    f"Nobody is enrolled as {who[:80]}. 'stagedoor statement' without --performer names who is.", 2
                )
        if as_json:
            found = settle_party(
                house.store, party=who, currency=production.currency, first_day=period[0], last_day=period[1]
            )
            typer.echo(found.canonical().decode())
        page = statement_page(house, production=production.production, performer=who, period=period)
        if html is not None:
            html.write_text(render(page), encoding="utf-8")
        if not as_json:
            Console().print(statement_table(page))


def why(
    posting: Annotated[str, typer.Argument(help="A posting's name from a statement, as 3f2a9c1b7d04/1.")],
    home: Home = None,
    as_json: AsJson = False,
) -> None:
    """Walk from an amount back to the signature."""
    with opened(home) as house:
        chain = answer_why(house.store, posting)
    if isinstance(chain, Refused):
        raise no(chain.why, 2)
    if as_json:
        typer.echo(json.dumps(asdict(chain)))
        return
    Console().print(chain_tree(chain))


def explain_decision(
    decision: Annotated[str, typer.Argument(help="A decision's digest, or its first digits.")],
    home: Home = None,
    as_json: AsJson = False,
) -> None:
    """Print a decision as a tree, with every rule that spoke."""
    with opened(home) as house:
        found = _decisions(house, decision)
    if len(found) != 1:
        raise no(f"{len(found)} decisions begin with '{decision[:80]}'. Take the digest from 'stagedoor why'.", 2)
    if as_json:
        typer.echo(found[0].canonical().decode())
        return
    Console().print(tree(explain(found[0])))


def _decisions(house: House, start: str) -> list[Decision]:
    wanted = start.removeprefix("sha256:")
    with house.store.unit() as unit:
        return [item for item in unit.all(Decision) if item.digest().removeprefix("sha256:").startswith(wanted)]


def bundle_evidence(
    path: Annotated[Path, typer.Argument(help="Where to write the bundle.")],
    home: Home = None,
) -> None:
    """Write an evidence bundle of the house's production, for 'stagedoor verify'."""
    _can_write(path)
    with opened(home) as house:
        with house.store.unit() as unit:
            production = _production(unit)
        written = write_bundle_file(house, production.production, path)
    if isinstance(written, Refused):
        raise no(written.why, 1)
    typer.echo(str(path))
