"""The container reads what it wrote, and nothing else."""

from __future__ import annotations

import hashlib
import struct

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stagedoor.wire import container
from stagedoor.wire.container import MAGIC, ContainerError, read, write

NAMES = st.from_regex(r"\A[a-z0-9_-][a-z0-9._-]{0,12}(/[a-z0-9_-][a-z0-9._-]{0,12}){0,2}\Z")
FILES = st.dictionaries(NAMES, st.binary(max_size=200), max_size=6)


def packed(files: dict[str, bytes]) -> bytes:
    """A container's bytes."""
    return b"".join(write(files.items()))


def forged(*members: tuple[bytes, bytes], count: int | None = None, magic: bytes = MAGIC) -> bytes:
    """A container whose hash is right and whose members may be anything."""
    body = magic
    for name, data in members:
        body += struct.pack(">H", len(name)) + name + struct.pack(">Q", len(data)) + data
    body += struct.pack(">HI", 0, len(members) if count is None else count)
    return body + hashlib.sha256(body).digest()


@given(files=FILES)
def test_what_was_written_is_read_in_its_order(files: dict[str, bytes]) -> None:
    found = read(packed(files))
    assert found == files
    assert list(found) == list(files)
    assert forged(*((name.encode(), data) for name, data in files.items())) == packed(files)


@given(files=FILES)
def test_every_kind_of_buffer_is_read(files: dict[str, bytes]) -> None:
    data = packed(files)
    assert read(bytearray(data)) == read(memoryview(data)) == files


@settings(max_examples=300)
@given(files=FILES, data=st.data())
def test_any_changed_byte_is_refused(files: dict[str, bytes], data: st.DataObject) -> None:
    good = packed(files)
    at = data.draw(st.integers(0, len(good) - 1))
    spoilt = good[:at] + bytes([good[at] ^ data.draw(st.integers(1, 255))]) + good[at + 1 :]
    with pytest.raises(ContainerError):
        read(spoilt)


@given(files=FILES, data=st.data())
def test_any_cut_or_longer_one_is_refused(files: dict[str, bytes], data: st.DataObject) -> None:
    good = packed(files)
    with pytest.raises(ContainerError):
        read(good[: data.draw(st.integers(0, len(good) - 1))])
    with pytest.raises(ContainerError):
        read(good + data.draw(st.binary(min_size=1, max_size=40)))


@settings(max_examples=500)
@given(rest=st.binary(max_size=300))
def test_rubbish_is_refused_and_nothing_else_happens(rest: bytes) -> None:
    for hostile in (rest, MAGIC + rest):
        with pytest.raises(ContainerError):
            read(hostile)


BAD_NAMES = [
    b"..", b"../x", b"/etc/passwd", b"a/../b", b"a//b", b"a/", b".hidden", b"a/.hidden", b"a\\b", b"a b", b"a\x00b",
    b"C:x", b"caf\xc3\xa9", b"\xff", b"x" * 201, b"a\n", b"-/..",
]  # fmt: skip


@pytest.mark.parametrize("name", BAD_NAMES)
def test_names_that_lead_anywhere_are_refused(name: bytes) -> None:
    with pytest.raises(ContainerError) as refused:
        read(forged((name, b"secret")))
    assert b"secret" not in str(refused.value).encode()
    with pytest.raises(ContainerError):
        list(write([(name.decode("latin-1"), b"")]))


@pytest.mark.parametrize("second", [b"a.png", b"A.png", b"A.PNG"])
def test_two_files_of_one_name_are_refused(second: bytes) -> None:
    with pytest.raises(ContainerError):
        read(forged((b"a.png", b"1"), (second, b"2")))
    with pytest.raises(ContainerError):
        list(write([("a.png", b"1"), (second.decode(), b"2")]))


def test_a_wrong_count_is_refused() -> None:
    for count in (0, 2, 1 << 31):
        with pytest.raises(ContainerError):
            read(forged((b"a", b"1"), count=count))


def test_a_member_longer_than_the_container_costs_no_memory() -> None:
    head = MAGIC + struct.pack(">H", 1) + b"a"
    for length in (1 << 62, (1 << 64) - 1, 1000):
        with pytest.raises(ContainerError):
            read(head + struct.pack(">Q", length) + b"x")


def test_counts_and_sizes_are_limited(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(container, "FILES_MAX", 3)
    monkeypatch.setattr(container, "BYTES_MAX", 10)
    assert len(read(packed({"a": b"123", "b": b"123", "c": b"1234"}))) == 3
    with pytest.raises(ContainerError):
        packed(dict.fromkeys("abcd", b""))
    with pytest.raises(ContainerError):
        packed({"a": b"12345678901"})
    with pytest.raises(ContainerError):
        read(forged((b"a", b"123456"), (b"b", b"123456")))
    with pytest.raises(ContainerError):
        read(forged(*((bytes([97 + n]), b"") for n in range(4))))


def test_writing_streams() -> None:
    pieces = write([("a", b"1"), ("b", b"2")])
    assert next(pieces) == MAGIC
    assert b"a" in next(pieces)
