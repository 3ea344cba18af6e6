"""May this share be sealed to this worker's key?  Pure, complete, and doubt refuses (invariants 1, 4 and 5).

The store chose the papers and may be wrong, or in other hands; so nothing is taken from it but bytes that bind
themselves: every paper by the digest that points at it, the permit by the gate's key, the one-time key by the worker's,
the consent by the performer's key as it was when the share was deposited.  The states (epoch, holds, lives, units left)
are the store's word alone: who owns the database can lie about them, and leaves that lie in the journals.  All checks
run; the refusal that is answered is the first in precedence.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from stagedoor.core.base.canonical import digest_of
from stagedoor.core.base.limits import LEASE_SECONDS
from stagedoor.core.base.outcome import Code, Refused
from stagedoor.core.facts.consent import Consent
from stagedoor.core.facts.decision import Answer, Decision
from stagedoor.core.facts.party import Signature
from stagedoor.core.facts.permit import KeyGrant, Permit
from stagedoor.core.facts.posting import Entry
from stagedoor.core.facts.request import Request
from stagedoor.custodian.papers import Cleared, Papers, Pinned, Trust
from stagedoor.custodian.terms import money_refusals, terms_refusals
from stagedoor.seal import SealError, verify
from stagedoor.wire.decode import DecodeError, decode
from stagedoor.wire.envelopes import KEY_REQUEST, key_request


def judge(papers: Papers, trust: Trust, pinned: Pinned | None) -> Cleared | Refused:
    """Cleared only if every paper, signature and state agrees with every other; else why not."""
    try:
        read = _read(papers)
    except DecodeError as fault:
        return Refused(code=Code.MALFORMED, why=f"a paper of this grant cannot be read: {fault}", clause="DESIGN 3.1")
    if pinned is None:
        return Refused(
            code=Code.KEY_DESTROYED,
            why=f"custodian '{trust.name}' holds no share for this asset: destroyed, or never deposited",
            clause="DESIGN 7",
        )
    found = [
        *_links(papers, read),
        *_signatures(read, trust, pinned),
        *_parties(read, pinned),
        *terms_refusals(read.permit, read.request, read.consent, pinned),
        *money_refusals(read.permit, read.decision, read.reserve),
        *_states(papers, read),
    ]
    if found:
        return min(found, key=lambda refused: refused.code.number)
    return Cleared(
        grant=papers.asked,
        permit=read.grant.permit,
        asset=read.grant.asset,
        epoch=read.grant.epoch,
        one_time_key=read.grant.one_time_key,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Read:
    """The papers as facts."""

    grant: KeyGrant
    permit: Permit
    decision: Decision
    request: Request
    consent: Consent
    permit_signatures: tuple[Signature, ...]
    consent_signatures: tuple[Signature, ...]
    reserve: Entry | None


def _read(papers: Papers) -> _Read:
    return _Read(
        grant=decode(KeyGrant, papers.grant),
        permit=decode(Permit, papers.permit),
        decision=decode(Decision, papers.decision),
        request=decode(Request, papers.request),
        consent=decode(Consent, papers.consent),
        permit_signatures=tuple(decode(Signature, body) for body in papers.permit_signatures),
        consent_signatures=tuple(decode(Signature, body) for body in papers.consent_signatures),
        reserve=None if papers.reserve is None else decode(Entry, papers.reserve),
    )


def _links(papers: Papers, read: _Read) -> Iterator[Refused]:
    """Every paper is the one that another points at."""
    if digest_of(KeyGrant.KIND, papers.grant) != papers.asked:
        yield _no(Code.NOT_PERMITTED, "the grant shown is not the grant asked about")
    permit_digest = digest_of(Permit.KIND, papers.permit)
    request_digest = digest_of(Request.KIND, papers.request)
    if read.grant.permit != permit_digest:
        yield _no(Code.NOT_PERMITTED, "the grant points at another permit than the one shown")
    if read.permit.decision != digest_of(Decision.KIND, papers.decision):
        yield _no(Code.NOT_PERMITTED, "the permit points at another decision than the one shown")
    if read.permit.request != request_digest:
        yield _no(Code.NOT_PERMITTED, "the permit points at another request than the one shown")
    if read.decision.request != request_digest:
        yield _no(Code.NOT_PERMITTED, "the decision answers another request than the one shown")
    if read.permit.consent != digest_of(Consent.KIND, papers.consent):
        yield _no(Code.NO_CONSENT, "the permit points at another consent than the one shown")
    if read.decision.answer is not Answer.PERMIT:
        yield _no(Code.NOT_PERMITTED, f"the decision answers '{read.decision.answer.value}', not 'permit'")


def _signatures(read: _Read, trust: Trust, pinned: Pinned) -> Iterator[Refused]:
    """The gate signed the permit, the worker its one-time key, the performer the consent."""
    if not _signed(read.permit_signatures, read.permit, trust.gate_key, None):
        yield _no(Code.SIGNATURE_INVALID, "the permit is not signed by the gate whose key is pinned here")
    giver = read.consent.signer or pinned.performer
    if not _signed(read.consent_signatures, read.consent, pinned.performer_key, giver):
        yield _no(
            Code.SIGNATURE_INVALID,
            "the consent is not signed by the performer's key that was pinned when the share was deposited",
            "DESIGN 6",
        )
    worker_key = trust.workers.get(read.grant.worker)
    if worker_key is None:
        yield _no(Code.UNKNOWN_PARTY, "the grant names a worker whose key is not pinned here; see trust.json")
        return
    message = key_request(order=read.grant.order, one_time_key=read.grant.one_time_key, worker=read.grant.worker)
    if not _verifies(worker_key, KEY_REQUEST, message, read.grant.worker_signature):
        yield _no(Code.SIGNATURE_INVALID, "the worker did not sign this one-time key for this order")


def _signed(signatures: tuple[Signature, ...], fact: Permit | Consent, key: str, signer: str | None) -> bool:
    """Whether one of the signatures is `key`'s over these very bytes."""
    data = fact.canonical()
    digest = digest_of(fact.KIND, data)
    return any(
        signature.signs == digest
        and signature.signs_kind == fact.KIND
        and signature.verify_key == key
        and (signer is None or signature.signer == signer)
        and _verifies(key, fact.KIND, data, signature.signature)
        for signature in signatures
    )


