"""Words that are worked out from request, standing and consent, each in a line."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Final, NamedTuple

from stagedoor.core.facts.consent import Capacity, Consent
from stagedoor.core.facts.request import Request, Standing
from stagedoor.core.rules.text import FLAG, NUMBER, Value

_ADULT: Final = Capacity.ADULT


class Situation(NamedTuple):
    """What a decision is about."""

    request: Request
    standing: Standing
    consent: Consent | None


Worked = Callable[[Situation], Value | None]
"""How a word is worked out."""


def _given(it: Situation) -> bool:
    standing = it.standing
    signed = standing.consent_signed and standing.consent_countersigned and standing.authority
    return signed and not standing.consent_withdrawn and not standing.superseded and it.consent is not None


def _minor(it: Situation) -> bool | None:
    if it.consent is None or it.consent.capacity is not Capacity.GUARDIAN:
        return False
    return None if it.consent.majority_on is None else it.request.day < it.consent.majority_on


def _outgrown(it: Situation) -> bool | None:
    if it.consent is None or it.consent.capacity is not Capacity.GUARDIAN:
        return False
    minor = _minor(it)
    return None if minor is None else not minor


def _signed_before(it: Situation) -> int | None:
    return None if it.standing.signed_on is None else (it.request.day - it.standing.signed_on).days


def years_between(first: date, last: date) -> int:
    """Whole years from one day to another, as birthdays are counted."""
    return last.year - first.year - ((last.month, last.day) < (first.month, first.day))


def _since_death(it: Situation) -> int | None:
    return None if it.standing.died_on is None else years_between(it.standing.died_on, it.request.day)


def _deceased(it: Situation) -> bool:
    return it.standing.died_on is not None and it.standing.died_on <= it.request.day


def _lifetime(it: Situation) -> bool:
    return it.consent is not None and it.consent.capacity in (Capacity.ADULT, Capacity.GUARDIAN)


def _consent_days(it: Situation) -> int | None:
    if it.consent is None or not it.consent.grants:
        return None
    first = min(grant.first_day for grant in it.consent.grants)
    return (max(grant.last_day for grant in it.consent.grants) - first).days + 1


DERIVED: Final[dict[str, tuple[str, str, Worked]]] = {
    # name: (kind, what it means, how it is worked out)
    "arc_deg": (NUMBER, "degrees of the camera move asked for",
                lambda it: it.request.arc_to_deg - it.request.arc_from_deg),
    "prompted": (FLAG, "whether a text prompt drives the use", lambda it: bool(it.request.prompt)),
    "prompt_names_performer": (FLAG, "whether the prompt names a registered performer",
                               lambda it: bool(it.standing.prompt_names)),
    "prompt_may_name": (FLAG, "whether the prompt may name a registered performer; a person must look",
                        lambda it: bool(it.standing.prompt_may_name)),
    "other_picture": (FLAG, "whether the asset was made for another production",
                      lambda it: it.standing.asset_production != it.request.production),
    "estimate_basis_given": (FLAG, "whether the estimate records its basis",
                             lambda it: bool(it.standing.estimate_basis.strip())),
    "new_days": (NUMBER, "estimated days that no earlier permit has charged yet",
                 lambda it: max(0, it.standing.estimate_days - it.standing.days_charged)),
    "deceased": (FLAG, "whether the performer has died", _deceased),
    "years_since_death": (NUMBER, "whole years since the performer died", _since_death),
    "signed_days_before": (NUMBER, "whole days from the consent's signature to the day of service", _signed_before),
    "consent_given": (FLAG, "whether a consent is signed, countersigned, current and not withdrawn", _given),
    "consent_described": (FLAG, "whether the consent describes the intended use in words",
                          lambda it: bool(it.consent and it.consent.description.strip())),
    "minor": (FLAG, "whether a guardian signed and the performer is not yet of age on the day", _minor),
    "outgrown": (FLAG, "whether a guardian signed and the performer has come of age since", _outgrown),
    "lifetime": (FLAG, "whether the performer, or a guardian for them, gave the consent in life", _lifetime),
    "unit_priced": (FLAG, "whether the deal names a rate for each metered unit",
                    lambda it: it.consent is not None and it.consent.deal.unit_rate is not None),
    "flat_priced": (FLAG, "whether the deal names a fee for one use as a whole",
                    lambda it: it.consent is not None and it.consent.deal.flat_fee is not None),
    "consent_days": (NUMBER, "days from the consent's first day to its last", _consent_days),
}  # fmt: skip

QUIET: Final[dict[str, Value | None]] = {
    "consent_described": True,
    "consent_given": True,
    "deceased": False,
    "estimate_basis_given": True,
    "lifetime": True,
    "minor": False,
    "other_picture": False,
    "outgrown": False,
    "prompt_may_name": False,
    "prompt_names_performer": False,
    "prompted": False,
}
"""What these words say where nothing unusual is the case: a living adult's consent in order, no prompt, an estimate."""


def is_quiet(it: Situation) -> bool:
    """Whether every word of QUIET has just the value that stands there."""
    standing, consent = it.standing, it.consent
    return (
        consent is not None
        and consent.capacity is _ADULT
        and standing.died_on is None
        and not it.request.prompt
        and not standing.prompt_names
        and not standing.prompt_may_name
        and standing.asset_production == it.request.production
        and _given(it)
        and bool(standing.estimate_basis.strip())
        and bool(consent.description.strip())
    )
