"""Shares: how they come in, how they lie, how they go out; and that one of them alone opens nothing."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path

import pytest

from custody.kit import (
    CAPTURE,
    GATE_KEY,
    PERFORMER,
    PERFORMER_KEY,
    REPLICA,
    STRANGER_KEY,
    STUDIO,
    TRUST,
    WORKER,
    WORKER_KEY,
    pinned,
)
from stagedoor.custodian import keys as custodian_keys
from stagedoor.custodian import vault
from stagedoor.custodian.desk import Deposit
from stagedoor.custodian.intake import DepositError, accept
from stagedoor.custodian.keys import Keys, KeysError
from stagedoor.custodian.papers import Pinned
from stagedoor.seal import (
    CommitmentError,
    KdfCost,
    KeyFileError,
    OneTimeKey,
    SealError,
    SignatureError,
    SigningKey,
    WrapError,
    join,
    open_bytes,
    public_from_private,
    seal_stream,
    seal_to,
    split,
)
from stagedoor.wire.envelopes import (
    DEPOSIT,
    DEPOSIT_NOTE,
    RELEASE,
    DepositNote,
    EnvelopeNoteError,
    capture_note,
    deposit_binding,
    pack_deposit,
    release_binding,
    replica_deposit,
    unpack_deposit,
)
from stagedoor.wire.pinned import PinnedError

CHEAP = KdfCost(memory_kib=19 << 10, iterations=2, lanes=1)
KEYS = Keys(name="union", seal_private=bytearray(b"s" * 32), signing=SigningKey.generate(), kek=bytearray(b"k" * 32))
SEAL_KEY = public_from_private(KEYS.seal_private)
SHARE = bytearray(os.urandom(32))
NOTE = capture_note(asset=CAPTURE, custodian="union", performer=PERFORMER, performer_key=PERFORMER_KEY.public_hex)
CAPTURE_PINS = pinned(asset=CAPTURE)


def deposit(note: DepositNote, *, asset: str = CAPTURE, key: str = PERFORMER_KEY.public_hex) -> Deposit:
    """A deposit as the store shows it."""
    binding = deposit_binding(asset=asset, custodian="union")
    envelope = seal_to(SEAL_KEY, pack_deposit(SHARE, note), purpose=DEPOSIT, bound_to=binding)
    return Deposit(asset=asset, envelope=envelope, performer=PERFORMER, performer_key=key)


def replica_note(*, signing: SigningKey = WORKER_KEY, parent: str = CAPTURE, performer: str = PERFORMER) -> DepositNote:
    """A replica's note as its worker writes it."""
    message = replica_deposit(
        asset=REPLICA, custodian="union", parent=parent, performer=performer, worker=WORKER, share=SHARE
    )
    return DepositNote(
        asset=REPLICA,
        custodian="union",
        performer=performer,
        performer_key="",
        parent=parent,
        worker=WORKER,
        worker_signature=signing.sign(DEPOSIT_NOTE, message),
    )


def pins_of(asset: str) -> Pinned | None:
    """The custodian holds the capture's share and no other."""
    return CAPTURE_PINS if asset == CAPTURE else None


def test_a_captures_share_is_taken_with_its_performer() -> None:
    share, pins = accept(deposit(NOTE), keys=KEYS, trust=TRUST, pins_of=pins_of)
    assert (share, pins) == (SHARE, CAPTURE_PINS)


def test_a_replicas_share_takes_performer_key_and_capture_from_its_parent() -> None:
    given = deposit(replica_note(), asset=REPLICA)
    share, pins = accept(given, keys=KEYS, trust=TRUST, pins_of=pins_of)
    assert (share, pins) == (SHARE, pinned())


