"""A share comes in: opened with the custodian's own key, and believed only as far as its note can be.

A capture's performer and key are pinned from what intake wrote inside the envelope: the first word counts, and no later
one replaces it.  A replica's come from the pins of the asset it was made from, on the signed word of a pinned worker.
A replica that was made elsewhere comes on the performer's own signed release; made from a capture, on the key that was
pinned with that capture.
"""

from __future__ import annotations

from collections.abc import Callable

from stagedoor.core.facts.origin import ReplicaRelease
from stagedoor.custodian.desk import Deposit
from stagedoor.custodian.keys import Keys
from stagedoor.custodian.papers import Pinned, Trust
from stagedoor.seal import SealError, open_from, verify, wipe
from stagedoor.wire.decode import DecodeError, decode
from stagedoor.wire.envelopes import (
    DEPOSIT,
    DEPOSIT_NOTE,
    DepositNote,
    EnvelopeNoteError,
    deposit_binding,
    replica_deposit,
    unpack_deposit,
)


class DepositError(ValueError):
    """A deposit that is not taken.  The text says why and holds no key."""


def accept(
    deposit: Deposit, *, keys: Keys, trust: Trust, pins_of: Callable[[str], Pinned | None]
) -> tuple[bytearray, Pinned]:
    """The share, which the caller wipes, and what to pin beside it.  `pins_of` gives another asset's pins."""
    binding = deposit_binding(asset=deposit.asset, custodian=keys.name)
    try:
        plain = open_from(keys.seal_private, deposit.envelope, purpose=DEPOSIT, bound_to=binding)
    except SealError as fault:
        raise DepositError(f"the envelope does not open: {type(fault).__name__}") from None
    try:
        share, note = unpack_deposit(plain)
    except EnvelopeNoteError as fault:
        raise DepositError(str(fault)) from None
    finally:
        wipe(plain)
    try:
        return share, _pinned(deposit, note, share, trust, pins_of)
    except (DepositError, SealError) as fault:
        wipe(share)
        raise DepositError(str(fault)) from None


def _pinned(
    deposit: Deposit, note: DepositNote, share: bytearray, trust: Trust, pins_of: Callable[[str], Pinned | None]
) -> Pinned:
    if (note.asset, note.custodian) != (deposit.asset, trust.name):
        raise DepositError("the note is for another asset or custodian")
    if note.release:
        pinned = _brought(note, pins_of)
    else:
        pinned = _replica(note, share, trust, pins_of) if note.parent else _capture(note)
    if (deposit.performer, deposit.performer_key) != (pinned.performer, pinned.performer_key):
        raise DepositError("the store names another performer, or another key of theirs, than the deposit itself")
    return pinned


def _capture(note: DepositNote) -> Pinned:
    if not note.performer or not note.performer_key or note.worker or note.worker_signature:
        raise DepositError("a capture's note names its performer and their key, and no worker")
    return Pinned(asset=note.asset, performer=note.performer, performer_key=note.performer_key, capture=note.asset)


def _brought(note: DepositNote, pins_of: Callable[[str], Pinned | None]) -> Pinned:
    """From archives the performer's key is the note's own, as a capture's is; else it must be the one pinned before."""
    if not note.performer or not note.performer_key or note.worker or note.worker_signature:
        raise DepositError("a brought replica's note names its performer and their key, and no worker")
    try:
        release = decode(ReplicaRelease, note.release.encode("utf-8"))
    except DecodeError:
        raise DepositError("the release in the note cannot be read") from None
    if (release.asset, release.capture, release.performer) != (note.asset, note.parent, note.performer):
        raise DepositError("the release is for another replica, capture or performer than the note")
    verify(note.performer_key, ReplicaRelease.KIND, release.canonical(), note.release_signature)
    capture = note.asset
    if note.parent:
        parent = pins_of(note.parent)
        if parent is None or parent.brought:
            raise DepositError("no share is held of the capture that this replica was made from")
        if (parent.performer, parent.performer_key) != (note.performer, note.performer_key):
            raise DepositError("the release is not by the performer whose key was pinned with the capture")
        capture = parent.capture
    return Pinned(
        asset=note.asset,
        performer=note.performer,
        performer_key=note.performer_key,
        capture=capture,
        brought=True,
    )


def _replica(note: DepositNote, share: bytearray, trust: Trust, pins_of: Callable[[str], Pinned | None]) -> Pinned:
    worker_key = trust.workers.get(note.worker)
    if worker_key is None:
        raise DepositError("the note names a worker whose key is not pinned here")
    message = replica_deposit(
        asset=note.asset,
        custodian=note.custodian,
        parent=note.parent,
        performer=note.performer,
        worker=note.worker,
        share=share,
    )
    verify(worker_key, DEPOSIT_NOTE, message, note.worker_signature)
    parent = pins_of(note.parent)
    if parent is None:
        raise DepositError("no share is held of the asset that this one was made from")
    if note.performer != parent.performer:
        raise DepositError("the note names another performer than the asset that this one was made from")
    return Pinned(
        asset=note.asset,
        performer=parent.performer,
        performer_key=parent.performer_key,
        capture=parent.capture,
    )
