"""Why: from one amount back to the signature, link by link (invariant 8)."""

from __future__ import annotations

from dataclasses import dataclass

from stagedoor.core.base.canonical import short
from stagedoor.core.base.outcome import Code, Refused
from stagedoor.core.facts.consent import Consent
from stagedoor.core.facts.decision import Approval, Decision, PriceLine
from stagedoor.core.facts.party import Mandate, Signature
from stagedoor.core.facts.permit import Permit, Receipt
from stagedoor.core.facts.posting import Entry, EntryKind, Posting
from stagedoor.core.facts.request import Estimate, Request, Standing
from stagedoor.core.rules.sentences import sentences
from stagedoor.ports.store import Store, Unit


@dataclass(frozen=True, slots=True, kw_only=True)
class Link:
    """One step of a chain: what kind of fact, its digest, what it says."""

    kind: str
    digest: str
    says: str
    details: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Chain:
    """From a posting to the signature."""

    entry: str
    line: int
    links: tuple[Link, ...]


def posting_name(entry: str, line: int) -> str:
    """How a person names a posting: the entry's short digest and the line, as `3f2a9c1b7d04/1`."""
    return f"{short(entry)}/{line}"


def answer_why(store: Store, name: str) -> Chain | Refused:
    """The chain behind a posting, named as in a statement (`3f2a9c1b7d04/1`) or with the entry's whole digest."""
    head, slash, tail = name.rpartition("/")
    with store.unit() as unit:
        wanted = head.removeprefix("sha256:")
        found = [entry for entry in unit.entries() if entry.digest().removeprefix("sha256:").startswith(wanted)]
        if not slash or not tail.isdecimal() or len(wanted) < 6 or len(found) != 1:
            why = f"'{name[:80]}' names no posting. Take the name from a statement, as 3f2a9c1b7d04/1."
            return Refused(code=Code.MALFORMED, why=why)
        entry = found[0]
        if int(tail) >= len(entry.postings):
            return Refused(code=Code.MALFORMED, why=f"That entry has lines 0 to {len(entry.postings) - 1}.")
        return Chain(entry=entry.digest(), line=int(tail), links=tuple(_links(unit, entry, int(tail))))


def _links(unit: Unit, entry: Entry, line: int) -> list[Link]:
    posting = entry.postings[line]
    links = [
        Link(kind="posting", digest=entry.digest(), says=f"{(-posting.amount).shown()} to {posting.account}",
             details=(posting.why, f"rule {posting.rule}")),
        Link(kind="entry", digest=entry.digest(), says=f"{entry.kind.value} entry of {entry.at.day}",
             details=tuple(f"{item.amount.shown()}  {item.account}" for item in entry.postings)),
    ]  # fmt: skip
    permit = unit.get(Permit, entry.permit) if entry.permit else None
    if permit is None:
        return links
    links += _receipts(unit, permit)
    links.append(_permit(permit))
    decision = unit.get(Decision, permit.decision)
    request = unit.get(Request, permit.request)
    assert decision is not None and request is not None
    links += _decision(unit, decision, request, posting, entry)
    consent = unit.get(Consent, permit.consent)
    assert consent is not None
    links.append(
        Link(kind="consent", digest=consent.digest(), says="the performer's own words", details=sentences(consent))
    )
    links += _signatures(unit, consent.digest())
    return links


def _receipts(unit: Unit, permit: Permit) -> list[Link]:
    found = [item for item in unit.all(Receipt, f"production/{permit.production}") if item.permit == permit.digest()]
    return [
        Link(kind="receipt", digest=item.digest(), says=f"{item.units} {item.unit}(s) made by {item.worker}",
             details=tuple(f"{output.name}  {output.sha256[:16]}  '{output.mark}'" for output in item.outputs[:3])
             + ((f"and {len(item.outputs) - 3} more",) if len(item.outputs) > 3 else ()))
        for item in found
    ]  # fmt: skip


def _permit(permit: Permit) -> Link:
    return Link(
        kind="permit",
        digest=permit.digest(),
        says=f"{permit.use.value} {permit.shot or 'the replica'}: {permit.units} {permit.unit}(s) by {permit.worker}",
        details=(f"cost {permit.cost.shown()} reserved before any key was released", f"grade {permit.worker_grade}"),
    )


def _decision(unit: Unit, decision: Decision, request: Request, posting: Posting, entry: Entry) -> list[Link]:
    heard = f"{decision.answer.value}, {len(decision.findings)} rules spoke"
    links = [
        Link(kind="decision", digest=decision.digest(), says=heard,
             details=tuple(f"{item.rule} {item.effect.value}: {item.clause}" for item in decision.findings))
    ]  # fmt: skip
    standing = unit.get(Standing, decision.standing)
    lines = decision.quote.lines if decision.quote else ()
    line = next((item for item in lines if item.rule == posting.rule), None)
    if line is not None and entry.kind is EntryKind.POST:
        links.append(_clause(line))
    estimate = unit.find(Estimate, request.estimate)
    if estimate is not None:
        says = f"{estimate.days} day(s) estimated by the production"
        links.append(Link(kind="estimate", digest=estimate.digest(), says=says, details=(estimate.basis,)))
    for answer in standing.answers if standing else ():
        approval = unit.get(Approval, answer.approval)
        if approval is not None:
            said = "yes" if approval.yes else "no"
            links.append(
                Link(kind="approval", digest=approval.digest(), says=f"{approval.answered_by} said {said}",
                     details=(approval.words,))
            )  # fmt: skip
    mandate = unit.get(Mandate, standing.mandate) if standing and standing.mandate else None
    if mandate is not None and line is not None and line.payee in ("agent", "performer"):
        says = f"the performer's mandate: {mandate.commission_bp / 100:g} % to {mandate.agent}"
        links.append(Link(kind="mandate", digest=mandate.digest(), says=says, details=()))
    return links


def _clause(line: PriceLine) -> Link:
    readings = tuple(
        f"{item.name} = {item.value} since {item.since}, by {item.keyed_by.replace('_', ' ')} "
        f"{item.keyed_on} (confidence {item.confidence}{'' if item.decided else ', decided nothing'})"
        for item in line.readings
    )
    return Link(kind="clause", digest="", says=f"{line.clause}; {line.source}", details=(line.arithmetic, *readings))


def _signatures(unit: Unit, digest: str) -> list[Link]:
    found: tuple[Signature, ...] = unit.signatures(digest)
    return [
        Link(kind="signature", digest=item.digest(), says=f"signed by {item.signer} on {item.at.day}",
             details=(f"Ed25519 {item.verify_key[:16]}…",))
        for item in found
    ]  # fmt: skip
