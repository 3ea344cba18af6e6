"""Strict reading of JSON and of RSL's XML, and the writing of JSON.

Everything is refused before it can cost much: by its size, by a count of its marks, by its depth, by a document type.
"""

from __future__ import annotations

import json
from typing import Final
from xml.parsers import expat

from stagedoor.adapters.exchange.tree import TreeBuilder
from stagedoor.core.base.canonical import digest_of
from stagedoor.core.facts.consent import Consent
from stagedoor.core.rules.exchange import ExchangeError, Policy, cawg_policy, from_odrl, rsl_policy

JSON_BYTES_MAX: Final = 2 << 20
"""Bytes of one JSON document: a consent at its own limit, written as ODRL, is about twice its size."""

JSON_MARKS_MAX: Final = 80_000
"""Commas and opening brackets: what bounds the values in it, counted before any is made.  About 40,000 shots."""

JSON_DEPTH_MAX: Final = 24
"""Nesting of JSON: our own export has 8."""

CAWG_BYTES_MAX: Final = 64 << 10
"""Bytes of one CAWG assertion: four entries have five hundred."""

XML_BYTES_MAX: Final = 256 << 10
"""Bytes of one XML document: a licence file has a few kilobytes."""

DEPTH_SAID: Final = f"document: it is nested deeper than {JSON_DEPTH_MAX}. No policy needs that."


def read_json(data: bytes) -> object:
    """The value that these bytes spell: no key twice, no fraction, within bounds."""
    if len(data) > JSON_BYTES_MAX:
        raise ExchangeError(f"document: it has {len(data)} bytes; at most {JSON_BYTES_MAX} are read.")
    marks = data.count(b",") + data.count(b"[") + data.count(b"{")
    if marks > JSON_MARKS_MAX:
        raise ExchangeError(f"document: it has {marks} commas and brackets; at most {JSON_MARKS_MAX} are read.")
    try:
        value: object = json.loads(
            data.decode("utf-8"), object_pairs_hook=_object, parse_float=_fraction, parse_constant=_fraction
        )
    except UnicodeDecodeError:
        raise ExchangeError("document: it is not UTF-8. Save it as UTF-8.") from None
    except json.JSONDecodeError as fault:
        raise ExchangeError(f"document: it is no JSON ({fault.msg}, line {fault.lineno}).") from None
    except RecursionError:
        raise ExchangeError(DEPTH_SAID) from None
    except ValueError as fault:
        if isinstance(fault, ExchangeError):
            raise
        raise ExchangeError("document: a number has thousands of digits. Write a number that people use.") from None
    _check_depth(value)
    return value


def read_consent(data: bytes) -> Consent:
    """The consent that an ODRL Agreement in our profile carries."""
    return from_odrl(read_json(data))


def read_cawg(data: bytes) -> Policy:
    """The limits of a CAWG training-and-data-mining assertion."""
    if len(data) > CAWG_BYTES_MAX:
        raise ExchangeError(f"assertion: it has {len(data)} bytes; at most {CAWG_BYTES_MAX} are read.")
    return cawg_policy(read_json(data))


def read_rsl(data: bytes) -> Policy:
    """The limits of an RSL document.  Its digest is that of the file's bytes."""
    if len(data) > XML_BYTES_MAX:
        raise ExchangeError(f"document: it has {len(data)} bytes; at most {XML_BYTES_MAX} of XML are read.")
    builder = TreeBuilder()
    try:
        builder.parser.Parse(data, True)
    except expat.ExpatError as fault:
        said = expat.ErrorString(fault.code)
        raise ExchangeError(f"document: it is no XML ({said}, line {fault.lineno}).") from None
    except (LookupError, ValueError) as fault:
        if isinstance(fault, ExchangeError):
            raise
        raise ExchangeError("document: its encoding is not known. Save it as UTF-8.") from None
    return rsl_policy(builder.tree(), digest=digest_of("policy", data))


def write_json(value: object) -> bytes:
    """A document for people and machines: two spaces of indent, text as it is, a line's end at the end."""
    return (json.dumps(value, indent=2, ensure_ascii=False) + "\n").encode("utf-8")


def _object(pairs: list[tuple[str, object]]) -> dict[str, object]:
    made = dict(pairs)
    if len(made) != len(pairs):
        raise ExchangeError("document: a key stands twice in one object, and readers differ on which counts.")
    return made


def _fraction(_text: str) -> object:
    raise ExchangeError("document: it has a fraction, which two readers may print differently. Write it as text.")


def _check_depth(value: object) -> None:
    level: list[object] = [value]
    for _ in range(JSON_DEPTH_MAX):
        following: list[object] = []
        for item in level:
            if isinstance(item, dict):
                following += item.values()
            elif isinstance(item, list):
                following += item
        if not following:
            return
        level = following
    raise ExchangeError(DEPTH_SAID)
