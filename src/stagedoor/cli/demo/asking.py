"""How scenes ask for a use and see it through: estimate, request, decision, order, frames, receipt."""

from __future__ import annotations

import time
from dataclasses import dataclass
from datetime import date
from typing import Final

from stagedoor.cli.demo import cast
from stagedoor.cli.demo.stage import Stage, StageFault
from stagedoor.core.facts.consent import Content, Purpose, Use
from stagedoor.core.facts.decision import Approval, Effect
from stagedoor.core.facts.permit import Permit, Receipt, Setting, WorkOrder
from stagedoor.core.facts.request import Estimate, Request
from stagedoor.core.rules.explain import explain
from stagedoor.stories.answer_question import answer_question
from stagedoor.stories.dispatch_work import dispatch_work
from stagedoor.stories.estimate_days import record_estimate
from stagedoor.stories.request_use import Asked, request_use
from stagedoor.stories.see_prompt import see_prompt
from stagedoor.stories.unit import NOTHING_SEEN, Seen, journal_of
from stagedoor.wiring import prompt_register

PERMIT_HOURS: Final = 24


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """What the production wants, in the story's words."""

    use: Use = Use.RENDER
    purpose: Purpose = Purpose.PICTURE
    production: str = "production"
    asset: str = "replica"
    shot: str = "12A"
    unit: str = "frame"
    units: int = 48
    arc: tuple[int, int] = (0, 0)
    day: date | None = None
    estimate: str = "estimate-cliff"
    retake_of: str = ""
    content: Content = Content.ORDINARY
    prompt: str = ""


def estimate(stage: Stage, key: str, *, use: Use, shots: tuple[str, ...], days: int, basis: str) -> None:
    """The production's good-faith estimate, signed by the studio."""
    fact = Estimate(
        estimate=stage.house.ids.new("estimate"),
        production=stage.id("production"),
        performer=stage.id("performer"),
        use=use,
        shots=shots,
        days=days,
        basis=basis,
        made_by=stage.id("studio"),
        at=stage.clock.at,
    )
    refused = record_estimate(stage.house.store, stage.house.verifier, fact, stage.sign("studio", fact))
    assert refused is None, refused
    stage.ids[key] = fact.estimate


def request_of(stage: Stage, wish: Wish, *, use_id: str = "") -> Request:
    """The wish as a request, dated now."""
    assert stage.consent is not None
    return Request(
        use_id=use_id or stage.house.ids.new("use"),
        asker=stage.id("studio"),
        production=stage.id(wish.production),
        performer=stage.id("performer"),
        asset=stage.id(wish.asset),
        consent=stage.consent.digest(),
        use=wish.use,
        purpose=wish.purpose,
        medium="theatrical",
        territory="world",
        shot=wish.shot,
        unit=wish.unit,
        units=wish.units,
        arc_from_deg=wish.arc[0],
        arc_to_deg=wish.arc[1],
        day=wish.day or stage.clock.at.day,
        estimate=stage.id(wish.estimate),
        retake_of=wish.retake_of,
        worker=stage.id("worker"),
        worker_grade="studio-run",
        content=wish.content,
        prompt=look(stage, wish).prompt,
        at=stage.clock.at,
    )


def look(stage: Stage, wish: Wish) -> Seen:
    """Whom the wish's prompt names, if it has one."""
    if not wish.prompt:
        return NOTHING_SEEN
    seen = see_prompt(prompt_register(stage.house), wish.prompt)
    assert isinstance(seen, Seen), seen
    return seen


def ask(stage: Stage, request: Request, seen: Seen = NOTHING_SEEN) -> Asked:
    """Ask, decide and grant."""
    asked = request_use(
        stage.house.store,
        stage.house.verifier,
        stage.books,
        request,
        gate=stage.signers["gate"],
        ids=stage.house.ids,
        hours=PERMIT_HOURS,
        at=stage.clock.at,
        seen=seen,
    )
    if asked.decision is not None:
        code = asked.decision.code.value if asked.decision.code else None
        stage.decisions.append({"answer": asked.decision.answer.value, "code": code})
    return asked


