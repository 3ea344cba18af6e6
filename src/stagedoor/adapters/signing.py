"""Signing and checking facts with Ed25519 keys in password-protected files (argon2id), behind the Signer port."""

from __future__ import annotations

from pathlib import Path

from stagedoor.core.base.fact import Fact
from stagedoor.core.base.when import Instant
from stagedoor.core.facts.party import Signature
from stagedoor.ports.world import SignatureFault
from stagedoor.seal import SealError, SigningKey, read_keyfile, verify, wipe, write_keyfile


class FileSigner:
    """One party's key.  The private half is in this object and in its key file, and nowhere else."""

    def __init__(self, party: str, key: SigningKey) -> None:
        self._party = party
        self._key = key

    @staticmethod
    def create(path: Path, passphrase: str, party: str) -> FileSigner:
        """Draw a key and keep it under a passphrase; never over a file that is there."""
        key = SigningKey.generate()
        private = key.private_bytes()
        try:
            write_keyfile(path, {"sign": private}, passphrase)
        finally:
            wipe(private)
        return FileSigner(party, key)

    @staticmethod
    def open(path: Path, passphrase: str, party: str) -> FileSigner:
        """The key in a file; raises KeyFileError."""
        secrets = read_keyfile(path, passphrase)
        try:
            return FileSigner(party, SigningKey.from_private_bytes(secrets["sign"]))
        finally:
            wipe(*secrets.values())

    @property
    def party(self) -> str:
        """Who signs."""
        return self._party

    @property
    def verify_key(self) -> str:
        """The public key, hex."""
        return self._key.public_hex

    def sign(self, fact: Fact, *, at: Instant) -> Signature:
        """A signature over the fact's canonical bytes, in the domain of its kind."""
        return Signature(
            signs=fact.digest(),
            signs_kind=fact.KIND,
            signer=self._party,
            verify_key=self.verify_key,
            signature=self._key.sign(fact.KIND, fact.canonical()),
            at=at,
        )


class Ed25519Verifier:
    """Checks a signature over a fact's canonical bytes."""

    def verify(self, fact: Fact, signature: Signature) -> None:
        """Raises SignatureFault unless the signature is over this very fact."""
        if signature.signs != fact.digest() or signature.signs_kind != fact.KIND:
            raise SignatureFault(f"The signature is over another fact than this {fact.KIND}.")
        try:
            verify(signature.verify_key, fact.KIND, fact.canonical(), signature.signature)
        except SealError as fault:
            raise SignatureFault(f"The signature over this {fact.KIND} does not verify.") from fault
