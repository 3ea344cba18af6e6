"""A consent as an ODRL 2.2 Agreement: what ODRL has words for in ODRL's words, everything else in the profile's.

A reader who knows ODRL alone sees permissions that are never wider than the consent: a limit that ODRL cannot say is a
constraint on an operand of the profile, which such a reader cannot satisfy.  `restore.py` reads it back.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from stagedoor.core.base.fact import plain_value
from stagedoor.core.base.money import Money
from stagedoor.core.facts.consent import Consent, Deal, Forbid, Grant, Use
from stagedoor.core.rules.exchange.terms import CURRENCY, ODRL_CONTEXT, PROFILE, camel, iri, term

Json = dict[str, object]


WORLD: Final = "world"
DAY_BEGINS: Final = "T00:00:00.000Z"
DAY_ENDS: Final = "T23:59:59.999Z"
"""A day here is a day in UTC; an xsd:date without a zone could not be compared for certain on its edges."""

WHOLE: Final = (
    "consent", "capacity", "signer", "agreement", "replica_kind", "description", "after_death", "at", "version",
    "supersedes", "rider_to", "majority_on", "on_strike", "on_control", "law", "signed_apart", "template", "text",
)  # fmt: skip
"""Fields of a consent that ODRL has no word for: each is a term of the profile on the policy."""

OF_GRANT: Final = ("territories", "shots", "standing", "approve_shots", "ask_above_arc_deg")
"""Fields of a permission that are written whole as profile terms, because the standard view may leave them out."""

ALL_USES: Final = tuple(term(use) for use in Use)


def to_odrl(consent: Consent) -> Json:
    """The Agreement, as plain JSON values."""
    return {
        "@context": [ODRL_CONTEXT, {"sd": PROFILE}],
        "@type": "Agreement",
        "uid": iri("consent:" + consent.digest().removeprefix("sha256:")),
        "profile": PROFILE,
        "conflict": "prohibit",
        "assigner": iri(consent.performer),
        "assignee": iri(consent.production),
        "target": {"@type": "AssetCollection", "uid": iri(consent.capture)},
        "permission": [_permission(grant, consent) for grant in consent.grants],
        "prohibition": [
            *(_prohibition(item) for item in consent.forbids),
            *(() if consent.assignable else (transfer(),)),
        ],
        "obligation": [deletion()] if consent.delete_at_end else [],
        **members_of(consent, WHOLE),
        "sd:deal": members_of(consent.deal, ("day_rate", "schedule_f", "unit_rate", "flat_fee", "residual_bp")),
        "sd:withdrawal": members_of(consent.withdrawal, ("may_withdraw", "notice_days", "mode")),
    }


def members_of(value: object, names: tuple[str, ...]) -> Json:
    """The named fields as profile terms; what is None is left out, as JSON-LD would drop it."""
    plain = {camel(name): plain_value(getattr(value, name)) for name in names}
    return {name: item for name, item in plain.items() if item is not None}


def transfer() -> Json:
    """The consent may not be handed on."""
    return {"action": ["transfer", "grantUse"]}


def deletion() -> Json:
    """Everything is deleted when the production ends."""
    return {"action": ["delete"], "constraint": [_limit("event", "gteq", {"@id": "sd:productionEnd"})]}


def _permission(grant: Grant, consent: Consent) -> Json:
    constraints: list[Json] = [
        _among("purpose", [{"@id": term(item)} for item in grant.purposes]),
        _among("media", list(grant.media)),
        _limit("unitOfCount", "eq", {"@id": iri("unit:" + grant.unit)}),
        _limit("dateTime", "gteq", _typed(grant.first_day.isoformat() + DAY_BEGINS, "dateTime")),
        _limit("dateTime", "lteq", _typed(grant.last_day.isoformat() + DAY_ENDS, "dateTime")),
        _among("sd:content", [{"@id": term(item)} for item in grant.contents]),
        _among("sd:audience", [{"@id": term(item)} for item in grant.audiences]),
    ]
    if WORLD not in grant.territories:
        constraints.append(_among("spatial", list(grant.territories)))
    if not grant.standing:
        constraints.append(_among("sd:shot", list(grant.shots)))
    refinements = [
        _limit("count", "lteq", _whole(grant.units_max)),
        _limit("sd:arcDegrees", "lteq", _whole(grant.arc_max_deg)),
        _limit("sd:qualityTier", "lteq", _whole(grant.quality_max.tier)),
    ]
    return {
        "action": [{"rdf:value": {"@id": term(grant.use)}, "refinement": refinements}],
        "constraint": constraints,
        "duty": [*_payments(consent.deal), *_questions(grant, consent)],
        **members_of(grant, OF_GRANT),
    }


def _payments(deal: Deal) -> list[Json]:
    """The performer's own prices.  What the agreement adds is the agreement's business, and more is always allowed."""
    prices = (("day", deal.day_rate), ("unit", deal.unit_rate), ("use", deal.flat_fee))
    return [_payment(per, amount) for per, amount in prices if amount is not None]


def _payment(per: str, amount: Money) -> Json:
    value, _, currency = str(amount).partition(" ")
    limit = _limit("payAmount", "gteq", _typed(value, "decimal")) | {"unit": {"@id": CURRENCY + currency}}
    return {"action": [{"rdf:value": {"@id": "odrl:compensate"}, "refinement": [limit]}], "sd:per": per}


def _questions(grant: Grant, consent: Consent) -> list[Json]:
    """What the performer approves first: named shots, and showing more of them than agreed."""
    asked = {"action": ["obtainConsent"], "consentingParty": iri(consent.giver)}
    coverage = _limit("sd:arcTogether", "gt", _whole(grant.ask_above_arc_deg))
    asks: list[Json] = [asked | {"constraint": [coverage]}]
    if grant.approve_shots:
        asks.insert(0, asked | {"constraint": [_limit("sd:shot", "isAnyOf", list(grant.approve_shots))]})
    return asks


def _prohibition(item: Forbid) -> Json:
    made: Json = {"action": [term(item.use)] if item.use else list(ALL_USES)}
    constraints = []
    if item.purpose is not None:
        constraints.append(_limit("purpose", "eq", {"@id": term(item.purpose)}))
    if item.content is not None:
        constraints.append(_limit("sd:content", "eq", {"@id": term(item.content)}))
    return made | {"constraint": constraints} if constraints else made


def _limit(operand: str, operator: str, value: object) -> Json:
    return {"leftOperand": operand, "operator": operator, "rightOperand": value}


def _among(operand: str, values: Sequence[object]) -> Json:
    """One of these.  ODRL has no empty list, so what lists nothing allows `sd:nothing`, which nobody can ask for."""
    return _limit(operand, "isAnyOf", list(values) or nothing())


def nothing() -> list[object]:
    """What stands for an empty list."""
    return [{"@id": "sd:nothing"}]


def _typed(value: str, kind: str) -> Json:
    return {"@value": value, "@type": f"xsd:{kind}"}


def _whole(value: int) -> Json:
    return _typed(str(value), "integer")
