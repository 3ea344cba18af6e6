"""A chain as a list that opens: posting, entry, receipt, permit, decision, clause and so on to the signature."""

from __future__ import annotations

from stagedoor.core.base.canonical import short
from stagedoor.portal.markup import Html, el, join
from stagedoor.portal.model import PAYS, Rate, Step

KINDS = frozenset(
    {"posting", "entry", "receipt", "permit", "decision", "clause", "estimate", "approval", "mandate", "consent",
     "signature"}
)  # fmt: skip


def badge(confidence: str) -> Html:
    """How sure anybody is of a value; what is not sure enough to pay on says so in words, not only in colour."""
    if confidence in PAYS:
        return el("span", f"confidence: {confidence}", cls="badge sure")
    return el("span", f"unverified: {confidence}", cls="badge unverified")


def digest(value: str) -> Html:
    """The first twelve digits, with the whole in the title."""
    return el("code", short(value), cls="digest", title=value) if value else Html("")


def why(amount: str, name: str, chain: tuple[Step, ...]) -> Html:
    """The opener of one amount's chain."""
    doubts = tuple(dict.fromkeys(doubt for step in chain for doubt in step.doubts))
    summary = el(
        "summary",
        el("span", "Why ", el("span", amount, cls="nowrap"), cls="ask"),
        el("code", name, cls="digest"),
        *(badge(doubt) for doubt in doubts),
    )
    return el("details", summary, chain_list(chain), cls="why")


def chain_list(chain: tuple[Step, ...]) -> Html:
    """All steps, in order."""
    if not chain:
        return el("p", "No chain was given with this amount. Ask ", el("code", "stagedoor why"), ".", cls="quiet")
    return el("ol", *(_step(step) for step in chain), cls="chain")


def _step(step: Step) -> Html:
    known = f"step {step.kind}" if step.kind in KINDS else "step"
    head = el("p", el("span", step.kind, cls="kind"), " ", digest(step.digest), cls="head")
    parts: list[str] = [head, el("p", step.says, cls="says")]
    if step.details:
        parts.append(el("ul", *(el("li", text) for text in step.details), cls="details"))
    if step.rates:
        parts.append(_rates(step.rates))
    if not step.rates and step.doubts:
        parts.append(el("p", join((badge(doubt) for doubt in step.doubts), " ")))
    return el("li", *parts, cls=known)


def _rates(rates: tuple[Rate, ...]) -> Html:
    return el("ul", *(_rate(rate) for rate in rates), cls="rates")


def _rate(rate: Rate) -> Html:
    role = "decided the amount" if rate.decided else "stands beside it, decided nothing"
    return el(
        "li",
        el("span", el("b", f"{rate.name} = {rate.value}"), " ", badge(rate.confidence), cls="rate"),
        el(
            "span",
            f"in force since {rate.since}; governed by the ",
            el("b", f"{rate.governed_by}, {rate.governed_on}"),
            f"; {role}",
        ),
        el("span", rate.source, cls="quiet"),
    )
