"""Commands about consents as papers: show, compare, draw up, export, import, receipt.  None of them opens a house."""

from __future__ import annotations

import json
from dataclasses import asdict
from enum import Enum
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from stagedoor.adapters.clock import TimeOrderedIds, now
from stagedoor.adapters.exchange import read_cawg, read_consent, read_rsl, write_json
from stagedoor.adapters.exchange.documents import JSON_BYTES_MAX
from stagedoor.adapters.odrl import read_policies
from stagedoor.adapters.signing import Ed25519Verifier
from stagedoor.cli.reading import AsJson
from stagedoor.cli.saying import no
from stagedoor.core.base.limits import FACT_BYTES_MAX
from stagedoor.core.base.when import Instant
from stagedoor.core.facts.consent import Consent
from stagedoor.core.facts.party import Signature
from stagedoor.core.rules.compare import compare, narrows_only
from stagedoor.core.rules.exchange import ConsentStatus, ExchangeError, Policy, StatusEvent, to_odrl, to_receipt
from stagedoor.core.rules.exchange.narrowing import named
from stagedoor.core.rules.exchange.terms import PROFILE
from stagedoor.core.rules.odrl import OdrlRefused
from stagedoor.core.rules.odrl.model import Policy as OdrlPolicy
from stagedoor.core.rules.odrl.terms import short
from stagedoor.core.rules.sentences import sentences
from stagedoor.core.rules.templates import TEMPLATES, Template, TemplateError, build
from stagedoor.ports.world import SignatureFault
from stagedoor.wire.decode import DecodeError, decode

consent = typer.Typer(
    help="Consents: show, compare, draw up from a template, exchange with others.", no_args_is_help=True
)
ConsentFile = Annotated[Path, typer.Argument(help="A consent in its canonical form (JSON).")]


class Kind(Enum):
    """The formats that a policy from outside may come in."""

    ODRL = "odrl"
    RSL = "rsl"
    CAWG = "cawg"


@consent.command("show")
def show(
    path: ConsentFile,
    signature: Annotated[Path | None, typer.Option(help="A signature over it, to check.")] = None,
    as_json: AsJson = False,
) -> None:
    """Show a consent as the sentences that its performer signs, and check a signature over it."""
    given = _consent(path)
    if signature is not None:
        try:
            said = decode(Signature, _read(signature, FACT_BYTES_MAX).rstrip(b"\n"))
        except DecodeError as fault:
            raise no(f"{signature}: {fault}. Ask for the signature as it was given, byte for byte.", 2) from None
        try:
            Ed25519Verifier().verify(given, said)
        except SignatureFault as fault:
            raise no(f"{path.name}: {fault} One of the two was altered; ask its giver for both again.", 2) from None
    if as_json:
        typer.echo(json.dumps({"consent": given.digest(), "sentences": sentences(given)}))
        return
    _say(*sentences(given))


@consent.command("diff")
def diff(
    old: Annotated[Path, typer.Argument(help="The earlier consent.")],
    new: Annotated[Path, typer.Argument(help="The later one.")],
    as_json: AsJson = False,
) -> None:
    """Say what differs between two consents, and whether each difference widens or narrows what is allowed."""
    changes = compare(_consent(old), _consent(new))
    narrow = narrows_only(changes)
    if as_json:
        plain = [asdict(change) | {"bearing": change.bearing.value} for change in changes]
        typer.echo(json.dumps({"narrows_only": narrow, "changes": plain}))
        return
    _say(*(change.sentence for change in changes))
    if not changes:
        _say("Nothing differs.")
    else:
        whole = "nothing more is allowed than before" if narrow else "more may be allowed than before: read it"
        _say(f"{len(changes)} differences; on the whole {whole}.")


@consent.command("new")
def new(
    template: Annotated[str, typer.Option(help="The template's name; --list shows them.")] = "",
    fill: Annotated[list[str] | None, typer.Option("--set", help="BLANK=VALUE, once for each blank.")] = None,
    out: Annotated[Path | None, typer.Option(help="Write the unsigned consent here.")] = None,
    day: Annotated[str, typer.Option("--at", help="The time it is drawn up, as 2026-10-12T09:00:00.000Z.")] = "",
    show_templates: Annotated[bool, typer.Option("--list", help="List templates and their blanks.")] = False,
) -> None:
    """Draw up a consent from a template: print its sentences, and write it, unsigned, in its canonical form."""
    if show_templates:
        for each in TEMPLATES.values():
            _say(f"{each.name}: {each.title}", *_blanks(each), "")
        return
    chosen = TEMPLATES.get(template)
    if chosen is None:
        raise no(f"There is no template '{template[:80]}'. There are: {', '.join(TEMPLATES)}.", 2)
    blanks = {"consent": TimeOrderedIds().new("consent")} | _filled(fill or [])
    try:
        at = Instant.parse(day) if day else now()
        drawn = build(chosen, blanks, at=at)
    except (TemplateError, ValueError) as fault:
        raise no(str(fault), 2) from None
    _say(*sentences(drawn))
    if out is not None:
        _write(out, drawn.canonical() + b"\n")


