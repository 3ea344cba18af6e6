"""What goes into the envelopes of shares, and what they are bound to: one wording for intake, custodian and worker.

A *deposit* carries a share to its custodian, with a note inside that says whose it is.  The gate passes it on and can
neither read nor change it.  For a capture the note names the performer and their key; for a replica it names the asset
it was made from, and the worker that made it signs it over the share's digest, so that the custodian takes performer,
key and capture from what it pinned before, and from nobody's word.  For a replica that was made elsewhere the note
carries the performer's own signed release of it.

A *release* carries a share to the one-time key that a worker signed for.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields, replace
from typing import Final

import msgspec

from stagedoor.core.base.canonical import canonical_bytes
from stagedoor.core.facts.origin import ReplicaRelease
from stagedoor.core.facts.party import Signature

DEPOSIT: Final = "deposit"
RELEASE: Final = "release"
"""Purposes of envelopes."""

DEPOSIT_NOTE: Final = "deposit_note"
KEY_REQUEST: Final = "key_request"
"""Domains of signatures."""

SHARE_BYTES: Final = 32

_LATER: Final = frozenset({"release", "release_signature"})
"""Fields that a note is written without if they are empty."""


class EnvelopeNoteError(ValueError):
    """An envelope's content is not a share with its note.  The text says what was wrong, never the bytes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DepositNote:
    """Beside a share: the asset, and either performer and key (a capture) or parent and worker (a replica).

    `release` is the canonical text of a ReplicaRelease and `release_signature` the performer's over it (hex), for a
    replica that was made elsewhere; its parent is the capture that it was made from, or "".  Where there is none, both
    fields are left out of the written note, which then has the bytes that it always had.
    """

    asset: str
    custodian: str
    performer: str
    performer_key: str
    parent: str
    worker: str
    worker_signature: str
    release: str = ""
    release_signature: str = ""


def deposit_binding(*, asset: str, custodian: str) -> Mapping[str, str]:
    """What a deposit's envelope is bound to."""
    return {"asset": asset, "custodian": custodian}


def release_binding(*, grant: str, permit: str, asset: str, epoch: int, custodian: str) -> Mapping[str, str]:
    """What a released share's envelope is bound to; grant and permit by digest."""
    return {"grant": grant, "permit": permit, "asset": asset, "epoch": str(epoch), "custodian": custodian}


def key_request(*, order: str, one_time_key: str, worker: str) -> bytes:
    """What a worker signs, so that nobody between it and the custodians can put another key in its key's place."""
    return canonical_bytes({"one_time_key": one_time_key, "order": order, "worker": worker})


def replica_deposit(*, asset: str, custodian: str, parent: str, performer: str, worker: str, share: bytearray) -> bytes:
    """What a worker signs about a share of a replica it made.  The digest of 32 random bytes tells nothing of them."""
    return canonical_bytes(
        {
            "asset": asset,
            "custodian": custodian,
            "parent": parent,
            "performer": performer,
            "share_sha256": hashlib.sha256(share).hexdigest(),
            "worker": worker,
        }
    )


def capture_note(*, asset: str, custodian: str, performer: str, performer_key: str) -> DepositNote:
    """The note of a capture's share, as intake writes it."""
    return DepositNote(
        asset=asset,
        custodian=custodian,
        performer=performer,
        performer_key=performer_key,
        parent="",
        worker="",
        worker_signature="",
    )


def brought_note(*, custodian: str, release: ReplicaRelease, signature: Signature, performer_key: str) -> DepositNote:
    """The note of a share of a replica that was made elsewhere, as intake writes it."""
    note = capture_note(
        asset=release.asset, custodian=custodian, performer=release.performer, performer_key=performer_key
    )
    return replace(
        note,
        parent=release.capture,
        release=release.canonical().decode("utf-8"),
        release_signature=signature.signature,
    )


def pack_deposit(share: bytearray, note: DepositNote) -> bytearray:
    """Share and note as one plaintext, to be sealed and then wiped."""
    if len(share) != SHARE_BYTES:
        raise EnvelopeNoteError(f"a share is {SHARE_BYTES} bytes")
    return share + canonical_bytes({name: value for name, value in asdict(note).items() if value or name not in _LATER})


def unpack_deposit(plain: bytearray) -> tuple[bytearray, DepositNote]:
    """Share and note.  The caller wipes the share and what it was taken from."""
    if len(plain) <= SHARE_BYTES:
        raise EnvelopeNoteError("a deposit holds a share and a note")
    raw = bytes(plain[SHARE_BYTES:])
    try:
        told = msgspec.json.decode(raw)
    except (msgspec.MsgspecError, RecursionError) as fault:
        raise EnvelopeNoteError("a deposit's note is not JSON") from fault
    names = {field.name for field in fields(DepositNote)}
    if (
        not isinstance(told, dict)
        or set(told) not in (names, names - _LATER)
        or not all(isinstance(value, str) for value in told.values())
    ):
        raise EnvelopeNoteError("a deposit's note does not have the fields of one")
    note = DepositNote(**told)
    if canonical_bytes(told) != raw or not all(told.get(name, "more") for name in _LATER):
        raise EnvelopeNoteError("a deposit's note is not in its one spelling")
    return plain[:SHARE_BYTES], note
