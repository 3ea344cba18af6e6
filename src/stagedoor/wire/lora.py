"""Whether tensors are a LoRA: pairs of thin matrices, each named for the module that it adapts.

Three layouts are in use, and a file is of one:

    kohya       <module>.lora_down.weight  <module>.lora_up.weight  <module>.alpha  [lora_mid.weight, dora_scale]
    peft        <module>.lora_A.weight     <module>.lora_B.weight   [lora_magnitude_vector, lora_B.bias]; for embeddings
                <module>.lora_embedding_A  <module>.lora_embedding_B; alpha in the metadata
    diffusers   <module>.lora.down.weight  <module>.lora.up.weight  (or <module>_lora.…, <module>_lora1.… and _lora2.…,
                from attention processors)

The down matrix is (rank, inputs…) and the up matrix (outputs, rank…), so both tell the rank; convolutions carry the
size of their kernel behind.  Sources: kohya-ss/sd-scripts `networks/lora.py`, huggingface/peft `tuners/lora`,
huggingface/diffusers `loaders/lora_conversion_utils.py`.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from math import isfinite
from typing import Any, Final

import numpy as np

from stagedoor.wire.safetensors import DTYPES, FLOATS, Tensor, WeightsError

PEFT_METADATA: Final = "lora_adapter_metadata"
"""Where diffusers keeps peft's settings, as one JSON text; alpha and rank stand in it."""

ALPHAS_MAX: Final = 65_536
"""Values of alpha read from one file: no more than there can be tensors."""

_ENDS: Final = (
    ("kohya", "down", re.compile(r"(.+)\.lora_down\.weight")),
    ("kohya", "up", re.compile(r"(.+)\.lora_up\.weight")),
    ("kohya", "mid", re.compile(r"(.+)\.lora_mid\.weight")),
    ("kohya", "scale", re.compile(r"(.+)\.dora_scale")),
    ("peft", "down", re.compile(r"(.+)\.lora_A(?:\.[A-Za-z0-9_-]+)?\.weight")),
    ("peft", "up", re.compile(r"(.+)\.lora_B(?:\.[A-Za-z0-9_-]+)?\.weight")),
    ("peft", "down", re.compile(r"(.+\.lora_embedding)_A(?:\.[A-Za-z0-9_-]+)?")),
    ("peft", "up", re.compile(r"(.+\.lora_embedding)_B(?:\.[A-Za-z0-9_-]+)?")),
    ("peft", "bias", re.compile(r"(.+)\.lora_B(?:\.[A-Za-z0-9_-]+)?\.bias")),
    ("peft", "scale", re.compile(r"(.+)\.lora_magnitude_vector(?:\.[A-Za-z0-9_-]+)?(?:\.weight)?")),
    ("diffusers", "down", re.compile(r"(.+)[._]lora\.down\.weight")),
    ("diffusers", "up", re.compile(r"(.+)[._]lora\.up\.weight")),
    ("diffusers", "down", re.compile(r"(.+[._]lora[12])\.down\.weight")),
    ("diffusers", "up", re.compile(r"(.+[._]lora[12])\.up\.weight")),
    ("", "alpha", re.compile(r"(.+)\.alpha")),
)
"""Layout, part and shape of each name; the first that fits counts."""

