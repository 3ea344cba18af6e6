"""What a sealed stream promises, each promise a test."""

from __future__ import annotations

import hashlib
import io
import itertools
import os

import pytest
from cryptography.exceptions import InvalidTag
from hypothesis import given
from hypothesis import strategies as st

from stagedoor.seal import (
    AuthError,
    CommitmentError,
    HeaderError,
    KeyMaterialError,
    LimitError,
    PipeError,
    SealError,
    StreamError,
    TrailingError,
    TruncatedError,
    limits,
    open_bytes,
    open_stream,
    seal_stream,
    seal_stream_unhashed,
    stream,
    wipe,
)

from .kit import CHUNK, CONTEXT, SEALED_CHUNK, collect, keys, long_plaintexts, opened, pieces, plaintexts, sealed

KEY = bytes(range(32))


@given(plaintexts, keys)
def test_round_trip(plain: bytes, key: bytes) -> None:
    whole, summary = sealed(plain, key)
    assert opened(whole, key) == plain
    assert open_bytes(whole, key=key, context=CONTEXT) == plain
    assert (summary.bytes_plain, summary.bytes_sealed) == (len(plain), len(whole))
    assert summary.sha256_sealed == hashlib.sha256(whole).hexdigest()


@pytest.mark.parametrize("length", [0, 1, (1 << 20) - 1, 1 << 20, (1 << 20) + 1, 7 << 20])
def test_round_trip_at_the_usual_chunk_size(length: int) -> None:
    plain = os.urandom(length)
    whole, summary = sealed(plain, KEY, chunk_bytes=limits.CHUNK_BYTES)
    assert opened(whole, KEY) == plain
    assert summary.sha256_sealed == hashlib.sha256(whole).hexdigest()


@given(plaintexts, st.lists(st.integers(0, 40), max_size=20))
def test_how_the_source_is_cut_makes_no_difference(plain: bytes, cuts: list[int]) -> None:
    def blocks(of: bytes) -> list[bytes]:
        edges = sorted({0, len(of), *(cut for cut in cuts if cut < len(of))})
        return [b"", *(of[a:b] for a, b in itertools.pairwise(edges))]

    fixed = {"key": KEY, "context": CONTEXT, "chunk_bytes": CHUNK, "entropy": lambda n: b"e" * n}
    outs = []
    for source in (plain, blocks(plain), io.BytesIO(plain)):
        out = io.BytesIO()
        seal_stream(source, out, **fixed)  # type: ignore[arg-type]
        outs.append(out.getvalue())
    assert len(set(outs)) == 1
    for again in (blocks(outs[0]), io.BytesIO(outs[0])):
        assert open_bytes(again, key=KEY, context=CONTEXT) == plain


def test_a_source_that_only_reads_and_reads_short() -> None:
    class Dribble:
        rest = bytes(100)

        def read(self, count: int) -> bytes:
            taken, self.rest = self.rest[: min(3, count)], self.rest[min(3, count) :]
            return taken

    out = bytearray()
    seal_stream(Dribble(), out.extend, key=KEY, context=CONTEXT, chunk_bytes=CHUNK)  # type: ignore[arg-type]
    assert opened(bytes(out), KEY) == bytes(100)


@given(plaintexts)
def test_sealing_twice_never_gives_the_same_bytes(plain: bytes) -> None:
    one, two = sealed(plain, KEY)[0], sealed(plain, KEY)[0]
    for part in (slice(20, 27), slice(27, 59), slice(59, 91), slice(91, None)):  # prefix, salt, commitment, chunks
        assert one[part] != two[part]


@given(plaintexts, keys, st.data())
def test_truncation_at_any_byte_is_refused(plain: bytes, key: bytes, data: st.DataObject) -> None:
    whole, _ = sealed(plain, key)
    cut = data.draw(st.integers(0, len(whole) - 1))
    released = bytearray()
    with pytest.raises((TruncatedError, AuthError)):
        collect(whole[:cut], key, released)
    assert plain.startswith(released)


