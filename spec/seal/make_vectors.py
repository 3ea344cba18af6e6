"""Write the vectors of this folder. Deterministic: the same files, byte for byte, on every run.

    python make_vectors.py [folder]

This is a second implementation of the writers, made from `README.md` alone. It imports nothing of Stagedoor, so that
the vectors say what the page says and not what Stagedoor does. Every key here is public: never use one.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import sys
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.argon2 import Argon2id

MAGIC = b"STAGEDOOR-SEAL\x00"
HEADER = 91
CHUNK = 64
SEALED_CHUNK = CHUNK + 16
ED25519_ORDER = 2**252 + 27742317777372353535851937790883648493


def pattern(label: str, count: int) -> bytes:
    """Bytes that look random and are not."""
    blocks = (hashlib.sha256(f"{label}/{n}".encode()).digest() for n in range(count // 32 + 1))
    return b"".join(blocks)[:count]


def expand(prk: bytes, info: bytes, count: int) -> bytes:
    """HKDF-Expand with SHA-256 (RFC 5869)."""
    out, block = b"", b""
    while len(out) < count:
        block = hmac.digest(prk, block + info + bytes([len(out) // 32 + 1]), "sha256")
        out += block
    return out[:count]


def u32(number: int) -> bytes:
    return number.to_bytes(4, "big")


def frame(*parts: bytes) -> bytes:
    return b"".join(u32(len(part)) + part for part in parts)


KEY = pattern("data key", 32)
CONTEXT = b"asset:demo"
SALT = pattern("salt", 32)
PREFIX = pattern("nonce prefix", 7)


def sealed_stream(
    chunks: list[bytes], *, key: bytes = KEY, context: bytes = CONTEXT, salt: bytes = SALT, size: int = CHUNK
) -> bytes:
    """A stream of exactly these chunks, even where a writer would have cut otherwise."""
    derived = expand(hmac.digest(salt, key, "sha256"), b"stagedoor/v1/stream" + context, 64)
    header = MAGIC + b"\x01" + u32(size) + PREFIX + salt + derived[32:]
    associated = hashlib.sha256(header + context).digest()
    out = header
    for counter, chunk in enumerate(chunks):
        nonce = PREFIX + u32(counter) + bytes([counter == len(chunks) - 1])
        out += AESGCM(derived[:32]).encrypt(nonce, chunk, associated)
    return out


def flipped(octets: bytes, at: int) -> bytes:
    return octets[:at] + bytes([octets[at] ^ 1]) + octets[at + 1 :]


def head(kind: str, about: str, expect: str) -> dict[str, object]:
    """How every vector begins."""
    return {"about": about, "kind": kind, "expect": expect}


class Cases(dict[str, dict[str, object]]):
    """Vectors of streams by name."""

    def add(
        self,
        name: str,
        about: str,
        expect: str,
        sealed: bytes,
        out: bytes = b"",
        *,
        key: bytes = KEY,
        ctx: bytes = CONTEXT,
    ) -> None:
        self[f"stream-{name}"] = {
            **head("stream", about, expect),
            "key": key.hex(),
            "context": ctx.hex(),
            "sealed": sealed.hex(),
            "released": out.hex(),
        }


PLAIN = pattern("plaintext", 2 * CHUNK + 10)
CHUNKS = [PLAIN[:CHUNK], PLAIN[CHUNK : 2 * CHUNK], PLAIN[2 * CHUNK :]]


def whole_stream_vectors() -> Cases:
    """Good streams, and those refused for their header, key, context or end."""
    plain, good, even, cases = PLAIN, sealed_stream(CHUNKS), sealed_stream(CHUNKS[:2]), Cases()
    second = HEADER + 2 * SEALED_CHUNK
    cases.add("success", "Two full chunks and a short one.", "success", good, plain)
    cases.add("success-empty", "No plaintext: one empty chunk, the last.", "success", sealed_stream([b""]))
    cases.add("success-one-chunk", "One short chunk.", "success", sealed_stream([plain[:5]]), plain[:5])
    cases.add(
        "success-even", "The last chunk is a full one; no empty chunk follows.", "success", even, plain[: 2 * CHUNK]
    )
    mib = sealed_stream([plain[:20]], size=1 << 20)
    cases.add("success-mebibyte-chunks", "The usual chunk size of 1 MiB.", "success", mib, plain[:20])
    cases.add("header-magic", "Another magic.", "header", flipped(good, 3))
    cases.add("header-version", "Version 2.", "header", good[:15] + b"\x02" + good[16:])
    cases.add(
        "header-chunk-size-odd", "A chunk size that is no power of two.", "header", good[:16] + u32(65) + good[20:]
    )
    cases.add("header-chunk-size-small", "A chunk size of 8.", "header", sealed_stream([plain[:5]], size=8))
    cases.add("header-chunk-size-large", "A chunk size of 32 MiB.", "header", sealed_stream([plain[:5]], size=1 << 25))
    cases.add("truncated-nothing", "Not a single byte.", "truncated", b"")
    cases.add("truncated-in-magic", "Cut inside the magic.", "truncated", good[:9])
    cases.add("truncated-in-header", "Cut one byte before the header's end.", "truncated", good[: HEADER - 1])
    cases.add("truncated-after-header", "A header and no chunk.", "truncated", good[:HEADER])
    cases.add("truncated-last-chunk", "The last chunk is missing.", "truncated", good[:second], plain[:CHUNK])
    cases.add(
        "truncated-in-tag", "Less than a tag is left of the last chunk.", "truncated", good[: second + 15], plain[:128]
    )
    cases.add(
        "truncated-to-tag", "Just sixteen bytes are left of the last.", "truncated", good[: second + 16], plain[:128]
    )
    empty_last = sealed_stream([*CHUNKS[:2], b""])
    cases.add(
        "truncated-empty-last",
        "An authentic, empty last chunk: no writer makes it.",
        "truncated",
        empty_last,
        plain[:128],
    )
    cases.add("commitment-key", "Another data key.", "commitment", good, key=pattern("another key", 32))
    cases.add("commitment-context", "Another context.", "commitment", good, ctx=b"asset:demo2")
    cases.add("commitment-salt", "The salt was altered.", "commitment", flipped(good, 27))
    cases.add("commitment-itself", "The commitment was altered.", "commitment", flipped(good, 90))
    return cases


def chunk_vectors() -> Cases:
    """Streams refused for one of their chunks, or for what follows the last."""
    plain, good, even, cases = PLAIN, sealed_stream(CHUNKS), sealed_stream(CHUNKS[:2]), Cases()
    first, second = HEADER + SEALED_CHUNK, HEADER + 2 * SEALED_CHUNK
    other = sealed_stream(CHUNKS, salt=pattern("another salt", 32))
    cases.add("chunk-first", "A bit of the first chunk was altered.", "chunk", flipped(good, HEADER))
    cases.add("chunk-second", "A bit of the second chunk was altered.", "chunk", flipped(good, first), plain[:CHUNK])
    cases.add("chunk-tag", "A bit of the last tag was altered.", "chunk", flipped(good, len(good) - 1), plain[:128])
    cases.add("chunk-nonce-prefix", "The nonce prefix in the header was altered.", "chunk", flipped(good, 20))
    cases.add(
        "chunk-size-altered", "The chunk size in the header was altered.", "chunk", good[:16] + u32(128) + good[20:]
    )
    cut = good[: len(good) - 1]
    cases.add(
        "chunk-cut-inside", "Cut inside the last chunk: cannot be told from an altered one.", "chunk", cut, plain[:128]
    )
    cases.add("chunk-extended", "A byte was added to a short last chunk.", "chunk", good + b"\x00", plain[:128])
    swapped = good[:HEADER] + good[first:second] + good[HEADER:first] + good[second:]
    cases.add("chunk-reordered", "The first two chunks have changed places.", "chunk", swapped)
    repeated = good[:first] + good[HEADER:first] + good[first:]
    cases.add("chunk-repeated", "The first chunk stands twice.", "chunk", repeated, plain[:CHUNK])
    dropped = good[:first] + good[second:]
    cases.add("chunk-dropped", "The second chunk was taken out.", "chunk", dropped, plain[:CHUNK])
    foreign = good[:first] + other[first:second] + good[second:]
    cases.add("chunk-foreign", "The second chunk is that of a twin stream.", "chunk", foreign, plain[:CHUNK])
    cases.add("trailing-byte", "A byte follows a full last chunk.", "trailing", even + b"\x00", plain[:CHUNK])
    cases.add("trailing-stream", "A second stream follows a full last chunk.", "trailing", even + other, plain[:CHUNK])
    cases.add("key-short", "A data key of 31 bytes.", "key", good, key=KEY[:31])
    cases.add("limit-context-empty", "No context.", "limit", good, ctx=b"")
    return cases


def share_vectors() -> dict[str, dict[str, object]]:
    pad = pattern("pad", 32)
    other = bytes(x ^ y for x, y in zip(KEY, pad, strict=True))
    rows = {
        "success": ("Two shares and their key.", "success", pad, other),
        "same-twice": ("One share given twice.", "share", pad, pad),
        "short": ("A share of 31 bytes.", "share", pad, other[:31]),
    }
    return {
        f"share-{name}": {
            **head("share", about, expect),
            "a": a.hex(),
            "b": b.hex(),
            "key": KEY.hex() if expect == "success" else "",
        }
        for name, (about, expect, a, b) in rows.items()
    }


def wrap_vectors() -> dict[str, dict[str, object]]:
    kek, secret, context, nonce = pattern("kek", 32), pattern("secret", 32), b"custodian:a", pattern("nonce", 12)
    good = b"\x01" + nonce + AESGCM(kek).encrypt(nonce, secret, b"stagedoor/v1/wrap\x00" + context)
    rows = {
        "success": ("A wrapped share.", "success", kek, good, context),
        "key": ("Another key-encryption key.", "wrap", pattern("another kek", 32), good, context),
        "context": ("Another context.", "wrap", kek, good, b"custodian:b"),
        "altered": ("A bit was altered.", "wrap", kek, flipped(good, 20), context),
        "version": ("Version 2.", "wrap", kek, b"\x02" + good[1:], context),
        "short": ("Shorter than any wrap.", "wrap", kek, good[:28], context),
    }
    return {
        f"wrap-{name}": {
            **head("wrap", about, expect),
            "kek": key.hex(),
            "context": ctx.hex(),
            "wrapped": wrapped.hex(),
            "plain": secret.hex() if expect == "success" else "",
        }
        for name, (about, expect, key, wrapped, ctx) in rows.items()
    }


def hpke_sealed(public: bytes, plaintext: bytes, info: bytes) -> bytes:
    """RFC 9180, base mode, single shot, with an ephemeral key that is fixed (which only vectors may do)."""
    ephemeral = X25519PrivateKey.from_private_bytes(pattern("ephemeral", 32))
    enc = ephemeral.public_key().public_bytes_raw()
    kem, suite = b"KEM\x00\x20", b"HPKE\x00\x20\x00\x01\x00\x02"

    def extract(suite_id: bytes, salt: bytes, label: bytes, ikm: bytes) -> bytes:
        return hmac.digest(salt or bytes(32), b"HPKE-v1" + suite_id + label + ikm, "sha256")

    def labeled(suite_id: bytes, prk: bytes, label: bytes, about: bytes, count: int) -> bytes:
        return expand(prk, count.to_bytes(2, "big") + b"HPKE-v1" + suite_id + label + about, count)

    exchanged = ephemeral.exchange(X25519PublicKey.from_public_bytes(public))
    shared = labeled(kem, extract(kem, b"", b"eae_prk", exchanged), b"shared_secret", enc + public, 32)
    schedule = b"\x00" + extract(suite, b"", b"psk_id_hash", b"") + extract(suite, b"", b"info_hash", info)
    secret = extract(suite, shared, b"secret", b"")
    key, nonce = labeled(suite, secret, b"key", schedule, 32), labeled(suite, secret, b"base_nonce", schedule, 12)
    return b"\x01" + enc + AESGCM(key).encrypt(nonce, plaintext, b"")


def envelope_vectors() -> dict[str, dict[str, object]]:
    private = pattern("worker's one-time key", 32)
    public = X25519PrivateKey.from_private_bytes(private).public_key().public_bytes_raw()
    share, purpose = pattern("pad", 32), "share-release"
    bound = {"permit": "p-1", "epoch": "7", "é": "ü"}
    pairs = [part for name, value in bound.items() for part in (name.encode(), value.encode())]
    in_order = [*pairs[2:4], *pairs[:2], *pairs[4:]]  # epoch, permit, é: the order of the names' bytes
    info = b"stagedoor/v1/envelope\x00" + frame(purpose.encode()) + u32(3) + frame(*in_order)
    good = hpke_sealed(public, share, info)
    low = b"\x01" + bytes(32) + good[33:]
    shifted = {"permit": "p-1", "epoc": "h7", "é": "ü"}
    rows: dict[str, tuple[str, str, bytes, bytes, str, dict[str, str]]] = {
        "success": ("A share for a worker.", "success", private, good, purpose, bound),
        "key": ("Another one-time key.", "envelope", pattern("another", 32), good, purpose, bound),
        "purpose": ("Another purpose.", "envelope", private, good, "share-escrow", bound),
        "binding": ("Another epoch.", "envelope", private, good, purpose, {**bound, "epoch": "8"}),
        "binding-more": ("A binding more.", "envelope", private, good, purpose, {**bound, "z": ""}),
        "binding-shifted": ("A letter moved to the value.", "envelope", private, good, purpose, shifted),
        "binding-none": ("Bound to nothing.", "envelope", private, good, purpose, {}),
        "altered": ("A bit was altered.", "envelope", private, flipped(good, 40), purpose, bound),
        "version": ("Version 2.", "envelope", private, b"\x02" + good[1:], purpose, bound),
        "short": ("Shorter than any envelope.", "envelope", private, good[:48], purpose, bound),
        "low-order": ("Low order.", "envelope", private, low, purpose, bound),
    }
    return {
        f"envelope-{name}": {
            **head("envelope", about, expect),
            "private_key": key.hex(),
            "envelope": envelope.hex(),
            "purpose": why,
            "bound_to": binding,
            "plain": share.hex() if expect == "success" else "",
        }
        for name, (about, expect, key, envelope, why, binding) in rows.items()
    }


def sign_vectors() -> dict[str, dict[str, object]]:
    private = Ed25519PrivateKey.from_private_bytes(pattern("signing key", 32))
    public, domain, message = private.public_key().public_bytes_raw(), "permit", b"40 frames until noon"
    good = private.sign(b"stagedoor/v1/" + domain.encode() + b"\x00" + message)
    malleable = good[:32] + (int.from_bytes(good[32:], "little") + ED25519_ORDER).to_bytes(32, "little")
    neutral = (1).to_bytes(32, "little")
    fits_all = neutral + bytes(32)
    order_eight = bytes.fromhex("26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05")
    order_eight_too = (2**255 - 19 - int.from_bytes(order_eight, "little")).to_bytes(32, "little")
    unreduced = (2**255 - 19 + 1).to_bytes(32, "little")
    hexed = (public.hex(), domain, message, good.hex())
    rows: dict[str, tuple[str, str, tuple[str, str, bytes, str]]] = {
        "success": ("A good signature.", "success", hexed),
        "message": ("Another message.", "signature", (public.hex(), domain, message + b"!", good.hex())),
        "domain": ("Another domain.", "signature", (public.hex(), "receipt", message, good.hex())),
        "domain-empty": ("No domain.", "signature", (public.hex(), "", message, good.hex())),
        "domain-zero": ("A domain with a zero byte.", "signature", (public.hex(), "per\x00mit", message, good.hex())),
        "altered": ("A bit was altered.", "signature", (public.hex(), domain, message, flipped(good, 9).hex())),
        "upper-case": ("Upper-case hex.", "signature", (public.hex(), domain, message, good.hex().upper())),
        "short": ("A signature of 63 bytes.", "signature", (public.hex(), domain, message, good[:63].hex())),
        "malleable": ("S plus the group's order.", "signature", (public.hex(), domain, message, malleable.hex())),
        "key-neutral": ("A key that fits all messages.", "signature", (neutral.hex(), domain, message, fits_all.hex())),
        "key-order-8": ("A key of order eight.", "signature", (order_eight.hex(), domain, message, good.hex())),
        "key-order-8-too": ("Its negative.", "signature", (order_eight_too.hex(), domain, message, good.hex())),
        "key-unreduced": ("A y above p.", "signature", (unreduced.hex(), domain, message, fits_all.hex())),
    }
    return {
        f"sign-{name}": {
            **head("sign", about, expect),
            "public": key,
            "domain": area,
            "message": said.hex(),
            "signature": signature,
        }
        for name, (about, expect, (key, area, said, signature)) in rows.items()
    }


def keyfile_vectors() -> dict[str, dict[str, object]]:
    passphrase, salt, nonce = "naïve stage door", pattern("keyfile salt", 16), pattern("keyfile nonce", 12)
    memory, iterations, lanes = 19456, 2, 1
    secrets = {"signing": pattern("signing key", 32), "kek": pattern("kek", 32)}
    argon = Argon2id(salt=salt, length=64, iterations=iterations, lanes=lanes, memory_cost=memory)
    derived = argon.derive(passphrase.encode())
    payload = u32(2) + frame(b"kek", secrets["kek"], b"signing", secrets["signing"])
    label = b"stagedoor/v1/keyfile\x00" + u32(memory) + u32(iterations) + u32(lanes) + salt + derived[32:]
    sealed = AESGCM(derived[:32]).encrypt(nonce, payload, label)
    good: dict[str, object] = {
        "format": "stagedoor-keyfile",
        "version": 1,
        "kdf": "argon2id",
        "memory_kib": memory,
        "iterations": iterations,
        "lanes": lanes,
        "salt": salt.hex(),
        "check": derived[32:].hex(),
        "nonce": nonce.hex(),
        "sealed": sealed.hex(),
    }
    text = json.dumps(good)

    def but(**changes: object) -> str:
        return json.dumps({**good, **changes})

    broken, hungry = "keyfile-damaged", "keyfile-cost"
    rows = {
        "success": ("Two secrets.", "success", text, passphrase),
        "decomposed": ("The passphrase typed with a combining mark.", "success", text, "nai\u0308ve stage door"),
        "passphrase": ("Another passphrase.", "keyfile-passphrase", text, "naive stage door"),
        "version": ("Version 2.", "keyfile-version", but(version=2), passphrase),
        "memory-large": ("1 TiB of memory.", hungry, but(memory_kib=1 << 30), passphrase),
        "memory-small": ("8 KiB of memory.", hungry, but(memory_kib=8), passphrase),
        "iterations-many": ("A million iterations.", hungry, but(iterations=10**6), passphrase),
        "lanes-none": ("No lanes.", hungry, but(lanes=0), passphrase),
        "lanes-true": ("Lanes that are no number.", broken, but(lanes=True), passphrase),
        "cost-altered": ("Another cost.", "keyfile-passphrase", but(iterations=3), passphrase),
        "sealed-altered": ("A bit.", broken, but(sealed=flipped(sealed, 5).hex()), passphrase),
        "nonce-altered": ("A bit of the nonce.", broken, but(nonce=flipped(nonce, 5).hex()), passphrase),
        "field-unknown": ("A field more.", broken, but(hint="the usual"), passphrase),
        "field-twice": ("A field twice.", broken, text[:-1] + ', "lanes": 1}', passphrase),
        "kdf-other": ("Another KDF.", broken, but(kdf="scrypt"), passphrase),
        "not-json": ("No JSON.", broken, text[:-1], passphrase),
    }
    return {
        f"keyfile-{name}": {
            **head("keyfile", about, expect),
            "passphrase": spoken,
            "file": file,
            "secrets": {key: value.hex() for key, value in sorted(secrets.items())} if expect == "success" else {},
        }
        for name, (about, expect, file, spoken) in rows.items()
    }


def main(folder: Path) -> None:
    """Write every vector; remove what an older generator left."""
    for old in folder.glob("*.json"):
        old.unlink()
    for make in (
        whole_stream_vectors,
        chunk_vectors,
        share_vectors,
        wrap_vectors,
        envelope_vectors,
        sign_vectors,
        keyfile_vectors,
    ):
        for name, vector in make().items():
            (folder / f"{name}.json").write_text(json.dumps(vector, indent=2) + "\n", encoding="ascii")


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).parent)
