"""Commands that check something and believe nothing: bundles, the ledger."""

from __future__ import annotations

import json
import re
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from stagedoor.adapters import bundle
from stagedoor.adapters.clock import today
from stagedoor.adapters.signing import Ed25519Verifier
from stagedoor.cli.reading import AsJson, Home
from stagedoor.cli.saying import no
from stagedoor.core.facts.party import Role
from stagedoor.stories.verify_bundle import verify_bundle
from stagedoor.wiring import opened


def verify(
    path: Annotated[Path, typer.Argument(help="An evidence bundle.")],
    pin: Annotated[list[str] | None, typer.Option(help="ROLE=KEY: compare a key learned another way.")] = None,
    as_json: AsJson = False,
) -> None:
    """Check frame, receipt, permit, decision, consent and signatures offline, without any database."""
    pins = dict(item.partition("=")[::2] for item in pin or [])
    roles = [role.value for role in Role]
    for role, key in pins.items():
        if role not in roles or re.fullmatch(r"[0-9a-f]{64}", key) is None:
            what = (
                f"'{role}={key}' is no pin; write ROLE=KEY, a role out of {', '.join(roles)} and 64 hexadecimal digits"
            )
            raise no(f"{what}: the Ed25519 key as its holder published it.", 2)
    read = bundle.read(path, read_on=today())
    checks = verify_bundle(read.facts, read.books, read.files, Ed25519Verifier(), pins=pins)
    failed = [check for check in checks if not check.holds]
    if as_json:
        typer.echo(json.dumps({"holds": not failed, "checks": [asdict(check) for check in checks]}))
    else:
        for check in failed:
            Console().print(f"✗ does not hold: {check.what}", style="red", markup=False, highlight=False)
        verdict = "Every check holds." if not failed else f"{len(failed)} of {len(checks)} checks do not hold."
        typer.echo(f"{verdict} {len(checks)} checks over {len(read.facts)} facts and {len(read.files)} outputs.")
        if not pins:
            typer.echo("Whose keys these are, a bundle cannot prove; compare one with --pin performer=KEY.")
    if failed:
        raise typer.Exit(1)


def verify_ledger(home: Home = None, as_json: AsJson = False) -> None:
    """Recompute every digest, chain, entry and balance, and say exactly where something does not agree."""
    with opened(home) as house:
        faults = house.auditor.verify()
    if as_json:
        typer.echo(json.dumps([asdict(fault) for fault in faults]))
    else:
        for fault in faults:
            Console().print(f"✗ {fault.where}: {fault.what}", style="red", markup=False, highlight=False)
        typer.echo("Everything agrees with itself." if not faults else f"{len(faults)} faults.")
    if faults:
        raise typer.Exit(1)