def _verifies(key: str, domain: str, message: bytes, signature: str) -> bool:
    try:
        verify(key, domain, message, signature)
    except SealError:
        return False
    return True


def _parties(read: _Read, pinned: Pinned) -> Iterator[Refused]:
    """Grant, permit, request and share speak of the same worker, asset and performer."""
    grant, permit, request = read.grant, read.permit, read.request
    if not grant.worker == permit.worker == request.worker:
        yield _no(Code.PERMIT_OTHER_WORKER, "grant, permit and request do not name the same worker")
    if permit.worker_grade != request.worker_grade:
        yield _no(Code.PERMIT_OTHER_WORKER, "permit and request do not name the same grade of worker")
    if not grant.asset == permit.asset == request.asset == pinned.asset:
        yield _no(Code.UNKNOWN_ASSET, "grant, permit, request and share do not name the same asset")
    if not permit.performer == request.performer == read.consent.performer == pinned.performer:
        yield _no(Code.NO_CONSENT, "permit, request, consent and share do not name the same performer")
    if not 1 <= grant.lease_seconds <= LEASE_SECONDS:
        yield _no(Code.MALFORMED, f"a lease runs 1 to {LEASE_SECONDS} seconds, so that a withdrawal is prompt")


def _states(papers: Papers, read: _Read) -> Iterator[Refused]:
    """What was true in the store under lock.  A state that is not known refuses."""
    known = (
        papers.asset_epoch, papers.asset_withdrawn, papers.asset_holds,
        papers.permit_status, papers.permit_live, papers.lease_live, papers.units_left,
    )  # fmt: skip
    if any(state is None for state in known):
        yield _no(Code.DOUBT, "the store did not say how asset, permit or lease stand")
    if not papers.asset_epoch == read.grant.epoch == read.permit.epoch:
        yield _no(Code.EPOCH_PASSED, "asset, permit and grant are not of one epoch", "DESIGN 3.4")
    if papers.asset_withdrawn is not False:
        yield _no(Code.CONSENT_WITHDRAWN, "the asset is withdrawn", "DESIGN 3.5")
    if papers.asset_holds != ():
        yield _no(Code.HELD, "the asset is on hold", "DESIGN 3.5")
    if papers.permit_status not in {"live", "posted"}:  # a posted permit may still meter within its life
        yield _no(Code.NOT_PERMITTED, "the permit is void or unknown")
    if papers.permit_live is not True:
        yield _no(Code.PERMIT_EXPIRED, "the permit's life has ended")
    if papers.lease_live is not True:
        yield _no(Code.LEASE_LAPSED, "the lease of this grant has ended", "DESIGN 3.5")
    if papers.units_left is None or papers.units_left <= 0:
        yield _no(Code.PERMIT_SPENT, "no units of the permit are left")


def _no(code: Code, why: str, clause: str = "DESIGN 3.4") -> Refused:
    return Refused(code=code, why=why, clause=clause)
