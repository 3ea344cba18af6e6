"""Files of weights for tests, written by hand so that each thing wrong with one is wrong on purpose."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import numpy as np

Arrays = Mapping[str, np.ndarray[Any, Any]]

NAMES = {"float16": "F16", "float32": "F32", "float64": "F64", "int64": "I64", "int32": "I32", "uint8": "U8"}


def table(arrays: Arrays) -> tuple[dict[str, Any], bytes]:
    """The header's entries and the buffer, one array after another."""
    entries: dict[str, Any] = {}
    buffer = b""
    for name, array in arrays.items():
        data = array.tobytes()
        offsets = [len(buffer), len(buffer) + len(data)]
        entries[name] = {"dtype": NAMES[array.dtype.name], "shape": list(array.shape), "data_offsets": offsets}
        buffer += data
    return entries, buffer


def packed(header: object, buffer: bytes = b"", *, length: int | None = None) -> bytes:
    """A file of this header, or of these very bytes for a header."""
    raw = header if isinstance(header, bytes) else json.dumps(header).encode()
    return (len(raw) if length is None else length).to_bytes(8, "little") + raw + buffer


def written(arrays: Arrays, metadata: Mapping[str, str] | None = None) -> bytes:
    """An honest file."""
    entries, buffer = table(arrays)
    return packed(({"__metadata__": dict(metadata)} if metadata else {}) | entries, buffer)


def numbers(*shape: int, seed: int = 0, dtype: str = "float16") -> np.ndarray[Any, Any]:
    """Some weights."""
    return (np.random.default_rng(seed).normal(size=shape) * 0.02).astype(dtype)


def kohya(rank: int = 4, *, modules: int = 2) -> dict[str, np.ndarray[Any, Any]]:
    """A LoRA as kohya's trainer names it: attention layers, and one convolution."""
    found: dict[str, np.ndarray[Any, Any]] = {}
    for number in range(modules):
        module = f"lora_unet_down_blocks_{number}_attentions_0_proj_in"
        found[f"{module}.lora_down.weight"] = numbers(rank, 24, seed=number)
        found[f"{module}.lora_up.weight"] = numbers(32, rank, seed=number + 9)
        found[f"{module}.alpha"] = np.array(rank / 2, "float32")
    found["lora_unet_conv_in.lora_down.weight"] = numbers(rank, 4, 3, 3)
    found["lora_unet_conv_in.lora_up.weight"] = numbers(16, rank, 1, 1)
    return found


def peft(rank: int = 8) -> dict[str, np.ndarray[Any, Any]]:
    """A LoRA as peft names it."""
    module = "unet.mid_block.attentions.0.transformer_blocks.0.attn1.to_q"
    return {
        f"{module}.lora_A.weight": numbers(rank, 24, dtype="float32"),
        f"{module}.lora_B.weight": numbers(32, rank, dtype="float32"),
    }


def diffusers(rank: int = 2) -> dict[str, np.ndarray[Any, Any]]:
    """A LoRA as diffusers once named it."""
    return {
        "unet.mid.attn1.to_k.lora.down.weight": numbers(rank, 24),
        "unet.mid.attn1.to_k.lora.up.weight": numbers(32, rank),
        "unet.mid.attn1.processor.to_q_lora.down.weight": numbers(rank, 24),
        "unet.mid.attn1.processor.to_q_lora.up.weight": numbers(32, rank),
    }


def voice() -> dict[str, np.ndarray[Any, Any]]:
    """A voice model: in no common layout, so anything that is a file of numbers."""
    return {"encoder.embedding": numbers(64, 16, dtype="float32"), "decoder.bias": numbers(16)}


def rewritten(arrays: Arrays, name: str, **over: Any) -> bytes:
    """An honest file but for one entry of its header."""
    entries, buffer = table(arrays)
    return packed(entries | {name: entries[name] | over}, buffer)