_TELLING: Final = frozenset({"down", "up", "mid"})
"""Parts that no other kind of file has: a name ending in `.alpha` alone makes no LoRA."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Lora:
    """What all pairs together are."""

    layout: str
    modules: int
    ranks: tuple[int, ...]
    alphas: tuple[float, ...]


def read_lora(view: memoryview, tensors: tuple[Tensor, ...], metadata: Mapping[str, str], *, must: bool) -> Lora | None:
    """The LoRA that these tensors are; None if none of them looks like one, unless it `must` be.

    Raises WeightsError "not a LoRA: …" for a file that is one in part.
    """
    parts: dict[str, dict[str, Tensor]] = {}
    layouts: set[str] = set()
    strangers: list[Tensor] = []
    twice = ""
    for tensor in tensors:
        layout, part, module = _part(tensor.name)
        if not part:
            strangers.append(tensor)
            continue
        layouts |= {layout} - {""}  # an alpha stands beside every layout
        if parts.setdefault(module, {}).setdefault(part, tensor) is not tensor:
            twice = f"not a LoRA: module '{module[:80]}' has two tensors that are its {part}"
    if not any(_TELLING & set(found) for found in parts.values()):
        if must:
            raise WeightsError("not a LoRA: no tensor is the down or up matrix of one, in any layout that is known")
        return None
    if twice:
        raise WeightsError(twice)
    if strangers:
        raise WeightsError(f"not a LoRA: '{strangers[0].name[:80]}' is no part of a pair. A LoRA holds nothing else.")
    if len(layouts) > 1:
        raise WeightsError(f"not a LoRA: names of {len(layouts)} layouts ({', '.join(sorted(layouts))}) in one file")
    ranks = {_rank(module, found) for module, found in parts.items()}
    alphas = {_scalar(view, found["alpha"]) for found in parts.values() if "alpha" in found}
    alphas |= _alphas_told(metadata)
    return Lora(layout=layouts.pop(), modules=len(parts), ranks=tuple(sorted(ranks)), alphas=tuple(sorted(alphas)))


def _part(name: str) -> tuple[str, str, str]:
    """Layout, part and module of a tensor's name; empty if it has none."""
    for layout, part, pattern in _ENDS:
        if found := pattern.fullmatch(name):
            return layout, part, found[1]
    return "", "", ""


def _rank(module: str, found: Mapping[str, Tensor]) -> int:
    where = f"not a LoRA: module '{module[:80]}'"
    down, up, mid = found.get("down"), found.get("up"), found.get("mid")
    if down is None or up is None:
        raise WeightsError(f"{where} has no {'down' if down is None else 'up'} matrix to make a pair")
    for tensor in found.values():
        if tensor.dtype not in FLOATS and not (tensor is found.get("alpha") and tensor.dtype in {"I32", "I64"}):
            raise WeightsError(f"{where}: '{tensor.name[:80]}' is of {tensor.dtype}, which no factor is")
    if not 2 <= len(down.shape) <= 5 or len(up.shape) != len(down.shape) or 0 in down.shape + up.shape:
        raise WeightsError(f"{where}: shapes {down.shape} and {up.shape} are not two matrices, or two kernels")
    rank = down.shape[0]
    if up.shape[1] != rank:
        raise WeightsError(f"{where}: its down matrix is of rank {rank} and its up matrix of rank {up.shape[1]}")
    if mid is not None and mid.shape[:2] != (rank, rank):
        raise WeightsError(f"{where}: its middle kernel {mid.shape} is not of rank {rank}")
    return rank


def _scalar(view: memoryview, tensor: Tensor) -> float:
    """The one number of an alpha."""
    where = f"not a LoRA: '{tensor.name[:80]}'"
    if tensor.numbers != 1:
        raise WeightsError(f"{where} holds {tensor.numbers} numbers; an alpha is one")
    raw = view[tensor.begin : tensor.end]
    if tensor.dtype == "BF16":
        value = float(np.frombuffer(b"\0\0" + bytes(raw), "<f4")[0])
    elif tensor.dtype in {"F16", "F32", "F64", "I32", "I64"}:
        value = float(np.frombuffer(raw, f"<{'i' if tensor.dtype[0] == 'I' else 'f'}{DTYPES[tensor.dtype]}")[0])
    else:
        raise WeightsError(f"{where} is of {tensor.dtype}; an alpha is written as F16, BF16, F32, F64, I32 or I64")
    if not isfinite(value):
        raise WeightsError(f"{where} is not a finite number")
    return value


def _alphas_told(metadata: Mapping[str, str]) -> set[float]:
    """Alphas that peft's settings name, for the whole adapter and for single modules; unreadable settings say none."""
    try:
        told = json.loads(metadata.get(PEFT_METADATA, "{}"))
    except (ValueError, RecursionError):
        return set()
    found: set[float] = set()
    for key, value in told.items() if isinstance(told, dict) else ():
        own = [value] if key.rpartition(".")[2] == "lora_alpha" else []
        single = list(value.values()) if key.rpartition(".")[2] == "alpha_pattern" and isinstance(value, dict) else []
        found |= {float(item) for item in (*own, *single)[:ALPHAS_MAX] if _is_number(item)}
    return found


def _is_number(value: Any) -> bool:
    return type(value) in (int, float) and abs(value) <= 1e9 and isfinite(value)
