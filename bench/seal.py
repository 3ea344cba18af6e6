"""How fast the seal is beside its bare parts, all in one run: medians of N runs over the same bytes in memory.

python bench/seal.py [--mib 512] [--runs 5] [--json]
"""

from __future__ import annotations

import argparse
import hashlib
import io
import json
import os
import statistics
import time
from collections.abc import Callable

import cryptography
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from stagedoor.seal import limits, open_bytes, open_stream, seal_stream, seal_stream_unhashed

CHUNK = limits.CHUNK_BYTES
CONTEXT = b"asset:bench"


def raw_encrypt(plain: memoryview, key: bytes) -> None:
    """AES-256-GCM chunk by chunk into one buffer: what no format can beat."""
    aead, out = AESGCM(key), bytearray(CHUNK + limits.TAG_BYTES)
    for at in range(0, len(plain), CHUNK):
        aead.encrypt_into(at.to_bytes(12, "big"), plain[at : at + CHUNK], b"", out)


def raw_decrypt(one: bytes, count: int, key: bytes) -> None:
    """The same sealed chunk again and again (a little kinder to caches than a stream is)."""
    aead, out = AESGCM(key), bytearray(CHUNK)
    for _ in range(count):
        aead.decrypt_into(bytes(12), one, b"", out)


def drain(sealed: bytes | io.BytesIO, key: bytes) -> None:
    for _ in open_stream(sealed, key=key, context=CONTEXT):
        pass


def seal_then_hash(plain: memoryview, key: bytes) -> None:
    """Hashing in passing but in the same thread: what overlapping saves."""
    digest = hashlib.sha256()
    seal_stream_unhashed(plain, digest.update, key=key, context=CONTEXT)


def cases(mib: int) -> dict[str, Callable[[], object]]:
    """Every case works on the same `mib` MiB."""
    key = os.urandom(limits.KEY_BYTES)
    plain = os.urandom(CHUNK) * mib
    view = memoryview(plain)
    sink = io.BytesIO()
    seal_stream_unhashed(plain, sink, key=key, context=CONTEXT)
    sealed = sink.getvalue()
    one = AESGCM(key).encrypt(bytes(12), plain[:CHUNK], b"")
    fixed = {"key": key, "context": CONTEXT}

    def forget(_: memoryview) -> None:
        """A sink that costs nothing."""

    return {
        "raw AES-256-GCM encrypt_into": lambda: raw_encrypt(view, key),
        "seal_stream_unhashed, from memory": lambda: seal_stream_unhashed(view, forget, **fixed),  # type: ignore[arg-type]
        "seal_stream_unhashed, from a file object": lambda: seal_stream_unhashed(io.BytesIO(plain), forget, **fixed),  # type: ignore[arg-type]
        "seal_stream (SHA-256 in a second thread)": lambda: seal_stream(view, forget, **fixed),  # type: ignore[arg-type]
        "seal and SHA-256 in one thread": lambda: seal_then_hash(view, key),
        "SHA-256 alone": lambda: hashlib.sha256(view).digest(),
        "raw AES-256-GCM decrypt_into": lambda: raw_decrypt(one, mib, key),
        "open_stream, from memory": lambda: drain(sealed, key),
        "open_stream, from a file object": lambda: drain(io.BytesIO(sealed), key),
        "open_bytes": lambda: open_bytes(sealed, max_bytes=len(plain), **fixed),  # type: ignore[arg-type]
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--mib", type=int, default=512)
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--json", action="store_true")
    asked = parser.parse_args()
    todo = cases(asked.mib)
    seconds: dict[str, list[float]] = {name: [] for name in todo}
    for _ in range(asked.runs):  # in turn, so that a busy moment does not fall on one case alone
        for name, run in todo.items():
            began = time.perf_counter()
            run()
            seconds[name].append(time.perf_counter() - began)
    speed = {name: asked.mib * CHUNK / statistics.median(taken) / 1e9 for name, taken in seconds.items()}
    if asked.json:
        about = {"mib": asked.mib, "runs": asked.runs, "cpus": os.cpu_count(), "cryptography": cryptography.__version__}
        print(json.dumps({**about, "gb_per_s": {name: round(value, 3) for name, value in speed.items()}}, indent=2))
        return
    print(f"{asked.mib} MiB in 1 MiB chunks, median of {asked.runs}, {os.cpu_count()} CPUs")
    for name, value in speed.items():
        print(f"  {name:<44}{value:6.2f} GB/s")


if __name__ == "__main__":
    main()
