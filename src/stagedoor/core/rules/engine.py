"""Rulebooks made ready once, so that a decision costs microseconds: the same rules, compiled, and the same lattice.

`core.steps.decide` says what a decision is, in words, for the record; this engine gives the same answer, code, rules
and amounts without the words, and a property test holds every verdict to it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from typing import Final, NamedTuple

from stagedoor.core.base.outcome import Code, first_in_precedence
from stagedoor.core.facts.consent import Consent
from stagedoor.core.facts.decision import Answer, Duty, Effect, Finding
from stagedoor.core.facts.request import Request, Standing
from stagedoor.core.rules.agreement import (
    answered,
    collisions,
    doubt_of,
    duty_of,
    finding_of,
    other_agreement,
    settled,
    silent_on_strikes,
)
from stagedoor.core.rules.case import Calendar, Case, CaseKey, Priced, make_case, priced
from stagedoor.core.rules.derived import Situation, is_quiet
from stagedoor.core.rules.events import STRIKE
from stagedoor.core.rules.outside import judge_narrowings
from stagedoor.core.rules.ready import Ready
from stagedoor.core.rules.rights import judge_consent, judge_ready, judge_rider
from stagedoor.core.rules.rulebook import JudgeRule, Rulebook
from stagedoor.core.rules.text import Value
from stagedoor.core.rules.vocabulary import days_of, declared_values

CASES_MAX: Final = 4_096
"""Cases kept: a house with ten productions under four agreements and seven uses has 280 on any one day."""

DAY_MS: Final = 86_400_000
_FORBID, _ASK, _PERMIT = Effect.FORBID, Effect.ASK, Effect.PERMIT  # an enum's member costs a look-up each time
NOTHING: Final = Priced(None, None, (), ())
"""No consent, so no price."""


@dataclass(frozen=True, slots=True)
class Spoke:
    """A rule that spoke, or could not be evaluated (`doubt`); `code` is what it refuses with, if it refuses."""

    rule: JudgeRule
    book: Rulebook
    doubt: bool
    code: Code | None
    asks: bool


def _spoke(rule: JudgeRule, book: Rulebook) -> Spoke:
    forbids = rule.effect is Effect.FORBID
    return Spoke(rule, book, False, (rule.code or Code.RULE_FORBIDS) if forbids else None, rule.effect is Effect.ASK)


class Verdict(NamedTuple):
    """The answer, what spoke (each with its clause), and the price in millionths where there is one.

    `findings` are those of the consent and of everything that is not a rule; `spoke` are the rules'.  `priced` says
    that there is an amount and that nobody must confirm it first.
    """

    answer: Answer
    code: Code | None
    findings: tuple[Finding, ...]
    spoke: tuple[Spoke, ...]
    gross_units: int | None
    cost_units: int | None
    priced: bool

    @property
    def duties(self) -> tuple[Spoke, ...]:
        """Rules that lay a duty or a notice on somebody, should the answer be yes."""
        return tuple(each for each in self.spoke if each.rule.to and not each.doubt)


class Engine:
    """One set of rulebooks that decide together."""

    def __init__(self, books: tuple[Rulebook, ...]) -> None:
        self.books = books
        self._collisions = collisions(books)
        self._names = frozenset(book.name for book in books)
        self._calendar = Calendar(books)
        self._cases: dict[CaseKey, Case] = {}
        self._near: dict[tuple[object, ...], Case] = {}
        rules = [(rule, book) for book in books for rule in book.judges]
        doubts = [Spoke(rule, book, True, Code.DOUBT, False) for rule, book in rules]
        # A rule in doubt is told by ~key, which as a place counts from the end: so doubts stand last, last first.
        self._told = (*(_spoke(rule, book) for rule, book in rules), *reversed(doubts))

    def verdict(
        self, request: Request, standing: Standing, made: Ready | None, riders: tuple[Consent, ...] = ()
    ) -> Verdict:
        """The answer to a request as things stand, without the words: those are `decide`'s.

        `riders` are those that `standing` names, in its order; they only narrow.
        """
        assert len(riders) == len(standing.riders), "a rider that is left out would allow what it forbids"
        consent = made.consent if made else None
        declared = declared_values(request)
        situation = Situation(request, standing, consent)
        case = self._case(situation)
        derived = {name: work_out(situation) for name, work_out in case.derived}
        findings = case.findings + self._beside(request, standing, made)
        for number, rider in enumerate(riders, 1):
            findings += judge_rider(request, standing, rider, number)
        told = self._told
        spoke = tuple([told[key] for key in case.judges(request, standing, consent, declared, derived)])
        cost = NOTHING
        if consent is not None:
            amounts = case.pays(request, standing, consent, declared, derived)
            new_days = standing.estimate_days - standing.days_charged
            cost = priced(case, amounts, never_charged=new_days <= 0 and standing.days_charged == 0)
        answer, code = _answer(findings, spoke, cost, standing)
        may_pay = cost.cost_units is not None and not cost.asks
        return Verdict(answer, code, findings, spoke, cost.gross_units, cost.cost_units, may_pay)

    def heard(
        self, it: Situation, env: Mapping[str, Value | None], days: Mapping[str, date | None]
    ) -> tuple[tuple[Finding, ...], tuple[Duty, ...]]:
        """What every rule says, in words, as `agreement.judge_books` would tell it: only those that spoke are told."""
        case = self._case(it)
        derived = {name: work_out(it) for name, work_out in case.derived}
        answers = settled(it.standing)
        findings = list(case.findings)
        duties: list[Duty] = []
        for key in case.judges(it.request, it.standing, it.consent, declared_values(it.request), derived):
            told = self._told[key]
            if told.doubt:
                findings.append(doubt_of(told.book, told.rule, env, days))
            elif told.rule.to:
                duties.append(duty_of(told.book, told.rule, days))
            else:
                findings.append(answered(finding_of(told.book, told.rule, env), answers))
        return tuple(findings), tuple(duties)

    def _beside(self, request: Request, standing: Standing, made: Ready | None) -> tuple[Finding, ...]:
        """What speaks beside the rules: the consent, collisions of names, policies from outside."""
        if made is None:
            return self._collisions + judge_narrowings(standing)[0] + judge_consent(request, standing, None)
        consent = made.consent
        found = judge_ready(request, standing, made)
        if consent.agreement not in self._names:
            found += other_agreement(self.books, consent)
        if STRIKE in standing.holds:
            found += silent_on_strikes(self.books, standing, consent)
        if standing.narrowings:
            found += judge_narrowings(standing)[0]
        return found + self._collisions if self._collisions else found

    def _case(self, it: Situation) -> Case:
        """The case of a request: by the days themselves if they were seen before, else by the stretches of them."""
        request, standing, consent = it.request, it.standing, it.consent
        quiet = is_quiet(it)
        near = (
            request.use,
            request.medium,
            request.category,
            standing.replica_kind,
            standing.currency,
            quiet,
            request.day,
            standing.photography_began,
            standing.signed_on,
            standing.made_on,
            standing.captured_on,
            standing.died_on,
            request.dates,
            request.at.ms // DAY_MS,
            consent and consent.majority_on,
        )
        found = self._near.get(near)
        if found is None:
            days = days_of(request, standing, consent)
            kind = standing.replica_kind.value if standing.replica_kind else None
            stretches = self._calendar.stretches(days)
            key = CaseKey(
                request.use.value, request.medium, request.category, kind, standing.currency, quiet, stretches
            )
            found = self._cases.get(key)
            if found is None:
                if len(self._cases) >= CASES_MAX:
                    self._cases.clear()
                found = self._cases[key] = make_case(self.books, key, days)
            if len(self._near) >= CASES_MAX:
                self._near.clear()
            if "ends_on" not in self._calendar.words:
                self._near[near] = found
        return found


def _answer(
    findings: tuple[Finding, ...], spoke: tuple[Spoke, ...], cost: Priced, standing: Standing
) -> tuple[Answer, Code | None]:
    """The lattice of core/rules/combine.py over all that spoke; an answer given turns its question into yes or no."""
    codes = list(cost.codes)
    asked = [f"{rule}:{name}" for rule, name in cost.asks] if cost.asks else []
    permits = False
    for finding in findings:
        effect = finding.effect
        if effect is _FORBID:
            codes.append(finding.code or Code.RULE_FORBIDS)
        elif effect is _ASK:
            asked.append(finding.rule)
        elif effect is _PERMIT:
            permits = True
    for each in spoke:
        if each.code is not None:
            codes.append(each.code)
        elif each.asks:
            asked.append(each.rule.rule)
    asks = bool(asked)
    if asks and standing.answers:
        said = settled(standing)
        answers = [said.get(rule) for rule in asked]
        asks = None in answers
        if False in answers:
            codes.append(Code.APPROVAL_DENIED)
    if codes:
        return Answer.REFUSE, first_in_precedence(codes)
    if asks:
        return Answer.ASK_A_PERSON, Code.NEEDS_A_PERSON
    return (Answer.PERMIT, None) if permits else (Answer.REFUSE, Code.NO_CONSENT)


@lru_cache(maxsize=16)
def engine_of(books: tuple[Rulebook, ...]) -> Engine:
    """The engine of these rulebooks, made once; a house decides under a handful of agreements."""
    return Engine(books)
