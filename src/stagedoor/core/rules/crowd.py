"""A crowd plan checked and priced as a whole, by the agreement's own rules and rates; no rule is written here.

Each row is judged as the use that it would be.  A plan cannot know everything that a use will (the notice, the papers,
a strike on the day): a rule that reads such a word stays *open* and is judged when the use is asked for.  A rule that
reads what only a plan knows, the crowd itself, is never left open: where it is in doubt, the row is refused.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Final

from stagedoor.core.base.money import Money
from stagedoor.core.base.outcome import Code, first_in_precedence
from stagedoor.core.facts.asset import AssetKind, ReplicaKind
from stagedoor.core.facts.decision import Duty, Effect, Finding, Quote
from stagedoor.core.facts.request import Standing
from stagedoor.core.rules.agreement import Read, doubt_of, duty_of, finding_of, out_of_force, read_parameters, speaks
from stagedoor.core.rules.combine import duties_in_order, in_order
from stagedoor.core.rules.crowd_rows import BACKGROUND, Crowd, CrowdPlan, CrowdRow, crowds_of
from stagedoor.core.rules.declared import USUAL
from stagedoor.core.rules.price import price
from stagedoor.core.rules.rulebook import PayRule, Rulebook, Source
from stagedoor.core.rules.text import NUMBER, Value, parse
from stagedoor.core.rules.vocabulary import DATES, KINDS

CROWD_WORDS: Final = frozenset(
    {"background_required", "background_real", "background_replicas", "counts_as_background", "as_principal",
     "scan_only_day", "other_picture"}
)  # fmt: skip
"""What a plan knows better than any single use: a rule that reads one of these is never left open."""

REAL_PEOPLE: Final = "max(day_rate, background_day) * new_days"
"""What people on set are paid: no use of a replica, so no rule of the agreement says it, but its minimum does."""

BACKGROUND_DAY: Final = "background_day"
"""The parameter that holds the minimum of background actors for one day."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Judged:
    """One kind of people in one row: what the rules say and what one of them is paid."""

    row: CrowdRow
    who: str
    people: int
    verdict: str
    code: Code | None
    findings: tuple[Finding, ...]
    duties: tuple[Duty, ...]
    open_rules: tuple[str, ...]
    quote: Quote | None

    def gross(self, currency: str) -> Money:
        """What all of them are paid."""
        return Money(self.quote.gross.units * self.people if self.quote else 0, currency)

    def cost(self, currency: str) -> Money:
        """What all of them cost the employer."""
        return Money(self.quote.cost.units * self.people if self.quote else 0, currency)


@dataclass(frozen=True, slots=True, kw_only=True)
class Total:
    """A sum over rows that are not refused."""

    who: str
    people: int
    gross: Money
    cost: Money


@dataclass(frozen=True, slots=True, kw_only=True)
class CrowdReport:
    """The whole plan."""

    crowds: tuple[Crowd, ...]
    judged: tuple[Judged, ...]
    totals: tuple[Total, ...]
    whole: Total

    @property
    def refused(self) -> int:
        """How many are refused; they are in no total."""
        return sum(item.verdict == REFUSED for item in self.judged)


REFUSED: Final = "refused"
ASKS: Final = "asks"
FITS: Final = "fits"

PEOPLE: Final = "real people"
SCANNED: Final = "scan days"
SHOWN: Final = "replicas as background"
PRINCIPALS: Final = "replicas as principals"
ELSEWHERE: Final = "replicas from another picture"
OTHERS: Final = "replicas of others"


def judge_crowd(
    plan: CrowdPlan, books: tuple[Rulebook, ...], *, tick: Callable[[], None] = lambda: None
) -> CrowdReport:
    """Every row by every rule of the agreement and of its plans (`books`, the agreement first).

    `tick` is called after each row, for who shows how far it is.
    """
    crowds = crowds_of(plan.rows)
    desk = _Desk(plan, books)
    paid: dict[str, int] = {}
    judged: list[Judged] = []
    for row in plan.rows:
        if row.real_people:
            judged.append(desk.people(row))
        if row.replicas:
            item = desk.replicas(row, crowds[row.shot, row.day], prior=paid.get(row.replica_of, 0))
            judged.append(item)
            if item.quote is not None and item.verdict != REFUSED:
                paid[row.replica_of] = paid.get(row.replica_of, 0) + item.quote.gross.units
        tick()
    totals = _totals(tuple(judged), plan.currency)
    whole = Total(
        who="all",
        people=sum(item.people for item in totals),
        gross=Money(sum(item.gross.units for item in totals), plan.currency),
        cost=Money(sum(item.cost.units for item in totals), plan.currency),
    )
    return CrowdReport(crowds=tuple(crowds.values()), judged=tuple(judged), totals=totals, whole=whole)


