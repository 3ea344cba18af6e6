"""What stories share: journals, a signed fact's recording, and the one way to read how things stand."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from stagedoor.core.base.fact import Fact
from stagedoor.core.base.money import Money
from stagedoor.core.base.outcome import Code, Refused
from stagedoor.core.base.when import days_after
from stagedoor.core.facts.asset import Asset, Notice
from stagedoor.core.facts.consent import Consent, Use, Withdrawal
from stagedoor.core.facts.decision import Approval, Decision
from stagedoor.core.facts.party import Adoption, Mandate, Party, Production, Role, Signature
from stagedoor.core.facts.posting import Earnings
from stagedoor.core.facts.request import Answered, Estimate, Request, Standing
from stagedoor.core.rules.rulebook import Rulebook
from stagedoor.core.steps.intake import NOTICE_HOURS, notice_in_time
from stagedoor.ports.store import ConflictingDuplicate, Unit
from stagedoor.ports.world import SignatureFault, Verifier

HOUSE: Final = "house"
"""The journal of parties, rulebooks, mandates and captures."""

LINEAGE_MAX: Final = 100
"""Replicas made from replicas: beyond this somebody made a knot, and no capture is found."""


def journal_of(production: str) -> str:
    """A production's own journal: its chain can be handed over whole."""
    return f"production/{production}"


def record_signed(
    unit: Unit,
    verifier: Verifier,
    fact: Fact,
    signature: Signature,
    *,
    journal: str,
    ident: str,
    signer: str,
    roles: tuple[Role, ...],
) -> Refused | None:
    """Record a fact and the signature over it, if `signer` is enrolled in one of `roles` and did sign these bytes."""
    party = unit.find(Party, signer)
    if party is None or party.role not in roles:
        wanted = " or ".join(role.value for role in roles)
        return Refused(code=Code.UNKNOWN_PARTY, why=f"{signer} is not enrolled as {wanted}.")
    if signature.signer != signer or signature.verify_key != party.verify_key or signature.signs != fact.digest():
        why = f"The signature is not {signer}'s over this {fact.KIND}."
        return Refused(code=Code.SIGNATURE_INVALID, why=why)
    try:
        verifier.verify(fact, signature)
    except SignatureFault as fault:
        return Refused(code=Code.SIGNATURE_INVALID, why=f"{fault} Sign the {fact.KIND} again as it now stands.")
    try:
        unit.append(journal, fact, ident=ident)
    except ConflictingDuplicate:
        unit.roll_back()
        why = f"A {fact.KIND} of this id was recorded before with other content. Give it an id of its own."
        return Refused(code=Code.CONFLICTING_DUPLICATE, why=why)
    unit.append(journal, signature)
    return None


def signed_by(unit: Unit, verifier: Verifier, fact: Fact, signer: str) -> bool:
    """Whether a recorded signature by this enrolled party is over these very bytes."""
    party = unit.find(Party, signer)
    if party is None:
        return False
    for signature in unit.signatures(fact.digest()):
        if signature.signer != signer or signature.verify_key != party.verify_key:
            continue
        try:
            verifier.verify(fact, signature)
        except SignatureFault:
            continue
        return True
    return False


def stand(
    unit: Unit, verifier: Verifier, request: Request, books: tuple[Rulebook, ...]
) -> tuple[Standing, Consent | None] | Refused:
    """How things stand for a request, read in one transaction with the consent's row held."""
    for book in books:
        if not adopted(unit, verifier, book):
            why = f"{book.title} {book.version} was not adopted here by a union, in these very bytes."
            return Refused(code=Code.DOUBT, why=why, clause=book.title)
    production = unit.find(Production, request.production)
    if production is None or production.studio != request.asker:
        return Refused(code=Code.UNKNOWN_PARTY, why=f"{request.asker} is not the studio of {request.production}.")
    # The picture first, then the consent: a ceiling counts all consents on one picture, decided one at a time.
    unit.lock_consent(f"{request.production}/{request.performer}")
    unit.lock_consent(request.consent)
    consent = unit.get(Consent, request.consent)
    asset = unit.find(Asset, request.asset)
    state = unit.asset_state(request.asset, lock=True)
    if asset is None or state is None:
        return Refused(code=Code.UNKNOWN_ASSET, why=f"There is no capture or replica {request.asset}.")
    estimate = unit.find(Estimate, request.estimate)
    covers = _estimate_covers(estimate, request)
    usage = unit.usage(
        consent=request.consent,
        use=request.use,
        estimate=request.estimate,
        production=request.production,
        performer=request.performer,
    )
    notice = unit.get(Notice, asset.notice) if asset.notice else None
    mandate = _mandate(unit, verifier, request)
    arcs = (*usage.arcs, (request.arc_from_deg, request.arc_to_deg)) if request.use is not Use.CREATE else usage.arcs
    currency = production.currency
    standing = Standing(
        request=request.digest(),
        rulebooks=tuple(book.digest for book in books),
        consent=consent.digest() if consent else "",
        consent_signed=consent is not None and signed_by(unit, verifier, consent, consent.performer),
        consent_countersigned=consent is not None and signed_by(unit, verifier, consent, production.studio),
        consent_withdrawn=state.withdrawn or _withdrawn(unit, request, consent),
        asset_kind=asset.kind,
        capture=_root(unit, asset),
        asset_performer=asset.performer,
        asset_production=asset.production,
        replica_kind=asset.replica_kind or (consent.replica_kind if consent else None),
        epoch=state.epoch,
        holds=state.holds,
        notice=asset.notice,
        notice_hours=_notice_hours(notice),
        reason_stated=bool(notice and notice.reason.strip()),
        released=bool(asset.release),
        photography_began=production.photography_began,
        currency=currency,
        commission_bp=mandate.commission_bp if mandate else 0,
        mandate=mandate.digest() if mandate else "",
        units_used=usage.units_used,
        estimate_days=estimate.days if estimate and covers else 0,
        estimate_basis=estimate.basis if estimate and covers else "",
        days_charged=usage.days_charged if covers else 0,
        prior_gross=Money(usage.prior_gross_units, currency) + _earned_outside(unit, request, currency),
        arc_together_deg=degrees_together(arcs),
        answers=_answers(unit, verifier, request),
    )
    return standing, consent


