"""Findings into a tree of sentences.  It decides nothing; doors render it as text, page or JSON."""

from __future__ import annotations

from dataclasses import dataclass

from stagedoor.core.facts.decision import Answer, Decision, Duty, Effect, Finding, PriceLine

_HEAD = {
    Answer.PERMIT: "Yes.",
    Answer.ASK_A_PERSON: "A person must decide.",
    Answer.REFUSE: "No.",
}
_MARK = {
    Effect.FORBID: "forbids",
    Effect.ASK: "asks",
    Effect.PERMIT: "permits",
    Effect.NOTE: "notes",
    Effect.DUTY: "obliges",
    Effect.NOTICE: "tells",
}


@dataclass(frozen=True, slots=True)
class Node:
    """A sentence, a word for its tone, and what stands below it."""

    text: str
    tone: str
    below: tuple[Node, ...] = ()


def explain(decision: Decision) -> Node:
    """The whole decision as a tree: the answer, each rule that spoke, then the price and each of its readings."""
    refusal = f" {decision.code.sentence} [{decision.code.value}]" if decision.code else ""
    code = refusal if decision.answer is Answer.REFUSE else ""
    branches = [_finding(finding) for finding in decision.findings]
    branches += [_duty(duty) for duty in decision.duties]
    if decision.quote is not None:
        quote = decision.quote
        lines = tuple(_price(line) for line in quote.lines)
        basis = Node(f"{quote.days} new production day(s); the estimate's basis: {quote.basis}", "note")
        weak = tuple(Node(f"unverified: {text}", "ask") for text in quote.unverified)
        head = f"It costs the employer {quote.cost.shown()}: gross {quote.gross.shown()} and what goes on top"
        branches.append(Node(head, "price", (basis, *lines, *weak)))
    return Node(f"{_HEAD[decision.answer]}{code}", decision.answer.value, tuple(branches))


def _finding(finding: Finding) -> Node:
    who = f" (the {finding.asks.value} is asked)" if finding.asks and finding.effect is Effect.ASK else ""
    below = [Node(f"clause: {finding.clause}", "note")]
    if finding.needs:
        below.append(Node(f"they need: {'; '.join(finding.needs)}", "note"))
    if finding.answer_days and finding.effect is Effect.ASK:
        below.append(Node(f"an answer within {finding.answer_days} days; after that it is a no", "note"))
    if finding.saw:
        below.append(Node(f"saw: {', '.join(finding.saw)}", "note"))
    if finding.source:
        below.append(Node(f"source: {finding.source} (confidence {finding.confidence})", "note"))
    return Node(f"{finding.rule} {_MARK[finding.effect]}: {finding.says}{who}", finding.effect.value, tuple(below))


def _duty(duty: Duty) -> Node:
    when = f", by {duty.due}" if duty.due else ""
    verb = "notice to" if duty.kind == "notice" else "duty towards"
    below = (
        Node(f"clause: {duty.clause}", "note"),
        Node(f"source: {duty.source} (confidence {duty.confidence})", "note"),
    )
    return Node(f"{duty.rule} {verb} {duty.to}{when}: {duty.says}", duty.kind, below)


def _price(line: PriceLine) -> Node:
    place = "on top" if line.on_top else ("out of the gross" if line.payee == "agent" else "gross")
    below = [Node(f"clause: {line.clause}", "note"), Node(f"arithmetic: {line.arithmetic}", "note")]
    below += [
        Node(
            f"{reading.name} = {reading.value}, in force since {reading.since}, "
            f"governed by {reading.keyed_by.replace('_', ' ')} ({reading.keyed_on}); "
            f"confidence {reading.confidence}; {reading.source}",
            "note" if reading.confidence in ("high", "medium") else "ask",
        )
        for reading in line.readings
    ]
    return Node(f"{line.name} {line.amount.shown()} to {line.payee} ({place})", "price", tuple(below))
