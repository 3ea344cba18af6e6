"""Model weights as a replica: what a file of them is, told in counts and without a single weight.

A picture model's adapter (LoRA) and a voice model come as safetensors; what can run code when it is read is refused by
name.  Nothing here writes a file: metadata with more than one key comes out of the common writers in another order each
time, so `tensors_sha256` names the tensors apart from their header, and a file is sealed as the bytes that it came in.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Final

from stagedoor.wire.lora import read_lora
from stagedoor.wire.safetensors import Tensor, WeightsError, check_finite, read_header

__all__ = ["Tensor", "WeightsDescription", "WeightsError", "WeightsKind", "describe_weights"]

SAID_CHARS_MAX: Final = 400
"""Characters of a base model's name in the metadata; a longer one is left out."""


class WeightsKind(Enum):
    """What a file of weights is: an adapter of a picture model, a voice as its giver declares, or something else."""

    LORA = "lora"
    VOICE = "voice"
    OTHER = "other"


@dataclass(frozen=True, slots=True, kw_only=True)
class WeightsDescription:
    """What a file of weights is, without a single weight of it.

    `parameters` counts all numbers, `bytes` the whole file.  `layout` ("kohya", "peft", "diffusers"), `modules`,
    `ranks` and `alphas` (the different ones, ascending) are of a LoRA, else empty; a pair is scaled by alpha over rank.
    `base_model` is what the metadata says it adapts, or "": a claim, which nothing here can check.  `tensors_sha256` is
    over names, dtypes, shapes and numbers in the order of names, and not over metadata.
    """

    kind: WeightsKind
    layout: str
    tensors: tuple[Tensor, ...]
    parameters: int
    modules: int
    ranks: tuple[int, ...]
    alphas: tuple[float, ...]
    base_model: str
    bytes: int
    tensors_sha256: str


def describe_weights(
    data: bytes | bytearray | memoryview, *, declared: WeightsKind | None = None, finite: bool = True
) -> WeightsDescription:
    """Read a safetensors file strictly and say what it is.

    `declared` is what its giver calls it: a LORA must be one in every tensor, a VOICE is only checked as a file, for no
    layout of voices is common.  Without it a file in which anything looks like a LoRA must be one; the rest is OTHER.
    `finite` looks at every number as well.  Raises WeightsError.
    """
    view = memoryview(data).cast("B")
    tensors, metadata = read_header(view)
    lora = (
        read_lora(view, tensors, metadata, must=declared is WeightsKind.LORA)
        if declared is not WeightsKind.VOICE
        else None
    )
    if finite:
        for tensor in tensors:
            check_finite(view, tensor)
    return WeightsDescription(
        kind=WeightsKind.LORA if lora else declared or WeightsKind.OTHER,
        layout=lora.layout if lora else "",
        tensors=tensors,
        parameters=sum(tensor.numbers for tensor in tensors),
        modules=lora.modules if lora else 0,
        ranks=lora.ranks if lora else (),
        alphas=lora.alphas if lora else (),
        base_model=_base_model(metadata),
        bytes=len(view),
        tensors_sha256=_digest(view, tensors),
    )


def _base_model(metadata: Mapping[str, str]) -> str:
    """What trainers say of the model they adapted: Stability's modelspec, kohya's, the hub's."""
    for key in ("modelspec.architecture", "ss_base_model_version", "ss_sd_model_name", "base_model"):
        said = metadata.get(key, "").strip()
        if said and len(said) <= SAID_CHARS_MAX and said.isprintable():
            return said
    return ""


def _digest(view: memoryview, tensors: tuple[Tensor, ...]) -> str:
    running = hashlib.sha256(b"stagedoor weights 1\n")
    for tensor in sorted(tensors, key=lambda item: item.name):
        head = json.dumps([tensor.name, tensor.dtype, list(tensor.shape)], ensure_ascii=True)
        running.update(head.encode("ascii") + b"\n")
        running.update(view[tensor.begin : tensor.end])
    return running.hexdigest()
