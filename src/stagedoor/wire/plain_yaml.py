"""YAML read inertly: texts, whole numbers, flags, lists and mappings, and nothing that people read in two ways.

Only `true`, `false`, `null` (or nothing) and whole decimal numbers are what they say; everything else is text, dates
and fractions too.  YAML 1.1 would read 010 as eight, 48:00 as 2880 and "no" as false.  Tags, aliases, a key given
twice and a second document are refused.  Values are built from the parser's events, so nothing is constructed that a
file names, and what is too deep or too much is refused before it is built.
"""

from __future__ import annotations

import re
from typing import Any, Final

import yaml

DEPTH_MAX: Final = 16
"""Nesting of one file; the deepest of ours has 7."""

NODES_MAX: Final = 20_000
"""Values in one file: the largest of ours has a tenth of it, and so many are read in well under a tenth of a second."""

_FLAGS: Final = {"true": True, "false": False}
_NOTHING: Final = ("", "~", "null")
_WHOLE: Final = re.compile(r"-?(?:0|[1-9][0-9]{0,18})")
_LOADER: Final = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
"""libyaml's parser where the wheel has it; only its events are used."""


class PlainYamlError(ValueError):
    """A file that cannot be read: what is wrong, and in which line."""


def read_plain(text: str) -> Any:
    """The one document in `text` as plain values.  Raises PlainYamlError and nothing else."""
    reader = _Reader(text)
    try:
        return reader.document()
    except yaml.YAMLError as fault:
        raise PlainYamlError(" ".join(str(fault).split())) from fault
    except (ValueError, UnicodeError, RecursionError) as fault:
        if isinstance(fault, PlainYamlError):
            raise
        raise PlainYamlError(" ".join(str(fault).split()) or "it holds what no YAML can") from fault


class _Reader:
    """Builds values from events, counting them."""

    def __init__(self, text: str) -> None:
        self.events = iter(yaml.parse(text, Loader=_LOADER))
        self.nodes = 0

    def document(self) -> Any:
        next(self.events)  # the stream begins
        first = next(self.events)
        if isinstance(first, yaml.StreamEndEvent):
            return None
        value = self.value(next(self.events), 0)
        next(self.events)  # the document ends
        after = next(self.events)
        if not isinstance(after, yaml.StreamEndEvent):
            raise self.fault(after, "a second document begins; a file holds one")
        return value

    def fault(self, event: yaml.Event, what: str) -> PlainYamlError:
        """What is wrong at this event, with its line."""
        mark = event.start_mark
        where = f"line {mark.line + 1}, column {mark.column + 1}: " if mark else ""
        return PlainYamlError(where + what)

    def value(self, event: Any, depth: int) -> Any:
        self.nodes += 1
        if self.nodes > NODES_MAX or depth > DEPTH_MAX:
            limit = f"more than {NODES_MAX} values" if self.nodes > NODES_MAX else f"nested deeper than {DEPTH_MAX}"
            raise self.fault(event, f"{limit}; cut the file in two")
        if isinstance(event, yaml.AliasEvent):
            raise self.fault(event, "aliases are not used in rulebooks")  # one could unfold a kilobyte to gigabytes
        if event.anchor is not None or event.tag not in (None, "!"):
            raise self.fault(event, "tags and anchors are not used; write the value out")
        if isinstance(event, yaml.ScalarEvent):
            return _scalar(event.value) if event.implicit[0] else event.value
        if isinstance(event, yaml.SequenceStartEvent):
            return self.sequence(depth + 1)
        return self.mapping(depth + 1)

    def sequence(self, depth: int) -> list[Any]:
        items: list[Any] = []
        while not isinstance(event := next(self.events), yaml.SequenceEndEvent):
            items.append(self.value(event, depth))
        return items

    def mapping(self, depth: int) -> dict[str, Any]:
        found: dict[str, Any] = {}
        while not isinstance(event := next(self.events), yaml.MappingEndEvent):
            key = self.value(event, depth)
            if not isinstance(key, str):
                raise self.fault(event, f"the key {str(key)[:40]!r} is not text")
            if key in found:
                raise self.fault(event, f"'{key[:40]}' stands twice")  # the second would win in silence
            found[key] = self.value(next(self.events), depth)
        return found


def _scalar(text: str) -> str | int | bool | None:
    """What all people read alike."""
    if text in _FLAGS:
        return _FLAGS[text]
    if text in _NOTHING:
        return None
    return int(text) if _WHOLE.fullmatch(text) else text
