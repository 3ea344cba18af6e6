"""Foresee: what a whole list of uses would be answered with and cost, one after the other.  Nothing is recorded.

Each row is answered by the engine's verdict, as things would stand once the rows before it were granted.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from stagedoor.core.base.money import Money
from stagedoor.core.base.outcome import Code, Refused
from stagedoor.core.base.when import Instant
from stagedoor.core.facts.asset import Asset, AssetKind
from stagedoor.core.facts.decision import Answer, Decision
from stagedoor.core.facts.party import Party, Production, Role
from stagedoor.core.facts.request import Estimate, Request
from stagedoor.core.facts.terms import Use
from stagedoor.core.rules.chart import funds
from stagedoor.core.rules.engine import Engine, Verdict, engine_of
from stagedoor.core.rules.live import Live
from stagedoor.core.rules.ready import Ready, ready
from stagedoor.core.rules.rulebook import Rulebook
from stagedoor.core.rules.shot_rows import ShotRow
from stagedoor.core.steps.ask import ask
from stagedoor.core.steps.decide import decide
from stagedoor.ports.store import Store, Unit
from stagedoor.ports.world import Ids, Verifier
from stagedoor.stories.unit import HOUSE, Standings, Stood, both_signed, journal_of


@dataclass(frozen=True, slots=True, kw_only=True)
class Foreseen:
    """One row's answer.  `refused` is why there is no verdict, or why a yes would come to nothing."""

    row: ShotRow
    request: Request | None = None
    stood: Stood | None = None
    verdict: Verdict | None = None
    refused: Refused | None = None

    @property
    def answer(self) -> Answer:
        """Yes, no, or ask-a-person."""
        if self.refused is not None or self.verdict is None:
            return Answer.REFUSE
        return self.verdict.answer

    @property
    def code(self) -> Code | None:
        """Why not."""
        return self.refused.code if self.refused else self.verdict.code if self.verdict else None

    def cost(self, currency: str) -> Money | None:
        """What the use would cost with contributions, or None where it is refused or nothing prices it."""
        if self.answer is Answer.REFUSE or self.verdict is None or self.verdict.cost_units is None:
            return None
        return Money(self.verdict.cost_units, currency)

    def told(self, books: tuple[Rulebook, ...], *, at: Instant) -> Decision | None:
        """The decision in words, as a request would get it: made on demand, from the same facts."""
        if self.request is None or self.stood is None:
            return None
        stood = self.stood
        return decide(self.request, stood.standing, stood.consent, books, at=at, riders=stood.riders)


@dataclass(frozen=True, slots=True, kw_only=True)
class Foresight:
    """All rows in order, and what the production has paid in and not set aside."""

    rows: tuple[Foreseen, ...]
    currency: str
    funds: Money
    cost: Money

    @property
    def refused(self) -> bool:
        """Whether any row would be refused."""
        return any(each.answer is Answer.REFUSE for each in self.rows)


