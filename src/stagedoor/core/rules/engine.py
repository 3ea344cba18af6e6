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
from stagedoor.core.rules.derived import DERIVED, Situation, is_quiet
from stagedoor.core.rules.events import STRIKE
from stagedoor.core.rules.outside import judge_narrowings
from stagedoor.core.rules.quick import consented
from stagedoor.core.rules.ready import Ready
from stagedoor.core.rules.rights import judge_consent
from stagedoor.core.rules.rulebook import JudgeRule, Rulebook
from stagedoor.core.rules.text import Value
from stagedoor.core.rules.vocabulary import days_of, declared_values

CASES_MAX: Final = 4_096
"""Cases kept: a house with ten productions under four agreements and seven uses has 280 on any one day."""

DAY_MS: Final = 86_400_000
_FORBID, _ASK, _PERMIT = Effect.FORBID, Effect.ASK, Effect.PERMIT
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


class Engine:
    """One set of rulebooks that decide together."""

    def __init__(self, books: tuple[Rulebook, ...]) -> None:
        self.books = books
        self._collisions = collisions(books)
        self._names = frozenset(book.name for book in books)
        self._calendar = Calendar(books)
        self._cases: dict[CaseKey, Case] = {}
        self._near: dict[tuple[object, ...], Case] = {}
        self._spoke = tuple(_spoke(rule, book) for book in books for rule in book.judges)
        self._doubts = tuple(Spoke(rule, book, True, Code.DOUBT, False) for book in books for rule in book.judges)

    def verdict(self, request: Request, standing: Standing, made: Ready | None) -> Verdict:
        """The answer to a request as things stand, without the words: those are `decide`'s."""
        consent = made.consent if made else None
        declared = declared_values(request)
        situation = Situation(request, standing, consent)
        case = self._case(situation)
        derived = {name: DERIVED[name][2](situation) for name in case.derived}
        tally = _Tally(settled(standing) if standing.answers else {})
        for finding in case.findings:
            tally.hear(finding.effect, finding.code, finding.rule)
        findings = self._beside(request, standing, made)
        for finding in findings:
            tally.hear(finding.effect, finding.code, finding.rule)
        spoke: list[Spoke] = []
        for key in case.judges(request, standing, consent, declared, derived):
            told = self._spoke[key] if key >= 0 else self._doubts[~key]
            spoke.append(told)
            if told.code is not None:
                tally.codes.append(told.code)
            elif told.asks:
                tally.hear(_ASK, None, told.rule.rule)
        cost = NOTHING
        if consent is not None:
            amounts = case.pays(request, standing, consent, declared, derived)
            new_days = standing.estimate_days - standing.days_charged
            cost = priced(case, amounts, never_charged=new_days <= 0 and standing.days_charged == 0)
            tally.codes += cost.codes
            for rule, name in cost.asks:
                tally.hear(_ASK, None, f"{rule}:{name}")
        answer, code = tally.answer()
        return Verdict(
            answer=answer,
            code=code,
            findings=(*case.findings, *findings),
            spoke=tuple(spoke),
            gross_units=cost.gross_units,
            cost_units=cost.cost_units,
            priced=cost.cost_units is not None and not cost.asks,
        )

    def heard(
        self, it: Situation, env: Mapping[str, Value | None], days: Mapping[str, date | None]
    ) -> tuple[tuple[Finding, ...], tuple[Duty, ...]]:
        """What every rule says, in words, as `agreement.judge_books` would tell it: only those that spoke are told."""
        case = self._case(it)
        derived = {name: DERIVED[name][2](it) for name in case.derived}
        answers = settled(it.standing)
        findings = list(case.findings)
        duties: list[Duty] = []
        for key in case.judges(it.request, it.standing, it.consent, declared_values(it.request), derived):
            told = self._spoke[key] if key >= 0 else self._doubts[~key]
            if told.doubt:
                findings.append(doubt_of(told.book, told.rule, env, days))
            elif told.rule.to:
                duties.append(duty_of(told.book, told.rule, days))
            else:
                findings.append(answered(finding_of(told.book, told.rule, env), answers))
        return tuple(findings), tuple(duties)

    def _beside(self, request: Request, standing: Standing, made: Ready | None) -> tuple[Finding, ...]:
        """What speaks beside the rules: the consent, collisions of names, policies from outside."""
        consent = made.consent if made else None
        found = self._collisions
        if consent is not None:
            if consent.agreement not in self._names:
                found += other_agreement(self.books, consent)
            if STRIKE in standing.holds:
                found += silent_on_strikes(self.books, standing, consent)
        if standing.narrowings:
            found += judge_narrowings(standing)[0]
        quick = consented(request, standing, made) if made else None
        return (*found, quick) if quick else found + judge_consent(request, standing, consent)

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


class _Tally:
    """What was heard so far: codes that refuse, whether somebody is asked, whether the performer permits."""

    def __init__(self, answers: Mapping[str, bool]) -> None:
        self.answers = answers
        self.codes: list[Code] = []
        self.asks = False
        self.permits = False

    def hear(self, effect: Effect, code: Code | None, rule: str) -> None:
        if effect is _FORBID:
            self.codes.append(code or Code.RULE_FORBIDS)
        elif effect is _ASK:
            said = self.answers.get(rule)
            if said is None:
                self.asks = True
            elif not said:
                self.codes.append(Code.APPROVAL_DENIED)
        elif effect is _PERMIT:
            self.permits = True

    def answer(self) -> tuple[Answer, Code | None]:
        """The lattice of core/rules/combine.py over what was heard."""
        if self.codes:
            return Answer.REFUSE, first_in_precedence(tuple(self.codes))
        if self.asks:
            return Answer.ASK_A_PERSON, Code.NEEDS_A_PERSON
        return (Answer.PERMIT, None) if self.permits else (Answer.REFUSE, Code.NO_CONSENT)


@lru_cache(maxsize=16)
def engine_of(books: tuple[Rulebook, ...]) -> Engine:
    """The engine of these rulebooks, made once; a house decides under a handful of agreements."""
    return Engine(books)
