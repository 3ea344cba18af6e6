"""From envelopes to plaintext: the only place where a whole data key exists, and only in buffers that get wiped."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path

from stagedoor.core.base.outcome import Code, Refused
from stagedoor.core.facts.asset import Asset
from stagedoor.core.facts.permit import KeyGrant
from stagedoor.seal import OneTimeKey, SealError, join, open_bytes, wipe
from stagedoor.wire import blobs
from stagedoor.wire.decode import DecodeError, decode
from stagedoor.wire.envelopes import RELEASE, release_binding
from stagedoor.worker.job import Plan, WorkError
from stagedoor.worker.lease import Lease

ASSET_BYTES_MAX = 2 << 30
"""Bytes of one opened asset: a capture is at most 1 GiB, and it is held once sealed and once open."""


def read_grant(body: bytes, plan: Plan, *, worker: str, one_time_key: str) -> KeyGrant | Refused:
    """The grant, if it is for this order, this key and this worker."""
    try:
        grant = decode(KeyGrant, body)
    except DecodeError as fault:
        return Refused(code=Code.MALFORMED, why=f"the grant cannot be read: {fault}")
    told = (grant.permit, grant.order, grant.asset, grant.epoch, grant.worker, grant.one_time_key)
    permit = plan.permit
    if told != (permit.digest(), plan.order.digest(), permit.asset, permit.epoch, worker, one_time_key):
        return Refused(code=Code.NOT_PERMITTED, why="the grant is not for what this worker asked")
    return grant


def open_key(
    grant: KeyGrant, envelopes: dict[str, bytes], *, custodians: dict[str, str], one_time: OneTimeKey
) -> bytearray:
    """The data key of both shares, in a buffer that the caller wipes; the shares are wiped here."""
    digest = grant.digest()
    shares: list[bytearray] = []
    try:
        for custodian in custodians:
            binding = release_binding(
                grant=digest, permit=grant.permit, asset=grant.asset, epoch=grant.epoch, custodian=custodian
            )
            shares.append(one_time.open(envelopes[custodian], purpose=RELEASE, bound_to=binding))
        return join(*shares)
    except SealError as fault:
        raise WorkError(f"the shares do not open: {type(fault).__name__}") from None
    finally:
        wipe(*shares)


def open_asset(folder: Path, asset: Asset, key: bytearray, lease: Lease) -> bytearray:
    """The asset's plaintext, in a buffer that is wiped when the lease ends."""
    if asset.sealed_bytes > ASSET_BYTES_MAX:
        raise WorkError(f"the asset is larger than the {ASSET_BYTES_MAX} bytes that a worker opens")
    context = asset.asset.encode("ascii")
    try:
        with closing(blobs.pieces(folder, asset.sealed_sha256, size=asset.sealed_bytes)) as source:
            plain = open_bytes(source, key=key, context=context, max_bytes=asset.sealed_bytes)
    except (SealError, blobs.BlobError) as fault:
        raise WorkError(f"the sealed asset does not open: {type(fault).__name__}") from None
    return lease.guard(plain)
