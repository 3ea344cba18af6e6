"""Attest and post in one transaction: a receipt and the money that it makes due exist together or not at all."""

from __future__ import annotations

from dataclasses import dataclass, replace

from stagedoor.core.base.outcome import Code, Refused
from stagedoor.core.base.when import Instant
from stagedoor.core.facts.asset import Asset, AssetKind
from stagedoor.core.facts.consent import Consent, Use
from stagedoor.core.facts.decision import Decision
from stagedoor.core.facts.party import Mandate, Party, Role, Signature
from stagedoor.core.facts.permit import KeyGrant, Permit, Receipt
from stagedoor.core.facts.posting import Entry
from stagedoor.core.facts.request import Request, Standing
from stagedoor.core.steps.attest import attest
from stagedoor.core.steps.post import post
from stagedoor.ports.store import Delivered, OverdrawnError, Store, Unit
from stagedoor.ports.world import Ids, Verifier
from stagedoor.stories.unit import HOUSE, journal_of, record_signed
from stagedoor.wire.decode import DecodeError, decode


@dataclass(frozen=True, slots=True, kw_only=True)
class Posted:
    """A receipt that was recorded now or before, and the entry that it made due (None: it owed nothing more)."""

    receipt: Receipt
    entry: Entry | None
    fresh: bool


def record_next_delivery(store: Store, verifier: Verifier, ids: Ids, *, at: Instant) -> Posted | Refused | None:
    """Record the oldest delivery in the letter-box; None if there is none."""
    with store.unit() as unit:
        delivered = unit.take_delivery()
        if delivered is None:
            return None
        result = _record(unit, verifier, ids, delivered, at=at)
        if not unit.over:
            unit.answer_delivery(delivered.order.order, refused=result if isinstance(result, Refused) else None)
    if unit.over and isinstance(result, Refused):
        with store.unit() as fresh:
            fresh.answer_delivery(delivered.order.order, refused=result)
    return result


def record_receipt(
    store: Store, verifier: Verifier, ids: Ids, delivered: Delivered, *, at: Instant
) -> Posted | Refused:
    """Record one delivery from outside the letter-box (a replay, an import); the same rules hold."""
    with store.unit() as unit:
        return _record(unit, verifier, ids, delivered, at=at)


def _record(unit: Unit, verifier: Verifier, ids: Ids, delivered: Delivered, *, at: Instant) -> Posted | Refused:
    try:
        receipt = decode(Receipt, delivered.receipt)
        signature = decode(Signature, delivered.signature)
    except DecodeError as fault:
        return Refused(code=Code.MALFORMED, why=str(fault))
    permit = unit.get(Permit, delivered.order.permit)
    grant = unit.get(KeyGrant, receipt.grant)
    if permit is None or grant is None:
        return Refused(code=Code.NOT_PERMITTED, why="The receipt names a permit or key grant that is not recorded.")
    due = _lock_what_pays(unit, permit)
    state = unit.permit_state(permit.digest(), lock=True)
    assert state is not None
    # Looked up under the locks: of two deliveries of one receipt at once, the second finds the first.
    before = unit.find(Receipt, receipt.receipt)
    if before is not None:
        if before != receipt:
            why = f"The receipt {receipt.receipt} was delivered before with other content."
            return Refused(code=Code.CONFLICTING_DUPLICATE, why=why)
        return Posted(receipt=before, entry=unit.entry_for(receipt.permit, "post"), fresh=False)
    checked = attest(receipt, delivered.order, permit, grant, units_left=state.units - state.units_made)
    if isinstance(checked, Refused):
        return checked
    journal = journal_of(permit.production)
    refused = record_signed(
        unit, verifier, receipt, signature,
        journal=journal, ident=receipt.receipt, signer=permit.worker, roles=(Role.WORKER,),
    )  # fmt: skip
    if refused is not None:
        return refused
    unit.count_units(permit.digest(), receipt.units)
    try:
        entry = _post(unit, ids, receipt, due, at=at) if due is not None and receipt.units else None
    except OverdrawnError:
        unit.roll_back()
        why = (
            "The permit ended and its reservation went back; pay in what this receipt makes due, then deliver it again."
        )
        return Refused(code=Code.INSUFFICIENT_FUNDS, why=why)
    if receipt.result_asset and receipt.units:
        _keep_result(unit, delivered, receipt, permit, at=at)
    unit.end_lease(grant.digest())
    unit.finish_order(delivered.order.order, receipt, status="done" if receipt.units else "failed")
    return Posted(receipt=receipt, entry=entry, fresh=True)


