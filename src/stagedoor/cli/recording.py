"""Signed papers into a house: one door for every fact that a person signs, each to the story that may record it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Final, TypeVar

import typer

from stagedoor.cli.reading import Home
from stagedoor.cli.saying import no
from stagedoor.core.base.fact import Fact
from stagedoor.core.base.limits import FACT_BYTES_MAX
from stagedoor.core.base.outcome import Refused
from stagedoor.core.facts.consent import Consent, Delivery, Offer
from stagedoor.core.facts.decision import Approval
from stagedoor.core.facts.party import Authority, Death, Signature
from stagedoor.stories.answer_question import answer_question
from stagedoor.stories.negotiate import make_offer
from stagedoor.stories.record_consent import record_consent
from stagedoor.stories.revise_consent import revise_consent
from stagedoor.stories.tell_event import tell_death, tell_delivery
from stagedoor.stories.vouch_for import vouch_for
from stagedoor.wire.decode import DecodeError, decode, decode_any
from stagedoor.wiring import House, opened

F = TypeVar("F", bound=Fact)


@dataclass(frozen=True, slots=True)
class Papers:
    """A fact, the signatures over it, and the terms that an offer lays on the table."""

    fact: Fact
    signatures: tuple[Signature, ...]
    terms: Consent | None


def record(
    fact: Annotated[Path, typer.Argument(help="A fact in its canonical form (JSON).")],
    signature: Annotated[list[Path], typer.Argument(help="The signature over it; a consent needs both sides'.")],
    terms: Annotated[Path | None, typer.Option(help="With an offer: the consent that it proposes.")] = None,
    home: Home = None,
) -> None:
    """Record a signed paper: a consent or its revision, an offer, an answer, an authority, a death, a delivery."""
    papers = Papers(
        fact=_fact(fact),
        signatures=tuple(_read(path, Signature) for path in signature),
        terms=_read(terms, Consent) if terms else None,
    )
    story = STORIES.get(type(papers.fact))
    if story is None:
        known = ", ".join(kind.KIND for kind in STORIES)
        raise no(f"{fact.name}: a '{papers.fact.KIND}' is not recorded here. What is: {known}.", 2)
    wanted = 2 if isinstance(papers.fact, Consent) else 1
    if len(papers.signatures) != wanted or (isinstance(papers.fact, Offer) and papers.terms is None):
        also = " and --terms FILE" if isinstance(papers.fact, Offer) else ""
        raise no(f"{fact.name}: a '{papers.fact.KIND}' comes with {wanted} signature(s){also}.", 2)
    with opened(home) as house:
        refused = story(house, papers)
    if refused is not None:
        raise no(f"refused [{refused.code.value}] {refused.why}", 1)
    typer.echo(f"Recorded: {papers.fact.KIND} {papers.fact.digest()}")


def _consent(house: House, papers: Papers) -> Refused | None:
    consent = papers.fact
    assert isinstance(consent, Consent)
    giver, studio = papers.signatures
    if consent.supersedes or consent.rider_to:
        return revise_consent(house.store, house.verifier, consent, by_giver=giver, by_studio=studio)
    return record_consent(house.store, house.verifier, consent, by_performer=giver, by_studio=studio)


def _offer(house: House, papers: Papers) -> Refused | None:
    assert isinstance(papers.fact, Offer) and papers.terms is not None
    return make_offer(house.store, house.verifier, papers.fact, papers.terms, papers.signatures[0])


def _approval(house: House, papers: Papers) -> Refused | None:
    assert isinstance(papers.fact, Approval)
    return answer_question(house.store, house.verifier, papers.fact, papers.signatures[0])


def _authority(house: House, papers: Papers) -> Refused | None:
    assert isinstance(papers.fact, Authority)
    return vouch_for(house.store, house.verifier, papers.fact, papers.signatures[0])


def _death(house: House, papers: Papers) -> Refused | None:
    assert isinstance(papers.fact, Death)
    return tell_death(house.store, house.verifier, papers.fact, papers.signatures[0])


def _delivery(house: House, papers: Papers) -> Refused | None:
    assert isinstance(papers.fact, Delivery)
    return tell_delivery(house.store, house.verifier, papers.fact, papers.signatures[0])


STORIES: Final[Mapping[type[Fact], Callable[[House, Papers], Refused | None]]] = {
    Consent: _consent,
    Offer: _offer,
    Approval: _approval,
    Authority: _authority,
    Death: _death,
    Delivery: _delivery,
}
"""Which story records which kind of paper."""


def _small(path: Path) -> bytes:
    with path.open("rb") as file:
        return file.read(FACT_BYTES_MAX + 1).rstrip(b"\n")


def _fact(path: Path) -> Fact:
    try:
        return decode_any(_small(path))
    except DecodeError as fault:
        raise no(f"{path.name}: {fault}. Ask for it as it was signed, byte for byte.", 2) from None


def _read(path: Path, kind: type[F]) -> F:
    try:
        return decode(kind, _small(path))
    except DecodeError as fault:
        raise no(f"{path.name}: {fault}. Ask for it as it was signed, byte for byte.", 2) from None
