"""Commands on ODRL policies of others: evaluate a set of them for a request, and print why."""

from __future__ import annotations

import json
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Annotated, TypeVar

import typer
from rich.console import Console
from rich.text import Text
from rich.tree import Tree

from stagedoor.adapters.odrl import MEDIA_BY_SUFFIX, read_policies, read_request, read_world
from stagedoor.cli.reading import AsJson
from stagedoor.cli.saying import harmless, no
from stagedoor.core.rules.odrl.evaluate import evaluate
from stagedoor.core.rules.odrl.limits import DOCUMENT_BYTES_MAX
from stagedoor.core.rules.odrl.model import Policy
from stagedoor.core.rules.odrl.refusal import OdrlRefused
from stagedoor.core.rules.odrl.report import Answer, ComplianceReport, Premise, RuleReport, plain
from stagedoor.core.rules.odrl.terms import PROFILE

_T = TypeVar("_T")

odrl = typer.Typer(help="ODRL 2.2 policies of others: evaluate them.", no_args_is_help=True)

_COLOURS = {
    "granted": "green", "Active": "green", "Satisfied": "green", "Fulfilled": "green",
    "refused": "red", "void": "red", "Violated": "red", "Unsatisfied": "red",
    "Unknown": "yellow",
}  # fmt: skip


@odrl.callback()
def group() -> None:
    """ODRL 2.2 policies of others: evaluate them."""


@odrl.command("evaluate")
def evaluate_odrl(  # noqa: PLR0917 - options of a command are named by whoever types them
    policy: Annotated[list[Path], typer.Argument(help="Policies: .jsonld, .json, .ttl, .nt, .rdf or .xml.")],
    request: Annotated[Path, typer.Option(help="Who wants to do what on which asset (JSON).")],
    world: Annotated[Path, typer.Option(help="The time, the facts and what was done (JSON).")],
    strict: Annotated[bool, typer.Option("--strict", help="A duty still to be done refuses.")] = False,
    profile: Annotated[list[str] | None, typer.Option(help="Take this profile as understood, beside ours.")] = None,
    as_json: AsJson = False,
) -> None:
    """Evaluate a set of policies for a request in a state of the world, and print the compliance report."""
    policies: list[Policy] = []
    for path in policy:
        media = MEDIA_BY_SUFFIX.get(path.suffix.lower())
        if media is None:
            raise no(f"{path.name}: its name ends in none of {', '.join(MEDIA_BY_SUFFIX)}. Rename it by its format.", 2)
        policies += _read(path, partial(read_policies, media=media))
    asked = _read(request, read_request)
    state = _read(world, read_world)
    try:
        known = frozenset({PROFILE, *(profile or ())})
        report = evaluate(tuple(policies), asked, state, pending_grants=not strict, profiles=known)
    except OdrlRefused as fault:
        raise no(str(fault), 2) from None
    if as_json:
        typer.echo(json.dumps(plain(report)))
    else:
        Console().print(_tree(report))
    if report.answer is not Answer.GRANTED:
        raise typer.Exit(1)


def _read(path: Path, reader: Callable[[bytes], _T]) -> _T:
    if not path.is_file():
        raise no(f"There is no file {path}. Name one that exists.", 2)
    with path.open("rb") as file:
        data = file.read(DOCUMENT_BYTES_MAX + 1)
    try:
        return reader(data)
    except OdrlRefused as fault:
        raise no(f"{path.name}: {fault}", 2) from None


def _tree(report: ComplianceReport) -> Tree:
    root = Tree(_line(report.answer.value, f"at {report.created}"))
    for reason in report.reasons[:8]:
        root.add(Text(harmless(reason)))
    for policy in report.policies:
        branch = root.add(_line(policy.answer.value, f"{policy.kind} {policy.policy}"))
        if not policy.evaluated:
            branch.add(Text(harmless("; ".join(policy.reasons))))
        for rule in policy.rules:
            _rule(branch, rule)
        for violation in policy.violations:
            branch.add(_line("Violated", violation))
    if report.duties:
        owed = root.add(Text("still to be done"))
        for duty in report.duties:
            owed.add(Text(harmless(duty)))
    return root


def _rule(branch: Tree, rule: RuleReport) -> None:
    kind = rule.kind.removesuffix("Report").lower()
    state = rule.activation.value if rule.deontic.value == "NonSet" else rule.deontic.value
    twig = branch.add(_line(state, f"{kind} {rule.rule}" + (f": {rule.says}" if rule.says else "")))
    for premise in rule.premises:
        _premise(twig, premise)
    for condition in rule.conditions:
        _rule(twig, condition)


def _premise(branch: Tree, premise: Premise) -> None:
    kind = premise.kind.removesuffix("Report").lower()
    twig = branch.add(_line(premise.state.value, f"{kind} {premise.of}: {premise.says}"))
    for inner in premise.premises:
        _premise(twig, inner)


def _line(state: str, said: str) -> Text:
    return Text.assemble((state, _COLOURS.get(state, "dim")), " ", harmless(said))
