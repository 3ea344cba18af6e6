"""A brought replica, as a custodian sees it: taken on her own signature, let out for its creation alone."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from custody.kit import (
    AT,
    CAPTURE,
    PERFORMER,
    PERFORMER_KEY,
    REPLICA,
    STRANGER_KEY,
    STUDIO,
    TRUST,
    WORKER,
    Story,
    creation,
    ident,
    permission,
    pinned,
    request,
    signature,
)
from custody.kit import consent as terms
from stagedoor.core.base.outcome import Code, Refused
from stagedoor.core.facts.consent import Use
from stagedoor.core.facts.origin import ReplicaRelease
from stagedoor.custodian import vault
from stagedoor.custodian.desk import Deposit
from stagedoor.custodian.intake import DepositError, accept
from stagedoor.custodian.judge import judge
from stagedoor.custodian.keys import Keys
from stagedoor.custodian.papers import Cleared, Pinned
from stagedoor.seal import SigningKey, public_from_private, seal_to
from stagedoor.wire.envelopes import (
    DEPOSIT,
    DepositNote,
    EnvelopeNoteError,
    brought_note,
    capture_note,
    deposit_binding,
    pack_deposit,
    unpack_deposit,
)

KEYS = Keys(name="union", seal_private=bytearray(b"s" * 32), signing=SigningKey.generate(), kek=bytearray(b"k" * 32))
SHARE = bytearray(os.urandom(32))
CAPTURE_PINS = pinned(asset=CAPTURE)
OTHER = ident("asset", 7)


def release(**over: Any) -> ReplicaRelease:
    """Her word on a replica that was made from her capture."""
    given: dict[str, Any] = {
        "performer": PERFORMER, "asset": REPLICA, "capture": CAPTURE, "origin": "sha256:" + "0" * 64,
        "purpose": "a double", "at": AT,
    }  # fmt: skip
    return ReplicaRelease(**given | over)


def note(signing: SigningKey = PERFORMER_KEY, *, key: SigningKey = PERFORMER_KEY, **over: Any) -> DepositNote:
    """As intake writes it."""
    told = release(**over)
    return brought_note(
        custodian="union", release=told, signature=signature(told, signing, PERFORMER), performer_key=key.public_hex
    )


def deposit(given: DepositNote, *, key: SigningKey = PERFORMER_KEY, performer: str = PERFORMER) -> Deposit:
    """As the store shows it."""
    binding = deposit_binding(asset=REPLICA, custodian="union")
    envelope = seal_to(
        public_from_private(KEYS.seal_private), pack_deposit(SHARE, given), purpose=DEPOSIT, bound_to=binding
    )
    return Deposit(asset=REPLICA, envelope=envelope, performer=performer, performer_key=key.public_hex)


def pins_of(asset: str) -> Pinned | None:
    """The capture's share is held; so is one of another brought replica."""
    return {CAPTURE: CAPTURE_PINS, OTHER: pinned(asset=OTHER, brought=True)}.get(asset)


def taken(given: Deposit) -> Pinned:
    """What is pinned."""
    share, pins = accept(given, keys=KEYS, trust=TRUST, pins_of=pins_of)
    assert share == SHARE
    return pins


def test_made_from_a_capture_its_pins_follow_the_capture() -> None:
    assert taken(deposit(note())) == pinned(brought=True)


def test_from_archives_it_stands_for_itself() -> None:
    assert taken(deposit(note(capture=""))) == pinned(brought=True, capture=REPLICA)


