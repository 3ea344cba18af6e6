"""Key files: private keys at rest under a passphrase. Argon2id makes the key, AES-256-GCM seals, JSON holds.

The bytes are told in `spec/seal/README.md`. A reader trusts nothing: the file's length, its fields and the work that it
asks for are bounded before the work is done, and everything in it is authenticated. A file is never overwritten, and
one that others on the machine can read is refused.
"""

from __future__ import annotations

import hmac
import json
import os
import secrets as randomness
import stat
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.argon2 import Argon2id

from stagedoor.seal import limits
from stagedoor.seal.errors import (
    KeyFileCostError,
    KeyFileDamagedError,
    KeyFileError,
    KeyFileExistsError,
    KeyFilePassphraseError,
    KeyFilePermissionError,
    KeyFileVersionError,
)
from stagedoor.seal.octets import Entropy, Octets, draw, frame, parse_hex, u32, wipe
from stagedoor.seal.wraps import unwrap, wrap

__all__ = ["DEFAULT_COST", "KdfCost", "read_keyfile", "unwrap", "wrap", "write_keyfile"]

FORMAT = "stagedoor-keyfile"
VERSION = 1
LABEL = b"stagedoor/v1/keyfile\x00"

_FIELDS = {"format", "version", "kdf", "memory_kib", "iterations", "lanes", "salt", "check", "nonce", "sealed"}
_Json: TypeAlias = dict[str, object]


@dataclass(frozen=True, slots=True, kw_only=True)
class KdfCost:
    """How much work a passphrase costs, within the bounds that a reader accepts."""

    memory_kib: int
    iterations: int
    lanes: int

    def __post_init__(self) -> None:
        bounds = (
            ("memory", self.memory_kib, limits.ARGON2_MIN_MEMORY_KIB, limits.ARGON2_MAX_MEMORY_KIB),
            ("iterations", self.iterations, limits.ARGON2_MIN_ITERATIONS, limits.ARGON2_MAX_ITERATIONS),
            ("lanes", self.lanes, limits.ARGON2_MIN_LANES, limits.ARGON2_MAX_LANES),
        )
        for what, value, least, most in bounds:
            if not least <= value <= most:
                raise KeyFileCostError(f"The {what} cost of a key file is {value} and must be {least} to {most}.")


DEFAULT_COST = KdfCost(
    memory_kib=limits.ARGON2_MEMORY_KIB, iterations=limits.ARGON2_ITERATIONS, lanes=limits.ARGON2_LANES
)


def write_keyfile(
    path: str | os.PathLike[str],
    secrets: Mapping[str, Octets],
    passphrase: str,
    *,
    cost: KdfCost = DEFAULT_COST,
    entropy: Entropy = os.urandom,
) -> None:
    """Write named secrets, whole or not at all, readable by the owner only, and never over an existing file."""
    target = Path(path)
    if target.exists() or target.is_symlink():
        raise KeyFileExistsError(f"A file named {target.name} is there already, and key files are never overwritten.")
    salt = draw(entropy, limits.KEYFILE_SALT_BYTES)
    nonce = draw(entropy, limits.NONCE_BYTES)
    payload = _pack(secrets)
    try:
        kek, check = _stretch(passphrase, salt, cost)
        sealed = AESGCM(kek).encrypt(nonce, payload, _associated(cost, salt, check))
        wipe(kek)
    finally:
        wipe(payload)
    document = {
        "format": FORMAT,
        "version": VERSION,
        "kdf": "argon2id",
        "memory_kib": cost.memory_kib,
        "iterations": cost.iterations,
        "lanes": cost.lanes,
        "salt": salt.hex(),
        "check": check.hex(),
        "nonce": nonce.hex(),
        "sealed": sealed.hex(),
    }
    _write_new(target, (json.dumps(document, indent=2) + "\n").encode("ascii"))


def read_keyfile(path: str | os.PathLike[str], passphrase: str) -> dict[str, bytearray]:
    """The named secrets, in buffers that the caller wipes; or the `KeyFileError` that says what is wrong."""
    document = _parse(_read_private(Path(path)))
    cost = KdfCost(
        memory_kib=_whole(document, "memory_kib"),
        iterations=_whole(document, "iterations"),
        lanes=_whole(document, "lanes"),
    )
    salt = _octets(document, "salt", limits.KEYFILE_SALT_BYTES)
    check = _octets(document, "check", limits.KEY_BYTES)
    nonce = _octets(document, "nonce", limits.NONCE_BYTES)
    sealed = _octets(document, "sealed", None)
    if len(sealed) < limits.TAG_BYTES:
        raise KeyFileDamagedError("The key file is damaged: its sealed part is too short.")
    kek, expected = _stretch(passphrase, salt, cost)
    if not hmac.compare_digest(check, expected):
        wipe(kek)
        raise KeyFilePassphraseError("The passphrase is not the key file's, or the file's salt or cost was altered.")
    payload = bytearray(len(sealed) - limits.TAG_BYTES)
    try:
        AESGCM(kek).decrypt_into(nonce, sealed, _associated(cost, salt, check), payload)
        return _unpack(payload)
    except InvalidTag:
        raise KeyFileDamagedError("The key file is damaged: its sealed part was altered.") from None
    finally:
        wipe(kek, payload)


