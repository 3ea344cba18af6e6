"""Canonical bytes and digests: RFC 8785 (JCS) without floats, hashed with SHA-256 and a domain.

Allowed values: dict with string keys, list or tuple, str, int within +-(2^53 - 1), bool, None.  A float is refused,
because two writers may print it differently and money must never be one.  Text is kept as it was given: it is
compared by bytes, and doors normalise to NFC before a fact is made.  Vectors: `spec/canonical/`.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping
from typing import Final

from stagedoor.core.base.limits import CANONICAL_DEPTH_MAX, FACT_BYTES_MAX, SAFE_INTEGER_MAX

DIGEST_PREFIX = "sha256:"
DOMAIN = b"stagedoor/v1/"


class CanonicalError(ValueError):
    """A value has no canonical form; a programming or input error, never a policy answer."""


def canonical_bytes(value: object) -> bytes:
    """The one spelling of `value`, in UTF-8.  Raises CanonicalError for what has none."""
    text = _write(value, 0)
    try:
        data = text.encode("utf-8")
    except UnicodeEncodeError as fault:
        raise CanonicalError("text holds half of a surrogate pair, which no UTF-8 reader accepts") from fault
    if len(data) > FACT_BYTES_MAX:
        raise CanonicalError(f"{len(data)} bytes; one fact holds at most {FACT_BYTES_MAX}")
    return data


def digest_of(kind: str, data: bytes) -> str:
    """`sha256:<hex>` over the domain, the kind, a zero byte and the bytes: two kinds never collide."""
    assert kind and "\0" not in kind
    return DIGEST_PREFIX + hashlib.sha256(DOMAIN + kind.encode() + b"\0" + data).hexdigest()


def is_digest(text: str) -> bool:
    """Whether `text` has a digest's shape (its truth is another question)."""
    tail = text.removeprefix(DIGEST_PREFIX)
    return len(tail) == 64 and text.startswith(DIGEST_PREFIX) and all(c in "0123456789abcdef" for c in tail)


def short(digest: str) -> str:
    """The first twelve hex digits, for people's eyes only; never to compare with."""
    return digest.removeprefix(DIGEST_PREFIX)[:12]


_quoted: Final[Callable[[str], str]] = json.encoder.encode_basestring
"""What json.dumps(text, ensure_ascii=False) calls in the end; ten times faster when it is called alone."""


def _write(value: object, depth: int) -> str:
    if depth > CANONICAL_DEPTH_MAX:
        raise CanonicalError(f"nested deeper than {CANONICAL_DEPTH_MAX}")
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        if abs(value) > SAFE_INTEGER_MAX:
            raise CanonicalError(f"integer {value} is beyond 2^53 - 1; write amounts as text")
        return str(value)
    if isinstance(value, str):
        return _quoted(value)
    if isinstance(value, list | tuple):
        return "[" + ",".join(_write(item, depth + 1) for item in value) + "]"
    if isinstance(value, Mapping):
        return _write_object(value, depth)
    raise CanonicalError(f"a {type(value).__name__} has no canonical form")


def _write_object(value: Mapping[object, object], depth: int) -> str:
    members: list[tuple[bytes, str]] = []
    for key, item in value.items():
        if not isinstance(key, str):
            raise CanonicalError(f"object key {key!r} is not text")
        # RFC 8785 section 3.2.3 sorts by UTF-16 code units, which differs from code points beyond the BMP.
        order = key.encode("utf-16-be", "surrogatepass")
        members.append((order, _quoted(key) + ":" + _write(item, depth + 1)))
    return "{" + ",".join(text for _, text in sorted(members)) + "}"
