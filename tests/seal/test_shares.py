"""Two shares make a key; one makes nothing."""

from __future__ import annotations

import os

import pytest
from hypothesis import given

from stagedoor.seal import CommitmentError, KeyMaterialError, ShareError, join, open_stream, split, wipe

from .kit import CONTEXT, keys, sealed


@given(keys)
def test_two_shares_join_to_the_key_in_either_order(key: bytes) -> None:
    if any(key):
        a, b = split(key)
        assert join(a, b) == join(b, a) == key
        assert len(a) == len(b) == 32


@given(keys, keys)
def test_one_share_alone_opens_nothing(key: bytes, other_key: bytes) -> None:
    """Neither share is the key or opens what it seals; and any key at all has a partner for the same share."""
    if key == other_key or not any(key) or not any(other_key):
        return
    a, b = split(key)
    whole, _ = sealed(b"performer", key)
    for share in (a, b):
        with pytest.raises(CommitmentError):
            open_stream(whole, key=share, context=CONTEXT)
    partner = bytes(x ^ y for x, y in zip(a, other_key, strict=True))
    if any(partner):
        assert join(a, partner) == other_key


def test_a_share_is_as_random_as_its_entropy_and_never_repeats() -> None:
    key = os.urandom(32)
    shares = [bytes(share) for _ in range(100) for share in split(key)]
    assert len(set(shares)) == 200


@given(keys)
def test_a_wrong_share_is_noticed_by_the_stream(key: bytes) -> None:
    if any(key):
        a, b = split(key)
        whole, _ = sealed(b"", key)
        b[0] ^= 1
        with pytest.raises(CommitmentError):
            open_stream(whole, key=join(a, b), context=CONTEXT)


def test_shares_of_another_length_and_the_same_share_twice_are_refused() -> None:
    with pytest.raises(ShareError):
        join(bytes(31), bytes(32))
    with pytest.raises(ShareError):
        join(b"a" * 32, b"a" * 32)
    with pytest.raises(KeyMaterialError):
        split(bytes(31))


def test_dead_entropy_is_refused() -> None:
    with pytest.raises(ShareError):
        split(b"k" * 32, entropy=bytes)
    with pytest.raises(ShareError):
        split(b"k" * 32, entropy=lambda count: b"k" * count)


def test_wipe_clears_a_buffer_and_refuses_what_cannot_be_cleared() -> None:
    buffer = bytearray(b"secret")
    wipe(buffer)
    assert buffer == bytes(6)
    with pytest.raises(TypeError):
        wipe(memoryview(b"secret"))
