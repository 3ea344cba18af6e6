"""Canonical bytes against the `rfc8785` package, and what has none."""

from __future__ import annotations

import json

import pytest
import rfc8785
from hypothesis import given
from hypothesis import strategies as st

from stagedoor.core.base.canonical import CanonicalError, canonical_bytes, digest_of, is_digest
from stagedoor.core.base.limits import CANONICAL_DEPTH_MAX, FACT_BYTES_MAX, SAFE_INTEGER_MAX

KEYS = st.text(st.characters(exclude_categories=("Cs",)), max_size=6)
SCALARS = st.none() | st.booleans() | st.integers(-SAFE_INTEGER_MAX, SAFE_INTEGER_MAX) | KEYS
VALUES = st.recursive(SCALARS, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(KEYS, inner, max_size=4))


@given(VALUES)
def test_canonical_bytes_are_rfc8785s(value: object) -> None:
    """The same bytes as the public package, and they read back to the same value."""
    data = canonical_bytes(value)
    assert data == rfc8785.dumps(value)
    assert json.loads(data) == value
    assert canonical_bytes(json.loads(data)) == data


@given(st.dictionaries(st.text(st.sampled_from("aé€￿\U0001f600\ue000\U00010000"), max_size=3), st.none(), max_size=6))
def test_keys_are_ordered_by_utf_16(value: dict[str, None]) -> None:
    """Beyond the basic plane the order of code units is not the order of code points."""
    assert canonical_bytes(value) == rfc8785.dumps(value)


@pytest.mark.parametrize(
    "value",
    [1.0, 0.1, float("nan"), SAFE_INTEGER_MAX + 1, -SAFE_INTEGER_MAX - 1, "\ud800", {"\udc00": 1}, b"bytes", {1: 2},
     {None: 1}, {1, 2}, object(), 1j],
)  # fmt: skip
def test_what_has_no_canonical_form_is_refused(value: object) -> None:
    """Floats, numbers that not every reader keeps, half characters, and whatever is no JSON value."""
    for wrapped in (value, [value], {"a": value}):
        with pytest.raises(CanonicalError):
            canonical_bytes(wrapped)


def test_depth_and_size_are_bounded() -> None:
    """At the bound it is written, one beyond it is refused."""
    deep: object = None
    for _ in range(CANONICAL_DEPTH_MAX):
        deep = [deep]
    assert canonical_bytes(deep)
    with pytest.raises(CanonicalError, match="deeper"):
        canonical_bytes([deep])
    assert len(canonical_bytes("x" * (FACT_BYTES_MAX - 2))) == FACT_BYTES_MAX
    with pytest.raises(CanonicalError, match="at most"):
        canonical_bytes("x" * (FACT_BYTES_MAX - 1))


@given(st.binary(max_size=20), st.sampled_from(["consent", "permit"]))
def test_two_kinds_never_share_a_digest(data: bytes, kind: str) -> None:
    """The kind is hashed with the bytes."""
    digest = digest_of(kind, data)
    assert is_digest(digest) and digest != digest_of(kind + "s", data)
    assert not is_digest(digest.upper()) and not is_digest(digest[:-1]) and not is_digest(digest + "0")
