"""Replicas that were made elsewhere: what a file of weights is, and the door by which a replica is taken in."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated, Any, Final

import typer

from stagedoor.adapters.clock import now
from stagedoor.adapters.intake import ReplicaError, read_replica_file, seal_replica
from stagedoor.cli.reading import Home
from stagedoor.cli.saying import harmless, no
from stagedoor.core.base.fact import Fact
from stagedoor.core.base.limits import FACT_BYTES_MAX
from stagedoor.core.base.outcome import Refused
from stagedoor.core.facts.origin import Origin, ReplicaRelease
from stagedoor.core.facts.party import Party, Signature
from stagedoor.stories.take_in_replica import record_origin, record_replica
from stagedoor.wire.decode import DecodeError, decode_any
from stagedoor.wire.weights import WeightsDescription, WeightsError, describe_weights
from stagedoor.wiring import House, opened

WEIGHTS_ENDINGS: Final = (".safetensors", ".bin", ".ckpt", ".pt", ".pth")
"""By which a file is looked at as weights.  All but the first are refused by name."""

CUSTODIANS: Final = 2

ALPHAS_TOLD: Final = 100
"""Different alphas that are listed: honest files have one, or one for each rank."""

PAPERS: Final = "origin, replica_release, and one signature over each"


def weights_check(path: Path, *, as_json: bool) -> None:
    """Say what a file of weights is, or what is wrong with it."""
    try:
        described = describe_weights(read_replica_file(path))
    except (ReplicaError, WeightsError) as fault:
        raise no(f"{path.name}: {str(fault).rstrip('.')}.", 2) from None
    found = _told(described)
    if as_json:
        typer.echo(json.dumps(found))
        return
    if described.modules:
        ranks = " to ".join(str(rank) for rank in sorted({found["rank_min"], found["rank_max"]}))
        typer.echo(f"A LoRA of {described.modules} modules, rank {ranks}, named as {described.layout} names them.")
    else:
        typer.echo("Weights that are no LoRA; a voice model, if whoever brings it declares one.")
    typer.echo(f"{found['tensors']} tensors, {found['parameters']} numbers, {found['megabytes']} MB.")
    if described.base_model:
        typer.echo(harmless(f"Its metadata says that it adapts: {described.base_model}. Nothing checks that."))


def bring(
    path: Annotated[Path, typer.Argument(help="The replica's file, as it was made: one file.")],
    papers: Annotated[list[Path], typer.Argument(help=f"In canonical form (JSON): {PAPERS}.")],
    custodian: Annotated[
        list[str], typer.Option(help="NAME=KEY, once for each of the two: the key that shares are sealed to.")
    ],
    home: Home = None,
) -> None:
    """Take in a replica that was made elsewhere, sealed as it is read.  Its creation is still to be paid."""
    facts = [_fact(paper) for paper in papers]
    origin = next((fact for fact in facts if isinstance(fact, Origin)), None)
    release = next((fact for fact in facts if isinstance(fact, ReplicaRelease)), None)
    if origin is None or len(facts) > 2 * CUSTODIANS:
        raise no(f"Bring four papers: {PAPERS}.", 2)
    by_studio, by_performer = _over(facts, origin), _over(facts, release)
    if by_studio is None:
        raise no(f"The origin comes without its studio's signature. Bring four papers: {PAPERS}.", 2)
    keys = _keys(custodian)
    with opened(home) as house:
        _said(
            record_origin(
                house.store, house.verifier, origin=origin, origin_signature=by_studio, release=release,
                release_signature=by_performer,
            )
        )  # fmt: skip
        assert release is not None and by_performer is not None  # without them nothing was recorded
        try:
            sealed = seal_replica(
                path, house.blobs, origin=origin, release=release, release_signature=by_performer,
                performer_key=_performer_key(house, origin), custodians=keys,
            )  # fmt: skip
        except (ReplicaError, WeightsError) as fault:
            raise no(f"{path.name}: {str(fault).rstrip('.')}.", 2) from None
        made = record_replica(
            house.store, house.verifier, asset=origin.asset, sealed_sha256=sealed.sealed_sha256,
            sealed_bytes=sealed.sealed_bytes, envelopes=sealed.envelopes, at=now(),
        )  # fmt: skip
        _said(made if isinstance(made, Refused) else None)
    typer.echo(f"Taken in and shut: {origin.asset}, {sealed.sealed_bytes} bytes sealed. Ask to create it next.")
    typer.echo(f"{path.name} still lies there in the clear. Delete it once both custodians have taken their share.")


def _told(described: WeightsDescription) -> dict[str, Any]:
    return {
        "kind": described.kind.value,
        "layout": described.layout,
        "tensors": len(described.tensors),
        "parameters": described.parameters,
        "modules": described.modules,
        "rank_min": min(described.ranks, default=0),
        "rank_max": max(described.ranks, default=0),
        "alphas": list(described.alphas[:ALPHAS_TOLD]),
        "base_model": described.base_model,
        "megabytes": round(described.bytes / 1e6, 3),
        "tensors_sha256": described.tensors_sha256,
    }


def _fact(path: Path) -> Fact:
    with path.open("rb") as file:
        data = file.read(FACT_BYTES_MAX + 1).rstrip(b"\n")
    try:
        return decode_any(data)
    except DecodeError as fault:
        raise no(f"{path.name}: {fault}. Ask for it as it was signed, byte for byte.", 2) from None


def _over(facts: list[Fact], signed: Fact | None) -> Signature | None:
    """The signature over a paper, if it was brought."""
    wanted = signed.digest() if signed is not None else ""
    return next((fact for fact in facts if isinstance(fact, Signature) and fact.signs == wanted), None)


def _keys(told: list[str]) -> dict[str, str]:
    found = dict(item.partition("=")[::2] for item in told)
    if len(found) != CUSTODIANS or len(told) != CUSTODIANS or len(set(found.values())) != CUSTODIANS:
        raise no("Name two custodians with keys of their own: --custodian union=KEY --custodian studio=KEY.", 2)
    for name, key in found.items():
        if len(key) != 64 or set(key) - set("0123456789abcdef"):
            raise no(f"The key of custodian '{name[:40]}' is not 64 hexadecimal digits; its public.json holds it.", 2)
    return found


def _performer_key(house: House, origin: Origin) -> str:
    with house.store.unit() as unit:
        party = unit.find(Party, origin.performer)
    assert party is not None  # record_origin found them
    return party.verify_key


def _said(refused: Refused | None) -> None:
    if refused is not None:
        raise no(f"refused [{refused.code.value}] {refused.why}", 1)
