"""A strict reader of safetensors: where each tensor lies, without running anything or believing a size.

The format (the safetensors README, "Format"): header length (u64, little-endian), a JSON object of that many bytes,
then one buffer of tensors.  The header maps each name to dtype, shape and [begin, end) in the buffer, and may hold text
by text under `__metadata__`.  This reader takes a narrower form than the format allows: no name twice, offsets that
cover the buffer without a hole or an overlap, bytes that are exactly shape times dtype, and nothing nested deeper.

Every size is checked against the length that is really there before anything is made of it, so a header that promises
10^12 numbers costs what reading it costs.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import pairwise
from math import prod
from types import MappingProxyType
from typing import Any, Final

import numpy as np

HEADER_BYTES_MAX: Final = 8 << 20
"""Bytes of the header.  The format allows 100 MB; a LoRA's is 100 kB, with a trainer's own statistics a few MB."""

TENSORS_MAX: Final = 65_536
"""Tensors in one file: a LoRA of the largest published image models has about 3,000."""

DIMENSIONS_MAX: Final = 8
"""Dimensions of one tensor: a convolution's kernel has four or five."""

NAME_CHARS_MAX: Final = 400
"""Characters of one tensor's name; the deepest modules in use take about 150."""

CHUNK_NUMBERS: Final = 1 << 20
"""Numbers looked at together for NaN and infinity: a few megabytes of scratch, whatever the file's size."""

METADATA: Final = "__metadata__"

DTYPES: Final[Mapping[str, int]] = MappingProxyType(
    {
        "BOOL": 1, "U8": 1, "I8": 1, "F8_E4M3": 1, "F8_E5M2": 1, "I16": 2, "U16": 2, "F16": 2, "BF16": 2,
        "I32": 4, "U32": 4, "F32": 4, "I64": 8, "U64": 8, "F64": 8,
    }
)  # fmt: skip
"""Bytes of one number by dtype.  The format's newest four-, six- and complex-number kinds are refused as unknown."""

FLOATS: Final = frozenset({"F8_E4M3", "F8_E5M2", "F16", "BF16", "F32", "F64"})

_FOREIGN: Final = (
    (b"GGUF", "a GGUF file"),
    (b"\x89HDF", "an HDF5 file"),
    (b"\x93NUMPY", "a NumPy array"),
    (b"glTF", "a glTF model"),
    (b"ply\n", "a PLY file"),
)


class WeightsError(ValueError):
    """A file that is not taken as weights.  The text says what is wrong, where, and what to do."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Tensor:
    """One tensor: its numbers lie in `begin` to `end` of the file, counted in bytes from the file's first."""

    name: str
    dtype: str
    shape: tuple[int, ...]
    begin: int
    end: int

    @property
    def numbers(self) -> int:
        """How many numbers it holds."""
        return prod(self.shape)


def read_header(view: memoryview) -> tuple[tuple[Tensor, ...], Mapping[str, str]]:
    """Tensors in the order of their bytes, and the metadata.  Raises WeightsError."""
    _refuse_foreign(view)
    if len(view) < 10:
        raise WeightsError(
            f"the file has {len(view)} bytes; the shortest safetensors file has 10. It may be cut short."
        )
    length = int.from_bytes(view[:8], "little")
    if length > HEADER_BYTES_MAX:
        raise WeightsError(f"the header says it has {length} bytes; at most {HEADER_BYTES_MAX} are read")
    if length > len(view) - 8:
        raise WeightsError(f"the header says it has {length} bytes; {len(view) - 8} follow. The file may be cut short.")
    told = _parsed(bytes(view[8 : 8 + length]))
    metadata = _metadata(told.pop(METADATA, {}))
    if not told:
        raise WeightsError("the file holds no tensor")
    if len(told) > TENSORS_MAX:
        raise WeightsError(f"the header names {len(told)} tensors; at most {TENSORS_MAX} are read")
    tensors = [_tensor(name, entry, start=8 + length, size=len(view)) for name, entry in told.items()]
    tensors.sort(key=lambda tensor: (tensor.begin, tensor.end))
    _check_covered(tensors, start=8 + length, size=len(view))
    return tuple(tensors), MappingProxyType(metadata)


def _refuse_foreign(view: memoryview) -> None:
    """Formats that can run code are named, and never opened to see what they would do."""
    head = bytes(view[:16])
    advice = "Convert it to .safetensors on a machine where whoever made it is trusted, and bring that."
    if head[:4] == b"PK\x03\x04":
        raise WeightsError(f"a zip archive, as .pt, .bin and .ckpt files are: its pickle could run code. {advice}")
    if head[:1] == b"\x80" and head[1:2] in {b"\x02", b"\x03", b"\x04", b"\x05"} and head[8:9] != b"{":
        raise WeightsError(f"a pickle, as older .pt, .bin and .ckpt files are: reading it could run code. {advice}")
    for magic, what in _FOREIGN:
        if head.startswith(magic):
            raise WeightsError(f"{what}, not a safetensors file")