def _lock_what_pays(unit: Unit, permit: Permit) -> Permit | None:
    """The permit whose price a receipt under `permit` makes due; None if the estimate's days were paid already.

    The days of one estimate are charged by one permit and due as soon as anything is made within them, under whichever
    permit: otherwise a production could let the charging one lapse and make its frames under a second, for nothing.
    They are due once: a permit that lapsed and one that took its place never both pay.  The estimate's own lock makes
    two receipts within one estimate wait for each other, before either holds a permit or a journal.
    """
    request = unit.get(Request, permit.request)
    assert request is not None
    unit.lock_consent(f"estimate/{request.estimate}")
    charging = unit.charging_permits(request.estimate, permit.consent)
    if any(unit.entry_for(digest, "post") is not None for digest in charging):
        return None
    chosen = permit.digest() if permit.digest() in charging else next(iter(charging), "")
    if not chosen:
        return None
    for digest in sorted({chosen, permit.digest()}):
        unit.permit_state(digest, lock=True)
    return unit.get(Permit, chosen)


def _post(unit: Unit, ids: Ids, receipt: Receipt, permit: Permit, *, at: Instant) -> Entry | None:
    decision = unit.get(Decision, permit.decision)
    state = unit.permit_state(permit.digest(), lock=False)
    assert decision is not None and state is not None
    standing = unit.get(Standing, decision.standing)
    assert standing is not None
    mandate = unit.get(Mandate, standing.mandate) if standing.mandate else None
    entry = post(
        replace(receipt, permit=permit.digest()),
        permit,
        decision,
        entry_id=ids.new("entry"),
        agent=mandate.agent if mandate else "",
        already_due=unit.entry_for(permit.digest(), "post") is not None,
        reservation_stands=state.status != "void",
        at=at,
    )
    if entry is not None:
        unit.post(journal_of(permit.production), entry)
        unit.close_permit(permit.digest(), status="posted")
    return entry


def _keep_result(unit: Unit, delivered: Delivered, receipt: Receipt, permit: Permit, *, at: Instant) -> None:
    """A replica came out: it becomes an asset of its own, sealed under its own key, one share with each custodian."""
    assert permit.use is Use.CREATE
    source = unit.find(Asset, permit.asset)
    performer = unit.find(Party, permit.performer)
    consent = unit.get(Consent, permit.consent)
    assert source and performer and consent
    asset = Asset(
        asset=receipt.result_asset,
        kind=AssetKind.REPLICA,
        performer=permit.performer,
        production=permit.production,
        replica_kind=consent.replica_kind,
        made_from=(source.digest(),),
        notice=source.notice,
        release=source.release,
        made_by=receipt.digest(),
        sealed_sha256=receipt.sealed_sha256,
        sealed_bytes=receipt.sealed_bytes,
        at=at,
    )
    unit.append(HOUSE, asset, ident=asset.asset)
    unit.open_asset(asset)
    for custodian, envelope in sorted(delivered.shares.items()):
        unit.deposit_share(
            asset.asset, custodian, envelope, performer=asset.performer, performer_key=performer.verify_key
        )
    state = unit.asset_state(source.asset, lock=False)
    assert state is not None
    if state.withdrawn:
        # The withdrawal committed while this replica was on its way: it is born withdrawn, and its shares go at once.
        unit.advance_epoch(asset.asset, withdrawn=True)
        for custodian in sorted(delivered.shares):
            unit.ask_destruction(asset.asset, custodian, because=receipt.digest())
