"""Envelopes, wraps, signatures and hygiene."""

from __future__ import annotations

import copy
import pickle
import subprocess
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stagedoor.seal import (
    EnvelopeError,
    KeyMaterialError,
    LimitError,
    OneTimeKey,
    SignatureError,
    SigningKey,
    WrapError,
    open_from,
    public_from_private,
    seal_to,
    unwrap,
    verify,
    wrap,
)
from stagedoor.seal.envelope import _info

from .kit import keys

names = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=8)
bindings = st.dictionaries(names, st.text(st.characters(exclude_categories=["Cs"]), max_size=8), min_size=1, max_size=4)
domains = st.from_regex(r"[a-z0-9][a-z0-9._:/-]{0,20}", fullmatch=True)


@given(keys, st.binary(max_size=64), domains, bindings)
def test_envelope_round_trip(private: bytes, plain: bytes, purpose: str, bound: dict[str, str]) -> None:
    envelope = seal_to(public_from_private(private), plain, purpose=purpose, bound_to=bound)
    again = dict(reversed(bound.items()))
    assert open_from(private, envelope, purpose=purpose, bound_to=again) == plain


@given(bindings, bindings, domains, domains)
def test_an_envelope_opens_only_as_it_was_bound(
    bound: dict[str, str], other: dict[str, str], purpose: str, other_purpose: str
) -> None:
    key = OneTimeKey.generate()
    envelope = seal_to(key.public_hex, b"share", purpose=purpose, bound_to=bound)
    if (bound, purpose) != (other, other_purpose):
        assert _info(purpose, bound) != _info(other_purpose, other)
        with pytest.raises(EnvelopeError):
            key.open(envelope, purpose=other_purpose, bound_to=other)


