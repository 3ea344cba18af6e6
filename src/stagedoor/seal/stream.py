"""Sealed streams: AES-256-GCM in the STREAM construction, version 1. The bytes are told in `spec/seal/README.md`.

What an opener may rely on: every chunk it is given is exactly what the holder of the data key sealed, for this context,
at this place; and if the iteration ends without an error, nothing is missing and nothing was added. A chunk given
before an error is authentic, but the object is not whole: throw away what was made of it.
"""

from __future__ import annotations

import hashlib
import hmac
import os
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from stagedoor.seal import limits
from stagedoor.seal.errors import (
    AuthError,
    CommitmentError,
    HeaderError,
    LimitError,
    TrailingError,
    TruncatedError,
)
from stagedoor.seal.octets import Entropy, Octets, check_key, draw, u32, wipe
from stagedoor.seal.pipes import OverlappedSha256, Pool, Reader, Sink, Source, reader_of, writer_of

MAGIC = b"STAGEDOOR-SEAL\x00"
VERSION = 1
LABEL = b"stagedoor/v1/stream"
HEADER_BYTES = (
    len(MAGIC) + 1 + 4 + limits.NONCE_PREFIX_BYTES + limits.SALT_BYTES + limits.COMMITMENT_BYTES
)  # 15 + 1 + 4 + 7 + 32 + 32 = 91


@dataclass(frozen=True, slots=True, kw_only=True)
class SealedSize:
    """How much went in and how much came out."""

    bytes_plain: int
    bytes_sealed: int


@dataclass(frozen=True, slots=True, kw_only=True)
class SealedSummary:
    """What was sealed: sizes, and the SHA-256 (hex) of every byte that went to the sink."""

    bytes_plain: int
    bytes_sealed: int
    sha256_sealed: str


def seal_stream(
    source: Source,
    sink: Sink,
    *,
    key: Octets,
    context: bytes,
    chunk_bytes: int = limits.CHUNK_BYTES,
    entropy: Entropy = os.urandom,
) -> SealedSummary:
    """Seal a source into a sink, hashing the sealed bytes in passing (in a second thread, once it pays).

    `context` says what this is, such as an asset's id; the same bytes must be given to open it. A sink that is a
    function is called with views, first of the header, then of each chunk; views that it keeps never change. If this
    raises, what the sink got is not a sealed stream and must be thrown away.
    """
    with OverlappedSha256() as digest:
        size = _seal(source, sink, digest, key=key, context=context, chunk_bytes=chunk_bytes, entropy=entropy)
        sha256 = digest.hexdigest()
    return SealedSummary(bytes_plain=size.bytes_plain, bytes_sealed=size.bytes_sealed, sha256_sealed=sha256)


def seal_stream_unhashed(
    source: Source,
    sink: Sink,
    *,
    key: Octets,
    context: bytes,
    chunk_bytes: int = limits.CHUNK_BYTES,
    entropy: Entropy = os.urandom,
) -> SealedSize:
    """As `seal_stream`, for whoever has no use for the digest: several times faster on fast storage."""
    return _seal(source, sink, None, key=key, context=context, chunk_bytes=chunk_bytes, entropy=entropy)


def open_stream(source: Source, *, key: Octets, context: bytes) -> Iterator[memoryview]:
    """Open a sealed stream chunk by chunk, giving only what has been authenticated.

    A wrong header, key or context raises here, before the first chunk. Views may be kept (a kept one stays as it is
    and costs its memory); they are writable, so that `wipe(view)` can end them. Whoever stops iterating early has not
    learned whether the stream was whole.
    """
    reader = reader_of(source)
    header = bytes(reader.take(HEADER_BYTES))
    chunk_bytes, prefix, salt, commitment = _parse_header(header)
    aead, expected = _derive(key, salt, context)
    if not hmac.compare_digest(commitment, expected):
        raise CommitmentError("The stream was sealed under another key or for another context.")
    return _open_chunks(reader, aead, prefix, _associated(header, context), chunk_bytes)


