"""Decide: yes, no, or ask-a-person, with every rule that spoke.

The performer's own word comes first, then every rule of every rulebook in force, then the price.  All of them are
always heard, so that a refusal tells everything that stands in its way.  The answer depends on nothing but the
arguments (invariant 9): with the same facts it comes out the same, byte for byte.
"""

from __future__ import annotations

from stagedoor.core.base.limits import FINDINGS_MAX
from stagedoor.core.base.when import Instant
from stagedoor.core.facts.consent import Consent
from stagedoor.core.facts.decision import Answer, Decision, Finding, Quote
from stagedoor.core.facts.request import Request, Standing
from stagedoor.core.rules.agreement import (
    answered,
    collisions,
    judge_books,
    other_agreement,
    read_parameters,
    settled,
    silent_on_strikes,
)
from stagedoor.core.rules.combine import combine, duties_in_order, in_order
from stagedoor.core.rules.derived import Situation
from stagedoor.core.rules.engine import Engine
from stagedoor.core.rules.outside import judge_narrowings
from stagedoor.core.rules.price import price
from stagedoor.core.rules.rights import judge_consent, judge_rider
from stagedoor.core.rules.rulebook import Rulebook
from stagedoor.core.rules.vocabulary import days_of, values_of


def decide(
    request: Request,
    standing: Standing,
    consent: Consent | None,
    books: tuple[Rulebook, ...],
    *,
    at: Instant,
    riders: tuple[Consent, ...] = (),
    engine: Engine | None = None,
) -> Decision:
    """The answer to `request` as things stood in `standing`.

    `riders` stand beside the consent and only narrow.  With an `engine` of the same books the rules are heard by it,
    faster; the answer is the same, byte for byte (tests/decisions).
    """
    request_digest = request.digest()
    assert standing.request == request_digest
    assert standing.rulebooks == tuple(book.digest for book in books)
    assert consent is None or standing.consent == consent.digest()
    assert standing.riders == tuple(rider.digest() for rider in riders)
    days = days_of(request, standing, consent)
    values, readings = read_parameters(books, standing.currency, days)
    env = values_of(request, standing, consent) | values
    answers = settled(standing)
    findings: list[Finding] = list(collisions(books))
    if consent is not None:
        findings += other_agreement(books, consent)
        findings += silent_on_strikes(books, standing, consent)
    findings += [answered(item, answers) for item in judge_consent(request, standing, consent)]
    for number, rider in enumerate(riders, 1):
        findings += [answered(item, answers) for item in judge_rider(request, standing, rider, number)]
    if engine is None:
        by_rules, duties = judge_books(books, request.day, answers, env, days)
    else:
        assert engine.books == books
        by_rules, duties = engine.heard(Situation(request, standing, consent), env, days)
    findings += by_rules
    from_outside, more_duties = judge_narrowings(standing)
    findings += from_outside
    quote: Quote | None = None
    if consent is not None:
        quote, about_price = price(books, standing, env, readings, days)
        findings += [answered(item, answers) for item in about_price]
    ordered = in_order(tuple(findings))
    assert len(ordered) <= FINDINGS_MAX
    answer, code = combine(ordered)
    return Decision(
        request=request_digest,
        standing=standing.digest(),
        answer=answer,
        code=code,
        findings=ordered,
        quote=quote if answer is not Answer.REFUSE else None,
        at=at,
        duties=duties_in_order((*duties, *more_duties)) if answer is not Answer.REFUSE else (),
    )
