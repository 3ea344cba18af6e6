"""Weights are read strictly: what is taken is what an independent reader sees, and what is not says why."""

from __future__ import annotations

import io
import json
import time
import tracemalloc
import zipfile

import numpy as np
import pytest
import safetensors
import safetensors.numpy

from stagedoor.wire.safetensors import DTYPES, HEADER_BYTES_MAX, NAME_CHARS_MAX, TENSORS_MAX
from stagedoor.wire.weights import WeightsError, WeightsKind, describe_weights
from wire.weighing import diffusers, kohya, numbers, packed, peft, rewritten, table, voice, written

SECONDS_MAX = 1.0
LOOSE = {"x": numbers(4, 3, dtype="float32")}


def test_each_layout_of_a_lora_is_known() -> None:
    seen = describe_weights(written(kohya(4), {"ss_base_model_version": "sdxl_base_v1-0"}))
    assert (seen.kind, seen.layout, seen.modules, seen.ranks) == (WeightsKind.LORA, "kohya", 3, (4,))
    assert (seen.alphas, seen.base_model) == ((2.0,), "sdxl_base_v1-0")
    assert seen.parameters == sum(array.size for array in kohya(4).values())
    told = {"lora_adapter_metadata": json.dumps({"unet.r": 8, "unet.lora_alpha": 16, "unet.alpha_pattern": {"a": 4}})}
    seen = describe_weights(written(peft(8), told))
    assert (seen.layout, seen.modules, seen.ranks, seen.alphas) == ("peft", 1, (8,), (4.0, 16.0))
    seen = describe_weights(written(diffusers(2)), declared=WeightsKind.LORA)
    assert (seen.layout, seen.modules, seen.ranks, seen.alphas) == ("diffusers", 2, (2,), ())


def test_rarer_names_of_the_same_layouts_are_known() -> None:
    """Embeddings, biases and magnitudes as peft names them; two pairs of one processor; an alpha beside any layout."""
    embedding = {"te.token.lora_embedding_A": numbers(4, 50), "te.token.lora_embedding_B": numbers(16, 4)}
    module = next(iter(peft(4))).removesuffix(".lora_A.weight")
    more = {f"{module}.lora_B.bias": numbers(32), f"{module}.lora_magnitude_vector": numbers(32)}
    seen = describe_weights(written(peft(4) | embedding | more | {f"{module}.alpha": np.array(8, "float32")}))
    assert (seen.layout, seen.modules, seen.ranks, seen.alphas) == ("peft", 2, (4,), (8.0,))
    pairs = {f"double_blocks.0.processor.qkv_lora{number}.{part}.weight": numbers(*shape)
             for number in (1, 2) for part, shape in (("down", (16, 24)), ("up", (72, 16)))}  # fmt: skip
    seen = describe_weights(written(pairs), declared=WeightsKind.LORA)
    assert (seen.layout, seen.modules, seen.ranks) == ("diffusers", 2, (16,))
    named = {
        key.replace("lora_A", "lora_A.default").replace("lora_B", "lora_B.default"): v for key, v in peft().items()
    }
    assert describe_weights(written(named)).modules == 1


def test_several_ranks_are_all_told() -> None:
    both = kohya(4) | {key.replace("unet", "te"): value for key, value in kohya(6).items()}
    assert describe_weights(written(both)).ranks == (4, 6)


def test_a_voice_is_what_its_giver_says_and_is_only_read() -> None:
    assert describe_weights(written(voice()), declared=WeightsKind.VOICE).kind is WeightsKind.VOICE
    assert describe_weights(written(kohya()), declared=WeightsKind.VOICE).ranks == ()
    assert describe_weights(written(voice())).kind is WeightsKind.OTHER
    with pytest.raises(WeightsError, match="NaN"):
        describe_weights(written({"v": np.array([np.nan], "float32")}), declared=WeightsKind.VOICE)


@pytest.mark.parametrize("arrays", [kohya(), peft(), diffusers(), voice()], ids=["kohya", "peft", "diffusers", "voice"])
def test_an_independent_reader_sees_the_same(arrays: dict[str, np.ndarray]) -> None:
    """The safetensors package, both ways: it reads what we take, and we read what it writes."""
    ours = written(arrays, {"made": "for a test"})
    theirs = safetensors.numpy.save(arrays, metadata={"made": "for a test"})
    for data in (ours, theirs):
        seen = {tensor.name: tensor for tensor in describe_weights(data).tensors}
        loaded = safetensors.numpy.load(data)
        raw = dict(safetensors.deserialize(data))
        assert set(seen) == set(loaded) == set(raw)
        for name, tensor in seen.items():
            assert tensor.shape == loaded[name].shape == tuple(raw[name]["shape"])
            assert tensor.dtype == raw[name]["dtype"]
            assert data[tensor.begin : tensor.end] == bytes(raw[name]["data"]) == arrays[name].tobytes()