def _stretch(passphrase: str, salt: bytes, cost: KdfCost) -> tuple[bytearray, bytes]:
    """A key, and a check value that tells a wrong passphrase from a damaged file and commits the file to one key."""
    secret = unicodedata.normalize("NFC", passphrase).encode("utf-8", "surrogatepass")
    if not 1 <= len(secret) <= limits.MAX_PASSPHRASE_BYTES:
        raise KeyFileError(f"A passphrase has 1 to {limits.MAX_PASSPHRASE_BYTES} bytes.")
    derived = bytearray(2 * limits.KEY_BYTES)
    Argon2id(
        salt=salt,
        length=len(derived),
        iterations=cost.iterations,
        lanes=cost.lanes,
        memory_cost=cost.memory_kib,
    ).derive_into(secret, derived)
    kek, check = derived[: limits.KEY_BYTES], bytes(derived[limits.KEY_BYTES :])
    wipe(derived)
    return kek, check


def _associated(cost: KdfCost, salt: bytes, check: bytes) -> bytes:
    """Everything in the file that the ciphertext and its nonce do not say themselves."""
    return LABEL + u32(cost.memory_kib) + u32(cost.iterations) + u32(cost.lanes) + salt + check


def _pack(secrets: Mapping[str, Octets]) -> bytearray:
    """How many, then name and secret of each in the order of the names' bytes, each behind its length."""
    if not 1 <= len(secrets) <= limits.MAX_KEYFILE_SECRETS:
        raise KeyFileError(f"A key file holds 1 to {limits.MAX_KEYFILE_SECRETS} secrets.")
    parts: list[Octets] = []
    for name, secret in sorted((name.encode(), secret) for name, secret in secrets.items()):
        if not 1 <= len(name) <= limits.MAX_SECRET_BYTES or not 1 <= len(secret) <= limits.MAX_SECRET_BYTES:
            raise KeyFileError(f"A secret and its name have 1 to {limits.MAX_SECRET_BYTES} bytes each.")
        parts += [name, secret]
    return bytearray(u32(len(secrets)) + frame(parts))


def _unpack(payload: bytearray) -> dict[str, bytearray]:
    """The inverse of `_pack`. The payload is authentic by now; a fault in it is a fault of its writer."""
    fault = KeyFileDamagedError("The key file is damaged: what it sealed is not a list of secrets.")
    count, at = int.from_bytes(payload[:4], "big"), 4
    parts: list[bytearray] = []
    for _ in range(2 * min(count, limits.MAX_KEYFILE_SECRETS)):
        length = int.from_bytes(payload[at : at + 4], "big")
        part = payload[at + 4 : at + 4 + length]
        if len(part) != length or not length:
            raise fault
        parts.append(part)
        at += 4 + length
    names = [bytes(name) for name in parts[::2]]
    if at != len(payload) or len(names) != count or not names or sorted(set(names)) != names:
        raise fault
    try:
        return {name.decode(): secret for name, secret in zip(names, parts[1::2], strict=True)}
    except UnicodeDecodeError:
        raise fault from None


def _read_private(path: Path) -> bytes:
    """The file's bytes, if it is a plain file that only its owner can read and is no longer than a key file."""
    with path.open("rb") as file:
        state = os.fstat(file.fileno())
        if not stat.S_ISREG(state.st_mode):
            raise KeyFileError(f"{path.name} is not a plain file.")
        if os.name == "posix" and state.st_mode & 0o077:
            raise KeyFilePermissionError(
                f"Others on this machine can read or change {path.name}; make it its owner's alone (mode 600)."
            )
        content = file.read(limits.MAX_KEYFILE_BYTES + 1)
    if len(content) > limits.MAX_KEYFILE_BYTES:
        raise KeyFileDamagedError(f"The key file is longer than {limits.MAX_KEYFILE_BYTES} bytes.")
    return content


def _write_new(target: Path, content: bytes) -> None:
    """A temporary file beside the target, made durable, then linked: linking, unlike renaming, never replaces."""
    draft = target.with_name(f".{target.name}.{randomness.token_hex(8)}")
    handle = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        os.link(draft, target)
    except FileExistsError:
        raise KeyFileExistsError(
            f"A file named {target.name} is there already, and key files are never overwritten."
        ) from None
    finally:
        draft.unlink()
    folder = os.open(target.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


def _parse(content: bytes) -> _Json:
    """Strict JSON: the known fields, each once."""
    fault = KeyFileDamagedError("The key file is damaged: it is not the JSON of a key file.")

    def once(pairs: list[tuple[str, object]]) -> _Json:
        if len({name for name, _ in pairs}) != len(pairs):
            raise fault
        return dict(pairs)

    try:
        document = json.loads(content.decode("ascii"), object_pairs_hook=once)
    except (ValueError, RecursionError):
        raise fault from None
    if not isinstance(document, dict) or document.get("format") != FORMAT:
        raise fault
    if document.get("version") != VERSION or isinstance(document["version"], bool):
        raise KeyFileVersionError(f"The key file is of another version than {VERSION}, the only one known.")
    if set(document) != _FIELDS or document["kdf"] != "argon2id":
        raise fault
    return document


def _whole(document: _Json, name: str) -> int:
    value = document[name]
    if not isinstance(value, int) or isinstance(value, bool):
        raise KeyFileDamagedError(f"The key file is damaged: its {name} is not a whole number.")
    return value


def _octets(document: _Json, name: str, length: int | None) -> bytes:
    return parse_hex(document[name], length=length, what=f"key file's {name}", error=KeyFileDamagedError)
