"""A worker's folder: its signing key under a passphrase, and the custodians' public keys.

keys.json     sign (Ed25519: key requests, receipts, deposits of what it made, and the trust file), worker; Argon2id
trust.json    the custodians' X25519 keys by name: exactly two, for a key is the XOR of two shares
public.json   what anybody may know: worker, verify key
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Final

from stagedoor.core.base.ids import has_shape
from stagedoor.seal import DEFAULT_COST, KdfCost, SigningKey, read_keyfile, verify, wipe, write_keyfile
from stagedoor.wire.pinned import PinnedError, read_pinned, text, texts, write_pinned

KEYS: Final = "keys.json"
TRUST: Final = "trust.json"
PUBLIC: Final = "public.json"
TRUST_DOMAIN: Final = "worker_trust"
CUSTODIANS: Final = 2
"""Shares to a key (DESIGN 7)."""


class IdentityError(ValueError):
    """A worker's folder is not what it must be."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PublicIdentity:
    """What anybody may know of a worker: printable."""

    worker: str
    verify_key: str


class Identity:
    """Who a worker is while it runs, and whom it seals to.  Nothing here may be printed or copied but public keys."""

    __slots__ = ("custodians", "signing", "worker")

    def __init__(self, *, worker: str, signing: SigningKey, custodians: Mapping[str, str]) -> None:
        self.worker = worker
        self.signing = signing
        self.custodians = dict(sorted(custodians.items()))

    def __repr__(self) -> str:
        return f"Identity({self.worker})"

    def __reduce__(self) -> str:
        raise TypeError("a worker's identity is never copied or pickled")


def create(folder: Path, passphrase: str, worker: str, *, cost: KdfCost = DEFAULT_COST) -> PublicIdentity:
    """Make a new worker's folder, for its owner only.  Never over one that is there."""
    if not has_shape("worker", worker):
        raise IdentityError("a worker's id is written worker:<uuid7>")
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    folder.chmod(0o700)
    signing = SigningKey.generate()
    private = signing.private_bytes()
    try:
        write_keyfile(folder / KEYS, {"sign": private, "worker": worker.encode()}, passphrase, cost=cost)
    finally:
        wipe(private)
    public = PublicIdentity(worker=worker, verify_key=signing.public_hex)
    (folder / PUBLIC).write_text(json.dumps(asdict(public), indent=2) + "\n", encoding="ascii")
    return public


def pin(folder: Path, passphrase: str, *, custodians: Mapping[str, str]) -> None:
    """Write the trust file, once: each custodian's X25519 seal key by its name (hex)."""
    if len(custodians) != CUSTODIANS or len(set(custodians.values())) != CUSTODIANS:
        raise IdentityError(f"a worker pins {CUSTODIANS} custodians with keys of their own")
    if not all(re.fullmatch(r"[0-9a-f]{64}", key) for key in custodians.values()):
        raise IdentityError("a public key is 64 lower-case hexadecimal digits")
    worker, signing = _unlock(folder, passphrase)
    plain: dict[str, object] = {"custodians": dict(custodians), "worker": worker}
    write_pinned(folder / TRUST, plain, lambda message: signing.sign(TRUST_DOMAIN, message))


def open_identity(folder: Path, passphrase: str, worker: str) -> Identity:
    """The identity with what it trusts; raises IdentityError, PinnedError or a SealError."""
    found, signing = _unlock(folder, passphrase)
    if found != worker:
        raise IdentityError(f"the folder belongs to {found}, not to {worker}")
    own = signing.public_hex
    plain = read_pinned(folder / TRUST, lambda message, signature: verify(own, TRUST_DOMAIN, message, signature))
    custodians = texts(plain, "custodians")
    if text(plain, "worker") != worker or len(custodians) != CUSTODIANS:
        raise PinnedError("the trust file is another worker's, or does not pin two custodians")
    return Identity(worker=worker, signing=signing, custodians=custodians)


def _unlock(folder: Path, passphrase: str) -> tuple[str, SigningKey]:
    if os.name == "posix" and folder.stat().st_mode & 0o077:
        raise IdentityError("others on this machine can look into the worker's folder; make it its owner's (mode 700)")
    secrets = read_keyfile(folder / KEYS, passphrase)
    try:
        if set(secrets) != {"sign", "worker"}:
            raise IdentityError("the key file is not a worker's")
        return secrets["worker"].decode(), SigningKey.from_private_bytes(secrets["sign"])
    finally:
        wipe(*secrets.values())