Readings = tuple[dict[str, Value | None], dict[str, Read]]


class _Desk:
    """Judges the rows of one plan; what is the same for all rows of a day is worked out once."""

    def __init__(self, plan: CrowdPlan, books: tuple[Rulebook, ...]) -> None:
        self.plan = plan
        self.books = books
        self.read: dict[tuple[tuple[str, date | None], ...], Readings] = {}
        self.paid: dict[date, tuple[Quote | None, tuple[Finding, ...]]] = {}

    def replicas(self, row: CrowdRow, crowd: Crowd, *, prior: int) -> Judged:
        """The replicas of a row, as the use that they would be."""
        days = _days(self.plan, row)
        values, readings = self._read(days)
        env = _words(self.plan, row, crowd, prior) | values
        findings, duties, left_open = _by_rules(self.books, row.day, env, days)
        quote, about_price = price(self.books, _standing(self.plan, row, prior), env, readings, days)
        said = (*findings, *about_price)
        return _judged(row, _who(row), row.replicas, said, quote, duties=duties, left_open=left_open)

    def people(self, row: CrowdRow) -> Judged:
        """The people of a row: the minimum for each, and what goes to the plans as for any background work."""
        if row.day not in self.paid:
            self.paid[row.day] = self._people(row.line, row.shot, row.day)
        quote, findings = self.paid[row.day]
        return _judged(row, PEOPLE, row.real_people, findings, quote)

    def _people(self, line: int, shot: str, day: date) -> tuple[Quote | None, tuple[Finding, ...]]:
        source = next((item for book in self.books for item in book.parameters if item.name == BACKGROUND_DAY), None)
        dated = source.at(day) if source is not None else None
        if source is None or dated is None:
            says = f"{self.books[0].title} has no '{BACKGROUND_DAY}' on {day}, so nobody can say what people are paid."
            return None, (_unpriced(self.books[0], says),)
        alone = CrowdRow(line=line, shot=shot, day=day, required_background=0, real_people=0, replicas=0)
        days = _days(self.plan, alone)
        values, readings = self._read(days)
        nobody = Crowd(shot=shot, day=day, required=0, real=0, replicas=0)
        env = _words(self.plan, alone, nobody, 0) | values
        books = _with_people(self.books, source.clause, dated.source)
        return price(books, _standing(self.plan, alone, 0), env, readings, days)

    def _read(self, days: dict[str, date | None]) -> Readings:
        """Every parameter's value on these days."""
        key = tuple(days.items())
        if key not in self.read:
            self.read[key] = read_parameters(self.books, self.plan.currency, days)
        return self.read[key]


def _totals(judged: tuple[Judged, ...], currency: str) -> tuple[Total, ...]:
    counted = tuple(item for item in judged if item.verdict != REFUSED)
    found = []
    for who in (PEOPLE, SCANNED, SHOWN, PRINCIPALS, ELSEWHERE, OTHERS):
        items = tuple(item for item in counted if item.who == who)
        if items:
            gross = sum(item.gross(currency).units for item in items)
            cost = sum(item.cost(currency).units for item in items)
            people = sum(item.people for item in items)
            found.append(Total(who=who, people=people, gross=Money(gross, currency), cost=Money(cost, currency)))
    return tuple(found)


def _who(row: CrowdRow) -> str:
    if row.scan_only:
        return SCANNED
    if row.other_picture:
        return ELSEWHERE
    if row.as_principal:
        return PRINCIPALS
    return SHOWN if row.category == BACKGROUND else OTHERS


def _with_people(books: tuple[Rulebook, ...], clause: str, source: Source) -> tuple[Rulebook, ...]:
    """The agreement with one pay rule, that of people, in the place of its own; its plans as they are."""
    agreement = books[0]
    rule = PayRule(
        rule="crowd-people",
        name="gross",
        title="Background actors on set",
        formula=parse(REAL_PEOPLE, KINDS | {BACKGROUND_DAY: NUMBER}),
        payee="performer",
        on_top=False,
        clause=clause,
        source=source,
    )
    bare = Rulebook(
        name=agreement.name,
        version=agreement.version,
        title=agreement.title,
        note=agreement.note,
        digest=agreement.digest,
        first_day=agreement.first_day,
        last_day=agreement.last_day,
        parameters=agreement.parameters,
        judges=(),
        pays=(rule,),
        cases=(),
    )
    return (bare, *books[1:])