def _parsed(raw: bytes) -> dict[str, Any]:
    if raw[:1] != b"{" or raw.rstrip(b" ")[-1:] != b"}":
        raise WeightsError("the header is not one JSON object, padded with spaces at most")
    objects = 0

    def once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        nonlocal objects
        objects += 1
        if objects > TENSORS_MAX + 2:  # one for each tensor, one of metadata, and the header itself
            raise WeightsError(f"the header names more than {TENSORS_MAX} tensors; so many are read at most")
        found = dict(pairs)
        if len(found) != len(pairs):
            raise WeightsError("the header gives one name twice; readers would disagree which one counts")
        return found

    try:
        # Objects come as pairs, so that a name given twice is seen; numbers with a fraction are no size and no offset.
        told = json.loads(raw.decode("utf-8"), object_pairs_hook=once, parse_float=_whole, parse_constant=_whole)
    except WeightsError:
        raise
    except RecursionError:
        raise WeightsError("the header is nested more deeply than tensors and metadata need") from None
    except ValueError as fault:  # UnicodeDecodeError and JSONDecodeError are ValueErrors too; they may quote the file
        raise WeightsError(f"the header is not JSON: {type(fault).__name__}") from None
    assert isinstance(told, dict)
    return told


def _whole(text: str) -> Any:
    raise WeightsError(f"the header holds the number {text[:20]}; sizes and offsets are whole numbers")


def _metadata(told: Any) -> dict[str, str]:
    if not isinstance(told, dict) or not all(isinstance(value, str) for value in told.values()):
        raise WeightsError(f"'{METADATA}' is not text by text")
    return told


def _tensor(name: str, entry: Any, *, start: int, size: int) -> Tensor:
    if not 0 < len(name) <= NAME_CHARS_MAX or not name.isprintable():
        raise WeightsError(f"a tensor's name has 1 to {NAME_CHARS_MAX} printable characters; {name[:40]!r} has not")
    where = f"tensor '{name[:80]}'"
    if not isinstance(entry, dict) or set(entry) != {"dtype", "shape", "data_offsets"}:
        raise WeightsError(f"{where}: takes exactly dtype, shape and data_offsets")
    dtype, shape, offsets = entry["dtype"], entry["shape"], entry["data_offsets"]
    width = DTYPES.get(dtype) if isinstance(dtype, str) else None
    if width is None:
        raise WeightsError(f"{where}: dtype {str(dtype)[:20]!r} is not one of {', '.join(DTYPES)}")
    if not isinstance(shape, list) or len(shape) > DIMENSIONS_MAX or not all(_is_size(item) for item in shape):
        raise WeightsError(f"{where}: a shape is at most {DIMENSIONS_MAX} whole numbers, none below nothing")
    if not isinstance(offsets, list) or len(offsets) != 2 or not all(_is_size(item) for item in offsets):
        raise WeightsError(f"{where}: data_offsets are two whole numbers")
    begin, end = offsets
    if not begin <= end <= size - start:
        raise WeightsError(f"{where}: bytes {begin} to {end} of a buffer of {size - start}. The file may be cut short.")
    if prod(shape) * width != end - begin:
        raise WeightsError(f"{where}: shape {shape} of {dtype} takes {prod(shape) * width} bytes, not {end - begin}")
    return Tensor(name=name, dtype=dtype, shape=tuple(shape), begin=start + begin, end=start + end)


def _is_size(value: Any) -> bool:
    return type(value) is int and 0 <= value < 1 << 53  # True is an int to Python, and no size


def _check_covered(tensors: list[Tensor], *, start: int, size: int) -> None:
    """No byte belongs to two tensors, and none to nobody: what no tensor names could be anything."""
    if tensors[0].begin != start:
        raise WeightsError(f"{tensors[0].begin - start} bytes before the first tensor belong to nobody")
    for before, after in pairwise(tensors):
        if after.begin != before.end:
            what = "overlap" if after.begin < before.end else "leave a hole between them"
            raise WeightsError(f"tensors '{before.name[:80]}' and '{after.name[:80]}' {what}")
    if tensors[-1].end != size:
        raise WeightsError(f"{size - tensors[-1].end} bytes after the last tensor belong to nobody")


def check_finite(view: memoryview, tensor: Tensor) -> None:
    """Raise WeightsError for a NaN or an infinity: a training that broke, or a file made to break what reads it."""
    if tensor.dtype not in FLOATS:
        return
    width = DTYPES[tensor.dtype]
    for begin in range(tensor.begin, tensor.end, CHUNK_NUMBERS * width):
        part = view[begin : min(begin + CHUNK_NUMBERS * width, tensor.end)]
        if not _all_finite(part, tensor.dtype):
            raise WeightsError(f"tensor '{tensor.name[:80]}' holds a NaN or an infinity")


def _all_finite(part: memoryview, dtype: str) -> bool:
    if dtype in {"F16", "F32", "F64"}:
        return bool(np.isfinite(np.frombuffer(part, f"<f{DTYPES[dtype]}")).all())
    if dtype == "BF16":  # the upper half of an F32: all exponent bits set is no number
        return bool(((np.frombuffer(part, "<u2") & 0x7F80) != 0x7F80).all())
    bits = np.frombuffer(part, np.uint8)
    if dtype == "F8_E5M2":
        return bool(((bits & 0x7C) != 0x7C).all())
    return bool(((bits & 0x7F) != 0x7F).all())  # F8_E4M3 has no infinity, and one NaN of each sign
