"""Check a bundle offline: frame -> receipt -> permit -> decision -> consent -> signatures, and every posting.

No database and no trust in whoever sent it: each fact is read strictly, each digest recomputed, each signature
verified, each decision *made again* from the facts as they stood and compared byte for byte (invariant 9), each
posting compared with what the decision's price gives (invariants 7 and 8).  What a bundle cannot prove by itself is
whose keys these are: they are listed, and `pins` compares them with keys learned another way.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace

from stagedoor.core.base.fact import Fact
from stagedoor.core.base.when import within
from stagedoor.core.facts.consent import Capacity, Consent
from stagedoor.core.facts.decision import Answer, Approval, Decision
from stagedoor.core.facts.party import Adoption, Authority, Mandate, Party, Production, Role, Signature
from stagedoor.core.facts.permit import KeyGrant, Permit, Receipt, WorkOrder
from stagedoor.core.facts.posting import Entry, EntryKind
from stagedoor.core.facts.request import Request, Standing
from stagedoor.core.rules.chart import funds, lines_of, reserved
from stagedoor.core.rules.rulebook import Rulebook
from stagedoor.core.steps.attest import attest
from stagedoor.core.steps.decide import decide
from stagedoor.core.steps.dispatch import dispatch
from stagedoor.ports.world import SignatureFault, Verifier
from stagedoor.stories.unit import SIGNS_AS


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """One thing looked at: whether it holds, and what it was."""

    holds: bool
    what: str


@dataclass(slots=True, kw_only=True)
class _Bundle:
    facts: Mapping[str, Fact]
    books: Mapping[str, Rulebook]
    files: Mapping[str, str]
    verifier: Verifier
    parties: dict[str, Party] = field(default_factory=dict)
    signed: dict[str, list[Signature]] = field(default_factory=dict)


def output_name(receipt: Receipt, name: str) -> str:
    """An output's name in a bundle: two orders may both have made a frame-000000.png."""
    return f"{receipt.receipt[-12:]}/{name}"


def verify_bundle(
    facts: tuple[Fact, ...],
    books: Mapping[str, Rulebook],
    files: Mapping[str, str],
    verifier: Verifier,
    *,
    pins: Mapping[str, str],
) -> tuple[Check, ...]:
    """Every check in order.  `books` by digest; `files` an output's name to its SHA-256; `pins` a role to its key."""
    bundle = _Bundle(facts={fact.digest(): fact for fact in facts}, books=books, files=files, verifier=verifier)
    checks = list(_keys(bundle, pins))
    receipts = [fact for fact in facts if isinstance(fact, Receipt)]
    if not receipts:
        checks.append(Check(holds=False, what="the bundle holds no receipt, so it is evidence of nothing"))
    for receipt in receipts:
        checks += _receipt(bundle, receipt)
    for fact in facts:
        if isinstance(fact, Entry):
            checks += _entry(bundle, fact)
    checks += _payments(bundle, receipts)
    checks += _stray_files(bundle, receipts)
    return tuple(checks)


def _keys(bundle: _Bundle, pins: Mapping[str, str]) -> Iterator[Check]:
    for fact in bundle.facts.values():
        if isinstance(fact, Party):
            same = bundle.parties.get(fact.party, fact) == fact
            bundle.parties[fact.party] = fact
            if not same:
                yield Check(holds=False, what=f"{fact.party} is enrolled twice with different keys")
        if isinstance(fact, Signature):
            bundle.signed.setdefault(fact.signs, []).append(fact)
    for role, key in pins.items():
        held = [party.verify_key for party in bundle.parties.values() if party.role.value == role]
        yield Check(holds=held == [key], what=f"the {role}'s key is the one that was given to compare with")


