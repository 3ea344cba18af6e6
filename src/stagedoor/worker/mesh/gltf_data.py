"""The layers under glTF: the GLB container, and numbers in buffers.  Lengths are checked before anything is made."""

from __future__ import annotations

import json
import struct
from collections.abc import Mapping
from typing import Any, Final, NoReturn
from urllib.parse import unquote

import numpy as np
from numpy.typing import NDArray

from stagedoor.worker.mesh.errors import MeshError, shown
from stagedoor.worker.mesh.limits import JSON_BYTES_MAX, NAME_CHARACTERS_MAX, NODES_MAX

Octets = bytes | bytearray | memoryview
Entry = dict[str, Any]

MAGIC: Final = b"glTF"
_HEADER: Final = struct.Struct("<4sII")
_CHUNK: Final = struct.Struct("<II")
_JSON, _BIN = 0x4E4F534A, 0x004E4942

COMPONENTS: Final[Mapping[int, str]] = {5120: "i1", 5121: "u1", 5122: "<i2", 5123: "<u2", 5125: "<u4", 5126: "<f4"}
WIDTHS: Final[Mapping[str, int]] = {"SCALAR": 1, "VEC2": 2, "VEC3": 3, "VEC4": 4}
COUNT_MAX: Final = 6_000_000
"""Elements of one accessor: the corners of as many triangles as a mesh may have."""

AGAIN: Final = "Export it again as binary glTF (.glb)"


def refuse(where: str, what: str, todo: str = AGAIN) -> NoReturn:
    """Raise the package's error."""
    raise MeshError(where=where, what=what, todo=todo)


def chunks(data: Octets) -> tuple[Entry, memoryview | None]:
    """A GLB's JSON and its binary chunk (None if there is none)."""
    view = memoryview(data)
    if len(view) < _HEADER.size + _CHUNK.size or bytes(view[:4]) != MAGIC:
        refuse("glb", "it does not begin as a GLB does")
    _, version, length = _HEADER.unpack_from(view)
    if version != 2 or length != len(view):
        refuse("glb", f"its header says version {version} and {length} bytes; it has {len(view)} bytes")
    found: list[tuple[int, memoryview]] = []
    at = _HEADER.size
    while at < len(view):
        if len(view) - at < _CHUNK.size or len(found) >= NODES_MAX:
            refuse("glb", "its last chunk is cut off")
        size, kind = _CHUNK.unpack_from(view, at)
        at += _CHUNK.size
        if size > len(view) - at:
            refuse("glb", f"a chunk says {size} bytes and {len(view) - at} follow")
        found.append((kind, view[at : at + size]))
        at += size
    if found[0][0] != _JSON:
        refuse("glb", "its first chunk is not JSON")
    binary = next((chunk for kind, chunk in found[1:2] if kind == _BIN), None)
    return document(found[0][1]), binary


def packed(content: Entry, binary: bytes) -> bytes:
    """The reverse of `chunks`: a GLB.  The same content gives the same bytes."""
    head = json.dumps(content, sort_keys=True, separators=(",", ":"), allow_nan=False).encode("ascii")
    head += b" " * (-len(head) % 4)
    binary += b"\0" * (-len(binary) % 4)
    length = _HEADER.size + 2 * _CHUNK.size + len(head) + len(binary)
    parts = (_HEADER.pack(MAGIC, 2, length), _CHUNK.pack(len(head), _JSON), head, _CHUNK.pack(len(binary), _BIN))
    return b"".join((*parts, binary))


def document(data: Octets) -> Entry:
    """The JSON of a glTF as a dict."""
    if len(data) > JSON_BYTES_MAX:
        refuse("glTF JSON", f"larger than {JSON_BYTES_MAX} bytes", "Put buffers and pictures into a .glb")
    try:
        read = json.loads(bytes(data).decode("utf-8"), parse_constant=_no_constant)
    except (ValueError, RecursionError) as fault:
        raise MeshError(where="glTF JSON", what="it is no JSON", todo=AGAIN) from fault
    if not isinstance(read, dict):
        refuse("glTF JSON", "it is not one object")
    return read


def _no_constant(word: str) -> NoReturn:
    raise ValueError(word)


def entries(owner: Entry, key: str, where: str) -> list[Entry]:
    """The list of objects under a key, empty if it is absent."""
    held = owner.get(key, [])
    if not isinstance(held, list) or len(held) > NODES_MAX or not all(isinstance(one, dict) for one in held):
        refuse(f"{where} {key}", f"it is not a list of at most {NODES_MAX} objects")
    return held


def entry(owner: Entry, key: str, where: str) -> Entry:
    """The object under a key, empty if it is absent."""
    held = owner.get(key, {})
    if not isinstance(held, dict):
        refuse(f"{where} {key}", "it is not an object")
    return held


def index(owner: Entry, key: str, where: str, *, below: int, default: int | None = None) -> int:
    """A whole number from 0, under `below`.  Absent: the default, or a refusal."""
    held = owner.get(key, default)
    if not isinstance(held, int) or isinstance(held, bool) or not 0 <= held < below:
        refuse(where, f"its {key} is {shown(held)}, not 0 to {below - 1}")
    return held


