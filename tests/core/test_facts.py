"""Facts and their bytes: what is written reads back the same, and nothing else reads at all."""

from __future__ import annotations

from dataclasses import fields

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core import builders as make
from properties.strategies import of_dataclass
from stagedoor.core.base.fact import Fact
from stagedoor.wire.decode import DecodeError, decode, decode_any, kinds

ALL_KINDS = st.sampled_from(sorted(kinds())).map(kinds().__getitem__)
FACTS = ALL_KINDS.flatmap(of_dataclass)


@settings(max_examples=250)
@given(FACTS)
def test_decode_of_encode_is_the_fact(fact: Fact) -> None:
    """For random facts of every kind."""
    data = fact.canonical()
    assert decode(type(fact), data) == fact
    assert decode_any(data) == fact
    assert decode_any(data).digest() == fact.digest()


@settings(max_examples=250)
@given(FACTS, st.data())
def test_a_changed_byte_is_refused_or_is_another_fact(fact: Fact, data: st.DataObject) -> None:
    """One byte changed, dropped or added: it does not read, or it has another digest."""
    original = fact.canonical()
    place = data.draw(st.integers(0, len(original) - 1))
    byte = bytes([data.draw(st.integers(0, 255).filter(lambda value: value != original[place]))])
    for changed in (
        original[:place] + byte + original[place + 1 :],
        original[:place] + original[place + 1 :],
        original[:place] + byte + original[place:],
    ):
        try:
            read = decode(type(fact), changed)
        except DecodeError:
            continue
        assert changed != original
        assert read.canonical() == changed
        assert read.digest() != fact.digest()


@given(st.binary(max_size=60))
def test_random_bytes_raise_only_decode_error(data: bytes) -> None:
    """No other exception leaves the door."""
    with pytest.raises(DecodeError):
        decode_any(data)


@pytest.mark.parametrize("name", sorted(kinds()))
def test_every_field_of_every_fact_is_in_its_bytes(name: str) -> None:
    """The written form has the kind, the form's version, and exactly the fields of the fact."""
    kind = kinds()[name]
    assert name == kind.KIND
    assert kind.__dataclass_params__.frozen and "__slots__" in vars(kind)
    assert not {"fact", "form"} & {field.name for field in fields(kind)}


def test_other_spellings_of_the_same_fact_are_refused() -> None:
    """Spaces, another order, an unknown field, a field left out, a field twice, another version, another kind."""
    data = make.party().canonical()
    assert decode_any(data)
    version = b'"form":%d' % make.party().FORM
    for changed in (
        data + b" ",
        b" " + data,
        data.replace(b'"fact":"party",', b"").replace(b"{", b'{"fact":"party",', 1)[:-1] + b',"fact":"party"}',
        data.replace(version, b'"form":true'),
        data.replace(version, b'"form":%d' % 2),
        data.replace(version, b'"form":1.0'),
        data.replace(b'"role":"performer"', b'"role":"\\u0070erformer"'),
        data[:-1] + b',"zzz":1}',
        data.replace(b'"seal_key"', b'"seal_kez"'),
        data.replace(b'"party":', b'"party":"x","party":'),
        b"[" * 5000,
        b"null",
        b"{}",
    ):
        assert changed != data
        with pytest.raises(DecodeError):
            decode_any(changed)
    with pytest.raises(DecodeError, match="not a fact 'consent'"):
        decode(kinds()["consent"], data)
