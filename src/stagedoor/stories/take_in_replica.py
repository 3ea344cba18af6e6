"""Take in a replica that was made elsewhere: papers first, then the sealed file, then one share to each custodian.

What comes in is shut: gate, custodians and worker open it for its own creation alone.  Creating a replica is a use, and
it stays one whoever did the work (docs/adr/0016): the production asks for `create` on what it brought, and the worker's
recipe `admit-replica` makes of it an asset like any other, under a key of its own.
"""

from __future__ import annotations

from collections.abc import Mapping

from stagedoor.core.base.outcome import Code, Refused
from stagedoor.core.base.when import Instant
from stagedoor.core.facts.asset import Asset
from stagedoor.core.facts.origin import Origin, ReplicaRelease
from stagedoor.core.facts.party import Party, Production, Role, Signature
from stagedoor.core.steps.intake import brought_asset, take_in_replica
from stagedoor.ports.store import Store, Unit
from stagedoor.ports.world import Verifier
from stagedoor.stories.unit import HOUSE, record_signed, signed_by


def record_origin(
    store: Store,
    verifier: Verifier,
    *,
    origin: Origin,
    origin_signature: Signature,
    release: ReplicaRelease | None,
    release_signature: Signature | None,
) -> Refused | None:
    """Record origin and release, if together they let this replica in; nothing is recorded otherwise.

    The origin is signed by the production's studio, the release by the performer.
    """
    with store.unit() as unit:
        production = _known(unit, origin.performer, origin.production)
        if isinstance(production, Refused):
            return production
        refused = _may_come_in(unit, origin, release)
        if refused is not None:
            return refused
        if release is None or release_signature is None:
            return Refused(code=Code.NO_RELEASE, why="The release comes without the performer's signature.")
        refused = record_signed(
            unit, verifier, origin, origin_signature,
            journal=HOUSE, ident=origin.asset, signer=production.studio, roles=(Role.STUDIO,),
        ) or record_signed(
            unit, verifier, release, release_signature,
            journal=HOUSE, ident=origin.asset, signer=origin.performer, roles=(Role.PERFORMER,),
        )  # fmt: skip
        if refused is not None and not unit.over:
            unit.roll_back()
        return refused


def record_replica(
    store: Store,
    verifier: Verifier,
    *,
    asset: str,
    sealed_sha256: str,
    sealed_bytes: int,
    envelopes: Mapping[str, bytes],
    at: Instant,
) -> Asset | Refused:
    """Record a sealed replica and hand each custodian its share; the blob is durable before this is called.

    The papers are looked up and judged again: nothing brought exists here without signed origin and release.
    """
    with store.unit() as unit:
        origin, release = unit.find(Origin, asset), unit.find(ReplicaRelease, asset)
        if origin is None:
            return Refused(code=Code.NO_REASON, why="Nobody declared where this replica comes from.")
        production = _known(unit, origin.performer, origin.production)
        if isinstance(production, Refused):
            return production
        if not signed_by(unit, verifier, origin, production.studio):
            return Refused(code=Code.SIGNATURE_INVALID, why="The studio has not signed the replica's origin.")
        if release is not None and not signed_by(unit, verifier, release, origin.performer):
            release = None
        refused = _may_come_in(unit, origin, release)
        if refused is not None:
            return refused
        performer = unit.find(Party, origin.performer)
        assert release is not None and performer is not None
        capture = unit.find(Asset, origin.capture) if origin.capture else None
        made = brought_asset(origin, release, capture, sealed_sha256=sealed_sha256, sealed_bytes=sealed_bytes, at=at)
        if unit.find(Asset, asset) not in (None, made):
            return Refused(code=Code.CONFLICTING_DUPLICATE, why=f"{asset} was taken in before, sealed otherwise.")
        unit.append(HOUSE, made, ident=made.asset)
        unit.open_asset(made)
        for custodian, envelope in sorted(envelopes.items()):
            unit.deposit_share(asset, custodian, envelope, performer=made.performer, performer_key=performer.verify_key)
        return made


def _known(unit: Unit, performer: str, production: str) -> Production | Refused:
    party, made = unit.find(Party, performer), unit.find(Production, production)
    if party is None or party.role is not Role.PERFORMER or made is None:
        return Refused(code=Code.UNKNOWN_PARTY, why="The performer or the production is not enrolled here.")
    return made


def _may_come_in(unit: Unit, origin: Origin, release: ReplicaRelease | None) -> Refused | None:
    capture = unit.find(Asset, origin.capture) if origin.capture else None
    refused = take_in_replica(origin, release, capture, performer=origin.performer, production=origin.production)
    if refused is not None or capture is None:
        return refused
    state = unit.asset_state(capture.asset, lock=True)
    if state is None or state.withdrawn:
        # Its shares are gone or going, and with them the custodians' own word whose the replica would be.
        why = "The performer withdrew the capture that this replica was made from."
        return Refused(code=Code.CONSENT_WITHDRAWN, why=why)
    return None
