"""Take in a capture: papers first, then the sealed pictures, then one share to each custodian."""

from __future__ import annotations

from collections.abc import Mapping

from stagedoor.core.base.outcome import Code, Refused
from stagedoor.core.facts.asset import Asset, Notice, Release
from stagedoor.core.facts.party import Party, Production, Role, Signature
from stagedoor.core.steps.intake import take_in
from stagedoor.ports.store import Store
from stagedoor.ports.world import Verifier
from stagedoor.stories.unit import HOUSE, record_signed, signed_by


def record_papers(
    store: Store,
    verifier: Verifier,
    *,
    notice: Notice | None,
    notice_signature: Signature | None,
    release: Release | None,
    release_signature: Signature | None,
    performer: str,
    production: str,
    studio: str,
) -> Refused | None:
    """Record the notice and the release, if together they let this capture in; nothing is recorded otherwise."""
    refused = take_in(notice, release, performer=performer, production=production)
    if refused is not None:
        return refused
    assert notice and release and notice_signature and release_signature
    with store.unit() as unit:
        first = record_signed(
            unit, verifier, notice, notice_signature,
            journal=HOUSE, ident=notice.notice, signer=studio, roles=(Role.STUDIO,),
        )  # fmt: skip
        second = first or record_signed(
            unit, verifier, release, release_signature,
            journal=HOUSE, ident="", signer=performer, roles=(Role.PERFORMER,),
        )  # fmt: skip
        if second is not None:
            unit.roll_back()
        return second


def record_capture(store: Store, verifier: Verifier, asset: Asset, envelopes: Mapping[str, bytes]) -> Refused | None:
    """Record a sealed capture and hand each custodian its share; the blob is durable before this is called.

    The papers are looked up and judged again: no capture exists here without signed notice, reason and release.
    """
    with store.unit() as unit:
        performer = unit.find(Party, asset.performer)
        production = unit.find(Production, asset.production)
        if performer is None or performer.role is not Role.PERFORMER or production is None:
            return Refused(code=Code.UNKNOWN_PARTY, why="The performer or the production is not enrolled here.")
        notice, release = unit.get(Notice, asset.notice), unit.get(Release, asset.release)
        if notice is not None and not signed_by(unit, verifier, notice, production.studio):
            notice = None
        if release is not None and not signed_by(unit, verifier, release, asset.performer):
            release = None
        refused = take_in(notice, release, performer=asset.performer, production=asset.production)
        if refused is not None:
            return refused
        unit.append(HOUSE, asset, ident=asset.asset)
        unit.open_asset(asset)
        for custodian, envelope in sorted(envelopes.items()):
            unit.deposit_share(
                asset.asset, custodian, envelope, performer=asset.performer, performer_key=performer.verify_key
            )
        return None


def custodians_have_it(store: Store, asset: str, *, wanted: int) -> bool:
    """Whether every custodian has taken its share into keeping; only then may the plaintext folder be deleted."""
    with store.unit() as unit:
        return len(unit.shares_taken(asset)) >= wanted