def _has_signed(bundle: _Bundle, fact: Fact, role: Role, party: str = "") -> Check:
    """Whether somebody in that role (that very party, if named) signed exactly this fact."""
    what = f"{fact.KIND} {fact.digest()[7:19]} is signed by the {role.value}"
    for signature in bundle.signed.get(fact.digest(), []):
        signer = bundle.parties.get(signature.signer)
        if signer is None or signer.role is not role or signer.verify_key != signature.verify_key:
            continue
        if party and signer.party != party:
            continue
        try:
            bundle.verifier.verify(fact, signature)
        except SignatureFault:
            continue
        return Check(holds=True, what=what)
    return Check(holds=False, what=what)


def _receipt(bundle: _Bundle, receipt: Receipt) -> Iterator[Check]:
    permit, order = bundle.facts.get(receipt.permit), bundle.facts.get(receipt.order)
    granted = bundle.facts.get(receipt.grant)
    if not (isinstance(permit, Permit) and isinstance(order, WorkOrder) and isinstance(granted, KeyGrant)):
        yield Check(holds=False, what=f"the permit, order and key grant of receipt {receipt.receipt} are in the bundle")
        return
    for output in receipt.outputs:
        name = output_name(receipt, output.name)
        there = bundle.files.get(name)
        yield Check(
            holds=there == output.sha256 and output.mark == order.stamp,
            what=f"{name} is the very file that its receipt signs for, and says '{output.mark}'",
        )
    yield _has_signed(bundle, receipt, Role.WORKER, permit.worker)
    yield Check(holds=_fits(receipt, order, permit, granted), what="receipt, order, grant and permit fit one another")
    made = [fact for fact in bundle.facts.values() if isinstance(fact, Receipt) and fact.permit == receipt.permit]
    within = sum(each.units for each in made) <= permit.units and len({each.grant for each in made}) == len(made)
    yield Check(holds=within, what=f"all receipts of permit {permit.permit[-12:]} together stay within its units")
    yield _has_signed(bundle, permit, Role.GATE)
    yield from _permit(bundle, permit)


def _fits(receipt: Receipt, order: WorkOrder, permit: Permit, granted: KeyGrant) -> bool:
    """The order is one that the permit allows, the grant is for it, and the receipt counts what it names."""
    allowed = dispatch(
        permit, order_id=order.order, recipe=order.recipe, settings=order.settings,
        result_asset=order.result_asset, at=order.at,
    )  # fmt: skip
    return (
        allowed == order
        and receipt.worker == permit.worker == granted.worker
        and granted.permit == permit.digest() == order.permit
        and granted.order == order.digest() == receipt.order
        and attest(receipt, order, permit, granted, units_left=permit.units) == receipt
    )


def _permit(bundle: _Bundle, permit: Permit) -> Iterator[Check]:
    decision, request = bundle.facts.get(permit.decision), bundle.facts.get(permit.request)
    consent = bundle.facts.get(permit.consent)
    standing = bundle.facts.get(decision.standing) if isinstance(decision, Decision) else None
    if not (
        isinstance(decision, Decision)
        and isinstance(request, Request)
        and isinstance(standing, Standing)
        and isinstance(consent, Consent)
    ):
        yield Check(holds=False, what=f"decision, request, standing and consent of permit {permit.permit} are here")
        return
    allowed = (permit.asset, permit.shot, permit.units, permit.use, permit.production, permit.performer, permit.worker,
               permit.arc_from_deg, permit.arc_to_deg, permit.elevation_from_deg, permit.elevation_to_deg,
               permit.performance)  # fmt: skip
    asked = (request.asset, request.shot, request.units, request.use, request.production, request.performer,
             request.worker, request.arc_from_deg, request.arc_to_deg, request.elevation_from_deg,
             request.elevation_to_deg, request.performance)  # fmt: skip
    same = allowed == asked
    yield Check(holds=same, what="the permit allows exactly what was asked")
    books = tuple(bundle.books[digest] for digest in standing.rulebooks if digest in bundle.books)
    riders = tuple(fact for digest in standing.riders if isinstance(fact := bundle.facts.get(digest), Consent))
    again = (
        len(books) == len(standing.rulebooks)
        and len(riders) == len(standing.riders)
        and standing.request == request.digest()
        and standing.consent == consent.digest()
        and decide(request, standing, consent, books, at=decision.at, riders=riders).canonical() == decision.canonical()
    )
    yield Check(holds=again, what=f"decision {permit.decision[7:19]}, made again, comes out the same byte for byte")
    yield Check(holds=decision.answer is Answer.PERMIT, what="the decision says yes")
    productions = [fact for fact in bundle.facts.values() if isinstance(fact, Production)]
    production = next((fact for fact in productions if fact.production == permit.production), None)
    studio = production.studio if production else "-"
    own = production is not None and _has_signed(bundle, production, Role.STUDIO, studio).holds
    yield Check(holds=own, what="the production is signed by its studio")
    for each in (consent, *riders):
        yield from _consented(bundle, each, studio)
    yield from _adoptions(bundle, standing)
    yield from _answers(bundle, request, standing)


