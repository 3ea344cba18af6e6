"""Whether a permit stays inside the signed consent and its money: the custodian's own reading, apart from the gate's.

It is narrower than the gate's on purpose: it knows no rulebook and asks nobody.  What the consent's own words and
numbers decide, it decides again; what needs the agreement, it leaves to the decision that the permit rests on.
"""

from __future__ import annotations

from collections.abc import Iterator

from stagedoor.core.base.outcome import Code, Refused
from stagedoor.core.base.when import within
from stagedoor.core.facts.consent import Consent, Grant, Use
from stagedoor.core.facts.decision import Decision
from stagedoor.core.facts.permit import OF_CAPTURES, PHOTOGRAPH, Permit
from stagedoor.core.facts.posting import Entry, EntryKind
from stagedoor.core.facts.request import Request
from stagedoor.custodian.papers import Pinned


def terms_refusals(permit: Permit, request: Request, consent: Consent, pinned: Pinned) -> Iterator[Refused]:
    """Why this permit would go beyond what was asked for, or beyond what the performer signed."""
    if not _same_use(permit, request):
        yield _no(Code.NOT_PERMITTED, "the permit differs from the request that it answers", "DESIGN 2")
    if not permit.production == request.production == consent.production:
        yield _no(Code.OTHER_PRODUCTION, "permit, request and consent do not name the same production")
    if consent.capture != pinned.capture:
        yield _no(Code.NO_CONSENT, "the consent is to another capture than the one this asset descends from")
    if pinned.brought and permit.use is not Use.CREATE:
        # Its creation was paid by nobody yet: whoever could render it first would never come back to pay.
        why = "this replica was made elsewhere, and its share goes out for its own creation alone"
        yield _no(Code.NOT_PERMITTED, why, "docs/adr/0016")
    captured = pinned.asset == pinned.capture and permit.use not in OF_CAPTURES
    if captured is not (permit.unit == PHOTOGRAPH):
        why = "a capture itself is shown as photographs alone, and nothing else is"
        yield _no(Code.OUTSIDE_CONSENT, why, "docs/LOOK.md")
    for forbid in consent.forbids:
        content = forbid.content in {None, request.content}
        if forbid.use in {None, permit.use} and forbid.purpose in {None, request.purpose} and content:
            code = Code.TRAINING_FORBIDDEN if permit.use is Use.TRAIN else Code.PURPOSE_FORBIDDEN
            yield _no(code, "the performer forbade this use or this purpose")
    grants = [grant for grant in consent.grants if grant.use is permit.use]
    if not any(_covers(grant, permit, request) for grant in grants):
        yield _no(Code.OUTSIDE_CONSENT, f"no grant of the consent covers this use ('{permit.use.value}') as permitted")


def _same_use(permit: Permit, request: Request) -> bool:
    """A permit is what was asked for, or less of it."""
    return (
        permit.use_id == request.use_id
        and permit.use is request.use
        and permit.shot == request.shot
        and permit.unit == request.unit
        and 0 < permit.units <= request.units
        and request.arc_from_deg <= permit.arc_from_deg <= permit.arc_to_deg <= request.arc_to_deg
        and request.elevation_from_deg <= permit.elevation_from_deg
        and permit.elevation_from_deg <= permit.elevation_to_deg <= request.elevation_to_deg
        and permit.performance == request.performance
    )


def _covers(grant: Grant, permit: Permit, request: Request) -> bool:
    return (
        request.purpose in grant.purposes
        and request.medium in grant.media
        and (request.territory in grant.territories or "world" in grant.territories)
        and (grant.standing or permit.shot in grant.shots)
        and request.content in grant.contents
        and request.audience in grant.audiences
        and request.quality.tier <= grant.quality_max.tier
        and permit.unit == grant.unit
        and permit.units <= grant.units_max
        and permit.arc_to_deg - permit.arc_from_deg <= grant.arc_max_deg
        and within(request.day, grant.first_day, grant.last_day)
    )


def money_refusals(permit: Permit, decision: Decision, reserve: Entry | None) -> Iterator[Refused]:
    """No key without a reservation of the full cost; a retake that costs nothing more needs none (invariant 4)."""
    quote = decision.quote
    if quote is None or quote.cost != permit.cost or quote.days != permit.days or permit.cost.units < 0:
        yield _no(Code.NO_RESERVATION, "the permit's cost is not the one that was decided", "DESIGN 3.4")
    if reserve is None:
        if permit.cost.units != 0:
            yield _no(Code.NO_RESERVATION, "no funds are reserved under this permit", "DESIGN 3.4")
        return
    if not _reserves(reserve, permit):
        yield _no(Code.NO_RESERVATION, "the entry shown does not reserve this permit's full cost", "DESIGN 3.4")


def _reserves(entry: Entry, permit: Permit) -> bool:
    """Out of the production's funds, into this permit's own account; both are credit-normal, so a credit is below 0."""
    digest = permit.digest()
    funds, reserved = f"funds/{permit.production}", f"reserved/{permit.permit}"
    moved = {funds: 0, reserved: 0}
    for posting in entry.postings:
        if posting.account not in moved or posting.amount.currency != permit.cost.currency:
            return False
        moved[posting.account] += posting.amount.units
    return (
        entry.kind is EntryKind.RESERVE
        and entry.permit == digest
        and entry.cause == digest
        and entry.production == permit.production
        and entry.performer == permit.performer
        and moved == {funds: permit.cost.units, reserved: -permit.cost.units}
    )


def _no(code: Code, why: str, clause: str = "DESIGN 6") -> Refused:
    return Refused(code=code, why=why, clause=clause)
