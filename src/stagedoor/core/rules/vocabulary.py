"""The words that a rule text may use, and where each gets its value.  A word not here does not load.

`docs/RULE-LANGUAGE.md` lists them for people; a test holds the two together.
"""

from __future__ import annotations

from typing import Final

from stagedoor.core.base.money import Money
from stagedoor.core.facts.consent import Consent
from stagedoor.core.facts.request import Request, Standing
from stagedoor.core.rules.text import FLAG, NUMBER, TEXT, TEXTS, Value

WORDS: Final[dict[str, tuple[str, str]]] = {
    # name: (kind, what it means)
    "use": (TEXT, "what is asked for: create, render, generate, alter, perform, train, publish"),
    "purpose": (TEXT, "what it is for: picture, advertising, training, other"),
    "medium": (TEXT, "the medium of the result, as theatrical"),
    "territory": (TEXT, "where it will be shown"),
    "currency": (TEXT, "the production's currency, as USD"),
    "units": (NUMBER, "how many units are asked for"),
    "worker_grade": (TEXT, "hosted, attested or studio-run"),
    "arc_deg": (NUMBER, "degrees of the camera move asked for"),
    "arc_together_deg": (NUMBER, "degrees round the head that this and earlier outputs show together"),
    "asset_kind": (TEXT, "capture or replica"),
    "replica_kind": (TEXT, "EBDR, ICDR or BADR"),
    "notice_hours": (NUMBER, "whole hours between telling the performer and the scan"),
    "reason_stated": (FLAG, "whether the notice states a reason for the scan"),
    "released": (FLAG, "whether the performer signed a release for the scan"),
    "consent_given": (FLAG, "whether a consent is signed, countersigned and not withdrawn"),
    "consent_described": (FLAG, "whether the consent describes the intended use in words"),
    "capacity": (TEXT, "in which capacity the consent was signed: adult, guardian, estate, union"),
    "schedule_f": (FLAG, "whether the performer is on a flat Schedule F deal"),
    "holds": (TEXTS, "why the asset is on hold, as strike"),
    "estimate_days": (NUMBER, "days that the production estimated"),
    "estimate_basis_given": (FLAG, "whether the estimate records its basis"),
    "new_days": (NUMBER, "estimated days that no earlier permit has charged yet"),
    "day_rate": (NUMBER, "the performer's own day rate, an amount"),
    "commission_bp": (NUMBER, "the agent's commission by the signed mandate, in hundredths of a percent"),
    "prior_gross": (NUMBER, "pay on this picture before this use, an amount"),
}  # fmt: skip

MONEY_WORDS: Final = frozenset({"day_rate", "prior_gross", "gross", "ph_base"})
"""Numbers that are amounts, in millionths; people see them as money."""

BP_WORDS: Final = frozenset({"commission_bp"})
"""Numbers that are hundredths of a percent."""

KINDS: Final[dict[str, str]] = {name: kind for name, (kind, _) in WORDS.items()}


def shown_value(value: Value | None, unit: str, currency: str) -> str:
    """A number as people read it: money with its currency, a rate in percent beside its basis points."""
    if not isinstance(value, int) or isinstance(value, bool):
        return str(value)
    if unit == "money":
        return Money(value, currency).shown()
    if unit == "bp":
        whole, part = divmod(value, 100)
        percent = f"{whole}.{part:02d}".rstrip("0").rstrip(".")
        return f"{value} bp ({percent} %)"
    return f"{value} {unit}".strip()


def values_of(request: Request, standing: Standing, consent: Consent | None) -> dict[str, Value | None]:
    """Every word's value; None where nobody knows."""
    given = standing.consent_signed and standing.consent_countersigned and not standing.consent_withdrawn
    return {
        "use": request.use.value,
        "purpose": request.purpose.value,
        "medium": request.medium,
        "territory": request.territory,
        "currency": standing.currency,
        "units": request.units,
        "worker_grade": request.worker_grade,
        "arc_deg": request.arc_to_deg - request.arc_from_deg,
        "arc_together_deg": standing.arc_together_deg,
        "asset_kind": standing.asset_kind.value if standing.asset_kind else None,
        "replica_kind": standing.replica_kind.value if standing.replica_kind else None,
        "notice_hours": standing.notice_hours,
        "reason_stated": standing.reason_stated,
        "released": standing.released,
        "consent_given": given and consent is not None,
        "consent_described": bool(consent and consent.description.strip()),
        "capacity": consent.capacity.value if consent else None,
        "schedule_f": consent.deal.schedule_f if consent else None,
        "holds": standing.holds,
        "estimate_days": standing.estimate_days,
        "estimate_basis_given": bool(standing.estimate_basis.strip()),
        "new_days": max(0, standing.estimate_days - standing.days_charged),
        "day_rate": consent.deal.day_rate.units if consent else None,
        "commission_bp": standing.commission_bp,
        "prior_gross": standing.prior_gross.units,
    }
