"""Where bytes come from and go to: sources that fill whole chunks, sinks that take everything, buffers that are reused.

The invariant of `Pool`: a buffer is handed out again only when nobody looks into it any more, so a view that a caller
keeps never changes under them. CPython tells: a bytearray refuses to be resized while a view of it lives.
"""

from __future__ import annotations

import hashlib
import queue
import threading
from collections.abc import Callable, Iterable, Iterator
from types import TracebackType
from typing import Any, BinaryIO, Protocol, TypeAlias

from stagedoor.seal.errors import PipeError
from stagedoor.seal.octets import Octets, wipe

Source: TypeAlias = Octets | BinaryIO | Iterable[Octets]
Sink: TypeAlias = BinaryIO | Callable[[memoryview], object]

_POOL_KEEPS = 4
_HASH_AHEAD = 2


class Reader(Protocol):
    """Gives views of exactly the bytes asked for; fewer only at the end."""

    def take(self, count: int) -> memoryview:
        """The next bytes. The view stays good until the second `take` after this one."""

    def close(self) -> None:
        """Wipe what was buffered here."""


def reader_of(source: Source) -> Reader:
    """The reader for a buffer, a file or an iterable of buffers."""
    if isinstance(source, bytes | bytearray | memoryview):
        return _MemoryReader(source)
    if hasattr(source, "readinto") or hasattr(source, "read"):
        return _FillingReader(_file_filler(source))
    return _FillingReader(_iterable_filler(iter(source)))


def writer_of(sink: Sink) -> Callable[[memoryview], object]:
    """A function that writes all of a view, or raises."""
    if not hasattr(sink, "write"):
        return sink
    write: Callable[[memoryview], Any] = sink.write

    def write_all(view: memoryview) -> None:
        rest = view
        while len(rest):
            written = write(rest)
            if not isinstance(written, int) or not 0 < written <= len(rest):
                raise PipeError("The sink did not say that it wrote anything, so the sealed stream may have a gap.")
            rest = rest[written:]

    return write_all


class _MemoryReader:
    """Bytes that are in memory already are never copied."""

    def __init__(self, source: Octets) -> None:
        self._rest = memoryview(source).cast("B")

    def take(self, count: int) -> memoryview:
        taken, self._rest = self._rest[:count], self._rest[count:]
        return taken

    def close(self) -> None:
        self._rest = memoryview(b"")


class _FillingReader:
    """Two buffers in turn, because the sealer and the opener look one chunk ahead."""

    def __init__(self, fill: Callable[[memoryview], int]) -> None:
        self._fill = fill
        self._buffers = [bytearray(), bytearray()]

    def take(self, count: int) -> memoryview:
        self._buffers.reverse()
        if len(self._buffers[0]) < count:
            self._buffers[0] = bytearray(count)
        view = memoryview(self._buffers[0])[:count]
        return view[: self._fill(view)]

    def close(self) -> None:
        wipe(*self._buffers)


def _file_filler(source: Any) -> Callable[[memoryview], int]:
    """Loop until the view is full or the file is at its end; a short read in between is no end."""

    def read_into(view: memoryview) -> int:
        got = source.read(len(view))
        if not isinstance(got, bytes | bytearray | memoryview) or len(got) > len(view):
            raise PipeError("The source did not read as a blocking binary file.")
        view[: len(got)] = got
        return len(got)

    step: Callable[[memoryview], Any] = source.readinto if hasattr(source, "readinto") else read_into

    def fill(view: memoryview) -> int:
        done = 0
        while done < len(view):
            got = step(view[done:])
            if not isinstance(got, int) or not 0 <= got <= len(view) - done:
                raise PipeError("The source did not read as a blocking binary file.")
            if got == 0:
                break
            done += got
        return done

    return fill


def _iterable_filler(blocks: Iterator[Octets]) -> Callable[[memoryview], int]:
    """Re-cut blocks of any sizes, empty ones too."""
    rest = memoryview(b"")

    def fill(view: memoryview) -> int:
        nonlocal rest
        done = 0
        while done < len(view):
            if not len(rest):
                block = next(blocks, None)
                if block is None:
                    break
                if not isinstance(block, bytes | bytearray | memoryview):
                    raise PipeError("The source gave something that is not bytes.")
                rest = memoryview(block).cast("B")
                continue
            count = min(len(rest), len(view) - done)
            view[done : done + count] = rest[:count]
            rest = rest[count:]
            done += count
        return done

    return fill


class Pool:
    """Buffers of one size, reused as soon as nobody looks into them."""

    def __init__(self, size: int) -> None:
        self._size = size
        self._buffers: list[bytearray] = []

    def take(self) -> bytearray:
        """A free buffer; a fresh one when all are being looked into (those then belong to whoever looks)."""
        for buffer in self._buffers:
            if not _in_use(buffer):
                return buffer
        fresh = bytearray(self._size)
        self._buffers = [*self._buffers[1 - _POOL_KEEPS :], fresh]
        return fresh

    def close(self) -> None:
        """Wipe what is free and let go of the rest."""
        for buffer in self._buffers:
            if not _in_use(buffer):
                wipe(buffer)
        self._buffers = []


def _in_use(buffer: bytearray) -> bool:
    """Whether a view of the buffer lives. Shrinking by one and growing back never moves the bytes."""
    try:
        last = buffer.pop()
    except BufferError:
        return True
    buffer.append(last)
    return False


class OverlappedSha256:
    """SHA-256 in a second thread: hashing is five times slower than AES-GCM, and both let go of the GIL.

    The first two pieces (a header and one chunk) are hashed in place, so that small objects start no thread.
    """

    def __init__(self) -> None:
        self._hash = hashlib.sha256()
        self._pieces = 0
        self._queue: queue.Queue[memoryview | None] = queue.Queue(maxsize=_HASH_AHEAD)
        self._thread: threading.Thread | None = None

    def __enter__(self) -> OverlappedSha256:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stop()

    def feed(self, piece: memoryview) -> None:
        """Hash a piece, now or soon; its buffer counts as looked into until then."""
        self._pieces += 1
        if self._pieces <= 2:
            self._hash.update(piece)
            return
        if self._thread is None:
            self._thread = threading.Thread(target=self._work, name="seal-sha256", daemon=True)
            self._thread.start()
        self._queue.put(memoryview(piece))

    def hexdigest(self) -> str:
        """The digest of everything fed; nothing can be fed after it."""
        self._stop()
        return self._hash.hexdigest()

    def _stop(self) -> None:
        if self._thread is not None:
            self._queue.put(None)
            self._thread.join()
            self._thread = None

    def _work(self) -> None:
        while (piece := self._queue.get()) is not None:
            self._hash.update(piece)
            piece.release()