def test_truncation_at_every_byte_of_one_stream_is_refused() -> None:
    whole, _ = sealed(bytes(3 * CHUNK), KEY)
    for cut in range(len(whole)):
        with pytest.raises(StreamError):
            opened(whole[:cut], KEY)


@given(long_plaintexts, keys)
def test_missing_whole_chunks_at_the_end_are_named_truncation(plain: bytes, key: bytes) -> None:
    header, chunks = pieces(sealed(plain, key)[0])
    for keep in range(len(chunks)):
        with pytest.raises(TruncatedError):
            opened(header + b"".join(chunks[:keep]), key)


@given(long_plaintexts, keys, st.data())
def test_reordering_chunks_is_refused(plain: bytes, key: bytes, data: st.DataObject) -> None:
    header, chunks = pieces(sealed(plain, key)[0])
    order = data.draw(st.permutations(range(len(chunks))).filter(lambda p: list(p) != list(range(len(chunks)))))
    with pytest.raises(StreamError):
        opened(header + b"".join(chunks[at] for at in order), key)


@given(long_plaintexts, keys, st.data())
def test_repeating_or_dropping_a_chunk_is_refused(plain: bytes, key: bytes, data: st.DataObject) -> None:
    header, chunks = pieces(sealed(plain, key)[0])
    at = data.draw(st.integers(0, len(chunks) - 1))
    for other in (chunks[: at + 1] + chunks[at:], chunks[:at] + chunks[at + 1 :]):
        with pytest.raises(StreamError):
            opened(header + b"".join(other), key)


@given(long_plaintexts, keys, st.data())
def test_swapping_chunks_between_streams_is_refused(plain: bytes, key: bytes, data: st.DataObject) -> None:
    """Even between two seals of the same plaintext, under the same key, for the same context."""
    header, chunks = pieces(sealed(plain, key)[0])
    _, others = pieces(sealed(plain, key)[0])
    at = data.draw(st.integers(0, len(chunks) - 1))
    with pytest.raises(AuthError):
        opened(header + b"".join([*chunks[:at], others[at], *chunks[at + 1 :]]), key)


@given(plaintexts, keys, st.binary(min_size=1, max_size=3 * SEALED_CHUNK))
def test_extension_is_refused(plain: bytes, key: bytes, more: bytes) -> None:
    with pytest.raises((TrailingError, AuthError)):
        opened(sealed(plain, key)[0] + more, key)