def open_bytes(source: Source, *, key: Octets, context: bytes, max_bytes: int = limits.MAX_OPEN_BYTES) -> bytearray:
    """Open a whole stream into one buffer that the caller can wipe, and refuse more than `max_bytes`."""
    whole, total = bytearray(min(_expected_bytes(source), max_bytes)), 0
    try:
        for piece in open_stream(source, key=key, context=context):
            needed = total + len(piece)
            whole = _with_room(whole, total, needed, max_bytes=max_bytes)
            whole[total:needed] = piece
            total = needed
    except BaseException:
        wipe(whole)
        raise
    del whole[total:]
    return whole


def _with_room(whole: bytearray, total: int, needed: int, *, max_bytes: int) -> bytearray:
    """The buffer, or a larger one with its first `total` bytes; `extend` would leave an unwiped copy behind."""
    if needed > max_bytes:
        raise LimitError(f"The object is larger than the {max_bytes} bytes that its opener allows.")
    if needed <= len(whole):
        return whole
    larger = bytearray(min(max(2 * len(whole), needed), max_bytes))
    larger[:total] = memoryview(whole)[:total]
    wipe(whole)
    return larger


def _expected_bytes(source: Source) -> int:
    """No less than the plaintext of a source whose length is known; a first guess for others."""
    return len(source) if isinstance(source, bytes | bytearray | memoryview) else limits.CHUNK_BYTES


def _seal(
    source: Source,
    sink: Sink,
    digest: OverlappedSha256 | None,
    *,
    key: Octets,
    context: bytes,
    chunk_bytes: int,
    entropy: Entropy,
) -> SealedSize:
    """Write the header and then every chunk; one chunk is read ahead to know which is the last."""
    if not _chunk_size_allowed(chunk_bytes):
        raise LimitError(
            f"The chunk size is not a power of two from {limits.MIN_CHUNK_BYTES} to {limits.MAX_CHUNK_BYTES}."
        )
    write = writer_of(sink)
    salt = draw(entropy, limits.SALT_BYTES)
    prefix = draw(entropy, limits.NONCE_PREFIX_BYTES)
    aead, commitment = _derive(key, salt, context)
    header = MAGIC + bytes([VERSION]) + u32(chunk_bytes) + prefix + salt + commitment
    associated = _associated(header, context)
    if digest is not None:
        digest.feed(memoryview(header))
    write(memoryview(header))
    plain, sealed, counter = 0, len(header), 0
    with closing(reader_of(source)) as reader, closing(Pool(chunk_bytes + limits.TAG_BYTES)) as pool:
        chunk = reader.take(chunk_bytes)
        while True:
            ahead = reader.take(chunk_bytes) if len(chunk) == chunk_bytes else memoryview(b"")
            plain += len(chunk)
            if plain > limits.MAX_OBJECT_BYTES:
                raise LimitError(f"The object is larger than {limits.MAX_OBJECT_BYTES} bytes.")
            out = memoryview(pool.take())[: len(chunk) + limits.TAG_BYTES]
            aead.encrypt_into(_nonce(prefix, counter, last=not ahead), chunk, associated, out)
            if digest is not None:
                digest.feed(out)
            write(out)
            sealed += len(out)
            del out  # nobody looks into the buffer any more, so the next chunk can have it
            if not ahead:
                return SealedSize(bytes_plain=plain, bytes_sealed=sealed)
            chunk, counter = ahead, counter + 1


def _open_chunks(
    reader: Reader, aead: AESGCM, prefix: bytes, associated: bytes, chunk_bytes: int
) -> Iterator[memoryview]:
    """Authenticate, then give. A chunk is the last one exactly when nothing follows it."""
    full = chunk_bytes + limits.TAG_BYTES
    counter, total = 0, 0
    with closing(reader), closing(Pool(chunk_bytes)) as pool:
        sealed = reader.take(full)
        while True:
            ahead = reader.take(full) if len(sealed) == full else memoryview(b"")
            last = not ahead
            length = len(sealed) - limits.TAG_BYTES
            if length < 0 or (length == 0 and counter > 0):
                raise TruncatedError(f"The stream ends before or inside its chunk {counter}.")
            total += length
            if total > limits.MAX_OBJECT_BYTES:
                raise LimitError(f"The object is larger than {limits.MAX_OBJECT_BYTES} bytes.")
            buffer = pool.take()
            with memoryview(buffer)[:length] as out:
                if not _opened(aead, _nonce(prefix, counter, last=last), sealed, associated, out):
                    other = _nonce(prefix, counter, last=not last)
                    raise _why(aead, other, sealed, associated, out, counter=counter, last=last)
            if length:
                yield memoryview(buffer)[:length]  # bound to no name here: only the caller's keeps the buffer theirs
            if last:
                return
            sealed, counter = ahead, counter + 1


