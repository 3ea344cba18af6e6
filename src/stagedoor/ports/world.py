"""The rest of what a story may ask of the world: signing, chance, sealed blobs, rulebooks."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import BinaryIO, Protocol

from stagedoor.core.base.fact import Fact
from stagedoor.core.base.when import Instant
from stagedoor.core.facts.party import Signature
from stagedoor.core.rules.rulebook import Rulebook


class Signer(Protocol):
    """Signs facts for one party, with a key that never leaves it."""

    @property
    def party(self) -> str:
        """Who signs."""

    @property
    def verify_key(self) -> str:
        """Ed25519 public key, hex."""

    def sign(self, fact: Fact, *, at: Instant) -> Signature:
        """A signature over the fact's canonical bytes."""


class Verifier(Protocol):
    """Checks signatures; raises SignatureFault, returns nothing."""

    def verify(self, fact: Fact, signature: Signature) -> None:
        """Raises SignatureFault unless the signature is over this very fact by the key it names."""


class SignatureFault(Exception):
    """A signature does not verify.  Stories answer Code.SIGNATURE_INVALID."""


class Ids(Protocol):
    """The only place that draws chance for names."""

    def new(self, noun: str) -> str:
        """A fresh id `noun:<uuid7>`."""


class Blobs(Protocol):
    """Sealed bytes by their own SHA-256.  Never plaintext."""

    def keep(self, seal_into: Callable[[BinaryIO], str]) -> str:
        """Keep what `seal_into` writes under the SHA-256 (hex) that it returns; whole or not at all."""

    def reader(self, sha256: str, *, size: int) -> Iterator[bytes]:
        """The blob, in pieces; raises StoreFault if it is missing or is not what its name says."""


class Rulebooks(Protocol):
    """Rulebooks as they are on disk now."""

    def load(self, name: str) -> Rulebook:
        """Read, check and parse one rulebook; raises RulebookError for what a person must mend."""