@given(plaintexts, keys, st.data())
def test_any_flipped_bit_is_refused(plain: bytes, key: bytes, data: st.DataObject) -> None:
    whole = bytearray(sealed(plain, key)[0])
    at = data.draw(st.integers(0, 8 * len(whole) - 1))
    whole[at // 8] ^= 1 << (at % 8)
    with pytest.raises(StreamError):
        opened(bytes(whole), key)


def test_every_flipped_header_bit_is_refused() -> None:
    whole, _ = sealed(b"plain", KEY)
    for at in range(8 * stream.HEADER_BYTES):
        other = bytearray(whole)
        other[at // 8] ^= 1 << (at % 8)
        with pytest.raises(StreamError):
            opened(bytes(other), KEY)


@given(plaintexts, keys, keys)
def test_wrong_key_is_refused(plain: bytes, key: bytes, other: bytes) -> None:
    if key != other:
        with pytest.raises(CommitmentError):
            open_stream(sealed(plain, key)[0], key=other, context=CONTEXT)


@given(plaintexts, st.binary(min_size=1, max_size=40), st.binary(min_size=1, max_size=40))
def test_wrong_context_is_refused(plain: bytes, context: bytes, other: bytes) -> None:
    if context != other:
        with pytest.raises(CommitmentError):
            open_stream(sealed(plain, KEY, context=context)[0], key=KEY, context=other)


@given(long_plaintexts, keys, st.data())
def test_what_is_released_before_an_error_is_authentic(plain: bytes, key: bytes, data: st.DataObject) -> None:
    """Damage in chunk n: exactly the chunks before it were given, and they are what was sealed."""
    header, chunks = pieces(sealed(plain, key)[0])
    at = data.draw(st.integers(0, len(chunks) - 1))
    bad = bytearray(chunks[at])
    bad[data.draw(st.integers(0, len(bad) - 1))] ^= 0x80
    released = bytearray()
    damaged = header + b"".join([*chunks[:at], bytes(bad), *chunks[at + 1 :]])
    with pytest.raises(AuthError):
        collect(damaged, key, released)
    assert released == plain[: at * CHUNK]


@given(st.binary(max_size=200))
def test_junk_is_refused(junk: bytes) -> None:
    with pytest.raises(StreamError):
        opened(junk, KEY)
    with pytest.raises(StreamError):
        opened(stream.MAGIC + b"\x01" + junk, KEY)


@given(long_plaintexts)
def test_kept_chunks_never_change(plain: bytes) -> None:
    whole, _ = sealed(plain, KEY)
    assert b"".join(list(open_stream(whole, key=KEY, context=CONTEXT))) == plain
    kept: list[memoryview] = []
    seal_stream(plain, kept.append, key=KEY, context=CONTEXT, chunk_bytes=CHUNK)
    assert opened(b"".join(kept), KEY) == plain


def test_a_loop_that_keeps_nothing_uses_two_buffers() -> None:
    whole, _ = sealed(bytes(50 * CHUNK), KEY)
    seen = {id(chunk.obj) for chunk in open_stream(whole, key=KEY, context=CONTEXT)}
    assert len(seen) == 2
    written: set[int] = set()
    seal_stream_unhashed(
        bytes(50 * CHUNK), lambda view: written.add(id(view.obj)), key=KEY, context=CONTEXT, chunk_bytes=CHUNK
    )
    assert len(written) == 2  # the header, and one buffer for every chunk


def test_a_chunk_can_be_wiped_by_its_reader() -> None:
    whole, _ = sealed(b"x" * 3 * CHUNK, KEY)
    for chunk in open_stream(whole, key=KEY, context=CONTEXT):
        wipe(chunk)
        assert bytes(chunk) == bytes(len(chunk))


def test_buffers_are_wiped_when_the_opener_is_let_go() -> None:
    whole, _ = sealed(b"x" * 3 * CHUNK, KEY)
    chunks = open_stream(whole, key=KEY, context=CONTEXT)
    buffer = next(chunks).obj
    chunks.close()  # type: ignore[attr-defined]
    assert buffer == bytes(CHUNK)


def test_a_buffer_is_wiped_even_if_the_cipher_wrote_before_it_refused() -> None:
    class WritesThenRefuses:
        def decrypt_into(self, nonce: bytes, sealed: bytes, associated: bytes, out: memoryview) -> None:
            out[:] = b"x" * len(out)
            raise InvalidTag

    out = bytearray(CHUNK)
    assert not stream._opened(WritesThenRefuses(), bytes(12), memoryview(b""), b"", memoryview(out))  # type: ignore[arg-type]
    assert out == bytes(CHUNK)


def test_open_bytes_refuses_more_than_its_caller_allows() -> None:
    whole, _ = sealed(bytes(100), KEY)
    assert len(open_bytes(whole, key=KEY, context=CONTEXT, max_bytes=100)) == 100
    with pytest.raises(LimitError):
        open_bytes(whole, key=KEY, context=CONTEXT, max_bytes=99)


def test_open_bytes_grows_for_a_source_of_unknown_length() -> None:
    plain = os.urandom((5 << 20) + 7)
    whole, _ = sealed(plain, KEY, chunk_bytes=limits.CHUNK_BYTES)
    assert open_bytes(io.BytesIO(whole), key=KEY, context=CONTEXT) == plain


def test_the_counter_never_wraps() -> None:
    assert stream._nonce(b"p" * 7, limits.MAX_CHUNKS - 1, last=True) == b"p" * 7 + b"\xff\xff\xff\xfe\x01"
    with pytest.raises(LimitError):
        stream._nonce(b"p" * 7, limits.MAX_CHUNKS, last=True)


def test_objects_over_the_limit_are_refused_on_both_sides(monkeypatch: pytest.MonkeyPatch) -> None:
    whole, _ = sealed(bytes(100), KEY)
    monkeypatch.setattr(limits, "MAX_OBJECT_BYTES", 99)
    with pytest.raises(LimitError):
        sealed(bytes(100), KEY)
    with pytest.raises(LimitError):
        opened(whole, KEY)


@pytest.mark.parametrize("size", [0, 8, 24, 1 << 25, -16])
def test_odd_chunk_sizes_are_refused(size: int) -> None:
    with pytest.raises(LimitError):
        sealed(b"", KEY, chunk_bytes=size)


@pytest.mark.parametrize("key", [b"", bytes(31), bytes(33), bytearray(16)])
def test_keys_of_another_length_are_refused(key: bytes) -> None:
    with pytest.raises(KeyMaterialError):
        sealed(b"", key)


def test_an_unknown_version_is_named() -> None:
    whole = bytearray(sealed(b"", KEY)[0])
    whole[15] = 9
    with pytest.raises(HeaderError, match="version 9"):
        opened(bytes(whole), KEY)


def test_sinks_and_sources_that_cheat_are_refused() -> None:
    class Silent:
        def write(self, view: memoryview) -> None: ...

    class Stuck:
        def write(self, view: memoryview) -> int:
            return 0

    for sink in (Silent(), Stuck()):
        with pytest.raises(PipeError):
            seal_stream(b"", sink, key=KEY, context=CONTEXT)  # type: ignore[arg-type]
    for source in (io.StringIO("text"), ["text"], "text"):
        with pytest.raises(PipeError):
            seal_stream(source, bytearray().extend, key=KEY, context=CONTEXT)  # type: ignore[arg-type]
    with pytest.raises(PipeError):
        seal_stream(b"", bytearray().extend, key=KEY, context=CONTEXT, entropy=lambda n: b"e" * (n - 1))


def test_a_sink_that_writes_short_loses_nothing() -> None:
    class Short:
        got = b""

        def write(self, view: memoryview) -> int:
            self.got += bytes(view[:5])
            return min(5, len(view))

    sink = Short()
    seal_stream(bytes(99), sink, key=KEY, context=CONTEXT, chunk_bytes=CHUNK)  # type: ignore[arg-type]
    assert opened(sink.got, KEY) == bytes(99)


def test_a_failing_sink_leaves_no_thread_behind() -> None:
    import threading

    written = 0

    def sink(view: memoryview) -> None:
        nonlocal written
        written += 1
        if written == 10:
            raise OSError("disk full")

    with pytest.raises(OSError, match="disk full"):
        seal_stream(bytes(100 * CHUNK), sink, key=KEY, context=CONTEXT, chunk_bytes=CHUNK)
    assert not [thread for thread in threading.enumerate() if thread.name == "seal-sha256"]


def test_errors_are_one_sentence_and_know_their_layer() -> None:
    classes, todo = set(), [SealError]
    while todo:
        todo += todo[0].__subclasses__()
        classes.add(todo.pop(0))
    assert len({kind.layer for kind in classes}) == len(classes)
    with pytest.raises(CommitmentError) as caught:
        open_stream(sealed(b"", KEY)[0], key=bytes(32), context=CONTEXT)
    assert str(caught.value).endswith(".")
    assert KEY.hex() not in str(caught.value)
