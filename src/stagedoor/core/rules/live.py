"""Consents made ready to be asked often: lists become sets once, and each is found by its digest or by who and where.

A gate that answers many requests keeps one Live set; what it holds are signed consents that are neither withdrawn nor
superseded, and whoever keeps it takes them out when they are.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from stagedoor.core.facts.consent import Audience, Consent, Content, Grant, Purpose, Quality, Use
from stagedoor.core.facts.request import Request, Standing
from stagedoor.core.rules.rights import fits


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadyGrant:
    """One permission whose lists are sets; `number` is its place in the consent, from 1."""

    number: int
    grant: Grant
    purposes: tuple[Purpose, ...]
    media: frozenset[str]
    territories: frozenset[str]
    shots: frozenset[str]
    approve_shots: frozenset[str]
    contents: tuple[Content, ...]
    audiences: tuple[Audience, ...]
    standing: bool
    unit: str
    units_max: int
    first_day: date
    last_day: date
    arc_max_deg: int
    ask_above_arc_deg: int
    quality_max: Quality


@dataclass(frozen=True, slots=True)
class Ready:
    """One consent, its permissions by use."""

    consent: Consent
    digest: str
    by_use: dict[Use, tuple[ReadyGrant, ...]]

    def covering(self, request: Request, standing: Standing) -> ReadyGrant | None:
        """The first permission that covers the request; the order of others does not matter to the answer."""
        for grant in self.by_use.get(request.use, ()):
            if fits(request, standing, grant):
                return grant
        return None


def ready(consent: Consent) -> Ready:
    """The consent, made ready."""
    by_use: dict[Use, list[ReadyGrant]] = {}
    for number, grant in enumerate(consent.grants, 1):
        by_use.setdefault(grant.use, []).append(_ready_grant(number, grant))
    return Ready(consent, consent.digest(), {use: tuple(grants) for use, grants in by_use.items()})


def _ready_grant(number: int, grant: Grant) -> ReadyGrant:
    return ReadyGrant(
        number=number,
        grant=grant,
        purposes=grant.purposes,
        media=frozenset(grant.media),
        territories=frozenset(grant.territories),
        shots=frozenset(grant.shots),
        approve_shots=frozenset(grant.approve_shots),
        contents=grant.contents,
        audiences=grant.audiences,
        standing=grant.standing,
        unit=grant.unit,
        units_max=grant.units_max,
        first_day=grant.first_day,
        last_day=grant.last_day,
        arc_max_deg=grant.arc_max_deg,
        ask_above_arc_deg=grant.ask_above_arc_deg,
        quality_max=grant.quality_max,
    )


class Live:
    """The live consents of a house."""

    def __init__(self, consents: Iterable[Consent] = ()) -> None:
        self._by_digest: dict[str, Ready] = {}
        self._by_who: dict[tuple[str, str], dict[str, Ready]] = {}
        for consent in consents:
            self.add(consent)

    def __len__(self) -> int:
        return len(self._by_digest)

    def add(self, consent: Consent) -> Ready:
        """Keep a consent; the same one twice is one."""
        made = ready(consent)
        self._by_digest[made.digest] = made
        self._by_who.setdefault((consent.performer, consent.production), {})[made.digest] = made
        return made

    def drop(self, digest: str) -> None:
        """Forget a consent that was withdrawn or superseded; one that is not here is forgotten already."""
        made = self._by_digest.pop(digest, None)
        if made is not None:
            del self._by_who[made.consent.performer, made.consent.production][digest]

    def named(self, digest: str) -> Ready | None:
        """The consent of this digest."""
        return self._by_digest.get(digest)

    def between(self, performer: str, production: str) -> tuple[Ready, ...]:
        """What this performer has consented to in this production."""
        return tuple(self._by_who.get((performer, production), {}).values())
