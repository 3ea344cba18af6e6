"""Bytes to facts, strictly: what does not write itself back to the very same bytes is refused.

That one comparison catches unknown fields, other spellings, other orders and other versions at once, so a signature
over bytes is always a signature over what the fact says.
"""

from __future__ import annotations

from functools import cache
from typing import Any, TypeVar

import msgspec

from stagedoor.core.base.fact import Fact
from stagedoor.core.base.limits import FACT_BYTES_MAX
from stagedoor.core.base.money import Money
from stagedoor.core.base.when import Instant
from stagedoor.core.facts import asset, consent, decision, origin, party, permit, posting, request

F = TypeVar("F", bound=Fact)


class DecodeError(ValueError):
    """Bytes that are not a fact of the kind asked for.  The text says what was wrong, never the bytes."""


@cache
def kinds() -> dict[str, type[Fact]]:
    """Every kind of fact by its name."""
    found: dict[str, type[Fact]] = {}
    for module in (party, asset, origin, consent, request, decision, permit, posting):
        for item in vars(module).values():
            if isinstance(item, type) and issubclass(item, Fact) and item is not Fact:
                assert found.get(item.KIND, item) is item, f"two facts are called {item.KIND}"
                found[item.KIND] = item
    return found


def decode(kind: type[F], data: bytes) -> F:
    """The fact of `kind` that these canonical bytes spell."""
    if len(data) > FACT_BYTES_MAX:
        raise DecodeError(f"{len(data)} bytes; one fact holds at most {FACT_BYTES_MAX}")
    try:
        plain = msgspec.json.decode(data)
        if not isinstance(plain, dict) or plain.get("fact") != kind.KIND or plain.get("form") != kind.FORM:
            raise DecodeError(f"these bytes are not a fact '{kind.KIND}' of form {kind.FORM}")
        fact = msgspec.convert(plain, kind, dec_hook=_hook, strict=True)
        same = fact.canonical() == data
    except (msgspec.MsgspecError, ValueError, RecursionError) as fault:
        if isinstance(fault, DecodeError):
            raise
        raise DecodeError(f"these bytes are not a fact '{kind.KIND}': {fault}") from fault
    if not same:
        raise DecodeError(f"these bytes spell a '{kind.KIND}' otherwise than its one canonical form")
    return fact


def decode_any(data: bytes) -> Fact:
    """The fact that these canonical bytes spell, whatever its kind."""
    if len(data) > FACT_BYTES_MAX:
        raise DecodeError(f"{len(data)} bytes; one fact holds at most {FACT_BYTES_MAX}")
    try:
        plain = msgspec.json.decode(data)
    except (msgspec.MsgspecError, RecursionError) as fault:
        raise DecodeError(f"these bytes are not JSON: {fault}") from fault
    name = plain.get("fact") if isinstance(plain, dict) else None
    kind = kinds().get(name) if isinstance(name, str) else None
    if kind is None:
        raise DecodeError("these bytes name no kind of fact that is known here")
    return decode(kind, data)


def _hook(kind: type, value: Any) -> Any:
    if kind is Instant or kind is Money:
        if not isinstance(value, str):
            raise ValueError(f"{kind.__name__} is written as text")
        return kind.parse(value)
    raise NotImplementedError(kind)