WRONG: dict[str, Callable[[], Deposit]] = {
    "her word, signed by a stranger": lambda: deposit(note(STRANGER_KEY)),
    "a stranger's key beside her capture": lambda: deposit(note(STRANGER_KEY, key=STRANGER_KEY), key=STRANGER_KEY),
    "from archives, signed by another key than it names": lambda: deposit(note(STRANGER_KEY, capture="")),
    "another performer's capture": lambda: deposit(note(performer=STUDIO), performer=STUDIO),
    "a capture that is not held": lambda: deposit(note(capture=ident("asset", 9))),
    "made from what was brought": lambda: deposit(note(capture=OTHER)),
    "a release of another asset": lambda: deposit(replace(note(asset=OTHER), asset=REPLICA)),
    "a release that names another capture": lambda: deposit(replace(note(capture=""), parent=CAPTURE)),
    "a release that names her capture, taken out": lambda: deposit(replace(note(), parent="")),
    "no signature": lambda: deposit(replace(note(), release_signature="00" * 64)),
    "a release of another purpose": lambda: deposit(replace(note(), release=release(purpose="x").canonical().decode())),
    "a release that is none": lambda: deposit(replace(note(), release="{}")),
    "a worker's name beside it": lambda: deposit(replace(note(), worker=WORKER)),
    "no key": lambda: deposit(replace(note(), performer_key="")),
    "the store names another key": lambda: deposit(note(), key=STRANGER_KEY),
    "the store names another performer": lambda: deposit(note(), performer=STUDIO),
}


@pytest.mark.parametrize("name", WRONG)
def test_a_deposit_that_is_not_on_her_word_is_refused(name: str) -> None:
    with pytest.raises(DepositError) as refused:
        taken(WRONG[name]())
    assert SHARE.hex() not in str(refused.value)


def test_a_note_without_a_release_has_the_bytes_that_it_always_had() -> None:
    plain = capture_note(asset=CAPTURE, custodian="union", performer=PERFORMER, performer_key="ab" * 32)
    packed = pack_deposit(SHARE, plain)
    assert b"release" not in packed[32:]
    assert unpack_deposit(bytearray(packed)) == (SHARE, plain)
    assert unpack_deposit(pack_deposit(SHARE, note())) == (SHARE, note())


@pytest.mark.parametrize("half", [{"release_signature": ""}, {"release": ""}])
def test_half_a_release_is_no_note(half: dict[str, str]) -> None:
    with pytest.raises(EnvelopeNoteError):
        unpack_deposit(pack_deposit(SHARE, replace(note(), **half)))


def test_empty_fields_that_are_left_out_are_not_written() -> None:
    plain = bytes(pack_deposit(SHARE, capture_note(asset="a", custodian="b", performer="c", performer_key="d")))
    longer = plain.replace(b'"worker":', b'"release":"","release_signature":"","worker":')
    with pytest.raises(EnvelopeNoteError):
        unpack_deposit(bytearray(longer))


def test_pins_say_that_it_was_brought_and_older_rows_say_that_it_was_not() -> None:
    for pins in (pinned(brought=True), CAPTURE_PINS):
        row = vault.shut(KEYS.kek, custodian="union", share=SHARE, pinned=pins)
        assert vault.open_pins(KEYS.kek, row, custodian="union", asset=pins.asset) == pins
    assert Pinned(asset="a", performer="b", performer_key="c", capture="d").brought is False


def story(use: Use, **over: Any) -> Story:
    """A use of the brought replica that the consent covers in every word."""
    grants = (creation(), permission(), permission(use=Use.GENERATE, unit="call"))
    asked = {"use": use, "shot": "" if use is Use.CREATE else "sc12_sh040", "units": 1, "arc_from_deg": 0,
             "arc_to_deg": 0} | over  # fmt: skip
    return Story(consent=terms(grants=grants), request=request(**asked))


def test_its_share_goes_out_for_its_creation() -> None:
    papers = story(Use.CREATE, unit="replica").papers(units_left=1)
    assert isinstance(judge(papers, TRUST, pinned(brought=True)), Cleared)


@pytest.mark.parametrize(("use", "unit"), [(Use.RENDER, "frame"), (Use.GENERATE, "call")])
def test_its_share_goes_out_for_nothing_else(use: Use, unit: str) -> None:
    papers = story(use, unit=unit).papers(units_left=1)
    assert isinstance(judge(papers, TRUST, pinned()), Cleared), "the same of a replica that was made here"
    refused = judge(papers, TRUST, pinned(brought=True))
    assert isinstance(refused, Refused) and refused.code is Code.NOT_PERMITTED
    assert "made elsewhere" in refused.why


def test_no_share_without_the_cost_of_creation_reserved() -> None:
    refused = judge(story(Use.CREATE, unit="replica").papers(reserve=None, units_left=1), TRUST, pinned(brought=True))
    assert isinstance(refused, Refused) and refused.code is Code.NO_RESERVATION