WRONG = {
    "the store names another key": lambda: deposit(NOTE, key=STRANGER_KEY.public_hex),
    "the store names another performer": lambda: replace(deposit(NOTE), performer=STUDIO),
    "the envelope is for another asset": lambda: replace(deposit(NOTE), asset=REPLICA),
    "the note is for another asset": lambda: deposit(NOTE, asset=REPLICA),
    "the envelope was cut": lambda: replace(deposit(NOTE), envelope=deposit(NOTE).envelope[:-1]),
    "the envelope is empty": lambda: replace(deposit(NOTE), envelope=b""),
    "a capture without a key": lambda: deposit(replace(NOTE, performer_key=""), key=""),
    "a capture with a worker": lambda: deposit(replace(NOTE, worker=WORKER)),
    "a replica signed by a stranger": lambda: deposit(replica_note(signing=STRANGER_KEY), asset=REPLICA),
    "a replica by a worker that is not pinned": lambda: deposit(
        replace(replica_note(), worker="worker:x"), asset=REPLICA
    ),
    "a replica of nothing that is held": lambda: deposit(replica_note(parent=REPLICA), asset=REPLICA),
    "a replica of another performer": lambda: deposit(replica_note(performer=STUDIO), asset=REPLICA),
    "a replica passed off as a capture": lambda: deposit(
        replace(replica_note(), parent="", performer_key=STRANGER_KEY.public_hex),
        asset=REPLICA,
        key=STRANGER_KEY.public_hex,
    ),
}


@pytest.mark.parametrize("name", WRONG)
def test_a_deposit_that_is_not_what_it_says_is_refused(name: str) -> None:
    with pytest.raises(DepositError) as refused:
        accept(WRONG[name](), keys=KEYS, trust=TRUST, pins_of=pins_of)
    assert SHARE.hex() not in str(refused.value)


def test_a_share_signed_for_cannot_be_replaced() -> None:
    note = replica_note()
    binding = deposit_binding(asset=REPLICA, custodian="union")
    other = seal_to(SEAL_KEY, pack_deposit(bytearray(32), note), purpose=DEPOSIT, bound_to=binding)
    with pytest.raises(DepositError):
        accept(replace(deposit(note, asset=REPLICA), envelope=other), keys=KEYS, trust=TRUST, pins_of=pins_of)


@pytest.mark.parametrize(
    "plain",
    [
        b"",
        b"x" * 32,
        b"x" * 32 + b"{",
        b"x" * 32 + b"[]",
        b"x" * 32 + b"{}",
        b"x" * 32 + b"[" * 100_000,
        bytes(pack_deposit(SHARE, NOTE)) + b" ",
        bytes(pack_deposit(SHARE, NOTE)).replace(b'"parent":""', b'"parent":1'),
    ],
)
def test_what_is_no_share_with_a_note_is_refused(plain: bytes) -> None:
    with pytest.raises(EnvelopeNoteError):
        unpack_deposit(bytearray(plain))


def test_a_kept_share_comes_back_only_for_its_own_row() -> None:
    row = vault.shut(KEYS.kek, custodian="union", share=SHARE, pinned=CAPTURE_PINS)
    assert vault.open_pins(KEYS.kek, row, custodian="union", asset=CAPTURE) == CAPTURE_PINS
    assert vault.open_share(KEYS.kek, row, custodian="union", asset=CAPTURE) == SHARE
    assert bytes(SHARE) not in row
    for custodian, asset in (("studio", CAPTURE), ("union", REPLICA)):
        with pytest.raises(WrapError):
            vault.open_pins(KEYS.kek, row, custodian=custodian, asset=asset)
        with pytest.raises(WrapError):
            vault.open_share(KEYS.kek, row, custodian=custodian, asset=asset)


def test_a_row_that_was_changed_anywhere_does_not_open() -> None:
    row = vault.shut(KEYS.kek, custodian="union", share=SHARE, pinned=CAPTURE_PINS)
    for at in range(len(row)):
        spoilt = row[:at] + bytes([row[at] ^ 1]) + row[at + 1 :]
        with pytest.raises(WrapError):
            (
                vault.open_pins(KEYS.kek, spoilt, custodian="union", asset=CAPTURE),
                vault.open_share(KEYS.kek, spoilt, custodian="union", asset=CAPTURE),
            )
    for cut in range(len(row)):
        with pytest.raises(SealError):
            vault.open_share(KEYS.kek, row[:cut], custodian="union", asset=CAPTURE)