def numbers(owner: Entry, key: str, where: str, *, default: tuple[float, ...]) -> tuple[float, ...]:
    """As many finite numbers as the default has."""
    held = owner.get(key, default)
    sound = isinstance(held, (list, tuple)) and len(held) == len(default)
    if not sound or not all(isinstance(one, (int, float)) and not isinstance(one, bool) for one in held):
        refuse(where, f"its {key} is not {len(default)} numbers")
    out = tuple(float(one) if abs(one) < 1e30 else float("inf") for one in held)
    if not all(abs(one) <= 1e9 for one in out):
        refuse(where, f"a number of its {key} is not finite or is beyond 1e9")
    return out


def file_name(uri: object, where: str) -> str:
    """The name of a file beside the model, as its bytes must be given under."""
    if not isinstance(uri, str) or uri.startswith("data:"):
        refuse(where, "its data stands inside the JSON as text")
    name = unquote(uri)
    rooms = name.replace("\\", "/").split("/")
    if len(name) > NAME_CHARACTERS_MAX or ":" in name or any(room in ("", ".", "..") for room in rooms):
        refuse(where, f"{shown(name)} leads out of the model's own folder", "Put all its files into one folder")
    return name


class Store:
    """The buffers of a glTF, and what accessors say of them."""

    def __init__(self, content: Entry, binary: memoryview | None, beside: Mapping[str, Octets]) -> None:
        self._accessors = entries(content, "accessors", "glTF")
        self._views = entries(content, "bufferViews", "glTF")
        self._buffers = entries(content, "buffers", "glTF")
        self._binary, self._beside = binary, beside

    def count(self, number: int, where: str) -> int:
        """How many elements an accessor says that it has, within COUNT_MAX; nothing is read."""
        if not 0 <= number < len(self._accessors):
            refuse(where, f"accessor {number} is not there")
        return index(self._accessors[number], "count", f"accessor {number}", below=COUNT_MAX + 1)

    def view(self, number: int, where: str) -> memoryview:
        """The bytes of a bufferView, all within its buffer."""
        if not 0 <= number < len(self._views):
            refuse(where, f"bufferView {number} is not there")
        held, name = self._views[number], f"bufferView {number}"
        data = self._buffer(index(held, "buffer", name, below=len(self._buffers)))
        start = index(held, "byteOffset", name, below=len(data) + 1, default=0)
        size = index(held, "byteLength", name, below=len(data) - start + 1)
        return data[start : start + size]

    def array(self, number: int, where: str, *, shapes: tuple[str, ...]) -> NDArray[np.generic]:
        """The numbers of an accessor, [count, width], as a look at the buffer: nothing is copied yet."""
        count = self.count(number, where)
        held, name = self._accessors[number], f"accessor {number}"
        if "sparse" in held or "bufferView" not in held:
            refuse(name, "it is sparse or empty", "Export it without sparse accessors and shape keys")
        kind = COMPONENTS.get(index(held, "componentType", name, below=1 << 16), "")
        shape = held.get("type")
        if not kind or not isinstance(shape, str) or shape not in shapes:
            refuse(name, f"its type is {shown(shape)}, where {where} needs {' or '.join(shapes)}")
        number_of_view = index(held, "bufferView", name, below=len(self._views))
        data = self.view(number_of_view, name)
        item = np.dtype(kind)
        width = WIDTHS[shape]
        start = index(held, "byteOffset", name, below=len(data) + 1, default=0)
        step = index(self._views[number_of_view], "byteStride", name, below=253, default=0) or item.itemsize * width
        if step < item.itemsize * width or step % item.itemsize:
            refuse(name, f"its stride of {step} bytes does not hold its elements")
        if count and (count - 1) * step + item.itemsize * width > len(data) - start:
            refuse(name, f"it promises {count} elements and its view has {len(data)} bytes")
        return np.ndarray((count, width), item, buffer=data, offset=start, strides=(step, item.itemsize))

    def floats(self, number: int, where: str, *, shapes: tuple[str, ...]) -> NDArray[np.float32]:
        """The same as float32; whole numbers that are marked as normalised become 0 to 1, or -1 to 1."""
        read = self.array(number, where, shapes=shapes)
        out: NDArray[np.float32] = read.astype(np.float32)
        if read.dtype.kind in "iu" and self._accessors[number].get("normalized") is True:
            bits = 8 * read.dtype.itemsize - (1 if read.dtype.kind == "i" else 0)
            out = np.maximum(out / np.float32((1 << bits) - 1), np.float32(-1.0))
        return out

    def _buffer(self, number: int) -> memoryview:
        held, name = self._buffers[number], f"buffer {number}"
        if "uri" in held:
            key = file_name(held["uri"], name)
            if key not in self._beside:
                refuse(name, f"the file {shown(key)} is missing", "Give it beside the model")
            data = memoryview(self._beside[key])
        elif number == 0 and self._binary is not None:
            data = self._binary
        else:
            refuse(name, "it has no data")
        size = index(held, "byteLength", name, below=1 << 62)
        if size > len(data):
            refuse(name, f"it promises {size} bytes and has {len(data)}")
        return data[:size]
