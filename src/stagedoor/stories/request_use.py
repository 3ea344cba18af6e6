"""Ask, decide, grant: one request in, one answer out, in one transaction with the consent's row held."""

from __future__ import annotations

from dataclasses import dataclass, replace

from stagedoor.core.base.outcome import Code, Refused
from stagedoor.core.base.when import Instant
from stagedoor.core.facts.decision import Answer, Decision
from stagedoor.core.facts.permit import Permit
from stagedoor.core.facts.request import Answered, Request, Standing
from stagedoor.core.rules.engine import engine_of
from stagedoor.core.rules.rulebook import Rulebook
from stagedoor.core.steps.ask import ask
from stagedoor.core.steps.decide import decide
from stagedoor.core.steps.grant import grant
from stagedoor.ports.store import ConflictingDuplicate, OverdrawnError, Store, Unit
from stagedoor.ports.world import Ids, Signer, Verifier
from stagedoor.stories.unit import NOTHING_SEEN, Seen, Stood, ask_people, journal_of, lapsed, same_use, stand


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What came of a request: a decision if one was reached, and a permit or the reason why there is none."""

    decision: Decision | None
    permit: Permit | None
    refused: Refused | None


def quote_use(
    store: Store,
    verifier: Verifier,
    books: tuple[Rulebook, ...],
    draft: Request,
    *,
    at: Instant,
    seen: Seen = NOTHING_SEEN,
) -> Decision | Refused:
    """May we, and what does it cost?  Nothing is recorded."""
    request = ask(draft, at=at)
    if isinstance(request, Refused):
        return request
    with store.unit() as unit:
        found = stand(unit, verifier, request, books, seen)
        decided = found if isinstance(found, Refused) else _decided(unit, request, found, books, at=at)[1]
        unit.roll_back()
    return decided


def request_use(
    store: Store,
    verifier: Verifier,
    books: tuple[Rulebook, ...],
    draft: Request,
    *,
    gate: Signer,
    ids: Ids,
    hours: int,
    at: Instant,
    seen: Seen = NOTHING_SEEN,
) -> Asked:
    """The whole of asking.  A decision is recorded whatever it says; a permit only with its reservation."""
    request = ask(draft, at=at)
    if isinstance(request, Refused):
        return Asked(decision=None, permit=None, refused=request)
    with store.unit() as unit:
        earlier = _earlier(unit, request)
        if earlier is not None:
            return earlier
        found = stand(unit, verifier, request, books, seen)
        if isinstance(found, Refused):
            return Asked(decision=None, permit=None, refused=found)
        earlier = _earlier(unit, request)  # again, now that nobody else can decide on this picture
        if earlier is not None:
            return earlier
        standing, decision = _decided(unit, request, found, books, at=at)
        journal = journal_of(request.production)
        unit.append(journal, request)
        unit.append(journal, standing)
        unit.append(journal, decision)
        ask_people(unit, request, decision)
        granted = grant(
            request,
            standing,
            decision,
            permit_id=ids.new("permit"),
            entry_id=ids.new("entry"),
            hours=hours,
            at=at,
        )
        if isinstance(granted, Refused):
            return Asked(decision=decision, permit=None, refused=granted)
        assert decision.quote is not None
        try:
            unit.append(journal, granted.permit, ident=request.use_id)
        except ConflictingDuplicate:
            unit.roll_back()
            return _conflict(request)
        unit.append(journal, gate.sign(granted.permit, at=at))
        unit.open_permit(granted.permit, estimate=request.estimate, gross_units=decision.quote.gross.units)
        if granted.reserve is not None:
            try:
                unit.post(journal, granted.reserve)
            except OverdrawnError:
                unit.roll_back()
                return _short_of_funds(decision)
        return Asked(decision=decision, permit=granted.permit, refused=None)


def _decided(
    unit: Unit, request: Request, stood: Stood, books: tuple[Rulebook, ...], *, at: Instant
) -> tuple[Standing, Decision]:
    """The decision, and the standing that it rests on; a question that lapsed unanswered counts as a no."""
    engine = engine_of(books)
    decision = decide(request, stood.standing, stood.consent, books, at=at, riders=stood.riders, engine=engine)
    late = lapsed(unit, request, decision, at=at)
    if not late:
        return stood.standing, decision
    standing = replace(stood.standing, answers=tuple(sorted((*stood.standing.answers, *late), key=_by_rule)))
    return standing, decide(request, standing, stood.consent, books, at=at, riders=stood.riders, engine=engine)


def _by_rule(answer: Answered) -> tuple[str, str]:
    return answer.rule, answer.approval


def _earlier(unit: Unit, request: Request) -> Asked | None:
    """A use id that already has a permit gets that permit again, if it is the very same request; else it conflicts."""
    permit = unit.find(Permit, request.use_id)
    if permit is None:
        return None
    if not same_use(request, unit.get(Request, permit.request)):
        return _conflict(request)
    return Asked(decision=unit.get(Decision, permit.decision), permit=permit, refused=None)


def _conflict(request: Request) -> Asked:
    why = f"The use {request.use_id} was asked for before with other content. Ask under a new id."
    return Asked(decision=None, permit=None, refused=Refused(code=Code.CONFLICTING_DUPLICATE, why=why))


def _short_of_funds(decision: Decision) -> Asked:
    assert decision.quote is not None and decision.answer is Answer.PERMIT
    why = f"The use costs {decision.quote.cost.shown()}, more than the production has paid in. Pay in and ask again."
    return Asked(decision=decision, permit=None, refused=Refused(code=Code.INSUFFICIENT_FUNDS, why=why))
