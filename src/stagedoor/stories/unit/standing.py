"""The one way to read how things stand for a request, in one transaction with the consent's row held."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

from stagedoor.core.base.money import Money
from stagedoor.core.base.outcome import Code, Refused
from stagedoor.core.base.when import days_after
from stagedoor.core.facts.asset import Asset, AssetKind, Notice
from stagedoor.core.facts.consent import Consent, Delivery, Use, Withdrawal
from stagedoor.core.facts.party import Production
from stagedoor.core.facts.posting import Earnings
from stagedoor.core.facts.request import Estimate, Narrowing, Request, Standing
from stagedoor.core.rules.giving import line_of, riders_of
from stagedoor.core.rules.rulebook import Rulebook
from stagedoor.core.rules.sentences import text_of
from stagedoor.core.steps.intake import NOTICE_HOURS, notice_in_time
from stagedoor.ports.store import Unit, Usage
from stagedoor.ports.world import Verifier
from stagedoor.stories.unit.answers import answers_to
from stagedoor.stories.unit.people import died_on, mandate_of, may_sign
from stagedoor.stories.unit.recording import adopted, journal_of, signature_of, signed_by

LINEAGE_MAX: Final = 100
"""Replicas made from replicas: beyond this somebody made a knot, and no capture is found."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """What was looked up outside the store before: whom a prompt names, and what policies from outside take away.

    `prompt` is the digest of the very prompt that was looked at.
    """

    prompt: str = ""
    names: tuple[str, ...] = ()
    may_name: tuple[str, ...] = ()
    narrowings: tuple[Narrowing, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Stood:
    """How things stand, with the consent and its riders."""

    standing: Standing
    consent: Consent | None
    riders: tuple[Consent, ...]


NOTHING_SEEN: Final = Seen()


def stand(
    unit: Unit, verifier: Verifier, request: Request, books: tuple[Rulebook, ...], seen: Seen = NOTHING_SEEN
) -> Stood | Refused:
    """How things stand for a request, read in one transaction with the consent's row held."""
    for book in books:
        if not adopted(unit, verifier, book):
            why = f"{book.title} {book.version} was not adopted here by a union, in these very bytes."
            return Refused(code=Code.DOUBT, why=why, clause=book.title)
    production = unit.find(Production, request.production)
    if production is None or production.studio != request.asker:
        return Refused(code=Code.UNKNOWN_PARTY, why=f"{request.asker} is not the studio of {request.production}.")
    if request.prompt != seen.prompt:
        why = "Nobody looked whom the prompt names. Hand the prompt itself in with the request."
        return Refused(code=Code.DOUBT, why=why, clause="name in the prompt")
    # The picture first, then the consent: a ceiling counts all consents on one picture, decided one at a time.
    unit.lock_consent(f"{request.production}/{request.performer}")
    unit.lock_consent(request.consent)
    consent = unit.get(Consent, request.consent)
    asset = unit.find(Asset, request.asset)
    state = unit.asset_state(request.asset, lock=True)
    if asset is None or state is None:
        return Refused(code=Code.UNKNOWN_ASSET, why=f"There is no capture or replica {request.asset}.")
    if asset.brought and request.use is not Use.CREATE:
        why = f"{request.asset} was made elsewhere and only taken in. Ask to create it; use what comes out of that."
        return Refused(code=Code.NOT_PERMITTED, why=why, clause="docs/adr/0016")
    known = _both_signed(unit, verifier, request.production, production.studio)
    line = line_of(consent, known) if consent else ()
    riders = riders_of(consent, known) if consent else ()
    standing = Standing(
        request=request.digest(),
        rulebooks=tuple(book.digest for book in books),
        **_of_consent(unit, verifier, request, consent, production),
        **_of_asset(unit, consent, asset),
        **_of_use(unit, request, production, tuple(each.digest() for each in line[1:])),
        consent_withdrawn=state.withdrawn or _withdrawn(unit, request, consent),
        epoch=state.epoch,
        holds=state.holds,
        superseded=any(consent is not None and each.supersedes == consent.digest() for each in known),
        riders=tuple(rider.digest() for rider in riders),
        answers=answers_to(unit, verifier, request),
        delivered=any(
            delivery.production == request.production and delivery.delivered_on <= request.day
            for delivery in unit.all(Delivery, journal_of(request.production))
        ),
        prompt_names=seen.names,
        prompt_may_name=seen.may_name,
        narrowings=seen.narrowings,
    )
    return Stood(standing=standing, consent=consent, riders=riders)


