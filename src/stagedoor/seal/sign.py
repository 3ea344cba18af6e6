"""Signatures: Ed25519, each in a domain, so that what was signed as one kind of thing never passes as another.

What is signed is `b"stagedoor/v1/" + domain + b"\\0" + message`; a domain holds no zero byte. Public keys are checked
more strictly than RFC 8032 asks: under a key of small order one signature fits every message, so such keys, and
spellings of a key that are not the canonical one, are refused.
"""

from __future__ import annotations

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from stagedoor.seal.errors import SignatureError
from stagedoor.seal.limits import KEY_BYTES
from stagedoor.seal.octets import Octets, check_key, check_name, parse_hex

LABEL = b"stagedoor/v1/"
SIGNATURE_BYTES = 64

_FIELD = 2**255 - 19
_ORDER_8_Y = 0x05FC536D880238B13933C6D305ACDFD5F098EFF289F4C345B027B2C28F95E826
_SMALL_ORDER_Y = frozenset(
    {
        0,  # order 4
        1,  # the neutral element
        _FIELD - 1,  # order 2
        _ORDER_8_Y,
        _FIELD - _ORDER_8_Y,
    }
)


def verify(public_hex: str, domain: str, message: bytes, signature_hex: str) -> None:
    """Return if the signature is good; raise `SignatureError` if anything about it is not."""
    public = parse_hex(public_hex, length=KEY_BYTES, what="public key", error=SignatureError)
    signature = parse_hex(signature_hex, length=SIGNATURE_BYTES, what="signature", error=SignatureError)
    y = int.from_bytes(public, "little") & (2**255 - 1)
    if y >= _FIELD or y in _SMALL_ORDER_Y:
        raise SignatureError("The public key is one under which forgeries are possible.")
    signed = _signed_bytes(domain, message)
    try:
        Ed25519PublicKey.from_public_bytes(public).verify(signature, signed)
    except (InvalidSignature, ValueError):
        raise SignatureError("The signature does not fit this key, domain and message.") from None


class SigningKey:
    """An Ed25519 private key. It never shows its private bytes by accident: only `private_bytes` gives them."""

    __slots__ = ("_private", "public_hex")

    def __init__(self, private: Ed25519PrivateKey) -> None:
        self._private = private
        self.public_hex = private.public_key().public_bytes_raw().hex()

    @classmethod
    def generate(cls) -> SigningKey:
        """A fresh key."""
        return cls(Ed25519PrivateKey.generate())

    @classmethod
    def from_private_bytes(cls, private: Octets) -> SigningKey:
        """The key of 32 private bytes (the seed of RFC 8032), such as a key file gives."""
        check_key(private, what="signing key")
        return cls(Ed25519PrivateKey.from_private_bytes(private))

    def private_bytes(self) -> bytearray:
        """The 32 private bytes, for a key file and nothing else; wipe them after."""
        return bytearray(self._private.private_bytes_raw())

    def sign(self, domain: str, message: bytes) -> str:
        """The signature in hex."""
        return self._private.sign(_signed_bytes(domain, message)).hex()

    def __repr__(self) -> str:
        return f"SigningKey({self.public_hex})"

    def __reduce__(self) -> str:
        raise TypeError("A signing key is never copied or pickled; its bytes go into a key file.")


def _signed_bytes(domain: str, message: bytes) -> bytes:
    return LABEL + check_name(domain, what="domain", error=SignatureError) + b"\x00" + message
