"""The words that a rule text may use, and where each gets its value.  A word not here does not load.

`docs/RULE-LANGUAGE.md` lists them for people; a test holds the two together.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Final

from stagedoor.core.base.money import Money
from stagedoor.core.facts.consent import Consent
from stagedoor.core.facts.request import Request, Standing
from stagedoor.core.rules.declared import DECLARED, DECLARED_AMOUNTS, USUAL
from stagedoor.core.rules.derived import DERIVED, Situation
from stagedoor.core.rules.text import FLAG, NUMBER, TEXT, TEXTS, Value

Path = tuple[str, ...]
"""Attribute loads from `request`, `standing` or `consent`; None on the way is unknown."""
PATHS: Final[dict[str, tuple[str, str, Path]]] = {
    # name: (kind, what it means, where it stands)
    "use": (TEXT, "what is asked for: create, render, generate, alter, perform, train, publish",
            ("request", "use", "value")),
    "purpose": (TEXT, "picture, advertising, training, game, sound_recording, voice_service, other",
                ("request", "purpose", "value")),
    "medium": (TEXT, "the medium of the result, as theatrical, television, streaming, interactive",
               ("request", "medium")),
    "territory": (TEXT, "where it will be shown", ("request", "territory")),
    "places": (TEXTS, "every place whose law the use touches, as US-CA or EU", ("request", "places")),
    "currency": (TEXT, "the production's currency, as USD", ("standing", "currency")),
    "unit": (TEXT, "what is metered: frame, second, call, token, line", ("request", "unit")),
    "units": (NUMBER, "how many units are asked for", ("request", "units")),
    "worker_grade": (TEXT, "hosted, attested or studio-run", ("request", "worker_grade")),
    "category": (TEXT, "actor, dancer, stunt, background, singer or voice", ("request", "category")),
    "content": (TEXT, "ordinary, nudity, sexual, violence, political, medical, religious or other",
                ("request", "content", "value")),
    "quality": (TEXT, "preview, broadcast or cinema", ("request", "quality", "value")),
    "audience": (TEXT, "general, adult, children or internal", ("request", "audience", "value")),
    "arc_together_deg": (NUMBER, "degrees round the head that this and earlier outputs show together",
                         ("standing", "arc_together_deg")),
    "asset_kind": (TEXT, "capture or replica", ("standing", "asset_kind", "value")),
    "replica_kind": (TEXT, "EBDR, ICDR, BADR or SYNTHETIC", ("standing", "replica_kind", "value")),
    "made_under": (TEXT, "the agreement that the replica was made under, or nothing", ("standing", "made_under")),
    "notice_hours": (NUMBER, "whole hours between telling the performer and the scan", ("standing", "notice_hours")),
    "reason_stated": (FLAG, "whether the notice states a reason for the scan", ("standing", "reason_stated")),
    "released": (FLAG, "whether the performer signed a release for the scan", ("standing", "released")),
    "holds": (TEXTS, "why the asset is on hold, as strike", ("standing", "holds")),
    "estimate_days": (NUMBER, "days that the production estimated", ("standing", "estimate_days")),
    "commission_bp": (NUMBER, "the agent's commission by the signed mandate, in hundredths of a percent",
                      ("standing", "commission_bp")),
    "prior_gross": (NUMBER, "pay on this picture before this use, an amount", ("standing", "prior_gross", "units")),
    "capacity": (TEXT, "in which capacity the consent was signed: adult, guardian, estate, union",
                 ("consent", "capacity", "value")),
    "agreement": (TEXT, "the agreement that the consent names", ("consent", "agreement")),
    "signed_apart": (FLAG, "whether the consent was signed apart from any contract", ("consent", "signed_apart")),
    "schedule_f": (FLAG, "whether the performer is on a flat Schedule F deal", ("consent", "deal", "schedule_f")),
    "day_rate": (NUMBER, "the performer's own day rate, an amount", ("consent", "deal", "day_rate", "units")),
    "unit_rate": (NUMBER, "the deal's rate for each metered unit, an amount",
                  ("consent", "deal", "unit_rate", "units")),
    "flat_fee": (NUMBER, "the deal's fee for one use as a whole, an amount", ("consent", "deal", "flat_fee", "units")),
    "residual_bp": (NUMBER, "the deal's residual, in hundredths of a percent", ("consent", "deal", "residual_bp")),
    "after_death": (TEXT, "what becomes of the consent at death: continues, ends, estate",
                    ("consent", "after_death", "value")),
    "strike_term": (TEXT, "what a strike does: agreement, suspend_new, stop_all", ("consent", "on_strike", "value")),
    "control_term": (TEXT, "what a change of control does: continues, ask, ends", ("consent", "on_control", "value")),
    "withdrawal_mode": (TEXT, "at_will, with_notice, until_delivery or never",
                        ("consent", "withdrawal", "mode", "value")),
    "consent_law": (TEXT, "the law that the consent names, or nothing", ("consent", "law")),
    "assignable": (FLAG, "whether the consent may be assigned to somebody else", ("consent", "assignable")),
    "delete_at_end": (FLAG, "whether everything is deleted when the production ends", ("consent", "delete_at_end")),
}  # fmt: skip

WORDS: Final[dict[str, tuple[str, str]]] = {
    **{name: (kind, means) for name, (kind, means, _) in PATHS.items()},
    **{name: (kind, means) for name, (kind, means, _) in DERIVED.items()},
    **DECLARED,
}
"""name -> (kind, what it means)."""

MONEY_WORDS: Final = (
    frozenset({"day_rate", "unit_rate", "flat_fee", "prior_gross", "gross", "ph_base"}) | DECLARED_AMOUNTS
)
"""Numbers that are amounts, in millionths; people see them as money."""

BP_WORDS: Final = frozenset({"commission_bp", "residual_bp"})
"""Numbers that are hundredths of a percent."""

KINDS: Final[dict[str, str]] = {name: kind for name, (kind, _) in WORDS.items()}

DATES: Final[dict[str, str]] = {
    "day": "the day of service",
    "asked_on": "the day on which the use was asked for",
    "photography_began": "the start of principal photography",
    "signed_on": "the day on which the performer signed the consent",
    "made_on": "the day on which the replica was made",
    "captured_on": "the day of the scan",
    "died_on": "the day on which the performer died",
    "ends_on": "the consent's last day",
    "majority_on": "the day on which the performer comes of age",
    "engaged_on": "the day on which the performer was engaged",
    "released_on": "the day on which the output is published",
    "production_ended": "the day on which the production ended",
    "purpose_ended": "the day on which the purpose of the data was met",
    "last_contact": "the last day of contact with the person",
    "market_on": "the day on which the AI system was put on the market",
    "first_spot_on": "the first day of use of the first spot",
    "union_told_on": "the day on which the union was told",
    "access_received_on": "the day on which the person's request for access to their data came in",
    "marks_stripped_on": "the day on which a licensee was found to strip the marks",
}
"""Days that govern a value or a rule, or from which a due day is counted."""


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


def declared_values(request: Request) -> Mapping[str, Value]:
    """What the production declared, by word, and the usual where it did not; `ask` saw to their kinds."""
    if not request.circumstances:
        return USUAL
    values: dict[str, Value] = {**USUAL}
    values.update((item.name, item.value) for item in request.circumstances)
    return values


def values_of(request: Request, standing: Standing, consent: Consent | None) -> dict[str, Value | None]:
    """Every word's value; None where nobody knows."""
    it = Situation(request, standing, consent)
    values: dict[str, Value | None] = dict.fromkeys(DECLARED)
    values.update(declared_values(request))
    for name, (_, _, path) in PATHS.items():
        found: object = it
        for step in path:
            found = None if found is None else getattr(found, step)
        values[name] = found  # type: ignore[assignment]  # a path ends in a value of its word's kind
    for name, (_, _, work_out) in DERIVED.items():
        values[name] = work_out(it)
    return values


def days_of(request: Request, standing: Standing, consent: Consent | None) -> dict[str, date | None]:
    """Every date word's day; None where nobody knows."""
    days: dict[str, date | None] = dict.fromkeys(DATES)
    days.update((item.name, item.day) for item in request.dates)
    ends = max((grant.last_day for grant in consent.grants), default=None) if consent else None
    days.update(
        day=request.day,
        asked_on=request.at.day,
        photography_began=standing.photography_began,
        signed_on=standing.signed_on,
        made_on=standing.made_on,
        captured_on=standing.captured_on,
        died_on=standing.died_on,
        ends_on=ends,
        majority_on=consent.majority_on if consent else None,
    )
    return days