def test_every_dtype_that_we_know_the_other_reader_knows() -> None:
    for dtype, width in DTYPES.items():
        data = packed({"x": {"dtype": dtype, "shape": [3], "data_offsets": [0, 3 * width]}}, bytes(3 * width))
        assert describe_weights(data).tensors[0].numbers == 3
        assert safetensors.deserialize(data)[0][1]["dtype"] == dtype


def test_the_tensors_have_one_name_whatever_the_header_says() -> None:
    """A writer with two metadata keys gives other bytes in another process; the weights are the same."""
    one = describe_weights(written(kohya(), {"a": "1", "b": "2"}))
    other = describe_weights(written(dict(reversed(kohya().items())), {"b": "2", "a": "1"}))
    assert one.tensors_sha256 == other.tensors_sha256
    assert describe_weights(written(kohya(5))).tensors_sha256 != one.tensors_sha256
    renamed = {key.replace("conv_in", "conv_out"): value for key, value in kohya().items()}
    assert describe_weights(written(renamed)).tensors_sha256 != one.tensors_sha256


def zipped() -> bytes:
    """What torch.save writes now: a zip with a pickle in it."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr("archive/data.pkl", b"\x80\x02}q\x00.")
    return out.getvalue()


def without(name: str) -> bytes:
    """A LoRA with one tensor left out."""
    return written({key: value for key, value in kohya().items() if key != name})


DOWN = "lora_unet_conv_in.lora_down.weight"
UP = "lora_unet_conv_in.lora_up.weight"
BROKEN = {
    "nothing": (b"", "0 bytes"),
    "a few bytes": (b"\x00" * 9, "9 bytes"),
    "a pickle": (b"\x80\x02}q\x00." + b"\x00" * 20, "pickle"),
    "a zip": (zipped(), "pickle could run code"),
    "gguf": (b"GGUF" + b"\x00" * 20, "GGUF"),
    "a header longer than the file": (packed(b"{}", length=100), "cut short"),
    "a header of 2^63": (packed(b"{}", length=1 << 63), "at most"),
    "a header over the limit": (packed(b"{" + b" " * HEADER_BYTES_MAX + b"}"), "at most"),
    "no tensor": (packed({}), "no tensor"),
    "metadata alone": (packed({"__metadata__": {"a": "b"}}), "no tensor"),
    "a list": (packed([]), "one JSON object"),
    "a comment behind": (packed(b"{}//"), "one JSON object"),
    "two objects": (packed(b"{}{}"), "not JSON"),
    "no utf-8": (packed(b'{"\xff":1}'), "not JSON"),
    "deep nesting": (packed(b'{"a":' + b"[" * 200_000 + b"]" * 200_000 + b"}"), "nested"),
    "digits without end": (packed(b'{"a":' + b"1" * 100_000 + b"}"), "not JSON"),
    "a name twice": (packed(b'{"x":{},"x":{}}'), "twice"),
    "a fraction": (packed(b'{"x":{"dtype":"F32","shape":[1.0],"data_offsets":[0,4]}}', bytes(4)), "whole numbers"),
    "an infinity in the header": (packed(b'{"x":{"dtype":"F32","shape":[Infinity]}}', bytes(4)), "whole numbers"),
    "metadata that is no text": (packed({"__metadata__": {"a": 1}}), "text by text"),
    "an empty name": (packed({"": {}}), "printable"),
    "a name of controls": (packed({"a\u202eb": {}}), "printable"),
    "a lone surrogate": (packed(b'{"\\ud800":{}}'), "printable"),
    "a long name": (packed({"n" * (NAME_CHARS_MAX + 1): {}}), "printable"),
    "an unknown dtype": (rewritten(LOOSE, "x", dtype="F3"), "dtype"),
    "a dtype that is no text": (rewritten(LOOSE, "x", dtype=["F32"]), "dtype"),
    "a field more": (rewritten(LOOSE, "x", more=1), "exactly"),
    "a shape of 10^12": (rewritten(LOOSE, "x", shape=[10**12, 3]), "takes"),
    "a shape beyond integers": (rewritten(LOOSE, "x", shape=[10**300]), "whole numbers"),
    "a negative shape": (rewritten(LOOSE, "x", shape=[-4, -3]), "whole numbers"),
    "a shape of truths": (rewritten(LOOSE, "x", shape=[True, 12]), "whole numbers"),
    "nine dimensions": (rewritten(LOOSE, "x", shape=[1] * 9), "at most 8"),
    "another shape": (rewritten(LOOSE, "x", shape=[4, 4]), "takes 64 bytes, not 48"),
    "offsets beyond the end": (rewritten(LOOSE, "x", data_offsets=[0, 10**12]), "cut short"),
    "offsets backwards": (rewritten(LOOSE, "x", data_offsets=[48, 0]), "cut short"),
    "three offsets": (rewritten(LOOSE, "x", data_offsets=[0, 8, 48]), "two whole numbers"),
    "bytes behind": (written(LOOSE) + b"\x00", "after the last"),
    "bytes before": (packed({"x": {"dtype": "U8", "shape": [2], "data_offsets": [1, 3]}}, b"abc"), "before the first"),
    "a tensor twice over": (
        packed({k: {"dtype": "U8", "shape": [2], "data_offsets": [0, 2]} for k in "xy"}, b"ab"),
        "overlap",
    ),
    "a hole": (
        packed({k: {"dtype": "U8", "shape": [1], "data_offsets": [n, n + 1]} for k, n in (("x", 0), ("y", 2))}, b"abc"),
        "hole",
    ),
    "too many tensors": (
        packed({str(n): {"dtype": "U8", "shape": [0], "data_offsets": [0, 0]} for n in range(TENSORS_MAX + 1)}),
        "at most",
    ),
    "a NaN": (written({"x": np.array([1, np.nan], "float16")}), "NaN"),
    "an infinity": (written({"x": np.array([1, -np.inf], "float64")}), "infinity"),
    "a brain float's NaN": (packed({"x": {"dtype": "BF16", "shape": [1], "data_offsets": [0, 2]}}, b"\xc0\x7f"), "NaN"),
    "an F8 infinity": (packed({"x": {"dtype": "F8_E5M2", "shape": [1], "data_offsets": [0, 1]}}, b"\x7c"), "infinity"),
    "an F8 NaN": (packed({"x": {"dtype": "F8_E4M3", "shape": [1], "data_offsets": [0, 1]}}, b"\xff"), "NaN"),
    "a down without its up": (without(UP), "has no up matrix"),
    "an up without its down": (without(DOWN), "has no down matrix"),
    "an alpha alone": (written(kohya() | {"m.alpha": np.array(1.0, "float32")}), "has no down matrix"),
    "a stranger beside": (written(kohya() | {"unet.weight": numbers(3)}), "'unet.weight' is no part of a pair"),
    "two layouts": (written(kohya() | peft()), "2 layouts"),
    "two ranks in a pair": (written(kohya() | {UP: numbers(16, 5, 1, 1)}), "rank 4 and its up matrix of rank 5"),
    "a factor of whole numbers": (written(kohya() | {UP: np.ones((16, 4, 1, 1), "int64")}), "I64"),
    "a factor of one dimension": (written(kohya() | {DOWN: numbers(4)}), "not two matrices"),
    "a factor of nothing": (written(kohya() | {DOWN: numbers(0, 4, 3, 3), UP: numbers(16, 0, 1, 1)}), "not two"),
    "an alpha of two": (written(kohya() | {"lora_unet_conv_in.alpha": numbers(2)}), "an alpha is one"),
    "one matrix under two names": (
        written(peft() | {key.replace("lora_A", "lora_A.default"): value for key, value in peft().items()}),
        "two tensors that are its down",
    ),
}


@pytest.mark.parametrize("name", BROKEN)
def test_what_is_wrong_is_refused_quickly_and_says_what(name: str) -> None:
    data, says = BROKEN[name]
    tracemalloc.start()
    started = time.perf_counter()
    try:
        with pytest.raises(WeightsError) as caught:
            describe_weights(data)
        taken, memory = time.perf_counter() - started, tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert says in str(caught.value)
    assert len(str(caught.value)) < 600
    assert memory < (64 << 20) + 4 * len(data)
    assert taken < SECONDS_MAX * 5, "tracemalloc and a shared machine: five times a second"


def test_what_is_no_lora_is_refused_if_it_is_called_one() -> None:
    with pytest.raises(WeightsError, match="not a LoRA"):
        describe_weights(written(voice()), declared=WeightsKind.LORA)


def test_a_header_whose_length_looks_like_a_pickle_is_read() -> None:
    """640 is 80 02 in bytes: the magic of a pickle, and an honest length."""
    entries, buffer = table(LOOSE)
    raw = json.dumps(entries).encode().ljust(0x280)
    assert describe_weights(packed(raw, buffer)).parameters == 12


def test_empty_tensors_are_none_but_no_fault() -> None:
    assert describe_weights(written({"a": numbers(0, 3), "b": numbers(2)})).parameters == 2


def test_unreadable_settings_of_a_trainer_say_nothing() -> None:
    for said in ("{", "[" * 100_000, '{"lora_alpha": NaN}', '{"lora_alpha": "8"}', "[]"):
        assert describe_weights(written(peft(), {"lora_adapter_metadata": said})).alphas == ()