def _of_consent(
    unit: Unit, verifier: Verifier, request: Request, consent: Consent | None, production: Production
) -> dict[str, Any]:
    """What the consent's own papers say."""
    signature = signature_of(unit, verifier, consent, consent.giver) if consent else None
    mandate = mandate_of(unit, verifier, request)
    return {
        "consent": consent.digest() if consent else "",
        "consent_signed": signature is not None,
        "consent_countersigned": consent is not None and signed_by(unit, verifier, consent, production.studio),
        "signed_on": signature.at.day if signature else None,
        "authority": consent is None or may_sign(unit, verifier, consent),
        "text_matches": consent is None or not consent.text or consent.text == text_of(consent),
        "commission_bp": mandate.commission_bp if mandate else 0,
        "mandate": mandate.digest() if mandate else "",
        "died_on": died_on(unit, verifier, request.performer),
    }


def _of_asset(unit: Unit, consent: Consent | None, asset: Asset) -> dict[str, Any]:
    """What is asked for: the capture that it descends from, its papers, when and under what it was made."""
    notice = unit.get(Notice, asset.notice) if asset.notice else None
    root = _root(unit, asset)
    scanned = unit.get(Notice, root.notice) if root and root.notice else None
    replica = asset.kind is AssetKind.REPLICA
    made_in = unit.find(Production, asset.production) if replica else None
    return {
        "asset_kind": asset.kind,
        "capture": root.asset if root else "",
        "asset_performer": asset.performer,
        "asset_production": asset.production,
        "replica_kind": asset.replica_kind or (consent.replica_kind if consent else None),
        "notice": asset.notice,
        "notice_hours": _notice_hours(notice),
        "reason_stated": bool(notice and notice.reason.strip()),
        "released": bool(asset.release),
        "made_on": asset.at.day if replica else None,
        "made_under": made_in.agreement if made_in else "",
        "captured_on": scanned.scan_at.day if scanned else None,
    }


def _of_use(unit: Unit, request: Request, production: Production, earlier: tuple[str, ...]) -> dict[str, Any]:
    """What was estimated, used, charged and earned before; what `earlier` versions of the consent used counts too."""
    estimate = unit.find(Estimate, request.estimate)
    covers = _estimate_covers(estimate, request)

    def used(consent: str) -> Usage:
        return unit.usage(
            consent=consent,
            use=request.use,
            estimate=request.estimate,
            production=request.production,
            performer=request.performer,
        )

    usage = used(request.consent)
    before = tuple(used(version) for version in earlier)
    arcs = tuple(arc for each in (usage, *before) for arc in each.arcs)
    if request.use is not Use.CREATE:
        arcs = (*arcs, (request.arc_from_deg, request.arc_to_deg))
    currency = production.currency
    return {
        "photography_began": production.photography_began,
        "currency": currency,
        "units_used": usage.units_used + sum(each.units_used for each in before),
        "estimate_days": estimate.days if estimate and covers else 0,
        "estimate_basis": estimate.basis if estimate and covers else "",
        "days_charged": usage.days_charged if covers else 0,
        "prior_gross": Money(usage.prior_gross_units, currency) + _earned_outside(unit, request, currency),
        "arc_together_deg": degrees_together(arcs),
    }


def _both_signed(unit: Unit, verifier: Verifier, production: str, studio: str) -> tuple[Consent, ...]:
    """The picture's consents that both sides signed; terms that were only offered are none."""
    return tuple(
        each
        for each in unit.all(Consent, journal_of(production))
        if signed_by(unit, verifier, each, each.giver)
        and signed_by(unit, verifier, each, studio)
        and may_sign(unit, verifier, each)
    )


def degrees_together(arcs: tuple[tuple[int, int], ...]) -> int:
    """How many degrees of the circle the arcs cover together; a still picture of one angle covers one degree."""
    seen: set[int] = set()
    for start, end in arcs:
        seen.update(degree % 360 for degree in range(start, max(end, start + 1)))
    return len(seen)


def _root(unit: Unit, asset: Asset) -> Asset | None:
    """The capture that an asset descends from; a capture descends from itself."""
    for _ in range(LINEAGE_MAX):
        parent = unit.get(Asset, asset.made_from[0]) if len(asset.made_from) == 1 else None
        if parent is None:
            return asset
        asset = parent
    return None


def _withdrawn(unit: Unit, request: Request, consent: Consent | None) -> bool:
    """Whether the consent was withdrawn and the notice ran out: a replica that was born later is covered as well."""
    if consent is None:
        return False
    return any(
        withdrawal.consent == request.consent
        and days_after(withdrawal.at.day, 0 if withdrawal.by_law else consent.withdrawal.notice_days) <= request.at.day
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
