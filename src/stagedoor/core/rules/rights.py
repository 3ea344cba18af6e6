"""One consent against one request: does the performer's own word cover it?

What the consent does not grant, it refuses; a prohibition beats every grant.  Each finding names the term it read, so
that an answer can be argued with.  Source: DESIGN sections 3 and 6; us-agreements 2.2 (specific, signed apart).
"""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from functools import lru_cache
from typing import Final

from stagedoor.core.base.limits import GRANTS_MAX
from stagedoor.core.base.outcome import Code
from stagedoor.core.facts.asset import AssetKind
from stagedoor.core.facts.consent import Consent, Forbid, Purpose, Use
from stagedoor.core.facts.decision import Effect, Finding
from stagedoor.core.facts.permit import OF_CAPTURES, PHOTOGRAPH
from stagedoor.core.facts.request import Request, Standing
from stagedoor.core.rules.events import events
from stagedoor.core.rules.ready import Ready, ReadyGrant, ready
from stagedoor.core.rules.saying import SAID_MAX, ask, no, yes

WHOLE_BP: Final = 10_000
"""A hundred percent, in basis points."""


def judge_consent(request: Request, standing: Standing, consent: Consent | None) -> tuple[Finding, ...]:
    """What the consent says about the request: prohibitions, then exactly one permit or one refusal, then questions."""
    if consent is None:
        return (no(Code.NO_CONSENT, "There is no consent to read.", "consent"),)
    return judge_ready(request, standing, ready(consent))


def judge_ready(request: Request, standing: Standing, made: Ready) -> tuple[Finding, ...]:
    """The same of a consent that was made ready before."""
    consent = made.consent
    if not made.readable:
        what = f"The consent has {len(consent.grants)} permissions and {len(consent.forbids)} refusals"
        return (no(Code.MALFORMED, f"{what}; nobody can be asked to read more than {GRANTS_MAX}.", "consent"),)
    mine = made.of(request.use)
    found = _whole_document(request, standing, made)
    for number, item in mine.forbids:
        if refuses(item, request):
            saw = (f"use={request.use.value}", f"purpose={request.purpose.value}")
            found.append(no(_code_of(item, request), _words_of(item), f"consent, refusal {number}", *saw))
    return (*found, *_grants(request, standing, mine.grants))


def refuses(item: Forbid, request: Request) -> bool:
    """Whether a refusal of the consent is about this request."""
    return (
        item.use in (None, request.use)
        and item.purpose in (None, request.purpose)
        and item.content in (None, request.content)
    )


def judge_rider(request: Request, standing: Standing, rider: Consent, number: int) -> tuple[Finding, ...]:
    """A rider stands beside its consent and both must allow a use; so it can refuse and ask, and never permits."""
    forbids = [
        no(_code_of(item, request), _words_of(item), f"rider {number}, refusal {index + 1}")
        for index, item in enumerate(rider.forbids)
        if refuses(item, request)
    ]
    mine = ready(rider).of(request.use).grants
    spoken = [item for item in _grants(request, standing, mine) if item.effect is not Effect.PERMIT]
    return tuple(forbids) + tuple(replace(item, clause=f"rider {number}: {item.clause}") for item in spoken)


def _whole_document(request: Request, standing: Standing, made: Ready) -> list[Finding]:
    """What stands against the document as a whole; empty if nothing does."""
    consent = made.consent
    found: list[Finding] = []
    if not standing.consent_signed:
        found.append(no(Code.NO_CONSENT, "The performer has not signed this consent.", "consent, signature"))
    if not standing.consent_countersigned:
        found.append(no(Code.NO_CONSENT, "The production has not countersigned this consent.", "consent, signature"))
    if not standing.authority:
        what = f"Nobody vouched that the signer may sign as {consent.capacity.value}."
        found.append(no(Code.NO_CONSENT, what, "consent, capacity"))
    if not standing.text_matches:
        found.append(no(Code.NO_CONSENT, "What was read is not what these terms say.", "consent, text"))
    if standing.superseded:
        found.append(no(Code.NO_CONSENT, "A later version has taken this consent's place.", "consent, version"))
    if standing.consent_withdrawn:
        found.append(no(Code.CONSENT_WITHDRAWN, "The performer withdrew the remaining use.", "consent, withdrawal"))
    if request.consent != standing.consent or request.performer != consent.performer:
        found.append(
            no(Code.NO_CONSENT, "This consent was given by, or read for, somebody else.", "consent, performer")
        )
    if standing.asset_performer != consent.performer:
        found.append(no(Code.NO_CONSENT, "What is asked for shows another performer.", "consent, performer"))
    if request.production != consent.production or standing.asset_production != consent.production:
        found.append(
            no(Code.OTHER_PRODUCTION, "The consent names one production; this request comes from another.",
                "consent, production", f"production={request.production}")
        )  # fmt: skip
    if standing.capture != consent.capture:
        found.append(
            no(Code.NO_CONSENT, "What is asked for was not made from the capture consented to.", "consent, capture")
        )
    captured = standing.asset_kind is AssetKind.CAPTURE and request.use not in OF_CAPTURES
    if captured is not (request.unit == PHOTOGRAPH):
        what = "A capture is shown as photographs alone." if captured else "Photographs are of a capture alone."
        found.append(no(Code.OUTSIDE_CONSENT, what, "consent, capture", f"unit={request.unit}"))
    if standing.replica_kind not in (None, consent.replica_kind):
        what = "The consent is for another kind of replica"
        found.append(no(Code.OUTSIDE_CONSENT, f"{what} ({consent.replica_kind.value}).", "consent, replica kind"))
    if not 0 <= standing.commission_bp <= WHOLE_BP:
        found.append(no(Code.MALFORMED, "The mandate's commission is not between nothing and everything.", "mandate"))
    if made.currency != standing.currency:
        found.append(no(Code.MALFORMED, "The deal and the production are in two currencies.", "consent, price"))
    if standing.holds or standing.died_on is not None or standing.prompt_names or standing.prompt_may_name:
        found += events(request, standing, consent)
    return found