@consent.command("export")
def export(
    path: ConsentFile,
    as_odrl: Annotated[bool, typer.Option("--odrl/--canonical", help="As ODRL 2.2, or as it is signed.")] = True,
    out: Annotated[Path | None, typer.Option(help="Write it here instead of printing it.")] = None,
) -> None:
    """Write a consent as an ODRL 2.2 Agreement in JSON-LD, without loss."""
    given = _consent(path)
    data = write_json(to_odrl(given)) if as_odrl else given.canonical() + b"\n"
    if out is None:
        typer.echo(data.decode().rstrip("\n"))
    else:
        _write(out, data)


@consent.command("import")
def import_(
    path: Annotated[Path, typer.Argument(help="A policy from outside.")],
    kind: Annotated[Kind, typer.Option(help="What it is written in.")],
    out: Annotated[
        Path | None, typer.Option(help="Write a consent of our own profile back in its canonical form.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Read a policy from outside and say what it takes away.  A consent in our own ODRL profile comes back whole."""
    data = _read(path, JSON_BYTES_MAX)
    try:
        if kind is Kind.ODRL and PROFILE.encode() in data:
            ours = read_consent(data)
            if out is not None:
                _write(out, ours.canonical() + b"\n")
            if as_json:
                typer.echo(ours.canonical().decode())
            else:
                _say(*sentences(ours), "It is a consent, and it counts only with its signatures.")
            return
        if kind is Kind.ODRL:
            _say_policies(read_policies(data), as_json=as_json)
            return
        _say_limits(read_rsl(data) if kind is Kind.RSL else read_cawg(data), as_json=as_json)
    except (ExchangeError, OdrlRefused) as fault:
        raise no(f"{path.name}: {fault}", 2) from None


@consent.command("receipt")
def receipt(
    path: ConsentFile,
    status: Annotated[str, typer.Option(help="The state of the consent, in DPV's words.")] = ConsentStatus.GIVEN.value,
    out: Annotated[Path | None, typer.Option(help="Write it here instead of printing it.")] = None,
) -> None:
    """Write a consent receipt by ISO/IEC TS 27560:2023, in the terms of the Data Privacy Vocabulary."""
    given = _consent(path)
    known = {item.value: item for item in ConsentStatus}
    if status not in known:
        raise no(f"'{status[:40]}' is no state of a consent. There are: {', '.join(known)}.", 2)
    event = StatusEvent(status=known[status], by=given.giver, at=given.at)
    ident = TimeOrderedIds().new("consent").partition(":")[2]
    data = write_json(to_receipt(given, (event,), receipt_id=ident, at=now()))
    if out is None:
        typer.echo(data.decode().rstrip("\n"))
    else:
        _write(out, data)


def _say_limits(policy: Policy, *, as_json: bool) -> None:
    if as_json:
        plain = [asdict(limit) | {"uses": [use.value for use in limit.uses]} for limit in policy.limits]
        typer.echo(json.dumps({"kind": policy.kind, "policy": policy.digest, "limits": plain}))
        return
    for limit in policy.limits:
        where = f" Only in {', '.join(limit.only_in)}." if limit.only_in else ""
        _say(f"{limit.effect}, {named(limit.uses)}: {limit.says}{where} ({limit.term})")
    _say(f"{len(policy.limits)} limits of policy {policy.digest}. It permits nothing; a consent does.")


def _say_policies(policies: tuple[OdrlPolicy, ...], *, as_json: bool) -> None:
    told = [
        {
            "policy": policy.uid,
            "permits_only": sorted({short(a.iri) for rule in policy.permissions for a in rule.actions}),
            "prohibits": sorted({short(a.iri) for rule in policy.prohibitions for a in rule.actions}),
            "obliges": sorted({short(a.iri) for rule in policy.obligations for a in rule.actions}),
        }
        for policy in policies
    ]
    if as_json:
        typer.echo(json.dumps(told))
        return
    for item in told:
        _say(f"Policy {item['policy']}:")
        for name, words in (("permits only", "permits_only"), ("prohibits", "prohibits"), ("obliges to", "obliges")):
            if item[words]:
                _say(f"  {name}: {', '.join(item[words])}")
    _say("It narrows a decision, request by request; what it permits, only a consent can permit.")


def _blanks(template: Template) -> list[str]:
    return [
        f"  {blank.name}: {blank.asks}" + ("" if blank.default is None else f" [{blank.default or 'none'}]")
        for blank in template.blanks
    ]


def _filled(items: list[str]) -> dict[str, str]:
    made: dict[str, str] = {}
    for item in items:
        name, mark, value = item.partition("=")
        if not mark or name in made:
            raise no(f"'{item[:80]}' fills no blank, or one that is filled already. Write --set BLANK=VALUE.", 2)
        made[name] = value
    return made


def _consent(path: Path) -> Consent:
    try:
        return decode(Consent, _read(path, FACT_BYTES_MAX).rstrip(b"\n"))
    except DecodeError as fault:
        raise no(f"{path.name}: {fault}. Ask for the consent as it was signed, byte for byte.", 2) from None


def _read(path: Path, limit: int) -> bytes:
    with path.open("rb") as file:
        return file.read(limit + 1)


def _write(path: Path, data: bytes) -> None:
    if not path.parent.is_dir() or path.is_dir():
        raise no(f"'{path}' cannot be written. Name a new file in a folder that exists.", 2)
    path.write_bytes(data)


def _say(*lines: str) -> None:
    for line in lines:
        Console().print(line, markup=False, highlight=False, soft_wrap=True)