def _consented(bundle: _Bundle, consent: Consent, studio: str) -> Iterator[Check]:
    """The giver signed, and may sign in that capacity; the studio countersigned."""
    yield _has_signed(bundle, consent, SIGNS_AS[consent.capacity], consent.giver)
    yield _has_signed(bundle, consent, Role.STUDIO, studio)
    if consent.capacity is Capacity.ADULT:
        yield Check(holds=consent.giver == consent.performer, what="an adult's consent is the performer's own")
    elif consent.capacity is not Capacity.UNION:
        vouched = any(
            isinstance(fact, Authority)
            and fact.holder == consent.giver
            and fact.performer == consent.performer
            and fact.role is SIGNS_AS[consent.capacity]
            and within(consent.at.day, fact.first_day, fact.last_day)
            and _has_signed(bundle, fact, Role.UNION, fact.vouched_by).holds
            for fact in bundle.facts.values()
        )
        yield Check(holds=vouched, what=f"a union vouched that the signer may sign as {consent.capacity.value}")


def _adoptions(bundle: _Bundle, standing: Standing) -> Iterator[Check]:
    """Whoever sends a bundle could send a rulebook of his own with it: a union must have adopted these very bytes."""
    for digest in standing.rulebooks:
        found = [
            fact for fact in bundle.facts.values() if isinstance(fact, Adoption) and fact.rulebook_digest == digest
        ]
        signed = any(_has_signed(bundle, fact, Role.UNION, fact.adopted_by).holds for fact in found)
        yield Check(holds=signed, what=f"rulebook {digest[7:19]} was adopted by a union")


def _answers(bundle: _Bundle, request: Request, standing: Standing) -> Iterator[Check]:
    """Each answer was given to this very request, by who was asked, and is signed by them."""
    for answer in standing.answers:
        if not answer.approval and answer.late and not answer.yes:
            continue  # a deadline that passed without an answer: a no, which nobody has to sign
        approval = bundle.facts.get(answer.approval)
        holds = isinstance(approval, Approval) and _was_asked(bundle, approval, answer.rule, request)
        same = isinstance(approval, Approval) and (approval.rule, approval.yes) == (answer.rule, answer.yes)
        yield Check(holds=holds and same, what=f"the answer to '{answer.rule}' was given by who was asked, and signed")


def _was_asked(bundle: _Bundle, approval: Approval, rule: str, request: Request) -> bool:
    decision = bundle.facts.get(approval.decision)
    asked = bundle.facts.get(decision.request) if isinstance(decision, Decision) else None
    if not isinstance(decision, Decision) or not isinstance(asked, Request):
        return False
    roles = {finding.asks for finding in decision.findings if finding.rule == rule and finding.asks}
    if len(roles) != 1 or replace(asked, at=request.at) != request:
        return False
    (role,) = roles
    hers = role is not Role.PERFORMER or approval.answered_by == request.performer
    return hers and _has_signed(bundle, approval, role, approval.answered_by).holds