def _grants(request: Request, standing: Standing, mine: tuple[ReadyGrant, ...]) -> tuple[Finding, ...]:
    """One permission that covers the request, with the questions of *every* one for this use; else why none does.

    All permissions for the use ask, whichever covers: their order must not matter, and narrowing one of them must not
    take its question away.
    """
    if not mine:
        what = f"Nothing in the consent permits to {request.use.value}. Silence refuses."
        code = Code.TRAINING_FORBIDDEN if request.use is Use.TRAIN else Code.NO_CONSENT
        return (no(code, what, "consent, permissions"),)
    for grant in mine:
        if fits(request, standing, grant):
            permitted = permits(grant.use, grant.term, request.shot, request.units, request.day)
            return (permitted, *_questions(request, standing, mine, grant.term))
    if len(mine) == 1:
        return tuple(_misses(request, standing, mine[0]))
    nearest: list[Finding] = min((_misses(request, standing, grant) for grant in mine), key=_distance)
    return tuple(nearest)


def _distance(misses: list[Finding]) -> tuple[int, list[int]]:
    """How far a request lies from a permission: first in how many respects, then in which."""
    return len(misses), sorted(miss.code.number for miss in misses if miss.code)


def fits(request: Request, standing: Standing, grant: ReadyGrant) -> bool:
    """Whether the grant covers the request: the same tests as `_misses`, without a word."""
    return (
        request.purpose in grant.purposes
        and request.medium in grant.media
        and (request.territory in grant.territories or "world" in grant.territories)
        and (grant.standing or request.shot in grant.shots)
        and request.unit == grant.unit
        and grant.first_day <= request.day <= grant.last_day
        and standing.units_used + request.units <= grant.units_max
        and request.arc_to_deg - request.arc_from_deg <= grant.arc_max_deg
        and request.content in grant.contents
        and request.audience in grant.audiences
        and request.quality.tier <= grant.quality_max.tier
    )


def _misses(request: Request, standing: Standing, grant: ReadyGrant) -> list[Finding]:
    """Every respect in which the request goes beyond the grant; words are made only for those."""
    found: list[Finding] = []

    def miss(what: str, code: Code = Code.OUTSIDE_CONSENT) -> None:
        found.append(no(code, f"The consent does not cover {what}.", grant.term))

    if request.purpose not in grant.purposes:
        miss(f"the purpose {request.purpose.value}")
    if request.medium not in grant.media:
        miss(f"the medium {request.medium}")
    if request.territory not in grant.territories and "world" not in grant.territories:
        miss(f"the territory {request.territory}")
    if not (grant.standing or request.shot in grant.shots):
        miss(f"the shot {request.shot or '(none named)'}")
    if request.unit != grant.unit:
        miss(f"the unit {request.unit}")
    if not grant.first_day <= request.day <= grant.last_day:
        days = f"the day {request.day} (it runs from {grant.first_day} to {grant.last_day})"
        miss(days, Code.CONSENT_EXPIRED)
    if standing.units_used + request.units > grant.units_max:
        used = f"({standing.units_used} of {grant.units_max} are used)"
        miss(f"{request.units} {grant.unit}s more {used}", Code.QUANTITY_EXHAUSTED)
    arc = request.arc_to_deg - request.arc_from_deg
    if arc > grant.arc_max_deg:
        miss(f"a camera move of {arc} degrees (at most {grant.arc_max_deg})")
    if request.content not in grant.contents:
        miss(f"the content {request.content.value}")
    if request.audience not in grant.audiences:
        miss(f"the audience {request.audience.value}")
    if request.quality.tier > grant.quality_max.tier:
        miss(f"{request.quality.value} quality (at most {grant.quality_max.value})")
    return found


@lru_cache(maxsize=SAID_MAX)
def permits(use: Use, term: str, shot: str, units: int, day: date) -> Finding:
    """The performer's yes, with the term that gives it."""
    what = f"shot {shot}" if shot else "the replica"
    says = f"The performer permits to {use.value} {what} in this production."
    return yes(says, term, f"shot={shot}", f"units={units}", f"day={day}")


def _questions(request: Request, standing: Standing, grants: tuple[ReadyGrant, ...], term: str) -> list[Finding]:
    asks: list[Finding] = []
    if any(request.shot in grant.approve_shots for grant in grants):
        asks.append(ask("consent:approval", f"The performer wants to see and approve shot {request.shot} first.", term))
    limit = min(grant.ask_above_arc_deg for grant in grants)
    if standing.arc_together_deg > limit:
        what = f"Together the outputs would show {standing.arc_together_deg} degrees round the head"
        asks.append(ask("consent:coverage", f"{what}; beyond {limit} the performer is asked.", term))
    return asks


def _code_of(item: Forbid, request: Request) -> Code:
    if request.use is Use.TRAIN or item.purpose is Purpose.TRAINING:
        return Code.TRAINING_FORBIDDEN
    return Code.PURPOSE_FORBIDDEN


def _words_of(item: Forbid) -> str:
    use = f"to {item.use.value}" if item.use else "any use"
    purpose = f" for {item.purpose.value}" if item.purpose else ""
    content = f" showing {item.content.value} content" if item.content else ""
    return f"The performer refuses {use}{purpose}{content}."