def _judged(
    row: CrowdRow,
    who: str,
    people: int,
    findings: tuple[Finding, ...],
    quote: Quote | None,
    *,
    duties: tuple[Duty, ...] = (),
    left_open: tuple[str, ...] = (),
) -> Judged:
    forbids = tuple(item for item in findings if item.effect is Effect.FORBID)
    asks = any(item.effect is Effect.ASK for item in findings)
    return Judged(
        row=row,
        who=who,
        people=people,
        verdict=REFUSED if forbids else ASKS if asks else FITS,
        code=first_in_precedence(tuple(item.code or Code.RULE_FORBIDS for item in forbids)) if forbids else None,
        findings=in_order(findings),
        duties=duties_in_order(duties),
        open_rules=left_open,
        quote=quote,
    )


def _by_rules(
    books: tuple[Rulebook, ...], day: date, env: Mapping[str, Value | None], days: Mapping[str, date | None]
) -> tuple[tuple[Finding, ...], tuple[Duty, ...], tuple[str, ...]]:
    """What every rule says, and which rules a plan cannot answer yet."""
    findings: list[Finding] = []
    duties: list[Duty] = []
    left_open: list[str] = []
    for book in books:
        if not book.in_force(day):
            findings.append(out_of_force(book, day))
            continue
        for rule in book.judges:
            spoke = speaks(rule, env, days)
            if spoke is None and CROWD_WORDS & set(rule.reads):
                findings.append(doubt_of(book, rule, env, days))
            elif spoke is None:
                left_open.append(rule.rule)
            elif spoke and rule.to:
                duties.append(duty_of(book, rule, days))
            elif spoke:
                findings.append(finding_of(book, rule, env))
    return tuple(findings), tuple(duties), tuple(left_open)


def _words(plan: CrowdPlan, row: CrowdRow, crowd: Crowd, prior: int) -> dict[str, Value | None]:
    """The words that a plan knows; every other is unknown."""
    values: dict[str, Value | None] = dict.fromkeys(KINDS)
    values |= USUAL
    values |= {
        "use": "create" if row.scan_only else "render",
        "purpose": "picture",
        "medium": plan.medium,
        "currency": plan.currency,
        "category": row.category,
        "asset_kind": (AssetKind.CAPTURE if row.scan_only else AssetKind.REPLICA).value,
        "replica_kind": _kind(row).value,
        "other_picture": row.other_picture,
        "engaged_on_picture": not row.other_picture,
        "participated": True,
        "consent_given": row.consent,
        "estimate_days": row.days,
        "new_days": row.days,
        "estimate_basis_given": bool(row.basis),
        "day_rate": row.day_rate,
        "flat_fee": row.fee,
        "prior_gross": prior,
        "as_principal": row.as_principal,
        "scan_only_day": row.scan_only,
        "photo_double": False,  # doubling on camera is work, and a plan has days of scanning alone
        "background_required": crowd.required,
        "background_real": crowd.real,
        "background_replicas": crowd.replicas,
        "counts_as_background": crowd.filled_by_replicas and _who(row) == SHOWN,
    }
    if plan.program:
        values["program"] = plan.program
    return values


def _kind(row: CrowdRow) -> ReplicaKind:
    return ReplicaKind.BADR if row.category == BACKGROUND else ReplicaKind.EBDR


def _days(plan: CrowdPlan, row: CrowdRow) -> dict[str, date | None]:
    days: dict[str, date | None] = dict.fromkeys(DATES)
    days.update(day=row.day, photography_began=plan.photography_began, captured_on=row.day if row.scan_only else None)
    return days


def _standing(plan: CrowdPlan, row: CrowdRow, prior: int) -> Standing:
    """A standing in which only what prices read is said; no request, consent or asset exists yet."""
    return Standing(
        request="",
        rulebooks=(),
        consent="",
        consent_signed=False,
        consent_countersigned=False,
        consent_withdrawn=False,
        asset_kind=None,
        capture="",
        asset_performer="",
        asset_production="",
        replica_kind=_kind(row),
        epoch=0,
        holds=(),
        notice="",
        notice_hours=None,
        reason_stated=False,
        released=False,
        photography_began=plan.photography_began,
        currency=plan.currency,
        commission_bp=0,
        mandate="",
        units_used=0,
        estimate_days=row.days,
        estimate_basis=row.basis,
        days_charged=0,
        prior_gross=Money(prior, plan.currency),
        arc_together_deg=0,
        answers=(),
    )


def _unpriced(book: Rulebook, says: str) -> Finding:
    return Finding(
        rule="price",
        effect=Effect.FORBID,
        code=Code.UNPRICED,
        says=says,
        saw=(),
        clause=book.title,
        source=book.name,
        confidence="high",
        asks=None,
    )