def adopted(unit: Unit, verifier: Verifier, book: Rulebook) -> bool:
    """Whether a union signed the adoption of exactly these bytes."""
    return any(
        adoption.rulebook_digest == book.digest and signed_by(unit, verifier, adoption, adoption.adopted_by)
        for adoption in unit.all(Adoption, HOUSE)
    )


def degrees_together(arcs: tuple[tuple[int, int], ...]) -> int:
    """How many degrees of the circle the arcs cover together; a still picture of one angle covers one degree."""
    seen: set[int] = set()
    for start, end in arcs:
        seen.update(degree % 360 for degree in range(start, max(end, start + 1)))
    return len(seen)


def _root(unit: Unit, asset: Asset) -> str:
    """The capture that an asset descends from; a capture descends from itself."""
    for _ in range(LINEAGE_MAX):
        parent = unit.get(Asset, asset.made_from[0]) if len(asset.made_from) == 1 else None
        if parent is None:
            return asset.asset
        asset = parent
    return ""


def _withdrawn(unit: Unit, request: Request, consent: Consent | None) -> bool:
    """Whether the consent was withdrawn and the notice ran out: a replica that was born later is covered as well."""
    if consent is None:
        return False
    return any(
        withdrawal.consent == request.consent
        and days_after(withdrawal.at.day, consent.withdrawal.notice_days) <= request.at.day
        for withdrawal in unit.all(Withdrawal, journal_of(request.production))
    )


def _earned_outside(unit: Unit, request: Request, currency: str) -> Money:
    """Session pay on this picture that payroll reported, the sum of all reports (each signed by the studio)."""
    total = Money.zero(currency)
    for earnings in unit.all(Earnings, journal_of(request.production)):
        if earnings.performer == request.performer and earnings.gross.currency == currency:
            total = total + earnings.gross
    return total


def _estimate_covers(estimate: Estimate | None, request: Request) -> bool:
    return (
        estimate is not None
        and estimate.production == request.production
        and estimate.performer == request.performer
        and estimate.use is request.use
        and request.shot in estimate.shots
    )


def _notice_hours(notice: Notice | None) -> int | None:
    """Hours of notice as the rule counts them: notice at a late engagement is as good as 48 hours."""
    if notice is None:
        return None
    hours = notice.told_at.hours_until(notice.scan_at)
    return max(hours, NOTICE_HOURS) if notice_in_time(notice) else min(hours, NOTICE_HOURS - 1)


def _mandate(unit: Unit, verifier: Verifier, request: Request) -> Mandate | None:
    """The performer's signed mandate in force on the day; the latest, if there are several."""
    found = None
    for mandate in unit.all(Mandate, HOUSE):
        after = mandate.last_day is not None and request.day > mandate.last_day
        if mandate.performer == request.performer and request.day >= mandate.first_day and not after:
            found = mandate if signed_by(unit, verifier, mandate, mandate.performer) else found
    return found


def _answers(unit: Unit, verifier: Verifier, request: Request) -> tuple[Answered, ...]:
    """Every recorded answer about this use, by someone who signed it; where two differ, a no counts."""
    given = [
        Answered(rule=approval.rule, yes=approval.yes, approval=approval.digest())
        for approval in unit.all(Approval, journal_of(request.production))
        if approval.use_id == request.use_id
        and signed_by(unit, verifier, approval, approval.answered_by)
        and _is_about(unit, approval, request)
    ]
    return tuple(sorted(given, key=lambda answer: (answer.rule, answer.approval)))


def _is_about(unit: Unit, approval: Approval, request: Request) -> bool:
    """Whether the answer was to this very request, by who was asked: another shot or more frames were not approved."""
    decision = unit.get(Decision, approval.decision)
    asked = unit.get(Request, decision.request) if decision else None
    party = unit.find(Party, approval.answered_by)
    if decision is None or asked is None or party is None or not same_use(request, asked):
        return False
    roles = {finding.asks for finding in decision.findings if finding.rule == approval.rule and finding.asks}
    hers = party.role is not Role.PERFORMER or party.party == request.performer
    return roles == {party.role} and hers


def same_use(request: Request, earlier: Request | None) -> bool:
    """Whether this is the very same request under its id (asked again after an answer), whatever its date."""
    return earlier is None or replace(earlier, at=request.at) == request