def tell_decision(stage: Stage, asked: Asked, *, brief: bool = False) -> None:
    """Print the decision as a tree."""
    if asked.decision is not None:
        stage.teller.tree(explain(asked.decision), brief=brief)


def refuse(stage: Stage, what: str, wish: Wish) -> None:
    """Ask for what must be refused, and tell why it was."""
    asked = ask(stage, request_of(stage, wish), look(stage, wish))
    assert asked.permit is None and asked.refused is not None, f"{what} must be refused"
    refused = asked.refused
    spoken = asked.decision.findings[0] if asked.decision else None
    clause = spoken.clause if spoken else refused.clause
    why = spoken.says if spoken else refused.why
    stage.teller.line(f"✗ {what}: refused [{refused.code.value}] {why} ({clause})", style="red")
    if asked.decision is not None:
        for finding in asked.decision.findings[1:]:
            if finding.effect is Effect.FORBID:
                stage.teller.line(f"    and {finding.rule}: {finding.says} ({finding.clause})", style="red")
    stage.refusals.append((what, refused.code.value, why, clause))


def answer(stage: Stage, asked: Asked, request: Request, *, who: str, rule: str, yes: bool, words: str) -> None:
    """A person answers a question that the decision asked."""
    assert asked.decision is not None
    approval = Approval(
        approval=stage.house.ids.new("approval"),
        use_id=request.use_id,
        decision=asked.decision.digest(),
        rule=rule,
        answered_by=stage.id(who),
        yes=yes,
        words=words,
        at=stage.clock.at,
    )
    refused = answer_question(stage.house.store, stage.house.verifier, approval, stage.sign(who, approval))
    assert refused is None, refused


def order_render(stage: Stage, permit: Permit, *, first_frame: int = 0, width: int = 256) -> WorkOrder:
    """Queue a camera move under a permit."""
    values = {
        "frames": permit.units,
        "arc_from_deg": permit.arc_from_deg,
        "arc_to_deg": permit.arc_to_deg,
        "elevation_deg": cast.ELEVATION_DEG,
        "width": width,
        "height": width,
        "first_frame": first_frame,
        "radius_milli": 4000,
    }
    return order(stage, permit, recipe="render-arc", values=values)


def order(stage: Stage, permit: Permit, *, recipe: str, values: dict[str, int], makes: str = "") -> WorkOrder:
    """Queue work under a permit."""
    settings = tuple(Setting(name=name, value=value) for name, value in values.items())
    made = dispatch_work(
        stage.house.store, stage.house.ids, permit, recipe=recipe, settings=settings, makes=makes, at=stage.clock.at
    )
    assert isinstance(made, WorkOrder), made
    return made


def receipt_for(stage: Stage, made: WorkOrder) -> Receipt | None:
    """The receipt of an order, once it is recorded."""
    with stage.house.store.unit() as unit:
        found = [item for item in unit.all(Receipt, journal_of(stage.id("production"))) if item.order == made.digest()]
    return found[0] if found else None


def see_through(stage: Stage, key: str, made: WorkOrder, what: str) -> Receipt:
    """Wait for the receipt of an order behind a progress bar."""
    started = time.monotonic()
    with stage.teller.progress(what, total=100) as bar:

        def done() -> bool:
            at, of = stage.worker_progress(made.order)
            bar.update(bar.task_ids[0], completed=100 * at // max(of, 1))
            for failed in stage.inbox.failed_orders():
                if failed.order_id == made.order:
                    raise StageFault(f"{what}: the worker gave the order up: {failed.why}")
            return receipt_for(stage, made) is not None

        stage.wait_for(what, done)
    receipt = receipt_for(stage, made)
    assert receipt is not None
    stage.orders[key], stage.receipts[key] = made, receipt
    stage.teller.keep(f"seconds_{key}", round(time.monotonic() - started, 1))
    return receipt
