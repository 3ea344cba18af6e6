"""What is checked of a document's bytes before any parser sees them: size, encoding, nesting, numbers.

Each check is linear in the bytes and ends in milliseconds for the largest document that is let in.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from typing import Final

from stagedoor.core.rules.odrl.limits import (
    DIGITS_MAX,
    DOCUMENT_BYTES_MAX,
    EXPONENT_MAX,
    IRI_CHARS_MAX,
    NESTING_MAX,
    NODES_MAX,
    TAGS_MAX,
    TEXTS_MAX,
)
from stagedoor.core.rules.odrl.refusal import OdrlRefused, shown

_STRING: Final = re.compile(rb'"(?:[^"\\]++|\\.)*+(?:"|\\?\Z)', re.DOTALL)
"""A JSON string, or what begins like one and never ends: it always matches, so it never searches twice."""

_LONG_IRI: Final = re.compile(rb"<[^<>\s]{%d}" % IRI_CHARS_MAX)
_ROOT: Final = re.compile(rb"<([A-Za-z_][\w:.-]*)")
_PREFIXES_MAX: Final = 64


class Broken(str):
    """A JSON number with a point or an exponent, as it was written: it must never become a float."""

    __slots__ = ()


def sized(data: bytes) -> str:
    """The text of a document that is not too large, and is UTF-8 without zero bytes."""
    if len(data) > DOCUMENT_BYTES_MAX:
        raise OdrlRefused("the document", f"it has more than {DOCUMENT_BYTES_MAX} bytes. Split it.")
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError as fault:
        raise OdrlRefused("the document", f"byte {fault.start} is not UTF-8. Save it as UTF-8.") from None
    if "\0" in text:
        raise OdrlRefused("the document", "it holds a zero byte. Save it as plain text.")
    return text


def json_value(data: bytes) -> object:
    """The JSON of a document, with numbers kept exactly, or a refusal."""
    text = sized(data)
    _nesting(data)
    try:
        found: object = json.loads(
            text, object_pairs_hook=_once, parse_int=_whole, parse_float=_broken, parse_constant=_constant
        )
    except json.JSONDecodeError as fault:
        where = f"line {fault.lineno}, column {fault.colno}"
        raise OdrlRefused(where, f"it is not JSON: {fault.msg}. Mend it there.") from None
    return found


def turtle(data: bytes) -> None:
    """Turtle and N-Triples: no IRI so long that a prefix becomes a bomb."""
    sized(data)
    if _LONG_IRI.search(data):
        raise OdrlRefused("the document", f"an IRI has more than {IRI_CHARS_MAX} characters. Shorten it.")
    if data.count(b"[") + data.count(b"(") > NODES_MAX:
        raise OdrlRefused("the document", f"it has more than {NODES_MAX} brackets. Split it.")
    lower = data.lower()
    if lower.count(b"prefix") + lower.count(b"base") > _PREFIXES_MAX:
        raise OdrlRefused("the document", f"it says 'prefix' or 'base' more than {_PREFIXES_MAX} times. Say each once.")


def xml(data: bytes) -> None:
    """RDF/XML: no document type, no entities, few tags, and all of it (the parser does not miss an end)."""
    sized(data)
    upper = data.upper()
    if b"<!DOCTYPE" in upper or b"<!ENTITY" in upper:
        raise OdrlRefused("the document", "it declares a document type or an entity. Write it without.")
    if data.count(b"<") > TAGS_MAX or len(data) > DOCUMENT_BYTES_MAX // 4:
        raise OdrlRefused("the document", f"it has more than {TAGS_MAX} tags or 256 kB of XML. Write it as Turtle.")

    root = _ROOT.search(data)
    if root is None or not re.search(rb"</" + re.escape(root[1]) + rb"\s*>\s*\Z", data):
        raise OdrlRefused("the document", "it ends before its first element does. Ask for the whole of it.")


def _nesting(data: bytes) -> None:
    if data.count(b'"') > 2 * TEXTS_MAX:
        raise OdrlRefused("the document", f"it has more than {TEXTS_MAX} quoted texts. Split it.")
    brackets = _STRING.sub(b"", data).translate(None, _NO_BRACKETS)
    if len(brackets) > 2 * NODES_MAX:
        raise OdrlRefused("the document", f"it has more than {NODES_MAX} objects and lists. Split it.")
    depth = 0
    for bracket in brackets:
        depth += 1 if bracket in b"[{" else -1
        if depth > NESTING_MAX:
            raise OdrlRefused("the document", f"it is nested deeper than {NESTING_MAX}. Flatten it.")


_NO_BRACKETS: Final = bytes(letter for letter in range(256) if letter not in b"[]{}")


def _once(pairs: Iterable[tuple[str, object]]) -> dict[str, object]:
    found: dict[str, object] = {}
    for key, value in pairs:
        if key in found:
            raise OdrlRefused(f"member '{shown(key)}'", "it is given twice in one object. Keep one of the two.")
        found[key] = value
    return found


def _whole(text: str) -> int:
    if len(text) > DIGITS_MAX:
        raise OdrlRefused(f"the number {text[:12]}…", f"it has more than {DIGITS_MAX} digits.")
    return int(text)


def _broken(text: str) -> Broken:
    power = re.split("[eE]", text)[1:]
    if len(text) > DIGITS_MAX or (power and (len(power[0]) > 4 or abs(int(power[0])) > EXPONENT_MAX)):
        raise OdrlRefused(f"the number {text[:12]}…", f"it has more than {DIGITS_MAX} digits or too large a power.")
    return Broken(text)


def _constant(text: str) -> object:
    raise OdrlRefused(f"the number {text}", "JSON has no such number. Write a finite one.")