def _opened(aead: AESGCM, nonce: bytes, sealed: memoryview, associated: bytes, out: memoryview) -> bool:
    """Decrypt into `out`, which is wiped if the tag is wrong."""
    try:
        aead.decrypt_into(nonce, sealed, associated, out)
    except InvalidTag:
        wipe(out)
        return False
    return True


def _why(
    aead: AESGCM, other: bytes, sealed: memoryview, associated: bytes, out: memoryview, *, counter: int, last: bool
) -> TruncatedError | TrailingError | AuthError:
    """The refusal's name. A chunk that opens with the other flag is itself intact, and its neighbourhood is not."""
    other_flag_opens = _opened(aead, other, sealed, associated, out)
    wipe(out)
    if other_flag_opens and last:
        return TruncatedError(f"The stream ends after chunk {counter}, which is not its last.")
    if other_flag_opens:
        return TrailingError(f"The stream goes on after chunk {counter}, which is its last.")
    return AuthError(f"Chunk {counter} is not authentic, or the stream was cut inside it.")


def _parse_header(header: bytes) -> tuple[int, bytes, bytes, bytes]:
    """Chunk size, nonce prefix, salt, commitment."""
    if not header.startswith(MAGIC):
        if MAGIC.startswith(header):
            raise TruncatedError("The stream ends inside its header.")
        raise HeaderError("This is not a sealed stream.")
    if len(header) > len(MAGIC) and header[len(MAGIC)] != VERSION:
        raise HeaderError(f"The stream has format version {header[len(MAGIC)]}, and only version {VERSION} is known.")
    if len(header) < HEADER_BYTES:
        raise TruncatedError("The stream ends inside its header.")
    at = len(MAGIC) + 1
    chunk_bytes = int.from_bytes(header[at : at + 4], "big")
    if not _chunk_size_allowed(chunk_bytes):
        raise HeaderError("The stream's header names a chunk size that is not allowed.")
    prefix_at = at + 4
    salt_at = prefix_at + limits.NONCE_PREFIX_BYTES
    commitment_at = salt_at + limits.SALT_BYTES
    return chunk_bytes, header[prefix_at:salt_at], header[salt_at:commitment_at], header[commitment_at:]


def _chunk_size_allowed(size: int) -> bool:
    return limits.MIN_CHUNK_BYTES <= size <= limits.MAX_CHUNK_BYTES and size & (size - 1) == 0


def _derive(key: Octets, salt: bytes, context: bytes) -> tuple[AESGCM, bytes]:
    """The payload cipher, and the commitment to (data key, salt, context) that stands in the header."""
    check_key(key, what="data key")
    if not 1 <= len(context) <= limits.MAX_CONTEXT_BYTES:
        raise LimitError(f"The context is {len(context)} bytes long and must be 1 to {limits.MAX_CONTEXT_BYTES}.")
    derived = bytearray(limits.KEY_BYTES + limits.COMMITMENT_BYTES)
    HKDF(hashes.SHA256(), len(derived), salt, LABEL + context).derive_into(key, derived)
    aead = AESGCM(derived[: limits.KEY_BYTES])
    commitment = bytes(derived[limits.KEY_BYTES :])
    wipe(derived)
    return aead, commitment


def _associated(header: bytes, context: bytes) -> bytes:
    """What every chunk is bound to. The header has a fixed length, so the two cannot run into one another."""
    return hashlib.sha256(header + context).digest()


def _nonce(prefix: bytes, counter: int, *, last: bool) -> bytes:
    """Prefix, counter, flag: never twice under one payload key."""
    if counter >= limits.MAX_CHUNKS:
        raise LimitError(f"The object has more than {limits.MAX_CHUNKS} chunks.")
    return prefix + u32(counter) + bytes([last])
