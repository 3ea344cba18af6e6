"""What the tests of the seal share: keys, small chunks, strategies, and cutting a sealed stream into its pieces."""

from __future__ import annotations

from hypothesis import strategies as st

from stagedoor.seal import SealedSummary, open_stream, seal_stream
from stagedoor.seal.stream import HEADER_BYTES

CHUNK = 16
SEALED_CHUNK = CHUNK + 16
CONTEXT = b"asset:test"

keys = st.binary(min_size=32, max_size=32)
plaintexts = st.binary(max_size=5 * CHUNK)
long_plaintexts = st.binary(min_size=2 * CHUNK, max_size=6 * CHUNK)


def sealed(
    plain: bytes, key: bytes, *, context: bytes = CONTEXT, chunk_bytes: int = CHUNK
) -> tuple[bytes, SealedSummary]:
    """Seal into memory."""
    out = bytearray()
    summary = seal_stream(plain, out.extend, key=key, context=context, chunk_bytes=chunk_bytes)
    return bytes(out), summary


def opened(stream: bytes, key: bytes, *, context: bytes = CONTEXT) -> bytes:
    """Open from memory."""
    return b"".join(bytes(chunk) for chunk in open_stream(stream, key=key, context=context))


def collect(stream: bytes, key: bytes, released: bytearray) -> None:
    """Open from memory, keeping what was released even when an error follows."""
    for chunk in open_stream(stream, key=key, context=CONTEXT):
        released += chunk


def pieces(stream: bytes) -> tuple[bytes, list[bytes]]:
    """The header, and each sealed chunk."""
    body = stream[HEADER_BYTES:]
    return stream[:HEADER_BYTES], [body[at : at + SEALED_CHUNK] for at in range(0, len(body), SEALED_CHUNK)]