def _entry(bundle: _Bundle, entry: Entry) -> Iterator[Check]:
    name = f"{entry.kind.value} entry {entry.digest()[7:19]}"
    currencies = {posting.amount.currency for posting in entry.postings}
    total = sum(posting.amount.units for posting in entry.postings)
    yield Check(holds=total == 0 and len(currencies) == 1, what=f"{name} balances in one currency")
    if entry.kind is EntryKind.CORRECT:
        yield Check(holds=False, what=f"{name} has a signed fact behind it; nothing here makes corrections yet")
    if entry.kind is not EntryKind.POST:
        return
    permit = bundle.facts.get(entry.permit)
    decision = bundle.facts.get(permit.decision) if isinstance(permit, Permit) else None
    if not isinstance(permit, Permit) or not isinstance(decision, Decision) or decision.quote is None:
        yield Check(holds=False, what=f"{name} has its permit and decision in the bundle")
        return
    yield Check(holds=permit.request in _made_within(bundle), what=f"{name} stands on a receipt in the bundle")
    standing = bundle.facts.get(decision.standing)
    mandate = bundle.facts.get(standing.mandate) if isinstance(standing, Standing) else None
    agent = mandate.agent if isinstance(mandate, Mandate) else ""
    payers = {reserved(permit.permit), funds(permit.production)}
    out_of = next((posting.account for posting in entry.postings if posting.account in payers), "")
    due = lines_of(decision.quote, out_of=out_of, performer=permit.performer, agent=agent)
    yield Check(holds=due == entry.postings, what=f"{name} posts exactly the price that was decided")
    if isinstance(mandate, Mandate):
        yield _has_signed(bundle, mandate, Role.PERFORMER, permit.performer)


def _payments(bundle: _Bundle, receipts: list[Receipt]) -> Iterator[Check]:
    """Whatever was made within an estimate was paid, once: one post entry for each estimate and consent, no more."""
    paid: dict[tuple[str, str], int] = {}
    priced: set[tuple[str, str]] = set()
    for fact in bundle.facts.values():
        if isinstance(fact, Entry) and fact.kind is EntryKind.POST:
            key = _within(bundle, bundle.facts.get(fact.permit))
            paid[key] = paid.get(key, 0) + 1
    for receipt in receipts:
        if receipt.units:
            priced.add(_within(bundle, bundle.facts.get(receipt.permit)))
    once = all(count == 1 for count in paid.values()) and priced <= set(paid)
    yield Check(holds=once, what="everything that was made is paid, and paid once")


def _within(bundle: _Bundle, permit: Fact | None) -> tuple[str, str]:
    request = bundle.facts.get(permit.request) if isinstance(permit, Permit) else None
    return (request.estimate, request.consent) if isinstance(request, Request) else ("", "")


def _made_within(bundle: _Bundle) -> set[str]:
    """Requests that some receipt rests on: its own, and those of the same estimate, whose days it made due."""
    permits = [
        bundle.facts.get(fact.permit) for fact in bundle.facts.values() if isinstance(fact, Receipt) and fact.units
    ]
    direct = {permit.request for permit in permits if isinstance(permit, Permit)}
    requests = {digest: fact for digest, fact in bundle.facts.items() if isinstance(fact, Request)}
    estimates = {requests[digest].estimate for digest in direct if digest in requests}
    return {digest for digest, fact in requests.items() if fact.estimate in estimates}


def _stray_files(bundle: _Bundle, receipts: list[Receipt]) -> Iterator[Check]:
    receipted = {output_name(receipt, output.name) for receipt in receipts for output in receipt.outputs}
    for name in sorted(set(bundle.files) - receipted):
        yield Check(holds=False, what=f"{name} is in the bundle, but no receipt accounts for it")
