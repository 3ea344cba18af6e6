"""One consent against one request: does the performer's own word cover it?

What the consent does not grant, it refuses; a prohibition beats every grant.  Each finding names the term it read, so
that an answer can be argued with.  Source: DESIGN sections 3 and 6; us-agreements 2.2 (specific, signed apart).
"""

from __future__ import annotations

from typing import Final

from stagedoor.core.base.limits import GRANTS_MAX
from stagedoor.core.base.outcome import Code
from stagedoor.core.base.when import within
from stagedoor.core.facts.consent import Consent, Forbid, Grant, Purpose, Use
from stagedoor.core.facts.decision import Effect, Finding
from stagedoor.core.facts.party import Role
from stagedoor.core.facts.request import Request, Standing

WHOLE_BP: Final = 10_000
"""A hundred percent, in basis points."""


def judge_consent(request: Request, standing: Standing, consent: Consent | None) -> tuple[Finding, ...]:
    """What the consent says about the request: prohibitions, then exactly one permit or one refusal, then questions."""
    if consent is None:
        return (_no(Code.NO_CONSENT, "There is no consent to read.", "consent"),)
    if len(consent.grants) > GRANTS_MAX or len(consent.forbids) > GRANTS_MAX:
        what = f"The consent has {len(consent.grants)} permissions and {len(consent.forbids)} refusals"
        return (_no(Code.MALFORMED, f"{what}; nobody can be asked to read more than {GRANTS_MAX}.", "consent"),)
    whole = tuple(_whole_document(request, standing, consent))
    forbids = tuple(
        _no(_code_of(item, request), _words_of(item), f"consent, refusal {index + 1}", f"use={request.use.value}",
            f"purpose={request.purpose.value}")
        for index, item in enumerate(consent.forbids)
        if item.use in (None, request.use) and item.purpose in (None, request.purpose)
    )  # fmt: skip
    return whole + forbids + _grants(request, standing, consent)


def _whole_document(request: Request, standing: Standing, consent: Consent) -> list[Finding]:
    found: list[Finding] = []
    if not standing.consent_signed:
        found.append(_no(Code.NO_CONSENT, "The performer has not signed this consent.", "consent, signature"))
    if not standing.consent_countersigned:
        found.append(_no(Code.NO_CONSENT, "The production has not countersigned this consent.", "consent, signature"))
    if standing.consent_withdrawn:
        found.append(_no(Code.CONSENT_WITHDRAWN, "The performer withdrew the remaining use.", "consent, withdrawal"))
    if request.consent != standing.consent or request.performer != consent.performer:
        found.append(
            _no(Code.NO_CONSENT, "This consent was given by, or read for, somebody else.", "consent, performer")
        )
    if standing.asset_performer != consent.performer:
        found.append(_no(Code.NO_CONSENT, "What is asked for shows another performer.", "consent, performer"))
    if request.production != consent.production or standing.asset_production != consent.production:
        found.append(
            _no(Code.OTHER_PRODUCTION, "The consent names one production; this request comes from another.",
                "consent, production", f"production={request.production}")
        )  # fmt: skip
    if standing.capture != consent.capture:
        found.append(
            _no(Code.NO_CONSENT, "What is asked for was not made from the capture consented to.", "consent, capture")
        )
    if standing.replica_kind not in (None, consent.replica_kind):
        what = "The consent is for another kind of replica"
        found.append(_no(Code.OUTSIDE_CONSENT, f"{what} ({consent.replica_kind.value}).", "consent, replica kind"))
    if not 0 <= standing.commission_bp <= WHOLE_BP:
        found.append(_no(Code.MALFORMED, "The mandate's commission is not between nothing and everything.", "mandate"))
    if standing.holds:
        found.append(_no(Code.HELD, f"The asset is on hold: {', '.join(standing.holds)}.", "hold"))
    if consent.deal.day_rate.currency != standing.currency:
        found.append(_no(Code.MALFORMED, "The deal and the production are in two currencies.", "consent, price"))
    return found


def _grants(request: Request, standing: Standing, consent: Consent) -> tuple[Finding, ...]:
    """One permission that covers the request, with the questions of *every* one for this use; else why none does.

    All permissions for the use ask, whichever covers: their order must not matter, and narrowing one of them must not
    take its question away.
    """
    mine = [
        (f"consent, permission {index + 1}", grant)
        for index, grant in enumerate(consent.grants)
        if grant.use is request.use
    ]
    if not mine:
        what = f"Nothing in the consent permits to {request.use.value}. Silence refuses."
        code = Code.TRAINING_FORBIDDEN if request.use is Use.TRAIN else Code.NO_CONSENT
        return (_no(code, what, "consent, permissions"),)
    missed = [(_misses(request, standing, grant, term), term, grant) for term, grant in mine]
    covering = [(term, grant) for misses, term, grant in missed if not misses]
    if not covering:
        nearest = min((misses for misses, _, _ in missed), key=lambda misses: (len(misses), _numbers(misses)))
        return tuple(nearest)
    term, grant = covering[0]
    return (_yes(grant, term, request), *_questions(request, standing, tuple(item for _, item in mine), term))