@given(st.integers(0, 8 * 81 - 1))
def test_any_flipped_bit_of_an_envelope_is_refused(at: int) -> None:
    key = OneTimeKey.generate()
    envelope = bytearray(seal_to(key.public_hex, bytes(32), purpose="p", bound_to={"a": "b"}))
    assert len(envelope) == 81
    # the top bit of the ephemeral key too: X25519 ignores it (RFC 7748), but HPKE hashes it
    envelope[at // 8] ^= 1 << (at % 8)
    with pytest.raises(EnvelopeError):
        key.open(envelope, purpose="p", bound_to={"a": "b"})


def test_a_one_time_key_is_gone_after_its_shares() -> None:
    key = OneTimeKey.generate()
    seal = [seal_to(key.public_hex, b"s", purpose="p", bound_to={"n": str(n)}) for n in range(3)]
    with pytest.raises(EnvelopeError):
        key.open(seal[0], purpose="p", bound_to={"n": "9"})  # a failure uses nothing up
    assert open_from(key, seal[0], purpose="p", bound_to={"n": "0"}) == b"s"
    assert key.open(seal[1], purpose="p", bound_to={"n": "1"}) == b"s"
    with pytest.raises(EnvelopeError, match="used up"):
        key.open(seal[2], purpose="p", bound_to={"n": "2"})


def test_a_one_time_key_is_wiped_when_its_block_ends() -> None:
    with OneTimeKey.generate(opens=1) as key:
        envelope = seal_to(key.public_hex, b"", purpose="p", bound_to={"a": "b"})
    with pytest.raises(EnvelopeError):
        key.open(envelope, purpose="p", bound_to={"a": "b"})
    with pytest.raises(LimitError):
        OneTimeKey.generate(opens=0)


@pytest.mark.parametrize(
    "bound", [{}, {"": "x"}, {"a": "x" * 1025}, {"a": 1}, {"\ud800": "x"}, {str(n): "" for n in range(33)}]
)
def test_bindings_that_bind_nothing_are_refused(bound: dict[str, str]) -> None:
    with pytest.raises(EnvelopeError):
        seal_to(OneTimeKey.generate().public_hex, b"", purpose="p", bound_to=bound)


@pytest.mark.parametrize("public", ["", "00" * 31, "00" * 32, "AB" * 32, "zz" * 32])
def test_public_keys_that_cannot_be_sealed_to_are_refused(public: str) -> None:
    with pytest.raises(EnvelopeError):
        seal_to(public, b"", purpose="p", bound_to={"a": "b"})


@pytest.mark.parametrize("name", ["", "A", "a b", "é", "a" * 65, "a\x00b", "-a", "a\n"])
def test_purposes_and_domains_have_a_strict_spelling(name: str) -> None:
    with pytest.raises(EnvelopeError):
        seal_to(OneTimeKey.generate().public_hex, b"", purpose=name, bound_to={"a": "b"})
    with pytest.raises(SignatureError):
        SigningKey.generate().sign(name, b"")


@given(keys, st.binary(max_size=64), st.binary(max_size=16), st.binary(max_size=16))
def test_wrap_round_trip_and_wrong_context(kek: bytes, plain: bytes, context: bytes, other: bytes) -> None:
    wrapped = wrap(kek, plain, context=context)
    assert unwrap(kek, wrapped, context=context) == plain
    if context != other:
        with pytest.raises(WrapError):
            unwrap(kek, wrapped, context=other)


@given(keys, keys, st.data())
def test_a_wrap_altered_or_under_another_key_is_refused(kek: bytes, other: bytes, data: st.DataObject) -> None:
    wrapped = bytearray(wrap(kek, b"share", context=b"c"))
    if kek != other:
        with pytest.raises(WrapError):
            unwrap(other, wrapped, context=b"c")
    wrapped[data.draw(st.integers(0, len(wrapped) - 1))] ^= 1
    with pytest.raises(WrapError):
        unwrap(kek, wrapped, context=b"c")


@given(keys, domains, st.binary(max_size=64))
def test_signature_round_trip(private: bytes, domain: str, message: bytes) -> None:
    key = SigningKey.from_private_bytes(private)
    verify(key.public_hex, domain, message, key.sign(domain, message))
    assert key.private_bytes() == private


@given(domains, domains, st.binary(max_size=20), st.binary(max_size=20))
def test_a_signature_fits_one_domain_and_message(domain: str, other: str, message: bytes, another: bytes) -> None:
    key = SigningKey.generate()
    if (domain, message) != (other, another):
        with pytest.raises(SignatureError):
            verify(key.public_hex, other, another, key.sign(domain, message))


@given(st.integers(0, 511))
def test_any_flipped_bit_of_a_signature_is_refused(at: int) -> None:
    key = SigningKey.generate()
    signature = bytearray.fromhex(key.sign("d", b"m"))
    signature[at // 8] ^= 1 << (at % 8)
    with pytest.raises(SignatureError):
        verify(key.public_hex, "d", b"m", signature.hex())


@pytest.mark.parametrize("key", [SigningKey.generate(), OneTimeKey.generate()], ids=["signing", "one-time"])
def test_private_keys_are_never_shown_or_copied(key: SigningKey | OneTimeKey) -> None:
    if isinstance(key, SigningKey):
        assert key.private_bytes().hex() not in repr(key)
    assert key.public_hex in repr(key)
    with pytest.raises(TypeError):
        pickle.dumps(key)
    with pytest.raises(TypeError):
        copy.copy(key)


def test_raw_keys_of_another_length_are_refused() -> None:
    for use in (
        lambda: SigningKey.from_private_bytes(bytes(31)),
        lambda: public_from_private(bytes(33)),
        lambda: wrap(bytes(16), b"", context=b""),
        lambda: unwrap("x" * 32, b"", context=b""),  # type: ignore[arg-type]
    ):
        with pytest.raises(KeyMaterialError):
            use()


def test_large_things_do_not_go_into_envelopes_or_wraps() -> None:
    large = bytes(65537)
    with pytest.raises(LimitError):
        wrap(bytes(32), large, context=b"")
    with pytest.raises(LimitError):
        seal_to(OneTimeKey.generate().public_hex, large, purpose="p", bound_to={"a": "b"})


def test_core_dumps_are_forbidden() -> None:
    program = (
        "import ctypes, resource, sys\n"
        "from stagedoor.seal import forbid_core_dumps\n"
        "forbid_core_dumps(); forbid_core_dumps()\n"
        "assert resource.getrlimit(resource.RLIMIT_CORE) == (0, 0)\n"
        "if sys.platform == 'linux': assert ctypes.CDLL(None).prctl(3, 0, 0, 0, 0) == 0\n"
    )
    subprocess.run([sys.executable, "-c", program], check=True)