def test_one_share_alone_opens_nothing() -> None:
    """End to end in memory: sealed, split, deposited, kept, released; both shares open it, either alone does not."""
    key = bytearray(os.urandom(32))
    sealed = bytearray()
    seal_stream(b"a performer", sealed.extend, key=key, context=CAPTURE.encode())
    one_time = OneTimeKey.generate()
    released = []
    for name, share in zip(("studio", "union"), split(key), strict=True):
        row = vault.shut(KEYS.kek, custodian=name, share=share, pinned=CAPTURE_PINS)
        kept = vault.open_share(KEYS.kek, row, custodian=name, asset=CAPTURE)
        binding = release_binding(grant="g", permit="p", asset=CAPTURE, epoch=1, custodian=name)
        envelope = seal_to(one_time.public_hex, kept, purpose=RELEASE, bound_to=binding)
        released.append(one_time.open(envelope, purpose=RELEASE, bound_to=binding))
    assert open_bytes(bytes(sealed), key=join(*released), context=CAPTURE.encode()) == b"a performer"
    zero = bytearray(32)
    for share in released:
        for wrong in (share, join(share, zero)):
            with pytest.raises(CommitmentError):
                open_bytes(bytes(sealed), key=wrong, context=CAPTURE.encode())


def test_a_folder_is_made_once_and_opens_only_with_its_passphrase(tmp_path: Path) -> None:
    folder = tmp_path / "union"
    public = custodian_keys.create(folder, "a long passphrase", "union", cost=CHEAP)
    custodian_keys.pin(
        folder, "a long passphrase", gate_key=GATE_KEY.public_hex, workers={WORKER: WORKER_KEY.public_hex}
    )
    keys = custodian_keys.open_keys(folder, "a long passphrase")
    assert keys.public() == public
    assert custodian_keys.open_trust(folder, keys) == TRUST
    assert folder.stat().st_mode & 0o777 == 0o700
    assert {path.name for path in folder.iterdir()} == {"keys.json", "trust.json", "public.json"}
    with pytest.raises(KeyFileError):
        custodian_keys.create(folder, "a long passphrase", "union", cost=CHEAP)
    with pytest.raises(PinnedError):
        custodian_keys.pin(folder, "a long passphrase", gate_key="00" * 32, workers={})
    with pytest.raises(KeyFileError):
        custodian_keys.open_keys(folder, "another passphrase")
    folder.chmod(0o750)
    with pytest.raises(KeysError):
        custodian_keys.open_keys(folder, "a long passphrase")


def test_a_trust_file_that_was_tampered_with_is_noticed(tmp_path: Path) -> None:
    folder = tmp_path / "union"
    custodian_keys.create(folder, "x" * 12, "union", cost=CHEAP)
    custodian_keys.pin(folder, "x" * 12, gate_key=GATE_KEY.public_hex, workers={WORKER: WORKER_KEY.public_hex})
    keys = custodian_keys.open_keys(folder, "x" * 12)
    path = folder / "trust.json"
    told = path.read_text()
    path.write_text(told.replace(GATE_KEY.public_hex, STRANGER_KEY.public_hex))
    with pytest.raises(SignatureError):
        custodian_keys.open_trust(folder, keys)
    for spoilt in ("", "{}", told + " ", told.replace('"signature":"', '"signature": "'), "[" * 100_000):
        path.write_text(spoilt)
        with pytest.raises(PinnedError):
            custodian_keys.open_trust(folder, keys)
    path.unlink()
    with pytest.raises(PinnedError):
        custodian_keys.open_trust(folder, keys)


def test_keys_show_nothing() -> None:
    assert repr(KEYS) == "Keys(union)"
    with pytest.raises(TypeError):
        KEYS.__reduce__()
