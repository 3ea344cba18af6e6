"""The one way to read how things stand for a request, in one transaction with the consent's row held."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

from stagedoor.core.base.money import Money
from stagedoor.core.base.outcome import Code, Refused
from stagedoor.core.base.when import days_after
from stagedoor.core.facts.asset import Asset, AssetKind, Notice
from stagedoor.core.facts.consent import Consent, Delivery, Use, Withdrawal
from stagedoor.core.facts.decision import Approval
from stagedoor.core.facts.party import Production
from stagedoor.core.facts.posting import Earnings
from stagedoor.core.facts.request import Answered, Estimate, Narrowing, Request, Standing
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


class Standings:
    """How things stand for requests asked in one transaction; what they have in common is read once.

    Where it is not to `hold` the consents' rows nothing waits, and nothing may be recorded on what it finds.
    """

    def __init__(self, unit: Unit, verifier: Verifier, books: tuple[Rulebook, ...], *, hold: bool) -> None:
        self._unit, self._verifier, self._books, self._hold = unit, verifier, books, hold
        self._read: dict[tuple[str, ...], Any] = {}
        self._expected = Expected()

    def expect(self, request: Request, days: int) -> None:
        """Count a use as granted, with the days that it charges: those who are asked for after it stand behind it."""
        self._expected.add(request, days)

    def stand(self, request: Request, seen: Seen = NOTHING_SEEN) -> Stood | Refused:
        """How things stand for a request, with the consent's row held if rows are held."""
        unit, once = self._unit, self._once
        refused = once(("books",), self._unadopted)
        if refused is not None:
            assert isinstance(refused, Refused)
            return refused
        production = once(("production", request.production), lambda: unit.find(Production, request.production))
        if production is None or production.studio != request.asker:
            return Refused(code=Code.UNKNOWN_PARTY, why=f"{request.asker} is not the studio of {request.production}.")
        if request.prompt != seen.prompt:
            why = "Nobody looked whom the prompt names. Hand the prompt itself in with the request."
            return Refused(code=Code.DOUBT, why=why, clause="name in the prompt")
        if self._hold:
            # The picture first, then the consent: a ceiling counts all consents on one picture, decided one at a time.
            unit.lock_consent(f"{request.production}/{request.performer}")
            unit.lock_consent(request.consent)
        consent = once(("consent", request.consent), lambda: unit.get(Consent, request.consent))
        asset = once(("asset", request.asset), lambda: unit.find(Asset, request.asset))
        state = once(("state", request.asset), lambda: unit.asset_state(request.asset, lock=self._hold))
        if asset is None or state is None:
            return Refused(code=Code.UNKNOWN_ASSET, why=f"There is no capture or replica {request.asset}.")
        if asset.brought and request.use is not Use.CREATE:
            why = f"{request.asset} was made elsewhere and only taken in. Ask to create it; use what comes out of that."
            return Refused(code=Code.NOT_PERMITTED, why=why, clause="docs/adr/0016")
        line, riders, superseded = once(
            ("line", request.production, request.consent), lambda: self._line(request, consent, production)
        )
        standing = Standing(
            request=request.digest(),
            rulebooks=tuple(book.digest for book in self._books),
            **once(
                ("of consent", request.consent, request.performer, request.production, str(request.day)),
                lambda: _of_consent(unit, self._verifier, request, consent, production),
            ),
            **once(("of asset", request.asset, request.consent), lambda: _of_asset(unit, consent, asset)),
            **self._of_use(request, production, line),
            consent_withdrawn=state.withdrawn
            or once(
                ("withdrawn", request.consent, request.production, str(request.at.day)),
                lambda: _withdrawn(unit, request, consent),
            ),
            epoch=state.epoch,
            holds=state.holds,
            superseded=superseded,
            riders=tuple(rider.digest() for rider in riders),
            answers=self._answers(request),
            delivered=once(("delivered", request.production, str(request.day)), lambda: _delivered(unit, request)),
            prompt_names=seen.names,
            prompt_may_name=seen.may_name,
            narrowings=seen.narrowings,
        )
        return Stood(standing=standing, consent=consent, riders=riders)

    def _once(self, key: tuple[str, ...], read: Callable[[], Any]) -> Any:
        if key not in self._read:
            self._read[key] = read()
        return self._read[key]

    def _unadopted(self) -> Refused | None:
        for book in self._books:
            if not adopted(self._unit, self._verifier, book):
                why = f"{book.title} {book.version} was not adopted here by a union, in these very bytes."
                return Refused(code=Code.DOUBT, why=why, clause=book.title)
        return None

    def _line(
        self, request: Request, consent: Consent | None, production: Production
    ) -> tuple[tuple[str, ...], tuple[Consent, ...], bool]:
        """Earlier versions of the consent, its riders, and whether a later version took its place."""
        known = self._once(
            ("signed", request.production),
            lambda: both_signed(self._unit, self._verifier, request.production, production.studio),
        )
        if consent is None:
            return (), (), False
        earlier = tuple(each.digest() for each in line_of(consent, known)[1:])
        own = consent.digest()
        return earlier, riders_of(consent, known), any(each.supersedes == own for each in known)

    def _answers(self, request: Request) -> tuple[Answered, ...]:
        """What was answered about this use; few uses were ever asked about."""
        asked = self._once(
            ("answered", request.production),
            lambda: {each.use_id for each in self._unit.all(Approval, journal_of(request.production))},
        )
        return answers_to(self._unit, self._verifier, request) if request.use_id in asked else ()

    def _of_use(self, request: Request, production: Production, earlier: tuple[str, ...]) -> dict[str, Any]:
        """What was estimated, used, charged and earned before; `earlier` versions of the consent count too."""
        unit, once, expected = self._unit, self._once, self._expected
        estimate = once(("estimate", request.estimate), lambda: unit.find(Estimate, request.estimate))
        covers = _estimate_covers(estimate, request)
        versions = (request.consent, *earlier)

        def used(consent: str) -> Usage:
            usage = once(
                (
                    "usage",
                    consent,
                    request.use.value,
                    request.unit,
                    request.estimate,
                    request.production,
                    request.performer,
                ),
                lambda: unit.usage(
                    consent=consent,
                    use=request.use,
                    unit=request.unit,
                    estimate=request.estimate,
                    production=request.production,
                    performer=request.performer,
                ),
            )
            assert isinstance(usage, Usage)
            return usage

        usage = used(request.consent)
        seen = once(
            ("degrees", *versions, request.use.value),
            lambda: degrees_of(tuple(arc for version in versions for arc in used(version).arcs)),
        )
        together = seen.union(*(expected.degrees(version, request.use) for version in versions))
        if request.use is not Use.CREATE:
            together |= degrees_of(((request.arc_from_deg, request.arc_to_deg),))
        currency = production.currency
        outside = once(
            ("earned", request.production, request.performer), lambda: _earned_outside(unit, request, currency)
        )
        charged = usage.days_charged + expected.days(request.consent, request.estimate)
        return {
            "photography_began": production.photography_began,
            "currency": currency,
            "units_used": sum(used(each).units_used + expected.units(each, request) for each in versions),
            "estimate_days": estimate.days if estimate and covers else 0,
            "estimate_basis": estimate.basis if estimate and covers else "",
            "days_charged": charged if covers else 0,
            "prior_gross": Money(usage.prior_gross_units, currency) + outside,
            "arc_together_deg": len(together),
        }