def _numbers(misses: list[Finding]) -> tuple[int, ...]:
    return tuple(sorted(miss.code.number for miss in misses if miss.code))


def _misses(request: Request, standing: Standing, grant: Grant, term: str) -> list[Finding]:
    """Every respect in which the request goes beyond the grant."""
    arc = request.arc_to_deg - request.arc_from_deg
    tests = (
        (request.purpose in grant.purposes, Code.OUTSIDE_CONSENT, f"the purpose {request.purpose.value}"),
        (request.medium in grant.media, Code.OUTSIDE_CONSENT, f"the medium {request.medium}"),
        (_covers(request.territory, grant.territories), Code.OUTSIDE_CONSENT, f"the territory {request.territory}"),
        (request.shot in grant.shots, Code.OUTSIDE_CONSENT, f"the shot {request.shot or '(none named)'}"),
        (request.unit == grant.unit, Code.OUTSIDE_CONSENT, f"the unit {request.unit}"),
        (within(request.day, grant.first_day, grant.last_day), Code.CONSENT_EXPIRED,
         f"the day {request.day} (it runs from {grant.first_day} to {grant.last_day})"),
        (standing.units_used + request.units <= grant.units_max, Code.QUANTITY_EXHAUSTED,
         f"{request.units} {grant.unit}s more ({standing.units_used} of {grant.units_max} are used)"),
        (arc <= grant.arc_max_deg, Code.OUTSIDE_CONSENT,
         f"a camera move of {arc} degrees (at most {grant.arc_max_deg})"),
    )  # fmt: skip
    return [_no(code, f"The consent does not cover {what}.", term) for holds, code, what in tests if not holds]


def _covers(territory: str, granted: tuple[str, ...]) -> bool:
    return territory in granted or "world" in granted


def _yes(grant: Grant, term: str, request: Request) -> Finding:
    what = f"shot {request.shot}" if request.shot else "the replica"
    return Finding(
        rule="consent",
        effect=Effect.PERMIT,
        code=None,
        says=f"The performer permits to {grant.use.value} {what} in this production.",
        saw=(f"shot={request.shot}", f"units={request.units}", f"day={request.day}"),
        clause=term,
        source="the performer's signed consent",
        confidence="high",
        asks=None,
    )


def _questions(request: Request, standing: Standing, grants: tuple[Grant, ...], term: str) -> tuple[Finding, ...]:
    asks: list[Finding] = []
    if any(request.shot in grant.approve_shots for grant in grants):
        asks.append(
            _ask("consent:approval", f"The performer wants to see and approve shot {request.shot} first.", term)
        )
    limit = min(grant.ask_above_arc_deg for grant in grants)
    if standing.arc_together_deg > limit:
        what = f"Together the outputs would show {standing.arc_together_deg} degrees round the head"
        asks.append(_ask("consent:coverage", f"{what}; beyond {limit} the performer is asked.", term))
    return tuple(asks)


def _code_of(item: Forbid, request: Request) -> Code:
    if request.use is Use.TRAIN or item.purpose is Purpose.TRAINING:
        return Code.TRAINING_FORBIDDEN
    return Code.PURPOSE_FORBIDDEN


def _words_of(item: Forbid) -> str:
    use = f"to {item.use.value}" if item.use else "any use"
    purpose = f" for {item.purpose.value}" if item.purpose else ""
    return f"The performer refuses {use}{purpose}."


def _no(code: Code, says: str, clause: str, *saw: str) -> Finding:
    return Finding(
        rule="consent",
        effect=Effect.FORBID,
        code=code,
        says=says,
        saw=saw,
        clause=clause,
        source="the performer's signed consent",
        confidence="high",
        asks=None,
    )


def _ask(rule: str, says: str, clause: str) -> Finding:
    return Finding(
        rule=rule,
        effect=Effect.ASK,
        code=Code.NEEDS_A_PERSON,
        says=says,
        saw=(),
        clause=clause,
        source="the performer's signed consent",
        confidence="high",
        asks=Role.PERFORMER,
    )
