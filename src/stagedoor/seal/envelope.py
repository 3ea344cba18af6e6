"""Envelopes: a share sealed to one worker's one-time key, bound to what it is for. HPKE (RFC 9180), base mode.

X25519, HKDF-SHA256, AES-256-GCM. The purpose and the binding go into HPKE's `info`: an envelope made for one permit,
epoch or asset does not open for another. HPKE's base mode says nothing about who sealed it: anybody who knows the
public key can. Who sealed it is said by a signature (`sign`) over the envelope, or by the wire it came on.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import TracebackType

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.hpke import AEAD, KDF, KEM, Suite

from stagedoor.seal import limits
from stagedoor.seal.errors import EnvelopeError, LimitError
from stagedoor.seal.octets import Octets, check_key, check_name, frame, parse_hex, u32

LABEL = b"stagedoor/v1/envelope\x00"
VERSION = 1

_SUITE = Suite(KEM.X25519, KDF.HKDF_SHA256, AEAD.AES_256_GCM)
_OVERHEAD = 1 + limits.KEY_BYTES + limits.TAG_BYTES


def seal_to(public_key: str, plaintext: Octets, *, purpose: str, bound_to: Mapping[str, str]) -> bytes:
    """Seal to a public key (hex). Whoever opens must name the same purpose and binding."""
    if len(plaintext) > limits.MAX_ENVELOPE_PLAIN_BYTES:
        raise LimitError(f"An envelope holds at most {limits.MAX_ENVELOPE_PLAIN_BYTES} bytes.")
    info = _info(purpose, bound_to)
    raw = parse_hex(public_key, length=limits.KEY_BYTES, what="public key", error=EnvelopeError)
    try:
        return bytes([VERSION]) + _SUITE.encrypt(plaintext, X25519PublicKey.from_public_bytes(raw), info=info)
    except ValueError:
        raise EnvelopeError("The public key is not one that can be sealed to.") from None


def open_from(
    private_key: OneTimeKey | Octets, envelope: Octets, *, purpose: str, bound_to: Mapping[str, str]
) -> bytearray:
    """Open with a one-time key, or with the 32 private bytes of a lasting one; or `EnvelopeError`."""
    if isinstance(private_key, OneTimeKey):
        return private_key.open(envelope, purpose=purpose, bound_to=bound_to)
    check_key(private_key, what="private key")
    return _open(X25519PrivateKey.from_private_bytes(private_key), envelope, _info(purpose, bound_to))


def public_from_private(private_key: Octets) -> str:
    """The public key (hex) of a lasting recipient's 32 private bytes, such as an escrow's."""
    check_key(private_key, what="private key")
    return X25519PrivateKey.from_private_bytes(private_key).public_key().public_bytes_raw().hex()


class OneTimeKey:
    """A worker's key pair for one release: it opens as many envelopes as there are shares, and then it is gone.

    The private bytes live in OpenSSL's memory only, which OpenSSL clears when they are let go. An envelope that does
    not open counts for nothing, so that a stranger's junk cannot use the key up. For one thread at a time.
    """

    __slots__ = ("_opens_left", "_private", "public_hex")

    def __init__(self, private: X25519PrivateKey, *, opens: int) -> None:
        if opens < 1:
            raise LimitError("A one-time key opens at least one envelope.")
        self._private: X25519PrivateKey | None = private
        self._opens_left = opens
        self.public_hex = private.public_key().public_bytes_raw().hex()

    @classmethod
    def generate(cls, *, opens: int = limits.OPENS_PER_ONE_TIME_KEY) -> OneTimeKey:
        """A fresh pair."""
        return cls(X25519PrivateKey.generate(), opens=opens)

    def open(self, envelope: Octets, *, purpose: str, bound_to: Mapping[str, str]) -> bytearray:
        """Open one envelope; the last one that is owed ends the key."""
        if self._private is None:
            raise EnvelopeError("The one-time key has been used up or wiped.")
        plain = _open(self._private, envelope, _info(purpose, bound_to))
        self._opens_left -= 1
        if self._opens_left == 0:
            self.wipe()
        return plain

    def wipe(self) -> None:
        """Let the private key go. It cannot come back."""
        self._private = None

    def __enter__(self) -> OneTimeKey:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.wipe()

    def __repr__(self) -> str:
        return f"OneTimeKey({self.public_hex}, {'wiped' if self._private is None else f'opens {self._opens_left}'})"

    def __reduce__(self) -> str:
        raise TypeError("A one-time key is never copied or pickled.")


def _open(private: X25519PrivateKey, envelope: Octets, info: bytes) -> bytearray:
    if not _OVERHEAD <= len(envelope) <= _OVERHEAD + limits.MAX_ENVELOPE_PLAIN_BYTES:
        raise EnvelopeError("The envelope has a length that no envelope has.")
    if envelope[0] != VERSION:
        raise EnvelopeError(f"The envelope has version {envelope[0]}, and only version {VERSION} is known.")
    try:
        return bytearray(_SUITE.decrypt(memoryview(envelope)[1:], private, info=info))
    except (InvalidTag, ValueError):
        raise EnvelopeError("The envelope was altered, or is for another key, purpose or binding.") from None


def _info(purpose: str, bound_to: Mapping[str, str]) -> bytes:
    """The label, the purpose, how many bindings, then name and value of each in the order of the names' bytes."""
    pairs: list[tuple[bytes, bytes]] = []
    for name, value in bound_to.items():
        if not isinstance(name, str) or not isinstance(value, str):
            raise EnvelopeError("A binding's name or value is not a string.")
        try:
            pair = (name.encode(), value.encode())
        except UnicodeEncodeError:
            raise EnvelopeError("A binding's name or value is not Unicode text.") from None
        if not pair[0] or max(map(len, pair)) > limits.MAX_BINDING_BYTES:
            raise EnvelopeError(f"A binding's name is empty, or it is longer than {limits.MAX_BINDING_BYTES} bytes.")
        pairs.append(pair)
    if not 1 <= len(pairs) <= limits.MAX_BINDINGS:
        raise EnvelopeError(f"An envelope is bound to 1 to {limits.MAX_BINDINGS} things.")
    parts = [part for pair in sorted(pairs) for part in pair]
    return LABEL + frame([check_name(purpose, what="purpose", error=EnvelopeError)]) + u32(len(pairs)) + frame(parts)
