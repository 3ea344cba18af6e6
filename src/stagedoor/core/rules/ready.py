"""A consent made ready to be asked often: its permissions by use, long lists as sets."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from stagedoor.core.facts.consent import Audience, Consent, Content, Grant, Purpose, Quality, Use


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
