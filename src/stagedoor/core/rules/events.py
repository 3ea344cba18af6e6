"""What happens to a consent in the world: holds, strikes, a change of control, a death, a name in the prompt.

Each is a term of the consent, applied; where a term leaves it to the agreement, the agreement's own rules speak.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from stagedoor.core.base.outcome import Code
from stagedoor.core.facts.consent import AfterDeath, Capacity, Consent, ControlTerm, StrikeTerm, Use
from stagedoor.core.facts.decision import Finding
from stagedoor.core.facts.party import Role
from stagedoor.core.facts.request import Request, Standing
from stagedoor.core.rules.saying import ask, no

STRIKE: Final = "strike"
CONTROL: Final = "change_of_control"


def events(request: Request, standing: Standing, consent: Consent) -> Iterator[Finding]:
    """What has happened that the consent's terms speak of."""
    others = tuple(hold for hold in standing.holds if hold not in (STRIKE, CONTROL))
    if others:
        yield no(Code.HELD, f"The asset is on hold: {', '.join(others)}.", "hold")
    if STRIKE in standing.holds:
        yield from _strike(request, consent)
    if CONTROL in standing.holds:
        yield from _control(consent)
    if standing.died_on is not None and standing.died_on <= request.day:
        yield from _death(standing, consent)
    yield from _prompt(request, standing)


def _strike(request: Request, consent: Consent) -> Iterator[Finding]:
    """With `agreement` the agreement's rules speak; that it has none about strikes is a doubt (agreement.py)."""
    if consent.on_strike is StrikeTerm.STOP_ALL:
        yield no(Code.HELD, "In a strike the performer lets nothing be made or published.", "consent, strike")
    if consent.on_strike is StrikeTerm.SUSPEND_NEW and request.use is not Use.PUBLISH:
        yield no(Code.HELD, "In a strike the performer lets nothing new be made.", "consent, strike")


def _control(consent: Consent) -> Iterator[Finding]:
    if consent.on_control is ControlTerm.ENDS:
        what = "The production's company changed hands, and with that the consent ended."
        yield no(Code.CONSENT_EXPIRED, what, "consent, change of control")
    if consent.on_control is ControlTerm.ASK:
        what = "The production's company changed hands; the performer is asked again."
        yield ask("consent:control", what, "consent, change of control")


def _death(standing: Standing, consent: Consent) -> Iterator[Finding]:
    """A consent that the estate or the union gave is about the time after; one given in life follows its own term."""
    if consent.capacity in (Capacity.ESTATE, Capacity.UNION):
        return
    if consent.after_death is AfterDeath.ENDS:
        what = f"The performer died on {standing.died_on}, and with that the consent ended."
        yield no(Code.CONSENT_EXPIRED, what, "consent, after death")
    if consent.after_death is AfterDeath.ESTATE:
        what = f"The performer died on {standing.died_on}; the estate must agree to each use."
        yield ask("consent:estate", what, "consent, after death", Role.ESTATE)


def _prompt(request: Request, standing: Standing) -> Iterator[Finding]:
    """A prompt that names somebody is a use of that likeness, whoever's replica it drives."""
    others = tuple(party for party in standing.prompt_names if party != request.performer)
    if others:
        what = f"The prompt names {', '.join(others)}, of whose likeness this consent says nothing."
        yield no(Code.NO_CONSENT, what, "name in the prompt")
    unsure = tuple(party for party in standing.prompt_may_name if party not in standing.prompt_names)
    if any(party != request.performer for party in unsure):
        what = f"The prompt may name {', '.join(unsure)}; a union officer must look."
        yield ask("consent:prompt", what, "name in the prompt", Role.UNION)
