"""A consent made ready to be asked often: its terms by use, long lists as sets.

Ten thousand live consents say much the same, so equal lists are kept once: what is shared stays in a processor's cache.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from typing import Any, Final

from stagedoor.core.base.limits import GRANTS_MAX
from stagedoor.core.facts.consent import Audience, Consent, Content, Deal, Forbid, Grant, Purpose, Quality, Use

SHARED_MAX: Final = 4_096
"""Lists kept once: media, territories and the like recur in every consent; shots do not, and push one another out."""

_PLACE: Final = {use: place for place, use in enumerate(Use)}


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadyGrant:
    """One permission whose lists are sets; `term` is where it stands in the consent."""

    term: str
    use: Use
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
class ReadyUse:
    """What a consent says about one use: its permissions, and its refusals with their places in the consent."""

    grants: tuple[ReadyGrant, ...]
    forbids: tuple[tuple[int, Forbid], ...]


@dataclass(frozen=True, slots=True)
class Ready:
    """One consent by use, in the order of Use.

    `currency` is the deal's, or "" where it names several; `readable` is whether anybody can be asked to read it all.
    """

    consent: Consent
    currency: str
    readable: bool
    by_use: tuple[ReadyUse, ...]

    def of(self, use: Use) -> ReadyUse:
        """What the consent says about this use."""
        return self.by_use[_PLACE[use]]


def ready(consent: Consent) -> Ready:
    """The consent, made ready."""
    grants: dict[Use, list[ReadyGrant]] = {use: [] for use in Use}
    for number, grant in enumerate(consent.grants, 1):
        grants[grant.use].append(_ready_grant(_once(f"consent, permission {number}"), grant))
    refused = [(number, item) for number, item in enumerate(consent.forbids, 1)]
    by_use = tuple(
        _once(ReadyUse(tuple(mine), _once(tuple(pair for pair in refused if pair[1].use in (None, use)))))
        for use, mine in grants.items()
    )
    readable = len(consent.grants) <= GRANTS_MAX and len(consent.forbids) <= GRANTS_MAX
    return Ready(consent, _currency(consent.deal), readable, by_use)


def _currency(deal: Deal) -> str:
    amounts = (deal.day_rate, deal.unit_rate, deal.flat_fee)
    named = {amount.currency for amount in amounts if amount is not None}
    return _once(named.pop()) if len(named) == 1 else ""


def _ready_grant(term: str, grant: Grant) -> ReadyGrant:
    return ReadyGrant(
        term=term,
        use=grant.use,
        purposes=_once(grant.purposes),
        media=_once(frozenset(grant.media)),
        territories=_once(frozenset(grant.territories)),
        shots=_once(frozenset(grant.shots)),
        approve_shots=_once(frozenset(grant.approve_shots)),
        contents=_once(grant.contents),
        audiences=_once(grant.audiences),
        standing=grant.standing,
        unit=_once(grant.unit),
        units_max=grant.units_max,
        first_day=_once(grant.first_day),
        last_day=_once(grant.last_day),
        arc_max_deg=grant.arc_max_deg,
        ask_above_arc_deg=grant.ask_above_arc_deg,
        quality_max=grant.quality_max,
    )


@lru_cache(maxsize=SHARED_MAX)
def _once(value: Any) -> Any:
    """The first of all equal values."""
    return value
