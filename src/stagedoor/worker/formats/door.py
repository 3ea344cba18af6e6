"""One door to every format of splats: told apart by their first bytes, never by their names.

    read_splats(data, name="mara.spz")      a Splats, or FormatError within a second and in bounded memory
    write_splats(splats, "spz")             bytes; FormatError where the format cannot hold the double

A double stands y up in the world of its capture (right, up, back).  Every file is turned into that frame and out of it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Final

from stagedoor.worker.double.splats import Splats
from stagedoor.worker.formats import gltf, ply, spz, usd
from stagedoor.worker.formats.errors import FormatError, shown
from stagedoor.worker.formats.made import Octets

FILE_BYTES_MAX: Final = 512 << 20
"""Bytes of one file: a million Gaussians of degree 3 take 236 MB as PLY and 240 MB as GLB."""

_READERS: Final[tuple[tuple[bytes, Callable[[Octets], Splats]], ...]] = (
    (ply.MAGIC, ply.read_ply),
    (spz.GZIP, spz.read_spz),
    (spz.MAGIC, spz.read_spz),
    (gltf.MAGIC, gltf.read_glb),
    (usd.MAGIC, usd.read_none),
    (usd.PACKED, usd.read_none),
)

_WRITERS: Final[Mapping[str, Callable[[Splats], bytes]]] = MappingProxyType(
    {"ply": ply.write_ply, "spz": spz.write_spz, "glb": gltf.write_glb, "usda": usd.write_usda}
)

KINDS: Final = tuple(_WRITERS)
"""What can be written, by the ending of its file's name."""


def read_splats(data: Octets, *, name: str) -> Splats:
    """The double in a file of any kind that is read here; `name` is only told in the refusal.  Raises FormatError.

    Of `data` nothing is kept but copies of numbers, so a caller who must wipe it can.
    """
    try:
        return _reader(data)(data)
    except FormatError as fault:
        raise FormatError(where=f"{shown(name)} ({fault.where})", what=fault.what, todo=fault.todo) from None


def _reader(data: Octets) -> Callable[[Octets], Splats]:
    if len(data) > FILE_BYTES_MAX:
        raise FormatError(where="file", what=f"larger than {FILE_BYTES_MAX} bytes", todo="Export fewer Gaussians")
    start = bytes(data[:4])
    for magic, read in _READERS:
        if start.startswith(magic):
            return read
    what, todo = "it begins as no splat file that is read here", "Give a PLY, an SPZ of version 2 or 3, or a GLB"
    raise FormatError(where="file", what=what, todo=todo)


def write_splats(splats: Splats, kind: str) -> bytes:
    """The double as a file of one of KINDS.  Raises FormatError."""
    if kind not in _WRITERS:
        raise FormatError(
            where="writing", what=f"{shown(kind)} is no kind of splat file", todo=f"Take {', '.join(KINDS)}"
        )
    return _WRITERS[kind](splats)