def foresee_shots(
    store: Store,
    verifier: Verifier,
    books: tuple[Rulebook, ...],
    rows: Iterable[ShotRow],
    *,
    production: Production,
    ids: Ids,
    at: Instant,
    tick: Callable[[], None] = lambda: None,
) -> Foresight | Refused:
    """What each row would be answered with if they were asked for in this order, each yes granted at its full cost."""
    with store.unit() as unit:
        known = _read(unit, verifier, production)
        if isinstance(known, Refused):
            return known
        standings = Standings(unit, verifier, books, hold=False)
        answers = _Answers(known=known, standings=standings, engine=engine_of(books), ids=ids, at=at)
        found = []
        for row in rows:
            found.append(answers.answer(row))
            tick()
        unit.roll_back()
    return Foresight(
        rows=tuple(found),
        currency=production.currency,
        funds=Money(known.funds, production.currency),
        cost=Money(known.funds - answers.left, production.currency),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Known:
    """What a row need not name, where there is only one of it in the house."""

    production: Production
    live: Live
    performers: tuple[str, ...]
    replicas: tuple[Asset, ...]
    captures: tuple[Asset, ...]
    estimates: tuple[Estimate, ...]
    worker: str
    funds: int


def _read(unit: Unit, verifier: Verifier, production: Production) -> _Known | Refused:
    signed = both_signed(unit, verifier, production.production, production.studio)
    replaced = {each.supersedes for each in signed if each.supersedes}
    live = Live(each for each in signed if not each.rider_to and each.digest() not in replaced)
    workers = [each.party for each in unit.all(Party, HOUSE) if each.role is Role.WORKER]
    if not workers:
        return Refused(code=Code.UNKNOWN_PARTY, why="No worker is enrolled in this house, so nothing can be made here.")
    assets = tuple(each for each in unit.all(Asset) if each.production == production.production)
    return _Known(
        production=production,
        live=live,
        performers=tuple(sorted({each.performer for each in signed})),
        replicas=tuple(each for each in assets if each.kind is AssetKind.REPLICA),
        captures=tuple(each for each in assets if each.kind is AssetKind.CAPTURE),
        estimates=unit.all(Estimate, journal_of(production.production)),
        worker=workers[0],  # no decision hangs on which
        funds=-unit.balance(funds(production.production), production.currency),
    )


@dataclass(slots=True, kw_only=True)
class _Answers:
    """Rows answered one after the other."""

    known: _Known
    standings: Standings
    engine: Engine
    ids: Ids
    at: Instant
    left: int = field(init=False)

    def __post_init__(self) -> None:
        self.left = self.known.funds

    def answer(self, row: ShotRow) -> Foreseen:
        """One row, as things stand after those before it."""
        draft = self._draft(row)
        request = ask(draft, at=self.at) if isinstance(draft, Request) else draft
        if isinstance(request, Refused):
            return Foreseen(row=row, refused=request)
        stood = self.standings.stand(request)
        if isinstance(stood, Refused):
            return Foreseen(row=row, request=request, refused=stood)
        verdict = self.engine.verdict(request, stood.standing, self._ready(request, stood), stood.riders)
        refused = None
        if verdict.answer is Answer.PERMIT:
            refused = self._grant(request, stood, verdict)
        return Foreseen(row=row, request=request, stood=stood, verdict=verdict, refused=refused)

    def _ready(self, request: Request, stood: Stood) -> Ready | None:
        if stood.consent is None:
            return None
        return self.known.live.named(request.consent) or ready(stood.consent)

    def _grant(self, request: Request, stood: Stood, verdict: Verdict) -> Refused | None:
        """Count a yes as granted, if the production's funds cover it."""
        cost, currency = verdict.cost_units or 0, self.known.production.currency
        if cost > self.left:
            costs, left = Money(cost, currency).shown(), Money(self.left, currency).shown()
            why = f"The use costs {costs}; after the rows before it {left} of what was paid in are left. Pay in first."
            return Refused(code=Code.INSUFFICIENT_FUNDS, why=why)
        self.left -= cost
        standing = stood.standing
        self.standings.expect(request, max(0, standing.estimate_days - standing.days_charged))
        return None

    def _draft(self, row: ShotRow) -> Request | Refused:
        """The request that a row stands for."""
        known = self.known
        performer = row.performer or _only(known.performers, "performer", "gave a consent in this picture")
        if isinstance(performer, Refused):
            return performer
        assets = known.captures if row.use is Use.CREATE else known.replicas
        of = tuple(each.asset for each in assets if each.performer == performer)
        asset = row.asset or _only(of, "asset", f"of {performer} could be meant")
        between = known.live.between(performer, known.production.production)
        consent = row.consent or _only(between, "consent", f"of {performer} could be meant")
        fitting = tuple(
            each.estimate
            for each in known.estimates
            if each.performer == performer and each.use is row.use and row.shot in each.shots
        )
        estimate = row.estimate or _only(fitting, "estimate", f"covers '{row.shot}' for {row.use.value}")
        for found in (asset, consent, estimate):
            if isinstance(found, Refused):
                return found
        return Request(
            use_id=self.ids.new("use"),
            asker=known.production.studio,
            production=known.production.production,
            performer=performer,
            asset=str(asset),
            consent=str(consent),
            estimate=str(estimate),
            worker=known.worker,
            medium=row.medium or known.production.medium,
            day=row.day or self.at.day,
            at=self.at,
            **{name: getattr(row, name) for name in _SAME},
        )


_SAME = (
    "use", "purpose", "territory", "shot", "unit", "units", "arc_from_deg", "arc_to_deg", "elevation_from_deg",
    "elevation_to_deg", "performance", "retake_of", "worker_grade", "category", "content", "quality", "audience",
    "places", "circumstances", "dates",
)  # fmt: skip
"""What a row and a request have in common."""


def _only(found: tuple[str, ...], column: str, which: str) -> str | Refused:
    """The only one there is; else the row must name it."""
    if len(found) == 1:
        return found[0]
    number = "No" if not found else str(len(found))
    what = f"{number} {column}{'s' if len(found) > 1 else ''} {which}"
    return Refused(code=Code.MALFORMED, why=f"{what}. Name it in the column '{column}'.")