class Expected:
    """Uses that are counted as granted though nobody asked for them yet."""

    def __init__(self) -> None:
        self._units: dict[tuple[str, Use, str], int] = {}
        self._days: dict[tuple[str, str], int] = {}
        self._degrees: dict[tuple[str, Use], set[int]] = {}

    def add(self, request: Request, days: int) -> None:
        """Count one more."""
        use, paid = (request.consent, request.use), (request.consent, request.estimate)
        counted = (*use, request.unit)
        self._units[counted] = self._units.get(counted, 0) + request.units
        if request.estimate:
            self._days[paid] = self._days.get(paid, 0) + days
        self._degrees.setdefault(use, set()).update(degrees_of(((request.arc_from_deg, request.arc_to_deg),)))

    def units(self, consent: str, request: Request) -> int:
        """Units of the request's use and unit under a consent."""
        return self._units.get((consent, request.use, request.unit), 0)

    def days(self, consent: str, estimate: str) -> int:
        """Days of an estimate that they charge."""
        return self._days.get((consent, estimate), 0)

    def degrees(self, consent: str, use: Use) -> set[int]:
        """Degrees of the circle that they show."""
        return self._degrees.get((consent, use), set())


def stand(
    unit: Unit, verifier: Verifier, request: Request, books: tuple[Rulebook, ...], seen: Seen = NOTHING_SEEN
) -> Stood | Refused:
    """How things stand for a request, read in one transaction with the consent's row held."""
    return Standings(unit, verifier, books, hold=True).stand(request, seen)


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


def both_signed(unit: Unit, verifier: Verifier, production: str, studio: str) -> tuple[Consent, ...]:
    """The picture's consents that both sides signed; terms that were only offered are none."""
    return tuple(
        each
        for each in unit.all(Consent, journal_of(production))
        if signed_by(unit, verifier, each, each.giver)
        and signed_by(unit, verifier, each, studio)
        and may_sign(unit, verifier, each)
    )


def degrees_of(arcs: tuple[tuple[int, int], ...]) -> frozenset[int]:
    """The degrees of the circle that the arcs cover together; a still picture of one angle covers one degree."""
    seen: set[int] = set()
    for start, end in arcs:
        seen.update(degree % 360 for degree in range(start, max(end, start + 1)))
    return frozenset(seen)


def _delivered(unit: Unit, request: Request) -> bool:
    return any(
        delivery.production == request.production and delivery.delivered_on <= request.day
        for delivery in unit.all(Delivery, journal_of(request.production))
    )


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
