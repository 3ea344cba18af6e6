"""A custodian's folder: private keys under a passphrase, and the trust file that says whose word counts.

keys.json     seal (X25519: deposits are sealed to it), sign (Ed25519: attestations, and the trust file), kek (shares
              at rest), name; under Argon2id
trust.json    the gate's and the workers' public keys, signed by `sign`; written once
public.json   what anybody may know: name, seal key, verify key
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Final

from stagedoor.custodian.papers import Trust
from stagedoor.seal import DEFAULT_COST, KdfCost, SigningKey, public_from_private, read_keyfile, verify, wipe
from stagedoor.seal import write_keyfile as seal_keyfile
from stagedoor.wire.pinned import PinnedError, read_pinned, text, texts, write_pinned

KEYS: Final = "keys.json"
TRUST: Final = "trust.json"
PUBLIC: Final = "public.json"
TRUST_DOMAIN: Final = "custodian_trust"

_NAME = re.compile(r"[a-z][a-z0-9_]{0,30}")


class KeysError(ValueError):
    """A custodian's folder is not what it must be."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PublicIdentity:
    """What anybody may know of a custodian: printable."""

    name: str
    seal_key: str
    verify_key: str


class Keys:
    """A custodian's private keys while it runs.  Not a dataclass: nothing here may ever be printed or copied."""

    __slots__ = ("kek", "name", "seal_private", "signing")

    def __init__(self, *, name: str, seal_private: bytearray, signing: SigningKey, kek: bytearray) -> None:
        self.name = name
        self.seal_private = seal_private
        self.signing = signing
        self.kek = kek

    def public(self) -> PublicIdentity:
        """The printable side."""
        return PublicIdentity(
            name=self.name, seal_key=public_from_private(self.seal_private), verify_key=self.signing.public_hex
        )

    def wipe(self) -> None:
        """Overwrite what can be overwritten."""
        wipe(self.seal_private, self.kek)

    def __repr__(self) -> str:
        return f"Keys({self.name})"

    def __reduce__(self) -> str:
        raise TypeError("a custodian's keys are never copied or pickled")


def create(folder: Path, passphrase: str, name: str, *, cost: KdfCost = DEFAULT_COST) -> PublicIdentity:
    """Make a new custodian's folder, for its owner only.  Never over one that is there."""
    if _NAME.fullmatch(name) is None:
        raise KeysError("a custodian's name is 1 to 31 characters out of a-z, 0-9 and _, beginning with a letter")
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    folder.chmod(0o700)
    signing = SigningKey.generate()
    keys = Keys(name=name, seal_private=bytearray(os.urandom(32)), signing=signing, kek=bytearray(os.urandom(32)))
    sign_private = signing.private_bytes()
    try:
        secrets: dict[str, bytes | bytearray] = {
            "seal": keys.seal_private,
            "sign": sign_private,
            "kek": keys.kek,
            "name": name.encode(),
        }
        seal_keyfile(folder / KEYS, secrets, passphrase, cost=cost)
        public = keys.public()
    finally:
        wipe(sign_private)
        keys.wipe()
    (folder / PUBLIC).write_text(json.dumps(asdict(public), indent=2) + "\n", encoding="ascii")
    return public


def pin(folder: Path, passphrase: str, *, gate_key: str, workers: Mapping[str, str]) -> None:
    """Write the trust file, once: the gate's Ed25519 key, and the allowed workers' by their ids (hex)."""
    keys = open_keys(folder, passphrase)
    try:
        for key in (gate_key, *workers.values()):
            _check_key(key)
        plain: dict[str, object] = {"gate_key": gate_key, "name": keys.name, "workers": dict(workers)}
        write_pinned(folder / TRUST, plain, lambda message: keys.signing.sign(TRUST_DOMAIN, message))
    finally:
        keys.wipe()


def open_keys(folder: Path, passphrase: str) -> Keys:
    """The private keys; raises KeyFileError or KeysError."""
    if os.name == "posix" and folder.stat().st_mode & 0o077:
        raise KeysError("others on this machine can look into the custodian's folder; make it its owner's (mode 700)")
    secrets = read_keyfile(folder / KEYS, passphrase)
    if set(secrets) != {"seal", "sign", "kek", "name"}:
        wipe(*secrets.values())
        raise KeysError("the key file is not a custodian's")
    signing = SigningKey.from_private_bytes(secrets["sign"])
    wipe(secrets["sign"])
    return Keys(name=secrets["name"].decode(), seal_private=secrets["seal"], signing=signing, kek=secrets["kek"])


def open_trust(folder: Path, keys: Keys) -> Trust:
    """Whose word counts; raises PinnedError or SignatureError if anybody but the keys' holder wrote it."""
    own = keys.signing.public_hex
    plain = read_pinned(folder / TRUST, lambda message, signature: verify(own, TRUST_DOMAIN, message, signature))
    if text(plain, "name") != keys.name:
        raise PinnedError("the trust file is another custodian's")
    return Trust(name=keys.name, gate_key=text(plain, "gate_key"), workers=texts(plain, "workers"))


def _check_key(key: str) -> None:
    if re.fullmatch(r"[0-9a-f]{64}", key) is None:
        raise KeysError("a public key is 64 lower-case hexadecimal digits")
